// Package server turns surfaces into HTTP: routing by their documents, reading and validating
// requests, writing responses. It is the only importer of echo and knows no provider.
package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/openapi"
)

// mounted is a surface with its routes.
type mounted struct {
	*Server
	surface api.Surface
	name    string
	// provider says that the surface is one's, whose requests faults may strike.
	provider bool
	bound    func() ([]operation, error) // see bind; once
	ready    func() error                // mounts it, once
	echo     *echo.Echo
	routes   []route
}

type route struct {
	method, path string // path with {name} for parameters
	shape        []string
}

// operation is one of the document with what answers it.
type operation struct {
	*openapi.Operation
	handler api.Handler
}

// bind gives every operation of the document its handler. It refuses an operation without handler and a
// handler without operation, and names both.
func (m *mounted) bind() ([]operation, error) {
	part := openapi.Whole
	if m.inspect == nil {
		part = openapi.RequestsOnly
	}
	doc, err := openapi.Load(m.name+".yaml", m.surface.Document(), part)
	if err != nil {
		return nil, err
	}
	handlers := m.surface.Handlers()
	all := make([]operation, 0, len(handlers))
	for _, op := range doc.Operations() {
		h := handlers[op.ID]
		if h == nil {
			return nil, fmt.Errorf("%s.yaml: operation %s has no handler", m.name, op.ID)
		}
		all = append(all, operation{op, h})
	}
	for id := range handlers {
		if doc.Operation(id) == nil {
			return nil, fmt.Errorf("%s.yaml: handler %s has no operation", m.name, id)
		}
	}
	return all, nil
}

// mount makes the routes.
func (m *mounted) mount() error {
	operations, err := m.bound()
	if err != nil {
		return err
	}
	m.echo = echo.New()
	m.echo.HTTPErrorHandler = m.unrouted
	for _, op := range operations {
		m.add(op.Method, op.Path, m.serve(op.Operation, op.handler))
	}
	m.decline()
	m.refuseOptions()
	return nil
}

// refuseOptions takes OPTIONS back from echo, which would answer it by itself: what a provider
// answers is its dialect's, by Problem.
func (m *mounted) refuseOptions() {
	seen := map[string]bool{}
	for _, r := range m.routes {
		seen[r.path] = seen[r.path] || r.method == http.MethodOptions
	}
	for path, taken := range seen {
		if !taken {
			m.echo.Router().Add(http.MethodOptions, echoPath(path), func(c echo.Context) error {
				m.unrouted(nil, c)
				return nil
			})
		}
	}
}

func (m *mounted) add(method, path string, h echo.HandlerFunc) {
	m.echo.Router().Add(method, echoPath(path), h)
	m.routes = append(m.routes, route{method, path, strings.Split(path, "/")})
}

// decline answers the operations that the provider documents and nobody emulates.
func (m *mounted) decline() {
	d, ok := m.surface.(api.Decliner)
	if !ok {
		return
	}
	for _, op := range d.Declined() {
		h := func(c echo.Context) error {
			return m.exchange(c, nil, func(r *api.Request) (api.Response, error) {
				return m.unserved(c, r, &checkout.Error{
					Code:    checkout.CodeNotEmulated,
					Message: fmt.Sprintf("%s %s is not emulated: %s", r.Method, op.Path, op.Reason),
				})
			})
		}
		if op.Method != "" {
			m.add(op.Method, op.Path, h)
			continue
		}
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			m.add(method, op.Path, h)
		}
	}
}

// echoPath turns {name} into echo's :name.
func echoPath(path string) string { return echoForm.Replace(path) }

var echoForm = strings.NewReplacer("{", ":", "}", "")

// unrouted answers a request that no route takes, in the surface's shape.
func (m *mounted) unrouted(_ error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	_ = m.exchange(c, nil, func(r *api.Request) (api.Response, error) {
		return m.unserved(c, r, m.routeError(r.Method, r.Path))
	})
}

func (m *mounted) routeError(method, path string) *api.RouteError {
	e := &api.RouteError{Method: method, Path: path, Nearest: m.nearest(method, path)}
	e.Allow = m.methods(path)
	e.Known = len(e.Allow) > 0
	toggled, slashed := strings.CutSuffix(path, "/")
	if !slashed {
		toggled = path + "/"
	}
	if !e.Known && len(m.methods(toggled)) > 0 {
		e.Slash = toggled
	}
	return e
}

// methods lists the methods of all routes that match a path.
func (m *mounted) methods(path string) []string {
	var out []string
	parts := strings.Split(path, "/")
	for _, r := range m.routes {
		if r.matches(parts) && !slices.Contains(out, r.method) {
			out = append(out, r.method)
		}
	}
	return out
}

func (r route) matches(parts []string) bool {
	return slices.EqualFunc(r.shape, parts, func(want, got string) bool {
		return want == got || strings.HasPrefix(want, "{") && got != ""
	})
}

// nearest returns the route that shares the longest run of segments with a path, the method
// deciding between equals; "" when nothing but the root is shared.
func (m *mounted) nearest(method, path string) string {
	best, score := "", 0
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for _, r := range m.routes {
		if s := r.likeness(method, parts); s > score {
			best, score = r.method+" "+r.path, s
		}
	}
	return best
}

func (r route) likeness(method string, parts []string) int {
	shape := strings.Split(strings.Trim(r.path, "/"), "/")
	score := 0
	for i, want := range shape {
		switch {
		case i >= len(parts):
			score--
		case want == parts[i]:
			score += 8
		case strings.HasPrefix(want, "{"):
			score += 3
		default:
			score += commonPrefix(want, parts[i])*4/max(len(want), len(parts[i])) - 2
		}
	}
	score -= max(len(parts)-len(shape), 0)
	if score > 0 && r.method == method {
		score++
	}
	return score
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
