package tilled

import (
	"context"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// get answers one session of the account.
func (t *Tilled) get(_ context.Context, r *api.Request) (api.Response, error) {
	rec, err := r.Sandbox.Find(r.Param("id"))
	if err != nil {
		return api.Response{}, err
	}
	if !owned(rec, accountOf(r.Header)) {
		return api.Response{}, errNoSession
	}
	return api.Response{Body: encoded(r, rec)}, nil
}

// expire ends an open session. The answer is 201, not 200.
//
// Source: CheckoutSessionsApi.md of tilled-typescript-sdk, "expire".
// Assumed: the deadline stays as it was; the time of the last change does not.
func (t *Tilled) expire(_ context.Context, r *api.Request) (api.Response, error) {
	account := accountOf(r.Header)
	rec, _, err := r.Sandbox.Edit(r.Param("id"), func(_ *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		if !owned(rec, account) {
			return nil, errNoSession
		}
		return checkout.Expire{}, nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusCreated, Body: encoded(r, rec)}, nil
}

// errNoSession is a session of another account or provider: it does not exist for the caller.
var errNoSession = &checkout.Error{Code: checkout.CodeNotFound, Message: "the session belongs to another account"}
