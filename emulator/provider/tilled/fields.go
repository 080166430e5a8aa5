package tilled

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Constraints of fields, in the words of the framework's validator (class-validator). Two are ours.
//
// Assumed: that the service uses that validator; its envelope is the framework's.
const (
	constraintMissing   = "should not be null or undefined"
	constraintEmpty     = "should not be empty"
	constraintNumber    = "must be a number conforming to the specified constraints"
	constraintInteger   = "must be an integer number"
	constraintString    = "must be a string"
	constraintArray     = "must be an array"
	constraintObject    = "must be an object"
	constraintDate      = "must be a valid ISO 8601 date string"
	constraintURL       = "must be a URL address"
	constraintFuture    = "must be a date in the future"
	constraintKeyLength = "must have a key shorter than or equal to 40 characters"
	constraintKeys      = "must contain no more than 50 keys"
	constraintNUL       = "must not contain the character U+0000"
	constraintToken     = "is not known: send the number of a test card or test bank instead"
	constraintSession   = "cannot be changed: the Payment Intent belongs to a Checkout Session"
	constraintOther     = "is not valid"
)

// Rules implements api.Ruler: it adds the faults that the document cannot express, of fields that have
// none yet.
func (t *Tilled) Rules(r *api.Request, violations []checkout.Violation) []checkout.Violation {
	if len(violations) == 1 && len(violations[0].Path) == 0 && violations[0].Rule == checkout.RuleRequired {
		return missingBody(r.Operation)
	}
	if r.Body == nil {
		return violations
	}
	further := faultsOf(r.Operation, r.Body)
	if r.Operation == opCreate {
		further = append(further, deadlineFaults(r.Body, r.Sandbox.Clock().Now)...)
	}
	all := slices.Clone(violations)
	for _, f := range further {
		named := func(v checkout.Violation) bool { return slices.Equal(v.Path, f.Path) }
		if !slices.ContainsFunc(violations, named) {
			all = append(all, f)
		}
	}
	return all
}

// missingBody is what an empty object lacks. A body that is empty, or declared as something else
// than JSON, is one to the framework.
func missingBody(operation string) []checkout.Violation {
	var required []string
	switch operation {
	case opCreate:
		required = []string{"line_items", "payment_intent_data"}
	case opCreateEndpoint:
		required = []string{"enabled_events", "url"}
	case opCreateIntent:
		required = []string{"amount", "currency", "payment_method_types"}
	case opCreateMethod:
		required = []string{"type"}
	case opAttachMethod:
		required = []string{"customer_id"}
	case opCreateRefund:
		required = []string{"payment_intent_id"}
	}
	out := make([]checkout.Violation, len(required))
	for i, member := range required {
		out[i] = checkout.Violation{In: checkout.InBody, Path: []any{member}, Rule: checkout.RuleRequired}
	}
	return out
}

// fieldTexts writes one sentence for each fault, in the order of the fields in the document.
func fieldTexts(violations []checkout.Violation) []string {
	sorted := slices.Clone(violations)
	slices.SortStableFunc(sorted, func(a, b checkout.Violation) int { return comparePaths(a.Path, b.Path) })
	texts := make([]string, 0, len(sorted))
	for _, v := range sorted {
		text := v.Message
		if v.Rule != ruleOwn {
			text = fieldText(v.Path, constraint(v))
		}
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// comparePaths orders members by name, as the document has them, and elements by number.
func comparePaths(a, b []any) int {
	return slices.CompareFunc(a, b, func(x, y any) int {
		m, bothInts := x.(int)
		n, ok := y.(int)
		if bothInts && ok {
			return cmp.Compare(m, n)
		}
		return strings.Compare(fmt.Sprint(x), fmt.Sprint(y))
	})
}

// fieldText puts the path of a field before what it breaks. An element of a plain list is "each
// value in" the list.
func fieldText(path []any, constraint string) string {
	parts := make([]string, len(path))
	for i, step := range path {
		parts[i] = fmt.Sprint(step)
	}
	n := len(path)
	switch {
	case n == 0:
		return "body " + constraint
	case n > 1 && isIndex(path[n-1]):
		list := append(parts[:n-2:n-2], "each value in "+parts[n-2])
		return strings.Join(list, ".") + " " + constraint
	}
	return strings.Join(parts, ".") + " " + constraint
}

func isIndex(step any) bool {
	_, ok := step.(int)
	return ok
}

// constraint names what a violation of the document breaks.
func constraint(v checkout.Violation) string {
	switch v.Rule {
	case checkout.RuleRequired, checkout.RuleNull:
		return constraintMissing
	case checkout.RuleType:
		return typeConstraint(v.Want)
	case checkout.RuleEnum:
		allowed := make([]string, len(v.Allowed))
		for i, a := range v.Allowed {
			allowed[i] = fmt.Sprint(a)
		}
		return oneOf(allowed)
	case checkout.RuleMinimum:
		return "must not be less than " + v.LimitText()
	case checkout.RuleMaximum:
		return "must not be greater than " + v.LimitText()
	case checkout.RuleMinLength, checkout.RuleMinItems:
		if n := v.LimitText(); v.Rule == checkout.RuleMinLength && n != "1" {
			return "must be longer than or equal to " + n + " characters"
		}
		return constraintEmpty
	case checkout.RuleMaxLength:
		return "must be shorter than or equal to " + v.LimitText() + " characters"
	case checkout.RuleMaxItems:
		return "must contain no more than " + v.LimitText() + " elements"
	case checkout.RuleFormat:
		if v.Want == "http-url" {
			return constraintURL
		}
		return constraintDate // the document has no other format
	case checkout.RulePattern:
		return "must match /" + v.Want + "/ regular expression"
	case checkout.RuleNUL:
		return constraintNUL
	case checkout.RuleUnreadable:
		return constraintNumber // only numbers can be too large for us
	default:
		return constraintOther
	}
}

func oneOf(allowed []string) string {
	return "must be one of the following values: " + strings.Join(allowed, ", ")
}

func typeConstraint(want string) string {
	switch want {
	case "integer":
		return constraintInteger
	case "number":
		return constraintNumber
	case "string":
		return constraintString
	case "array":
		return constraintArray
	case "object":
		return constraintObject
	case "boolean":
		return "must be a boolean value"
	default:
		return constraintOther
	}
}

// syntaxText says where the body stops being JSON, as the runtime of the service does.
func syntaxText(violations []checkout.Violation) string {
	for _, v := range violations {
		at, ok := v.Limit.(int64)
		if ok && v.Rule == checkout.RuleJSON && !strings.HasPrefix(v.Message, "unexpected end") {
			return fmt.Sprintf("Unexpected token in JSON at position %d", at)
		}
	}
	return "Unexpected end of JSON input"
}
