package sandbox

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/clock"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// Time is a sandbox's clock as its users see it.
type Time struct {
	Now    time.Time
	Frozen bool
	Offset time.Duration // ahead of wall time
	Fired  []Fired       // what came due by the call, in order
}

// move is a step of the clock that plays what falls due on the way. While it lasts the clock stands at
// the instant of what is being done.
type move struct {
	fired []Fired
	sent  []sent // at the present step
	began time.Time
	runs  bool // the clock is to run on afterwards
	seen  int  // of fired, at the end of the last step
	done  int  // things since others were let in
}

// Clock tells the time; what was due has happened before.
func (b *Sandbox) Clock() Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.timeLocked(b.runDueLocked(b.clock.Now()))
}

// Freeze stops the clock.
func (b *Sandbox) Freeze() Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	fired := b.runDueLocked(b.clock.Now())
	if b.moving != nil {
		b.moving.runs = false
	} else {
		b.clock.Freeze()
	}
	b.armLocked()
	return b.timeLocked(fired)
}

// Resume lets a frozen clock run on.
func (b *Sandbox) Resume() Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.moving != nil {
		b.moving.runs = true
	} else {
		b.clock.Resume()
	}
	b.armLocked()
	return b.timeLocked(nil)
}

// Advance moves the clock forward and answers after all that falls due by then has happened, each
// at its own instant, webhooks and their repetitions included: what is to be sent now is sent first, and
// the clock goes on when each attempt has ended. A negative step is a CodeRefused.
//
// Moves of one sandbox take turns. Others may use the sandbox meanwhile, the receivers of its webhooks
// too; but a receiver must not move the clock, as the move it would wait for waits for its answer.
func (b *Sandbox) Advance(by time.Duration) (Time, error) {
	return b.move(func(now time.Time) time.Time { return now.Add(by) })
}

// SetTime is [Sandbox.Advance] to an instant.
func (b *Sandbox) SetTime(to time.Time) (Time, error) {
	return b.move(func(time.Time) time.Time { return to })
}

func (b *Sandbox) move(target func(now time.Time) time.Time) (Time, error) {
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	to := target(now).UTC().Truncate(clock.Resolution)
	if to.Before(now) {
		return Time{}, &checkout.Error{
			Code:    checkout.CodeRefused,
			Message: fmt.Sprintf("the clock only goes forward: it is %s, later than %s", now.Format(time.RFC3339Nano), to.Format(time.RFC3339Nano)),
		}
	}
	m, h := &move{began: now, runs: !b.clock.Frozen()}, b.hooks
	b.moving = m
	b.clock.Freeze()
	for b.playLocked(h, m) {
		next, ok := b.due.Next()
		if !ok || next.After(to) {
			_ = b.clock.Set(to) // not earlier, as it stands
			break
		}
		_ = b.clock.Set(later(next, b.clock.Now()))
	}
	if b.moving == m { // else it was reset, and the clock is another
		b.moving = nil
		if m.runs {
			b.clock.Resume()
		}
	}
	b.armLocked()
	return b.timeLocked(m.fired), nil
}

// playLocked does what is due at the present step, and waits for the end of what is sent by it. It is
// false when the sandbox was reset. In one that is closed nothing is sent.
func (b *Sandbox) playLocked(h *hooks, m *move) bool {
	for {
		_, more := b.runSomeLocked(b.clock.Now(), sliceAtMost)
		if m.done += len(m.fired) - m.seen; more || m.done >= sliceAtMost {
			m.done = 0
			b.yieldLocked()
		}
		m.seen = len(m.fired)
		if b.hooks != h {
			return false
		}
		if more {
			continue
		}
		if h.busy == 0 || b.closed { // nothing is sent any more
			break
		}
		b.mu.Unlock()
		b.await(context.Background(), h, &h.busy, &h.idle)
		b.mu.Lock()
	}
	slices.SortStableFunc(m.sent, func(x, y sent) int { return cmp.Compare(x.n, y.n) })
	for _, s := range m.sent {
		if s.At.After(m.began) { // else it was due before, and may as well have been sent before
			m.fired = append(m.fired, s.Fired)
		}
	}
	m.sent = nil
	return true
}

// sliceAtMost is how much that is due happens at a stretch when the clock is moved.
const sliceAtMost = 512

// yieldLocked lets others have the lock for a moment: a request to another sandbox, which may ask this
// one whether it holds a session, does not wait for the end of a long move. Whoever gets in sees the
// state of one instant, as everything does first what is due at it.
func (b *Sandbox) yieldLocked() {
	b.mu.Unlock()
	runtime.Gosched()
	b.mu.Lock()
}

// sent is an attempt at a step, with the number of the delivery.
type sent struct {
	Fired
	n uint64
}

// firedLocked notes an attempt for the move that waits for it.
func (b *Sandbox) firedLocked(d *delivery, a webhook.Attempt) {
	if b.moving != nil {
		b.moving.sent = append(b.moving.sent, sent{Fired{At: a.At, Session: d.ev.Session, Delivery: d.snapshot()}, d.n})
	}
}

// Settle returns when nothing is due and no webhook is about to be sent or being sent; repetitions and
// delays that lie ahead are not waited for. It is the context's error when that ends first.
func (b *Sandbox) Settle(ctx context.Context) error {
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	b.mu.Lock()
	b.runDueLocked(b.clock.Now())
	b.armLocked()
	h := b.hooks
	b.mu.Unlock()
	b.await(ctx, h, &h.busy, &h.idle)
	return ctx.Err()
}

func (b *Sandbox) timeLocked(fired []Fired) Time {
	return Time{Now: b.clock.Now(), Frozen: b.frozenLocked(), Offset: b.clock.Offset().Round(clock.Resolution), Fired: fired}
}

// frozenLocked reports whether the clock stands still, but for a move.
func (b *Sandbox) frozenLocked() bool {
	if b.moving != nil {
		return !b.moving.runs
	}
	return b.clock.Frozen()
}

// armLocked sets the alarm for what is due next, so that it happens with no call at all.
func (b *Sandbox) armLocked() {
	at, waiting := b.due.Next()
	if b.alarm != nil {
		if waiting && at.Equal(b.alarmAt) && !b.clock.Frozen() {
			return
		}
		b.alarm.Stop()
		b.alarm = nil
	}
	if !waiting || b.closed || b.clock.Frozen() { // as it is while it is moved
		return
	}
	b.alarmAt = at
	b.alarm = time.AfterFunc(max(at.Sub(b.clock.Now()), 0), b.ring)
}

// ring does what is due and sets the next alarm.
func (b *Sandbox) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.alarm = nil
	b.runDueLocked(b.clock.Now())
	b.armLocked()
}

// close stops the alarm and gives up the webhooks that are on their way. It returns when nothing of the
// sandbox runs.
func (b *Sandbox) close() {
	b.mu.Lock()
	b.closed = true
	if b.alarm != nil {
		b.alarm.Stop()
		b.alarm = nil
	}
	b.events.wake()
	h := b.hooks
	h.cancel()
	b.mu.Unlock()
	h.workers.Wait()
}
