package tilled

import (
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

var _ provider.Page = (*Tilled)(nil)

const fieldEmail = "customer_email"

// View implements provider.Page.
//
// Source: docs.tilled.com, hosted checkout: the email address is asked for when none was given; a
// cancel_url shows a button back; a payment in flight counts as complete.
func (t *Tilled) View(tx *sandbox.Tx, s *checkout.Session, in provider.Entries) provider.View {
	d := s.Detail.(*detail)
	v := provider.View{
		Currency: s.Currency, Means: "Card number", Submit: "Pay", Priced: true,
		CancelURL: s.CancelURL, LandsInFlight: true,
		Total: provider.PageRow{ID: "total", Label: "Total", Amount: s.Amount},
	}
	if !slices.Contains(d.Methods, methodCard) {
		v.Means = "Bank number"
	}
	if a, _ := tx.Get(name+"."+resourceAccounts, s.Account).(*account); a != nil && a.Name != nil {
		v.Merchant = *a.Name
	}
	for _, item := range d.LineItems {
		data := item.PriceData
		line := provider.PageItem{
			Name: data.ProductData.Name, Note: data.ProductData.Description.Or(""), Quantity: item.Quantity.String(), Unit: data.UnitAmount, Amount: data.UnitAmount,
		}
		if amount, ok := total([]lineItem{item}); ok {
			line.Amount = amount
		}
		v.Items = append(v.Items, line)
	}
	if s.Customer.Email == "" && s.Customer.ID == "" || s.Status != checkout.Open {
		v.Fields = []provider.Field{{Name: fieldEmail, Kind: provider.FieldEmail, Label: "Email", Value: in[fieldEmail], Required: true, Autocomplete: "email"}}
	}
	return v
}

// Enter implements provider.Page.
func (t *Tilled) Enter(_ *sandbox.Tx, rec *sandbox.Record, in provider.Entries, paying bool) (func(*checkout.Session), error) {
	typed, asked := in[fieldEmail]
	if email := strings.TrimSpace(typed); asked && rec.Session.Customer.ID == "" {
		if email == "" && !paying {
			return func(*checkout.Session) {}, nil
		}
		if !provider.LooksLikeEmail(email) {
			return nil, provider.FieldFault(fieldEmail, provider.EmailHint)
		}
		return func(s *checkout.Session) { s.Customer.Email = email }, nil
	}
	return func(*checkout.Session) {}, nil
}

// Landing implements provider.Page: nothing is added to the URL.
func (t *Tilled) Landing(_ *sandbox.Tx, s *checkout.Session, _ string) string { return s.SuccessURL }
