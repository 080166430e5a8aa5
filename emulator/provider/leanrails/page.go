package leanrails

import (
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

var _ provider.Page = (*LeanRails)(nil)

// placeholder stands for the session's id in success_url; encoded as a URL's path may have it.
//
// Source: G2, samples of checkout sessions.
var placeholder = strings.NewReplacer("{CHECKOUT_SESSION_ID}", "\x00", "%7BCHECKOUT_SESSION_ID%7D", "\x00")

// Landing implements provider.Page.
func (l *LeanRails) Landing(_ *sandbox.Tx, s *checkout.Session, _ string) string {
	return strings.ReplaceAll(placeholder.Replace(s.SuccessURL), "\x00", s.ID)
}

// Names of the fields.
const (
	fieldEmail   = "customer_email"
	fieldName    = "name"
	fieldAddress = "address"
)

// View implements provider.Page. Sessions that are not hosted are paid in a frame of the merchant's
// own page.
func (l *LeanRails) View(tx *sandbox.Tx, s *checkout.Session, in provider.Entries) provider.View {
	d := s.Detail.(*detail)
	v := provider.View{
		Currency: s.Currency, Submit: "Pay", Priced: s.Amount > 0, CancelURL: s.CancelURL,
		Frames: d.UiMode != uiHosted, ChallengeCode: "authentication_required",
		Total: provider.PageRow{ID: "total", Label: "Total", Amount: s.Amount},
	}
	if s.Amount > 0 {
		v.Means = "Card number"
	}
	if it := find[intent](tx, catalogIntents, d.Intent); it != nil {
		v.LandsInFlight = it.Status == intentNeedsCapture // the customer has done everything
	}
	if d.Recurring {
		v.Submit = "Subscribe"
	}
	for _, item := range d.Items {
		line := provider.PageItem{Name: "Item", Quantity: strconv.FormatInt(item.Quantity, 10), Amount: item.AmountTotal}
		if item.Description != nil {
			line.Name = *item.Description
		}
		if item.Quantity > 0 {
			line.Unit = item.AmountTotal / item.Quantity
		}
		v.Items = append(v.Items, line)
	}
	v.Fields = l.fields(tx, s, d, in)
	return v
}

// fields asks who is paying: an address as a whole where it is required, else country and postal code.
func (l *LeanRails) fields(tx *sandbox.Tx, s *checkout.Session, d *detail, in provider.Entries) []provider.Field {
	email, person := s.Customer.Email, ""
	if c := find[customer](tx, catalogCustomers, s.Customer.ID); c != nil {
		if c.Email != nil && email == "" {
			email = *c.Email
		}
		if c.Name != nil {
			person = *c.Name
		}
	}
	full := d.Billing == billingRequired
	out := []provider.Field{
		{Name: fieldEmail, Kind: provider.FieldEmail, Label: "Email", Value: email, Required: true, ReadOnly: d.CustomerEmail != nil, Autocomplete: "email"},
		{Name: fieldName, Kind: provider.FieldText, Label: "Name", Value: person, Required: true, Autocomplete: "name"},
	}
	for _, one := range []struct {
		name, label, complete string
		shown, required       bool
	}{
		{"country", "Country code", "country", true, full},
		{"line1", "Address line 1", "address-line1", full, true},
		{"line2", "Address line 2", "address-line2", full, false},
		{"city", "City", "address-level2", full, true},
		{"state", "State", "address-level1", full, false},
		{"postal_code", "Postal code", "postal-code", true, full},
	} {
		if one.shown {
			out = append(out, provider.Field{Name: fieldAddress + "." + one.name, Kind: provider.FieldText, Label: one.label, Required: one.required, Autocomplete: one.complete})
		}
	}
	out[2].Placeholder, out[2].MaxLength = "US", 2
	for i := range out {
		if in != nil && !out[i].ReadOnly {
			out[i].Value = in[out[i].Name]
		}
	}
	return out
}

// Enter implements provider.Page.
func (l *LeanRails) Enter(tx *sandbox.Tx, rec *sandbox.Record, in provider.Entries, paying bool) (func(*checkout.Session), error) {
	s := &rec.Session
	d := *s.Detail.(*detail)
	fields := l.fields(tx, s, &d, in)
	if !paying { // nothing of the page depends on what is typed
		return func(*checkout.Session) {}, nil
	}
	if err := provider.Missing(fields); err != nil {
		return nil, err
	}
	value := func(name string) *string { return text(strings.TrimSpace(in[name])) }
	email := value(fieldEmail)
	switch {
	case d.CustomerEmail != nil:
		email = d.CustomerEmail
	case email != nil && !provider.LooksLikeEmail(*email):
		return nil, provider.FieldFault(fieldEmail, provider.EmailHint)
	}
	d.Entered = &customerDetails{Email: email, Name: value(fieldName), Address: address{
		City: value(fieldAddress + ".city"), Country: value(fieldAddress + ".country"), Line1: value(fieldAddress + ".line1"),
		Line2: value(fieldAddress + ".line2"), PostalCode: value(fieldAddress + ".postal_code"), State: value(fieldAddress + ".state"),
	}}
	return func(s *checkout.Session) { s.Detail = &d }, nil
}
