package sandbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// sizes of the sandboxes that the benchmarks compare. Filling the largest takes most of a smoke run, which
// goes without.
func sizes() []int {
	if testing.Short() {
		return []int{1_000, 100_000}
	}
	return []int{1_000, 100_000, 1_000_000}
}

// filled are the sandboxes, so that they are made once.
var filled = map[int]*Sandbox{}

func fill(b *testing.B, size int) *Sandbox {
	b.Helper()
	if box := filled[size]; box != nil {
		return box
	}
	set := NewSet(Options{Seed: 1, Wall: func() time.Time { return t0 }, Dialects: map[string]Dialect{shop: {Policy: checkout.Policy{Lifetime: 24 * time.Hour}}}})
	box, err := set.Sandbox("")
	if err != nil {
		b.Fatal(err)
	}
	for n := range size {
		r := create(b, box, sample(n))
		if n%3 == 0 {
			if _, _, err := box.Do(r.Session.ID, checkout.Pay{}); err != nil {
				b.Fatal(err)
			}
		}
	}
	set.Close()
	filled[size] = box
	return box
}

func sample(n int) checkout.Session {
	return checkout.Session{
		Account: "acct", Amount: 1000, Currency: "usd", Search: fmt.Sprintf("user%d@example.com", n%5000),
		Terms: []checkout.Term{{Field: "product", Value: fmt.Sprint("p", n%8)}, {Field: "order", Value: fmt.Sprint("o", n)}},
	}
}

func BenchmarkCreate(b *testing.B) {
	for _, size := range sizes() {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			box := fill(b, size)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				create(b, box, sample(n))
			}
			delete(filled, size) // it has grown
		})
	}
}

func BenchmarkGet(b *testing.B) {
	for _, size := range sizes() {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			box := fill(b, size)
			var ids []string
			for n := range 1024 {
				ids = append(ids, box.store.records[n*7919%size].Session.ID)
			}
			for n := 0; b.Loop(); n++ {
				if _, err := box.Find(ids[n%len(ids)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkList(b *testing.B) {
	account := AccountScope(shop, "acct")
	for _, named := range []struct {
		name string
		q    Query
	}{
		{"first", Query{Scope: account, NewestFirst: true, Limit: 10}},
		{"deep", Query{Scope: account, NewestFirst: true, Limit: 10, Offset: 900}},
		{"status", Query{Scope: account, NewestFirst: true, Limit: 10, Where: []Filter{{FieldStatus, []string{"open"}}}}},
		{"product", Query{Scope: account, NewestFirst: true, Limit: 10, Where: []Filter{{"product", []string{"p3"}}}}},
		{"two", Query{Scope: account, NewestFirst: true, Limit: 10, Where: []Filter{{"product", []string{"p3"}}, {FieldStatus, []string{"open"}}}}},
		{"one", Query{Scope: account, NewestFirst: true, Limit: 10, Where: []Filter{{"order", []string{"o77"}}}}},
		{"substring", Query{Scope: account, NewestFirst: true, Limit: 10, Contains: "user77"}},
		{"sorted", Query{Scope: account, NewestFirst: true, Limit: 10, Groups: checkout.Statuses()}},
	} {
		for _, size := range sizes() {
			b.Run(fmt.Sprintf("%s/%d", named.name, size), func(b *testing.B) {
				box := fill(b, size)
				for b.Loop() {
					if page, err := box.List(named.q); err != nil || len(page.Records) == 0 {
						b.Fatal(page, err)
					}
				}
			})
		}
	}
}

func BenchmarkAdvance(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		set := NewSet(Options{Wall: func() time.Time { return t0 }, Dialects: map[string]Dialect{shop: {Policy: checkout.Policy{Lifetime: time.Hour}}}})
		box, err := set.Sandbox("")
		if err != nil {
			b.Fatal(err)
		}
		for n := range 1000 {
			create(b, box, sample(n))
		}
		set.Close()
		b.StartTimer()
		if got, err := box.Advance(time.Hour); err != nil || len(got.Fired) != 1000 {
			b.Fatal(len(got.Fired), err)
		}
	}
}
