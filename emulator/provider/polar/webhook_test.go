package polar_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
)

// transitions are what Polar sends at each step of a session, in order.
//
// Source: polar/checkout, polar/order, polar/subscription and polar/customer of 2025-02-25 and
// 2026-08-22, and a recorded run of Polar's sandbox of 2026-03-30.
type transitions struct {
	created, updated, confirmed, succeeded, subscribed, upgraded, failed, expired []string
}

var (
	current = transitions{
		created:   []string{"checkout.created"},
		updated:   []string{"checkout.updated"},
		confirmed: []string{"checkout.updated", "customer.created", "customer.state_changed"},
		succeeded: []string{"order.created", "order.updated", "order.paid", "checkout.updated"},
		subscribed: []string{
			"subscription.created", "subscription.active", "subscription.updated", "order.created", "order.updated", "order.paid",
			"checkout.updated", "customer.state_changed",
		},
		upgraded: []string{"subscription.updated", "order.created", "order.updated", "order.paid", "checkout.updated", "customer.state_changed"},
		failed:   []string{"checkout.updated"},
		expired:  []string{"checkout.expired", "checkout.expired"}, // the one that failed is open again
	}
	early = transitions{
		created:    []string{"checkout.created"},
		updated:    []string{"checkout.updated"},
		confirmed:  []string{"checkout.updated"},
		succeeded:  []string{"checkout.updated", "order.created"},
		subscribed: []string{"checkout.updated", "subscription.created", "subscription.active", "subscription.updated", "order.created"},
		upgraded:   []string{"checkout.updated", "subscription.updated", "order.created"},
		failed:     []string{"checkout.updated"},
	}
)

// TestWebhookEvents plays every transition and holds what arrives against the table.
func TestWebhookEvents(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(*emulator.Options)
		life string
		want transitions
	}{
		{"current", func(*emulator.Options) {}, "24h", current},
		{"2025-02", seedProfile, "30m", early},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.set)
			in := w.listen()
			expect := func(what string, want []string) {
				t.Helper()
				w.settle()
				in.wantTypes(what, want...)
			}
			buyer := object{"customer_email": "ada@example.com", "customer_name": "Ada"}
			first := w.create(with(book, buyer))
			expect("created", tt.want.created)
			w.patch(first, object{"metadata": object{"a": 1}}).want(http.StatusOK)
			expect("updated", tt.want.updated)
			w.confirm(first, "ctoken_declined", http.StatusBadRequest)
			expect("declined at once", nil)
			w.confirm(first, "ctoken_processing", http.StatusOK)
			expect("confirmed", tt.want.confirmed)
			w.steer(first, "fail")
			expect("failed later", tt.want.failed)

			again := w.create(with(book, buyer))
			expect("created again", tt.want.created)
			w.steer(again, "confirm")
			known := []string{"checkout.updated"}
			if tt.name == "current" {
				known = append(known, "customer.updated", "customer.state_changed")
			}
			expect("confirmed by somebody who is known", known)
			w.steer(again, "settle")
			expect("succeeded", tt.want.succeeded)

			free := w.create(with(freeMonthly, buyer))
			w.steer(free, "confirm")
			w.settle()
			in.take()
			w.steer(free, "settle")
			w.settle()
			got := in.take()
			types := []string{}
			subscriptionID := ""
			for _, a := range got {
				types = append(types, a.body["type"].(string))
				if a.body["type"] == "subscription.active" {
					subscriptionID = a.body["data"].(object)["id"].(string)
				}
			}
			if diff := cmp.Diff(tt.want.subscribed, types); diff != "" {
				t.Errorf("subscribed (-want +got):\n%s", diff)
			}
			upgrade := w.create(with(monthly, object{"subscription_id": subscriptionID}))
			w.steer(upgrade, "confirm")
			w.settle()
			in.take()
			w.steer(upgrade, "settle")
			expect("upgraded", tt.want.upgraded)

			left := w.create(with(book))
			w.settle()
			in.take()
			w.advance(tt.life)
			expect("expired", tt.want.expired)
			if tt.name == "current" {
				same(t, "expired", w.get(left), object{"status": "expired"})
			}
		})
	}
}

