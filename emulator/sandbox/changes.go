package sandbox

import (
	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// changesAtMost bounds how many changes of deliveries a sandbox remembers.
const changesAtMost = 1 << 12

// Change is a delivery as it stood after a change: it was decided on, an attempt has ended, or it is over.
type Change struct {
	N uint64 // from 1
	webhook.Delivery
}

// changeLog remembers the latest changes.
type changeLog struct {
	kept    []Change      // a ring once it is full
	count   uint64        // how many there ever were
	changed chan struct{} // closed at the next change; nil while nobody waits
}

func (l *changeLog) add(d *webhook.Delivery) {
	l.count++
	if c := (Change{l.count, *d}); len(l.kept) < changesAtMost {
		l.kept = append(l.kept, c)
	} else {
		l.kept[(l.count-1)%changesAtMost] = c
	}
	l.wake()
}

func (l *changeLog) wake() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// since returns the remembered changes after the given number.
func (l *changeLog) since(n uint64) []Change {
	var out []Change
	for n = max(n, l.count-uint64(len(l.kept))); n < l.count; n++ {
		out = append(out, l.kept[n%changesAtMost])
	}
	return out
}

// FollowDeliveries returns how deliveries changed after a place, the place after that, and a channel that
// is closed when there may be more. With a reset the numbers begin anew.
func (b *Sandbox) FollowDeliveries(at journal.Place) ([]Change, journal.Place, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runDueLocked(b.clock.Now())
	l := &b.hooks.changes
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.since(at.In(b.events.life, l.count)), journal.Place{N: l.count, Life: b.events.life}, l.changed
}
