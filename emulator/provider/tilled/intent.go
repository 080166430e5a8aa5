package tilled

import (
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// intent is the payment intent that is made together with a session. Its amount and currency are
// the session's.
//
// Source: vendor OpenAPI document, CheckoutSession.payment_intent_id is required from creation on.
type intent struct {
	ID          string            `json:"id,omitzero"`
	Status      string            `json:"status,omitzero"`       // one of intentStatuses
	LastError   string            `json:"last_error,omitzero"`   // decline code of the last refused payment; "" when there is none
	Metadata    map[string]string `json:"metadata,omitzero"`     // from payment_intent_data; nil when there is none
	PlatformFee *int64            `json:"platform_fee,omitzero"` // minor units, at most the amount; nil when there is none
}

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

// react does what the provider does at an event: the payment intent follows its session, and a
// payment without a customer makes one.
//
// Source: vendor OpenAPI document, CheckoutSessionCreateParams.customer_email: a customer object is
// created.
// Assumed: that happens when the payment starts, once for each session.
func react(tx *sandbox.Tx, _ checkout.Event, s *checkout.Session) {
	d := *s.Detail.(*detail)
	d.Intent.Status, d.Intent.LastError = intentStatuses[s.Status], s.DeclineCode
	s.Detail = &d
	if statuses[s.Status] == "complete" && s.Customer.ID == "" {
		s.Customer = buyer(tx, s)
		s.Terms = terms(s)
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
