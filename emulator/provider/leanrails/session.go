package leanrails

import (
	"encoding/json"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Kinds of things that get identifiers.
const (
	kindSession  = name + ".session"
	kindSecret   = name + ".secret"
	kindItem     = name + ".line_item"
	kindPrice    = name + ".price"
	kindIntent   = name + ".payment_intent"
	kindCustomer = name + ".customer"
	kindBuyer    = name + ".buyer"

	kindProduct = name + ".product"
	kindCharge  = name + ".charge"
	kindRefund  = name + ".refund"
	kindLink    = name + ".checkout_link"

	kindIntentSecret  = name + ".payment_intent_secret"
	kindEvent         = name + ".event"
	kindEndpoint      = name + ".webhook_endpoint"
	kindSigningSecret = name + ".webhook_secret"
)

// Identifiers are a prefix and a body.
//
// Source: samples of G1 and G2 for the alphabet and the longest of the lengths.
// Assumed: every object has that length.
const (
	alphabet = ids.LowerBase
	idLength = 16
)

func newID(d webhook.Draw, kind, prefix string) string {
	return prefix + d.Token(kind, alphabet, idLength)
}

// detail is what only this dialect knows of a session.
type detail struct {
	UiMode          string           `json:"ui_mode,omitzero"`
	Creation        string           `json:"creation,omitzero"`
	Billing         string           `json:"billing,omitzero"`
	CustomerEmail   *string          `json:"customer_email,omitzero"` // as given; what the buyer wrote is in details
	ClientReference *string          `json:"client_reference,omitzero"`
	Items           []lineItem       `json:"items,omitzero"`
	Recurring       bool             `json:"recurring,omitzero"` // one of the items recurs
	Details         *customerDetails `json:"details,omitzero"`
	Entered         *customerDetails `json:"entered,omitzero"`   // what the customer typed on the page; nil: nothing
	Intent          string           `json:"intent,omitzero"`    // id
	Manual          bool             `json:"manual,omitzero"`    // the payment is captured by hand
	Method          string           `json:"method,omitzero"`    // what the payment that has just begun is made with
	Challenge       bool             `json:"challenge,omitzero"` // that payment asks for 3-D Secure
	Link            string           `json:"link,omitzero"`      // id of the checkout link that made the session; "" none
}

// checkoutSession is a session on the wire.
//
// Source: G1, list checkout sessions, the sample and its order.
// Assumed: metadata is {} when none was sent; customer_details is null until the session is
// complete; the page and the secret stay when it no longer is open.
type checkoutSession struct {
	ID                       string           `json:"id"`
	Object                   string           `json:"object"`
	Mode                     string           `json:"mode"`
	Status                   string           `json:"status"`
	PaymentStatus            string           `json:"payment_status"`
	UIMode                   string           `json:"ui_mode"`
	CustomerCreation         string           `json:"customer_creation"`
	BillingAddressCollection string           `json:"billing_address_collection"`
	ExpiresAt                int64            `json:"expires_at"`
	Metadata                 map[string]any   `json:"metadata"`
	Livemode                 bool             `json:"livemode"`
	Created                  int64            `json:"created"`
	URL                      *string          `json:"url"`
	ClientSecret             *string          `json:"client_secret"`
	SuccessURL               *string          `json:"success_url"`
	CancelURL                *string          `json:"cancel_url"`
	Customer                 *string          `json:"customer"`
	CustomerEmail            *string          `json:"customer_email"`
	CustomerDetails          *customerDetails `json:"customer_details"`
	PaymentIntent            *string          `json:"payment_intent"`
	Currency                 *string          `json:"currency"`
	AmountSubtotal           *int64           `json:"amount_subtotal"`
	AmountTotal              *int64           `json:"amount_total"`
	TotalDetails             *totalDetails    `json:"total_details"`
	ClientReferenceID        *string          `json:"client_reference_id"`
}

type customerDetails struct {
	Email   *string `json:"email"`
	Name    *string `json:"name"`
	Phone   *string `json:"phone"`
	Address address `json:"address"`
}

type address struct {
	City       *string `json:"city"`
	Country    *string `json:"country"`
	Line1      *string `json:"line1"`
	Line2      *string `json:"line2"`
	PostalCode *string `json:"postal_code"`
	State      *string `json:"state"`
}

type totalDetails struct {
	AmountDiscount int64 `json:"amount_discount"`
	AmountShipping int64 `json:"amount_shipping"`
	AmountTax      int64 `json:"amount_tax"`
}

// lineItem is a line item on the wire.
//
// Source: G1, list line items for a checkout session.
type lineItem struct {
	ID             string  `json:"id"`
	Object         string  `json:"object"`
	Price          string  `json:"price"`
	Quantity       int64   `json:"quantity"`
	AmountSubtotal int64   `json:"amount_subtotal"`
	AmountTotal    int64   `json:"amount_total"`
	Currency       string  `json:"currency"`
	Description    *string `json:"description"`
}

func newCheckoutSession(s checkout.Session, base string) checkoutSession {
	d := s.Detail.(*detail)
	out := checkoutSession{
		ID:                       s.ID,
		Object:                   "checkout.session",
		Mode:                     modePayment,
		Status:                   statuses[s.Status],
		PaymentStatus:            paymentStatus(s),
		UIMode:                   d.UiMode,
		CustomerCreation:         d.Creation,
		BillingAddressCollection: d.Billing,
		ExpiresAt:                s.ExpiresAt.Unix(),
		Metadata:                 s.Metadata,
		Created:                  s.CreatedAt.Unix(),
		ClientSecret:             text(s.ClientSecret),
		SuccessURL:               text(s.SuccessURL),
		CancelURL:                text(s.CancelURL),
		Customer:                 text(s.Customer.ID),
		CustomerEmail:            d.CustomerEmail,
		CustomerDetails:          d.Details,
		PaymentIntent:            &d.Intent,
		Currency:                 &s.Currency,
		AmountSubtotal:           &s.Amount,
		AmountTotal:              &s.Amount,
		TotalDetails:             &totalDetails{},
		ClientReferenceID:        d.ClientReference,
	}
	if d.UiMode == uiHosted {
		out.URL = new(pageURL(s.ID, base))
	}
	if out.Metadata == nil {
		out.Metadata = map[string]any{}
	}
	return out
}

// paymentStatus says whether the money is there.
//
// Source: G1, Checkout Session, payment_status.
// Assumed: nothing is required when the total is 0, whatever the status.
func paymentStatus(s checkout.Session) string {
	switch {
	case s.Amount == 0:
		return "no_payment_required"
	case s.Status == checkout.Succeeded:
		return "paid"
	default:
		return "unpaid"
	}
}

// text is a string on the wire; "", which is how absent text is kept, is null.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// encoded returns the session as the caller of r sees it.
func encoded(r *api.Request, rec *sandbox.Record) json.RawMessage {
	return rec.Body(sandbox.Private, sandbox.RenderKey{Base: r.Base}, func() json.RawMessage {
		return wire.MustMarshal(newCheckoutSession(rec.Session, r.Base))
	})
}

// errForeign is a session of another provider in the same sandbox: to the caller it does not exist.
var errForeign = &checkout.Error{Code: checkout.CodeNotFound, Message: "the session belongs to another provider"}

// session returns a session of this provider, else a CodeNotFound.
func session(b *sandbox.Sandbox, id string) (*sandbox.Record, error) {
	rec, err := b.Find(id)
	if err == nil && rec.Session.Provider != name {
		return nil, errForeign
	}
	return rec, err
}
