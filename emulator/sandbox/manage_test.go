package sandbox

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

func TestCreateAndDrop(t *testing.T) {
	set := newShop(func() time.Time { return t0 })
	t.Cleanup(set.Close)
	seed, start := uint64(9), t0.Add(24*time.Hour)
	b := must[*Sandbox](t)(set.Create("own", Origin{Seed: &seed, Start: start, Objects: []Object{{kindNote, "own", &note{ID: "own"}}}}))
	first := func() string {
		return must[*Record](t)(b.Create("shop", func(tx *Tx) (checkout.Session, error) { return shopSession(tx, 1), nil })).Session.ID
	}
	id := first()
	b.Reset()
	var own any
	b.View(func(tx *Tx) { own = tx.Get(kindNote, "own") })
	if s := b.Summary(); s.Seed != seed || !s.Now.Equal(start) || s.Sessions != 0 || own == nil || first() != id {
		t.Errorf("after a reset the sandbox is %+v with %v; want what it was made with", s, own)
	}
	if _, err := set.Create("own", Origin{}); codeOf(err) != checkout.CodeConflict {
		t.Errorf("making it again: %v; want a conflict", err)
	}
	if _, err := set.Create("a/b", Origin{}); codeOf(err) != checkout.CodeRefused {
		t.Errorf("an unusable name: %v; want a refusal", err)
	}
	if err := set.Drop("own"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Do(id, checkout.Pay{}); err != nil { // a request that was on its way
		t.Errorf("the dropped sandbox: %v; want it to answer on", err)
	}
	if err := set.Drop("own"); codeOf(err) != checkout.CodeNotFound {
		t.Errorf("dropping it again: %v; want not found", err)
	}
	if s := must[*Sandbox](t)(set.Sandbox("own")).Summary(); s.Seed != 7 || s.Sessions != 0 {
		t.Errorf("the next one of that name is %+v; want a new one", s)
	}
}

func TestEvict(t *testing.T) {
	set := newShop(nil)
	t.Cleanup(set.Close)
	for _, name := range []string{"default", "idle", "used"} {
		must[*Sandbox](t)(set.Sandbox(name))
	}
	used := must[*Sandbox](t)(set.Take("used"))
	later := time.Now().Add(time.Hour)
	if got := set.Evict(time.Now().Add(-time.Hour)); len(got) != 0 {
		t.Errorf("%v were dropped; they have just been made", got)
	}
	if diff := cmp.Diff([]string{"default", "idle"}, set.Evict(later)); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	used.Release()
	if diff := cmp.Diff([]string{"used"}, set.Evict(later)); diff != "" {
		t.Errorf("dropped when it was no longer used (-want +got):\n%s", diff)
	}
}

func TestStateKeepsWhatSandboxesBeginWith(t *testing.T) {
	wall := func() time.Time { return t0 }
	set := newShop(wall)
	lived(t, set)
	seed := uint64(9)
	must[*Sandbox](t)(set.Create("own", Origin{Seed: &seed, Objects: []Object{{kindNote, "own", &note{ID: "own"}}}}))
	doc := must[[]byte](t)(set.Save())
	next := newShop(wall)
	names := must[[]string](t)(next.Load(doc))
	if diff := cmp.Diff([]string{"own", "w"}, names); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(string(doc), string(must[[]byte](t)(next.Save()))); diff != "" {
		t.Errorf("what was loaded is saved differently (-want +got):\n%s", diff)
	}
	b := must[*Sandbox](t)(next.Sandbox("own"))
	b.Reset()
	var own any
	b.View(func(tx *Tx) { own = tx.Get(kindNote, "own") })
	if own == nil || b.Summary().Seed != seed {
		t.Error("a reset forgets what the sandbox was made with")
	}
	if _, err := next.Load(doc); codeOf(err) != checkout.CodeConflict {
		t.Errorf("loading it again: %v; want a conflict", err)
	}
}
