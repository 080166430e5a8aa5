package sandbox

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/clock"
	"github.com/localcheckout/localcheckout/emulator/fault"
	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// Default is the sandbox of requests that choose none.
const Default = "default"

// sandboxesAtMost bounds how many sandboxes a process holds.
const sandboxesAtMost = 10_000

// Options is what all sandboxes of a process have in common.
type Options struct {
	Seed     uint64             // of every id, token and invented datum
	Start    time.Time          // where clocks begin; zero: wall time
	Wall     func() time.Time   // nil: the machine's time
	Dialects map[string]Dialect // by provider
	Catalog  Catalog            // what every sandbox begins with; not to be changed any more
	Journal  int                // requests remembered by each; zero: journal.DefaultSize
	Answers  Codec              // of what is kept for idempotency keys; the zero value: none are
	Version  string             // told by snapshots
	Webhooks []webhook.Endpoint // what every sandbox begins with: providers, URLs, what they want
	Sender   *webhook.Sender    // nil: one over the network
	// SignedInSandboxTime puts the sandbox's time into signatures instead of wall time, by which
	// receivers check them.
	SignedInSandboxTime bool
}

// Set is all sandboxes of a process, made on first use.
type Set struct {
	options Options
	catalog Catalog          // what sandboxes begin with, as that which differences are told from
	shown   map[string]bool  // kinds of the catalog that sessions show
	kinds   map[string]Codec // of the catalog

	mu       sync.RWMutex // guards what follows
	byName   map[string]*Sandbox
	closed   bool
	refitted *Catalog // instead of catalog, after a refit

	recent  recent
	evictor evictor
}

// NewSet returns an empty set.
func NewSet(o Options) *Set {
	if o.Wall == nil {
		o.Wall = clock.Wall()
	}
	if o.Sender == nil {
		o.Sender = webhook.NewSender(nil)
	}
	set := &Set{options: o, catalog: o.Catalog.base(), shown: map[string]bool{}, kinds: map[string]Codec{}, byName: map[string]*Sandbox{}}
	for _, d := range o.Dialects {
		maps.Copy(set.kinds, d.Kinds)
		for _, kind := range d.Shown {
			set.shown[kind] = true
		}
	}
	return set
}

// Seed returns the seed of the process.
func (set *Set) Seed() uint64 { return set.options.Seed }

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Sandbox returns the sandbox of that name; it is made on first use. An unusable name or one too
// many is a CodeRefused.
func (set *Set) Sandbox(name string) (*Sandbox, error) { return set.find(name, false) }

// Take is [Set.Sandbox] for a request: until [Sandbox.Release] the sandbox counts as used.
func (set *Set) Take(name string) (*Sandbox, error) { return set.find(name, true) }

func (set *Set) find(name string, take bool) (*Sandbox, error) {
	if name == "" {
		name = Default
	}
	set.mu.RLock()
	b := set.byName[name]
	if b != nil && take { // before it could be evicted
		b.uses.begin()
	}
	set.mu.RUnlock()
	if b != nil {
		return b, nil
	}
	return set.add(name, take)
}

func (set *Set) add(name string, take bool) (*Sandbox, error) {
	set.mu.Lock()
	defer set.mu.Unlock()
	b := set.byName[name]
	if b == nil {
		var err error
		if b, err = set.addLocked(name, set.usualLocked()); err != nil {
			return nil, err
		}
	}
	if take {
		b.uses.begin()
	}
	return b, nil
}

// usualLocked is what sandboxes begin with that ask for nothing else.
func (set *Set) usualLocked() origin {
	o := origin{seed: set.options.Seed, start: set.options.Start, catalog: set.catalog}
	if set.refitted != nil {
		o.catalog = *set.refitted
	}
	return o
}

// addLocked makes a sandbox that does not exist.
func (set *Set) addLocked(name string, o origin) (*Sandbox, error) {
	if err := usable(name); err != nil {
		return nil, err
	}
	if len(set.byName) >= sandboxesAtMost {
		return nil, &checkout.Error{Code: checkout.CodeRefused, Message: fmt.Sprintf("there are %d sandboxes already; drop some", sandboxesAtMost)}
	}
	b := &Sandbox{
		set: set, name: strings.Clone(name), origin: o, made: time.Now().UTC(), Journal: journal.New(set.options.Journal, 0), turn: make(chan struct{}, 1),
	}
	b.uses.touch()
	b.Faults = fault.NewSet(func(id string, n uint64) float64 { return b.ids.Load().Rand(id, n).Float64() })
	b.closed = set.closed
	b.resetLocked()
	set.byName[b.name] = b
	return b, nil
}

func usable(name string) error {
	if nameForm.MatchString(name) {
		return nil
	}
	return &checkout.Error{
		Code:    checkout.CodeRefused,
		Message: fmt.Sprintf("%q cannot name a sandbox: use up to 64 letters, digits, dots, dashes and underscores", name),
	}
}

// All returns the sandboxes made so far, in no order.
func (set *Set) All() []*Sandbox {
	set.mu.RLock()
	defer set.mu.RUnlock()
	out := make([]*Sandbox, 0, len(set.byName))
	for _, b := range set.byName {
		out = append(out, b)
	}
	return out
}

// WithSession returns the sandbox that holds the session with that id or client secret, or nil. Of
// several, which restored the same snapshot, it is the default one, else the first by name.
func (set *Set) WithSession(key string) *Sandbox {
	set.mu.RLock()
	usual := set.byName[Default]
	set.mu.RUnlock()
	if usual != nil && usual.holds(key) {
		return usual
	}
	var found *Sandbox
	for _, b := range set.All() {
		if (found == nil || b.name < found.name) && b.holds(key) {
			found = b
		}
	}
	return found
}

func (b *Sandbox) holds(key string) bool { return b.SessionID(key) != "" }

// SessionID returns the id of the session with that id or client secret, "" when there is none.
func (b *Sandbox) SessionID(key string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	seq, ok := b.store.byID[key]
	if !ok {
		seq, ok = b.store.bySecret[key]
	}
	if !ok {
		return ""
	}
	return b.store.records[seq].Session.ID
}

// Settle returns when every sandbox has settled, see [Sandbox.Settle].
func (set *Set) Settle(ctx context.Context) error {
	for _, b := range set.All() {
		if err := b.Settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close stops the clocks and gives up the webhooks that are on their way; sandboxes answer on, but
// nothing happens in them by itself any more. It returns when nothing of the set runs.
func (set *Set) Close() {
	set.mu.Lock()
	set.closed = true
	set.mu.Unlock()
	for _, b := range set.All() {
		b.close()
	}
	set.options.Sender.Close()
}

func (set *Set) dialect(provider string) Dialect { return set.options.Dialects[provider] }
