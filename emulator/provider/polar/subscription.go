package polar

import (
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// subscription is what a successful session about a recurring product leaves. It is replaced as a whole.
type subscription struct {
	ID             string         `json:"id,omitzero"`
	CreatedAt      time.Time      `json:"created_at,omitzero"`
	ModifiedAt     time.Time      `json:"modified_at,omitzero"` // zero: never
	Status         string         `json:"status,omitzero"`
	Amount         int64          `json:"amount,omitzero"` // of one period after discount, in minor units
	Currency       string         `json:"currency,omitzero"`
	Interval       string         `json:"recurring_interval,omitzero"`
	IntervalCount  int64          `json:"recurring_interval_count,omitzero"`
	StartedAt      time.Time      `json:"started_at,omitzero"`
	PeriodStart    time.Time      `json:"current_period_start,omitzero"`
	PeriodEnd      time.Time      `json:"current_period_end,omitzero"`
	AnchorDay      int            `json:"anchor_day,omitzero"`  // of the month, on which periods begin where it exists
	TrialStart     time.Time      `json:"trial_start,omitzero"` // zero: there was no trial
	TrialEnd       time.Time      `json:"trial_end,omitzero"`
	CustomerID     string         `json:"customer_id,omitzero"`
	ProductID      string         `json:"product_id,omitzero"`
	Prices         []price        `json:"prices,omitzero"`
	Custom         int64          `json:"custom_amount,omitzero"`       // that the buyer has named for a custom price
	DiscountID     string         `json:"discount_id,omitzero"`         // "": none
	DiscountedAt   time.Time      `json:"discount_applied_at,omitzero"` // when the discount was used first; zero: not yet
	CheckoutID     string         `json:"checkout_id,omitzero"`
	OrganizationID string         `json:"organization_id,omitzero"`
	Metadata       map[string]any `json:"metadata,omitzero"`
	CustomFields   map[string]any `json:"custom_fields,omitzero"`
	Chargeable     bool           `json:"chargeable,omitzero"` // its customer has left means of payment

	CancelAtPeriodEnd bool      `json:"cancel_at_period_end,omitzero"`
	CanceledAt        time.Time `json:"canceled_at,omitzero"`
	EndsAt            time.Time `json:"ends_at,omitzero"`
	EndedAt           time.Time `json:"ended_at,omitzero"`
	Reason            *string   `json:"customer_cancellation_reason,omitzero"`
	Comment           *string   `json:"customer_cancellation_comment,omitzero"`
	PauseAtPeriodEnd  bool      `json:"pause_at_period_end,omitzero"`
	PausedAt          time.Time `json:"paused_at,omitzero"`
	ResumesAt         time.Time `json:"resumes_at,omitzero"`

	Entries []billingEntry `json:"entries,omitzero"`        // to be billed with the next order
	Pending *pendingUpdate `json:"pending_update,omitzero"` // to be applied at the end of the period
}

// Statuses of subscriptions. A canceled one has ended.
const (
	subscriptionActive   = "active"
	subscriptionTrialing = "trialing"
	subscriptionPaused   = "paused"
	subscriptionCanceled = "canceled"
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

// Filters of the list of subscriptions, beside those of orders.
const (
	termActive       = "active"
	termCancels      = "cancel_at_period_end"
	termCancelReason = "customer_cancellation_reason"
)

// Listing implements sandbox.Listed. One that is paused is neither active nor inactive.
func (sub *subscription) Listing() sandbox.Listing {
	active := ""
	if sub.active() || sub.Status == subscriptionCanceled {
		active = strconv.FormatBool(sub.active())
	}
	return sandbox.Listing{Account: sub.OrganizationID, Terms: append(termsOf(
		termOrganization, sub.OrganizationID, termProduct, sub.ProductID, termCustomer, sub.CustomerID, termDiscount, sub.DiscountID,
		termStatus, sub.Status, termActive, active, termCancels, strconv.FormatBool(sub.CancelAtPeriodEnd),
		termCancelReason, text(sub.Reason),
	), metadataTerms(sub.Metadata)...)}
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
		StartedAt: tx.Now(), PeriodStart: tx.Now(), PeriodEnd: d.TrialEnd, AnchorDay: tx.Now().UTC().Day(), CustomerID: s.Customer.ID,
		ProductID: d.ProductID, Prices: sel.sold(s.Currency), Custom: d.Amounts.Amount, DiscountID: d.DiscountID, CheckoutID: s.ID,
		OrganizationID: d.OrganizationID, Metadata: s.Metadata, CustomFields: d.CustomFields, Chargeable: d.Amounts.form(),
	}
	if made.PeriodEnd.IsZero() {
		made.PeriodEnd = made.after(made.PeriodStart)
	} else {
		made.Status, made.TrialStart = subscriptionTrialing, made.PeriodStart
	}
	if d.DiscountID != "" && d.TrialEnd.IsZero() {
		made.DiscountedAt = made.PeriodStart
	}
	old, _ := tx.Get(kindSubscription, d.SubscriptionID).(*subscription)
	if old != nil {
		made.ID, made.CreatedAt, made.StartedAt, made.ModifiedAt = old.ID, old.CreatedAt, old.StartedAt, tx.Now()
		made.Metadata = maps.Clone(metadata(old.Metadata))
		maps.Copy(made.Metadata, s.Metadata)
		made.Chargeable = made.Chargeable || old.Chargeable
	} else {
		made.ID, created = tx.UUID("polar.subscription"), true
	}
	made.keep(tx, old)
	return made, created
}

// keep puts a subscription, and plans the end of its period and of its pause. old is what it was before, nil
// when it is new: what was planned then need not be planned again.
func (sub *subscription) keep(tx *sandbox.Tx, old *subscription) {
	tx.Put(kindSubscription, sub.ID, sub)
	if old == nil {
		old = &subscription{}
	}
	if sub.active() && !sub.PeriodEnd.Equal(old.PeriodEnd) && sub.PeriodEnd.After(tx.Now()) {
		tx.Later(sub.PeriodEnd, sandbox.Task{Provider: name, Do: taskPeriodEnd, Object: sub.ID})
	}
	if !sub.ResumesAt.IsZero() && !sub.ResumesAt.Equal(old.ResumesAt) {
		tx.Later(sub.ResumesAt, sandbox.Task{Provider: name, Do: taskResume, Object: sub.ID})
	}
}

// after is the end of a period that begins at an instant: the anchor day of the month, or its last day.
//
// Source: RecurringInterval.get_next_period in polar/enums.py.
func (sub *subscription) after(start time.Time) time.Time {
	end := later(start, sub.Interval, int(sub.IntervalCount))
	if sub.Interval != "month" && sub.Interval != "year" || end.Day() == sub.AnchorDay {
		return end
	}
	last := end.AddDate(0, 0, 1-end.Day()).AddDate(0, 1, -1).Day()
	return end.AddDate(0, 0, min(sub.AnchorDay, last)-end.Day())
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
	PendingUpdate   *pendingBody     `json:"pending_update"`
}

// base is the subscription without what it is about.
func (sub *subscription) base() *subscriptionBase {
	return &subscriptionBase{
		ID: sub.ID, CreatedAt: wire.Micros(sub.CreatedAt), ModifiedAt: moment(sub.ModifiedAt), Metadata: metadata(sub.Metadata),
		Amount: sub.Amount, Currency: sub.Currency, RecurringInterval: sub.Interval, RecurringIntervalCount: sub.IntervalCount,
		Status: sub.Status, CurrentPeriodStart: wire.Micros(sub.PeriodStart), CurrentPeriodEnd: wire.Micros(sub.PeriodEnd),
		TrialStart: moment(sub.TrialStart), TrialEnd: moment(sub.TrialEnd), CancelAtPeriodEnd: sub.CancelAtPeriodEnd,
		CanceledAt: moment(sub.CanceledAt), StartedAt: moment(sub.StartedAt), EndsAt: moment(sub.EndsAt), EndedAt: moment(sub.EndedAt),
		PauseAtPeriodEnd: sub.PauseAtPeriodEnd, PausedAt: moment(sub.PausedAt), ResumesAt: moment(sub.ResumesAt),
		CustomerID: sub.CustomerID, ProductID: sub.ProductID, DiscountID: wire.OrNull(sub.DiscountID), CheckoutID: wire.OrNull(sub.CheckoutID),
		CustomerCancellationReason: sub.Reason, CustomerCancellationComment: sub.Comment, PriceID: sub.Prices[0].ID, UserID: sub.CustomerID,
	}
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
		PendingUpdate: s.Pending.body(),
	})
}
