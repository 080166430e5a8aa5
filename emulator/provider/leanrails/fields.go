package leanrails

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// fieldOrder has the parameters of the operations in the order of the reference, those of an object
// behind its name.
//
// Source: G1, create, list; create a webhook endpoint, a payment intent, a refund; G2, create a product, a
// price, a checkout link.
// Assumed: where two references have a parameter in different places, one of them.
var fieldOrder = []string{
	"title", "payment_intent", "amount", "name", "product", "unit_amount", "unit_amount_decimal", "payment_method", "payment_method_data",
	"mode", "line_items", "line_items.quantity", "line_items.price", "line_items.price_data", "price_data.currency", "price_data.product",
	"price_data.unit_amount", "price_data.tax_behavior", "price_data.recurring", "recurring.interval", "recurring.interval_count",
	"success_url", "cancel_url", "customer", "customer_email", "customer_creation", "ui_mode", "billing_address_collection",
	"client_reference_id", "payment_intent_data", "payment_intent_data.capture_method", "payment_intent_data.description",
	"payment_intent_data.statement_descriptor", "payment_intent_data.metadata", "payment_intent_data.application_fee_amount",
	"currency", "type", "recurring", "tiers_mode", "tiers", "expires_at", "metadata", "url", "enabled_events", "description", "disabled", queryLimit, queryAfter, queryBefore, queryStatus,
}

// patternText says what a pattern of the document asks for.
func patternText(want string) string {
	switch want {
	case patternEvent:
		return "must be the name of an event, such as `checkout.session.completed`, or `*`"
	case patternCurrency:
		return "must be a three-letter ISO currency code"
	case patternDecimal:
		return "must be a decimal number with at most 12 places"
	}
	prefix, rest, _ := strings.Cut(strings.TrimPrefix(want, "^"), "_")
	if rest == "" || rest == anyBody {
		return "must be an ID that begins with `" + prefix + "_`"
	}
	return ""
}

// anyBody is the end of a pattern for ids, behind their prefix.
const anyBody = `[0-9A-Za-z]+$`

// Patterns of the document that are not those of ids.
const (
	patternCurrency = `^[A-Za-z]{3}$`
	patternDecimal  = `^[0-9]{1,15}(\.[0-9]{1,12})?$`
)

// patternEvent is the pattern of the events that an endpoint asks for.
const patternEvent = `^(\*|[a-z_]+(\.[a-z_]+)+)$`

// formats says what a format of the document asks for.
var formats = map[string]string{
	"email":    "must be an email address",
	"http-url": "must be an absolute http or https URL",
	"int64":    textRange,
}

// types says what a type of the document asks for.
var types = map[string]string{
	"integer": "must be an integer",
	"string":  "must be a string",
	"array":   "must be an array",
	"object":  "must be an object",
	"boolean": "must be `true` or `false`",
}

// Texts of what has no closer one, and of numbers that nobody can hold.
const (
	textInvalid = "is not valid"
	textRange   = "must be a number that 64 bits can hold"
)

// Rules implements api.Ruler: it adds the faults that the document cannot express, as far as they speak
// of other parameters.
func (l *LeanRails) Rules(r *api.Request, violations []checkout.Violation) []checkout.Violation {
	var further []checkout.Violation
	r.Sandbox.View(func(tx *sandbox.Tx) { further = l.faults(tx, r) })
	all := slices.Clone(violations)
	for _, f := range further {
		about := func(v checkout.Violation) bool { return v.In == f.In && related(v.Path, f.Path) }
		if !slices.ContainsFunc(violations, about) {
			all = append(all, f)
		}
	}
	return all
}

// related reports whether one path leads through the other.
func related(a, b []any) bool {
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}

