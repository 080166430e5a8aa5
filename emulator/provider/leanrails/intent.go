package leanrails

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// intent is the payment intent of a session. Its amount and currency are the session's.
//
// Source: G1, payment intents; G2, checkout sessions: the session makes it.
type intent struct {
	ID                  string         `json:"id,omitzero"`
	ClientSecret        string         `json:"client_secret,omitzero"`
	Status              string         `json:"status,omitzero"`     // one of intentStatuses
	LastError           string         `json:"last_error,omitzero"` // decline code of the last refused payment; "" when there is none
	CaptureMethod       string         `json:"capture_method,omitzero"`
	Description         *string        `json:"description,omitzero"`
	StatementDescriptor *string        `json:"statement_descriptor,omitzero"`
	ApplicationFee      *int64         `json:"application_fee,omitzero"` // minor units
	Metadata            map[string]any `json:"metadata,omitzero"`
	CanceledAt          time.Time      `json:"canceled_at,omitzero"` // zero while it is not cancelled
}

// intentStatuses has the status of the payment intent for each status of its session.
//
// Source: G1, payment intents; G3, checkout: the intent of an expired session is cancelled.
// Assumed: processing and canceled, which no page of G1 or G2 shows.
var intentStatuses = map[checkout.Status]string{
	checkout.Open:      "requires_payment_method",
	checkout.Confirmed: "processing",
	checkout.Succeeded: "succeeded",
	checkout.Failed:    "requires_payment_method",
	checkout.Expired:   "canceled",
}

// intent is the payment intent that a body asks for.
func (in paymentIntentParams) intent(tx *sandbox.Tx) intent {
	id := newID(tx, kindIntent, "pi_")
	return intent{
		ID:                  id,
		ClientSecret:        newSecret(tx, kindIntentSecret, id),
		CaptureMethod:       in.CaptureMethod.Or(captureAutomatic),
		Description:         in.Description.Ptr(),
		StatementDescriptor: in.StatementDescriptor.Ptr(),
		ApplicationFee:      in.ApplicationFeeAmount.Ptr(),
		Metadata:            in.Metadata,
	}
}

// react does what the provider does at an event: the payment intent follows its session, and a
// session that was paid knows its buyer. Then it sends what the provider sends.
//
// Source: inferred from G1, checkout session, customer_details and customer_creation.
// Assumed: a customer is required when a line item recurs.
func react(tx *sandbox.Tx, ev checkout.Event, s *checkout.Session) {
	d := *s.Detail.(*detail)
	d.Intent.Status, d.Intent.LastError = intentStatuses[s.Status], s.DeclineCode
	if s.Status == checkout.Expired && d.Intent.CanceledAt.IsZero() {
		d.Intent.CanceledAt = tx.Now()
	}
	if ev.Type == checkout.SessionSucceeded {
		d.Details = buyer(tx, s, &d)
		s.Customer.Email, s.Customer.Name = *d.Details.Email, *d.Details.Name
		if s.Customer.ID == "" && (d.Creation == creationAlways || d.Recurring) {
			s.Customer.ID = newCustomer(tx, d.Details)
		}
	}
	s.Detail = &d
	for _, eventType := range sent[ev.Type] {
		emit(tx, eventType, s)
	}
}

// buyer is what the page asked of whoever paid. Where nobody typed it there, what neither the merchant
// nor the customer's own object knows is invented.
//
// Assumed: an address is asked for as a whole when it is required, else country and postal code.
func buyer(tx *sandbox.Tx, s *checkout.Session, d *detail) *customerDetails {
	f := tx.Faker(kindBuyer)
	first, last := f.FirstName(), f.LastName()
	if d.Entered != nil {
		return d.Entered
	}
	known := find[customer](tx, catalogCustomers, s.Customer.ID)
	if known == nil {
		known = &customer{}
	}
	out := &customerDetails{
		Email:   cmp.Or(d.CustomerEmail, known.Email, new(strings.ToLower(first+"."+last+"@example.com"))),
		Name:    cmp.Or(known.Name, new(first+" "+last)),
		Phone:   known.Phone,
		Address: address{Country: new("US"), PostalCode: new(f.Zip())},
	}
	if d.Billing == billingRequired {
		out.Address.Line1, out.Address.Line2 = new(f.Street()), new(fmt.Sprintf("Apt. %d", f.Number(1, 99)))
		out.Address.City, out.Address.State = new(f.City()), new(f.StateAbr())
	}
	return out
}

// newCustomer puts the buyer into the catalog and returns the id.
func newCustomer(tx *sandbox.Tx, details *customerDetails) string {
	c := &customer{
		ID: newID(tx, kindCustomer, "cus_"), Object: "customer", Created: tx.Now().Unix(), MerchantID: merchantID,
		Email: details.Email, Name: details.Name, Phone: details.Phone, Metadata: map[string]any{},
	}
	tx.Put(catalogCustomers, c.ID, c)
	return c.ID
}

// paymentIntent is a payment intent on the wire.
//
// Source: G1, list payment intents, the members.
// Assumed: their order; metadata is {} when none was sent; the intents of sessions are confirmed
// automatically. charges and payment_method are null: neither has an object here.
type paymentIntent struct {
	ID                 string         `json:"id"`
	Object             string         `json:"object"`
	Amount             int64          `json:"amount"`
	Currency           string         `json:"currency"`
	Status             string         `json:"status"`
	Created            int64          `json:"created"`
	Livemode           bool           `json:"livemode"`
	AmountReceived     int64          `json:"amount_received"`
	CaptureMethod      string         `json:"capture_method"`
	ConfirmationMethod string         `json:"confirmation_method"`
	Customer           *string        `json:"customer"`
	PaymentMethod      *string        `json:"payment_method"`
	Description        *string        `json:"description"`
	Metadata           map[string]any `json:"metadata"`
	MerchantID         string         `json:"merchant_id"`
	ClientSecret       string         `json:"client_secret"`
	LastPaymentError   *paymentError  `json:"last_payment_error"`
	Charges            any            `json:"charges"`
	CanceledAt         *int64         `json:"canceled_at"`
	CancellationReason *string        `json:"cancellation_reason"`
}

// paymentError is why the last payment was refused.
//
// Source: G1, payment intents, for the first, second and last member.
// Assumed: decline_code, as in the error of the same decline (G2).
type paymentError struct {
	Type        string `json:"type"`
	Code        string `json:"code"`
	DeclineCode string `json:"decline_code"`
	Message     string `json:"message"`
}

func newPaymentIntent(s checkout.Session) paymentIntent {
	in := s.Detail.(*detail).Intent
	out := paymentIntent{
		ID: in.ID, Object: "payment_intent", Amount: s.Amount, Currency: s.Currency, Status: in.Status, Created: s.CreatedAt.Unix(),
		CaptureMethod: in.CaptureMethod, ConfirmationMethod: captureAutomatic, Customer: text(s.Customer.ID), Description: in.Description,
		Metadata: in.Metadata, MerchantID: merchantID, ClientSecret: in.ClientSecret,
	}
	if s.Status == checkout.Succeeded {
		out.AmountReceived = s.Amount
	}
	if out.Metadata == nil {
		out.Metadata = map[string]any{}
	}
	if in.LastError != "" {
		out.LastPaymentError = &paymentError{Type: typePayment, Code: codeDeclined, DeclineCode: in.LastError, Message: messageDeclined}
	}
	if !in.CanceledAt.IsZero() {
		out.CanceledAt = new(in.CanceledAt.Unix())
	}
	return out
}
