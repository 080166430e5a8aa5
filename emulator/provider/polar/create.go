package polar

import (
	"context"
	"net/http"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// createBody is what creates a session, of all three shapes, in the order of Polar's models.
type createBody struct {
	TrialInterval         *string                  `json:"trial_interval"`
	TrialIntervalCount    *int64                   `json:"trial_interval_count"`
	Metadata              map[string]any           `json:"metadata"`
	CustomFieldData       map[string]any           `json:"custom_field_data"`
	DiscountID            *string                  `json:"discount_id"`
	AllowDiscountCodes    wire.Optional[bool]      `json:"allow_discount_codes"`
	RequireBillingAddress bool                     `json:"require_billing_address"`
	Amount                *int64                   `json:"amount"`
	Seats                 *int64                   `json:"seats"`
	MinSeats              *int64                   `json:"min_seats"`
	MaxSeats              *int64                   `json:"max_seats"`
	Units                 *int64                   `json:"units"`
	MinUnits              *int64                   `json:"min_units"`
	MaxUnits              *int64                   `json:"max_units"`
	AllowTrial            wire.Optional[bool]      `json:"allow_trial"`
	CustomerID            *string                  `json:"customer_id"`
	IsBusinessCustomer    wire.Optional[bool]      `json:"is_business_customer"`
	ExternalCustomerID    wire.Optional[string]    `json:"external_customer_id"`
	CustomerExternalID    wire.Optional[string]    `json:"customer_external_id"` // the old name
	CustomerName          *string                  `json:"customer_name"`
	CustomerEmail         *string                  `json:"customer_email"`
	CustomerIPAddress     *string                  `json:"customer_ip_address"`
	CustomerBillingName   *string                  `json:"customer_billing_name"`
	CustomerAddress       *address                 `json:"customer_billing_address"`
	CustomerTaxID         *string                  `json:"customer_tax_id"`
	CustomerMetadata      map[string]any           `json:"customer_metadata"`
	SubscriptionID        *string                  `json:"subscription_id"`
	SuccessURL            *string                  `json:"success_url"`
	ReturnURL             *string                  `json:"return_url"`
	EmbedOrigin           *string                  `json:"embed_origin"`
	Locale                *string                  `json:"locale"`
	Currency              *string                  `json:"currency"`
	Products              []string                 `json:"products"`
	Prices                map[string][]adHocCreate `json:"prices"`
	ProductID             string                   `json:"product_id"`
	ProductPriceID        string                   `json:"product_price_id"`
	PaymentProcessor      any                      `json:"payment_processor"` // of clients before 2025, ignored
}

// sinceSeed drops what February 2025 did not know and therefore ignored.
func (in *createBody) sinceSeed() {
	in.TrialInterval, in.TrialIntervalCount, in.AllowTrial = nil, nil, wire.Optional[bool]{}
	in.RequireBillingAddress, in.IsBusinessCustomer = false, wire.Optional[bool]{}
	in.Seats, in.MinSeats, in.MaxSeats, in.Units, in.MinUnits, in.MaxUnits = nil, nil, nil, nil, nil, nil
	in.ExternalCustomerID, in.CustomerExternalID = wire.Optional[string]{}, wire.Optional[string]{}
	in.CustomerBillingName, in.ReturnURL, in.Locale, in.Currency, in.Prices = nil, nil, nil, nil, nil
}

func (p *Polar) createCheckout(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := decoded[createBody](p, r)
	if err != nil {
		return api.Response{}, err
	}
	if p.seed {
		in.sinceSeed()
	}
	rec, err := r.Sandbox.Create(name, func(tx *sandbox.Tx) (checkout.Session, error) {
		return p.draft(tx, &in, r.Variant)
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusCreated, Body: p.fresh(r, rec)}, nil
}

// draft makes the session that the body asks for. The rules are checked one after the other, as
// CheckoutService.create does: the first that is broken is the answer.
func (p *Polar) draft(tx *sandbox.Tx, in *createBody, variant string) (checkout.Session, error) {
	off, err := p.offered(tx, in, variant)
	if err != nil {
		return checkout.Session{}, err
	}
	org := organizationOf(tx, off.product.OrganizationID)
	if org.blocked() {
		return checkout.Session{}, forbid(reasonNotPermitted, "Not permitted")
	}
	s, d := p.newSession(in, off)
	if err := p.checkCreate(tx, in, off, d); err != nil {
		return checkout.Session{}, err
	}
	c, err := p.presetCustomer(tx, in, d)
	if err != nil {
		return checkout.Session{}, err
	}
	if d.CustomFields, err = answers(off.product.CustomFields, in.CustomFieldData, false); err != nil {
		return checkout.Session{}, err
	}
	if !p.seed && (d.Address.hasLines() || d.Address.hasForeignState()) {
		d.RequireBillingAddress = true
	}
	if c != nil {
		p.link(&s, d, c, in.IsBusinessCustomer.Set)
	}
	if !org.localized() {
		d.Locale = wire.OrNull("en")
	}
	s.ID, s.ClientSecret = tx.UUID("polar.checkout"), newToken(tx, secretPrefix)
	d.AdHoc = p.adHoc(tx, off)
	if off.price.ID == "" {
		d.PriceID = d.AdHoc[d.ProductID][off.at].ID
	}
	d.Processor = p.processor(tx, c)
	s.Detail = d
	p.recount(tx, &s, d)
	s.Customer.Name = text(d.Name)
	return s, nil
}

// newSession copies what needs no checking.
func (p *Polar) newSession(in *createBody, off offer) (checkout.Session, *detail) {
	d := &detail{
		OrganizationID: off.product.OrganizationID, Products: off.products, ProductID: off.product.ID, PriceID: off.price.ID,
		AllowDiscountCodes: in.AllowDiscountCodes.Or(true), AllowTrial: in.AllowTrial.Or(true),
		RequireBillingAddress: in.RequireBillingAddress, Business: in.IsBusinessCustomer.Value,
		TrialInterval: in.TrialInterval, TrialIntervalCount: in.TrialIntervalCount,
		Name: trimmed(in.CustomerName), BillingName: trimmed(in.CustomerBillingName), Address: in.CustomerAddress.normal(p.seed),
		TaxID: trimmed(in.CustomerTaxID), IPAddress: normalIP(in.CustomerIPAddress), Locale: in.Locale, EmbedOrigin: in.EmbedOrigin,
		ExternalID: in.ExternalCustomerID.Ptr(), CustomerMetadata: orEmpty(in.CustomerMetadata),
	}
	if !in.ExternalCustomerID.Set {
		d.ExternalID = in.CustomerExternalID.Ptr()
	}
	d.Amounts.Amount = p.upfront(off.prices, in.Amount)
	s := checkout.Session{
		Currency: off.currency, Metadata: orEmpty(in.Metadata), Customer: checkout.Customer{Email: normalEmail(text(in.CustomerEmail))},
	}
	if in.SuccessURL != nil {
		s.SuccessURL = normalURL(*in.SuccessURL)
	}
	if in.ReturnURL != nil {
		s.CancelURL = normalURL(*in.ReturnURL)
	}
	return s, d
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// checkCreate applies the rules about amount, discount, tax id, seats and units.
func (p *Polar) checkCreate(tx *sandbox.Tx, in *createBody, off offer, d *detail) error {
	if in.Amount != nil && off.price.AmountType == priceCustom {
		if err := p.checkCustomAmount(off.price, *in.Amount, off.currency); err != nil {
			return err
		}
	}
	if in.DiscountID != nil {
		prices := off.product.Prices
		if p.seed {
			prices = []price{*off.price}
		}
		found, err := p.discountFor(tx, discountBy{id: canonicalUUID(*in.DiscountID)}, off.product, prices, off.currency)
		if err != nil {
			return err
		}
		d.DiscountID = found.ID
	}
	if d.TaxID != nil {
		if err := checkTaxID(*d.TaxID, d.Address); err != nil {
			return err
		}
	}
	if err := checkQuantity(seatFields, in.Seats, in.MinSeats, in.MaxSeats); err != nil {
		return err
	}
	return checkQuantity(unitFields, in.Units, in.MinUnits, in.MaxUnits)
}

// checkTaxID wants a country to hold the number against.
//
// Assumed: every number is one, but those that begin with "invalid".
func checkTaxID(number string, a *address) error {
	if a == nil {
		return refuse(breach("missing", "Country is required to validate tax ID.", nil, "customer_billing_address"))
	}
	if hasPrefixFold(number, "invalid") {
		return refuse(breach("value_error", "Invalid tax ID.", number, "customer_tax_id"))
	}
	return nil
}

// checkQuantity refuses numbers of seats or units: no price of the catalog is sold by them.
func checkQuantity(of fields, n, low, high *int64) error {
	if n == nil && low == nil && high == nil {
		return nil
	}
	text := " can only be set for " + strings.TrimSuffix(of.count, "s") + "-based pricing."
	var faults []checkout.Violation
	if low != nil {
		faults = append(faults, breach("value_error", of.min+text, *low, of.min))
	}
	if high != nil {
		faults = append(faults, breach("value_error", of.max+text, *high, of.max))
	}
	if len(faults) > 0 {
		return refuse(faults...)
	}
	return refuse(breach("value_error", upperFirst(of.count)+text, *n, of.count))
}

// presetCustomer finds the customer that the body names: by the subscription to upgrade, by id, or
// by the caller's own id, which need not exist.
func (p *Polar) presetCustomer(tx *sandbox.Tx, in *createBody, d *detail) (*customer, error) {
	switch {
	case in.SubscriptionID != nil:
		id := canonicalUUID(*in.SubscriptionID)
		sub, _ := tx.Get(kindSubscription, id).(*subscription)
		if sub == nil || sub.OrganizationID != d.OrganizationID {
			return nil, refuse(breach("value_error", "Subscription does not exist.", *in.SubscriptionID, "subscription_id"))
		}
		if sub.Amount > 0 {
			return nil, refuse(breach("value_error", "Only free subscriptions can be upgraded.", *in.SubscriptionID, "subscription_id"))
		}
		d.SubscriptionID = id
		c, _ := tx.Get(kindCustomer, sub.CustomerID).(*customer)
		return c, nil
	case in.CustomerID != nil:
		c, _ := tx.Get(kindCustomer, canonicalUUID(*in.CustomerID)).(*customer)
		if c == nil || c.OrganizationID != d.OrganizationID || c.DeletedAt != nil {
			return nil, refuse(breach("value_error", "Customer does not exist.", *in.CustomerID, "customer_id"))
		}
		return c, nil
	case d.ExternalID != nil:
		c, _ := tx.By(kindCustomer, externalKey(d.OrganizationID, *d.ExternalID)).(*customer)
		return c, nil
	}
	return nil, nil
}
