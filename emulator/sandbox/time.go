package sandbox

import (
	"fmt"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/clock"
)

// Time is a sandbox's clock as its users see it.
type Time struct {
	Now    time.Time
	Frozen bool
	Offset time.Duration // ahead of wall time
	Fired  []Fired       // what came due by the call, in order
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
	b.clock.Freeze()
	b.armLocked()
	return b.timeLocked(fired)
}

// Resume lets a frozen clock run on.
func (b *Sandbox) Resume() Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock.Resume()
	b.armLocked()
	return b.timeLocked(nil)
}

// Advance moves the clock forward and answers after all that falls due by then has happened, each
// at its own instant. A negative step is a CodeRefused.
func (b *Sandbox) Advance(by time.Duration) (Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.moveLocked(b.clock.Now().Add(by))
}

// SetTime is [Sandbox.Advance] to an instant.
func (b *Sandbox) SetTime(to time.Time) (Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.moveLocked(to)
}

func (b *Sandbox) moveLocked(to time.Time) (Time, error) {
	now := b.clock.Now()
	fired := b.runDueLocked(now)
	if err := b.clock.Set(to); err != nil {
		return Time{}, &checkout.Error{
			Code:    checkout.CodeRefused,
			Message: fmt.Sprintf("the clock only goes forward: it is %s, later than %s", now.Format(time.RFC3339Nano), to.UTC().Format(time.RFC3339Nano)),
		}
	}
	fired = append(fired, b.runDueLocked(b.clock.Now())...)
	b.armLocked()
	return b.timeLocked(fired), nil
}

func (b *Sandbox) timeLocked(fired []Fired) Time {
	return Time{Now: b.clock.Now(), Frozen: b.clock.Frozen(), Offset: b.clock.Offset().Round(clock.Resolution), Fired: fired}
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
	if !waiting || b.closed || b.clock.Frozen() {
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

func (b *Sandbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.alarm != nil {
		b.alarm.Stop()
		b.alarm = nil
	}
	b.events.wake()
}
