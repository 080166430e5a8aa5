package control

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/openapi"
)

type providerInfo struct {
	Name       string `json:"name"`
	BaseURL    string `json:"base_url"`
	Credential string `json:"credential"`
}

func (c *Control) info(_ context.Context, r *api.Request) (api.Response, error) {
	out := struct {
		Version   string         `json:"version"`
		Seed      uint64         `json:"seed"`
		Sandbox   string         `json:"sandbox"`
		Sandboxes []string       `json:"sandboxes"`
		Providers []providerInfo `json:"providers"`
	}{Version: c.version, Seed: c.sandboxes.Seed(), Sandbox: r.Sandbox.Name(), Sandboxes: c.names(), Providers: []providerInfo{}}
	for _, p := range c.providers {
		out.Providers = append(out.Providers, providerInfo{Name: p.Name(), BaseURL: r.Base + "/" + p.Name(), Credential: p.Example()})
	}
	return api.Response{Body: out}, nil
}

func (c *Control) document(context.Context, *api.Request) (api.Response, error) {
	return api.Response{Text: string(openapi.ControlYAML), ContentType: "application/yaml"}, nil
}

func (c *Control) names() []string {
	names := []string{}
	for _, b := range c.sandboxes.All() {
		names = append(names, b.Name())
	}
	slices.Sort(names)
	return names
}

func (c *Control) listSandboxes(context.Context, *api.Request) (api.Response, error) {
	type entry struct {
		Name string `json:"name"`
	}
	out := struct {
		Sandboxes []entry `json:"sandboxes"`
	}{Sandboxes: []entry{}}
	for _, name := range c.names() {
		out.Sandboxes = append(out.Sandboxes, entry{name})
	}
	return api.Response{Body: out}, nil
}

func (c *Control) reset(_ context.Context, r *api.Request) (api.Response, error) {
	r.Sandbox.Reset()
	return api.Response{Status: http.StatusNoContent}, nil
}

type request struct {
	N          uint64      `json:"n"`
	At         string      `json:"at"`
	Surface    string      `json:"surface"`
	Operation  *string     `json:"operation"`
	Method     string      `json:"method"`
	Path       string      `json:"path"`
	Status     int         `json:"status"`
	Duration   string      `json:"duration"`
	Problem    *string     `json:"problem"`
	Nearest    *string     `json:"nearest"`
	Violations []violation `json:"violations"`
	Unread     []string    `json:"unread"`
}

type violation struct {
	In      string `json:"in"`
	Variant string `json:"variant,omitempty"`
	Pointer string `json:"pointer"`
	Rule    string `json:"rule"`
	Message string `json:"message,omitempty"`
	Allowed []any  `json:"allowed,omitempty"`
	Value   any    `json:"value,omitempty"`
}

type sinceQuery struct {
	Since   uint64 `json:"since"`
	Type    string `json:"type"`
	Session string `json:"session"`
}

func (c *Control) listRequests(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[sinceQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	out := struct {
		Requests []request `json:"requests"`
	}{Requests: []request{}}
	for _, e := range r.Sandbox.Journal.Since(in.Since) {
		out.Requests = append(out.Requests, request{
			N: e.N, At: instant(e.At), Surface: e.Surface, Operation: wire.OrNull(e.Operation), Method: e.Method, Path: e.Path,
			Status: e.Status, Duration: e.Duration.String(), Problem: wire.OrNull(e.Problem), Nearest: wire.OrNull(e.Nearest),
			Violations: newViolations(e.Violations), Unread: pointers(e.Unread),
		})
	}
	return api.Response{Body: out}, nil
}

func (c *Control) clearRequests(_ context.Context, r *api.Request) (api.Response, error) {
	r.Sandbox.Journal.Reset()
	return api.Response{Status: http.StatusNoContent}, nil
}

func (c *Control) listEvents(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[sinceQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	all, _ := r.Sandbox.Events(in.Since)
	kept := slices.DeleteFunc(all, func(e checkout.Event) bool {
		return in.Type != "" && string(e.Type) != in.Type || in.Session != "" && e.Session != in.Session
	})
	return api.Response{Body: struct {
		Events []event `json:"events"`
	}{newEvents(kept)}}, nil
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

var pointerForm = strings.NewReplacer("~", "~0", "/", "~1")

// pointer writes a path as a JSON pointer (RFC 6901).
func pointer(path []any) string {
	var b strings.Builder
	for _, step := range path {
		b.WriteByte('/')
		b.WriteString(pointerForm.Replace(fmt.Sprint(step)))
	}
	return b.String()
}
