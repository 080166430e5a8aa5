package polar

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// objectList is what a list asks of a kind of objects.
type objectList struct {
	kind    string
	query   sandbox.Query
	compare func(a, b any) int // nil: the order of creation, which the query may turn round
	keep    func(v any) bool   // what filters of values cannot say; nil keeps everything
}

// where adds a filter; without values it filters nothing.
func (l *objectList) where(field string, values []string) {
	if len(values) > 0 {
		l.query.Where = append(l.query.Where, sandbox.Filter{Field: field, Values: values})
	}
}

// whereIDs is where for ids, which may be written in other forms.
func (l *objectList) whereIDs(field string, values []string) {
	plain := make([]string, len(values))
	for i, v := range values {
		plain[i] = canonicalUUID(v)
	}
	l.where(field, plain)
}

// whereMetadata filters by values of the caller's own, which compare as text.
func (l *objectList) whereMetadata(asked map[string]string) {
	for _, key := range wire.SortedKeys(asked) {
		l.where(metadataTerm+key, []string{asked[key]})
	}
}

// whereCustomers filters by customers, of whom some are named by their external id.
func (l *objectList) whereCustomers(tx *sandbox.Tx, customerIDs, externalIDs []string) {
	l.whereIDs(termCustomer, customerIDs)
	if len(externalIDs) == 0 {
		return
	}
	found := []string{"none"} // never empty: that would be no filter
	for _, v := range tx.All(kindOrganization) {
		for _, id := range externalIDs {
			if c, _ := tx.By(kindCustomer, externalKey(v.(*organization).ID, id)).(*customer); c != nil {
				found = append(found, c.ID)
			}
		}
	}
	l.where(termCustomer, found)
}

// between keeps objects whose instant lies after one and before the other, both excluded; "" is open.
func (l *objectList) between(after, before string, instant func(v any) time.Time) {
	from, _ := time.Parse(time.RFC3339Nano, after)
	to, _ := time.Parse(time.RFC3339Nano, before)
	if from.IsZero() && to.IsZero() {
		return
	}
	l.also(func(v any) bool {
		at := instant(v)
		return (from.IsZero() || at.After(from)) && (to.IsZero() || at.Before(to))
	})
}

// also adds what the objects must be beside the filters.
func (l *objectList) also(keep func(v any) bool) {
	before := l.keep
	l.keep = func(v any) bool { return (before == nil || before(v)) && keep(v) }
}

// sortBy sets the order. A criterion without a comparison is the order of creation, in which no two objects
// are equal, so that what follows it makes no difference.
func (l *objectList) sortBy(criteria []string, comparisons map[string]func(a, b any) int) {
	var chain []func(a, b any) int
	for _, c := range criteria {
		field, descending := strings.CutPrefix(c, "-")
		compare := comparisons[field]
		if compare == nil {
			l.query.NewestFirst = descending
			break
		}
		if descending {
			chain = append(chain, func(a, b any) int { return compare(b, a) })
			continue
		}
		chain = append(chain, compare)
	}
	if len(chain) == 0 {
		return
	}
	l.compare = func(a, b any) int {
		if l.query.NewestFirst { // which turns all of the order round
			a, b = b, a
		}
		for _, compare := range chain {
			if n := compare(a, b); n != 0 {
				return n
			}
		}
		return 0
	}
}

// nullsLast compares what may be missing, as Polar's database does.
func nullsLast[T any](a, b *T, compare func(a, b T) int) int {
	switch {
	case a != nil && b != nil:
		return compare(*a, *b)
	case a != nil:
		return -1
	case b != nil:
		return 1
	}
	return 0
}

// read returns one page, and how many objects there are on all pages.
func (l *objectList) read(tx *sandbox.Tx) (values []any, total int, err error) {
	q := l.query
	if l.keep != nil {
		q.Offset, q.Limit = 0, 0
	}
	page, err := tx.List(l.kind, q)
	if l.compare != nil {
		page, err = tx.ListBy(l.kind, q, l.compare)
	}
	if err != nil || l.keep == nil {
		return page.Values, page.Total, err
	}
	kept := slices.DeleteFunc(page.Values, func(v any) bool { return !l.keep(v) })
	from := min(l.query.Offset, len(kept))
	return kept[from:min(from+l.query.Limit, len(kept))], len(kept), nil
}

// newList begins a list of a kind: the page that is asked for of what the token may see.
func (p *Polar) newList(r *api.Request, kind string, in pageQuery) *objectList {
	limit := min(in.Limit, limitMax)
	if limit == 0 {
		limit = limitDefault
	}
	l := &objectList{kind: kind, query: sandbox.Query{Limit: int(limit)}}
	if in.Page > 1 {
		l.query.Offset = int(min(in.Page-1, math.MaxInt32/limit) * limit)
	}
	l.whereIDs(termOrganization, p.visibleOrganizations(r.Sandbox, in.OrganizationID))
	return l
}

// answerList answers with a page. prepare completes the list where that takes a look at other objects; show
// takes what is shown of one.
func (p *Polar) answerList(r *api.Request, l *objectList, prepare func(*sandbox.Tx), show func(*sandbox.Tx, any) subject) (api.Response, error) {
	var subjects []subject
	var counts pagination
	var err error
	r.Sandbox.View(func(tx *sandbox.Tx) {
		prepare(tx)
		var values []any
		if values, counts.TotalCount, err = l.read(tx); err != nil {
			return
		}
		for _, v := range values {
			subjects = append(subjects, show(tx, v))
		}
	})
	if err != nil {
		return api.Response{}, err
	}
	counts.MaxPage = (counts.TotalCount + l.query.Limit - 1) / l.query.Limit
	if len(subjects) == 0 && p.seed { // February 2025 counted with the rows of the page
		counts = pagination{}
	}
	items := make([]json.RawMessage, len(subjects))
	for i, s := range subjects {
		items[i] = s.data(p, r.Base)
	}
	return api.Response{Body: wire.Assembly{
		{Name: "items", Items: items},
		{Name: "pagination", Value: wire.MustMarshal(counts)},
	}}, nil
}

// metadataTerm begins filters by a value of the caller's own; its key follows.
const metadataTerm = "metadata:"

// metadataTerms are the terms of the caller's own values.
func metadataTerms(values map[string]any) []checkout.Term {
	var terms []checkout.Term
	for key, v := range values {
		terms = append(terms, checkout.Term{Field: metadataTerm + key, Value: fmt.Sprint(v)})
	}
	slices.SortFunc(terms, func(a, b checkout.Term) int { return cmp.Compare(a.Field, b.Field) })
	return terms
}

// termsOf lists filters and their values in turn, without those that are "".
func termsOf(pairs ...string) []checkout.Term {
	var terms []checkout.Term
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			terms = append(terms, checkout.Term{Field: pairs[i], Value: pairs[i+1]})
		}
	}
	return terms
}
