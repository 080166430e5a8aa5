package server

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/openapi"
)

func (m *mounted) record(op *openapi.Operation, r *api.Request, status int, failure error, began time.Time) {
	e := journal.Entry{
		At: began.UTC(), Surface: m.name, Operation: r.Operation, Method: r.Method, Path: discreet(op, r.Path),
		Status: status, Duration: time.Since(began), Unread: r.Unread, DecidedBy: cmp.Or(r.DecidedBy, api.DecidedByState),
	}
	if failure != nil {
		m.explain(&e, r, failure)
	}
	if _, skip := m.surface.(api.Unrecorded); !skip {
		r.Sandbox.Journal.Add(e)
	}
	if m.verbose {
		m.logger.Info("exchange", "surface", m.name, "operation", r.Operation, "method", r.Method, "path", e.Path,
			"status", status, "duration", e.Duration, "sandbox", r.Sandbox.Name())
	}
}

// longestName is the longest segment that is shown of a path that no operation takes: ids are
// shorter, secrets longer.
const longestName = 40

// discreet returns a path without the secrets that stand in it.
func discreet(op *openapi.Operation, path string) string {
	parts := strings.Split(path, "/")
	var shape []string
	if op != nil {
		shape = strings.Split(op.Path, "/")
	}
	for i, part := range parts {
		switch {
		case i < len(shape) && strings.Contains(shape[i], "secret}"):
			parts[i] = shape[i]
		case op == nil && len(part) > longestName:
			parts[i] = "{secret}"
		}
	}
	return strings.Join(parts, "/")
}

func (m *mounted) explain(e *journal.Entry, r *api.Request, failure error) {
	e.Problem = failure.Error()
	var known *checkout.Error
	var unrouted *api.RouteError
	if errors.Is(failure, api.ErrLiveKey) {
		m.logger.Warn("refused a key", "surface", m.name, "operation", r.Operation, "error", failure)
	}
	switch {
	case errors.As(failure, &known):
		e.Violations = known.Violations
	case errors.As(failure, &unrouted):
		shown := *unrouted
		shown.Path = e.Path
		e.Nearest, e.Problem = shown.Nearest, shown.Error()
	default:
		m.logger.Error("a request failed by our fault", "surface", m.name, "operation", r.Operation, "error", failure)
	}
}

// check reports a response that the surface's own document does not allow.
func (m *mounted) check(op *openapi.Operation, r *api.Request, status int, contentType string, body []byte) {
	if op == nil {
		return
	}
	if err := op.CheckResponse(status, contentType, body); err != nil {
		m.inspect(r, err)
	}
}
