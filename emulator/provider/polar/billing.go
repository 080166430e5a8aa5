package polar

import (
	"time"

	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// billingEntry is something that a subscription's next order charges or credits.
type billingEntry struct {
	Price     price     `json:"price,omitzero"`
	Product   string    `json:"product,omitzero"` // its name
	Amount    int64     `json:"amount,omitzero"`  // never negative
	Credit    bool      `json:"credit,omitzero"`  // time that was paid for and is not used
	Proration bool      `json:"proration,omitzero"`
	Start     time.Time `json:"start,omitzero"`
	End       time.Time `json:"end,omitzero"`
}

// item is the entry as a line of an order.
//
// Source: BillingEntryService._get_static_price_line_item.
func (e billingEntry) item(tx *sandbox.Tx) orderItem {
	it := orderItem{
		ID: tx.UUID("polar.order_item"), CreatedAt: wire.Micros(tx.Now()), Amount: e.Amount, Proration: e.Proration,
		Label:          e.Product + " — From " + shortDate(e.Start) + " to " + shortDate(e.End),
		ProductPriceID: wire.OrNull(e.Price.ID), StartTimestamp: moment(e.Start), EndTimestamp: moment(e.End),
	}
	if e.Credit {
		it.Amount, it.Label = -e.Amount, "Remaining time on "+it.Label
	}
	return it
}

// prorated is the part of an amount that belongs to a part of a period.
//
// Source: _calculate_time_proration in polar/subscription/update.py.
func prorated(amount int64, part, whole time.Duration) int64 {
	return share(amount, max(0, int64(part)), int64(whole))
}

// charge is what one of the subscription's prices costs each period, before discount.
func (sub *subscription) charge(pr price) int64 {
	if pr.AmountType == priceCustom {
		return sub.Custom
	}
	return pr.Amount.Value
}

// recount works out what a period costs.
func (sub *subscription) recount(tx *sandbox.Tx) {
	sub.Amount = 0
	for _, pr := range sub.Prices {
		sub.Amount += sub.charge(pr)
	}
	found, _ := tx.Get(kindDiscount, sub.DiscountID).(*discount)
	sub.Amount -= found.off(sub.Amount, sub.Currency)
}

// enter notes the charges of the subscription's present period for its next order.
//
// Source: SubscriptionService._create_cycle_billing_entries.
func (sub *subscription) enter(tx *sandbox.Tx) {
	title := productIn(tx, sub.ProductID, sub.OrganizationID).Name
	entries := sub.Entries[:len(sub.Entries):len(sub.Entries)]
	for _, pr := range sub.Prices {
		entries = append(entries, billingEntry{
			Price: pr, Product: title, Amount: sub.charge(pr), Start: sub.PeriodStart, End: sub.PeriodEnd,
		})
	}
	sub.Entries = entries
}

// balance is what a customer has been credited with, in one currency.
type balance struct {
	CustomerID string `json:"customer_id"`
	Currency   string `json:"currency"`
	Amount     int64  `json:"amount"` // in minor units; never negative
}

func balanceOf(tx *sandbox.Tx, customerID, currency string) int64 {
	if b, _ := tx.Get(kindBalance, customerID+"/"+currency).(*balance); b != nil {
		return b.Amount
	}
	return 0
}

func addBalance(tx *sandbox.Tx, customerID, currency string, by int64) {
	if by != 0 {
		tx.Put(kindBalance, customerID+"/"+currency, &balance{customerID, currency, balanceOf(tx, customerID, currency) + by})
	}
}

// invoice turns what the subscription has to be billed for into an order that is still to be paid, nil when
// there is nothing. What the customer gets back is credited and lowers later orders; prorations have had
// their discount.
//
// Source: OrderService._create_order and compute_order_amounts. Assumed: no tax.
func (sub *subscription) invoice(tx *sandbox.Tx, reason string) *order {
	if len(sub.Entries) == 0 {
		return nil
	}
	o := &order{
		ID: tx.UUID("polar.order"), CreatedAt: tx.Now(), Pending: true, BillingReason: reason, Currency: sub.Currency,
		OrganizationID: sub.OrganizationID, CustomerID: sub.CustomerID, ProductID: sub.ProductID, Price: sub.Entries[0].Price,
		DiscountID: sub.DiscountID, SubscriptionID: sub.ID, Metadata: sub.Metadata, CustomFields: sub.CustomFields,
	}
	var discountable int64
	for _, e := range sub.Entries {
		it := e.item(tx)
		o.Items = append(o.Items, it)
		o.Amounts.Amount += it.Amount
		if !it.Proration {
			discountable += it.Amount
		}
	}
	found, _ := tx.Get(kindDiscount, sub.DiscountID).(*discount)
	o.Amounts.Discount = found.off(discountable, sub.Currency)
	o.Amounts.Net = o.Amounts.Amount - o.Amounts.Discount
	o.Amounts.Total, o.Amounts.Tax = o.Amounts.Net, new(int64)
	if o.Amounts.Total >= 0 {
		o.Balance = -min(o.Amounts.Total, balanceOf(tx, o.CustomerID, o.Currency))
		addBalance(tx, o.CustomerID, o.Currency, o.Balance)
	} else {
		addBalance(tx, o.CustomerID, o.Currency, -o.Amounts.Total)
	}
	sub.Entries = nil
	o.bill(tx)
	return o
}

// collect pays an order that invoice has made, and tells of both.
//
// Assumed: whoever has subscribed can be charged again at any time; a renewal never fails.
func (p *Polar) collect(tx *sandbox.Tx, o *order) {
	if o == nil {
		return
	}
	p.tellOrder(tx, nil, o, eventOrderCreated)
	paid := *o
	paid.Pending, paid.ModifiedAt = false, tx.Now()
	tx.Put(kindOrder, paid.ID, &paid)
	p.tellOrder(tx, nil, &paid, eventOrderUpdated, eventOrderPaid)
}
