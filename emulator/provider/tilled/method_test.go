package tilled_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPaymentMethodLife: a method pays once, or attached to a customer as often as one likes; detached it pays
// nothing any more.
func TestPaymentMethodLife(t *testing.T) {
	c := start(t)
	c.freeze()
	pm := c.card(object{"billing_details": object{"name": "Grace", "address": object{"zip": "80301"}}, "nick_name": "mine", "metadata": object{"a": "b"}})
	c.sees("the method", object{
		"ach_debit": nil, "billing_details": object{"name": "Grace", "address": object{"zip": "80301"}},
		"card": object{
			"brand": "visa", "checks": object{"address_line1_check": "unchecked", "address_postal_code_check": "pass", "cvc_check": "pass"},
			"exp_month": 12.0, "exp_year": 2044.0, "funding": "credit", "holder_name": "Grace", "last4": "1111",
		},
		"chargeable": true, "created_at": "2040-01-01T00:00:00.000Z", "customer_id": nil, "eft_debit": nil, "expires_at": nil, "id": "~^pm_[0-9A-Za-z]{21}$",
		"metadata": object{"a": "b"}, "nick_name": "mine", "type": "card", "updated_at": "2040-01-01T00:00:00.000Z",
	}, pm)
	path := methods + "/" + pm["id"].(string)
	refused := func(method, path string, body any, has string) {
		t.Helper()
		if got := c.do(method, path, body); got.Status/100 != 4 || !strings.Contains(got.Text, has) {
			t.Errorf("%s %s = %d %s; want it refused with %q", method, path, got.Status, got.Text, has)
		}
	}
	pays := func(id any, has string) {
		t.Helper()
		got := c.do("POST", intents, object{"amount": 1, "currency": "usd", "payment_method_types": list{"card"}, "confirm": true, "payment_method_id": id})
		if has == "" && (got.Status != http.StatusCreated || got.JSON["status"] != "succeeded") || has != "" && !strings.Contains(got.Text, has) {
			t.Errorf("paying = %d %s; want %q", got.Status, got.Text, has)
		}
	}
	refused("PATCH", path, object{"nick_name": "x"}, "must be attached to a customer")
	refused("PUT", path+"/detach", nil, "is not attached")
	refused("PUT", path+"/attach", object{"customer_id": danaID}, "Customer not found.")
	attached := c.must(http.StatusOK, "PUT", path+"/attach", object{"customer_id": adaID})
	refused("PUT", path+"/attach", object{"customer_id": adaID}, "already attached")
	changed := c.must(http.StatusOK, "PATCH", path, object{"nick_name": nil, "billing_details": object{"email": "g@example.com"}})
	c.sees("the changed method", with(attached, object{"nick_name": nil, "billing_details": object{"email": "g@example.com"}}), changed)
	pays(pm["id"], "")
	pays(pm["id"], "")
	detached := c.must(http.StatusOK, "PUT", path+"/detach", nil)
	c.sees("the detached method", with(changed, object{"customer_id": nil, "chargeable": false}), detached)
	pays(pm["id"], "is not chargeable")
	refused("PUT", path+"/attach", object{"customer_id": adaID}, "is not chargeable")
	single := c.card(nil)
	pays(single["id"], "")
	pays(single["id"], "is not chargeable")
	pays("pm_unknown", "Payment Method not found.")
	pays(c.bank()["id"], "is of the type ach_debit")
	want := []string{"payment_method.attached", "payment_method.updated", "payment_method.detached"}
	if diff := cmp.Diff(want, c.happened(pm["id"])); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	other := c.must(http.StatusOK, "PUT", methods+"/"+c.card(nil)["id"].(string)+"/attach", object{"customer_id": walkIn})
	ofAda := c.create(object{"customer_id": adaID})["payment_intent_id"].(string)
	refused("POST", intents+"/"+ofAda+"/confirm", object{"payment_method_id": other["id"]}, "attached to another customer")
	refused("POST", intents+"/"+ofAda+"/confirm", nil, "payment_method_id is needed")
}

// TestNoRealNumberIsTaken: a number that is none of the test numbers is refused with those, is not repeated
// and stands nowhere afterwards; of a test card only the last digits do.
func TestNoRealNumberIsTaken(t *testing.T) {
	c := start(t)
	for _, number := range []string{"4012888888881881", "4012 8888 8888 1881", "4242424242424242", "banana"} {
		got := c.do("POST", methods, object{"type": "card", "card": object{"number": number, "exp_month": 1, "exp_year": 2044, "cvc": "987"}})
		if got.Status != http.StatusBadRequest || !strings.Contains(got.Text, "4111111111111111") || strings.Contains(got.Text, number) {
			t.Errorf("%s = %d %s; want 400 with the test cards", number, got.Status, got.Text)
		}
	}
	c.card(nil)
	for _, place := range []string{"/_control/requests?limit=100", "/_control/snapshot", "/_control/events"} {
		text := c.do("GET", place, nil).Text
		for _, number := range []string{"4012888888881881", "4012 8888 8888 1881"} {
			if strings.Contains(text, number) {
				t.Errorf("%s keeps %s", place, number)
			}
		}
	}
	if text := c.do("GET", "/_control/snapshot", nil).Text; strings.Contains(text, "4111111111111111") || strings.Contains(text, `"987"`) {
		t.Errorf("the snapshot keeps the number of a test card: %s", text)
	}
}

