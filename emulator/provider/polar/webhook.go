package polar

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Headers of a delivery. Source: polar/webhook/tasks.py; the last one is seen in recorded requests of
// September 2026.
const (
	headerWebhookID        = "Webhook-Id"
	headerWebhookTimestamp = "Webhook-Timestamp"
	headerWebhookSignature = "Webhook-Signature"
	headerWebhookVersion   = "Webhook-Api-Version" // since September 2026
	webhookAgent           = "polar.sh webhooks"
)

// How Polar repeats deliveries. Source: polar/config.py and polar/webhook/tasks.py, of 2025-02-25 and
// 2026-08-22: the longest wait, the wait before the second attempt doubled each time, and the time-out.
const (
	webhookAttempts     = 10
	webhookFactor       = 2 * time.Second
	webhookBackoffMost  = 20 * time.Minute
	webhookTimeout      = 10 * time.Second
	webhookDisableAfter = 10
	webhookFactorSeed   = 5 * time.Second
	webhookTimeoutSeed  = 20 * time.Second
)

// webhooks is how Polar sends its events.
//
// Source: an event waits for earlier ones to the same endpoint that were not tried yet, not for their
// repetitions: WebhookEventRepository.count_earlier_pending.
func (p *Polar) webhooks() *webhook.Policy {
	policy := &webhook.Policy{
		Types: eventTypes, Emits: emitted, Mint: mintEndpoint, Wants: wants, Format: messageForm, Envelope: p.envelope, Sign: p.sign,
		Attempts: webhookAttempts, Backoff: backoff(webhookFactor, webhookBackoffMost), Timeout: webhookTimeout,
		DisableAfter: webhookDisableAfter, Signatures: []string{signatureLegacy, signatureStandard, signatureBoth}, CheckSecret: checkSecret,
	}
	if p.seed {
		policy.Types = eventTypesSeed
		policy.Emits = slices.DeleteFunc(slices.Clone(emitted), func(eventType string) bool { return !slices.Contains(eventTypesSeed, eventType) })
		policy.Backoff, policy.Timeout = backoff(webhookFactorSeed, 0), webhookTimeoutSeed
		policy.DisableAfter = 0
	}
	return policy
}

// backoff waits 50 to 100 % of factor × 2ⁿ after the n-th attempt, of most when that is less and not
// zero. Source: dramatiq.common.compute_backoff.
func backoff(factor, most time.Duration) func(int, *rand.Rand) time.Duration {
	return func(n int, r *rand.Rand) time.Duration {
		wait := factor << n
		if most > 0 {
			wait = min(wait, most)
		}
		return wait/2 + time.Duration(r.Int64N(int64(wait/2)+1))
	}
}

// mintEndpoint completes an endpoint made through the control API or the options.
//
// Assumed: secrets made here are of the older form, which the SDKs of every vintage verify, unless the
// signature needs the other one.
func mintEndpoint(d webhook.Draw, e *webhook.Endpoint) {
	e.ID = cmp.Or(e.ID, d.UUID("polar.webhook_endpoint"))
	if e.Secret == "" && (e.Signature == signatureStandard || e.Signature == signatureBoth) {
		e.Secret = standardSecret(d)
	}
	e.Secret = cmp.Or(e.Secret, secretLegacy+d.Token("polar.webhook_secret", ids.Base62, 43))
	e.Detail = &endpointDetail{Format: formatRaw, Version: latestVersion}
}

// sign returns the headers of one attempt.
//
// Source: Standard Webhooks, whose header takes several signatures with spaces between them.
func (p *Polar) sign(m webhook.Message, e *webhook.Endpoint, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	var signatures []string
	for _, key := range signingKeys(e) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(m.ID + "." + stamp + "."))
		mac.Write(m.Body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	h := http.Header{}
	h.Set("User-Agent", webhookAgent)
	h.Set(headerWebhookID, m.ID)
	h.Set(headerWebhookTimestamp, stamp)
	h.Set(headerWebhookSignature, strings.Join(signatures, " "))
	if !p.seed {
		h.Set(headerWebhookVersion, endpointDetailOf(e).Version)
	}
	if m.Triggered {
		h.Set(headerTriggered, "true")
	}
	return h
}

// subject is what an event is about, as it was at that instant.
type subject interface {
	// data is the object as its own operation shows it; links in it begin with base.
	data(p *Polar, base string) json.RawMessage
	// note is what a chat is told.
	note(eventType string) note
}

// checkoutSubject is a session with what it shows of the catalog, at one instant.
type checkoutSubject struct {
	session checkout.Session
	objects objects
}

// data is Polar's Checkout.
func (sub *checkoutSubject) data(p *Polar, base string) json.RawMessage {
	return p.private(&sub.session, sub.objects, base).Encode()
}

// webhookBody is what is sent. Source: polar/webhook/webhooks.py; for the version the types of the SDKs of
// September 2026.
type webhookBody struct {
	Type      string          `json:"type"`
	Timestamp string          `json:"timestamp,omitempty"`   // since September 2025
	Version   string          `json:"api_version,omitempty"` // since September 2026
	Data      json.RawMessage `json:"data"`
}

// envelope words an event: for a chat, or with the object as its own operation shows it. Then format is
// the version of the API, in all of which the object is the same. See messageForm.
func (p *Polar) envelope(ev *webhook.Event, format string) webhook.Message {
	sub, eventType := ev.Subject.(subject), string(ev.Type)
	m := webhook.Message{ID: ev.ID, Type: eventType}
	switch format {
	case formatDiscord:
		m.Body = wire.MustMarshal(sub.note(eventType).discord())
	case formatSlack:
		m.Body = wire.MustMarshal(sub.note(eventType).slack())
	default:
		body := webhookBody{Type: eventType, Data: sub.data(p, ev.Base)}
		if !p.seed {
			body.Timestamp, body.Version = wire.Micros(ev.At), format
		}
		m.Body = wire.MustMarshal(body)
	}
	return m
}
