package bias

import (
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

var _ provider.Page = (*Bias)(nil)

// submitTexts are what the button says for each submit_label.
//
// Source: @biaspay/elements for auto. Assumed: the others, in the label's own word.
var submitTexts = map[string]string{"pay": "Pay", "donate": "Donate", "book": "Book", "subscribe": "Subscribe"}

// Names of the fields, which are those of Bias' bodies.
const (
	fieldEmail = "customer_details.email"
	fieldName  = "customer_details.name"
	fieldPhone = "customer_details.phone"
)

// View implements provider.Page. Bias' checkout is embedded, so pages of this machine may frame it.
func (b *Bias) View(tx *sandbox.Tx, s *checkout.Session, in provider.Entries) provider.View {
	d := detailOf(s)
	v := provider.View{
		Currency: currency, Means: "Card number", Submit: submitTexts[d.SubmitLabel], Priced: d.Mode == modePayment, Frames: true,
		Total: provider.PageRow{ID: "total", Label: "Total", Amount: toPay(s, methodCard)},
	}
	switch {
	case v.Submit == "" && d.Mode == modeSetup:
		v.Submit = "Continue"
	case v.Submit == "":
		v.Submit = "Pay"
	}
	for _, l := range d.Lines {
		v.Items = append(v.Items, provider.PageItem{Name: productName(tx, l.Price), Quantity: strconv.FormatInt(l.Quantity, 10), Unit: l.Unit, Amount: l.Unit * l.Quantity})
	}
	if extra := v.Total.Amount - s.Amount; extra != 0 {
		v.Rows = []provider.PageRow{{ID: "subtotal", Label: "Subtotal", Amount: s.Amount}, {ID: "card_fee", Label: "Payment by card", Amount: extra}}
	}
	for _, one := range []struct {
		name, kind, label, complete string
		value                       *string
		required                    bool
	}{
		{fieldEmail, provider.FieldEmail, "Email", "email", d.Details.Email, true},
		{fieldName, provider.FieldText, "Name", "name", d.Details.Name, false},
		{fieldPhone, provider.FieldTel, "Phone", "tel", d.Details.Phone, false},
	} {
		f := provider.Field{Name: one.name, Kind: one.kind, Label: one.label, Autocomplete: one.complete, Required: one.required}
		if one.value != nil {
			f.Value = *one.value
		}
		if in != nil {
			f.Value = in[one.name]
		}
		v.Fields = append(v.Fields, f)
	}
	return v
}

// productName is the name of the product that a price is of.
func productName(tx *sandbox.Tx, priceID string) string {
	if p, _ := tx.Get(kindPrice, priceID).(*price); p != nil {
		id, _ := p.Product.(string)
		if pr, _ := tx.Get(kindProduct, id).(*product); pr != nil {
			return pr.Name
		}
	}
	return "Item"
}

// Enter implements provider.Page.
func (b *Bias) Enter(_ *sandbox.Tx, rec *sandbox.Record, in provider.Entries, paying bool) (func(*checkout.Session), error) {
	d := *detailOf(&rec.Session)
	email := strings.TrimSpace(in[fieldEmail])
	if (email != "" || paying) && !provider.LooksLikeEmail(email) {
		return nil, provider.FieldFault(fieldEmail, provider.EmailHint)
	}
	for _, one := range []struct {
		to   **string
		name string
	}{{&d.Details.Email, fieldEmail}, {&d.Details.Name, fieldName}, {&d.Details.Phone, fieldPhone}} {
		if value, asked := in[one.name]; asked {
			*one.to = nil
			if value = strings.TrimSpace(value); value != "" {
				*one.to = &value
			}
		}
	}
	return func(s *checkout.Session) {
		s.Detail, s.Customer = &d, known(s.Customer, d.Details)
	}, nil
}

// Landing implements provider.Page: Bias' sessions have no URL to go to.
func (b *Bias) Landing(*sandbox.Tx, *checkout.Session, string) string { return "" }
