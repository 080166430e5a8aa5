package polar

import (
	"net/http"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Scopes of the checkout operations.
const (
	scopeRead  = "checkouts:read"
	scopeWrite = "checkouts:write"
)

// Scopes of the webhook operations.
const (
	scopeWebhooksRead  = "webhooks:read"
	scopeWebhooksWrite = "webhooks:write"
)

// Scopes of the operations about what sessions leave. Source: polar/order/auth.py and its like.
const (
	scopeOrdersRead            = "orders:read"
	scopeOrdersWrite           = "orders:write"
	scopeSubscriptionsRead     = "subscriptions:read"
	scopeSubscriptionsWrite    = "subscriptions:write"
	scopeRefundsRead           = "refunds:read"
	scopeRefundsWrite          = "refunds:write"
	scopeCustomerSessionsWrite = "customer_sessions:write"
)

// scopes are what an operation needs, any one of them. See scopesOf for those that are not here.
var scopes = map[string][]string{
	"listCheckouts":  {scopeRead, scopeWrite},
	"getCheckout":    {scopeRead, scopeWrite},
	"createCheckout": {scopeWrite},
	"updateCheckout": {scopeWrite},

	"listWebhookEndpoints":       {scopeWebhooksRead, scopeWebhooksWrite},
	"getWebhookEndpoint":         {scopeWebhooksRead, scopeWebhooksWrite},
	"createWebhookEndpoint":      {scopeWebhooksWrite},
	"updateWebhookEndpoint":      {scopeWebhooksWrite},
	"resetWebhookEndpointSecret": {scopeWebhooksWrite},
	"deleteWebhookEndpoint":      {scopeWebhooksWrite},
	"listWebhookDeliveries":      {scopeWebhooksRead, scopeWebhooksWrite},
	"redeliverWebhookEvent":      {scopeWebhooksWrite},

	"listOrders":            {scopeOrdersRead},
	"getOrder":              {scopeOrdersRead},
	"updateOrder":           {scopeOrdersWrite},
	"listSubscriptions":     {scopeSubscriptionsRead, scopeSubscriptionsWrite},
	"getSubscription":       {scopeSubscriptionsRead, scopeSubscriptionsWrite},
	"updateSubscription":    {scopeSubscriptionsWrite},
	"revokeSubscription":    {scopeSubscriptionsWrite},
	"listRefunds":           {scopeRefundsRead, scopeRefundsWrite},
	"createRefund":          {scopeRefundsWrite},
	"createCustomerSession": {scopeCustomerSessionsWrite},
}

// families are the resources whose scopes have their path's name, with underscores.
var families = []string{"products", "customers", "discounts", "custom-fields", "checkout-links", "organizations"}

// scopesOf returns what a request needs, any one of them; none when it needs no token. Reading needs the
// right to read or the right to write.
//
// Source: auth.py of each resource.
func scopesOf(r *api.Request) (need []string, private bool) {
	if need, private = scopes[r.Operation]; private || r.Operation == "openCheckoutLink" {
		return need, private
	}
	rest, _ := strings.CutPrefix(r.Path, "/v1/")
	family, _, _ := strings.Cut(rest, "/")
	if !slices.Contains(families, family) {
		return nil, false
	}
	family = strings.ReplaceAll(family, "-", "_")
	if r.Method == http.MethodGet {
		return []string{family + ":read", family + ":write"}, true
	}
	return []string{family + ":write"}, true
}

// headerVersion selects the version of the API; its value is echoed.
const headerVersion = "Polar-Version"

// versions are the API versions of autumn 2026. Checkouts are the same in all three.
var versions = []string{"2026-04", latestVersion, "2027-01"}

// latestVersion is the one that counts where none is named.
const latestVersion = "2026-10"

// customerToken begins tokens of customer sessions, which do not open the merchant's operations.
const customerToken = "polar_cst_"

// Reasons of refused credentials and requests, told apart by problem.go.
const (
	reasonNoToken      = "Unauthorized"
	reasonBadToken     = "invalid_token"
	reasonScope        = "insufficient_scope"
	reasonNotPermitted = "NotPermitted"
	reasonRouting      = "Not Found"
)

// Credential implements provider.Provider: the bearer token, whose scheme word may be in any case.
func (p *Polar) Credential(h http.Header) string {
	scheme, token, ok := strings.Cut(h.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Authorize implements api.Authorizer: the version, then the token (401), then its scopes (403).
//
// A token that nobody knows is refused on every path, also where none is needed; a known one is
// ignored there. February 2025 ignored any token on the client's own paths. A live key of another
// service is never known; Polar's own tokens do not say what they are for.
func (p *Polar) Authorize(r *api.Request) error {
	if v := r.Header.Get(headerVersion); v != "" && !p.seed && !slices.Contains(versions, v) {
		return &checkout.Error{Code: checkout.CodeNotFound, Reason: reasonRouting, Message: "no API version " + v}
	}
	need, private := scopesOf(r)
	token := p.Credential(r.Header)
	if token == "" {
		if private {
			return &checkout.Error{Code: checkout.CodeUnauthorized, Reason: reasonNoToken, Message: "no access token"}
		}
		return nil
	}
	if api.LooksLive(token) {
		return api.RefuseLive("")
	}
	grant, known := p.keys.Find(token)
	if !private && (p.seed || known) {
		return nil
	}
	if !known || strings.HasPrefix(token, customerToken) {
		return &checkout.Error{Code: checkout.CodeUnauthorized, Reason: reasonBadToken, Message: "unknown access token"}
	}
	if !grant.Allows(need...) {
		return &checkout.Error{Code: checkout.CodeForbidden, Reason: reasonScope, Message: "the token lacks a scope", Allowed: need}
	}
	r.Grant = grant
	return nil
}

// Finish implements api.Finisher: the headers that are on every answer.
func (p *Polar) Finish(r *api.Request, resp *api.Response) {
	resp.SetHeader("X-Polar-Sandbox", "1")
	if r.Header.Get("Origin") != "" {
		resp.SetHeader("Access-Control-Allow-Origin", "*")
		if !p.seed {
			resp.SetHeader("Access-Control-Expose-Headers", headerVersion)
		}
	}
	if p.seed {
		return
	}
	if resp.Header.Get("Cache-Control") == "" {
		resp.SetHeader("Cache-Control", "private, no-store")
	}
	if v := r.Header.Get(headerVersion); slices.Contains(versions, v) {
		resp.SetHeader(headerVersion, v)
	}
}

// preflight answers a browser that asks whether another origin may call: any may, without
// credentials of its own, with any method.
func (p *Polar) preflight() api.Response {
	resp := api.Response{Status: http.StatusOK, Text: "OK", ContentType: "text/plain; charset=utf-8"}
	allowed := "Authorization, Content-Type"
	if !p.seed {
		allowed += ", " + headerVersion
	}
	resp.SetHeader("Access-Control-Allow-Headers", allowed)
	resp.SetHeader("Access-Control-Allow-Methods", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")
	resp.SetHeader("Access-Control-Max-Age", "600")
	return resp
}
