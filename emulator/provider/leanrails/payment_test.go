package leanrails_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	intents = "/v1/payment_intents"
	charges = "/v1/charges"
	refunds = "/v1/refunds"
)

// intent makes a payment intent of 2000 US cents with changes; nil takes a member away.
func (c *client) intent(changes object) object {
	c.tb.Helper()
	return c.must(http.MethodPost, intents, encode(changed(object{"amount": 2000, "currency": "usd"}, changes)))
}

func changed(base, changes object) object {
	for name, value := range changes {
		base[name] = value
		if value == nil {
			delete(base, name)
		}
	}
	return base
}

// on calls an operation of a payment intent.
func (c *client) on(id any, operation, body string) reply {
	c.tb.Helper()
	return c.do(http.MethodPost, fmt.Sprint(intents, "/", id, "/", operation), body)
}

// read answers an object of a list by its id.
func (c *client) read(path string, id any) object {
	c.tb.Helper()
	return c.must(http.MethodGet, fmt.Sprint(path, "/", id), "")
}

// page answers the objects of a list.
func (c *client) page(path string) (out []object) {
	c.tb.Helper()
	for _, v := range c.must(http.MethodGet, path, "")["data"].([]any) {
		out = append(out, v.(object))
	}
	return out
}

// TestIntentLife: what each step does to an intent that stands by itself.
func TestIntentLife(t *testing.T) {
	emu := serve(t)
	type step struct{ operation, body string }
	confirm := func(method string) step { return step{"confirm", fmt.Sprintf(`{"payment_method":%q}`, method)} }
	card := step{"confirm", `{"payment_method_type":"card","payment_method_data":{"type":"card","card":{"number":"4242 4242 4242 4242","exp_month":12,"exp_year":2050,"cvc":"123"}}}`}
	for _, tt := range []struct {
		name     string
		changes  object
		steps    []step
		status   string
		received float64
		last     any      // decline code; nil: none
		charges  []string // statuses, newest first
		sent     []string
	}{
		{"new", nil, nil, "requires_payment_method", 0, nil, nil, nil},
		{"with a payment method", object{"payment_method": "pm_card_visa"}, nil, "requires_confirmation", 0, nil, nil, nil},
		{"confirmed", object{"payment_method": "pm_card_visa"}, []step{{"confirm", ""}}, "succeeded", 2000, nil, []string{"succeeded"}, []string{"payment_intent.succeeded"}},
		{"confirmed with one", nil, []step{confirm("pm_card_visa")}, "succeeded", 2000, nil, []string{"succeeded"}, []string{"payment_intent.succeeded"}},
		{"confirmed with the test card", nil, []step{card}, "succeeded", 2000, nil, []string{"succeeded"}, []string{"payment_intent.succeeded"}},
		{"declined", nil, []step{confirm("pm_card_declined")}, "requires_payment_method", 0, "generic_decline", []string{"failed"}, []string{"payment_intent.payment_failed"}},
		{"declined, then paid", nil, []step{confirm("pm_card_expired"), confirm("pm_card_visa")}, "succeeded", 2000, nil, []string{"succeeded", "failed"},
			[]string{"payment_intent.payment_failed", "payment_intent.succeeded"}},
		{"3-D Secure", nil, []step{confirm("pm_card_3ds_required")}, "requires_action", 0, nil, nil, nil},
		{"3-D Secure, passed", nil, []step{confirm("pm_card_3ds_required"), {"confirm", ""}}, "succeeded", 2000, nil, []string{"succeeded"}, []string{"payment_intent.succeeded"}},
		{"3-D Secure, another card", nil, []step{confirm("pm_card_3ds_required"), confirm("pm_card_insufficient_funds")}, "requires_payment_method", 0, "insufficient_funds", []string{"failed"}, []string{"payment_intent.payment_failed"}},
		{"3-D Secure, canceled", nil, []step{confirm("pm_card_3ds_required"), {"cancel", ""}}, "canceled", 0, nil, nil, nil},
		{"authorized", object{"capture_method": "manual"}, []step{confirm("pm_card_visa")}, "requires_capture", 0, nil, []string{"succeeded"}, nil},
		{"captured", object{"capture_method": "manual"}, []step{confirm("pm_card_visa"), {"capture", ""}}, "succeeded", 2000, nil, []string{"succeeded"}, []string{"payment_intent.succeeded"}},
		{"captured in part", object{"capture_method": "manual"}, []step{confirm("pm_card_visa"), {"capture", `{"amount_to_capture":500}`}}, "succeeded", 500, nil, []string{"succeeded"}, []string{"payment_intent.succeeded"}},
		{"authorized, canceled", object{"capture_method": "manual"}, []step{confirm("pm_card_visa"), {"cancel", ""}}, "canceled", 0, nil, []string{"succeeded"}, nil},
		{"canceled", nil, []step{{"cancel", `{"cancellation_reason":"abandoned"}`}}, "canceled", 0, nil, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, rc := emu.apart(t), receive(t, http.StatusOK)
			c.listen(rc.URL)
			it := c.intent(tt.changes)
			for _, s := range tt.steps {
				if got := c.on(it["id"], s.operation, s.body); got.Status != 200 && got.Status != 402 {
					t.Fatalf("%s %s = %d %s", s.operation, s.body, got.Status, got.Text)
				}
			}
			it = c.read(intents, it["id"])
			var last any
			if e, ok := it["last_payment_error"].(object); ok {
				last = e["decline_code"]
			}
			if it["status"] != tt.status || it["amount_received"] != tt.received || last != tt.last || (it["canceled_at"] != nil) != (tt.status == "canceled") {
				t.Errorf("the intent is %v; want %s, %v received, error %v", it, tt.status, tt.received, tt.last)
			}
			listed := c.page(charges + "?payment_intent=" + text(it["id"]))
			var statuses []string
			for _, ch := range listed {
				statuses = append(statuses, text(ch["status"]))
			}
			if diff := cmp.Diff(tt.charges, statuses); diff != "" {
				t.Errorf("charges (-want +got):\n%s", diff)
			}
			shown := it["charges"].(object)["data"].([]any)
			for i, ch := range listed {
				if diff := cmp.Diff(any(ch), shown[i]); diff != "" || len(shown) != len(listed) {
					t.Errorf("the intent shows another charge than the list:\n%s", diff)
				}
			}
			if diff := cmp.Diff(tt.sent, types(t, rc.messages(c))); diff != "" {
				t.Errorf("webhooks (-want +got):\n%s", diff)
			}
		})
	}
}

