package polar

import (
	"cmp"
	"context"
	"encoding/json"
	"math/big"
	"net/http"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// refund is money that was given back. Here it always arrives at once.
type refund struct {
	ID             string         `json:"id"`
	CreatedAt      time.Time      `json:"created_at"`
	Reason         string         `json:"reason"`
	Amount         int64          `json:"amount"` // before tax, in minor units
	TaxAmount      int64          `json:"tax_amount"`
	Currency       string         `json:"currency"`
	OrganizationID string         `json:"organization_id"`
	OrderID        string         `json:"order_id"`
	SubscriptionID string         `json:"subscription_id"` // "": none
	CustomerID     string         `json:"customer_id"`
	Revokes        bool           `json:"revoke_benefits"`
	Comment        *string        `json:"comment"` // of the merchant's own
	Metadata       map[string]any `json:"metadata"`
}

const refundSucceeded = "succeeded"

// Filters of the list of refunds, beside those of orders.
const (
	termID        = "id"
	termSucceeded = "succeeded"
)

// Listing implements sandbox.Listed.
func (rf *refund) Listing() sandbox.Listing {
	return sandbox.Listing{Account: rf.OrganizationID, Terms: termsOf(
		termID, rf.ID, termOrganization, rf.OrganizationID, termOrder, rf.OrderID, termSubscription, rf.SubscriptionID,
		termCustomer, rf.CustomerID, termSucceeded, "true",
	)}
}

// refundBody is Polar's Refund.
type refundBody struct {
	CreatedAt      string         `json:"created_at"`
	ModifiedAt     *string        `json:"modified_at"`
	ID             string         `json:"id"`
	Metadata       map[string]any `json:"metadata"`
	Status         string         `json:"status"`
	Reason         string         `json:"reason"`
	Amount         int64          `json:"amount"`
	TaxAmount      int64          `json:"tax_amount"`
	Currency       string         `json:"currency"`
	OrganizationID string         `json:"organization_id"`
	OrderID        string         `json:"order_id"`
	SubscriptionID *string        `json:"subscription_id"`
	CustomerID     string         `json:"customer_id"`
	RevokeBenefits bool           `json:"revoke_benefits"`
	Dispute        *struct{}      `json:"dispute"`
}

// refundSubject is a refund at one instant.
type refundSubject struct {
	refund       *refund
	organization *organization
}

func refundIn(tx *sandbox.Tx, rf *refund) *refundSubject {
	return &refundSubject{rf, organizationOf(tx, rf.OrganizationID)}
}

// data is Polar's Refund.
func (sub *refundSubject) data(*Polar, string) json.RawMessage {
	rf := sub.refund
	return wire.MustMarshal(refundBody{
		CreatedAt: wire.Micros(rf.CreatedAt), ID: rf.ID, Metadata: metadata(rf.Metadata), Status: refundSucceeded, Reason: rf.Reason,
		Amount: rf.Amount, TaxAmount: rf.TaxAmount, Currency: rf.Currency, OrganizationID: rf.OrganizationID, OrderID: rf.OrderID,
		SubscriptionID: wire.OrNull(rf.SubscriptionID), CustomerID: rf.CustomerID, RevokeBenefits: rf.Revokes,
	})
}

// refundQuery is what a list of refunds asks for.
type refundQuery struct {
	pageQuery
	ID                 []string `json:"id"`
	OrderID            []string `json:"order_id"`
	SubscriptionID     []string `json:"subscription_id"`
	CustomerID         []string `json:"customer_id"`
	ExternalCustomerID []string `json:"external_customer_id"`
	Succeeded          *bool    `json:"succeeded"`
	Sorting            []string `json:"sorting"`
}

func (p *Polar) listRefunds(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[refundQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	l := p.newList(r, kindRefund, in.pageQuery)
	l.whereIDs(termID, in.ID)
	l.whereIDs(termOrder, in.OrderID)
	l.whereIDs(termSubscription, in.SubscriptionID)
	l.whereBool(termSucceeded, in.Succeeded)
	l.sortBy(orElse(in.Sorting, "-created_at"), map[string]func(a, b any) int{
		"amount": func(a, b any) int { return cmp.Compare(a.(*refund).Amount, b.(*refund).Amount) },
	})
	return p.answerList(r, l,
		func(tx *sandbox.Tx) { l.whereCustomers(tx, in.CustomerID, in.ExternalCustomerID) },
		func(tx *sandbox.Tx, v any) subject { return refundIn(tx, v.(*refund)) })
}

// refundCreate is the body that makes a refund.
type refundCreate struct {
	Metadata       map[string]any `json:"metadata"`
	OrderID        string         `json:"order_id"`
	Reason         string         `json:"reason"`
	Amount         int64          `json:"amount"`
	Comment        *string        `json:"comment"`
	RevokeBenefits bool           `json:"revoke_benefits"`
}

func (p *Polar) createRefund(_ context.Context, r *api.Request) (api.Response, error) {
	return written(p, r, http.StatusCreated, func(tx *sandbox.Tx, in *refundCreate) (subject, error) {
		rf, err := p.refund(tx, in)
		if err != nil {
			return nil, err
		}
		return refundIn(tx, rf), nil
	})
}

// refund gives back a part of an order, or all of it, and tells of it. What the customer has been credited
// with shrinks by as much.
//
// Source: RefundService.create. The card processor's own notice comes back as refund.updated.
// Assumed: that notice changes nothing.
func (p *Polar) refund(tx *sandbox.Tx, in *refundCreate) (*refund, error) {
	old := p.orderByID(tx, in.OrderID)
	if old == nil {
		return nil, refuse(breach("value_error", "Order not found", in.OrderID, "order_id"))
	}
	tax, err := p.refundedTax(tx, old, in)
	if err != nil {
		return nil, err
	}
	rf := &refund{
		ID: tx.UUID("polar.refund"), CreatedAt: tx.Now(), Reason: in.Reason, Amount: in.Amount, TaxAmount: tax, Currency: old.Currency,
		OrganizationID: old.OrganizationID, OrderID: old.ID, SubscriptionID: old.SubscriptionID, CustomerID: old.CustomerID,
		Revokes: in.RevokeBenefits, Comment: in.Comment, Metadata: in.Metadata,
	}
	o := *old
	o.ModifiedAt = tx.Now()
	o.Refunded += rf.Amount
	o.RefundedTax += rf.TaxAmount
	tx.Put(kindRefund, rf.ID, rf)
	tx.Put(kindOrder, o.ID, &o)
	if has := balanceOf(tx, o.CustomerID, o.Currency); has > 0 {
		addBalance(tx, o.CustomerID, o.Currency, -min(has, rf.Amount+rf.TaxAmount))
	}
	p.tellRefund(tx, rf, eventRefundCreated)
	p.tellOrder(tx, nil, &o, eventOrderUpdated, eventOrderRefunded)
	p.tellRefund(tx, rf, eventRefundUpdated)
	return rf, nil
}

// refundedTax refuses a refund that cannot be made, and returns the tax that goes with the others: its share,
// all that is left with the last of the amount.
//
// Source: RefundService.create, Order.calculate_refunded_tax_from_subtotal.
func (p *Polar) refundedTax(tx *sandbox.Tx, o *order, in *refundCreate) (int64, error) {
	switch {
	case !organizationOf(tx, o.OrganizationID).Capabilities.Refunds:
		return 0, refusal(reasonRefundsBlocked, "Refunds are blocked for order: "+o.ID)
	case o.status() == orderRefunded:
		return 0, refusal(reasonRefunded, "Order is already fully refunded: "+o.ID)
	case in.RevokeBenefits && o.SubscriptionID != "":
		return 0, refusal(reasonRevokeProhibited, "Subscription benefits can only be revoked upon cancellation")
	case in.Amount > o.refundable():
		return 0, refuse(breach("value_error", "Refund amount exceeds refundable amount", in.Amount, "amount"))
	case o.Pending:
		return 0, refusal(reasonUnknownPayment, "Refund issued for unknown order: "+o.ID)
	case in.Amount == o.refundable():
		return o.refundableTax(), nil
	}
	return min(share(in.Amount, pointed(o.Amounts.Tax), o.Amounts.Net), o.refundableTax()), nil
}

// share is amount × part ÷ whole; half a minor unit goes to the even neighbour.
func share(amount, part, whole int64) int64 {
	if whole == 0 {
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(amount), big.NewInt(part))
	q, r := new(big.Int).QuoRem(n, big.NewInt(whole), new(big.Int))
	half := r.Lsh(r, 1).Cmp(big.NewInt(whole))
	if half > 0 || half == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	return q.Int64()
}

func (p *Polar) tellRefund(tx *sandbox.Tx, rf *refund, eventType string) {
	p.tell(tx, nil, eventType, rf.OrganizationID, rf.ID, func(tx *sandbox.Tx) subject { return refundIn(tx, rf) })
}
