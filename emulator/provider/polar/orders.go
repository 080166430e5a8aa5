package polar

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// orderQuery is what a list of orders asks for.
type orderQuery struct {
	pageQuery
	ProductID          []string          `json:"product_id"`
	BillingType        []string          `json:"product_billing_type"`
	DiscountID         []string          `json:"discount_id"`
	CustomerID         []string          `json:"customer_id"`
	ExternalCustomerID []string          `json:"external_customer_id"`
	CheckoutID         []string          `json:"checkout_id"`
	SubscriptionID     []string          `json:"subscription_id"`
	Status             []string          `json:"status"`
	CreatedAfter       string            `json:"created_after"`
	CreatedBefore      string            `json:"created_before"`
	Metadata           map[string]string `json:"metadata"`
	Sorting            []string          `json:"sorting"`
}

func (p *Polar) listOrders(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[orderQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	l := p.newList(r, kindOrder, in.pageQuery)
	l.whereIDs(termProduct, in.ProductID)
	l.where(termBillingType, in.BillingType)
	l.whereIDs(termDiscount, in.DiscountID)
	l.whereIDs(termCheckout, in.CheckoutID)
	l.whereIDs(termSubscription, in.SubscriptionID)
	l.where(termStatus, in.Status)
	l.whereMetadata(in.Metadata)
	l.between(in.CreatedAfter, in.CreatedBefore, func(v any) time.Time { return v.(*order).CreatedAt })
	return p.answerList(r, l,
		func(tx *sandbox.Tx) {
			l.whereCustomers(tx, in.CustomerID, in.ExternalCustomerID)
			l.sortBy(orElse(in.Sorting, "-created_at"), orderComparisons(tx))
		},
		func(tx *sandbox.Tx, v any) subject { return orderIn(tx, v.(*order)) })
}

// orElse are the criteria that were asked for, else the usual one.
func orElse(criteria []string, usual string) []string {
	if len(criteria) == 0 {
		return []string{usual}
	}
	return criteria
}

// orderComparisons are the criteria that orders can be sorted by, beside their creation.
//
// Source: OrderRepository.get_sorting_clause.
func orderComparisons(tx *sandbox.Tx) map[string]func(a, b any) int {
	statuses := []string{orderPending, orderPaid, orderPartiallyRefunded, orderRefunded}
	amount := func(a, b any) int { return cmp.Compare(a.(*order).Amounts.Net, b.(*order).Amounts.Net) }
	return map[string]func(a, b any) int{
		"status": func(a, b any) int {
			return cmp.Compare(slices.Index(statuses, a.(*order).status()), slices.Index(statuses, b.(*order).status()))
		},
		"invoice_number": func(a, b any) int { return strings.Compare(a.(*order).InvoiceNumber, b.(*order).InvoiceNumber) },
		"amount":         amount,
		"net_amount":     amount,
		"customer": func(a, b any) int {
			return byCustomer(tx, a.(*order).CustomerID, b.(*order).CustomerID)
		},
		"product":  func(a, b any) int { return byProduct(tx, a.(*order).ProductID, b.(*order).ProductID) },
		"discount": func(a, b any) int { return byDiscount(tx, a.(*order).DiscountID, b.(*order).DiscountID) },
		"subscription": func(a, b any) int {
			return nullsLast(wire.OrNull(a.(*order).SubscriptionID), wire.OrNull(b.(*order).SubscriptionID), strings.Compare)
		},
	}
}

// byCustomer, byProduct and byDiscount compare objects by e-mail address, and by name.
func byCustomer(tx *sandbox.Tx, a, b string) int {
	return strings.Compare(customerIn(tx, a, "").Email, customerIn(tx, b, "").Email)
}

func byProduct(tx *sandbox.Tx, a, b string) int {
	return strings.Compare(productIn(tx, a, "").Name, productIn(tx, b, "").Name)
}

func byDiscount(tx *sandbox.Tx, a, b string) int {
	x, _ := tx.Get(kindDiscount, a).(*discount)
	y, _ := tx.Get(kindDiscount, b).(*discount)
	return nullsLast(x, y, func(x, y discount) int { return strings.Compare(x.Name, y.Name) })
}

// orderByID returns an order that the caller may see, or nil.
func (p *Polar) orderByID(tx *sandbox.Tx, id string) *order {
	o, _ := tx.Get(kindOrder, canonicalUUID(id)).(*order)
	if o == nil || organizationOf(tx, o.OrganizationID).blocked() {
		return nil
	}
	return o
}

// missing is the answer about an object that is not there.
func missing(what, id string) error {
	return &checkout.Error{Code: checkout.CodeNotFound, Message: "no " + what + " " + id}
}

func (p *Polar) getOrder(_ context.Context, r *api.Request) (api.Response, error) {
	var found *orderSubject
	r.Sandbox.View(func(tx *sandbox.Tx) {
		if o := p.orderByID(tx, r.Param("id")); o != nil {
			found = orderIn(tx, o)
		}
	})
	if found == nil {
		return api.Response{}, missing("order", r.Param("id"))
	}
	return api.Response{Body: found.data(p, r.Base)}, nil
}

// orderUpdate is the body that changes an order.
type orderUpdate struct {
	BillingName    wire.Optional[string]  `json:"billing_name"`
	BillingAddress wire.Optional[address] `json:"billing_address"`
}

// updateOrder changes to whom an order is billed.
//
// Source: OrderService.update.
func (p *Polar) updateOrder(_ context.Context, r *api.Request) (api.Response, error) {
	return written(p, r, http.StatusOK, func(tx *sandbox.Tx, in *orderUpdate) (subject, error) {
		old := p.orderByID(tx, r.Param("id"))
		if old == nil {
			return nil, missing("order", r.Param("id"))
		}
		o := *old
		if err := in.on(&o, p.seed); err != nil {
			return nil, err
		}
		o.ModifiedAt = tx.Now()
		tx.Put(kindOrder, o.ID, &o)
		changed := orderIn(tx, &o)
		p.tellOrder(tx, nil, &o, eventOrderUpdated)
		return changed, nil
	})
}

// on puts what was sent into an order. Country and state stay what they are.
func (in *orderUpdate) on(o *order, seed bool) error {
	if in.BillingName.Set {
		o.BillingName = in.BillingName.Ptr()
	}
	if !in.BillingAddress.Set {
		return nil
	}
	to, from := in.BillingAddress.Ptr().normal(seed), o.BillingAddress
	o.BillingAddress = to
	if to == nil || from == nil {
		return nil
	}
	var faults []checkout.Violation
	if to.Country != from.Country {
		faults = append(faults, breach("value_error", "Country cannot be changed", to.Country, "billing_address", "country"))
	}
	if text(to.State) != text(from.State) {
		faults = append(faults, breach("value_error", "State cannot be changed", to.State, "billing_address", "state"))
	}
	if len(faults) > 0 {
		return refuse(faults...)
	}
	return nil
}
