// Package match says which requests a rule is about: by provider, operation, method, path, headers,
// fields of the body, session and status. A [Match] is compiled once and asked often; it can also list
// what keeps a request from matching, word by word.
//
// Source: ours; the values follow what users of WireMock expect.
package match

import (
	"encoding/json"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// The words of a match.
const (
	WordProvider  = "provider"  // name of the provider
	WordOperation = "operation" // operationId of the provider's document
	WordMethod    = "method"    // in any case
	WordPath      = "path"      // below the provider, or with its name in front; see [Compile]
	WordHeader    = "header"    // values by name, in any case; one of several values is enough
	WordBody      = "body"      // values by JSON pointer (RFC 6901)
	WordSession   = "session"   // id of the session that the request is about
	WordStatus    = "status"    // of the answer: 500, "500" or "5xx"
)

// RequestWords are the words about a request that has not been answered yet, AllWords those about an
// exchange.
var (
	RequestWords = []string{WordProvider, WordOperation, WordMethod, WordPath, WordHeader, WordBody, WordSession}
	AllWords     = append(RequestWords[:len(RequestWords):len(RequestWords)], WordStatus)
)

// View is a request, or an exchange, as a match sees it.
type View struct {
	Provider  string
	Operation string // "" when no route matched
	Method    string
	Path      string // below the provider's prefix, without the query
	Header    http.Header
	Body      any    // a tree of [wire.Parse]; nil when there was none
	Session   string // "" when the request is about none
	Status    int    // zero: not answered yet
}

// Match is a compiled match. Make one with [Compile]; the zero value matches every request.
type Match struct {
	spec  map[string]any
	terms []term
}

// term is one comparison: of a word, a header, or a place in the body.
type term struct {
	pointer string // where the value stands in the request
	want    any    // as the user wrote it
	value   value
	got     func(*View) []any // the candidates; none when absent
}

// Difference is one comparison that failed.
type Difference struct {
	// Pointer leads to the value in the request: /method, /header/X-Request-Id, /body/line_items/0.
	Pointer string
	Want    any  // as the match has it
	Got     any  // nil when Absent
	Absent  bool // the request has no such value
}

// Matches reports whether a request has everything that the match asks for.
func (m *Match) Matches(v *View) bool {
	for i := range m.terms {
		if !m.terms[i].holds(v) {
			return false
		}
	}
	return true
}

// Differences lists what keeps a request from matching, in the order of [AllWords]; nil when nothing
// does.
func (m *Match) Differences(v *View) []Difference {
	var out []Difference
	for i := range m.terms {
		t := &m.terms[i]
		if t.holds(v) {
			continue
		}
		d := Difference{Pointer: t.pointer, Want: t.want, Absent: true}
		if got := t.got(v); len(got) > 0 {
			d.Got, d.Absent = got[0], false
		}
		out = append(out, d)
	}
	return out
}

// Words is how many comparisons the match makes: a request with that many differences has nothing in
// common with it.
func (m *Match) Words() int { return len(m.terms) }

func (t *term) holds(v *View) bool {
	got := t.got(v)
	if len(got) == 0 {
		return t.value.absent
	}
	if t.value.absent {
		return false
	}
	for _, g := range got {
		if t.value.accepts(g) {
			return true
		}
	}
	return false
}

// MarshalJSON writes the match as it was compiled.
func (m *Match) MarshalJSON() ([]byte, error) {
	if m.spec == nil {
		return []byte("{}"), nil
	}
	return wire.Marshal(m.spec)
}

// UnmarshalJSON compiles what MarshalJSON wrote. Names are not looked up in a vocabulary.
func (m *Match) UnmarshalJSON(data []byte) error {
	tree, err := wire.Parse(data)
	if err != nil {
		return err
	}
	made, err := Compile(tree, Vocabulary{Words: AllWords})
	if err != nil {
		return err
	}
	*m = *made
	return nil
}

var (
	_ json.Marshaler   = (*Match)(nil)
	_ json.Unmarshaler = (*Match)(nil)
)
