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
	var types []string
	for _, text := range in.Types {
		types = append(types, strings.Split(text, ",")...)
	}
	in.Types = types
	var found []checkout.Violation
	if len(types) > typesAtMost {
		found = append(found, checkout.Violation{In: checkout.InQuery, Path: []any{"types"}, Rule: checkout.RuleMaxItems, Limit: float64(typesAtMost)})
	}
	for i, word := range types {
		if !slices.Contains(eventTypes, word) {
			found = append(found, checkout.Violation{In: checkout.InQuery, Path: []any{"types", i}, Rule: checkout.RuleEnum, Value: word, Allowed: allowedTypes})
		}
	}
	if len(found) > 0 {
		return &checkout.Error{Code: checkout.CodeRefused, Message: "the query breaks a rule", Violations: found}
	}
	return nil
}

// allowedTypes are the types of events as the faults of a field have them.
var allowedTypes = func() (out []any) {
	for _, word := range eventTypes {
		out = append(out, word)
	}
	return out
}()

// fits reports whether an event is one of those that are asked for.
//
// Assumed: an event is related to its object, and to the payment intent and the customer of it.
func (in *eventQuery) fits(ev *webhook.Event) bool {
	first, _ := parseInstant(in.CreatedAtGTE)
	last, _ := parseInstant(in.CreatedAtLTE)
	at := ev.At.Truncate(1e6)
	sub := ev.Subject.(*subject)
	related := in.ObjectID == "" || in.ObjectID == ev.Object
	if p := sub.Payment; p != nil && !related {
		related = in.ObjectID == p.Intent.ID || p.Customer != nil && in.ObjectID == p.Customer.ID
	}
	return related && (in.CreatedAtGTE == "" || !at.Before(first)) && (in.CreatedAtLTE == "" || !at.After(last)) &&
		(len(in.Types) == 0 || slices.Contains(in.Types, string(ev.Type)))
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
