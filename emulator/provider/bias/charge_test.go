package bias_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestChargeSavedMethod: a merchant pays by a saved payment method, holds, captures part and refunds.
func TestChargeSavedMethod(t *testing.T) {
	c := start(t)
	now := c.freeze()
	held := c.must("POST", payments, object{
		"amount": 1000, "payment_method": adasCard, "capture_method": "manual", "description": "Deposit", "statement_descriptor": "LC", "metadata": object{"order": "7"},
	})
	want := object{
		"object": "payment", "id": held["id"], "live": false, "created_at": now, "amount": 1000.0, "amount_capturable": 1000.0, "amount_received": 0.0,
		"amount_refunded": 0.0, "capture_method": "manual", "customer": ada, "description": "Deposit", "dispute": nil, "invoice": nil,
		"metadata": object{"order": "7"}, "payment_error": nil, "payment_method": adasCard, "session": nil, "statement_descriptor": "LC", "status": "requires_capture",
	}
	if diff := cmp.Diff(want, held); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	at := payments + "/" + held["id"].(string)
	if got := c.do("POST", refunds, object{"payment": held["id"]}); got.Status != 400 || got.fault(t)["code"] != "invalid_state" || got.fault(t)["param"] != "payment" {
		t.Errorf("a refund of what is held = %d %s", got.Status, got.Text)
	}
	if got := c.do("POST", at+"/capture", object{"amount": 1001}); got.Status != 400 || got.fault(t)["param"] != "amount" {
		t.Errorf("capturing too much = %d %s", got.Status, got.Text)
	}
	got := c.must("POST", at+"/capture", object{"amount": 700})
	if diff := cmp.Diff(changed(want, object{"amount_capturable": 0.0, "amount_received": 700.0, "status": "succeeded"}), got); diff != "" {
		t.Errorf("captured (-want +got):\n%s", diff)
	}
	for _, again := range []string{"/capture", "/cancel"} {
		if got := c.do("POST", at+again, nil); got.Status != 400 || got.fault(t)["code"] != "invalid_state" {
			t.Errorf("%s afterwards = %d %s", again, got.Status, got.Text)
		}
	}
	c.must("PATCH", at, object{"metadata": object{"order": nil}, "description": nil})
	c.must("POST", refunds, object{"payment": held["id"], "amount": 200})
	over := c.do("POST", refunds, object{"payment": held["id"], "amount": 501})
	if f := over.fault(t); over.Status != 400 || f["param"] != "amount" || f["type"] != "invalid_request_error" {
		t.Errorf("an over-refund = %d %s", over.Status, over.Text)
	}
	if rest := c.must("POST", refunds, object{"payment": held["id"]}); rest["amount"] != 500.0 {
		t.Errorf("the rest = %v", rest)
	}
	if got := c.do("POST", refunds, object{"payment": held["id"]}); got.Status != 400 || got.fault(t)["code"] != "invalid_state" {
		t.Errorf("a refund of what is refunded = %d %s", got.Status, got.Text)
	}
	if diff := cmp.Diff([]string{
		"payment.created", "payment.updated", "payment.succeeded", "payment.updated", "refund.created", "payment.updated", "refund.created", "payment.updated",
	}, types(items(c.must("GET", events, nil)))); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestChargeCanceled: what is let go can be neither captured nor refunded.
func TestChargeCanceled(t *testing.T) {
	c := start(t)
	held := c.must("POST", payments, object{"amount": 1000, "payment_method": bosAccount, "capture_method": "manual"})
	at := payments + "/" + held["id"].(string)
	if got := c.must("POST", at+"/cancel", nil); got["status"] != "canceled" || got["amount_capturable"] != 0.0 {
		t.Errorf("canceled = %v", got)
	}
	for _, got := range []reply{c.do("POST", at+"/capture", nil), c.do("POST", at+"/cancel", nil), c.do("POST", refunds, object{"payment": held["id"]})} {
		if got.Status != 400 || got.fault(t)["code"] != "invalid_state" {
			t.Errorf("afterwards = %d %s", got.Status, got.Text)
		}
	}
}

// TestChargeByCard: a card that is typed in pays or declines by its marks; it is saved when that is asked
// for, and then pays again until it is deactivated.
func TestChargeByCard(t *testing.T) {
	c := start(t)
	charge := func(number, usage string) reply {
		body := byCard(number)
		body["amount"] = 300
		if usage != "" {
			body["payment_method"].(object)["setup_future_usage"] = usage
		}
		body["customer"] = ada
		return c.do("POST", payments, body)
	}
	declined := charge("decline_expired_card", "")
	f := declined.fault(t)
	if p := f["payment"].(object); declined.Status != 402 || f["decline_code"] != "expired_card" || p["status"] != "failed" || p["session"] != nil {
		t.Errorf("declined = %d %s", declined.Status, declined.Text)
	}
	if by := declined.Header.Get("X-Decided-By"); by != "magic:decline_expired_card" {
		t.Errorf("decided by %s", by)
	}
	for usage, active := range map[string]bool{"": false, "off_session": true} {
		p := charge("4242424242424242", usage).JSON
		m := c.must("GET", methods+"/"+p["payment_method"].(string), nil)
		if m["active"] != active || m["customer"] != ada || m["card"].(object)["bin"] != "424242" || p["amount_received"] != 300.0 {
			t.Errorf("with %q: payment %v, method %v; active must be %v", usage, p, m, active)
		}
		again := c.do("POST", payments, object{"amount": 5, "payment_method": m["id"]})
		if active != (again.Status == 200) {
			t.Errorf("with %q again = %d %s", usage, again.Status, again.Text)
		}
		if !active {
			continue
		}
		gone := c.must("POST", methods+"/"+m["id"].(string)+"/deactivate", nil)
		if diff := cmp.Diff(changed(m, object{"active": false}), gone); diff != "" {
			t.Errorf("deactivated (-want +got):\n%s", diff)
		}
		if got := c.do("POST", payments, object{"amount": 5, "payment_method": m["id"]}); got.Status != 400 || got.fault(t)["param"] != "payment_method" {
			t.Errorf("deactivated, again = %d %s", got.Status, got.Text)
		}
	}
}

// TestPaymentsOfASession: what a session was paid with is read back, by get, by list and expanded, saved
// in setup mode, and refunded; its invoice counts what was paid.
func TestPaymentsOfASession(t *testing.T) {
	c := start(t)
	setup := c.create(object{"mode": "setup"})
	p := c.pay(setup, "x").JSON
	if m := c.must("GET", methods+"/"+p["payment_method"].(string), nil); m["active"] != true {
		t.Errorf("the method of a setup = %v; want active", m)
	}
	s := c.create(object{"invoice": bosInvoice})
	paid := c.pay(s, "x").JSON
	if diff := cmp.Diff(paid, c.must("GET", payments+"/"+paid["id"].(string), nil)); diff != "" {
		t.Errorf("get (-answered +got):\n%s", diff)
	}
	if got := items(c.must("GET", payments+"?filters[session]="+s["id"].(string), nil)); len(got) != 1 || cmp.Diff(paid, got[0]) != "" {
		t.Errorf("list = %v", got)
	}
	if i := c.must("GET", invoices+"/"+bosInvoice, nil); i["amount_paid"] != 12500.0 || i["amount_due"] != 12500.0 {
		t.Errorf("invoice = %v", i)
	}
	c.must("POST", refunds, object{"payment": paid["id"]})
	after := c.get(s, "?expand[payments]=true")
	if got := after["payments"].(list)[0].(object); got["amount_refunded"] != 12500.0 || after["amount_collected"] != 12500.0 {
		t.Errorf("refunded: %v", after)
	}
}
