// Package journal remembers the latest requests of a sandbox and what became of them. It holds no
// headers and no bodies, and of the values that were refused none that looks like a card number.
package journal

import (
	"encoding/json"
	"regexp"
	"slices"
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
	e.Violations = redacted(e.Violations)
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

// Redacted stands where a value looked like a card number.
const Redacted = "[redacted]"

// cardLike is any run of 12 to 19 digits, with spaces or dashes between them.
var cardLike = regexp.MustCompile(`(?:\d[ -]?){12,19}`)

func redacted(in []checkout.Violation) []checkout.Violation {
	out := slices.Clone(in)
	for i := range out {
		out[i].Value = redact(out[i].Value)
	}
	return out
}

func redact(value any) any {
	switch v := value.(type) {
	case string:
		if cardLike.MatchString(v) {
			return Redacted
		}
	case json.Number:
		if cardLike.MatchString(string(v)) {
			return Redacted
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = redact(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = redact(v[k])
		}
		return out
	}
	return value
}
