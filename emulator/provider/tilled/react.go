package tilled

import (
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// intentStatuses has the status of the payment intent for each status of its session.
//
// Source: vendor OpenAPI document, PaymentIntent.status.
// Assumed: the intent of an expired session is canceled.
var intentStatuses = map[checkout.Status]string{
	checkout.Open:      intentNeedsMethod,
	checkout.Confirmed: intentProcessing,
	checkout.Succeeded: intentSucceeded,
	checkout.Failed:    intentNeedsMethod,
	checkout.Expired:   intentCanceled,
}

// react does what the provider does at an event: the payment intent and its charges follow the session,
// and a payment without a customer makes one. Then it sends what the provider sends.
//
// Source: vendor OpenAPI document, CheckoutSessionCreateParams.customer_email: a customer object is
// created.
// Assumed: that happens when the payment starts, once for each session.
func react(tx *sandbox.Tx, ev checkout.Event, s *checkout.Session) {
	p := intentByID(tx, s.Detail.(*detail).Intent)
	if p == nil {
		return // nobody but a broken snapshot takes it away
	}
	st := stepOf(tx, p)
	st.session = s
	if ev.Type == checkout.SessionCreated {
		st.emit(eventIntentCreated)
		return
	}
	if statuses[s.Status] == "complete" && s.Customer.ID == "" {
		st.makeBuyer()
	}
	if !st.follow(ev) {
		return
	}
	st.keep()
	if ev.Type == checkout.SessionConfirmed && tx.Passing() {
		return // a card that pays at once never was in flight
	}
	st.emit(sent[ev.Type]...)
}

// follow moves the intent as its session moved; false: it stays as it is.
func (st *step) follow(ev checkout.Event) bool {
	s := st.session
	st.SessionStatus = s.Status
	if st.Customer == "" {
		st.Customer = s.Customer.ID
	}
	switch ev.Type {
	case checkout.SessionConfirmed, checkout.SessionSucceeded, checkout.SessionFailed, checkout.PaymentDeclined:
		st.chooseMethod()
	}
	switch ev.Type {
	case checkout.SessionConfirmed:
		st.begin()
	case checkout.SessionSucceeded:
		st.succeed()
	case checkout.SessionFailed, checkout.PaymentDeclined:
		st.refuse(s.DeclineCode)
	case checkout.SessionExpired:
		st.end()
	case checkout.SessionForced:
		st.force(s.Status)
	default:
		return false
	}
	return true
}

// end cancels the intent of a session that expired. Who canceled the intent itself has said why before.
func (st *step) end() {
	if st.Canceled.IsZero() {
		st.Canceled, st.Reason = st.tx.Now(), reasonAutomatic
	}
	st.Status = intentCanceled
}

// force puts the intent where a forced status has it.
func (st *step) force(to checkout.Status) {
	st.Failure = nil
	switch to {
	case checkout.Open:
		st.Method = ""
	case checkout.Confirmed:
		st.chooseMethod()
		st.begin()
	case checkout.Succeeded:
		st.chooseMethod()
		st.succeed()
	case checkout.Failed:
		st.chooseMethod()
		st.refuse(st.session.DeclineCode)
	case checkout.Expired:
		st.end()
		return
	}
	st.Status, st.Canceled, st.Reason = intentStatuses[to], time.Time{}, ""
}

// chooseMethod makes the payment method of a session that is paid on its page: the test number that was
// typed, else the first that the session offers.
//
// Assumed: it is not attached to the customer, so that nothing else can be paid with it.
func (st *step) chooseMethod() {
	if st.Method != "" {
		return
	}
	d := st.session.Detail.(*detail)
	kind, number := firstNumber(d.Methods)
	if d.With > 0 && d.With <= len(numbers) {
		number = numbers[d.With-1]
		kind = number.method
	}
	m := newMethod(st.tx, st.Account, kind)
	m.Object.show(number, st.tx.Now())
	if c := st.session.Customer; c.Email != "" || c.Name != "" {
		m.Object.BillingDetails = &billingDetails{Email: nonEmpty(c.Email), Name: nonEmpty(c.Name)}
	}
	st.tx.Put(catalogMethods, m.ID, m)
	st.Method = m.ID
}

// makeBuyer makes the customer of a session that is being paid. Who gave no e-mail address beforehand
// was asked for it on the page; where nobody was asked it is invented.
func (st *step) makeBuyer() {
	s := st.session
	email, c := s.Customer.Email, (*customer)(nil)
	if email != "" {
		c = newCustomer(st.tx, s.Account)
		c.Email = &email
	} else {
		f := st.tx.Faker(kindBuyer)
		first, last := f.FirstName(), f.LastName()
		email = strings.ToLower(first + "." + last + "@example.com")
		c = newCustomer(st.tx, s.Account)
		c.Email, c.FirstName, c.LastName = &email, &first, &last
	}
	st.tx.Put(catalogCustomers, c.ID, c)
	s.Customer = checkout.Customer{ID: c.ID, Email: email, Name: c.fullName()}
	emitCustomer(st.tx, eventCustomerCreated, c, s)
}
