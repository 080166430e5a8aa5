package bias

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// parameters are the members of a create body, and the parameters of lists, in the order in which
// the documentation shows them; faults are told in it.
var parameters = []string{
	"amount", "line_items", "customer", "customer_details", "invoice", "metadata", "mode", "submit_label",
	"payment_method_types", "dual_pricing", "shipping_details", "billing_details", "payment_method",
	"payment", "product", "name", "email", "phone", "description", "active", "type", "default_price", "amount_off", "percent_off",
	"promotion_code", "applies_to", "capture_method", "statement_descriptor",
	paramExpand, paramEnding, paramStarting, paramLimit, paramFilters, paramStream,
}

// later are the parameters of the later generation only.
var later = []string{"payment_method_types", "dual_pricing", "shipping_details", "billing_details"}

// Query parameters.
//
// Source: docs.biaspay.com, "List all checkout sessions".
const (
	paramExpand   = "expand"
	paramEnding   = "ending_before"
	paramStarting = "starting_after"
	paramLimit    = "limit"
	paramFilters  = "filters"
	paramStream   = "stream"
)

// listParameters are the query parameters of lists; the last one is the events' own.
var listParameters = []string{paramExpand, paramEnding, paramStarting, paramLimit, paramFilters, paramStream}

// queryOf has the query parameters of an operation; most have none.
//
// Source: docs.biaspay.com, expansion: get and list only.
func queryOf(operation string) []string {
	verb, _ := about(operation)
	switch {
	case verb == verbGet:
		return listParameters[:1]
	case operation == opListEvents:
		return listParameters
	case verb == verbList:
		return listParameters[:5]
	}
	return nil
}

// ownFaults checks what the document cannot express, on the request alone. It passes over what the
// document refuses, so that one answer can name all faults.
//
// Assumed: an unknown parameter is refused.
func (b *Bias) ownFaults(r *api.Request) []checkout.Violation {
	found := unknownQuery(r)
	body, _ := r.Body.(map[string]any)
	if !b.b3 {
		for _, member := range later {
			if value, sent := body[member]; sent {
				found = append(found, checkout.Violation{In: checkout.InBody, Path: []any{member}, Rule: checkout.RuleUnknown, Value: value})
			}
		}
	}
	switch r.Operation {
	case opGet:
		_, more := readExpand(r.RawQuery, expandSession)
		found = append(found, more...)
	case opList:
		found = append(found, b.listFaults(r)...)
	case opListEvents, opGetEvent:
		found = append(found, eventFaults(r)...)
	case opCreate:
		found = append(found, sourceFaults(body)...)
	case opUpdate, opUpdateByPost, opUpdateByPut:
		found = append(found, entryFaults(body)...)
	case opPay:
		found = append(found, b.methodFaults(body)...)
		found = append(found, chargeFaults(body, isSecretKey(bearer(r.Header)))...)
	default:
		found = append(found, b.objectFaults(r, body)...)
	}
	return found
}

// objectFaults is ownFaults for the resources around a session.
//
// Source: docs.biaspay.com, discounts: "either a fixed amount discount or a percentage discount".
func (b *Bias) objectFaults(r *api.Request, body map[string]any) []checkout.Violation {
	verb, c := about(r.Operation)
	switch {
	case c == nil:
		return nil
	case verb == verbGet:
		_, found := readExpand(r.RawQuery, c.word)
		return found
	case verb == verbList:
		return b.listObjectFaults(r, c)
	case verb == verbCreate && c.kind == kindDiscount && (body["amount_off"] != nil) == (body["percent_off"] != nil):
		return []checkout.Violation{broken(codeInvalid, []any{"amount_off"}, body["amount_off"], messageOneOff)}
	}
	return nil
}

func unknownQuery(r *api.Request) []checkout.Violation {
	if r.RawQuery == "" {
		return nil
	}
	query, err := url.ParseQuery(r.RawQuery)
	if err != nil {
		return []checkout.Violation{{In: checkout.InQuery, Rule: codeInvalid, Message: messageBadQuery}}
	}
	known := queryOf(r.Operation)
	var found []checkout.Violation
	for _, key := range wire.SortedKeys(query) {
		parameter, rest, nested := strings.Cut(key, "[")
		structured := parameter == paramExpand || parameter == paramFilters
		if !slices.Contains(known, parameter) || nested && !structured {
			found = append(found, checkout.Violation{In: checkout.InQuery, Path: []any{key}, Rule: checkout.RuleUnknown, Value: query[key][0]})
		} else if nested && !strings.HasSuffix(rest, "]") {
			found = append(found, badQuery([]any{parameter}, key, messageBrackets))
		}
	}
	return found
}

// sourceFaults checks that a session is made from one thing: an amount, lines, or an invoice. An
// empty list of lines is none.
//
// Source: docs.biaspay.com: amount is "mutually exclusive with line_items and invoice".
// Assumed: lines and an invoice exclude each other as well; in payment mode one is required.
func sourceFaults(body map[string]any) []checkout.Violation {
	var given []string
	for _, member := range []string{"amount", "line_items", "invoice"} {
		list, isList := body[member].([]any)
		if body[member] != nil && !(isList && len(list) == 0) {
			given = append(given, member)
		}
	}
	setup := body["mode"] == modeSetup
	switch {
	case len(given) > 1:
		var found []checkout.Violation
		for _, member := range given {
			found = append(found, broken(codeInvalid, []any{member}, body[member], messageExclusive))
		}
		return found
	case len(given) == 0 && !setup:
		return []checkout.Violation{broken(codeRequired, []any{"amount"}, nil, messageNoSource)}
	case len(given) == 1 && given[0] == "amount" && !setup && fmt.Sprint(body["amount"]) == "0":
		return []checkout.Violation{broken(codeInvalid, []any{"amount"}, body["amount"], messageAmount)}
	}
	return nil
}

