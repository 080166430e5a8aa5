package leanrails_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSessionIntent: the payment intent of a session is read, listed and sent as one and the same body, and
// tells of the payment.
func TestSessionIntent(t *testing.T) {
	c, rc := start(t), receive(t, http.StatusOK)
	c.listen(rc.URL)
	s := c.create(object{"customer": adaID, "payment_intent_data": object{"description": "A tote", "metadata": object{"ledger": "b"}}})
	id := text(s["payment_intent"])
	it := c.read(intents, id)
	want := merged(c.intent(object{"customer": adaID}), object{
		"id": id, "amount": s["amount_total"], "description": "A tote", "metadata": object{"ledger": "b"}, "client_secret": it["client_secret"],
		"charges": merged(it["charges"].(object), object{"url": charges + "?payment_intent=" + id}),
	})
	if diff := cmp.Diff(want, it); diff != "" {
		t.Errorf("new (-as one that stands by itself +got):\n%s", diff)
	}
	c.steer(s["id"], "pay")
	it = c.read(intents, id)
	if it["status"] != "succeeded" || it["amount_received"] != s["amount_total"] || it["payment_method"] != "pm_card_visa" {
		t.Errorf("paid: %v", it)
	}
	if diff := cmp.Diff(it, c.page(intents)[1]); diff != "" {
		t.Errorf("listed (-read +listed):\n%s", diff)
	}
	sent := rc.messages(c)
	if len(sent) != 2 {
		t.Fatalf("%d webhooks; want 2", len(sent))
	}
	for i, want := range []object{it, c.get(s["id"])} {
		var ev struct{ Data struct{ Object object } }
		if err := json.Unmarshal(sent[i].body, &ev); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ev.Data.Object); diff != "" {
			t.Errorf("webhook %d (-read +sent):\n%s", i, diff)
		}
	}
	if got := c.on(id, "refund", ""); got.Status != 200 || c.get(s["id"])["payment_status"] != "paid" {
		t.Errorf("refunded: %s, the session %v", got.Text, c.get(s["id"]))
	}
	of := c.send(http.MethodGet, fmt.Sprint("/_control/events?type=charge.refunded&session=", s["id"]), "").JSON["events"].([]any)
	if len(of) != 1 || of[0].(object)["status"] != "succeeded" {
		t.Errorf("the session's events have %v; want charge.refunded once", of)
	}
}

// TestNewCustomerOfASession: the customer that a payment makes is the intent's, too, and can be read.
func TestNewCustomerOfASession(t *testing.T) {
	c := start(t)
	s := c.create(object{"customer_creation": "always", "customer_email": "grace@example.com"})
	s = c.steer(s["id"], "pay")
	if it := c.read(intents, s["payment_intent"]); s["customer"] == nil || it["customer"] != s["customer"] {
		t.Errorf("the session's customer is %v, the intent's %v", s["customer"], it["customer"])
	}
	if got := c.read(customers, s["customer"]); got["email"] != "grace@example.com" {
		t.Errorf("the customer is %v", got)
	}
}

