package wire

import (
	"bytes"
	"encoding/json"
)

// Optional is a member of a request that may be absent, null or a value. The zero value is absent.
// In output it needs the tag option omitzero.
type Optional[T any] struct {
	Value T    // the zero value of T when absent or null
	Set   bool // sent at all, null included
	Null  bool // sent as null
}

// Some returns a present value.
func Some[T any](v T) Optional[T] { return Optional[T]{Value: v, Set: true} }

// Has reports whether a value other than null was sent.
func (o Optional[T]) Has() bool { return o.Set && !o.Null }

// Or returns the value, or other when absent or null.
func (o Optional[T]) Or(other T) T {
	if o.Has() {
		return o.Value
	}
	return other
}

// Ptr returns the value, or nil when absent or null.
func (o Optional[T]) Ptr() *T {
	if !o.Has() {
		return nil
	}
	v := o.Value
	return &v
}

// IsZero reports whether the member is absent.
func (o Optional[T]) IsZero() bool { return !o.Set }

// MarshalJSON writes the value, or null.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if !o.Has() {
		return []byte("null"), nil
	}
	return Marshal(o.Value)
}

// UnmarshalJSON reads a value or null.
func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	o.Set, o.Null = true, bytes.Equal(data, []byte("null"))
	if o.Null {
		return nil
	}
	return json.Unmarshal(data, &o.Value)
}

// fromTree is how [Bind] fills an Optional.
func (o *Optional[T]) fromTree(tree any) error {
	o.Set, o.Null = true, tree == nil
	if o.Null {
		return nil
	}
	return Bind(tree, &o.Value)
}

// OrNull returns nil for the empty string, which is how the engine keeps absent text.
func OrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
