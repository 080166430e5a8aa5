package polar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// amounts is what a session costs, in minor units, and what follows from it.
type amounts struct {
	Amount       int64   `json:"amount,omitzero"` // before discount and tax
	Discount     int64   `json:"discount,omitzero"`
	Net          int64   `json:"net,omitzero"` // after discount, before tax
	Tax          *int64  `json:"tax,omitzero"` // nil: not known yet
	TaxBehavior  *string `json:"tax_behavior,omitzero"`
	Total        int64   `json:"total,omitzero"`
	Discountable bool    `json:"discountable,omitzero"` // is_discount_applicable
	Free         bool    `json:"free,omitzero"`         // is_free_product_price
	Payment      bool    `json:"payment,omitzero"`      // is_payment_required
	Setup        bool    `json:"setup,omitzero"`        // is_payment_setup_required
}

// form reports whether the customer has to enter means of payment.
func (a amounts) form() bool { return a.Payment || a.Setup }

// selected is what a session is about.
type selected struct {
	product  *product
	prices   []price // all of the product, in every currency
	price    *price
	discount *discount
}

// selection looks up what the session is about. The product is never nil: a session keeps showing
// one that has left the catalog, as far as it is known.
func selection(tx *sandbox.Tx, d *detail) selected {
	var sel selected
	sel.product = productIn(tx, d.ProductID, d.OrganizationID)
	sel.prices = d.pricesOf(sel.product)
	sel.price = or(priceByID(sel.prices, d.PriceID), sel.product.priceOf(d.PriceID))
	if sel.price == nil {
		sel.price = &price{
			ID: d.PriceID, CreatedAt: longAgo, Source: sourceAdHoc, AmountType: priceFixed, Currency: "usd", IsArchived: true,
			ProductID: d.ProductID, Type: priceOneTime, Amount: wire.Some(d.Amounts.Amount),
		}
	}
	sel.discount, _ = tx.Get(kindDiscount, d.DiscountID).(*discount)
	return sel
}

// productIn returns a product, a stand-in when it has left the catalog.
func productIn(tx *sandbox.Tx, id, organizationID string) *product {
	if pr, _ := tx.Get(kindProduct, id).(*product); pr != nil {
		return pr
	}
	lost := &product{checkoutProduct: checkoutProduct{
		ID: id, CreatedAt: longAgo, Visibility: "private", IsArchived: true, OrganizationID: organizationID,
		Prices: []price{}, Benefits: []benefit{}, Medias: []media{},
	}}
	return lost.complete()
}

// longAgo is when objects were made of which nothing is known.
const longAgo = "1970-01-01T00:00:00Z"

// pricesOf returns the prices at which the session sells a product.
func (d *detail) pricesOf(pr *product) []price {
	if own := d.AdHoc[pr.ID]; len(own) > 0 {
		return own
	}
	return pr.Prices
}

// recount works out the amounts that follow from the session's amount, and the trial.
//
// Source: Checkout in polar/models/checkout.py and CheckoutService._update_checkout_tax of both
// vintages. Assumed: no tax; it is zero as soon as it could be calculated.
func (p *Polar) recount(tx *sandbox.Tx, s *checkout.Session, d *detail) {
	sel := selection(tx, d)
	p.setTrial(d, sel.product, tx.Now())
	a := amounts{Amount: d.Amounts.Amount}
	a.Discount = sel.discount.off(a.Amount, s.Currency)
	a.Net = a.Amount - a.Discount
	a.Total = a.Net
	a.Discountable = discountable(sel.prices)
	a.Free = !a.Discountable
	if p.seed {
		a.Discountable, a.Free = !sel.price.free(), sel.price.free()
	}
	a.Payment = a.Total > 0 && d.TrialEnd.IsZero()
	a.Setup = sel.product.IsRecurring && !a.Free
	taxed := a.Payment
	if !p.seed {
		a.Setup = a.Setup && a.Amount != 0 && !sel.discount.everything()
		taxed = a.form()
	}
	switch {
	case !taxed:
		a.Tax = new(int64)
	case d.Address != nil:
		a.Tax = new(int64)
		a.TaxBehavior = taxBehavior(organizationOf(tx, d.OrganizationID), sel.price)
	}
	d.Amounts = a
	s.Amount = a.Total
}

