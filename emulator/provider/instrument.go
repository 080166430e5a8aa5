package provider

import (
	"fmt"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Kinds of instruments: what their value is.
const (
	KindCard   = "card"   // a card number, digits only
	KindToken  = "token"  // what stands for a payment method in the provider's API
	KindBank   = "bank"   // a bank's routing or institution number
	KindText   = "text"   // a part of a text that stands for a payment method
	KindAmount = "amount" // the session's total in minor units, whatever it is paid with
)

// Instrument is a magic value of a provider's sandbox: what a customer pays with there, or an amount,
// that decides what becomes of the payment. None of them is anybody's real card.
type Instrument struct {
	Kind  string // one of the Kind constants
	Value string
	Brand string // of a card, for people; "" where there is none
	Does  string // what becomes of the payment, for people, such as "pays"
	Code  string // decline code; "" when it is not declined
	// Documented tells the provider's own values from those of the emulator.
	Documented bool
}

// Outcome is what becomes of a payment.
type Outcome struct {
	// Command is what the payment does to the session: pays it, declines it with a code, or confirms it
	// and leaves it in flight, perhaps with an end of its own. It edits nothing, so that it may wait.
	Command checkout.Command
	// Set, when not nil, edits the session with what came along with the payment; see [Outcome.Now].
	Set func(*checkout.Session)
	// By is the magic value that decided.
	By string
	// Challenge says that the customer has to authenticate first (3-D Secure): the payment is in flight
	// until it is settled (passed) or failed.
	Challenge bool
}

// Now is the command of a payment that happens at once: with its edit.
func (o Outcome) Now() checkout.Command {
	switch c := o.Command.(type) {
	case checkout.Pay:
		c.Set = o.Set
		return c
	case checkout.Confirm:
		c.Set = o.Set
		return c
	case checkout.Decline:
		c.Set = o.Set
		return c
	}
	return o.Command
}

// Cashier is a provider whose customers pay with test instruments. Whatever takes a payment asks it:
// the provider's own call, the control API, the hosted page.
type Cashier interface {
	// Instruments lists the magic values in the order in which they are shown.
	Instruments() []Instrument
	// Outcome decides a payment of a session with an instrument, by its value or by the session's
	// amount. It is pure. What is no test instrument of the provider, or is not offered by the session,
	// is a CodeRefused with the ones that are; it is not repeated, as it may be somebody's card.
	Outcome(s checkout.Session, instrument string) (Outcome, error)
}

// Find returns the instrument of that value that one can pay with. Spaces and dashes between the
// digits of a number do not count.
func Find(list []Instrument, value string) (Instrument, bool) {
	plain := plainDigits.Replace(value)
	for _, in := range list {
		if in.Value == value && in.Kind != KindAmount || in.Value == plain && (in.Kind == KindCard || in.Kind == KindBank) {
			return in, true
		}
	}
	return Instrument{}, false
}

// plainDigits takes out what people put between the digits of a number.
var plainDigits = strings.NewReplacer(" ", "", "-", "")

// LooksLikeCard reports whether a text has the length and the check digit of a card's number, spaces and
// dashes aside.
//
// Source: ISO/IEC 7812-1: 8 to 19 digits, Luhn; the shortest numbers in use have 12.
func LooksLikeCard(text string) bool {
	digits := plainDigits.Replace(text)
	if len(digits) < 12 || len(digits) > 19 {
		return false
	}
	sum := 0
	for i := range len(digits) {
		c := digits[len(digits)-1-i]
		if c < '0' || c > '9' {
			return false
		}
		n := int(c - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// MarkedCode returns the decline code that stands behind a mark in a text: letters and underscores,
// whatever follows them. ok is false when the mark is not there.
func MarkedCode(text, mark string) (code string, ok bool) {
	_, rest, ok := strings.Cut(text, mark)
	if end := strings.IndexFunc(rest, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }); end >= 0 {
		rest = rest[:end]
	}
	return rest, ok
}

// Refuse is the error of a value that is no test instrument of the provider. It does not hold the
// value.
func Refuse(provider string, list []Instrument) error {
	return refusedInstrument(fmt.Sprintf("this is no test instrument of %s; no real card is taken", provider), list)
}

// RefuseKind is the error of an instrument that the session does not offer.
func RefuseKind(what string, list []Instrument) error {
	return refusedInstrument("the session does not offer "+what, list)
}

func refusedInstrument(message string, list []Instrument) error {
	e := &checkout.Error{Code: checkout.CodeRefused, Message: message}
	v := checkout.Violation{In: checkout.InBody, Path: []any{"instrument"}, Rule: checkout.RuleEnum, Message: message}
	for _, in := range list {
		if in.Kind != KindAmount {
			e.Allowed = append(e.Allowed, in.Value)
			v.Allowed = append(v.Allowed, in.Value)
		}
	}
	e.Violations = []checkout.Violation{v}
	return e
}
