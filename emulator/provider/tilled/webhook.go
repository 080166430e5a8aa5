package tilled

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Headers of a delivery.
//
// Source: docs.tilled.com, webhook signatures.
// Assumed: the user agent.
const (
	headerSignature = "Tilled-Signature"
	webhookAgent    = "Tilled-Webhooks/1.0"
)

// How deliveries are repeated.
//
// Source: docs.tilled.com, webhooks: several attempts over a longer period, after any answer but 2xx.
// Assumed: three of them, 5 s and another 25 s apart, and the time-out.
const (
	webhookAttempts = 3
	webhookBackoff  = 5 * time.Second
	webhookTimeout  = 10 * time.Second
)

// Types of events that are sent. There is none about the session itself.
//
// Source: vendor OpenAPI document, Event.type.
const (
	eventIntentCapturable = "payment_intent.amount_capturable_updated"
	eventIntentCreated    = "payment_intent.created"
	eventIntentProcessing = "payment_intent.processing"
	eventIntentSucceeded  = "payment_intent.succeeded"
	eventIntentFailed     = "payment_intent.payment_failed"
	eventIntentCanceled   = "payment_intent.canceled"
	eventChargePending    = "charge.pending"
	eventChargeSucceeded  = "charge.succeeded"
	eventChargeFailed     = "charge.failed"
	eventChargeCaptured   = "charge.captured"
	eventChargeExpired    = "charge.expired"
	eventChargeRefunded   = "charge.refunded"
	eventRefundPending    = "charge.refund.pending"
	eventRefundUpdated    = "charge.refund.updated"
	eventFeeCreated       = "platform_fee.created"
	eventFeeRefunded      = "platform_fee.refunded"
	eventCustomerCreated  = "customer.created"
	eventCustomerUpdated  = "customer.updated"
	eventCustomerDeleted  = "customer.deleted"
	eventMethodAttached   = "payment_method.attached"
	eventMethodDetached   = "payment_method.detached"
	eventMethodUpdated    = "payment_method.updated"
)

// sent has what is sent at each event of a session, in that order.
//
// Source: vendor OpenAPI document, when each type occurs.
// Assumed: the order.
var sent = map[checkout.EventType][]string{
	checkout.SessionCreated:   {eventIntentCreated},
	checkout.SessionConfirmed: {eventChargePending, eventIntentProcessing},
	checkout.SessionSucceeded: {eventChargeSucceeded, eventIntentSucceeded},
	checkout.SessionFailed:    {eventChargeFailed, eventIntentFailed},
	checkout.PaymentDeclined:  {eventChargeFailed, eventIntentFailed},
	checkout.SessionExpired:   {eventIntentCanceled},
}

// emitted are the types that the emulator causes.
var emitted = []string{
	eventIntentCreated, eventIntentProcessing, eventIntentSucceeded, eventIntentFailed, eventIntentCanceled, eventChargePending,
	eventChargeSucceeded, eventChargeFailed, eventCustomerCreated, eventIntentCapturable, eventChargeCaptured, eventChargeExpired,
	eventChargeRefunded, eventRefundPending, eventRefundUpdated, eventCustomerUpdated, eventCustomerDeleted, eventMethodAttached,
	eventMethodDetached, eventMethodUpdated, eventFeeCreated, eventFeeRefunded,
}

// eventTypes are all that there are.
//
// Source: vendor OpenAPI document, Event.type; from charge.refund.pending on tilled-node.
var eventTypes = []string{
	"account.updated", eventChargeCaptured, eventChargeExpired, eventChargeFailed, eventChargeSucceeded, eventChargePending, eventChargeRefunded,
	eventRefundUpdated, "charge.updated", eventCustomerCreated, eventCustomerDeleted, eventCustomerUpdated, "dispute.created",
	"dispute.updated", eventIntentCanceled, eventIntentCreated, eventIntentFailed, eventIntentProcessing, "payment_intent.requires_action",
	eventIntentSucceeded, eventIntentCapturable, eventMethodAttached, eventMethodDetached,
	"payout.created", "payout.failed", "payout.paid", "payout.updated", eventFeeCreated, eventFeeRefunded,
	"subscription.created", "subscription.canceled", "subscription.updated", "report_run.succeeded", "report_run.failed",
	"outbound_transfer.pending", "outbound_transfer.failed", "outbound_transfer.canceled", "outbound_transfer.succeeded",
	eventRefundPending, eventMethodUpdated, "esignature_document.sent", "esignature_document.completed",
	"esignature_signer.sent", "esignature_signer.viewed", "esignature_signer.completed", "independent_credit.succeeded",
}

