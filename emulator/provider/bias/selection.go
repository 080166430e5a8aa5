package bias

import (
	"slices"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// stored is an object of the catalog that lists find.
type stored interface {
	sandbox.Listed
	created() (id string, ms int64)
}

// objectFacts is what filters look at of an object.
type objectFacts struct{ of stored }

func (f objectFacts) has(fact string) bool {
	return slices.Contains(f.of.Listing().Terms, checkout.Term{Field: fieldIs, Value: fact})
}

func (f objectFacts) createdAt() int64 {
	_, ms := f.of.created()
	return ms
}

// listing is what lists find an object by: pairs of a field and its value.
func listing(pairs ...string) sandbox.Listing {
	terms := make([]checkout.Term, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		terms = append(terms, checkout.Term{Field: fieldIs, Value: fact(pairs[i], pairs[i+1])})
	}
	return sandbox.Listing{Terms: terms}
}

// selection collects one page of objects.
type selection struct {
	kind          string
	plan          plan
	limit         int
	after, before string // cursors; at most one is set

	found []any // newest first
	more  bool  // beyond the page, in the direction travelled
}

// collect looks at objects from the cursor on, in its direction, until the page is full. What the index
// cannot answer is looked at one by one: objects need not have been created in the order of their time.
func (s *selection) collect(tx *sandbox.Tx) error {
	if s.plan.none {
		return nil
	}
	q := sandbox.Query{Where: s.plan.where, NewestFirst: true, Limit: s.limit + 1, After: s.after, Before: s.before}
	if !s.plan.exact() {
		q.Limit = max(q.Limit, searchStep)
	}
	for {
		page, err := tx.List(s.kind, q)
		if err != nil {
			return err
		}
		if s.before != "" {
			slices.Reverse(page.Values)
		}
		if s.take(page.Values); s.more || !page.More {
			break
		}
		last, _ := page.Values[len(page.Values)-1].(stored).created()
		if s.before != "" {
			q.Before = last
		} else {
			q.After = last
		}
	}
	if s.before != "" {
		slices.Reverse(s.found)
	}
	return nil
}

func (s *selection) take(values []any) {
	for _, v := range values {
		if !s.plan.exact() && !s.plan.holds(objectFacts{v.(stored)}) {
			continue
		}
		if len(s.found) == s.limit {
			s.more = true
			return
		}
		s.found = append(s.found, v)
	}
}
