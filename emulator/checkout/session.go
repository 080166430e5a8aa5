// Package checkout is the core of the emulator: what a checkout session is, which commands it
// accepts in which status, and which events they cause.
//
// Everything here is a pure value or a pure function: no lock, clock, randomness, I/O or provider
// name. What differs by provider is data ([Policy]). A dialect maps [Status] to its own words.
package checkout

import "time"

// Status is where a session stands, in our words. Every dialect has a total map from it to its own.
type Status string

// The five statuses. The zero value is not a status.
const (
	Open      Status = "open"      // may be paid, updated, expired
	Confirmed Status = "confirmed" // the payment is in flight
	Succeeded Status = "succeeded" // paid, or nothing was to pay
	Failed    Status = "failed"    // the payment in flight failed for good
	Expired   Status = "expired"   // can no longer be paid
)

// Statuses lists every status, in the order of a session's life.
func Statuses() []Status { return []Status{Open, Confirmed, Succeeded, Failed, Expired} }

// Session is one checkout session, whatever its provider.
//
// A session is a value: slices, maps and Detail inside it are replaced as a whole and never
// modified in place, so that copies may share them. The names in JSON are those of snapshots.
type Session struct {
	Provider     string `json:"provider,omitzero"`      // name of the dialect that owns it
	Account      string `json:"account,omitzero"`       // the merchant it belongs to: organization, account; "" where there is none
	ID           string `json:"id,omitzero"`            // in the provider's format
	ClientSecret string `json:"client_secret,omitzero"` // credential of the customer's browser; "" where the provider has none

	Status   Status `json:"status,omitzero"`
	Amount   int64  `json:"amount,omitzero"`   // total to pay, in minor units
	Currency string `json:"currency,omitzero"` // ISO 4217, lower case

	CreatedAt time.Time `json:"created_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"` // time of the last change; CreatedAt until then
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: never expires

	Customer   Customer       `json:"customer,omitzero"`
	SuccessURL string         `json:"success_url,omitzero"` // where the customer goes after paying; "" is the provider's own page
	CancelURL  string         `json:"cancel_url,omitzero"`  // where the customer goes when turning back; "" is nowhere
	Metadata   map[string]any `json:"metadata,omitzero"`

	// Attempt counts payments that were started; zero before the first.
	Attempt int `json:"attempt,omitzero"`
	// DeclineCode is the provider's code of the last refused payment; "" after a success.
	DeclineCode string `json:"decline_code,omitzero"`

	// Terms are the values by which the provider's lists may filter this session. They and Search follow from the rest
	// of it where the dialect says how.
	Terms []Term `json:"terms,omitzero"`
	// Search is the text that substring filters look into, lower case; "" matches nothing.
	Search string `json:"search,omitzero"`

	// Detail is what only the dialect knows of the session: an immutable value of its own type.
	Detail any `json:"-"`
}

// Customer is the buyer as far as every dialect knows one. All fields may be "".
type Customer struct {
	ID    string `json:"id,omitzero"` // in the provider's format
	Email string `json:"email,omitzero"`
	Name  string `json:"name,omitzero"`
}

// Term is one value of one documented list filter, for example {"product_id", "…"}.
type Term struct {
	Field string `json:"field,omitzero"`
	Value string `json:"value,omitzero"`
}

// Policy is what differs between providers in the life of a session.
type Policy struct {
	// Lifetime is how long a session stays open when its creator named no instant. Zero: forever.
	Lifetime time.Duration
	// LateFailure is where a failed payment in flight leaves the session: Failed, or Open to try
	// again. The zero value is Failed.
	LateFailure Status
}

func (p Policy) lateFailure() Status {
	if p.LateFailure == "" {
		return Failed
	}
	return p.LateFailure
}
