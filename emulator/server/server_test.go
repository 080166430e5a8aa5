package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// toy is a small surface of our own.
type toy struct {
	name     string // "": toy
	document string
	handlers map[string]api.Handler
}

const toyDocument = `
openapi: 3.0.3
info: { title: toy, version: "1" }
paths:
  /v1/things:
    post:
      operationId: createThing
      requestBody:
        required: true
        content: { application/json: { schema: { anyOf: [ { $ref: "#/components/schemas/Big" }, { $ref: "#/components/schemas/Small" } ] } } }
      responses: { "200": { $ref: "#/components/responses/Any" }, default: { $ref: "#/components/responses/Any" } }
  /v1/things/{id}:
    get:
      operationId: getThing
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
        - { name: size, in: query, schema: { type: integer, minimum: 1 } }
        - { name: tag, in: query, schema: { type: array, items: { type: string, enum: [a, b] } } }
      responses: { "200": { $ref: "#/components/responses/Any" }, default: { $ref: "#/components/responses/Any" } }
components:
  schemas:
    Big: { type: object, required: [big], properties: { big: { type: integer, minimum: 100 }, name: { type: string } } }
    Small: { type: object, required: [small], properties: { small: { type: string, maxLength: 3 } } }
  responses:
    Any:
      description: anything
      content: { application/json: { schema: { type: object, required: [said], properties: { said: { type: string } } } } }
`

func (s toy) Name() string                     { return cmp.Or(s.name, "toy") }
func (s toy) Document() []byte                 { return []byte(s.document) }
func (s toy) Handlers() map[string]api.Handler { return s.handlers }
func (toy) Credential(h http.Header) string    { return h.Get("X-Key") }
func (toy) Declined() []api.Declined {
	return []api.Declined{{Path: "/v1/later/{id}", Reason: "not yet"}}
}
func (toy) Authorize(r *api.Request) error {
	return map[bool]error{true: errors.New("no")}[r.Header.Get("X-Key") == "bad"]
}
func (toy) Finish(_ *api.Request, r *api.Response) { r.SetHeader("X-Toy", "1") }

func (toy) Rewrite(path string) (string, http.Header) {
	if rest, ok := strings.CutPrefix(path, "/old"); ok {
		return rest, http.Header{"X-Old": {"1"}}
	}
	return path, nil
}

func (toy) Problem(r *api.Request, err error) api.Response {
	said := err.Error()
	status := http.StatusInternalServerError
	var known *checkout.Error
	var unrouted *api.RouteError
	switch {
	case errors.As(err, &known):
		status, said = 400, string(known.Code)
		for _, v := range known.Violations {
			said += " " + v.Variant + pointer(v.Path) + ":" + v.Rule
		}
	case errors.As(err, &unrouted):
		status = 404
		said = "slash=" + unrouted.Slash + " allow=" + strings.Join(unrouted.Allow, ",") + " nearest=" + unrouted.Nearest
	}
	return api.Response{Status: status, Body: map[string]string{"said": said}}
}

func pointer(path []any) string {
	out := ""
	for _, p := range path {
		if s, ok := p.(string); ok {
			out += "/" + s
		}
	}
	return out
}

func say(text func(r *api.Request) string) api.Handler {
	return func(_ context.Context, r *api.Request) (api.Response, error) {
		return api.Response{Body: map[string]string{"said": text(r)}}, nil
	}
}

func newToy() toy {
	return toy{document: toyDocument, handlers: map[string]api.Handler{
		"createThing": say(func(r *api.Request) string {
			if m := r.Body.(map[string]any); m["name"] == "panic" {
				panic("boom")
			}
			return r.Variant
		}),
		"getThing": say(func(r *api.Request) string {
			return r.Sandbox.Name() + " " + r.Param("id") + " " + r.Base + r.Prefix
		}),
	}}
}

func newServer(t *testing.T, s api.Surface, edit func(*Options)) *Server {
	t.Helper()
	set := sandbox.NewSet(sandbox.Options{})
	t.Cleanup(set.Close)
	o := Options{Surfaces: []api.Surface{s}, Sandboxes: set}
	if edit != nil {
		edit(&o)
	}
	srv, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Ready(); err != nil {
		t.Fatal(err)
	}
	return srv
}

