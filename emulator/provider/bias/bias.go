// Package bias is the dialect of Bias Pay's checkout sessions: create, get, list, update, expire, and
// the payment that a browser makes with a session's client secret; of the resources around them:
// customers, products, prices, discounts, payments, payment methods, refunds and invoices; and of its
// events, listed or streamed.
//
// Sources: docs.biaspay.com in the generation whose sessions have line_items, invoice and payments
// (called B2 here), the same site's pages on authentication, pagination, expansion, idempotency,
// errors and events, and Bias' own browser library @biaspay/elements 0.0.1, which speaks the later
// generation (B3). Where none of them speaks, the comment says Assumed.
//
// Assumed: every path, see openapi/bias.yaml; only the calls of the SDK are documented. A session is
// also reached below /v1/checkout/sessions, as the SDK's namespace is spelled.
// Assumed: the status of every success is 200.
// Assumed: no session ends by itself, as they have no deadline.
//
// Known gaps: disputes, credit notes and files do not exist, and invoices are only read; discounts and
// taxes of line items do not exist; Bias documents no webhooks, so none are sent.
package bias

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/openapi"
)

// name is the folder, the path prefix and the configuration key of the dialect.
const name = "bias"

// ProfileB3 is the later generation of the API, which the published browser library speaks: the
// status before payment is "open", and sessions have seven more members.
const ProfileB3 = "b3"

// Bias is the dialect. Make one with [New].
type Bias struct {
	keys api.Keyring
	b3   bool
}

var (
	_ provider.Provider = (*Bias)(nil)
	_ api.Authorizer    = (*Bias)(nil)
	_ api.Ruler         = (*Bias)(nil)
	_ api.SecretHolder  = (*Bias)(nil)
	_ api.Rewriter      = (*Bias)(nil)
	_ api.Decliner      = (*Bias)(nil)
	_ api.Finisher      = (*Bias)(nil)
	_ api.Idempotent    = (*Bias)(nil)
)

// New returns the dialect. The profiles are "" and [ProfileB3].
func New(o provider.Options) (provider.Provider, error) {
	if o.Profile != "" && o.Profile != ProfileB3 {
		return nil, fmt.Errorf("bias has no profile %q; there is %q", o.Profile, ProfileB3)
	}
	return &Bias{keys: o.Keys, b3: o.Profile == ProfileB3}, nil
}

// Name implements api.Surface.
func (b *Bias) Name() string { return name }

// Document implements api.Surface.
func (b *Bias) Document() []byte { return openapi.Bias }

// The operations of the document.
const (
	opCreate       = "createCheckoutSession"
	opList         = "listCheckoutSessions"
	opGet          = "getCheckoutSession"
	opUpdate       = "updateCheckoutSession"
	opUpdateByPost = "updateCheckoutSessionByPost"
	opUpdateByPut  = "updateCheckoutSessionByPut"
	opExpire       = "expireCheckoutSession"
	opPay          = "createPayment"
	opListEvents   = "listEvents"
	opGetEvent     = "getEvent"
)

// Handlers implements api.Surface.
//
// Assumed: an update is a PATCH; POST and PUT do the same.
func (b *Bias) Handlers() map[string]api.Handler {
	all := map[string]api.Handler{
		opCreate:       b.create,
		opList:         b.list,
		opGet:          b.get,
		opUpdate:       b.update,
		opUpdateByPost: b.update,
		opUpdateByPut:  b.update,
		opExpire:       b.expire,
		opListEvents:   b.listEvents,
		opGetEvent:     b.getEvent,
	}
	b.collectionHandlers(all)
	return all
}

// Paths of the sessions: as emulated, and as the SDK's namespace has it.
const (
	sessionsPath  = "/v1/checkout_sessions"
	sessionsAlias = "/v1/checkout/sessions"
)

// Rewrite implements api.Rewriter.
func (b *Bias) Rewrite(path string) (string, http.Header) {
	rest, ok := strings.CutPrefix(path, sessionsAlias)
	if !ok || rest != "" && rest[0] != '/' {
		return path, nil
	}
	return sessionsPath + rest, nil
}

// Dialect implements provider.Provider. A payment in flight that fails leaves the session payable.
//
// Source: the browser library lets the customer try again.
func (b *Bias) Dialect() sandbox.Dialect {
	return sandbox.Dialect{
		Policy: checkout.Policy{LateFailure: checkout.Open}, React: b.react, Index: b.index, Detail: sandbox.JSON[*detail](),
		Webhooks: &webhook.Policy{Types: eventTypes, KeepEvents: true}, Subject: sandbox.JSON[*subject](),
		Kinds: map[string]sandbox.Codec{
			kindProduct: sandbox.JSON[*product](), kindPrice: sandbox.JSON[*price](), kindCustomer: sandbox.JSON[*customer](),
			kindInvoice: sandbox.JSON[*invoice](), kindPayment: sandbox.JSON[*payment](), kindMethod: sandbox.JSON[*paymentMethod](),
			kindDiscount: sandbox.JSON[*discount](), kindRefund: sandbox.JSON[*refund](),
		},
	}
}

// Words for where a session stands.
//
// Source: docs.biaspay.com, checkout sessions, the text of "update" and the sample; the call "expire".
// The last is of fixtures of @biaspay/elements.
const (
	statusPayable  = "requires_confirmation"
	statusComplete = "complete"
	statusExpired  = "expired"
	statusOpen     = "open"
)

// Status implements provider.Provider.
//
// Assumed: a session whose payment is in flight still has the status from before; no other word is
// documented. The same goes for one that a test forced to have failed.
func (b *Bias) Status(s checkout.Status) string {
	switch s {
	case checkout.Succeeded:
		return statusComplete
	case checkout.Expired:
		return statusExpired
	default:
		return b.payable()
	}
}

// payable is the status of a session that waits for its payment.
func (b *Bias) payable() string {
	if b.b3 {
		return statusOpen
	}
	return statusPayable
}

// URL implements provider.Provider.
//
// Assumed: Bias' checkout is embedded and its sessions have no URL; this one is the emulator's page.
func (b *Bias) URL(s checkout.Session, base string) string {
	return base + "/checkout/" + s.ClientSecret
}

// DeclineCodes implements provider.Provider.
//
// Assumed: the documented enumeration of decline_code is not public; these are common words.
func (b *Bias) DeclineCodes() []string {
	return []string{"generic_decline", "insufficient_funds", "expired_card", "incorrect_cvc"}
}

// Example implements provider.Provider.
func (b *Bias) Example() string { return "sk_test_localcheckout" }
