package providertest

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/provider"
)

var options = provider.Options{}

func (w *world) answer(t *testing.T, a Answer) {
	t.Helper()
	got := w.call(a.Call)
	if got.status != a.Status || a.Body != "" && got.raw != a.Body || !strings.Contains(got.raw, a.Has) {
		t.Errorf("%s %s = %d %s; want %d %s%s", a.Call.Method, a.Call.Path, got.status, got.raw, a.Status, a.Body, a.Has)
	}
}

// answers checks a table of calls, each in its own subtest.
func (w *world) answers(t *testing.T, table []Answer) {
	if len(table) == 0 {
		t.Fatal("the subject describes no such calls")
	}
	for _, a := range table {
		name := a.Name
		if name == "" {
			name = a.Call.Method + " " + a.Call.Path
		}
		t.Run(name, func(t *testing.T) { w.answer(t, a) })
	}
}

// nothingFake: what is documented and not emulated says so; what does not exist gets the provider's
// answer, and the journal names the nearest route.
func nothingFake(t *testing.T, w *world) {
	got := w.call(w.Declined)
	if got.status != http.StatusNotImplemented || got.raw == "" {
		t.Errorf("%s %s = %d %s; want 501 with the reason", w.Declined.Method, w.Declined.Path, got.status, got.raw)
	}
	p, _ := w.load(t)
	for _, op := range p.(api.Decliner).Declined() {
		c := Call{Method: cmp.Or(op.Method, http.MethodGet), Path: parameter.ReplaceAllString(op.Path, "x"), Header: w.Declined.Header}
		if got := w.call(c); got.status != http.StatusNotImplemented || got.raw == "" {
			t.Errorf("%s %s = %d %s; want 501", c.Method, c.Path, got.status, got.raw)
		}
		if problem := fmt.Sprint(w.lastRequest()["problem"]); op.Reason == "" || !strings.Contains(problem, op.Reason) {
			t.Errorf("%s %s: the journal says %q; want the reason %q", c.Method, c.Path, problem, op.Reason)
		}
	}
	w.answer(t, w.Lost)
	if last := w.lastRequest(); last["nearest"] != w.Nearest {
		t.Errorf("the journal names %v as the nearest route; want %s", last["nearest"], w.Nearest)
	}
}

// parameter stands in a path for any segment.
var parameter = regexp.MustCompile(`\{[^}]*\}`)

// lastRequest is the journal's latest entry.
func (w *world) lastRequest() map[string]any {
	w.t.Helper()
	list, _ := w.steer(http.MethodGet, "/requests", "").body["requests"].([]any)
	return list[len(list)-1].(map[string]any)
}

// sameBytes: the same seed, requests and clock script give the same bytes, whatever other sandboxes
// do meanwhile.
func sameBytes(t *testing.T, s Subject) {
	quiet, busy := newWorld(t, s), newWorld(t, s)
	noisy := &world{Subject: s, t: t, emu: busy.emu, prefix: "/s/noise"}
	made := 0
	noise := func() {
		made++
		noisy.create(made)
	}
	a, b := script(quiet, func() {}), script(busy, noise)
	quiet.hostless(a)
	busy.hostless(b)
	if diff := gocmp.Diff(a, b); diff != "" {
		t.Errorf("two runs of the same script differ:\n%s", diff)
	}
	other := newWorld(t, s)
	other.prefix = "/s/other"
	c := script(other, func() {})
	other.hostless(c)
	if c[1] == a[1] {
		t.Error("another sandbox gave the same bytes")
	}
}

// script drives a journey and returns every body.
func script(w *world, between func()) []string {
	var out []string
	note := func(r reply) reply { out = append(out, r.raw); return r }
	w.steer(http.MethodPost, "/clock/freeze", "")
	note(w.steer(http.MethodPost, "/clock/set", `{"to":"2040-01-01T00:00:00Z"}`))
	out[0] = "" // the offset to wall time differs
	for n := range 3 {
		between()
		made := note(w.call(w.Create(n)))
		id := fmt.Sprint(made.body["id"])
		between()
		if n == 1 {
			note(w.steer(http.MethodPost, "/sessions/"+id+"/pay", ""))
		}
		note(w.call(w.Get(id)))
	}
	first, _ := w.List.Page(nil)
	note(w.call(first))
	return out
}

// hostless takes the address, which is chance, out of the bodies.
func (w *world) hostless(bodies []string) {
	host := strings.TrimPrefix(w.emu.Base(), "http://")
	for i := range bodies {
		bodies[i] = strings.ReplaceAll(bodies[i], host, "HOST")
	}
}

