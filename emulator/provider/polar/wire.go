package polar

import (
	"encoding/json"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// checkoutBase is what both sides see of a session itself: the fields of every vintage. What it shows
// of the catalog, see objects, is added as it was encoded once.
type checkoutBase struct {
	ID                   string            `json:"id"`
	CreatedAt            string            `json:"created_at"`
	ModifiedAt           *string           `json:"modified_at"`
	CustomFieldData      map[string]any    `json:"custom_field_data"`
	PaymentProcessor     string            `json:"payment_processor"`
	Status               string            `json:"status"`
	ClientSecret         string            `json:"client_secret"`
	URL                  string            `json:"url"`
	ExpiresAt            string            `json:"expires_at"`
	SuccessURL           string            `json:"success_url"`
	ReturnURL            *string           `json:"return_url"`
	EmbedOrigin          *string           `json:"embed_origin"`
	Amount               int64             `json:"amount"`
	Seats                *int64            `json:"seats"`
	MinSeats             *int64            `json:"min_seats"`
	MaxSeats             *int64            `json:"max_seats"`
	Units                *int64            `json:"units"`
	MinUnits             *int64            `json:"min_units"`
	MaxUnits             *int64            `json:"max_units"`
	DiscountAmount       int64             `json:"discount_amount"`
	NetAmount            int64             `json:"net_amount"`
	TaxAmount            *int64            `json:"tax_amount"`
	TaxBehavior          *string           `json:"tax_behavior"`
	TotalAmount          int64             `json:"total_amount"`
	Currency             string            `json:"currency"`
	AllowTrial           bool              `json:"allow_trial"`
	ActiveTrialInterval  *string           `json:"active_trial_interval"`
	ActiveTrialCount     *int64            `json:"active_trial_interval_count"`
	TrialEnd             *string           `json:"trial_end"`
	OrganizationID       string            `json:"organization_id"`
	ProductID            string            `json:"product_id"`
	ProductPriceID       string            `json:"product_price_id"`
	DiscountID           *string           `json:"discount_id"`
	AllowDiscountCodes   bool              `json:"allow_discount_codes"`
	RequireBilling       bool              `json:"require_billing_address"`
	Discountable         bool              `json:"is_discount_applicable"`
	Free                 bool              `json:"is_free_product_price"`
	PaymentRequired      bool              `json:"is_payment_required"`
	SetupRequired        bool              `json:"is_payment_setup_required"`
	FormRequired         bool              `json:"is_payment_form_required"`
	CustomerID           *string           `json:"customer_id"`
	Business             bool              `json:"is_business_customer"`
	CustomerName         *string           `json:"customer_name"`
	CustomerEmail        *string           `json:"customer_email"`
	CustomerIPAddress    *string           `json:"customer_ip_address"`
	CustomerBillingName  *string           `json:"customer_billing_name"`
	CustomerAddress      *address          `json:"customer_billing_address"`
	CustomerTaxID        *string           `json:"customer_tax_id"`
	Locale               *string           `json:"locale"`
	PaymentMethodType    *string           `json:"payment_method_type"`
	ProcessorMetadata    map[string]string `json:"payment_processor_metadata"`
	CustomerAddressNeeds addressNeeds      `json:"customer_billing_address_fields"` // hidden, the older form of the next
	AddressModes         addressModes      `json:"billing_address_fields"`
	SubtotalAmount       int64             `json:"subtotal_amount"` // hidden, the older name of net_amount
}

// checkoutBody is what the merchant sees: Polar's Checkout.
type checkoutBody struct {
	checkoutBase
	TrialInterval      *string        `json:"trial_interval"`
	TrialIntervalCount *int64         `json:"trial_interval_count"`
	Metadata           map[string]any `json:"metadata"`
	ExternalCustomerID *string        `json:"external_customer_id"`
	CustomerExternalID *string        `json:"customer_external_id"` // hidden, the older name of it
	SubscriptionID     *string        `json:"subscription_id"`
	CustomerMetadata   map[string]any `json:"customer_metadata"`
}

// pagination is the part of a page beside its items.
type pagination struct {
	TotalCount int `json:"total_count"`
	MaxPage    int `json:"max_page"`
}

// objects is what a session shows of the catalog.
type objects struct {
	selected
	products     []*product // on offer
	organization *organization
}

func (p *Polar) objectsOf(b *sandbox.Sandbox, d *detail) (o objects) {
	b.View(func(tx *sandbox.Tx) { o = objectsIn(tx, d) })
	return o
}

func objectsIn(tx *sandbox.Tx, d *detail) objects {
	o := objects{selected: selection(tx, d), organization: organizationOf(tx, d.OrganizationID)}
	for _, id := range d.Products {
		pr, _ := tx.Get(kindProduct, id).(*product)
		if pr == nil && id == d.ProductID {
			pr = o.product // as far as it is known
		}
		if pr != nil {
			o.products = append(o.products, pr)
		}
	}
	return o
}

// members are the encoded objects under the names of both sides.
func (o objects) members(d *detail) wire.Assembly {
	products, prices := o.offered(d)
	price := o.product.encoded().price[o.price.ID]
	if price == nil { // made for this session only
		price = wire.MustMarshal(o.price)
	}
	shown := null
	if o.discount != nil {
		shown = wire.MustMarshal(o.discount.checkoutDiscount)
	}
	return wire.Assembly{
		{Name: "products", Items: products},
		{Name: "product", Value: o.product.encoded().product},
		{Name: "product_price", Value: price},
		{Name: "prices", Value: prices},
		{Name: "discount", Value: shown},
		{Name: "attached_custom_fields", Value: o.product.encoded().fields},
	}
}

var null = json.RawMessage("null")

// offered are the encoded products on offer, and their prices by product.
func (o objects) offered(d *detail) (products []json.RawMessage, prices json.RawMessage) {
	if len(o.products) == 1 && len(d.AdHoc) == 0 {
		alone := o.products[0].encoded()
		return alone.products, alone.offer
	}
	products, by := make([]json.RawMessage, len(o.products)), make(wire.Assembly, len(o.products))
	for i, pr := range o.products {
		products[i] = pr.encoded().product
		by[i] = wire.Member{Name: pr.ID, Value: pr.encoded().prices}
		if own := d.AdHoc[pr.ID]; len(own) > 0 {
			by[i].Value = wire.MustMarshal(own)
		}
	}
	return products, by.Encode()
}

// body returns the encoded session, from the last time when nothing has changed.
func (p *Polar) body(r *api.Request, rec *sandbox.Record, view sandbox.View) json.RawMessage {
	key := sandbox.RenderKey{Base: r.Base, Catalog: r.Sandbox.CatalogVersion()}
	return rec.Body(view, key, func() json.RawMessage {
		o := p.objectsOf(r.Sandbox, detailOf(&rec.Session))
		if view == sandbox.Public {
			return p.public(&rec.Session, o, r.Base).Encode()
		}
		return p.private(&rec.Session, o, r.Base).Encode()
	})
}

// fresh is the session as the merchant sees it for the first time. Unlike [Polar.body] it leaves the
// copy to be kept to whoever reads the session again.
func (p *Polar) fresh(r *api.Request, rec *sandbox.Record) wire.Assembly {
	return p.private(&rec.Session, p.objectsOf(r.Sandbox, detailOf(&rec.Session)), r.Base)
}

// private is Polar's Checkout, for the merchant.
func (p *Polar) private(s *checkout.Session, o objects, base string) wire.Assembly {
	d := detailOf(s)
	return append(wire.Assembly{wire.Members(&checkoutBody{
		checkoutBase:       p.newBase(s, o, base),
		TrialInterval:      d.TrialInterval,
		TrialIntervalCount: d.TrialIntervalCount,
		Metadata:           s.Metadata,
		ExternalCustomerID: d.ExternalID,
		CustomerExternalID: d.ExternalID,
		SubscriptionID:     wire.OrNull(d.SubscriptionID),
		CustomerMetadata:   d.CustomerMetadata,
	})}, o.members(d)...)
}

// public is CheckoutPublic, for the customer.
func (p *Polar) public(s *checkout.Session, o objects, base string) wire.Assembly {
	shown := p.newBase(s, o, base)
	out := append(wire.Assembly{wire.Members(&shown)}, o.members(detailOf(s))...)
	return append(out, wire.Member{Name: "organization", Value: o.organization.encoded()})
}

// confirmedBody is CheckoutPublicConfirmed, for the customer who has just confirmed. The token
// opens the customer's own pages.
//
// Current Polar leaves the token out where a customer was merely matched by e-mail address; clients
// of 2025 refuse the answer without it, so it is always sent.
func (p *Polar) confirmedBody(r *api.Request, rec *sandbox.Record, token string) wire.Assembly {
	o := p.objectsOf(r.Sandbox, detailOf(&rec.Session))
	return append(p.public(&rec.Session, o, r.Base), wire.Member{Name: "customer_session_token", Value: wire.MustMarshal(token)})
}

func (p *Polar) newBase(s *checkout.Session, o objects, base string) checkoutBase {
	d := detailOf(s)
	out := checkoutBase{
		ID: s.ID, CreatedAt: wire.Micros(s.CreatedAt), CustomFieldData: d.CustomFields, PaymentProcessor: "stripe",
		Status: p.Status(s.Status), ClientSecret: s.ClientSecret, URL: p.URL(*s, base), ExpiresAt: wire.Micros(s.ExpiresAt),
		SuccessURL: p.successURL(s, base), ReturnURL: wire.OrNull(s.CancelURL), EmbedOrigin: d.EmbedOrigin, Currency: s.Currency,
		OrganizationID: d.OrganizationID, ProductID: d.ProductID, ProductPriceID: d.PriceID, DiscountID: wire.OrNull(d.DiscountID),
		AllowDiscountCodes: d.AllowDiscountCodes, RequireBilling: d.RequireBillingAddress, CustomerID: wire.OrNull(s.Customer.ID),
		Business: d.Business, CustomerName: d.Name, CustomerEmail: wire.OrNull(s.Customer.Email), CustomerIPAddress: d.IPAddress,
		CustomerBillingName: d.BillingName, CustomerAddress: d.Address, CustomerTaxID: d.TaxID, Locale: d.Locale,
		PaymentMethodType: d.PaymentMethod, ProcessorMetadata: d.Processor, CustomerAddressNeeds: d.addressNeeds(),
		AddressModes: d.addressModes(), AllowTrial: d.AllowTrial, TrialEnd: moment(d.TrialEnd), ModifiedAt: moment(d.ModifiedAt),
	}
	if !p.seed {
		out.ActiveTrialInterval, out.ActiveTrialCount = d.trial(o.product)
	}
	out.setAmounts(d.Amounts)
	return out
}

func (b *checkoutBase) setAmounts(a amounts) {
	b.Amount, b.DiscountAmount, b.NetAmount, b.SubtotalAmount = a.Amount, a.Discount, a.Net, a.Net
	b.TaxAmount, b.TaxBehavior, b.TotalAmount = a.Tax, a.TaxBehavior, a.Total
	b.Discountable, b.Free = a.Discountable, a.Free
	b.PaymentRequired, b.SetupRequired, b.FormRequired = a.Payment, a.Setup, a.form()
}
