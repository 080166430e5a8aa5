package sandbox

import (
	"slices"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/journal"
)

// eventsAtMost bounds how many events a sandbox remembers.
const eventsAtMost = 1 << 16

// eventLog remembers the latest events, numbered from 1.
type eventLog struct {
	kept    []checkout.Event // a ring once it is full
	shared  bool             // others have a part of kept: copy before the first one is overwritten
	count   uint64           // how many there ever were
	life    uint64           // of the log: it ends with a reset and a restore
	changed chan struct{}    // closed at the next event; nil while nobody waits
}

func (l *eventLog) append(events []checkout.Event) []checkout.Event {
	for i := range events {
		l.count++
		events[i].Seq = l.count
		if len(l.kept) < eventsAtMost {
			l.kept = append(l.kept, events[i])
		} else {
			if l.shared {
				l.kept, l.shared = slices.Clone(l.kept), false
			}
			l.kept[(l.count-1)%eventsAtMost] = events[i]
		}
	}
	if len(events) > 0 {
		l.wake()
	}
	return events
}

func (l *eventLog) wake() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// share returns all remembered events, which nobody may modify: they are copied when that cannot be helped.
func (l *eventLog) share() []checkout.Event {
	if l.count > uint64(len(l.kept)) { // some were overwritten
		return l.since(0)
	}
	l.shared = true
	return slices.Clip(l.kept)
}

// since returns the remembered events after the given number.
func (l *eventLog) since(seq uint64) []checkout.Event {
	if seq >= l.count {
		return nil
	}
	before := max(seq, l.count-uint64(len(l.kept))) // number of the latest that is not returned
	out := make([]checkout.Event, 0, l.count-before)
	for n := before + 1; n <= l.count; n++ {
		out = append(out, l.kept[(n-1)%eventsAtMost])
	}
	return out
}

// Events returns what happened after the event with that number, and a channel that is closed when
// there may be more. Numbers start at 1.
func (b *Sandbox) Events(since uint64) ([]checkout.Event, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.eventsLocked(since)
}

func (b *Sandbox) eventsLocked(since uint64) ([]checkout.Event, <-chan struct{}) {
	b.runDueLocked(b.clock.Now())
	if b.events.changed == nil {
		b.events.changed = make(chan struct{})
	}
	return b.events.since(since), b.events.changed
}

// FollowEvents returns what happened after a place, the place after that, and a channel that is closed
// when there may be more.
func (b *Sandbox) FollowEvents(at journal.Place) ([]checkout.Event, journal.Place, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runDueLocked(b.clock.Now())
	events, more := b.eventsLocked(at.In(b.events.life, b.events.count))
	return events, journal.Place{N: b.events.count, Life: b.events.life}, more
}

// Moment returns the sandbox's time and the number of the latest event, zero when there is none. What was
// due has happened before.
func (b *Sandbox) Moment() (now time.Time, event uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runDueLocked(b.clock.Now())
	return b.clock.Now(), b.events.count
}

// LastEvent returns the number of the latest event, zero when there is none.
func (b *Sandbox) LastEvent() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runDueLocked(b.clock.Now())
	return b.events.count
}
