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
	resourceDiscounts = "discounts"
	resourceMethods   = "payment_methods"
)

// Resources implements provider.Provider.
func (b *Bias) Resources() []provider.Resource {
	return []provider.Resource{
		{Name: resourceProducts, Decode: decodeProduct, Encode: asItIs},
		{Name: resourcePrices, Decode: decodePrice, Encode: asItIs},
		{Name: resourceCustomers, Decode: decodeCustomer, Encode: asItIs},
		{Name: resourceInvoices, Decode: decodeInvoice, Encode: asItIs},
		{Name: resourceDiscounts, Decode: decodeDiscount, Encode: asItIs},
		{Name: resourceMethods, Decode: decodeMethod, Encode: asItIs},
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
	return p.ID, p, common("product", prefixProduct, p.Object, p.ID, p.Live)
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
	if p.Type != priceOneTime {
		return "", nil, fmt.Errorf("price: type is %q; want %s", p.Type, priceOneTime)
	}
	p.Metadata = notNull(p.Metadata)
	return p.ID, p, common("price", prefixPrice, p.Object, p.ID, p.Live)
}

func decodeCustomer(raw json.RawMessage) (string, any, error) {
	c := &customer{}
	if err := strict(raw, c, "customer"); err != nil {
		return "", nil, err
	}
	c.Metadata = notNull(c.Metadata)
	return c.ID, c, common("customer", prefixCustomer, c.Object, c.ID, c.Live)
}

func decodeInvoice(raw json.RawMessage) (string, any, error) {
	i := &invoice{}
	if err := strict(raw, i, "invoice"); err != nil {
		return "", nil, err
	}
	if i.Amount < 1 || i.Amount > maxAmount {
		return "", nil, fmt.Errorf("invoice: amount is %d; want 1 to %d", i.Amount, int64(maxAmount))
	}
	if i.AmountDue == 0 {
		i.AmountDue = i.Amount
	}
	if i.AmountPaid < 0 || i.AmountDue < 0 || i.AmountDue > maxAmount {
		return "", nil, fmt.Errorf("invoice: amount_due is %d and amount_paid %d; want 0 to %d", i.AmountDue, i.AmountPaid, int64(maxAmount))
	}
	if err := reference("customer", i.Customer, true); err != nil {
		return "", nil, fmt.Errorf("invoice: %w", err)
	}
	i.Metadata = notNull(i.Metadata)
	return i.ID, i, common("invoice", prefixInvoice, i.Object, i.ID, i.Live)
}

// decodeDiscount reads a discount, whose applies_to is a list of ids or null.
func decodeDiscount(raw json.RawMessage) (string, any, error) {
	d := &discount{}
	if err := strict(raw, d, "discount"); err != nil {
		return "", nil, err
	}
	switch {
	case d.Name == "":
		return "", nil, fmt.Errorf("discount: name is missing")
	case (d.AmountOff == nil) == (d.PercentOff == nil):
		return "", nil, fmt.Errorf("discount: it needs one of amount_off and percent_off")
	case d.AmountOff != nil && (*d.AmountOff < 1 || *d.AmountOff > maxAmount):
		return "", nil, fmt.Errorf("discount: amount_off is %d; want 1 to %d", *d.AmountOff, int64(maxAmount))
	case d.PercentOff != nil && (*d.PercentOff <= 0 || *d.PercentOff > 100):
		return "", nil, fmt.Errorf("discount: percent_off is %v; want more than 0 and at most 100", *d.PercentOff)
	}
	for _, id := range d.AppliesTo {
		if err := reference("applies_to", id, false); err != nil {
			return "", nil, fmt.Errorf("discount: %w", err)
		}
	}
	d.Metadata = notNull(d.Metadata)
	return d.ID, d, common("discount", prefixDiscount, d.Object, d.ID, d.Live)
}

// decodeMethod reads a payment method that was saved for a customer.
func decodeMethod(raw json.RawMessage) (string, any, error) {
	m := &paymentMethod{}
	if err := strict(raw, m, "payment_method"); err != nil {
		return "", nil, err
	}
	switch {
	case m.Type != methodCard && m.Type != methodBank:
		return "", nil, fmt.Errorf("payment_method: type is %q; want %s or %s", m.Type, methodCard, methodBank)
	case (m.Card != nil) != (m.Type == methodCard) || (m.USBankAccount != nil) != (m.Type == methodBank):
		return "", nil, fmt.Errorf("payment_method: of card and us_bank_account it needs the one that its type names")
	case m.Card != nil && (m.Card.Object != methodCard || !isID(m.Card.ID, prefixCard)):
		return "", nil, fmt.Errorf("payment_method: card is %q %q; want the object card with an id %s…", m.Card.Object, m.Card.ID, prefixCard)
	}
	if err := reference("customer", m.Customer, true); err != nil {
		return "", nil, fmt.Errorf("payment_method: %w", err)
	}
	return m.ID, m, common("payment_method", prefixMethod, m.Object, m.ID, m.Live)
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

// common checks the members that every object has.
func common(what, prefix, object, id string, live bool) error {
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
