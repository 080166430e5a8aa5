package tilled

import (
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// intent is the payment intent that is made together with a session. Its amount and currency are
// the session's.
//
// Source: vendor OpenAPI document, CheckoutSession.payment_intent_id is required from creation on.
type intent struct {
	ID           string            `json:"id,omitzero"`
	ClientSecret string            `json:"client_secret,omitzero"`
	Status       string            `json:"status,omitzero"`       // one of intentStatuses
	LastError    string            `json:"last_error,omitzero"`   // decline code of the last refused payment; "" when there is none
	Metadata     map[string]string `json:"metadata,omitzero"`     // from payment_intent_data; nil when there is none
	PlatformFee  *int64            `json:"platform_fee,omitzero"` // minor units, at most the amount; nil when there is none
	Charges      []charge          `json:"charges,omitzero"`      // attempts to pay, by age
	CanceledAt   time.Time         `json:"canceled_at,omitzero"`  // zero while it is not canceled
}

// charge is one attempt to pay a payment intent.
type charge struct {
	ID        string    `json:"id,omitzero"`
	Method    string    `json:"method,omitzero"`  // id of the payment method, which has no object here
	Status    string    `json:"status,omitzero"`  // one of those below
	Failure   string    `json:"failure,omitzero"` // decline code; "" when it did not fail
	CreatedAt time.Time `json:"created_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"` // when it got its status
}

// The statuses of a charge.
//
// Source: vendor OpenAPI document, Charge.status.
const (
	chargePending   = "pending"
	chargeSucceeded = "succeeded"
	chargeFailed    = "failed"
)

// secretLength is how long a client secret is behind its prefix. Source: recorded answers.
const secretLength = 25

// intentStatuses has the status of the payment intent for each status of its session.
//
// Source: vendor OpenAPI document, PaymentIntent.status.
// Assumed: the intent of an expired session is canceled.
var intentStatuses = map[checkout.Status]string{
	checkout.Open:      "requires_payment_method",
	checkout.Confirmed: "processing",
	checkout.Succeeded: "succeeded",
	checkout.Failed:    "requires_payment_method",
	checkout.Expired:   "canceled",
}

// react does what the provider does at an event: the payment intent and its charges follow the session,
// and a payment without a customer makes one. Then it sends what the provider sends.
//
// Source: vendor OpenAPI document, CheckoutSessionCreateParams.customer_email: a customer object is
// created.
// Assumed: that happens when the payment starts, once for each session.
func react(tx *sandbox.Tx, ev checkout.Event, s *checkout.Session) {
	d := *s.Detail.(*detail)
	d.Intent.Status, d.Intent.LastError = intentStatuses[s.Status], s.DeclineCode
	if s.Status == checkout.Expired && d.Intent.CanceledAt.IsZero() {
		d.Intent.CanceledAt = tx.Now()
	}
	status := chargeStatuses[ev.Type]
	if ev.Type == checkout.SessionForced {
		status = forcedCharges[s.Status]
	}
	if status != "" {
		d.Intent.charge(tx, status)
	}
	s.Detail = &d
	if statuses[s.Status] == "complete" && s.Customer.ID == "" {
		s.Customer = buyer(tx, s)
		s.Terms = terms(s)
		emit(tx, eventCustomerCreated, s)
	}
	if ev.Type == checkout.SessionConfirmed && tx.Passing() {
		return // a card that pays at once never was in flight
	}
	for _, eventType := range sent[ev.Type] {
		emit(tx, eventType, s)
	}
}

// chargeStatuses has what an event makes of the payment's charge.
var chargeStatuses = map[checkout.EventType]string{
	checkout.SessionConfirmed: chargePending,
	checkout.SessionSucceeded: chargeSucceeded,
	checkout.SessionFailed:    chargeFailed,
	checkout.PaymentDeclined:  chargeFailed,
}

// forcedCharges has what a forced status makes of it.
var forcedCharges = map[checkout.Status]string{
	checkout.Confirmed: chargePending, checkout.Succeeded: chargeSucceeded, checkout.Failed: chargeFailed,
}

// charge moves the charge that is pending, or makes one.
func (in *intent) charge(tx *sandbox.Tx, status string) {
	in.Charges = slices.Clone(in.Charges)
	n := len(in.Charges)
	if n == 0 || in.Charges[n-1].Status != chargePending {
		in.Charges = append(in.Charges, charge{ID: newID(tx, kindCharge, "ch_"), Method: newID(tx, kindMethod, "pm_"), CreatedAt: tx.Now()})
		n++
	}
	c := &in.Charges[n-1]
	c.Status, c.UpdatedAt = status, tx.Now()
	if status == chargeFailed {
		c.Failure = in.LastError
	}
}

// buyer makes the customer of a session that is being paid. Who gave no e-mail address beforehand
// was asked for it on the page; where nobody was asked it is invented.
func buyer(tx *sandbox.Tx, s *checkout.Session) checkout.Customer {
	if email := s.Customer.Email; email != "" {
		c := newCustomer(tx, s.Account, email, nil, nil)
		return checkout.Customer{ID: c.ID, Email: email}
	}
	f := tx.Faker(kindBuyer)
	first, last := f.FirstName(), f.LastName()
	email := strings.ToLower(first + "." + last + "@example.com")
	c := newCustomer(tx, s.Account, email, &first, &last)
	return checkout.Customer{ID: c.ID, Email: email, Name: c.fullName()}
}
