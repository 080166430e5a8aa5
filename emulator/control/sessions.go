package control

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// session is a session in one shape, whatever its provider.
type session struct {
	ID           string   `json:"id"`
	Provider     string   `json:"provider"`
	Account      string   `json:"account"`
	Status       string   `json:"status"`
	NativeStatus string   `json:"native_status"`
	Amount       int64    `json:"amount"`
	Currency     string   `json:"currency"`
	CreatedAt    string   `json:"created_at"`
	UpdatedAt    string   `json:"updated_at"`
	ExpiresAt    *string  `json:"expires_at"`
	URL          string   `json:"url"`
	DeclineCode  *string  `json:"decline_code"`
	Allowed      []string `json:"allowed"`
}

type event struct {
	Seq      uint64  `json:"seq"`
	Type     string  `json:"type"`
	At       string  `json:"at"`
	Provider string  `json:"provider"`
	Session  string  `json:"session"`
	Status   *string `json:"status"`
	Native   bool    `json:"native"`
	ID       *string `json:"id"`
}

func (c *Control) newSession(r *api.Request, rec *sandbox.Record) session {
	s := rec.Session
	out := session{
		ID: s.ID, Provider: s.Provider, Account: s.Account, Status: string(s.Status),
		Amount: s.Amount, Currency: s.Currency, CreatedAt: instant(s.CreatedAt), UpdatedAt: instant(s.UpdatedAt),
		Allowed: r.Sandbox.Allowed(s),
	}
	if p := c.provider(s.Provider); p != nil {
		out.NativeStatus, out.URL = p.Status(s.Status), p.URL(s, r.Base)
	}
	if !s.ExpiresAt.IsZero() {
		at := instant(s.ExpiresAt)
		out.ExpiresAt = &at
	}
	if s.DeclineCode != "" {
		out.DeclineCode = &s.DeclineCode
	}
	return out
}