// TestWebhookRetrySchedule has a receiver refuse an event until Polar gives up, on the virtual clock.
//
// Source: polar/webhook/tasks.py and polar/config.py: ten attempts; before attempt n+1 a random part
// between half and all of 2 s × 2ⁿ, in February 2025 of 5 s × 2ⁿ.
func TestWebhookRetrySchedule(t *testing.T) {
	for _, tt := range []struct {
		name  string
		set   func(*emulator.Options)
		waits []time.Duration // at most, before each repetition; at least it is the half
	}{
		{"current", func(*emulator.Options) {}, seconds(4, 8, 16, 32, 64, 128, 256, 512, 1024)},
		{"2025-02", seedProfile, seconds(10, 20, 40, 80, 160, 320, 640, 1280, 2560)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.set, func(o *emulator.Options) { o.SignedInSandboxTime = true })
			in := w.listen()
			in.answer(http.StatusInternalServerError, "no")
			w.create(with(book))
			w.advance("20h")
			got := in.take()
			attempts := w.attempts()
			if len(got) != len(tt.waits)+1 || len(attempts) != len(got) {
				t.Fatalf("%d requests, %d attempts; want %d", len(got), len(attempts), len(tt.waits)+1)
			}
			signatures := map[string]bool{}
			for i, a := range got {
				at := attempts[i]
				if i > 0 {
					wait := at.Sub(attempts[i-1])
					if wait < tt.waits[i-1]/2 || wait > tt.waits[i-1] {
						t.Errorf("wait before attempt %d = %s; want %s to %s", i+1, wait, tt.waits[i-1]/2, tt.waits[i-1])
					}
				}
				t.Logf("attempt %2d after %s", i+1, at.Sub(attempts[0]))
				if string(a.raw) != string(got[0].raw) || a.header.Get("webhook-id") != got[0].header.Get("webhook-id") {
					t.Errorf("attempt %d is another message", i+1)
				}
				if stamp := a.header.Get("webhook-timestamp"); stamp != strconv.FormatInt(at.Unix(), 10) {
					t.Errorf("attempt %d is signed as of %s; want %d", i+1, stamp, at.Unix())
				}
				signatures[a.header.Get("webhook-signature")] = true
			}
			if len(signatures) != len(got) {
				t.Errorf("%d signatures of %d attempts", len(signatures), len(got))
			}
		})
	}
}

func seconds(all ...int) (out []time.Duration) {
	for _, n := range all {
		out = append(out, time.Duration(n)*time.Second)
	}
	return out
}

// attempts returns the instants of the attempts of the only delivery.
func (w *world) attempts() (out []time.Time) {
	w.t.Helper()
	deliveries := w.control("GET", "/webhooks/deliveries", nil).want(http.StatusOK)["deliveries"].([]any)
	if len(deliveries) != 1 {
		w.t.Fatalf("%d deliveries; want 1", len(deliveries))
	}
	for _, v := range deliveries[0].(object)["attempts"].([]any) {
		at, err := time.Parse(time.RFC3339Nano, v.(object)["at"].(string))
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, at)
	}
	return out
}

// TestWebhookOrder: an event waits for earlier ones that were not tried yet, not for their repetitions.
//
// Source: WebhookEventRepository.count_earlier_pending.
func TestWebhookOrder(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	in.answer(http.StatusInternalServerError, "")
	session := w.create(with(book))
	w.patch(session, object{"metadata": object{"a": 1}}).want(http.StatusOK)
	w.settle()
	in.wantTypes("first attempts", "checkout.created", "checkout.updated")
}

// TestWebhookEndpointIsDisabled: ten events in a row that fail for good are enough; February 2025 went on.
func TestWebhookEndpointIsDisabled(t *testing.T) {
	for _, tt := range []struct {
		name     string
		set      func(*emulator.Options)
		disabled bool
	}{{"current", func(*emulator.Options) {}, true}, {"2025-02", seedProfile, false}} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.set)
			in := w.listen()
			in.answer(http.StatusInternalServerError, "")
			session := w.create(with(book))
			for n := range 9 {
				w.patch(session, object{"metadata": object{"n": n}}).want(http.StatusOK)
			}
			w.advance("240h")
			in.take()
			w.create(with(book))
			w.settle()
			if got := len(in.take()) == 0; got != tt.disabled {
				t.Errorf("disabled = %v; want %v", got, tt.disabled)
			}
		})
	}
}
