package sandbox

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// planned is a sandbox that notes each request: event, body, how its signature fits, age of what is
// signed.
func planned(t *testing.T, got *seen) *Sandbox {
	return wired(t, func(r *http.Request, body string) (int, error) {
		fits := r.Header.Get("Signature") == "abc."+fmt.Sprint(len(body))
		signed, err := time.Parse(time.RFC3339, r.Header.Get("At"))
		got.note("%s %q %v %s", r.Header.Get("Event"), body, fits, t0.Sub(signed))
		return 200, err
	}, nil)
}

func TestPlan(t *testing.T) {
	plain := func(n int) string { return fmt.Sprintf(`evt_%d "shop.created %d" true 0s`, n, n) }
	for _, tt := range []struct {
		name  string
		steps []webhook.Step
		want  []string
	}{
		{"none", nil, []string{plain(0), plain(1), plain(2)}},
		{"drop", []webhook.Step{{Do: webhook.DoDrop}}, []string{plain(1), plain(2)}},
		{"drop two", []webhook.Step{{Do: webhook.DoDrop, Times: 2}}, []string{plain(2)}},
		{"duplicate", []webhook.Step{{Do: webhook.DoDuplicate}}, []string{plain(0), plain(0), plain(1), plain(2)}},
		{"delay", []webhook.Step{{Do: webhook.DoDelay, Delay: time.Minute}}, []string{plain(1), plain(2), plain(0)}},
		{"reorder", []webhook.Step{{Do: webhook.DoReorder}}, []string{plain(1), plain(0), plain(2)}},
		{"reorder two", []webhook.Step{{Do: webhook.DoReorder, Times: 2}}, []string{plain(2), plain(1), plain(0)}},
		{"bad signature", []webhook.Step{{Do: webhook.DoBadSignature}}, []string{`evt_0 "shop.created 0" false 0s`, plain(1), plain(2)}},
		{"stale", []webhook.Step{{Do: webhook.DoStaleTimestamp}}, []string{`evt_0 "shop.created 0" true 1h0m0s`, plain(1), plain(2)}},
		{"truncate", []webhook.Step{{Do: webhook.DoTruncate}}, []string{`evt_0 "shop.cr" false 0s`, plain(1), plain(2)}},
		{"in order", []webhook.Step{{Do: webhook.DoDrop}, {Do: webhook.DoDuplicate}}, []string{plain(1), plain(1), plain(2)}},
		{"another type", []webhook.Step{{Do: webhook.DoDrop, Match: webhook.Match{Type: "shop.paid"}}, {Do: webhook.DoDrop}}, []string{plain(0), plain(1), plain(2)}},
		{"another provider", []webhook.Step{{Do: webhook.DoDrop, Match: webhook.Match{Provider: "other"}}}, []string{plain(0), plain(1), plain(2)}},
		{"another endpoint", []webhook.Step{{Do: webhook.DoDrop, Match: webhook.Match{Endpoint: "other"}}}, []string{plain(0), plain(1), plain(2)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := &seen{}
			b := planned(t, got)
			if _, err := b.AddEndpoint(webhook.Endpoint{Provider: shop, URL: "http://app", Secret: "abc"}); err != nil {
				t.Fatal(err)
			}
			b.SetPlan(tt.steps)
			for n := range 3 {
				create(t, b, checkout.Session{Amount: int64(n)})
				settle(t, b)
			}
			advance(t, b, time.Hour)
			if diff := cmp.Diff(tt.want, got.list()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAPlanIsAboutAnEventOnItsWayToEveryEndpointOrOne(t *testing.T) {
	got := &seen{}
	b := wired(t, func(r *http.Request, body string) (int, error) { got.note("%s %s", r.Host, body); return 200, nil }, nil)
	listen(t, b, "http://one")
	two := listen(t, b, "http://two")
	b.SetPlan([]webhook.Step{{Do: webhook.DoDrop}, {Do: webhook.DoDrop, Match: webhook.Match{Endpoint: two.ID}}})
	create(t, b, checkout.Session{Amount: 0})
	create(t, b, checkout.Session{Amount: 1})
	settle(t, b)
	if diff := cmp.Diff([]string{"one shop.created 1"}, got.list()); diff != "" {
		t.Error(diff)
	}
	if len(b.Plan()) != 0 {
		t.Errorf("the plan still has %+v", b.Plan())
	}
}

func TestWhatAPlanHoldsBackIsSentWhenThePlanEnds(t *testing.T) {
	got := &seen{}
	b := planned(t, got)
	listen(t, b, "http://app")
	b.SetPlan([]webhook.Step{{Do: webhook.DoReorder}})
	create(t, b, checkout.Session{})
	advance(t, b, 24*time.Hour)
	if d := b.Deliveries(DeliveryQuery{})[0]; d.State != webhook.Pending || d.Reason != "reorder" || len(got.list()) != 0 {
		t.Errorf("while it is held back: %+v", d)
	}
	b.SetPlan(nil)
	settle(t, b)
	if len(got.list()) != 1 {
		t.Errorf("after the plan has ended: %q", got.list())
	}
}

func TestRedelivery(t *testing.T) {
	status := 500
	got := &seen{}
	b := wired(t, func(r *http.Request, body string) (int, error) {
		got.note("%s %s", r.Header.Get("Event"), body)
		return status, nil
	}, nil)
	listen(t, b, "http://app")
	create(t, b, checkout.Session{})
	advance(t, b, time.Hour)
	redeliver := func(want webhook.State, attempts int) {
		t.Helper()
		batch, err := b.Redeliver(b.Deliveries(DeliveryQuery{})[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		batch.Wait(t.Context())
		if d := b.Deliveries(DeliveryQuery{})[0]; d.State != want || len(d.Attempts) != attempts {
			t.Errorf("after it was sent again: %s, %d attempts; want %s, %d", d.State, len(d.Attempts), want, attempts)
		}
	}
	redeliver(webhook.Failed, 4)
	status = 200
	redeliver(webhook.Delivered, 5)
	status = 500
	redeliver(webhook.Delivered, 6) // what has arrived has arrived
	if fired := advance(t, b, time.Hour).Fired; len(fired) != 0 {
		t.Errorf("a redelivery is repeated: %+v", fired)
	}
	for _, r := range got.list() {
		if r != got.list()[0] {
			t.Errorf("attempts differ in id or body: %q", got.list())
		}
	}
	create(t, b, checkout.Session{})
	advance(t, b, time.Hour)
	status = 200
	sent, batch := b.RedeliverFailed(DeliveryQuery{})
	batch.Wait(t.Context())
	if len(sent) != 1 || len(b.Deliveries(DeliveryQuery{State: webhook.Failed})) != 0 {
		t.Errorf("all failed ones: %q", sent)
	}
	if _, err := b.Redeliver("nope"); codeOf(err) != checkout.CodeNotFound {
		t.Errorf("Redeliver(nope) = %v", err)
	}
}

func TestRedeliveryDoesNotWaitForTheNextAttempt(t *testing.T) {
	status := 500
	b := wired(t, func(*http.Request, string) (int, error) { return status, nil }, nil)
	listen(t, b, "http://app")
	create(t, b, checkout.Session{})
	settle(t, b)
	status = 200
	batch, err := b.Redeliver(b.Deliveries(DeliveryQuery{})[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	batch.Wait(t.Context())
	advance(t, b, time.Hour)
	if diff := cmp.Diff([]string{"0s evt_0 500", "0s evt_0 200", "evt_0 delivered"}, schedule(b)); diff != "" {
		t.Error(diff)
	}
}
