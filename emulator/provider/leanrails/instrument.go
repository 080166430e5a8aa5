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
func (l *LeanRails) Outcome(_ checkout.Session, instrument string) (provider.Outcome, error) {
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