// describe puts faults into one answer: the code and parameter of the first, the sentences of all.
func describe(violations []checkout.Violation) (code, param, message string) {
	sorted := slices.Clone(violations)
	slices.SortStableFunc(sorted, func(a, b checkout.Violation) int { return comparePaths(a.Path, b.Path) })
	var texts []string
	for _, v := range sorted {
		if text := sentence(v); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return codeOf(sorted[0]), paramOf(sorted[0].Path), strings.Join(texts, " ")
}

// comparePaths orders members by the reference, unknown ones last, and elements by number.
func comparePaths(a, b []any) int {
	return cmp.Or(slices.Compare(place(a), place(b)), strings.Compare(paramOf(a), paramOf(b)))
}

// place is where a path stands in the reference, step by step.
func place(path []any) []int {
	var out []int
	object := ""
	for _, step := range path {
		if n, ok := step.(int); ok {
			out = append(out, n)
			continue
		}
		name := fmt.Sprint(step)
		i := slices.Index(fieldOrder, object+name)
		if i < 0 {
			i = len(fieldOrder)
		}
		out, object = append(out, i), name+"."
	}
	return out
}

// codeOf is the code of one fault. What a rule of the dialect refuses has the code as its rule.
func codeOf(v checkout.Violation) string {
	switch v.Rule {
	case checkout.RuleRequired, checkout.RuleNull, codeMissing:
		return codeMissing
	case codeResource:
		return codeResource
	default:
		return codeInvalid
	}
}

// paramOf writes the path of a parameter: line_items[0].price_data.
//
// Assumed: the form; no error about a nested parameter is documented.
func paramOf(path []any) string {
	var b strings.Builder
	for i, step := range path {
		if n, ok := step.(int); ok {
			fmt.Fprintf(&b, "[%d]", n)
			continue
		}
		if i > 0 {
			b.WriteByte('.')
		}
		fmt.Fprint(&b, step)
	}
	return b.String()
}

// fieldText is one sentence about a parameter.
//
// Source: G1, error handling, "The `amount` field must be ...".
func fieldText(path []any, what string) string {
	if len(path) == 0 {
		return "The request body " + what + "."
	}
	return "The `" + paramOf(path) + "` field " + what + "."
}

// sentence says what is wrong with one parameter.
func sentence(v checkout.Violation) string {
	switch v.Rule {
	case codeMissing, codeInvalid, codeResource:
		return cmp.Or(v.Message, fieldText(v.Path, textInvalid))
	}
	return fieldText(v.Path, constraint(v))
}

// constraint says what a violation of the document breaks.
func constraint(v checkout.Violation) string {
	switch v.Rule {
	case checkout.RuleRequired, checkout.RuleNull:
		return "is required"
	case checkout.RuleType:
		return cmp.Or(types[v.Want], textInvalid)
	case checkout.RuleEnum:
		return enumText(v.Allowed)
	case checkout.RuleMinimum:
		return "must be at least " + v.LimitText()
	case checkout.RuleMaximum:
		return "must be at most " + v.LimitText()
	case checkout.RuleMinItems:
		return "must have at least " + v.LimitText() + " element"
	case checkout.RuleMaxItems:
		return "must have at most " + v.LimitText() + " elements"
	case checkout.RuleMinLength:
		return "must not be empty"
	case checkout.RuleMaxLength:
		return "must be at most " + v.LimitText() + " characters long"
	case checkout.RulePattern:
		return cmp.Or(patternText(v.Want), textInvalid)
	case checkout.RuleFormat:
		return cmp.Or(formats[v.Want], textInvalid)
	case checkout.RuleUnknown:
		return "is not a known parameter"
	case checkout.RuleNUL:
		return "must not contain the character U+0000"
	case checkout.RuleUnreadable:
		return textRange // only numbers can be too large for us
	default:
		return textInvalid
	}
}

// enumText lists the allowed values.
func enumText(allowed []any) string {
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = fmt.Sprintf("`%v`", a)
	}
	if len(words) == 1 {
		return "must be " + words[0]
	}
	return "must be one of " + strings.Join(words, ", ")
}

// syntaxText says where the body stops being JSON.
func syntaxText(violations []checkout.Violation) string {
	for _, v := range violations {
		if at, ok := v.Limit.(int64); ok && v.Rule == checkout.RuleJSON {
			return fmt.Sprintf("The request body is not valid JSON: %s at byte %d.", v.Message, at)
		}
	}
	return "The request body is not valid JSON."
}
