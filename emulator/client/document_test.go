package client_test

import (
	"bytes"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/openapi"
)

// TestEveryOperation calls every operation of the control API through the client, with every answer
// checked against the document. An operation or a component of the document that no call was made of
// fails it.
func TestEveryOperation(t *testing.T) {
	emu := emulator.Run(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	all := &covered{RoundTripper: transport, document: readDocument(t), operations: map[string]bool{}, components: map[string]bool{}}
	c, err := client.New(emu.Base(), client.Options{Transport: all})
	if err != nil {
		t.Fatal(err)
	}
	w := walk{t, emu, c, all}
	t.Run("sessions", w.sessions)
	t.Run("time", w.time)
	t.Run("journal", w.journal)
	t.Run("webhooks", w.webhooks)
	t.Run("waiting", w.waiting)
	t.Run("faults", w.faults)
	t.Run("process", w.process)
	missing := all.missing()
	slices.Sort(missing)
	for _, what := range missing {
		t.Errorf("no call was made of %s", what)
	}
}

// walk calls the operations of one part after the other.
type walk struct {
	t   *testing.T
	emu *emulator.Emulator
	c   *client.Client
	all http.RoundTripper
}

// did fails the test on an error.
func did[T any](t *testing.T, what string) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return v
	}
}

func (w walk) sessions(t *testing.T) {
	ctx, c, acted := t.Context(), w.c, did[client.Acted]
	one := func() string { return session(t, w.emu) }
	id := one()
	acted(t, "Decline")(c.Decline(ctx, id, "insufficient_funds"))
	acted(t, "Cancel")(c.Cancel(ctx, id))
	acted(t, "Pay")(c.Pay(ctx, id))
	if s := did[client.Session](t, "Session")(c.Session(ctx, id)); s.Status != checkout.Succeeded {
		t.Errorf("status = %s; want succeeded", s.Status)
	}
	id = one()
	acted(t, "Confirm")(c.Confirm(ctx, id))
	acted(t, "Fail")(c.Fail(ctx, id, ""))
	id = one()
	acted(t, "Confirm")(c.Confirm(ctx, id))
	acted(t, "Settle")(c.Settle(ctx, id))
	acted(t, "Expire")(c.Expire(ctx, one()))
	acted(t, "Force")(c.Force(ctx, one(), checkout.Failed))
	query := client.SessionQuery{Provider: "tilled", Status: checkout.Succeeded, Limit: 1}
	if page := did[client.SessionPage](t, "Sessions")(c.Sessions(ctx, query)); page.Total != 2 || !page.HasMore {
		t.Errorf("Sessions = %+v; want the first of two", page)
	}
	if _, err := c.Fail(ctx, one(), "no such code"); !errors.As(err, new(*client.Problem)) {
		t.Errorf("Fail with an unknown code: %v; want a problem", err)
	}
	if events := did[[]client.Event](t, "Events")(c.Events(ctx, client.EventQuery{Since: 1, Session: id, Type: "session.succeeded"})); len(events) != 1 {
		t.Errorf("Events = %+v; want one", events)
	}
}

func (w walk) time(t *testing.T) {
	ctx, c, clock := t.Context(), w.c, did[client.Clock]
	clock(t, "Freeze")(c.Freeze(ctx))
	did[client.Acted](t, "Pay")(c.Pay(ctx, session(t, w.emu), client.Action{After: time.Minute}))
	now := clock(t, "Advance")(c.Advance(ctx, time.Hour))
	if len(now.Fired) != 1 {
		t.Errorf("Advance = %+v; want one thing fired", now)
	}
	clock(t, "SetClock")(c.SetClock(ctx, now.Now.Add(time.Hour)))
	clock(t, "Resume")(c.Resume(ctx))
	clock(t, "Clock")(c.Clock(ctx))
}

