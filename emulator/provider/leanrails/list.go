package leanrails

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// defaultLimit is how many objects a page has when the caller does not say.
//
// Source: G1, list checkout sessions.
const defaultLimit = 10

// pageQuery is the query of both lists; line items have no status.
type pageQuery struct {
	Limit         int    `json:"limit"`
	StartingAfter string `json:"starting_after"`
	EndingBefore  string `json:"ending_before"`
	Status        string `json:"status"`
}

// list answers a page of the sessions, newest first.
//
// Source: G1, list checkout sessions, for parameters and envelope; G2, pagination, for the order and
// for cursors that stay valid.
// Assumed: of sessions made in the same second the one made later comes first; the filter holds
// before paging, and the session that a cursor names need not pass it.
func (l *LeanRails) list(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[pageQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	if param, id := in.cursor(); id != "" {
		if _, err := session(r.Sandbox, id); err != nil {
			return api.Response{}, missing(objectSession, id, param)
		}
	}
	q := sandbox.Query{
		Scope: name, NewestFirst: true, Limit: cmp.Or(in.Limit, defaultLimit), After: in.StartingAfter, Before: in.EndingBefore,
	}
	if in.Status != "" {
		q.Where = []sandbox.Filter{{Field: sandbox.FieldStatus, Values: shownAs(in.Status)}}
	}
	page, err := r.Sandbox.List(q)
	if err != nil {
		return api.Response{}, err
	}
	out := envelope{url: pathSessions, more: page.More}
	for _, rec := range page.Records {
		out.add(rec.Session.ID, encoded(r, rec))
	}
	return api.Response{Body: out.encode()}, nil
}

// shownAs lists our statuses that have one of the provider's words.
func shownAs(status string) []string {
	var out []string
	for _, s := range checkout.Statuses() {
		if statuses[s] == status {
			out = append(out, string(s))
		}
	}
	return out
}

// cursor returns the cursor that was sent and its parameter; "" when there is none.
func (q pageQuery) cursor() (param, id string) {
	if q.StartingAfter != "" {
		return queryAfter, q.StartingAfter
	}
	return queryBefore, q.EndingBefore
}

// lineItems answers a page of a session's line items.
//
// Source: G1, list line items for a checkout session.
// Assumed: they stand in the order of the request.
func (l *LeanRails) lineItems(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[pageQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	rec, err := session(r.Sandbox, r.Param(paramID))
	if err != nil {
		return api.Response{}, err
	}
	items := rec.Session.Detail.(*detail).Items
	at := func(id string) int { return slices.IndexFunc(items, func(it lineItem) bool { return it.ID == id }) }
	if param, id := in.cursor(); id != "" && at(id) < 0 {
		return api.Response{}, missing(objectLineItem, id, param)
	}
	from, to, more := in.window(len(items), at)
	out := envelope{url: pathSessions + "/" + rec.Session.ID + "/line_items", more: more}
	for _, it := range items[from:to] {
		out.add(it.ID, wire.MustMarshal(it))
	}
	return api.Response{Body: out.encode()}, nil
}

// window returns the positions of a page of n objects, and whether there are more beyond it in the
// direction travelled. at returns the position of a cursor.
func (q pageQuery) window(n int, at func(id string) int) (from, to int, more bool) {
	limit := cmp.Or(q.Limit, defaultLimit)
	if q.EndingBefore != "" {
		to = at(q.EndingBefore)
		from = max(0, to-limit)
		return from, to, from > 0
	}
	if q.StartingAfter != "" {
		from = at(q.StartingAfter) + 1
	}
	to = min(from+limit, n)
	return from, to, to < n
}

// envelope is a page on the wire.
type envelope struct {
	url    string
	more   bool
	last   string // id of the last object
	bodies []json.RawMessage
}

func (e *envelope) add(id string, body json.RawMessage) {
	e.last = id
	e.bodies = append(e.bodies, body)
}

// encode writes the page around bodies that are encoded already.
//
// Source: G1, list checkout sessions, for the members; G2, pagination: next_cursor is what to send
// as starting_after, null when has_more is false.
// Assumed: on a page before a cursor has_more speaks of what comes before it; next_cursor then still
// is the last id of the page.
func (e *envelope) encode() wire.Assembly {
	var next *string
	if e.more {
		next = &e.last
	}
	return wire.Assembly{
		{Name: "object", Value: wire.MustMarshal("list")},
		{Name: "data", Items: e.bodies},
		{Name: "has_more", Value: wire.MustMarshal(e.more)},
		{Name: "url", Value: wire.MustMarshal(e.url)},
		{Name: "next_cursor", Value: wire.MustMarshal(next)},
	}
}
