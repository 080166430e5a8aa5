package bias

import (
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Types of events.
//
// Source: docs.biaspay.com, events and event streaming, for checkout_session.completed and
// customer.created, and that all have the form object.action.
// Assumed: the others.
const (
	eventSessionCreated   = "checkout_session.created"
	eventSessionUpdated   = "checkout_session.updated"
	eventSessionCompleted = "checkout_session.completed"
	eventSessionExpired   = "checkout_session.expired"
	eventPaymentCreated   = "payment.created"
	eventPaymentSucceeded = "payment.succeeded"
	eventPaymentFailed    = "payment.failed"
	eventCustomerCreated  = "customer.created"
)

// eventTypes are all that happen.
var eventTypes = []string{
	eventSessionCreated, eventSessionUpdated, eventSessionCompleted, eventSessionExpired,
	eventPaymentCreated, eventPaymentSucceeded, eventPaymentFailed, eventCustomerCreated,
}

// sessionEvents has what happens to the session itself.
//
// Assumed: it comes after what happened to its customer and payment.
var sessionEvents = map[checkout.EventType]string{
	checkout.SessionCreated:   eventSessionCreated,
	checkout.SessionUpdated:   eventSessionUpdated,
	checkout.SessionSucceeded: eventSessionCompleted,
	checkout.SessionExpired:   eventSessionExpired,
}

// subject is an object after an event and before it, nothing expanded. One pair is set.
type subject struct {
	Session         *checkoutSession `json:"session,omitzero"`
	PreviousSession *checkoutSession `json:"previous_session,omitzero"`
	Payment         *paymentObject   `json:"payment,omitzero"`
	PreviousPayment *paymentObject   `json:"previous_payment,omitzero"`
	Customer        *customer        `json:"customer,omitzero"` // new
}

// states returns the object after the event and before it; nil is none.
func (sub *subject) states() (state, previous any) {
	switch {
	case sub.Session != nil && sub.PreviousSession != nil:
		return sub.Session, sub.PreviousSession
	case sub.Session != nil:
		return sub.Session, nil
	case sub.Payment != nil && sub.PreviousPayment != nil:
		return sub.Payment, sub.PreviousPayment
	case sub.Payment != nil:
		return sub.Payment, nil
	}
	return sub.Customer, nil
}

// happening is an event that is about to be recorded.
type happening struct {
	eventType string
	object    string // id
	subject   *subject
}

func (h happening) emit(tx *sandbox.Tx, s *checkout.Session) {
	tx.Emit(sandbox.Emission{
		Type: h.eventType, ID: newID(tx, kindEvent, prefixEvent), Session: s, Object: h.object,
		Subject: func(*sandbox.Tx) any { return h.subject },
	})
}

func ofPayment(eventType string, now, before *payment) happening {
	after := newPaymentObject(now)
	sub := &subject{Payment: &after}
	if before != nil {
		was := newPaymentObject(before)
		sub.PreviousPayment = &was
	}
	return happening{eventType, now.Id, sub}
}

func customerSubject(tx *sandbox.Tx, id string) *subject {
	c, _ := tx.Get(kindCustomer, id).(*customer)
	return &subject{Customer: c}
}

func (b *Bias) sessionSubject(tx *sandbox.Tx, s *checkout.Session) *subject {
	after := b.newCheckoutSession(s)
	sub := &subject{Session: &after}
	if before := tx.Before(); before != nil {
		was := b.newCheckoutSession(before)
		sub.PreviousSession = &was
	}
	return sub
}