func catalog(t *testing.T, s Subject) {
	a, b := newWorld(t, s), &world{Subject: s, t: t, emu: s.run(t, emulator.Options{Seed: 7})}
	one, two := a.steer(http.MethodGet, "/fixtures", ""), b.steer(http.MethodGet, "/fixtures", "")
	mine, _ := one.body[s.Name].(map[string]any)
	if diff := gocmp.Diff(mine, two.body[s.Name]); diff != "" {
		t.Errorf("the catalog depends on the seed:\n%s", diff)
	}
	p, _ := s.load(t)
	for _, res := range p.Resources() {
		if list, _ := mine[res.Name].([]any); len(list) == 0 {
			t.Errorf("the catalog has no %s", res.Name)
		}
	}
	t.Run("adding", func(t *testing.T) { addToCatalog(t, a, p.Resources()) })
	t.Run("unknown ids", func(t *testing.T) { a.answers(t, s.Unknown) })
}

// addToCatalog: the catalog can be added to in the form in which it is shown; a broken object names
// its place and leaves everything as it was.
func addToCatalog(t *testing.T, w *world, resources []provider.Resource) {
	all := w.steer(http.MethodGet, "/fixtures", "")
	w.steer(http.MethodPost, "/fixtures", all.raw)
	if diff := gocmp.Diff(all.body, w.steer(http.MethodGet, "/fixtures", "").body); diff != "" {
		t.Errorf("adding the catalog to itself changed it:\n%s", diff)
	}
	name := resources[0].Name
	r := w.control(http.MethodPost, "/fixtures", fmt.Sprintf(`{%q:{%q:[{"no_such_member":1}]}}`, w.Name, name))
	if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.raw, "/"+w.Name+"/"+name+"/0") {
		t.Errorf("a broken object = %d %s; want 422 with its place", r.status, r.raw)
	}
	if diff := gocmp.Diff(all.body, w.steer(http.MethodGet, "/fixtures", "").body); diff != "" {
		t.Errorf("a refused addition changed the catalog:\n%s", diff)
	}
}

// allFaults: one answer names every fault, and the journal has each with its pointer and value.
func allFaults(t *testing.T, w *world) {
	got := w.must(w.Faulty.Call, w.Faulty.Status)
	for _, word := range w.Faulty.Words {
		if !strings.Contains(got.raw, word) {
			t.Errorf("the answer does not name %q: %s", word, got.raw)
		}
	}
	list, _ := w.steer(http.MethodGet, "/requests", "").body["requests"].([]any)
	last := list[len(list)-1].(map[string]any)
	faults, _ := last["violations"].([]any)
	if len(faults) < len(w.Faulty.Words) {
		t.Errorf("the journal has %d faults; want at least %d: %v", len(faults), len(w.Faulty.Words), faults)
	}
	for _, pointer := range w.Faulty.Pointers {
		if !slices.ContainsFunc(faults, func(f any) bool { return f.(map[string]any)["pointer"] == pointer }) {
			t.Errorf("the journal does not have the fault at %s: %v", pointer, faults)
		}
	}
	for _, f := range faults {
		v := f.(map[string]any)
		_, offending := v["value"]
		if v["pointer"] == "" || v["rule"] != "required" && !offending {
			t.Errorf("the journal has a fault without pointer or value: %v", v)
		}
		if allowed, _ := v["allowed"].([]any); v["rule"] == "enum" && len(allowed) == 0 {
			t.Errorf("the journal does not say what is allowed: %v", v)
		}
	}
}

// unreadFields: a member that nothing reads is refused or passed over as the provider does, and then
// stands in the journal; with strictness it is refused in the provider's words.
func unreadFields(t *testing.T, s Subject) {
	const member = "no_such_member"
	for _, strict := range []bool{false, true} {
		w := &world{Subject: s, t: t, emu: s.run(t, emulator.Options{Strict: strict})}
		c := s.Create(1)
		c.Body = fmt.Sprintf(`{%q:1,%s`, member, strings.TrimPrefix(c.Body, "{"))
		got := w.call(c)
		if refuse := strict || s.RefusesUnknown; refuse != (got.status/100 == 4) || refuse && !strings.Contains(got.raw, member) {
			t.Errorf("strict %v: an unknown member = %d %s; want refused: %v", strict, got.status, got.raw, refuse)
		}
		list, _ := w.steer(http.MethodGet, "/requests", "").body["requests"].([]any)
		if entry := fmt.Sprint(list[len(list)-1]); !strings.Contains(entry, "/"+member) {
			t.Errorf("strict %v: the journal does not name the member: %s", strict, entry)
		}
	}
}

