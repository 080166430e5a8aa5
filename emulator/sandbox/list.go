package sandbox

import (
	"slices"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Listed is a value of the catalog that lists filter. One without this is found where nothing is
// filtered.
type Listed interface{ Listing() Listing }

// Listing is what a list asks of a value. The zero value is one of no account that no filter finds.
type Listing struct {
	Account string          // the scope in which it stands beside the whole sandbox, such as an account's id
	Terms   []checkout.Term // each value of each filter
	Search  string          // what [Query.Contains] looks into
}

// Objects is one page of a kind of objects.
type Objects struct {
	Values []any
	Total  int  // how many match, on all pages
	More   bool // whether there are further ones beyond the page, in the direction travelled
}

// List returns one page of a kind, in the order in which the objects were put first. [Query.Scope] is "" or
// the account of a [Listing]; groups are the sessions' own. An unknown cursor is a CodeNotFound. A page
// costs the same however many objects there are. What was put in this section is not seen yet.
func (tx *Tx) List(kind string, q Query) (Objects, error) {
	x := tx.b.catalog.indexed(kind)
	q.Groups = nil
	page, err := x.index.page(q)
	return Objects{x.at(page.seqs), page.total, page.more}, err
}

// ListBy is [Tx.List] in another order: that of compare, and among equals the order of creation; both are
// turned round by [Query.NewestFirst]. It looks at everything that matches.
func (tx *Tx) ListBy(kind string, q Query, compare func(a, b any) int) (Objects, error) {
	x := tx.b.catalog.indexed(kind)
	if q.After != "" || q.Before != "" {
		return Objects{}, &checkout.Error{Code: checkout.CodeRefused, Message: "cursors follow the order of creation"}
	}
	every := q
	every.Groups, every.Offset, every.Limit, every.NewestFirst = nil, 0, 0, false
	page, err := x.index.page(every)
	if err != nil {
		return Objects{}, err
	}
	values := x.at(page.seqs)
	slices.SortStableFunc(values, compare)
	if q.NewestFirst {
		slices.Reverse(values)
	}
	from, to := min(q.Offset, len(values)), len(values)
	if q.Limit > 0 {
		to = min(to, from+q.Limit)
	}
	return Objects{values[from:to], page.total, to < page.total}, nil
}

// indexed returns the collection of a kind with its index, which is made at the first list.
func (c *Catalog) indexed(kind string) *collection {
	col := c.own(kind)
	if col.index == nil {
		x := newIndex(col)
		for seq, id := range col.order {
			x.insert(uint32(seq), termsOf(col.values[id].value))
		}
		col.index = &x
	}
	return col
}

// at returns the values at places of the order.
func (col *collection) at(seqs []uint32) []any {
	out := make([]any, len(seqs))
	for i, seq := range seqs {
		out[i] = col.value(seq)
	}
	return out
}

func (col *collection) value(seq uint32) any { return col.values[col.order[seq]].value }

func listing(value any) Listing {
	if l, ok := value.(Listed); ok {
		return l.Listing()
	}
	return Listing{}
}

// termsOf lists where a value stands in the index: nowhere when it is dropped, else among all and in its
// account, in both also by its filters.
func termsOf(value any) []term {
	if value == nil {
		return nil
	}
	of := listing(value)
	out := make([]term, 0, 2*(1+len(of.Terms)))
	scopes := []string{everything, of.Account}
	if of.Account == everything {
		scopes = scopes[:1]
	}
	for _, scope := range scopes {
		out = append(out, term{scope, "", ""})
		for _, t := range of.Terms {
			out = append(out, term{scope, t.Field, t.Value})
		}
	}
	return out
}

func (col *collection) size() int { return len(col.order) }

func (col *collection) place(id string) (seq uint32, ok bool) {
	v := col.values[id]
	return v.seq, v.value != nil
}

func (col *collection) within(seq uint32, scope string) bool {
	v := col.value(seq)
	return v != nil && (scope == everything || scope == listing(v).Account)
}

func (col *collection) holds(seq uint32, f Filter) bool {
	terms := listing(col.value(seq)).Terms
	return slices.ContainsFunc(f.Values, func(value string) bool { return slices.Contains(terms, checkout.Term{Field: f.Field, Value: value}) })
}

func (col *collection) text(seq uint32) string { return listing(col.value(seq)).Search }
