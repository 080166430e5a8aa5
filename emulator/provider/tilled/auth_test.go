package tilled_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/api"
)

func TestMissingAccountComesFirst(t *testing.T) {
	c := start(t).with("tilled-account", "", "tilled-api-key", "")
	const want = `{"statusCode":400,"message":"'tilled-account' header required."}`
	for _, call := range []struct{ method, path, body string }{
		{"GET", sessions, ""},
		{"GET", sessions + "?limit=0", ""},
		{"POST", sessions, "{broken"},
		{"GET", sessions + "/cs_unknown", ""},
		{"POST", sessions + "/cs_unknown/expire", ""},
	} {
		got := c.do(call.method, call.path, call.body)
		if got.Status != http.StatusBadRequest || got.Text != want {
			t.Errorf("%s %s = %d %s; want 400 %s", call.method, call.path, got.Status, got.Text, want)
		}
	}
}

func TestCredentials(t *testing.T) {
	open := start(t)
	keyed := start(t, emulator.Options{Keys: map[string]api.Keyring{"tilled": {
		{Key: "sk_bakery", Scopes: []string{bakery}},
		{Key: "sk_all"},
	}}})
	for _, tt := range []struct {
		name    string
		c       *client
		headers []string
		want    int
	}{
		{"api key", open, []string{"tilled-api-key", "sk_test_1"}, 200},
		{"any api key", open, []string{"tilled-api-key", "0123"}, 200},
		{"publishable key", open, []string{"tilled-api-key", "pk_1"}, 200},
		{"bearer token", open, []string{"Authorization", "Bearer header.payload.signature"}, 200},
		{"bearer secret key", open, []string{"Authorization", "bearer sk_test_1"}, 200},
		{"both", open, []string{"tilled-api-key", "sk_test_1", "Authorization", "Bearer jwt"}, 200},
		{"neither", open, nil, 401},
		{"basic", open, []string{"Authorization", "Basic c2s6"}, 401},
		{"empty bearer", open, []string{"Authorization", "Bearer"}, 401},
		{"token without scheme", open, []string{"Authorization", "sk_test_1"}, 401},
		{"live key", open, []string{"tilled-api-key", "sk_live_1"}, 401},
		{"live publishable key", open, []string{"tilled-api-key", "pk_live_1"}, 401},
		{"live bearer", open, []string{"Authorization", "Bearer sk_live_1"}, 401},
		{"live key beside a test token", open, []string{"tilled-api-key", "sk_live_1", "Authorization", "Bearer jwt"}, 401},
		{"known key", keyed, []string{"tilled-api-key", "sk_bakery"}, 200},
		{"key for all accounts", keyed, []string{"tilled-api-key", "sk_all", "tilled-account", harbor}, 200},
		{"unknown key", keyed, []string{"tilled-api-key", "sk_other"}, 401},
		{"key of another account", keyed, []string{"tilled-api-key", "sk_bakery", "tilled-account", harbor}, 403},
		{"one of two is known", keyed, []string{"tilled-api-key", "sk_other", "Authorization", "Bearer sk_bakery"}, 200},
		{"one of two is permitted", keyed, []string{"tilled-api-key", "sk_bakery", "Authorization", "Bearer sk_all", "tilled-account", harbor}, 200},
	} {
		got := tt.c.with("tilled-api-key", "").with(tt.headers...).do("GET", sessions, nil)
		if got.Status != tt.want {
			t.Errorf("%s: GET = %d %s; want %d", tt.name, got.Status, got.Text, tt.want)
		}
		if tt.want != 200 {
			want := object{"statusCode": float64(tt.want), "error": http.StatusText(tt.want), "message": "~."}
			if diff := like(want, got.JSON); diff != "" {
				t.Errorf("%s: body (-want +got):\n%s", tt.name, diff)
			}
		}
	}
	got := open.with("tilled-api-key", "sk_live_1").do("GET", sessions, nil)
	if !strings.Contains(got.Text, "looks live") || strings.Contains(got.Text, "sk_live_1") {
		t.Errorf("live key: %s; want an explanation that does not repeat the key", got.Text)
	}
}

func TestCredentialPrecedesBody(t *testing.T) {
	c := start(t).with("tilled-api-key", "")
	for _, sent := range []string{"{broken", `{"line_items":1}`} {
		if got := c.do("POST", sessions, sent); got.Status != http.StatusUnauthorized {
			t.Errorf("POST %s = %d; want 401", sent, got.Status)
		}
	}
}

func TestAccountsAreApart(t *testing.T) {
	c := start(t)
	other := c.with("tilled-account", harbor)
	mine := c.create(nil)
	id := mine["id"].(string)
	if got := other.do("GET", sessions+"/"+id, nil); got.Status != http.StatusNotFound {
		t.Errorf("GET from another account = %d; want 404", got.Status)
	}
	if got := other.do("POST", sessions+"/"+id+"/expire", nil); got.Status != http.StatusNotFound {
		t.Errorf("expire from another account = %d; want 404", got.Status)
	}
	if got := other.must(200, "GET", sessions+"?payment_intent_id="+mine["payment_intent_id"].(string), nil); got["total"] != 0.0 {
		t.Errorf("list from another account = %v; want nothing", got)
	}
	if diff := cmp.Diff(mine, c.get(id)); diff != "" {
		t.Errorf("the session changed (-before +after):\n%s", diff)
	}
}

func TestSandboxByCredential(t *testing.T) {
	c := start(t)
	for _, headers := range [][]string{
		{"tilled-api-key", "sk_test_sandbox_w1"},
		{"tilled-api-key", "", "Authorization", "Bearer sk_test_sandbox_w1"},
		{"tilled-api-key", "sk_test_1", "Authorization", "Bearer sk_test_sandbox_w1"},
	} {
		if got := c.with(headers...).do("GET", sessions, nil).Header.Get("X-Sandbox"); got != "w1" {
			t.Errorf("%v chose the sandbox %q; want w1", headers, got)
		}
	}
}
