package polar

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Types of events.
const (
	eventCheckoutCreated = "checkout.created"
	eventCheckoutUpdated = "checkout.updated"
	eventCheckoutExpired = "checkout.expired"
)

// Headers of a delivery. Source: polar/webhook/tasks.py.
const (
	headerWebhookID        = "Webhook-Id"
	headerWebhookTimestamp = "Webhook-Timestamp"
	headerWebhookSignature = "Webhook-Signature"
	webhookAgent           = "polar.sh webhooks"
)

// Forms of signing secrets: Polar has made the first since July 2025 and the second since June 2026.
const (
	secretLegacy   = "polar_whs_"
	secretStandard = "whsec_"
)

// How Polar repeats deliveries. Source: polar/config.py and polar/webhook/tasks.py, of 2025-02-25 and
// 2026-08-22: the longest wait, the wait before the second attempt doubled each time, and the time-out.
const (
	webhookAttempts     = 10
	webhookFactor       = 2 * time.Second
	webhookBackoffMost  = 20 * time.Minute
	webhookTimeout      = 10 * time.Second
	webhookOrdered      = time.Minute
	webhookDisableAfter = 10
	webhookFactorSeed   = 5 * time.Second
	webhookTimeoutSeed  = 20 * time.Second
)

// webhooks is how Polar sends its events.
func (p *Polar) webhooks() *webhook.Policy {
	policy := &webhook.Policy{
		Types: []string{eventCheckoutCreated, eventCheckoutUpdated, eventCheckoutExpired},
		Mint:  mintEndpoint, Envelope: p.envelope, Sign: sign,
		Attempts: webhookAttempts, Backoff: backoff(webhookFactor, webhookBackoffMost), Timeout: webhookTimeout,
		Ordered: webhookOrdered, DisableAfter: webhookDisableAfter,
	}
	if p.seed {
		policy.Types = []string{eventCheckoutCreated, eventCheckoutUpdated}
		policy.Backoff, policy.Timeout = backoff(webhookFactorSeed, 0), webhookTimeoutSeed
		policy.Ordered, policy.DisableAfter = 0, 0
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
// Assumed: secrets made here are of the older form, which the SDKs of every vintage verify.
func mintEndpoint(d webhook.Draw, e *webhook.Endpoint) {
	e.ID = cmp.Or(e.ID, d.UUID("polar.webhook_endpoint"))
	e.Secret = cmp.Or(e.Secret, secretLegacy+d.Token("polar.webhook_secret", ids.Base62, 43))
}

// sign returns the headers of one attempt.
//
// Source: Standard Webhooks, with Polar's two ways to read a secret: those that begin with "whsec_" hold
// the key in base64; of all others the key is the whole text, prefix included.
func sign(m webhook.Message, e *webhook.Endpoint, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, signingKey(e.Secret))
	mac.Write([]byte(m.ID + "." + stamp + "."))
	mac.Write(m.Body)
	h := http.Header{}
	h.Set("User-Agent", webhookAgent)
	h.Set(headerWebhookID, m.ID)
	h.Set(headerWebhookTimestamp, stamp)
	h.Set(headerWebhookSignature, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return h
}

func signingKey(secret string) []byte {
	if rest, ok := strings.CutPrefix(secret, secretStandard); ok {
		if key, err := base64.StdEncoding.DecodeString(rest); err == nil {
			return key
		}
	}
	return []byte(secret)
}

// subject is a session with what it shows of the catalog, at one instant.
type subject struct {
	session checkout.Session
	objects objects
}

// emit records an event about a session.
func emit(tx *sandbox.Tx, eventType string, s *checkout.Session) {
	tx.Emit(sandbox.Emission{
		Type: eventType, ID: tx.UUID("polar.webhook_event"), Session: s,
		Subject: func(tx *sandbox.Tx) any { return &subject{*s, objectsIn(tx, detailOf(s))} },
	})
}

// webhookBody is what is sent. Source: polar/webhook/webhooks.py.
type webhookBody struct {
	Type      string          `json:"type"`
	Timestamp string          `json:"timestamp,omitempty"` // since September 2025
	Data      json.RawMessage `json:"data"`
}

// envelope words an event: the session as its own operation shows it.
func (p *Polar) envelope(ev *webhook.Event, _ string) webhook.Message {
	sub := ev.Subject.(*subject)
	body := webhookBody{Type: string(ev.Type), Data: p.private(&sub.session, sub.objects, ev.Base).Encode()}
	if !p.seed {
		body.Timestamp = wire.Micros(ev.At)
	}
	return webhook.Message{ID: ev.ID, Type: body.Type, Body: wire.MustMarshal(body)}
}
