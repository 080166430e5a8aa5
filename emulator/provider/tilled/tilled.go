// Package tilled is the dialect of Tilled's checkout sessions and of what stands around them: payment
// intents with their charges and refunds, customers, payment methods, events and webhook endpoints.
//
// Sources: the vendor's OpenAPI document 1.0 (July 2023) for shapes and limits, tilled-node 1.0.13
// for newer values and the wire, docs.tilled.com for behaviour, and third-party public programs for
// error bodies and the format of ids. Where none of them speaks, the comment says Assumed.
//
// Assumed: all absent optional values are answered as null, as in the recorded answers of sibling
// resources.
// Assumed: a session is visible to its own account only, not to the partner account above it.
//
// Known gaps: platform fees have no operations, and balance transactions are no objects; nobody has to authenticate, so that
// no payment intent requires an action; nothing is disputed; Tilled.js and its tokens are not emulated.
package tilled

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/openapi"
)

// name is the folder, the path prefix and the configuration key of the dialect.
const name = "tilled"

// ProfileBareMetadata makes the list read unknown query parameters as filters on metadata. That is
// what tilled-node 1.0.13 sends: it loses the name of the parameter and writes order_id=1 for
// {metadata: {order_id: "1"}}. Without the profile they are ignored.
const ProfileBareMetadata = "bare-metadata"

// ProfileSeconds writes the timestamp of a webhook's signature in seconds, which some receivers expect.
//
// Source: the documented sample has milliseconds; third-party receivers disagree on the unit.
const ProfileSeconds = "signature-seconds"

// headerRequestID carries an identifier of the exchange in every response.
//
// Source: vendor OpenAPI document, introduction.
// Assumed: a UUID; the form is not documented.
const headerRequestID = "request-id"

// Tilled is the dialect. Make one with [New].
type Tilled struct {
	keys                  api.Keyring
	bareMetadata, seconds bool
}

var (
	_ provider.Provider = (*Tilled)(nil)
	_ api.Authorizer    = (*Tilled)(nil)
	_ api.Ruler         = (*Tilled)(nil)
	_ api.Decliner      = (*Tilled)(nil)
	_ api.Finisher      = (*Tilled)(nil)
)

// New returns the dialect. The profiles are "", [ProfileBareMetadata], [ProfileSeconds], and both with a
// comma between them.
func New(o provider.Options) (provider.Provider, error) {
	t := &Tilled{keys: o.Keys}
	if o.Profile == "" {
		return t, nil
	}
	for profile := range strings.SplitSeq(o.Profile, ",") {
		switch strings.TrimSpace(profile) {
		case ProfileBareMetadata:
			t.bareMetadata = true
		case ProfileSeconds:
			t.seconds = true
		default:
			return nil, fmt.Errorf("tilled has no profile %q; there are %q and %q", profile, ProfileBareMetadata, ProfileSeconds)
		}
	}
	return t, nil
}

// Name implements api.Surface.
func (t *Tilled) Name() string { return name }

// Document implements api.Surface.
func (t *Tilled) Document() []byte { return openapi.Tilled }

// Handlers implements api.Surface.
func (t *Tilled) Handlers() map[string]api.Handler {
	return map[string]api.Handler{
		opCreate:         t.create,
		opList:           t.list,
		opGet:            t.get,
		opExpire:         t.expire,
		opCreateIntent:   t.createIntent,
		opListIntents:    t.listIntents,
		opGetIntent:      t.getIntent,
		opUpdateIntent:   t.updateIntent,
		opConfirmIntent:  t.confirmIntent,
		opCaptureIntent:  t.captureIntent,
		opCancelIntent:   t.cancelIntent,
		opCreateCustomer: t.createCustomer,
		opListCustomers:  t.listCustomers,
		opGetCustomer:    t.getCustomer,
		opUpdateCustomer: t.updateCustomer,
		opDeleteCustomer: t.deleteCustomer,
		opCreateMethod:   t.createMethod,
		opListMethods:    t.listMethods,
		opGetMethod:      t.getMethod,
		opUpdateMethod:   t.updateMethod,
		opAttachMethod:   t.attachMethod,
		opDetachMethod:   t.detachMethod,
		opCreateRefund:   t.createRefund,
		opListRefunds:    t.listRefunds,
		opGetRefund:      t.getRefund,
		opGetCharge:      t.getCharge,
		opHealth:         t.health,
		opListEvents:     t.listEvents,
		opGetEvent:       t.getEvent,
		opCreateEndpoint: t.createEndpoint,
		opListEndpoints:  t.listEndpoints,
		opGetEndpoint:    t.getEndpoint,
		opUpdateEndpoint: t.updateEndpoint,
		opDeleteEndpoint: t.deleteEndpoint,
	}
}

