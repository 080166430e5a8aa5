package leanrails

import (
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
)

// instruments are the test payment methods and the test card.
//
// Source: G1, testing, for the first three; G2, testing, for the others.
// Assumed: the decline codes of those whose names say what is wrong, and that 3-D Secure leaves the
// payment in flight meanwhile.
var instruments = []provider.Instrument{
	{Kind: provider.KindCard, Value: "4242424242424242", Brand: "Visa", Does: "pays", Documented: true},
	{Kind: provider.KindToken, Value: "pm_card_visa", Brand: "Visa", Does: "pays", Documented: true},
	{Kind: provider.KindToken, Value: "pm_card_declined", Does: "is declined: generic_decline", Code: declineGeneric, Documented: true},
	{Kind: provider.KindToken, Value: "pm_card_insufficient_funds", Does: "is declined: insufficient_funds", Code: "insufficient_funds", Documented: true},
	{Kind: provider.KindToken, Value: "pm_card_expired", Does: "is declined: expired_card", Code: "expired_card", Documented: true},
	{Kind: provider.KindToken, Value: paysAfterChallenge, Does: "asks for 3-D Secure: in flight until it is settled (passed) or failed", Documented: true},
}

const paysAfterChallenge = "pm_card_3ds_required"

var _ provider.Cashier = (*LeanRails)(nil)

// Instruments implements provider.Cashier.
func (l *LeanRails) Instruments() []provider.Instrument { return instruments }

// Outcome implements provider.Cashier.
func (l *LeanRails) Outcome(s checkout.Session, instrument string) (provider.Outcome, error) {
	out, err := outcome(instrument)
	return paying(s, out), err
}

// paying is an outcome as it is for a session: what is captured by hand stays in flight until then.
//
// Source: G3, checkout, capture_method.
func paying(s checkout.Session, out provider.Outcome) provider.Outcome {
	if _, pays := out.Command.(checkout.Pay); pays && s.Amount > 0 && s.Detail.(*detail).Manual {
		out.Command = checkout.Confirm{}
	}
	method, challenge := methodOf(out.By), out.Challenge
	out.Set = func(s *checkout.Session) {
		d := *s.Detail.(*detail)
		d.Method, d.Challenge = method, challenge
		s.Detail = &d
	}
	return out
}

// methodOf is the payment method of an instrument: that of the test card is its test payment method.
func methodOf(instrument string) string {
	if in, ok := provider.Find(instruments, instrument); ok && in.Kind == provider.KindCard {
		return defaultMethod
	}
	return instrument
}

// outcome is what becomes of a payment with an instrument.
func outcome(instrument string) (provider.Outcome, error) {
	chosen, ok := provider.Find(instruments, instrument)
	switch {
	case !ok:
		return provider.Outcome{}, provider.Refuse(name, instruments)
	case chosen.Value == paysAfterChallenge:
		return provider.Outcome{Command: checkout.Confirm{}, By: chosen.Value, Challenge: true}, nil
	case chosen.Code != "":
		return provider.Outcome{Command: checkout.Decline{Code: chosen.Code}, By: chosen.Value}, nil
	}
	return provider.Outcome{Command: checkout.Pay{}, By: chosen.Value}, nil
}
