// Package journal remembers the latest requests of a sandbox and what became of them. It holds no
// headers and no bodies, and of the values that were refused none that looks like a card number or a
// live key.
package journal

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// DefaultSize is how many entries a journal keeps unless told otherwise.
const DefaultSize = 1000

// Entry is one request and its answer.
type Entry struct {
	N          uint64 // number in the sandbox, from 1
	At         time.Time
	Surface    string // name of the provider, or "control"
	Operation  string // operationId; "" when no route matched
	Method     string
	Path       string // below the surface, without the query
	Status     int
	Duration   time.Duration
	Problem    string // text of the error, for the developer; "" when there was none
	Nearest    string // the route that comes closest, when none matched
	Violations []checkout.Violation
	Unread     [][]any // paths of members of the body that nothing read
	DecidedBy  string  // the rule that decided the answer; "state" when none did
}

// Journal is a bounded log. Make one with [New].
type Journal struct {
	size int

	mu      sync.Mutex // guards what follows
	entries []Entry    // a ring once it is full
	count   uint64
}

// New returns a journal of the latest size entries; zero means [DefaultSize].
func New(size int) *Journal {
	if size <= 0 {
		size = DefaultSize
	}
	return &Journal{size: size}
}

// Add records an entry and numbers it.
func (j *Journal) Add(e Entry) {
	e.Violations = kept(e.Violations)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.count++
	e.N = j.count
	if len(j.entries) < j.size {
		j.entries = append(j.entries, e)
		return
	}
	j.entries[(j.count-1)%uint64(j.size)] = e
}

// Since returns the remembered entries after number n, oldest first.
func (j *Journal) Since(n uint64) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	first := j.count - uint64(len(j.entries))
	var out []Entry
	for n = max(n, first) + 1; n <= j.count; n++ {
		out = append(out, j.entries[(n-1)%uint64(j.size)])
	}
	return out
}

// Reset forgets everything.
func (j *Journal) Reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries, j.count = nil, 0
}

// Redacted stands where a value looked like a card number or a live key, Cut where there was more than is kept.
const (
	Redacted = "[redacted]"
	Cut      = "[cut]"
)

// Bounds of what an entry keeps of a request's faults.
const (
	violationsAtMost = 100
	elementsAtMost   = 20
	depthAtMost      = 4
	textAtMost       = 500 // bytes
)

// cardLike is any run of 12 to 19 digits, with spaces or dashes between them; liveLike is the key of a
// live environment.
var (
	cardLike = regexp.MustCompile(`(?:\d[ -]?){12,19}`)
	liveLike = regexp.MustCompile(`[spr]k_live_\w`)
)

// kept returns what is kept of the faults of a request: values of any size may have been refused.
func kept(in []checkout.Violation) []checkout.Violation {
	out := slices.Clone(in[:min(len(in), violationsAtMost)])
	for i := range out {
		out[i].Value = excerpt(out[i].Value, 0)
	}
	return out
}

func excerpt(value any, depth int) any {
	switch v := value.(type) {
	case string:
		return text(v)
	case json.Number:
		if short := text(string(v)); short != string(v) {
			return short
		}
	case []any:
		if depth == depthAtMost {
			return Cut
		}
		out := make([]any, 0, min(len(v), elementsAtMost+1))
		for _, element := range v {
			if len(out) == elementsAtMost {
				return append(out, Cut)
			}
			out = append(out, excerpt(element, depth+1))
		}
		return out
	case map[string]any:
		if depth == depthAtMost {
			return Cut
		}
		out := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if len(out) == elementsAtMost {
				out[Cut] = nil
				break
			}
			out[text(k)] = excerpt(v[k], depth+1)
		}
		return out
	}
	return value
}

func text(s string) string {
	switch {
	case cardLike.MatchString(s[:min(len(s), textAtMost)]), liveLike.MatchString(s[:min(len(s), textAtMost)]):
		return Redacted
	case len(s) > textAtMost:
		return strings.ToValidUTF8(s[:textAtMost], "") + Cut
	}
	return s
}
