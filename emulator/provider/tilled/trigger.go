package tilled

import (
	"fmt"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

var _ provider.Triggerer = (*Tilled)(nil)

// Triggers implements provider.Triggerer. Tilled does not mark what a test has made.
func (t *Tilled) Triggers() map[string]provider.Trigger {
	paid, refused := provider.Opening(opened, checkout.Pay{}), provider.Opening(opened, checkout.Decline{Code: t.DeclineCodes()[0]})
	inFlight := provider.Opening(opened, checkout.Confirm{})
	call := func(call, body string) provider.Step { return provider.Step{Call: call, Body: body} }
	method := call("POST /v1/payment-methods", `{"type":"card","card":{"number":"4111111111111111","exp_month":12,"exp_year":2044,"cvc":"123"}}`)
	customer := call("POST /v1/customers", `{"email":"ada.{serial}@example.com"}`)
	attach := call("PUT /v1/payment-methods/{1}/attach", `{"customer_id":"{2}"}`)
	pay := func(more string) provider.Step {
		return call("POST /v1/payment-intents", `{"amount":2500,"currency":"usd","payment_method_types":["card"],"confirm":true,"payment_method_id":"{1}",`+more+`}`)
	}
	const (
		manual, shared = `"capture_method":"manual"`, `"platform_fee_amount":100`
		unheld         = "it comes when a hold runs out: pay with capture_method manual, and advance the clock by 168h"
		clearing       = "it comes with a refund of a bank debit: pay with one, advance the clock by 72h, refund it, and advance again"
	)
	return map[string]provider.Trigger{
		eventIntentCreated:    provider.Opening(opened),
		eventIntentProcessing: inFlight,
		eventChargePending:    inFlight,
		eventIntentSucceeded:  paid,
		eventChargeSucceeded:  paid,
		eventCustomerCreated:  paid,
		eventIntentFailed:     refused,
		eventChargeFailed:     refused,
		eventIntentCanceled:   provider.Opening(opened, checkout.Expire{}),
		eventIntentCapturable: provider.Calling(method, pay(manual)),
		eventChargeCaptured:   provider.Calling(method, pay(manual), call("POST /v1/payment-intents/{2}/capture", "{}")),
		eventChargeRefunded:   provider.Calling(method, pay(shared), call("POST /v1/refunds", `{"payment_intent_id":"{2}"}`)),
		eventFeeCreated:       provider.Calling(method, pay(shared)),
		eventFeeRefunded:      provider.Calling(method, pay(shared), call("POST /v1/refunds", `{"payment_intent_id":"{2}","refund_platform_fee":true}`)),
		eventChargeExpired:    {Why: unheld},
		eventRefundPending:    {Why: clearing},
		eventRefundUpdated:    {Why: clearing},
		eventCustomerUpdated:  provider.Calling(customer, call("PATCH /v1/customers/{1}", `{"first_name":"Ada"}`)),
		eventCustomerDeleted:  provider.Calling(customer, call("DELETE /v1/customers/{1}", "")),
		eventMethodAttached:   provider.Calling(method, customer, attach),
		eventMethodDetached:   provider.Calling(method, customer, attach, call("PUT /v1/payment-methods/{1}/detach", "")),
		eventMethodUpdated:    provider.Calling(method, customer, attach, call("PATCH /v1/payment-methods/{1}", `{"metadata":{"triggered":"true"}}`)),
	}
}

// Caller implements provider.Triggerer: a call for the first account of the catalog that sells.
func (t *Tilled) Caller(b *sandbox.Sandbox, credential string) http.Header {
	const anyAccount = "acct_triggered" // where the catalog has none
	id := anyAccount
	b.View(func(tx *sandbox.Tx) {
		for _, v := range tx.All(name + "." + resourceAccounts) {
			if a := v.(*account); a.Type == "merchant" && id == anyAccount {
				id = a.ID
			}
		}
	})
	return http.Header{"Tilled-Account": {id}, "Tilled-Api-Key": {credential}}
}

// opened opens a session of a buyer who has not been seen before.
func opened(m *provider.Maker) (string, error) {
	return m.Create("/v1/checkout-sessions", map[string]any{
		"line_items": []any{map[string]any{
			"quantity":   1,
			"price_data": map[string]any{"currency": "usd", "unit_amount": 2500, "product_data": map[string]any{"name": "Sourdough"}},
		}},
		"payment_intent_data": map[string]any{"payment_method_types": []string{"card"}},
		"customer_email":      fmt.Sprintf("ada.%d@example.com", m.Serial),
	})
}
