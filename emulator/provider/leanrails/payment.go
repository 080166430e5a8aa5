package leanrails

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// sessionIntent makes the payment intent of a session that is being made.
func (in paymentIntentParams) sessionIntent(tx *sandbox.Tx, s *checkout.Session) *intent {
	id := newID(tx, kindIntent, "pi_")
	return &intent{
		ID: id, ClientSecret: newSecret(tx, kindIntentSecret, id), Session: s.ID, Status: intentNeedsMethod,
		Amount: s.Amount, Currency: s.Currency, Created: tx.Now().Unix(), Customer: s.Customer.ID,
		Manual:              in.CaptureMethod.Value == captureManual,
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
	old := find[intent](tx, catalogIntents, d.Intent)
	if ev.Type == checkout.SessionCreated || ev.Type == checkout.SessionCanceled || tx.Passing() || old == nil {
		return
	}
	it := *old
	dropped := it.Status == intentCanceled // by an operation of its own, which ends the session, too
	follow(tx, ev, s, &d, &it)
	if ev.Type == checkout.SessionSucceeded {
		d.Details = buyer(tx, s, &d)
		s.Customer.Email, s.Customer.Name = *d.Details.Email, *d.Details.Name
		if s.Customer.ID == "" && (d.Creation == creationAlways || d.Recurring) {
			s.Customer.ID = newCustomer(tx, d.Details)
		}
		it.Customer = s.Customer.ID
		countOpening(tx, d.Link)
	}
	d.Method, d.Challenge = "", false
	s.Detail = &d
	tx.Put(catalogIntents, it.ID, &it)
	if dropped && ev.Type == checkout.SessionFailed {
		s.ExpiresAt = tx.Now() // falls due before anybody looks
		return
	}
	for _, eventType := range sent[ev.Type] {
		emit(tx, eventType, s, &it)
	}
}

// follow changes a session's payment intent as the session has changed.
func follow(tx *sandbox.Tx, ev checkout.Event, s *checkout.Session, d *detail, it *intent) {
	switch ev.Type {
	case checkout.SessionConfirmed:
		it.Method = cmp.Or(d.Method, defaultMethod)
		it.Status = intentProcessing
		if d.Challenge {
			it.Status = intentNeedsAction
		} else if it.Manual {
			it.authorize(tx)
		}
	case checkout.SessionSucceeded:
		it.Method = cmp.Or(d.Method, it.Method, defaultMethod)
		if s.Amount == 0 {
			it.Method = ""
		}
		it.capture(tx, cmp.Or(it.ToCapture, s.Amount))
	case checkout.PaymentDeclined, checkout.SessionFailed:
		if it.Status != intentCanceled {
			it.Method = cmp.Or(d.Method, it.Method, methodFor(s.DeclineCode))
			it.refuse(tx, s.DeclineCode)
		}
	case checkout.SessionExpired:
		if it.Status != intentCanceled {
			it.cancel(tx, nil)
		}
	case checkout.SessionForced:
		force(tx, s, it)
	}
}

// force puts the payment intent where its session was forced to. Money that was taken stays taken, so that
// a session which is forced open and paid again has been paid twice.
func force(tx *sandbox.Tx, s *checkout.Session, it *intent) {
	switch want := intentStatuses[s.Status]; {
	case want == it.Status:
	case want == intentSucceeded:
		it.Method = cmp.Or(it.Method, defaultMethod)
		it.capture(tx, s.Amount)
	case want == intentCanceled:
		it.cancel(tx, nil)
	default:
		it.Status = want
	}
}

// defaultMethod is the payment method of whoever pays without naming one.
//
// Assumed: by the control API one is not named.
const defaultMethod = "pm_card_visa"

// methodFor is the test payment method that is declined with a code.
func methodFor(code string) string {
	for _, in := range instruments {
		if in.Code == code && code != "" {
			return in.Value
		}
	}
	return "pm_card_declined"
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
