package bias

import (
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Statuses of a payment.
//
// Source: docs.biaspay.com, payments, for the second. Assumed: the others.
const (
	paymentProcessing = "processing"
	paymentSucceeded  = "succeeded"
	paymentFailed     = "failed"
)

// payment is one attempt to pay a session. It never changes; each step puts a new one in its place.
type payment struct {
	Id          string `json:"id,omitzero"`
	CreatedAt   int64  `json:"created_at,omitzero"` // milliseconds
	Amount      int64  `json:"amount,omitzero"`     // cents
	Customer    string `json:"customer,omitzero"`
	Invoice     string `json:"invoice,omitzero"`
	Method      string `json:"method,omitzero"`
	Session     string `json:"session,omitzero"`
	Status      string `json:"status,omitzero"`
	DeclineCode string `json:"decline_code,omitzero"`
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
		Object:        "payment",
		ID:            p.Id,
		CreatedAt:     p.CreatedAt,
		Amount:        p.Amount,
		CaptureMethod: "automatic",
		Customer:      orNull(p.Customer),
		Invoice:       orNull(p.Invoice),
		Metadata:      map[string]string{},
		PaymentMethod: orNull(p.Method),
		Session:       orNull(p.Session),
		Status:        p.Status,
	}
	switch p.Status {
	case paymentSucceeded:
		out.AmountReceived = p.Amount
	case paymentFailed:
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

// Types of payment methods.
//
// Source: @biaspay/elements.
const (
	methodCard = "card"
	methodBank = "us_bank_account"
)

// paymentMethod is a payment method on the wire. Customer may hold an expanded customer.
//
// Source: docs.biaspay.com, payment methods, for active, billing_details, card, customer and type.
// Assumed: their order, the members of a card beside its id, and us_bank_account. What was typed in
// is ciphertext, of which nothing is kept.
type paymentMethod struct {
	Object         string         `json:"object"`
	ID             string         `json:"id"`
	Live           bool           `json:"live"`
	CreatedAt      int64          `json:"created_at"`
	Active         bool           `json:"active"`
	BillingDetails billingDetails `json:"billing_details"`
	Card           *card          `json:"card"`
	Customer       any            `json:"customer"`
	Type           string         `json:"type"`
	USBankAccount  *bankAccount   `json:"us_bank_account"`
}

type card struct {
	Object string `json:"object"`
	ID     string `json:"id"`
}

type bankAccount struct {
	AccountType string `json:"account_type"`
}

// newPayment starts a payment of a session, by the method that the browser sent with it, else by a
// card.
func newPayment(tx *sandbox.Tx, s *checkout.Session) *payment {
	m := paymentMethod{Type: methodCard}
	if sent := detailOf(s).PaysWith; sent != nil {
		m = *sent
	}
	m.Object, m.ID, m.CreatedAt, m.Active = "payment_method", newID(tx, kindMethod, prefixMethod), tx.Now().UnixMilli(), true
	m.Customer = orNull(s.Customer.ID)
	if m.Type == methodCard {
		m.Card = &card{Object: "card", ID: newID(tx, kindCard, prefixCard)}
	}
	tx.Put(kindMethod, m.ID, &m)
	return &payment{
		Id: newID(tx, kindPayment, prefixPayment), CreatedAt: tx.Now().UnixMilli(),
		Amount: toPay(s, m.Type), Customer: s.Customer.ID, Invoice: detailOf(s).Invoice, Method: m.ID, Session: s.ID,
		Status: paymentProcessing,
	}
}
