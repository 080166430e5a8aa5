package tilled

import (
	"slices"
	"strconv"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
)

// Payment method types of a session that a test instrument belongs to.
//
// Source: vendor OpenAPI document, payment_method_types.
const (
	methodCard    = "card"
	methodPresent = "card_present"
	methodACH     = "ach_debit"
	methodEFT     = "eft_debit"
)

// clearing is how long a bank debit is in flight before it settles.
//
// Assumed: three days; no source says how long it takes.
const clearing = 72 * time.Hour

// disputed is the amount that raises a dispute after it was paid.
//
// Source: a third-party public program.
const disputed = 777799

// declinedAmounts are the totals, in minor units, with which a card is declined.
//
// Source: docs.tilled.com, testing.
var declinedAmounts = []struct {
	amount int64
	code   string
}{
	{777701, "insufficient_funds"}, {777702, "avs_check_failed"}, {777703, "generic_decline"}, {777704, "call_issuer"},
	{777705, "expired_card"}, {777706, "pickup_card"}, {777707, "invalid_number"}, {777708, "limit_exceeded"},
	{777709, "not_permitted"}, {777710, "incorrect_cvc"}, {777711, "service_not_allowed"}, {777712, "invalid_expiry"},
	{777713, "card_not_supported"}, {777714, "restricted_card"}, {777715, "fraudulent"}, {777716, "processing_error"},
}

// testNumber is the number of a test card or a test bank.
type testNumber struct{ value, method, brand, wire, funding string }

// fits reports whether the number is one for a type of payment method.
func (n testNumber) fits(kind string) bool {
	return n.method == kind || n.method == methodCard && kind == methodPresent
}

// numbers are the test cards and banks: the payment method type of each, and of cards the brand as people
// and as the wire have it.
//
// Source: docs.tilled.com, testing.
// Assumed: Discover and American Express are credit cards, as they were recorded, and so is Mastercard.
var numbers = []testNumber{
	{"4111111111111111", methodCard, "Visa credit", "visa", "credit"},
	{"4900770000000001", methodCard, "Visa debit", "visa", "debit"},
	{"5100400000000000", methodCard, "Mastercard", "mastercard", "credit"},
	{"6011234567890123", methodCard, "Discover", "discover", "credit"},
	{"370123456789017", methodCard, "American Express", "amex", "credit"},
	{value: "011103093", method: methodACH, brand: "ACH"}, {value: "067014822", method: methodACH, brand: "ACH"},
	{value: "011000138", method: methodACH, brand: "ACH"}, {value: "021101108", method: methodACH, brand: "ACH"},
	{value: "021004823", method: methodACH, brand: "ACH"},
	{value: "001", method: methodEFT, brand: "EFT"}, {value: "002", method: methodEFT, brand: "EFT"}, {value: "003", method: methodEFT, brand: "EFT"},
	{value: "004", method: methodEFT, brand: "EFT"}, {value: "006", method: methodEFT, brand: "EFT"},
}

// firstNumber is the test number that pays where none was typed, and which of the offered types it is of.
func firstNumber(offered []string) (kind string, first testNumber) {
	for _, kind := range offered {
		if i := slices.IndexFunc(numbers, func(n testNumber) bool { return n.fits(kind) }); i >= 0 {
			return kind, numbers[i]
		}
	}
	return methodCard, numbers[0]
}

// declinedAmount is the decline code of an amount that cards are declined with.
func declinedAmount(amount int64) (code string, ok bool) {
	for _, a := range declinedAmounts {
		if a.amount == amount {
			return a.code, true
		}
	}
	return "", false
}

func amountText(amount int64) string { return strconv.FormatInt(amount, 10) }

var _ provider.Cashier = (*Tilled)(nil)

// Instruments implements provider.Cashier.
func (t *Tilled) Instruments() []provider.Instrument { return testInstruments() }

func testInstruments() []provider.Instrument {
	var out []provider.Instrument
	for _, n := range numbers {
		in := provider.Instrument{Kind: provider.KindCard, Value: n.value, Brand: n.brand, Does: "pays, unless the amount declines", Documented: true}
		if n.method != methodCard {
			in.Kind, in.Does = provider.KindBank, "is in flight for 72h, then paid"
		}
		out = append(out, in)
	}
	for _, a := range declinedAmounts {
		out = append(out, provider.Instrument{
			Kind: provider.KindAmount, Value: amountText(a.amount), Does: "declines a card: " + a.code, Code: a.code, Documented: true,
		})
	}
	return append(out, provider.Instrument{
		Kind: provider.KindAmount, Value: amountText(disputed), Does: "pays; the dispute that follows is not emulated yet",
	})
}

// Outcome implements provider.Cashier: a card pays unless the amount declines it, a bank debit is in
// flight first.
//
// Source: docs.tilled.com, testing, for the amounts, which concern cards only.
func (t *Tilled) Outcome(s checkout.Session, instrument string) (provider.Outcome, error) {
	all := t.Instruments()
	chosen, ok := provider.Find(all, instrument)
	if !ok {
		return provider.Outcome{}, provider.Refuse(name, all)
	}
	offered := s.Detail.(*detail).Methods
	at := slices.IndexFunc(numbers, func(n testNumber) bool { return n.value == chosen.Value })
	method := numbers[at].method
	if !slices.Contains(offered, method) {
		return provider.Outcome{}, provider.RefuseKind(method, slices.DeleteFunc(all, func(in provider.Instrument) bool {
			return !slices.Contains(offered, typeOf(in.Value))
		}))
	}
	typed := func(s *checkout.Session) {
		d := *s.Detail.(*detail)
		d.With = at + 1
		s.Detail = &d
	}
	if method != methodCard {
		return provider.Outcome{Command: checkout.Confirm{Then: &checkout.Outcome{After: clearing}}, Set: typed, By: chosen.Value}, nil
	}
	if code, ok := declinedAmount(s.Amount); ok {
		return provider.Outcome{Command: checkout.Decline{Code: code}, Set: typed, By: amountText(s.Amount)}, nil
	}
	if s.Amount == disputed {
		return provider.Outcome{Command: checkout.Pay{}, Set: typed, By: amountText(disputed)}, nil
	}
	return provider.Outcome{Command: checkout.Pay{}, Set: typed, By: chosen.Value}, nil
}

// typeOf is the payment method type of a test number; amounts are of cards.
func typeOf(value string) string {
	for _, n := range numbers {
		if n.value == value {
			return n.method
		}
	}
	return methodCard
}
