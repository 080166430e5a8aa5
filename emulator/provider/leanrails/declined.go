package leanrails

import "github.com/localcheckout/localcheckout/emulator/api"

// declined are the documented resources beside the session, by why they are not emulated.
//
// Source: the resource lists of G1, G2 and G3.
var declined = []struct {
	reason string
	paths  []string
}{
	{"a payment is made with one of the test payment methods, such as pm_card_visa; there are none to make, keep or attach", []string{
		"/v1/payment_methods", "/v1/payment_methods/{id}", "/v1/payment_methods/{id}/attach", "/v1/payment_methods/{id}/detach",
		"/v1/customers/{id}/payment_methods", "/v1/setup_intents", "/v1/setup_intents/{id}", "/v1/setup_intents/{id}/confirm",
		"/v1/setup_intents/{id}/cancel"}},
	{"events are sent to webhook endpoints and listed by GET /_control/events; LeanRails documents no list of them", []string{
		"/v1/events", "/v1/events/{id}"}},
	{"see GET /_control/webhooks/deliveries for what was sent; make something happen to a session to send an event", []string{
		"/v1/webhook_endpoints/{id}/send_test_event", "/v1/webhook_endpoints/{id}/delivery_attempts"}},
	{"payment links are of a later generation; see /v1/checkout_links", []string{"/v1/payment_links", "/v1/payment_links/{id}"}},
	{"orders come of sessions with the mode `order`, which the later documentation itself calls disabled; sessions have the mode `payment`", []string{
		"/v1/orders", "/v1/orders/{id}", "/v1/orders/{id}/cancel", "/v1/orders/{id}/complete"}},
	{"every well-formed test key is accepted unless keys are configured; there is none to manage", []string{
		"/v1/api_keys", "/v1/api_keys/{id}", "/v1/api_keys/{id}/revoke", "/v1/api_keys/{id}/roll"}},
	{"it is not part of a checkout", []string{
		"/v1/subscriptions", "/v1/subscriptions/{id}",
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
