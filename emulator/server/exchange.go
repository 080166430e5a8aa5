package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/openapi"
)

// serve runs one operation: read, authorize, validate, handle.
func (m *mounted) serve(op *openapi.Operation, handler api.Handler) echo.HandlerFunc {
	h := func(ctx context.Context, r *api.Request) (api.Response, error) {
		resp, err := handler(ctx, r)
		return resp, m.ruled(r, err)
	}
	return func(c echo.Context) error {
		for _, v := range c.ParamValues() {
			if strings.Contains(v, "/") { // echo lets the last parameter take the rest of the path
				m.unrouted(nil, c)
				return nil
			}
		}
		return m.exchange(c, op, func(r *api.Request) (api.Response, error) {
			body, err := m.admit(c, op, r)
			err = m.ruled(r, err)
			if m.mayStrike(r) && !arrivalOf(c).unseen {
				return m.strike(c, r, err, func(ctx context.Context, instead error) (api.Response, error) {
					return m.once(ctx, r, body, spoilt(h, instead))
				})
			}
			if err != nil {
				return api.Response{}, err
			}
			ctx := c.Request().Context()
			if _, waits := m.surface.(api.Unrecorded); waits {
				var done context.CancelFunc
				ctx, done = m.lasting(ctx)
				defer done()
			}
			return m.once(ctx, r, body, h)
		})
	}
}

// ruled adds the faults that a surface's own rules find to those of an invalid request.
func (m *mounted) ruled(r *api.Request, err error) error {
	ruler, ok := m.surface.(api.Ruler)
	if err == nil || !ok {
		return err
	}
	var known *checkout.Error // beyond the usual case: it costs an allocation
	if !errors.As(err, &known) || known.Code != checkout.CodeInvalid {
		return err
	}
	all := *known
	all.Violations = ruler.Rules(r, known.Violations)
	return &all
}

// exchange makes the request, lets act answer it, and writes and records the answer.
func (m *mounted) exchange(c echo.Context, op *openapi.Operation, act func(*api.Request) (api.Response, error)) error {
	began := time.Now()
	r, arrived := m.request(c, op), arrivalOf(c)
	defer func() {
		if r.Sandbox != nil {
			r.Sandbox.Release()
		}
	}()
	if op == nil { // nobody else reads the body, but the journal has it
		arrived.body, _ = io.ReadAll(io.LimitReader(c.Request().Body, journal.BodyAtMost))
	}
	err := m.keepOut(r)
	if err == nil {
		r.Sandbox, err = m.choose(r, arrived)
	}
	if err == nil {
		if _, own := m.surface.(api.Unrecorded); !own { // it is a provider's
			r.Sandbox.Reached(r.Base)
			arrived.clock, arrived.after = r.Sandbox.Moment()
		}
		var resp api.Response
		if resp, err = m.guard(r, act); err == nil {
			return m.finish(c, op, r, arrived, resp, nil, began)
		}
	}
	if r.Sandbox == nil {
		r.Sandbox, _ = m.sandboxes.Take(sandbox.Default)
	}
	return m.finish(c, op, r, arrived, m.problem(r, err), err, began)
}

// problem renders an error; an injected one keeps the status that it was given, and a rate limit says
// when to come back.
//
// Assumed: providers that document nothing about rate limits send the header of RFC 9110.
func (m *mounted) problem(r *api.Request, err error) api.Response {
	resp := m.surface.Problem(r, err)
	var known *checkout.Error
	if !errors.As(err, &known) {
		return resp
	}
	if known.HTTP != 0 {
		resp.Status = known.HTTP
	}
	if after := known.Rate.Seconds(); after != "" {
		resp.SetHeader("Retry-After", after)
	}
	return resp
}

// keepOut is the error of a caller whom the surface does not let in.
func (m *mounted) keepOut(r *api.Request) error {
	if g, ok := m.surface.(api.Guard); ok {
		return g.Guard(r)
	}
	return nil
}