// idempotency: where the provider has keys, the same request with the same key makes one session;
// where it has none, the header says nothing.
func idempotency(t *testing.T, w *world) {
	c := w.Create(1)
	header := map[string]string{}
	for _, from := range []map[string]string{w.Header, c.Header} {
		for name, value := range from {
			header[name] = value
		}
	}
	header[cmp.Or(w.KeyHeader, "Idempotency-Key")] = "once"
	c.Header = header
	first, second := w.call(c), w.call(c)
	if replayed := first.raw == second.raw; replayed != (w.KeyHeader != "") || first.status != second.status {
		t.Errorf("the same request twice = %d %s and %d %s; want one session: %v", first.status, first.raw, second.status, second.raw, w.KeyHeader != "")
	}
	by := map[bool]string{true: api.DecidedByReplay, false: api.DecidedByState}[w.KeyHeader != ""]
	if got := second.header.Get("X-Decided-By"); got != by || first.header.Get("X-Decided-By") != api.DecidedByState {
		t.Errorf("the second answer is decided by %q; want %q", got, by)
	}
	want := map[bool]float64{true: 1, false: 2}[w.KeyHeader != ""]
	if total := w.steer(http.MethodGet, "/sessions", "").body["total"]; total != want {
		t.Errorf("there are %v sessions; want %v", total, want)
	}
}

// pagination reads 500 sessions through the provider's own scheme, while others are being added.
func pagination(t *testing.T, w *world) {
	const sessions = 500
	var want []string
	for n := range sessions {
		id, _ := w.create(n)
		want = append(want, id)
	}
	if w.List.NewestFirst {
		slices.Reverse(want)
	}
	for _, adding := range []bool{false, true} {
		var got []string
		var last map[string]any
		for n := sessions; ; n++ {
			next, more := w.List.Page(last)
			if !more {
				break
			}
			last = w.must(next, http.StatusOK).body
			for _, item := range last[w.List.Items].([]any) {
				got = append(got, item.(map[string]any)["id"].(string))
			}
			if adding {
				w.create(n)
			}
		}
		got = slices.DeleteFunc(got, func(id string) bool { return !slices.Contains(want, id) })
		if w.List.Shifts && adding {
			got = firsts(got)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("adding %v: the pages differ from the %d sessions in order:\n%s", adding, sessions, diff)
		}
	}
}

// firsts drops what was seen before.
func firsts(ids []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(ids, func(id string) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

// badInput: whatever is sent, the answer is the provider's, below 500, and no session is half made.
func badInput(t *testing.T, w *world) {
	w.answers(t, w.Bad)
	valid := w.Create(1)
	with := func(member string) string { return strings.TrimSuffix(valid.Body, "}") + "," + member + "}" } // the last one counts
	for name, body := range map[string]string{
		"empty": "", "not JSON": "hello", "broken": `{"a":`, "null": "null", "a number": "5", "a string": `"x"`, "a list": "[]", "two values": "{}{}",
		"invalid UTF-8": with("\"metadata\":{\"a\":\"\xff\"}"), "NUL": with(`"metadata":{"a":"\u0000"}`), "NUL byte": with("\"metadata\":{\"a\":\"\x00\"}"),
		"deeper than can be read": strings.Repeat("[", 100_000), "10 MB": with(`"metadata":{"a":"` + strings.Repeat("x", 10<<20) + `"}`),
	} {
		t.Run(name, func(t *testing.T) {
			c := valid
			c.Body = body
			if got := w.call(c); got.status/100 != 4 || got.raw == "" {
				t.Errorf("got %d %.300s; want the provider's refusal", got.status, got.raw)
			}
		})
	}
	if total := w.steer(http.MethodGet, "/sessions", "").body["total"]; total != 0.0 {
		t.Errorf("refused requests made %v sessions", total)
	}
	for name, member := range map[string]string{
		"a repeated key": `"metadata":{"n":"1"},"metadata":{"n":"2"}`, "a huge integer": `"zzz":123456789012345678901234567890`, "a huge exponent": `"zzz":1e400`,
		"deep": `"metadata":` + strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000), "a wrong type": `"metadata":[1]`,
	} {
		t.Run(name, func(t *testing.T) {
			c := valid
			c.Body = with(member)
			if got := w.call(c); got.status >= http.StatusInternalServerError || got.raw == "" {
				t.Errorf("got %d %.300s; want no fault of ours", got.status, got.raw)
			}
		})
	}
}