// entryFaults checks that each line of an update names a line or a price.
func entryFaults(body map[string]any) []checkout.Violation {
	entries, _ := body["line_items"].([]any)
	if one, ok := body["line_items"].(map[string]any); ok {
		entries = []any{one}
	}
	var found []checkout.Violation
	for i, entry := range entries {
		members, ok := entry.(map[string]any)
		if ok && members["id"] == nil && members["price"] == nil {
			found = append(found, broken(codeRequired, []any{"line_items", i, "price"}, nil, messageNoPrice))
		}
	}
	return found
}

// broken is a fault in the body with a code and a message of its own.
func broken(code string, path []any, value any, message string) checkout.Violation {
	return checkout.Violation{In: checkout.InBody, Path: path, Rule: code, Value: value, Message: message}
}

func badQuery(path []any, value any, message string) checkout.Violation {
	return checkout.Violation{In: checkout.InQuery, Path: path, Rule: codeInvalid, Value: value, Message: message}
}

func refused(faults []checkout.Violation) error {
	return &checkout.Error{Code: checkout.CodeRefused, Message: "the request breaks a rule", Violations: faults}
}

// Rules implements api.Ruler: it adds the faults that the document cannot express, of parameters that
// have none yet.
func (b *Bias) Rules(r *api.Request, violations []checkout.Violation) []checkout.Violation {
	all := slices.DeleteFunc(slices.Clone(violations), func(v checkout.Violation) bool {
		return v.Variant != "" && v.Variant != variantOf(r)
	})
	for _, f := range b.ownFaults(r) {
		named := func(v checkout.Violation) bool { return slices.Equal(v.Path, f.Path) }
		if !slices.ContainsFunc(all, named) {
			all = append(all, f)
		}
	}
	return all
}

// inOrder returns faults in the order of the documentation.
func inOrder(faults []checkout.Violation) []checkout.Violation {
	sorted := slices.Clone(faults)
	slices.SortStableFunc(sorted, func(x, y checkout.Violation) int { return rank(x) - rank(y) })
	return sorted
}

// variantOf is the form of a body that was meant: an update of one line item, or of a list; a payment by
// what was typed in, or by a saved payment method.
func variantOf(r *api.Request) string {
	if r.Operation == opPay {
		if _, saved := wire.Lookup(r.Body, []any{"payment_method"}).(string); saved {
			return "PaymentCreateWithSavedMethod"
		}
		return "PaymentCreateParams"
	}
	if _, one := wire.Lookup(r.Body, []any{"line_items"}).(map[string]any); one {
		return "UpdateWithOneLineItem"
	}
	return "UpdateWithLineItems"
}

func rank(v checkout.Violation) int {
	if len(v.Path) == 0 {
		return -1
	}
	if i := slices.Index(parameters, fmt.Sprint(v.Path[0])); i >= 0 {
		return i
	}
	return len(parameters)
}

// param writes a path as error.param has it: line_items[0].price.
//
// Assumed: the form.
func param(path []any) string {
	var out strings.Builder
	for i, step := range path {
		switch step := step.(type) {
		case int:
			out.WriteString("[" + strconv.Itoa(step) + "]")
		default:
			if i > 0 {
				out.WriteByte('.')
			}
			fmt.Fprint(&out, step)
		}
	}
	return out.String()
}

// text is what the caller reads of a fault.
func text(v checkout.Violation) string {
	subject := param(v.Path)
	if subject == "" {
		subject = "The request body"
	}
	switch v.Rule {
	case codeInvalid, codeMissing, codeRequired, codeState:
		return v.Message
	case checkout.RuleJSON:
		return fmt.Sprintf("The request body is not valid JSON (at byte %v).", v.Limit)
	case checkout.RuleRequired:
		return subject + " is required."
	case checkout.RuleNull, checkout.RuleType:
		return subject + " must be " + withArticle(v.Want) + "."
	case checkout.RuleEnum:
		return subject + " must be one of: " + words(v.Allowed) + "."
	case checkout.RuleUnknown:
		return subject + " is not a known parameter."
	case checkout.RuleNUL:
		return subject + " must not contain the character U+0000."
	}
	return subject + bound(v)
}

// bound is the second half of a sentence about a limit.
func bound(v checkout.Violation) string {
	limit := fmt.Sprint(v.Limit)
	if f, ok := v.Limit.(float64); ok {
		limit = strconv.FormatFloat(f, 'f', -1, 64)
	}
	switch v.Rule {
	case checkout.RuleMinimum:
		return " must be at least " + limit + "."
	case checkout.RuleMaximum:
		return " must be at most " + limit + "."
	case checkout.RuleMinLength, checkout.RuleMinItems:
		return " must not be empty." // the document has no other lower bound than 1
	default:
		return " is not valid."
	}
}

func withArticle(kind string) string {
	switch kind {
	case "":
		return "of another type"
	case "integer", "object", "array":
		return "an " + kind
	default:
		return "a " + kind
	}
}

func words(allowed []any) string {
	out := make([]string, len(allowed))
	for i, a := range allowed {
		out[i] = fmt.Sprint(a)
	}
	return strings.Join(out, ", ")
}
