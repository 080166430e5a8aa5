package providertest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/provider/all"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/openapi"
)

// world is one emulator with the subject on it.
type world struct {
	Subject
	t      *testing.T
	emu    *emulator.Emulator
	prefix string // path of another sandbox than the default one, such as "/s/w1"
}

func newWorld(t *testing.T, s Subject) *world {
	t.Helper()
	return &world{Subject: s, t: t, emu: s.run(t, emulator.Options{Seed: 42})}
}

// run starts an emulator with the subject on it, which need not be one of the built-in providers.
func (s Subject) run(t *testing.T, o emulator.Options) *emulator.Emulator {
	t.Helper()
	if !s.builtIn() {
		o.Providers = []all.Named{{Name: s.Name, New: s.New}}
	}
	return emulator.Run(t, o)
}

func (s Subject) builtIn() bool { return slices.Contains(emulator.ProviderNames(), s.Name) }

// reply is what came back.
type reply struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// call makes a request to the provider.
func (w *world) call(c Call) reply {
	w.t.Helper()
	header := w.Header
	if c.Header != nil {
		header = c.Header
	}
	return w.send(w.emu.Base()+w.prefix+"/"+w.Name+c.Path, c, header)
}

// must is call with the status that is expected.
func (w *world) must(c Call, status int) reply {
	w.t.Helper()
	r := w.call(c)
	if r.status != status {
		w.t.Fatalf("%s %s = %d %s; want %d", c.Method, c.Path, r.status, r.raw, status)
	}
	return r
}

// control makes a request to the control API.
func (w *world) control(method, path, body string) reply {
	w.t.Helper()
	return w.send(w.emu.Base()+w.prefix+"/_control"+path, Call{Method: method, Body: body}, nil)
}

// steer is control with success expected.
func (w *world) steer(method, path, body string) reply {
	w.t.Helper()
	r := w.control(method, path, body)
	if r.status/100 != 2 {
		w.t.Fatalf("%s /_control%s = %d %s", method, path, r.status, r.raw)
	}
	return r
}

func (w *world) send(url string, c Call, header map[string]string) reply {
	w.t.Helper()
	req, err := http.NewRequest(c.Method, url, strings.NewReader(c.Body))
	if err != nil {
		w.t.Fatal(err)
	}
	if c.Body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := noRedirect.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	out := reply{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &out.body) // not every answer is an object
	return out
}

var noRedirect = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// create makes a session and returns its id.
func (w *world) create(n int) (id string, made reply) {
	w.t.Helper()
	return w.make(w.Create(n))
}

// make is create with a call of its own.
func (w *world) make(c Call) (id string, made reply) {
	w.t.Helper()
	made = w.call(c)
	id, _ = made.body["id"].(string)
	if made.status/100 != 2 || id == "" {
		w.t.Fatalf("create = %d %s", made.status, made.raw)
	}
	return id, made
}

// native returns the provider's status of a session.
func (w *world) native(id string) string {
	w.t.Helper()
	s, _ := w.must(w.Get(id), http.StatusOK).body[w.Native.Field].(string)
	return s
}

// events counts the events of a session by type: ours, not those that the provider sends.
func (w *world) events(id string) map[string]int {
	w.t.Helper()
	counts := map[string]int{}
	list, _ := w.steer(http.MethodGet, "/events?session="+id, "").body["events"].([]any)
	for _, e := range list {
		if ev := e.(map[string]any); ev["native"] == false {
			counts[ev["type"].(string)]++
		}
	}
	return counts
}

// check compares a response with its operation's document.
func check(op *openapi.Operation, resp api.Response) error {
	contentType, body := resp.ContentType, []byte(resp.Text)
	if resp.Body != nil {
		body = wire.MustMarshal(resp.Body)
		if contentType == "" {
			contentType = "application/json"
		}
	}
	return op.CheckResponse(resp.Status, contentType, body)
}
