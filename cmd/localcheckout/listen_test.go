package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/client"
)

// shop is an application that takes webhooks.
type shop struct {
	url     string
	arrived chan *http.Request
	bodies  chan []byte
}

// newShop answers as many requests with 500 as it is told, and the others with 200.
func newShop(t *testing.T, failures int) shop {
	s := shop{arrived: make(chan *http.Request, 100), bodies: make(chan []byte, 100)}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if failures--; failures >= 0 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		s.arrived <- r
		s.bodies <- body
	}))
	t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

// polarSession opens a session of Polar and returns its id.
func (s *station) polarSession() string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL("polar")+"/v1/checkouts/",
		strings.NewReader(`{"products":["b3f3c9b1-1168-47b6-b178-2af9b468bad7"]}`))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer polar_oat_test"}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var made struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || resp.StatusCode != http.StatusCreated {
		s.t.Fatalf("create a session: %s, %v", resp.Status, err)
	}
	return made.ID
}

// TestListen: webhooks reach the application as they are sent, with the secret that was printed; each
// event and each attempt is a line; a reset ends nothing; Ctrl-C removes the endpoints.
func TestListen(t *testing.T) {
	s := newStation(t)
	app := newShop(t, 1)
	f := lasting(t, "listen", "--forward-to", strings.TrimPrefix(app.url, "http://")+"/hooks?a=b", "--provider", "polar", "--events", "checkout.created,checkout.expired")
	_, secret, _ := strings.Cut(f.next(t, "polar sends to "+app.url+"/hooks?a=b"), "signed with ")
	if told := strings.TrimSpace(s.ok("listen", "--provider", "polar", "--print-secret")); told != secret || secret == "" {
		t.Errorf("--print-secret = %q; want %q", told, secret)
	}
	id := s.polarSession()
	f.next(t, "--> checkout.created", id)
	f.next(t, "<-- checkout.created", "attempt 1: 500 Internal Server Error", "next try ")
	s.Must(t).Advance(time.Minute)
	f.next(t, "<-- checkout.created", "attempt 2: 200 OK", "delivered")
	for range 2 {
		r, body := <-app.arrived, <-app.bodies
		mac := hmac.New(sha256.New, []byte(secret)) // Standard Webhooks; Polar's secrets are the key as they are
		fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp"), body)
		want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		if got := r.Header.Get("Webhook-Signature"); got != want || r.URL.RequestURI() != "/hooks?a=b" {
			t.Errorf("%s came, signed %q; want %q", r.URL, got, want)
		}
	}
	s.ok("expire", id)
	f.next(t, "<-- checkout.expired", id, "200 OK")
	s.ok("reset")
	f.next(t, "polar sends to") // again
	f.next(t, "--> checkout.created", s.polarSession())
	f.stop()
	if code := <-f.ended; code != exitOK {
		t.Errorf("listen = %d, %s; want 0", code, f.errs)
	}
	if left, err := s.Endpoints(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("it has left %+v, %v", left, err)
	}
}

// TestListenToAll: without a provider there is an endpoint for each that sends anything; --json prints
// what the control API answers.
func TestListenToAll(t *testing.T) {
	s := newStation(t)
	app := newShop(t, 0)
	f := lasting(t, "listen", "--forward-to", app.url, "--json")
	made := map[string]string{}
	for range 3 {
		var e client.Endpoint
		if err := json.Unmarshal([]byte(f.next(t, "")), &e); err != nil || e.URL != app.url || e.Secret == "" {
			t.Fatalf("an endpoint is %+v, %v", e, err)
		}
		made[e.Provider] = e.ID
	}
	s.session(s.URL("tilled"))
	var d client.Delivery
	if err := json.Unmarshal([]byte(f.next(t, `"state":"delivered"`)), &d); err != nil || d.Endpoint != made["tilled"] || len(d.Attempts) != 1 || d.Attempts[0].Duration == 0 {
		t.Errorf("the delivery is %+v, %v; want it to %v", d, err, made)
	}
	f.stop()
	<-f.ended
}

