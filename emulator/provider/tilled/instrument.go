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
	methodCard = "card"
	methodACH  = "ach_debit"
	methodEFT  = "eft_debit"
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

// numbers are the test cards and banks, with the payment method type of each.
//
// Source: docs.tilled.com, testing.
var numbers = []struct{ value, method, brand string }{
	{"4111111111111111", methodCard, "Visa credit"},
	{"4900770000000001", methodCard, "Visa debit"},
	{"5100400000000000", methodCard, "Mastercard"},
	{"6011234567890123", methodCard, "Discover"},
	{"370123456789017", methodCard, "American Express"},
	{"011103093", methodACH, "ACH"}, {"067014822", methodACH, "ACH"}, {"011000138", methodACH, "ACH"},
	{"021101108", methodACH, "ACH"}, {"021004823", methodACH, "ACH"},
	{"001", methodEFT, "EFT"}, {"002", methodEFT, "EFT"}, {"003", methodEFT, "EFT"}, {"004", methodEFT, "EFT"}, {"006", methodEFT, "EFT"},
}

var _ provider.Cashier = (*Tilled)(nil)

// Instruments implements provider.Cashier.
func (t *Tilled) Instruments() []provider.Instrument {
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
			Kind: provider.KindAmount, Value: strconv.FormatInt(a.amount, 10), Does: "declines a card: " + a.code, Code: a.code, Documented: true,
		})
	}
	return append(out, provider.Instrument{
		Kind: provider.KindAmount, Value: strconv.Itoa(disputed), Does: "pays; the dispute that follows is not emulated yet",
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
	method := methodOf(chosen.Value)
	if !slices.Contains(offered, method) {
		return provider.Outcome{}, provider.RefuseKind(method, slices.DeleteFunc(all, func(in provider.Instrument) bool {
			return !slices.Contains(offered, methodOf(in.Value))
		}))
	}
	if method != methodCard {
		return provider.Outcome{Command: checkout.Confirm{Then: &checkout.Outcome{After: clearing}}, By: chosen.Value}, nil
	}
	for _, a := range declinedAmounts {
		if a.amount == s.Amount {
			return provider.Outcome{Command: checkout.Decline{Code: a.code}, By: strconv.FormatInt(a.amount, 10)}, nil
		}
	}
	if s.Amount == disputed {
		return provider.Outcome{Command: checkout.Pay{}, By: strconv.Itoa(disputed)}, nil
	}
	return provider.Outcome{Command: checkout.Pay{}, By: chosen.Value}, nil
}

// methodOf is the payment method type of a test number; amounts are of cards.
func methodOf(value string) string {
	for _, n := range numbers {
		if n.value == value {
			return n.method
		}
	}
	return methodCard
}
