// Package acme is an invented fifth provider: one folder with its code, document and catalog. It is
// here to show that nothing else has to change for a new one.
package acme

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

const name = "acme"

//go:embed acme.yaml
var document []byte

//go:embed *.json
var catalog embed.FS

// dialect implements provider.Provider.
type dialect struct{ keys api.Keyring }

var _ provider.Provider = dialect{}

func newAcme(o provider.Options) (provider.Provider, error) {
	if o.Profile != "" {
		return nil, fmt.Errorf("acme has no profile %q", o.Profile)
	}
	return dialect{o.Keys}, nil
}

func (dialect) Name() string                               { return name }
func (dialect) Document() []byte                           { return document }
func (dialect) Catalog() fs.FS                             { return catalog }
func (dialect) Credential(h http.Header) string            { return h.Get("X-Acme-Key") }
func (dialect) Example() string                            { return "acme_test_1" }
func (dialect) DeclineCodes() []string                     { return []string{"no", "too_poor"} }
func (dialect) Status(s checkout.Status) string            { return statuses[s] }
func (dialect) URL(s checkout.Session, base string) string { return base + "/checkout/" + s.ID }
func (dialect) Declined() []api.Declined {
	return []api.Declined{{Path: "/v1/refunds", Reason: "later"}}
}
func (dialect) Dialect() sandbox.Dialect {
	return sandbox.Dialect{Policy: checkout.Policy{Lifetime: time.Hour}, Detail: sandbox.JSON[detail]()}
}

var statuses = map[checkout.Status]string{
	checkout.Open: "waiting", checkout.Confirmed: "paying", checkout.Succeeded: "paid", checkout.Failed: "broken", checkout.Expired: "closed",
}

// plan is the only kind of object in the catalog.
type plan struct {
	ID    string `json:"id"`
	Cents int64  `json:"cents"`
}

func (dialect) Resources() []provider.Resource {
	return []provider.Resource{{
		Name: "plans",
		Decode: func(raw json.RawMessage) (string, any, error) {
			dec := json.NewDecoder(bytes.NewReader(raw))
			dec.DisallowUnknownFields()
			var p plan
			err := dec.Decode(&p)
			return p.ID, p, err
		},
		Encode: func(v any) any { return v },
	}}
}

func (d dialect) Authorize(r *api.Request) error {
	key := d.Credential(r.Header)
	if api.LooksLive(key) {
		return api.RefuseLive("")
	}
	if _, ok := d.keys.Find(key); key == "" || !ok {
		return &checkout.Error{Code: checkout.CodeUnauthorized, Message: "X-Acme-Key is missing"}
	}
	return nil
}

func (d dialect) Handlers() map[string]api.Handler {
	return map[string]api.Handler{"createSession": create, "getSession": get, "listSessions": list, "closeSession": closed}
}

type creation struct {
	Plan     string               `json:"plan"`
	Quantity wire.Optional[int64] `json:"quantity,omitzero"`
	Note     *string              `json:"note"`
}

// detail is what only Acme knows of a session.
type detail struct {
	Plan     string  `json:"plan,omitzero"`
	Quantity int64   `json:"quantity,omitzero"`
	Note     *string `json:"note,omitzero"`
}

type session struct {
	ID       string  `json:"id"`
	Status   string  `json:"status"`
	Plan     string  `json:"plan"`
	Quantity int64   `json:"quantity"`
	Note     *string `json:"note"`
	Cents    int64   `json:"cents"`
}

func encoded(rec *sandbox.Record) json.RawMessage {
	return rec.Body(sandbox.Private, sandbox.RenderKey{}, func() json.RawMessage {
		s := rec.Session
		d := s.Detail.(detail)
		return wire.MustMarshal(session{s.ID, statuses[s.Status], d.Plan, d.Quantity, d.Note, s.Amount})
	})
}

func create(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[creation](r)
	if err != nil {
		return api.Response{}, err
	}
	rec, err := r.Sandbox.Create(name, func(tx *sandbox.Tx) (checkout.Session, error) {
		p, ok := tx.Get(name+".plans", in.Plan).(plan)
		if !ok {
			return checkout.Session{}, &checkout.Error{Code: checkout.CodeNotFound, Message: "there is no plan " + in.Plan}
		}
		n := in.Quantity.Or(1)
		return checkout.Session{ID: "acme_" + tx.Token("acme", ids.Base62, 12), Amount: n * p.Cents, Currency: "eur", Detail: detail{in.Plan, n, in.Note}}, nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusCreated, Body: encoded(rec)}, nil
}

func get(_ context.Context, r *api.Request) (api.Response, error) {
	rec, err := r.Sandbox.Find(r.Param("id"))
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: encoded(rec)}, nil
}

func closed(_ context.Context, r *api.Request) (api.Response, error) {
	rec, _, err := r.Sandbox.Do(r.Param("id"), checkout.Expire{})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: encoded(rec)}, nil
}

func list(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[struct {
		After string `json:"after"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	page, err := r.Sandbox.List(sandbox.Query{Scope: name, Limit: 7, After: in.After})
	if err != nil {
		return api.Response{}, err
	}
	items := make([]json.RawMessage, len(page.Records))
	for i, rec := range page.Records {
		items[i] = encoded(rec)
	}
	return api.Response{Body: wire.Assembly{{Name: "items", Items: items}, {Name: "more", Value: wire.MustMarshal(page.More)}}}, nil
}

var httpStatus = map[checkout.Code]int{
	checkout.CodeTooLarge: 413, checkout.CodeUnauthorized: 401, checkout.CodeForbidden: 403, checkout.CodeNotFound: 404,
	checkout.CodeConflict: 409, checkout.CodeExpired: 409, checkout.CodeRateLimited: 429, checkout.CodeNotEmulated: 501, checkout.CodeInternal: 500,
}

func (dialect) Problem(_ *api.Request, err error) api.Response {
	status, wrong := http.StatusInternalServerError, []string{"we failed"}
	var known *checkout.Error
	var unrouted *api.RouteError
	switch {
	case errors.As(err, &unrouted):
		status, wrong = http.StatusNotFound, []string{"nothing is here"}
	case errors.As(err, &known):
		if status = httpStatus[known.Code]; status == 0 {
			status = http.StatusBadRequest
		}
		wrong = []string{known.Error()}
		for _, v := range known.Violations {
			wrong = append(wrong, fmt.Sprint(v.Path, " breaks ", v.Rule))
		}
	}
	return api.Response{Status: status, Body: map[string][]string{"wrong": wrong}}
}