// The operations of the document.
const (
	opCreate = "createCheckoutSession"
	opList   = "listCheckoutSessions"
	opGet    = "getCheckoutSession"
	opExpire = "expireCheckoutSession"

	opCreateIntent  = "createPaymentIntent"
	opListIntents   = "listPaymentIntents"
	opGetIntent     = "getPaymentIntent"
	opUpdateIntent  = "updatePaymentIntent"
	opConfirmIntent = "confirmPaymentIntent"
	opCaptureIntent = "capturePaymentIntent"
	opCancelIntent  = "cancelPaymentIntent"

	opCreateCustomer = "createCustomer"
	opListCustomers  = "listCustomers"
	opGetCustomer    = "getCustomer"
	opUpdateCustomer = "updateCustomer"
	opDeleteCustomer = "deleteCustomer"

	opCreateMethod = "createPaymentMethod"
	opListMethods  = "listPaymentMethods"
	opGetMethod    = "getPaymentMethod"
	opUpdateMethod = "updatePaymentMethod"
	opAttachMethod = "attachPaymentMethodToCustomer"
	opDetachMethod = "detachPaymentMethodFromCustomer"

	opCreateRefund = "createRefund"
	opListRefunds  = "listRefunds"
	opGetRefund    = "getRefund"
	opGetCharge    = "getCharge"
	opHealth       = "getHealth"

	opListEvents     = "listEvents"
	opGetEvent       = "getEvent"
	opCreateEndpoint = "createWebhookEndpoint"
	opListEndpoints  = "listWebhookEndpoints"
	opGetEndpoint    = "getWebhookEndpoint"
	opUpdateEndpoint = "updateWebhookEndpoint"
	opDeleteEndpoint = "deleteWebhookEndpoint"
)

// Dialect implements provider.Provider. A session lives until its deadline if it has one, else
// forever; a bank debit that fails later leaves it complete.
//
// Source: vendor OpenAPI document, CheckoutSession.status, "complete": processing may still be in
// progress.
// Assumed: no default lifetime; none is documented.
func (t *Tilled) Dialect() sandbox.Dialect {
	return sandbox.Dialect{
		Policy: checkout.Policy{LateFailure: checkout.Failed}, React: react, Index: index, Due: due, Detail: sandbox.JSON[*detail](),
		Webhooks: t.webhooks(), Subject: sandbox.JSON[*subject](), Refer: refer, Resolve: resolve, Endpoint: sandbox.JSON[*endpointDetail](),
		Kinds: map[string]sandbox.Codec{
			name + "." + resourceAccounts: sandbox.JSON[*account](), catalogCustomers: sandbox.JSON[*customer](),
			catalogIntents: intentCodec(), catalogMethods: sandbox.JSON[*method](), catalogRefunds: sandbox.JSON[*refund](),
		},
	}
}

// statuses has the provider's word for each of ours.
var statuses = map[checkout.Status]string{
	checkout.Open:      "open",
	checkout.Confirmed: "complete",
	checkout.Succeeded: "complete",
	checkout.Failed:    "complete",
	checkout.Expired:   "expired",
}

// Status implements provider.Provider.
func (t *Tilled) Status(s checkout.Status) string { return statuses[s] }

// URL implements provider.Provider.
//
// Source: a hosted-checkout link on a public shop page, app.tilled.com/pay/<session id>.
// Assumed: the same path here, without the opaque fragment.
func (t *Tilled) URL(s checkout.Session, base string) string { return pageURL(s.ID, base) }

func pageURL(id, base string) string { return base + "/pay/" + id }

// DeclineCodes implements provider.Provider.
//
// Source: docs.tilled.com, testing: the codes of the amounts 777701 to 777716.
func (t *Tilled) DeclineCodes() []string {
	return []string{
		"generic_decline", "insufficient_funds", "avs_check_failed", "call_issuer", "expired_card", "pickup_card",
		"invalid_number", "limit_exceeded", "not_permitted", "incorrect_cvc", "service_not_allowed", "invalid_expiry",
		"card_not_supported", "restricted_card", "fraudulent", "processing_error",
	}
}

// Example implements provider.Provider.
func (t *Tilled) Example() string { return "sk_test_localcheckout" }

// Finish implements api.Finisher: every answer carries a request id.
func (t *Tilled) Finish(r *api.Request, resp *api.Response) {
	var id string
	r.Sandbox.View(func(tx *sandbox.Tx) { id = tx.UUID(kindRequest) })
	resp.SetHeader(headerRequestID, id)
}

// Kinds of things that get identifiers.
const (
	kindSession  = name + ".session"
	kindIntent   = name + ".payment_intent"
	kindCustomer = name + ".customer"
	kindBuyer    = name + ".buyer"
	kindRequest  = name + ".request"

	kindIntentSecret  = name + ".payment_intent_secret"
	kindCharge        = name + ".charge"
	kindRefund        = name + ".refund"
	kindFee           = name + ".platform_fee"
	kindFeeRefund     = name + ".platform_fee_refund"
	kindMethod        = name + ".payment_method"
	kindEvent         = name + ".event"
	kindEndpoint      = name + ".webhook_endpoint"
	kindSigningSecret = name + ".webhook_secret"
)

// accountOf returns the account on whose behalf the request is made; Authorize saw that there is one.
func accountOf(h http.Header) string { return h.Get(headerAccount) }
