package polar

import "github.com/localcheckout/localcheckout/emulator/api"

// declined are the resources that a checkout integration calls beside the session. Their objects
// are in the catalog, which the control API shows and extends.
//
// Source: Polar's OpenAPI document of 2026-08-20.
var declined = []struct {
	reason string
	paths  []string
}{
	{"products are read from the catalog; they have no API here yet", []string{
		"/v1/products/", "/v1/products/{id}", "/v1/products/{id}/benefits"}},
	{"customers are read from the catalog; they have no API here yet", []string{
		"/v1/customers/", "/v1/customers/{id}", "/v1/customers/{id}/state",
		"/v1/customers/external/{external_id}", "/v1/customers/external/{external_id}/state"}},
	{"discounts are read from the catalog; they have no API here yet", []string{
		"/v1/discounts/", "/v1/discounts/{id}"}},
	{"custom fields are read from the catalog; they have no API here yet", []string{
		"/v1/custom-fields/", "/v1/custom-fields/{id}"}},
	{"organizations are read from the catalog; they have no API here yet", []string{
		"/v1/organizations/", "/v1/organizations/{id}"}},
	{"orders are made when a session succeeds; they have no API here yet", []string{
		"/v1/orders/", "/v1/orders/{id}", "/v1/orders/{id}/invoice"}},
	{"subscriptions are made when a session succeeds; they have no API here yet", []string{
		"/v1/subscriptions/", "/v1/subscriptions/{id}"}},
	{"refunds are not emulated", []string{"/v1/refunds/"}},
	{"benefits are not emulated", []string{"/v1/benefits/", "/v1/benefits/{id}", "/v1/benefits/{id}/grants"}},
	{"checkout links are not emulated; create the session itself", []string{
		"/v1/checkout-links/", "/v1/checkout-links/{id}", "/v1/checkout-links/{id}/redirect"}},
	{"customer sessions are only made by confirming a checkout session", []string{"/v1/customer-sessions/"}},
}

// Declined implements api.Decliner.
func (p *Polar) Declined() []api.Declined {
	var out []api.Declined
	for _, group := range declined {
		for _, path := range group.paths {
			out = append(out, api.Declined{Path: path, Reason: group.reason})
		}
	}
	return out
}
