package sandbox

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// brokenHosts fail each in its own way; all others of the hosts of many answer 200.
var brokenHosts = map[string]func(*http.Request) (int, error){
	"h3":  func(*http.Request) (int, error) { return 500, nil },
	"h11": func(*http.Request) (int, error) { return 0, errors.New("connection reset by peer") },
	"h19": func(r *http.Request) (int, error) { <-r.Context().Done(); return 0, r.Context().Err() },
}

// TestTenThousandEventsToTwentyEndpoints: three receivers are broken, each in its own way, and another
// sandbox is reset all the while. Every healthy one gets each event once and in order.
func TestTenThousandEventsToTwentyEndpoints(t *testing.T) {
	const events, endpoints = 10_000, 20
	var mu sync.Mutex
	next, done := map[string]int{}, make(chan struct{})
	finished := 0
	network := wiring(func(r *http.Request, body string) (int, error) {
		if fail := brokenHosts[r.Host]; fail != nil {
			return fail(r)
		}
		mu.Lock()
		defer mu.Unlock()
		n := next[r.Host]
		if got, want := r.Header.Get("Event")+" "+body, fmt.Sprintf("evt_%d shop.created %d", n, n); got != want {
			t.Errorf("%s got %q as request %d; want %q", r.Host, got, n, want)
		}
		if next[r.Host] = n + 1; n+1 == events {
			if finished++; finished == endpoints-len(brokenHosts) {
				close(done)
			}
		}
		return 200, nil
	})
	set := NewSet(Options{
		Seed: 1, Sender: webhook.NewSender(network),
		Dialects: map[string]Dialect{shop: pushing(func(p *webhook.Policy) { p.Backoff = nil })},
	})
	t.Cleanup(set.Close)
	b, other := sandboxOf(t, set, "busy"), sandboxOf(t, set, "other")
	for n := range endpoints {
		listen(t, b, fmt.Sprintf("http://h%d", n))
	}
	for n := range events {
		create(t, b, checkout.Session{Amount: int64(n)})
		if n%500 == 0 {
			listen(t, other, "http://h19")
			create(t, other, checkout.Session{})
			other.Reset()
		}
	}
	<-done
	for host := range brokenHosts {
		if next[host] != 0 {
			t.Errorf("%s took %d events", host, next[host])
		}
	}
}

// refusing is where nobody listens: a port that was free a moment ago may be the next receiver's.
const refusing = "http://127.0.0.1:1"

// TestOverTheNetwork is the same on a smaller scale with real connections.
func TestOverTheNetwork(t *testing.T) {
	const events, healthy = 100, 17
	set := NewSet(Options{Seed: 1, Dialects: map[string]Dialect{shop: pushing(func(p *webhook.Policy) { p.Timeout = time.Hour })}})
	t.Cleanup(set.Close)
	b := sandboxOf(t, set, "")
	hung := make(chan struct{})
	hangs := receive(t, func(int, *http.Request) int { <-hung; return 200 })
	t.Cleanup(func() { close(hung) })
	listen(t, b, hangs.URL)
	listen(t, b, receive(t, func(int, *http.Request) int { return 500 }).URL)
	listen(t, b, refusing)
	var good []*receiver
	for range healthy {
		rc := receive(t, nil)
		good = append(good, rc)
		listen(t, b, rc.URL)
	}
	for n := range events {
		create(t, b, checkout.Session{Amount: int64(n)})
	}
	for i, rc := range good {
		rc.await(t, events)
		for n, got := range rc.requests() {
			if want := fmt.Sprintf("evt_%d shop.created %d", n, n); got != want {
				t.Fatalf("receiver %d got %q as request %d; want %q", i, got, n, want)
			}
		}
	}
}

