package polar_test

import (
	"net/http"
	"testing"
)

func TestProductChange(t *testing.T) {
	const halfway = "360h" // of the 30 days from 20 November
	for _, tt := range []struct {
		name, behavior string
		events         []string // beside those of the subscription itself
		due            []any    // of the orders, the latest first, after the change
		next           float64  // subtotal of the next renewal's order
		period         [2]string
	}{
		// 12.00 a month to 120.00 a year: half a month is credited, the year is charged at once.
		{"invoice", "invoice", []string{"order.created", "order.updated", "order.paid"}, []any{11400.0, 1200.0}, 12000, [2]string{at(0, 0, 15), at(1, 0, 15)}},
		// Another interval is billed at once whatever was asked for.
		{"prorate", "prorate", []string{"order.created", "order.updated", "order.paid"}, []any{11400.0, 1200.0}, 12000, [2]string{at(0, 0, 15), at(1, 0, 15)}},
		{"organization's own", "", []string{"order.created", "order.updated", "order.paid"}, []any{11400.0, 1200.0}, 12000, [2]string{at(0, 0, 15), at(1, 0, 15)}},
		{"next period", "next_period", nil, []any{1200.0}, 12000, [2]string{at(0, 0, 0), at(0, 1, 0)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			in := w.listen()
			_, _, sub := w.sell(monthly)
			w.advance(halfway)
			in.take()
			body := object{"product_id": yearly}
			if tt.behavior != "" {
				body["proration_behavior"] = tt.behavior
			}
			got := w.amend(sub, body).want(http.StatusOK)
			w.settle()
			in.wantTypes("change", append(tt.events, "subscription.updated", "customer.state_changed")...)
			wantPeriod(t, got, tt.period[0], tt.period[1])
			due := []any{}
			for _, o := range w.bills(sub) {
				due = append(due, o.(object)["due_amount"])
			}
			equal(t, "due", tt.due, due)
			if tt.behavior == "next_period" {
				same(t, "waiting", got["pending_update"].(object), object{"product_id": yearly, "applies_at": sub["current_period_end"]})
			} else {
				same(t, "changed", got, object{"product_id": yearly, "amount": 12000, "pending_update": nil, "recurring_interval": "year"})
				items := w.bills(sub)[0].(object)["items"].([]any)
				same(t, "credit", items[0].(object), object{"label": "Remaining time on Dough Calculator Pro, monthly — From Dec 5, 2026 to Dec 20, 2026", "amount": -600, "proration": true})
				same(t, "charge", items[1].(object), object{"label": "Dough Calculator Pro, yearly — From Dec 5, 2026 to Dec 5, 2027", "amount": 12000, "proration": true})
			}
			w.control("POST", "/clock/set", object{"to": tt.period[1] + ".9Z"})
			next := w.bills(sub)[0].(object)
			same(t, "next", next, object{"billing_reason": "subscription_cycle", "subtotal_amount": tt.next})
			same(t, "at last", w.again(sub), object{"product_id": yearly, "pending_update": nil, "recurring_interval": "year"})
		})
	}
}

// TestDowngradeIsCredited: what a cheaper product leaves over lowers the next orders.
func TestDowngradeIsCredited(t *testing.T) {
	w := newWorld(t)
	_, _, sub := w.sell(yearly)
	w.advance("4380h") // half a year
	got := w.amend(sub, object{"product_id": monthly, "proration_behavior": "invoice"}).want(http.StatusOK)
	credit := w.bills(sub)[0].(object)
	// Half of 120.00 comes back, 12.00 are charged for the month.
	same(t, "credit", credit, object{"billing_reason": "subscription_update", "subtotal_amount": -4800, "total_amount": -4800, "due_amount": 0, "status": "paid",
		"refundable_amount": 0})
	same(t, "changed", got, object{"amount": 1200, "recurring_interval": "month"})
	for range 5 {
		w.advance("744h")
	}
	var due, applied float64
	for _, o := range w.bills(sub)[:5] {
		if o := o.(object); o["billing_reason"] == "subscription_cycle" {
			due += o["due_amount"].(float64)
			applied += o["applied_balance_amount"].(float64)
		}
	}
	if due != 1200 || applied != -4800 {
		t.Errorf("five renewals: %v due, %v of the balance applied; want 1200, -4800", due, applied)
	}
}