// TestAddressChecks: the letter in front of the street decides, as docs.tilled.com, testing, has it.
func TestAddressChecks(t *testing.T) {
	c := start(t)
	for street, want := range map[string][2]string{
		"1 Main St": {"pass", "pass"}, "X1 Main St": {"pass", "pass"}, "A 1 Main St": {"pass", "fail"}, "A1 Main St": {"pass", "fail"}, "Z1 Main St": {"fail", "pass"},
		"N1 Main St": {"fail", "fail"}, "U1 Main St": {"unavailable", "unavailable"}, "Aldine St": {"pass", "pass"}, "": {"unchecked", "pass"},
	} {
		checks := c.card(object{"billing_details": object{"address": object{"street": street, "zip": "80301"}}})["card"].(object)["checks"].(object)
		if got := [2]string{checks["address_line1_check"].(string), checks["address_postal_code_check"].(string)}; got != want {
			t.Errorf("%q: %v; want %v", street, got, want)
		}
	}
}

// TestCardsExpire on the sandbox's clock.
func TestCardsExpire(t *testing.T) {
	c := start(t)
	c.freeze()
	pm := c.card(object{"card": object{"number": "4111111111111111", "exp_month": 1, "exp_year": 2040}})
	c.must(http.StatusOK, "PUT", methods+"/"+pm["id"].(string)+"/attach", object{"customer_id": adaID})
	pay := func() object { return c.intend(object{"confirm": true, "payment_method_id": pm["id"]}) }
	c.control("/clock/set", object{"to": "2040-01-31T23:59:59.999Z"})
	if got := pay(); got["status"] != "succeeded" {
		t.Errorf("in its last moment: %v", got)
	}
	c.control("/clock/advance", object{"by": "1ms"})
	if got := pay(); got["status"] != "requires_payment_method" || got["last_payment_error"].(object)["code"] != "expired_card" {
		t.Errorf("afterwards: %v; want expired_card", got)
	}
}

// TestUpdatedIntents: what can be changed when, and what it means for the confirmation.
func TestUpdatedIntents(t *testing.T) {
	c := start(t)
	c.freeze()
	in := c.intend(object{"platform_fee_amount": 5000, "capture_method": "manual"})
	path := intents + "/" + in["id"].(string)
	if in["platform_fee_amount"] != 900.0 {
		t.Errorf("the fee is %v; want it capped", in["platform_fee_amount"])
	}
	pm := c.card(nil)
	for _, tt := range []struct{ send, want object }{
		{object{"amount": 500, "currency": "cad"}, object{"amount": 500.0, "amount_capturable": 500.0, "currency": "cad", "platform_fee_amount": 500.0}},
		{object{"occurrence_type": "merchant_recurring", "statement_descriptor_suffix": "SHOP"}, object{"occurrence_type": "merchant_recurring", "statement_descriptor_suffix": "SHOP"}},
		{object{"payment_method_id": pm["id"]}, object{"payment_method": pm, "status": "requires_confirmation"}},
		{object{"payment_method_id": nil, "platform_fee_amount": nil}, object{"payment_method": nil, "status": "requires_payment_method", "platform_fee_amount": nil}},
		{object{"capture_method": "automatic", "payment_method_types": list{"ach_debit", "card"}}, object{"capture_method": "automatic", "payment_method_types": list{"ach_debit", "card"}}},
	} {
		in = with(in, tt.want)
		c.sees("after an update", in, c.must(http.StatusOK, "PATCH", path, tt.send))
	}
	refused := func(path string, body object, has string) {
		t.Helper()
		if got := c.do("PATCH", path, body); got.Status != http.StatusBadRequest || !strings.Contains(got.Text, has) {
			t.Errorf("%v = %d %s; want 400 with %q", body, got.Status, got.Text, has)
		}
	}
	c.confirm(in)
	refused(path, object{"amount": 5, "metadata": object{"a": "b"}}, "its status is succeeded")
	if got := c.must(http.StatusOK, "PATCH", path, object{"metadata": object{"a": "b"}}); got["status"] != "succeeded" || !cmp.Equal(got["metadata"], object{"a": "b"}) {
		t.Errorf("metadata of a paid intent: %v", got)
	}
	s := c.create(nil)
	ofSession := intents + "/" + s["payment_intent_id"].(string)
	refused(ofSession, object{"amount": 5, "currency": "cad"}, "belongs to a Checkout Session")
	c.must(http.StatusOK, "PATCH", ofSession, object{"metadata": object{"a": "b"}, "statement_descriptor_suffix": "SHOP"})
	c.must(http.StatusCreated, "POST", ofSession+"/cancel", nil)
	refused(ofSession, object{"metadata": object{"a": "c"}}, "its status is canceled")
	if got := c.get(s["id"])["status"]; got != "expired" {
		t.Errorf("the session of a canceled intent is %v; want expired", got)
	}
	declined := c.intend(object{"amount": 777701, "confirm": true, "payment_method_id": c.card(nil)["id"]})
	if got := c.must(http.StatusOK, "PATCH", intents+"/"+declined["id"].(string), object{"metadata": object{"a": "b"}}); got["last_payment_error"] != nil {
		t.Errorf("the last error stays after an update: %v", got)
	}
}

