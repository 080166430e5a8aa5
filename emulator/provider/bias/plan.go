package bias

import (
	"slices"

	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// clausesAtMost bounds how far a condition is multiplied out.
const clausesAtMost = 64

// clause holds where an object has one of the facts, or was created in one of the spans. The empty
// one never holds.
type clause struct {
	facts []string
	spans []within
}

func (c clause) holds(s filtered) bool {
	return slices.ContainsFunc(c.facts, func(f string) bool { return is(f).holds(s) }) ||
		slices.ContainsFunc(c.spans, func(w within) bool { return w.holds(s) })
}

func (c is) clauses() ([]clause, bool) { return []clause{{facts: []string{string(c)}}}, true }

func (c within) clauses() ([]clause, bool) { return []clause{{spans: []within{c}}}, true }

func (c always) clauses() ([]clause, bool) {
	if c {
		return nil, true
	}
	return []clause{{}}, true
}

func (c all) clauses() ([]clause, bool) {
	var out []clause
	for _, one := range c {
		more, ok := one.clauses()
		if out = append(out, more...); !ok || len(out) > clausesAtMost {
			return nil, false
		}
	}
	return out, true
}

// clauses of a disjunction are those of its parts, each with each.
func (c anyOf) clauses() ([]clause, bool) {
	out := []clause{{}}
	for _, one := range c {
		more, ok := one.clauses()
		if !ok || len(out)*len(more) > clausesAtMost {
			return nil, false
		}
		var next []clause
		for _, a := range out {
			for _, m := range more {
				next = append(next, clause{facts: slices.Concat(a.facts, m.facts), spans: slices.Concat(a.spans, m.spans)})
			}
		}
		out = next
	}
	return out, true
}

// plan is how a list finds its sessions.
//
// The index answers what is an AND of ORs of facts, whatever the fields: all of them are values of
// one filter, so any tree of and, or and equalities fits once it is multiplied out. A span of time
// that holds for the whole list fits as well, because sessions are created in the order of time. The
// rest is looked at session by session, among those that the index finds: a comparison of created_at
// inside of an or, and a tree that would multiply out to more than 64 clauses.
type plan struct {
	where []sandbox.Filter
	span  within
	none  bool                // nothing can match
	rest  func(filtered) bool // nil: nothing else is asked for
}

func newPlan(c condition) plan {
	p := plan{span: anyTime}
	if c == nil {
		return p
	}
	clauses, ok := c.clauses()
	if !ok {
		p.rest = c.holds
		return p
	}
	var rest []clause
	for _, one := range clauses {
		switch {
		case len(one.facts) == 0 && len(one.spans) == 0:
			p.none = true
		case len(one.spans) == 0:
			slices.Sort(one.facts)
			p.where = append(p.where, sandbox.Filter{Field: fieldIs, Values: slices.Compact(one.facts)})
		case len(one.facts) == 0 && len(one.spans) == 1:
			p.span = p.span.and(one.spans[0])
		default:
			rest = append(rest, one)
		}
	}
	p.none = p.none || p.span.from >= p.span.to
	if len(rest) > 0 {
		p.rest = func(s filtered) bool {
			return !slices.ContainsFunc(rest, func(c clause) bool { return !c.holds(s) })
		}
	}
	return p
}

// exact reports whether the index alone answers what is asked for.
func (p plan) exact() bool { return p.rest == nil && p.span == anyTime }

func (p plan) holds(s filtered) bool {
	return p.span.holds(s) && (p.rest == nil || p.rest(s))
}
