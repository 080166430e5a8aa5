package polar

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// subscriptionUpdate is what changes a subscription. Of its members only those of one shape come together.
type subscriptionUpdate struct {
	Metadata    wire.Optional[map[string]any] `json:"metadata"`
	ProductID   *string                       `json:"product_id"`
	Proration   *string                       `json:"proration_behavior"`
	DiscountID  wire.Optional[string]         `json:"discount_id"`
	TrialEnd    *string                       `json:"trial_end"`
	Seats       *int64                        `json:"seats"`
	Units       *int64                        `json:"units"`
	PeriodEnd   *string                       `json:"current_billing_period_end"`
	Cancel      *bool                         `json:"cancel_at_period_end"`
	Revoke      bool                          `json:"revoke"`
	Reason      *string                       `json:"customer_cancellation_reason"`
	Comment     *string                       `json:"customer_cancellation_comment"`
	Pause       *bool                         `json:"pause_at_period_end"`
	ResumesAt   *string                       `json:"resumes_at"`
	Resume      bool                          `json:"resume"`
	PendingNull wire.Optional[any]            `json:"pending_update"`
}

// billing is what a change of a subscription calls for.
type billing int

const (
	billLater   billing = iota // with the next period
	billNow                    // an order of its own
	billPeriod                 // the present period ends
	billResumed                // a period begins after a pause
)

func (p *Polar) updateSubscription(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := decoded[subscriptionUpdate](p, r)
	if err != nil {
		return api.Response{}, err
	}
	return p.changeSubscription(r, func(tx *sandbox.Tx, sub *subscription) (billing, error) { return p.updateOf(tx, sub, &in) })
}

func (p *Polar) revokeSubscription(_ context.Context, r *api.Request) (api.Response, error) {
	return p.changeSubscription(r, func(tx *sandbox.Tx, sub *subscription) (billing, error) {
		return billLater, sub.cancel(tx, nil, nil, true)
	})
}

// changeSubscription answers with the subscription of the path after a change.
func (p *Polar) changeSubscription(r *api.Request, change func(*sandbox.Tx, *subscription) (billing, error)) (api.Response, error) {
	return p.answerChanged(r, http.StatusOK, func(tx *sandbox.Tx) (subject, error) {
		old, err := p.subscriptionByID(tx, r.Param("id"))
		if err != nil {
			return nil, err
		}
		sub := *old
		bill, err := change(tx, &sub)
		if err != nil {
			return nil, err
		}
		if err := p.settle(tx, old, &sub, bill); err != nil {
			return nil, err
		}
		return subscriptionIn(tx, &sub), nil
	})
}

// settle keeps a changed subscription, bills what is to be billed, and tells of it all.
//
// Source: SubscriptionUpdateContext.__aexit__.
func (p *Polar) settle(tx *sandbox.Tx, old, sub *subscription, bill billing) error {
	sub.ModifiedAt = tx.Now()
	switch bill {
	case billPeriod:
		p.cycle(tx, old, sub)
		return nil
	case billResumed:
		p.resume(tx, old, sub)
		return nil
	case billNow:
		o := sub.invoice(tx, reasonSubscriptionUpdate)
		if o != nil && o.due() > 0 && !sub.Chargeable {
			return refusal(reasonUnpayable, "Payment failed with reason: missing_payment_method.")
		}
		p.collect(tx, o)
	}
	sub.keep(tx, old)
	p.tellChange(tx, old, sub)
	return nil
}

