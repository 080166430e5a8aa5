package leanrails

import (
	"context"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// paramID is the path parameter that names a session.
const paramID = "id"

// get answers one session.
func (l *LeanRails) get(_ context.Context, r *api.Request) (api.Response, error) {
	rec, err := session(r.Sandbox, r.Param(paramID))
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: encoded(r, rec)}, nil
}

// expireParams is the body of an expiry: there are no parameters.
type expireParams struct{}

// expire ends an open session; its payment intent is cancelled.
//
// Source: G2, expire a checkout session; G3 for the payment intent, and for the refusal when the
// session is not open.
// Assumed: the operation exists in G1, below its path; expires_at stays as it was.
func (l *LeanRails) expire(_ context.Context, r *api.Request) (api.Response, error) {
	if _, err := api.Decode[expireParams](r); err != nil {
		return api.Response{}, err
	}
	rec, _, err := r.Sandbox.Edit(r.Param(paramID), func(_ *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		if rec.Session.Provider != name {
			return nil, errForeign
		}
		return checkout.Expire{}, nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: encoded(r, rec)}, nil
}