// TestIntentRefusals: what cannot be done, and that nothing has changed then.
func TestIntentRefusals(t *testing.T) {
	emu := serve(t)
	const paid, manual = `{"payment_method":"pm_card_visa"}`, "manual"
	state := func(what, status string) string {
		return fmt.Sprintf("This PaymentIntent cannot be %s because its status is `%s`.", what, status)
	}
	for _, tt := range []struct {
		name, given, operation, body, code, message string
	}{
		{"confirmed without a method", "", "confirm", "", "parameter_missing", "The `payment_method` field is required."},
		{"confirmed twice", paid, "confirm", paid, "payment_intent_unexpected_state", state("confirmed", "succeeded")},
		{"canceled when paid", paid, "cancel", "", "payment_intent_unexpected_state", state("canceled", "succeeded")},
		{"captured when paid", paid, "capture", "", "payment_intent_unexpected_state", state("captured", "succeeded")},
		{"captured before", "", "capture", "", "payment_intent_unexpected_state", state("captured", "requires_payment_method")},
		{"captured above", manual, "capture", `{"amount_to_capture":2001}`, "parameter_invalid", "The `amount_to_capture` field must be at most 2000, which is authorized."},
		{"captured nothing", manual, "capture", `{"amount_to_capture":0}`, "parameter_invalid", "The `amount_to_capture` field must be at least 1."},
		{"changed when paid", paid, "", `{"amount":1}`, "payment_intent_unexpected_state", state("changed", "succeeded")},
		{"an unknown method", "", "confirm", `{"payment_method":"pm_1"}`, "resource_missing", "No PaymentMethod found with ID 'pm_1'."},
		{"no method", "", "confirm", `{"payment_method":"card"}`, "parameter_invalid", "The `payment_method` field must be an ID that begins with `pm_`."},
		{"a reason of one's own", "", "cancel", `{"cancellation_reason":"x"}`, "parameter_invalid", "The `cancellation_reason` field must be one of `abandoned`, `duplicate`, `fraudulent`, `requested_by_customer`."},
		{"an unknown customer", "", "", `{"customer":"cus_1"}`, "resource_missing", "No Customer found with ID 'cus_1'."},
		{"refunded before", manual, "refund", "", "parameter_invalid", "The `id` field names a PaymentIntent with nothing to refund; its status is `requires_capture`."},
	} {
		c := emu.apart(t)
		changes := object{}
		if tt.given == manual {
			changes["capture_method"] = manual
		}
		id := c.intent(changes)["id"]
		if tt.given != "" {
			c.on(id, "confirm", paid)
		}
		before := c.read(intents, id)
		got := c.do(http.MethodPost, strings.TrimSuffix(fmt.Sprint(intents, "/", id, "/", tt.operation), "/"), tt.body)
		if e := got.failure(); got.Status != 400 || e["code"] != tt.code || e["message"] != tt.message {
			t.Errorf("%s: %d %s; want 400 %s %s", tt.name, got.Status, got.Text, tt.code, tt.message)
		}
		if diff := cmp.Diff(before, c.read(intents, id)); diff != "" {
			t.Errorf("%s: the intent has changed:\n%s", tt.name, diff)
		}
	}
}

