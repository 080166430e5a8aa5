package providertest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
)

// inSandbox returns the same world in another sandbox.
func (w *world) inSandbox(name string) *world {
	other := *w
	other.prefix = "/s/" + name
	return &other
}

// isolated: what happens in one sandbox shows in no other, and a reset leaves the others byte-identical.
func isolated(t *testing.T, w *world) {
	const boxes = 4
	var all []*world
	for n := range boxes {
		box := w.inSandbox(fmt.Sprint("box", n))
		box.steer(http.MethodPost, "/clock/freeze", "")
		all = append(all, box)
	}
	seen := map[string]int{}
	for i := range 3 * boxes {
		box := all[i%boxes]
		id, _ := box.create(i)
		if other, twice := seen[id]; twice {
			t.Errorf("the id %s was given in box %d and in box %d", id, other, i%boxes)
		}
		seen[id] = i % boxes
		box.steer(http.MethodPost, "/sessions/"+id+"/"+[]string{"pay", "decline", "expire"}[i/boxes], "")
	}
	for id, owner := range seen {
		for n, box := range all {
			if got := box.control(http.MethodGet, "/sessions/"+id, "").status; (got == http.StatusOK) != (n == owner) {
				t.Errorf("box %d answers %d for a session of box %d", n, got, owner)
			}
		}
	}
	var before []string
	for _, box := range all {
		before = append(before, box.steer(http.MethodGet, "/snapshot", "").raw)
	}
	all[0].steer(http.MethodPost, "/reset", "")
	for n, box := range all[1:] {
		if after := box.steer(http.MethodGet, "/snapshot", "").raw; after != before[n+1] {
			t.Errorf("the reset of another sandbox changed box %d (-before +after):\n%s", n+1, cmp.Diff(before[n+1], after))
		}
	}
	if total := all[0].steer(http.MethodGet, "/sessions", "").body["total"]; total != 0.0 {
		t.Errorf("%v sessions outlived the reset", total)
	}
}

// restored: what a snapshot was taken of and what it was restored into, another process, answer the same
// requests with the same bytes from there on.
func restored(t *testing.T, w *world) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("journey ", seed), func(t *testing.T) {
			box := w.inSandbox(fmt.Sprint("journey", seed))
			box.t = t
			restoredAfter(t, box, rand.New(rand.NewPCG(seed, 18)))
		})
	}
}

// restoredAfter has a random journey of every session before the snapshot.
func restoredAfter(t *testing.T, w *world, random *rand.Rand) {
	w.steer(http.MethodPost, "/clock/freeze", "")
	var ids []string
	for n := range 14 {
		id, _ := w.create(n)
		ids = append(ids, id)
		for range random.IntN(4) {
			step := []string{"pay", "decline", "confirm", "settle", "fail", "cancel", "expire"}[random.IntN(7)]
			body := []string{"", `{"after":"10m"}`}[random.IntN(2)]
			w.control(http.MethodPost, "/sessions/"+id+"/"+step, body) // some are refused
		}
		if random.IntN(5) == 0 {
			w.steer(http.MethodPost, "/clock/advance", `{"by":"3m"}`)
		}
	}
	doc := w.steer(http.MethodGet, "/snapshot", "").raw
	other := *w
	other.emu = w.Subject.run(t, emulator.Options{Seed: 999})
	other.steer(http.MethodPut, "/snapshot", doc)
	if again := other.steer(http.MethodGet, "/snapshot", "").raw; whatever.ReplaceAllString(again, "") != whatever.ReplaceAllString(doc, "") {
		t.Errorf("the snapshot of what was restored differs:\n%s", cmp.Diff(doc, again))
	}
	if broken := other.control(http.MethodPut, "/snapshot", doc[:len(doc)-9]); broken.status != http.StatusUnprocessableEntity {
		t.Errorf("half a snapshot answers %d %s; want 422", broken.status, broken.raw)
	}
	for _, step := range w.afterwards(ids) {
		want, got := step(w), step(&other)
		same := func(w *world, r reply) string {
			return whatever.ReplaceAllString(strings.ReplaceAll(r.raw, w.emu.Base(), "BASE"), "")
		}
		if same(w, want) != same(&other, got) || want.status != got.status {
			t.Errorf("the restored sandbox answers otherwise (-original +restored):\n%s", cmp.Diff(want.raw, got.raw))
		}
	}
}

// whatever differs between two processes for a reason: what the sandbox is reset to, and how far a clock
// that stands still is from the wall's.
var whatever = regexp.MustCompile(`(?m)"origin":\{.*\},$|"offset":"[^"]*",`)

// afterwards is what is asked of both sandboxes after a restore.
func (w *world) afterwards(ids []string) []func(*world) reply {
	first, _ := w.List.Page(nil)
	list := func(w *world) reply { return w.call(first) }
	control := func(method, path, body string) func(*world) reply {
		return func(w *world) reply { return w.control(method, path, body) }
	}
	steps := []func(*world) reply{list, control("GET", "/sessions", ""), control("GET", "/events", ""), control("GET", "/fixtures", "")}
	for i, id := range ids {
		steps = append(steps, func(w *world) reply { return w.call(w.Get(id)) },
			control("POST", "/sessions/"+id+"/"+[]string{"pay", "settle", "cancel", "decline"}[i%4], ""),
			func(w *world) reply { return w.call(w.Illegal(id).Call) })
	}
	for n := range 3 {
		steps = append(steps, func(w *world) reply { return w.call(w.Create(100 + n)) })
	}
	return append(steps, control("POST", "/clock/advance", `{"by":"20m"}`), control("POST", "/clock/advance", `{"by":"48h"}`),
		list, control("GET", "/sessions?limit=1000", ""), control("GET", "/events", ""), control("GET", "/fixtures", ""))
}
