package fault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/match"
)

// rulesAtMost bounds the rules of a sandbox, those that are used up included.
const rulesAtMost = 1000

// idPrefix begins the ids of faults: fault_1, fault_2.
const idPrefix = "fault_"

// Set is the faults of one sandbox. Make one with [NewSet].
type Set struct {
	draw  func(id string, n uint64) float64
	armed atomic.Pointer[[]*armed] // nil when there is none; replaced, never changed

	mu    sync.Mutex // guards what follows, and the counts of the rules
	count uint64
}

type armed struct {
	id   string
	rule Rule
	// Counts, guarded by the set's lock.
	seen uint64 // requests that matched
	hits uint64 // those that were struck
	gone bool
}

// Fault is a rule with its counts.
type Fault struct {
	ID   string `json:"id"`
	Rule Rule   `json:"rule"`
	Seen uint64 `json:"seen"` // requests that matched
	Hits uint64 `json:"hits"` // those that it struck
}

// Left is how many more requests the fault strikes; ok is false when there is no bound.
func (f Fault) Left() (left uint64, ok bool) {
	if f.Rule.Times == 0 {
		return 0, false
	}
	return uint64(f.Rule.Times) - min(f.Hits, uint64(f.Rule.Times)), true
}

// NewSet returns an empty set. draw gives a number from 0 to below 1 that depends on nothing but the
// sandbox's seed, the fault's id and n, which counts the requests that the fault matched.
func NewSet(draw func(id string, n uint64) float64) *Set { return &Set{draw: draw} }

// Armed reports whether there is any fault: one atomic load.
func (s *Set) Armed() bool { return s.armed.Load() != nil }

// Decide returns the strike of the oldest fault that strikes the request; ok is false when none does.
// Faults after that one do not see the request.
func (s *Set) Decide(v *match.View) (strike Strike, ok bool) {
	rules := s.armed.Load()
	if rules == nil {
		return Strike{}, false
	}
	for _, a := range *rules {
		if a.rule.Match.Matches(v) && s.strikes(a) {
			return Strike{By: "fault:" + a.id, Effect: a.rule.Effect, Phase: a.rule.Phase}, true
		}
	}
	return Strike{}, false
}

// strikes counts a match and decides whether the fault strikes.
func (s *Set) strikes(a *armed) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.gone || a.rule.Times > 0 && a.hits >= uint64(a.rule.Times) {
		return false
	}
	a.seen++
	if a.seen%uint64(a.rule.Every) != 0 || a.rule.Chance < 1 && s.draw(a.id, a.seen) >= a.rule.Chance {
		return false
	}
	a.hits++
	return true
}

// Arm adds a rule behind those that are there. One too many is a CodeRefused.
func (s *Set) Arm(r Rule) (Fault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rules := s.rulesLocked()
	if len(rules) >= rulesAtMost {
		return Fault{}, &checkout.Error{Code: checkout.CodeRefused, Message: fmt.Sprintf("there are %d faults already; drop some, or all with DELETE /_control/faults", rulesAtMost)}
	}
	s.count++
	a := &armed{id: idPrefix + strconv.FormatUint(s.count, 10), rule: r}
	s.setLocked(append(slices.Clone(rules), a))
	return a.faultLocked(), nil
}

// All returns the faults, oldest first, those that are used up included.
func (s *Set) All() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.allLocked()
}

// Find returns one fault; an unknown id is a CodeNotFound.
func (s *Set) Find(id string) (Fault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.rulesLocked() {
		if a.id == id {
			return a.faultLocked(), nil
		}
	}
	return Fault{}, notFound(id)
}

// Drop disarms one fault; an unknown id is a CodeNotFound. Requests that it has struck stay struck.
func (s *Set) Drop(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rules := s.rulesLocked()
	i := slices.IndexFunc(rules, func(a *armed) bool { return a.id == id })
	if i < 0 {
		return notFound(id)
	}
	rules[i].gone = true
	s.setLocked(slices.Delete(slices.Clone(rules), i, i+1))
	return nil
}

// Clear disarms every fault; ids go on.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clearLocked()
}

// Reset disarms every fault and begins the ids anew.
func (s *Set) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clearLocked()
	s.count = 0
}

// State is a whole set, for a snapshot. It goes through JSON as it is.
type State struct {
	Count  uint64  `json:"count"` // of the ids given so far
	Faults []Fault `json:"faults"`
}

// State returns the set as it is.
func (s *Set) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return State{s.count, s.allLocked()}
}

// Check reports why a state cannot be restored: an id that is unusable, stands twice or is still to be
// given, or too many faults. The error names the fault by its index.
func (st State) Check() error {
	if len(st.Faults) > rulesAtMost {
		return fmt.Errorf("there are %d faults; there can be %d", len(st.Faults), rulesAtMost)
	}
	last := uint64(0)
	for i, f := range st.Faults {
		n, err := strconv.ParseUint(strings.TrimPrefix(f.ID, idPrefix), 10, 64)
		switch {
		case err != nil || f.ID != idPrefix+strconv.FormatUint(n, 10):
			return fmt.Errorf("fault %d: %q is no id of a fault", i, f.ID)
		case n <= last || n > st.Count:
			return fmt.Errorf("fault %d: %s is out of order, or beyond the count %d", i, f.ID, st.Count)
		case f.Rule.Match == nil || f.Hits > f.Seen:
			return fmt.Errorf("fault %d: it has no rule, or more hits than it has seen", i)
		}
		last = n
	}
	return nil
}

// Restore puts a state in place of what there is. A state that [State.Check] refuses changes nothing.
func (s *Set) Restore(st State) error {
	if err := st.Check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clearLocked()
	s.count = st.Count
	rules := make([]*armed, len(st.Faults))
	for i, f := range st.Faults {
		rules[i] = &armed{id: f.ID, rule: f.Rule, seen: f.Seen, hits: f.Hits}
	}
	s.setLocked(rules)
	return nil
}

func (s *Set) allLocked() []Fault {
	out := []Fault{}
	for _, a := range s.rulesLocked() {
		out = append(out, a.faultLocked())
	}
	return out
}

func (a *armed) faultLocked() Fault { return Fault{a.id, a.rule, a.seen, a.hits} }

func (s *Set) rulesLocked() []*armed {
	if rules := s.armed.Load(); rules != nil {
		return *rules
	}
	return nil
}

func (s *Set) setLocked(rules []*armed) {
	if len(rules) == 0 {
		s.armed.Store(nil)
		return
	}
	s.armed.Store(&rules)
}

func (s *Set) clearLocked() {
	for _, a := range s.rulesLocked() {
		a.gone = true
	}
	s.setLocked(nil)
}

func notFound(id string) error {
	return &checkout.Error{Code: checkout.CodeNotFound, Message: "there is no fault " + id}
}