// TestListenRefusals say what would have been right.
func TestListenRefusals(t *testing.T) {
	s := newStation(t)
	for _, tt := range []struct {
		code  int
		args  []string
		wants []string
	}{
		{exitUsage, nil, []string{"--forward-to", "http://localhost:3000/hooks"}},
		{exitUsage, []string{"--forward-to", "ftp://x"}, []string{"--forward-to", "http"}},
		{exitUsage, []string{"--forward-to", "localhost:3000", "--provider", "pola"}, []string{`did you mean "polar"?`}},
		{exitUsage, []string{"--forward-to", "localhost:3000", "--events", "order.paid"}, []string{"--events needs --provider"}},
		{exitUsage, []string{"--print-secret"}, []string{"--print-secret needs --provider"}},
		{exitFailure, []string{"--forward-to", "localhost:3000", "--provider", "bias"}, []string{"bias sends no webhooks"}},
		{exitFailure, []string{"--forward-to", "localhost:3000", "--provider", "polar", "--events", "order.payed"}, []string{`did you mean "order.paid"?`}},
		{exitFailure, []string{"--forward-to", "localhost:3000", "--url", "http://127.0.0.1:1"}, []string{"localcheckout serve"}},
	} {
		contains(t, s.fails(tt.code, append([]string{"listen"}, tt.args...)...), tt.wants...)
	}
	if left, err := s.Endpoints(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("refusals have left %+v, %v", left, err)
	}
}

// TestListenToAServerThatStops ends with 1 and says so.
func TestListenToAServerThatStops(t *testing.T) {
	clean(t)
	s := start(t, "--addr", "127.0.0.1:0")
	t.Setenv("LOCALCHECKOUT_URL", s.base)
	f := lasting(t, "listen", "--forward-to", "localhost:3000")
	f.next(t, "tilled sends to")
	s.stop()
	if code := <-f.ended; code != exitFailure || !strings.Contains(f.errs.String(), s.base+" has stopped") {
		t.Errorf("listen = %d, %q; want 1 and the address", code, f.errs)
	}
}

// TestTailShowsAttempts: each attempt to deliver an event, those before and those to come, with what
// came of it and when the next one is due.
func TestTailShowsAttempts(t *testing.T) {
	s := newStation(t)
	app := newShop(t, 2)
	if _, err := s.AddEndpoint(t.Context(), client.EndpointDraft{Provider: "polar", URL: app.url, Events: []string{"checkout.created"}}); err != nil {
		t.Fatal(err)
	}
	id := s.polarSession()
	s.Must(t).Advance(time.Minute) // three attempts
	out := s.ok("tail", "--once", "--session", id)
	want := []string{"session.created", "checkout.created", "attempt 1: 500 Internal Server Error", "attempt 2: 500", "attempt 3: 200 OK", "delivered"}
	contains(t, out, append(want, app.url, id)...)
	at := -1
	for _, text := range want[:5] {
		if next := strings.Index(out, text); next <= at {
			t.Errorf("%q stands too early in\n%s", text, out)
		} else {
			at = next
		}
	}
	f := follow(t, "-n", "1", "--json", "--provider", "polar")
	f.next(t, `"type":"checkout.created"`)
	for range 3 {
		f.next(t, `"attempts"`)
	}
	var d client.Delivery
	s.polarSession()
	if err := json.Unmarshal([]byte(f.next(t, `"attempts"`)), &d); err != nil || d.State != "delivered" || len(d.Attempts) != 1 || d.Event.Seq < 3 {
		t.Errorf("tail --json has %+v, %v; want the second session's delivery", d, err)
	}
	s.ok("reset")
	if _, err := s.AddEndpoint(t.Context(), client.EndpointDraft{Provider: "polar", URL: app.url}); err != nil {
		t.Fatal(err)
	}
	s.polarSession()
	if err := json.Unmarshal([]byte(f.next(t, `"attempts"`)), &d); err != nil || d.Event.Seq != 2 {
		t.Errorf("after a reset tail --json has %+v, %v; want the first session's delivery", d, err)
	}
	f.stop()
	<-f.ended
}
