package bias

import (
	"context"
	"fmt"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// paymentParams is the body of an update.
//
// Assumed: that these are the parameters.
type paymentParams struct {
	Description wire.Optional[string]         `json:"description"`
	Metadata    wire.Optional[metadataParams] `json:"metadata"`
}

func (b *Bias) updatePayment(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, in paymentParams) (*payment, error) {
		old, err := wanted[*payment](b, c.tx, kindPayment, r.Param("id"))
		if err != nil {
			return nil, err
		}
		next := *old
		set(&next.Description, in.Description)
		next.Metadata = mergedTexts(in.Metadata, old.Metadata)
		changePayment(c.tx, eventPaymentUpdated, old, &next)
		return &next, nil
	})
}

// captureParams is the body of a capture.
//
// Assumed: its name.
type captureParams struct {
	Amount *int64 `json:"amount"`
}

// capture collects what a payment holds.
//
// Source: docs.biaspay.com, payments, for capture_method, amount_capturable and amount_received.
// Assumed: the call; a payment is captured once, and what is not captured then is let go.
func (b *Bias) capture(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, in captureParams) (*payment, error) {
		old, err := b.capturable(c.tx, r.Param("id"))
		if err != nil {
			return nil, err
		}
		next := *old
		next.Received = old.Capturable
		if in.Amount != nil {
			next.Received = *in.Amount
		}
		if next.Received > old.Capturable {
			c.fault(codeInvalid, []any{"amount"}, next.Received, fmt.Sprintf(messageOverCapture, old.Capturable, old.Id))
		}
		next.Status, next.Capturable = paymentSucceeded, 0
		changePayment(c.tx, eventPaymentSucceeded, old, &next)
		return &next, nil
	})
}

// cancel lets go what a payment holds.
//
// Assumed: the call, and its status.
func (b *Bias) cancel(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, _ struct{}) (*payment, error) {
		old, err := b.capturable(c.tx, r.Param("id"))
		if err != nil {
			return nil, err
		}
		next := *old
		next.Status, next.Capturable = paymentCanceled, 0
		changePayment(c.tx, eventPaymentCanceled, old, &next)
		return &next, nil
	})
}

// capturable returns a payment that waits to be captured.
func (b *Bias) capturable(tx *sandbox.Tx, id string) (*payment, error) {
	p, err := wanted[*payment](b, tx, kindPayment, id)
	if err == nil && p.Status != paymentHeld {
		err = inState(messagePaymentState, id, p.Status, paymentHeld)
	}
	return p, err
}

// changePayment puts a payment in the place of an old one.
func changePayment(tx *sandbox.Tx, word string, old, next *payment) {
	tx.Put(kindPayment, next.Id, next)
	ofPayment(word, next, old).emit(tx, nil)
}
