package polar

import (
	"slices"
	"strings"
)

// address is a postal address, as it is answered. All fields but the country may be null.
type address struct {
	Line1      *string `json:"line1"`
	Line2      *string `json:"line2"`
	PostalCode *string `json:"postal_code"`
	City       *string `json:"city"`
	State      *string `json:"state"` // ISO 3166-2 for the US and Canada, such as US-NY; else free text
	Country    string  `json:"country"`
}

// normal returns the address as Polar keeps it: texts trimmed, blank ones null, the country in upper
// case, and the states of the US and Canada with their prefix. February 2025 left states alone.
func (a *address) normal(seed bool) *address {
	if a == nil {
		return nil
	}
	n := address{
		Line1: trimmed(a.Line1), Line2: trimmed(a.Line2), PostalCode: trimmed(a.PostalCode), City: trimmed(a.City),
		State: trimmed(a.State), Country: strings.ToUpper(a.Country),
	}
	if n.State != nil && !seed && states[n.Country] != nil && !strings.HasPrefix(*n.State, n.Country+"-") {
		prefixed := n.Country + "-" + *n.State
		n.State = &prefixed
	}
	return &n
}

// trimmed returns a text without blanks around it, nil when nothing is left.
func trimmed(text *string) *string {
	if text == nil {
		return nil
	}
	t := strings.TrimSpace(*text)
	if t == "" {
		return nil
	}
	return &t
}

// hasLines reports whether more than the country and state is known.
func (a *address) hasLines() bool {
	return a != nil && (a.Line1 != nil || a.Line2 != nil || a.City != nil || a.PostalCode != nil)
}

// hasForeignState reports whether there is a state outside of the US and Canada.
func (a *address) hasForeignState() bool {
	return a != nil && a.State != nil && states[a.Country] == nil
}

// embargoed countries have been refused since 2025.
var embargoed = []string{"CU", "IR", "KP", "RU", "SY"}

// addressItems lists the faults of a billing address that the document cannot express. February 2025
// took any country in upper case, and any state.
func addressItems(body map[string]any, field string, root []any, seed bool) []item {
	fields, ok := body[field].(map[string]any)
	if !ok {
		return nil
	}
	country, ok := fields["country"].(string)
	if !ok {
		return nil
	}
	if seed {
		if slices.Contains(countries, country) || slices.Contains(embargoed, country) {
			return nil
		}
		return []item{{Type: "country_alpha2", Loc: within(root, field, "country"), Msg: "Invalid country alpha2 code", Input: country}}
	}
	country = strings.ToUpper(country)
	if !slices.Contains(countries, country) {
		return []item{enumWords(item{Loc: within(root, field, "country"), Input: fields["country"]}, countries)}
	}
	state, _ := fields["state"].(string)
	known := states[country]
	if state = strings.TrimSpace(state); known == nil || state == "" {
		return nil
	}
	if slices.Contains(known, strings.TrimPrefix(state, country+"-")) {
		return nil
	}
	text := "Invalid US state"
	if country == "CA" {
		text = "Invalid CA subdivision"
	}
	return []item{modelFault(within(root, field), text, body[field])}
}

// Modes of a field of the billing address in the checkout form.
const (
	modeRequired = "required"
	modeOptional = "optional"
	modeDisabled = "disabled"
)

// addressModes says which fields the form asks for.
type addressModes struct {
	Country    string `json:"country"`
	State      string `json:"state"`
	City       string `json:"city"`
	PostalCode string `json:"postal_code"`
	Line1      string `json:"line1"`
	Line2      string `json:"line2"`
}

// addressNeeds says which fields a confirmation requires.
type addressNeeds struct {
	Country    bool `json:"country"`
	State      bool `json:"state"`
	City       bool `json:"city"`
	PostalCode bool `json:"postal_code"`
	Line1      bool `json:"line1"`
	Line2      bool `json:"line2"`
}

// fullAddressMethods are the payment methods that need the whole billing address.
var fullAddressMethods = []string{"upi"}

// needsFullAddress reports whether setting, buyer or payment method ask for the whole address.
func (d *detail) needsFullAddress() bool {
	return d.RequireBillingAddress || d.Business || d.PaymentMethod != nil && slices.Contains(fullAddressMethods, *d.PaymentMethod)
}

// addressNeeds returns what a confirmation requires: in the US always the whole address.
func (d *detail) addressNeeds() addressNeeds {
	country := ""
	if d.Address != nil {
		country = d.Address.Country
	}
	full := d.needsFullAddress() || country == "US"
	return addressNeeds{Country: true, State: states[country] != nil, City: full, PostalCode: full, Line1: full}
}

// addressModes returns what the form asks for.
func (d *detail) addressModes() addressModes {
	needs := d.addressNeeds()
	modes := addressModes{modeRequired, modeDisabled, modeDisabled, modeDisabled, modeDisabled, modeDisabled}
	if needs.Line1 {
		modes = addressModes{modeRequired, modeOptional, modeRequired, modeRequired, modeRequired, modeOptional}
	}
	if needs.State {
		modes.State = modeRequired
	}
	return modes
}

// missing lists the fields that a confirmation requires and the address does not have, by name in
// order. Without any address these are all required fields.
func (n addressNeeds) missing(a *address) []string {
	var none address
	if a == nil {
		a = &none
	}
	var names []string
	for _, f := range []struct {
		name   string
		needed bool
		has    bool
	}{
		{"country", n.Country, a.Country != ""},
		{"state", n.State, a.State != nil},
		{"line1", n.Line1, a.Line1 != nil},
		{"city", n.City, a.City != nil},
		{"postal_code", n.PostalCode, a.PostalCode != nil},
	} {
		if f.needed && !f.has {
			names = append(names, f.name)
		}
	}
	return names
}
