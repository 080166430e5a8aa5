package tilled

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Fields by which the list filters; each key of the metadata is one more, see [metadataField].
const (
	fieldIntent   = "payment_intent_id"
	fieldCustomer = "customer_id"
)

// idLength is how many alphanumerics follow the prefix of an id.
//
// Source: the documentation's examples; for sessions a hosted-checkout link on a public shop page.
const idLength = 21

func newID(d webhook.Draw, kind, prefix string) string {
	return prefix + d.Token(kind, ids.Base62, idLength)
}

// detail is what only this dialect knows of a session.
type detail struct {
	LineItems []lineItem `json:"line_items,omitzero"`
	Methods   []string   `json:"methods,omitzero"`
	Intent    string     `json:"intent,omitzero"` // id of its payment intent
	With      int        `json:"with,omitzero"`   // which of the test numbers was typed last, from 1; zero: none
}

// checkoutSession is a session on the wire.
//
// Source: vendor OpenAPI document, CheckoutSession.
type checkoutSession struct {
	AccountID          string           `json:"account_id"`
	AmountTotal        int64            `json:"amount_total"`
	CancelURL          *string          `json:"cancel_url"`
	CreatedAt          string           `json:"created_at"`
	Currency           string           `json:"currency"`
	CustomerDetails    *customerDetails `json:"customer_details"`
	CustomerID         *string          `json:"customer_id"`
	ExpiresAt          *string          `json:"expires_at"`
	ID                 string           `json:"id"`
	LineItems          []lineItem       `json:"line_items"`
	Metadata           map[string]any   `json:"metadata"`
	PaymentIntentID    string           `json:"payment_intent_id"`
	PaymentMethodTypes []string         `json:"payment_method_types"`
	Status             string           `json:"status"`
	SuccessURL         *string          `json:"success_url"`
	UpdatedAt          string           `json:"updated_at"`
	URL                string           `json:"url"`
}

type customerDetails struct {
	Email string `json:"email"`
}

// lineItem is an item on the wire, as it was given.
type lineItem struct {
	PriceData price    `json:"price_data"`
	Quantity  quantity `json:"quantity"`
}

type price struct {
	Currency    string      `json:"currency"`
	ProductData productData `json:"product_data"`
	UnitAmount  int64       `json:"unit_amount"`
}

type productData struct {
	Name        string                  `json:"name"`
	Description wire.Optional[string]   `json:"description,omitzero"`
	Images      wire.Optional[[]string] `json:"images,omitzero"`
}

func newCheckoutSession(s checkout.Session, base string) checkoutSession {
	d := s.Detail.(*detail)
	out := checkoutSession{
		AccountID:          s.Account,
		AmountTotal:        s.Amount,
		CancelURL:          wire.OrNull(s.CancelURL),
		CreatedAt:          wire.Millis(s.CreatedAt),
		Currency:           s.Currency,
		CustomerID:         wire.OrNull(s.Customer.ID),
		ID:                 s.ID,
		LineItems:          d.LineItems,
		Metadata:           s.Metadata,
		PaymentIntentID:    d.Intent,
		PaymentMethodTypes: d.Methods,
		Status:             statuses[s.Status],
		SuccessURL:         wire.OrNull(s.SuccessURL),
		UpdatedAt:          wire.Millis(s.UpdatedAt),
		URL:                pageURL(s.ID, base),
	}
	if s.Customer.Email != "" {
		out.CustomerDetails = &customerDetails{Email: s.Customer.Email}
	}
	if !s.ExpiresAt.IsZero() {
		out.ExpiresAt = wire.OrNull(wire.Millis(s.ExpiresAt))
	}
	return out
}

// encoded returns the session as the caller of r sees it.
func encoded(r *api.Request, rec *sandbox.Record) json.RawMessage {
	return rec.Body(sandbox.Private, sandbox.RenderKey{Base: r.Base}, func() json.RawMessage {
		return wire.MustMarshal(newCheckoutSession(rec.Session, r.Base))
	})
}

// index lists the values by which the list may find the session.
func index(s *checkout.Session) (terms []checkout.Term, search string) {
	terms = make([]checkout.Term, 0, 2+len(s.Metadata))
	terms = append(terms, checkout.Term{Field: fieldIntent, Value: s.Detail.(*detail).Intent})
	if s.Customer.ID != "" {
		terms = append(terms, checkout.Term{Field: fieldCustomer, Value: s.Customer.ID})
	}
	keys := make([]string, 0, 8) // of a usual size, so that they need no memory of their own
	for key := range s.Metadata {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		text, _ := s.Metadata[key].(string) // as each is, but for what somebody wrote into a snapshot
		terms = append(terms, checkout.Term{Field: metadataField(key), Value: text})
	}
	return terms, ""
}

// metadataField names the filter on one key of the metadata.
func metadataField(key string) string { return "metadata." + key }

// owned reports whether a record is a session of this provider and account.
func owned(rec *sandbox.Record, account string) bool {
	return rec.Session.Provider == name && rec.Session.Account == account
}

// parseInstant reads an RFC 3339 date-time, to the millisecond that the wire shows.
//
// Assumed: any offset is accepted and echoed in UTC.
func parseInstant(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	return at.UTC().Truncate(time.Millisecond), err
}