func do(h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func TestAnswers(t *testing.T) {
	srv := newServer(t, newToy(), nil)
	long := `{"big":100,"name":"` + strings.Repeat("x", BodyAtMost) + `"}`
	for _, tt := range []struct {
		name, method, target, body string
		header                     []string
		status                     int
		said                       string
	}{
		{"the member of the union that fits", "POST", "/toy/v1/things", `{"small":"x"}`, nil, 200, "Small"},
		{"every fault of every member", "POST", "/toy/v1/things", `{"big":1,"name":2}`, nil, 400, "invalid Big/big:minimum Big/name:type Small/small:required"},
		{"no body", "POST", "/toy/v1/things", ``, nil, 400, "invalid :required"},
		{"not an object", "POST", "/toy/v1/things", `[]`, nil, 400, "invalid Big:type Small:type"},
		{"broken JSON", "POST", "/toy/v1/things", `{"a":`, nil, 400, "malformed :json"},
		{"invalid UTF-8", "POST", "/toy/v1/things", "{\"small\":\"\xff\"}", nil, 400, "malformed :json"},
		{"NUL", "POST", "/toy/v1/things", `{"small":"\u0000"}`, nil, 400, "invalid Small/small:nul"},
		{"two values", "POST", "/toy/v1/things", `{"small":"x"}{}`, nil, 400, "malformed :json"},
		{"another content type", "POST", "/toy/v1/things", `small=x`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, "unsupported_media"},
		{"JSON with a charset", "POST", "/toy/v1/things", `{"small":"x"}`, []string{"Content-Type", "application/json; charset=utf-8"}, 200, "Small"},
		{"too large", "POST", "/toy/v1/things", long, nil, 400, "too_large"},
		{"deeply nested", "POST", "/toy/v1/things", strings.Repeat(`{"a":`, 20000), nil, 400, "malformed :json"},
		{"a panic is our fault", "POST", "/toy/v1/things", `{"big":100,"name":"panic"}`, nil, 500, "panic: boom"},
		{"refused credential before the body", "POST", "/toy/v1/things", `{`, []string{"X-Key", "bad"}, 500, "no"},
		{"query faults at once", "GET", "/toy/v1/things/1?size=x&tag=a&tag=c", "", nil, 400, "invalid /size:type /tag:enum"},
		{"out of range", "GET", "/toy/v1/things/1?size=0", "", nil, 400, "invalid /size:minimum"},
		{"escaped parameters", "GET", "/toy/v1/things/a%2Fb%20c", "", nil, 200, "default a/b c http://example.com/toy"},
		{"declined", "PATCH", "/toy/v1/later/7", "", nil, 400, "not_emulated"},
		{"unknown path", "GET", "/toy/v1/thinks", "", nil, 404, "slash= allow= nearest=POST /v1/things"},
		{"slash too many", "GET", "/toy/v1/things/1/", "", nil, 404, "slash=/v1/things/1 allow= nearest=GET /v1/things/{id}"},
		{"wrong method", "PUT", "/toy/v1/things", "", nil, 404, "slash= allow=POST nearest=POST /v1/things"},
		{"preflight", "OPTIONS", "/toy/v1/things/1", "", nil, 404, "slash= allow=GET nearest=GET /v1/things/{id}"},
		{"alias", "GET", "/toy/old/v1/things/1", "", nil, 200, "default 1 http://example.com/toy"},
		{"sandbox by an escaped path", "GET", "/s/w%31/toy/v1/things/1", "", nil, 200, "w1 1 http://example.com/s/w%31/toy"},
		{"sandbox by path", "GET", "/s/w1/toy/v1/things/1", "", []string{"X-Sandbox", "w2", "X-Key", "k_sandbox_w3"}, 200, "w1 1 http://example.com/s/w1/toy"},
		{"sandbox by header", "GET", "/toy/v1/things/1", "", []string{"X-Sandbox", "w2", "X-Key", "k_sandbox_w3"}, 200, "w2 1 http://example.com/toy"},
		{"sandbox by credential", "GET", "/toy/v1/things/1", "", []string{"X-Key", "k_sandbox_w3"}, 200, "w3 1 http://example.com/toy"},
		{"unusable sandbox", "GET", "/toy/v1/things/1", "", []string{"X-Sandbox", "a b"}, 400, "refused"},
		{"by host", "GET", "http://toy.localhost:4747/v1/things/1", "", nil, 200, "default 1 http://toy.localhost:4747"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := do(srv, tt.method, tt.target, tt.body, tt.header...)
			if want := `{"said":"` + tt.said + `"}`; w.Code != tt.status || w.Body.String() != want {
				t.Errorf("%s %s = %d %s; want %d %s", tt.method, tt.target, w.Code, w.Body, tt.status, want)
			}
			if w.Header().Get("X-Toy") != "1" || w.Header().Get("X-Sandbox") == "" {
				t.Errorf("headers %v; want the surface's own and the sandbox", w.Header())
			}
			if old := w.Header().Get("X-Old"); (old == "1") != strings.Contains(tt.target, "/old") {
				t.Errorf("X-Old = %q", old)
			}
		})
	}
}

