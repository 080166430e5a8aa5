package bias

import (
	"context"
	"fmt"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// refundSucceeded is the status of a refund.
//
// Source: the documented sample. Assumed: that it is so at once, and that none fails here.
const refundSucceeded = "succeeded"

// refund is a refund on the wire. Payment may hold an expanded payment.
//
// Source: docs.biaspay.com, refunds.
type refund struct {
	Object       string  `json:"object"`
	ID           string  `json:"id"`
	Live         bool    `json:"live"`
	CreatedAt    int64   `json:"created_at"`
	Amount       int64   `json:"amount"`
	FailedReason *string `json:"failed_reason"`
	Payment      any     `json:"payment"`
	Status       string  `json:"status"`
}

// Listing implements sandbox.Listed.
func (f *refund) Listing() sandbox.Listing {
	payment, _ := f.Payment.(string)
	return listing(filterPayment, payment, filterStatus, f.Status)
}

func (f *refund) created() (string, int64) { return f.ID, f.CreatedAt }

// refundParams is the body of a creation.
//
// Source: docs.biaspay.com, refunds: "part or all of a settled payment".
// Assumed: the names of the parameters, and that without an amount all that is left goes back.
type refundParams struct {
	Payment string `json:"payment"`
	Amount  *int64 `json:"amount"`
}

// createRefund gives money of a payment back.
//
// Assumed: a payment that was not received, or not that much of it, is an invalid request; what a session
// collected stays what it was, as that is documented as the sum of its successful payments.
func (b *Bias) createRefund(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, in refundParams) (*refund, error) {
		old := c.payment(in.Payment)
		if old == nil {
			return nil, refused(c.faults)
		}
		left := old.Received - old.Refunded
		amount := left
		if in.Amount != nil {
			amount = *in.Amount
		}
		switch {
		case old.Received == 0:
			c.fault(codeState, []any{"payment"}, in.Payment, fmt.Sprintf(messageNotReceived, old.Id, old.Status))
		case left == 0:
			c.fault(codeState, []any{"payment"}, in.Payment, fmt.Sprintf(messageRefunded, old.Id))
		case amount > left:
			c.fault(codeInvalid, []any{"amount"}, amount, fmt.Sprintf(messageOverRefund, left, old.Id))
		}
		made := &refund{
			Object: "refund", ID: newID(c.tx, kindRefund, prefixRefund), CreatedAt: c.tx.Now().UnixMilli(),
			Amount: amount, Payment: old.Id, Status: refundSucceeded,
		}
		next := *old
		next.Refunded += amount
		c.tx.Put(kindRefund, made.ID, made)
		b.happens(c.tx, eventRefundCreated, made.ID, &subject{Refund: made})
		changePayment(c.tx, eventPaymentUpdated, old, &next)
		return made, nil
	})
}

// payment looks up a payment that a request names.
func (c *completion) payment(id string) *payment {
	p, _ := c.tx.Get(kindPayment, id).(*payment)
	if p == nil {
		c.fault(codeMissing, []any{"payment"}, id, fmt.Sprintf(messageNoObject, "payment", id))
	}
	return p
}
