package leanrails

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// prices is the kind of the prices.
func prices() kind[*price] {
	return kind[*price]{catalog: catalogPrices, noun: objectPrice, path: "/v1/prices", show: showPrice}
}

func (p *price) key() string { return p.ID }

// Keys implements sandbox.Keyed.
func (p *price) Keys() []string {
	if p.LookupKey == nil {
		return nil
	}
	return []string{lookup(*p.LookupKey)}
}

// lookup is the further key of a price with a lookup_key.
func lookup(key string) string { return "lookup_key:" + key }

// Listing implements sandbox.Listed.
//
// Source: G1, list prices, as far as its filters are visible.
func (p *price) Listing() sandbox.Listing {
	return sandbox.Listing{Terms: []checkout.Term{
		{Field: "active", Value: strconv.FormatBool(p.Active)}, {Field: "product", Value: p.Product},
		{Field: "type", Value: p.Type}, {Field: queryCurrency, Value: p.Currency},
	}}
}

// expandedPrice is a price with the product itself in the place of its id.
//
// Source: G1, retrieve a price, expand[].
type expandedPrice struct {
	price
	Product *product `json:"product"`
}

// queryExpand names what is to be shown in the place of its id.
const queryExpand = "expand[]"

func showPrice(tx *sandbox.Tx, r *api.Request, p *price) any {
	names, _ := r.Query[queryExpand].([]any)
	if whole := find[product](tx, catalogProducts, p.Product); whole != nil && slices.Contains(names, any("product")) {
		return &expandedPrice{*p, whole}
	}
	return p
}

// priceParams is the body of a creation; an update takes a part of it.
//
// Source: G2, create a price, update a price; G1 for the values.
type priceParams struct {
	Product           string                        `json:"product"`
	Currency          string                        `json:"currency"`
	UnitAmount        wire.Optional[int64]          `json:"unit_amount"`
	UnitAmountDecimal wire.Optional[string]         `json:"unit_amount_decimal"`
	Active            wire.Optional[bool]           `json:"active"`
	Type              wire.Optional[string]         `json:"type"`
	BillingScheme     wire.Optional[string]         `json:"billing_scheme"`
	TaxBehavior       wire.Optional[string]         `json:"tax_behavior"`
	Recurring         *recurring                    `json:"recurring"`
	TiersMode         wire.Optional[string]         `json:"tiers_mode"`
	Tiers             []any                         `json:"tiers"`
	LookupKey         wire.Optional[string]         `json:"lookup_key"`
	TransferLookupKey wire.Optional[bool]           `json:"transfer_lookup_key"`
	Nickname          wire.Optional[string]         `json:"nickname"`
	Metadata          wire.Optional[map[string]any] `json:"metadata"`
}

// on puts into a price what an update may change, too.
func (in priceParams) on(tx *sandbox.Tx, p *price) {
	p.Active, p.TaxBehavior = in.Active.Or(p.Active), in.TaxBehavior.Or(p.TaxBehavior)
	set(&p.Nickname, in.Nickname)
	set(&p.LookupKey, in.LookupKey)
	p.Metadata = merged(p.Metadata, in.Metadata)
	if in.LookupKey.Value == "" {
		return
	}
	if holder, _ := tx.By(catalogPrices, lookup(in.LookupKey.Value)).(*price); holder != nil && holder.ID != p.ID {
		bereft := *holder
		bereft.LookupKey = nil
		tx.Put(catalogPrices, bereft.ID, &bereft)
	}
}

// Schemes of prices. Source: G1, list prices.
const (
	schemePerUnit = "per_unit"
	schemeTiered  = "tiered"
	taxUnsaid     = "unspecified"
)

