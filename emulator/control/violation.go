package control

import (
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

type violation struct {
	In      string `json:"in"`
	Variant string `json:"variant,omitempty"`
	Pointer string `json:"pointer"`
	Rule    string `json:"rule"`
	Message string `json:"message,omitempty"`
	Allowed []any  `json:"allowed,omitempty"`
	Value   any    `json:"value,omitempty"`
}

func newViolations(in []checkout.Violation) []violation {
	out := make([]violation, len(in))
	for i, v := range in {
		out[i] = violation{In: v.In, Variant: v.Variant, Pointer: pointer(v.Path), Rule: v.Rule, Message: v.Message, Allowed: v.Allowed, Value: v.Value}
	}
	return out
}

func pointers(paths [][]any) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = pointer(p)
	}
	return out
}

// pointer writes a path as a JSON pointer (RFC 6901).
func pointer(path []any) string { return wire.Pointer(path) }
