package polar_test

import (
	"net/http"
	"testing"
	"time"
)

// at is an instant after the start as the wire writes it.
func at(years, months, days int) string {
	return start.AddDate(years, months, days).Format("2006-01-02T15:04:05")
}

// wantPeriod compares the period of a subscription to the second: frozen clocks move by microseconds.
func wantPeriod(t *testing.T, sub object, from, to string) {
	t.Helper()
	if a, b := sub["current_period_start"].(string)[:19], sub["current_period_end"].(string)[:19]; a != from || b != to {
		t.Errorf("period = %s to %s; want %s to %s", a, b, from, to)
	}
}

// amend patches a subscription.
func (w *world) amend(sub object, body object) answer {
	w.t.Helper()
	return w.call("PATCH", "/v1/subscriptions/"+sub["id"].(string), body)
}

func (w *world) again(sub object) object {
	w.t.Helper()
	return w.read("/v1/subscriptions/" + sub["id"].(string))
}

// bills lists the orders of a subscription, the latest first.
func (w *world) bills(sub object) []any {
	w.t.Helper()
	return w.list("/v1/orders/?limit=100&subscription_id=" + sub["id"].(string))
}

// cycled are the events of a renewal, in the order of SubscriptionService.cycle and the job that it leaves.
var cycled = []string{
	"subscription.cycled", "subscription.updated", "customer.state_changed", "order.created", "order.updated", "order.paid",
}

func TestRenewal(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	_, _, sub := w.sell(monthly, object{"metadata": object{"ref": "A-1"}})
	wantPeriod(t, sub, at(0, 0, 0), at(0, 1, 0))
	w.settle()
	in.take()
	w.advance("719h") // a month has 30 days from 20 November
	in.wantTypes("before the period's end")
	w.advance("2h")
	got := in.take()
	types := []string{}
	for _, a := range got {
		types = append(types, a.body["type"].(string))
	}
	equal(t, "events", cycled, types)
	wantPeriod(t, w.again(sub), at(0, 1, 0), at(0, 2, 0))
	bills := w.bills(sub)
	if len(bills) != 2 {
		t.Fatalf("%d orders; want 2", len(bills))
	}
	o := bills[0].(object)
	same(t, "order", o, object{"billing_reason": "subscription_cycle", "status": "paid", "checkout_id": nil, "total_amount": 1200, "due_amount": 1200,
		"metadata": object{"ref": "A-1"}, "subscription_id": sub["id"]})
	item := o["items"].([]any)[0].(object)
	same(t, "item", item, object{"label": "Dough Calculator Pro, monthly — From Dec 20, 2026 to Jan 20, 2027", "amount": 1200, "proration": false,
		"product_price_id": monthlyPrice})
	same(t, "created", last(t, got, "order.created"), object{"status": "pending", "paid": false, "due_amount": 1200})
	equal(t, "paid", o, last(t, got, "order.paid"))
	equal(t, "subscription", w.again(sub), last(t, got, "subscription.updated"))
	w.documentedPayload("order", o)
	w.documentedPayload("subscription", w.again(sub))
	w.advance("8760h")
	if n := len(w.bills(sub)); n != 14 {
		t.Errorf("%d orders after 13 months; want 14", n)
	}
}

// TestAnchorDay: a subscription of the 31st ends its periods with the months, and returns to the 31st.
func TestAnchorDay(t *testing.T) {
	w := newWorld(t)
	w.control("POST", "/clock/set", object{"to": "2027-01-31T12:00:00Z"})
	_, _, sub := w.sell(monthly)
	for _, end := range []string{"2027-02-28T12:00:00", "2027-03-31T12:00:00", "2027-04-30T12:00:00"} {
		if got := w.again(sub)["current_period_end"].(string)[:19]; got != end {
			t.Fatalf("period ends %s; want %s", got, end)
		}
		w.control("POST", "/clock/set", object{"to": end + ".5Z"})
	}
}

