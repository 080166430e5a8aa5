package tilled

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// refund is what goes back of a charge. It never changes.
type refund struct {
	ID        string            `json:"id,omitzero"`
	Account   string            `json:"account,omitzero"`
	Intent    string            `json:"intent,omitzero"`
	Charge    string            `json:"charge,omitzero"`
	Method    string            `json:"method,omitzero"`
	Amount    int64             `json:"amount,omitzero"` // minor units
	Reason    string            `json:"reason,omitzero"` // "" is none
	Status    string            `json:"status,omitzero"`
	Metadata  map[string]string `json:"metadata,omitzero"`
	CreatedAt time.Time         `json:"created_at,omitzero"`
	UpdatedAt time.Time         `json:"updated_at,omitzero"`
}

// Statuses of a refund, and reasons that the service gives by itself.
//
// Source: vendor OpenAPI document, Refund.
const (
	refundPending        = "pending"
	refundSucceeded      = "succeeded"
	reasonUncaptured     = "expired_uncaptured_charge"
	reasonPartialCapture = "partial_capture"
)

// Listing implements sandbox.Listed.
func (r *refund) Listing() sandbox.Listing {
	return sandbox.Listing{Account: r.Account, Terms: metadataTerms(r.Metadata)}
}

// refundObject is a refund on the wire.
//
// Source: vendor OpenAPI document, Refund.
// Assumed: balance_transaction is null, as it is in a recorded charge.
type refundObject struct {
	Amount             int64             `json:"amount"`
	BalanceTransaction any               `json:"balance_transaction"`
	ChargeID           string            `json:"charge_id"`
	CreatedAt          string            `json:"created_at"`
	FailureCode        *string           `json:"failure_code"`
	FailureMessage     *string           `json:"failure_message"`
	ID                 string            `json:"id"`
	Metadata           map[string]string `json:"metadata"`
	PaymentIntentID    string            `json:"payment_intent_id"`
	PaymentMethodID    *string           `json:"payment_method_id"`
	Reason             *string           `json:"reason"`
	Status             string            `json:"status"`
	UpdatedAt          string            `json:"updated_at"`
}

func newRefund(r *refund) refundObject {
	return refundObject{
		Amount: r.Amount, ChargeID: r.Charge, CreatedAt: wire.Millis(r.CreatedAt), ID: r.ID, Metadata: r.Metadata, PaymentIntentID: r.Intent,
		PaymentMethodID: wire.OrNull(r.Method), Reason: wire.OrNull(r.Reason), Status: r.Status, UpdatedAt: wire.Millis(r.UpdatedAt),
	}
}

// refundParams is the body of a creation.
//
// Source: vendor OpenAPI document, RefundCreateParams.
type refundParams struct {
	Amount            *int64            `json:"amount"`
	Metadata          map[string]string `json:"metadata"`
	PaymentIntentID   string            `json:"payment_intent_id"`
	Reason            string            `json:"reason"`
	RefundPlatformFee bool              `json:"refund_platform_fee"`
}

// createRefund gives back what is left of a charge, or part of it.
//
// Source: vendor OpenAPI document, CreateRefund: more than is left is an error.
// Assumed: part of a charge can be refunded at once; the service refuses that until the charge has been
// batched in the night. Of a card it has succeeded at once, of a bank account it is pending as long as
// the payment was.
func (t *Tilled) createRefund(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[refundParams](r)
	if err != nil {
		return api.Response{}, err
	}
	if err := refuseFaults(r); err != nil {
		return api.Response{}, err
	}
	var back *refund
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		p, err := intentOf(tx, accountOf(r.Header), in.PaymentIntentID)
		if err != nil {
			return err
		}
		amount, err := refundable(p, in.Amount)
		if err != nil {
			return err
		}
		back = in.refund(tx, p, amount)
		return nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusCreated, Body: newRefund(back)}, nil
}

// refundable is how much of a payment is given back: what is asked for, or nil for what is left.
func refundable(p *payment, asked *int64) (int64, error) {
	if p.Status != intentSucceeded {
		return 0, stateRefusal(p, intentSucceeded)
	}
	left := p.Amount - p.paid().refunded()
	amount := amountOr(asked, left)
	switch {
	case left == 0:
		return 0, refusal("The charge has already been refunded as a whole.")
	case amount > left:
		return 0, refusal(fmt.Sprintf("amount (%d) must not be greater than what is left of the charge (%d).", amount, left))
	}
	return amount, nil
}

// refund gives back an amount that is left.
func (in refundParams) refund(tx *sandbox.Tx, p *payment, amount int64) *refund {
	st, status := stepOf(tx, p), refundSucceeded
	m := methodByID(tx, p.paid().Method)
	if m != nil && m.bank() {
		status = refundPending
	}
	back := st.giveBack(amount, in.Reason, status, kept(in.Metadata))
	fees := in.RefundPlatformFee && st.refundFee(amount)
	st.keep()
	if fees {
		defer st.emitFee(eventFeeRefunded)
	}
	if status == refundPending {
		st.emitAbout(eventRefundPending, nil, back)
		tx.Later(tx.Now().Add(clearing), sandbox.Task{Provider: name, Do: doSettle, Object: back.ID})
		return back
	}
	st.emit(eventChargeRefunded)
	return back
}

// settleRefund ends a pending refund with success.
func settleRefund(tx *sandbox.Tx, r *refund) {
	p := intentByID(tx, r.Intent)
	if p == nil || r.Status != refundPending {
		return
	}
	done := *r
	done.Status, done.UpdatedAt = refundSucceeded, tx.Now()
	st := stepOf(tx, p)
	c := st.charged()
	c.Refunds = slices.Clone(c.Refunds)
	c.Refunds[slices.IndexFunc(c.Refunds, func(old *refund) bool { return old.ID == r.ID })] = &done
	tx.Put(catalogRefunds, done.ID, &done)
	st.keep()
	st.emitAbout(eventRefundUpdated, nil, &done)
	st.emit(eventChargeRefunded)
}

// listRefunds answers a page of the account's refunds, newest first.
func (t *Tilled) listRefunds(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[paging](r)
	if err != nil {
		return api.Response{}, err
	}
	q := t.query(r, in)
	var page sandbox.Objects
	r.Sandbox.View(func(tx *sandbox.Tx) { page, err = tx.List(catalogRefunds, q) })
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: pageOf(q, page, func(v any) any { return newRefund(v.(*refund)) })}, nil
}

// getRefund answers one refund of the account.
func (t *Tilled) getRefund(_ context.Context, r *api.Request) (api.Response, error) {
	var back *refund
	r.Sandbox.View(func(tx *sandbox.Tx) { back, _ = tx.Get(catalogRefunds, r.Param("id")).(*refund) })
	if back == nil || back.Account != accountOf(r.Header) {
		return api.Response{}, missing(reasonNoRefund, r.Param("id"))
	}
	return api.Response{Body: newRefund(back)}, nil
}

// getCharge answers one charge of the account.
func (t *Tilled) getCharge(_ context.Context, r *api.Request) (api.Response, error) {
	id := r.Param("id")
	var p *payment
	r.Sandbox.View(func(tx *sandbox.Tx) { p, _ = tx.By(catalogIntents, id).(*payment) })
	if p == nil || p.Account != accountOf(r.Header) {
		return api.Response{}, missing(reasonNoCharge, id)
	}
	i := slices.IndexFunc(p.Charges, func(c charge) bool { return c.ID == id })
	return api.Response{Body: newCharge(p, &p.Charges[i])}, nil
}