// TestCardsAreRefused: a card that is none of the test cards is not taken, and not repeated.
func TestCardsAreRefused(t *testing.T) {
	c := start(t)
	const number = "4012888888881881"
	id := c.intent(nil)["id"]
	got := c.on(id, "confirm", `{"payment_method_data":{"type":"card","card":{"number":"`+number+`"}}}`)
	if e := got.failure(); got.Status != 400 || e["param"] != "payment_method_data.card.number" || strings.Contains(got.Text, number) {
		t.Errorf("another card: %d %s; want 400 about the number without it", got.Status, got.Text)
	}
	if kept := c.send(http.MethodGet, "/_control/requests", "").Text; strings.Contains(kept, number) {
		t.Errorf("the journal keeps the number: %s", kept)
	}
}

// TestDeclineIsReplayed: a payment that was refused has left its mark, so its key is used up.
func TestDeclineIsReplayed(t *testing.T) {
	c := start(t)
	id := c.intent(object{"payment_method": "pm_card_declined"})["id"]
	keyed := c.with("Idempotency-Key", "pay-1")
	first, again := keyed.on(id, "confirm", ""), keyed.on(id, "confirm", "")
	want := object{
		"type": "payment_error", "code": "card_declined", "decline_code": "generic_decline", "message": "Your card was declined.",
		"param": nil, "doc_url": "https://docs.leanrails.com/errors/card_declined",
	}
	if diff := cmp.Diff(want, first.failure()); first.Status != 402 || diff != "" {
		t.Errorf("declined = %d (-documented +got):\n%s", first.Status, diff)
	}
	if again.Status != 402 || again.Text != first.Text || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("again = %d %s, %v; want the same, replayed", again.Status, again.Text, again.Header)
	}
	if n := len(c.page(charges)); n != 1 {
		t.Errorf("%d charges; want 1", n)
	}
	if got := first.Header.Get("X-Decided-By"); got != "magic:pm_card_declined" {
		t.Errorf("decided by %q", got)
	}
}

// TestUpdateIntent: what changes, and what stays.
func TestUpdateIntent(t *testing.T) {
	c := start(t)
	it := c.intent(object{"metadata": object{"a": "1", "b": "2", "c": "3"}, "description": "one"})
	got := c.must(http.MethodPost, fmt.Sprint(intents, "/", it["id"]), encode(object{
		"amount": 900, "currency": "EUR", "customer": adaID, "description": nil, "metadata": object{"a": "9", "b": nil, "c": "", "d": object{"e": 1}},
	}))
	want := merged(it, object{"amount": 900.0, "currency": "eur", "customer": adaID, "description": nil, "metadata": object{"a": "9", "d": object{"e": 1.0}}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("updated (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]object{got}, c.page(intents+"?customer="+adaID)); diff != "" {
		t.Errorf("the customer's intents (-want +got):\n%s", diff)
	}
	got = c.must(http.MethodPost, fmt.Sprint(intents, "/", it["id"]), `{"metadata":null}`)
	if diff := cmp.Diff(object{}, got["metadata"]); diff != "" {
		t.Errorf("metadata null clears it:\n%s", diff)
	}
}

// TestManyAttempts: an intent shows its latest charges, the list has them all.
func TestManyAttempts(t *testing.T) {
	c := start(t)
	id := text(c.intent(nil)["id"])
	for range 12 {
		c.on(id, "confirm", `{"payment_method":"pm_card_declined"}`)
	}
	shown := c.read(intents, id)["charges"].(object)
	all := c.page(charges + "?limit=100&payment_intent=" + id)
	var wanted []any
	for _, ch := range all[:10] {
		wanted = append(wanted, ch)
	}
	want := object{"object": "list", "data": wanted, "has_more": true, "next_cursor": all[9]["id"], "url": "/v1/charges?payment_intent=" + id}
	if diff := cmp.Diff(want, shown); len(all) != 12 || diff != "" {
		t.Errorf("%d charges (-want +got):\n%s", len(all), diff)
	}
	rest := c.page(fmt.Sprintf("%s?payment_intent=%s&starting_after=%v", charges, id, shown["next_cursor"]))
	if len(rest) != 2 || !slices.ContainsFunc(all[10:], func(ch object) bool { return cmp.Equal(ch, rest[0]) }) {
		t.Errorf("the next page has %v", rest)
	}
}

// TestConfirmedByMany: of many confirmations, captures and refunds at once one of each is done.
func TestConfirmedByMany(t *testing.T) {
	c := start(t)
	id := c.intent(object{"capture_method": "manual"})["id"]
	for _, tt := range []struct{ operation, body string }{{"confirm", `{"payment_method":"pm_card_visa"}`}, {"capture", ""}, {"refund", ""}} {
		var done atomic.Int32
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if c.on(id, tt.operation, tt.body).Status == 200 {
					done.Add(1)
				}
			})
		}
		all.Wait()
		if done.Load() != 1 {
			t.Errorf("%s was done %d times; want once", tt.operation, done.Load())
		}
	}
	if n, m := len(c.page(charges)), len(c.page(refunds)); n != 1 || m != 1 {
		t.Errorf("%d charges, %d refunds; want one of each", n, m)
	}
}
