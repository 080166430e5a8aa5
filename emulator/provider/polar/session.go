package polar

import (
	"hash/crc32"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// detail is what only Polar knows of a session. It is replaced as a whole, never modified in place.
//
// The core's session has the rest: the total as Amount, the currency, the buyer's e-mail address and
// id, the success URL (without its default) and the return URL as CancelURL.
type detail struct {
	OrganizationID string             `json:"organization_id,omitzero"`
	Products       []string           `json:"products,omitzero"`   // ids on offer, in order
	AdHoc          map[string][]price `json:"ad_hoc,omitzero"`     // prices that exist for this session only, by product
	ProductID      string             `json:"product_id,omitzero"` // the selected one
	PriceID        string             `json:"price_id,omitzero"`
	DiscountID     string             `json:"discount_id,omitzero"`     // "": none
	SubscriptionID string             `json:"subscription_id,omitzero"` // to be upgraded; "": none
	Amounts        amounts            `json:"amounts,omitzero"`

	AllowDiscountCodes    bool      `json:"allow_discount_codes,omitzero"`
	RequireBillingAddress bool      `json:"require_billing_address,omitzero"`
	Business              bool      `json:"business,omitzero"` // the buyer is one
	AllowTrial            bool      `json:"allow_trial,omitzero"`
	TrialInterval         *string   `json:"trial_interval,omitzero"`
	TrialIntervalCount    *int64    `json:"trial_interval_count,omitzero"`
	TrialEnd              time.Time `json:"trial_end,omitzero"` // zero: no trial

	Name             *string           `json:"name,omitzero"`
	BillingName      *string           `json:"billing_name,omitzero"`
	Address          *address          `json:"address,omitzero"`
	TaxID            *string           `json:"tax_id,omitzero"`
	IPAddress        *string           `json:"ip_address,omitzero"`
	ExternalID       *string           `json:"external_id,omitzero"` // the caller's id of the customer
	Locale           *string           `json:"locale,omitzero"`
	PaymentMethod    *string           `json:"payment_method,omitzero"`
	EmbedOrigin      *string           `json:"embed_origin,omitzero"`
	CustomerMetadata map[string]any    `json:"customer_metadata,omitzero"`
	CustomFields     map[string]any    `json:"custom_fields,omitzero"`
	Processor        map[string]string `json:"processor,omitzero"` // payment_processor_metadata

	ModifiedAt time.Time `json:"modified_at,omitzero"` // of the last change that was written; zero: none since it was made
}

// detailOf returns the detail, which must not be modified.
func detailOf(s *checkout.Session) *detail { return s.Detail.(*detail) }

// Kinds of objects in the catalog.
var (
	kindOrganization = provider.Kind((*Polar)(nil), "organizations")
	kindProduct      = provider.Kind((*Polar)(nil), "products")
	kindDiscount     = provider.Kind((*Polar)(nil), "discounts")
	kindCustomer     = provider.Kind((*Polar)(nil), "customers")
	kindOrder        = provider.Kind((*Polar)(nil), "orders")
	kindSubscription = provider.Kind((*Polar)(nil), "subscriptions")
	kindRedemptions  = provider.Kind((*Polar)(nil), "redemptions")
	kindRefund       = provider.Kind((*Polar)(nil), "refunds")
	kindBalance      = provider.Kind((*Polar)(nil), "balances")
	kindCustomField  = provider.Kind((*Polar)(nil), "custom-fields")
	kindLink         = provider.Kind((*Polar)(nil), "checkout-links")
)

// secretPrefix begins client secrets, tokenPrefix customer session tokens.
const (
	secretPrefix = "polar_c_"
	tokenPrefix  = customerToken
)

// newToken makes a token as Polar does: 37 characters and their checksum, so that a mistyped one can
// be told.
//
// Source: polar/kit/crypto.py: CRC-32 of the random part in base 62, padded to six digits.
func newToken(tx *sandbox.Tx, prefix string) string {
	body := tx.Token("polar.token."+prefix, ids.Base62, 37)
	sum := crc32.ChecksumIEEE([]byte(body))
	var digits [6]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = ids.Base62[sum%62]
		sum /= 62
	}
	return prefix + body + string(digits[:])
}

// Filters of the list, beside the status.
const (
	termOrganization = "organization_id"
	termProduct      = "product_id"
	termCustomer     = "customer_id"
)

// index is what the lists filter the session by. The filter by external id is about the customer as it is by
// now, not about the id that the session was made with: see customersNamed.
func index(s *checkout.Session) (terms []checkout.Term, search string) {
	d := detailOf(s)
	terms = append(make([]checkout.Term, 0, 3),
		checkout.Term{Field: termOrganization, Value: d.OrganizationID}, checkout.Term{Field: termProduct, Value: d.ProductID})
	if s.Customer.ID != "" {
		terms = append(terms, checkout.Term{Field: termCustomer, Value: s.Customer.ID})
	}
	return terms, strings.ToLower(s.Customer.Email)
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// runOut reports whether the customer can no longer reach the session: whatever its status, once its
// deadline has passed. At the very instant it still answers, unless it was ended before its time.
func runOut(s *checkout.Session, now time.Time) bool {
	return now.After(s.ExpiresAt) || s.Status == checkout.Expired && now.Before(s.ExpiresAt)
}
