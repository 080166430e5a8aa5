package tilled

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Kinds of objects in the catalog.
const (
	catalogCustomers = name + "." + resourceCustomers
	catalogIntents   = name + ".payment_intents"
	catalogMethods   = name + ".payment_methods"
	catalogRefunds   = name + ".refunds"
)

// missing is the error of an id that the account does not have.
func missing(reason, id string) error {
	return &checkout.Error{Code: checkout.CodeNotFound, Reason: reason, Message: fmt.Sprintf("%s %q of the account", reason, id)}
}

// refusal is the error of a business rule, in one sentence.
func refusal(message string) error {
	return &checkout.Error{Code: checkout.CodeRefused, Message: message}
}

// stateRefusal is the error of a payment intent in another status than what is asked for allows.
func stateRefusal(p *payment, allowed ...string) error {
	return refusal(fmt.Sprintf("Payment Intent must have a status of %s; its status is %s.", strings.Join(allowed, ", "), p.Status))
}

// paging is the part of a query that every list has.
type paging struct {
	Limit  json.Number `json:"limit"`
	Offset int         `json:"offset"`
}

// query is the one of a list of the account's objects, newest first, with the filter on metadata. declared
// are the other parameters of the operation.
func (t *Tilled) query(r *api.Request, in paging, declared ...string) sandbox.Query {
	return sandbox.Query{
		Scope: accountOf(r.Header), Where: t.metadataFilters(r.RawQuery, declared...), NewestFirst: true, Offset: in.Offset, Limit: pageSize(in.Limit),
	}
}

// pageOf puts the envelope around a page of objects.
func pageOf(q sandbox.Query, page sandbox.Objects, body func(any) any) wire.Assembly {
	items := make([]json.RawMessage, len(page.Values))
	for i, v := range page.Values {
		items[i] = wire.MustMarshal(body(v))
	}
	return enveloped(q, items, page.Total, page.More)
}

// enveloped is the envelope of a page. Source: vendor OpenAPI document, PaginatedDto.
func enveloped(q sandbox.Query, items []json.RawMessage, total int, more bool) wire.Assembly {
	return wire.Assembly{
		{Name: "has_more", Value: wire.MustMarshal(more)},
		{Name: "items", Items: items},
		{Name: "limit", Value: wire.MustMarshal(q.Limit)},
		{Name: "offset", Value: wire.MustMarshal(q.Offset)},
		{Name: "total", Value: wire.MustMarshal(total)},
	}
}

// merged is an object's metadata after an update: what is sent is added, an empty value takes its key away,
// and an empty object, or null, takes all.
//
// Source: vendor OpenAPI document, metadata of the parameters of updates.
func merged(old map[string]string, in wire.Optional[map[string]string]) (map[string]string, error) {
	if !in.Set || len(in.Value) == 0 {
		if in.Set {
			old = nil
		}
		return old, nil
	}
	out := maps.Clone(old)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, in.Value)
	if out = kept(out); len(out) > maxMetadataKeys {
		path := []any{"metadata"}
		return nil, refusedFor([]checkout.Violation{broken(path, nil, fieldText(path, constraintKeys))})
	}
	return out, nil
}

// refusedFor is the error of faults that the document cannot express; nil when there are none.
func refusedFor(found []checkout.Violation) error {
	if len(found) == 0 {
		return nil
	}
	return &checkout.Error{Code: checkout.CodeRefused, Message: "the request breaks a rule", Violations: found}
}

// refuseFaults checks what the document cannot express of a request that fits it.
func refuseFaults(r *api.Request) error { return refusedFor(faultsOf(r.Operation, r.Body)) }

// faultsOf lists the faults of a body that the document cannot express.
func faultsOf(operation string, body any) []checkout.Violation {
	switch operation {
	case opCreate:
		return bodyFaults(body)
	case opCreateEndpoint, opUpdateEndpoint:
		return nil
	}
	path := []any{"metadata"}
	found := metadataFaults(wire.Lookup(body, path), path)
	if operation == opCreateMethod {
		found = append(found, methodFaults(body)...)
	}
	return found
}

// health answers that everything is well. It needs no account and no credential.
//
// Source: vendor OpenAPI document, GetHealth.
func (t *Tilled) health(context.Context, *api.Request) (api.Response, error) {
	return api.Response{Body: struct {
		Description string   `json:"description"`
		Notes       []string `json:"notes"`
		Status      string   `json:"status"`
		Version     string   `json:"version"`
	}{"localcheckout, in the place of the Tilled API", []string{}, "pass", "1.0"}}, nil
}

// changedOr is what an update makes of a text: what was sent, null included, else the old one.
func changedOr(in wire.Optional[string], old *string) *string {
	if in.Set {
		return in.Ptr()
	}
	return old
}

// amountOr is an amount that was sent, else another.
func amountOr(in *int64, other int64) int64 { return cmp.Or(deref64(in), other) }

func deref64(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
