package tilled_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	intents   = "/tilled/v1/payment-intents"
	customers = "/tilled/v1/customers"
	methods   = "/tilled/v1/payment-methods"
	refunds   = "/tilled/v1/refunds"
	charges   = "/tilled/v1/charges"
)

// intend makes a payment intent over 900 by card, with members replaced by changes.
func (c *client) intend(changes object) object {
	c.tb.Helper()
	return c.must(http.StatusCreated, "POST", intents, with(object{"amount": 900, "currency": "usd", "payment_method_types": list{"card"}}, changes))
}

// card makes a payment method from the first test card, with members of the body replaced by changes.
func (c *client) card(changes object) object {
	c.tb.Helper()
	return c.must(http.StatusCreated, "POST", methods, with(object{"type": "card", "card": object{
		"number": "4111111111111111", "exp_month": 12, "exp_year": 2044, "cvc": "123",
	}}, changes))
}

// bank makes a payment method from a test bank.
func (c *client) bank() object {
	c.tb.Helper()
	return c.must(http.StatusCreated, "POST", methods, object{"type": "ach_debit", "ach_debit": object{
		"account_holder_name": "Grace", "account_number": "000123456789", "account_type": "checking", "routing_number": "011000138",
	}})
}

// confirm pays an intent with a new card.
func (c *client) confirm(in object) object {
	c.tb.Helper()
	return c.must(http.StatusCreated, "POST", intents+"/"+in["id"].(string)+"/confirm", object{"payment_method_id": c.card(nil)["id"]})
}

// happened lists the types of the events about an object, by age.
func (c *client) happened(about any) (out []string) {
	c.tb.Helper()
	page := c.must(http.StatusOK, "GET", events+"?limit=100&object_id="+about.(string), nil)["items"].(list)
	for i := range page {
		out = append(out, page[len(page)-1-i].(object)["type"].(string))
	}
	return out
}

// latest is the last charge of an intent.
func latest(in object) object {
	all := in["charges"].(list)
	return all[len(all)-1].(object)
}