// TestSessionByItsIntent: what is done to the payment intent of a session, or to the session, shows on both.
func TestSessionByItsIntent(t *testing.T) {
	emu := serve(t)
	const visa, threeDS = `{"payment_method":"pm_card_visa"}`, `{"payment_method":"pm_card_3ds_required"}`
	// A step is an operation of the intent and its body, or an action of the control API.
	type step struct{ operation, body, action string }
	with := func(method string) step {
		return step{action: "pay", body: fmt.Sprintf(`{"instrument":%q}`, method)}
	}
	capture, paid := object{"capture_method": "manual"}, []string{"payment_intent.succeeded", "checkout.session.completed"}
	for _, tt := range []struct {
		name    string
		data    object
		steps   []step
		intent  string
		session string
		sent    []string
	}{
		{"confirmed", nil, []step{{"confirm", visa, ""}}, "succeeded", "complete", paid},
		{"declined", nil, []step{{"confirm", `{"payment_method":"pm_card_declined"}`, ""}}, "requires_payment_method", "open", []string{"payment_intent.payment_failed"}},
		{"declined, then paid", nil, []step{{"confirm", `{"payment_method":"pm_card_declined"}`, ""}, {"confirm", visa, ""}}, "succeeded", "complete", append([]string{"payment_intent.payment_failed"}, paid...)},
		{"3-D Secure", nil, []step{{"confirm", threeDS, ""}}, "requires_action", "open", nil},
		{"3-D Secure, passed", nil, []step{{"confirm", threeDS, ""}, {"confirm", "", ""}}, "succeeded", "complete", paid},
		{"3-D Secure, passed elsewhere", nil, []step{{"confirm", threeDS, ""}, {action: "settle"}}, "succeeded", "complete", paid},
		{"3-D Secure, failed", nil, []step{{"confirm", threeDS, ""}, {action: "fail"}}, "requires_payment_method", "open", []string{"payment_intent.payment_failed"}},
		{"3-D Secure, canceled", nil, []step{{"confirm", threeDS, ""}, {"cancel", "", ""}}, "canceled", "expired", []string{"checkout.session.expired"}},
		{"canceled", nil, []step{{"cancel", `{"cancellation_reason":"duplicate"}`, ""}}, "canceled", "expired", []string{"checkout.session.expired"}},
		{"in flight", nil, []step{{action: "confirm"}}, "processing", "open", nil},
		{"expired", nil, []step{{action: "expire"}}, "canceled", "expired", []string{"checkout.session.expired"}},
		{"authorized", capture, []step{with("pm_card_visa")}, "requires_capture", "open", nil},
		{"authorized by the intent", capture, []step{{"confirm", visa, ""}}, "requires_capture", "open", nil},
		{"captured", capture, []step{with("4242424242424242"), {"capture", "", ""}}, "succeeded", "complete", paid},
		{"captured by settling", capture, []step{with("pm_card_visa"), {action: "settle"}}, "succeeded", "complete", paid},
		{"captured after 3-D Secure", capture, []step{{"confirm", threeDS, ""}, {"confirm", "", ""}, {"capture", "", ""}}, "succeeded", "complete", paid},
		{"released", capture, []step{with("pm_card_visa"), {"cancel", "", ""}}, "canceled", "expired", []string{"checkout.session.expired"}},
		{"the authorization fails", capture, []step{with("pm_card_visa"), {action: "fail"}}, "requires_payment_method", "open", []string{"payment_intent.payment_failed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, rc := emu.apart(t), receive(t, http.StatusOK)
			c.listen(rc.URL)
			s := c.create(object{"payment_intent_data": tt.data})
			id := s["payment_intent"]
			for _, do := range tt.steps {
				if do.action != "" {
					c.control(fmt.Sprint("/sessions/", s["id"], "/", do.action), do.body)
				} else if got := c.on(id, do.operation, do.body); got.Status != 200 && got.Status != 402 {
					t.Fatalf("%s %s = %d %s", do.operation, do.body, got.Status, got.Text)
				}
			}
			it, now := c.read(intents, id), c.get(s["id"])
			if it["status"] != tt.intent || now["status"] != tt.session {
				t.Errorf("the intent is %v, the session %v; want %s, %s", it["status"], now["status"], tt.intent, tt.session)
			}
			if diff := cmp.Diff(tt.sent, types(t, rc.messages(c))); diff != "" {
				t.Errorf("webhooks (-want +got):\n%s", diff)
			}
			if (it["canceled_at"] == nil) != (tt.intent != "canceled") || (it["payment_method"] == nil) != (tt.intent == "requires_payment_method" || tt.name == "canceled" || tt.name == "expired") {
				t.Errorf("the intent is %v", it)
			}
		})
	}
}

