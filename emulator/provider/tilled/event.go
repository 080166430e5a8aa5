package tilled

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// typesAtMost is how many types the list of events may be asked for at once.
//
// Source: vendor OpenAPI document, ListEvents.types.
const typesAtMost = 20

// eventQuery is the query of the list of events.
type eventQuery struct {
	CreatedAtGTE string      `json:"created_at_gte"`
	CreatedAtLTE string      `json:"created_at_lte"`
	Types        []string    `json:"types"`
	ObjectID     string      `json:"object_id"`
	Limit        json.Number `json:"limit"`
	Offset       int         `json:"offset"`
}

// normalize splits lists with commas and checks the types.
//
// Assumed: both forms of a list are taken, repeated and with commas, as of other parameters.
func (in *eventQuery) normalize() error {
	types, found := splitWords("types", in.Types, eventTypes, typesAtMost)
	in.Types = types
	return refusedFor(found)
}

// splitWords splits the lists with commas of a repeated parameter, and checks that all are words of the
// provider and not too many; atMost of zero is no limit.
func splitWords(param string, texts, allowed []string, atMost int) (words []string, found []checkout.Violation) {
	for _, text := range texts {
		words = append(words, strings.Split(text, ",")...)
	}
	if atMost > 0 && len(words) > atMost {
		found = append(found, checkout.Violation{In: checkout.InQuery, Path: []any{param}, Rule: checkout.RuleMaxItems, Limit: float64(atMost)})
	}
	for i, word := range words {
		if !slices.Contains(allowed, word) {
			found = append(found, checkout.Violation{In: checkout.InQuery, Path: []any{param, i}, Rule: checkout.RuleEnum, Value: word, Allowed: anys(allowed)})
		}
	}
	return words, found
}

func anys(words []string) []any {
	out := make([]any, len(words))
	for i, word := range words {
		out[i] = word
	}
	return out
}

// fits reports whether an event is one of those that are asked for.
//
// Assumed: an event is related to its object, to the payment intent and the customer of it, and to the
// charge of a refund.
func (in *eventQuery) fits(ev *webhook.Event) bool {
	sub := ev.Subject.(*subject)
	related := in.ObjectID == "" || in.ObjectID == ev.Object
	if p := sub.Payment; p != nil && !related {
		related = in.ObjectID == p.ID || in.ObjectID == p.Customer || sub.Refund != nil && in.ObjectID == sub.Refund.Charge
	}
	return related && between(ev.At, in.CreatedAtGTE, in.CreatedAtLTE) && (len(in.Types) == 0 || slices.Contains(in.Types, string(ev.Type)))
}

// listEvents answers a page of the account's events, newest first.
//
// Source: vendor OpenAPI document, ListEvents.
// Assumed: newest first.
func (t *Tilled) listEvents(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[eventQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	if err := in.normalize(); err != nil {
		return api.Response{}, err
	}
	var found []*webhook.Event
	for _, ev := range slices.Backward(r.Sandbox.KeptEvents(name)) {
		if ev.Account == accountOf(r.Header) && in.fits(ev) {
			found = append(found, ev)
		}
	}
	return api.Response{Body: paged(found, in.Offset, pageSize(in.Limit), func(ev *webhook.Event) any { return newEvent(ev) })}, nil
}

// paged puts a page of a list into its envelope.
func paged[T any](all []T, offset, limit int, body func(T) any) wire.Assembly {
	from := min(offset, len(all))
	to := from + min(limit, len(all)-from)
	items := make([]json.RawMessage, 0, to-from)
	for _, it := range all[from:to] {
		items = append(items, wire.MustMarshal(body(it)))
	}
	return wire.Assembly{
		{Name: "has_more", Value: wire.MustMarshal(to < len(all))},
		{Name: "items", Items: items},
		{Name: "limit", Value: wire.MustMarshal(limit)},
		{Name: "offset", Value: wire.MustMarshal(offset)},
		{Name: "total", Value: wire.MustMarshal(len(all))},
	}
}

// getEvent answers one event of the account.
func (t *Tilled) getEvent(_ context.Context, r *api.Request) (api.Response, error) {
	ev := r.Sandbox.KeptEvent(name, r.Param("id"))
	if ev == nil || ev.Account != accountOf(r.Header) {
		return api.Response{}, &checkout.Error{Code: checkout.CodeNotFound, Reason: reasonNoEvent, Message: fmt.Sprintf("no event %q of the account", r.Param("id"))}
	}
	return api.Response{Body: newEvent(ev)}, nil
}
