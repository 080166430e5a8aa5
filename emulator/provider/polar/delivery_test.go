package polar_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/client"
)

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

func TestWebhooksShowTheSession(t *testing.T) {
	w := newWorld(t)
	in := newInbox(t)
	e := endpoint(w, in.URL)
	made := w.create(object{"product_id": book})
	w.settle()
	id := made["id"].(string)
	w.control("POST", "/sessions/"+id+"/expire", object{"webhooks": "before_redirect"})
	came := in.take()
	if len(came) != 2 {
		t.Fatalf("%d webhooks came; want two", len(came))
	}
	for i, want := range []struct {
		event string
		data  object
	}{{"checkout.created", made}, {"checkout.expired", w.get(made)}} {
		wanted := object{"type": want.event, "timestamp": "2026-11-20T12:00:00Z", "api_version": "2026-10", "data": want.data}
		if diff := cmp.Diff(wanted, came[i].body); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.event, diff)
		}
		h, raw := came[i].header, came[i].raw
		if got := h.Get("webhook-signature"); got != signed(e.Secret, h, raw) {
			t.Errorf("signature = %s; want %s", got, signed(e.Secret, h, raw))
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