// TestCaptureInPart: a session that was captured in part is complete, and only that part can be given back.
func TestCaptureInPart(t *testing.T) {
	c := start(t)
	s := c.create(object{"payment_intent_data": object{"capture_method": "manual"}})
	id := s["payment_intent"]
	c.on(id, "confirm", `{"payment_method":"pm_card_visa"}`)
	if got := c.on(id, "capture", `{"amount_to_capture":700}`); got.JSON["amount_received"] != 700.0 || got.JSON["amount"] != s["amount_total"] {
		t.Errorf("captured %d %s; want 700 received", got.Status, got.Text)
	}
	if now := c.get(s["id"]); now["payment_status"] != "paid" || now["amount_total"] != s["amount_total"] {
		t.Errorf("the session is %v", now)
	}
	if got := c.on(id, "refund", `{"amount":701}`); got.Status != 400 {
		t.Errorf("more than captured was refunded: %s", got.Text)
	}
	if got := c.on(id, "refund", ""); got.JSON["amount"] != 700.0 {
		t.Errorf("refunded %d %s; want 700", got.Status, got.Text)
	}
}

// TestSessionsIntentStaysItsOwn: amount, currency and customer of a session's intent are the session's.
func TestSessionsIntentStaysItsOwn(t *testing.T) {
	c := start(t)
	s := c.create(nil)
	at := fmt.Sprint(intents, "/", s["payment_intent"])
	got := c.do(http.MethodPost, at, `{"amount":1,"currency":"eur","customer":"`+adaID+`"}`)
	if want := "The `amount` field is that of the CheckoutSession `" + text(s["id"]) + "`."; got.Status != 400 || text(got.failure()["message"])[:len(want)] != want {
		t.Errorf("changed: %d %s", got.Status, got.Text)
	}
	if got := c.must(http.MethodPost, at, `{"description":"x","metadata":{"a":"b"}}`); got["description"] != "x" {
		t.Errorf("described: %v", got)
	}
	if it := c.read(intents, c.create(items(object{"price": free}))["payment_intent"]); it["amount"] != 0.0 {
		t.Errorf("of nothing to pay: %v", it)
	}
}

// TestNothingToPay: a session without a price is complete without a charge.
func TestNothingToPay(t *testing.T) {
	c := start(t)
	s := c.create(items(object{"price": free}))
	c.steer(s["id"], "pay")
	if it := c.read(intents, s["payment_intent"]); it["status"] != "succeeded" || it["payment_method"] != nil || len(c.page(charges)) != 0 {
		t.Errorf("the intent is %v, charges %v", it, c.page(charges))
	}
}

// TestPageOfAnAuthorization: whoever pays what is captured by hand has done everything, and goes on.
func TestPageOfAnAuthorization(t *testing.T) {
	c := start(t)
	for method, want := range map[string]string{"pm_card_visa": "https://example.com/done", "pm_card_3ds_required": "/checkout/"} {
		s := c.create(object{"payment_intent_data": object{"capture_method": "manual"}})
		c.control(fmt.Sprint("/sessions/", s["id"], "/pay"), fmt.Sprintf(`{"instrument":%q}`, method))
		if status, location, body := c.visit(text(s["url"]) + "/return"); status/100 != 3 || !strings.HasPrefix(location, want) {
			t.Errorf("%s: %d to %s %s; want %s", method, status, location, body, want)
		}
	}
}

// TestQuickstart: the lenient profile takes what the guides' own samples send, without a key too.
func TestQuickstart(t *testing.T) {
	c := start(t, profile("lenient")).with("Idempotency-Key", "")
	made := c.must(http.MethodPost, intents, `{"amount":2000,"currency":"usd","payment_method":"pm_card_visa","customer_id":"cus_abc123"}`)
	if made["status"] != "requires_confirmation" {
		t.Errorf("created: %v", made)
	}
	if got := c.on(made["id"], "confirm", ""); got.Status != 200 || got.JSON["status"] != "succeeded" || got.JSON["amount_received"] != 2000.0 {
		t.Errorf("confirmed: %d %s", got.Status, got.Text)
	}
}
