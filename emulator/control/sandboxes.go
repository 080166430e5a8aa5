package control

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

func (c *Control) sandboxHandlers() map[string]api.Handler {
	return map[string]api.Handler{
		"sandboxes": c.sandboxes, "createSandbox": c.createSandbox, "sandbox": c.sandbox, "dropSandbox": c.dropSandbox,
		"reset": c.reset, "snapshot": c.snapshot, "restore": c.restore,
	}
}

func (c *Control) names() []string {
	names := []string{}
	for _, b := range c.set.All() {
		names = append(names, b.Name())
	}
	slices.Sort(names)
	return names
}

// box is a sandbox at a glance.
type box struct {
	Name       string  `json:"name"`
	Seed       uint64  `json:"seed"`
	Start      *string `json:"start"` // null: the clock began at wall time
	Now        string  `json:"now"`
	Frozen     bool    `json:"frozen"`
	Sessions   int     `json:"sessions"`
	Requests   uint64  `json:"requests"`
	Events     uint64  `json:"events"`
	CreatedAt  string  `json:"created_at"`   // wall time
	LastUsedAt string  `json:"last_used_at"` // wall time
}

func newBox(s sandbox.Summary) box {
	out := box{
		Name: s.Name, Seed: s.Seed, Now: instant(s.Now), Frozen: s.Frozen, Sessions: s.Sessions, Requests: s.Requests, Events: s.Events,
		CreatedAt: instant(s.Made), LastUsedAt: instant(s.LastUsed),
	}
	if !s.Start.IsZero() {
		out.Start = new(instant(s.Start))
	}
	return out
}

func (c *Control) sandboxes(context.Context, *api.Request) (api.Response, error) {
	out := struct {
		Sandboxes []box `json:"sandboxes"`
	}{Sandboxes: []box{}}
	for _, b := range c.set.Sorted() {
		out.Sandboxes = append(out.Sandboxes, newBox(b.Summary()))
	}
	return api.Response{Body: out}, nil
}

type sandboxCreate struct {
	Name     string  `json:"name"`
	Seed     *uint64 `json:"seed"`
	Start    *string `json:"start"`
	Fixtures catalog `json:"fixtures"`
}

func (c *Control) createSandbox(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[sandboxCreate](r)
	if err != nil {
		return api.Response{}, err
	}
	o := sandbox.Origin{Seed: in.Seed}
	if in.Start != nil {
		if o.Start, err = time.Parse(time.RFC3339Nano, *in.Start); err != nil {
			return api.Response{}, refused("start", *in.Start, err.Error(), nil)
		}
	}
	all, faults, err := c.decodeCatalog(in.Fixtures)
	if err != nil {
		return api.Response{}, err
	}
	if len(faults) > 0 {
		for i := range faults {
			faults[i].Path = append([]any{"fixtures"}, faults[i].Path...)
		}
		return api.Response{}, &checkout.Error{Code: checkout.CodeRefused, Message: "the sandbox was not made: " + faults[0].Message, Violations: faults}
	}
	for _, a := range all {
		o.Objects = append(o.Objects, sandbox.Object{Kind: a.kind, ID: a.id, Value: a.value})
	}
	b, err := c.set.Create(in.Name, o)
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusCreated, Body: newBox(b.Summary())}, nil
}

func (c *Control) sandbox(_ context.Context, r *api.Request) (api.Response, error) {
	b, err := c.set.Lookup(r.Param("name"))
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: newBox(b.Summary())}, nil
}

func (c *Control) dropSandbox(_ context.Context, r *api.Request) (api.Response, error) {
	if err := c.set.Drop(r.Param("name")); err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusNoContent}, nil
}

func (c *Control) reset(_ context.Context, r *api.Request) (api.Response, error) {
	r.Sandbox.Reset()
	return api.Response{Status: http.StatusNoContent}, nil
}

// snapshotAtMost is the largest snapshot that is restored, in bytes: some 200,000 sessions.
const snapshotAtMost = 256 << 20

// RawBody implements api.RawBodies: snapshots are read in a way of their own.
func (c *Control) RawBody(operation string) (atMost int64, ok bool) {
	return snapshotAtMost, operation == "snapshot" || operation == "restore"
}

func (c *Control) snapshot(_ context.Context, r *api.Request) (api.Response, error) {
	doc, err := r.Sandbox.Snapshot()
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Text: doc, ContentType: "application/json"}, nil
}

func (c *Control) restore(_ context.Context, r *api.Request) (api.Response, error) {
	if err := r.Sandbox.Restore(r.Raw); err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusNoContent}, nil
}
