package polar

import (
	"context"
	"maps"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// updateBody is what changes a session, from either side, and what confirms it, in the order of
// Polar's models. Members that a side does not have are ignored there; see client and server.
type updateBody struct {
	TrialInterval         wire.Optional[string]         `json:"trial_interval"`
	TrialIntervalCount    wire.Optional[int64]          `json:"trial_interval_count"`
	Metadata              wire.Optional[map[string]any] `json:"metadata"`
	CustomFieldData       wire.Optional[map[string]any] `json:"custom_field_data"`
	ProductID             *string                       `json:"product_id"`
	ProductPriceID        *string                       `json:"product_price_id"`
	Amount                *int64                        `json:"amount"`
	Seats                 *int64                        `json:"seats"`
	Units                 *int64                        `json:"units"`
	IsBusinessCustomer    wire.Optional[bool]           `json:"is_business_customer"`
	CustomerName          wire.Optional[string]         `json:"customer_name"`
	CustomerEmail         wire.Optional[string]         `json:"customer_email"`
	CustomerBillingName   wire.Optional[string]         `json:"customer_billing_name"`
	CustomerAddress       *address                      `json:"customer_billing_address"`
	CustomerTaxID         wire.Optional[string]         `json:"customer_tax_id"`
	Locale                wire.Optional[string]         `json:"locale"`
	Currency              *string                       `json:"currency"`
	DiscountID            wire.Optional[string]         `json:"discount_id"`
	AllowDiscountCodes    wire.Optional[bool]           `json:"allow_discount_codes"`
	RequireBillingAddress wire.Optional[bool]           `json:"require_billing_address"`
	AllowTrial            wire.Optional[bool]           `json:"allow_trial"`
	CustomerIPAddress     wire.Optional[string]         `json:"customer_ip_address"`
	CustomerMetadata      wire.Optional[map[string]any] `json:"customer_metadata"`
	SuccessURL            wire.Optional[string]         `json:"success_url"`
	ReturnURL             wire.Optional[string]         `json:"return_url"`
	EmbedOrigin           wire.Optional[string]         `json:"embed_origin"`
	PaymentMethodType     wire.Optional[string]         `json:"payment_method_type"`
	DiscountCode          wire.Optional[string]         `json:"discount_code"`
	ConfirmationTokenID   *string                       `json:"confirmation_token_id"`
}

// side is who changes a session.
type side int

const (
	serverSide  side = iota // with an access token
	clientSide              // with the client secret
	confirmSide             // with the client secret, to pay
)

// read decodes an update and drops what its side, or the vintage, does not have.
func (p *Polar) readUpdate(r *api.Request, from side) (*updateBody, error) {
	if err := p.checkModel(r); err != nil {
		return nil, err
	}
	in, err := api.Decode[updateBody](r)
	if err != nil {
		return nil, err
	}
	if from == serverSide {
		in.PaymentMethodType, in.DiscountCode, in.ConfirmationTokenID = wire.Optional[string]{}, wire.Optional[string]{}, nil
	} else {
		in.onClient()
	}
	if p.seed {
		in.sinceSeed()
	}
	return &in, nil
}

// onClient drops what only the merchant may set.
func (in *updateBody) onClient() {
	none, noMap := wire.Optional[string]{}, wire.Optional[map[string]any]{}
	in.TrialInterval, in.TrialIntervalCount = none, wire.Optional[int64]{}
	in.Metadata, in.CustomerMetadata = noMap, noMap
	in.Currency, in.DiscountID, in.CustomerIPAddress = nil, none, none
	in.AllowDiscountCodes, in.RequireBillingAddress = wire.Optional[bool]{}, wire.Optional[bool]{}
	in.SuccessURL, in.ReturnURL, in.EmbedOrigin = none, none, none
}

// sinceSeed drops what February 2025 did not know and therefore ignored.
func (in *updateBody) sinceSeed() {
	none := wire.Optional[string]{}
	in.TrialInterval, in.TrialIntervalCount, in.AllowTrial = none, wire.Optional[int64]{}, wire.Optional[bool]{}
	in.Seats, in.Units, in.Currency = nil, nil, nil
	in.IsBusinessCustomer, in.RequireBillingAddress = wire.Optional[bool]{}, wire.Optional[bool]{}
	in.CustomerBillingName, in.Locale, in.ReturnURL, in.PaymentMethodType = none, none, none, none
}

func (p *Polar) updateCheckout(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := p.readUpdate(r, serverSide)
	if err != nil {
		return api.Response{}, err
	}
	rec, _, err := r.Sandbox.Edit(canonicalUUID(r.Param("id")), func(tx *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		if err := p.reachable(tx, &rec.Session); err != nil {
			return nil, err
		}
		return p.updating(tx, rec, in, serverSide)
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: p.body(r, rec, sandbox.Private)}, nil
}

// updating is the command that makes the changes of an update.
func (p *Polar) updating(tx *sandbox.Tx, rec *sandbox.Record, in *updateBody, from side) (checkout.Command, error) {
	s, d, err := p.updated(tx, rec, in, from)
	if err != nil {
		return nil, err
	}
	p.recount(tx, &s, d)
	p.forgetBusiness(d)
	s.Detail = d
	s.Customer.Name = text(d.Name)
	return checkout.Update{Set: func(to *checkout.Session) { keep(to, s) }}, nil
}

// keep copies what an update may change to the session that the core holds.
func keep(to *checkout.Session, from checkout.Session) {
	to.Amount, to.Currency, to.Customer, to.Metadata = from.Amount, from.Currency, from.Customer, from.Metadata
	to.SuccessURL, to.CancelURL, to.Detail = from.SuccessURL, from.CancelURL, from.Detail
}

// forgetBusiness drops what was entered in a payment form that is no longer shown.
//
// Source: CheckoutService._reset_payment_form_fields_if_needed, not in February 2025.
func (p *Polar) forgetBusiness(d *detail) {
	if p.seed || d.Amounts.form() {
		return
	}
	d.PaymentMethod = nil
	if !d.RequireBillingAddress {
		d.Business, d.TaxID, d.BillingName = false, nil, nil
	}
}

// updated returns the session with the changes of an update, and its new detail. The rules are
// checked one after the other, as CheckoutService._update_checkout does.
func (p *Polar) updated(tx *sandbox.Tx, rec *sandbox.Record, in *updateBody, from side) (checkout.Session, *detail, error) {
	s := rec.Session
	if s.Status != checkout.Open {
		return s, nil, notOpen(s)
	}
	d := *detailOf(&s)
	for _, step := range []func() error{
		func() error { return p.changeProduct(tx, &s, &d, in) },
		func() error { return p.changeAmount(tx, &s, &d, in) },
		func() error { return p.changeDiscount(tx, &s, &d, in, from) },
		func() error { return changeTaxID(&d, in, p.seed) },
		func() error { return p.changeAnswers(tx, &d, in, from) },
	} {
		if err := step(); err != nil {
			return s, nil, err
		}
	}
	changeCustomer(&s, &d, in)
	changeSettings(&s, &d, in)
	if !organizationOf(tx, d.OrganizationID).localized() {
		d.Locale = wire.OrNull("en")
	}
	if from == clientSide && !p.seed {
		found, _ := tx.Get(kindDiscount, d.DiscountID).(*discount)
		if err := checkRedemptions(tx, found, s.Customer.Email); err != nil {
			return s, nil, err
		}
	}
	return s, &d, checkSubscriptions(tx, &s, &d)
}

// changeProduct selects another product, or its price, or changes the currency alone. Amount and
// currency start anew then, and a discount that no longer fits is dropped.
func (p *Polar) changeProduct(tx *sandbox.Tx, s *checkout.Session, d *detail, in *updateBody) error {
	if in.ProductID == nil && in.Currency == nil {
		return nil
	}
	if in.ProductID != nil {
		pr, fault := p.switchable(tx, d, *in.ProductID)
		if fault != nil {
			return refuse(*fault)
		}
		d.ProductID = pr.ID
	}
	sel := selection(tx, d)
	prices, currency, err := p.repriced(tx, s, d, sel, in)
	if err != nil {
		return err
	}
	s.Currency, d.PriceID = currency, prices[0].ID
	d.Amounts.Amount = p.upfront(prices, nil)
	if sel.discount != nil && !sel.discount.fits(d.ProductID, currency) {
		d.DiscountID = ""
	}
	return nil
}

// switchable returns a product that the session may change to, or why it may not.
func (p *Polar) switchable(tx *sandbox.Tx, d *detail, id string) (*product, *checkout.Violation) {
	id = canonicalUUID(id)
	for _, offered := range d.Products {
		pr, _ := tx.Get(kindProduct, id).(*product)
		if offered != id || pr == nil {
			continue
		}
		if pr.IsArchived {
			v := breach("value_error", "Product is archived.", id, "product_id")
			return nil, &v
		}
		return pr, nil
	}
	v := breach("value_error", "Product is not available in this checkout.", id, "product_id")
	return nil, &v
}

// repriced chooses the prices of the selected product: the one that is named, those in the currency
// that is named, or those in the session's currency, else in the organization's.
func (p *Polar) repriced(tx *sandbox.Tx, s *checkout.Session, d *detail, sel selected, in *updateBody) ([]price, string, error) {
	if in.ProductID != nil && in.ProductPriceID != nil {
		id := canonicalUUID(*in.ProductPriceID)
		chosen := priceByID(sel.prices, id)
		if chosen == nil {
			return nil, "", refuse(breach("value_error", "Price is not available in this checkout.", id, "product_price_id"))
		}
		return []price{*chosen}, chosen.Currency, nil
	}
	wanted := []string{s.Currency, organizationOf(tx, d.OrganizationID).Currency}
	if in.Currency != nil {
		wanted = []string{*in.Currency}
	}
	prices, currency := pricesIn(sel.prices, wanted...)
	if len(prices) == 0 {
		return nil, "", refuse(breach("value_error", "Product is not available in the specified currency.", wanted[0], "currency"))
	}
	return prices, currency, nil
}

// changeAmount sets the amount of a custom price; of other prices it is ignored.
func (p *Polar) changeAmount(tx *sandbox.Tx, s *checkout.Session, d *detail, in *updateBody) error {
	sel := selection(tx, d)
	prices, _ := pricesIn(sel.prices, s.Currency)
	if custom := customPrice(prices); custom != nil && in.Amount != nil {
		if err := p.checkCustomAmount(custom, *in.Amount, s.Currency); err != nil {
			return err
		}
		d.Amounts.Amount = *in.Amount
	}
	if err := checkQuantity(seatFields, in.Seats, nil, nil); err != nil {
		return err
	}
	return checkQuantity(unitFields, in.Units, nil, nil)
}

// changeDiscount applies or removes a discount: by id for the merchant, by code for the customer,
// whose codes are ignored where they are not allowed.
func (p *Polar) changeDiscount(tx *sandbox.Tx, s *checkout.Session, d *detail, in *updateBody, from side) error {
	asked, by := in.DiscountID, discountBy{id: canonicalUUID(in.DiscountID.Value)}
	if from != serverSide {
		if !d.AllowDiscountCodes {
			return nil
		}
		asked, by = in.DiscountCode, discountBy{code: in.DiscountCode.Value}
		if !p.seed {
			by.code = text(trimmed(&by.code))
		}
	}
	if !asked.Set {
		return nil
	}
	if asked.Null {
		d.DiscountID = ""
		return nil
	}
	sel := selection(tx, d)
	prices := sel.product.Prices
	if p.seed {
		prices = []price{*sel.price}
	}
	found, err := p.discountFor(tx, by, sel.product, prices, s.Currency)
	if err != nil {
		return err
	}
	d.DiscountID = found.ID
	return nil
}

// changeTaxID sets the billing address and the tax number, which is held against its country. A
// buyer who turns out to be no business loses the number.
func changeTaxID(d *detail, in *updateBody, seed bool) error {
	if in.CustomerAddress != nil {
		d.Address = in.CustomerAddress.normal(seed)
	}
	sent := trimmed(in.CustomerTaxID.Ptr())
	if noBusiness(in) || in.CustomerTaxID.Set && sent == nil {
		d.TaxID = nil
		return nil
	}
	number := or(sent, d.TaxID)
	if number == nil {
		return nil
	}
	if err := checkTaxID(*number, d.Address); err != nil {
		return err
	}
	d.TaxID = number
	return nil
}

func noBusiness(in *updateBody) bool {
	return in.IsBusinessCustomer.Has() && !in.IsBusinessCustomer.Value
}

// changeAnswers sets the values of custom fields: merged into those there are, on confirmation in
// their place. February 2025 always replaced them.
func (p *Polar) changeAnswers(tx *sandbox.Tx, d *detail, in *updateBody, from side) error {
	if !in.CustomFieldData.Set && from != confirmSide {
		return nil
	}
	kept, err := answers(selection(tx, d).product.CustomFields, in.CustomFieldData.Value, from == confirmSide)
	if err != nil {
		return err
	}
	if from != confirmSide && !p.seed {
		merged := maps.Clone(d.CustomFields)
		maps.Copy(merged, kept)
		kept = merged
	}
	d.CustomFields = kept
	return nil
}

// changeCustomer sets what is known of the buyer. The e-mail address of a linked customer stays.
func changeCustomer(s *checkout.Session, d *detail, in *updateBody) {
	if in.CustomerEmail.Set && s.Customer.ID == "" {
		s.Customer.Email = normalEmail(in.CustomerEmail.Value)
	}
	assign(&d.Name, in.CustomerName, trimmed)
	assign(&d.BillingName, in.CustomerBillingName, trimmed)
	assign(&d.IPAddress, in.CustomerIPAddress, normalIP)
	assign(&d.PaymentMethod, in.PaymentMethodType, trimmed)
	if in.CustomerMetadata.Set {
		d.CustomerMetadata = orEmpty(in.CustomerMetadata.Value)
	}
	if in.IsBusinessCustomer.Has() {
		d.Business = in.IsBusinessCustomer.Value
	}
	if noBusiness(in) {
		d.BillingName = nil
	}
}

// changeSettings sets what the session is like. Flags that are null stay as they are.
func changeSettings(s *checkout.Session, d *detail, in *updateBody) {
	assign(&d.EmbedOrigin, in.EmbedOrigin, same)
	assign(&d.Locale, in.Locale, same)
	assign(&d.TrialInterval, in.TrialInterval, same)
	assign(&d.TrialIntervalCount, in.TrialIntervalCount, same)
	d.AllowDiscountCodes = in.AllowDiscountCodes.Or(d.AllowDiscountCodes)
	d.RequireBillingAddress = in.RequireBillingAddress.Or(d.RequireBillingAddress)
	d.AllowTrial = in.AllowTrial.Or(d.AllowTrial)
	if in.Metadata.Set {
		s.Metadata = orEmpty(in.Metadata.Value)
	}
	if in.SuccessURL.Set {
		s.SuccessURL = normalURL(in.SuccessURL.Value)
	}
	if in.ReturnURL.Set {
		s.CancelURL = normalURL(in.ReturnURL.Value)
	}
}

// assign sets a nullable value when one was sent, null included.
func assign[T any](to **T, sent wire.Optional[T], normal func(*T) *T) {
	if sent.Set {
		*to = normal(sent.Ptr())
	}
}

func same[T any](v *T) *T { return v }

// checkSubscriptions refuses a second subscription of the same buyer, unless it is an upgrade or the
// organization allows several.
func checkSubscriptions(tx *sandbox.Tx, s *checkout.Session, d *detail) error {
	if d.SubscriptionID != "" || !selection(tx, d).product.IsRecurring || organizationOf(tx, d.OrganizationID).Subscriptions.AllowMultiple {
		return nil
	}
	c := customerOf(tx, s)
	if c == nil && s.Customer.Email != "" {
		c, _ = tx.By(kindCustomer, emailKey(d.OrganizationID, s.Customer.Email)).(*customer)
	}
	if c == nil || tx.By(kindSubscription, activeKey(c.ID)) == nil {
		return nil
	}
	return forbid(reasonActive, "You already have an active subscription.")
}
