package polar

import (
	"maps"
	"slices"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Types of events that are sent.
const (
	eventCheckoutCreated     = "checkout.created"
	eventCheckoutUpdated     = "checkout.updated"
	eventCheckoutExpired     = "checkout.expired"
	eventCustomerCreated     = "customer.created"
	eventCustomerUpdated     = "customer.updated"
	eventCustomerState       = "customer.state_changed"
	eventOrderCreated        = "order.created"
	eventOrderUpdated        = "order.updated"
	eventOrderPaid           = "order.paid"
	eventSubscriptionCreated = "subscription.created"
	eventSubscriptionUpdated = "subscription.updated"
	eventSubscriptionActive  = "subscription.active"
	eventCanceled            = "subscription.canceled"
	eventUncanceled          = "subscription.uncanceled"
	eventCycled              = "subscription.cycled"
	eventRevoked             = "subscription.revoked"
	eventPaused              = "subscription.paused"
	eventResumed             = "subscription.resumed"
	eventOrderRefunded       = "order.refunded"
	eventRefundCreated       = "refund.created"
	eventRefundUpdated       = "refund.updated"
)

// emitted are the types that the emulator causes.
var emitted = []string{
	eventCheckoutCreated, eventCheckoutUpdated, eventCheckoutExpired, eventCustomerCreated, eventCustomerUpdated, eventCustomerState,
	eventOrderCreated, eventOrderUpdated, eventOrderPaid, eventOrderRefunded, eventRefundCreated, eventRefundUpdated,
	eventSubscriptionCreated, eventSubscriptionUpdated, eventSubscriptionActive, eventCanceled, eventUncanceled, eventCycled, eventRevoked,
	eventPaused, eventResumed,
	eventCustomerDeleted, eventProductCreated, eventProductUpdated, eventDiscountCreated, eventDiscountUpdated, eventDiscountDeleted,
	eventOrganizationUpdated,
}

// eventTypes are all that there are, in the order of Polar's own list; endpoints may ask for any.
//
// Source: polar/models/webhook_endpoint.py of both vintages.
var (
	eventTypes = []string{
		eventCheckoutCreated, eventCheckoutUpdated, eventCheckoutExpired, eventCustomerCreated, eventCustomerUpdated, "customer.deleted",
		eventCustomerState, "customer_seat.assigned", "customer_seat.claimed", "customer_seat.revoked", "member.created",
		"member.updated", "member.deleted", eventOrderCreated, eventOrderUpdated, eventOrderPaid, eventOrderRefunded,
		eventSubscriptionCreated, eventSubscriptionUpdated, eventSubscriptionActive, eventCanceled, eventUncanceled,
		eventCycled, eventRevoked, "subscription.past_due", eventPaused, eventResumed, "subscription.migrated",
		eventRefundCreated, eventRefundUpdated, "product.created", "product.updated", "discount.created", "discount.updated",
		"discount.deleted", "benefit.created", "benefit.updated", "benefit_grant.created", "benefit_grant.cycled",
		"benefit_grant.updated", "benefit_grant.revoked", "organization.updated",
	}
	eventTypesSeed = []string{
		eventCheckoutCreated, eventCheckoutUpdated, eventOrderCreated, eventOrderRefunded, eventSubscriptionCreated,
		eventSubscriptionUpdated, eventSubscriptionActive, eventCanceled, eventUncanceled, eventRevoked,
		eventRefundCreated, eventRefundUpdated, "product.created", "product.updated", "benefit.created", "benefit.updated",
		"benefit_grant.created", "benefit_grant.updated", "benefit_grant.revoked", "organization.updated", "pledge.created",
		"pledge.updated",
	}
)

// react does what Polar does at each event of a session, and sends what Polar sends, in its order.
//
// Source: CheckoutService of both vintages; for current Polar also a recorded run of its sandbox.
func (p *Polar) react(tx *sandbox.Tx, ev checkout.Event, s *checkout.Session) {
	var before, after func()
	switch ev.Type {
	case checkout.SessionCreated:
		emit(tx, eventCheckoutCreated, s)
		return
	case checkout.PaymentDeclined, checkout.SessionCanceled:
		return // nothing is written
	case checkout.SessionConfirmed:
		after = p.confirmed(tx, s)
	case checkout.SessionSucceeded:
		before, after = p.succeeded(tx, s)
	case checkout.SessionFailed:
		p.failed(tx, s)
	}
	d := *detailOf(s)
	d.ModifiedAt = tx.Now()
	s.Detail = &d
	if before != nil {
		before()
	}
	switch {
	case ev.Type != checkout.SessionExpired:
		emit(tx, eventCheckoutUpdated, s)
	case !p.seed:
		emit(tx, eventCheckoutExpired, s)
	}
	if after != nil {
		after()
	}
}

// succeeded makes the order, and for a recurring product the subscription. It returns what is sent
// before the session's own event and what is sent after it.
//
// Source: CheckoutService.handle_success. In February 2025 order and subscription were made by
// callbacks of the card processor, which came later; an order waited for its subscription.
func (p *Polar) succeeded(tx *sandbox.Tx, s *checkout.Session) (before, after func()) {
	d := *detailOf(s)
	d.Processor = maps.Clone(d.Processor)
	d.Processor[processorStatus] = intentSucceeded
	s.Detail = &d
	sel := selection(tx, &d)
	var sub *subscription
	reason, subscriptionID, created := reasonPurchase, "", false
	if sel.product.IsRecurring {
		sub, created = subscribe(tx, s, &d, sel)
		if subscriptionID, reason = sub.ID, reasonSubscriptionUpdate; created {
			reason = reasonSubscriptionCreate
		}
	}
	o := newOrder(tx, s, &d, sel, reason, subscriptionID)
	made := func() {
		if created {
			p.tellSubscription(tx, s, sub, eventSubscriptionCreated, eventSubscriptionActive)
		}
		if sub != nil {
			p.tellSubscription(tx, s, sub, eventSubscriptionUpdated)
		}
		p.tellOrder(tx, s, o, eventOrderCreated, eventOrderUpdated, eventOrderPaid)
	}
	if p.seed {
		return nil, made
	}
	return made, func() {
		if sub != nil {
			p.tellState(tx, s, sub.CustomerID, sub.OrganizationID, sub)
		}
	}
}

// failed forgets the payment and gives the discount back, so that the customer can try again.
func (p *Polar) failed(tx *sandbox.Tx, s *checkout.Session) {
	redeem(tx, s, -1)
	d := *detailOf(s)
	d.Processor = maps.Clone(d.Processor)
	delete(d.Processor, processorSecret)
	delete(d.Processor, processorStatus)
	s.Detail = &d
}

// emission is an event at the session's organization.
func emission(tx *sandbox.Tx, eventType string, s *checkout.Session) sandbox.Emission {
	return sandbox.Emission{Type: eventType, ID: tx.UUID("polar.webhook_event"), Session: s, Account: detailOf(s).OrganizationID}
}

// emit records an event about a session.
func emit(tx *sandbox.Tx, eventType string, s *checkout.Session) {
	e := emission(tx, eventType, s)
	e.Subject = func(tx *sandbox.Tx) any { return &checkoutSubject{*s, objectsIn(tx, detailOf(s))} }
	tx.Emit(e)
}

// tell records an event about an object of an organization, when Polar of this vintage knows it. s is the
// session that has led to it, nil when none has. about takes what the event shows.
func (p *Polar) tell(tx *sandbox.Tx, s *checkout.Session, eventType, organizationID, object string, about func(*sandbox.Tx) subject) {
	if p.seed && !slices.Contains(eventTypesSeed, eventType) {
		return
	}
	tx.Emit(sandbox.Emission{
		Type: eventType, ID: tx.UUID("polar.webhook_event"), Session: s, Provider: name, Account: organizationID, Object: object,
		Subject: func(tx *sandbox.Tx) any { return about(tx) },
	})
}

// tellCustomer records what has become of a customer.
func (p *Polar) tellCustomer(tx *sandbox.Tx, s *checkout.Session, eventType string, c *customer) {
	p.tell(tx, s, eventType, c.OrganizationID, c.ID, func(tx *sandbox.Tx) subject {
		return &customerSubject{c, organizationOf(tx, c.OrganizationID)}
	})
}

// tellState records that the state of a customer has changed, with the subscription that this section has
// put, or nil.
func (p *Polar) tellState(tx *sandbox.Tx, s *checkout.Session, customerID, organizationID string, latest *subscription) {
	p.tell(tx, s, eventCustomerState, organizationID, customerID, func(tx *sandbox.Tx) subject {
		return stateIn(tx, customerIn(tx, customerID, organizationID), latest)
	})
}

// tellSubscription records what has become of a subscription.
func (p *Polar) tellSubscription(tx *sandbox.Tx, s *checkout.Session, sub *subscription, types ...string) {
	for _, eventType := range types {
		p.tell(tx, s, eventType, sub.OrganizationID, sub.ID, func(tx *sandbox.Tx) subject { return subscriptionIn(tx, sub) })
	}
}

// tellOrder records what has become of an order.
func (p *Polar) tellOrder(tx *sandbox.Tx, s *checkout.Session, o *order, types ...string) {
	for _, eventType := range types {
		p.tell(tx, s, eventType, o.OrganizationID, o.ID, func(tx *sandbox.Tx) subject { return orderIn(tx, o) })
	}
}

// moment formats an instant, nil for the zero one.
func moment(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := wire.Micros(t)
	return &text
}
