package leanrails

import (
	"encoding/base64"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

var _ provider.Triggerer = (*LeanRails)(nil)

// Triggers implements provider.Triggerer. LeanRails does not mark what a test has made: livemode is false
// in every event of test mode.
func (l *LeanRails) Triggers() map[string]provider.Trigger {
	paid := provider.Opening(opened, checkout.Pay{})
	return map[string]provider.Trigger{
		eventIntentSucceeded:  paid,
		eventSessionCompleted: paid,
		eventIntentFailed:     provider.Opening(opened, checkout.Decline{Code: l.DeclineCodes()[0]}),
		eventSessionExpired:   provider.Opening(opened, checkout.Expire{}),
		eventChargeRefunded:   {Do: refunded},
	}
}

// Caller implements provider.Triggerer.
func (l *LeanRails) Caller(_ *sandbox.Sandbox, key string) http.Header {
	return http.Header{headerAuthorization: {"Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"))}}
}

// opened opens a session about the first price of the catalog that is paid once.
func opened(m *provider.Maker) (string, error) {
	var chosen string
	m.Sandbox.View(func(tx *sandbox.Tx) {
		for _, v := range tx.All(catalogPrices) {
			if p := v.(*price); chosen == "" && p.Active && p.Type == "one_time" && p.UnitAmount != nil {
				chosen = p.ID
			}
		}
	})
	if chosen == "" {
		return "", &checkout.Error{Code: checkout.CodeRefused, Message: "the catalog has no active one_time price to sell; add one to the fixtures"}
	}
	return m.Create("/v1/checkout_sessions", map[string]any{
		"mode": "payment", "line_items": []any{map[string]any{"price": chosen, "quantity": 1}},
		"success_url": "https://example.com/done", "cancel_url": "https://example.com/back",
	})
}

// refunded gives back what was paid.
func refunded(m *provider.Maker) error {
	id, err := opened(m)
	if err == nil {
		err = m.Act(id, checkout.Pay{})
	}
	var paid map[string]any
	if err == nil {
		paid, err = m.Call(http.MethodGet, "/v1/checkout_sessions/"+id, nil)
	}
	if err == nil {
		_, err = m.Call(http.MethodPost, "/v1/refunds", map[string]any{"payment_intent": paid["payment_intent"]})
	}
	return err
}
