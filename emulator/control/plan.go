package control

import (
	"context"
	"net/http"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// step is one step of the event plan on the wire.
type step struct {
	Match *stepMatch `json:"match,omitempty"`
	Do    webhook.Do `json:"do"`
	Delay string     `json:"delay,omitempty"`
	Times int        `json:"times"`
}

type stepMatch struct {
	Provider string `json:"provider,omitempty"`
	Type     string `json:"type,omitempty"`
	Session  string `json:"session,omitempty"`
	Endpoint string `json:"endpoint,omitempty"`
}

type planBody struct {
	Steps []step `json:"steps"`
}

func (c *Control) plan(_ context.Context, r *api.Request) (api.Response, error) {
	out := planBody{Steps: []step{}}
	for _, s := range r.Sandbox.Plan() {
		shown := step{Do: s.Do, Times: s.Times}
		if s.Do == webhook.DoDelay {
			shown.Delay = s.Delay.String()
		}
		if s.Match != (webhook.Match{}) {
			m := stepMatch(s.Match)
			shown.Match = &m
		}
		out.Steps = append(out.Steps, shown)
	}
	return api.Response{Body: out}, nil
}

func (c *Control) setPlan(ctx context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[planBody](r)
	if err != nil {
		return api.Response{}, err
	}
	steps := make([]webhook.Step, len(in.Steps))
	for i, s := range in.Steps {
		if steps[i], err = c.step(r, i, s); err != nil {
			return api.Response{}, err
		}
	}
	r.Sandbox.SetPlan(steps)
	return c.plan(ctx, r)
}

// step reads the i-th step; what names nothing is refused.
func (c *Control) step(r *api.Request, i int, s step) (webhook.Step, error) {
	at := func(path ...any) []any { return append([]any{"steps", i}, path...) }
	out := webhook.Step{Do: s.Do, Times: s.Times}
	if s.Match != nil {
		out.Match = webhook.Match(*s.Match)
	}
	m := out.Match
	if m.Provider != "" && c.provider(m.Provider) == nil {
		return out, match.Unknown(at("match", "provider"), "provider", m.Provider, c.providerNames())
	}
	if known := c.eventTypes(m.Provider); m.Type != "" && !slices.Contains(known, m.Type) {
		return out, match.Unknown(at("match", "type"), "event", m.Type, known)
	}
	if m.Endpoint != "" && !slices.ContainsFunc(r.Sandbox.Endpoints(), func(e *webhook.Endpoint) bool { return e.ID == m.Endpoint }) {
		return out, match.Refused(at("match", "endpoint"), m.Endpoint, "no webhook endpoint "+m.Endpoint, nil)
	}
	if (s.Do == webhook.DoDelay) != (s.Delay != "") {
		return out, match.Refused(at("delay"), s.Delay, string(webhook.DoDelay)+" needs a delay, and no other step has one", nil)
	}
	if s.Delay == "" {
		return out, nil
	}
	var err error
	out.Delay, err = parseDuration("delay", s.Delay)
	return out, err
}

func (c *Control) clearPlan(_ context.Context, r *api.Request) (api.Response, error) {
	r.Sandbox.SetPlan(nil)
	return api.Response{Status: http.StatusNoContent}, nil
}
