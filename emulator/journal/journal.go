// Package journal remembers the latest requests of a sandbox and what became of them, with headers and
// bodies. What is secret is taken out before an entry is kept: credentials, client secrets, card
// numbers. The bodies of answers that the sandbox holds anyway are kept by reference, and lose their
// secrets when they are read.
package journal

import (
	"sync"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Bounds of a journal, unless told otherwise: the oldest entries leave first.
const (
	DefaultSize  = 1000    // entries
	DefaultBytes = 8 << 20 // of everything that the entries hold
)

// Entry is one request and its answer.
type Entry struct {
	N          uint64    // number in the sandbox, from 1
	At         time.Time // wall time
	Clock      time.Time // the sandbox's time when it came
	After      uint64    // number of the last event before it
	Duration   time.Duration
	Surface    string // name of the provider, or "control"
	Operation  string // operationId; "" when no route matched
	Method     string
	Base       string // scheme and host, as the caller wrote them
	Prefix     string // path below which the surface stood
	Path       string // below the surface, without the query
	Query      string // as it was sent
	Session    string // id of the session that path or credential name; "" when they name none
	Request    Message
	Response   Message
	Status     int
	DecidedBy  string // the rule that decided the answer: see api.Request.DecidedBy
	Problem    string // text of the error, for the developer; "" when there was none
	Nearest    string // the route that comes closest, when none matched
	Violations []checkout.Violation
	Unread     [][]any // paths of members of the body that nothing read
}

// Message is the headers and the body of a request or an answer.
type Message struct {
	Header []Field
	Body   Body
}

// Field is one value of a header. A header with several values has several fields.
type Field struct{ Name, Value string }

// Journal is a bounded log. Make one with [New].
type Journal struct {
	size, bytesAtMost int

	mu      sync.Mutex // guards what follows
	entries []Entry    // a ring once it is full
	base    uint64     // number before the one that stands first in entries
	first   uint64     // number of the oldest entry that is kept; count+1 when there is none
	count   uint64     // number of the latest entry
	bytes   int
	life    uint64        // counts resets, from 1
	changed chan struct{} // closed at the next change; nil while nobody waits
}

// Conceal takes secrets out of what says what was wrong with the request.
func (e *Entry) Conceal(secrets []string) {
	e.Problem = Without(e.Problem, secrets...)
	e.Violations = kept(e.Violations, excerpts{secrets})
}

// New returns a journal of the latest size entries, with at most that many bytes; zero means the
// defaults. An entry that is larger by itself is kept until the next one comes.
func New(size, bytes int) *Journal {
	if size <= 0 {
		size = DefaultSize
	}
	if bytes <= 0 {
		bytes = DefaultBytes
	}
	return &Journal{size: size, bytesAtMost: bytes, first: 1, life: 1}
}

// Add records an entry and numbers it.
func (j *Journal) Add(e Entry) {
	e.Problem = Text(e.Problem)
	e.Violations = kept(e.Violations, excerpts{})
	e.Unread = named(e.Unread)
	size := e.size()
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.first <= j.count && (j.bytes+size > j.bytesAtMost || j.count-j.first+1 >= uint64(j.size)) {
		j.forgetLocked()
	}
	j.count++
	j.bytes += size
	e.N = j.count
	if len(j.entries) < j.size {
		j.entries = append(j.entries, e)
	} else {
		*j.atLocked(j.count) = e
	}
	j.wakeLocked()
}

func (j *Journal) atLocked(n uint64) *Entry { return &j.entries[(n-1-j.base)%uint64(j.size)] }

// forgetLocked drops the oldest entry and what it holds.
func (j *Journal) forgetLocked() {
	oldest := j.atLocked(j.first)
	j.bytes -= oldest.size()
	*oldest = Entry{}
	j.first++
}

func (j *Journal) wakeLocked() {
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// Since returns the remembered entries after number n, oldest first.
func (j *Journal) Since(n uint64) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sinceLocked(n)
}

func (j *Journal) sinceLocked(n uint64) []Entry {
	if n >= j.count {
		return nil
	}
	var out []Entry
	for n = max(n+1, j.first); n <= j.count; n++ {
		out = append(out, *j.atLocked(n))
	}
	return out
}

// Entry returns the entry with that number; ok is false when there is none, or none any more.
func (j *Journal) Entry(n uint64) (e Entry, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if n < j.first || n > j.count {
		return Entry{}, false
	}
	return *j.atLocked(n), true
}

// Place is how far a follower of a log has come.
type Place struct {
	N    uint64 // number of what was seen last
	Life uint64 // of the log, which numbers anew after a reset; zero: whichever it is in
}

// In returns the place within a log that is in the given life and has come to last: its beginning when
// the place is of another life.
func (p Place) In(life, last uint64) uint64 {
	if p.Life != 0 && p.Life != life || p.N > last {
		return 0
	}
	return p.N
}

// Follow returns what came after a place, the place after that, and a channel that is closed when there
// may be more.
func (j *Journal) Follow(at Place) (entries []Entry, next Place, more <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return j.sinceLocked(at.In(j.life, j.count)), Place{j.count, j.life}, j.changed
}

// Last returns the number of the latest entry, zero when there was none.
func (j *Journal) Last() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.count
}

// Clear forgets the entries. The next one is numbered on.
func (j *Journal) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries, j.base, j.first, j.bytes = nil, j.count, j.count+1, 0
	j.wakeLocked()
}

// Reset makes the journal new: the next entry has the number 1.
func (j *Journal) Reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries, j.base, j.first, j.count, j.bytes = nil, 0, 1, 0, 0
	j.life++
	j.wakeLocked()
}

// Rough sizes of what every entry and every field takes, in bytes.
const (
	entryBytes = 512
	fieldBytes = 32
)

// size estimates what an entry holds, in bytes.
func (e *Entry) size() int {
	n := entryBytes + len(e.Path) + len(e.Query) + len(e.Problem) + len(e.Violations)*entryBytes + e.Request.Body.held + e.Response.Body.held
	for _, m := range []*Message{&e.Request, &e.Response} {
		for _, f := range m.Header {
			n += fieldBytes + len(f.Value)
		}
	}
	return n
}
