package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// usage says whether and when a sandbox was used, in wall time.
type usage struct {
	running atomic.Int64 // requests that are being answered, waits and streams among them
	last    atomic.Int64 // nanoseconds since 1970
}

func (u *usage) begin() {
	u.running.Add(1)
	u.touch()
}

func (u *usage) end() {
	u.touch()
	u.running.Add(-1)
}

func (u *usage) touch() { u.last.Store(time.Now().UnixNano()) }

func (u *usage) lastUsed() time.Time { return time.Unix(0, u.last.Load()).UTC() }

// Release ends a use that [Set.Take] or [Sandbox.Hold] began.
func (b *Sandbox) Release() { b.uses.end() }

// Hold begins a use, as [Set.Take] does, of a sandbox that was found otherwise.
func (b *Sandbox) Hold() { b.uses.begin() }

// Object is one object of a catalog.
type Object struct {
	Kind, ID string
	Value    any
}

// Origin is what a sandbox begins with instead of what all others do. The zero value changes nothing.
type Origin struct {
	Seed  *uint64   // nil: the process's
	Start time.Time // zero: the process's
	// Objects are put into the catalog.
	Objects []Object
}

// Create makes a sandbox that begins, at once and after each reset, with what o says. One that exists
// is a CodeConflict.
func (set *Set) Create(name string, o Origin) (*Sandbox, error) {
	set.mu.Lock()
	defer set.mu.Unlock()
	begin := set.usualLocked()
	if o.Seed != nil {
		begin.seed = *o.Seed
	}
	if !o.Start.IsZero() {
		begin.start = o.Start
	}
	begin.catalog = begin.catalog.share()
	for _, one := range o.Objects {
		begin.catalog.Put(one.Kind, one.ID, one.Value)
	}
	if set.byName[name] != nil {
		return nil, &checkout.Error{
			Code: checkout.CodeConflict, Message: fmt.Sprintf("the sandbox %s exists; drop it first, or reset it", name), Allowed: []string{"dropSandbox", "reset"},
		}
	}
	return set.addLocked(name, begin)
}

// Lookup returns the sandbox of that name if it was made, else a CodeNotFound.
func (set *Set) Lookup(name string) (*Sandbox, error) {
	set.mu.RLock()
	defer set.mu.RUnlock()
	if b := set.byName[name]; b != nil {
		return b, nil
	}
	return nil, &checkout.Error{Code: checkout.CodeNotFound, Message: "there is no sandbox " + name}
}

// Drop forgets a sandbox; the next use of its name makes a new one. Requests that are being answered
// end on what was dropped. One that does not exist is a CodeNotFound.
func (set *Set) Drop(name string) error {
	b, err := set.Lookup(name)
	if err != nil {
		return err
	}
	set.mu.Lock()
	if set.byName[name] == b {
		delete(set.byName, name)
	}
	set.mu.Unlock()
	b.close()
	return nil
}

// Summary is a sandbox at a glance.
type Summary struct {
	Name           string
	Seed           uint64
	Start          time.Time // zero: the clock began at wall time
	Now            time.Time
	Frozen         bool
	Sessions       int
	Requests       uint64 // so far, since the journal was reset
	Events         uint64 // so far
	Made, LastUsed time.Time
}

// Summary returns the sandbox at a glance. It does not wait for a move of the clock to end.
func (b *Sandbox) Summary() Summary {
	s := Summary{Name: b.name, Start: b.origin.start, Made: b.made, LastUsed: b.uses.lastUsed(), Requests: b.Journal.Last()}
	b.mu.Lock()
	defer b.mu.Unlock()
	s.Seed, s.Now, s.Frozen = b.seed, b.clock.Now(), b.frozenLocked()
	s.Sessions, s.Events = len(b.store.records), b.events.count
	return s
}

// Sorted is [Set.All] by name.
func (set *Set) Sorted() []*Sandbox {
	all := set.All()
	slices.SortFunc(all, func(a, b *Sandbox) int { return cmp.Compare(a.name, b.name) })
	return all
}

// Evict drops the sandboxes that nobody has used since, in wall time, and returns their names. Those
// with a request that is being answered, a wait or an open stream among them, stay. The default one
// goes like any other.
func (set *Set) Evict(since time.Time) []string {
	var idle []*Sandbox
	set.mu.Lock()
	for name, b := range set.byName {
		if b.uses.running.Load() == 0 && b.uses.lastUsed().Before(since) {
			delete(set.byName, name)
			idle = append(idle, b)
		}
	}
	set.mu.Unlock()
	names := make([]string, len(idle))
	for i, b := range idle {
		b.close()
		names[i] = b.name
	}
	slices.Sort(names)
	return names
}

// EvictIdle drops sandboxes that were not used for so long, from now on until Close.
func (set *Set) EvictIdle(after time.Duration) {
	set.evictor.start(max(after/4, time.Millisecond), func() { set.Evict(time.Now().Add(-after)) })
}

// evictor does something every now and then.
type evictor struct {
	mu    sync.Mutex // guards what follows
	timer *time.Timer
	over  bool
}

func (e *evictor) start(every time.Duration, do func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over || e.timer != nil {
		return
	}
	e.timer = time.AfterFunc(every, func() {
		do()
		e.mu.Lock()
		defer e.mu.Unlock()
		if !e.over {
			e.timer.Reset(every)
		}
	})
}

func (e *evictor) stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	if e.timer != nil {
		e.timer.Stop()
	}
}
