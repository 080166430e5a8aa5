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
	page := Page{Total: total, More: to < total, Records: make([]*Record, 0, to-from)}
	if q.Before != "" {
		page.More = from > 0
	}
	parts := st.parts(q, set)
	for i := from; i < to; i++ {
		page.Records = append(page.Records, st.records[pick(parts, i, q.NewestFirst)])
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

func (st *store) matching(q Query) *posting {
	var set *posting
	narrow := func(p *posting) {
		if set == nil {
			set = p
		} else {
			set = and(set, p)
		}
	}
	for _, f := range q.Where {
		var any []*posting
		for i, v := range f.Values {
			if p := st.index[term{q.Scope, f.Field, v}]; p != nil && !slices.Contains(f.Values[:i], v) {
				any = append(any, p)
			}
		}
		if len(any) == 0 {
			return &posting{}
		}
		narrow(or(any))
	}
	if q.Contains != "" {
		narrow(st.scope(q.Scope))
		narrow(st.containing(q.Contains))
	}
	if set == nil {
		return st.scope(q.Scope)
	}
	return set
}

func (st *store) scope(name string) *posting {
	if p := st.index[term{name, "", ""}]; p != nil {
		return p
	}
	return &posting{}
}

// parts splits the set by status when the query asks for groups.
func (st *store) parts(q Query, set *posting) []*posting {
	if len(q.Groups) == 0 {
		return []*posting{set}
	}
	var parts []*posting
	for _, status := range q.Groups {
		if p := st.index[term{q.Scope, FieldStatus, string(status)}]; p != nil {
			parts = append(parts, and(set, p))
		}
	}
	return parts
}

// pick returns the i-th number of the parts one after the other.
func pick(parts []*posting, i int, newestFirst bool) uint32 {
	for _, p := range parts {
		n := p.len()
		if i >= n {
			i -= n
			continue
		}
		if newestFirst {
			i = n - 1 - i
		}
		return p.at(i)
	}
	panic("sandbox: position outside of the page")
}
