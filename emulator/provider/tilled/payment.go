package tilled

import (
	"time"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// paymentIntent is a payment intent on the wire.
//
// Source: vendor OpenAPI document, PaymentIntent; recorded answers for the amounts: what is not paid
// can be captured as a whole.
type paymentIntent struct {
	AccountID                 string            `json:"account_id"`
	Amount                    int64             `json:"amount"`
	AmountCapturable          int64             `json:"amount_capturable"`
	AmountReceived            int64             `json:"amount_received"`
	CanceledAt                *string           `json:"canceled_at"`
	CancellationReason        *string           `json:"cancellation_reason"`
	CaptureMethod             string            `json:"capture_method"`
	Charges                   []chargeObject    `json:"charges"`
	ClientSecret              string            `json:"client_secret"`
	CreatedAt                 string            `json:"created_at"`
	Currency                  string            `json:"currency"`
	Customer                  *customer         `json:"customer"`
	ID                        string            `json:"id"`
	LastPaymentError          *paymentError     `json:"last_payment_error"`
	Level3                    *level3           `json:"level3"`
	Metadata                  map[string]string `json:"metadata"`
	OccurrenceType            *string           `json:"occurrence_type"`
	PaymentMethod             *paymentMethod    `json:"payment_method"`
	PaymentMethodTypes        []string          `json:"payment_method_types"`
	PlatformFeeAmount         *int64            `json:"platform_fee_amount"`
	StatementDescriptorSuffix *string           `json:"statement_descriptor_suffix"`
	Status                    string            `json:"status"`
	SubscriptionID            *string           `json:"subscription_id"`
	UpdatedAt                 string            `json:"updated_at"`
}

// paymentError is why the last payment was refused. Source: vendor OpenAPI document, PaymentIntentError.
type paymentError struct {
	ChargeID string  `json:"charge_id"`
	Code     *string `json:"code"`
	Message  string  `json:"message"`
}

// reasonAutomatic is why the intent of an expired session is canceled, and one whose hold ran out.
//
// Source: vendor OpenAPI document, PaymentIntent.cancellation_reason: made by Tilled itself.
const reasonAutomatic = "automatic"

// The ways of capturing a payment. Source: vendor OpenAPI document, PaymentIntent.capture_method.
const (
	captureAutomatic = "automatic"
	captureManual    = "manual"
)

func newPaymentIntent(of picture) paymentIntent {
	p := of.payment
	out := paymentIntent{
		AccountID: p.Account, Amount: p.Amount, AmountCapturable: p.Amount, CancellationReason: wire.OrNull(p.Reason), CaptureMethod: captureAutomatic,
		Charges: []chargeObject{}, ClientSecret: p.ClientSecret, CreatedAt: wire.Millis(p.CreatedAt), Currency: p.Currency, Customer: of.buyer,
		ID: p.ID, Level3: p.Level3, Metadata: p.Metadata, OccurrenceType: wire.OrNull(p.Occurrence), PaymentMethodTypes: p.Methods,
		PlatformFeeAmount: p.PlatformFee, StatementDescriptorSuffix: wire.OrNull(p.Suffix), Status: p.Status, UpdatedAt: wire.Millis(p.UpdatedAt),
	}
	if p.Manual {
		out.CaptureMethod = captureManual
	}
	if of.with != nil {
		out.PaymentMethod = &of.with.Object
	}
	for i := range p.Charges {
		out.Charges = append(out.Charges, newCharge(p, &p.Charges[i]))
	}
	switch p.Status {
	case intentSucceeded:
		out.AmountCapturable, out.AmountReceived = 0, p.paid().Captured
	case intentCanceled:
		out.AmountCapturable, out.CanceledAt = 0, moment(p.Canceled)
	}
	if f := p.Failure; f != nil {
		out.LastPaymentError = &paymentError{ChargeID: f.Charge, Code: wire.OrNull(f.Code), Message: messageDeclined}
	}
	return out
}

// chargeObject is a charge on the wire.
//
// Source: vendor OpenAPI document, Charge.
// Assumed: balance_transaction is null, as it was recorded.
type chargeObject struct {
	AmountCaptured     int64          `json:"amount_captured"`
	AmountRefunded     int64          `json:"amount_refunded"`
	BalanceTransaction any            `json:"balance_transaction"`
	Captured           bool           `json:"captured"`
	CapturedAt         *string        `json:"captured_at"`
	CreatedAt          string         `json:"created_at"`
	FailedAt           *string        `json:"failed_at"`
	FailureCode        *string        `json:"failure_code"`
	FailureMessage     *string        `json:"failure_message"`
	ID                 string         `json:"id"`
	PaymentIntentID    string         `json:"payment_intent_id"`
	PaymentMethodID    string         `json:"payment_method_id"`
	PlatformFee        *platformFee   `json:"platform_fee"`
	Refunded           bool           `json:"refunded"`
	Refunds            []refundObject `json:"refunds"`
	Status             string         `json:"status"`
	UpdatedAt          string         `json:"updated_at"`
}

func newCharge(p *payment, c *charge) chargeObject {
	out := chargeObject{
		AmountCaptured: c.Captured, AmountRefunded: c.refunded(), CreatedAt: wire.Millis(c.CreatedAt), ID: c.ID, PaymentIntentID: p.ID,
		PaymentMethodID: c.Method, PlatformFee: newFee(p, c), Refunds: make([]refundObject, len(c.Refunds)), Status: c.Status, UpdatedAt: wire.Millis(c.UpdatedAt),
	}
	for i, r := range c.Refunds {
		out.Refunds[i] = newRefund(r)
	}
	out.Refunded = len(c.Refunds) > 0 && out.AmountRefunded == p.Amount
	if !c.CapturedAt.IsZero() {
		out.Captured, out.CapturedAt = true, moment(c.CapturedAt)
	}
	if c.Status == chargeFailed {
		out.FailedAt, out.FailureCode, out.FailureMessage = moment(c.UpdatedAt), wire.OrNull(c.Failure), new(messageDeclined)
	}
	return out
}

func moment(at time.Time) *string { return wire.OrNull(wire.Millis(at)) }
