// Package sandbox is one isolated world: its sessions, catalog, clock, events and ids, behind one
// lock. It loads, applies, saves and records in one critical section.
//
// Sessions are shared with readers as immutable records instead of being copied in and out: a list
// of a hundred costs a hundred pointers. Dialects may take part in a critical section with pure
// code, through [Tx]: what a payment creates (customers, orders) then appears with it or not at all.
package sandbox

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/fault"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// Dialect is what a sandbox needs to know of a provider.
type Dialect struct {
	Policy checkout.Policy
	// React, when not nil, edits the session after each event, in the critical section: what the
	// provider does at that moment. It must be pure and cannot fail.
	React func(tx *Tx, ev checkout.Event, s *checkout.Session)
	// Index, when not nil, returns the values by which the provider's lists filter a session, and the text that
	// they search: all that matters of the rest of it. The sandbox asks at every change. When it is nil,
	// they are what the session says.
	Index func(s *checkout.Session) (terms []checkout.Term, search string)
	// Due, when not nil, does a task that [Tx.Later] planned, at its own instant and in a critical section of
	// its own. It must be pure, cannot fail, and sees for itself whether the task still makes sense.
	Due func(tx *Tx, t Task)
	// Shown are the kinds of the catalog whose objects the dialect shows within a session: when one
	// of them changes, encoded sessions are stale. See [Sandbox.CatalogVersion].
	Shown []string
	// Detail writes and reads what [checkout.Session.Detail] holds; the zero value: nothing.
	Detail Codec
	// Kinds write and read the dialect's objects in the catalog, by kind. Those of its resources may
	// be left out: their wire shape does then.
	Kinds map[string]Codec
	// Webhooks is how the provider sends its own events; nil: it has none. See [Tx.Emit].
	Webhooks *webhook.Policy
	// Subject writes and reads what events are made of; needed when the policy keeps events.
	Subject Codec
	// Refer, when not nil, returns a subject as a snapshot has it: without the objects of the catalog that stands
	// reports, which are elsewhere in the document and must be pointers; ok is false when there are none.
	// Resolve is then needed to make the whole of it again, in its place; object returns nil for what the
	// catalog does not have.
	Refer   func(subject any, stands func(kind, id string, object any) bool) (lean any, ok bool)
	Resolve func(subject any, object func(kind, id string) any) (any, error)
	// Endpoint writes and reads the Detail of webhook endpoints; the zero value: they have none.
	Endpoint Codec
}

// index gives a session what its lists look for.
func (d Dialect) index(s *checkout.Session) {
	if d.Index == nil {
		return
	}
	terms, search := d.Index(s)
	if s.Search = search; !slices.Equal(terms, s.Terms) { // else it shares those that it had
		s.Terms = terms
	}
}

// Sandbox is one isolated world. Make one through [Set.Sandbox].
type Sandbox struct {
	set    *Set
	name   string
	origin origin
	made   time.Time // wall time
	uses   usage

	// Journal records the requests that reached this sandbox.
	Journal *journal.Journal

	// Faults are armed for requests that reach this sandbox.
	Faults *fault.Set

	catalogVersion atomic.Uint64
	ids            atomic.Pointer[ids.Source]
	reached        atomic.Pointer[string] // see Reached

	turn chan struct{} // held by whoever moves the clock

	mu sync.Mutex // guards what follows
	world
	hooks   *hooks
	viewing Tx // that of a View: as it keeps nothing, one will do
	alarm   *time.Timer
	alarmAt time.Time // when the alarm rings, on this clock
	moving  *move     // nil while nobody moves the clock
	closed  bool
	// triggering counts who makes events on demand at the moment.
	triggering int
}

// duty is what falls due: a command for a session, a task of a dialect, or a webhook.
type duty struct {
	seq    uint32
	expiry bool // by its deadline, which must still be the session's
	cmd    checkout.Command
	timing Timing    // of the webhooks of cmd
	task   *Task     // instead of a command: what the dialect does
	wake   *delivery // instead of a command: what is to be sent
}

// Fired is something that came due when the clock moved.
type Fired struct {
	At      time.Time
	Session string // "" when it is about none
	Object  string // id of the object that a task is about; "" when something else happened
	Action  string // the word of the command or task; "" when something else happened
	Skipped string // why the command could not be done any more; "" when it was
	Events  []checkout.Event
	// Delivery is the webhook that was sent, as it stood after the attempt, which is its last one; nil when
	// something else happened.
	Delivery *webhook.Delivery
}

// Name returns the name that selects the sandbox.
func (b *Sandbox) Name() string { return b.name }

// CatalogVersion changes whenever an object does that is shown within sessions.
func (b *Sandbox) CatalogVersion() uint64 { return b.catalogVersion.Load() }

