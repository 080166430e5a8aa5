package bias

import (
	"fmt"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Marks of a text that declines: the first with a code behind it, the second with the general one.
const (
	markCode    = "decline_"
	markGeneral = "declined"
)

// instruments are test cards for whoever plays the customer, and the marks of a ciphertext or a name.
//
// Assumed: all of it; Bias publishes no test values. The cards are those that other processors have.
var instruments = []provider.Instrument{
	{Kind: provider.KindCard, Value: "4242424242424242", Brand: "Visa", Does: "pays"},
	declines("4000000000000002", "generic_decline"),
	declines("4000000000009995", "insufficient_funds"),
	declines("4000000000000069", "expired_card"),
	declines("4000000000000127", "incorrect_cvc"),
	{Kind: provider.KindText, Value: markGeneral, Does: "declines: generic_decline, in a ciphertext or in billing_details.name", Code: "generic_decline"},
	{Kind: provider.KindText, Value: markCode + "insufficient_funds", Does: "declines with that code; so with every other one", Code: "insufficient_funds"},
}

func declines(number, code string) provider.Instrument {
	return provider.Instrument{Kind: provider.KindCard, Value: number, Brand: "Visa", Does: "is declined: " + code, Code: code}
}

var _ provider.Cashier = (*Bias)(nil)

// Instruments implements provider.Cashier.
func (b *Bias) Instruments() []provider.Instrument { return instruments }

// Outcome implements provider.Cashier.
func (b *Bias) Outcome(_ checkout.Session, instrument string) (provider.Outcome, error) {
	code := marked(instrument, b.DeclineCodes()[0])
	chosen, known := provider.Find(instruments, instrument)
	switch {
	case known && chosen.Kind == provider.KindCard && chosen.Code == "":
		return provider.Outcome{Command: checkout.Pay{}, By: chosen.Value}, nil
	case known && chosen.Kind == provider.KindCard:
		return provider.Outcome{Command: checkout.Decline{Code: chosen.Code}, By: chosen.Value}, nil
	case slices.Contains(b.DeclineCodes(), code):
		return provider.Outcome{Command: checkout.Decline{Code: code}, By: markOf(instrument, code)}, nil
	}
	return provider.Outcome{}, provider.Refuse(name, instruments)
}

// markOf is the part of a text that declines with a code.
func markOf(text, code string) string {
	if strings.Contains(text, markCode) {
		return markCode + code
	}
	return markGeneral
}

// marked returns the decline code that a text holds, or the general one; "" when it holds none.
func marked(text, general string) string {
	if code, ok := provider.MarkedCode(text, markCode); ok {
		return code
	}
	if strings.Contains(text, markGeneral) {
		return general
	}
	return ""
}

// outcome is what the texts of a payment, by their places in payment_method, make of it: it is paid
// unless one of them is marked, or is the number of a test card that declines. A mark with a code that
// does not exist is refused, and so is what looks like a real card.
//
// Assumed: all of it. The numbers are encrypted for Bias, which the emulator cannot read, so a test
// that wants a refusal puts its name in the place of a ciphertext, or where a browser encrypts, into
// the name of the billing details.
func (b *Bias) outcome(texts map[string]string) (out provider.Outcome, faults []checkout.Violation) {
	out.Command = checkout.Pay{}
	for _, member := range wire.SortedKeys(texts) {
		path := []any{"payment_method"}
		for step := range strings.SplitSeq(member, ".") {
			path = append(path, step)
		}
		one, fault := b.decide(texts[member], path)
		switch {
		case fault != nil:
			faults = append(faults, *fault)
		case one.By != "" && out.By == "", isDecline(one):
			out = one
		}
	}
	return out, faults
}

// decide is what one text makes of a payment; By is "" where that is nothing.
func (b *Bias) decide(text string, path []any) (provider.Outcome, *checkout.Violation) {
	codes := b.DeclineCodes()
	if _, ok := provider.Find(instruments, text); !ok && provider.LooksLikeCard(text) {
		v := broken(codeInvalid, path, nil, messageRealCard)
		return provider.Outcome{}, &v
	}
	if code := marked(text, codes[0]); code != "" && !slices.Contains(codes, code) {
		v := broken(codeInvalid, path, markCode+code, fmt.Sprintf(messageNoDecline, code, strings.Join(codes, ", ")))
		return provider.Outcome{}, &v
	}
	out, err := b.Outcome(checkout.Session{}, text)
	if err != nil {
		return provider.Outcome{}, nil // a ciphertext like any other
	}
	return out, nil
}

func isDecline(out provider.Outcome) bool {
	_, ok := out.Command.(checkout.Decline)
	return ok
}
