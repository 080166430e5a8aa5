package sandbox

import (
	"strings"
)

// filterViews remembers the answers of combined filters, so that a page of any combination costs the same at
// any size: the first use puts the postings together, each later one looks at what changed since.
type filterViews struct {
	log   []uint32 // members that were added or changed, in order
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

func (x *index) changed(seq uint32) {
	v := &x.views
	if len(v.byKey) == 0 {
		return // nobody would read it
	}
	v.log = append(v.log, seq)
	if len(v.log) > logAtLeast+logPerRecord*x.of.size() {
		*v = filterViews{}
	}
}

// view returns the members that a combination of filters finds.
func (x *index) view(q Query) *posting {
	key := viewKey(q)
	v := x.views.byKey[key]
	if v == nil {
		if x.views.byKey == nil || len(x.views.byKey) >= viewsAtMost {
			x.views = filterViews{byKey: map[string]*filterView{}}
		}
		v = &filterView{scope: q.Scope, where: q.Where, contains: q.Contains, found: x.combine(q), read: len(x.views.log)}
		x.views.byKey[key] = v
		return v.found
	}
	for _, seq := range x.views.log[v.read:] {
		if v.matches(x.of, seq) {
			v.found.add(seq)
		} else {
			v.found.remove(seq)
		}
	}
	v.read = len(x.views.log)
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
func (x *index) combine(q Query) *posting {
	set := x.scope(q.Scope)
	for i, f := range q.Where {
		var any []*posting
		for _, value := range f.Values {
			if p := x.postings[term{q.Scope, f.Field, value}]; p != nil {
				any = append(any, p)
			}
		}
		if union := or(any); i == 0 {
			set = union
		} else {
			set = and(set, union)
		}
	}
	if q.Contains == "" {
		return set.clone()
	}
	var found []uint32
	set.each(func(seq uint32) {
		if strings.Contains(x.of.text(seq), q.Contains) {
			found = append(found, seq)
		}
	})
	return postingOf(found)
}

func (v *filterView) matches(of members, seq uint32) bool {
	if !of.within(seq, v.scope) {
		return false
	}
	for _, f := range v.where {
		if !of.holds(seq, f) {
			return false
		}
	}
	return v.contains == "" || strings.Contains(of.text(seq), v.contains)
}
