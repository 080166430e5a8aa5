package sandbox

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

// TestRefit: what sandboxes begin with changes for those that are there and those to come, behind a reset
// and in a snapshot too; lists agree.
func TestRefit(t *testing.T) {
	var begin Catalog
	for i := range 3 {
		begin.Put(things, fmt.Sprint(i), &thing{ID: fmt.Sprint(i), Color: "red"})
	}
	set := NewSet(Options{Seed: 1, Dialects: map[string]Dialect{shop: thingDialect()}, Catalog: begin})
	t.Cleanup(set.Close)
	box := func(name string) *Sandbox {
		t.Helper()
		b, err := set.Sandbox(name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	expect := func(name string, want ...string) {
		t.Helper()
		var all, listed []string
		box(name).View(func(tx *Tx) {
			for _, v := range tx.All(things) {
				all = append(all, v.(*thing).ID+v.(*thing).Color)
			}
			page, err := tx.List(things, Query{})
			if err != nil {
				t.Error(err)
			}
			for _, v := range page.Values {
				listed = append(listed, v.(*thing).ID+v.(*thing).Color)
			}
		})
		if !slices.Equal(all, want) || !slices.Equal(listed, want) {
			t.Errorf("%s has %v, listed %v; want %v", name, all, listed, want)
		}
	}
	expect("a", "0red", "1red", "2red")
	putThings(t, box("a"), &thing{ID: "2", Color: "mine"})
	if _, err := set.Create("own", Origin{Objects: []Object{{things, "own", &thing{ID: "own", Color: "own"}}}}); err != nil {
		t.Fatal(err)
	}
	set.Refit([]Object{{Kind: things, ID: "0"}, {things, "1", &thing{ID: "1", Color: "blue"}}, {things, "9", &thing{ID: "9", Color: "new"}}})
	expect("a", "1blue", "2mine", "9new")
	expect("own", "1blue", "2red", "ownown", "9new")
	expect("later", "1blue", "2red", "9new")
	doc, err := box("a").Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := box("restored").Restore(doc); err != nil {
		t.Fatal(err)
	}
	expect("restored", "1blue", "2mine", "9new")
	set.Refit([]Object{{things, "0", &thing{ID: "0", Color: "back"}}})
	for _, name := range []string{"a", "own", "later"} {
		box(name).Reset()
	}
	expect("a", "0back", "1blue", "2red", "9new")
	expect("own", "0back", "1blue", "2red", "ownown", "9new")
	expect("even-later", "0back", "1blue", "2red", "9new")
}

// TestRefitReachesEverySandbox: one that is made meanwhile begins with the new objects or gets them.
func TestRefitReachesEverySandbox(t *testing.T) {
	set := NewSet(Options{Dialects: map[string]Dialect{shop: thingDialect()}})
	t.Cleanup(set.Close)
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			if _, err := set.Sandbox(fmt.Sprint("w", i)); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() { set.Refit([]Object{{things, fmt.Sprint(i), &thing{ID: fmt.Sprint(i)}}}) })
	}
	wg.Wait()
	for _, b := range set.All() {
		b.View(func(tx *Tx) {
			if n := len(tx.All(things)); n != 32 {
				t.Errorf("%s has %d objects; want 32", b.Name(), n)
			}
		})
	}
}
