package sandbox

import (
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// filterViews remembers the answers of combined filters, so that a page of any combination costs the same at
// any size: the first use puts the postings together, each later one looks at what changed since.
type filterViews struct {
	log   []uint32 // sessions that were added or changed, in order
	byKey map[string]*filterView
}

type filterView struct {
	scope    string
	where    []Filter
	contains string
	found    *posting
	read     int // how much of the log it has seen
}

// Bounds: past either, the views begin anew.
const (
	viewsAtMost  = 64
	logPerRecord = 4
	logAtLeast   = 1 << 16
)

func (st *store) changed(seq uint32) {
	v := &st.views
	if len(v.byKey) == 0 {
		return // nobody would read it
	}
	v.log = append(v.log, seq)
	if len(v.log) > logAtLeast+logPerRecord*len(st.records) {
		*v = filterViews{}
	}
}

// view returns the sessions that a combination of filters finds.
func (st *store) view(q Query) *posting {
	key := viewKey(q)
	v := st.views.byKey[key]
	if v == nil {
		if st.views.byKey == nil || len(st.views.byKey) >= viewsAtMost {
			st.views = filterViews{byKey: map[string]*filterView{}}
		}
		v = &filterView{scope: q.Scope, where: q.Where, contains: q.Contains, found: st.combine(q), read: len(st.views.log)}
		st.views.byKey[key] = v
		return v.found
	}
	for _, seq := range st.views.log[v.read:] {
		if v.matches(&st.records[seq].Session) {
			v.found.add(seq)
		} else {
			v.found.remove(seq)
		}
	}
	v.read = len(st.views.log)
	return v.found
}

func viewKey(q Query) string {
	var b strings.Builder
	b.WriteString(q.Scope)
	for _, f := range q.Where {
		b.WriteString("\x00f" + f.Field)
		for _, value := range f.Values {
			b.WriteString("\x00v" + value)
		}
	}
	b.WriteString("\x00c" + q.Contains)
	return b.String()
}

// combine puts the postings of a query together into a new one.
func (st *store) combine(q Query) *posting {
	set := st.scope(q.Scope)
	for i, f := range q.Where {
		var any []*posting
		for _, value := range f.Values {
			if p := st.index[term{q.Scope, f.Field, value}]; p != nil {
				any = append(any, p)
			}
		}
		if union := or(any); i == 0 {
			set = union
		} else {
			set = and(set, union)
		}
	}
	out := &posting{}
	set.each(func(seq uint32) {
		if q.Contains == "" || strings.Contains(st.records[seq].Session.Search, q.Contains) {
			out.add(seq)
		}
	})
	return out
}

func (v *filterView) matches(s *checkout.Session) bool {
	if v.scope != everything && v.scope != s.Provider && v.scope != AccountScope(s.Provider, s.Account) {
		return false
	}
	for _, f := range v.where {
		if !f.holds(s) {
			return false
		}
	}
	return v.contains == "" || strings.Contains(s.Search, v.contains)
}

func (f Filter) holds(s *checkout.Session) bool {
	return slices.ContainsFunc(f.Values, func(value string) bool {
		return f.Field == FieldStatus && value == string(s.Status) || slices.Contains(s.Terms, checkout.Term{Field: f.Field, Value: value})
	})
}
