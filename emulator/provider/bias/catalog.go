package bias

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Resources of the catalog.
const (
	resourceProducts  = "products"
	resourcePrices    = "prices"
	resourceCustomers = "customers"
	resourceInvoices  = "invoices"
)

// customer is a customer on the wire.
//
// Source: docs.biaspay.com, customers. The members updated_at and deleted are of a later generation.
type customer struct {
	Object    string            `json:"object"`
	ID        string            `json:"id"`
	Live      bool              `json:"live"`
	CreatedAt int64             `json:"created_at"`
	Name      *string           `json:"name"`
	Email     *string           `json:"email"`
	Phone     *string           `json:"phone"`
	Metadata  map[string]string `json:"metadata"`
}

// product is a product on the wire. DefaultPrice and Prices may hold expanded prices.
//
// Source: docs.biaspay.com, products. Assumed: the order of the members after created_at.
type product struct {
	Object       string            `json:"object"`
	ID           string            `json:"id"`
	Live         bool              `json:"live"`
	CreatedAt    int64             `json:"created_at"`
	Active       bool              `json:"active"`
	DefaultPrice any               `json:"default_price"`
	Deleted      bool              `json:"deleted"`
	Description  *string           `json:"description"`
	Images       []string          `json:"images"`
	Metadata     map[string]string `json:"metadata"`
	Name         string            `json:"name"`
	Prices       []*price          `json:"prices"`
	UpdatedAt    int64             `json:"updated_at"`
}

// price is a price on the wire. Product may hold an expanded product. There is no currency.
//
// Source: docs.biaspay.com, prices. Assumed: the order of the members after created_at.
type price struct {
	Object      string            `json:"object"`
	ID          string            `json:"id"`
	Live        bool              `json:"live"`
	CreatedAt   int64             `json:"created_at"`
	Active      bool              `json:"active"`
	Amount      int64             `json:"amount"`
	Deleted     bool              `json:"deleted"`
	Description *string           `json:"description"`
	Metadata    map[string]string `json:"metadata"`
	Product     any               `json:"product"`
	Type        string            `json:"type"`
	UpdatedAt   int64             `json:"updated_at"`
}

// invoice is an invoice on the wire. Customer may hold an expanded customer.
//
// Assumed: all of it; invoices are documented by name only.
type invoice struct {
	Object    string            `json:"object"`
	ID        string            `json:"id"`
	Live      bool              `json:"live"`
	CreatedAt int64             `json:"created_at"`
	Amount    int64             `json:"amount"`
	Customer  any               `json:"customer"`
	Metadata  map[string]string `json:"metadata"`
}

// Resources implements provider.Provider.
func (b *Bias) Resources() []provider.Resource {
	return []provider.Resource{
		{Name: resourceProducts, Decode: decodeProduct, Encode: asItIs},
		{Name: resourcePrices, Decode: decodePrice, Encode: asItIs},
		{Name: resourceCustomers, Decode: decodeCustomer, Encode: asItIs},
		{Name: resourceInvoices, Decode: decodeInvoice, Encode: asItIs},
	}
}

func asItIs(value any) any { return value }

func decodeProduct(raw json.RawMessage) (string, any, error) {
	p := &product{}
	if err := strict(raw, p, "product"); err != nil {
		return "", nil, err
	}
	if p.Name == "" {
		return "", nil, fmt.Errorf("product: name is missing")
	}
	if err := reference("default_price", p.DefaultPrice, true); err != nil {
		return "", nil, fmt.Errorf("product: %w", err)
	}
	if p.Prices != nil {
		return "", nil, fmt.Errorf("product: prices must be null; give them as prices of their own")
	}
	if p.Images == nil {
		p.Images = []string{}
	}
	p.Metadata = notNull(p.Metadata)
	return p.ID, p, stored("product", prefixProduct, p.Object, p.ID, p.Live)
}

func decodePrice(raw json.RawMessage) (string, any, error) {
	p := &price{}
	if err := strict(raw, p, "price"); err != nil {
		return "", nil, err
	}
	if p.Amount < 0 || p.Amount > maxAmount {
		return "", nil, fmt.Errorf("price: amount is %d; want 0 to %d", p.Amount, int64(maxAmount))
	}
	if err := reference("product", p.Product, false); err != nil {
		return "", nil, fmt.Errorf("price: %w", err)
	}
	if p.Type != "one_time" {
		return "", nil, fmt.Errorf("price: type is %q; want one_time", p.Type)
	}
	p.Metadata = notNull(p.Metadata)
	return p.ID, p, stored("price", prefixPrice, p.Object, p.ID, p.Live)
}

func decodeCustomer(raw json.RawMessage) (string, any, error) {
	c := &customer{}
	if err := strict(raw, c, "customer"); err != nil {
		return "", nil, err
	}
	c.Metadata = notNull(c.Metadata)
	return c.ID, c, stored("customer", prefixCustomer, c.Object, c.ID, c.Live)
}

func decodeInvoice(raw json.RawMessage) (string, any, error) {
	i := &invoice{}
	if err := strict(raw, i, "invoice"); err != nil {
		return "", nil, err
	}
	if i.Amount < 1 || i.Amount > maxAmount {
		return "", nil, fmt.Errorf("invoice: amount is %d; want 1 to %d", i.Amount, int64(maxAmount))
	}
	if err := reference("customer", i.Customer, true); err != nil {
		return "", nil, fmt.Errorf("invoice: %w", err)
	}
	i.Metadata = notNull(i.Metadata)
	return i.ID, i, stored("invoice", prefixInvoice, i.Object, i.ID, i.Live)
}

// strict reads an object and refuses members that it does not know.
func strict(raw json.RawMessage, into any, what string) error {
	if err := wire.Strict(raw, into); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// isID reports whether text is an id with that prefix; "" is any.
func isID(text, prefix string) bool {
	kind, body, ok := strings.Cut(text, "_")
	return ok && body != "" && strings.HasPrefix(text, prefix) && strings.Trim(kind, digits[10:36]) == "" && strings.Trim(body, digits) == ""
}

// stored checks the members that every object has.
func stored(what, prefix, object, id string, live bool) error {
	switch {
	case object != what:
		return fmt.Errorf("%s: object is %q", what, object)
	case !isID(id, prefix):
		return fmt.Errorf("%s: id is %q; want %s and letters or digits", what, id, prefix)
	case live:
		return fmt.Errorf("%s: live is true; everything here is a sandbox's", what)
	}
	return nil
}

// reference checks a member that holds the id of another object.
func reference(member string, value any, orNull bool) error {
	id, ok := value.(string)
	if ok && isID(id, "") || orNull && value == nil {
		return nil
	}
	return fmt.Errorf("%s is %v; want an id", member, value)
}

func notNull(metadata map[string]string) map[string]string {
	if metadata == nil {
		return map[string]string{}
	}
	return metadata
}
