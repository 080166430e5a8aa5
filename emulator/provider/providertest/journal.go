package providertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
)

// entries returns what the journal has of a query.
func (w *world) entries(query string) []map[string]any {
	w.t.Helper()
	var out []map[string]any
	list, _ := w.steer(http.MethodGet, "/requests"+query, "").body["requests"].([]any)
	for _, e := range list {
		out = append(out, e.(map[string]any))
	}
	return out
}

// journal: what was sent and answered can be looked at, by session and since a number, waited for,
// and taken away.
func journal(t *testing.T, w *world) {
	c := w.Create(1)
	made := w.call(c)
	id, _ := made.body["id"].(string)
	read := w.must(w.Get(id), http.StatusOK)
	w.call(w.Faulty.Call)

	about := w.entries("?session=" + id)
	if len(about) != 2 || about[0]["method"] != c.Method || about[1]["status"] != 200.0 {
		t.Fatalf("about the session the journal has %v; want its creation and its reading", about)
	}
	whole(t, about[0], "request", c.Body)
	whole(t, about[0], "response", made.raw)
	whole(t, about[1], "response", read.raw)
	first := about[0]
	if first["operation"] == nil || first["decided_by"] != "state" || first["sandbox"] != "default" || first["surface"] != w.Name || first["session"] != id {
		t.Errorf("the creation is kept as %v", first)
	}
	refused := w.entries(fmt.Sprintf("?problem=true&provider=%s&since=%v", w.Name, about[1]["n"]))
	if len(refused) != 1 || refused[0]["status"] != float64(w.Faulty.Status) || refused[0]["problem"] == nil {
		t.Errorf("what was refused is kept as %v", refused)
	}
	awaited := w.steer(http.MethodGet, fmt.Sprintf("/requests/wait?operation=%v&count=1", first["operation"]), "").body["requests"].([]any)
	if len(awaited) == 0 || awaited[0].(map[string]any)["n"] != first["n"] {
		t.Errorf("waiting for the creation gave %v", awaited)
	}
	streamed := w.stream("/requests/stream?since=0", 3)
	if diff := gocmp.Diff(w.entries(""), streamed); diff != "" {
		t.Errorf("the stream has not what the list has:\n%s", diff)
	}
	archive := w.steer(http.MethodGet, "/requests.har?session="+id, "").body["log"].(map[string]any)["entries"].([]any)
	if len(archive) != 2 {
		t.Errorf("the archive of the session has %d entries; want 2", len(archive))
	}
	if command := w.steer(http.MethodGet, fmt.Sprintf("/requests/%v?as=curl", first["n"]), "").raw; !strings.Contains(command, "curl ") || !strings.Contains(command, "/"+w.Name+c.Path) {
		t.Errorf("the command is %s", command)
	}
}

// whole checks that an entry has a body as it was sent, but for what is secret in it.
func whole(t *testing.T, entry map[string]any, side, sent string) {
	t.Helper()
	var want any
	if err := json.Unmarshal([]byte(sent), &want); err != nil {
		t.Fatal(err)
	}
	got := entry[side].(map[string]any)
	secret := func(v any) bool { text, ok := v.(string); return ok && strings.Contains(text, "[redacted]") }
	if diff := gocmp.Diff(want, got["body"], gocmp.FilterValues(func(a, b any) bool { return secret(a) || secret(b) }, gocmp.Ignore())); diff != "" || got["size"] != float64(len(sent)) {
		t.Errorf("the %s of %v is kept with a size of %v, want %d:\n%s", side, entry["n"], got["size"], len(sent), diff)
	}
}

// stream reads the first events of a stream.
func (w *world) stream(path string, n int) []map[string]any {
	w.t.Helper()
	resp, err := http.Get(w.emu.Base() + w.prefix + "/_control" + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out []map[string]any
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 16<<20)
	for len(out) < n && lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			var one map[string]any
			if err := json.Unmarshal([]byte(text), &one); err != nil {
				w.t.Fatal(err)
			}
			out = append(out, one)
		}
	}
	return out
}

// verifying: how often an operation was called with a field is asked for; a failure names the closest
// request and the field.
func verifying(t *testing.T, w *world) {
	var sent map[string]any
	if err := json.Unmarshal([]byte(w.Create(1).Body), &sent); err != nil {
		t.Fatal(err)
	}
	w.create(1)
	w.create(1)
	w.call(w.Faulty.Call)
	operation := w.entries("")[0]["operation"]
	field := slices.Sorted(maps.Keys(sent))[0]
	ask := func(value any, numbers string) reply {
		t.Helper()
		match, err := json.Marshal(map[string]any{"operation": operation, "status": "2xx", "body": map[string]any{"/" + field: map[string]any{"equals": value}}})
		if err != nil {
			t.Fatal(err)
		}
		return w.control(http.MethodPost, "/requests/verify", fmt.Sprintf(`{"match":%s,%s}`, match, numbers))
	}
	if r := ask(sent[field], `"exactly":2`); r.status != http.StatusOK || r.body["count"] != 2.0 {
		t.Errorf("%s happened twice with %s = %v, but verify = %d %s", operation, field, sent[field], r.status, r.raw)
	}
	if r := ask(sent[field], `"at_most":1`); r.status != http.StatusUnprocessableEntity || r.body["count"] != 2.0 {
		t.Errorf("verify of at most one = %d %s; want 422 with the count", r.status, r.raw)
	}
	r := ask("never sent", `"at_least":1`)
	closest, _ := r.body["closest"].([]any)
	if r.status != http.StatusUnprocessableEntity || len(closest) == 0 {
		t.Fatalf("verify of what was never sent = %d %s; want 422 with the closest", r.status, r.raw)
	}
	want := map[string]any{"n": 2.0, "differences": []any{map[string]any{"pointer": "/body/" + field, "want": map[string]any{"equals": "never sent"}, "got": sent[field]}}}
	if diff := gocmp.Diff(want, closest[0]); diff != "" {
		t.Errorf("the closest miss is not the latest creation:\n%s", diff)
	}
}

