package tilled

import (
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// payment is a payment intent at one instant, with what it shows of its session and customer.
type payment struct {
	Account   string          `json:"account,omitzero"`
	Amount    int64           `json:"amount,omitzero"`
	Currency  string          `json:"currency,omitzero"`
	Status    checkout.Status `json:"status,omitzero"` // of the session
	Methods   []string        `json:"methods,omitzero"`
	Intent    intent          `json:"intent,omitzero"`
	Customer  *customer       `json:"customer,omitzero"` // nil when there is none
	CreatedAt time.Time       `json:"created_at,omitzero"`
	UpdatedAt time.Time       `json:"updated_at,omitzero"`
}

// paymentOf is the payment of a session as it is now.
func paymentOf(tx *sandbox.Tx, s *checkout.Session) *payment {
	d := s.Detail.(*detail)
	p := &payment{
		Account: s.Account, Amount: s.Amount, Currency: s.Currency, Status: s.Status, Methods: d.Methods, Intent: d.Intent,
		CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
	if s.Customer.ID != "" {
		p.Customer = customerOf(tx, s.Account, s.Customer.ID)
	}
	return p
}

// paymentIntent is a payment intent on the wire.
//
// Source: vendor OpenAPI document, PaymentIntent; recorded answers for the amounts: what is not paid
// can be captured as a whole.
// Assumed: payment_method is null, as payment methods have no object here.
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
	Level3                    any               `json:"level3"`
	Metadata                  map[string]string `json:"metadata"`
	OccurrenceType            *string           `json:"occurrence_type"`
	PaymentMethod             any               `json:"payment_method"`
	PaymentMethodTypes        []string          `json:"payment_method_types"`
	PlatformFeeAmount         *int64            `json:"platform_fee_amount"`
	StatementDescriptorSuffix *string           `json:"statement_descriptor_suffix"`
	Status                    string            `json:"status"`
	SubscriptionID            *string           `json:"subscription_id"`
	UpdatedAt                 string            `json:"updated_at"`
}

// paymentError is why the last payment was refused. Source: vendor OpenAPI document, PaymentIntentError.
type paymentError struct {
	ChargeID string `json:"charge_id"`
	Code     string `json:"code"`
	Message  string `json:"message"`
}

// cancellationReason is why the intent of an expired session is canceled.
//
// Source: vendor OpenAPI document, PaymentIntent.cancellation_reason: made by Tilled itself.
const cancellationReason = "automatic"

func newPaymentIntent(p *payment) paymentIntent {
	in := p.Intent
	out := paymentIntent{
		AccountID: p.Account, Amount: p.Amount, AmountCapturable: p.Amount, CaptureMethod: "automatic", Charges: []chargeObject{},
		ClientSecret: in.ClientSecret, CreatedAt: wire.Millis(p.CreatedAt), Currency: p.Currency, Customer: p.Customer, ID: in.ID,
		Metadata: in.Metadata, PaymentMethodTypes: p.Methods, PlatformFeeAmount: in.PlatformFee, Status: in.Status,
		UpdatedAt: wire.Millis(p.UpdatedAt),
	}
	for i := range in.Charges {
		out.Charges = append(out.Charges, newCharge(p, &in.Charges[i]))
	}
	if p.Status == checkout.Succeeded {
		out.AmountCapturable, out.AmountReceived = 0, p.Amount
	}
	if n := len(in.Charges); in.LastError != "" && n > 0 {
		out.LastPaymentError = &paymentError{ChargeID: in.Charges[n-1].ID, Code: in.LastError, Message: messageDeclined}
	}
	if !in.CanceledAt.IsZero() {
		out.CanceledAt, out.CancellationReason = moment(in.CanceledAt), new(cancellationReason)
		out.AmountCapturable = 0
	}
	return out
}

// chargeObject is a charge on the wire.
//
// Source: vendor OpenAPI document, Charge.
// Assumed: a charge is captured when it succeeds; the fee of the platform is not an object here.
type chargeObject struct {
	AmountCaptured     int64   `json:"amount_captured"`
	AmountRefunded     int64   `json:"amount_refunded"`
	BalanceTransaction any     `json:"balance_transaction"`
	Captured           bool    `json:"captured"`
	CapturedAt         *string `json:"captured_at"`
	CreatedAt          string  `json:"created_at"`
	FailedAt           *string `json:"failed_at"`
	FailureCode        *string `json:"failure_code"`
	FailureMessage     *string `json:"failure_message"`
	ID                 string  `json:"id"`
	PaymentIntentID    string  `json:"payment_intent_id"`
	PaymentMethodID    string  `json:"payment_method_id"`
	PlatformFee        any     `json:"platform_fee"`
	Refunded           bool    `json:"refunded"`
	Refunds            []any   `json:"refunds"`
	Status             string  `json:"status"`
	UpdatedAt          string  `json:"updated_at"`
}

func newCharge(p *payment, c *charge) chargeObject {
	out := chargeObject{
		CreatedAt: wire.Millis(c.CreatedAt), ID: c.ID, PaymentIntentID: p.Intent.ID, PaymentMethodID: c.Method, Refunds: []any{},
		Status: c.Status, UpdatedAt: wire.Millis(c.UpdatedAt),
	}
	switch c.Status {
	case chargeSucceeded:
		out.AmountCaptured, out.Captured, out.CapturedAt = p.Amount, true, moment(c.UpdatedAt)
	case chargeFailed:
		out.FailedAt, out.FailureCode, out.FailureMessage = moment(c.UpdatedAt), wire.OrNull(c.Failure), new(messageDeclined)
	}
	return out
}

func moment(at time.Time) *string { return wire.OrNull(wire.Millis(at)) }
