package tilled

import (
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// method is a payment method and the account that it belongs to, which its body does not show. It never
// changes.
type method struct {
	Account string        `json:"account"`
	Object  paymentMethod `json:"object"`
	ID      string        `json:"id"`
}

// paymentMethod is a payment method on the wire. No number is kept, only its last digits.
//
// Source: vendor OpenAPI document, PaymentMethod; recorded answers: absent members of billing_details are
// left out.
// Assumed: expires_at is null; no source says how long a method can wait.
type paymentMethod struct {
	AchDebit       *achDebit         `json:"ach_debit"`
	BillingDetails *billingDetails   `json:"billing_details"`
	Card           *card             `json:"card"`
	Chargeable     bool              `json:"chargeable"`
	CreatedAt      string            `json:"created_at"`
	CustomerID     *string           `json:"customer_id"`
	EftDebit       *eftDebit         `json:"eft_debit"`
	ExpiresAt      *string           `json:"expires_at"`
	ID             string            `json:"id"`
	Metadata       map[string]string `json:"metadata"`
	NickName       *string           `json:"nick_name"`
	Type           string            `json:"type"`
	UpdatedAt      string            `json:"updated_at"`
}

// card is the details of a card. Source: vendor OpenAPI document, CardDetails.
type card struct {
	Brand      string     `json:"brand"`
	Checks     cardChecks `json:"checks"`
	ExpMonth   int        `json:"exp_month"`
	ExpYear    int        `json:"exp_year"`
	Funding    string     `json:"funding"`
	HolderName *string    `json:"holder_name"`
	Last4      string     `json:"last4"`
}

// expired reports whether the card's month is over.
func (c *card) expired(now time.Time) bool {
	return !now.Before(time.Date(c.ExpYear, time.Month(c.ExpMonth)+1, 1, 0, 0, 0, 0, time.UTC))
}

// cardChecks are what the checks of a card's address and code came to.
type cardChecks struct {
	AddressLine1Check      string `json:"address_line1_check"`
	AddressPostalCodeCheck string `json:"address_postal_code_check"`
	CvcCheck               string `json:"cvc_check"`
}

// The results of a check. Source: vendor OpenAPI document, CardChecks.
const (
	checkPass        = "pass"
	checkFail        = "fail"
	checkUnavailable = "unavailable"
	checkUnchecked   = "unchecked"
)

// achDebit is the details of a bank account. Source: vendor OpenAPI document, AchDebitDetails.
type achDebit struct {
	AccountType   string  `json:"account_type"`
	BankName      *string `json:"bank_name"`
	Last2         string  `json:"last2"`
	RoutingNumber string  `json:"routing_number"`
}

// eftDebit is the details of a Canadian bank account. Source: vendor OpenAPI document, EftDebitDetails.
type eftDebit struct {
	BankName      *string `json:"bank_name"`
	InstitutionID string  `json:"institution_id"`
	Last2         string  `json:"last2"`
	TransitNumber string  `json:"transit_number"`
}

// billingDetails is whom a payment method belongs to. Source: vendor OpenAPI document,
// PaymentMethodBillingDetails and PartialAddress.
type billingDetails struct {
	Address *billingAddress `json:"address,omitempty"`
	Email   *string         `json:"email,omitempty"`
	Name    *string         `json:"name,omitempty"`
	Phone   *string         `json:"phone,omitempty"`
}

type billingAddress struct {
	City    *string `json:"city,omitempty"`
	Country *string `json:"country,omitempty"`
	State   *string `json:"state,omitempty"`
	Street  *string `json:"street,omitempty"`
	Street2 *string `json:"street2,omitempty"`
	Zip     *string `json:"zip,omitempty"`
}

// newMethod returns a payment method of a type that can be paid with once.
func newMethod(tx *sandbox.Tx, account, kind string) *method {
	id, now := newID(tx, kindMethod, "pm_"), wire.Millis(tx.Now())
	return &method{Account: account, ID: id, Object: paymentMethod{Chargeable: true, CreatedAt: now, ID: id, Type: kind, UpdatedAt: now}}
}

// show fills in the details of a test number of which nothing else is known.
//
// Assumed: all but the number and its brand.
func (o *paymentMethod) show(n testNumber, now time.Time) {
	switch n.method {
	case methodACH:
		o.AchDebit = &achDebit{AccountType: "checking", Last2: "89", RoutingNumber: n.value}
	case methodEFT:
		o.EftDebit = &eftDebit{InstitutionID: n.value, Last2: "89", TransitNumber: "00001"}
	default:
		unchecked := cardChecks{checkUnchecked, checkUnchecked, checkPass}
		o.Card = &card{Brand: n.wire, Checks: unchecked, ExpMonth: 12, ExpYear: now.Year() + 2, Funding: n.funding, Last4: lastOf(n.value, 4)}
	}
}

// bank reports whether the method is a bank account, whose payments are in flight first.
func (m *method) bank() bool { return m.Object.Type == methodACH || m.Object.Type == methodEFT }

// words are what a search of payment intents finds of the method.
func (m *method) words() []string {
	var words []string
	if b := m.Object.BillingDetails; b != nil {
		words = append(words, deref(b.Name))
	}
	switch o := m.Object; {
	case o.Card != nil:
		words = append(words, o.Card.Last4)
	case o.AchDebit != nil:
		words = append(words, o.AchDebit.Last2)
	case o.EftDebit != nil:
		words = append(words, o.EftDebit.Last2)
	}
	return words
}

// Listing implements sandbox.Listed.
//
// Source: vendor OpenAPI document, ListPaymentMethods.
func (m *method) Listing() sandbox.Listing {
	terms := append(metadataTerms(m.Object.Metadata), checkout.Term{Field: fieldType, Value: m.Object.Type})
	if m.Object.CustomerID != nil {
		terms = append(terms, checkout.Term{Field: fieldCustomer, Value: *m.Object.CustomerID})
	}
	return sandbox.Listing{Account: m.Account, Terms: terms}
}

// changed returns a copy of the method that was changed now.
func (m *method) changed(tx *sandbox.Tx) *method {
	out := *m
	out.Object.UpdatedAt = wire.Millis(tx.Now())
	return &out
}

// spend uses up a method that is attached to nobody.
//
// Source: vendor OpenAPI document, PaymentMethod.chargeable, "only capable of being used once".
// Assumed: a payment that is declined was a use, too.
func spend(tx *sandbox.Tx, id string) {
	m := methodByID(tx, id)
	if m == nil || m.Object.CustomerID != nil {
		return
	}
	m = m.changed(tx)
	m.Object.Chargeable = false
	tx.Put(catalogMethods, m.ID, m)
}

// methodByID returns a payment method, or nil.
func methodByID(tx *sandbox.Tx, id string) *method {
	m, _ := tx.Get(catalogMethods, id).(*method)
	return m
}

// methodOf returns a payment method of an account.
func methodOf(tx *sandbox.Tx, account, id string) (*method, error) {
	if m := methodByID(tx, id); m != nil && m.Account == account {
		return m, nil
	}
	return nil, missing(reasonNoMethod, id)
}

// lastOf returns the last n characters of a number.
func lastOf(number string, n int) string { return number[max(0, len(number)-n):] }

// nonEmpty is a text that is left out when it is "".
func nonEmpty(text string) *string { return wire.OrNull(text) }

// checksOf is what the address that was given with a card comes to.
//
// Source: docs.tilled.com, testing: the letter in front of the street decides.
// Assumed: without such a letter everything that was given passes.
func checksOf(cvc string, b *billingDetails) cardChecks {
	out := cardChecks{AddressLine1Check: checkUnchecked, AddressPostalCodeCheck: checkUnchecked, CvcCheck: checkUnchecked}
	if cvc != "" {
		out.CvcCheck = checkPass
	}
	if b == nil || b.Address == nil {
		return out
	}
	street, zip := deref(b.Address.Street), deref(b.Address.Zip)
	line1, postal := checkPass, checkPass
	letter, rest, _ := strings.Cut(street, " ")
	if len(letter) > 1 && letter[1] >= '0' && letter[1] <= '9' { // as in A123 Main Street
		letter, rest = letter[:1], letter[1:]
	}
	if rest != "" {
		switch letter {
		case "A":
			postal = checkFail
		case "Z":
			line1 = checkFail
		case "N":
			line1, postal = checkFail, checkFail
		case "U":
			line1, postal = checkUnavailable, checkUnavailable
		}
	}
	if street != "" {
		out.AddressLine1Check = line1
	}
	if zip != "" {
		out.AddressPostalCodeCheck = postal
	}
	return out
}