func TestOnlyServesOneSurfaceAtTheRoot(t *testing.T) {
	srv := newServer(t, newToy(), nil)
	h, err := srv.Only("toy")
	if err != nil {
		t.Fatal(err)
	}
	if w := do(h, "GET", "/v1/things/1", ""); w.Body.String() != `{"said":"default 1 http://example.com"}` {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if _, err := srv.Only("nope"); err == nil {
		t.Error("an unknown surface was served")
	}
}

func TestPublicURLBeginsLinks(t *testing.T) {
	srv := newServer(t, newToy(), func(o *Options) { o.PublicURL = "https://pay.test/" })
	if w := do(srv, "GET", "/toy/v1/things/1", ""); !strings.Contains(w.Body.String(), "https://pay.test/toy") {
		t.Errorf("got %s", w.Body)
	}
}

func TestBootRefusesWhatDoesNotMatchAndNamesBoth(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*toy)
		want string
	}{
		{"operation without handler", func(s *toy) { delete(s.handlers, "getThing") }, "toy.yaml: operation getThing has no handler"},
		{"handler without operation", func(s *toy) { s.handlers["nope"] = s.handlers["getThing"] }, "toy.yaml: handler nope has no operation"},
		{"no operationId", func(s *toy) { s.document = strings.Replace(toyDocument, "operationId: getThing", "summary: x", 1) }, "GET /v1/things/{id} has no operationId"},
		{"OpenAPI 3.1", func(s *toy) { s.document = strings.Replace(toyDocument, "3.0.3", "3.1.0", 1) }, `toy.yaml: openapi is "3.1.0"; want 3.0.x`},
		{"not YAML", func(s *toy) { s.document = "{" }, "load toy.yaml"},
	} {
		s := newToy()
		tt.edit(&s)
		srv, err := New(Options{Surfaces: []api.Surface{s}, Sandboxes: sandbox.NewSet(sandbox.Options{})})
		if err != nil {
			t.Fatal(err)
		}
		if err := srv.Ready(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Ready = %v; want %q", tt.name, err, tt.want)
		}
		if w := do(srv, "GET", "/toy/v1/things/1", ""); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: a request meanwhile gets %d %s; want 500 and %q", tt.name, w.Code, w.Body, tt.want)
		}
	}
}

// TestSurfacesAreMountedWhenAskedFor: a request need not wait for the other surfaces, and their faults
// are not its own.
func TestSurfacesAreMountedWhenAskedFor(t *testing.T) {
	broken := newToy()
	broken.name, broken.document = "broken", "{"
	srv, err := New(Options{Surfaces: []api.Surface{newToy(), broken}, Sandboxes: sandbox.NewSet(sandbox.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	if w := do(srv, "GET", "/toy/v1/things/1", ""); w.Code != http.StatusOK {
		t.Errorf("got %d %s; want 200 beside a broken surface", w.Code, w.Body)
	}
	if _, err := New(Options{Surfaces: []api.Surface{newToy(), newToy()}, Sandboxes: sandbox.NewSet(sandbox.Options{})}); err == nil {
		t.Error("two surfaces took the same place")
	}
}

// The check of our own responses sees each way in which one can depart from the document.
func TestResponsesAreCheckedAgainstTheDocument(t *testing.T) {
	for _, tt := range []struct {
		name string
		resp api.Response
		want string
	}{
		{"missing member", api.Response{Body: map[string]int{}}, "[said] breaks required"},
		{"undeclared member", api.Response{Body: map[string]string{"said": "x", "more": "y"}}, "[more] breaks properties"},
		{"wrong type", api.Response{Body: map[string]int{"said": 1}}, "[said] breaks type"},
		{"not JSON", api.Response{Text: "hello", ContentType: "text/plain"}, "undeclared content type"},
	} {
		s := newToy()
		s.handlers["getThing"] = func(context.Context, *api.Request) (api.Response, error) { return tt.resp, nil }
		var found error
		srv := newServer(t, s, func(o *Options) { o.Inspect = func(_ *api.Request, err error) { found = err } })
		do(srv, "GET", "/toy/v1/things/1", "")
		if found == nil || !strings.Contains(found.Error(), tt.want) {
			t.Errorf("%s: found %v; want %q", tt.name, found, tt.want)
		}
	}
}

func TestLogHoldsNoCredential(t *testing.T) {
	var log bytes.Buffer
	s := newToy()
	s.document = strings.Replace(s.document, "/v1/things/{id}:", "/v1/things/{thing_secret}:", 1)
	s.document = strings.Replace(s.document, "name: id, in: path", "name: thing_secret, in: path", 1)
	srv := newServer(t, s, func(o *Options) { o.Verbose, o.Logger = true, slog.New(slog.NewTextHandler(&log, nil)) })
	do(srv, "GET", "/toy/v1/things/1?key=s3cret", "", "X-Key", "s3cret")
	do(srv, "POST", "/toy/v1/things", `{"name":"s3cret"}`)
	do(srv, "GET", "/toy/v1/things/s3cret", "")
	do(srv, "GET", "/toy/v1/nothing/"+strings.Repeat("x", 40)+"s3cret", "")
	if log.Len() == 0 || strings.Contains(log.String(), "s3cret") {
		t.Errorf("the log is %s", log.String())
	}
}

// failingWriter loses the connection.
type failingWriter struct{ http.ResponseWriter }

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestLostConnectionIsNoPanic(t *testing.T) {
	srv := newServer(t, newToy(), nil)
	srv.ServeHTTP(failingWriter{httptest.NewRecorder()}, httptest.NewRequest("GET", "/toy/v1/things/1", nil))
}