func (c *client) sees(what string, want, got any) {
	c.tb.Helper()
	if diff := like(want, got); diff != "" {
		c.tb.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestIntentOfASession: a session's payment intent is one like any other: it is read by its id, listed, and
// shown the same in its webhooks; the two name each other.
func TestIntentOfASession(t *testing.T) {
	c, rc := start(t), receive(t, http.StatusOK)
	c.freeze()
	c.listen(rc.URL)
	s := c.create(object{"customer_id": adaID, "payment_intent_data": object{"payment_method_types": list{"card"}, "metadata": object{"ledger": "b"}}})
	path := intents + "/" + s["payment_intent_id"].(string)
	read := func() object { return c.must(http.StatusOK, "GET", path, nil) }
	last := func() any { all := received(t, rc.messages(c)); return all[len(all)-1]["data"] }
	made := read()
	c.sees("the new intent and its webhook", made, last())
	c.sees("the new intent", with(made, object{
		"amount": s["amount_total"], "status": "requires_payment_method", "amount_capturable": 900.0, "amount_received": 0.0, "metadata": object{"ledger": "b"},
	}), made)
	if got := made["customer"].(object)["id"]; got != adaID {
		t.Errorf("the customer is %v; want %s", got, adaID)
	}
	c.control("/sessions/"+s["id"].(string)+"/pay", object{"instrument": "5100 4000 0000 0000"})
	paid := read()
	c.sees("the paid intent and its webhook", paid, last())
	card := paid["payment_method"].(object)
	if paid["status"] != "succeeded" || paid["amount_received"] != 900.0 || paid["amount_capturable"] != 0.0 || card["card"].(object)["brand"] != "mastercard" {
		t.Errorf("the paid intent = %v", paid)
	}
	charge := latest(paid)
	c.sees("the charge", charge, c.must(http.StatusOK, "GET", charges+"/"+charge["id"].(string), nil))
	c.sees("the payment method", card, c.must(http.StatusOK, "GET", methods+"/"+card["id"].(string), nil))
	c.sees("the list", list{paid}, c.must(http.StatusOK, "GET", intents, nil)["items"])
	page := c.must(http.StatusOK, "GET", sessions+"?payment_intent_id="+paid["id"].(string), nil)
	if diff := cmp.Diff([]string{s["id"].(string)}, ids(page)); diff != "" {
		t.Errorf("the session of the intent (-want +got):\n%s", diff)
	}
}

// TestConfirmedIntents: what becomes of an intent that is paid directly, and of its session.
func TestConfirmedIntents(t *testing.T) {
	for _, session := range []bool{false, true} {
		for _, tt := range []struct {
			name, method    string
			amount          int
			status, session string
			events          []string
		}{
			{"a card", "card", 900, "succeeded", "complete", []string{"charge.succeeded", "payment_intent.succeeded"}},
			{"a declined amount", "card", 777701, "requires_payment_method", "open", []string{"charge.failed", "payment_intent.payment_failed"}},
			{"a bank account", "ach_debit", 777701, "processing", "complete", []string{"charge.pending", "payment_intent.processing"}},
		} {
			t.Run(fmt.Sprint(tt.name, " session=", session), func(t *testing.T) {
				c := start(t)
				c.freeze()
				id, pm := "", c.card(nil)
				if tt.method != "card" {
					pm = c.bank()
				}
				var s object
				if session {
					s = c.create(object{"line_items": list{item(object{"unit_amount": tt.amount})}, "payment_intent_data": object{"payment_method_types": list{tt.method}}})
					id = s["payment_intent_id"].(string)
				} else {
					id = c.intend(object{"amount": tt.amount, "payment_method_types": list{tt.method}})["id"].(string)
				}
				got := c.do("POST", intents+"/"+id+"/confirm", object{"payment_method_id": pm["id"]})
				if got.Status != http.StatusCreated || got.JSON["status"] != tt.status {
					t.Fatalf("confirm = %d %s; want 201 and %s", got.Status, got.Text, tt.status)
				}
				c.sees("the answer and the intent", got.JSON, c.must(http.StatusOK, "GET", intents+"/"+id, nil))
				if diff := cmp.Diff(append([]string{"payment_intent.created"}, tt.events...), c.happened(id)); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
				if session && c.get(s["id"])["status"] != tt.session {
					t.Errorf("the session = %v; want %s", c.get(s["id"]), tt.session)
				}
				if latest(got.JSON)["payment_method_id"] != pm["id"] || c.must(200, "GET", methods+"/"+pm["id"].(string), nil)["chargeable"] != false {
					t.Errorf("the method %v was not used up by %v", pm["id"], latest(got.JSON))
				}
				if by := got.Header.Get("X-Decided-By"); (by == "magic:777701") != (tt.amount == 777701 && tt.method == "card") {
					t.Errorf("decided by %s", by)
				}
				c.control("/clock/advance", object{"by": "72h"})
				if after := c.must(http.StatusOK, "GET", intents+"/"+id, nil); tt.status == "processing" && (after["status"] != "succeeded" || len(c.happened(id)) != 5) {
					t.Errorf("after three days the intent = %v, events %v", after, c.happened(id))
				}
			})
		}
	}
}

// TestMagicAmountsOfIntents: the amounts of docs.tilled.com, testing, decline intents made directly.
func TestMagicAmountsOfIntents(t *testing.T) {
	c := start(t)
	for i, code := range strings.Fields("insufficient_funds avs_check_failed generic_decline call_issuer expired_card pickup_card invalid_number limit_exceeded " +
		"not_permitted incorrect_cvc service_not_allowed invalid_expiry card_not_supported restricted_card fraudulent processing_error") {
		got := c.intend(object{"amount": 777701 + i, "confirm": true, "payment_method_id": c.card(nil)["id"]})
		failed := latest(got)
		if failed["failure_code"] != code || failed["status"] != "failed" || got["status"] != "requires_payment_method" || got["payment_method"] != nil {
			t.Errorf("%d: %v; want %s", 777701+i, got, code)
		}
		c.sees(code, object{"charge_id": failed["id"], "code": code, "message": "~."}, got["last_payment_error"])
	}
	for _, number := range []string{"4111111111111111", "4900770000000001", "5100400000000000", "6011234567890123", "370123456789017"} {
		pm := c.card(object{"card": object{"number": number, "exp_month": 1, "exp_year": 2044}})
		if got := c.intend(object{"confirm": true, "payment_method_id": pm["id"]}); got["status"] != "succeeded" || pm["card"].(object)["last4"] != number[len(number)-4:] {
			t.Errorf("%s: %v; want it paid", number, got)
		}
	}
}

// TestManualCapture: what is held is captured as a whole or in part, canceled, or runs out after a week.
func TestManualCapture(t *testing.T) {
	for _, tt := range []struct {
		name, call string
		body       object
		status     string
		received   float64
		refunded   float64
		reason     any
		events     []string
	}{
		{"as a whole", "capture", object{}, "succeeded", 900, 0, nil, []string{"charge.captured", "payment_intent.succeeded"}},
		{"in part", "capture", object{"amount_to_capture": 600}, "succeeded", 600, 300, "partial_capture", []string{"charge.captured", "charge.refunded", "payment_intent.succeeded"}},
		{"canceled", "cancel", object{"cancellation_reason": "abandoned"}, "canceled", 0, 900, nil, []string{"charge.refunded", "payment_intent.canceled"}},
		{"run out", "", nil, "canceled", 0, 900, "expired_uncaptured_charge", []string{"charge.expired", "payment_intent.canceled"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t)
			c.freeze()
			held := c.confirm(c.intend(object{"capture_method": "manual"}))
			path := intents + "/" + held["id"].(string)
			if held["status"] != "requires_capture" || held["amount_capturable"] != 900.0 || latest(held)["captured"] != false || latest(held)["status"] != "succeeded" {
				t.Errorf("held: %v", held)
			}
			if tt.call != "" {
				c.must(http.StatusCreated, "POST", path+"/"+tt.call, tt.body)
			} else {
				c.control("/clock/advance", object{"by": "167h59m59.999s"})
				c.sees("a millisecond before", held, c.must(http.StatusOK, "GET", path, nil))
				c.control("/clock/advance", object{"by": "1ms"})
			}
			got := c.must(http.StatusOK, "GET", path, nil)
			charge := latest(got)
			if got["status"] != tt.status || got["amount_received"] != tt.received || got["amount_capturable"] != 0.0 || charge["amount_captured"] != tt.received || charge["amount_refunded"] != tt.refunded {
				t.Errorf("the intent = %v", got)
			}
			if back := charge["refunds"].(list); tt.refunded > 0 && back[0].(object)["reason"] != tt.reason {
				t.Errorf("the refunds = %v; want one for %v", back, tt.reason)
			}
			want := append([]string{"payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated"}, tt.events...)
			if diff := cmp.Diff(want, c.happened(got["id"])); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			for _, call := range []string{"capture", "cancel", "confirm"} {
				if again := c.do("POST", path+"/"+call, object{}); again.Status != http.StatusBadRequest || !strings.Contains(again.Text, "its status is "+tt.status) {
					t.Errorf("%s again = %d %s; want 400 naming %s", call, again.Status, again.Text, tt.status)
				}
			}
			c.sees("after what was refused", got, c.must(http.StatusOK, "GET", path, nil))
			c.control("/clock/advance", object{"by": "10000h"})
			c.sees("much later", got, c.must(http.StatusOK, "GET", path, nil))
		})
	}
}

// TestRefunds: part of a payment goes back, then the rest, and nothing more.
func TestRefunds(t *testing.T) {
	c := start(t)
	c.freeze()
	in := c.confirm(c.intend(nil))
	ask := func(changes object) object { return with(object{"payment_intent_id": in["id"]}, changes) }
	refused := func(changes object, has string) {
		t.Helper()
		if got := c.do("POST", refunds, ask(changes)); got.Status != http.StatusBadRequest || !strings.Contains(got.Text, has) {
			t.Errorf("refund %v = %d %s; want 400 with %q", changes, got.Status, got.Text, has)
		}
	}
	refused(object{"amount": 901}, "what is left of the charge (900)")
	first := c.must(http.StatusCreated, "POST", refunds, ask(object{"amount": 250, "reason": "duplicate", "metadata": object{"why": "twice"}}))
	c.sees("the first refund", object{
		"id": "~^re_[0-9A-Za-z]{21}$", "amount": 250.0, "balance_transaction": nil, "charge_id": latest(in)["id"], "created_at": "2040-01-01T00:00:00.000Z", "failure_code": nil,
		"failure_message": nil, "metadata": object{"why": "twice"}, "payment_intent_id": in["id"], "payment_method_id": latest(in)["payment_method_id"],
		"reason": "duplicate", "status": "succeeded", "updated_at": "2040-01-01T00:00:00.000Z",
	}, first)
	refused(object{"amount": 651}, "what is left of the charge (650)")
	charge := c.must(http.StatusOK, "GET", charges+"/"+first["charge_id"].(string), nil)
	c.sees("the charge", with(latest(in), object{"amount_refunded": 250.0, "refunds": list{first}}), charge)
	second := c.must(http.StatusCreated, "POST", refunds, ask(nil))
	refused(nil, "already been refunded")
	refused(object{"amount": 1}, "already been refunded")
	charge = c.must(http.StatusOK, "GET", charges+"/"+first["charge_id"].(string), nil)
	c.sees("the charge", with(latest(in), object{"amount_refunded": 900.0, "refunded": true, "refunds": list{first, second}}), charge)
	c.sees("the list", list{second, first}, c.must(http.StatusOK, "GET", refunds, nil)["items"])
	c.sees("by metadata", list{first}, c.must(http.StatusOK, "GET", refunds+"?metadata[why]=twice", nil)["items"])
	c.sees("one refund", first, c.must(http.StatusOK, "GET", refunds+"/"+first["id"].(string), nil))
	if diff := cmp.Diff([]string{"charge.succeeded", "charge.refunded", "charge.refunded"}, c.happened(first["charge_id"])); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got := c.do("POST", refunds, object{"payment_intent_id": c.intend(nil)["id"]}); got.Status != http.StatusBadRequest || !strings.Contains(got.Text, "its status is requires_payment_method") {
		t.Errorf("a refund of what was not paid = %d %s; want 400", got.Status, got.Text)
	}
}

// TestRefundsOfBankDebits are pending as long as the payment was.
func TestRefundsOfBankDebits(t *testing.T) {
	c := start(t)
	c.freeze()
	in := c.intend(object{"payment_method_types": list{"ach_debit"}, "confirm": true, "payment_method_id": c.bank()["id"]})
	if got := c.do("POST", refunds, object{"payment_intent_id": in["id"]}); got.Status != http.StatusBadRequest || !strings.Contains(got.Text, "its status is processing") {
		t.Errorf("a refund of what is in flight = %d %s; want 400", got.Status, got.Text)
	}
	c.control("/clock/advance", object{"by": "72h"})
	back := c.must(http.StatusCreated, "POST", refunds, object{"payment_intent_id": in["id"], "amount": 400})
	if back["status"] != "pending" {
		t.Errorf("the refund = %v; want it pending", back)
	}
	fired := c.control("/clock/advance", object{"by": "72h"})["fired"].(list)
	if f := fired[0].(object); len(fired) != 1 || f["action"] != "settle" || f["object"] != back["id"] {
		t.Errorf("fired %v; want the refund settled", fired)
	}
	got := c.must(http.StatusOK, "GET", refunds+"/"+back["id"].(string), nil)
	c.sees("the refund", with(back, object{"status": "succeeded", "updated_at": "2040-01-07T00:00:00.000Z"}), got)
	charge := c.must(http.StatusOK, "GET", charges+"/"+back["charge_id"].(string), nil)
	c.sees("its charge", list{got}, charge["refunds"])
	want := []string{"charge.pending", "charge.succeeded", "charge.refund.pending", "charge.refund.updated", "charge.refunded"}
	if diff := cmp.Diff(want, c.happened(back["charge_id"])); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestPlatformFees: the partner's share is taken with the charge, capped at what is captured, and goes back in
// proportion where that is asked for.
func TestPlatformFees(t *testing.T) {
	c := start(t)
	c.freeze()
	in := c.confirm(c.intend(object{"amount": 1000, "platform_fee_amount": 33}))
	charge := latest(in)
	fee := charge["platform_fee"].(object)
	c.sees("the fee", object{
		"amount": 33.0, "amount_refunded": 0.0, "balance_transaction": nil, "charge_id": charge["id"], "created_at": "2040-01-01T00:00:00.000Z", "currency": "usd",
		"id": "~^fee_[0-9A-Za-z]{21}$", "payee_account_id": "~^acct_", "payer_account_id": bakery, "refunded": false, "refunds": list{}, "updated_at": "2040-01-01T00:00:00.000Z",
	}, fee)
	for _, tt := range []struct {
		amount   int
		with     bool
		refunded float64
	}{{250, true, 8}, {250, false, 8}, {500, true, 25}} { // 33 × 0.25 = 8.25, 33 × 0.5 = 16.5
		c.must(http.StatusCreated, "POST", refunds, object{"payment_intent_id": in["id"], "amount": tt.amount, "refund_platform_fee": tt.with})
		got := c.must(http.StatusOK, "GET", charges+"/"+charge["id"].(string), nil)["platform_fee"].(object)
		if got["amount_refunded"] != tt.refunded || got["refunded"] != false {
			t.Errorf("after %v: %v; want %v refunded", tt, got, tt.refunded)
		}
	}
	whole := c.confirm(c.intend(object{"platform_fee_amount": 5000, "capture_method": "manual"}))
	c.must(http.StatusCreated, "POST", intents+"/"+whole["id"].(string)+"/capture", object{"amount_to_capture": 600})
	back := c.must(http.StatusCreated, "POST", refunds, object{"payment_intent_id": whole["id"], "refund_platform_fee": true})
	if got := c.must(http.StatusOK, "GET", charges+"/"+back["charge_id"].(string), nil)["platform_fee"].(object); got["amount"] != 600.0 || got["refunded"] != true {
		t.Errorf("the capped fee: %v; want 600, all of it back", got)
	}
	want := []string{
		"payment_intent.created", "charge.succeeded", "platform_fee.created", "payment_intent.succeeded",
		"charge.refunded", "platform_fee.refunded", "charge.refunded", "charge.refunded", "platform_fee.refunded",
	}
	if diff := cmp.Diff(want, c.happened(in["id"])); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
