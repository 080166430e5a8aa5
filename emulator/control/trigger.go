package control

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

func (c *Control) triggerHandlers() map[string]api.Handler {
	return map[string]api.Handler{"trigger": c.trigger}
}

// trigger makes an event of a provider's own on demand, and answers what happened by it.
func (c *Control) trigger(ctx context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[struct {
		Provider string `json:"provider"`
		Type     string `json:"type"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	p := c.provider(in.Provider)
	if p == nil {
		return api.Response{}, c.unknownProvider("provider", in.Provider)
	}
	how, err := howTo(p, in.Type)
	if err != nil {
		return api.Response{}, err
	}
	before, opened := r.Sandbox.LastEvent(), ""
	if err := r.Sandbox.Triggering(func() error { return how.Do(c.maker(ctx, r, p, &opened)) }); err != nil {
		return api.Response{}, err
	}
	events, _ := r.Sandbox.Events(before)
	events = slices.DeleteFunc(events, func(ev checkout.Event) bool { return ev.Provider != p.Name() })
	if !slices.ContainsFunc(events, func(ev checkout.Event) bool { return ev.Native && string(ev.Type) == in.Type }) {
		return api.Response{}, fmt.Errorf("the trigger of %s %s has not made it", p.Name(), in.Type)
	}
	out := struct {
		Session *session `json:"session"`
		Events  []event  `json:"events"`
		deliveriesBody
	}{nil, newEvents(events), newDeliveries(r.Sandbox.Deliveries(sandbox.DeliveryQuery{Provider: p.Name(), Since: before, Limit: deliveriesAtMost}))}
	if rec, err := r.Sandbox.Find(opened); err == nil {
		shown := c.newSession(r, rec)
		out.Session = &shown
	}
	return api.Response{Status: http.StatusCreated, Body: out}, nil
}

// howTo finds out how an event is made. What cannot be is refused with the reason.
func howTo(p provider.Provider, eventType string) (provider.Trigger, error) {
	triggers := map[string]provider.Trigger{}
	if t, ok := p.(provider.Triggerer); ok {
		triggers = t.Triggers()
	}
	var known []string
	if policy := p.Dialect().Webhooks; policy != nil {
		known = slices.DeleteFunc(slices.Clone(policy.Types), func(name string) bool { return triggers[name].Do == nil })
	}
	how, at := triggers[eventType], []any{"type"}
	switch {
	case slices.Contains(known, eventType):
		return how, nil
	case how.Why != "":
		return how, match.Refused(at, eventType, fmt.Sprintf("%s %s cannot be triggered: %s", p.Name(), eventType, how.Why), known)
	case p.Dialect().Webhooks != nil && slices.Contains(p.Dialect().Webhooks.Types, eventType):
		return how, match.Refused(at, eventType, fmt.Sprintf("%s %s cannot be triggered: the emulator does not cause it", p.Name(), eventType), known)
	}
	return how, match.Unknown(at, p.Name()+" event", eventType, known)
}

// maker does what a trigger asks for in the sandbox of a request. opened becomes the latest session that
// was made.
func (c *Control) maker(ctx context.Context, r *api.Request, p provider.Provider, opened *string) *provider.Maker {
	m := &provider.Maker{Sandbox: r.Sandbox, Serial: r.Sandbox.LastEvent()}
	header := p.(provider.Triggerer).Caller(r.Sandbox, api.CredentialFor(p.Example(), c.keys[p.Name()], r.Sandbox.Name()))
	root := r.Base + "/s/" + url.PathEscape(r.Sandbox.Name()) + "/" + p.Name()
	m.Call = func(method, path string, body any) (map[string]any, error) {
		made, err := c.ask(ctx, method, root, path, header, body)
		if id, _ := made["id"].(string); r.Sandbox.SessionID(id) != "" {
			*opened = id
		}
		return made, err
	}
	m.Act = func(id string, cmd checkout.Command) error {
		_, _, err := r.Sandbox.Do(id, cmd)
		return err
	}
	return m
}

// ask makes a request of the emulator's own to a provider.
func (c *Control) ask(ctx context.Context, method, root, path string, header http.Header, body any) (map[string]any, error) {
	var sent io.Reader
	if body != nil {
		encoded, err := wire.Marshal(body)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, root+path, sent)
	if err != nil {
		return nil, err
	}
	req.Header = header.Clone()
	req.Header.Set("Idempotency-Key", rand.Text()) // which some providers want
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.own(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return nil, &checkout.Error{Code: checkout.CodeRefused, Message: fmt.Sprintf("%s %s, which the event needs, answers %d: %s", method, path, resp.StatusCode, text)}
	}
	var made map[string]any
	_ = json.Unmarshal(text, &made) // not every answer is an object
	return made, nil
}