// Create stores the session that build drafts, open and stamped, and records its creation. An error
// of build leaves everything as it was.
func (b *Sandbox) Create(provider string, build func(*Tx) (checkout.Session, error)) (*Record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.armLocked()
	tx := b.beginLocked()
	draft, err := build(tx)
	if err != nil {
		return nil, err
	}
	draft.Provider = provider
	d := b.set.dialect(provider)
	s, eff := checkout.Create(draft, d.Policy, tx.now)
	b.reactLocked(tx, d, eff.Events, nil, &s)
	d.index(&s)
	r := b.store.insert(s)
	if !s.ExpiresAt.IsZero() {
		b.due.Push(s.ExpiresAt, duty{seq: r.seq, expiry: true, cmd: checkout.Expire{}})
	}
	b.commitLocked(tx, r.seq, eff.Later)
	return r, nil
}

// Do applies cmd to a session and returns its new record and what happened.
func (b *Sandbox) Do(id string, cmd checkout.Command) (*Record, []checkout.Event, error) {
	return b.Edit(id, func(*Tx, *Record) (checkout.Command, error) { return cmd, nil })
}

// Edit applies the command that decide chooses, seeing the session as it is. On error nothing
// changes, and the record returned is the session's present one, nil when there is none.
func (b *Sandbox) Edit(id string, decide func(*Tx, *Record) (checkout.Command, error)) (*Record, []checkout.Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.armLocked()
	tx := b.beginLocked()
	r, err := b.findLocked(id)
	if err != nil {
		return nil, nil, err
	}
	cmd, err := decide(tx, r)
	if err != nil {
		return r, nil, err
	}
	return b.applyLocked(tx, r, cmd)
}

// Schedule gives cmd to a session after a delay on the sandbox's clock. By then it may have become
// illegal; it is then left undone, and [Fired.Skipped] says so. cmd must not edit the session by a
// function: what waits is data. Its webhooks are sent as they happen, or not at all with [NoWebhooks].
func (b *Sandbox) Schedule(id string, after time.Duration, cmd checkout.Command, timing Timing) (*Record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.armLocked()
	tx := b.beginLocked()
	r, err := b.findLocked(id)
	if err != nil {
		return nil, err
	}
	if !mayWait(cmd) {
		return nil, fmt.Errorf("a %T that edits the session cannot be scheduled", cmd)
	}
	tx.Webhooks(timing)
	b.due.Push(tx.now.Add(after), duty{seq: r.seq, cmd: cmd, timing: tx.timing()})
	return r, nil
}

// View runs read in the critical section, to see several objects at one instant.
func (b *Sandbox) View(read func(*Tx)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	b.runDueLocked(now)
	b.viewing = Tx{b: b, now: now}
	read(&b.viewing)
}

// Change runs edit in the critical section; what it puts into the catalog is kept unless it fails.
func (b *Sandbox) Change(edit func(*Tx) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.armLocked()
	tx := b.beginLocked()
	if err := edit(tx); err != nil {
		return err
	}
	tx.commit()
	b.recordLocked(tx)
	return nil
}

// Find returns the session with that id, else a CodeNotFound.
func (b *Sandbox) Find(id string) (*Record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runDueLocked(b.clock.Now())
	return b.findLocked(id)
}

// FindSecret returns the session with that client secret, else a CodeNotFound.
func (b *Sandbox) FindSecret(secret string) (*Record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runDueLocked(b.clock.Now())
	if seq, ok := b.store.bySecret[secret]; ok {
		return b.store.records[seq], nil
	}
	return nil, &checkout.Error{Code: checkout.CodeNotFound, Message: "no session has that client secret"}
}

// List returns one page of sessions. An unknown cursor is a CodeNotFound.
func (b *Sandbox) List(q Query) (Page, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runDueLocked(b.clock.Now())
	return b.store.page(q)
}

// Allowed lists the control actions that the session accepts now.
func (b *Sandbox) Allowed(s checkout.Session) []string {
	return checkout.Allowed(s, b.set.dialect(s.Provider).Policy)
}

// Reset puts the sandbox back to how it was at first use.
//
// Webhooks that are on their way are given up: none of before arrives once Reset has returned.
func (b *Sandbox) Reset() {
	b.mu.Lock()
	old := b.hooks
	b.resetLocked()
	b.Journal.Reset()
	b.Faults.Reset()
	b.mu.Unlock()
	old.workers.Wait()
}

func (b *Sandbox) resetLocked() {
	b.becomeLocked(b.origin.world(b.set), newHooks())
	b.configureLocked()
	b.armLocked()
}