// webhooks is how Tilled sends its events, which its own API lists too.
func (t *Tilled) webhooks() *webhook.Policy {
	return &webhook.Policy{
		Types: eventTypes, Emits: emitted, KeepEvents: true, Mint: mintEndpoint, Wants: wants, Envelope: envelopeOf, Sign: t.sign,
		Attempts: webhookAttempts, Backoff: backoff, Timeout: webhookTimeout,
	}
}

func backoff(n int, _ *rand.Rand) time.Duration {
	if n == 1 {
		return webhookBackoff
	}
	return 5 * webhookBackoff
}

// mintEndpoint completes an endpoint made through the control API or the options.
//
// Source: public receiver configurations, for the form of a secret.
// Assumed: the prefix of the id.
func mintEndpoint(d webhook.Draw, e *webhook.Endpoint) {
	e.ID = cmp.Or(e.ID, newID(d, kindEndpoint, "we_"))
	e.Secret = cmp.Or(e.Secret, "whsec_"+d.Token(kindSigningSecret, ids.Base62, 32))
}

// sign returns the headers of one attempt. The key is the secret as it is, prefix included.
//
// Source: docs.tilled.com, webhook signatures; the unit of the timestamp is that of its sample.
func (t *Tilled) sign(m webhook.Message, e *webhook.Endpoint, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.UnixMilli(), 10)
	if t.seconds {
		stamp = strconv.FormatInt(at.Unix(), 10)
	}
	mac := hmac.New(sha256.New, []byte(e.Secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(m.Body)
	h := http.Header{}
	h.Set("User-Agent", webhookAgent)
	h.Set(headerSignature, "t="+stamp+",v1="+hex.EncodeToString(mac.Sum(nil)))
	return h
}

// subject is what an event is about, at that instant: the payment method or the customer, else the refund,
// the fee, the charge or the payment intent itself, in that order.
type subject struct {
	Payment  *payment  `json:"payment,omitzero"`
	Of       string    `json:"of,omitzero"`    // in a snapshot, instead of the payment: id of the one in the catalog
	Buyer    *customer `json:"buyer,omitzero"` // of the payment
	With     *method   `json:"with,omitzero"`  // what the payment is made with
	Charge   *charge   `json:"charge,omitzero"`
	Refund   *refund   `json:"refund,omitzero"`
	Fee      bool      `json:"fee,omitzero"` // it is the fee of the charge
	Customer *customer `json:"customer,omitzero"`
	Method   *method   `json:"method,omitzero"`
}

// refer leaves out the payment that the catalog has as the subject does.
func refer(of any, stands func(kind, id string, object any) bool) (lean any, ok bool) {
	sub, _ := of.(*subject)
	if sub == nil || sub.Payment == nil || !stands(catalogIntents, sub.Payment.ID, sub.Payment) {
		return nil, false
	}
	short := *sub
	short.Payment, short.Of = nil, sub.Payment.ID
	return &short, true
}

// resolve is the opposite of refer.
func resolve(of any, object func(kind, id string) any) (any, error) {
	sub := of.(*subject)
	if sub.Of == "" {
		return sub, nil
	}
	p, ok := object(catalogIntents, sub.Of).(*payment)
	if !ok {
		return nil, wire.Below(fmt.Errorf("there is no payment intent %q", sub.Of), "of")
	}
	sub.Payment, sub.Of = p, ""
	return sub, nil
}

// data is the object as its own operation shows it.
func (sub *subject) data() any {
	switch {
	case sub.Customer != nil:
		return sub.Customer
	case sub.Method != nil:
		return sub.Method.Object
	case sub.Refund != nil:
		return newRefund(sub.Refund)
	case sub.Fee:
		return newFee(sub.Payment, sub.Charge)
	case sub.Charge != nil:
		return newCharge(sub.Payment, sub.Charge)
	}
	return newPaymentIntent(picture{sub.Payment, sub.Buyer, sub.With})
}

// event is an event on the wire, as it is listed and as it is sent.
//
// Source: vendor OpenAPI document, Event.
type event struct {
	AccountID string `json:"account_id"`
	CreatedAt string `json:"created_at"`
	Data      any    `json:"data"`
	ID        string `json:"id"`
	Type      string `json:"type"`
	UpdatedAt string `json:"updated_at"`
}

func newEvent(ev *webhook.Event) event {
	at := wire.Millis(ev.At)
	return event{AccountID: ev.Account, CreatedAt: at, Data: ev.Subject.(*subject).data(), ID: ev.ID, Type: string(ev.Type), UpdatedAt: at}
}

// envelopeOf words an event as it is sent.
func envelopeOf(ev *webhook.Event, _ string) webhook.Message {
	return webhook.Message{ID: ev.ID, Type: string(ev.Type), Body: wire.MustMarshal(newEvent(ev))}
}
