// Package leanrails is the dialect of LeanRails: checkout sessions and what stands around them, payment
// intents with their charges and refunds, customers, products, prices, checkout links, and webhooks with
// their endpoints.
//
// Sources, called by their generation: G1, docs.leanrails.com (spring 2026), which is the target; G2,
// docs.fluveo.com, the same service under its later brand; G3, github.com/fluveohq/openapi, a later
// and different API that is asked only where the first two are silent.
//
// Assumed: the service answers every success with 200, also a creation.
// Assumed: null counts as absent for every optional parameter of a creation; in an update it clears text.
// Assumed: text that is kept as it was sent has no limit but the documented ones.
//
// Known gaps: the update of sessions of G3 is not served; tiered prices can be kept and not bought; what a
// checkout link says after the payment, and its promotion codes, are kept and not shown; opened on a port of
// the provider's own, a link finds the default sandbox only; with 3-D Secure on the page a payment is
// captured at once, also where it is to be captured by hand.
package leanrails

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/openapi"
)

// name is the folder, the path prefix and the configuration key of the dialect.
const name = "leanrails"

// The profiles. Several are joined with commas.
const (
	// ProfileLenient takes what the documentation's own samples get away with: no Idempotency-Key,
	// parameters that nobody knows, and prices that are not in the catalog, which cost 1000 minor
	// units.
	ProfileLenient = "lenient"
	// ProfileBearer also takes the secret key as a bearer token.
	//
	// Source: G3 authentication. G1 and G2 name HTTP Basic only.
	ProfileBearer = "bearer"
)

// LeanRails is the dialect. Make one with [New].
type LeanRails struct {
	keys            api.Keyring
	lenient, bearer bool
	document        []byte
}

var (
	_ provider.Provider = (*LeanRails)(nil)
	_ api.Authorizer    = (*LeanRails)(nil)
	_ api.Ruler         = (*LeanRails)(nil)
	_ api.Decliner      = (*LeanRails)(nil)
	_ api.Finisher      = (*LeanRails)(nil)
	_ api.Idempotent    = (*LeanRails)(nil)
	_ api.Rewriter      = (*LeanRails)(nil)
)

// New returns the dialect. The profiles are "", [ProfileLenient], [ProfileBearer], and both with a
// comma between them.
func New(o provider.Options) (provider.Provider, error) {
	l := &LeanRails{keys: o.Keys, document: openapi.LeanRails}
	if o.Profile == "" {
		return l, nil
	}
	for profile := range strings.SplitSeq(o.Profile, ",") {
		switch strings.TrimSpace(profile) {
		case ProfileLenient:
			l.lenient = true
			l.document = bytes.ReplaceAll(openapi.LeanRails, []byte(`"additionalProperties":false`), []byte(`"additionalProperties":true`))
		case ProfileBearer:
			l.bearer = true
		default:
			return nil, fmt.Errorf("leanrails has no profile %q; there are %q and %q", profile, ProfileLenient, ProfileBearer)
		}
	}
	return l, nil
}

// Name implements api.Surface.
func (l *LeanRails) Name() string { return name }

// Document implements api.Surface. With [ProfileLenient] its objects are open.
func (l *LeanRails) Document() []byte { return l.document }

// Handlers implements api.Surface.
func (l *LeanRails) Handlers() map[string]api.Handler {
	all := map[string]api.Handler{
		opCreate:    l.create,
		opList:      l.checked(l.list),
		opGet:       l.checked(l.get),
		opLineItems: l.checked(l.lineItems),
		opExpire:    l.checked(l.expire),

		opCreateEndpoint: l.checked(l.createEndpoint),
		opListEndpoints:  l.checked(l.listEndpoints),
		opGetEndpoint:    l.checked(l.getEndpoint),
		opUpdateEndpoint: l.checked(l.updateEndpoint),
		opDeleteEndpoint: l.checked(l.deleteEndpoint),
		opRotateSecret:   l.checked(l.rotateSecret),
	}
	maps.Copy(all, l.payments())
	maps.Copy(all, l.goods())
	return all
}

// payments are the handlers about money.
func (l *LeanRails) payments() map[string]api.Handler {
	return map[string]api.Handler{
		opCreateIntent:  write(l, createIntent),
		opListIntents:   l.checked(intents().list),
		opGetIntent:     l.checked(intents().get),
		opUpdateIntent:  write(l, updateIntent),
		opConfirmIntent: l.confirm,
		opCaptureIntent: l.capture,
		opCancelIntent:  l.cancel,
		opRefundIntent:  write(l, refundIntent),

		opListCharges: l.checked(charges().list),
		opGetCharge:   l.checked(charges().get),

		opCreateRefund: write(l, createRefund),
		opListRefunds:  l.checked(refunds().list),
		opGetRefund:    l.checked(refunds().get),
		opUpdateRefund: write(l, updateRefund),
	}
}

// goods are the handlers about what is sold, and to whom.
func (l *LeanRails) goods() map[string]api.Handler {
	return map[string]api.Handler{
		opCreateCustomer: write(l, createCustomer),
		opListCustomers:  l.checked(customers().list),
		opGetCustomer:    l.checked(getCustomer),
		opUpdateCustomer: write(l, updateCustomer),
		opDeleteCustomer: l.checked(deleteCustomer),

		opCreateProduct: write(l, createProduct),
		opListProducts:  l.checked(products().list),
		opGetProduct:    l.checked(products().get),
		opUpdateProduct: write(l, updateProduct),
		opDeleteProduct: l.checked(deleteProduct),

		opCreatePrice: write(l, createPrice),
		opListPrices:  l.checked(prices().list),
		opGetPrice:    l.checked(prices().get),
		opUpdatePrice: write(l, updatePrice),

		opCreateLink: write(l, l.createLink),
		opListLinks:  l.checked(links().list),
		opGetLink:    l.checked(links().get),
		opUpdateLink: write(l, updateLink),
		opLinkItems:  l.checked(linkItems),
		opOpenLink:   openLink,
	}
}

