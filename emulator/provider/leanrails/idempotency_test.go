package leanrails_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestKeyIsRequired(t *testing.T) {
	c := start(t)
	id := c.create(nil)["id"]
	for _, path := range []string{route, fmt.Sprint(route, "/", id, "/expire")} {
		for _, tt := range []struct{ key, code, message string }{
			{"", "parameter_missing", "The `Idempotency-Key` field is required."},
			{strings.Repeat("x", 256), "parameter_invalid", "The `Idempotency-Key` field must be at most 255 characters long."},
		} {
			got := c.with("Idempotency-Key", tt.key).do(http.MethodPost, path, bodyOf(path))
			if e := got.failure(); got.Status != 400 || e["code"] != tt.code || e["param"] != "Idempotency-Key" || e["message"] != tt.message {
				t.Errorf("POST %s with a key of %d: %d %s; want %s", path, len(tt.key), got.Status, got.Text, tt.code)
			}
		}
		if got := c.with("Idempotency-Key", strings.Repeat("x", 255)).do(http.MethodPost, path, bodyOf(path)); got.Status != 200 && path == route {
			t.Errorf("POST %s with a key of 255: %d %s; want 200", path, got.Status, got.Text)
		}
	}
}

// bodyOf is a body that an operation takes.
func bodyOf(path string) string {
	if path == route {
		return params(nil)
	}
	return ""
}

func TestReplay(t *testing.T) {
	c := start(t)
	keyed := c.with("Idempotency-Key", "k")
	first := keyed.do(http.MethodPost, route, params(nil))
	if first.Status != 200 || first.Header.Get("Idempotent-Replayed") != "" {
		t.Fatalf("the first request = %d %s, %v; want 200 without a mark", first.Status, first.Text, first.Header)
	}
	id := text(first.JSON["id"])
	c.steer(id, "pay")
	for _, tt := range []struct {
		name   string
		c      *client
		path   string
		body   string
		status int
		code   string // "" is the first answer again, "new" is another session
	}{
		{"the same", keyed, route, params(nil), 200, ""},
		{"by the alias", keyed, "/v1/checkout/sessions", params(nil), 200, ""},
		{"another body", keyed, route, params(object{"metadata": object{}}), 422, "idempotency_key_reused"},
		{"another path", keyed, route + "/" + id + "/expire", "", 422, "idempotency_key_reused"},
		{"an invalid body", keyed, route, "{}", 400, "parameter_missing"},
		{"another credential", keyed.with("Authorization", basic("sk_test_2", "")), route, params(nil), 200, "new"},
		{"another sandbox", keyed.with("X-Sandbox", "other"), route, params(nil), 200, "new"},
	} {
		got := tt.c.do(http.MethodPost, tt.path, tt.body)
		replayed := got.Header.Get("Idempotent-Replayed") == "true"
		switch {
		case got.Status != tt.status:
			t.Errorf("%s: %d %s; want %d", tt.name, got.Status, got.Text, tt.status)
		case tt.code == "" && (!replayed || got.Text != first.Text):
			t.Errorf("%s: replayed %v, %s; want the first answer", tt.name, replayed, got.Text)
		case tt.code == "new" && (replayed || got.JSON["id"] == id && tt.name != "another sandbox"):
			t.Errorf("%s: replayed %v, %s; want another session", tt.name, replayed, got.Text)
		case tt.status != 200 && (replayed || got.failure()["code"] != tt.code):
			t.Errorf("%s: replayed %v, %s; want %s", tt.name, replayed, got.Text, tt.code)
		}
	}
	if got := keyed.do(http.MethodPost, route, params(object{"metadata": object{}})); got.failure()["param"] != "Idempotency-Key" {
		t.Errorf("reuse: %s; want param Idempotency-Key", got.Text)
	}
}

// TestKeyLife: a key is free again after 24 hours on the sandbox's clock.
func TestKeyLife(t *testing.T) {
	c := start(t)
	keyed := c.with("Idempotency-Key", "k")
	first := keyed.must(http.MethodPost, route, params(nil))["id"]
	c.control("/clock/advance", `{"by":"23h59m59.999s"}`)
	if got := keyed.must(http.MethodPost, route, params(nil))["id"]; got != first {
		t.Errorf("before 24 hours: %v; want %v again", got, first)
	}
	c.control("/clock/advance", `{"by":"1ms"}`)
	if got := keyed.must(http.MethodPost, route, params(nil))["id"]; got == first {
		t.Error("after 24 hours the key still is taken")
	}
}

// TestFailuresLeaveTheKey: whatever was refused may be sent again, corrected, with the same key.
func TestFailuresLeaveTheKey(t *testing.T) {
	emu := serve(t)
	for _, tt := range []struct{ name, path, body string }{
		{"broken", route, "{"},
		{"invalid", route, "{}"},
		{"unknown price", route, params(items(object{"price": "price_none"}))},
		{"unknown query", route + "?x=1", params(nil)},
		{"unknown session", route + "/cs_none/expire", ""},
	} {
		c := emu.apart(t).with("Idempotency-Key", "k")
		if got := c.do(http.MethodPost, tt.path, tt.body); got.Status/100 != 4 {
			t.Fatalf("%s: %d %s; want a refusal", tt.name, got.Status, got.Text)
		}
		if got := c.do(http.MethodPost, route, params(nil)); got.Status != 200 || got.Header.Get("Idempotent-Replayed") != "" {
			t.Errorf("after %s: %d %s; want a session", tt.name, got.Status, got.Text)
		}
	}
}

func TestExpireIsReplayed(t *testing.T) {
	c := start(t)
	path := fmt.Sprint(route, "/", c.create(nil)["id"], "/expire")
	keyed := c.with("Idempotency-Key", "k")
	first, again := keyed.do(http.MethodPost, path, ""), keyed.do(http.MethodPost, path, "")
	if first.Status != 200 || again.Text != first.Text || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("expire twice = %d, %d %s; want the same answer", first.Status, again.Status, again.Text)
	}
	if got := c.do(http.MethodPost, path, ""); got.Status != 400 {
		t.Errorf("with another key = %d %s; want 400", got.Status, got.Text)
	}
}

// TestOneKeyMakesOneSession: 64 requests at once with one key.
func TestOneKeyMakesOneSession(t *testing.T) {
	c := serve(t).with("Idempotency-Key", "k")
	answers := make([]reply, 64)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = c.do(http.MethodPost, route, params(nil)) })
	}
	wg.Wait()
	first := 0
	for _, got := range answers {
		if got.Status != 200 || got.Text != answers[0].Text {
			t.Fatalf("%d %s; want %s", got.Status, got.Text, answers[0].Text)
		}
		if got.Header.Get("Idempotent-Replayed") == "" {
			first++
		}
	}
	events := c.send(http.MethodGet, "/_control/events", "").JSON["events"].([]any)
	if page := c.must(http.MethodGet, route, ""); len(ids(page)) != 1 || len(events) != 1 || first != 1 {
		t.Errorf("%d sessions, %d events, %d first answers; want one of each", len(ids(page)), len(events), first)
	}
}
