// Package polar is the dialect of Polar (polar.sh): checkout sessions as its API serves them to a
// merchant's server and to a customer's browser.
//
// Bodies are one superset that the published clients of every vintage read: fields that current
// Polar hides or has dropped are still sent. Behaviour is that of autumn 2026, or with the profile
// [ProfileSeed] that of February 2025.
//
// Sources: Polar's OpenAPI documents of 2025-02-18 to 2026-08-20, its published server source of
// 2025-02-25 and 2026-08-22, its published SDKs, and the wording of errors as measured with
// pydantic 2.10 and FastAPI 0.115.
//
// Known gaps: numbers and booleans sent as strings are refused, Polar reads them; e-mail addresses
// are checked for syntax only; tax is always zero; there is no geolocation of IP addresses; seat,
// unit and metered prices do not exist; renewals are always paid; there are no invoices, receipts
// and customer portals; benefits are those that products of the catalog have, and granted to nobody;
// customers of type team and their members do not exist, files cannot be uploaded.
package polar

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/openapi"
)

// name is the folder, path prefix and configuration key.
const name = "polar"

// The profiles. The empty one is the current one.
const (
	ProfileCurrent = "current" // autumn 2026
	ProfileSeed    = "2025-02" // February 2025, when sessions lived for half an hour
)

// Lifetimes of sessions. Source: Polar's settings, 2025-02-25 and 2026-03-02.
const (
	lifetime     = 24 * time.Hour
	lifetimeSeed = 30 * time.Minute
)

// Polar is the dialect. Make one with [New].
type Polar struct {
	seed bool // the behaviour of February 2025
	keys api.Keyring
}

var (
	_ provider.Provider = (*Polar)(nil)
	_ api.Ruler         = (*Polar)(nil)
	_ api.Authorizer    = (*Polar)(nil)
	_ api.Rewriter      = (*Polar)(nil)
	_ api.Finisher      = (*Polar)(nil)
	_ api.Decliner      = (*Polar)(nil)
	_ api.SecretHolder  = (*Polar)(nil)
)

// New makes the dialect. It fails when the profile is unknown.
func New(o provider.Options) (provider.Provider, error) {
	switch o.Profile {
	case "", ProfileCurrent, ProfileSeed:
		return &Polar{seed: o.Profile == ProfileSeed, keys: o.Keys}, nil
	}
	return nil, fmt.Errorf("polar has no profile %q; it has %s and %s", o.Profile, ProfileCurrent, ProfileSeed)
}

// Name implements api.Surface.
func (p *Polar) Name() string { return name }

// Document implements api.Surface.
func (p *Polar) Document() []byte { return openapi.Polar }

// Handlers implements api.Surface.
func (p *Polar) Handlers() map[string]api.Handler {
	return map[string]api.Handler{
		"listCheckouts":         p.listCheckouts,
		"createCheckout":        p.createCheckout,
		"getCheckout":           p.getCheckout,
		"updateCheckout":        p.updateCheckout,
		"getClientCheckout":     p.getClientCheckout,
		"updateClientCheckout":  p.updateClientCheckout,
		"confirmClientCheckout": p.confirmClientCheckout,
		"openClientCheckout":    p.openClientCheckout,
		"streamClientCheckout":  p.streamClientCheckout,

		"listProducts":             p.listProducts,
		"createProduct":            p.createProduct,
		"getProduct":               p.getProduct,
		"updateProduct":            p.updateProduct,
		"deleteProduct":            p.deleteProduct,
		"updateProductBenefits":    p.updateProductBenefits,
		"listCustomers":            p.listCustomers,
		"createCustomer":           p.createCustomer,
		"getCustomer":              p.getCustomer,
		"updateCustomer":           p.updateCustomer,
		"deleteCustomer":           p.deleteCustomer,
		"getCustomerState":         p.getCustomerState,
		"getCustomerExternal":      p.getCustomer,
		"updateCustomerExternal":   p.updateCustomer,
		"deleteCustomerExternal":   p.deleteCustomer,
		"getCustomerStateExternal": p.getCustomerState,
		"listDiscounts":            p.listDiscounts,
		"createDiscount":           p.createDiscount,
		"getDiscount":              p.getDiscount,
		"updateDiscount":           p.updateDiscount,
		"deleteDiscount":           p.deleteDiscount,
		"listCustomFields":         p.listCustomFields,
		"createCustomField":        p.createCustomField,
		"getCustomField":           p.getCustomField,
		"updateCustomField":        p.updateCustomField,
		"deleteCustomField":        p.deleteCustomField,
		"listCheckoutLinks":        p.listCheckoutLinks,
		"createCheckoutLink":       p.createCheckoutLink,
		"getCheckoutLink":          p.getCheckoutLink,
		"updateCheckoutLink":       p.updateCheckoutLink,
		"deleteCheckoutLink":       p.deleteCheckoutLink,
		"openCheckoutLink":         p.openCheckoutLink,
		"listOrganizations":        p.listOrganizations,
		"getOrganization":          p.getOrganization,
		"updateOrganization":       p.updateOrganization,

		"listWebhookEndpoints":       p.listWebhookEndpoints,
		"getWebhookEndpoint":         p.getWebhookEndpoint,
		"createWebhookEndpoint":      p.createWebhookEndpoint,
		"updateWebhookEndpoint":      p.updateWebhookEndpoint,
		"resetWebhookEndpointSecret": p.resetWebhookEndpointSecret,
		"deleteWebhookEndpoint":      p.deleteWebhookEndpoint,
		"listWebhookDeliveries":      p.listWebhookDeliveries,
		"redeliverWebhookEvent":      p.redeliverWebhookEvent,

		"listOrders":            p.listOrders,
		"getOrder":              p.getOrder,
		"updateOrder":           p.updateOrder,
		"listSubscriptions":     p.listSubscriptions,
		"getSubscription":       p.getSubscription,
		"updateSubscription":    p.updateSubscription,
		"revokeSubscription":    p.revokeSubscription,
		"listRefunds":           p.listRefunds,
		"createRefund":          p.createRefund,
		"createCustomerSession": p.createCustomerSession,
	}
}

