package provider

import (
	"net/mail"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Page is a provider whose sessions are paid on a hosted page. Its methods are called in the
// sandbox's critical section and must be pure. What it takes for payment, [Cashier] says.
type Page interface {
	// View is what the page shows of a session. in is what the customer has typed so far, nil at the
	// first sight.
	View(tx *sandbox.Tx, s *checkout.Session, in Entries) View
	// Enter checks what the customer typed and returns the edit that keeps it. paying wants everything
	// that a payment needs; else only what is there is kept. A *checkout.Error names each fault by a
	// violation whose path, joined with dots, is the name of a field of the view.
	Enter(tx *sandbox.Tx, rec *sandbox.Record, in Entries, paying bool) (func(*checkout.Session), error)
	// Landing is where the customer goes once the session is paid, placeholders filled; "" is nowhere
	// else than the page's own end. base begins the page's own links.
	Landing(tx *sandbox.Tx, s *checkout.Session, base string) string
}

// Entries are the values of a form by the names of its fields. A ticked checkbox is "on".
type Entries map[string]string

// View is a session as its page shows it. Amounts are in minor units.
type View struct {
	Merchant string // "" where the provider does not say
	Items    []PageItem
	Rows     []PageRow // between the items and the total: subtotal, discount, tax
	Total    PageRow
	Currency string // ISO 4217

	Fields []Field
	// Means labels the field of the test instrument that the customer pays with; "" when nothing is to
	// be paid with.
	Means string
	// Discount is the field of a discount code; nil where none may be entered.
	Discount *DiscountField
	Submit   string // on the button that pays, without the amount
	// Priced adds the total to that button.
	Priced bool

	CancelURL string // where the customer goes when turning back; "" is nowhere
	// EmbedOrigin is the one origin whose pages may show this one in a frame and receive Polar's
	// messages. It is not checked. "": none.
	EmbedOrigin string
	// Frames lets pages of this machine show this one in a frame.
	Frames bool
	// ChallengeCode is the decline code of who fails to prove who they are; "" is the general one.
	ChallengeCode string
	// LandsInFlight: the customer goes on before a payment in flight has ended.
	LandsInFlight bool
}

// PageItem is one line of what is being bought.
type PageItem struct {
	Name, Note string // Note is smaller print, such as "every month"
	Quantity   string // as people write it; "" and "1" are not shown
	Unit       int64  // price of one, shown with the quantity
	Amount     int64
}

// PageRow is a labelled amount.
type PageRow struct {
	ID     string // "subtotal", "discount", "tax", "total"
	Label  string
	Amount int64 // negative for a discount
}

// DiscountField is the field of a discount code.
type DiscountField struct {
	Code string // of the discount that is applied; "" when it has none
	Name string // of the discount that is applied; "": none is
}

// Kinds of a [Field].
const (
	FieldText     = "text"
	FieldEmail    = "email"
	FieldTel      = "tel"
	FieldNumber   = "number"
	FieldDate     = "date"
	FieldTextarea = "textarea"
	FieldCheckbox = "checkbox"
	FieldSelect   = "select"
)

// Field is one thing that the customer is asked for.
type Field struct {
	Name, Kind, Label  string
	Value              string
	Help, Placeholder  string
	Autocomplete       string // token of HTML; "" is off
	Required, ReadOnly bool
	// Refresh: the page may look different after a change, so that a browser saves it at once.
	Refresh              bool
	Options              []FieldOption // of a select
	Min, Max, Step       string        // of numbers and dates; "": none
	MinLength, MaxLength int64         // zero: none
}

// FieldOption is one choice of a select.
type FieldOption struct{ Value, Label string }

// EmailHint is what the page says of an email address that is none.
const EmailHint = "Enter a complete email address, such as ada@example.com."

// LooksLikeEmail reports whether a text is an email address as far as a page can tell.
func LooksLikeEmail(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text
}

// FieldFault is the error of [Page.Enter] for one field.
func FieldFault(field, message string) error {
	return &checkout.Error{Code: checkout.CodeRefused, Message: "the form has faults", Violations: []checkout.Violation{
		{In: checkout.InBody, Path: []any{field}, Rule: "page", Message: message},
	}}
}

// Missing returns the error that names each required field without a value; nil when there is none.
func Missing(fields []Field) error {
	e := &checkout.Error{Code: checkout.CodeRefused, Message: "the form has faults"}
	for _, f := range fields {
		if f.Required && strings.TrimSpace(f.Value) == "" {
			e.Violations = append(e.Violations, checkout.Violation{In: checkout.InBody, Path: []any{f.Name}, Rule: checkout.RuleRequired, Message: "This field is required."})
		}
	}
	if len(e.Violations) == 0 {
		return nil
	}
	return e
}
