package leanrails

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Headers of a delivery.
//
// Source: G1, webhooks, for the first; G2, webhooks, for the others, which repeat or add to it.
// Assumed: the user agent of G2 in G1 too, which does not name its own.
const (
	headerSignature      = "X-Signature"
	headerLaterSignature = "Fluveo-Signature"
	headerWebhookID      = "Webhook-Id"
	webhookAgent         = "Fluveo-Webhooks/1.0"
)

// signatureScheme is the name of the signature, which is also part of what is signed.
const signatureScheme = "v1="

// webhookTimeout is how long a receiver may take. Source: G2, webhooks.
const webhookTimeout = 30 * time.Second

// webhookOffsets are the instants of the attempts, counted from the first one.
//
// Source: G2, webhooks: retried at 1 min, 5 min, 30 min, 2 h, 8 h, 24 h, 72 h.
// Assumed: counted from the first attempt, not each from the one before.
var webhookOffsets = []time.Duration{
	0, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 8 * time.Hour, 24 * time.Hour, 72 * time.Hour,
}

// Types of events that are sent.
//
// Source: G1, webhooks, for those of payment intents and charges.
// Assumed: those of sessions; the public pages do not show the list of all events.
const (
	eventIntentSucceeded  = "payment_intent.succeeded"
	eventIntentFailed     = "payment_intent.payment_failed"
	eventSessionCompleted = "checkout.session.completed"
	eventSessionExpired   = "checkout.session.expired"
	eventChargeRefunded   = "charge.refunded"
)

// sent has what is sent at each event of a session, in that order.
//
// Assumed: the order.
var sent = map[checkout.EventType][]string{
	checkout.SessionSucceeded: {eventIntentSucceeded, eventSessionCompleted},
	checkout.PaymentDeclined:  {eventIntentFailed},
	checkout.SessionFailed:    {eventIntentFailed},
	checkout.SessionExpired:   {eventSessionExpired},
}

// emitted are the types that the emulator causes.
var emitted = []string{eventIntentSucceeded, eventIntentFailed, eventSessionCompleted, eventSessionExpired, eventChargeRefunded}

// eventTypes are all that are known.
//
// Source: G1 and G2, webhooks and event types, as far as they are visible.
var eventTypes = []string{
	eventIntentSucceeded, eventIntentFailed, eventSessionCompleted, eventSessionExpired, eventChargeRefunded, "order.created",
	"order.paid", "fulfillment.shipped", "fulfillment.delivered", "inventory_level.updated", "invoice.created",
	"invoice.finalized", "invoice.paid",
}

// webhooks is how LeanRails sends its events.
func webhooks() *webhook.Policy {
	return &webhook.Policy{
		Types: eventTypes, Emits: emitted, Mint: mintEndpoint, Envelope: render, Sign: sign,
		Attempts: len(webhookOffsets), Backoff: backoff, Timeout: webhookTimeout,
	}
}

// backoff is the time between the n-th attempt and the next one.
func backoff(n int, _ *rand.Rand) time.Duration { return webhookOffsets[n] - webhookOffsets[n-1] }

// mintEndpoint completes an endpoint made through the control API or the options.
func mintEndpoint(d webhook.Draw, e *webhook.Endpoint) {
	e.ID = cmp.Or(e.ID, newID(d, kindEndpoint, "we_"))
	e.Secret = cmp.Or(e.Secret, newSigningSecret(d))
}

// Parts of a signing secret.
//
// Source: G1, webhooks, for the prefix.
// Assumed: the length.
const (
	signingPrefix = "whsec_"
	signingLength = 32
)

func newSigningSecret(d webhook.Draw) string {
	return signingPrefix + d.Token(kindSigningSecret, ids.Base62, signingLength)
}

// sign returns the headers of one attempt. The key is the whole secret, its prefix included.
//
// Source: G1, webhooks: the scheme "v1=" is a part of the signed text.
func sign(m webhook.Message, e *webhook.Endpoint, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(e.Secret))
	mac.Write([]byte(signatureScheme + stamp + "."))
	mac.Write(m.Body)
	signature := "t=" + stamp + "," + signatureScheme + hex.EncodeToString(mac.Sum(nil))
	h := http.Header{}
	h.Set("User-Agent", webhookAgent)
	h.Set(headerSignature, signature)
	h.Set(headerLaterSignature, signature)
	h.Set(headerWebhookID, m.ID)
	return h
}

// emit records an event about a payment intent or its session, which is nil of one that stands by itself.
func emit(tx *sandbox.Tx, eventType string, s *checkout.Session, it *intent) {
	e := sandbox.Emission{Type: eventType, ID: newID(tx, kindEvent, "evt_"), Provider: name, Session: s}
	if eventType == eventIntentSucceeded || eventType == eventIntentFailed {
		e.Object = it.ID
		e.Subject = func(tx *sandbox.Tx) any { shown := view(tx, it); return &shown }
	} else {
		e.Subject = func(*sandbox.Tx) any { subject := *s; return &subject }
	}
	tx.Emit(e)
}

// emitRefunded records that money of a charge was given back. Who asks for a session's events gets it, too.
func emitRefunded(tx *sandbox.Tx, it *intent, c *charge) {
	e := sandbox.Emission{Type: eventChargeRefunded, ID: newID(tx, kindEvent, "evt_"), Provider: name, Object: c.ID}
	if it.Session != "" {
		e.Session = &checkout.Session{Provider: name, ID: it.Session, Status: it.sessionStatus()}
	}
	e.Subject = func(*sandbox.Tx) any { return c }
	tx.Emit(e)
}

// event is what is sent.
//
// Source: G2, webhooks.
type event struct {
	ID       string    `json:"id"`
	Object   string    `json:"object"`
	Type     string    `json:"type"`
	Created  int64     `json:"created"`
	Livemode bool      `json:"livemode"`
	Data     eventData `json:"data"`
}

type eventData struct {
	Object any `json:"object"`
}

// render words an event, with the object as its own operation shows it.
func render(ev *webhook.Event, _ string) webhook.Message {
	out := event{ID: ev.ID, Object: "event", Type: string(ev.Type), Created: ev.At.Unix()}
	switch subject := ev.Subject.(type) {
	case *intentView:
		out.Data.Object = newPaymentIntent(*subject)
	case *checkout.Session:
		out.Data.Object = newCheckoutSession(*subject, ev.Base)
	default: // as its own operation shows it
		out.Data.Object = subject
	}
	return webhook.Message{ID: ev.ID, Type: out.Type, Body: wire.MustMarshal(out)}
}
