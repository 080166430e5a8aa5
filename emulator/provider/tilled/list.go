package tilled

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Page sizes.
//
// Source: vendor OpenAPI document, ListCheckoutSessions.limit.
const (
	defaultLimit = 30
	maxLimit     = 100
)

// Names of the query parameters.
const (
	queryLimit    = "limit"
	queryOffset   = "offset"
	queryMetadata = "metadata"
	querySearch   = "q"
)

// listQuery is the declared part of the query. The filter on metadata is read from the raw query.
type listQuery struct {
	CustomerID      *string     `json:"customer_id"`
	Limit           json.Number `json:"limit"`
	Offset          int         `json:"offset"`
	PaymentIntentID *string     `json:"payment_intent_id"`
}

// list answers a page of the account's sessions, newest first.
//
// Source: vendor OpenAPI document and tilled-node, ListCheckoutSessions.
// Assumed: of sessions made at the same instant the one made later comes first; filters hold all
// together; limit and offset are answered as they took effect.
func (t *Tilled) list(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[listQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	q := sandbox.Query{
		Scope:       sandbox.AccountScope(name, accountOf(r.Header)),
		Where:       t.metadataFilters(r.RawQuery, fieldCustomer, fieldIntent),
		NewestFirst: true,
		Offset:      in.Offset,
		Limit:       pageSize(in.Limit),
	}
	if in.PaymentIntentID != nil {
		q.Where = append(q.Where, sandbox.Filter{Field: fieldIntent, Values: []string{*in.PaymentIntentID}})
	}
	if in.CustomerID != nil {
		q.Where = append(q.Where, sandbox.Filter{Field: fieldCustomer, Values: []string{*in.CustomerID}})
	}
	page, err := r.Sandbox.List(q)
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: envelope(r, q, page)}, nil
}

// pageSize returns the effective limit; a validated number that is too large is reduced.
func pageSize(limit json.Number) int {
	if limit == "" {
		return defaultLimit
	}
	n, _ := limit.Float64() // of a number beyond floats it is infinity
	return int(min(n, maxLimit))
}

// envelope puts the page around the sessions.
func envelope(r *api.Request, q sandbox.Query, page sandbox.Page) wire.Assembly {
	items := make([]json.RawMessage, len(page.Records))
	for i, rec := range page.Records {
		items[i] = encoded(r, rec)
	}
	return enveloped(q, items, page.Total, page.More)
}

// metadataFilters reads the filter on the session's metadata from the query, in the documented form
// metadata[key]=v and in the form metadata.key=v of tilled-typescript-sdk 1.0.0. The bare form key=v
// of tilled-node 1.0.13 is read with [ProfileBareMetadata] only.
//
// declared are the other parameters of the operation. Assumed: a key that stands twice has to match both
// values.
func (t *Tilled) metadataFilters(rawQuery string, declared ...string) []sandbox.Filter {
	if rawQuery == "" {
		return nil
	}
	query, _ := url.ParseQuery(rawQuery) // what cannot be read is an unknown parameter
	var filters []sandbox.Filter
	for _, param := range wire.SortedKeys(query) {
		key, ok := t.metadataKey(param, declared)
		if !ok {
			continue
		}
		for _, value := range query[param] {
			filters = append(filters, sandbox.Filter{Field: metadataField(key), Values: []string{value}})
		}
	}
	return filters
}

// metadataKey returns the key of the metadata that a query parameter is about.
func (t *Tilled) metadataKey(param string, declared []string) (key string, ok bool) {
	if inner, found := strings.CutPrefix(param, queryMetadata+"["); found {
		key, ok = strings.CutSuffix(inner, "]")
		return key, ok && key != ""
	}
	if key, ok = strings.CutPrefix(param, queryMetadata+"."); ok {
		return key, key != ""
	}
	known := slices.Contains(declared, param) || slices.Contains([]string{queryLimit, queryOffset, queryMetadata}, param)
	return param, t.bareMetadata && param != "" && !known
}
