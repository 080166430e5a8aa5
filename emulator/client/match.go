package client

// Match chooses requests; the zero value is all of them. Each value is compared for equality, or is one
// of [Regex], [Contains], [Exists] and [Equals].
type Match struct {
	Provider  any            `json:"provider,omitempty"`
	Operation any            `json:"operation,omitempty"` // operationId of the provider's document
	Method    any            `json:"method,omitempty"`    // in any case
	Path      any            `json:"path,omitempty"`      // below the provider; * or {name} is one segment, ** any number
	Header    map[string]any `json:"header,omitempty"`    // by name, in any case
	Body      map[string]any `json:"body,omitempty"`      // by JSON pointer (RFC 6901)
	Session   any            `json:"session,omitempty"`   // id of the session that the request is about
}

// Regex is a text in which a regular expression is found (RE2 syntax); anchor it with ^ and $.
type Regex string

// MarshalJSON implements json.Marshaler.
func (r Regex) MarshalJSON() ([]byte, error) { return condition("regex", string(r)) }

// Contains is a text with a part, an array with an element, or an object with members.
type Contains struct{ Part any }

// MarshalJSON implements json.Marshaler.
func (c Contains) MarshalJSON() ([]byte, error) { return condition("contains", c.Part) }

// Exists is whatever value is there; false is that there is none.
type Exists bool

// MarshalJSON implements json.Marshaler.
func (e Exists) MarshalJSON() ([]byte, error) { return condition("exists", bool(e)) }

// Equals is an object with these members and no others.
type Equals struct{ Value any }

// MarshalJSON implements json.Marshaler.
func (e Equals) MarshalJSON() ([]byte, error) { return condition("equals", e.Value) }
