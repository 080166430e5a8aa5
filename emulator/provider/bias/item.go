package bias

import (
	"context"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// get answers one session.
func (b *Bias) get(_ context.Context, r *api.Request) (api.Response, error) {
	if found := b.ownFaults(r); len(found) > 0 {
		return api.Response{}, refused(found)
	}
	expand, _ := readExpand(r.RawQuery, expandSession)
	rec, client, err := find(r)
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: b.body(r, rec, shown{expand: expand, client: client})}, nil
}

// expire ends a payable session.
//
// Source: docs.biaspay.com, "Expire a checkout session".
// Assumed: one that is not payable any more is refused, as errors' page says of conflicts with the
// current state.
func (b *Bias) expire(_ context.Context, r *api.Request) (api.Response, error) {
	if found := b.ownFaults(r); len(found) > 0 {
		return api.Response{}, refused(found)
	}
	rec, _, err := r.Sandbox.Edit(r.Param("id"), func(_ *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		if rec.Session.Provider != name {
			return nil, errNoSession
		}
		return checkout.Expire{}, nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: b.body(r, rec, shown{})}, nil
}
