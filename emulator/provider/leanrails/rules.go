package leanrails

import (
	"context"
	"net/url"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// bodyFaults checks what the document cannot express about a creation, and returns what is being
// bought. It reads the parsed body and passes over what has the wrong type, so that a body that also
// breaks the document gets all of its faults named at once.
//
// Source: G1, create: success_url in hosted mode, the window of expires_at.
// Assumed: both ends of the window belong to it, and whole seconds count; customer and
// customer_email may stand together; an unknown customer, price or product is a 400.
func (l *LeanRails) bodyFaults(tx *sandbox.Tx, body any) (order, []checkout.Violation) {
	ordered, found := l.price(tx, body)
	member := func(name string) any { return wire.Lookup(body, []any{name}) }
	if mode := member("ui_mode"); (mode == nil || mode == uiHosted) && member("success_url") == nil {
		found = append(found, checkout.Violation{In: checkout.InBody, Path: []any{"success_url"}, Rule: checkout.RuleRequired})
	}
	if id, ok := member("customer").(string); ok && find[customer](tx, catalogCustomers, id) == nil {
		found = append(found, *unknown([]any{"customer"}, objectCustomer, id))
	}
	if at, ok := bound[int64](member("expires_at")); ok {
		first, last := tx.Now().Add(minLifetime).Unix(), tx.Now().Add(maxLifetime).Unix()
		if at < first || at > last {
			found = append(found, *invalid([]any{"expires_at"}, at, "must be between 30 minutes and 24 hours from now"))
		}
	}
	return ordered, found
}

// bound reads a value as a T; ok is false when it is null or no T.
func bound[T any](tree any) (v T, ok bool) {
	if tree == nil {
		return v, false
	}
	err := wire.Bind(tree, &v)
	return v, err == nil
}

// Names of the query parameters.
const (
	queryLimit    = "limit"
	queryAfter    = "starting_after"
	queryBefore   = "ending_before"
	queryStatus   = "status"
	queryCurrency = "currency"
)

// knownQuery returns the query parameters of an operation, those of the page first.
func knownQuery(op string) []string {
	page := []string{queryLimit, queryAfter, queryBefore}
	switch op {
	case opList:
		return append(page, queryStatus)
	case opListCustomers:
		return append(page, "email")
	case opListIntents:
		return append(page, "customer")
	case opListCharges, opListRefunds:
		return append(page, "payment_intent")
	case opListProducts, opListLinks:
		return append(page, "active")
	case opListPrices:
		return append(page, "active", "product", "type", queryCurrency)
	case opLineItems, opListEndpoints, opLinkItems:
		return page
	case opGetPrice:
		return []string{queryExpand}
	}
	return nil
}

// faults are those of a request that its document cannot express.
func (l *LeanRails) faults(tx *sandbox.Tx, r *api.Request) []checkout.Violation {
	found := l.queryFaults(r)
	switch r.Operation {
	case opCreate:
		_, further := l.bodyFaults(tx, r.Body)
		return append(found, further...)
	case opCreateIntent, opUpdateIntent:
		return append(found, intentFaults(tx, r)...)
	case opConfirmIntent:
		return append(found, methodFaults(r.Body)...)
	case opCreateRefund, opRefundIntent:
		return append(found, refundFaults(tx, r)...)
	case opUpdateProduct:
		return append(found, productFaults(tx, r)...)
	case opCreatePrice:
		return append(found, priceFaults(tx, r.Body)...)
	case opUpdatePrice:
		return append(found, lookupFaults(tx, r.Body, r.Param(paramID))...)
	case opCreateLink, opUpdateLink:
		return append(found, l.linkFaults(tx, r)...)
	}
	return found
}

// queryFaults checks what the document cannot express about the query.
//
// Assumed: both cursors at once are refused; so are unknown parameters, as in a body.
func (l *LeanRails) queryFaults(r *api.Request) (found []checkout.Violation) {
	if r.RawQuery == "" {
		return nil
	}
	query, _ := url.ParseQuery(r.RawQuery) // what cannot be read is left out
	known := knownQuery(r.Operation)
	for _, key := range wire.SortedKeys(query) {
		if !slices.Contains(known, key) && (!l.lenient || r.Strict) {
			found = append(found, checkout.Violation{In: checkout.InQuery, Path: []any{key}, Rule: checkout.RuleUnknown, Value: query.Get(key)})
		}
	}
	if slices.Contains(known, queryAfter) && query.Has(queryAfter) && query.Has(queryBefore) {
		both := invalid([]any{queryBefore}, query.Get(queryBefore), "must not be sent together with `"+queryAfter+"`")
		both.In = checkout.InQuery
		found = append(found, *both)
	}
	return found
}

// checked is a handler behind the rules of the query.
func (l *LeanRails) checked(h api.Handler) api.Handler {
	return func(ctx context.Context, r *api.Request) (api.Response, error) {
		if found := l.queryFaults(r); len(found) > 0 {
			return api.Response{}, broken(found)
		}
		return h(ctx, r)
	}
}

// broken is a request that breaks rules of the dialect.
func broken(found []checkout.Violation) error {
	return &checkout.Error{Code: checkout.CodeRefused, Message: "the request breaks a rule", Violations: found}
}

// invalid is a parameter whose value breaks a rule of the dialect.
func invalid(path []any, value any, what string) *checkout.Violation {
	return &checkout.Violation{In: checkout.InBody, Path: path, Rule: codeInvalid, Value: value, Message: fieldText(path, what)}
}

// unknown is a parameter that names an object which does not exist.
func unknown(path []any, object, id string) *checkout.Violation {
	return &checkout.Violation{In: checkout.InBody, Path: path, Rule: codeResource, Value: id, Message: missingText(object, id)}
}