// createPrice makes a price.
func createPrice(tx *sandbox.Tx, _ *api.Request, in priceParams) (any, error) {
	p := &price{
		ID: newID(tx, kindPrice, "price_"), Object: "price", Active: true, Product: in.Product, Currency: currencyOf(in.Currency), Type: priceOneTime,
		BillingScheme: in.BillingScheme.Or(schemePerUnit), TaxBehavior: taxUnsaid, Created: tx.Now().Unix(),
		UnitAmount: in.UnitAmount.Ptr(), UnitAmountDecimal: in.UnitAmountDecimal.Ptr(), TiersMode: in.TiersMode.Ptr(), Tiers: in.Tiers,
	}
	if in.Recurring != nil {
		every := *in.Recurring
		every.IntervalCount = cmp.Or(every.IntervalCount, new(int64(1)))
		p.Type, p.Recurring = priceRecurring, &every
	}
	switch {
	case p.UnitAmount != nil:
		p.UnitAmountDecimal = new(strconv.FormatInt(*p.UnitAmount, 10))
	case p.UnitAmountDecimal != nil:
		if whole, err := strconv.ParseInt(*p.UnitAmountDecimal, 10, 64); err == nil {
			p.UnitAmount = &whole
		}
	}
	in.on(tx, p)
	tx.Put(catalogPrices, p.ID, p)
	return p, nil
}

// updatePrice changes what was sent; the amount of a price never changes.
func updatePrice(tx *sandbox.Tx, r *api.Request, in priceParams) (any, error) {
	old, err := prices().named(tx, r)
	if err != nil {
		return nil, err
	}
	p := *old
	in.on(tx, &p)
	tx.Put(catalogPrices, p.ID, &p)
	return &p, nil
}

// priceFaults checks a new price.
//
// Assumed: all of it, after the API that LeanRails' later generation copies: one of unit_amount,
// unit_amount_decimal and tiers; recurring for recurring prices only.
func priceFaults(tx *sandbox.Tx, body any) (found []checkout.Violation) {
	member := func(name string) any { return wire.Lookup(body, []any{name}) }
	if id, ok := member("product").(string); ok && find[product](tx, catalogProducts, id) == nil {
		found = append(found, *unknown([]any{"product"}, objectProduct, id))
	}
	tiered, amount, decimal := member("billing_scheme") == schemeTiered, member("unit_amount"), member("unit_amount_decimal")
	switch {
	case tiered && member("tiers") == nil:
		found = append(found, lacking("tiers"))
	case tiered && member("tiers_mode") == nil:
		found = append(found, lacking("tiers_mode"))
	case tiered && (amount != nil || decimal != nil):
		found = append(found, *invalid([]any{"unit_amount"}, amount, "must not be sent with tiers"))
	case !tiered && member("tiers") != nil:
		found = append(found, *invalid([]any{"tiers"}, member("tiers"), "must be sent with the `billing_scheme` `tiered`"))
	case !tiered && amount == nil && decimal == nil:
		found = append(found, lacking("unit_amount"))
	case amount != nil && decimal != nil:
		found = append(found, *invalid([]any{"unit_amount_decimal"}, decimal, "must not be sent together with `unit_amount`"))
	}
	switch recurs, sort := member("recurring") != nil, member("type"); {
	case sort == priceRecurring && !recurs:
		found = append(found, lacking("recurring"))
	case sort == priceOneTime && recurs:
		found = append(found, *invalid([]any{"type"}, sort, "must be `recurring` for a price with `recurring`"))
	}
	return append(found, lookupFaults(tx, body, "")...)
}

// lookupFaults: a lookup_key belongs to one price, unless it is to be transferred.
//
// Assumed: that it is refused otherwise; transfer_lookup_key is documented (G2) without words.
func lookupFaults(tx *sandbox.Tx, body any, id string) []checkout.Violation {
	path := []any{"lookup_key"}
	key, _ := wire.Lookup(body, path).(string)
	holder, _ := tx.By(catalogPrices, lookup(key)).(*price)
	if key == "" || holder == nil || holder.ID == id || wire.Lookup(body, []any{"transfer_lookup_key"}) == true {
		return nil
	}
	return []checkout.Violation{*invalid(path, key, "is that of the price `"+holder.ID+"` already; send `transfer_lookup_key` to take it over")}
}

// lacking is a parameter that must be there.
func lacking(name string) checkout.Violation {
	return checkout.Violation{In: checkout.InBody, Path: []any{name}, Rule: checkout.RuleRequired}
}
