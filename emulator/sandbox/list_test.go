package sandbox

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// thing is an object that lists filter.
type thing struct {
	ID      string `json:"id"`
	Account string `json:"account"`
	Color   string `json:"color"`
	Name    string `json:"name"`
}

func (t *thing) Listing() Listing {
	return Listing{Account: t.Account, Terms: []checkout.Term{{Field: "color", Value: t.Color}}, Search: t.Name}
}

func (t *thing) Keys() []string { return []string{"name:" + t.Name} }

const things = shop + ".things"

func thingDialect() Dialect {
	return Dialect{Kinds: map[string]Codec{things: JSON[*thing]()}, Due: func(tx *Tx, t Task) {
		if old, _ := tx.Get(things, t.Object).(*thing); old != nil {
			older := *old
			older.Color = t.Do
			tx.Put(things, old.ID, &older)
			tx.Emit(Emission{Type: "thing." + t.Do, ID: tx.UUID("event"), Provider: shop, Object: old.ID})
		}
	}}
}

func putThings(t *testing.T, b *Sandbox, values ...*thing) {
	t.Helper()
	err := b.Change(func(tx *Tx) error {
		for _, v := range values {
			tx.Put(things, v.ID, v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestObjectsAgreeWithAPlainScan compares lists of objects with the obvious way to answer them, over
// random changes.
func TestObjectsAgreeWithAPlainScan(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	b := newSandbox(t, thingDialect())
	var plain []*thing // in the order of creation
	for round := range 600 {
		id := fmt.Sprintf("t%03d", r.IntN(200))
		i := slices.IndexFunc(plain, func(v *thing) bool { return v.ID == id })
		v := &thing{id, fmt.Sprint("a", r.IntN(2)), fmt.Sprint("c", r.IntN(3)), fmt.Sprint("n", r.IntN(9))}
		switch {
		case i < 0:
			putThings(t, b, v)
			plain = append(plain, v)
		case r.IntN(8) == 0 && round < 500:
			if err := b.Change(func(tx *Tx) error { tx.Drop(things, id); return nil }); err != nil {
				t.Fatal(err)
			}
			plain[i] = &thing{ID: id} // dropped: no account, no color
		default:
			putThings(t, b, v)
			plain[i] = v
		}
		q := Query{Scope: []string{"", "a0", "a1", "none"}[r.IntN(4)], NewestFirst: r.IntN(2) == 0, Limit: r.IntN(9), Offset: r.IntN(3)}
		if r.IntN(2) == 0 {
			q.Where = append(q.Where, Filter{"color", []string{"c0", fmt.Sprint("c", r.IntN(3))}})
		}
		if r.IntN(3) == 0 {
			q.Contains = fmt.Sprint(r.IntN(9))
		}
		compareList(t, b, plain, q)
	}
}

func compareList(t *testing.T, b *Sandbox, plain []*thing, q Query) {
	t.Helper()
	var match []*thing
	for _, v := range plain {
		if v.Color != "" && (q.Scope == "" || q.Scope == v.Account) && (len(q.Where) == 0 || slices.Contains(q.Where[0].Values, v.Color)) && strings.Contains(v.Name, q.Contains) {
			match = append(match, v)
		}
	}
	byName := slices.Clone(match)
	slices.SortStableFunc(byName, func(a, b *thing) int { return cmp.Compare(a.Name, b.Name) })
	for i, want := range [][]*thing{match, byName} {
		var got Objects
		var err error
		b.View(func(tx *Tx) {
			if i == 0 {
				got, err = tx.List(things, q)
			} else {
				got, err = tx.ListBy(things, q, func(a, b any) int { return cmp.Compare(a.(*thing).Name, b.(*thing).Name) })
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if q.NewestFirst {
			slices.Reverse(want)
		}
		total := len(want)
		want = want[min(q.Offset, total):]
		more := q.Limit > 0 && len(want) > q.Limit
		if more {
			want = want[:q.Limit]
		}
		if got.Total != total || got.More != more {
			t.Fatalf("List(%+v) = %d of %d, more %t; want %d, %t", q, len(got.Values), got.Total, got.More, total, more)
		}
		ids, wanted := []string{}, []string{}
		for _, v := range got.Values {
			ids = append(ids, v.(*thing).ID)
		}
		for _, v := range want {
			wanted = append(wanted, v.ID)
		}
		if diff := gocmp.Diff(wanted, ids); diff != "" {
			t.Fatalf("List(%+v) (-scan +index):\n%s", q, diff)
		}
	}
}

func TestDroppedObjectsAreGone(t *testing.T) {
	b := newSandbox(t, thingDialect())
	putThings(t, b, &thing{"t1", "a", "red", "first"}, &thing{"t2", "a", "red", "second"}, &thing{"t3", "a", "red", "third"})
	_ = b.Change(func(tx *Tx) error {
		tx.Drop(things, "t2")
		if tx.Get(things, "t2") != nil || tx.By(things, "name:second") != nil {
			t.Error("the section that drops an object still finds it")
		}
		return nil
	})
	b.View(func(tx *Tx) {
		_, err := tx.List(things, Query{After: "t2"})
		if tx.Get(things, "t2") != nil || tx.By(things, "name:second") != nil || len(tx.All(things)) != 2 || codeOf(err) != checkout.CodeNotFound {
			t.Errorf("a dropped object is still found; as a cursor: %v", err)
		}
	})
}

func TestTasksHappenAtTheirInstant(t *testing.T) {
	b := newSandbox(t, thingDialect())
	b.Freeze()
	start := b.Clock().Now
	putThings(t, b, &thing{"t1", "a", "red", "first"})
	plan := func(after time.Duration, do string) {
		_ = b.Change(func(tx *Tx) error {
			tx.Later(start.Add(after), Task{Provider: shop, Do: do, Object: "t1"})
			return nil
		})
	}
	plan(time.Hour, "green")
	plan(2*time.Hour, "blue")
	if err := b.Change(func(tx *Tx) error {
		tx.Later(start, Task{Provider: shop, Do: "never"})
		return fmt.Errorf("no")
	}); err == nil {
		t.Fatal("the section did not fail")
	}
	doc, err := b.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Restore(doc); err != nil {
		t.Fatal(err)
	}
	moved, err := b.Advance(3 * time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range moved.Fired {
		got = append(got, fmt.Sprint(f.At.Sub(start), " ", f.Action, " ", f.Object, " ", f.Events[0].Type))
	}
	want := []string{"1h0m0s green t1 thing.green", "2h0m0s blue t1 thing.blue"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("fired (-want +got):\n%s", diff)
	}
}

// TestSnapshotsHoldDroppedObjects restores a world in which objects were changed, dropped and made.
func TestSnapshotsHoldDroppedObjects(t *testing.T) {
	var c Catalog
	for _, id := range []string{"t1", "t2", "t3"} {
		c.Put(things, id, &thing{id, "a", "red", id})
	}
	set := NewSet(Options{Dialects: map[string]Dialect{shop: thingDialect()}, Catalog: c})
	t.Cleanup(set.Close)
	b, err := set.Sandbox("one")
	if err != nil {
		t.Fatal(err)
	}
	putThings(t, b, &thing{"t4", "a", "red", "t4"}, &thing{"t5", "a", "red", "t5"}, &thing{"t3", "a", "blue", "t3"})
	_ = b.Change(func(tx *Tx) error { tx.Drop(things, "t2"); tx.Drop(things, "t4"); return nil })
	doc, err := b.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	other, err := set.Sandbox("other")
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Restore(doc + " "); err != nil { // not the one that is remembered
		t.Fatal(err)
	}
	for _, b := range []*Sandbox{b, other} {
		var got []string
		b.View(func(tx *Tx) {
			page, err := tx.List(things, Query{Scope: "a"})
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.Values {
				got = append(got, v.(*thing).ID+v.(*thing).Color)
			}
		})
		if diff := gocmp.Diff([]string{"t1red", "t3blue", "t5red"}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", b.Name(), diff)
		}
	}
}

// BenchmarkObjects lists a page of many objects.
func BenchmarkObjects(b *testing.B) {
	for _, size := range []int{1_000, 100_000} {
		box := newSandbox(b, thingDialect())
		_ = box.Change(func(tx *Tx) error {
			for i := range size {
				tx.Put(things, fmt.Sprint(i), &thing{fmt.Sprint(i), "a", fmt.Sprint("c", i%3), "n"})
			}
			return nil
		})
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			for b.Loop() {
				box.View(func(tx *Tx) {
					if page, err := tx.List(things, Query{Scope: "a", Where: []Filter{{"color", []string{"c1"}}}, NewestFirst: true, Limit: 10}); err != nil || len(page.Values) != 10 {
						b.Fatal(err)
					}
				})
			}
		})
	}
}