func sandboxOf(t *testing.T, set *Set, name string) *Sandbox {
	t.Helper()
	b, err := set.Sandbox(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTheSameSeedSendsTheSame: whoever listens, and whatever the order in which the receivers answer,
// ids, bodies, secrets and the whole schedule of repetitions are the same.
func TestTheSameSeedSendsTheSame(t *testing.T) {
	run := func(endpoints int) (lines []string, log []checkout.Event) {
		b := wired(t, func(*http.Request, string) (int, error) { return 503, nil }, func(p *webhook.Policy) {
			p.Backoff = func(n int, r *rand.Rand) time.Duration { return time.Duration(r.Int64N(int64(time.Hour))) }
		})
		for i := range endpoints {
			e := listen(t, b, fmt.Sprintf("http://app%d", i))
			lines = append(lines, e.ID+" "+e.Secret)
		}
		for n := range 5 {
			id := create(t, b, checkout.Session{Amount: int64(n)}).Session.ID
			if _, _, err := b.Do(id, checkout.Pay{}); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range advance(t, b, 24*time.Hour).Fired {
			lines = append(lines, fmt.Sprintf("%s %s", f.At, f.Delivery.ID))
		}
		log, _ = b.Events(0)
		return append(lines, schedule(b)...), log
	}
	first, log := run(5)
	again, _ := run(5)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
	if _, alone := run(0); cmp.Diff(log, alone) != "" {
		t.Errorf("without listeners the events are others:\n%s", cmp.Diff(log, alone))
	}
}

func TestConfiguredEndpointsOutliveAReset(t *testing.T) {
	set := NewSet(Options{
		Seed: 1, Dialects: map[string]Dialect{shop: pushing(nil)}, Wall: func() time.Time { return t0 },
		Webhooks: []webhook.Endpoint{{Provider: shop, URL: "http://app", Events: []string{"shop.paid"}}},
		Sender:   webhook.NewSender(wiring(func(*http.Request, string) (int, error) { return 200, nil })),
	})
	t.Cleanup(set.Close)
	for _, name := range []string{"", "w1"} {
		b := sandboxOf(t, set, name)
		before := b.Endpoints()
		listen(t, b, "http://other")
		b.Reset()
		if diff := cmp.Diff(before, b.Endpoints()); diff != "" || len(before) != 1 {
			t.Errorf("after a reset:\n%s", diff)
		}
		if e := before[0]; e.Secret != set.WebhookSecret(shop, "") || !e.Configured || e.URL != "http://app" {
			t.Errorf("endpoint = %+v; want it with the secret %s", e, set.WebhookSecret(shop, ""))
		}
	}
	if a, b := sandboxOf(t, set, "").Endpoints()[0], sandboxOf(t, set, "w1").Endpoints()[0]; a.ID == b.ID {
		t.Errorf("two sandboxes have an endpoint of the same id %s", a.ID)
	}
}

func TestASectionThatFailsEmitsNothing(t *testing.T) {
	b := wired(t, func(*http.Request, string) (int, error) { return 200, nil }, nil)
	listen(t, b, "http://app")
	err := b.Change(func(tx *Tx) error {
		tx.Emit(Emission{Provider: shop, Type: "shop.paid", ID: "evt_x"})
		tx.DropEndpoint(tx.Endpoints(shop)[0].ID)
		return notFound("x")
	})
	if codeOf(err) != checkout.CodeNotFound || b.LastEvent() != 0 || len(b.Endpoints()) != 1 || len(b.Deliveries(DeliveryQuery{})) != 0 {
		t.Errorf("after a section that failed: %v, %d events, %d endpoints", err, b.LastEvent(), len(b.Endpoints()))
	}
	err = b.Change(func(tx *Tx) error {
		tx.Emit(Emission{Provider: shop, Type: "shop.paid", ID: "evt_x", Subject: func(*Tx) any { return "s" }})
		return nil
	})
	settle(t, b)
	if diff := cmp.Diff([]string{"0s evt_x 200", "evt_x delivered"}, schedule(b)); diff != "" || err != nil {
		t.Errorf("an event about no session: %v %s", err, diff)
	}
}

func TestKeptEvents(t *testing.T) {
	b := newSandbox(t, pushing(func(p *webhook.Policy) { p.KeepEvents, p.Envelope = true, nil }))
	create(t, b, checkout.Session{Amount: 5})
	kept := b.KeptEvents(shop)
	if len(kept) != 1 || kept[0].ID != "evt_0" || kept[0].Subject != int64(5) || kept[0].Seq != 2 || kept[0].Status != checkout.Open {
		t.Errorf("kept = %+v", kept)
	}
	if got := b.KeptEvent(shop, "evt_0"); got != kept[0] || b.KeptEvent(shop, "x") != nil {
		t.Errorf("KeptEvent = %+v", got)
	}
	if _, err := b.AddEndpoint(webhook.Endpoint{Provider: shop, URL: "http://app"}); codeOf(err) != checkout.CodeRefused {
		t.Errorf("an endpoint of a provider that sends nothing: %v", err)
	}
	b.Reset()
	if kept := b.KeptEvents(shop); len(kept) != 0 {
		t.Errorf("after a reset %+v are kept", kept)
	}
}

// TestDeliveriesThatWaitAreBounded: one too many for an endpoint is dropped and says why; the others are sent, in
// order, when the receiver answers at last, and other endpoints get them all.
func TestDeliveriesThatWaitAreBounded(t *testing.T) {
	held, begun := make(chan struct{}), make(chan struct{})
	var first sync.Once
	var mu sync.Mutex
	next, ordered := map[string]int{}, true
	b := wired(t, func(r *http.Request, _ string) (int, error) {
		if r.Host == "slow" {
			first.Do(func() { close(begun) })
			<-held
		}
		mu.Lock()
		defer mu.Unlock()
		if r.Header.Get("Event") != fmt.Sprintf("evt_%d", next[r.Host]) && r.Host == "slow" {
			ordered = false
		}
		next[r.Host]++
		return 200, nil
	}, nil)
	slow := listen(t, b, "http://slow")
	emit := func(from, to int) {
		err := b.Change(func(tx *Tx) error {
			for n := from; n < to; n++ {
				tx.Emit(Emission{Provider: shop, Type: "shop.paid", ID: fmt.Sprintf("evt_%d", n)})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	emit(0, 1)
	<-begun
	emit(1, pendingAtMost)
	listen(t, b, "http://quick")
	emit(pendingAtMost, pendingAtMost+1)
	dropped := b.Deliveries(DeliveryQuery{State: webhook.Dropped})
	if len(dropped) != 1 || dropped[0].Endpoint != slow.ID || dropped[0].Event.ID != fmt.Sprintf("evt_%d", pendingAtMost) || !strings.Contains(dropped[0].Reason, "wait for the endpoint already") {
		t.Errorf("dropped %+v; want the last one", dropped)
	}
	close(held)
	settle(t, b)
	if !ordered || next["slow"] != pendingAtMost || next["quick"] != 1 {
		t.Errorf("the slow receiver got %d, in order: %v; the quick one %d", next["slow"], ordered, next["quick"])
	}
}

func TestFinishedDeliveriesAreForgottenAtLast(t *testing.T) {
	b := wired(t, func(*http.Request, string) (int, error) { return 200, nil }, nil)
	listen(t, b, "http://app")
	for range finishedAtMost + 100 {
		create(t, b, checkout.Session{})
	}
	settle(t, b)
	all := b.Deliveries(DeliveryQuery{})
	if len(all) != finishedAtMost || all[0].Event.ID != "evt_100" {
		t.Errorf("%d deliveries are remembered, from %s; want %d", len(all), all[0].Event.ID, finishedAtMost)
	}
	if page := b.Deliveries(DeliveryQuery{Limit: 2, Since: all[10].Event.Seq}); len(page) != 2 || page[0].ID != all[11].ID {
		t.Errorf("a page = %+v", page)
	}
}
