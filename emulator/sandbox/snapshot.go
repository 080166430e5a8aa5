package sandbox

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/clock"
	"github.com/localcheckout/localcheckout/emulator/fault"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// SnapshotVersion is the version of the document that [Sandbox.Snapshot] writes. [Sandbox.Restore] takes it
// and those before it.
const SnapshotVersion = 2

// frozen is a world at one instant. Nothing of it ever changes, so that documents that were decoded
// and sandboxes that run share it.
type frozen struct {
	name     string
	origin   origin
	seed     uint64
	clock    clock.State
	sessions []*Record // by seq
	due      []clock.Item[duty]
	counts   map[string]uint64
	catalog  Catalog
	events   []checkout.Event
	happened uint64 // number of the latest event
	keys     []claimed
	faults   fault.State
	hooks    frozenHooks

	reading *readingOf            // of a document that is being read
	store   atomic.Pointer[store] // of the sessions, for the first who wants one; nil: it is to be made
}

// Snapshot returns the whole sandbox as one JSON document. The journal is not part of it: it is what
// was seen, not what is. The catalog is told by its difference from the one that the process begins
// with. An error is a value of a dialect that cannot be written.
//
// The document holds the clients' secrets and the idempotency keys of the sandbox.
func (b *Sandbox) Snapshot() (string, error) {
	f := b.freeze()
	doc, err := b.set.write(f)
	if err != nil {
		return "", err
	}
	b.set.recent.keep(doc, f)
	return doc, nil
}

// Restore puts the sandbox of a document in the place of this one, with its sessions, clock, ids and
// all. A clock that ran has gone on meanwhile: what fell due since then happens at once, each thing at
// its own instant. A document that is broken anywhere is a CodeRefused that names the place, and
// nothing changes. The journal stays, and what a later reset begins with does, too.
func (b *Sandbox) Restore(doc string) error {
	f, err := b.set.read(doc)
	if err != nil {
		return err
	}
	return b.adopt(f)
}

// adopt makes the sandbox what was frozen.
func (b *Sandbox) adopt(f *frozen) error {
	w := b.set.thaw(f)
	if err := b.Faults.Restore(f.faults); err != nil {
		return err
	}
	b.mu.Lock()
	before, h := b.hooks, newHooks()
	b.becomeLocked(w, h)
	b.thawLocked(f.hooks, before)
	b.armLocked()
	b.mu.Unlock()
	before.workers.Wait()
	return nil
}

// freeze takes the sandbox as it is. It copies pointers, so that the sandbox is held up briefly; what
// has to be written is made into JSON afterwards.
func (b *Sandbox) freeze() *frozen {
	f := &frozen{name: b.name, origin: b.origin, faults: b.Faults.State()}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runDueLocked(b.clock.Now())
	f.seed, f.clock, f.counts, f.catalog = b.seed, b.clock.State(), maps.Clone(b.counts), b.catalog.share()
	f.sessions = slices.Clone(b.store.records)
	due := b.due.Items()
	f.hooks = b.hooks.freezeLocked(b.kept, due)
	f.due = slices.DeleteFunc(due, func(i clock.Item[duty]) bool { return i.Value.wake != nil })
	f.events, f.happened = b.events.share(), b.events.count
	if b.moving != nil && b.moving.runs { // it only stands for the move
		f.clock.Frozen, f.clock.Offset = false, b.clock.Offset()
	}
	for _, c := range b.keys.order {
		if b.keys.byKey[c.key] == c && c.answer != nil { // not those whose request still runs
			f.keys = append(f.keys, *c)
		}
	}
	return f
}

// thaw makes a world that goes on from where it was frozen.
func (set *Set) thaw(f *frozen) world {
	w := world{
		seed: f.seed, clock: clock.Restore(set.options.Wall, f.clock), store: f.store.Swap(nil), catalog: f.catalog.share(), counts: maps.Clone(f.counts),
		kept: keptEvents{},
	}
	if w.counts == nil {
		w.counts = map[string]uint64{}
	}
	if w.store == nil {
		w.store = newStore()
		w.store.fill(f.sessions)
	}
	w.due = clock.QueueOf(f.due)
	w.events = eventLog{count: f.happened, kept: slices.Clip(f.events), shared: true}
	if n := uint64(len(f.events)); n == eventsAtMost && n < f.happened { // a ring: each event at its place
		w.events.kept, w.events.shared = make([]checkout.Event, n), false
		for i, e := range f.events {
			w.events.kept[(f.happened-n+uint64(i))%eventsAtMost] = e
		}
	}
	w.keys.byKey = make(map[string]*claimed, len(f.keys))
	over := make(chan struct{})
	close(over)
	for _, c := range f.keys {
		c.done = over
		w.keys.byKey[c.key] = &c
		w.keys.order = append(w.keys.order, &c)
	}
	return w
}

// header is the beginning of a snapshot; after it come the sections.
type header struct {
	Snapshot int    `json:"localcheckout_snapshot"`
	Version  string `json:"version"`
	Sandbox  string `json:"sandbox"`
	Seed     uint64 `json:"seed"` // of what happens from here on
}

type originDoc struct {
	Seed    uint64    `json:"seed"`
	Start   time.Time `json:"start,omitzero"`
	Catalog wire.Raw  `json:"catalog,omitzero"`
}

type clockDoc struct {
	Now    time.Time `json:"now"`
	Frozen bool      `json:"frozen"`
	Offset string    `json:"offset,omitzero"`
}

type dueDoc struct {
	At      time.Time  `json:"at"`
	Session string     `json:"session,omitzero"`
	Expiry  bool       `json:"expiry,omitzero"`   // by the session's own deadline
	Timing  Timing     `json:"webhooks,omitzero"` // those of the command
	Command commandDoc `json:"command,omitzero"`
	Task    *Task      `json:"task,omitzero"` // instead of a session and a command
}

type keyDoc struct {
	Key         []byte    `json:"key"`
	Fingerprint []byte    `json:"fingerprint"`
	Expires     time.Time `json:"expires"`
	Answer      wire.Raw  `json:"answer"`
}
