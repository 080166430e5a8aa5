package api

import (
	"errors"
	"fmt"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Decode returns the validated body as a T, from the same parse that was validated. Members that T
// does not have are noted in r.Unread, or refused with a CodeInvalid when r.Strict. A value that no
// T can hold is a CodeInvalid.
func Decode[T any](r *Request) (T, error) {
	var v T
	if err := wire.Bind(r.Body, &v); err != nil {
		return v, unreadable(r, checkout.InBody, err)
	}
	r.Unread = wire.Unknown(r.Body, &v)
	if r.Strict && len(r.Unread) > 0 {
		return v, unread(r)
	}
	return v, nil
}

// DecodeQuery returns the validated query parameters as a T, by its json tags.
func DecodeQuery[T any](r *Request) (T, error) {
	var v T
	if err := wire.Bind(r.Query, &v); err != nil {
		return v, unreadable(r, checkout.InQuery, err)
	}
	return v, nil
}

// unread is the error of strictness: nobody looks at these members.
func unread(r *Request) error {
	e := &checkout.Error{Code: checkout.CodeInvalid, Message: "the request has members that nothing reads"}
	for _, path := range r.Unread {
		e.Violations = append(e.Violations, checkout.Violation{
			In: checkout.InBody, Variant: r.Variant, Path: path, Rule: checkout.RuleUnknown, Value: wire.Lookup(r.Body, path),
			Message: fmt.Sprintf("nothing reads %v (refused because of --strict)", path[len(path)-1]),
		})
	}
	return e
}

func unreadable(r *Request, in string, err error) error {
	v := checkout.Violation{In: in, Variant: r.Variant, Rule: checkout.RuleUnreadable, Message: err.Error()}
	var be *wire.BindError
	if errors.As(err, &be) {
		v.Path, v.Want, v.Value = be.Path, be.Want, be.Value
	}
	return &checkout.Error{Code: checkout.CodeInvalid, Message: err.Error(), Violations: []checkout.Violation{v}}
}
