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

// Types of events of what a merchant does to the resources around a session.
//
// Source: docs.biaspay.com, events, for the objects that have events, and the form.
// Assumed: the words.
const (
	eventCustomerUpdated = "customer.updated"
	eventCustomerDeleted = "customer.deleted"
	eventProductCreated  = "product.created"
	eventProductUpdated  = "product.updated"
	eventProductDeleted  = "product.deleted"
	eventPriceCreated    = "price.created"
	eventPriceUpdated    = "price.updated"
	eventPriceDeleted    = "price.deleted"
	eventDiscountCreated = "discount.created"
	eventDiscountUpdated = "discount.updated"
	eventDiscountDeleted = "discount.deleted"
	eventPaymentUpdated  = "payment.updated"
	eventPaymentCanceled = "payment.canceled"
	eventMethodUpdated   = "payment_method.updated"
	eventRefundCreated   = "refund.created"
	eventInvoiceUpdated  = "invoice.updated"
)

// eventTypes are all that happen.
var eventTypes = []string{
	eventSessionCreated, eventSessionUpdated, eventSessionCompleted, eventSessionExpired,
	eventPaymentCreated, eventPaymentSucceeded, eventPaymentFailed, eventPaymentUpdated, eventPaymentCanceled,
	eventCustomerCreated, eventCustomerUpdated, eventCustomerDeleted, eventMethodUpdated, eventRefundCreated, eventInvoiceUpdated,
	eventProductCreated, eventProductUpdated, eventProductDeleted, eventPriceCreated, eventPriceUpdated, eventPriceDeleted,
	eventDiscountCreated, eventDiscountUpdated, eventDiscountDeleted,
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

// subject is an object after an event and before it, nothing expanded. One is set, and with it the one
// before, unless the object is new.
type subject struct {
	Session          *checkoutSession `json:"session,omitzero"`
	PreviousSession  *checkoutSession `json:"previous_session,omitzero"`
	Payment          *paymentObject   `json:"payment,omitzero"`
	PreviousPayment  *paymentObject   `json:"previous_payment,omitzero"`
	Customer         *customerObject  `json:"customer,omitzero"`
	PreviousCustomer *customerObject  `json:"previous_customer,omitzero"`
	Product          *product         `json:"product,omitzero"`
	PreviousProduct  *product         `json:"previous_product,omitzero"`
	Price            *price           `json:"price,omitzero"`
	PreviousPrice    *price           `json:"previous_price,omitzero"`
	Discount         *discountObject  `json:"discount,omitzero"`
	PreviousDiscount *discountObject  `json:"previous_discount,omitzero"`
	Method           *paymentMethod   `json:"method,omitzero"`
	PreviousMethod   *paymentMethod   `json:"previous_method,omitzero"`
	Refund           *refund          `json:"refund,omitzero"`
	Invoice          *invoice         `json:"invoice,omitzero"`
	PreviousInvoice  *invoice         `json:"previous_invoice,omitzero"`
}

// states returns the object after the event and before it; nil is none.
func (sub *subject) states() (state, previous any) {
	switch {
	case sub.Session != nil:
		return sub.Session, orNone(sub.PreviousSession)
	case sub.Payment != nil:
		return sub.Payment, orNone(sub.PreviousPayment)
	case sub.Product != nil:
		return sub.Product, orNone(sub.PreviousProduct)
	case sub.Price != nil:
		return sub.Price, orNone(sub.PreviousPrice)
	case sub.Discount != nil:
		return sub.Discount, orNone(sub.PreviousDiscount)
	case sub.Method != nil:
		return sub.Method, orNone(sub.PreviousMethod)
	case sub.Refund != nil:
		return sub.Refund, nil
	case sub.Invoice != nil:
		return sub.Invoice, orNone(sub.PreviousInvoice)
	}
	return sub.Customer, orNone(sub.PreviousCustomer)
}

// orNone returns nil for a nil pointer.
func orNone[T any](object *T) any {
	if object == nil {
		return nil
	}
	return object
}

// happening is an event that is about to be recorded.
type happening struct {
	eventType string
	object    string // id
	subject   *subject
}

// emit records the event, of the session s or of none.
func (h happening) emit(tx *sandbox.Tx, s *checkout.Session) {
	tx.Emit(sandbox.Emission{
		Type: h.eventType, ID: newID(tx, kindEvent, prefixEvent), Provider: name, Session: s, Object: h.object,
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

func (b *Bias) customerSubject(tx *sandbox.Tx, id string) *subject {
	return &subject{Customer: b.newCustomerObject(tx.Get(kindCustomer, id).(*customer))}
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
