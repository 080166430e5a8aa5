package leanrails

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Resources of the catalog.
const (
	resourceProducts  = "products"
	resourcePrices    = "prices"
	resourceCustomers = "customers"
	catalogProducts   = name + "." + resourceProducts
	catalogPrices     = name + "." + resourcePrices
	catalogCustomers  = name + "." + resourceCustomers
)

// Further kinds of objects, which nobody gives as fixtures.
const (
	catalogIntents = name + ".payment_intents"
	catalogCharges = name + ".charges"
	catalogRefunds = name + ".refunds"
	catalogLinks   = name + ".checkout_links"
	catalogDeleted = name + ".deleted_customers"
)

// merchantID is the one merchant that a sandbox has.
//
// Assumed: the body of the id; its prefix is documented (G1).
const merchantID = "mer_4d8fk2m9qx7r3tzb"

// price is a price on the wire.
//
// Source: G1, list prices.
type price struct {
	ID                string         `json:"id"`
	Object            string         `json:"object"`
	Active            bool           `json:"active"`
	Product           string         `json:"product"`
	Currency          string         `json:"currency"`
	Type              string         `json:"type"`
	BillingScheme     string         `json:"billing_scheme"`
	TaxBehavior       string         `json:"tax_behavior"`
	Metadata          map[string]any `json:"metadata"`
	Livemode          bool           `json:"livemode"`
	Created           int64          `json:"created"`
	UnitAmount        *int64         `json:"unit_amount"`
	UnitAmountDecimal *string        `json:"unit_amount_decimal"`
	CustomUnitAmount  any            `json:"custom_unit_amount"`
	Recurring         *recurring     `json:"recurring"`
	TiersMode         *string        `json:"tiers_mode"`
	Tiers             []any          `json:"tiers"`
	TransformQuantity any            `json:"transform_quantity"`
	LookupKey         *string        `json:"lookup_key"`
	Nickname          *string        `json:"nickname"`
}

// recurring is how often a price is due, in requests too.
//
// Source: G1, create, line_items[].price_data.recurring.
type recurring struct {
	Interval      string `json:"interval"`
	IntervalCount *int64 `json:"interval_count"`
}

// Types of prices.
//
// Source: G1, list prices.
const (
	priceOneTime   = "one_time"
	priceRecurring = "recurring"
)

// customer is a customer on the wire.
//
// Source: G1, retrieve a customer.
type customer struct {
	ID          string         `json:"id"`
	Object      string         `json:"object"`
	Livemode    bool           `json:"livemode"`
	Created     int64          `json:"created"`
	MerchantID  string         `json:"merchant_id"`
	Email       *string        `json:"email"`
	Name        *string        `json:"name"`
	Phone       *string        `json:"phone"`
	Description *string        `json:"description"`
	Metadata    map[string]any `json:"metadata"`
}

// Resources implements provider.Provider.
func (l *LeanRails) Resources() []provider.Resource {
	return []provider.Resource{
		resource(resourceProducts, func(p *product) (string, error) {
			p.complete()
			return p.ID, stored(p.ID, "prod_", p.Object, "product", p.Livemode)
		}),
		resource(resourcePrices, func(p *price) (string, error) {
			if p.Type != priceOneTime && p.Type != priceRecurring {
				return "", fmt.Errorf("type is %q; want %s or %s", p.Type, priceOneTime, priceRecurring)
			}
			if len(p.Currency) != 3 || strings.ToLower(p.Currency) != p.Currency {
				return "", fmt.Errorf("currency is %q; want three lower-case letters", p.Currency)
			}
			if p.UnitAmount != nil && *p.UnitAmount < 0 {
				return "", fmt.Errorf("unit_amount is %d; want 0 or more", *p.UnitAmount)
			}
			return p.ID, stored(p.ID, "price_", p.Object, "price", p.Livemode)
		}),
		resource(resourceCustomers, func(c *customer) (string, error) {
			return c.ID, stored(c.ID, "cus_", c.Object, "customer", c.Livemode)
		}),
	}
}

// resource is a kind of objects that the catalog keeps in their wire shape.
func resource[T any](name string, check func(*T) (string, error)) provider.Resource {
	return provider.Resource{
		Name: name,
		Decode: func(raw json.RawMessage) (string, any, error) {
			v := new(T)
			if err := wire.Strict(raw, v); err != nil {
				return "", nil, err
			}
			id, err := check(v)
			return id, v, err
		},
		Encode: func(value any) any { return value },
	}
}

// stored checks the members that every object of the catalog has.
func stored(id, prefix, object, want string, live bool) error {
	switch {
	case !strings.HasPrefix(id, prefix) || len(id) == len(prefix):
		return fmt.Errorf("id is %q; want %s…", id, prefix)
	case object != want:
		return fmt.Errorf("object is %q; want %s", object, want)
	case live:
		return fmt.Errorf("livemode is true; live objects do not exist here")
	}
	return nil
}

// find returns an object of the catalog, or nil.
func find[T any](tx *sandbox.Tx, kind, id string) *T {
	v, _ := tx.Get(kind, id).(*T)
	return v
}
