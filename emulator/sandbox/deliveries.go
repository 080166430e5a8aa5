package sandbox

import (
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// DeliveryQuery chooses deliveries. What is zero is not looked at.
type DeliveryQuery struct {
	Provider, Endpoint, Type, Session string
	Event                             string // id
	State                             webhook.State
	Since                             uint64 // number of an event: of later ones only
	Limit                             int    // the most to return, the oldest ones first
}

// Chooses reports whether a delivery is one of those that are asked for.
func (q DeliveryQuery) Chooses(d *webhook.Delivery) bool { return q.fits(d.Event, d.Endpoint, d.State) }

func (q DeliveryQuery) fits(ev *webhook.Event, endpoint string, state webhook.State) bool {
	return (q.Provider == "" || q.Provider == ev.Provider) && (q.Endpoint == "" || q.Endpoint == endpoint) &&
		(q.Type == "" || q.Type == string(ev.Type)) && (q.Session == "" || q.Session == ev.Session) &&
		(q.Event == "" || q.Event == ev.ID) && (q.State == "" || q.State == state) && ev.Seq > q.Since
}

// Deliveries returns what was sent and is to be sent, in the order in which it was decided. A bounded
// number of those that are over is remembered.
func (b *Sandbox) Deliveries(q DeliveryQuery) []webhook.Delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runDueLocked(b.clock.Now())
	var out []webhook.Delivery
	for _, d := range b.hooks.log {
		if d.forgotten || !q.fits(d.ev, d.line.endpoint.ID, d.state) {
			continue
		}
		if out = append(out, *d.snapshot()); len(out) == q.Limit {
			break
		}
	}
	return out
}

// DeliveryOver returns a channel that is closed when the next delivery ends, or the sandbox is reset.
func (b *Sandbox) DeliveryOver() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hooks.over == nil {
		b.hooks.over = make(chan struct{})
	}
	return b.hooks.over
}

// Delivery returns the delivery with that id, else it is a CodeNotFound.
func (b *Sandbox) Delivery(id string) (webhook.Delivery, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runDueLocked(b.clock.Now())
	d, err := b.deliveryLocked(id)
	if err != nil {
		return webhook.Delivery{}, err
	}
	return *d.snapshot(), nil
}

func (b *Sandbox) deliveryLocked(id string) (*delivery, error) {
	if d := b.hooks.byName[id]; d != nil {
		return d, nil
	}
	return nil, &checkout.Error{Code: checkout.CodeNotFound, Message: "no delivery " + id}
}

func (d *delivery) snapshot() *webhook.Delivery {
	out := &webhook.Delivery{
		ID: d.id, Endpoint: d.line.endpoint.ID, URL: d.line.endpoint.URL, Event: d.ev, State: d.state, Reason: d.reason, CreatedAt: d.created,
		Attempts: d.attempts, NextAt: d.nextAt,
	}
	if len(d.attempts) > 0 {
		out.Body = d.text.msg.Body
	}
	return out
}

// Redeliver sends a delivery once more, now, whatever its state; while attempts are left it is repeated
// as usual. It is a CodeNotFound when nobody knows it, and a CodeConflict when its endpoint is gone or
// disabled. What is being sent at the moment is left alone. The batch can be waited for.
func (b *Sandbox) Redeliver(id string) (*Batch, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.armLocked()
	b.runDueLocked(b.clock.Now())
	d, err := b.deliveryLocked(id)
	if err != nil {
		return nil, err
	}
	switch l := d.line; {
	case l.gone:
		return nil, &checkout.Error{Code: checkout.CodeConflict, Message: "the endpoint " + l.endpoint.ID + " is gone; add one, and let the event happen again"}
	case l.endpoint.Disabled:
		return nil, &checkout.Error{Code: checkout.CodeConflict, Message: "the endpoint " + l.endpoint.ID + " is disabled; enable it, or add another"}
	}
	batch := &Batch{timing: BeforeRedirect, box: b, hooks: b.hooks}
	b.redeliverLocked(d, batch)
	return batch, nil
}

// RedeliverFailed sends what has failed and fits the query once more, and returns the ids. Endpoints that
// are gone or disabled are passed over.
func (b *Sandbox) RedeliverFailed(q DeliveryQuery) ([]string, *Batch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.armLocked()
	b.runDueLocked(b.clock.Now())
	q.State = webhook.Failed
	var sent []string
	batch := &Batch{timing: BeforeRedirect, box: b, hooks: b.hooks}
	for _, d := range b.hooks.log {
		if d.forgotten || !q.fits(d.ev, d.line.endpoint.ID, d.state) || d.line.gone || d.line.endpoint.Disabled {
			continue
		}
		b.redeliverLocked(d, batch)
		if sent = append(sent, d.id); len(sent) == q.Limit {
			break
		}
	}
	return sent, batch
}

func (b *Sandbox) redeliverLocked(d *delivery, batch *Batch) {
	if d.ready || d.flying || d.gated {
		return
	}
	if d.state != webhook.Pending {
		d.state = webhook.Pending
		d.line.enter(d, false)
	}
	d.reason, d.damage, d.batch = "", "", batch
	d.nextAt = time.Time{}
	b.pushLocked(d)
}

// Plan returns the steps of the event plan that are left.
func (b *Sandbox) Plan() []webhook.Step {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hooks.plan.Steps()
}

// SetPlan replaces the event plan. What the old one holds back is sent. No steps is no plan.
func (b *Sandbox) SetPlan(steps []webhook.Step) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.armLocked()
	b.runDueLocked(b.clock.Now())
	b.hooks.plan = webhook.NewPlan(steps)
	for _, l := range b.hooks.lines {
		held := l.held
		l.held = nil
		b.letGoLocked(held)
	}
}