// What must not be kept: a card number that is nobody's test card, in the spellings that people use,
// and a test key.
const (
	card      = "4929123456789015"
	cardGroup = "4929 1234 5678 9015"
	keyBody   = "Zq8vTn3Lw6Rk1Xs5"
)

// noSecrets: neither credentials nor client secrets nor card numbers can be read back, from wherever
// they were sent.
func noSecrets(t *testing.T, s Subject) {
	var log notebook
	w := &world{Subject: s, t: t, emu: s.run(t, emulator.Options{Verbose: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})}
	secrets := w.betray()
	var out bytes.Buffer
	n := 0
	for _, e := range w.entries("") {
		n++
		out.WriteString(w.steer(http.MethodGet, fmt.Sprintf("/requests/%v", e["n"]), "").raw)
		out.WriteString(w.steer(http.MethodGet, fmt.Sprintf("/requests/%v?as=curl", e["n"]), "").raw)
	}
	for _, path := range []string{"/requests", "/requests.har", "/requests/wait", "/events"} {
		out.WriteString(w.steer(http.MethodGet, path, "").raw)
	}
	out.WriteString(w.control(http.MethodPost, "/requests/verify", `{"match":{"method":"POST","header":{"x-note":"no"},"body":{"/note":1,"/metadata":1}},"exactly":99}`).raw)
	fmt.Fprint(&out, w.stream("/requests/stream?since=0", n))
	for name, secret := range secrets {
		for place, text := range map[string]string{"journal": out.String(), "log": log.String()} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("the %s holds the %s: …%s…", place, name, text[max(0, i-200):min(len(text), i+200)])
			}
		}
	}
	if n < 10 || !strings.Contains(out.String(), "[redacted]") {
		t.Errorf("the journal has %d entries, and nothing in it was redacted", n)
	}
}

// betray sends secrets wherever they can be sent, and returns them.
func (w *world) betray() map[string]string {
	w.t.Helper()
	key := "sk_test_" + keyBody
	header := w.WithKey(key)
	with := func(c Call, more map[string]string) Call {
		all := maps.Clone(w.Header)
		maps.Copy(all, c.Header)
		maps.Copy(all, header)
		maps.Copy(all, more)
		c.Header = all
		return c
	}
	secrets := map[string]string{"key": keyBody, "card": card, "card in groups": cardGroup, "card in a query": strings.ReplaceAll(cardGroup, " ", "+")}
	creations := []Call{w.Create(1)}
	if w.Embedded.Body != "" {
		creations = append(creations, w.Embedded)
	}
	first, _ := w.List.Page(nil)
	for _, c := range creations {
		made := w.call(with(c, map[string]string{"X-Note": card}))
		if made.status/100 != 2 {
			w.t.Fatalf("create = %d %s", made.status, made.raw)
		}
		w.call(with(w.Get(made.body["id"].(string)), map[string]string{"Cookie": "sid=" + key}))
		secret, _ := made.body["client_secret"].(string)
		if secret == "" {
			continue
		}
		secrets["client secret"] = secret
		if w.BySecret != nil {
			for _, c := range w.BySecret(secret) {
				w.call(c)
			}
		}
		w.call(with(Call{Method: http.MethodGet, Path: "/v1/lost/" + secret}, nil))
		w.call(with(Call{Method: http.MethodGet, Path: first.Path + ask(first.Path) + "client_secret=" + secret}, map[string]string{"Referer": "http://shop/?s=" + secret}))
		w.call(with(Call{Method: http.MethodPost, Path: c.Path, Body: `{"client_secret":"` + secret + `","note":"` + secret + `"}`}, nil))
	}
	if secrets["client secret"] == "" && (w.BySecret != nil || w.Embedded.Body != "") {
		w.t.Error("no client secret was made")
	}
	w.call(with(first, nil))
	body := strings.TrimSuffix(w.Create(2).Body, "}")
	for _, member := range []string{
		`"metadata":{"card":"` + card + `","also":"paid with ` + cardGroup + `"}`, `"note":"` + cardGroup + `"`, `"amount":` + card,
		`"customer_email":"` + card + `"`, `"card":{"number":` + card + `,"cvc":"123"},"key":"` + key + `"`,
	} {
		w.call(with(Call{Method: http.MethodPost, Path: creations[0].Path, Body: body + "," + member + "}", Header: w.Create(3).Header}, nil))
	}
	w.call(with(Call{Method: http.MethodPost, Path: creations[0].Path, Body: "card=" + card + "&key=" + key}, nil))
	w.call(with(Call{Method: http.MethodGet, Path: first.Path + ask(first.Path) + "q=" + url.QueryEscape(cardGroup) + "&token=" + key}, nil))
	w.call(with(Call{Method: http.MethodGet, Path: "/v1/" + card}, nil))
	w.call(with(w.Get(card), nil))
	return secrets
}

// ask is what joins a further parameter to a path.
func ask(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}