// The operations of the document.
const (
	opCreate    = "createCheckoutSession"
	opList      = "listCheckoutSessions"
	opGet       = "getCheckoutSession"
	opLineItems = "listLineItems"
	opExpire    = "expireCheckoutSession"

	opCreateEndpoint = "createWebhookEndpoint"
	opListEndpoints  = "listWebhookEndpoints"
	opGetEndpoint    = "getWebhookEndpoint"
	opUpdateEndpoint = "updateWebhookEndpoint"
	opDeleteEndpoint = "deleteWebhookEndpoint"
	opRotateSecret   = "rotateWebhookEndpointSecret"

	opCreateIntent  = "createPaymentIntent"
	opListIntents   = "listPaymentIntents"
	opGetIntent     = "getPaymentIntent"
	opUpdateIntent  = "updatePaymentIntent"
	opConfirmIntent = "confirmPaymentIntent"
	opCaptureIntent = "capturePaymentIntent"
	opCancelIntent  = "cancelPaymentIntent"
	opRefundIntent  = "refundPaymentIntent"

	opListCharges  = "listCharges"
	opGetCharge    = "getCharge"
	opCreateRefund = "createRefund"
	opListRefunds  = "listRefunds"
	opGetRefund    = "getRefund"
	opUpdateRefund = "updateRefund"

	opCreateCustomer = "createCustomer"
	opListCustomers  = "listCustomers"
	opGetCustomer    = "getCustomer"
	opUpdateCustomer = "updateCustomer"
	opDeleteCustomer = "deleteCustomer"

	opCreateProduct = "createProduct"
	opListProducts  = "listProducts"
	opGetProduct    = "getProduct"
	opUpdateProduct = "updateProduct"
	opDeleteProduct = "deleteProduct"

	opCreatePrice = "createPrice"
	opListPrices  = "listPrices"
	opGetPrice    = "getPrice"
	opUpdatePrice = "updatePrice"

	opCreateLink = "createCheckoutLink"
	opListLinks  = "listCheckoutLinks"
	opGetLink    = "getCheckoutLink"
	opUpdateLink = "updateCheckoutLink"
	opLinkItems  = "listCheckoutLinkItems"
	opOpenLink   = "openCheckoutLink"
)

// Paths of the sessions: those of G1, and those of G2, which lead to the same operations.
//
// Source: G1 and G2, Checkout Sessions. The host was the same, api.leanrails.com.
const (
	pathSessions = "/v1/checkout_sessions"
	pathAlias    = "/v1/checkout/sessions"
)

// Rewrite implements api.Rewriter: the paths of G2 are aliases.
func (l *LeanRails) Rewrite(path string) (string, http.Header) {
	if rest, ok := strings.CutPrefix(path, pathAlias); ok && (rest == "" || rest[0] == '/') {
		return pathSessions + rest, nil
	}
	return path, nil
}

// Dialect implements provider.Provider. Every session has a deadline of its own; a payment that
// fails after it was confirmed leaves the session open for another one.
//
// Assumed: that, by analogy with a card that is refused at once (inferred from G1).
func (l *LeanRails) Dialect() sandbox.Dialect {
	return sandbox.Dialect{
		Policy: checkout.Policy{LateFailure: checkout.Open}, React: react, Detail: sandbox.JSON[*detail](), Webhooks: webhooks(),
		Kinds: map[string]sandbox.Codec{
			catalogProducts: sandbox.JSON[*product](), catalogPrices: sandbox.JSON[*price](), catalogCustomers: sandbox.JSON[*customer](),
			catalogIntents: sandbox.JSON[*intent](), catalogCharges: sandbox.JSON[*charge](), catalogRefunds: sandbox.JSON[*refund](),
			catalogLinks: sandbox.JSON[*link](), catalogDeleted: sandbox.JSON[*deletedObject](),
		},
	}
}

// The statuses of a session.
//
// Source: G1, Checkout Session, status.
const (
	statusOpen     = "open"
	statusComplete = "complete"
	statusExpired  = "expired"
)

// statuses has the provider's word for each of ours.
//
// Source: G2, checkout sessions: a session is complete when its payment intent has succeeded, so one
// whose payment is in flight is still open.
var statuses = map[checkout.Status]string{
	checkout.Open:      statusOpen,
	checkout.Confirmed: statusOpen,
	checkout.Succeeded: statusComplete,
	checkout.Failed:    statusOpen,
	checkout.Expired:   statusExpired,
}

// Status implements provider.Provider.
func (l *LeanRails) Status(s checkout.Status) string { return statuses[s] }

// URL implements provider.Provider.
//
// Assumed: the form; only that of checkout links is documented (G2), checkout.leanrails.com/cl/{id}.
func (l *LeanRails) URL(s checkout.Session, base string) string { return pageURL(s.ID, base) }

func pageURL(id, base string) string { return base + "/checkout/" + id }

// DeclineCodes implements provider.Provider.
//
// Source of the first: G2, errors.
// Assumed: the others, after the test payment methods pm_card_insufficient_funds, pm_card_expired
// and pm_card_3ds_required (G2).
func (l *LeanRails) DeclineCodes() []string {
	return []string{declineGeneric, "insufficient_funds", "expired_card", "authentication_required"}
}

// Example implements provider.Provider.
func (l *LeanRails) Example() string { return "sk_test_localcheckout" }
