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
	{"customers of type team and their members are not emulated", []string{
		"/v1/customers/{id}/members", "/v1/customers/{id}/members/{member_id}",
		"/v1/customers/external/{external_id}/members", "/v1/customers/external/{external_id}/members/{member_external_id}"}},
	{"means of payment are not kept", []string{
		"/v1/customers/{id}/payment-methods", "/v1/customers/external/{external_id}/payment-methods"}},
	{"organizations are made by their users", []string{"POST /v1/organizations/"}},
	{"only Polar itself makes invoices and receipts", []string{
		"/v1/orders/{id}/invoice", "/v1/orders/{id}/receipt"}},
	{"orders are made by checkout sessions and renewals", []string{"POST /v1/orders/", "/v1/orders/{id}/finalize"}},
	{"subscriptions are made by checkout sessions, also free ones", []string{"POST /v1/subscriptions/"}},
	{"tables are not exported; list the objects", []string{"/v1/customers/export", "/v1/orders/export", "/v1/subscriptions/export"}},
	{"benefits are those that products of the catalog have; they have no API of their own", []string{
		"/v1/benefits/", "/v1/benefits/{id}", "/v1/benefits/{id}/grants"}},
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
