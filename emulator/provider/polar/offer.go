package polar

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// offer is what a new session sells.
type offer struct {
	products []string // ids, in order
	product  *product // the first, which is selected
	prices   []price  // of the selected product, in the currency
	price    *price   // the first of them; without id when it is ad hoc
	at       int      // its place among the product's ad-hoc prices
	currency string
	adHoc    map[string][]adHocCreate // by product
}

// offered finds the products, prices and currency that the body asks for.
func (p *Polar) offered(tx *sandbox.Tx, in *createBody, variant string) (offer, error) {
	switch variant {
	case "CheckoutPriceCreate":
		return p.offeredPrice(tx, in.ProductPriceID)
	case "CheckoutProductCreate":
		pr, fault := p.sellable(tx, in.ProductID, "product_id")
		if fault != nil {
			return offer{}, refuse(*fault)
		}
		return p.offeredProducts(tx, in, []*product{pr}, "product_id")
	}
	var products []*product
	var faults []checkout.Violation
	for i, id := range in.Products {
		pr, fault := p.sellable(tx, id, "products", i)
		if fault != nil {
			faults = append(faults, *fault)
			continue
		}
		products = append(products, pr)
	}
	if slices.ContainsFunc(products, func(pr *product) bool { return pr.OrganizationID != products[0].OrganizationID }) {
		faults = append(faults, breach("value_error", "Products must all belong to the same organization.", in.Products, "products"))
	}
	if len(faults) > 0 {
		return offer{}, refuse(faults...)
	}
	return p.offeredProducts(tx, in, products, "products", 0)
}

// sellable returns a product that a session may offer, or why it may not.
func (p *Polar) sellable(tx *sandbox.Tx, id string, path ...any) (*product, *checkout.Violation) {
	id = canonicalUUID(id)
	fault := func(text string) (*product, *checkout.Violation) {
		v := breach("value_error", text, id, path...)
		return nil, &v
	}
	pr := p.productOf(tx, id)
	switch {
	case pr == nil:
		return fault("Product does not exist.")
	case pr.IsArchived:
		return fault("Product is archived.")
	case pr.Visibility == visibilityDraft && !p.seed:
		return fault("Product is a draft.")
	}
	return pr, nil
}

// offeredPrice offers one price of one product, in its currency.
func (p *Polar) offeredPrice(tx *sandbox.Tx, id string) (offer, error) {
	id = canonicalUUID(id)
	fault := func(text string) (offer, error) {
		return offer{}, refuse(breach("value_error", text, id, "product_price_id"))
	}
	pr, chosen := p.productWithPrice(tx, id)
	switch {
	case chosen == nil:
		return fault("Price does not exist.")
	case chosen.IsArchived:
		return fault("Price is archived.")
	case pr.IsArchived:
		return fault("Product is archived.")
	}
	return offer{products: []string{pr.ID}, product: pr, prices: []price{*chosen}, price: chosen, currency: chosen.Currency}, nil
}

// offeredProducts offers several products, the first one selected, at their catalog prices or at the
// ad-hoc prices of the body. path is where a currency that the first is not sold in is reported.
func (p *Polar) offeredProducts(tx *sandbox.Tx, in *createBody, products []*product, path ...any) (offer, error) {
	first := products[0]
	off := offer{product: first}
	for _, pr := range products {
		off.products = append(off.products, pr.ID)
	}
	all, err := p.offeredPrices(tx, in, products, &off)
	if err != nil {
		return offer{}, err
	}
	wanted := []string{organizationOf(tx, first.OrganizationID).Currency}
	if in.Currency != nil {
		wanted = []string{*in.Currency}
	}
	off.prices, off.currency = pricesIn(all, wanted...)
	if len(off.prices) == 0 {
		return offer{}, refuse(breach("value_error", "Product is not available in the specified currency.", first.ID, path...))
	}
	off.price = &off.prices[0]
	off.at = slices.IndexFunc(all, func(pr price) bool { return pr.Currency == off.currency })
	return off, nil
}

