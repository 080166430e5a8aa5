package sandbox

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// receiver is an application's webhook handler that writes down what it gets.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []string // ids and bodies
	header []http.Header
	more   chan struct{} // closed at the next request
}

// receive starts a receiver; answer is asked for the status of the n-th request, from 1, nil for 200.
func receive(t testing.TB, answer func(n int, r *http.Request) int) *receiver {
	rc := &receiver{more: make(chan struct{})}
	rc.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		rc.mu.Lock()
		rc.got = append(rc.got, r.Header.Get("Event")+" "+string(body))
		rc.header = append(rc.header, r.Header)
		n := len(rc.got)
		close(rc.more)
		rc.more = make(chan struct{})
		rc.mu.Unlock()
		if answer != nil {
			w.WriteHeader(answer(n, r))
		}
	}))
	t.Cleanup(rc.Close)
	return rc
}

// await returns when n requests have come.
func (rc *receiver) await(t testing.TB, n int) {
	for {
		rc.mu.Lock()
		there, more := len(rc.got), rc.more
		rc.mu.Unlock()
		if there >= n {
			return
		}
		select {
		case <-more:
		case <-t.Context().Done():
			t.Fatalf("%d requests have come; want %d", there, n)
		}
	}
}

func (rc *receiver) requests() []string {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return slices.Clone(rc.got)
}

// pushing is a dialect with a native event for each of ours.
func pushing(edit func(*webhook.Policy)) Dialect {
	p := &webhook.Policy{
		Types: []string{"shop.created", "shop.paid"},
		Mint: func(d webhook.Draw, e *webhook.Endpoint) {
			e.ID = d.UUID("endpoint")
			if e.Secret == "" {
				e.Secret = d.Token("secret", "abc", 8)
			}
		},
		Envelope: func(ev *webhook.Event, _ string) webhook.Message {
			return webhook.Message{ID: ev.ID, Type: string(ev.Type), Body: []byte(fmt.Sprintf("%s %v", ev.Type, ev.Subject))}
		},
		Sign: func(m webhook.Message, e *webhook.Endpoint, at time.Time) http.Header {
			return http.Header{"Event": {m.ID}, "Signature": {e.Secret + "." + strconv.Itoa(len(m.Body))}, "At": {at.Format(time.RFC3339)}}
		},
		Attempts: 3, Backoff: func(n int, _ *rand.Rand) time.Duration { return time.Duration(n) * time.Minute }, Timeout: 10 * time.Second,
	}
	if edit != nil {
		edit(p)
	}
	return Dialect{Policy: checkout.Policy{Lifetime: time.Hour}, Webhooks: p, React: func(tx *Tx, ev checkout.Event, s *checkout.Session) {
		types := map[checkout.EventType]string{checkout.SessionCreated: "shop.created", checkout.SessionSucceeded: "shop.paid"}
		if types[ev.Type] == "" {
			return
		}
		tx.Emit(Emission{Type: types[ev.Type], ID: "evt_" + strconv.FormatUint(tx.next("event"), 10), Session: s, Subject: func(*Tx) any {
			return s.Amount
		}})
	}}
}

func listen(t testing.TB, b *Sandbox, url string, events ...string) *webhook.Endpoint {
	t.Helper()
	e, err := b.AddEndpoint(webhook.Endpoint{Provider: shop, URL: url, Events: events})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func settle(t testing.TB, b *Sandbox) {
	t.Helper()
	if err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestEventsReachTheEndpointsThatWantThem(t *testing.T) {
	b := newSandbox(t, pushing(nil))
	all, paid := receive(t, nil), receive(t, nil)
	listen(t, b, all.URL)
	listen(t, b, paid.URL, "shop.paid")
	r := create(t, b, checkout.Session{Amount: 7})
	if _, _, err := b.Do(r.Session.ID, checkout.Pay{}); err != nil {
		t.Fatal(err)
	}
	settle(t, b)
	if diff := cmp.Diff([]string{"evt_0 shop.created 7", "evt_1 shop.paid 7"}, all.requests()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"evt_1 shop.paid 7"}, paid.requests()); diff != "" {
		t.Error(diff)
	}
	var log []string
	events, _ := b.Events(0)
	for _, ev := range events {
		log = append(log, fmt.Sprintf("%d %s %s %v", ev.Seq, ev.Type, ev.ID, ev.Native))
	}
	want := []string{"1 session.created  false", "2 shop.created evt_0 true", "3 session.confirmed  false", "4 session.succeeded  false", "5 shop.paid evt_1 true"}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Error(diff)
	}
}

func TestAdvancePlaysTheScheduleOfRetries(t *testing.T) {
	b := newSandbox(t, pushing(nil))
	down := receive(t, func(int, *http.Request) int { return 500 })
	listen(t, b, down.URL)
	create(t, b, checkout.Session{})
	got, err := b.Advance(10 * 24 * time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	var at []time.Duration
	for _, f := range got.Fired {
		if f.Delivery != nil {
			at = append(at, f.At.Sub(t0))
		}
	}
	if diff := cmp.Diff([]time.Duration{time.Minute, 3 * time.Minute}, at); diff != "" {
		t.Error(diff)
	}
	d := b.Deliveries(DeliveryQuery{})
	if len(d) != 1 || d[0].State != webhook.Failed || len(d[0].Attempts) != 3 || !got.Now.Equal(t0.Add(240*time.Hour)) {
		t.Errorf("after ten days: %+v at %s", d, got.Now)
	}
	if n := len(slices.Compact(down.requests())); n != 1 {
		t.Errorf("the attempts differ in id or body: %q", down.requests())
	}
}
