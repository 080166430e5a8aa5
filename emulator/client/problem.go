package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Problem is what the control API answers instead of a success (RFC 9457). Find it with errors.As.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"` // of HTTP
	Detail string `json:"detail"` // what went wrong, for people
	// Allowed are the words that would have been right: actions on a session, codes, names.
	Allowed []string    `json:"allowed"`
	Errors  []Violation `json:"errors"` // all faults of the request
	// Count is how many requests matched, Closest those that came closest, when a verification failed.
	Count   int    `json:"count"`
	Closest []Miss `json:"closest"`

	method, path string
	body         []byte
}

// Violation is one fault of a request.
type Violation struct {
	In      string `json:"in"`      // "body", "query" or "path"
	Variant string `json:"variant"` // of a union, the member that was tried
	Pointer string `json:"pointer"` // JSON pointer (RFC 6901) to the value
	Rule    string `json:"rule"`
	Message string `json:"message"`
	Allowed []any  `json:"allowed"`
	Value   any    `json:"value"` // as sent
}

// Error says what was tried, what went wrong and what is allowed.
func (p *Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s /_control%s: %d %s", p.method, p.path, p.Status, http.StatusText(p.Status))
	if p.Detail != "" {
		b.WriteString(": " + p.Detail)
	}
	if len(p.Allowed) > 0 {
		b.WriteString("; allowed: " + strings.Join(p.Allowed, ", "))
	}
	return b.String()
}

// shownAtMost bounds what is shown of an answer that is no problem document, in bytes.
const shownAtMost = 300

// problemOf reads a response that is no success. One that is not of the control API, as a proxy's,
// is told by its first words.
func problemOf(resp *http.Response) error {
	_, path, _ := strings.Cut(resp.Request.URL.Path, "/_control")
	p := &Problem{method: resp.Request.Method, path: path}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && json.Unmarshal(body, p) != nil {
		p.Detail = strings.TrimSpace(string(body[:min(len(body), shownAtMost)]))
	}
	p.Status, p.body = resp.StatusCode, body
	return p
}
