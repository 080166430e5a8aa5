package bias

import (
	"math"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// react does what the provider does at an event: payments follow their session, and a session that
// is paid has a customer.
//
// Source: docs.biaspay.com, customer_details: "When the session completes, the created customer will
// inherit these values".
// Assumed: a customer is created only where the session has none, and also when all values are null.
func (b *Bias) react(tx *sandbox.Tx, ev checkout.Event, s *checkout.Session) {
	d := *detailOf(s)
	var happened []happening
	switch ev.Type {
	case checkout.SessionConfirmed:
		p := newPayment(tx, s)
		d.record(tx, p)
		happened = []happening{ofPayment(eventPaymentCreated, p, nil)}
	case checkout.PaymentDeclined:
		p := newPayment(tx, s)
		started := *p
		p.Status, p.DeclineCode = paymentFailed, s.DeclineCode
		d.record(tx, p)
		happened = []happening{ofPayment(eventPaymentCreated, &started, nil), ofPayment(eventPaymentFailed, p, &started)}
	case checkout.SessionSucceeded:
		if s.Customer.ID == "" {
			s.Customer = newCustomer(tx, d.Details)
			happened = append(happened, happening{eventCustomerCreated, s.Customer.ID, b.customerSubject(tx, s.Customer.ID)})
		}
		now, before := d.settle(tx, s, paymentSucceeded)
		happened = append(happened, ofPayment(eventPaymentSucceeded, now, before))
		happened = append(happened, payInvoice(tx, d.Invoice, now.Received)...)
	case checkout.SessionFailed:
		now, before := d.settle(tx, s, paymentFailed)
		happened = []happening{ofPayment(eventPaymentFailed, now, before)}
	}
	s.Detail = &d
	for _, h := range happened {
		h.emit(tx, s)
	}
	if word := sessionEvents[ev.Type]; word != "" {
		happening{word, s.ID, b.sessionSubject(tx, s)}.emit(tx, s)
	}
}

// record adds a payment to the session.
func (d *detail) record(tx *sandbox.Tx, p *payment) {
	d.PaysWith = nil
	tx.Put(kindPayment, p.Id, p)
	d.Payments = append(d.Payments[:len(d.Payments):len(d.Payments)], p.Id)
}

// settle ends the payment in flight, and returns it as it is now and as it was. A session that a test
// forced into flight has none.
func (d *detail) settle(tx *sandbox.Tx, s *checkout.Session, status string) (now, before *payment) {
	var last *payment
	if n := len(d.Payments); n > 0 {
		last, _ = tx.Get(kindPayment, d.Payments[n-1]).(*payment)
	}
	if last == nil || last.Status != paymentProcessing {
		last = newPayment(tx, s)
		d.record(tx, last)
	}
	p := *last
	p.Status, p.DeclineCode = status, s.DeclineCode
	if status == paymentSucceeded {
		p.Customer, p.Received = s.Customer.ID, p.Amount
		d.Collected += p.Received
		if m, ok := tx.Get(kindMethod, p.Method).(*paymentMethod); ok {
			of := *m
			of.Customer = orNull(s.Customer.ID)
			tx.Put(kindMethod, of.ID, &of)
		}
	}
	tx.Put(kindPayment, p.Id, &p)
	return &p, last
}

func newCustomer(tx *sandbox.Tx, d customerDetails) checkout.Customer {
	c := &customer{
		Object: "customer", ID: newID(tx, kindCustomer, prefixCustomer), CreatedAt: tx.Now().UnixMilli(),
		Name: d.Name, Email: d.Email, Phone: d.Phone, Metadata: map[string]string{},
	}
	tx.Put(kindCustomer, c.ID, c)
	return known(checkout.Customer{ID: c.ID}, d)
}

// toPay is what a payment collects: with dual pricing, cards pay a percentage more.
//
// Source: @biaspay/elements, which shows the customer that total.
func toPay(s *checkout.Session, method string) int64 {
	d := detailOf(s)
	if d.Dual == nil || method != methodCard {
		return s.Amount
	}
	return s.Amount + int64(math.Round(float64(s.Amount)*d.Dual.Rate/100))
}
