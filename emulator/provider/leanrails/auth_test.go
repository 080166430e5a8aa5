package leanrails_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/api"
)

func TestCredentials(t *testing.T) {
	open, bearer := start(t), start(t, profile("bearer"))
	both := start(t, profile("lenient, bearer"))
	keyed := start(t, emulator.Options{Keys: map[string]api.Keyring{"leanrails": {{Key: "sk_test_known"}, {Key: "any form"}}}})
	for _, tt := range []struct {
		name       string
		c          *client
		credential string
		want       int
	}{
		{"secret key", open, basic("sk_test_1", ""), 200},
		{"scheme in capitals", open, "BASIC c2tfdGVzdF8xOg==", 200},
		{"without the colon", open, "Basic c2tfdGVzdF8x", 401},
		{"with a password", open, basic("sk_test_1", "x"), 401},
		{"not base64", open, "Basic sk_test_1:", 401},
		{"bare key", open, "sk_test_1", 401},
		{"bearer", open, "Bearer sk_test_1", 401},
		{"bearer with the profile", bearer, "bearer  sk_test_1", 200},
		{"basic with the profile", bearer, basic("sk_test_1", ""), 200},
		{"publishable bearer", bearer, "Bearer pk_test_1", 401},
		{"live bearer", bearer, "Bearer sk_live_1", 401},
		{"empty bearer", bearer, "Bearer ", 401},
		{"both profiles", both, "Bearer sk_test_1", 200},
		{"publishable", open, basic("pk_test_1", ""), 401},
		{"live", open, basic("sk_live_1", ""), 401},
		{"known", keyed, basic("sk_test_known", ""), 200},
		{"known, of another form", keyed, basic("any form", ""), 200},
		{"unknown", keyed, basic("sk_test_other", ""), 401},
	} {
		got := tt.c.with("Authorization", tt.credential).do(http.MethodGet, route, "")
		if got.Status != tt.want {
			t.Errorf("%s: %d %s; want %d", tt.name, got.Status, got.Text, tt.want)
		}
		if e := got.failure(); tt.want == 401 && (e["type"] != "authentication_error" || e["code"] != "authentication_failed" || e["param"] != nil || !strings.HasPrefix(text(e["message"]), "Invalid API key provided.")) {
			t.Errorf("%s: %s; want the documented error", tt.name, got.Text)
		}
	}
	got := open.with("Authorization", basic("sk_live_secret", "")).do(http.MethodGet, route, "")
	if !strings.Contains(got.Text, "looks live") || strings.Contains(got.Text, "secret") {
		t.Errorf("a live key: %s; want an explanation without the key", got.Text)
	}
}

// TestCredentialComesFirst: it is looked at before anything else of a request.
func TestCredentialComesFirst(t *testing.T) {
	c := start(t).with("Authorization", "", "X-API-Version", "soon", "Idempotency-Key", "")
	for _, call := range []struct{ method, path, body string }{
		{"GET", route + "?limit=0", ""},
		{"POST", route, "{broken"},
		{"GET", route + "/cs_unknown", ""},
		{"POST", route + "/cs_unknown/expire", ""},
	} {
		if got := c.do(call.method, call.path, call.body); got.Status != http.StatusUnauthorized {
			t.Errorf("%s %s = %d %s; want 401", call.method, call.path, got.Status, got.Text)
		}
	}
}

func TestKeySelectsTheSandbox(t *testing.T) {
	c := serve(t, profile("bearer"))
	for credential, want := range map[string]string{
		basic("sk_test_sandbox_w1", ""): "w1",
		"Bearer sk_test_sandbox_w2":     "w2",
		basic("sk_test_1", ""):          "default",
	} {
		got := c.with("Authorization", credential).do(http.MethodPost, route, params(nil))
		if got.Status != 200 || got.Header.Get("X-Sandbox") != want {
			t.Errorf("%s: %d in %q; want 200 in %s", credential, got.Status, got.Header.Get("X-Sandbox"), want)
		}
		if page := c.with("X-Sandbox", want).must(http.MethodGet, route, ""); len(ids(page)) != 1 {
			t.Errorf("the sandbox %s has %d sessions; want 1", want, len(ids(page)))
		}
	}
}

func TestVersion(t *testing.T) {
	const fallback = "2026-03-09"
	c := start(t)
	for _, tt := range []struct {
		version string
		status  int
		want    string
	}{
		{"", 200, fallback},
		{"2026-03-09", 200, "2026-03-09"},
		{"2024-02-29", 200, "2024-02-29"},
		{"1999-01-01", 200, "1999-01-01"},
		{"2025-02-29", 400, fallback},
		{"2026-3-9", 400, fallback},
		{"2026-05-27.dahlia", 400, fallback},
		{"latest", 400, fallback},
	} {
		got := c.with("X-API-Version", tt.version).do(http.MethodGet, route, "")
		if got.Status != tt.status || got.Header.Get("X-API-Version") != tt.want {
			t.Errorf("version %q: %d, %q; want %d, %q", tt.version, got.Status, got.Header.Get("X-API-Version"), tt.status, tt.want)
		}
		if e := got.failure(); tt.status == 400 && (e["code"] != "parameter_invalid" || e["param"] != "X-API-Version") {
			t.Errorf("version %q: %s; want parameter_invalid about X-API-Version", tt.version, got.Text)
		}
	}
}

// TestHeadersOnEveryAnswer: the version and what is left of the rate limit.
func TestHeadersOnEveryAnswer(t *testing.T) {
	c := start(t)
	for _, tt := range []struct {
		name, path, credential, limit, remaining string
	}{
		{"success", route, secretKey, "1500", "1499"},
		{"not found", route + "/cs_none", secretKey, "1500", "1499"},
		{"no route", "/v1/nothing", secretKey, "1500", "1499"},
		{"not emulated", "/v1/orders", secretKey, "1500", "1499"},
		{"unauthorized", route, "", "100", "99"},
	} {
		h := c.with("Authorization", tt.credential).do(http.MethodGet, tt.path, "").Header
		if h.Get("X-RateLimit-Limit") != tt.limit || h.Get("X-RateLimit-Remaining") != tt.remaining || h.Get("X-API-Version") == "" || h.Get("Retry-After") != "" {
			t.Errorf("%s: %v; want %s of %s left", tt.name, h, tt.remaining, tt.limit)
		}
	}
}

func TestDeclined(t *testing.T) {
	c := start(t)
	for _, tt := range []struct{ method, path, has string }{
		{"POST", "/v1/setup_intents", "test payment methods, such as pm_card_visa"},
		{"GET", "/v1/customers/cus_1/payment_methods", "test payment methods"},
		{"GET", "/v1/orders/ord_1", "mode `order`"},
		{"POST", "/v1/webhook_endpoints/we_1/send_test_event", "make something happen"},
		{"POST", "/v1/payment_links", "see /v1/checkout_links"},
	} {
		got := c.do(tt.method, tt.path, "")
		if e := got.failure(); got.Status != http.StatusNotImplemented || e["code"] != "not_emulated" || !strings.Contains(text(e["message"]), tt.has) {
			t.Errorf("%s %s = %d %s; want 501 with the reason", tt.method, tt.path, got.Status, got.Text)
		}
	}
}
