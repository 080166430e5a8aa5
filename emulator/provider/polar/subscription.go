package polar

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// subscription is what a successful session about a recurring product leaves.
type subscription struct {
	ID             string         `json:"id,omitzero"`
	CreatedAt      time.Time      `json:"created_at,omitzero"`
	ModifiedAt     time.Time      `json:"modified_at,omitzero"` // zero: never
	Status         string         `json:"status,omitzero"`      // active, trialing
	Amount         int64          `json:"amount,omitzero"`      // after discount, in minor units
	Currency       string         `json:"currency,omitzero"`
	Interval       string         `json:"recurring_interval,omitzero"`
	IntervalCount  int64          `json:"recurring_interval_count,omitzero"`
	StartedAt      time.Time      `json:"started_at,omitzero"`
	PeriodStart    time.Time      `json:"current_period_start,omitzero"`
	PeriodEnd      time.Time      `json:"current_period_end,omitzero"`
	TrialEnd       time.Time      `json:"trial_end,omitzero"` // zero: none
	CustomerID     string         `json:"customer_id,omitzero"`
	ProductID      string         `json:"product_id,omitzero"`
	Prices         []price        `json:"prices,omitzero"`
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
	if !sub.active() {
		return nil
	}
	return []string{activeKey(sub.CustomerID)}
}

func (sub *subscription) active() bool {
	return sub.Status == subscriptionActive || sub.Status == subscriptionTrialing
}

// subscribe makes the subscription, or moves the one that is upgraded; created says which. Also an
// upgrade begins a new period.
//
// Source: SubscriptionService.create_or_update_from_checkout.
func subscribe(tx *sandbox.Tx, s *checkout.Session, d *detail, sel selected) (made *subscription, created bool) {
	made = &subscription{
		CreatedAt: tx.Now(), Status: subscriptionActive, Amount: d.Amounts.Net, Currency: s.Currency, TrialEnd: d.TrialEnd,
		Interval: text(sel.product.RecurringInterval), IntervalCount: max(pointed(sel.product.RecurringIntervalCount), 1),
		StartedAt: tx.Now(), PeriodStart: tx.Now(), PeriodEnd: d.TrialEnd, CustomerID: s.Customer.ID, ProductID: d.ProductID,
		Prices: sel.sold(s.Currency), DiscountID: d.DiscountID, CheckoutID: s.ID, OrganizationID: d.OrganizationID,
		Metadata: s.Metadata, CustomFields: d.CustomFields,
	}
	if made.PeriodEnd.IsZero() {
		made.PeriodEnd = later(made.PeriodStart, made.Interval, int(made.IntervalCount))
	} else {
		made.Status = subscriptionTrialing
	}
	if old, _ := tx.Get(kindSubscription, d.SubscriptionID).(*subscription); old != nil {
		made.ID, made.CreatedAt, made.StartedAt, made.ModifiedAt = old.ID, old.CreatedAt, old.StartedAt, tx.Now()
		made.Metadata = maps.Clone(metadata(old.Metadata))
		maps.Copy(made.Metadata, s.Metadata)
	} else {
		made.ID, created = tx.UUID("polar.subscription"), true
	}
	tx.Put(kindSubscription, made.ID, made)
	return made, created
}

// later adds a number of intervals; a day that a month does not have becomes its last one. An interval
// that nobody knows adds nothing.
func later(t time.Time, interval string, n int) time.Time {
	switch interval {
	case "day":
		return t.AddDate(0, 0, n)
	case "week":
		return t.AddDate(0, 0, 7*n)
	case "month":
		return addMonths(t, n)
	case "year":
		return addMonths(t, 12*n)
	}
	return t
}

