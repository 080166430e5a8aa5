package polar

import (
	"cmp"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Further kinds of price, which organizations turn on; the last is the older form of a fixed one of zero.
const (
	priceSeats   = "seat_based"
	priceUnits   = "unit_based"
	priceMetered = "metered_unit"
	priceFree    = "free"
)

// priceInput is a price of a product: one to keep, by its id, or a new one.
type priceInput struct {
	ID          *string              `json:"id"`
	AmountType  string               `json:"amount_type"`
	Currency    *string              `json:"price_currency"`
	TaxBehavior *string              `json:"tax_behavior"`
	Amount      int64                `json:"price_amount"`
	Minimum     wire.Optional[int64] `json:"minimum_amount"`
	Maximum     *int64               `json:"maximum_amount"`
	Preset      *int64               `json:"preset_amount"`
	MeterID     string               `json:"meter_id"`
}

// priceSet is what a product shall be sold at.
type priceSet struct {
	prices []price
	kept   []string // ids of those that there were before
}

// priceSetOf reads the prices of a product, and lists what is wrong with them. body is what they came in.
//
// Source: ProductService.get_validated_prices.
func priceSetOf(tx *sandbox.Tx, pr *product, inputs []priceInput, body any) (set priceSet, faults []checkout.Violation, err error) {
	org := organizationOf(tx, pr.OrganizationID)
	for i := range inputs {
		one := &inputs[i]
		if one.ID != nil {
			found := priceByID(pr.Prices, canonicalUUID(*one.ID))
			if found == nil {
				faults = append(faults, breach("value_error", "Price does not exist.", canonicalUUID(*one.ID), "prices", i))
				continue
			}
			set.prices, set.kept = append(set.prices, *found), append(set.kept, found.ID)
			continue
		}
		fault, err := one.unsold(org, pr, body, i)
		if err != nil {
			return set, nil, err
		}
		if fault != nil {
			faults = append(faults, *fault)
			continue
		}
		set.prices = append(set.prices, one.price(tx, pr))
	}
	if len(set.prices) == 0 {
		faults = append(faults, breach("too_short", "At least one price is required.", wire.Lookup(body, []any{"prices"}), "prices"))
	}
	for _, msg := range set.conflicts(org) {
		faults = append(faults, breach("value_error", msg, wire.Lookup(body, []any{"prices"}), "prices"))
	}
	return set, faults, nil
}

// unsold says why a kind of price cannot be had; an error is that only the real service has it.
func (in *priceInput) unsold(org *organization, pr *product, body any, i int) (*checkout.Violation, error) {
	msg, path := "", []any{"prices", i}
	switch {
	case in.AmountType == priceSeats && !org.Features["seat_based_pricing_enabled"]:
		msg = "Seat-based pricing is not enabled for this organization."
	case in.AmountType == priceUnits && !org.Features["unit_based_pricing_enabled"]:
		msg = "Unit-based pricing is not enabled for this organization."
	case in.AmountType == priceUnits && !pr.IsRecurring:
		msg = "Unit-based pricing is not supported on one-time products."
	case in.AmountType == priceMetered && !pr.IsRecurring:
		msg = "Metered pricing is not supported on one-time products."
	case in.AmountType == priceMetered:
		v := breach("value_error", "Meter does not exist.", in.MeterID, append(path, "meter_id")...)
		return &v, nil
	case in.AmountType == priceSeats, in.AmountType == priceUnits:
		return nil, &checkout.Error{Code: checkout.CodeNotEmulated, Message: in.AmountType + " prices are not emulated"}
	default:
		return nil, nil
	}
	v := breach("value_error", msg, wire.Lookup(body, path), path...)
	return &v, nil
}

// currency is what the price is in.
func (in *priceInput) currency() string {
	if in.Currency == nil {
		return "usd"
	}
	return *in.Currency
}

// price is the new price.
func (in *priceInput) price(tx *sandbox.Tx, pr *product) price {
	made := price{
		ID: tx.UUID("polar.price"), CreatedAt: wire.Micros(tx.Now()), Source: sourceCatalog, AmountType: priceFixed, Currency: in.currency(),
		TaxBehavior: in.TaxBehavior, ProductID: pr.ID, Type: priceOneTime, RecurringInterval: pr.RecurringInterval,
	}
	if pr.IsRecurring {
		made.Type = priceRecurs
	}
	switch in.AmountType {
	case priceFixed:
		made.Amount = wire.Some(in.Amount)
	case priceFree:
		made.Amount = wire.Some(int64(0))
	case priceCustom:
		made.AmountType, made.Minimum = priceCustom, wire.Some(in.Minimum.Or(defaultMinimum))
		made.Maximum, made.Preset = nullable(in.Maximum), nullable(in.Preset)
	}
	return made
}

// structure is what the prices in one currency consist of.
type structure struct {
	fixed, custom int
	taxes         []string // how they relate to tax
}

// structures are those of all currencies, and the currencies in the order in which they come.
func (set priceSet) structures() (each map[string]structure, order []string) {
	each = map[string]structure{}
	for _, pr := range set.prices {
		s, known := each[pr.Currency]
		if !known {
			order = append(order, pr.Currency)
		}
		if pr.AmountType == priceFixed {
			s.fixed++
		} else {
			s.custom++
		}
		if tax := text(pr.TaxBehavior); !slices.Contains(s.taxes, tax) {
			s.taxes = append(s.taxes, tax)
		}
		each[pr.Currency] = s
	}
	return each, order
}

// conflicts lists what cannot be sold together.
func (set priceSet) conflicts(org *organization) (msgs []string) {
	each, order := set.structures()
	kinds := map[[2]bool]bool{}
	for _, currency := range order {
		s := each[currency]
		if s.fixed > 1 {
			msgs = append(msgs, "Only one fixed price is allowed.")
		}
		if s.custom > 1 {
			msgs = append(msgs, "Only one custom price is allowed.")
		}
		if s.fixed > 0 && s.custom > 0 {
			msgs = append(msgs, "A custom price cannot be combined with a fixed, seat-based or unit-based price.")
		}
		if len(s.taxes) > 1 {
			msgs = append(msgs, "All prices for the same currency must have the same tax behavior.")
		}
		kinds[[2]bool{s.fixed > 0, s.custom > 0}] = true
	}
	if len(kinds) > 1 {
		msgs = append(msgs, "All price currencies must define the same set of price types.")
	}
	if !slices.Contains(order, cmp.Or(org.Currency, "usd")) {
		msgs = append(msgs, "The organization's default presentment currency must be present in the prices.")
	}
	return msgs
}