// adHocCreate is a price that is made for one session.
type adHocCreate struct {
	AmountType  string  `json:"amount_type"`
	Currency    *string `json:"price_currency"` // absent: usd
	Amount      *int64  `json:"price_amount"`
	Minimum     *int64  `json:"minimum_amount"`
	Maximum     *int64  `json:"maximum_amount"`
	Preset      *int64  `json:"preset_amount"`
	TaxBehavior *string `json:"tax_behavior"`
}

// price returns the price that is made for a product; its id and time come when the session does.
func (a adHocCreate) price(pr *product) price {
	made := price{
		Source: sourceAdHoc, AmountType: a.AmountType, Currency: "usd", TaxBehavior: a.TaxBehavior,
		ProductID: pr.ID, Type: priceOneTime, RecurringInterval: pr.RecurringInterval,
	}
	if a.Currency != nil {
		made.Currency = *a.Currency
	}
	if pr.IsRecurring {
		made.Type = priceRecurs
	}
	if a.AmountType == priceFixed {
		made.Amount = wire.Some(pointed(a.Amount))
		return made
	}
	made.Minimum = wire.Some(int64(defaultMinimum))
	if a.Minimum != nil {
		made.Minimum = wire.Some(*a.Minimum)
	}
	made.Maximum, made.Preset = nullable(a.Maximum), nullable(a.Preset)
	return made
}

func nullable(n *int64) wire.Optional[int64] {
	if n == nil {
		return wire.Optional[int64]{Set: true, Null: true}
	}
	return wire.Some(*n)
}

// offeredPrices returns the prices of the first product: those of the body when it has some. All
// ad-hoc prices of the body are checked.
//
// Assumed: beyond kind and amount they are taken as they are; kinds of price that the catalog does
// not have are not emulated.
func (p *Polar) offeredPrices(tx *sandbox.Tx, in *createBody, products []*product, off *offer) ([]price, error) {
	off.adHoc = map[string][]adHocCreate{}
	var faults []checkout.Violation
	for _, key := range wire.SortedKeys(in.Prices) {
		id := canonicalUUID(key)
		if !slices.ContainsFunc(products, func(pr *product) bool { return pr.ID == id }) {
			faults = append(faults, breach("value_error", "Product is not set on that checkout.", key, "prices", id))
			continue
		}
		for i, a := range in.Prices[key] {
			switch {
			case a.AmountType != priceFixed && a.AmountType != priceCustom:
				return nil, &checkout.Error{Code: checkout.CodeNotEmulated, Message: a.AmountType + " prices are not emulated"}
			case a.AmountType == priceFixed && a.Amount == nil:
				faults = append(faults, breach("missing", "Field required", a, "prices", id, i, "price_amount"))
			}
		}
		off.adHoc[id] = in.Prices[key]
	}
	if len(faults) > 0 {
		return nil, refuse(faults...)
	}
	first := products[0]
	made := off.adHoc[first.ID]
	if len(made) == 0 {
		return first.Prices, nil
	}
	all := make([]price, len(made))
	for i, a := range made {
		all[i] = a.price(first)
	}
	return all, nil
}

// adHoc makes the offer's ad-hoc prices.
func (p *Polar) adHoc(tx *sandbox.Tx, off offer) map[string][]price {
	if len(off.adHoc) == 0 {
		return nil
	}
	out := map[string][]price{}
	for _, id := range off.products {
		pr := p.productOf(tx, id)
		for _, a := range off.adHoc[id] {
			made := a.price(pr)
			made.ID, made.CreatedAt = tx.UUID("polar.price"), wire.Micros(tx.Now())
			out[id] = append(out[id], made)
		}
	}
	return out
}

// processor is what the card processor's script in the browser needs.
func (p *Polar) processor(tx *sandbox.Tx, c *customer) map[string]string {
	if c == nil || c.processorCustomer == "" || p.seed {
		return processorOfAll
	}
	out := maps.Clone(processorOfAll)
	out["customer_session_client_secret"] = "cuss_secret_" + tx.Token("polar.processor.session", ids.Base62, 40)
	return out
}

// processorOfAll is what it needs for a customer that it does not know. Sessions share it.
var processorOfAll = map[string]string{"publishable_key": "pk_test_localcheckout"}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func upperFirst(s string) string { return string(unicode.ToUpper(rune(s[0]))) + s[1:] }
