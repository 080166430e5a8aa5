package server

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/openapi"
)

// record puts an exchange into the journal, before the answer is sent: whoever has the answer finds it
// there. body is the encoded answer.
func (m *mounted) record(c echo.Context, op *openapi.Operation, r *api.Request, resp api.Response, body []byte, failure error, began time.Time) {
	path, secrets := discreet(op, r)
	secrets = append(secrets, secretsOf(r)...)
	e := journal.Entry{
		At: began.UTC(), Surface: m.name, Operation: r.Operation, Method: r.Method, Base: r.Base, Prefix: r.Prefix,
		Path: journal.Text(path), Query: journal.Without(journal.Query(r.RawQuery), secrets...), Status: resp.Status, DecidedBy: cmp.Or(r.DecidedBy, api.DecidedByState), Unread: r.Unread,
	}
	if failure != nil {
		m.explain(&e, r, failure)
	}
	if _, skip := m.surface.(api.Unrecorded); !skip && !arrivalOf(c).unseen {
		e.Session = m.sessionOf(c, r)
		m.messages(&e, c, resp, body, secrets)
		if e.Clock, e.After = arrivalOf(c).clock, arrivalOf(c).after; e.Clock.IsZero() {
			e.Clock, e.After = r.Sandbox.Moment()
		}
		e.Duration = time.Since(began)
		r.Sandbox.Journal.Add(e)
	}
	if m.verbose {
		m.logger.Info("exchange", "surface", m.name, "operation", r.Operation, "method", r.Method, "path", e.Path,
			"status", e.Status, "duration", time.Since(began), "sandbox", r.Sandbox.Name())
	}
}

// messages fills in what the journal keeps of a request and its answer. Successful answers are kept by
// reference, as the sandbox holds them anyway; they lose their secrets when they are read. A credential
// in a header whose name does not say so is the surface's to find.
func (m *mounted) messages(e *journal.Entry, c echo.Context, resp api.Response, body []byte, secrets []string) {
	var credential string
	e.Request.Header, credential = journal.Fields(c.Request().Header)
	e.Response.Header, _ = journal.Fields(c.Response().Header())
	if holder, ok := m.surface.(interface{ Credential(http.Header) string }); ok && credential == "" {
		if credential = holder.Credential(c.Request().Header); credential != "" {
			secrets = append(secrets, credential)
		}
	}
	if len(secrets) > 0 { // a Location may repeat them
		journal.Conceal(e.Request.Header, secrets)
		journal.Conceal(e.Response.Header, secrets)
	}
	all := func() []string { return append(secrets, credential) }
	sent := arrivalOf(c).body
	if len(sent) > 0 {
		e.Request.Body = journal.Own(sent, all()...)
	}
	if e.Problem != "" {
		e.Conceal(append(all(), journal.Secrets(sent)...))
	}
	switch parts, inParts := resp.Body.(wire.Assembly); {
	case inParts: // body is memory that is used again
		e.Response.Body = journal.Parts(parts, len(body))
	case resp.Status >= http.StatusBadRequest:
		e.Response.Body = journal.Own(body, all()...)
	default:
		e.Response.Body = journal.Shared(body)
	}
}

// secretsOf returns the client secrets in the query of a request, however they are named.
func secretsOf(r *api.Request) []string {
	var found []string
	for part := range strings.SplitSeq(r.RawQuery, "&") {
		_, v, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(v); err == nil && isSecret(r, plain) {
			found = append(found, plain)
		}
	}
	return found
}

// isSecret reports whether text is the client secret of a session.
func isSecret(r *api.Request, text string) bool {
	if len(text) < shortestSecret {
		return false
	}
	id := r.Sandbox.SessionID(text)
	return id != "" && id != text
}

// shortestSecret is less than the length of any client secret, for speed.
const shortestSecret = 12

// sessionOf returns the session that the path or the credential of a request names.
func (m *mounted) sessionOf(c echo.Context, r *api.Request) string {
	for _, name := range c.ParamNames() {
		if id := r.Sandbox.SessionID(r.Param(name)); id != "" {
			return id
		}
	}
	if h, ok := m.surface.(api.SecretHolder); ok {
		if key := h.SessionKey(r); key != "" {
			return r.Sandbox.SessionID(key)
		}
	}
	return ""
}

// longestName is the longest segment that is shown of a path that no operation takes: ids are
// shorter, secrets longer.
const longestName = 40

// discreet returns a path without the secrets that stand in it, and those.
func discreet(op *openapi.Operation, r *api.Request) (shown string, secrets []string) {
	if op != nil && !strings.Contains(op.Path, secretEnd) {
		return r.Path, nil
	}
	parts := strings.Split(r.Path, "/")
	var shape []string
	if op != nil {
		shape = strings.Split(op.Path, "/")
	}
	for i, part := range parts {
		switch {
		case i < len(shape) && strings.Contains(shape[i], secretEnd):
			parts[i] = shape[i]
		case op == nil && (len(part) > longestName || isSecret(r, part)):
			parts[i] = "{secret}"
		default:
			continue
		}
		secrets = append(secrets, part)
	}
	return strings.Join(parts, "/"), secrets
}

// secretEnd is how the names of parameters end that hold a secret.
const secretEnd = "secret}"

func (m *mounted) explain(e *journal.Entry, r *api.Request, failure error) {
	e.Problem = failure.Error()
	var known *checkout.Error
	var unrouted *api.RouteError
	if errors.Is(failure, api.ErrLiveKey) {
		m.logger.Warn("refused a key", "surface", m.name, "operation", r.Operation, "error", failure)
	}
	switch {
	case errors.Is(failure, errLeft):
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
	if _, whole := m.rawBody(op); whole && status == http.StatusOK {
		return
	}
	if err := op.CheckResponse(status, contentType, body); err != nil {
		m.inspect(r, err)
	}
}
