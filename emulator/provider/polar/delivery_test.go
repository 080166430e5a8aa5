package polar_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// inbox is an application that takes webhooks.
type inbox struct {
	url    string
	status int
	mu     sync.Mutex
	header []http.Header
	body   [][]byte
}

func newInbox(t *testing.T, status int) *inbox {
	in := &inbox{status: status}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		in.header, in.body = append(in.header, r.Header), append(in.body, body)
		w.WriteHeader(in.status)
	}))
	t.Cleanup(s.Close)
	in.url = s.URL
	return in
}

// signed computes the signature as the documentation has it: HMAC-SHA256 with the whole secret as key.
func signed(secret string, h http.Header, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "." + string(body)))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func endpoint(w *world, url string, events ...string) client.Endpoint {
	w.t.Helper()
	e, err := w.emu.AddEndpoint(w.t.Context(), client.EndpointDraft{Provider: "polar", URL: url, Events: events})
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// settled waits for what is to be sent now.
func (w *world) settled() {
	w.t.Helper()
	if _, err := w.emu.Advance(w.t.Context(), 0); err != nil {
		w.t.Fatal(err)
	}
}

func TestWebhooksShowTheSession(t *testing.T) {
	w := newWorld(t)
	in := newInbox(t, http.StatusOK)
	e := endpoint(w, in.url)
	made := w.create(object{"product_id": book})
	w.settled()
	id := made["id"].(string)
	w.control("POST", "/sessions/"+id+"/expire", object{"webhooks": "before_redirect"})
	if len(in.body) != 2 {
		t.Fatalf("%d webhooks came; want two", len(in.body))
	}
	for i, want := range []struct {
		event string
		data  object
	}{{"checkout.created", made}, {"checkout.expired", w.get(made)}} {
		var got object
		if err := json.Unmarshal(in.body[i], &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(object{"type": want.event, "timestamp": "2026-11-20T12:00:00Z", "data": want.data}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.event, diff)
		}
		h := in.header[i]
		if got := h.Get("webhook-signature"); got != signed(e.Secret, h, in.body[i]) {
			t.Errorf("signature = %s; want %s", got, signed(e.Secret, h, in.body[i]))
		}
		stamp, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
		if age := time.Since(time.Unix(stamp, 0)); err != nil || age < -time.Minute || age > time.Minute {
			t.Errorf("signed as of %s ago; want the present by the wall", age)
		}
		if h.Get("User-Agent") != "polar.sh webhooks" || h.Get("Content-Type") != "application/json" || h.Get("X-Sandbox") != "default" {
			t.Errorf("headers = %v", h)
		}
	}
}

// TestRetrySchedule: the offsets of the attempts, from a run on the sandbox's clock.
//
// Source: compute_backoff with the factors of the settings: 50 to 100 % of factor × 2ⁿ.
func TestRetrySchedule(t *testing.T) {
	for _, tt := range []struct {
		profile      string
		factor, most time.Duration
	}{{"current", 2 * time.Second, 20 * time.Minute}, {"2025-02", 5 * time.Second, 24 * time.Hour}} {
		t.Run(tt.profile, func(t *testing.T) {
			w := newWorld(t, func(o *emulator.Options) { o.Profiles = map[string]string{"polar": tt.profile} })
			in := newInbox(t, http.StatusInternalServerError)
			endpoint(w, in.url)
			w.create(object{"product_id": book})
			w.settled()
			if _, err := w.emu.Advance(t.Context(), 20*time.Hour); err != nil {
				t.Fatal(err)
			}
			all, err := w.emu.Deliveries(t.Context(), client.DeliveryQuery{Type: "checkout.created"})
			if err != nil || len(all) != 1 || all[0].State != "failed" || len(all[0].Attempts) != 10 {
				t.Fatalf("deliveries = %+v, %v; want one that failed ten times", all, err)
			}
			for i, a := range all[0].Attempts {
				t.Logf("attempt %2d after %s", a.N, a.At.Sub(start))
				if i == 0 {
					continue
				}
				waited, full := a.At.Sub(all[0].Attempts[i-1].At), min(tt.factor<<i, tt.most)
				if waited < full/2 || waited > full {
					t.Errorf("attempt %d came %s after the one before; want %s to %s", a.N, waited, full/2, full)
				}
				if !bytes.Equal(in.body[i], in.body[0]) || in.header[i].Get("webhook-id") != in.header[0].Get("webhook-id") {
					t.Errorf("attempt %d differs from the first in its id or body", a.N)
				}
			}
		})
	}
}
