package polar

import (
	"time"

	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// What the sandbox's clock does by itself to a subscription.
const (
	taskPeriodEnd = "subscription.period_end"
	taskResume    = "subscription.resume"
)

// due does what was planned for this instant, unless it was overtaken. An organization that may not renew
// keeps its subscriptions as they are.
//
// Assumed: also once it may again; the real scheduler would catch up.
func (p *Polar) due(tx *sandbox.Tx, t sandbox.Task) {
	old, _ := tx.Get(kindSubscription, t.Object).(*subscription)
	if old == nil || !organizationOf(tx, old.OrganizationID).Capabilities.SubscriptionRenewals {
		return
	}
	switch {
	case t.Do == taskPeriodEnd && old.active() && old.PeriodEnd.Equal(tx.Now()):
		next := *old
		p.cycle(tx, old, &next)
	case t.Do == taskResume && old.Status == subscriptionPaused && old.ResumesAt.Equal(tx.Now()):
		next := *old
		p.resume(tx, old, &next)
	}
}

// cycle ends the period of a subscription: it ends, pauses, or begins another period, which is billed. sub is
// a copy of old that may have changed already. A cancellation takes precedence over a pause.
//
// Source: SubscriptionService.cycle and SubscriptionUpdateContext.
func (p *Polar) cycle(tx *sandbox.Tx, old, sub *subscription) {
	sub.ModifiedAt = tx.Now()
	renewed := false
	switch {
	case sub.CancelAtPeriodEnd:
		sub.Status, sub.EndedAt = subscriptionCanceled, tx.Now()
	case sub.PauseAtPeriodEnd:
		sub.Status, sub.PausedAt, sub.PauseAtPeriodEnd = subscriptionPaused, tx.Now(), false
	default:
		renewed = true
		sub.renew(tx)
	}
	var o *order
	if sub.Status != subscriptionPaused {
		o = sub.invoice(tx, reasonSubscriptionCycle)
	}
	sub.keep(tx, old)
	if renewed {
		p.tellSubscription(tx, nil, sub, eventCycled)
	}
	p.tellChange(tx, old, sub)
	p.collect(tx, o)
}

// renew begins the next period, with what was to change at its beginning.
func (sub *subscription) renew(tx *sandbox.Tx) {
	trialing := sub.Status == subscriptionTrialing
	if !sub.applyPending(tx) {
		sub.PeriodStart = sub.PeriodEnd
		if trialing {
			sub.AnchorDay = sub.PeriodStart.UTC().Day()
		}
		sub.PeriodEnd = sub.after(sub.PeriodStart)
	}
	sub.Status = subscriptionActive
	sub.dropSpentDiscount(tx)
	sub.enter(tx)
}

// resume begins a new period of a subscription that was paused, and bills it.
//
// Source: SubscriptionService.resume.
func (p *Polar) resume(tx *sandbox.Tx, old, sub *subscription) {
	sub.ModifiedAt, sub.Status = tx.Now(), subscriptionActive
	sub.PausedAt, sub.ResumesAt = time.Time{}, time.Time{}
	sub.PeriodStart, sub.AnchorDay = tx.Now(), tx.Now().UTC().Day()
	sub.PeriodEnd = sub.after(sub.PeriodStart)
	sub.dropSpentDiscount(tx)
	sub.enter(tx)
	o := sub.invoice(tx, reasonSubscriptionCycle)
	sub.keep(tx, old)
	p.tellChange(tx, old, sub)
	p.collect(tx, o)
}

// dropSpentDiscount takes off a discount that the present period is beyond. Months count from the period
// that had it first.
//
// Source: Discount.is_repetition_expired in polar/models/discount.py.
func (sub *subscription) dropSpentDiscount(tx *sandbox.Tx) {
	found, _ := tx.Get(kindDiscount, sub.DiscountID).(*discount)
	if found == nil {
		return
	}
	if sub.DiscountedAt.IsZero() {
		sub.DiscountedAt = sub.PeriodStart
	}
	last := sub.DiscountedAt
	switch {
	case found.Duration == durationForever, found.Duration == durationRepeating && found.DurationInMonths == nil:
		return
	case found.Duration == durationRepeating:
		last = addMonths(last, int(*found.DurationInMonths)-1)
	}
	if sub.PeriodStart.After(last) {
		sub.DiscountID, sub.DiscountedAt = "", time.Time{}
		sub.recount(tx)
	}
}

// tellChange records what has become of a subscription by one step, and that its customer's state has
// changed.
//
// Source: SubscriptionService._after_subscription_updated.
func (p *Polar) tellChange(tx *sandbox.Tx, old, sub *subscription) {
	types := []string{eventSubscriptionUpdated}
	add := func(when bool, eventType string) {
		if when {
			types = append(types, eventType)
		}
	}
	resumed := sub.active() && old.Status == subscriptionPaused
	canceled, before := !sub.CanceledAt.IsZero(), !old.CanceledAt.IsZero()
	revoked := sub.Status == subscriptionCanceled && old.Status != subscriptionCanceled
	add(sub.active() && !old.active() && !resumed, eventSubscriptionActive)
	add(sub.Status == subscriptionPaused && old.Status != subscriptionPaused, eventPaused)
	add(resumed, eventResumed)
	add(!canceled && before, eventUncanceled)
	add(canceled && !before || revoked && before, eventCanceled)
	add(revoked, eventRevoked)
	p.tellSubscription(tx, nil, sub, types...)
	p.tellState(tx, nil, sub.CustomerID, sub.OrganizationID, sub)
}

// pendingUpdate is a change that waits for the end of the period.
type pendingUpdate struct {
	ID         string    `json:"id"`
	CreatedAt  time.Time `json:"created_at"`
	AppliesAt  time.Time `json:"applies_at"`
	ProductID  string    `json:"product_id"`
	DiscountID *string   `json:"discount_id,omitzero"` // nil: as it is; "": none any more
}

// pendingBody is Polar's PendingSubscriptionUpdate.
type pendingBody struct {
	ID         string  `json:"id"`
	CreatedAt  string  `json:"created_at"`
	ModifiedAt *string `json:"modified_at"`
	AppliesAt  string  `json:"applies_at"`
	ProductID  *string `json:"product_id"`
	Seats      *int64  `json:"seats"`
	Units      *int64  `json:"units"`
}

func (u *pendingUpdate) body() *pendingBody {
	if u == nil {
		return nil
	}
	return &pendingBody{
		ID: u.ID, CreatedAt: wire.Micros(u.CreatedAt), AppliesAt: wire.Micros(u.AppliesAt), ProductID: wire.OrNull(u.ProductID),
	}
}

// applyPending does what has waited for the end of the period; reset says that it has set the new period,
// too. A product that has no price in the currency any more is forgotten.
func (sub *subscription) applyPending(tx *sandbox.Tx) (reset bool) {
	u := sub.Pending
	if u == nil {
		return false
	}
	sub.Pending = nil
	pr, _ := tx.Get(kindProduct, u.ProductID).(*product)
	if pr == nil {
		return false
	}
	if prices, _ := pricesIn(pr.Prices, sub.Currency); len(prices) == 0 {
		return false
	}
	if u.DiscountID != nil {
		sub.DiscountID, sub.DiscountedAt = *u.DiscountID, time.Time{}
	}
	return sub.move(tx, pr, sub.PeriodEnd)
}

// move changes the product at an instant. One with another interval begins a new period; reset says so.
//
// Source: SubscriptionUpdate.apply_update.
func (sub *subscription) move(tx *sandbox.Tx, pr *product, at time.Time) (reset bool) {
	reset = sub.intervalChanges(pr)
	sub.ProductID = pr.ID
	sub.Prices, _ = pricesIn(pr.Prices, sub.Currency)
	sub.Interval, sub.IntervalCount = text(pr.RecurringInterval), max(pointed(pr.RecurringIntervalCount), 1)
	sub.recount(tx)
	if reset {
		sub.PeriodStart, sub.AnchorDay = at, at.UTC().Day()
		sub.PeriodEnd = sub.after(at)
	}
	return reset
}

func (sub *subscription) intervalChanges(pr *product) bool {
	return sub.Interval != text(pr.RecurringInterval) || sub.IntervalCount != max(pointed(pr.RecurringIntervalCount), 1)
}
