package leanrails_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
)

// object is a JSON object.
type object = map[string]any

// client calls an emulator in memory. Every answer is checked against its document.
type client struct {
	tb      testing.TB
	handler http.Handler
	header  map[string]string // of every request; of a POST also an idempotency key, if there is none
}

// reply is what came back. Text is the body as sent; JSON is it decoded.
type reply struct {
	Status int
	Header http.Header
	Text   string
	JSON   object
}

// start makes an emulator, and a client of it in a sandbox whose clock stands at [epoch].
func start(tb testing.TB, options ...emulator.Options) *client {
	tb.Helper()
	return serve(tb, options...).apart(tb)
}

// apart returns a client in another sandbox, whose clock stands at [epoch].
func (c *client) apart(tb testing.TB) *client {
	tb.Helper()
	out := c.with("X-Sandbox", fmt.Sprintf("t%d", keys.Add(1)))
	out.tb = tb
	out.control("/clock/freeze", "")
	out.control("/clock/set", `{"to":"2040-01-01T00:00:00Z"}`)
	return out
}

// epoch is the Unix time of a test.
const epoch = 2208988800

// serve makes an emulator and a client of it.
func serve(tb testing.TB, options ...emulator.Options) *client {
	tb.Helper()
	o := emulator.Options{}
	if len(options) > 0 {
		o = options[0]
	}
	c := &client{tb: tb, header: authorization(secretKey)}
	o.Inspect = func(_, operation string, err error) { c.tb.Errorf("%s: %v", operation, err) }
	emu, err := emulator.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(emu.Close)
	c.handler = emu.Handler()
	return c
}

// profile is the option of a profile.
func profile(name string) emulator.Options {
	return emulator.Options{Profiles: map[string]string{"leanrails": name}}
}

// with returns a client that sends further headers.
func (c *client) with(pairs ...string) *client {
	out := *c
	out.header = maps.Clone(c.header)
	for i := 0; i < len(pairs); i += 2 {
		out.header[pairs[i]] = pairs[i+1]
	}
	return &out
}

// do sends a request to the dialect; a body of "" is none.
func (c *client) do(method, path, body string) reply {
	c.tb.Helper()
	return c.send(method, "/leanrails"+path, body)
}

func (c *client) send(method, path, body string) reply {
	c.tb.Helper()
	req := httptest.NewRequestWithContext(c.tb.Context(), method, "http://localhost:4747"+path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", fmt.Sprintf("key-%d", keys.Add(1)))
	}
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	out := reply{Status: rec.Code, Header: rec.Header(), Text: rec.Body.String()}
	if err := json.Unmarshal(rec.Body.Bytes(), &out.JSON); err != nil {
		c.tb.Fatalf("%s %s = %d %q; want a JSON object", method, path, rec.Code, out.Text)
	}
	return out
}

// must is do that ends the test unless the answer is a success.
func (c *client) must(method, path, body string) object {
	c.tb.Helper()
	got := c.do(method, path, body)
	if got.Status != http.StatusOK {
		c.tb.Fatalf("%s %s %s = %d %s; want 200", method, path, body, got.Status, got.Text)
	}
	return got.JSON
}

// create makes a session from the smallest body with changes, see [params].
func (c *client) create(changes object) object {
	c.tb.Helper()
	return c.must(http.MethodPost, route, params(changes))
}

func (c *client) get(id any) object {
	c.tb.Helper()
	return c.must(http.MethodGet, fmt.Sprint(route, "/", id), "")
}

// control calls the control API, with success expected.
func (c *client) control(path, body string) object {
	c.tb.Helper()
	got := c.send(http.MethodPost, "/_control"+path, body)
	if got.Status != http.StatusOK {
		c.tb.Fatalf("POST /_control%s = %d %s", path, got.Status, got.Text)
	}
	return got.JSON
}

// steer gives an action of the control API to a session, and returns the session.
func (c *client) steer(id any, action string) object {
	c.tb.Helper()
	c.control(fmt.Sprint("/sessions/", id, "/", action), "")
	return c.get(id)
}

// params is the smallest body of a creation, with members replaced by changes; nil takes one away.
func params(changes object) string {
	b := object{
		"mode":        "payment",
		"line_items":  []any{object{"price": tote}},
		"success_url": "https://example.com/done",
	}
	for key, value := range changes {
		b[key] = value
		if value == nil {
			delete(b, key)
		}
	}
	return encode(b)
}

func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// failure is the error of an answer.
func (r reply) failure() object {
	e, _ := r.JSON["error"].(object)
	return e
}

// basic is the header of HTTP Basic.
func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}
