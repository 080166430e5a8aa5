package sandbox

import (
	"slices"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// FieldStatus is the filter that every scope has; its values are those of [checkout.Status].
const FieldStatus = "status"

// Query asks for one page of sessions. The zero value asks for all of them, oldest first, with no
// limit.
type Query struct {
	// Scope is "" for the whole sandbox, a provider's name, or an [AccountScope].
	Scope string
	// Where must hold all together.
	Where []Filter
	// Contains, when not "", must stand in the session's search text.
	Contains string
	// Groups, when not empty, puts the sessions in the order of these statuses first.
	Groups []checkout.Status
	// NewestFirst turns the order of creation round, within groups too.
	NewestFirst bool
	// Offset skips that many; Limit is the most to return, zero is no limit.
	Offset, Limit int
	// After and Before are cursors: ids of sessions that the page must come right after or right
	// before, in the order asked for. A page before a cursor is the one that ends next to it.
	After, Before string
}

// Filter holds where a session has any of the values in the field.
type Filter struct {
	Field  string
	Values []string
}

// Page is the answer to a [Query].
type Page struct {
	Records []*Record
	Total   int  // how many match, on all pages
	More    bool // whether there are further ones beyond the page, in the direction travelled
}

// members are what an index is about: things in the order of creation, numbered from 0.
type members interface {
	size() int
	// place returns the number of the one with that id.
	place(id string) (seq uint32, ok bool)
	// within reports whether one stands in a scope; holds, whether it passes a filter.
	within(seq uint32, scope string) bool
	holds(seq uint32, f Filter) bool
	// text is what [Query.Contains] looks into.
	text(seq uint32) string
}

// index finds members by the values of their filters. A page costs the same however many there are.
type index struct {
	of       members
	postings map[term]*posting
	views    filterViews
}

func newIndex(of members) index { return index{of: of, postings: map[term]*posting{}} }

// found is a page by number.
type found struct {
	seqs  []uint32
	total int
	more  bool
}

// page answers q. An unknown cursor is a CodeNotFound.
func (x *index) page(q Query) (found, error) {
	set := x.matching(q)
	total := set.len()
	from, to, err := x.window(q, set, total)
	if err != nil {
		return found{}, err
	}
	page := found{total: total, more: to < total, seqs: collect(x.parts(q, set), from, to, q.NewestFirst)}
	if q.Before != "" {
		page.more = from > 0
	}
	return page, nil
}

// window returns the positions of the page in the order asked for: from ≤ i < to.
func (x *index) window(q Query, set *posting, total int) (from, to int, err error) {
	from, to = min(q.Offset, total), total
	if q.After != "" {
		at, err := x.position(q, set, total, q.After)
		if err != nil {
			return 0, 0, err
		}
		from = min(at.next+q.Offset, total)
	}
	if q.Before != "" {
		at, err := x.position(q, set, total, q.Before)
		if err != nil {
			return 0, 0, err
		}
		to = max(at.first, from)
		if q.Limit > 0 {
			from = max(from, to-q.Limit)
		}
		return from, to, nil
	}
	if q.Limit > 0 {
		to = min(to, from+q.Limit)
	}
	return from, to, nil
}

type place struct{ first, next int }

// position finds a cursor in the order of creation. What it names need not match the filters itself.
func (x *index) position(q Query, set *posting, total int, id string) (place, error) {
	seq, ok := x.of.place(id)
	if !ok {
		return place{}, notFound(id)
	}
	below := set.below(seq)
	upTo := below
	if set.has(seq) {
		upTo++
	}
	if q.NewestFirst {
		return place{first: total - upTo, next: total - below}, nil
	}
	return place{first: below, next: upTo}, nil
}

// matching returns the members that pass the filters. It may be part of the index: not to be modified.
func (x *index) matching(q Query) *posting {
	switch {
	case len(q.Where) == 0 && q.Contains == "":
		return x.scope(q.Scope)
	case len(q.Where) == 1 && len(q.Where[0].Values) == 1 && q.Contains == "":
		if p := x.postings[term{q.Scope, q.Where[0].Field, q.Where[0].Values[0]}]; p != nil {
			return p
		}
		return &posting{}
	}
	return x.view(q)
}

func (x *index) scope(name string) *posting {
	if p := x.postings[term{name, "", ""}]; p != nil {
		return p
	}
	return &posting{}
}

// parts splits what matches by status when the query asks for groups.
func (x *index) parts(q Query, set *posting) []*posting {
	if len(q.Groups) == 0 {
		return []*posting{set}
	}
	parts := make([]*posting, len(q.Groups))
	for i, status := range q.Groups {
		one := q
		one.Where = append(slices.Clone(q.Where), Filter{FieldStatus, []string{string(status)}})
		parts[i] = x.matching(one)
	}
	return parts
}

// collect returns the numbers at positions from ≤ i < to of the parts, one part after the other.
func collect(parts []*posting, from, to int, newestFirst bool) []uint32 {
	out := make([]uint32, 0, to-from)
	for _, p := range parts {
		n := p.len()
		a, b := min(from, n), min(to, n)
		if a < b && newestFirst {
			at := len(out)
			p.run(n-b, n-a, func(seq uint32) { out = append(out, seq) })
			slices.Reverse(out[at:])
		} else if a < b {
			p.run(a, b, func(seq uint32) { out = append(out, seq) })
		}
		from, to = max(from-n, 0), max(to-n, 0)
	}
	return out
}

// insert notes the terms of a new member.
func (x *index) insert(seq uint32, terms []term) {
	for _, t := range terms {
		x.add(t, seq)
	}
	x.changed(seq)
}

// replace notes that the terms of a member are other ones now.
func (x *index) replace(seq uint32, before, after []term) {
	for _, t := range before {
		if !slices.Contains(after, t) {
			x.drop(t, seq)
		}
	}
	for _, t := range after {
		if !slices.Contains(before, t) {
			x.add(t, seq)
		}
	}
}

func (x *index) add(t term, seq uint32) { x.posting(t).add(seq) }

// posting returns that of a term to add to.
func (x *index) posting(t term) *posting {
	p := x.postings[t]
	if p == nil {
		p = &posting{}
		x.postings[t] = p
	}
	return p
}

func (x *index) drop(t term, seq uint32) {
	p := x.postings[t]
	p.remove(seq)
	if p.len() == 0 {
		delete(x.postings, t)
	}
}