func TestCancelAtPeriodEnd(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	_, _, sub := w.sell(monthly)
	w.settle()
	in.take()
	got := w.amend(sub, object{"cancel_at_period_end": true, "customer_cancellation_reason": "too_expensive", "customer_cancellation_comment": "no oven"}).want(http.StatusOK)
	same(t, "canceled", got, object{"status": "active", "cancel_at_period_end": true, "ends_at": sub["current_period_end"], "ended_at": nil,
		"customer_cancellation_reason": "too_expensive", "customer_cancellation_comment": "no oven"})
	w.settle()
	in.wantTypes("cancellation", "subscription.updated", "subscription.canceled", "customer.state_changed")
	same(t, "again", w.amend(sub, object{"cancel_at_period_end": true}).want(http.StatusForbidden), object{"error": "AlreadyCanceledSubscription",
		"detail": "This subscription is already canceled or will be at the end of the period."})
	same(t, "taken back", w.amend(sub, object{"cancel_at_period_end": false}).want(http.StatusOK), object{"cancel_at_period_end": false, "canceled_at": nil,
		"ends_at": nil, "customer_cancellation_reason": nil, "customer_cancellation_comment": nil})
	w.settle()
	in.wantTypes("taken back", "subscription.updated", "subscription.uncanceled", "customer.state_changed")
	same(t, "nothing to take back", w.amend(sub, object{"cancel_at_period_end": false}).want(http.StatusBadRequest),
		object{"error": "BadRequest", "detail": "Bad request"})
	w.amend(sub, object{"cancel_at_period_end": true}).want(http.StatusOK)
	w.settle()
	in.take()
	w.advance("721h")
	in.wantTypes("end", "subscription.updated", "subscription.canceled", "subscription.revoked", "customer.state_changed")
	ended := w.again(sub)
	same(t, "ended", ended, object{"status": "canceled", "cancel_at_period_end": true})
	if n := len(w.bills(sub)); n != 1 {
		t.Errorf("%d orders; want only the first", n)
	}
	same(t, "too late", w.amend(sub, object{"cancel_at_period_end": false}).want(http.StatusGone), object{"error": "ResourceUnavailable", "detail": "Unavailable"})
	w.advance("1000h")
	in.wantTypes("after the end")
}

func TestRevoke(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	for name, revoke := range map[string]func(object) answer{
		"DELETE": func(sub object) answer { return w.call("DELETE", "/v1/subscriptions/"+sub["id"].(string), nil) },
		"PATCH":  func(sub object) answer { return w.amend(sub, object{"revoke": true}) },
	} {
		_, _, sub := w.sell(monthly, object{"customer_email": name + "@example.com"})
		w.settle()
		in.take()
		got := revoke(sub).want(http.StatusOK)
		same(t, name, got, object{"status": "canceled", "cancel_at_period_end": false, "ended_at": got["canceled_at"]})
		w.settle()
		in.wantTypes(name, "subscription.updated", "subscription.canceled", "subscription.revoked", "customer.state_changed")
		same(t, name+" twice", revoke(sub).want(http.StatusForbidden), object{"error": "AlreadyCanceledSubscription"})
		same(t, name+", gone", w.amend(sub, object{"trial_end": "2030-01-01T00:00:00Z"}).want(http.StatusForbidden),
			object{"error": "InactiveSubscription", "detail": "Subscription " + sub["id"].(string) + " is not active."})
	}
	w.advance("2000h")
	in.wantTypes("after the end")
}

func TestTrial(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	_, order, sub := w.sell(trial, object{"discount_id": quarter})
	same(t, "order", order, object{"total_amount": 0, "status": "paid", "billing_reason": "subscription_create", "discount_id": nil})
	same(t, "item", order["items"].([]any)[0].(object), object{"label": "Trial period for Studio, monthly (Nov 20, 2026 - Dec 4, 2026)", "amount": 0})
	same(t, "subscription", sub, object{"status": "trialing", "amount": 3675})
	wantPeriod(t, sub, at(0, 0, 0), at(0, 0, 14))
	w.settle()
	in.take()
	w.advance("337h")
	in.wantTypes("end of the trial", cycled...)
	sub = w.again(sub)
	same(t, "subscription", sub, object{"status": "active", "amount": 3675})
	wantPeriod(t, sub, at(0, 0, 14), "2027-01-04T12:00:00")
	same(t, "first bill", w.bills(sub)[0].(object), object{"billing_reason": "subscription_cycle", "subtotal_amount": 4900, "discount_amount": 1225, "total_amount": 3675})
	w.advance("745h") // a discount for once is over
	same(t, "second bill", w.bills(sub)[0].(object), object{"discount_amount": 0, "total_amount": 4900, "discount_id": nil})
	same(t, "subscription", w.again(sub), object{"amount": 4900, "discount_id": nil})
}

