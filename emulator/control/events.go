package control

import (
	"context"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

func (c *Control) eventHandlers() map[string]api.Handler {
	return map[string]api.Handler{"events": c.events, "waitEvent": c.waitEvent, "streamEvents": c.streamEvents}
}

// eventQuery chooses events.
type eventQuery struct {
	Type     string                `json:"type"`
	Session  string                `json:"session"`
	Provider string                `json:"provider"`
	Since    wire.Optional[uint64] `json:"since"`
	waitQuery
}

type eventsBody struct {
	Events []event `json:"events"`
}

// eventFeed reads the query of a request, and returns the events that it chooses.
func (c *Control) eventFeed(r *api.Request) (eventQuery, feed[checkout.Event], error) {
	in, err := api.DecodeQuery[eventQuery](r)
	if err == nil && in.Provider != "" && c.provider(in.Provider) == nil {
		err = inQuery(match.Unknown([]any{"provider"}, "provider", in.Provider, c.providerNames()))
	}
	return in, feed[checkout.Event]{
		after:  r.Sandbox.FollowEvents,
		number: func(e checkout.Event) uint64 { return e.Seq },
		keep: func(e checkout.Event) bool {
			return (in.Type == "" || in.Type == string(e.Type)) && (in.Session == "" || in.Session == e.Session) &&
				(in.Provider == "" || in.Provider == e.Provider)
		},
	}, err
}

func (c *Control) events(_ context.Context, r *api.Request) (api.Response, error) {
	in, f, err := c.eventFeed(r)
	if err != nil {
		return api.Response{}, err
	}
	all, _ := r.Sandbox.Events(in.Since.Or(0))
	var kept []checkout.Event
	for _, e := range all {
		if f.keep(e) {
			kept = append(kept, e)
		}
	}
	return api.Response{Body: eventsBody{newEvents(kept)}}, nil
}

func (c *Control) waitEvent(ctx context.Context, r *api.Request) (api.Response, error) {
	in, f, err := c.eventFeed(r)
	if err != nil {
		return api.Response{}, err
	}
	found, err := wait(ctx, f, in.Since.Or(0), in.waitQuery)
	body := eventsBody{newEvents(found)}
	if err != nil {
		return late(err, func(p problem) any { return eventsLate{p, body} })
	}
	return api.Response{Body: body}, nil
}

type eventsLate struct {
	problem
	eventsBody
}

func (c *Control) streamEvents(_ context.Context, r *api.Request) (api.Response, error) {
	in, f, err := c.eventFeed(r)
	if err != nil {
		return api.Response{}, err
	}
	return follow(r, f, in.Since, func(e checkout.Event) any { return newEvents([]checkout.Event{e})[0] })
}
