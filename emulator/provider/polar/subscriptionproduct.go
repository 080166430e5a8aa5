package polar

import (
	"time"

	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// How another product is billed. Source: SubscriptionProrationBehavior in polar/enums.py.
const (
	prorationInvoice    = "invoice"     // the difference for the rest of the period at once
	prorationProrate    = "prorate"     // the difference with the next order
	prorationNextPeriod = "next_period" // nothing changes before the next period
	prorationReset      = "reset"       // a new period begins, without credit for the old one
)

// moveProduct moves the subscription to another product.
//
// Source: SubscriptionService.update_product and polar/subscription/update.py.
func (p *Polar) moveProduct(tx *sandbox.Tx, sub *subscription, in *subscriptionUpdate) (billing, error) {
	pr, err := p.changeable(tx, sub, *in.ProductID)
	if err != nil {
		return 0, err
	}
	var next *string // the discount that is to be; nil: as it is
	if in.DiscountID.Set {
		found, err := p.anotherDiscount(tx, sub, in.DiscountID, pr.ID)
		if err != nil {
			return 0, err
		}
		next = &found
	}
	how := text(in.Proration)
	if how == "" {
		how = organizationOf(tx, sub.OrganizationID).Proration
	}
	if how == prorationNextPeriod {
		sub.Pending = &pendingUpdate{
			ID: tx.UUID("polar.subscription_update"), CreatedAt: tx.Now(), AppliesAt: sub.PeriodEnd, ProductID: pr.ID, DiscountID: next,
		}
		return billLater, nil
	}
	sub.Pending = nil
	if sub.Status == subscriptionTrialing {
		return sub.moveTrial(tx, pr, next), nil
	}
	return sub.moveNow(tx, pr, next, how), nil
}

// changeable returns the product that the subscription is to move to, when it can.
//
// Source: SubscriptionService.validate_product_change.
func (p *Polar) changeable(tx *sandbox.Tx, sub *subscription, id string) (*product, error) {
	if sub.Status == subscriptionCanceled || sub.CancelAtPeriodEnd {
		return nil, refusal(reasonCanceled, alreadyCanceledText)
	}
	refused := func(msg string) (*product, error) { return nil, refuse(breach("value_error", msg, id, "product_id")) }
	pr := p.productOf(tx, canonicalUUID(id))
	if pr == nil || pr.OrganizationID != sub.OrganizationID {
		return refused("Product does not exist.")
	}
	prices, _ := pricesIn(pr.Prices, sub.Currency)
	switch {
	case pr.IsArchived:
		return refused("Product is archived.")
	case !pr.IsRecurring:
		return refused("Product is not recurring.")
	case len(prices) == 0:
		return refused("This product doesn't have a price for the subscription currency.")
	case customPrice(prices) != nil:
		return refused("Can't update to a product with custom prices.")
	}
	return pr, nil
}

// anotherDiscount returns the id of the discount that the subscription is to have, "" for none.
//
// Source: SubscriptionService.resolve_discount. Assumed: its redemption is counted without a buyer.
func (p *Polar) anotherDiscount(tx *sandbox.Tx, sub *subscription, asked wire.Optional[string], productID string) (string, error) {
	if !asked.Has() {
		return "", nil
	}
	id := canonicalUUID(asked.Value)
	found, _ := tx.Get(kindDiscount, id).(*discount)
	if found == nil || found.OrganizationID != sub.OrganizationID || !found.fits(productID, sub.Currency) || !found.redeemable(tx.Now()) {
		return "", refuse(breach("value_error",
			"Discount does not exist, is not applicable to this product or is not redeemable.", asked.Value, "discount_id"))
	}
	if id == sub.DiscountID {
		return "", refuse(breach("value_error", "This discount is already applied to the subscription.", asked.Value, "discount_id"))
	}
	counted := *found
	counted.RedemptionsCount++
	tx.Put(kindDiscount, id, &counted)
	return id, nil
}

// setDiscount puts another discount on the subscription, "" for none. Its time begins with the period that
// has it first.
func (sub *subscription) setDiscount(tx *sandbox.Tx, id string) {
	if id != sub.DiscountID {
		sub.DiscountID, sub.DiscountedAt = id, time.Time{}
	}
	sub.recount(tx)
}

// moveTrial changes the product during a trial: that of the new product counts from the same start. When it
// has none, or one that would be over, the trial ends and the first period is billed.
//
// Source: SubscriptionService._resolve_trial_end.
func (sub *subscription) moveTrial(tx *sandbox.Tx, pr *product, next *string) billing {
	end := tx.Now()
	if pr.TrialInterval != nil && pr.TrialIntervalCount != nil {
		end = later(sub.TrialStart, *pr.TrialInterval, int(*pr.TrialIntervalCount))
	}
	if next != nil {
		sub.setDiscount(tx, *next)
	}
	sub.move(tx, pr, tx.Now())
	if !end.After(tx.Now()) {
		sub.TrialEnd, sub.PeriodEnd = tx.Now(), tx.Now()
		return billPeriod
	}
	sub.TrialEnd, sub.PeriodEnd = end, end
	return billLater
}

// moveNow changes the product within a period. The rest of the period is credited at the old price and
// charged at the new one, each after its discount.
func (sub *subscription) moveNow(tx *sandbox.Tx, pr *product, next *string, how string) billing {
	now, changes := tx.Now(), sub.intervalChanges(pr) || how == prorationReset
	var entries []billingEntry
	if how != prorationReset {
		entries = sub.rest(tx, billingEntry{Credit: true, Proration: true, Start: now, End: sub.PeriodEnd})
	}
	if next != nil {
		sub.setDiscount(tx, *next)
	}
	if sub.move(tx, pr, now); changes {
		sub.PeriodStart, sub.AnchorDay = now, now.UTC().Day()
		sub.PeriodEnd = sub.after(now)
	}
	entries = append(entries, sub.rest(tx, billingEntry{Proration: true, Start: now, End: sub.PeriodEnd})...)
	sub.Entries = append(sub.Entries[:len(sub.Entries):len(sub.Entries)], entries...)
	if len(entries) > 0 && (changes || how == prorationInvoice) {
		return billNow
	}
	return billLater
}

// rest lists entries like the given one for what the prices of the subscription are worth in the part of the
// period from its start. Prices of nothing are left out.
func (sub *subscription) rest(tx *sandbox.Tx, like billingEntry) []billingEntry {
	found, _ := tx.Get(kindDiscount, sub.DiscountID).(*discount)
	var out []billingEntry
	for _, pr := range sub.Prices {
		if pr.AmountType != priceFixed || pr.free() {
			continue
		}
		e := like
		e.Price, e.Product = pr, productIn(tx, sub.ProductID, sub.OrganizationID).Name
		amount := pr.Amount.Value - found.off(pr.Amount.Value, sub.Currency)
		e.Amount = prorated(amount, sub.PeriodEnd.Sub(like.Start), sub.PeriodEnd.Sub(sub.PeriodStart))
		out = append(out, e)
	}
	return out
}