func TestTrialEndsNow(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	_, _, sub := w.sell(trial)
	w.amend(sub, object{"trial_end": start.Format(time.RFC3339)}).wantFaults(schemaClass,
		fault{Type: "datetime_future", Loc: []any{"body", "SubscriptionUpdateBase", "trial_end"}, Msg: "Input should be in the future"})
	later := w.amend(sub, object{"trial_end": "2027-01-01T00:00:00Z"}).want(http.StatusOK)
	same(t, "longer", later, object{"trial_end": "2027-01-01T00:00:00Z", "current_period_end": "2027-01-01T00:00:00Z", "status": "trialing"})
	w.settle()
	in.take()
	got := w.amend(sub, object{"trial_end": "now"}).want(http.StatusOK)
	w.settle()
	in.wantTypes("now", cycled...)
	same(t, "ended", got, object{"status": "active"})
	wantPeriod(t, got, at(0, 0, 0), at(0, 1, 0))
	if n := len(w.bills(sub)); n != 2 {
		t.Errorf("%d orders; want 2", n)
	}
	w.amend(sub, object{"trial_end": "now"}).wantFaults(businessClass, business("The subscription is not currently trialing.", "trial_end"))
}

// TestRepeatingDiscount: three months of a discount are the first three.
func TestRepeatingDiscount(t *testing.T) {
	w := newWorld(t)
	_, first, sub := w.sell(monthly, object{"discount_id": third})
	w.advance("2300h") // three renewals
	bills := w.bills(sub)
	if len(bills) != 4 {
		t.Fatalf("%d orders; want 4", len(bills))
	}
	for i, want := range []any{1200.0, 800.0, 800.0, first["total_amount"]} {
		if got := bills[i].(object)["total_amount"]; got != want {
			t.Errorf("order %d from the end: %v; want %v", i, got, want)
		}
	}
}

func TestPauseAndResume(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	_, _, sub := w.sell(monthly)
	same(t, "not paused", w.amend(sub, object{"resume": true}).want(http.StatusConflict), object{"error": "NotPausedSubscription"})
	same(t, "no pause planned", w.amend(sub, object{"pause_at_period_end": false}).want(http.StatusConflict), object{"error": "NoScheduledPause"})
	w.amend(sub, object{"pause_at_period_end": true, "resumes_at": "2026-12-01T00:00:00Z"}).wantFaults(businessClass,
		business("resumes_at must be after the current period end.", "resumes_at"))
	w.amend(sub, object{"pause_at_period_end": true, "resumes_at": "2027-02-01T00:00:00Z"}).want(http.StatusOK)
	same(t, "twice", w.amend(sub, object{"pause_at_period_end": true}).want(http.StatusConflict), object{"error": "CannotPauseSubscription"})
	w.settle()
	in.take()
	w.advance("721h")
	in.wantTypes("paused", "subscription.updated", "subscription.paused", "customer.state_changed")
	same(t, "paused", w.again(sub), object{"status": "paused", "pause_at_period_end": false})
	w.control("POST", "/clock/set", object{"to": "2027-02-01T01:00:00Z"})
	in.wantTypes("resumed", "subscription.updated", "subscription.resumed", "customer.state_changed", "order.created", "order.updated", "order.paid")
	wantPeriod(t, w.again(sub), "2027-02-01T00:00:00", "2027-03-01T00:00:00")
	if n := len(w.bills(sub)); n != 2 {
		t.Errorf("%d orders; want 2", n)
	}
}

// TestRenewalSurvivesASnapshot: what is to happen later is part of it.
func TestRenewalSurvivesASnapshot(t *testing.T) {
	w := newWorld(t)
	_, _, sub := w.sell(monthly)
	w.call("POST", "/v1/refunds/", object{"order_id": w.bills(sub)[0].(object)["id"], "reason": "other", "amount": 100}).want(http.StatusCreated)
	kept := w.control("GET", "/snapshot", nil)
	w.control("POST", "/reset", nil)
	if n := len(w.list("/v1/subscriptions/")); n != 0 {
		t.Fatalf("%d subscriptions after the reset", n)
	}
	w.control("PUT", "/snapshot", string(kept.raw))
	equal(t, "subscription", sub, w.again(sub))
	w.advance("721h")
	if n := len(w.bills(sub)); n != 2 {
		t.Errorf("%d orders; want 2", n)
	}
	equal(t, "refunds", 1, len(w.list("/v1/refunds/")))
}
