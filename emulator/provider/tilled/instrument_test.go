package tilled_test

import (
	"net/http"
	"testing"
)

// A bank debit is complete for Tilled while it is in flight, and settles by itself after three days.
func TestBankDebitSettlesByItself(t *testing.T) {
	c := start(t)
	c.freeze()
	s := c.create(object{"payment_intent_data": object{"payment_method_types": list{"ach_debit"}}})
	c.control("/sessions/"+s["id"].(string)+"/pay", object{"instrument": "011000138"})
	if got := c.get(s["id"]); got["status"] != "complete" {
		t.Errorf("in flight the session is %v; want complete", got["status"])
	}
	for _, tt := range []struct {
		by     string
		events int
	}{{"71h59m59.999s", 0}, {"1ms", 1}} {
		c.control("/clock/advance", object{"by": tt.by})
		got := c.must(http.StatusOK, "GET", "/_control/events?type=session.succeeded", nil)["events"].([]any)
		if len(got) != tt.events {
			t.Errorf("after another %s: %v; want %d", tt.by, got, tt.events)
		}
	}
}

// What the session does not offer is refused with what it does.
func TestInstrumentMustBeOffered(t *testing.T) {
	c := start(t)
	s := c.create(object{"payment_intent_data": object{"payment_method_types": list{"eft_debit"}}})
	got := c.do("POST", "/_control/sessions/"+s["id"].(string)+"/pay", object{"instrument": "4111111111111111"})
	if got.Status != http.StatusUnprocessableEntity || got.JSON["detail"] != "the session does not offer card" || len(got.JSON["allowed"].([]any)) != 5 {
		t.Errorf("a card for a bank debit = %d %s; want 422 with the five institutions", got.Status, got.Text)
	}
}

// An explicit pay pays whatever the amount: only an instrument asks what the sandbox makes of it.
func TestPayWithoutInstrumentPays(t *testing.T) {
	c := start(t)
	s := c.create(object{"line_items": list{object{"quantity": 1, "price_data": object{
		"currency": "usd", "unit_amount": 777703, "product_data": object{"name": "x"}}}}})
	got := c.do("POST", "/_control/sessions/"+s["id"].(string)+"/pay", nil)
	if got.Status != http.StatusOK || got.Header.Get("X-Decided-By") != "state" || c.get(s["id"])["status"] != "complete" {
		t.Errorf("pay = %d %s, decided by %s", got.Status, got.Text, got.Header.Get("X-Decided-By"))
	}
}