// updateOf makes the change that a body asks for.
//
// Source: SubscriptionService.update.
func (p *Polar) updateOf(tx *sandbox.Tx, sub *subscription, in *subscriptionUpdate) (billing, error) {
	switch {
	case in.Seats != nil:
		return 0, refusal(reasonNoSeats, "This subscription does not support seat-based pricing.")
	case in.Units != nil:
		return 0, refusal(reasonNoUnits, "This subscription does not support unit-based pricing.")
	case in.PeriodEnd != nil:
		return billLater, sub.setPeriodEnd(instant(*in.PeriodEnd))
	case in.Cancel != nil && *in.Cancel:
		return billLater, sub.cancel(tx, in.Reason, in.Comment, false)
	case in.Cancel != nil:
		return billLater, sub.uncancel()
	case in.Revoke:
		return billLater, sub.cancel(tx, in.Reason, in.Comment, true)
	case in.Pause != nil:
		return billLater, sub.pause(*in.Pause, in.ResumesAt)
	case in.Resume:
		if sub.Status != subscriptionPaused {
			return 0, refusal(reasonNotPaused, "This subscription is not paused.")
		}
		return billResumed, nil
	case in.PendingNull.Set:
		if sub.Pending == nil {
			return 0, refuse(breach("value_error", "This subscription has no pending update to clear.", nil, "pending_update"))
		}
		sub.Pending = nil
		return billLater, nil
	}
	return p.updateBase(tx, sub, in)
}

// updateBase changes product, discount, trial and metadata.
func (p *Polar) updateBase(tx *sandbox.Tx, sub *subscription, in *subscriptionUpdate) (billing, error) {
	bill := billLater
	if in.ProductID != nil {
		if text(in.Proration) == prorationReset && !organizationOf(tx, sub.OrganizationID).Features["reset_proration_behavior_enabled"] {
			return 0, refuse(breach("value_error", "The 'reset' proration behavior is not enabled for this organization.", prorationReset, "proration_behavior"))
		}
		var err error
		if bill, err = p.moveProduct(tx, sub, in); err != nil {
			return 0, err
		}
	} else if in.DiscountID.Set {
		found, err := p.anotherDiscount(tx, sub, in.DiscountID, sub.ProductID)
		if err != nil {
			return 0, err
		}
		sub.setDiscount(tx, found)
	}
	if in.TrialEnd != nil {
		ended, err := sub.setTrial(tx, *in.TrialEnd)
		if err != nil {
			return 0, err
		}
		if ended {
			bill = billPeriod
		}
	}
	if in.Metadata.Has() {
		sub.Metadata = in.Metadata.Value
	}
	return bill, nil
}

// instant reads an instant that the document has checked.
func instant(text string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, text)
	return t.UTC()
}

// cancel ends the subscription, at once or at the end of the period.
//
// Source: SubscriptionService._perform_cancellation and Subscription.can_cancel.
func (sub *subscription) cancel(tx *sandbox.Tx, reason, comment *string, immediately bool) error {
	can := sub.active() && (immediately || !sub.CancelAtPeriodEnd && sub.EndsAt.IsZero()) || immediately && sub.Status == subscriptionPaused
	if !can {
		return refusal(reasonCanceled, alreadyCanceledText)
	}
	sub.CanceledAt, sub.PauseAtPeriodEnd, sub.ResumesAt = tx.Now(), false, time.Time{}
	if text(reason) != "" {
		sub.Reason = reason
	}
	if text(comment) != "" {
		sub.Comment = comment
	}
	if immediately {
		sub.EndsAt, sub.EndedAt, sub.Status = tx.Now(), tx.Now(), subscriptionCanceled
	} else {
		sub.CancelAtPeriodEnd, sub.EndsAt = true, sub.PeriodEnd
	}
	return nil
}

const alreadyCanceledText = "This subscription is already canceled or will be at the end of the period."

// uncancel takes back a cancellation at the end of the period.
//
// Source: SubscriptionService.uncancel.
func (sub *subscription) uncancel() error {
	if !sub.EndedAt.IsZero() {
		return refusal(reasonUnavailable, "Unavailable")
	}
	if !sub.CancelAtPeriodEnd || !sub.active() {
		return refusal(reasonBadRequest, "Bad request")
	}
	sub.CancelAtPeriodEnd, sub.EndsAt, sub.CanceledAt, sub.Reason, sub.Comment = false, time.Time{}, time.Time{}, nil, nil
	return nil
}