// subscriptionBase is a subscription as orders show it: the fields of every vintage.
type subscriptionBase struct {
	ID                          string         `json:"id"`
	CreatedAt                   string         `json:"created_at"`
	ModifiedAt                  *string        `json:"modified_at"`
	Metadata                    map[string]any `json:"metadata"`
	Amount                      int64          `json:"amount"`
	Currency                    string         `json:"currency"`
	RecurringInterval           string         `json:"recurring_interval"`
	RecurringIntervalCount      int64          `json:"recurring_interval_count"`
	Status                      string         `json:"status"`
	CurrentPeriodStart          string         `json:"current_period_start"`
	CurrentPeriodEnd            string         `json:"current_period_end"`
	CurrentMeterPeriodStart     *string        `json:"current_meter_period_start"`
	CurrentMeterPeriodEnd       *string        `json:"current_meter_period_end"`
	TrialStart                  *string        `json:"trial_start"`
	TrialEnd                    *string        `json:"trial_end"`
	CancelAtPeriodEnd           bool           `json:"cancel_at_period_end"`
	CanceledAt                  *string        `json:"canceled_at"`
	StartedAt                   *string        `json:"started_at"`
	EndsAt                      *string        `json:"ends_at"`
	EndedAt                     *string        `json:"ended_at"`
	PastDueAt                   *string        `json:"past_due_at"`
	PauseAtPeriodEnd            bool           `json:"pause_at_period_end"`
	PausedAt                    *string        `json:"paused_at"`
	ResumesAt                   *string        `json:"resumes_at"`
	CustomerID                  string         `json:"customer_id"`
	ProductID                   string         `json:"product_id"`
	DiscountID                  *string        `json:"discount_id"`
	CheckoutID                  *string        `json:"checkout_id"`
	Seats                       *int64         `json:"seats"`
	Units                       *int64         `json:"units"`
	CustomerCancellationReason  *string        `json:"customer_cancellation_reason"`
	CustomerCancellationComment *string        `json:"customer_cancellation_comment"`
	PriceID                     string         `json:"price_id"` // hidden
	UserID                      string         `json:"user_id"`  // hidden, the older customer_id
}

// subscriptionBody is Polar's Subscription.
type subscriptionBody struct {
	subscriptionBase
	CustomFieldData map[string]any   `json:"custom_field_data"`
	Customer        customer         `json:"customer"`
	User            userBody         `json:"user"` // hidden, the older customer
	Product         fullProduct      `json:"product"`
	Discount        *discountMinimal `json:"discount"`
	Price           price            `json:"price"` // hidden
	Prices          []price          `json:"prices"`
	Meters          []struct{}       `json:"meters"`
	PendingUpdate   *struct{}        `json:"pending_update"`
}

// base is the subscription without what it is about.
func (sub *subscription) base() *subscriptionBase {
	out := &subscriptionBase{
		ID: sub.ID, CreatedAt: wire.Micros(sub.CreatedAt), ModifiedAt: moment(sub.ModifiedAt), Metadata: metadata(sub.Metadata),
		Amount: sub.Amount, Currency: sub.Currency, RecurringInterval: sub.Interval, RecurringIntervalCount: sub.IntervalCount,
		Status: sub.Status, CurrentPeriodStart: wire.Micros(sub.PeriodStart), CurrentPeriodEnd: wire.Micros(sub.PeriodEnd),
		TrialEnd: moment(sub.TrialEnd), StartedAt: moment(sub.StartedAt), CustomerID: sub.CustomerID, ProductID: sub.ProductID,
		DiscountID: wire.OrNull(sub.DiscountID), CheckoutID: wire.OrNull(sub.CheckoutID), PriceID: sub.Prices[0].ID, UserID: sub.CustomerID,
	}
	if !sub.TrialEnd.IsZero() {
		out.TrialStart = moment(sub.PeriodStart)
	}
	return out
}

// subscriptionSubject is a subscription with what it shows, at one instant.
type subscriptionSubject struct {
	subscription *subscription
	customer     *customer
	product      *product
	discount     *discount
	organization *organization
}

func subscriptionIn(tx *sandbox.Tx, sub *subscription) *subscriptionSubject {
	found, _ := tx.Get(kindDiscount, sub.DiscountID).(*discount)
	return &subscriptionSubject{
		subscription: sub, customer: customerIn(tx, sub.CustomerID, sub.OrganizationID),
		product: productIn(tx, sub.ProductID, sub.OrganizationID), discount: found, organization: organizationOf(tx, sub.OrganizationID),
	}
}

// data is Polar's Subscription.
func (sub *subscriptionSubject) data(*Polar, string) json.RawMessage {
	s := sub.subscription
	return wire.MustMarshal(subscriptionBody{
		subscriptionBase: *s.base(), CustomFieldData: metadata(s.CustomFields), Customer: sub.customer.shown(), User: sub.customer.user(),
		Product: sub.product.full(), Discount: sub.discount.minimal(), Price: s.Prices[0], Prices: s.Prices, Meters: []struct{}{},
	})
}
