package bias

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// condition is what a list asks of an object.
type condition interface {
	// clauses returns the condition as a conjunction of clauses, or false when that takes too many.
	clauses() ([]clause, bool)
	holds(filtered) bool
}

// filtered is what conditions look at: a session or another object.
type filtered interface {
	has(fact string) bool
	createdAt() int64 // milliseconds
}

// sessionFacts is what filters look at of a session.
type sessionFacts struct{ *checkout.Session }

func (s sessionFacts) has(fact string) bool {
	return slices.Contains(s.Terms, checkout.Term{Field: fieldIs, Value: fact})
}

func (s sessionFacts) createdAt() int64 { return s.CreatedAt.UnixMilli() }

// all holds where every one of its conditions does, none where no condition fails.
type all []condition

// anyOf holds where one of its conditions does.
type anyOf []condition

// is holds for objects with a fact, see [fieldIs].
type is string

// within holds for objects created in from ≤ t < to, in milliseconds.
type within struct{ from, to int64 }

// always holds for every object, or for none.
type always bool

var anyTime = within{math.MinInt64, math.MaxInt64}

func (c all) holds(s filtered) bool {
	return !slices.ContainsFunc(c, func(one condition) bool { return !one.holds(s) })
}

func (c anyOf) holds(s filtered) bool {
	return slices.ContainsFunc(c, func(one condition) bool { return one.holds(s) })
}

func (c is) holds(s filtered) bool { return s.has(string(c)) }

func (c within) holds(s filtered) bool {
	at := s.createdAt()
	return c.from <= at && at < c.to
}

func (c always) holds(filtered) bool { return bool(c) }

// readFilters reads the parameter filters; a nil condition asks for nothing.
//
// Source: docs.biaspay.com, "List all checkout sessions": three shapes of object, combined with and
// and or; the guide to event streaming shows {field: value}.
// Assumed: that the other two are {and: […]} and {or: […]}; the fields; gt, gte, lt and lte on
// created_at; members side by side hold together; null and the empty text ask for a missing value.
func (b *Bias) readFilters(rawQuery string) (condition, []checkout.Violation) {
	tree, found := readTree(rawQuery, paramFilters)
	if tree == nil {
		return nil, found
	}
	c, more := newCondition(b.equality, tree, []any{paramFilters})
	return c, append(found, more...)
}

// equals reads a condition {field: value}.
type equals func(field string, value any, path []any) (condition, []checkout.Violation)

func newCondition(equality equals, tree map[string]any, path []any) (condition, []checkout.Violation) {
	var together all
	var found []checkout.Violation
	for _, member := range wire.SortedKeys(tree) {
		at := append(path[:len(path):len(path)], member)
		var c condition
		var more []checkout.Violation
		switch member {
		case "and", "or":
			c, more = combination(equality, member, tree[member], at)
		case filterCreatedAt:
			c, more = instants(tree[member], at)
		default:
			c, more = equality(member, tree[member], at)
		}
		together, found = append(together, c), append(found, more...)
	}
	return together, found
}

func combination(equality equals, word string, value any, path []any) (condition, []checkout.Violation) {
	elements, ok := listOf(value)
	if !ok {
		return nil, []checkout.Violation{badQuery(path, value, param(path)+" must be a list of conditions.")}
	}
	var parts []condition
	var found []checkout.Violation
	for i, element := range elements {
		at := append(path[:len(path):len(path)], i)
		tree, ok := element.(map[string]any)
		if !ok {
			found = append(found, badQuery(at, element, param(at)+" must be a condition."))
			continue
		}
		c, more := newCondition(equality, tree, at)
		parts, found = append(parts, c), append(found, more...)
	}
	if word == "and" {
		return all(parts), found
	}
	return anyOf(parts), found
}

// equality is a condition {field: value} on a session.
func (b *Bias) equality(field string, value any, path []any) (condition, []checkout.Violation) {
	switch field {
	case filterStatus:
		return oneOf(field, value, path, []string{b.payable(), statusComplete, statusExpired})
	case filterMode:
		return oneOf(field, value, path, []string{modePayment, modeSetup})
	case filterCustomer, filterInvoice:
		return textOrNull(field, value, path)
	case filterLive:
		return isLive(value, path)
	}
	return notAField(value, path)
}

// textOrNull is a condition on a text; null asks for a missing one.
func textOrNull(field string, value any, path []any) (condition, []checkout.Violation) {
	text, ok := value.(string)
	if value != nil && !ok {
		return nil, []checkout.Violation{badQuery(path, value, param(path)+" must be a string or null.")}
	}
	return is(fact(field, text)), nil
}

// isLive is a condition on live, which nothing here is.
func isLive(value any, path []any) (condition, []checkout.Violation) {
	live, ok := truth(value)
	if !ok {
		return nil, []checkout.Violation{badQuery(path, value, param(path)+" must be true or false.")}
	}
	return always(!live), nil
}

// truth reads a boolean, also one that is written as text.
func truth(value any) (yes, ok bool) {
	if yes, ok := value.(bool); ok {
		return yes, true
	}
	return value == "true", value == "true" || value == "false"
}

func notAField(value any, path []any) (condition, []checkout.Violation) {
	return nil, []checkout.Violation{badQuery(path, value, param(path)+" is not a field to filter by.")}
}

func oneOf(field string, value any, path []any, allowed []string) (condition, []checkout.Violation) {
	if text, ok := value.(string); ok && slices.Contains(allowed, text) {
		return is(fact(field, text)), nil
	}
	v := checkout.Violation{In: checkout.InQuery, Path: path, Rule: checkout.RuleEnum, Value: value}
	for _, word := range allowed {
		v.Allowed = append(v.Allowed, word)
	}
	return nil, []checkout.Violation{v}
}

// instants is a condition on the time of creation: an instant, or bounds.
func instants(value any, path []any) (condition, []checkout.Violation) {
	bounds, ok := value.(map[string]any)
	if !ok {
		bounds = map[string]any{"": value}
	}
	span := anyTime
	var found []checkout.Violation
	for _, word := range wire.SortedKeys(bounds) {
		at := path
		if word != "" {
			at = append(path[:len(path):len(path)], word)
		}
		ms, ok := milliseconds(bounds[word])
		if !ok {
			found = append(found, badQuery(at, bounds[word], param(at)+" must be an integer of milliseconds."))
			continue
		}
		one, ok := bounded(word, ms)
		if !ok {
			found = append(found, badQuery(at, bounds[word], param(at)+" is not a comparison; there are gt, gte, lt and lte."))
			continue
		}
		span = span.and(one)
	}
	return span, found
}

// farAway is beyond any instant, and far enough from the ends of the type to be counted from.
const farAway = 1 << 60

func milliseconds(value any) (int64, bool) {
	text, ok := value.(string)
	if number, isNumber := value.(json.Number); isNumber {
		text, ok = string(number), true
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	return min(max(ms, -farAway), farAway), ok && err == nil
}

func bounded(word string, ms int64) (within, bool) {
	switch word {
	case "":
		return within{ms, ms + 1}, true
	case "gt":
		return within{ms + 1, anyTime.to}, true
	case "gte":
		return within{ms, anyTime.to}, true
	case "lt":
		return within{anyTime.from, ms}, true
	case "lte":
		return within{anyTime.from, ms + 1}, true
	default:
		return within{}, false
	}
}

func (c within) and(other within) within {
	return within{max(c.from, other.from), min(c.to, other.to)}
}

func (c within) String() string { return fmt.Sprintf("%d ≤ created_at < %d", c.from, c.to) }
