package polar

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

var _ provider.Page = (*Polar)(nil)

// View implements provider.Page.
//
// Source: Polar's web client, packages/checkout, 2026-08.
func (p *Polar) View(tx *sandbox.Tx, s *checkout.Session, in provider.Entries) provider.View {
	d, sel := detailOf(s), selection(tx, detailOf(s))
	v := provider.View{
		Merchant: organizationOf(tx, d.OrganizationID).Name, Currency: s.Currency, Priced: d.Amounts.Payment,
		Submit: submitText(d.Amounts, sel.product, !d.TrialEnd.IsZero()), CancelURL: s.CancelURL, EmbedOrigin: text(d.EmbedOrigin),
		ChallengeCode: p.DeclineCodes()[0],
		Items:         []provider.PageItem{{Name: sel.product.Name, Note: interval(sel.product), Amount: d.Amounts.Amount}},
		Rows:          []provider.PageRow{{ID: "subtotal", Label: "Subtotal", Amount: d.Amounts.Amount}},
		Total:         provider.PageRow{ID: "total", Label: "Total", Amount: d.Amounts.Total},
	}
	if d.Amounts.form() {
		v.Means = "Card number"
	}
	if sel.discount != nil {
		v.Rows = append(v.Rows, provider.PageRow{ID: "discount", Label: sel.discount.Name, Amount: -d.Amounts.Discount})
	}
	if d.Amounts.Tax != nil {
		v.Rows = append(v.Rows, provider.PageRow{ID: "tax", Label: "Tax", Amount: *d.Amounts.Tax})
	}
	if !d.TrialEnd.IsZero() {
		v.Rows = append(v.Rows, v.Total)
		v.Rows[len(v.Rows)-1].Label = "After the trial, from " + d.TrialEnd.Format("2 January 2006")
		v.Total = provider.PageRow{ID: "total", Label: "Due today"}
	}
	if d.AllowDiscountCodes && d.Amounts.Discountable {
		v.Discount = &provider.DiscountField{}
		if sel.discount != nil {
			v.Discount.Name, v.Discount.Code = sel.discount.Name, text(sel.discount.Code)
		}
	}
	f := form{in: in}
	f.product(tx, d)
	f.amount(sel, s)
	f.buyer(s, d, p.seed)
	f.answers(sel.product.CustomFields, d.CustomFields)
	v.Fields = f.fields
	return v
}

func submitText(a amounts, pr *product, trial bool) string {
	switch {
	case trial:
		return "Start trial"
	case a.Free:
		return "Get for free"
	case pr.IsRecurring:
		return "Subscribe"
	}
	return "Pay"
}

func interval(pr *product) string {
	if pr.RecurringInterval == nil {
		return ""
	}
	return "every " + *pr.RecurringInterval
}

// form collects the fields of the page. in has what the customer has typed, nil before.
type form struct {
	in     provider.Entries
	fields []provider.Field
}

func (f *form) add(field provider.Field) {
	if f.in != nil && !field.ReadOnly {
		field.Value = f.in[field.Name]
	}
	f.fields = append(f.fields, field)
}

func (f *form) product(tx *sandbox.Tx, d *detail) {
	if len(d.Products) < 2 {
		return
	}
	field := provider.Field{Name: "product_id", Kind: provider.FieldSelect, Label: "Product", Value: d.ProductID, Required: true, Refresh: true}
	for _, id := range d.Products {
		if pr, _ := tx.Get(kindProduct, id).(*product); pr != nil && !pr.IsArchived {
			field.Options = append(field.Options, provider.FieldOption{Value: id, Label: pr.Name})
		}
	}
	f.add(field)
}

