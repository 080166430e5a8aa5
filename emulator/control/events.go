package control

import (
	"context"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

func (c *Control) eventHandlers() map[string]api.Handler {
	return map[string]api.Handler{"events": c.events}
}

type sinceQuery struct {
	Since   uint64 `json:"since"`
	Type    string `json:"type"`
	Session string `json:"session"`
}

func (c *Control) events(_ context.Context, r *api.Request) (api.Response, error) {
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