// beginLocked opens a transaction at the sandbox's time, after all that was due before it.
func (b *Sandbox) beginLocked() *Tx {
	now := b.clock.Now()
	b.runDueLocked(now)
	return &Tx{b: b, now: now}
}

func (b *Sandbox) findLocked(id string) (*Record, error) {
	seq, ok := b.store.byID[id]
	if !ok {
		return nil, notFound(id)
	}
	return b.store.records[seq], nil
}

// applyLocked runs the steps of cmd on a session. On error the session is as before.
func (b *Sandbox) applyLocked(tx *Tx, r *Record, cmd checkout.Command) (*Record, []checkout.Event, error) {
	d := b.set.dialect(r.Session.Provider)
	s, before := r.Session, &r.Session
	var after []checkout.Scheduled
	steps := checkout.Steps(cmd)
	if len(steps) > 1 {
		if _, _, err := checkout.Apply(s, cmd, d.Policy, tx.now); err != nil {
			return r, nil, err
		}
	}
	for i, step := range steps {
		next, eff, err := checkout.Apply(s, step, d.Policy, tx.now)
		if err != nil {
			return r, nil, err
		}
		tx.passing = i < len(steps)-1
		b.reactLocked(tx, d, eff.Events, before, &next)
		s, before = next, &next
		after = append(after, eff.Later...)
	}
	d.index(&s)
	next := b.store.replace(r, s)
	reopened := r.Session.Status == checkout.Confirmed && s.Status == checkout.Open
	if !s.ExpiresAt.IsZero() && (reopened || !s.ExpiresAt.Equal(r.Session.ExpiresAt)) {
		// The deadline of a payment in flight may have passed unnoticed: then it falls due now.
		b.due.Push(later(s.ExpiresAt, tx.now), duty{seq: r.seq, expiry: true, cmd: checkout.Expire{}})
	}
	return next, b.commitLocked(tx, r.seq, after), nil
}

// reactLocked completes and notes the events of one step and lets the dialect act on each.
func (b *Sandbox) reactLocked(tx *Tx, d Dialect, events []checkout.Event, before, s *checkout.Session) {
	tx.before = before
	if tx.events == nil {
		tx.events = tx.room[:0]
	}
	for _, ev := range events {
		ev.Provider, ev.Session, ev.Status = s.Provider, s.ID, s.Status
		tx.events = append(tx.events, ev)
		if d.React != nil {
			d.React(tx, ev, s)
		}
	}
}

// commitLocked keeps what a section put, recorded and scheduled, and has its webhooks sent.
func (b *Sandbox) commitLocked(tx *Tx, seq uint32, after []checkout.Scheduled) []checkout.Event {
	tx.commit()
	timing := tx.timing()
	for _, l := range after {
		b.due.Push(tx.now.Add(l.After), duty{seq: seq, cmd: l.Command, timing: timing})
	}
	return b.recordLocked(tx)
}

// runDueLocked does all that has fallen due by now, each at its own instant.
func (b *Sandbox) runDueLocked(now time.Time) []Fired {
	fired, _ := b.runSomeLocked(now, math.MaxInt)
	return fired
}

// runSomeLocked does at most so many of the things that have fallen due by now; more says that some may
// be left.
func (b *Sandbox) runSomeLocked(now time.Time, most int) (fired []Fired, more bool) {
	for n := 0; ; n++ {
		if more = n == most; more {
			break
		}
		d, at, ok := b.due.PopDue(now)
		if !ok {
			break
		}
		if f, happened := b.doLocked(d, at); happened {
			fired = append(fired, f)
		}
	}
	if b.moving != nil { // whoever looks meanwhile takes nothing from the move
		b.moving.fired = append(b.moving.fired, fired...)
		return nil, more
	}
	return fired, more
}

// doLocked does one thing that fell due. It is false when there was nothing to do, or nothing to tell yet.
func (b *Sandbox) doLocked(d duty, at time.Time) (Fired, bool) {
	switch {
	case d.wake != nil:
		b.wakeLocked(d.wake, at)
		return Fired{}, false
	case d.task != nil:
		return b.taskLocked(*d.task, at), true
	}
	r := b.store.records[d.seq]
	if d.expiry && (r.Session.ExpiresAt.IsZero() || r.Session.ExpiresAt.After(at)) {
		return Fired{}, false // the deadline was moved
	}
	tx := &Tx{b: b, now: at}
	tx.Webhooks(d.timing)
	_, events, err := b.applyLocked(tx, r, d.cmd)
	f := Fired{At: at, Session: r.Session.ID, Action: checkout.Name(d.cmd), Events: events}
	if err != nil { // overtaken: paid, or expired, before
		f.Skipped = err.Error()
	}
	return f, err == nil || !d.expiry // being overtaken is what deadlines are for
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
