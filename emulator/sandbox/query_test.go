package sandbox

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// TestListsAgreeWithAPlainScan compares every kind of query with the obvious way to answer it, over
// random worlds and random changes.
func TestListsAgreeWithAPlainScan(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for world := range 12 {
		b := newSandbox(t, Dialect{})
		var ids []string
		for range []int{3, 40, 400}[world%3] {
			s := checkout.Session{Account: fmt.Sprint("a", r.IntN(2)), Search: fmt.Sprintf("user%d@example.com", r.IntN(30))}
			s.Terms = []checkout.Term{{Field: "product", Value: fmt.Sprint("p", r.IntN(4))}, {Field: "order", Value: fmt.Sprint("o", r.IntN(300))}}
			ids = append(ids, create(t, b, s).Session.ID)
		}
		for range len(ids) {
			change(t, b, ids[r.IntN(len(ids))], r)
		}
		for range 150 {
			change(t, b, ids[r.IntN(len(ids))], r)
			q := randomQuery(r, ids)
			got, err := b.List(q)
			if err != nil {
				t.Fatalf("List(%+v): %v", q, err)
			}
			if diff := gocmp.Diff(scan(b, q), idsOf(got)); diff != "" {
				t.Fatalf("List(%+v) (-scan +index):\n%s", q, diff)
			}
		}
	}
}

func change(t *testing.T, b *Sandbox, id string, r *rand.Rand) {
	commands := []checkout.Command{checkout.Pay{}, checkout.Expire{}, checkout.Confirm{}, checkout.Update{Set: func(s *checkout.Session) {
		s.Terms = []checkout.Term{{Field: "product", Value: fmt.Sprint("p", r.IntN(4))}}
		s.Search = fmt.Sprintf("new%d@example.org", r.IntN(9))
	}}}
	_, _, err := b.Do(id, commands[r.IntN(len(commands))])
	if code := codeOf(err); err != nil && code != checkout.CodeConflict && code != checkout.CodeExpired {
		t.Fatal(err)
	}
}

func randomQuery(r *rand.Rand, ids []string) Query {
	q := Query{Scope: []string{"", shop, AccountScope(shop, "a0"), AccountScope(shop, "none")}[r.IntN(4)], NewestFirst: r.IntN(2) == 0, Limit: r.IntN(8)}
	statuses := checkout.Statuses()
	if r.IntN(2) == 0 {
		q.Where = append(q.Where, Filter{FieldStatus, []string{string(statuses[r.IntN(5)]), string(statuses[r.IntN(5)])}})
	}
	if q.Scope == AccountScope(shop, "a0") {
		if r.IntN(2) == 0 {
			q.Where = append(q.Where, Filter{"product", []string{fmt.Sprint("p", r.IntN(5)), fmt.Sprint("p", r.IntN(5))}})
		}
		if r.IntN(4) == 0 {
			q.Where = append(q.Where, Filter{"order", []string{fmt.Sprint("o", r.IntN(300))}})
		}
	}
	if r.IntN(3) == 0 {
		q.Contains = []string{"user1", "@example", "new", "nobody"}[r.IntN(4)]
	}
	switch r.IntN(4) {
	case 0:
		q.Groups = slices.Clone(statuses)
		r.Shuffle(5, func(i, j int) { q.Groups[i], q.Groups[j] = q.Groups[j], q.Groups[i] })
		q.Offset = r.IntN(20)
	case 1:
		q.After = ids[r.IntN(len(ids))]
	case 2:
		q.Before = ids[r.IntN(len(ids))]
	default:
		q.Offset = r.IntN(len(ids) + 2)
	}
	return q
}

// scan answers a query by looking at every session.
func scan(b *Sandbox, q Query) []string {
	matches := func(s checkout.Session) bool {
		in := q.Scope == "" || q.Scope == s.Provider || q.Scope == AccountScope(s.Provider, s.Account)
		for _, f := range q.Where {
			in = in && slices.ContainsFunc(f.Values, func(v string) bool {
				return f.Field == FieldStatus && v == string(s.Status) || slices.Contains(s.Terms, checkout.Term{Field: f.Field, Value: v})
			})
		}
		return in && (q.Contains == "" || strings.Contains(s.Search, q.Contains))
	}
	all := slices.Clone(b.store.records)
	slices.SortStableFunc(all, func(x, y *Record) int {
		byGroup := cmp.Compare(slices.Index(q.Groups, x.Session.Status), slices.Index(q.Groups, y.Session.Status))
		bySeq := cmp.Compare(x.seq, y.seq)
		if q.NewestFirst {
			bySeq = -bySeq
		}
		return cmp.Or(byGroup, bySeq)
	})
	out := []string{}
	passed := false
	for _, rec := range all {
		if rec.Session.ID == q.Before {
			break
		}
		if matches(rec.Session) && (q.After == "" || passed) {
			out = append(out, rec.Session.ID)
		}
		passed = passed || rec.Session.ID == q.After
	}
	if q.Before != "" {
		if q.Limit > 0 && len(out) > q.Limit {
			out = out[len(out)-q.Limit:]
		}
		return out
	}
	out = out[min(q.Offset, len(out)):]
	if q.Limit > 0 {
		out = out[:min(q.Limit, len(out))]
	}
	return out
}

func idsOf(p Page) []string {
	out := []string{}
	for _, r := range p.Records {
		out = append(out, r.Session.ID)
	}
	return out
}

func TestUnknownCursorIsNotFound(t *testing.T) {
	b := newSandbox(t, Dialect{})
	if _, err := b.List(Query{After: "nope"}); codeOf(err) != checkout.CodeNotFound {
		t.Errorf("List(unknown cursor) = %v; want not found", err)
	}
}

func TestPostingTurnsIntoABitmapAndBackIntoOrder(t *testing.T) {
	p := &posting{}
	for i := range uint32(500) {
		p.add((i * 7) % 500)
		p.add((i * 7) % 500)
	}
	for i := range uint32(250) {
		p.remove(i * 2)
	}
	if p.len() != 250 || at(p, 0) != 1 || at(p, 249) != 499 || p.below(5) != 2 || p.has(4) || !p.has(5) {
		t.Errorf("len %d, first %d, last %d, below(5) %d", p.len(), at(p, 0), at(p, 249), p.below(5))
	}
}

func at(p *posting, i int) (n uint32) {
	p.run(i, i+1, func(seq uint32) { n = seq })
	return n
}
