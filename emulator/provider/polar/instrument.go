package polar

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
)

// Texts within a confirmation token that choose its outcome; any other token pays. The first one in
// this order counts.
//
// Ours: the tokens of the real service are Stripe's and say nothing.
const (
	tokenCode       = "decline_"        // refused on the spot with the code behind it
	tokenDeclined   = "declined"        // refused on the spot
	tokenFails      = "fail"            // confirmed, and failing later
	tokenAction     = "requires_action" // confirmed; the customer has to authenticate
	tokenProcessing = "processing"      // confirmed, and in flight until a test says how it ends
)

// tokenStart begins the confirmation tokens of Stripe.
const tokenStart = "ctoken_"

// declineTexts is what the card processor says of a refused card, by code; Polar passes it on.
//
// Source: Stripe's decline messages.
var declineTexts = map[string]string{
	"card_declined":      "Your card was declined.",
	"insufficient_funds": "Your card has insufficient funds.",
	"expired_card":       "Your card has expired.",
	"incorrect_cvc":      "Your card's security code is incorrect.",
	"processing_error":   "An error occurred while processing your card. Try again in a little bit.",
}

// instruments are the card processor's test cards, and the texts that choose the outcome of a token.
//
// Source of the cards: docs.stripe.com, testing; Polar's sandbox takes them.
var instruments = []provider.Instrument{
	{Kind: provider.KindCard, Value: "4242424242424242", Brand: "Visa", Does: "pays", Documented: true},
	{Kind: provider.KindCard, Value: "5555555555554444", Brand: "Mastercard", Does: "pays", Documented: true},
	declines("4000000000000002", "card_declined"),
	declines("4000000000009995", "insufficient_funds"),
	declines("4000000000000069", "expired_card"),
	declines("4000000000000127", "incorrect_cvc"),
	declines("4000000000000119", "processing_error"),
	{Kind: provider.KindCard, Value: cardAction, Brand: "Visa", Does: "asks for 3-D Secure: in flight until it is settled (passed) or failed", Documented: true},
	{Kind: provider.KindCard, Value: cardFails, Brand: "Visa", Does: "is confirmed, then fails", Documented: true},
	{Kind: provider.KindToken, Value: tokenStart + "1", Does: "pays, as any token without one of the following texts"},
	{Kind: provider.KindText, Value: tokenDeclined, Does: "is declined: card_declined", Code: "card_declined"},
	{Kind: provider.KindText, Value: tokenCode + "insufficient_funds", Does: "is declined with that code; so with every other one", Code: "insufficient_funds"},
	{Kind: provider.KindText, Value: tokenFails, Does: "is confirmed, then fails"},
	{Kind: provider.KindText, Value: tokenAction, Does: "asks for 3-D Secure: in flight until it is settled (passed) or failed"},
	{Kind: provider.KindText, Value: tokenProcessing, Does: "is in flight until it is settled or failed"},
}

const (
	cardAction = "4000002500003155"
	cardFails  = "4000000000000341"
)

func declines(number, code string) provider.Instrument {
	return provider.Instrument{Kind: provider.KindCard, Value: number, Brand: "Visa", Does: "is declined: " + code, Code: code, Documented: true}
}

var _ provider.Cashier = (*Polar)(nil)

// Instruments implements provider.Cashier.
func (p *Polar) Instruments() []provider.Instrument { return instruments }

// Outcome implements provider.Cashier: by a test card, or by what stands in a confirmation token. A
// session without anything to pay asks for none, and succeeds with any.
func (p *Polar) Outcome(s checkout.Session, instrument string) (provider.Outcome, error) {
	out, err := p.chosen(instrument)
	if err != nil {
		return provider.Outcome{}, err
	}
	if !detailOf(&s).Amounts.form() {
		return provider.Outcome{Command: checkout.Confirm{Then: &checkout.Outcome{}}}, nil
	}
	if c, ok := out.Command.(checkout.Confirm); ok {
		out.Set = func(s *checkout.Session) {
			d := *detailOf(s)
			d.Processor = maps.Clone(d.Processor)
			d.Processor[processorStatus] = intentStatus(out, c)
			s.Detail = &d
		}
	}
	return out, nil
}

// chosen is what becomes of a payment with a test card or a confirmation token.
func (p *Polar) chosen(instrument string) (provider.Outcome, error) {
	if provider.LooksLikeCard(instrument) {
		if _, known := provider.Find(instruments, instrument); !known {
			return provider.Outcome{}, provider.Refuse(name, instruments)
		}
	}
	out, err := p.tokenOutcome(instrument)
	if err == nil && out.By == "" && !strings.HasPrefix(instrument, tokenStart) {
		return out, provider.Refuse(name, instruments)
	}
	return out, err
}

// tokenOutcome is what becomes of a payment with a confirmation token; By is "" where the token
// chooses nothing, and it pays. A test card may stand in its place. A code that does not exist, and
// what looks like a real card, are refused.
func (p *Polar) tokenOutcome(token string) (provider.Outcome, error) {
	if card, ok := provider.Find(instruments, token); ok && card.Kind == provider.KindCard {
		return p.cardOutcome(card), nil
	}
	code, coded := provider.MarkedCode(token, tokenCode)
	switch {
	case provider.LooksLikeCard(token):
		return provider.Outcome{}, refuse(breach("value_error", "localcheckout takes no real card; this looks like one.", nil, "confirmation_token_id"))
	case coded:
		if !slices.Contains(p.DeclineCodes(), code) {
			return provider.Outcome{}, refuse(breach("value_error",
				fmt.Sprintf("localcheckout has no decline code %q; there are %s.", code, strings.Join(p.DeclineCodes(), ", ")), token, "confirmation_token_id"))
		}
		return provider.Outcome{Command: checkout.Decline{Code: code}, By: tokenCode + code}, nil
	case strings.Contains(token, tokenDeclined):
		return provider.Outcome{Command: checkout.Decline{Code: p.DeclineCodes()[0]}, By: tokenDeclined}, nil
	case strings.Contains(token, tokenFails):
		return provider.Outcome{Command: failing(p), By: tokenFails}, nil
	case strings.Contains(token, tokenAction):
		return provider.Outcome{Command: checkout.Confirm{}, By: tokenAction, Challenge: true}, nil
	case strings.Contains(token, tokenProcessing):
		return provider.Outcome{Command: checkout.Confirm{}, By: tokenProcessing}, nil
	}
	return provider.Outcome{Command: checkout.Confirm{Then: &checkout.Outcome{}}}, nil
}

func (p *Polar) cardOutcome(card provider.Instrument) provider.Outcome {
	switch {
	case card.Value == cardAction:
		return provider.Outcome{Command: checkout.Confirm{}, By: card.Value, Challenge: true}
	case card.Value == cardFails:
		return provider.Outcome{Command: failing(p), By: card.Value}
	case card.Code != "":
		return provider.Outcome{Command: checkout.Decline{Code: card.Code}, By: card.Value}
	}
	return provider.Outcome{Command: checkout.Confirm{Then: &checkout.Outcome{}}, By: card.Value}
}

// failing is a payment that is confirmed and fails at once afterwards.
func failing(p *Polar) checkout.Command {
	return checkout.Confirm{Then: &checkout.Outcome{Fail: true, DeclineCode: p.DeclineCodes()[0]}}
}
