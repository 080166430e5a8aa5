package bias_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/api"
)

func TestKeys(t *testing.T) {
	open := start(t)
	keyed := start(t, emulator.Options{Keys: map[string]api.Keyring{"bias": {{Key: "sk_test_known"}}}})
	for _, tt := range []struct {
		name   string
		c      *client
		header string
		want   int
	}{
		{"test key", open, "Bearer sk_test_aB4DEXqbFGOlpEOxwp0Fx1aB4DEXqbFGOlpEOxwp", 200},
		{"lower-case scheme", open, "bearer sk_test_1", 200},
		{"sandbox", open, "Bearer sk_test_sandbox_w.1-a", 200},
		{"none", open, "", 401},
		{"no scheme", open, "sk_test_1", 401},
		{"basic", open, "Basic c2tfdGVzdF8xOg==", 401},
		{"empty", open, "Bearer ", 401},
		{"prefix only", open, "Bearer sk_test_", 401},
		{"spaces", open, "Bearer sk_test_a b", 401},
		{"publishable", open, "Bearer pk_test_1", 401},
		{"live", open, "Bearer sk_live_1", 401},
		{"known", keyed, "Bearer sk_test_known", 200},
		{"unknown", keyed, "Bearer sk_test_other", 401},
	} {
		got := tt.c.as("").sending("Authorization", tt.header).do("GET", sessions, nil)
		if got.Status != tt.want {
			t.Errorf("%s = %d %s; want %d", tt.name, got.Status, got.Text, tt.want)
		}
		if tt.want == 401 {
			f := got.fault(t)
			want := object{"type": "authentication_error", "live": nil, "code": nil, "param": nil, "message": f["message"]}
			if diff := cmp.Diff(want, f); diff != "" || f["message"] == "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
	}
	if got := open.as("sk_live_secret").do("GET", sessions, nil); !strings.Contains(got.Text, "looks live") || strings.Contains(got.Text, "sk_live_secret") {
		t.Errorf("live key: %s; want an explanation without the key", got.Text)
	}
	if got := open.as("").do("POST", sessions, "{broken"); got.Status != 401 {
		t.Errorf("a broken body without a key = %d; want 401", got.Status)
	}
}

func TestClientSecret(t *testing.T) {
	c := start(t).as("sk_test_sandbox_w1")
	s, other := c.create(nil), c.create(nil)
	browser := c.browser(s)
	mine := browser.do("GET", sessions+"/current", nil)
	if mine.JSON["id"] != s["id"] || mine.Header.Get("X-Sandbox") != "w1" {
		t.Errorf("current = %v in sandbox %s", mine.JSON, mine.Header.Get("X-Sandbox"))
	}
	if diff := cmp.Diff(any(list{}), mine.JSON["payments"]); diff != "" {
		t.Errorf("payments of current (-want +got):\n%s", diff)
	}
	for _, method := range []string{"PATCH", "POST", "PUT"} {
		if got := browser.must(method, sessions+"/current", object{"customer_details": object{"email": method}}); got["customer_details"].(object)["email"] != method {
			t.Errorf("%s current = %v", method, got)
		}
	}
	for _, tt := range []struct{ method, path string }{
		{"GET", at(s)},
		{"PATCH", at(s)},
		{"GET", at(other)},
		{"GET", sessions},
		{"POST", sessions},
		{"POST", sessions + "/current/expire"},
		{"POST", at(s) + "/expire"},
	} {
		if got := browser.do(tt.method, tt.path, nil); got.Status != 401 || got.fault(t)["live"] != false {
			t.Errorf("%s %s with a client secret = %d %s; want 401", tt.method, tt.path, got.Status, got.Text)
		}
	}
	if got := c.do("GET", sessions+"/current", nil); got.Status != 404 {
		t.Errorf("current with a secret key = %d; want 404", got.Status)
	}
	if got := browser.sending("X-Sandbox", "w2").do("GET", sessions+"/current", nil); got.Status != 401 {
		t.Errorf("a client secret in another sandbox = %d; want 401", got.Status)
	}
	if got := c.as("sk_test_sandbox_w2").do("GET", at(s), nil); got.Status != 404 {
		t.Errorf("a session of another sandbox = %d; want 404", got.Status)
	}
}

// TestOtherProviders: what another provider made does not exist here.
func TestOtherProviders(t *testing.T) {
	c := start(t)
	polar := c.as("polar_oat_x").do("GET", "/_control/fixtures", nil).JSON["polar"].(object)["products"].(list)[0].(object)
	made := c.as("polar_oat_x").do("POST", "/polar/v1/checkouts/", object{"products": list{polar["id"]}}).JSON
	path := sessions + "/" + made["id"].(string)
	for _, tt := range []struct{ method, path string }{{"GET", path}, {"PATCH", path}, {"POST", path + "/expire"}} {
		if got := c.do(tt.method, tt.path, object{}); got.Status != 404 {
			t.Errorf("%s %s = %d %s; want 404", tt.method, tt.path, got.Status, got.Text)
		}
	}
	if got := c.do("GET", sessions+"?starting_after="+made["id"].(string), nil); got.Status != 400 {
		t.Errorf("a cursor of another provider = %d; want 400", got.Status)
	}
	if got := c.as(made["client_secret"].(string)).do("GET", sessions+"/current", nil); got.Status != 401 {
		t.Errorf("a client secret of another provider = %d; want 401", got.Status)
	}
}

func TestBrowsersOfOtherOrigins(t *testing.T) {
	c := start(t)
	s := c.create(nil)
	from := c.as("").sending("Origin", "http://shop.example").sending("Access-Control-Request-Headers", "authorization,idempotency-key")
	for _, path := range []string{sessions + "/current", payments, "/bias/v1/checkout/sessions/current"} {
		got := from.do("OPTIONS", path, nil)
		if got.Status != 204 || got.Header.Get("Access-Control-Allow-Origin") != "*" ||
			got.Header.Get("Access-Control-Allow-Headers") != "authorization,idempotency-key" || !strings.Contains(got.Header.Get("Access-Control-Allow-Methods"), "PATCH") {
			t.Errorf("OPTIONS %s = %d %v", path, got.Status, got.Header)
		}
	}
	for key, status := range map[string]int{s["client_secret"].(string): 200, "": 401} {
		got := c.as(key).sending("Origin", "http://shop.example").do("GET", sessions+"/current", nil)
		if got.Status != status || got.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("GET from another origin = %d %v; want %d, readable", got.Status, got.Header, status)
		}
	}
	if got := from.do("OPTIONS", "/bias/v1/nothing", nil); got.Status != 404 {
		t.Errorf("OPTIONS of an unknown path = %d; want 404", got.Status)
	}
}