// TestSessionThatFailedLateIsPaidByItsIntent: a bank debit that fails leaves the session complete and the intent
// in need of another payment method, with which it is paid.
func TestSessionThatFailedLateIsPaidByItsIntent(t *testing.T) {
	c := start(t)
	s := c.create(object{"payment_intent_data": object{"payment_method_types": list{"ach_debit", "card"}}})
	for _, action := range []string{"confirm", "fail"} {
		c.control("/sessions/"+s["id"].(string)+"/"+action, object{})
	}
	in := c.must(http.StatusOK, "GET", intents+"/"+s["payment_intent_id"].(string), nil)
	if in["status"] != "requires_payment_method" || in["payment_method"] != nil || in["last_payment_error"].(object)["charge_id"] != latest(in)["id"] {
		t.Errorf("after a late failure: %v", in)
	}
	if got := c.confirm(in); got["status"] != "succeeded" || len(got["charges"].(list)) != 2 || c.get(s["id"])["status"] != "complete" {
		t.Errorf("paid again: %v", got)
	}
}

// TestDeletedCustomer: sessions and intents keep the id, methods are detached, nothing new is made for it.
func TestDeletedCustomer(t *testing.T) {
	c := start(t)
	c.freeze()
	path := customers + "/" + adaID
	pm := c.must(http.StatusOK, "PUT", methods+"/"+c.card(nil)["id"].(string)+"/attach", object{"customer_id": adaID})
	open, paid := c.create(object{"customer_id": adaID}), c.create(object{"customer_id": adaID})
	c.control("/sessions/"+paid["id"].(string)+"/pay", object{})
	paid = c.get(paid["id"])
	ada := c.must(http.StatusOK, "GET", path, nil)
	c.must(http.StatusNoContent, "DELETE", path, nil)
	missing := object{"statusCode": 404.0, "message": "Customer not found.", "error": "Not Found"}
	for _, call := range [][2]string{{"GET", path}, {"PATCH", path}, {"DELETE", path}} {
		c.sees(call[0], missing, c.do(call[0], call[1], nil).JSON)
	}
	c.sees("a session for it", missing, c.do("POST", sessions, body(object{"customer_id": adaID})).JSON)
	c.sees("the paid session", paid, c.get(paid["id"]))
	c.sees("the open session", open, c.get(open["id"]))
	in := c.must(http.StatusOK, "GET", intents+"/"+paid["payment_intent_id"].(string), nil)
	if in["customer"] != nil || in["status"] != "succeeded" {
		t.Errorf("the intent of the paid session: %v", in)
	}
	if got := ids(c.must(http.StatusOK, "GET", intents+"?customer_id="+adaID, nil)); len(got) != 2 {
		t.Errorf("listed by the customer: %v; want both", got)
	}
	c.sees("its method", with(pm, object{"customer_id": nil, "chargeable": false}), c.must(http.StatusOK, "GET", methods+"/"+pm["id"].(string), nil))
	all := c.must(http.StatusOK, "GET", events+"?limit=2", nil)["items"].(list)
	c.sees("the event", object{"type": "customer.deleted", "data": ada}, object{"type": all[0].(object)["type"], "data": all[0].(object)["data"]})
	if got := all[1].(object)["type"]; got != "payment_method.detached" {
		t.Errorf("before it: %v", got)
	}
	c.control("/sessions/"+open["id"].(string)+"/pay", object{})
	c.sees("the open session, paid", with(open, object{"status": "complete"}), c.get(open["id"]))
	back := c.must(http.StatusCreated, "POST", refunds, object{"payment_intent_id": in["id"]})
	if back["amount"] != in["amount"] {
		t.Errorf("the refund: %v", back)
	}
}
