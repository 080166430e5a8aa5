package polar

import (
	"encoding/json"
	"slices"
	"sync"

	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// checkoutProduct is a product as a session shows it.
type checkoutProduct struct {
	ID                     string    `json:"id"`
	CreatedAt              string    `json:"created_at"`
	ModifiedAt             *string   `json:"modified_at"`
	TrialInterval          *string   `json:"trial_interval"`
	TrialIntervalCount     *int64    `json:"trial_interval_count"`
	Name                   string    `json:"name"`
	Description            *string   `json:"description"`
	Visibility             string    `json:"visibility"`
	RecurringInterval      *string   `json:"recurring_interval"`
	RecurringIntervalCount *int64    `json:"recurring_interval_count"`
	MeterInterval          *string   `json:"meter_interval"`
	MeterIntervalCount     *int64    `json:"meter_interval_count"`
	IsRecurring            bool      `json:"is_recurring"`
	IsArchived             bool      `json:"is_archived"`
	OrganizationID         string    `json:"organization_id"`
	Prices                 []price   `json:"prices"`
	Benefits               []benefit `json:"benefits"`
	Medias                 []media   `json:"medias"`
}

// visibilityDraft marks a product that cannot be sold yet, visibilityPublic a benefit that is shown.
const (
	visibilityDraft  = "draft"
	visibilityPublic = "public"
)

// product is a product of the catalog. It is replaced as a whole, never modified in place.
type product struct {
	Metadata     map[string]any  `json:"metadata"`
	CustomFields []attachedField `json:"attached_custom_fields"`
	checkoutProduct
	archived    []price          // prices that it was sold at before
	allBenefits []catalogBenefit // with those that sessions do not show
	encoded     func() *encodedProduct
}

// encodedProduct is what sessions show of a product, encoded once.
type encodedProduct struct {
	product, prices, fields json.RawMessage
	price                   map[string]json.RawMessage // by id
	// products and offer are what sessions show that offer it alone.
	products []json.RawMessage
	offer    json.RawMessage
}

// productWire is a product as fixtures have it: with its archived prices among the others, and with all of
// its benefits, which it shadows.
type productWire struct {
	checkoutProduct
	Metadata     map[string]any   `json:"metadata"`
	Benefits     []catalogBenefit `json:"benefits"`
	CustomFields []attachedField  `json:"attached_custom_fields"`
}

func (w productWire) product() *product {
	out := &product{Metadata: w.Metadata, CustomFields: w.CustomFields, checkoutProduct: w.checkoutProduct, allBenefits: w.Benefits}
	out.Prices = []price{}
	for _, one := range w.Prices {
		if one.IsArchived {
			out.archived = append(out.archived, one)
			continue
		}
		out.Prices = append(out.Prices, one)
	}
	return out.complete()
}

// complete finishes a product that does not change any more.
func (pr *product) complete() *product {
	if pr.CustomFields == nil {
		pr.CustomFields = []attachedField{}
	}
	pr.Benefits = []benefit{}
	for _, b := range pr.allBenefits {
		if b.Visibility == visibilityPublic || b.Visibility == "" {
			pr.Benefits = append(pr.Benefits, b.benefit)
		}
	}
	pr.encoded = sync.OnceValue(pr.encode)
	return pr
}

func (pr *product) encode() *encodedProduct {
	out := &encodedProduct{
		product: wire.MustMarshal(pr.checkoutProduct), prices: wire.MustMarshal(pr.Prices), fields: wire.MustMarshal(pr.CustomFields),
		price: map[string]json.RawMessage{},
	}
	for _, one := range slices.Concat(pr.Prices, pr.archived) {
		out.price[one.ID] = wire.MustMarshal(one)
	}
	out.products = []json.RawMessage{out.product}
	out.offer = wire.Assembly{{Name: pr.ID, Value: out.prices}}.Encode()
	return out
}

func (pr *product) wire() productWire {
	out := productWire{checkoutProduct: pr.checkoutProduct, Metadata: pr.Metadata, Benefits: pr.allBenefits, CustomFields: pr.CustomFields}
	out.Prices = append(slices.Clone(pr.Prices), pr.archived...)
	return out
}

// priceOf returns the product's price with that id, also an archived one, or nil.
func (pr *product) priceOf(id string) *price {
	return or(priceByID(pr.Prices, id), priceByID(pr.archived, id))
}

// productBase is a product without what it is sold for and what comes with it.
type productBase struct {
	Metadata               map[string]any `json:"metadata"`
	ID                     string         `json:"id"`
	CreatedAt              string         `json:"created_at"`
	ModifiedAt             *string        `json:"modified_at"`
	TrialInterval          *string        `json:"trial_interval"`
	TrialIntervalCount     *int64         `json:"trial_interval_count"`
	Name                   string         `json:"name"`
	Description            *string        `json:"description"`
	Visibility             string         `json:"visibility"`
	RecurringInterval      *string        `json:"recurring_interval"`
	RecurringIntervalCount *int64         `json:"recurring_interval_count"`
	MeterInterval          *string        `json:"meter_interval"`
	MeterIntervalCount     *int64         `json:"meter_interval_count"`
	IsRecurring            bool           `json:"is_recurring"`
	IsArchived             bool           `json:"is_archived"`
	OrganizationID         string         `json:"organization_id"`
}

// base is the product as orders and discounts show it.
func (pr *product) base() productBase {
	return productBase{
		Metadata: metadata(pr.Metadata), ID: pr.ID, CreatedAt: pr.CreatedAt, ModifiedAt: pr.ModifiedAt, TrialInterval: pr.TrialInterval,
		TrialIntervalCount: pr.TrialIntervalCount, Name: pr.Name, Description: pr.Description, Visibility: pr.Visibility,
		RecurringInterval: pr.RecurringInterval, RecurringIntervalCount: pr.RecurringIntervalCount, MeterInterval: pr.MeterInterval,
		MeterIntervalCount: pr.MeterIntervalCount, IsRecurring: pr.IsRecurring, IsArchived: pr.IsArchived, OrganizationID: pr.OrganizationID,
	}
}

// metadata is never null on the wire.
func metadata(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// Kinds of price and where prices come from.
const (
	priceFixed    = "fixed"
	priceCustom   = "custom" // pay what you want
	priceOneTime  = "one_time"
	priceRecurs   = "recurring"
	sourceAdHoc   = "ad_hoc"
	sourceCatalog = "catalog"
)

// price is one price of a product. A fixed one has an amount; a custom one has a minimum, and may
// have a maximum and an amount that is preset. Amounts are in minor units. A free price is a fixed
// one of zero.
type price struct {
	ID                string               `json:"id"`
	CreatedAt         string               `json:"created_at"`
	ModifiedAt        *string              `json:"modified_at"`
	Source            string               `json:"source"`
	AmountType        string               `json:"amount_type"`
	Currency          string               `json:"price_currency"`
	TaxBehavior       *string              `json:"tax_behavior"`
	IsArchived        bool                 `json:"is_archived"`
	ProductID         string               `json:"product_id"`
	Type              string               `json:"type"`
	RecurringInterval *string              `json:"recurring_interval"`
	Amount            wire.Optional[int64] `json:"price_amount,omitzero"`
	Minimum           wire.Optional[int64] `json:"minimum_amount,omitzero"`
	Maximum           wire.Optional[int64] `json:"maximum_amount,omitzero"`
	Preset            wire.Optional[int64] `json:"preset_amount,omitzero"`
}

// free reports whether nothing is ever charged at the price. A custom price never is free.
func (pr *price) free() bool { return pr.AmountType == priceFixed && pr.Amount.Value == 0 }

// upfront is what the price asks for. asked is the buyer's own amount for a custom price, or nil: it
// is then the preset one, else the minimum. February 2025 took 10.00 where nothing is preset.
func (pr *price) upfront(asked *int64, seed bool) int64 {
	switch {
	case pr.AmountType == priceFixed:
		return pr.Amount.Value
	case asked != nil:
		return *asked
	case pr.Preset.Has() && (pr.Preset.Value != 0 || !seed):
		return pr.Preset.Value
	case seed:
		return 1000
	}
	return pr.Minimum.Value
}

// pricesIn returns the prices in the first of the currencies that has any.
func pricesIn(all []price, currencies ...string) (prices []price, currency string) {
	for _, currency = range currencies {
		for _, pr := range all {
			if pr.Currency == currency {
				prices = append(prices, pr)
			}
		}
		if len(prices) > 0 {
			return prices, currency
		}
	}
	return nil, ""
}

// priceByID returns the price with that id, or nil.
func priceByID(all []price, id string) *price {
	i := slices.IndexFunc(all, func(pr price) bool { return pr.ID == id })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// customPrice returns the pay-what-you-want price among prices, or nil.
func customPrice(prices []price) *price {
	i := slices.IndexFunc(prices, func(pr price) bool { return pr.AmountType == priceCustom })
	if i < 0 {
		return nil
	}
	return &prices[i]
}

// media is a picture of a product.
type media struct {
	ID                   string  `json:"id"`
	OrganizationID       string  `json:"organization_id"`
	Name                 string  `json:"name"`
	Path                 string  `json:"path"`
	MimeType             string  `json:"mime_type"`
	Size                 int64   `json:"size"` // in bytes
	StorageVersion       *string `json:"storage_version"`
	ChecksumETag         *string `json:"checksum_etag"`
	ChecksumSHA256Base64 *string `json:"checksum_sha256_base64"`
	ChecksumSHA256Hex    *string `json:"checksum_sha256_hex"`
	LastModifiedAt       *string `json:"last_modified_at"`
	Version              *string `json:"version"`
	Service              string  `json:"service"`
	IsUploaded           bool    `json:"is_uploaded"`
	CreatedAt            string  `json:"created_at"`
	SizeReadable         string  `json:"size_readable"`
	PublicURL            string  `json:"public_url"`
}

// productOf returns a product that the caller may see, or nil: those of a blocked organization do
// not exist for its tokens. In February 2025 they did, and the organization was refused instead.
func (p *Polar) productOf(tx *sandbox.Tx, id string) *product {
	pr, _ := tx.Get(kindProduct, id).(*product)
	if pr == nil || !p.seed && organizationOf(tx, pr.OrganizationID).blocked() {
		return nil
	}
	return pr
}

// productWithPrice returns the product that has a price of the catalog, and the price; or nils.
func (p *Polar) productWithPrice(tx *sandbox.Tx, id string) (*product, *price) {
	pr, _ := tx.By(kindProduct, priceKey(id)).(*product)
	if pr == nil || p.productOf(tx, pr.ID) == nil {
		return nil, nil
	}
	return pr, pr.priceOf(id)
}

func priceKey(id string) string { return "price:" + id }

// Keys implements sandbox.Keyed: a product is found by its prices.
func (pr *product) Keys() []string {
	keys := make([]string, 0, len(pr.Prices)+len(pr.archived))
	for _, prices := range [][]price{pr.Prices, pr.archived} {
		for i := range prices {
			keys = append(keys, priceKey(prices[i].ID))
		}
	}
	return keys
}
