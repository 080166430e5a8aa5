package tilled

import (
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// payment is a payment intent. It never changes: each step puts another one in its place, see [step].
//
// Source: vendor OpenAPI document, PaymentIntent; CheckoutSession.payment_intent_id is required, so a
// session has one from its creation on.
type payment struct {
	ID           string            `json:"id,omitzero"`
	Account      string            `json:"account,omitzero"`
	ClientSecret string            `json:"client_secret,omitzero"`
	Amount       int64             `json:"amount,omitzero"` // minor units
	Currency     string            `json:"currency,omitzero"`
	Methods      []string          `json:"methods,omitzero"` // types that it may be paid with
	Manual       bool              `json:"manual,omitzero"`  // it is captured by a call of its own
	Status       string            `json:"status,omitzero"`  // one of intentWords
	Metadata     map[string]string `json:"metadata,omitzero"`
	PlatformFee  *int64            `json:"platform_fee,omitzero"` // minor units, at most the amount; nil when there is none
	Level3       *level3           `json:"level3,omitzero"`
	Occurrence   string            `json:"occurrence,omitzero"`
	Suffix       string            `json:"suffix,omitzero"` // of the statement descriptor

	// Session is the checkout session that it was made with, "" when it was made by itself, and
	// SessionStatus is where that stood after the last step.
	Session       string          `json:"session,omitzero"`
	SessionStatus checkout.Status `json:"session_status,omitzero"`

	Customer string    `json:"customer,omitzero"` // id; it may be deleted
	Method   string    `json:"method,omitzero"`   // id of the payment method; "" when it needs one
	Found    string    `json:"found,omitzero"`    // what a search finds it by beside id and amount, lower case
	Failure  *failure  `json:"failure,omitzero"`  // of the last refused payment; nil when there is none
	Charges  []charge  `json:"charges,omitzero"`  // attempts to pay, by age
	Reason   string    `json:"reason,omitzero"`   // why it was canceled; "" is none
	Canceled time.Time `json:"canceled,omitzero"` // when; zero while it is not

	CreatedAt time.Time `json:"created_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`

	saved *atomic.Pointer[string] // see Saved; nil while it is not in the catalog
}

// Saved implements sandbox.Saved: intents are many, and most do not change from one snapshot to the next.
func (p *payment) Saved() *atomic.Pointer[string] { return p.saved }

// intentCodec writes and reads payment intents for snapshots.
func intentCodec() sandbox.Codec {
	plain := sandbox.JSON[*payment]()
	return sandbox.Codec{
		Append: plain.Append,
		Take: func(text string) (any, string, error) {
			v, rest, err := plain.Take(text)
			if p, ok := v.(*payment); ok && p != nil {
				p.saved = new(atomic.Pointer[string])
			}
			return v, rest, err
		},
	}
}

// failure is why a payment was refused.
type failure struct {
	Charge string `json:"charge,omitzero"`
	Code   string `json:"code,omitzero"`
}

// charge is one attempt to pay a payment intent.
type charge struct {
	ID         string    `json:"id,omitzero"`
	Method     string    `json:"method,omitzero"`      // id of the payment method
	Status     string    `json:"status,omitzero"`      // one of those below
	Failure    string    `json:"failure,omitzero"`     // decline code; "" when it did not fail
	Captured   int64     `json:"captured,omitzero"`    // minor units
	CapturedAt time.Time `json:"captured_at,omitzero"` // zero while it is not captured
	Refunds    []*refund `json:"refunds,omitzero"`     // by age
	Fee        *fee      `json:"fee,omitzero"`         // nil when there is none
	CreatedAt  time.Time `json:"created_at,omitzero"`
	UpdatedAt  time.Time `json:"updated_at,omitzero"`
}

// refunded is how much of the charge goes back, in minor units: what is pending included.
func (c *charge) refunded() (sum int64) {
	for _, r := range c.Refunds {
		sum += r.Amount
	}
	return sum
}

// The statuses of a charge.
//
// Source: vendor OpenAPI document, Charge.status.
const (
	chargePending   = "pending"
	chargeSucceeded = "succeeded"
	chargeFailed    = "failed"
)

// The statuses of a payment intent. None requires an action, as nobody has to authenticate here.
//
// Source: vendor OpenAPI document, PaymentIntent.status.
const (
	intentNeedsMethod  = "requires_payment_method"
	intentNeedsConfirm = "requires_confirmation"
	intentNeedsCapture = "requires_capture"
	intentProcessing   = "processing"
	intentSucceeded    = "succeeded"
	intentCanceled     = "canceled"
)

// intentWords are all statuses that a list can ask for.
var intentWords = []string{
	intentCanceled, intentProcessing, "requires_action", intentNeedsCapture, intentNeedsConfirm, intentNeedsMethod, intentSucceeded,
}

// level3 is what a business buys, in detail. Amounts are minor units.
//
// Source: vendor OpenAPI document, Level3 and LineItem.
type level3 struct {
	DutyAmount             int64        `json:"duty_amount"`
	LineItems              []level3Item `json:"line_items"`
	ShippingAddressCountry string       `json:"shipping_address_country"`
	ShippingAddressZip     string       `json:"shipping_address_zip"`
	ShippingAmount         int64        `json:"shipping_amount"`
	ShippingFromZip        string       `json:"shipping_from_zip"`
}

type level3Item struct {
	ProductCode        string  `json:"product_code"`
	ProductDescription string  `json:"product_description"`
	Quantity           float64 `json:"quantity"`
	TaxAmount          int64   `json:"tax_amount"`
	UnitAmount         int64   `json:"unit_amount"`
}

// secretLength is how long a client secret is behind its prefix. Source: recorded answers.
const secretLength = 25

// newPayment returns a payment intent that nothing is known of yet, but its account.
func newPayment(tx *sandbox.Tx, account string) *payment {
	p := &payment{ID: newID(tx, kindIntent, "pi_"), Account: account, Status: intentNeedsMethod, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	p.ClientSecret = p.ID + "_secret_" + tx.Token(kindIntentSecret, ids.Base62, secretLength)
	return p
}

// paid is the charge that succeeded, nil when there is none. There is at most one.
//
// Source: vendor OpenAPI document, PaymentIntent.charges.
func (p *payment) paid() *charge {
	i := slices.IndexFunc(p.Charges, func(c charge) bool { return c.Status == chargeSucceeded })
	if i < 0 {
		return nil
	}
	return &p.Charges[i]
}

// Keys implements sandbox.Keyed: it is found by its charges.
func (p *payment) Keys() []string {
	if len(p.Charges) == 0 {
		return nil
	}
	keys := make([]string, len(p.Charges))
	for i := range p.Charges {
		keys[i] = p.Charges[i].ID
	}
	return keys
}

// Filters of lists beside those of sessions.
const (
	fieldStatus       = "status"
	fieldType         = "type"
	fieldSubscription = "subscription_id"
)

// Listing implements sandbox.Listed.
//
// Source: vendor OpenAPI document, ListPaymentIntents.
func (p *payment) Listing() sandbox.Listing {
	terms := append(metadataTerms(p.Metadata), checkout.Term{Field: fieldStatus, Value: p.Status})
	if p.Customer != "" {
		terms = append(terms, checkout.Term{Field: fieldCustomer, Value: p.Customer})
	}
	search := strings.ToLower(p.ID) + " " + strconv.FormatInt(p.Amount, 10) + " " + p.Found
	return sandbox.Listing{Account: p.Account, Terms: terms, Search: search}
}

func metadataTerms(metadata map[string]string) []checkout.Term {
	out := make([]checkout.Term, 0, len(metadata)+2)
	for _, key := range wire.SortedKeys(metadata) {
		out = append(out, checkout.Term{Field: metadataField(key), Value: metadata[key]})
	}
	return out
}

// intentByID returns a payment intent, or nil.
func intentByID(tx *sandbox.Tx, id string) *payment {
	p, _ := tx.Get(catalogIntents, id).(*payment)
	return p
}

// intentOf returns a payment intent of an account.
func intentOf(tx *sandbox.Tx, account, id string) (*payment, error) {
	if p := intentByID(tx, id); p != nil && p.Account == account {
		return p, nil
	}
	return nil, missing(reasonNoIntent, id)
}

// picture is a payment intent with what its body shows of others, at one instant.
type picture struct {
	payment *payment
	buyer   *customer // nil when it has none, or it was deleted
	with    *method   // nil when it has none
}

func pictureOf(tx *sandbox.Tx, p *payment) picture {
	out := picture{payment: p}
	if p.Customer != "" {
		out.buyer = customerOf(tx, p.Account, p.Customer)
	}
	if p.Method != "" {
		out.with = methodByID(tx, p.Method)
	}
	return out
}
