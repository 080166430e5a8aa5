package bias_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIdempotency(t *testing.T) {
	c := start(t)
	c.freeze()
	keyed := c.sending("idempotency-key", "k1")
	first := keyed.do("POST", sessions, `{"amount":500}`)
	if again := keyed.do("POST", sessions, `{"amount":500}`); again.Status != 200 || again.Text != first.Text {
		t.Errorf("replay = %d %s; want %s", again.Status, again.Text, first.Text)
	}
	for _, tt := range []struct {
		name         string
		method, path string
		body         string
	}{
		{"other body", "POST", sessions, `{"amount":501}`},
		{"other resource", "PATCH", at(first.JSON), `{"amount":500}`},
		{"other query", "POST", sessions + "?x=1", `{"amount":500}`},
	} {
		got := keyed.do(tt.method, tt.path, tt.body)
		f := got.fault(t)
		if tt.name != "other resource" && tt.name != "other query" { // those two fail before the key is looked at
			want := object{"type": "idempotency_error", "live": false, "code": nil, "param": nil, "message": f["message"]}
			if diff := cmp.Diff(want, f); got.Status != 400 || diff != "" {
				t.Errorf("%s = %d (-want +got):\n%s", tt.name, got.Status, diff)
			}
		} else if got.Status != 400 {
			t.Errorf("%s = %d %s", tt.name, got.Status, got.Text)
		}
	}
	if got := keyed.do("PATCH", at(first.JSON), `{"metadata":{}}`); got.Status != 400 || got.fault(t)["type"] != "idempotency_error" {
		t.Errorf("another resource = %d %s; want an idempotency_error", got.Status, got.Text)
	}
	if got := keyed.do("PUT", at(first.JSON), `{"metadata":{"put":"1"}}`); got.Status != 200 {
		t.Errorf("PUT looked at the key: %d %s", got.Status, got.Text)
	}
	if got := c.as("sk_test_other").sending("idempotency-key", "k1").do("POST", sessions, `{"amount":7}`); got.Status != 200 {
		t.Errorf("the key of another API key = %d %s", got.Status, got.Text)
	}
	if a, b := c.create(nil), c.create(nil); a["id"] == b["id"] {
		t.Error("requests without a key were replayed")
	}
	c.control("/clock/advance", object{"by": "23h59m59s"})
	if again := keyed.do("POST", sessions, `{"amount":500}`); again.Text != first.Text {
		t.Errorf("within a day = %d %s; want a replay", again.Status, again.Text)
	}
	c.control("/clock/advance", object{"by": "1s"})
	if again := keyed.do("POST", sessions, `{"amount":500}`); again.Status != 200 || again.JSON["id"] == first.JSON["id"] {
		t.Errorf("after a day = %d %s; want another session", again.Status, again.Text)
	}
}

// TestRefusalsAreReplayed: a declined payment stays declined under its key, a new key tries again.
func TestRefusalsAreReplayed(t *testing.T) {
	c := start(t)
	s := c.create(nil)
	browser := c.browser(s).sending("idempotency-key", "a")
	first := browser.do("POST", payments, byCard("declined"))
	if again := browser.do("POST", payments, byCard("declined")); again.Status != 402 || again.Text != first.Text {
		t.Errorf("replay = %d %s; want %s", again.Status, again.Text, first.Text)
	}
	if got := c.get(s, "?expand[payments]=true"); len(got["payments"].(list)) != 1 {
		t.Errorf("payments = %v; want one", got["payments"])
	}
	if got := browser.sending("idempotency-key", "b").do("POST", payments, byCard("ok")); got.Status != 200 {
		t.Errorf("another key = %d %s", got.Status, got.Text)
	}
	unknown := c.sending("idempotency-key", "c")
	refused := unknown.do("POST", sessions, `{"amount":1,"customer":"cus_later"}`)
	c.control("/fixtures", object{"bias": object{"customers": list{object{
		"object": "customer", "id": "cus_later", "live": false, "created_at": 0, "name": nil, "email": nil, "phone": nil, "metadata": object{}}}}})
	if again := unknown.do("POST", sessions, `{"amount":1,"customer":"cus_later"}`); again.Status != 400 || again.Text != refused.Text {
		t.Errorf("a refusal under its key = %d %s; want %s", again.Status, again.Text, refused.Text)
	}
}

func TestOneKeyMakesOneSession(t *testing.T) {
	c := start(t)
	keyed := c.sending("idempotency-key", "same")
	answers := make([]string, 64)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = keyed.do("POST", sessions, `{"amount":500}`).Text })
	}
	wg.Wait()
	for _, text := range answers {
		if text != answers[0] {
			t.Fatalf("answers differ: %s and %s", answers[0], text)
		}
	}
	if page := c.must("GET", sessions, nil); len(page["items"].(list)) != 1 {
		t.Errorf("there are %d sessions; want one", len(page["items"].(list)))
	}
	if events := c.must("GET", "/_control/events?type=session.created", nil)["events"].(list); len(events) != 1 {
		t.Errorf("there are %d events; want one", len(events))
	}
	if events := c.must("GET", "/bias/v1/events", nil)["items"].(list); len(events) != 1 {
		t.Errorf("there are %d events of the provider's own; want one", len(events))
	}
}