func TestProductChangeErrors(t *testing.T) {
	w := newWorld(t)
	_, _, sub := w.sell(monthly)
	for _, tt := range []struct {
		body object
		want fault
	}{
		{object{"product_id": unknownID}, business("Product does not exist.", "product_id")},
		{object{"product_id": archived}, business("Product is archived.", "product_id")},
		{object{"product_id": book}, business("Product is not recurring.", "product_id")},
		{object{"product_id": yearly, "proration_behavior": "reset"}, business("The 'reset' proration behavior is not enabled for this organization.", "proration_behavior")},
		{object{"discount_id": unknownID}, business("Discount does not exist, is not applicable to this product or is not redeemable.", "discount_id")},
		{object{"discount_id": yearlyOnly}, business("Discount does not exist, is not applicable to this product or is not redeemable.", "discount_id")},
		{object{"trial_end": "2026-12-01T00:00:00Z"}, business("Trial end must be after the current period end.", "trial_end")},
		{object{"pending_update": nil}, business("This subscription has no pending update to clear.", "pending_update")},
	} {
		w.amend(sub, tt.body).wantFaults(businessClass, tt.want)
	}
	same(t, "seats", w.amend(sub, object{"seats": 3}).want(http.StatusBadRequest), object{"error": "NotASeatBasedSubscription"})
	same(t, "units", w.amend(sub, object{"units": 3}).want(http.StatusBadRequest), object{"error": "NotAUnitBasedSubscription"})
	same(t, "unknown", w.call("PATCH", "/v1/subscriptions/"+unknownID, object{}).want(http.StatusNotFound), object{"error": "ResourceNotFound", "detail": "Not found"})
	if got := w.amend(sub, object{"seats": 0, "color": "red"}).faults(schemaClass); len(got) < 9 {
		t.Errorf("%d faults of a body that fits no shape; want those of each: %+v", len(got), got)
	}
	equal(t, "after refusals", sub, w.again(sub))
	free, _, membership := w.sell(freeMonthly, object{"customer_email": "free@example.com"})
	same(t, "nothing to pay with", w.amend(membership, object{"product_id": monthly, "proration_behavior": "invoice"}).want(http.StatusPaymentRequired),
		object{"error": "PaymentFailed", "detail": "Payment failed with reason: missing_payment_method."})
	equal(t, "after a failed payment", membership, w.again(membership))
	if n := len(w.list("/v1/orders/?customer_id=" + free["customer_id"].(string))); n != 1 {
		t.Errorf("%d orders after a failed payment; want 1", n)
	}
}

func TestDiscountChange(t *testing.T) {
	w := newWorld(t)
	_, _, sub := w.sell(monthly)
	got := w.amend(sub, object{"discount_id": twoOff, "metadata": object{"tier": "gold"}}).want(http.StatusOK)
	same(t, "changed", got, object{"discount_id": twoOff, "amount": 1000, "metadata": object{"tier": "gold"}})
	w.amend(sub, object{"discount_id": twoOff}).wantFaults(businessClass, business("This discount is already applied to the subscription.", "discount_id"))
	w.advance("721h")
	same(t, "bill", w.bills(sub)[0].(object), object{"discount_amount": 200, "total_amount": 1000, "discount_id": twoOff})
	same(t, "taken off", w.amend(sub, object{"discount_id": nil}).want(http.StatusOK), object{"discount_id": nil, "amount": 1200, "metadata": object{"tier": "gold"}})
}

func TestPeriodEndChange(t *testing.T) {
	w := newWorld(t)
	_, _, sub := w.sell(monthly)
	got := w.amend(sub, object{"current_billing_period_end": "2026-12-05T08:00:00Z"}).want(http.StatusOK)
	wantPeriod(t, got, at(0, 0, 0), "2026-12-05T08:00:00")
	w.control("POST", "/clock/set", object{"to": "2026-12-05T09:00:00Z"})
	wantPeriod(t, w.again(sub), "2026-12-05T08:00:00", "2027-01-05T08:00:00")
	w.advance("400h") // beyond the period's first end
	if n := len(w.bills(sub)); n != 2 {
		t.Errorf("%d orders; want 2", n)
	}
}

// TestSubscriptionFilters: each documented filter finds what it should and nothing else.
func TestSubscriptionFilters(t *testing.T) {
	w := newWorld(t)
	_, _, first := w.sell(monthly, object{"metadata": object{"ref": "A-1"}, "discount_id": twoOff})
	w.advance("1h")
	_, _, second := w.sell(trial, object{"customer_email": "grace@example.com", "external_customer_id": "usr_grace"})
	w.advance("1h")
	_, _, gone := w.sell(yearly, object{"customer_email": "zoe@example.com"})
	w.call("DELETE", "/v1/subscriptions/"+gone["id"].(string), nil).want(http.StatusOK)
	w.amend(first, object{"cancel_at_period_end": true, "customer_cancellation_reason": "unused"}).want(http.StatusOK)
	a, b, c := first["id"], second["id"], gone["id"]
	for _, tt := range []struct {
		query string
		want  []any
	}{
		{"", []any{c, b, a}},
		{"sorting=started_at", []any{a, b, c}},
		{"product_id=" + monthly, []any{a}},
		{"customer_id=" + second["customer_id"].(string), []any{b}},
		{"external_customer_id=usr_grace", []any{b}},
		{"discount_id=" + twoOff, []any{a}},
		{"active=true", []any{b, a}},
		{"active=false", []any{c}},
		{"status=trialing&status=canceled", []any{c, b}},
		{"cancel_at_period_end=true", []any{a}},
		{"cancel_at_period_end=false", []any{c, b}},
		{"customer_cancellation_reason=unused", []any{a}},
		{"canceled_at_after=2026-11-20T13:00:00Z", []any{c, a}},
		{"canceled_at_before=2026-11-20T13:00:00Z", []any{}},
		{"started_after=2026-11-20T12:30:00Z&started_before=2026-11-20T13:30:00Z", []any{b}},
		{"metadata[ref]=A-1", []any{a}},
		{"sorting=amount", []any{a, c, b}}, // a year counts as twelve months
		{"sorting=-customer", []any{c, b, a}},
		{"sorting=status", []any{b, a, c}},
		{"sorting=ended_at", []any{c, a, b}},
		{"sorting=-current_period_end", []any{c, a, b}},
		{"sorting=product", []any{a, c, b}},
		{"sorting=discount", []any{a, b, c}},
		{"limit=2&page=2", []any{a}},
	} {
		got := []any{}
		for _, s := range w.list("/v1/subscriptions/?" + tt.query) {
			got = append(got, s.(object)["id"])
		}
		equal(t, tt.query, tt.want, got)
	}
}
