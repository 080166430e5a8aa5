package polar

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// subscriptionQuery is what a list of subscriptions asks for.
type subscriptionQuery struct {
	pageQuery
	ProductID          []string          `json:"product_id"`
	CustomerID         []string          `json:"customer_id"`
	ExternalCustomerID []string          `json:"external_customer_id"`
	DiscountID         []string          `json:"discount_id"`
	Active             *bool             `json:"active"`
	Status             []string          `json:"status"`
	CancelAtPeriodEnd  *bool             `json:"cancel_at_period_end"`
	CancelReason       []string          `json:"customer_cancellation_reason"`
	CanceledAfter      string            `json:"canceled_at_after"`
	CanceledBefore     string            `json:"canceled_at_before"`
	StartedAfter       string            `json:"started_after"`
	StartedBefore      string            `json:"started_before"`
	Metadata           map[string]string `json:"metadata"`
	Sorting            []string          `json:"sorting"`
}

func (p *Polar) listSubscriptions(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[subscriptionQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	l := p.newList(r, kindSubscription, in.pageQuery)
	l.whereIDs(termProduct, in.ProductID)
	l.whereIDs(termDiscount, in.DiscountID)
	l.where(termStatus, in.Status)
	l.whereBool(termActive, in.Active)
	l.whereBool(termCancels, in.CancelAtPeriodEnd)
	l.where(termCancelReason, in.CancelReason)
	l.whereMetadata(in.Metadata)
	l.between(in.StartedAfter, in.StartedBefore, func(v any) time.Time { return v.(*subscription).StartedAt })
	l.canceledWithin(in.CanceledAfter, in.CanceledBefore)
	return p.answerList(r, l,
		func(tx *sandbox.Tx) {
			l.whereCustomers(tx, in.CustomerID, in.ExternalCustomerID)
			l.sortBy(orElse(in.Sorting, "-started_at"), subscriptionComparisons(tx))
		},
		func(tx *sandbox.Tx, v any) subject { return subscriptionIn(tx, v.(*subscription)) })
}

// whereBool adds a filter that is asked for or not.
func (l *objectList) whereBool(field string, asked *bool) {
	if asked != nil {
		l.where(field, []string{strconv.FormatBool(*asked)})
	}
}

// canceledWithin keeps subscriptions that were canceled between two instants, both included; "" is open.
func (l *objectList) canceledWithin(from, to string) {
	first, _ := time.Parse(time.RFC3339Nano, from)
	last, _ := time.Parse(time.RFC3339Nano, to)
	if first.IsZero() && last.IsZero() {
		return
	}
	l.also(func(v any) bool {
		at := v.(*subscription).CanceledAt
		return !at.IsZero() && !at.Before(first) && (last.IsZero() || !at.After(last))
	})
}

// subscriptionComparisons are the criteria that subscriptions can be sorted by, beside their start.
//
// Source: SubscriptionRepository.get_sorting_clause.
func subscriptionComparisons(tx *sandbox.Tx) map[string]func(a, b any) int {
	instant := func(of func(*subscription) time.Time) func(a, b any) int {
		return func(a, b any) int {
			x, y := of(a.(*subscription)), of(b.(*subscription))
			return nullsLast(orNil(x), orNil(y), time.Time.Compare)
		}
	}
	return map[string]func(a, b any) int{
		"status": func(a, b any) int { return cmp.Compare(a.(*subscription).rank(), b.(*subscription).rank()) },
		"amount": func(a, b any) int { return cmp.Compare(a.(*subscription).perMonth(), b.(*subscription).perMonth()) },
		"customer": func(a, b any) int {
			return byCustomer(tx, a.(*subscription).CustomerID, b.(*subscription).CustomerID)
		},
		"product": func(a, b any) int {
			return byProduct(tx, a.(*subscription).ProductID, b.(*subscription).ProductID)
		},
		"discount": func(a, b any) int {
			return byDiscount(tx, a.(*subscription).DiscountID, b.(*subscription).DiscountID)
		},
		"current_period_end": instant(func(s *subscription) time.Time { return s.PeriodEnd }),
		"ends_at":            instant(func(s *subscription) time.Time { return s.EndsAt }),
		"ended_at":           instant(func(s *subscription) time.Time { return s.EndedAt }),
	}
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// rank is the place of its status among all; an active one that is to end comes after others.
func (sub *subscription) rank() int {
	n := 2 * slices.Index([]string{subscriptionTrialing, subscriptionActive, subscriptionPaused, subscriptionCanceled}, sub.Status)
	if sub.Status == subscriptionActive && sub.CancelAtPeriodEnd {
		n++
	}
	return n
}

// perMonth is about what it costs in a month. Source: SubscriptionRepository.get_sorting_clause.
func (sub *subscription) perMonth() int64 {
	switch sub.Interval {
	case "year":
		return sub.Amount / 12
	case "week":
		return sub.Amount * 4
	case "day":
		return sub.Amount * 30
	}
	return sub.Amount
}

// subscriptionByID returns a subscription that the caller may see, else the error to answer with.
func (p *Polar) subscriptionByID(tx *sandbox.Tx, id string) (*subscription, error) {
	sub, _ := tx.Get(kindSubscription, canonicalUUID(id)).(*subscription)
	if sub == nil || organizationOf(tx, sub.OrganizationID).blocked() {
		return nil, missing("subscription", id)
	}
	return sub, nil
}

func (p *Polar) getSubscription(_ context.Context, r *api.Request) (api.Response, error) {
	var found *subscriptionSubject
	var err error
	r.Sandbox.View(func(tx *sandbox.Tx) {
		var sub *subscription
		if sub, err = p.subscriptionByID(tx, r.Param("id")); err == nil {
			found = subscriptionIn(tx, sub)
		}
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: found.data(p, r.Base)}, nil
}