func (f *form) amount(sel selected, s *checkout.Session) {
	prices, _ := pricesIn(sel.prices, s.Currency)
	custom := customPrice(prices)
	if custom == nil {
		return
	}
	field := provider.Field{
		Name: "amount", Kind: provider.FieldNumber, Label: "Name your price (" + strings.ToUpper(s.Currency) + ")", Required: true, Refresh: true,
		Value: major(detailOf(s).Amounts.Amount, s.Currency), Min: "0", Step: major(1, s.Currency),
	}
	if custom.Minimum.Has() {
		field.Min = major(custom.Minimum.Value, s.Currency)
	}
	if custom.Maximum.Has() {
		field.Max = major(custom.Maximum.Value, s.Currency)
	}
	f.add(field)
}

// major writes minor units as people type them.
func major(amount int64, currency string) string {
	if slices.Contains(wholeCurrencies, currency) {
		return itoa(amount)
	}
	return strconv.FormatFloat(float64(amount)/100, 'f', 2, 64)
}

// minor reads what people type as minor units.
func minor(typed, currency string) (int64, bool) {
	whole, part, _ := strings.Cut(strings.TrimSpace(typed), ".")
	if slices.Contains(wholeCurrencies, currency) {
		n, err := strconv.ParseInt(whole, 10, 64)
		return n, err == nil && strings.Trim(part, "0") == ""
	}
	if len(part) > 2 {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return n, err == nil
}

// Names of the fields, which are those of Polar's bodies.
const (
	fieldEmail    = "customer_email"
	fieldName     = "customer_name"
	fieldBusiness = "is_business_customer"
	fieldBilling  = "customer_billing_name"
	fieldTaxID    = "customer_tax_id"
	fieldAddress  = "customer_billing_address"
	fieldAnswers  = "custom_field_data"
)

// buyer asks who is buying: what the session needs in the country that is chosen.
func (f *form) buyer(s *checkout.Session, d *detail, seed bool) {
	shown := *d
	var a address
	if d.Address != nil {
		a = *d.Address
	}
	if f.in != nil {
		a.Country, shown.Business = f.in[fieldAddress+".country"], f.in[fieldBusiness] != ""
	}
	shown.Address = &a
	f.add(provider.Field{Name: fieldEmail, Kind: provider.FieldEmail, Label: "Email", Value: s.Customer.Email, Required: true, ReadOnly: s.Customer.ID != "", Autocomplete: "email"})
	if !d.Amounts.form() && !d.RequireBillingAddress {
		return
	}
	f.add(provider.Field{Name: fieldName, Kind: provider.FieldText, Label: "Name", Value: text(d.Name), Required: seed && d.Amounts.form(), Autocomplete: "name"})
	if !seed {
		f.business(&shown)
	}
	f.address(&a, shown.addressModes())
}

func (f *form) business(d *detail) {
	ticked := ""
	if d.Business {
		ticked = "on"
	}
	f.add(provider.Field{Name: fieldBusiness, Kind: provider.FieldCheckbox, Label: "I’m buying as a business", Value: ticked, Refresh: true})
	if d.Business {
		f.add(provider.Field{Name: fieldBilling, Kind: provider.FieldText, Label: "Business name", Value: text(d.BillingName), Required: true, Autocomplete: "organization"})
		f.add(provider.Field{Name: fieldTaxID, Kind: provider.FieldText, Label: "Tax ID", Value: text(d.TaxID)})
	}
}

func (f *form) address(a *address, modes addressModes) {
	country := provider.Field{Name: fieldAddress + ".country", Kind: provider.FieldSelect, Label: "Country", Value: a.Country, Required: true, Refresh: true, Autocomplete: "country"}
	for _, code := range countries {
		country.Options = append(country.Options, provider.FieldOption{Value: code, Label: code})
	}
	f.add(country)
	for _, one := range []struct{ name, label, mode, value, complete string }{
		{"line1", "Address line 1", modes.Line1, text(a.Line1), "address-line1"},
		{"line2", "Address line 2", modes.Line2, text(a.Line2), "address-line2"},
		{"postal_code", "Postal code", modes.PostalCode, text(a.PostalCode), "postal-code"},
		{"city", "City", modes.City, text(a.City), "address-level2"},
	} {
		if one.mode != modeDisabled {
			f.add(provider.Field{
				Name: fieldAddress + "." + one.name, Kind: provider.FieldText, Label: one.label, Value: one.value,
				Required: one.mode == modeRequired, Autocomplete: one.complete,
			})
		}
	}
	if modes.State == modeDisabled {
		return
	}
	state := provider.Field{
		Name: fieldAddress + ".state", Kind: provider.FieldText, Label: "State", Required: modes.State == modeRequired,
		Value: strings.TrimPrefix(text(a.State), a.Country+"-"), Autocomplete: "address-level1",
	}
	for _, code := range states[a.Country] {
		state.Kind = provider.FieldSelect
		state.Options = append(state.Options, provider.FieldOption{Value: code, Label: code})
	}
	f.add(state)
}

// kindsOfField has the kind of the page's field for each kind of custom field.
var kindsOfField = map[string]string{
	fieldText: provider.FieldText, fieldNumber: provider.FieldNumber, fieldDate: provider.FieldDate,
	fieldCheckbox: provider.FieldCheckbox, fieldSelect: provider.FieldSelect,
}

func (f *form) answers(fields []attachedField, data map[string]any) {
	for _, one := range fields {
		props := one.CustomField.Properties
		field := provider.Field{
			Name: fieldAnswers + "." + one.CustomField.Slug, Kind: kindsOfField[one.CustomField.Type], Required: one.Required,
			Label: one.CustomField.Name, Help: props.FormHelpText, Placeholder: props.FormPlaceholder,
			MinLength: pointed(props.MinLength), MaxLength: pointed(props.MaxLength),
		}
		if props.FormLabel != "" {
			field.Label = props.FormLabel
		}
		if props.Textarea {
			field.Kind = provider.FieldTextarea
		}
		for _, o := range props.Options {
			field.Options = append(field.Options, provider.FieldOption(o))
		}
		field.Min, field.Max = bound(field.Kind, props.GE), bound(field.Kind, props.LE)
		field.Value = answerText(data[one.CustomField.Slug])
		f.add(field)
	}
}

// bound writes the bound of a number or date as HTML has it.
func bound(kind string, at *int64) string {
	switch {
	case at == nil:
		return ""
	case kind == provider.FieldDate:
		return day(*at).Format("2006-01-02")
	}
	return itoa(*at)
}

// answerText is a stored answer as a form shows it.
func answerText(value any) string {
	switch v := value.(type) {
	case string:
		date, _, _ := strings.Cut(v, "T00:00:00")
		return date
	case bool:
		if v {
			return "on"
		}
	case int64:
		return itoa(v)
	case json.Number:
		return v.String()
	}
	return ""
}

// Enter implements provider.Page: it is what the page of the real service does through the client
// endpoints.
func (p *Polar) Enter(tx *sandbox.Tx, rec *sandbox.Record, in provider.Entries, paying bool) (func(*checkout.Session), error) {
	if err := p.reachableByClient(tx, &rec.Session); err != nil {
		return nil, err
	}
	body, faults := p.typed(tx, rec, in)
	if len(faults) > 0 {
		return nil, refuse(faults...)
	}
	if !paying {
		cmd, err := p.updating(tx, rec, body, clientSide)
		if err != nil {
			return nil, err
		}
		return cmd.(checkout.Update).Set, nil
	}
	body.ConfirmationTokenID = wire.OrNull(tokenStart + "1") // what it does is the test instrument's to say
	out, err := p.confirming(tx, rec, body)
	if err != nil {
		return nil, err
	}
	return out.Set, nil
}

// typed reads the form as the body of an update. A field that the form did not have stays as it is.
func (p *Polar) typed(tx *sandbox.Tx, rec *sandbox.Record, in provider.Entries) (*updateBody, []checkout.Violation) {
	s := &rec.Session
	body, faults := &updateBody{}, []checkout.Violation(nil)
	set := func(to *wire.Optional[string], field string) {
		if value, ok := in[field]; ok {
			*to = wire.Optional[string]{Set: true, Null: strings.TrimSpace(value) == "", Value: strings.TrimSpace(value)}
		}
	}
	set(&body.CustomerEmail, fieldEmail)
	set(&body.CustomerName, fieldName)
	set(&body.CustomerBillingName, fieldBilling)
	set(&body.CustomerTaxID, fieldTaxID)
	set(&body.DiscountCode, "discount_code")
	if email := body.CustomerEmail; email.Has() && !provider.LooksLikeEmail(email.Value) {
		faults = append(faults, breach("value_error", provider.EmailHint, nil, fieldEmail))
	}
	if _, asked := in[fieldAddress+".country"]; asked && !p.seed {
		body.IsBusinessCustomer = wire.Some(in[fieldBusiness] != "")
	}
	if id := in["product_id"]; id != "" && id != detailOf(s).ProductID {
		body.ProductID = &id
	}
	if typed, ok := in["amount"]; ok && body.ProductID == nil {
		amount, ok := minor(typed, s.Currency)
		if !ok {
			faults = append(faults, breach("value_error", "Enter an amount such as "+major(1000, s.Currency)+".", nil, "amount"))
		}
		body.Amount = &amount
	}
	var wrong []checkout.Violation
	body.CustomerAddress, wrong = p.typedAddress(in)
	faults = append(faults, wrong...)
	d := detailOf(s)
	body.CustomFieldData = wire.Some(typedAnswers(selection(tx, d).product.CustomFields, in))
	return body, faults
}

// typedAddress reads the address; without a country there is none.
func (p *Polar) typedAddress(in provider.Entries) (*address, []checkout.Violation) {
	country := in[fieldAddress+".country"]
	if country == "" {
		return nil, nil
	}
	tree := map[string]any{"country": country}
	value := func(name string) *string {
		typed := wire.OrNull(strings.TrimSpace(in[fieldAddress+"."+name]))
		if typed != nil {
			tree[name] = *typed
		}
		return typed
	}
	a := &address{Country: country, Line1: value("line1"), Line2: value("line2"), PostalCode: value("postal_code"), City: value("city"), State: value("state")}
	var faults []checkout.Violation
	for _, it := range addressItems(map[string]any{fieldAddress: tree}, fieldAddress, nil, p.seed) {
		path := it.Loc
		if len(path) == 1 {
			path = append(path, "state")
		}
		faults = append(faults, breach(it.Type, strings.TrimPrefix(it.Msg, "Value error, "), nil, path...))
	}
	return a, faults
}

// typedAnswers reads the custom fields in their types. What is blank is not answered.
func typedAnswers(fields []attachedField, in provider.Entries) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		value := strings.TrimSpace(in[fieldAnswers+"."+f.CustomField.Slug])
		switch {
		case f.CustomField.Type == fieldCheckbox:
			out[f.CustomField.Slug] = value != ""
		case value != "" && f.CustomField.Type == fieldNumber:
			out[f.CustomField.Slug] = json.Number(value)
		case value != "":
			out[f.CustomField.Slug] = value
		}
	}
	return out
}

// tokenParam carries a customer session token to the page that the merchant named.
//
// Source: Polar's web client, useCheckoutConfirmedRedirect, 2026-08.
const tokenParam = "customer_session_token"

// Landing implements provider.Page.
func (p *Polar) Landing(tx *sandbox.Tx, s *checkout.Session, base string) string {
	to, err := url.Parse(p.successURL(s, base))
	if err != nil {
		return ""
	}
	q := tokenParam + "=" + url.QueryEscape(newToken(tx, tokenPrefix))
	if to.RawQuery != "" {
		q = to.RawQuery + "&" + q
	}
	to.RawQuery = q
	return to.String()
}
