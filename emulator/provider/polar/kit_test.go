package polar_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/provider/polar"
)

// start is where clocks begin in these tests.
var start = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// world is an emulator with one client.
type world struct {
	t       *testing.T
	emu     *emulator.Emulator
	sandbox string // "": the default one
	token   string
	forks   *int
}

// newWorld starts an emulator whose clock stands still at start.
func newWorld(t *testing.T, options ...func(*emulator.Options)) *world {
	t.Helper()
	o := emulator.Options{Start: start.Add(-time.Hour)}
	for _, set := range options {
		set(&o)
	}
	w := &world{t: t, emu: emulator.Run(t, o), token: "polar_oat_test", forks: new(int)}
	w.stop()
	return w
}

// fork returns a world of its own on the same emulator: another sandbox.
func (w *world) fork(t *testing.T) *world {
	t.Helper()
	*w.forks++
	name := fmt.Sprintf("w%d", *w.forks)
	f := &world{t: t, emu: w.emu, sandbox: name, token: "polar_oat_sandbox_" + name, forks: w.forks}
	f.stop()
	return f
}

// stop lets the clock stand still at start.
func (w *world) stop() {
	w.t.Helper()
	w.control("POST", "/clock/freeze", nil)
	w.control("POST", "/clock/set", object{"to": start})
}

func seedProfile(o *emulator.Options) { o.Profiles = map[string]string{"polar": polar.ProfileSeed} }

// object is a decoded JSON object.
type object = map[string]any

// answer is a response.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	raw    []byte
}

func (w *world) send(method, url, token string, body any) answer {
	w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		reader = bytes.NewReader(encoded)
	}
	req, err := http.NewRequest(method, url, reader)
	if err != nil {
		w.t.Fatal(err)
	}
	if reader != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return w.do(req)
}

// transport follows no redirect.
func (w *world) do(req *http.Request) answer {
	w.t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{w.t, resp.StatusCode, resp.Header, raw}
}

// call is a call of the merchant's server.
func (w *world) call(method, path string, body any) answer {
	w.t.Helper()
	return w.send(method, w.emu.URL("polar")+path, w.token, body)
}

// client is a call of the customer's browser, on the session with that secret.
func (w *world) client(method string, session object, path string, body any) answer {
	w.t.Helper()
	return w.send(method, w.emu.URL("polar")+"/v1/checkouts/client/"+session["client_secret"].(string)+path, "", body)
}

func (w *world) control(method, path string, body any) answer {
	w.t.Helper()
	base := w.emu.Base()
	if w.sandbox != "" {
		base += "/s/" + w.sandbox
	}
	a := w.send(method, base+"/_control"+path, "", body)
	if a.status >= 300 {
		w.t.Fatalf("%s %s = %d %s", method, path, a.status, a.raw)
	}
	return a
}

func (w *world) advance(by string) {
	w.t.Helper()
	w.control("POST", "/clock/advance", object{"by": by})
}

// create makes a session and wants it to work.
func (w *world) create(body object) object {
	w.t.Helper()
	return w.call("POST", "/v1/checkouts/", body).want(http.StatusCreated)
}

func (w *world) get(session object) object {
	w.t.Helper()
	return w.call("GET", "/v1/checkouts/"+session["id"].(string), nil).want(http.StatusOK)
}

func (w *world) patch(session object, body object) answer {
	w.t.Helper()
	return w.call("PATCH", "/v1/checkouts/"+session["id"].(string), body)
}

// want returns the decoded body of an answer with that status, and fails the test for another one.
func (a answer) want(status int) object {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status = %d, body %s; want %d", a.status, a.raw, status)
	}
	if len(a.raw) == 0 {
		return nil
	}
	var v object
	if err := json.Unmarshal(a.raw, &v); err != nil {
		a.t.Fatalf("body %q: %v", a.raw, err)
	}
	return v
}

