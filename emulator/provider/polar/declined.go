package polar

import (
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
)

// declined are the resources that a checkout integration calls beside the session. Their objects
// are in the catalog, which the control API shows and extends.
//
// Source: Polar's OpenAPI document of 2026-08-20.
var declined = []struct {
	reason string
	paths  []string // with a method before it, only calls of that
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
	{"only Polar itself makes invoices and receipts", []string{
		"/v1/orders/{id}/invoice", "/v1/orders/{id}/receipt"}},
	{"orders are made by checkout sessions and renewals", []string{"POST /v1/orders/", "/v1/orders/{id}/finalize"}},
	{"subscriptions are made by checkout sessions, also free ones", []string{"POST /v1/subscriptions/"}},
	{"tables are not exported; list the objects", []string{"/v1/orders/export", "/v1/subscriptions/export"}},
	{"benefits are not emulated", []string{"/v1/benefits/", "/v1/benefits/{id}", "/v1/benefits/{id}/grants"}},
	{"checkout links are not emulated; create the session itself", []string{
		"/v1/checkout-links/", "/v1/checkout-links/{id}", "/v1/checkout-links/{id}/redirect"}},
	{"the customer portal is not emulated", []string{
		"/v1/customer-portal/customers/me", "/v1/customer-portal/orders/", "/v1/customer-portal/orders/{id}",
		"/v1/customer-portal/subscriptions/", "/v1/customer-portal/subscriptions/{id}",
		"/v1/customer-portal/customer-session/introspect"}},
}

// Declined implements api.Decliner.
func (p *Polar) Declined() []api.Declined {
	var out []api.Declined
	for _, group := range declined {
		for _, path := range group.paths {
			method, rest, one := strings.Cut(path, " ")
			if !one {
				method, rest = "", path
			}
			out = append(out, api.Declined{Method: method, Path: rest, Reason: group.reason})
		}
	}
	return out
}
