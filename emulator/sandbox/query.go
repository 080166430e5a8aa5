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

// page answers q. An unknown cursor is a CodeNotFound.
func (st *store) page(q Query) (Page, error) {
	set := st.matching(q)
	total := set.len()
	from, to, err := st.window(q, set, total)
	if err != nil {
		return Page{}, err
	}
	page := Page{Total: total, More: to < total, Records: st.collect(st.parts(q, set), from, to, q.NewestFirst)}
	if q.Before != "" {
		page.More = from > 0
	}
	return page, nil
}

// window returns the positions of the page in the order asked for: from ≤ i < to.
func (st *store) window(q Query, set *posting, total int) (from, to int, err error) {
	from, to = min(q.Offset, total), total
	if q.After != "" {
		at, err := st.position(q, set, total, q.After)
		if err != nil {
			return 0, 0, err
		}
		from = min(at.next+q.Offset, total)
	}
	if q.Before != "" {
		at, err := st.position(q, set, total, q.Before)
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

// position finds a cursor in the order of creation. The session itself need not match the filters.
func (st *store) position(q Query, set *posting, total int, id string) (place, error) {
	seq, ok := st.byID[id]
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

// matching returns the sessions that pass the filters. It may be part of the index: not to be modified.
func (st *store) matching(q Query) *posting {
	switch {
	case len(q.Where) == 0 && q.Contains == "":
		return st.scope(q.Scope)
	case len(q.Where) == 1 && len(q.Where[0].Values) == 1 && q.Contains == "":
		if p := st.index[term{q.Scope, q.Where[0].Field, q.Where[0].Values[0]}]; p != nil {
			return p
		}
		return &posting{}
	}
	return st.view(q)
}

func (st *store) scope(name string) *posting {
	if p := st.index[term{name, "", ""}]; p != nil {
		return p
	}
	return &posting{}
}

// parts splits what matches by status when the query asks for groups.
func (st *store) parts(q Query, set *posting) []*posting {
	if len(q.Groups) == 0 {
		return []*posting{set}
	}
	parts := make([]*posting, len(q.Groups))
	for i, status := range q.Groups {
		one := q
		one.Where = append(slices.Clone(q.Where), Filter{FieldStatus, []string{string(status)}})
		parts[i] = st.matching(one)
	}
	return parts
}

// collect appends the records at positions from ≤ i < to of the parts, one part after the other.
func (st *store) collect(parts []*posting, from, to int, newestFirst bool) []*Record {
	out := make([]*Record, 0, to-from)
	for _, p := range parts {
		n := p.len()
		a, b := min(from, n), min(to, n)
		if a < b && newestFirst {
			at := len(out)
			p.run(n-b, n-a, func(seq uint32) { out = append(out, st.records[seq]) })
			slices.Reverse(out[at:])
		} else if a < b {
			p.run(a, b, func(seq uint32) { out = append(out, st.records[seq]) })
		}
		from, to = max(from-n, 0), max(to-n, 0)
	}
	return out
}
