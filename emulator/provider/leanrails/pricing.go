package leanrails

import (
	"cmp"
	"fmt"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Amounts and their parts.
const (
	defaultQuantity  = 1
	inventedAmount   = 1000  // minor units
	inventedCurrency = "usd" // of an order without any other
	maxTotal         = 1<<53 - 1
)

// order is what is being bought.
type order struct {
	lines    []line
	currency string
	total    int64 // minor units
}

// line is one line item with its price.
type line struct {
	price      string // id; "" of a price that came as price_data
	product    string // id; "" of an invented price
	quantity   int64
	unitAmount int64  // minor units
	currency   string // "" of an invented price: that of the order
	recurring  bool
}

func (o order) recurring() bool {
	for _, ln := range o.lines {
		if ln.recurring {
			return true
		}
	}
	return false
}

// price prices the line items of a body and says what is wrong with them. It passes over items of
// the wrong type, which the document has refused.
//
// Source: G1, create, currency: by default that of the line items.
// Assumed: amount_subtotal and amount_total are the sum of unit_amount times quantity; a session has
// one currency (G3 says so of itself); a total that is more than 2^53-1 minor units is refused, as
// common readers of JSON cannot hold it.
func (l *LeanRails) price(tx *sandbox.Tx, body any) (order, []checkout.Violation) {
	var o order
	var found []checkout.Violation
	items, _ := wire.Lookup(body, []any{"line_items"}).([]any)
	for i, tree := range items {
		item, ok := bound[lineItemParams](tree)
		if !ok {
			continue
		}
		ln, fault := l.line(tx, []any{"line_items", i}, tree, item)
		if fault != nil {
			found = append(found, *fault)
			continue
		}
		o.lines = append(o.lines, ln)
		o.currency = cmp.Or(o.currency, ln.currency)
	}
	wanted, _ := wire.Lookup(body, []any{"currency"}).(string)
	return o, append(found, o.complete(currencyOf(wanted))...)
}

// complete settles the currency of the order, and adds up. wanted is the currency that the
// body names, "" for none.
func (o *order) complete(wanted string) (found []checkout.Violation) {
	o.currency = cmp.Or(o.currency, wanted, inventedCurrency)
	if wanted != "" && wanted != o.currency {
		found = append(found, *invalid([]any{"currency"}, wanted, "must be the currency of the line items, `"+o.currency+"`"))
	}
	mixed, large := false, false
	for _, ln := range o.lines {
		mixed = mixed || ln.currency != "" && ln.currency != o.currency
		if ln.quantity < 1 || ln.unitAmount > (maxTotal-o.total)/ln.quantity {
			large = true
			continue
		}
		o.total += ln.quantity * ln.unitAmount
	}
	if mixed {
		found = append(found, *invalid([]any{"line_items"}, o.currencies(), "must all have the same currency"))
	}
	if large {
		found = append(found, *invalid([]any{"line_items"}, len(o.lines), fmt.Sprintf("must not add up to more than %d", int64(maxTotal))))
	}
	return found
}

func (o *order) currencies() []any {
	var out []any
	for _, ln := range o.lines {
		out = append(out, ln.currency)
	}
	return out
}

// line prices one item.
//
// Source: G1, create: each must have price or price_data.
// Assumed: not both.
func (l *LeanRails) line(tx *sandbox.Tx, path []any, tree any, item lineItemParams) (ln line, fault *checkout.Violation) {
	ln.quantity = item.Quantity.Or(defaultQuantity)
	byID, inline := item.Price.Has(), item.PriceData.Has()
	switch {
	case byID && inline:
		fault = invalid(path, tree, "must have either `price` or `price_data`, not both")
	case byID:
		fault = ln.take(l.priceOf(tx, item.Price.Value), append(path, "price"), item.Price.Value)
	case inline:
		fault = ln.takeData(tx, append(path, "price_data", "product"), item.PriceData.Value)
	default:
		fault = invalid(path, tree, "must have `price` or `price_data`")
		fault.Rule = codeMissing
	}
	return ln, fault
}

// priceOf returns a price of the catalog, or nil. With [ProfileLenient] one that is not there costs
// 1000 minor units of the order's currency.
func (l *LeanRails) priceOf(tx *sandbox.Tx, id string) *price {
	p := find[price](tx, catalogPrices, id)
	if p == nil && l.lenient {
		p = &price{ID: id, Active: true, UnitAmount: new(int64(inventedAmount))}
	}
	return p
}

// take prices the line by a price of the catalog.
//
// Assumed: a price that is not active, or has no unit amount of its own, cannot be bought; one that
// recurs is bought once.
func (ln *line) take(p *price, path []any, id string) *checkout.Violation {
	switch {
	case p == nil:
		return unknown(path, objectPrice, id)
	case !p.Active:
		return invalid(path, id, "must be an active price")
	case p.UnitAmount == nil:
		return invalid(path, id, "must be a price with a `unit_amount`")
	}
	ln.price, ln.product, ln.unitAmount, ln.currency = p.ID, p.Product, *p.UnitAmount, p.Currency
	ln.recurring = p.Type == priceRecurring
	return nil
}

// takeData prices the line by what the body says.
func (ln *line) takeData(tx *sandbox.Tx, path []any, in priceDataParams) *checkout.Violation {
	if find[product](tx, catalogProducts, in.Product) == nil {
		return unknown(path, objectProduct, in.Product)
	}
	ln.product, ln.unitAmount, ln.currency = in.Product, in.UnitAmount, currencyOf(in.Currency)
	ln.recurring = in.Recurring != nil
	return nil
}

// item is the line on the wire, with the identifiers that it lacks.
//
// Assumed: a price that came as price_data gets an id, and no object in the catalog; the description
// is the name of the product.
func (ln line) item(tx *sandbox.Tx, currency string) lineItem {
	if ln.price == "" {
		ln.price = newID(tx, kindPrice, "price_")
	}
	amount := ln.quantity * ln.unitAmount
	it := lineItem{
		ID: newID(tx, kindItem, "csli_"), Object: "item", Price: ln.price, Quantity: ln.quantity,
		AmountSubtotal: amount, AmountTotal: amount, Currency: currency,
	}
	if p := find[product](tx, catalogProducts, ln.product); p != nil {
		it.Description = &p.Name
	}
	return it
}
