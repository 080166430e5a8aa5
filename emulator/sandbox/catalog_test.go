package sandbox

import (
	"strings"
	"testing"
)

// TestLaterKindsAreMadeOnce: what a catalog makes later is made when it is first asked for, once for all
// sandboxes; each changes its own, and a snapshot tells the difference from it.
func TestLaterKindsAreMadeOnce(t *testing.T) {
	made := 0
	var c Catalog
	c.Later(things, func() []Object {
		made++
		return []Object{{things, "1", &thing{ID: "1", Color: "red"}}, {things, "2", &thing{ID: "2", Color: "red"}}}
	})
	set := NewSet(Options{Dialects: map[string]Dialect{shop: thingDialect()}, Catalog: c})
	t.Cleanup(set.Close)
	colors := func(name string) (all string) {
		must[*Sandbox](t)(set.Sandbox(name)).View(func(tx *Tx) {
			for _, v := range tx.All(things) {
				all += v.(*thing).Color + " "
			}
		})
		return all
	}
	one, two := must[*Sandbox](t)(set.Sandbox("one")), must[*Sandbox](t)(set.Sandbox("two"))
	if doc := must[string](t)(one.Snapshot()); made != 0 || strings.Contains(doc, things) {
		t.Errorf("made %d times before anybody asked; snapshot %s", made, doc)
	}
	putThings(t, one, &thing{ID: "2", Color: "blue"}, &thing{ID: "3", Color: "green"})
	if a, b := colors("one"), colors("two"); a != "red blue green " || b != "red red " || made != 1 {
		t.Errorf("one has %s, two has %s; made %d times", a, b, made)
	}
	doc := must[string](t)(one.Snapshot())
	if strings.Contains(doc, "red") || !strings.Contains(doc, "blue") {
		t.Errorf("the snapshot does not tell the difference: %s", doc)
	}
	if err := two.Restore(doc); err != nil || colors("two") != "red blue green " {
		t.Errorf("restored: %s, %v", colors("two"), err)
	}
	set.Refit([]Object{{things, "1", nil}})
	if one.Reset(); colors("one") != "red " || colors("three") != "red " || made != 1 {
		t.Errorf("one has %s after a reset, three %s; made %d times", colors("one"), colors("three"), made)
	}
}
