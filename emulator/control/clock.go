package control

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/sosodev/duration"
)

type clockBody struct {
	Now    string  `json:"now"`
	Frozen bool    `json:"frozen"`
	Offset string  `json:"offset"`
	Fired  []fired `json:"fired"`
}

type fired struct {
	At       string    `json:"at"`
	Session  string    `json:"session"`
	Object   string    `json:"object,omitempty"`
	Events   []event   `json:"events"`
	Delivery *delivery `json:"delivery,omitempty"`
	Action   string    `json:"action,omitempty"`
	Skipped  string    `json:"skipped,omitempty"`
}

func clockResponse(t sandbox.Time) api.Response {
	out := clockBody{Now: instant(t.Now), Frozen: t.Frozen, Offset: t.Offset.String(), Fired: make([]fired, len(t.Fired))}
	for i, f := range t.Fired {
		out.Fired[i] = fired{At: instant(f.At), Session: f.Session, Object: f.Object, Events: newEvents(f.Events), Action: f.Action, Skipped: f.Skipped}
		if f.Delivery != nil {
			d := newDelivery(f.Delivery)
			out.Fired[i].Delivery = &d
		}
	}
	return api.Response{Body: out}
}

func (c *Control) clock(_ context.Context, r *api.Request) (api.Response, error) {
	return clockResponse(r.Sandbox.Clock()), nil
}

func (c *Control) freeze(_ context.Context, r *api.Request) (api.Response, error) {
	return clockResponse(r.Sandbox.Freeze()), nil
}

func (c *Control) resume(_ context.Context, r *api.Request) (api.Response, error) {
	return clockResponse(r.Sandbox.Resume()), nil
}

func (c *Control) advance(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[struct {
		By string `json:"by"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	by, err := parseDuration("by", in.By)
	if err != nil {
		return api.Response{}, err
	}
	t, err := r.Sandbox.Advance(by)
	if err != nil {
		return api.Response{}, err
	}
	return clockResponse(t), nil
}

func (c *Control) setClock(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[struct {
		To string `json:"to"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	to, err := time.Parse(time.RFC3339Nano, in.To)
	if err != nil {
		return api.Response{}, refused("to", in.To, err.Error(), nil)
	}
	t, err := r.Sandbox.SetTime(to)
	if err != nil {
		return api.Response{}, err
	}
	return clockResponse(t), nil
}

// ParseDuration reads a duration as Go or ISO 8601 write it. Years and months are refused: they have
// no fixed length. Negative ones are refused: time only goes forward.
func ParseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		iso, isoErr := duration.Parse(text)
		if isoErr != nil || !strings.ContainsAny(text, "0123456789") || iso.Years != 0 || iso.Months != 0 || math.IsInf(iso.Days, 0) {
			return 0, fmt.Errorf("%q is not a duration: write 90s, 24h or P1D", text)
		}
		d = iso.ToTimeDuration()
	}
	if d < 0 {
		return 0, fmt.Errorf("%q goes back: time only goes forward", text)
	}
	return d, nil
}

// parseDuration is [ParseDuration] of a member of the body.
func parseDuration(field, text string) (time.Duration, error) {
	d, err := ParseDuration(text)
	if err != nil {
		return 0, refused(field, text, err.Error(), nil)
	}
	return d, nil
}

func (c *Control) clockHandlers() map[string]api.Handler {
	return map[string]api.Handler{
		"clock": c.clock, "freeze": c.freeze, "resume": c.resume, "advance": c.advance, "setClock": c.setClock,
	}
}
