package leanrails

import (
	"fmt"
	"slices"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// intent is a payment intent as the sandbox keeps it.
//
// Source: G1, payment intents; G2, checkout sessions: a session makes one.
type intent struct {
	ID                  string         `json:"id"`
	ClientSecret        string         `json:"client_secret"`
	Session             string         `json:"session,omitzero"` // id of the session that made it; "" made by itself
	Status              string         `json:"status"`
	Amount              int64          `json:"amount"` // minor units
	Received            int64          `json:"received,omitzero"`
	Currency            string         `json:"currency"`
	Created             int64          `json:"created"` // Unix seconds
	Manual              bool           `json:"manual,omitzero"`
	ConfirmedManually   bool           `json:"confirmed_manually,omitzero"`
	Customer            string         `json:"customer,omitzero"`
	Method              string         `json:"method,omitzero"` // test payment method; "" is none
	Description         *string        `json:"description,omitzero"`
	StatementDescriptor *string        `json:"statement_descriptor,omitzero"`
	ApplicationFee      *int64         `json:"application_fee,omitzero"` // minor units
	Metadata            map[string]any `json:"metadata,omitzero"`
	LastError           string         `json:"last_error,omitzero"`    // decline code of the last refused payment
	Charge              string         `json:"charge,omitzero"`        // the one that holds the money, or will
	Charges             []string       `json:"charges,omitzero"`       // the latest ones, newest first
	MoreCharges         bool           `json:"more_charges,omitzero"`  // there are older ones
	ToCapture           int64          `json:"to_capture,omitzero"`    // of an authorization, when its session is settled; zero: all
	CanceledAt          time.Time      `json:"canceled_at,omitzero"`   // zero while it is not cancelled
	CancelReason        *string        `json:"cancel_reason,omitzero"` // as sent
}

// Statuses of payment intents.
//
// Source: G1, create a payment intent.
const (
	intentNeedsMethod  = "requires_payment_method"
	intentNeedsConfirm = "requires_confirmation"
	intentNeedsAction  = "requires_action"
	intentProcessing   = "processing"
	intentNeedsCapture = "requires_capture"
	intentCanceled     = "canceled"
	intentSucceeded    = "succeeded"
)

// intentStatuses has the status of the payment intent for each status of its session, where nothing finer
// is known of the payment.
//
// Source: G1, payment intents; G3, checkout: the intent of an expired session is cancelled.
var intentStatuses = map[checkout.Status]string{
	checkout.Open:      intentNeedsMethod,
	checkout.Confirmed: intentProcessing,
	checkout.Succeeded: intentSucceeded,
	checkout.Failed:    intentNeedsMethod,
	checkout.Expired:   intentCanceled,
}

// sessionStatus is the status that the intent's session has.
func (it *intent) sessionStatus() checkout.Status {
	for _, status := range checkout.Statuses() {
		if intentStatuses[status] == it.Status {
			return status
		}
	}
	return checkout.Confirmed
}

// intents is the kind of the payment intents.
func intents() kind[*intent] {
	return kind[*intent]{
		catalog: catalogIntents, noun: objectIntent, path: "/v1/payment_intents",
		show: func(tx *sandbox.Tx, _ *api.Request, it *intent) any { return newPaymentIntent(view(tx, it)) },
	}
}

func (it *intent) key() string { return it.ID }

// Listing implements sandbox.Listed.
//
// Source: G3, list payment intents; G1 has no filter.
func (it *intent) Listing() (out sandbox.Listing) {
	if it.Customer != "" {
		out.Terms = []checkout.Term{{Field: "customer", Value: it.Customer}}
	}
	return out
}

// intentView is a payment intent with the charges that it shows, as they are at one instant.
type intentView struct {
	intent  *intent
	charges []*charge
}

// chargesShown is how many charges a payment intent shows.
//
// Assumed: a page of the default length.
const chargesShown = defaultLimit

func view(tx *sandbox.Tx, it *intent) intentView {
	v := intentView{intent: it, charges: make([]*charge, 0, len(it.Charges))}
	for _, id := range it.Charges {
		v.charges = append(v.charges, find[charge](tx, catalogCharges, id))
	}
	return v
}

// paymentIntent is a payment intent on the wire.
//
// Source: G1, list payment intents, the members; G2, create a payment intent, those of charges.
// Assumed: metadata is {} when none was sent; the intents of sessions are confirmed automatically.
type paymentIntent struct {
	ID                 string         `json:"id"`
	Object             string         `json:"object"`
	Amount             int64          `json:"amount"`
	Currency           string         `json:"currency"`
	Status             string         `json:"status"`
	Created            int64          `json:"created"`
	Livemode           bool           `json:"livemode"`
	AmountReceived     int64          `json:"amount_received"`
	CaptureMethod      string         `json:"capture_method"`
	ConfirmationMethod string         `json:"confirmation_method"`
	Customer           *string        `json:"customer"`
	PaymentMethod      *string        `json:"payment_method"`
	Description        *string        `json:"description"`
	Metadata           map[string]any `json:"metadata"`
	MerchantID         string         `json:"merchant_id"`
	ClientSecret       string         `json:"client_secret"`
	LastPaymentError   *paymentError  `json:"last_payment_error"`
	Charges            chargeList     `json:"charges"`
	CanceledAt         *int64         `json:"canceled_at"`
	CancellationReason *string        `json:"cancellation_reason"`
}

// chargeList is the first page of an intent's charges. Source: G2, create a payment intent.
type chargeList struct {
	Object     string    `json:"object"`
	Data       []*charge `json:"data"`
	HasMore    bool      `json:"has_more"`
	NextCursor *string   `json:"next_cursor"`
	URL        string    `json:"url"`
}

// paymentError is why the last payment was refused.
//
// Source: G1, payment intents, for the first, second and last member.
// Assumed: decline_code, as in the error of the same decline (G2).
type paymentError struct {
	Type        string `json:"type"`
	Code        string `json:"code"`
	DeclineCode string `json:"decline_code"`
	Message     string `json:"message"`
}

func newPaymentIntent(v intentView) *paymentIntent {
	it := v.intent
	out := &paymentIntent{
		ID: it.ID, Object: "payment_intent", Amount: it.Amount, Currency: it.Currency, Status: it.Status, Created: it.Created,
		AmountReceived: it.Received, CaptureMethod: method(it.Manual), ConfirmationMethod: method(it.ConfirmedManually),
		Customer: text(it.Customer), PaymentMethod: text(it.Method), Description: it.Description, Metadata: it.Metadata,
		MerchantID: merchantID, ClientSecret: it.ClientSecret, CancellationReason: it.CancelReason,
		Charges: chargeList{Object: "list", Data: v.charges, HasMore: it.MoreCharges, URL: pathCharges + "?payment_intent=" + it.ID},
	}
	if it.MoreCharges {
		out.Charges.NextCursor = &v.charges[len(v.charges)-1].ID
	}
	if out.Metadata == nil {
		out.Metadata = map[string]any{}
	}
	if it.LastError != "" {
		out.LastPaymentError = &paymentError{Type: typePayment, Code: codeDeclined, DeclineCode: it.LastError, Message: messageDeclined}
	}
	if !it.CanceledAt.IsZero() {
		out.CanceledAt = new(it.CanceledAt.Unix())
	}
	return out
}

// method is the word of how an intent is confirmed or captured.
func method(manual bool) string {
	if manual {
		return captureManual
	}
	return captureAutomatic
}

// newCharge adds a charge for the whole amount to the intent; it is not put into the catalog yet.
func (it *intent) newCharge(tx *sandbox.Tx) *charge {
	c := &charge{
		ID: newID(tx, kindCharge, "ch_"), Object: "charge", Amount: it.Amount, Currency: it.Currency, Status: statusSucceeded,
		Created: tx.Now().Unix(), PaymentIntent: it.ID, PaymentMethod: text(it.Method), Metadata: it.Metadata,
	}
	if c.Metadata == nil {
		c.Metadata = map[string]any{}
	}
	it.Charge = c.ID
	latest := slices.Insert(slices.Clone(it.Charges), 0, c.ID)
	it.Charges, it.MoreCharges = latest[:min(len(latest), chargesShown)], it.MoreCharges || len(latest) > chargesShown
	return c
}

// authorized returns a copy of the charge whose money is held and not captured, nil when there is none.
func (it *intent) authorized(tx *sandbox.Tx) *charge {
	c := find[charge](tx, catalogCharges, it.Charge)
	if it.Status != intentNeedsCapture || c == nil {
		return nil
	}
	held := *c
	return &held
}

// authorize holds the money until it is captured.
func (it *intent) authorize(tx *sandbox.Tx) {
	c := it.newCharge(tx)
	tx.Put(catalogCharges, c.ID, c)
	it.Status, it.LastError = intentNeedsCapture, ""
}

// capture takes so much of the money, at once or of what is held. The rest of what was held is free again.
//
// Source: G3, payments: a partial capture ends the payment.
// Assumed: what is not captured was never the merchant's, so it is no refund; nothing is charged when
// there is nothing to pay.
func (it *intent) capture(tx *sandbox.Tx, amount int64) {
	c := it.authorized(tx)
	if c == nil && amount > 0 {
		c = it.newCharge(tx)
	}
	if c != nil {
		c.AmountCaptured = amount
		tx.Put(catalogCharges, c.ID, c)
	}
	it.Status, it.Received, it.ToCapture, it.LastError = intentSucceeded, amount, 0, ""
}

// refuse notes a payment that was refused.
//
// Assumed: the intent forgets the payment method, as it requires another one now.
func (it *intent) refuse(tx *sandbox.Tx, code string) {
	c := it.authorized(tx)
	if c == nil {
		c = it.newCharge(tx)
	}
	c.Status, c.FailureCode, c.FailureMessage = statusFailed, new(codeDeclined), new(messageDeclined)
	tx.Put(catalogCharges, c.ID, c)
	it.Status, it.LastError, it.Method, it.Charge, it.ToCapture = intentNeedsMethod, code, "", "", 0
}

// cancel ends the intent; what is held is free again.
func (it *intent) cancel(tx *sandbox.Tx, reason *string) {
	it.Status, it.CanceledAt, it.CancelReason = intentCanceled, tx.Now(), reason
}

// stateFault is the error of a payment intent in the wrong status.
//
// Assumed: the code and the status; no page of G1 or G2 shows one.
func (it *intent) stateFault(what string) error {
	return &checkout.Error{
		Code: checkout.CodeConflict, Reason: codeIntentState,
		Message: fmt.Sprintf("This PaymentIntent cannot be %s because its status is `%s`.", what, it.Status),
	}
}
