package bias

import (
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

var _ provider.Triggerer = (*Bias)(nil)

// Triggers implements provider.Triggerer. Bias does not mark what a test has made: live is false in every
// event of test mode. They are read from its API.
func (b *Bias) Triggers() map[string]provider.Trigger {
	paid, refused := provider.Opening(opened, checkout.Pay{}), provider.Opening(opened, checkout.Decline{Code: b.DeclineCodes()[0]})
	call := func(call, body string) provider.Step { return provider.Step{Call: call, Body: body} }
	customer, product := call("POST /v1/customers", `{"email":"ada.{serial}@example.com"}`), call("POST /v1/products", `{"name":"Mug"}`)
	price, discount := call("POST /v1/prices", `{"product":"{1}","amount":700}`), call("POST /v1/discounts", `{"name":"Half off","percent_off":50}`)
	charge, hold := charging("automatic"), charging("manual")
	refunded := provider.Calling(charge, call("POST /v1/refunds", `{"payment":"{1}"}`))
	return map[string]provider.Trigger{
		eventSessionCreated:   provider.Opening(opened),
		eventSessionUpdated:   {Do: updating},
		eventSessionCompleted: paid,
		eventSessionExpired:   provider.Opening(opened, checkout.Expire{}),
		eventPaymentCreated:   paid,
		eventPaymentSucceeded: paid,
		eventPaymentFailed:    refused,
		eventPaymentUpdated:   refunded,
		eventRefundCreated:    refunded,
		eventPaymentCanceled:  provider.Calling(hold, call("POST /v1/payments/{1}/cancel", "")),
		eventMethodUpdated:    provider.Calling(call("GET /v1/payment_methods?filters[active]=true&limit=1", ""), call("POST /v1/payment_methods/{1.items.0.id}/deactivate", "")),
		eventInvoiceUpdated: provider.Calling(call("GET /v1/invoices?limit=1", ""), call("POST /v1/checkout_sessions", `{"invoice":"{1.items.0.id}"}`),
			provider.Step{Call: "{2}", Act: checkout.Pay{}}),
		eventCustomerCreated: provider.Calling(customer),
		eventCustomerUpdated: provider.Calling(customer, call("PATCH /v1/customers/{1}", `{"name":"Ada Lovelace"}`)),
		eventCustomerDeleted: provider.Calling(customer, call("DELETE /v1/customers/{1}", "")),
		eventProductCreated:  provider.Calling(product),
		eventProductUpdated:  provider.Calling(product, call("PATCH /v1/products/{1}", `{"description":"Holds a pint"}`)),
		eventProductDeleted:  provider.Calling(product, call("DELETE /v1/products/{1}", "")),
		eventPriceCreated:    provider.Calling(product, price),
		eventPriceUpdated:    provider.Calling(product, price, call("PATCH /v1/prices/{2}", `{"description":"Sale"}`)),
		eventPriceDeleted:    provider.Calling(product, price, call("DELETE /v1/prices/{2}", "")),
		eventDiscountCreated: provider.Calling(discount),
		eventDiscountUpdated: provider.Calling(discount, call("PATCH /v1/discounts/{1}", `{"name":"Half"}`)),
		eventDiscountDeleted: provider.Calling(discount, call("DELETE /v1/discounts/{1}", "")),
	}
}

// Caller implements provider.Triggerer.
func (b *Bias) Caller(_ *sandbox.Sandbox, credential string) http.Header {
	return http.Header{"Authorization": {"Bearer " + credential}}
}

// opened opens a session of nobody who is known.
func opened(m *provider.Maker) (string, error) {
	return m.Create("/v1/checkout_sessions", map[string]any{"amount": 2500, "customer_details": map[string]string{"email": "ada@example.com"}})
}

// updating changes an open session.
func updating(m *provider.Maker) error {
	id, err := opened(m)
	if err == nil {
		_, err = m.Call(http.MethodPatch, "/v1/checkout_sessions/"+id, map[string]any{"metadata": map[string]string{"triggered": "true"}})
	}
	return err
}

// charging takes a payment without a session, at once or to be captured.
func charging(capture string) provider.Step {
	return provider.Step{
		Call: "POST /v1/payments",
		Body: `{"amount":2500,"capture_method":"` + capture + `","payment_method":{"card":{"encrypted_number":"4242424242424242","encrypted_expiry":"e","encrypted_cvc":"c"}}}`,
	}
}
