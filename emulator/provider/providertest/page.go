package providertest

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var ticket = regexp.MustCompile(`name="ticket" value="([^"]+)"`)

// hostedPage: a session's url opens a page that pays it, once, and says so afterwards.
func hostedPage(t *testing.T, w *world) {
	id, _ := w.create(1)
	at, _ := w.steer(http.MethodGet, "/sessions/"+id, "").body["url"].(string)
	shown := w.send(at, Call{Method: http.MethodGet}, nil)
	found := ticket.FindStringSubmatch(shown.raw)
	if shown.status != http.StatusOK || found == nil || !strings.HasPrefix(shown.header.Get("Content-Type"), "text/html") {
		t.Fatalf("GET %s = %d %s", at, shown.status, shown.raw)
	}
	form := url.Values{"ticket": {html.UnescapeString(found[1])}, "action": {"paid"}}.Encode()
	for range 2 {
		got := w.send(at, Call{Method: http.MethodPost, Body: form}, map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
		if got.status != http.StatusSeeOther || got.header.Get("Location") == "" {
			t.Errorf("the page answers %d %q to a payment; want 303 to somewhere", got.status, got.header.Get("Location"))
		}
	}
	if got := w.native(id); got != w.Native.Paid {
		t.Errorf("the session is %s; want %s", got, w.Native.Paid)
	}
	if n := w.events(id)["session.succeeded"]; n != 1 {
		t.Errorf("there are %d completion events; want exactly one", n)
	}
	if again := w.send(at, Call{Method: http.MethodGet}, nil); !strings.Contains(again.raw, "Already paid") {
		t.Errorf("seen again: %d %s", again.status, again.raw)
	}
}
