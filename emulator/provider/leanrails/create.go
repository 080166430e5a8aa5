package leanrails

import (
	"context"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// createParams is the body of a creation.
//
// Source: G1, create.
// Assumed: mode and line_items are required; the reference does not mark what is.
type createParams struct {
	Mode                     string                `json:"mode"`
	LineItems                []lineItemParams      `json:"line_items"`
	SuccessURL               string                `json:"success_url"`
	CancelURL                string                `json:"cancel_url"`
	Customer                 string                `json:"customer"`
	CustomerEmail            wire.Optional[string] `json:"customer_email"`
	CustomerCreation         wire.Optional[string] `json:"customer_creation"`
	UIMode                   wire.Optional[string] `json:"ui_mode"`
	BillingAddressCollection wire.Optional[string] `json:"billing_address_collection"`
	ClientReferenceID        wire.Optional[string] `json:"client_reference_id"`
	PaymentIntentData        paymentIntentParams   `json:"payment_intent_data"`
	Currency                 wire.Optional[string] `json:"currency"`
	ExpiresAt                wire.Optional[int64]  `json:"expires_at"`
	Metadata                 map[string]any        `json:"metadata"`
}

type lineItemParams struct {
	Quantity  wire.Optional[int64]           `json:"quantity"`
	Price     wire.Optional[string]          `json:"price"`
	PriceData wire.Optional[priceDataParams] `json:"price_data"`
}

type priceDataParams struct {
	Currency    string                `json:"currency"`
	Product     string                `json:"product"`
	UnitAmount  int64                 `json:"unit_amount"`
	TaxBehavior wire.Optional[string] `json:"tax_behavior"`
	Recurring   *recurring            `json:"recurring"`
}

type paymentIntentParams struct {
	CaptureMethod        wire.Optional[string] `json:"capture_method"`
	Description          wire.Optional[string] `json:"description"`
	StatementDescriptor  wire.Optional[string] `json:"statement_descriptor"`
	Metadata             map[string]any        `json:"metadata"`
	ApplicationFeeAmount wire.Optional[int64]  `json:"application_fee_amount"`
}

// Values of parameters.
//
// Source: G1, create. Defaults: G2 for ui_mode.
// Assumed: the other defaults, which the sample body of G1 has.
const (
	modePayment      = "payment"
	uiHosted         = "hosted"
	creationAlways   = "always"
	creationRequired = "if_required"
	billingAuto      = "auto"
	billingRequired  = "required"
	captureAutomatic = "automatic"
	captureManual    = "manual"
)

// Bounds of the instant at which a session ends, from now, and where it lies by default.
//
// Source: G1, create, expires_at; G3, checkout, for the default.
const (
	minLifetime     = 30 * time.Minute
	maxLifetime     = 24 * time.Hour
	defaultLifetime = maxLifetime
)

// create makes an open session together with its payment intent.
//
// Assumed: the payment intent is made with the session; G2 says only that the session makes one.
func (l *LeanRails) create(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[createParams](r)
	if err != nil {
		return api.Response{}, err
	}
	found := l.queryFaults(r)
	rec, err := r.Sandbox.Create(name, func(tx *sandbox.Tx) (checkout.Session, error) {
		ordered, faults := l.bodyFaults(tx, r.Body)
		if found = append(found, faults...); len(found) > 0 {
			return checkout.Session{}, broken(found)
		}
		return in.draft(tx, ordered), nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: encoded(r, rec)}, nil
}

// draft returns the session that a body without faults asks for.
//
// Source: G1, create: url in hosted mode, client_secret in the others.
// Assumed: a deadline by default after 24 hours (G3 says so of itself), in whole seconds, so that
// the session ends at the instant that expires_at shows.
func (in createParams) draft(tx *sandbox.Tx, ordered order) checkout.Session {
	d := &detail{
		UiMode:          in.UIMode.Or(uiHosted),
		Creation:        in.CustomerCreation.Or(creationRequired),
		Billing:         in.BillingAddressCollection.Or(billingAuto),
		CustomerEmail:   in.CustomerEmail.Ptr(),
		ClientReference: in.ClientReferenceID.Ptr(),
		Recurring:       ordered.recurring(),
		Manual:          in.PaymentIntentData.CaptureMethod.Value == captureManual,
	}
	s := checkout.Session{
		ID:         newID(tx, kindSession, "cs_"),
		Amount:     ordered.total,
		Currency:   ordered.currency,
		ExpiresAt:  tx.Now().Truncate(time.Second).Add(defaultLifetime),
		Customer:   checkout.Customer{ID: in.Customer, Email: in.CustomerEmail.Or("")},
		SuccessURL: in.SuccessURL,
		CancelURL:  in.CancelURL,
		Metadata:   in.Metadata,
		Detail:     d,
	}
	if in.ExpiresAt.Has() {
		s.ExpiresAt = time.Unix(in.ExpiresAt.Value, 0).UTC()
	}
	if d.UiMode != uiHosted {
		s.ClientSecret = newSecret(tx, kindSecret, s.ID)
	}
	d.Items = make([]lineItem, len(ordered.lines))
	for i, ln := range ordered.lines {
		d.Items[i] = ln.item(tx, ordered.currency)
	}
	it := in.PaymentIntentData.sessionIntent(tx, &s)
	d.Intent = it.ID
	tx.Put(catalogIntents, it.ID, it)
	return s
}

// Parts of a client secret.
const (
	secretInfix  = "_secret_"
	secretLength = 24
)

// newSecret makes the secret of a payment intent, or of a session that is paid in the caller's own page.
//
// Source: G1, payment intents, pi_xxx_secret_xxx.
// Assumed: the same form for sessions, and the length.
func newSecret(tx *sandbox.Tx, kind, id string) string {
	return id + secretInfix + tx.Token(kind, alphabet, secretLength)
}

// currencyOf folds the case of a currency.
//
// Assumed: any three letters are a currency, in any case.
func currencyOf(text string) string { return strings.ToLower(text) }
