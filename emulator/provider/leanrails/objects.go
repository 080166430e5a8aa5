package leanrails

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// object is something around the sessions that has operations of its own. Values are replaced, never
// modified.
type object interface {
	sandbox.Listed
	key() string // id
}

// kind is what the operations of one kind of objects share. P is a pointer.
type kind[P object] struct {
	catalog string // in the sandbox
	noun    string // in messages, such as "Refund"
	path    string
	// show returns what is encoded of an object, without encoding it; nil: the object itself.
	show func(tx *sandbox.Tx, r *api.Request, v P) any
}

func (k kind[P]) shown(tx *sandbox.Tx, r *api.Request, v P) any {
	if k.show == nil {
		return v
	}
	return k.show(tx, r, v)
}

// named returns the object that the path names.
func (k kind[P]) named(tx *sandbox.Tx, r *api.Request) (P, error) {
	v, ok := tx.Get(k.catalog, r.Param(paramID)).(P)
	if !ok {
		return v, missing(k.noun, r.Param(paramID), paramID)
	}
	return v, nil
}

// get answers one object.
func (k kind[P]) get(_ context.Context, r *api.Request) (resp api.Response, err error) {
	r.Sandbox.View(func(tx *sandbox.Tx) {
		var v P
		if v, err = k.named(tx, r); err == nil {
			resp.Body = k.shown(tx, r, v)
		}
	})
	return resp, err
}

// list answers a page, newest first. A parameter of the query that is not about the page is a filter by
// its own name.
//
// Source: G1, list customers, list prices and others, for parameters and envelope; G2, pagination.
// Assumed: as for sessions, of objects made in the same second the one made later comes first, and the
// object that a cursor names need not pass the filters.
func (k kind[P]) list(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[pageQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	q := sandbox.Query{NewestFirst: true, Limit: cmp.Or(in.Limit, defaultLimit), After: in.StartingAfter, Before: in.EndingBefore, Where: filters(r)}
	out := envelope{url: k.path}
	var shown []any
	r.Sandbox.View(func(tx *sandbox.Tx) {
		var page sandbox.Objects
		page, err = tx.List(k.catalog, q)
		out.more = page.More
		for _, value := range page.Values {
			v := value.(P)
			out.last, shown = v.key(), append(shown, k.shown(tx, r, v))
		}
	})
	var refused *checkout.Error
	if errors.As(err, &refused) && refused.Code == checkout.CodeNotFound {
		param, id := in.cursor()
		err = missing(k.noun, id, param)
	}
	if err != nil {
		return api.Response{}, err
	}
	for _, v := range shown {
		out.bodies = append(out.bodies, wire.MustMarshal(v))
	}
	return api.Response{Body: out.encode()}, nil
}

// filters are the conditions of a list.
func filters(r *api.Request) (out []sandbox.Filter) {
	for _, field := range wire.SortedKeys(r.Query) {
		switch field {
		case queryLimit, queryAfter, queryBefore:
		case queryCurrency:
			out = append(out, sandbox.Filter{Field: field, Values: []string{currencyOf(fmt.Sprint(r.Query[field]))}})
		default:
			out = append(out, sandbox.Filter{Field: field, Values: []string{fmt.Sprint(r.Query[field])}})
		}
	}
	return out
}

// write is a handler that changes objects as do says: all of it, or nothing when something is wrong.
func write[T any](l *LeanRails, do func(tx *sandbox.Tx, r *api.Request, in T) (any, error)) api.Handler {
	return func(_ context.Context, r *api.Request) (resp api.Response, err error) {
		in, err := api.Decode[T](r)
		if err != nil {
			return api.Response{}, err
		}
		err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
			if found := l.faults(tx, r); len(found) > 0 {
				return broken(found)
			}
			resp.Body, err = do(tx, r, in)
			return err
		})
		return resp, err
	}
}

// set puts a text that was sent into an object; null and "" clear it.
//
// Assumed: that null clears, where the references only say that the member is a string.
func set(field **string, in wire.Optional[string]) {
	if in.Set {
		*field = text(in.Value)
	}
}

// merged is the metadata of an object after what was sent: other keys stay, null and "" take a key away,
// and null in the place of all takes all away.
//
// Source: G3, customers and refunds, "metadata merges by key".
// Assumed: the same for every object, and null in JSON for what is empty in a form there.
func merged(old map[string]any, in wire.Optional[map[string]any]) map[string]any {
	out := map[string]any{}
	if !in.Null {
		maps.Copy(out, old)
	}
	for name, value := range in.Value {
		if out[name] = value; value == nil || value == "" {
			delete(out, name)
		}
	}
	return out
}

// metadataParams is the body of an update that changes nothing else.
type metadataParams struct {
	Metadata wire.Optional[map[string]any] `json:"metadata"`
}

// deletedObject is what is left of a deleted object.
//
// Source: G3, delete a customer, delete a webhook endpoint.
type deletedObject struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}
