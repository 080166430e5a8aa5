package leanrails

import "github.com/localcheckout/localcheckout/emulator/api"

// declined are the documented resources beside the session, by why they are not emulated.
//
// Source: the resource lists of G1, G2 and G3.
var declined = []struct {
	reason string
	paths  []string
}{
	{"payment intents are kept inside their checkout session and have no API here yet; pay or decline a session with POST /_control/sessions/{id}/{action}", []string{
		"/v1/payment_intents", "/v1/payment_intents/{id}", "/v1/payment_intents/{id}/confirm", "/v1/payment_intents/{id}/capture",
		"/v1/payment_intents/{id}/cancel", "/v1/charges", "/v1/charges/{id}", "/v1/payment_methods", "/v1/payment_methods/{id}",
		"/v1/payment_methods/{id}/attach", "/v1/payment_methods/{id}/detach", "/v1/setup_intents", "/v1/setup_intents/{id}",
		"/v1/setup_intents/{id}/confirm", "/v1/setup_intents/{id}/cancel"}},
	{"refunds have no API here yet", []string{"/v1/refunds", "/v1/refunds/{id}"}},
	{"customers are read from the catalog, see GET and POST /_control/fixtures; they have no API here yet", []string{
		"/v1/customers", "/v1/customers/{id}", "/v1/customers/{id}/payment_methods"}},
	{"products and prices are read from the catalog, see GET and POST /_control/fixtures; they have no API here yet", []string{
		"/v1/products", "/v1/products/{id}", "/v1/prices", "/v1/prices/{id}"}},
	{"events are sent to webhook endpoints and listed by GET /_control/events; LeanRails documents no list of them", []string{
		"/v1/events", "/v1/events/{id}"}},
	{"see GET /_control/webhooks/deliveries for what was sent; make something happen to a session to send an event", []string{
		"/v1/webhook_endpoints/{id}/send_test_event", "/v1/webhook_endpoints/{id}/delivery_attempts"}},
	{"links are not emulated; create the session itself", []string{
		"/v1/checkout_links", "/v1/checkout_links/{id}", "/v1/checkout_links/{id}/line_items", "/v1/payment_links", "/v1/payment_links/{id}"}},
	{"every well-formed test key is accepted unless keys are configured; there is none to manage", []string{
		"/v1/api_keys", "/v1/api_keys/{id}", "/v1/api_keys/{id}/revoke", "/v1/api_keys/{id}/roll"}},
	{"it is not part of a checkout", []string{
		"/v1/orders", "/v1/orders/{id}", "/v1/orders/{id}/cancel", "/v1/orders/{id}/complete", "/v1/subscriptions", "/v1/subscriptions/{id}",
		"/v1/invoices", "/v1/invoices/{id}", "/v1/invoiceitems", "/v1/invoiceitems/{id}", "/v1/balance", "/v1/balance_transactions",
		"/v1/balance_transactions/{id}", "/v1/checkout/branding"}},
}

// Declined implements api.Decliner.
func (l *LeanRails) Declined() []api.Declined {
	var out []api.Declined
	for _, group := range declined {
		for _, path := range group.paths {
			out = append(out, api.Declined{Path: path, Reason: group.reason})
		}
	}
	return out
}
