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

// condition is what a list asks of a session.
type condition interface {
	// clauses returns the condition as a conjunction of clauses, or false when that takes too many.
	clauses() ([]clause, bool)
	holds(*checkout.Session) bool
}

// all holds where every one of its conditions does, none where no condition fails.
type all []condition

// anyOf holds where one of its conditions does.
type anyOf []condition

// is holds for sessions with a fact, see [fieldIs].
type is string

// within holds for sessions created in from ≤ t < to, in milliseconds.
type within struct{ from, to int64 }

// always holds for every session, or for none.
type always bool

var anyTime = within{math.MinInt64, math.MaxInt64}

func (c all) holds(s *checkout.Session) bool {
	return !slices.ContainsFunc(c, func(one condition) bool { return !one.holds(s) })
}

func (c anyOf) holds(s *checkout.Session) bool {
	return slices.ContainsFunc(c, func(one condition) bool { return one.holds(s) })
}

func (c is) holds(s *checkout.Session) bool {
	return slices.Contains(s.Terms, checkout.Term{Field: fieldIs, Value: string(c)})
}

func (c within) holds(s *checkout.Session) bool {
	at := s.CreatedAt.UnixMilli()
	return c.from <= at && at < c.to
}

func (c always) holds(*checkout.Session) bool { return bool(c) }

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
	c, more := b.newCondition(tree, []any{paramFilters})
	return c, append(found, more...)
}

func (b *Bias) newCondition(tree map[string]any, path []any) (condition, []checkout.Violation) {
	var together all
	var found []checkout.Violation
	for _, member := range wire.SortedKeys(tree) {
		at := append(path[:len(path):len(path)], member)
		var c condition
		var more []checkout.Violation
		switch member {
		case "and", "or":
			c, more = b.combination(member, tree[member], at)
		case filterCreatedAt:
			c, more = instants(tree[member], at)
		default:
			c, more = b.equality(member, tree[member], at)
		}
		together, found = append(together, c), append(found, more...)
	}
	return together, found
}

func (b *Bias) combination(word string, value any, path []any) (condition, []checkout.Violation) {
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
		c, more := b.newCondition(tree, at)
		parts, found = append(parts, c), append(found, more...)
	}
	if word == "and" {
		return all(parts), found
	}
	return anyOf(parts), found
}

// equality is a condition {field: value}.
func (b *Bias) equality(field string, value any, path []any) (condition, []checkout.Violation) {
	text, isText := value.(string)
	bad := func(want string) (condition, []checkout.Violation) {
		return nil, []checkout.Violation{badQuery(path, value, param(path)+" must be "+want+".")}
	}
	switch field {
	case filterStatus:
		return b.oneOf(field, value, path, []string{b.payable(), statusComplete, statusExpired})
	case filterMode:
		return b.oneOf(field, value, path, []string{modePayment, modeSetup})
	case filterCustomer, filterInvoice:
		if value != nil && !isText {
			return bad("an id or null")
		}
		return is(fact(field, text)), nil
	case filterLive:
		if live, ok := value.(bool); ok {
			return always(!live), nil
		}
		if text != "true" && text != "false" {
			return bad("true or false")
		}
		return always(text == "false"), nil
	}
	return nil, []checkout.Violation{badQuery(path, value, param(path)+" is not a field to filter by.")}
}

func (b *Bias) oneOf(field string, value any, path []any, allowed []string) (condition, []checkout.Violation) {
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
