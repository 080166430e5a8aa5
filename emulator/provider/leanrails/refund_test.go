package leanrails_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRefunds: in parts up to what was captured, never above, each with its webhook.
func TestRefunds(t *testing.T) {
	c, rc := start(t), receive(t, http.StatusOK)
	id := c.intent(object{"payment_method": "pm_card_visa", "metadata": object{"a": "b"}})["id"]
	c.on(id, "confirm", "")
	charge := text(c.page(charges)[0]["id"])
	c.listen(rc.URL)
	give := func(body object) reply {
		return c.do(http.MethodPost, refunds, encode(changed(object{"payment_intent": id}, body)))
	}
	first := give(object{"amount": 500, "reason": "torn", "metadata": object{"n": 1}})
	want := object{
		"id": first.JSON["id"], "object": "refund", "amount": 500.0, "currency": "usd", "payment_intent": id, "status": "succeeded",
		"created": float64(epoch), "livemode": false, "charge": charge, "reason": "torn", "metadata": object{"n": 1.0},
	}
	if diff := cmp.Diff(want, first.JSON); diff != "" {
		t.Errorf("in part (-want +got):\n%s", diff)
	}
	if got := give(object{"amount": 1501}); got.Status != 400 || got.failure()["param"] != "amount" || got.failure()["message"] != "The `amount` field must be at most 1500, which is left to refund." {
		t.Errorf("above what is left = %d %s", got.Status, got.Text)
	}
	if got := c.on(id, "refund", `{"amount":300}`); got.Status != 200 || got.JSON["payment_intent"] != id {
		t.Errorf("by the intent = %d %s", got.Status, got.Text)
	}
	if got := give(nil); got.JSON["amount"] != 1200.0 || got.JSON["reason"] != nil {
		t.Errorf("the rest = %d %s; want 1200", got.Status, got.Text)
	}
	for _, body := range []object{nil, {"amount": 1}} {
		got := give(body)
		if e := got.failure(); got.Status != 400 || e["param"] != "payment_intent" || e["message"] != "The `payment_intent` field names a PaymentIntent with nothing to refund; its status is `succeeded`." {
			t.Errorf("nothing is left: %d %s", got.Status, got.Text)
		}
	}
	if got := c.read(charges, charge); got["amount_refunded"] != 2000.0 || got["amount_captured"] != 2000.0 || got["status"] != "succeeded" {
		t.Errorf("the charge is %v", got)
	}
	if n := len(c.page(refunds + "?payment_intent=" + text(id))); n != 3 || len(c.page(refunds+"?payment_intent=pi_none")) != 0 {
		t.Errorf("%d refunds of the intent; want 3", n)
	}
	var refunded []float64
	for _, m := range rc.messages(c) {
		var ev struct {
			Type string
			Data struct{ Object object }
		}
		if err := json.Unmarshal(m.body, &ev); err != nil || ev.Type != "charge.refunded" || ev.Data.Object["id"] != charge {
			t.Errorf("sent %s, %v; want charge.refunded", m.body, err)
		}
		refunded = append(refunded, ev.Data.Object["amount_refunded"].(float64))
	}
	if diff := cmp.Diff([]float64{500, 800, 2000}, refunded); diff != "" {
		t.Errorf("amounts sent (-want +got):\n%s", diff)
	}
	at := fmt.Sprint(refunds, "/", first.JSON["id"])
	got := c.must(http.MethodPost, at, `{"metadata":{"n":"","m":"x"}}`)
	if diff := cmp.Diff(merged(want, object{"metadata": object{"m": "x"}}), got); diff != "" || !cmp.Equal(got, c.must(http.MethodGet, at, "")) {
		t.Errorf("updated (-want +got):\n%s", diff)
	}
	if got := c.do(http.MethodPost, refunds, `{"payment_intent":"pi_none","amount":0,"reason":5}`); got.Status != 400 || got.failure()["code"] != "resource_missing" ||
		got.failure()["message"] != "No PaymentIntent found with ID 'pi_none'. The `amount` field must be at least 1. The `reason` field must be a string." {
		t.Errorf("all faults at once: %d %s", got.Status, got.Text)
	}
}

