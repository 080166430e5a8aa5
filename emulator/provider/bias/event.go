package bias

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// event is an event on the wire.
//
// Source: docs.biaspay.com, events.
// Assumed: request is null; requests are no objects here.
type event struct {
	Object        string  `json:"object"`
	ID            string  `json:"id"`
	Live          bool    `json:"live"`
	CreatedAt     int64   `json:"created_at"`
	State         any     `json:"state"`
	PreviousState any     `json:"previous_state"`
	Request       *string `json:"request"`
	Type          string  `json:"type"`
}

func encodedEvent(ev *webhook.Event) json.RawMessage {
	out := event{Object: "event", ID: ev.ID, CreatedAt: ev.At.UnixMilli(), Type: string(ev.Type)}
	out.State, out.PreviousState = ev.Subject.(*subject).states()
	return wire.MustMarshal(out)
}

// eventQuery is the plain part of the query.
type eventQuery struct {
	listQuery
	Stream bool `json:"stream"`
}

// eventTest reports whether an event is one of those that are asked for.
type eventTest func(*webhook.Event) bool

// eventFilters reads the parameter filters of events.
//
// Source: docs.biaspay.com, event streaming, {type: …}.
// Assumed: the rest, as for sessions; a type that never happens is no fault.
func eventFilters(rawQuery string) (eventTest, []checkout.Violation) {
	tree, found := readTree(rawQuery, paramFilters)
	test, more := newEventTest(tree, []any{paramFilters})
	return test, append(found, more...)
}

func newEventTest(tree map[string]any, path []any) (eventTest, []checkout.Violation) {
	var tests []eventTest
	var found []checkout.Violation
	for _, member := range wire.SortedKeys(tree) {
		test, more := eventMember(member, tree[member], append(path[:len(path):len(path)], member))
		tests, found = append(tests, test), append(found, more...)
	}
	return func(ev *webhook.Event) bool {
		return !slices.ContainsFunc(tests, func(test eventTest) bool { return !test(ev) })
	}, found
}

// eventMember is one member of a filter of events.
func eventMember(member string, value any, path []any) (eventTest, []checkout.Violation) {
	text, isText := value.(string)
	live, isBool := value.(bool)
	switch {
	case member == "and" || member == "or":
		return eventCombination(member, value, path)
	case member == filterCreatedAt:
		span, found := instants(value, path)
		return func(ev *webhook.Event) bool {
			w := span.(within)
			return w.from <= ev.At.UnixMilli() && ev.At.UnixMilli() < w.to
		}, found
	case member == "type" && isText:
		return func(ev *webhook.Event) bool { return string(ev.Type) == text }, nil
	case member == filterLive && (isBool || text == "true" || text == "false"):
		return func(*webhook.Event) bool { return !live && text != "true" }, nil
	case member == "type":
		return nil, []checkout.Violation{badQuery(path, value, param(path)+" must be a string.")}
	case member == filterLive:
		return nil, []checkout.Violation{badQuery(path, value, param(path)+" must be true or false.")}
	}
	return nil, []checkout.Violation{badQuery(path, value, param(path)+" is not a field to filter by.")}
}

func eventCombination(word string, value any, path []any) (eventTest, []checkout.Violation) {
	elements, ok := listOf(value)
	if !ok {
		return nil, []checkout.Violation{badQuery(path, value, param(path)+" must be a list of conditions.")}
	}
	var tests []eventTest
	var found []checkout.Violation
	for i, element := range elements {
		at := append(path[:len(path):len(path)], i)
		tree, ok := element.(map[string]any)
		if !ok {
			found = append(found, badQuery(at, element, param(at)+" must be a condition."))
			continue
		}
		test, more := newEventTest(tree, at)
		tests, found = append(tests, test), append(found, more...)
	}
	wanted := word == "or"
	return func(ev *webhook.Event) bool {
		return slices.ContainsFunc(tests, func(test eventTest) bool { return test(ev) == wanted }) == wanted
	}, found
}

// eventFaults checks the query of the events as far as the document does not.
//
// Assumed: a stream takes no ending_before.
func eventFaults(r *api.Request) []checkout.Violation {
	_, found := readExpand(r.RawQuery, expandEvent)
	_, more := eventFilters(r.RawQuery)
	found = append(found, more...)
	before, _ := r.Query[paramEnding].(string)
	after, _ := r.Query[paramStarting].(string)
	switch {
	case before != "" && after != "":
		found = append(found, badQuery([]any{paramEnding}, before, messageTwoCursors))
	case before != "" && r.Query[paramStream] == true:
		found = append(found, badQuery([]any{paramEnding}, before, messageStreamEnds))
	}
	for _, cursor := range [][2]string{{paramEnding, before}, {paramStarting, after}} {
		if cursor[1] != "" && r.Sandbox.KeptEvent(name, cursor[1]) == nil {
			f := badQuery([]any{cursor[0]}, cursor[1], fmt.Sprintf(messageNoObject, "event", cursor[1]))
			f.Rule = codeMissing
			found = append(found, f)
		}
	}
	return found
}

