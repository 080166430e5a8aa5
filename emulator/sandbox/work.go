package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/localcheckout/localcheckout/emulator/clock"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// staleBy is how old the timestamp of a stale message is: every provider's tolerance is minutes.
const staleBy = time.Hour

// startLocked has a goroutine send what is ready for an endpoint, unless one does.
func (b *Sandbox) startLocked(l *line) {
	if l.running || b.closed || len(l.ready) == 0 {
		return
	}
	l.running = true
	h := b.hooks
	h.workers.Go(func() { b.work(h, l) })
}

// work sends what is ready for one endpoint, one after the other, until nothing is.
func (b *Sandbox) work(h *hooks, l *line) {
	for {
		d, out := b.take(h, l)
		if d == nil {
			return
		}
		made := b.post(h, d, out)
		if h.ctx.Err() != nil && made.Status == 0 {
			made.N = 0 // given up by us
		}
		b.ended(h, d, made)
	}
}

// request is what one attempt needs, as it stood when the attempt began.
type request struct {
	endpoint *webhook.Endpoint
	policy   *webhook.Policy
	at       time.Time // on the sandbox's clock
	signed   time.Time // the instant that is signed
	n        int
}

// take returns what is to be sent next, nil when the worker is to end.
func (b *Sandbox) take(h *hooks, l *line) (*delivery, request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.hooks == h && !b.closed && len(l.ready) > 0 {
		d := l.ready[0]
		l.ready[0] = nil
		l.ready = l.ready[1:]
		d.ready = false
		if d.state != webhook.Pending {
			b.busyLocked(d, false)
			continue
		}
		d.flying = true
		at := b.clock.Now()
		signed := at
		if !b.set.options.SignedInSandboxTime {
			signed = b.set.options.Wall()
		}
		if d.damage == webhook.DoStaleTimestamp {
			signed = signed.Add(-staleBy)
		}
		return d, request{endpoint: l.endpoint, policy: l.policy, at: at, signed: signed, n: len(d.attempts) + 1}
	}
	l.running = false
	return nil, request{}
}

// post makes one attempt.
func (b *Sandbox) post(h *hooks, d *delivery, r request) (a webhook.Attempt) {
	defer func() {
		if p := recover(); p != nil {
			a = webhook.Attempt{Error: fmt.Sprintf("the event cannot be put into words: %v", p)}
		}
		a.N, a.At, a.ID = r.n, r.at, b.ids.Load().UUID("webhook.attempt."+d.id, uint64(r.n))
	}()
	m := d.text.message(r.policy, d.ev, d.format)
	signed := m
	if d.damage == webhook.DoBadSignature {
		signed.Body = append(slices.Clone(m.Body), '\n')
	}
	header := r.policy.Sign(signed, r.endpoint, r.signed)
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("X-Sandbox", b.name)
	if d.damage == webhook.DoTruncate {
		m.Body = m.Body[:len(m.Body)/2]
	}
	return b.set.options.Sender.Send(h.ctx, r.endpoint.URL, m, header, r.policy.Timeout)
}

// ended notes an attempt, one without number when it was given up by us, and what follows from it.
func (b *Sandbox) ended(h *hooks, d *delivery, a webhook.Attempt) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d.flying = false
	if b.hooks != h {
		return
	}
	if a.N == 0 {
		b.busyLocked(d, false)
		return
	}
	d.attempts = append(d.attempts[:len(d.attempts):len(d.attempts)], a)
	b.followLocked(d)
	switch {
	case d.state != webhook.Pending: // dropped meanwhile
		h.changes.add(d.snapshot())
	case a.OK():
		d.line.failures, d.arrived = 0, true
		b.overLocked(d, webhook.Delivered)
	case d.arrived:
		b.overLocked(d, webhook.Delivered)
	case len(d.attempts) < d.line.policy.Attempts:
		b.retryLocked(d, len(d.attempts))
	default:
		b.overLocked(d, webhook.Failed)
		b.failedLocked(d.line)
	}
	b.firedLocked(d, a)
	b.busyLocked(d, d.ready || d.gated)
	b.armLocked()
}

// retryLocked plans the attempt after the n-th one.
func (b *Sandbox) retryLocked(d *delivery, n int) {
	wait := time.Duration(0)
	if backoff := d.line.policy.Backoff; backoff != nil {
		wait = backoff(n, b.ids.Load().Rand("webhook.backoff."+d.id, uint64(n)))
	}
	d.nextAt = b.clock.Now().Add(max(wait, clock.Resolution)).Truncate(clock.Resolution)
	b.due.Push(d.nextAt, duty{wake: d})
	b.hooks.changes.add(d.snapshot())
}

// failedLocked counts an event that failed for good, and disables the endpoint when it was one too many.
func (b *Sandbox) failedLocked(l *line) {
	l.failures++
	if most := l.policy.DisableAfter; most == 0 || l.failures < most || l.gone || l.endpoint.Disabled {
		return
	}
	off := *l.endpoint
	off.Disabled, off.UpdatedAt = true, b.clock.Now()
	l.endpoint = &off
	b.clearLocked(l, fmt.Sprintf("the endpoint is disabled: %d events in a row failed", l.failures))
}
