package leanrails

import (
	"fmt"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// charge is one attempt to pay, on the wire.
//
// Source: G2, create a payment intent, charges.
// Assumed: a charge that was authorized and is not captured has succeeded with nothing captured; each
// refused payment leaves one that has failed.
type charge struct {
	ID             string         `json:"id"`
	Object         string         `json:"object"`
	Amount         int64          `json:"amount"`
	Currency       string         `json:"currency"`
	Status         string         `json:"status"`
	Created        int64          `json:"created"`
	Livemode       bool           `json:"livemode"`
	AmountCaptured int64          `json:"amount_captured"`
	AmountRefunded int64          `json:"amount_refunded"`
	PaymentIntent  string         `json:"payment_intent"`
	PaymentMethod  *string        `json:"payment_method"`
	FailureCode    *string        `json:"failure_code"`
	FailureMessage *string        `json:"failure_message"`
	Metadata       map[string]any `json:"metadata"`
}

// Statuses of charges and refunds. Source: G1, create a refund; G2, charges.
const (
	statusSucceeded = "succeeded"
	statusFailed    = "failed"
)

// charges is the kind of the charges.
func charges() kind[*charge] {
	return kind[*charge]{catalog: catalogCharges, noun: objectCharge, path: pathCharges}
}

const pathCharges = "/v1/charges"

func (c *charge) key() string { return c.ID }

// Listing implements sandbox.Listed.
//
// Source: G2, the url of a payment intent's charges.
func (c *charge) Listing() sandbox.Listing {
	return sandbox.Listing{Terms: []checkout.Term{{Field: "payment_intent", Value: c.PaymentIntent}}}
}

// refund is a refund on the wire.
//
// Source: G1, create a refund.
// Assumed: it succeeds at once.
type refund struct {
	ID            string         `json:"id"`
	Object        string         `json:"object"`
	Amount        int64          `json:"amount"`
	Currency      string         `json:"currency"`
	PaymentIntent string         `json:"payment_intent"`
	Status        string         `json:"status"`
	Created       int64          `json:"created"`
	Livemode      bool           `json:"livemode"`
	Charge        *string        `json:"charge"`
	Reason        *string        `json:"reason"`
	Metadata      map[string]any `json:"metadata"`
}

// refunds is the kind of the refunds.
func refunds() kind[*refund] {
	return kind[*refund]{catalog: catalogRefunds, noun: objectRefund, path: "/v1/refunds"}
}

func (f *refund) key() string { return f.ID }

// Listing implements sandbox.Listed.
//
// Source: G1, list refunds.
func (f *refund) Listing() sandbox.Listing {
	return sandbox.Listing{Terms: []checkout.Term{{Field: "payment_intent", Value: f.PaymentIntent}}}
}

// refundParams is the body of a refund; an intent of the path stands in its own place.
//
// Source: G1, create a refund; G2, refund a payment intent.
type refundParams struct {
	PaymentIntent string                        `json:"payment_intent"`
	Amount        wire.Optional[int64]          `json:"amount"`
	Reason        wire.Optional[string]         `json:"reason"`
	Metadata      wire.Optional[map[string]any] `json:"metadata"`
}

// createRefund gives money back: by default all that is left.
func createRefund(tx *sandbox.Tx, _ *api.Request, in refundParams) (any, error) {
	return in.refund(tx, find[intent](tx, catalogIntents, in.PaymentIntent)), nil
}

// refundIntent is createRefund for the payment intent that the path names.
func refundIntent(tx *sandbox.Tx, r *api.Request, in refundParams) (any, error) {
	it, err := intents().named(tx, r)
	if err != nil {
		return nil, err
	}
	return in.refund(tx, it), nil
}

func (in refundParams) refund(tx *sandbox.Tx, it *intent) *refund {
	c := *find[charge](tx, catalogCharges, it.Charge)
	f := &refund{
		ID: newID(tx, kindRefund, "ref_"), Object: "refund", Amount: in.Amount.Or(c.AmountCaptured - c.AmountRefunded), Currency: c.Currency,
		PaymentIntent: it.ID, Status: statusSucceeded, Created: tx.Now().Unix(), Charge: &c.ID, Reason: in.Reason.Ptr(),
		Metadata: merged(nil, in.Metadata),
	}
	c.AmountRefunded += f.Amount
	tx.Put(catalogCharges, c.ID, &c)
	tx.Put(catalogRefunds, f.ID, f)
	emitRefunded(tx, it, &c)
	return f
}

// refundFaults: only what was captured, and not yet given back, can be given back.
//
// Source: G3, refunds: a 400 for an amount above what is left.
// Assumed: the words; an unknown payment intent is a 400, as other objects that a body names.
func refundFaults(tx *sandbox.Tx, r *api.Request) []checkout.Violation {
	in, id := checkout.InPath, r.Param(paramID)
	path := []any{paramID}
	if r.Operation == opCreateRefund {
		var ok bool
		in, path = checkout.InBody, []any{"payment_intent"}
		if id, ok = wire.Lookup(r.Body, path).(string); !ok {
			return nil
		}
	}
	it := find[intent](tx, catalogIntents, id)
	if it == nil {
		if in == checkout.InPath {
			return nil // a 404
		}
		return []checkout.Violation{*unknown(path, objectIntent, id)}
	}
	left := int64(0)
	if c := find[charge](tx, catalogCharges, it.Charge); c != nil {
		left = c.AmountCaptured - c.AmountRefunded
	}
	var fault *checkout.Violation
	if amount, ok := bound[int64](wire.Lookup(r.Body, []any{"amount"})); left == 0 {
		fault = invalid(path, id, "names a PaymentIntent with nothing to refund; its status is `"+it.Status+"`")
		fault.In = in
	} else if ok && amount > left {
		fault = invalid([]any{"amount"}, amount, fmt.Sprintf("must be at most %d, which is left to refund", left))
	}
	if fault == nil {
		return nil
	}
	return []checkout.Violation{*fault}
}

// updateRefund changes the metadata of a refund.
//
// Source: G3, refunds, update.
func updateRefund(tx *sandbox.Tx, r *api.Request, in metadataParams) (any, error) {
	old, err := refunds().named(tx, r)
	if err != nil {
		return nil, err
	}
	f := *old
	f.Metadata = merged(f.Metadata, in.Metadata)
	tx.Put(catalogRefunds, f.ID, &f)
	return &f, nil
}