// guard turns a panic of ours into an error, so that the caller gets the provider's 500.
func (m *mounted) guard(r *api.Request, act func(*api.Request) (api.Response, error)) (resp api.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			m.logger.Error("panic", "surface", m.name, "operation", r.Operation, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return act(r)
}

func (m *mounted) request(c echo.Context, op *openapi.Operation) *api.Request {
	req := c.Request()
	escaped := req.URL.RawPath != ""
	r := api.NewRequest(func(name string) string {
		v := c.Param(name)
		if escaped {
			if plain, err := url.PathUnescape(v); err == nil {
				return plain
			}
		}
		return v
	})
	arrived := arrivalOf(c)
	r.Method, r.Path, r.RawQuery, r.Header = req.Method, req.URL.Path, req.URL.RawQuery, req.Header
	r.Host, r.Base, r.Prefix = req.Host, m.base(req, arrived), arrived.prefix
	r.Strict = m.strict
	if op != nil {
		r.Operation = op.ID
	}
	return r
}

// choose finds the sandbox: base path, header, credential, the session's own secret, default.
func (m *mounted) choose(r *api.Request, a *arrival) (*sandbox.Sandbox, error) {
	name := a.sandbox
	if name == "" {
		name = r.Header.Get(headerSandbox)
	}
	if name == "" {
		if c, ok := m.surface.(interface{ Credential(http.Header) string }); ok {
			name = api.SandboxOf(c.Credential(r.Header))
		}
	}
	if name == "" {
		if h, ok := m.surface.(api.SecretHolder); ok {
			if key := h.SessionKey(r); key != "" {
				if b := m.sandboxes.WithSession(key); b != nil {
					b.Hold()
					return b, nil
				}
			}
		}
	}
	return m.sandboxes.Take(name)
}

// admit checks the credential, then reads and validates the parameters and the body.
func (m *mounted) admit(c echo.Context, op *openapi.Operation, r *api.Request) (body []byte, err error) {
	atMost, whole := m.rawBody(op)
	body, readErr := readBody(c.Request(), atMost)
	if whole {
		r.Raw = wire.String(body)
		body = nil
	}
	arrivalOf(c).body = body
	if a, ok := m.surface.(api.Authorizer); ok {
		if err := a.Authorize(r); err != nil {
			return nil, err
		}
	}
	if readErr != nil {
		return nil, readErr
	}
	args, faults := op.Arguments(r.Param, query(r.RawQuery))
	r.Query = args
	if op.TakesBody && !whole {
		bodyFaults, err := m.body(op, r, body)
		if err != nil {
			return nil, err
		}
		faults = append(faults, bodyFaults...)
	}
	if len(faults) > 0 {
		return nil, &checkout.Error{Code: checkout.CodeInvalid, Message: "the request breaks the document", Violations: faults}
	}
	return body, nil
}

// finish completes the response, unless a fault ends the connection instead.
func (m *mounted) finish(c echo.Context, op *openapi.Operation, r *api.Request, a *arrival, resp api.Response, failure error, began time.Time) error {
	if sent := resp.Sent; sent != nil {
		defer func() {
			_ = http.NewResponseController(c.Response().Writer).Flush() // the answer comes first
			sent()
		}()
	}
	if a.sever != nil {
		m.record(c, op, r, api.Response{}, nil, failure, began)
		m.severed(c, a.sever)
		return nil
	}
	header := c.Response().Header()
	maps.Copy(header, resp.Header)
	resp.Header = header
	for name, values := range a.add {
		resp.SetHeader(name, values[0])
	}
	if f, ok := m.surface.(api.Finisher); ok {
		f.Finish(r, &resp)
	}
	if resp.Status == 0 {
		resp.Status = http.StatusOK
	}
	of := &[2]string{r.Sandbox.Name(), cmp.Or(r.DecidedBy, api.DecidedByState)}
	header[headerSandbox], header[headerDecidedBy] = of[0:1:1], of[1:2:2]
	if resp.Stream != nil {
		header[echo.HeaderContentType] = []string{resp.ContentType}
		m.record(c, op, r, resp, nil, failure, began)
		return m.stream(c, a, resp)
	}
	return m.send(c, op, r, a, resp, failure, began)
}

// send encodes the response, records the exchange and writes it.
func (m *mounted) send(c echo.Context, op *openapi.Operation, r *api.Request, a *arrival, resp api.Response, failure error, began time.Time) error {
	header := c.Response().Header()
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	body, contentType, err := m.encode(resp, buf)
	if err != nil {
		m.logger.Error("encode a response", "surface", m.name, "operation", r.Operation, "error", err)
		resp, failure = m.problem(r, err), err
		body, contentType, _ = encode(resp, buf)
	}
	if m.inspect != nil && !a.unchecked && (!a.injected || op != nil && op.Declares(resp.Status)) {
		m.check(op, r, resp.Status, contentType, body)
	}
	if contentType != "" {
		of := &[2]string{contentType, strconv.Itoa(len(body))}
		header[echo.HeaderContentType], header[echo.HeaderContentLength] = of[0:1:1], of[1:2:2]
	}
	m.record(c, op, r, resp, body, failure, began)
	c.Response().WriteHeader(resp.Status)
	if a.spoil != nil {
		_ = m.spoiler(c, a.spoil)(body) // what goes wrong here was asked for
		return nil
	}
	if contentType == "" {
		return nil
	}
	return writeBody(c.Request().Context(), c.Response(), body)
}

// encode is the function of that name, unless the same was sent lately.
func (s *Server) encode(resp api.Response, buf *[]byte) (body []byte, contentType string, err error) {
	if parts, ok := resp.Body.(wire.Assembly); ok {
		if body := s.again.body(parts); body != nil {
			return body, cmp.Or(resp.ContentType, echo.MIMEApplicationJSON), nil
		}
	}
	return encode(resp, buf)
}

// buffers are for bodies that are put together when they are sent.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// bufferAtMost is the largest buffer that is used again.
const bufferAtMost = 1 << 20

// encode returns the bytes of a response, without content type when there are none. They may stand
// in buf.
func encode(resp api.Response, buf *[]byte) (body []byte, contentType string, err error) {
	contentType = resp.ContentType
	switch b := resp.Body.(type) {
	case nil:
		return wire.Bytes(resp.Text), contentType, nil
	case json.RawMessage:
		body = b
	case wire.Assembly:
		body = b.AppendTo((*buf)[:0])
		if cap(body) <= bufferAtMost {
			*buf = body
		}
	default:
		if body, err = wire.Marshal(b); err != nil {
			return nil, "", err
		}
	}
	if contentType == "" {
		contentType = echo.MIMEApplicationJSON
	}
	return body, contentType, nil
}

func query(raw string) url.Values {
	if raw == "" {
		return nil
	}
	q, _ := url.ParseQuery(raw) // what cannot be read is left out, as the providers do
	return q
}