func newEvents(in []checkout.Event) []event {
	out := make([]event, len(in))
	for i, e := range in {
		out[i] = event{
			Seq: e.Seq, Type: string(e.Type), At: instant(e.At), Provider: e.Provider, Session: e.Session,
			Status: wire.OrNull(string(e.Status)), Native: e.Native, ID: wire.OrNull(e.ID),
		}
	}
	return out
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

type sessionQuery struct {
	Provider      string `json:"provider"`
	Status        string `json:"status"`
	Limit         int    `json:"limit"`
	StartingAfter string `json:"starting_after"`
}

func (c *Control) sessions(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[sessionQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	if in.Provider != "" && c.provider(in.Provider) == nil {
		return api.Response{}, c.unknownProvider("provider", in.Provider)
	}
	q := sandbox.Query{Scope: in.Provider, NewestFirst: true, Limit: in.Limit, After: in.StartingAfter}
	if q.Limit == 0 {
		q.Limit = 100
	}
	if in.Status != "" {
		q.Where = []sandbox.Filter{{Field: sandbox.FieldStatus, Values: []string{in.Status}}}
	}
	page, err := r.Sandbox.List(q)
	if err != nil {
		return api.Response{}, err
	}
	out := struct {
		Sessions []session `json:"sessions"`
		Total    int       `json:"total"`
		HasMore  bool      `json:"has_more"`
	}{Sessions: make([]session, len(page.Records)), Total: page.Total, HasMore: page.More}
	for i, rec := range page.Records {
		out.Sessions[i] = c.newSession(r, rec)
	}
	return api.Response{Body: out}, nil
}

func (c *Control) session(_ context.Context, r *api.Request) (api.Response, error) {
	rec, err := r.Sandbox.Find(r.Param("id"))
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: c.newSession(r, rec)}, nil
}

// action is the body of every action on a session, as far as the document lets each have it.
type action struct {
	After      string `json:"after"`
	Code       string `json:"code"`
	Status     string `json:"status"`
	Instrument string `json:"instrument"`
	Webhooks   string `json:"webhooks"`
}

// act answers one action; command makes the command from the body.
func (c *Control) act(command func(action) checkout.Command) api.Handler {
	return func(ctx context.Context, r *api.Request) (api.Response, error) {
		in, err := api.Decode[action](r)
		if err != nil {
			return api.Response{}, err
		}
		rec, err := r.Sandbox.Find(r.Param("id"))
		if err != nil {
			return api.Response{}, err
		}
		if err := c.declineCode(&in, rec.Session.Provider); err != nil {
			return api.Response{}, err
		}
		out := provider.Outcome{Command: command(in)}
		if in.Instrument != "" {
			if out, err = c.paying(rec.Session, in.Instrument); err != nil {
				return api.Response{}, err
			}
		}
		rec, events, answered, err := c.doing(ctx, r, rec.Session.ID, in, out)
		if err != nil {
			return api.Response{}, c.withAllowed(r, rec, err)
		}
		r.DecidedByValue(out.By)
		return api.Response{Sent: answered, Body: struct {
			Session   session `json:"session"`
			Events    []event `json:"events"`
			Challenge bool    `json:"challenge,omitempty"`
		}{c.newSession(r, rec), newEvents(events), out.Challenge}}, nil
	}
}

// declineCode puts in the provider's general code, or refuses one that the provider does not have.
func (c *Control) declineCode(in *action, name string) error {
	p := c.provider(name)
	if p == nil {
		return nil
	}
	codes := p.DeclineCodes()
	if in.Code == "" {
		in.Code = codes[0]
	}
	if slices.Contains(codes, in.Code) {
		return nil
	}
	return refused("code", in.Code, fmt.Sprintf("%s has no decline code %q", name, in.Code), codes)
}

// withAllowed adds to a conflict what would have been legal.
func (c *Control) withAllowed(r *api.Request, rec *sandbox.Record, err error) error {
	if e, ok := err.(*checkout.Error); ok && rec != nil && (e.Code == checkout.CodeConflict || e.Code == checkout.CodeExpired) {
		with := *e
		with.Allowed = r.Sandbox.Allowed(rec.Session)
		return &with
	}
	return err
}

func (c *Control) provider(name string) provider.Provider {
	for _, p := range c.providers {
		if p.Name() == name {
			return p
		}
	}
	return nil
}

func (c *Control) providerNames() []string {
	names := make([]string, len(c.providers))
	for i, p := range c.providers {
		names[i] = p.Name()
	}
	return names
}

func (c *Control) unknownProvider(field, name string) error {
	names := c.providerNames()
	return refused(field, name, fmt.Sprintf("there is no provider %q; there are %s", name, strings.Join(names, ", ")), names)
}

// refused is a value that the document allows but that names nothing here.
func refused(field string, value any, message string, allowed []string) error {
	v := checkout.Violation{In: checkout.InBody, Path: []any{field}, Rule: checkout.RuleEnum, Value: value, Message: message}
	for _, a := range allowed {
		v.Allowed = append(v.Allowed, a)
	}
	return &checkout.Error{Code: checkout.CodeRefused, Message: message, Allowed: allowed, Violations: []checkout.Violation{v}}
}

func (c *Control) sessionHandlers() map[string]api.Handler {
	return map[string]api.Handler{
		"sessions": c.sessions,
		"session":  c.session,
		"pay":      c.act(func(action) checkout.Command { return checkout.Pay{} }),
		"decline":  c.act(func(in action) checkout.Command { return checkout.Decline{Code: in.Code} }),
		"confirm":  c.act(func(action) checkout.Command { return checkout.Confirm{} }),
		"settle":   c.act(func(action) checkout.Command { return checkout.Settle{} }),
		"fail":     c.act(func(in action) checkout.Command { return checkout.Fail{DeclineCode: in.Code} }),
		"cancel":   c.act(func(action) checkout.Command { return checkout.Cancel{} }),
		"expire":   c.act(func(action) checkout.Command { return checkout.Expire{} }),
		"force":    c.act(func(in action) checkout.Command { return checkout.Force{Status: checkout.Status(in.Status)} }),
	}
}
