package bias

import (
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Statuses of a payment.
//
// Source: docs.biaspay.com, payments, for succeeded. Assumed: the others.
const (
	paymentProcessing = "processing"
	paymentHeld       = "requires_capture"
	paymentSucceeded  = "succeeded"
	paymentFailed     = "failed"
	paymentCanceled   = "canceled"
)

var paymentStatuses = []string{paymentProcessing, paymentHeld, paymentSucceeded, paymentFailed, paymentCanceled}

// When a payment is captured.
//
// Source: docs.biaspay.com, payments, for the first. Assumed: the second.
const (
	captureAutomatic = "automatic"
	captureManual    = "manual"
)

// payment is one attempt to pay a session, or without one. It never changes; each step puts a new one in
// its place.
type payment struct {
	Id          string `json:"id,omitzero"`
	CreatedAt   int64  `json:"created_at,omitzero"` // milliseconds
	Amount      int64  `json:"amount,omitzero"`     // cents, as the next three
	Capturable  int64  `json:"capturable,omitzero"`
	Received    int64  `json:"received,omitzero"`
	Refunded    int64  `json:"refunded,omitzero"`
	Manual      bool   `json:"manual,omitzero"` // it is captured by a call of its own
	Customer    string `json:"customer,omitzero"`
	Invoice     string `json:"invoice,omitzero"`
	Method      string `json:"method,omitzero"`
	Session     string `json:"session,omitzero"`
	Status      string `json:"status,omitzero"`
	DeclineCode string `json:"decline_code,omitzero"`

	Description *string           `json:"description,omitzero"`
	Statement   *string           `json:"statement,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// Listing implements sandbox.Listed.
func (p *payment) Listing() sandbox.Listing {
	return listing(filterStatus, p.Status, filterCustomer, p.Customer, filterSession, p.Session, filterInvoice, p.Invoice,
		filterMethod, p.Method, filterCapture, p.captureMethod())
}

func (p *payment) created() (string, int64) { return p.Id, p.CreatedAt }

func (p *payment) captureMethod() string {
	if p.Manual {
		return captureManual
	}
	return captureAutomatic
}

// paymentObject is a payment on the wire.
//
// Source: docs.biaspay.com, payments, for the members. Assumed: their order after created_at, and
// that the target generation has invoice.
type paymentObject struct {
	Object              string            `json:"object"`
	ID                  string            `json:"id"`
	Live                bool              `json:"live"`
	CreatedAt           int64             `json:"created_at"`
	Amount              int64             `json:"amount"`
	AmountCapturable    int64             `json:"amount_capturable"`
	AmountReceived      int64             `json:"amount_received"`
	AmountRefunded      int64             `json:"amount_refunded"`
	CaptureMethod       string            `json:"capture_method"`
	Customer            any               `json:"customer"`
	Description         *string           `json:"description"`
	Dispute             *string           `json:"dispute"`
	Invoice             any               `json:"invoice"`
	Metadata            map[string]string `json:"metadata"`
	PaymentError        *paymentError     `json:"payment_error"`
	PaymentMethod       any               `json:"payment_method"`
	Session             any               `json:"session"`
	StatementDescriptor *string           `json:"statement_descriptor"`
	Status              string            `json:"status"`
}

// paymentError says why a payment failed.
//
// Assumed: that it has the members of a payment_error.
type paymentError struct {
	Type        string  `json:"type"`
	Code        *string `json:"code"`
	Message     string  `json:"message"`
	Param       *string `json:"param"`
	DeclineCode *string `json:"decline_code"`
}

// newPaymentObject returns a payment with nothing expanded.
func newPaymentObject(p *payment) paymentObject {
	out := paymentObject{
		Object:              "payment",
		ID:                  p.Id,
		CreatedAt:           p.CreatedAt,
		Amount:              p.Amount,
		AmountCapturable:    p.Capturable,
		AmountReceived:      p.Received,
		AmountRefunded:      p.Refunded,
		CaptureMethod:       p.captureMethod(),
		Customer:            orNull(p.Customer),
		Description:         p.Description,
		Invoice:             orNull(p.Invoice),
		Metadata:            notNull(p.Metadata),
		PaymentMethod:       orNull(p.Method),
		Session:             orNull(p.Session),
		StatementDescriptor: p.Statement,
		Status:              p.Status,
	}
	if p.Status == paymentFailed {
		out.PaymentError = &paymentError{Type: typePayment, Message: declineText(p.DeclineCode)}
		if p.DeclineCode != "" {
			out.PaymentError.DeclineCode = &p.DeclineCode
		}
	}
	return out
}

// declineText is what the customer may be shown.
//
// Assumed: the wording.
func declineText(code string) string {
	switch code {
	case "insufficient_funds":
		return "The payment method has insufficient funds."
	case "expired_card":
		return "The card has expired."
	case "incorrect_cvc":
		return "The security code of the card is incorrect."
	default:
		return "The payment was declined."
	}
}

// newPayment starts a payment of a session, by the method that the browser sent with it, else by a
// card. A method is saved where it was sent to be, and where the session is there for that.
//
// Source: docs.biaspay.com, payment methods and checkout sessions, mode.
func newPayment(tx *sandbox.Tx, s *checkout.Session) *payment {
	d := detailOf(s)
	m := paymentMethod{Type: methodCard}
	if d.PaysWith != nil {
		m = *d.PaysWith
	}
	m.Active = m.Active || d.Mode == modeSetup
	id := m.saved(tx, s.Customer.ID).ID
	return &payment{
		Id: newID(tx, kindPayment, prefixPayment), CreatedAt: tx.Now().UnixMilli(),
		Amount: toPay(s, m.Type), Customer: s.Customer.ID, Invoice: d.Invoice, Method: id, Session: s.ID,
		Status: paymentProcessing,
	}
}
