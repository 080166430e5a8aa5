package api

import (
	"errors"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Decode returns the validated body as a T, from the same parse that was validated. Members that T
// does not have are noted in r.Unread. A value that no T can hold is a CodeInvalid.
func Decode[T any](r *Request) (T, error) {
	var v T
	if err := wire.Bind(r.Body, &v); err != nil {
		return v, unreadable(r, checkout.InBody, err)
	}
	r.Unread = wire.Unknown(r.Body, &v)
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

func unreadable(r *Request, in string, err error) error {
	v := checkout.Violation{In: in, Variant: r.Variant, Rule: checkout.RuleUnreadable, Message: err.Error()}
	var be *wire.BindError
	if errors.As(err, &be) {
		v.Path, v.Want, v.Value = be.Path, be.Want, be.Value
	}
	return &checkout.Error{Code: checkout.CodeInvalid, Message: err.Error(), Violations: []checkout.Violation{v}}
}
