package sandbox

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// TestARestoredSandboxDeliversWhatWasPending: what is restored, in the same process from what was kept or
// in another from the text alone, sends what the original goes on to send.
func TestARestoredSandboxDeliversWhatWasPending(t *testing.T) {
	type world struct {
		*Sandbox
		got *seen
	}
	network := func(got *seen) wiring {
		return func(r *http.Request, body string) (int, error) {
			got.note("%s %s %s", r.Header.Get("Event"), body, r.Header.Get("Signature"))
			return 500, nil
		}
	}
	fresh := func() world {
		got := &seen{}
		return world{wired(t, network(got), func(p *webhook.Policy) { p.Ordered, p.Attempts, p.DisableAfter = time.Minute, 5, 3 }), got}
	}
	first := fresh()
	first.SetPlan([]webhook.Step{{Do: webhook.DoDelay, Delay: 2 * time.Hour}, {Do: webhook.DoReorder}, {Do: webhook.DoBadSignature}, {Do: webhook.DoDrop}})
	e := listen(t, first.Sandbox, "http://app", "shop.created")
	for n := range 3 { // delayed, held back, damaged
		create(t, first.Sandbox, checkout.Session{Amount: int64(n)})
	}
	create(t, first.Sandbox, checkout.Session{Amount: 3}) // dropped
	create(t, first.Sandbox, checkout.Session{Amount: 4})
	advance(t, first.Sandbox, 90*time.Second)
	doc, err := first.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	before := len(first.got.list())
	pending := len(first.Deliveries(DeliveryQuery{State: webhook.Pending}))
	goOn := func(w world) (log, sent []string) {
		create(t, w.Sandbox, checkout.Session{Amount: 9})
		advance(t, w.Sandbox, 24*time.Hour)
		for _, line := range schedule(w.Sandbox) {
			if !strings.Contains(line, "dropped") { // what is over is not part of a snapshot
				log = append(log, line)
			}
		}
		return log, w.got.list()
	}
	wantLog, wantSent := goOn(first)
	for _, otherProcess := range []bool{false, true} {
		second := fresh()
		listen(t, second.Sandbox, "http://gone")
		if otherProcess {
			second.set.recent = recent{}
		}
		if err := second.Restore(doc); err != nil {
			t.Fatal(err)
		}
		if got := second.Endpoints(); len(got) != 1 || cmp.Diff(e, got[0]) != "" {
			t.Errorf("endpoints = %+v; want %+v", got, e)
		}
		if got := second.Deliveries(DeliveryQuery{}); len(got) != pending {
			t.Errorf("%d deliveries; want the %d pending ones", len(got), pending)
		}
		log, sent := goOn(second)
		if diff := cmp.Diff(wantLog, log); diff != "" {
			t.Errorf("schedule (-original +restored):\n%s", diff)
		}
		if diff := cmp.Diff(wantSent[before:], sent); diff != "" {
			t.Errorf("requests (-original +restored):\n%s", diff)
		}
	}
}

func TestBrokenWebhooksOfASnapshotAreNamed(t *testing.T) {
	b := wired(t, func(*http.Request, string) (int, error) { return 500, nil }, nil)
	listen(t, b, "http://app")
	create(t, b, checkout.Session{})
	settle(t, b)
	doc, err := b.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ from, to, at string }{
		{`"url":"http://app"`, `"url":"app"`, "/webhooks/endpoints/0/url"},
		{`"provider":"shop","url"`, `"provider":"nope","url"`, "/webhooks/endpoints/0/provider"},
		{`"count":1`, `"count":0`, "/webhooks/deliveries/0"},
		{`"count":1`, `"count":1,"plan":[{"do":"lose"}]`, "/webhooks/plan/0/do"},
		{`"count":1`, `"count":1,"events":[{"provider":"shop"}]`, "/webhooks/events/0"},
		{`"count":1`, `"count":1,"more":1`, "/webhooks"},
	} {
		broken := strings.Replace(doc, tt.from, tt.to, 1)
		if broken == doc {
			t.Fatalf("the document has no %s: %s", tt.from, doc)
		}
		err := b.Restore(broken)
		if codeOf(err) != checkout.CodeRefused || !strings.Contains(err.Error(), "broken at "+tt.at) {
			t.Errorf("%s: %v; want it refused at %s", tt.to, err, tt.at)
		}
	}
}

func TestKeptEventsAreInASnapshot(t *testing.T) {
	d := pushing(func(p *webhook.Policy) { p.KeepEvents, p.Envelope = true, nil })
	d.Subject = JSON[int64]()
	b := newSandbox(t, d)
	_ = b.Triggering(func() error {
		create(t, b, checkout.Session{Amount: 5})
		return nil
	})
	doc, err := b.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	f := b.freeze()
	f.events = nil
	old := must[string](t)(b.set.write(f)) // what is kept may be older than what is remembered
	for _, doc := range []string{doc, sorted(t, doc), strings.Replace(doc, `"subject":5`, `"subject":5,"account":""`, 1), old} {
		other := newSandbox(t, d)
		if err := other.Restore(doc); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b.KeptEvents(shop), other.KeptEvents(shop), cmpopts.IgnoreUnexported(webhook.Event{})); diff != "" || len(b.KeptEvents(shop)) != 1 {
			t.Errorf("kept events (-before +after):\n%s", diff)
		}
	}
	for _, broken := range []string{`"subject":"5"`, `"subjects":5`, `"base":""`} {
		err := newSandbox(t, d).Restore(strings.Replace(doc, `"subject":5`, broken, 1))
		if codeOf(err) != checkout.CodeRefused || !strings.Contains(err.Error(), "broken at /events/1/subject") {
			t.Errorf("%s: %v; want it refused", broken, err)
		}
	}
}