// listEvents answers a page of the events, newest first, or a stream of them.
//
// Source: docs.biaspay.com, events and event streaming. Assumed: the order, as of sessions.
func (b *Bias) listEvents(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[eventQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	if found := b.ownFaults(r); len(found) > 0 {
		return api.Response{}, refused(found)
	}
	keep, _ := eventFilters(r.RawQuery)
	if in.Stream {
		return streamed(r, in, keep), nil
	}
	if in.Limit == 0 {
		in.Limit = defaultLimit
	}
	found, more := in.page(r.Sandbox.KeptEvents(name), keep)
	items := make([]json.RawMessage, len(found))
	for i, ev := range found {
		items[i] = encodedEvent(ev)
	}
	return api.Response{Body: wire.Assembly{
		{Name: "object", Value: json.RawMessage(`"list"`)},
		{Name: "items", Items: items},
		{Name: "has_more", Value: wire.MustMarshal(more)},
	}}, nil
}

// page returns a page of events, newest first, and whether there are more in the direction travelled.
func (in eventQuery) page(all []*webhook.Event, keep eventTest) (found []*webhook.Event, more bool) {
	all = slices.Clone(all)
	backward := in.EndingBefore != ""
	if !backward {
		slices.Reverse(all) // so that the page begins behind the cursor in both directions
	}
	if cursor := in.StartingAfter + in.EndingBefore; cursor != "" {
		at := slices.IndexFunc(all, func(ev *webhook.Event) bool { return ev.ID == cursor })
		all = all[at+1:]
	}
	for _, ev := range all {
		if !keep(ev) {
			continue
		}
		if len(found) == in.Limit {
			more = true
			break
		}
		found = append(found, ev)
	}
	if backward {
		slices.Reverse(found)
	}
	return found, more
}

// getEvent answers one event.
func (b *Bias) getEvent(_ context.Context, r *api.Request) (api.Response, error) {
	if found := b.ownFaults(r); len(found) > 0 {
		return api.Response{}, refused(found)
	}
	ev := r.Sandbox.KeptEvent(name, r.Param("id"))
	if ev == nil {
		return api.Response{}, &checkout.Error{Code: checkout.CodeNotFound, Message: "no event " + r.Param("id")}
	}
	return api.Response{Body: encodedEvent(ev)}, nil
}

// keepAlive is how often a stream sends a space. Source: docs.biaspay.com, event streaming: every few
// seconds. Assumed: 5.
const keepAlive = 5 * time.Second

// streamed answers events as they happen, each on a line: first those after the cursor, if there is one.
//
// Source: docs.biaspay.com, event streaming. Assumed: the content type.
func streamed(r *api.Request, in eventQuery, keep eventTest) api.Response {
	follow := follower{box: r.Sandbox, keep: keep, limit: in.Limit}
	if ev := r.Sandbox.KeptEvent(name, in.StartingAfter); ev != nil {
		follow.at.N = ev.Seq
	} else {
		_, follow.at, _ = r.Sandbox.FollowEvents(journal.Place{N: r.Sandbox.LastEvent()})
	}
	resp := api.Response{ContentType: "application/x-ndjson"}
	resp.Stream = func(ctx context.Context, send func([]byte) error) error {
		ticker := time.NewTicker(keepAlive)
		defer ticker.Stop()
		return follow.run(ctx, ticker.C, send)
	}
	return resp
}

// follower sends events as they happen.
type follower struct {
	box   *sandbox.Sandbox
	keep  eventTest
	limit int // how many are sent; 0: no end
	at    journal.Place
}

// run sends until the limit is reached, the caller leaves, or send fails. At each beat it sends a space.
func (f follower) run(ctx context.Context, beat <-chan time.Time, send func([]byte) error) error {
	for sent := 0; ; {
		events, next, more := f.box.FollowEvents(f.at)
		f.at = next
		for _, e := range events {
			if !e.Native || e.Provider != name {
				continue
			}
			ev := f.box.KeptEvent(name, e.ID)
			if ev == nil || !f.keep(ev) {
				continue
			}
			if err := send(append(slices.Clone(encodedEvent(ev)), '\n')); err != nil {
				return err
			}
			if sent++; sent == f.limit {
				return nil
			}
		}
		select {
		case <-more:
		case <-beat:
			if err := send([]byte(" ")); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
