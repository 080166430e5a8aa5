package hosted

import (
	"errors"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
)

// usualCard is the test card of a provider that has none of its own.
const usualCard = "4242424242424242"

// Why a number is refused. The number itself is repeated nowhere.
const (
	noNumber   = "Choose one of those below."
	realNumber = "This may be a real card. Only what is listed below works here, and nothing of what you typed was kept."
	noTestCard = "This is none of the test numbers. Choose one of those below."
)

// decide says what becomes of a payment with an instrument, as typed, else why it is refused.
func (v *visit) decide(typed string) (out provider.Outcome, refusal string) {
	typed = strings.TrimSpace(strings.ReplaceAll(typed, "\u00a0", " "))
	if typed == "" {
		return out, noNumber
	}
	out, err := v.outcome(typed)
	var known *checkout.Error
	switch {
	case err == nil:
		return out, ""
	case provider.LooksLikeCard(typed):
		return out, realNumber
	case errors.As(err, &known) && len(known.Violations) > 0 && known.Violations[0].Rule != checkout.RuleEnum:
		return out, known.Violations[0].Message
	}
	return out, noTestCard
}

var plainDigits = strings.NewReplacer(" ", "", "-", "")

// outcome asks the provider.
func (v *visit) outcome(value string) (provider.Outcome, error) {
	if cashier, ok := v.p.(provider.Cashier); ok {
		return cashier.Outcome(v.rec.Session, value)
	}
	if plainDigits.Replace(value) == usualCard {
		return provider.Outcome{Command: checkout.Pay{}}, nil
	}
	return provider.Outcome{}, provider.Refuse(v.p.Name(), nil)
}

// listed are the provider's instruments that a customer may choose: those that have a number, and the
// documented names of payment methods.
func (v *visit) listed() []provider.Instrument {
	cashier, ok := v.p.(provider.Cashier)
	if !ok {
		return []provider.Instrument{{Kind: provider.KindCard, Value: usualCard, Brand: "Visa", Does: "pays"}}
	}
	var out []provider.Instrument
	for _, in := range cashier.Instruments() {
		number := in.Kind == provider.KindCard || in.Kind == provider.KindBank
		if number || in.Kind == provider.KindToken && in.Documented {
			out = append(out, in)
		}
	}
	return out
}

// instruments are those that this session offers, as the page shows them.
func (v *visit) instruments() []shownCard {
	var out []shownCard
	for _, in := range v.listed() {
		if _, err := v.outcome(in.Value); err != nil {
			continue
		}
		shown := in.Value
		if in.Kind == provider.KindCard {
			shown = spaced(in.Value)
		}
		does, _, _ := strings.Cut(in.Does, ": in flight") // how a test ends it is not for the customer
		out = append(out, shownCard{in.Value, shown, in.Brand, words(strings.TrimPrefix(does, "is declined: "))})
	}
	return out
}

// challenging returns the command of a payment that asks the customer to prove who they are; nil when
// the provider has no instrument for that.
func (v *visit) challenging() checkout.Command {
	for _, in := range v.listed() {
		if out, err := v.outcome(in.Value); err == nil && out.Challenge {
			return out.Now()
		}
	}
	return nil
}

// spaced writes a number in groups of four.
func spaced(number string) string {
	var b strings.Builder
	for i, r := range number {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
