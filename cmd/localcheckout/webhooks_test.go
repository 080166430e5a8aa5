package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// application is an application's webhook handler that writes down what it gets.
type application struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	paths  []string
}

// newApplication starts an application; answer gives the status of each answer, nil is 204.
func newApplication(t *testing.T, answer func() int) *application {
	a := &application{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		a.mu.Lock()
		a.bodies, a.paths = append(a.bodies, string(body)), append(a.paths, r.URL.Path)
		a.mu.Unlock()
		status := http.StatusNoContent
		if answer != nil {
			status = answer()
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *application) got() (bodies, paths []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.bodies), slices.Clone(a.paths)
}

// shops are a call of each provider that makes a session.
var shops = map[string]struct {
	path, body, expired string // expired is the event of a session that expires
	header              http.Header
}{
	"polar": {"/polar/v1/checkouts/", `{"product_id":"b3f3c9b1-1168-47b6-b178-2af9b468bad7"}`, "checkout.expired", http.Header{"Authorization": {"Bearer polar_oat_x"}}},
	"tilled": {"/tilled/v1/checkout-sessions", `{"line_items":[{"quantity":1,"price_data":{"currency":"usd","unit_amount":900,"product_data":{"name":"Focaccia"}}}],
		"payment_intent_data":{"payment_method_types":["card"]}}`, "payment_intent.canceled", http.Header{"Tilled-Account": {"acct_1"}, "Tilled-Api-Key": {"sk_test_1"}}},
	"leanrails": {"/leanrails/v1/checkout_sessions", `{"mode":"payment","line_items":[{"price":"price_3fg6hj9km1np0001","quantity":1}],"success_url":"https://shop.example/"}`,
		"checkout.session.expired", http.Header{"Authorization": {"Basic c2tfdGVzdF94Og=="}, "Idempotency-Key": {"one"}}},
}

// sell makes a session of a provider in a sandbox, has it expire, and returns the sandbox's client.
func (s *served) sell(t *testing.T, provider, sandbox string) *client.Client {
	t.Helper()
	shop := shops[provider]
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/s/"+sandbox+shop.path, strings.NewReader(shop.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = shop.header.Clone()
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var made struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || made.ID == "" {
		t.Fatalf("create a session of %s: %s, %v", provider, resp.Status, err)
	}
	c := s.client(t).In(sandbox)
	if _, err := c.Expire(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	return c
}

// pass moves a clock, and returns when everything until then was sent.
func pass(t *testing.T, c *client.Client, by time.Duration) {
	t.Helper()
	if _, err := c.Advance(t.Context(), by); err != nil {
		t.Fatal(err)
	}
}

// TestWebhookFlag: every provider that sends events sends them where the flag says, in every sandbox, also after a
// reset.
func TestWebhookFlag(t *testing.T) {
	clean(t)
	app := newApplication(t, nil)
	args := []string{"--addr", "127.0.0.1:0"}
	for name := range shops {
		args = append(args, "--webhook", name+"="+app.URL+"/"+name)
	}
	s := start(t, args...)
	for name := range shops {
		for _, sandbox := range []string{"default", "w1"} {
			c := s.sell(t, name, sandbox)
			pass(t, c, 0)
			if err := c.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, before := app.got()
			pass(t, s.sell(t, name, sandbox), 0)
			_, after := app.got()
			if later := after[len(before):]; len(before) == 0 || len(later) == 0 || later[0] != "/"+name {
				t.Errorf("%s in %s: %d messages, after a reset %q", name, sandbox, len(before), later)
			}
		}
	}
	for _, tt := range []struct{ value, has string }{
		{"bias=http://localhost:3000", "bias, which sends none"},
		{"polar", "is not PROVIDER=URL"},
		{"poler=http://localhost:3000", "bias, leanrails, polar, tilled"},
		{"polar=localhost:3000", "not an http or https URL"},
	} {
		if code, stdout, stderr := invoke("--addr", "127.0.0.1:0", "--webhook", tt.value); code == exitOK || stdout != "" || !strings.Contains(stderr, tt.has) {
			t.Errorf("--webhook %s = %d, %q, stderr %q; want a failure with %q", tt.value, code, stdout, stderr, tt.has)
		}
	}
}

// TestStartPrintsSecrets: the secret that is printed for an endpoint is the one that signs.
func TestStartPrintsSecrets(t *testing.T) {
	hooks := []emulator.Webhook{
		{Provider: "polar", URL: "http://app/1"}, {Provider: "polar", URL: "http://app/2", Secret: "mine"},
		{Provider: "polar", URL: "http://app/3", Signature: "both"}, {Provider: "tilled", URL: "http://app/4"},
	}
	emu := emulator.Run(t, emulator.Options{Webhooks: hooks})
	var out bytes.Buffer
	announceWebhooks(&out, emu, hooks)
	endpoints, err := emu.Endpoints(t.Context())
	if err != nil || len(endpoints) != len(hooks) {
		t.Fatalf("Endpoints = %+v, %v", endpoints, err)
	}
	want := ""
	for _, e := range endpoints {
		want += fmt.Sprintf("  webhooks of %s go to %s, signed with %s\n", e.Provider, e.URL, e.Secret)
	}
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
}

// TestStopDrainsWebhooks: what is on its way when the program is told to stop may still arrive; it is
// then not sent again by the next one that has the state.
func TestStopDrainsWebhooks(t *testing.T) {
	clean(t)
	file := filepath.Join(t.TempDir(), "lc.state")
	begun, proceed := make(chan struct{}), make(chan struct{})
	app := newApplication(t, sync.OnceValue(func() int {
		close(begun)
		<-proceed
		return http.StatusNoContent
	}))
	s := start(t, "--addr", "127.0.0.1:0", "--state", file, "--webhook", "leanrails="+app.URL)
	s.sell(t, "leanrails", "default")
	<-begun
	stopped := make(chan int)
	go func() { stopped <- s.stop() }()
	for { // the receiver answers when nobody listens any more
		resp, err := http.Get(s.base + "/livez")
		if err != nil {
			break
		}
		resp.Body.Close()
	}
	close(proceed)
	if code := <-stopped; code != exitOK {
		t.Errorf("exit code %d, %s", code, s.stderr)
	}
	again := start(t, "--addr", "127.0.0.1:0", "--state", file, "--webhook", "leanrails="+app.URL)
	pass(t, again.client(t), 24*time.Hour)
	if bodies, _ := app.got(); len(bodies) != 1 {
		t.Errorf("%d messages; want the one that was drained", len(bodies))
	}
}

// TestStateKeepsWebhooks: what is still to be repeated when the program stops is sent by the next one that
// has the state, with the same bytes.
func TestStateKeepsWebhooks(t *testing.T) {
	clean(t)
	file := filepath.Join(t.TempDir(), "lc.state")
	var status atomic.Int64
	status.Store(http.StatusBadGateway)
	app := newApplication(t, func() int { return int(status.Load()) })
	for name, shop := range shops {
		s := start(t, "--addr", "127.0.0.1:0", "--state", file)
		c := s.client(t)
		if err := c.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.AddEndpoint(t.Context(), client.EndpointDraft{Provider: name, URL: app.URL, Events: []string{shop.expired}}); err != nil {
			t.Fatal(err)
		}
		pass(t, s.sell(t, name, "default"), 0)
		if code := s.stop(); code != exitOK {
			t.Fatalf("exit code %d, %s", code, s.stderr)
		}
		before, _ := app.got()
		status.Store(http.StatusNoContent)
		s = start(t, "--addr", "127.0.0.1:0", "--state", file)
		pass(t, s.client(t), time.Hour)
		after, _ := app.got()
		if len(after) != len(before)+1 || len(before) == 0 || after[len(after)-1] != before[len(before)-1] {
			t.Errorf("%s: refused %q, then, from the state, %q; want it once more", name, before, after[len(before):])
		}
		s.stop()
		status.Store(http.StatusBadGateway)
	}
}

func (s *served) client(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New(s.base, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
