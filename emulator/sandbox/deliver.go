package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/localcheckout/localcheckout/emulator/clock"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// sendLocked puts an event into the outbox: one delivery for each endpoint that wants it.
func (b *Sandbox) sendLocked(ev *webhook.Event, batch *Batch) {
	var to []*line
	var ids []string
	for _, l := range b.hooks.lines {
		if l.endpoint.Provider == ev.Provider && l.policy.Sends(l.endpoint, ev.Account, string(ev.Type)) {
			to, ids = append(to, l), append(ids, l.endpoint.ID)
		}
	}
	if len(to) == 0 {
		return
	}
	var step webhook.Step
	if batch == nil || batch.timing != NoWebhooks {
		step, _ = b.hooks.plan.Next(ev, ids)
	}
	texts := map[string]*wording{}
	for _, l := range to {
		d := &delivery{line: l, ev: ev, state: webhook.Pending, created: ev.At, batch: batch}
		if l.policy.Format != nil {
			d.format = l.policy.Format(l.endpoint)
		}
		if texts[d.format] == nil {
			texts[d.format] = &wording{}
		}
		d.text = texts[d.format]
		if step.Covers(l.endpoint.ID) {
			b.enterLocked(d, step)
		} else {
			b.enterLocked(d, webhook.Step{})
		}
	}
}

// enterLocked puts a new delivery into its line, as the step of the plan has it.
func (b *Sandbox) enterLocked(d *delivery, step webhook.Step) {
	l := d.line
	d.behind, l.held = l.held, nil
	b.noteLocked(d)
	d.reason = string(step.Do)
	switch {
	case d.batch != nil && d.batch.timing == NoWebhooks:
		b.dropLocked(d, "webhooks: "+string(NoWebhooks))
	case l.pending >= pendingAtMost:
		b.dropLocked(d, fmt.Sprintf("%d deliveries wait for the endpoint already", pendingAtMost))
	case step.Do == webhook.DoDrop:
		b.dropLocked(d, string(step.Do))
	case step.Do == webhook.DoDelay:
		l.enter(d, false)
		d.nextAt = d.created.Add(step.Delay).Truncate(clock.Resolution)
		b.due.Push(d.nextAt, duty{wake: d})
	case step.Do == webhook.DoReorder:
		l.enter(d, false)
		l.held = []*delivery{d}
	case step.Do == webhook.DoDuplicate:
		twin := *d
		twin.behind = nil
		b.passLocked(d)
		defer func() {
			b.noteLocked(&twin)
			b.passLocked(&twin)
			b.hooks.changes.add(twin.snapshot())
		}()
	default:
		d.damage = step.Do
		b.passLocked(d)
	}
	if d.state == webhook.Pending { // else its end was noted
		b.hooks.changes.add(d.snapshot())
	}
}

// followLocked lets those go that a plan has put behind d.
func (b *Sandbox) followLocked(d *delivery) {
	behind := d.behind
	d.behind = nil
	b.letGoLocked(behind)
}

// letGoLocked lets deliveries go that a plan holds back, unless they have been sent for another reason.
func (b *Sandbox) letGoLocked(held []*delivery) {
	for _, d := range held {
		if d.state == webhook.Pending && !d.due && !d.ready && !d.flying && d.nextAt.IsZero() {
			b.dueLocked(d)
		}
	}
}

// passLocked lets a delivery take its turn in its line.
func (b *Sandbox) passLocked(d *delivery) {
	d.line.enter(d, true)
	b.dueLocked(d)
}

// noteLocked numbers, names and remembers a delivery.
func (b *Sandbox) noteLocked(d *delivery) {
	b.hooks.note(d)
	d.id = b.ids.Load().UUID("webhook.delivery", d.n)
	b.hooks.byName[d.id] = d
}