func (w walk) journal(t *testing.T) {
	ctx, c := t.Context(), w.c
	resp, err := http.Post(w.emu.URL("tilled")+"/v1/checkout-sessions", "application/json", strings.NewReader(`{"line_items":5}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	requests := did[[]client.Request](t, "Requests")(c.Requests(ctx, client.RequestQuery{Since: 1}))
	if len(requests) == 0 {
		t.Error("no requests")
	}
	last := requests[len(requests)-1]
	if one := did[client.Request](t, "Request")(c.Request(ctx, last.N)); one.N != last.N || string(one.Request.Body) != `{"line_items":5}` {
		t.Errorf("Request = %+v; want %+v", one, last)
	}
	if archive := did[[]byte](t, "HAR")(c.HAR(ctx, client.RequestQuery{Refused: true})); !bytes.Contains(archive, []byte(`"entries"`)) {
		t.Errorf("HAR = %s", archive)
	}
	one := 1
	did[client.Verified](t, "Verify")(c.Verify(ctx, client.Verification{Match: map[string]any{"status": "4xx"}, AtLeast: &one}))
	_, err = c.Verify(ctx, client.Verification{Match: map[string]any{"method": "POST", "body": map[string]any{"/line_items": 6}}, Exactly: &one})
	var p *client.Problem
	if !errors.As(err, &p) || len(p.Closest) == 0 || p.Closest[0].N != last.N || p.Closest[0].Differences[0].Pointer != "/body/line_items" {
		t.Errorf("Verify of what was not sent: %v, %+v; want request %d as the closest", err, p, last.N)
	}
	if err := c.ClearRequests(ctx); err != nil {
		t.Errorf("ClearRequests: %v", err)
	}
}

func (w walk) waiting(t *testing.T) {
	ctx, c, id := t.Context(), w.c, session(t, w.emu)
	query := client.RequestQuery{Provider: "tilled", Operation: "createCheckoutSession", Method: "POST", Path: "/v1/*", Status: "2xx", Session: id, Limit: 1}
	if got := did[[]client.Request](t, "WaitRequest")(c.WaitRequest(ctx, query, client.Wait{})); len(got) != 1 || got[0].Session != id {
		t.Errorf("WaitRequest = %+v; want the creation", got)
	}
	events := client.EventQuery{Provider: "tilled", Session: id, Type: "session.created"}
	if got := did[[]client.Event](t, "WaitEvent")(c.WaitEvent(ctx, events, client.Wait{Count: 1, Timeout: time.Minute})); len(got) != 1 {
		t.Errorf("WaitEvent = %+v; want the creation", got)
	}
	var p *client.Problem
	if got, err := c.WaitEvent(ctx, events, client.Wait{Count: 2, Timeout: time.Millisecond}); !errors.As(err, &p) || p.Status != http.StatusRequestTimeout || len(got) != 1 {
		t.Errorf("WaitEvent for two = %+v, %v; want one, and a 408", got, err)
	}
	if got, err := c.WaitRequest(ctx, client.RequestQuery{Unread: true}, client.Wait{Timeout: time.Millisecond}); !errors.As(err, &p) || len(got) != 0 {
		t.Errorf("WaitRequest for none = %+v, %v; want a 408", got, err)
	}
	events.Since = got1(t, c.StreamEvents(ctx, client.EventQuery{Session: id, Since: 1})).Seq
	if r := got1(t, c.StreamRequests(ctx, client.RequestQuery{Session: id, Since: 1})); r.Session != id {
		t.Errorf("StreamRequests gave %+v; want the creation", r)
	}
	// A reader that was cut off goes on where it was.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.emu.Base()+"/_control/events/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", strconv.FormatUint(events.Since-1, 10))
	resp, err := w.all.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

// got1 is the first that a stream yields.
func got1[T any](t *testing.T, stream iter.Seq2[T, error]) T {
	t.Helper()
	for v, err := range stream {
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	t.Fatal("the stream ended")
	panic("unreachable")
}

func (w walk) process(t *testing.T) {
	ctx, c := t.Context(), w.c
	did[client.Info](t, "Info")(c.Info(ctx))
	if text := did[[]byte](t, "Document")(c.Document(ctx)); !bytes.Equal(text, openapi.ControlYAML) {
		t.Error("Document is not the embedded one")
	}
	catalog := did[client.Fixtures](t, "Fixtures")(c.Fixtures(ctx))
	did[client.Fixtures](t, "AddFixtures")(c.AddFixtures(ctx, client.Fixtures{"tilled": {"customers": catalog["tilled"]["customers"][:1]}}))
	did[[]client.Sandbox](t, "Sandboxes")(c.Sandboxes(ctx))
	seed, start := uint64(7), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	draft := client.SandboxDraft{Name: "other", Seed: &seed, Start: start, Fixtures: client.Fixtures{"tilled": {"customers": catalog["tilled"]["customers"][:1]}}}
	if made := did[client.Sandbox](t, "CreateSandbox")(c.CreateSandbox(ctx, draft)); made.Seed != seed || !made.Start.Equal(start) {
		t.Errorf("CreateSandbox = %+v", made)
	}
	doc := did[[]byte](t, "Snapshot")(c.In("other").Snapshot(ctx))
	if err := c.Restore(ctx, doc); err != nil {
		t.Errorf("Restore: %v", err)
	}
	if got := did[client.Sandbox](t, "Sandbox")(c.Sandbox(ctx, "other")); got.Name != "other" || got.Sessions != 0 {
		t.Errorf("Sandbox = %+v", got)
	}
	if err := c.DropSandbox(ctx, "other"); err != nil {
		t.Errorf("DropSandbox: %v", err)
	}
	if err := c.Reset(ctx); err != nil {
		t.Errorf("Reset: %v", err)
	}
}

// TestComponentNames: no parameter is named as a schema is, in any case of letters: generators make types
// of both.
func TestComponentNames(t *testing.T) {
	components := readDocument(t).root["components"].(map[string]any)
	schemas := map[string]bool{}
	for name := range components["schemas"].(map[string]any) {
		schemas[strings.ToLower(name)] = true
	}
	for name := range components["parameters"].(map[string]any) {
		if schemas[strings.ToLower(name)] {
			t.Errorf("the parameter %s is named as a schema is", name)
		}
	}
}

// TestExamples: each operation that takes a body shows one, which its schema allows and the server
// accepts.
func TestExamples(t *testing.T) {
	loaded, err := openapi.Load("control.yaml", openapi.Control, openapi.Whole)
	if err != nil {
		t.Fatal(err)
	}
	d := readDocument(t)
	for _, op := range d.operations() {
		body, ok := op.node["requestBody"].(map[string]any)
		if !ok {
			continue
		}
		t.Run(op.id, func(t *testing.T) {
			examples := d.examples(body)
			if len(examples) == 0 {
				t.Fatalf("the body of %s %s has no example", op.method, op.path)
			}
			for name, example := range examples {
				if _, faults := loaded.Operation(op.id).Body(example); len(faults) > 0 {
					t.Errorf("%s: the schema refuses it: %+v", name, faults)
				}
				accepted(t, op, example)
			}
		})
	}
}

// examples are those of a JSON body, by name.
func (d document) examples(body map[string]any) map[string]any {
	content := d.resolve(body, map[string]bool{})["content"].(map[string]any)
	media := content["application/json"].(map[string]any)
	out := map[string]any{}
	if one, ok := media["example"]; ok {
		out["example"] = asJSON(one)
	}
	many, _ := media["examples"].(map[string]any)
	for name, one := range many {
		out[name] = asJSON(one.(map[string]any)["value"])
	}
	return out
}

// asJSON is a tree of YAML as the server parses it.
func asJSON(v any) any {
	tree, err := wire.Parse(wire.MustMarshal(v))
	if err != nil {
		panic(err)
	}
	return tree
}

// accepted sends an example to an emulator of its own, in which the operation is legal.
func accepted(t *testing.T, op described, example any) {
	t.Helper()
	emu := emulator.Run(t)
	path := strings.TrimPrefix(op.path, "/_control")
	if op.id == "verify" {
		session(t, emu)
	}
	if strings.HasPrefix(path, "/sessions/{id}") {
		id := session(t, emu)
		if op.id == "settle" || op.id == "fail" {
			emu.Must(t).Confirm(id)
		}
		path = strings.Replace(path, "{id}", id, 1)
	}
	if strings.Contains(path, "{") {
		t.Fatalf("nothing is known to be put into %s", path)
	}
	if _, err := emu.Call(t.Context(), op.method, path, example); err != nil {
		t.Errorf("the server refuses %v: %v", example, err)
	}
}