// pause has the subscription pause at the end of the period, or takes that back.
//
// Source: SubscriptionService.pause and cancel_scheduled_pause.
func (sub *subscription) pause(wanted bool, resumesAt *string) error {
	if !wanted {
		if !sub.PauseAtPeriodEnd || sub.Status != subscriptionActive {
			return refusal(reasonNoPause, "This subscription is not scheduled to be paused.")
		}
		sub.PauseAtPeriodEnd, sub.ResumesAt = false, time.Time{}
		return nil
	}
	if sub.Status != subscriptionActive || sub.CancelAtPeriodEnd || sub.PauseAtPeriodEnd || !sub.EndsAt.IsZero() {
		return refusal(reasonCannotPause, "This subscription cannot be paused.")
	}
	sub.PauseAtPeriodEnd = true
	if resumesAt != nil {
		sub.ResumesAt = instant(*resumesAt)
		if !sub.ResumesAt.After(sub.PeriodEnd) {
			return refuse(breach("value_error", "resumes_at must be after the current period end.", *resumesAt, "resumes_at"))
		}
	}
	return nil
}

// setPeriodEnd moves the end of the period.
//
// Source: SubscriptionService.update_currrent_billing_period_end.
func (sub *subscription) setPeriodEnd(end time.Time) error {
	switch {
	case sub.Status == subscriptionCanceled:
		return refusal(reasonCanceled, alreadyCanceledText)
	case !sub.active():
		return refusal(reasonInactive, "Subscription "+sub.ID+" is not active.")
	case sub.CancelAtPeriodEnd:
		return refusal(reasonCanceled, alreadyCanceledText)
	}
	sub.PeriodEnd, sub.AnchorDay = end, end.Day()
	return nil
}

// setTrial begins, moves or ends a trial; ended says that it has ended and the first period is to be billed.
//
// Source: SubscriptionService.update_trial. Assumed: a trial of one that was active began now.
func (sub *subscription) setTrial(tx *sandbox.Tx, end string) (ended bool, err error) {
	trialing := sub.Status == subscriptionTrialing
	switch {
	case !sub.active():
		return false, refusal(reasonInactive, "Subscription "+sub.ID+" is not active.")
	case trialing && end == trialNow:
		sub.TrialEnd, sub.PeriodEnd = tx.Now(), tx.Now()
		return true, nil
	case end == trialNow:
		return false, refuse(breach("value_error", "The subscription is not currently trialing.", end, "trial_end"))
	case !trialing && !instant(end).After(sub.PeriodEnd):
		return false, refuse(breach("value_error", "Trial end must be after the current period end.", end, "trial_end"))
	}
	sub.Status = subscriptionTrialing
	sub.TrialEnd, sub.PeriodEnd = instant(end), instant(end)
	return false, nil
}

// trialNow ends a trial.
const trialNow = "now"

// futures are the members that hold an instant to come, each with the shape that has it.
var futures = [][2]string{
	{"trial_end", "SubscriptionUpdateBase"},
	{"current_billing_period_end", "SubscriptionUpdateBillingPeriod"},
	{"resumes_at", "SubscriptionPause"},
}

// subscriptionItems lists the faults of a body that the document accepts but cannot express.
//
// Assumed: what is said of trial_end, which may also be a word.
func (p *Polar) subscriptionItems(r *api.Request, body map[string]any) []item {
	if r.Variant == "" {
		return nil
	}
	root := []any{checkout.InBody, r.Variant}
	items := metadataKeys(body, "metadata", root)
	for _, f := range futures {
		value, ok := body[f[0]].(string)
		if !ok || r.Variant != f[1] || f[0] == "trial_end" && value == trialNow {
			continue
		}
		it := item{Loc: slices.Concat(root, []any{f[0]}), Input: value}
		at, err := time.Parse(time.RFC3339Nano, value)
		switch {
		case err != nil:
			items = append(items, timeItem(it, value))
		case !at.After(r.Sandbox.Clock().Now):
			it.Type, it.Msg = "datetime_future", "Input should be in the future"
			items = append(items, it)
		}
	}
	return items
}
