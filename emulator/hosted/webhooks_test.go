package hosted_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/client"
)

// TestWebhookTiming: the page sends the webhooks of a payment before it leads on, or none, as it is
// told.
func TestWebhookTiming(t *testing.T) {
	w := newWorld(t)
	var received atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { received.Add(1) }))
	t.Cleanup(receiver.Close)
	draft := client.EndpointDraft{Provider: "polar", URL: receiver.URL, Events: []string{"order.paid"}}
	if _, err := w.emu.AddEndpoint(t.Context(), draft); err != nil {
		t.Fatal(err)
	}
	pay := func(timing string) {
		t.Helper()
		s, path := w.create("polar")
		fields := with("polar", paidCards["polar"])
		fields.Set("webhooks", timing)
		lands(t, "polar", s.ID, w.press(path, "pay", fields))
	}
	pay("before_redirect")
	if got := received.Load(); got != 1 {
		t.Errorf("before_redirect: %d webhooks had arrived when the page led on; want 1", got)
	}
	pay("none")
	s, path := w.create("polar")
	lands(t, "polar", s.ID, w.press(path, "paid", url.Values{"webhooks": {"after_redirect"}}))
	if err := w.emu.Settled(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := received.Load(); got != 2 {
		t.Errorf("%d webhooks in the end; want 2, as none goes out with none", got)
	}
}