// taxBehavior is how the price relates to tax. Assumed: where it depends on the location, tax comes
// on top.
func taxBehavior(o *organization, pr *price) *string {
	behavior := o.TaxBehavior
	if pr.TaxBehavior != nil {
		behavior = *pr.TaxBehavior
	}
	if behavior != "inclusive" {
		behavior = "exclusive"
	}
	return &behavior
}

// trial is the trial period that the session offers: its own or the product's, for subscriptions
// only.
func (d *detail) trial(pr *product) (interval *string, count *int64) {
	if !d.AllowTrial || !pr.IsRecurring {
		return nil, nil
	}
	return or(d.TrialInterval, pr.TrialInterval), or(d.TrialIntervalCount, pr.TrialIntervalCount)
}

func (p *Polar) setTrial(d *detail, pr *product, now time.Time) {
	d.TrialEnd = time.Time{}
	interval, count := d.trial(pr)
	if p.seed || interval == nil || count == nil {
		return
	}
	d.TrialEnd = later(now, *interval, int(*count))
}

// addMonths adds calendar months; a day that the month does not have becomes its last one.
func addMonths(t time.Time, n int) time.Time {
	first := t.AddDate(0, 0, 1-t.Day()).AddDate(0, n, 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// upfront is what a set of prices asks for together.
func (p *Polar) upfront(prices []price, asked *int64) int64 {
	var sum int64
	for i := range prices {
		sum += prices[i].upfront(asked, p.seed)
	}
	return sum
}

// checkCustomAmount holds the amount that the buyer names against the price's and the currency's
// bounds. A price may be had for nothing when its minimum is 0, but never for next to nothing.
//
// Source: validate_custom_price_amount, polar/product/custom_price.py; February 2025 only knew the
// bounds of the price.
func (p *Polar) checkCustomAmount(pr *price, amount int64, currency string) error {
	fault := func(kind, msg string) error { return refuse(breach(kind, msg, amount, "amount")) }
	low, high := amountBounds(currency)
	switch {
	case pr.Minimum.Has() && amount < pr.Minimum.Value:
		return fault("greater_than_equal", "Amount is below minimum.")
	case !p.seed && amount > 0 && amount < low:
		return fault("invalid_amount", "Amount must be 0 or at least "+money(low, currency)+".")
	case pr.Maximum.Has() && amount > pr.Maximum.Value:
		return fault("less_than_equal", "Amount is above maximum.")
	case !p.seed && amount > high:
		return fault("less_than_equal", "Amount must be at most "+money(high, currency)+".")
	}
	return nil
}

// amountBounds are the smallest and the largest amount that can be charged in a currency.
func amountBounds(currency string) (low, high int64) {
	if low, high = currencyMinimum[currency], currencyMaximum[currency]; low == 0 {
		low = defaultMinimum
	}
	if high == 0 {
		high = defaultMaximum
	}
	return low, high
}

// symbols are how American English writes currencies; others are written by their code.
var symbols = map[string]string{
	"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹", "krw": "₩", "brl": "R$", "cad": "CA$", "aud": "A$",
	"mxn": "MX$", "nzd": "NZ$", "cny": "CN¥", "hkd": "HK$", "ils": "₪", "twd": "NT$", "vnd": "₫",
}

// money writes an amount as American English does.
func money(amount int64, currency string) string {
	mark, ok := symbols[currency]
	if !ok {
		mark = strings.ToUpper(currency) + "\u00a0"
	}
	if slices.Contains(wholeCurrencies, currency) {
		return mark + grouped(amount)
	}
	return fmt.Sprintf("%s%s.%02d", mark, grouped(amount/100), amount%100)
}

// grouped writes a number with commas between its thousands.
func grouped(n int64) string {
	digits := itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