// ledger is what a payment intent must have moved, by what its operations answered.
type ledger struct {
	id, session        any // session is nil of an intent that stands by itself
	captured, refunded float64
}

// TestAmountsAreConserved: whatever is done in whatever order, what was captured is what the answers said, no
// more than was authorized, and what was given back is the sum of the refunds and no more than was captured.
func TestAmountsAreConserved(t *testing.T) {
	emu := serve(t)
	for seed := range uint64(16) {
		c, random := emu.apart(t), rand.New(rand.NewPCG(seed, 7))
		var all []*ledger
		for i := range 4 {
			manual := object{"capture_method": []string{"automatic", "manual"}[i/2]}
			if i%2 == 0 {
				all = append(all, &ledger{id: c.intent(manual)["id"]})
			} else {
				s := c.create(object{"payment_intent_data": manual})
				all = append(all, &ledger{id: s["payment_intent"], session: s["id"]})
			}
		}
		for range 40 {
			l := all[random.IntN(len(all))]
			c.randomly(random, l)
			c.balance(seed, l)
		}
	}
}

// randomly does something to an intent, and books what it moved.
func (c *client) randomly(random *rand.Rand, l *ledger) {
	c.tb.Helper()
	amount := random.IntN(3000)
	methods := []string{"pm_card_visa", "pm_card_visa", "pm_card_declined", "pm_card_3ds_required"}
	switch random.IntN(8) {
	case 0, 1:
		c.on(l.id, "confirm", fmt.Sprintf(`{"payment_method":%q}`, methods[random.IntN(len(methods))]))
	case 2:
		c.on(l.id, "confirm", "")
	case 3:
		c.on(l.id, "capture", []string{"", fmt.Sprintf(`{"amount_to_capture":%d}`, amount)}[random.IntN(2)])
	case 4:
		if random.IntN(4) == 0 {
			c.on(l.id, "cancel", "")
		}
	case 5, 6:
		if got := c.on(l.id, "refund", []string{"", fmt.Sprintf(`{"amount":%d}`, amount)}[random.IntN(2)]); got.Status == 200 {
			l.refunded += got.JSON["amount"].(float64)
		}
	case 7:
		if action := []string{"pay", "decline", "confirm", "settle", "fail", "expire"}[random.IntN(6)]; l.session != nil {
			c.send(http.MethodPost, fmt.Sprint("/_control/sessions/", l.session, "/", action), "")
		}
	}
}

// balance compares an intent, its charges, its refunds and its session with each other and the book.
func (c *client) balance(seed uint64, l *ledger) {
	c.tb.Helper()
	it := c.read(intents, l.id)
	captured, refunded, given := 0.0, 0.0, 0.0
	for _, ch := range c.page(charges + "?limit=100&payment_intent=" + text(l.id)) {
		captured += ch["amount_captured"].(float64)
		refunded += ch["amount_refunded"].(float64)
		if ch["status"] == "failed" && ch["amount_captured"] != 0.0 {
			c.tb.Errorf("seed %d: a failed charge has captured: %v", seed, ch)
		}
	}
	for _, f := range c.page(refunds + "?limit=100&payment_intent=" + text(l.id)) {
		given += f["amount"].(float64)
	}
	if captured > it["amount"].(float64) || captured != it["amount_received"] || captured < l.captured {
		c.tb.Errorf("seed %d: charges captured %v of %v, the intent received %v, before %v", seed, captured, it["amount"], it["amount_received"], l.captured)
	}
	if l.captured = captured; refunded != given || given != l.refunded || given > captured {
		c.tb.Errorf("seed %d: charges refunded %v, refunds sum up to %v, answered %v, captured %v", seed, refunded, given, l.refunded, captured)
	}
	if (it["status"] == "succeeded") != (captured > 0) {
		c.tb.Errorf("seed %d: the intent is %v with %v captured", seed, it["status"], captured)
	}
	if l.session == nil {
		return
	}
	want := map[any]string{"succeeded": "complete", "canceled": "expired"}[it["status"]]
	if want == "" {
		want = "open"
	}
	if s := c.get(l.session); s["status"] != want || s["payment_intent"] != l.id {
		c.tb.Errorf("seed %d: the session is %v, its intent %v", seed, s, it["status"])
	}
}
