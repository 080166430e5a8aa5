package polar

import (
	"maps"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// order is what a successful session leaves. It has no wire shape yet.
type order struct {
	ID             string         `json:"id,omitzero"`
	CreatedAt      time.Time      `json:"created_at,omitzero"`
	BillingReason  string         `json:"billing_reason,omitzero"` // purchase, subscription_create, subscription_update
	Amounts        amounts        `json:"amounts,omitzero"`
	Currency       string         `json:"currency,omitzero"`
	CustomerID     string         `json:"customer_id,omitzero"`
	ProductID      string         `json:"product_id,omitzero"`
	DiscountID     string         `json:"discount_id,omitzero"`     // "": none
	SubscriptionID string         `json:"subscription_id,omitzero"` // "": none
	CheckoutID     string         `json:"checkout_id,omitzero"`
	Metadata       map[string]any `json:"metadata,omitzero"`
	CustomFields   map[string]any `json:"custom_fields,omitzero"`
}

// subscription is what a successful session about a recurring product leaves. It has no wire shape
// yet.
type subscription struct {
	ID             string         `json:"id,omitzero"`
	CreatedAt      time.Time      `json:"created_at,omitzero"`
	ModifiedAt     time.Time      `json:"modified_at,omitzero"` // zero: never
	Status         string         `json:"status,omitzero"`      // active, trialing
	Amount         int64          `json:"amount,omitzero"`      // after discount, in minor units
	Currency       string         `json:"currency,omitzero"`
	TrialEnd       time.Time      `json:"trial_end,omitzero"` // zero: none
	CustomerID     string         `json:"customer_id,omitzero"`
	ProductID      string         `json:"product_id,omitzero"`
	DiscountID     string         `json:"discount_id,omitzero"` // "": none
	CheckoutID     string         `json:"checkout_id,omitzero"`
	OrganizationID string         `json:"organization_id,omitzero"`
	Metadata       map[string]any `json:"metadata,omitzero"`
	CustomFields   map[string]any `json:"custom_fields,omitzero"`
}

// Statuses of subscriptions.
const (
	subscriptionActive   = "active"
	subscriptionTrialing = "trialing"
)

// activeKey finds an active subscription of a customer.
func activeKey(customerID string) string { return "active:" + customerID }

// Keys implements sandbox.Keyed.
func (sub *subscription) Keys() []string {
	if sub.Status != subscriptionActive && sub.Status != subscriptionTrialing {
		return nil
	}
	return []string{activeKey(sub.CustomerID)}
}

// react does what Polar does at each event of a session.
func (p *Polar) react(tx *sandbox.Tx, ev checkout.Event, s *checkout.Session) {
	switch ev.Type {
	case checkout.SessionCreated:
		emit(tx, eventCheckoutCreated, s)
		return
	case checkout.PaymentDeclined, checkout.SessionCanceled:
		return // nothing is written
	case checkout.SessionConfirmed:
		p.confirmed(tx, s)
	case checkout.SessionSucceeded:
		p.succeeded(tx, s)
	case checkout.SessionFailed:
		p.failed(tx, s)
	}
	d := *detailOf(s)
	d.ModifiedAt = tx.Now()
	s.Detail = &d
	switch {
	case ev.Type != checkout.SessionExpired:
		emit(tx, eventCheckoutUpdated, s)
	case !p.seed:
		emit(tx, eventCheckoutExpired, s)
	}
}

// succeeded makes the order, and for a recurring product the subscription.
//
// Source: CheckoutService.handle_success.
func (p *Polar) succeeded(tx *sandbox.Tx, s *checkout.Session) {
	d := *detailOf(s)
	d.Processor = maps.Clone(d.Processor)
	d.Processor[processorStatus] = intentSucceeded
	s.Detail = &d
	reason, subscriptionID := "purchase", ""
	if selection(tx, &d).product.IsRecurring {
		subscriptionID, reason = p.subscribe(tx, s, &d)
	}
	made := &order{
		ID: tx.UUID("polar.order"), CreatedAt: tx.Now(), BillingReason: reason, Amounts: d.Amounts, Currency: s.Currency,
		CustomerID: s.Customer.ID, ProductID: d.ProductID, DiscountID: d.DiscountID, SubscriptionID: subscriptionID,
		CheckoutID: s.ID, Metadata: s.Metadata, CustomFields: d.CustomFields,
	}
	tx.Put(kindOrder, made.ID, made)
}

// subscribe makes the subscription, or moves the one that is upgraded.
func (p *Polar) subscribe(tx *sandbox.Tx, s *checkout.Session, d *detail) (id, reason string) {
	made := &subscription{
		CreatedAt: tx.Now(), Status: subscriptionActive, Amount: d.Amounts.Net, Currency: s.Currency, TrialEnd: d.TrialEnd,
		CustomerID: s.Customer.ID, ProductID: d.ProductID, DiscountID: d.DiscountID, CheckoutID: s.ID,
		OrganizationID: d.OrganizationID, Metadata: s.Metadata, CustomFields: d.CustomFields,
	}
	if !d.TrialEnd.IsZero() {
		made.Status = subscriptionTrialing
	}
	if old, _ := tx.Get(kindSubscription, d.SubscriptionID).(*subscription); old != nil {
		made.ID, made.CreatedAt, made.ModifiedAt, reason = old.ID, old.CreatedAt, tx.Now(), "subscription_update"
	} else {
		made.ID, reason = tx.UUID("polar.subscription"), "subscription_create"
	}
	tx.Put(kindSubscription, made.ID, made)
	return made.ID, reason
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

// moment formats an instant, nil for the zero one.
func moment(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := wire.Micros(t)
	return &text
}
