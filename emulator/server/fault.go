package server

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/fault"
	"github.com/localcheckout/localcheckout/emulator/match"
)

// faulted is what a fault left to do when a request is answered.
type faulted struct {
	// sever ends the connection in its own way instead of an answer; nil: there is one.
	sever fault.Action
	// spoil spoils the body of the answer; nil: it is sent whole.
	spoil fault.Action
	// injected says that the document need not declare the status, unchecked that it need not declare
	// the answer at all.
	injected, unchecked bool
}

// mayStrike reports whether a request has to be looked at: one header, and one atomic load.
func (m *mounted) mayStrike(r *api.Request) bool {
	return m.provider && (len(r.Header[fault.Header]) > 0 || r.Sandbox.Faults.Armed()) && r.Method != http.MethodOptions
}

// strike serves a request under the fault that strikes it: that of its header, else the oldest armed
// one. Armed faults leave alone what was refused before it was served; the header does not. serve
// answers with instead, when that is not nil, after it has done everything.
func (m *mounted) strike(c echo.Context, r *api.Request, refusal error, serve func(ctx context.Context, instead error) (api.Response, error)) (api.Response, error) {
	a, ctx := arrivalOf(c), c.Request().Context()
	s, struck, err := m.decide(c, r, refusal == nil)
	if err != nil {
		a.unchecked = true
		return api.Response{Status: http.StatusBadRequest, Text: err.Error() + "\n", ContentType: "text/plain; charset=utf-8"}, nil
	}
	run := func(instead error) (api.Response, error) {
		if refusal != nil {
			return api.Response{}, cmp.Or(instead, refusal)
		}
		return serve(ctx, instead)
	}
	if !struck {
		return run(nil)
	}
	defer func() { r.DecidedBy = s.By }() // whatever the handler found
	if s.Phase == fault.Before && !m.holding.wait(ctx, s.Effect.Delay) {
		return a.leave()
	}
	instead := m.error(r, s.Effect.Act)
	if status, ok := s.Effect.Act.(fault.Status); ok {
		a.injected, a.unchecked = true, status.Word != "" && status.HTTP != 0
	}
	var resp api.Response
	if s.Phase == fault.Before && s.Effect.Act != nil {
		resp, err = api.Response{}, instead
	} else {
		resp, err = run(instead)
	}
	if s.Phase == fault.After && !m.holding.wait(ctx, s.Effect.Delay) {
		return a.leave()
	}
	a.arrange(s.Effect.Act)
	return resp, err
}

// unserved answers a request that no handler takes, unless a fault does.
func (m *mounted) unserved(c echo.Context, r *api.Request, why error) (api.Response, error) {
	if !m.mayStrike(r) || arrivalOf(c).unseen {
		return api.Response{}, why
	}
	return m.strike(c, r, nil, func(_ context.Context, instead error) (api.Response, error) {
		return api.Response{}, cmp.Or(instead, why)
	})
}

// spoilt is a handler whose answer is thrown away for an error; nil leaves it alone.
func spoilt(h api.Handler, instead error) api.Handler {
	if instead == nil {
		return h
	}
	return func(ctx context.Context, r *api.Request) (api.Response, error) {
		_, _ = h(ctx, r)
		return api.Response{}, instead
	}
}

// decide asks the header, then the armed faults when they may strike. An error is a header that
// cannot be used.
func (m *mounted) decide(c echo.Context, r *api.Request, faultsMay bool) (s fault.Strike, struck bool, err error) {
	if sent := r.Header[fault.Header]; len(sent) > 0 {
		s, err = fault.FromHeader(sent[0], fault.Vocabulary{Codes: m.codes, Whose: m.name})
		if err != nil {
			r.DecidedBy = "header:unusable"
		}
		return s, err == nil, err
	}
	if !faultsMay {
		return fault.Strike{}, false, nil
	}
	s, struck = r.Sandbox.Faults.Decide(&match.View{
		Provider: m.name, Operation: r.Operation, Method: r.Method, Path: r.Path, Header: r.Header, Body: r.Body, Session: m.sessionOf(c, r),
	})
	return s, struck, nil
}

// error is what an effect answers; nil when it answers no error.
func (m *mounted) error(r *api.Request, act fault.Action) error {
	switch act := act.(type) {
	case fault.RateLimit:
		return &checkout.Error{Code: checkout.CodeRateLimited, HTTP: http.StatusTooManyRequests, Rate: &checkout.Rate{Limit: act.Limit, Reset: act.Reset}}
	case fault.Status:
		e := *m.errorOf(act)
		e.HTTP = act.HTTP
		return &e
	}
	return nil
}

// errorOf finds the error of a status: by the code that was asked for, else the provider's natural
// one.
func (m *mounted) errorOf(s fault.Status) *checkout.Error {
	coded, _ := m.surface.(api.Coded)
	switch {
	case s.Word != "" && coded != nil && coded.ErrorCodes()[s.Word] != nil:
		return coded.ErrorCodes()[s.Word]
	case s.Word != "" && slices.Contains(checkout.Codes(), checkout.Code(s.Word)):
		return &checkout.Error{Code: checkout.Code(s.Word)}
	case s.Word != "": // it was looked up before
		return &checkout.Error{Code: checkout.CodeDeclined, Reason: s.Word}
	case coded != nil && coded.ErrorOf(s.HTTP) != nil:
		return coded.ErrorOf(s.HTTP)
	}
	return &checkout.Error{Code: fault.CodeFor(s.HTTP)}
}

func (m *mounted) codes() []string { return api.ErrorWords(m.surface) }

// arrange notes what is left to do when the answer is written.
func (f *faulted) arrange(act fault.Action) {
	switch act.(type) {
	case fault.Hang, fault.Reset, fault.Empty, fault.Garbage:
		f.sever = act
	case fault.Truncate, fault.Drip:
		f.spoil = act
	}
}

// errLeft is a request that ended while a fault held it: the caller left, or the server stopped.
var errLeft = errors.New("the caller left, or the server stopped, while a fault held the answer")

func (f *faulted) leave() (api.Response, error) {
	f.sever = fault.Empty{}
	return api.Response{}, errLeft
}