// same fails the test when the members of got differ from those of want; further ones may be there.
func same(t *testing.T, what string, got, want object) {
	t.Helper()
	part := object{}
	for k := range want {
		part[k] = got[k]
	}
	if diff := cmp.Diff(plain(t, want), plain(t, part)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// plain turns a value into what its JSON decodes to.
func plain(t *testing.T, v any) any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// fault is the part of a 422's item that the rules are about.
type fault struct {
	Type  string `json:"type"`
	Loc   []any  `json:"loc"`
	Msg   string `json:"msg"`
	Input any    `json:"input"`
}

// faults returns the items of a 422 of that class.
func (a answer) faults(class string) []fault {
	a.t.Helper()
	if a.status != http.StatusUnprocessableEntity {
		a.t.Fatalf("status = %d, body %s; want 422", a.status, a.raw)
	}
	var body struct {
		Error  string  `json:"error"`
		Detail []fault `json:"detail"`
	}
	if err := json.Unmarshal(a.raw, &body); err != nil {
		a.t.Fatalf("body %s: %v", a.raw, err)
	}
	if body.Error != class {
		a.t.Errorf("error = %q; want %q; body %s", body.Error, class, a.raw)
	}
	return body.Detail
}

// wantFaults compares a 422 without the inputs, which are tested for themselves.
func (a answer) wantFaults(class string, want ...fault) {
	a.t.Helper()
	got := a.faults(class)
	for i := range got {
		got[i].Input = nil
	}
	if diff := cmp.Diff(plain(a.t, want), plain(a.t, got)); diff != "" {
		a.t.Errorf("items (-want +got):\n%s", diff)
	}
}

const (
	schemaClass   = "RequestValidationError"
	businessClass = "PolarRequestValidationError"
)

// business is the item of a broken business rule.
func business(msg string, path ...any) fault {
	return fault{Type: "value_error", Loc: append([]any{"body"}, path...), Msg: msg}
}

// required is the item of something that a confirmation misses.
func required(path ...any) fault {
	return fault{Type: "missing", Loc: append([]any{"body"}, path...), Msg: "Field is required."}
}

// The catalog, by what the tests need of it.
const (
	organizationID = "e41b66d4-13c6-4bdc-a996-431cfcb2185a"
	unknownID      = "5b1c8d1e-6c36-4c0d-9f34-2f0a4b0c7d11"
)

const (
	book          = "b3f3c9b1-1168-47b6-b178-2af9b468bad7"
	tips          = "2ff5ad69-1473-4dc2-8f8c-4445a3914cd9"
	zine          = "84a5c03e-dfd0-4e69-8f8b-57381dd1f1dc"
	freebie       = "e47bbf54-d913-4e6b-bd2f-6678a36081b8"
	monthly       = "44ad4d7f-7cf7-4543-a524-9394a612f688"
	yearly        = "0730b76e-8501-455f-808a-6ea4abb4a907"
	freeMonthly   = "aaf45fde-8e45-4929-880e-fff2bd068127"
	trial         = "63e04365-112b-4e69-8740-f443e62ed24e"
	workshop      = "a4f86bd8-c457-42c9-b4aa-fa363eda3b68"
	archived      = "818c565d-971a-4160-b6b7-65993df7fdbf"
	draftProduct  = "3ddbc042-32e8-405b-856a-cb91bd645eb3"
	bookEuro      = "52cadb18-06b7-42f7-8b38-17e3d4150e50" // price of the book
	archivedPrice = "8bbcdfea-e662-420a-a7ee-15456f0f9a47"
	monthlyPrice  = "95c76696-feae-42d6-8557-b72b0d5cacca"
)

const (
	fiveOff    = "ce2ff86a-c10a-4de3-a7f0-13ec2f165deb"
	twoOff     = "d7946244-5618-439e-9477-82c695848148"
	quarter    = "f0ff53b4-81b4-40a3-893d-0481c060a112"
	third      = "3ddf7257-4f5a-41a6-823b-b578cbf14392"
	friends    = "1ab8e480-52e4-4c33-a207-ae7d75f078c7"
	firstFree  = "799687a4-4fdd-4f79-9a56-cfa20b69f83a"
	ended      = "df889851-f736-4a68-aec2-0321291255b7"
	notStarted = "c7ea559f-3e47-435f-b0e1-113a025c98e7"
	founders   = "31e3896f-619b-418b-8a96-149fa827a496"
	usedUp     = "8d1f3530-8027-4f9c-af2e-a06719fb98f4"
	once       = "020b6c16-0ecd-4e12-a8b6-a4f911d72c95"
	yearlyOnly = "2e1fcc25-2486-41ce-a377-5499ac488ca0"
)

const (
	ines = "9e1cd140-9c23-4f99-a1a2-e7a102e18292"
	tom  = "1c3d6c92-ec1c-48a6-9c0e-4611d0de18aa"
	mika = "0f1943a4-618a-4fb6-aaa2-8d70fdd26c7a"
)