// enter counts a delivery among those that wait, with order behind those that keep theirs.
func (l *line) enter(d *delivery, ordered bool) {
	l.pending++
	d.counted, d.ordered = true, ordered
	if !ordered {
		return
	}
	if d.older = l.youngest; d.older != nil {
		d.older.younger = d
	}
	l.youngest = d
}

// leave takes a delivery out again, and returns the one that was behind it.
func (l *line) leave(d *delivery) (younger *delivery) {
	if d.counted {
		l.pending--
		d.counted = false
	}
	if !d.ordered {
		return nil
	}
	younger = d.younger
	if d.older != nil {
		d.older.younger = younger
	}
	if younger != nil {
		younger.older = d.older
	} else {
		l.youngest = d.older
	}
	d.older, d.younger, d.ordered = nil, nil, false
	return younger
}

// wakeLocked is the time of a delivery: of an attempt, or to look again whether order lets it go.
func (b *Sandbox) wakeLocked(d *delivery, at time.Time) {
	switch {
	case d.due:
		b.readyLocked(d)
	case d.state == webhook.Pending && d.nextAt.Equal(at):
		b.dueLocked(d)
	}
}

// dueLocked says that the time of a delivery's next attempt has come.
func (b *Sandbox) dueLocked(d *delivery) {
	d.due, d.nextAt = true, time.Time{}
	if c := d.batch; c != nil && c.timing == AfterRedirect && !c.freed {
		d.gated = true
		c.gated = append(c.gated, d)
		b.busyLocked(d, true)
		return
	}
	b.readyLocked(d)
}

// readyLocked hands a delivery whose time has come to the endpoint's worker, unless an earlier one that
// is undelivered and young enough holds it back.
func (b *Sandbox) readyLocked(d *delivery) {
	l := d.line
	if !d.due || d.gated {
		return
	}
	if wait := l.policy.Ordered; wait > 0 && d.older != nil {
		if until := d.older.created.Add(wait); b.clock.Now().Before(until) {
			b.busyLocked(d, false)
			b.due.Push(until, duty{wake: d})
			return
		}
	}
	b.pushLocked(d)
}

// pushLocked hands a delivery to the endpoint's worker.
func (b *Sandbox) pushLocked(d *delivery) {
	d.due, d.ready = false, true
	b.busyLocked(d, true)
	d.line.ready = append(d.line.ready, d)
	b.startLocked(d.line)
}

// dropLocked ends a delivery that is not to be sent.
func (b *Sandbox) dropLocked(d *delivery, reason string) {
	d.reason = reason
	b.overLocked(d, webhook.Dropped)
}

// overLocked ends a delivery, and lets go what waited for its end.
func (b *Sandbox) overLocked(d *delivery, state webhook.State) {
	d.state, d.due, d.gated, d.nextAt = state, false, false, time.Time{}
	if younger := d.line.leave(d); younger != nil {
		b.readyLocked(younger)
	}
	b.followLocked(d)
	d.hooks.finish(d)
	if !d.flying {
		b.busyLocked(d, false)
	}
}

// putEndpointLocked makes, changes or drops an endpoint at the end of a section.
func (b *Sandbox) putEndpointLocked(p endpointPut) {
	h := b.hooks
	if p.to != nil {
		l := h.put(b.set.dialect(p.to.Provider).Webhooks, p.to)
		if p.to.Disabled {
			b.clearLocked(l, "the endpoint is disabled")
		}
		return
	}
	if l := h.byID[p.id]; l != nil {
		delete(h.byID, p.id)
		h.lines = slices.DeleteFunc(h.lines, func(other *line) bool { return other == l })
		l.gone = true
		b.clearLocked(l, "the endpoint is gone")
	}
}

// clearLocked drops everything that waits for an endpoint.
func (b *Sandbox) clearLocked(l *line, reason string) {
	if l.pending == 0 {
		return
	}
	l.held = nil
	for _, d := range slices.Clone(b.hooks.log) {
		if d.line == l && d.state == webhook.Pending {
			b.dropLocked(d, reason)
		}
	}
}
