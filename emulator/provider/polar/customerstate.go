package polar

import (
	"encoding/json"

	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// customerStateBody is Polar's CustomerState.
type customerStateBody struct {
	customer
	ActiveSubscriptions []stateSubscription `json:"active_subscriptions"`
	GrantedBenefits     []struct{}          `json:"granted_benefits"`
	ActiveMeters        []struct{}          `json:"active_meters"`
}

// stateSubscription is a subscription as its customer's state shows it.
type stateSubscription struct {
	ID                 string         `json:"id"`
	CreatedAt          string         `json:"created_at"`
	ModifiedAt         *string        `json:"modified_at"`
	CustomFieldData    map[string]any `json:"custom_field_data"`
	Metadata           map[string]any `json:"metadata"`
	Status             string         `json:"status"`
	Amount             int64          `json:"amount"`
	Currency           string         `json:"currency"`
	RecurringInterval  string         `json:"recurring_interval"`
	CurrentPeriodStart string         `json:"current_period_start"`
	CurrentPeriodEnd   string         `json:"current_period_end"`
	TrialStart         *string        `json:"trial_start"`
	TrialEnd           *string        `json:"trial_end"`
	CancelAtPeriodEnd  bool           `json:"cancel_at_period_end"`
	CanceledAt         *string        `json:"canceled_at"`
	StartedAt          *string        `json:"started_at"`
	EndsAt             *string        `json:"ends_at"`
	ProductID          string         `json:"product_id"`
	DiscountID         *string        `json:"discount_id"`
	PriceID            string         `json:"price_id"` // hidden
	Seats              *int64         `json:"seats"`
	Units              *int64         `json:"units"`
	Meters             []struct{}     `json:"meters"`
}

// stateSubject is a customer with its active subscriptions, at one instant.
//
// Assumed: benefits are granted to nobody; they are not emulated.
type stateSubject struct {
	customer      *customer
	subscriptions []*subscription // oldest first
	organization  *organization
}

// stateIn collects the state of a customer, together with a subscription of this very section.
func stateIn(tx *sandbox.Tx, c *customer, latest *subscription) *stateSubject {
	out := &stateSubject{customer: c, organization: organizationOf(tx, c.OrganizationID)}
	of := objectList{kind: kindSubscription}
	of.where(termCustomer, []string{c.ID})
	of.where(termActive, []string{"true"})
	kept, _, _ := of.read(tx) // without cursors it cannot fail
	for _, v := range kept {
		sub, _ := tx.Get(kindSubscription, v.(*subscription).ID).(*subscription) // as this section has left it
		if sub != nil && sub.active() && (latest == nil || sub.ID != latest.ID) {
			out.subscriptions = append(out.subscriptions, sub)
		}
	}
	if latest != nil && latest.active() {
		out.subscriptions = append(out.subscriptions, latest)
	}
	return out
}

// data is Polar's CustomerState.
func (sub *stateSubject) data(*Polar, string) json.RawMessage {
	body := customerStateBody{
		customer: sub.customer.shown(), ActiveSubscriptions: []stateSubscription{}, GrantedBenefits: []struct{}{}, ActiveMeters: []struct{}{},
	}
	for _, s := range sub.subscriptions {
		b := s.base()
		body.ActiveSubscriptions = append(body.ActiveSubscriptions, stateSubscription{
			ID: b.ID, CreatedAt: b.CreatedAt, ModifiedAt: b.ModifiedAt, CustomFieldData: metadata(s.CustomFields), Metadata: b.Metadata,
			Status: b.Status, Amount: b.Amount, Currency: b.Currency, RecurringInterval: b.RecurringInterval,
			CurrentPeriodStart: b.CurrentPeriodStart, CurrentPeriodEnd: b.CurrentPeriodEnd, TrialStart: b.TrialStart, TrialEnd: b.TrialEnd,
			CancelAtPeriodEnd: b.CancelAtPeriodEnd, CanceledAt: b.CanceledAt, StartedAt: b.StartedAt, EndsAt: b.EndsAt,
			ProductID: b.ProductID, DiscountID: b.DiscountID, PriceID: b.PriceID, Meters: []struct{}{},
		})
	}
	return wire.MustMarshal(body)
}
