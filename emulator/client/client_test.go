package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/client"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// overEach runs a test with the client that an emulator has in it, and with one over HTTP.
func overEach(t *testing.T, test func(t *testing.T, emu *emulator.Emulator, c *client.Client)) {
	t.Run("in process", func(t *testing.T) {
		emu := emulator.Run(t)
		test(t, emu, emu.Client)
	})
	t.Run("over HTTP", func(t *testing.T) {
		emu := emulator.Run(t)
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		c, err := emulator.Client(emu.Base()+"/", client.Options{Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		test(t, emu, c)
	})
}

func TestSessionsAndTime(t *testing.T) {
	overEach(t, func(t *testing.T, emu *emulator.Emulator, c *client.Client) {
		ctx, id := t.Context(), session(t, emu)
		if _, err := c.Freeze(ctx); err != nil {
			t.Fatal(err)
		}
		declined, err := c.Decline(ctx, id, "insufficient_funds")
		if err != nil || declined.Session.DeclineCode != "insufficient_funds" || declined.Session.Status != checkout.Open {
			t.Errorf("Decline = %+v, %v; want an open session with its code", declined, err)
		}
		later, err := c.Pay(ctx, id, client.Action{After: time.Hour})
		if err != nil || later.Session.Status != checkout.Open || len(later.Events) != 0 {
			t.Errorf("Pay in an hour = %+v, %v; want an open session and no events", later, err)
		}
		before, err := c.Clock(ctx)
		if err != nil || !before.Frozen {
			t.Errorf("Clock = %+v, %v; want it frozen", before, err)
		}
		moved, err := c.Advance(ctx, 2*time.Hour)
		if err != nil || len(moved.Fired) != 1 || len(moved.Fired[0].Events) == 0 {
			t.Fatalf("Advance = %+v, %v; want one thing fired", moved, err)
		}
		if got, want := moved.Fired[0].At, before.Now.Add(time.Hour); !got.Equal(want) || !moved.Now.Equal(before.Now.Add(2*time.Hour)) {
			t.Errorf("fired at %v, clock at %v; want an hour and two after %v", got, moved.Now, before.Now)
		}
		if moved.Offset < time.Hour || moved.Offset > 2*time.Hour {
			t.Errorf("offset = %v; want nearly 2 h", moved.Offset)
		}
		s, err := c.Session(ctx, id)
		if err != nil || s.Status != checkout.Succeeded || s.Amount != 900 || s.Provider != "tilled" || s.CreatedAt.IsZero() || !s.ExpiresAt.IsZero() {
			t.Errorf("Session = %+v, %v; want it paid, and without an end", s, err)
		}
		events, err := c.Events(ctx, client.EventQuery{Session: id, Type: "session.succeeded"})
		if err != nil || len(events) != 1 || events[0].Session != id || events[0].Status != checkout.Succeeded {
			t.Errorf("Events = %+v, %v; want the one", events, err)
		}
		requests, err := c.Requests(ctx, client.RequestQuery{})
		if err != nil || len(requests) != 1 || requests[0].Status != http.StatusCreated || requests[0].Duration <= 0 {
			t.Errorf("Requests = %+v, %v; want the one that created the session", requests, err)
		}
	})
}

// TestProblem: what is refused says what would have been right.
func TestProblem(t *testing.T) {
	overEach(t, func(t *testing.T, emu *emulator.Emulator, c *client.Client) {
		id := session(t, emu)
		if _, err := c.Pay(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		_, err := c.Expire(t.Context(), id)
		var p *client.Problem
		if !errors.As(err, &p) || p.Status != http.StatusConflict || !slices.Contains(p.Allowed, "force") || p.Detail == "" {
			t.Fatalf("Expire of a paid session: %#v; want a problem with what is allowed", err)
		}
		for _, want := range []string{"POST /_control/sessions/" + id + "/expire", "409", "allowed: ", p.Detail} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q; want %q in it", err, want)
			}
		}
		_, err = c.Session(t.Context(), "a/b?c")
		if !errors.As(err, &p) || p.Status != http.StatusNotFound {
			t.Errorf("Session of an unknown id: %v; want a problem with 404", err)
		}
		_, err = c.Fail(t.Context(), id, "no such code")
		if !errors.As(err, &p) || p.Status != http.StatusUnprocessableEntity || len(p.Errors) == 0 || len(p.Allowed) == 0 {
			t.Errorf("Fail with an unknown code: %#v; want a problem with 422 and its faults", err)
		}
	})
}

// TestIn: a client of another sandbox sees nothing of this one, and its credentials and URLs lead
// there.
func TestIn(t *testing.T) {
	overEach(t, func(t *testing.T, emu *emulator.Emulator, c *client.Client) {
		session(t, emu)
		w1 := c.In("w1")
		if page, err := w1.Sessions(t.Context(), client.SessionQuery{}); err != nil || page.Total != 0 {
			t.Errorf("sessions of w1 = %+v, %v; want none", page, err)
		}
		p, err := w1.Provider(t.Context(), "tilled")
		if err != nil {
			t.Fatal(err)
		}
		if got := emu.In("w1").Credential("tilled"); got != p.Credential || got == emu.Credential("tilled") {
			t.Errorf("credential of w1 = %q, of its info %q, usual %q", got, p.Credential, emu.Credential("tilled"))
		}
		create(t, emu.URL("tilled"), p.Credential)        // by the credential
		create(t, w1.URL("tilled"), "sk_test_something")  // by the path
		create(t, emu.In("w1").URL("tilled"), "sk_test_") // the same
		for want, in := range map[int]*client.Client{1: c, 3: w1} {
			if page, err := in.Sessions(t.Context(), client.SessionQuery{Provider: "tilled", Status: checkout.Open}); err != nil || page.Total != want {
				t.Errorf("sessions = %+v, %v; want %d", page, err, want)
			}
		}
		if _, err := c.Provider(t.Context(), "stripe"); err == nil || !strings.Contains(err.Error(), "polar") {
			t.Errorf("Provider(stripe): %v; want the names there are", err)
		}
	})
}

// TestAllSessions goes over the end of a page.
func TestAllSessions(t *testing.T) {
	emu := emulator.Run(t)
	var want []string
	for range 5 {
		want = append(want, session(t, emu))
	}
	slices.Reverse(want)
	var got []string
	for s, err := range emu.AllSessions(t.Context(), client.SessionQuery{Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("sessions = %v; want %v", got, want)
	}
	for _, err := range emu.AllSessions(t.Context(), client.SessionQuery{Provider: "stripe"}) {
		var p *client.Problem
		if !errors.As(err, &p) {
			t.Errorf("sessions of an unknown provider: %v; want a problem", err)
		}
	}
}

// TestMust: what is refused ends the test with the server's reason.
func TestMust(t *testing.T) {
	emu := emulator.Run(t)
	id := session(t, emu)
	if got := emu.Must(t).Pay(id).Session.Status; got != checkout.Succeeded {
		t.Errorf("status = %s; want succeeded", got)
	}
	tb := &fatal{TB: t}
	func() {
		defer func() { _ = recover() }()
		emu.Must(tb).Pay(id)
	}()
	if !strings.Contains(tb.said, "allowed: ") {
		t.Errorf("the test ended with %q; want what is allowed", tb.said)
	}
}

// fatal is a test that ends with a panic.
type fatal struct {
	testing.TB
	said string
}

func (f *fatal) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	panic(f)
}

// TestNotAnEmulator: an address that is none, nobody there, something else there.
func TestNotAnEmulator(t *testing.T) {
	for _, base := range []string{"", "localhost:4747", "ftp://localhost", "http://", "http://localhost/?x=1"} {
		if _, err := client.New(base, client.Options{}); err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:4747") {
			t.Errorf("New(%q): %v; want an error with an example", base, err)
		}
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "a proxy", http.StatusBadGateway) }))
	defer other.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c, err := client.New(other.URL, client.Options{Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Info(t.Context())
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != http.StatusBadGateway || p.Detail != "a proxy" {
		t.Errorf("Info of something else: %v; want its status and words", err)
	}
}

// TestTimeout: a call without a deadline ends by itself.
func TestTimeout(t *testing.T) {
	slow := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	c, err := client.New("http://localhost", client.Options{Timeout: time.Millisecond, Transport: roundTripper(slow)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Info(context.Background()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Info: %v; want it to end", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// session creates a Tilled session of $9 in the default sandbox and returns its id.
func session(t *testing.T, emu *emulator.Emulator) string {
	t.Helper()
	return create(t, emu.URL("tilled"), "sk_test_example")
}

func create(t *testing.T, base, key string) string {
	t.Helper()
	const body = `{"line_items": [{"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Focaccia"}}}],
		"payment_intent_data": {"payment_method_types": ["card"]}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/v1/checkout-sessions", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	req.Header = http.Header{"Content-Type": {"application/json"}, "Tilled-Account": {"acct_CornerBakery000000001"}, "Tilled-Api-Key": {key}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var made struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("create a session: %s, %v", resp.Status, err)
	}
	return made.ID
}
