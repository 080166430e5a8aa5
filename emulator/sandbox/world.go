package sandbox

import (
	"time"

	"github.com/localcheckout/localcheckout/emulator/clock"
	"github.com/localcheckout/localcheckout/emulator/ids"
)

// world is what changes in a sandbox by what happens in it: what a reset makes anew and what a snapshot
// holds. Faults and webhooks, which have goroutines or a lock of their own, stand beside it.
type world struct {
	seed    uint64
	clock   *clock.Clock
	due     clock.Queue[duty]
	store   *store
	catalog Catalog
	counts  map[string]uint64 // of ids, by kind
	events  eventLog
	kept    keptEvents
	keys    keyring
}

// origin is what a sandbox begins with, at first use and after each reset.
type origin struct {
	seed    uint64
	start   time.Time // zero: wall time
	catalog Catalog
}

// world returns the world that the origin begins.
func (o *origin) world(set *Set) world {
	return world{
		seed: o.seed, clock: clock.New(set.options.Wall, o.start), store: newStore(), catalog: o.catalog.share(),
		counts: map[string]uint64{}, kept: keptEvents{},
	}
}

// becomeLocked puts a world in the place of the present one. What the present one still wants to send
// is given up; its workers end by themselves.
func (b *Sandbox) becomeLocked(w world, h *hooks) {
	before := b.events
	b.world = w
	b.events.life = before.life + 1
	source := ids.NewSource(w.seed, b.name)
	b.ids.Store(&source)
	b.catalogVersion.Add(1)
	b.reached.Store(nil)
	before.wake()
	if b.hooks != nil {
		b.hooks.cancel()
		b.hooks.wake()
	}
	b.hooks, b.moving = h, nil
	if b.alarm != nil {
		b.alarm.Stop()
		b.alarm = nil
	}
}