// SessionKey implements api.SecretHolder: a client secret, or a session's id.
func (p *Polar) SessionKey(r *api.Request) string {
	if secret := r.Param("client_secret"); secret != "" {
		return secret
	}
	return canonicalUUID(r.Param("id"))
}

// Dialect implements provider.Provider.
func (p *Polar) Dialect() sandbox.Dialect {
	policy := checkout.Policy{Lifetime: lifetime, LateFailure: checkout.Open}
	if p.seed {
		policy = checkout.Policy{Lifetime: lifetimeSeed, LateFailure: checkout.Failed}
	}
	return sandbox.Dialect{
		Policy: policy, React: p.react, Index: index, Due: p.due, Webhooks: p.webhooks(),
		Shown:  []string{kindOrganization, kindProduct, kindDiscount},
		Detail: sandbox.JSON[*detail](), Endpoint: sandbox.JSON[*endpointDetail](),
		Kinds: map[string]sandbox.Codec{
			kindDiscount: sandbox.JSON[*discount](), kindCustomer: customerCodec, kindOrder: sandbox.JSON[*order](),
			kindSubscription: sandbox.JSON[*subscription](), kindRedemptions: sandbox.JSON[*redemptions](),
			kindRefund: sandbox.JSON[*refund](), kindBalance: sandbox.JSON[*balance](),
			kindLink: sandbox.JSON[*link](),
		},
	}
}

// statuses are Polar's words, the same five in both vintages.
var statuses = map[checkout.Status]string{
	checkout.Open:      "open",
	checkout.Confirmed: "confirmed",
	checkout.Succeeded: "succeeded",
	checkout.Failed:    "failed",
	checkout.Expired:   "expired",
}

// Status implements provider.Provider.
func (p *Polar) Status(s checkout.Status) string { return statuses[s] }

// URL implements provider.Provider: the path of Polar's own hosted page, on the emulator.
func (p *Polar) URL(s checkout.Session, base string) string {
	return base + "/checkout/" + s.ClientSecret
}

// DeclineCodes implements provider.Provider. Polar has no codes of its own: it passes on the error
// type and message of its card processor, Stripe, whose common decline codes these are.
func (p *Polar) DeclineCodes() []string {
	return []string{"card_declined", "insufficient_funds", "expired_card", "incorrect_cvc", "processing_error"}
}

// Example implements provider.Provider.
func (p *Polar) Example() string { return "polar_oat_localcheckout" }

// oldCheckouts is where the sessions API stood until February 2025; it is still served there.
const oldCheckouts = "/v1/checkouts/custom/"

// headerDeprecated is on every answer to a path that begins with /api.
const headerDeprecated = "X-Polar-Deprecation-Notice"

// deprecatedText is the header's value. Source: polar/middlewares.py.
const deprecatedText = "The API root has moved from /api/v1 to /v1. Please update your integration."

// Rewrite implements api.Rewriter: /api/v1 is /v1, and /v1/checkouts/custom/ is /v1/checkouts/.
func (p *Polar) Rewrite(path string) (string, http.Header) {
	var add http.Header
	if rest, ok := strings.CutPrefix(path, "/api/v1"); ok && (rest == "" || rest[0] == '/') {
		path = "/v1" + rest
		add = http.Header{headerDeprecated: {deprecatedText}}
	}
	if rest, ok := strings.CutPrefix(path, oldCheckouts); ok {
		path = "/v1/checkouts/" + rest
	}
	return path, add
}
