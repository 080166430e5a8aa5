package leanrails_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const endpoints = "/v1/webhook_endpoints"

// message is a webhook as an application gets it.
type message struct {
	header http.Header
	body   []byte
}

// receiver is an application that writes down what it gets and answers with a status.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got []message
}

func receive(tb testing.TB, status int) *receiver {
	rc := &receiver{}
	var over atomic.Bool // what is on its way then is cut off
	rc.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil && !over.Load() {
			tb.Error(err)
		}
		rc.mu.Lock()
		rc.got = append(rc.got, message{r.Header, body})
		rc.mu.Unlock()
		w.WriteHeader(status)
	}))
	tb.Cleanup(func() {
		over.Store(true)
		rc.Close()
	})
	return rc
}

// messages has all that was to be sent until now.
func (rc *receiver) messages(c *client) []message {
	c.tb.Helper()
	c.control("/clock/advance", `{"by":"0s"}`)
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return slices.Clone(rc.got)
}

func types(tb testing.TB, messages []message) (out []string) {
	tb.Helper()
	for _, m := range messages {
		var ev struct{ Type string }
		if err := json.Unmarshal(m.body, &ev); err != nil {
			tb.Fatal(err)
		}
		out = append(out, ev.Type)
	}
	return out
}

// listen makes an endpoint for all events and returns it with its secret.
func (c *client) listen(url string) object {
	c.tb.Helper()
	return c.must(http.MethodPost, endpoints, encode(object{"url": url, "enabled_events": []string{"*"}}))
}

// verify is the receiver's side: the recipe of docs.leanrails.com, webhooks.
func verify(m message, secret string, now time.Time) bool {
	stamp, signature, ok := strings.Cut(m.header.Get("X-Signature"), ",v1=")
	stamp, timed := strings.CutPrefix(stamp, "t=")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if !ok || !timed || err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v1=" + stamp + "." + string(m.body)))
	return hmac.Equal([]byte(signature), []byte(hex.EncodeToString(mac.Sum(nil))))
}

func TestWebhooksOfEachStep(t *testing.T) {
	emu := serve(t)
	for _, tt := range []struct {
		name    string
		actions []string
		want    []string
	}{
		{"paid", []string{"pay"}, []string{"payment_intent.succeeded", "checkout.session.completed"}},
		{"in flight", []string{"confirm"}, nil},
		{"settled", []string{"confirm", "settle"}, []string{"payment_intent.succeeded", "checkout.session.completed"}},
		{"declined", []string{"decline"}, []string{"payment_intent.payment_failed"}},
		{"declined, then paid", []string{"decline", "pay"}, []string{"payment_intent.payment_failed", "payment_intent.succeeded", "checkout.session.completed"}},
		{"failed late", []string{"confirm", "fail"}, []string{"payment_intent.payment_failed"}},
		{"canceled by the customer", []string{"cancel"}, nil},
		{"expired", []string{"expire"}, []string{"checkout.session.expired"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, rc := emu.apart(t), receive(t, http.StatusNoContent)
			secret := text(c.listen(rc.URL)["secret"])
			s := c.create(nil)
			for _, action := range tt.actions {
				c.steer(s["id"], action)
			}
			got := rc.messages(c)
			if diff := cmp.Diff(tt.want, types(t, got)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			for _, m := range got {
				if !verify(m, secret, time.Now()) {
					t.Errorf("%s is refused by the recipe: %v", m.body, m.header)
				}
				if m.body[len(m.body)/2] ^= 1; verify(m, secret, time.Now()) {
					t.Errorf("a flipped byte is accepted: %s", m.body)
				}
			}
		})
	}
}

func TestExpiryIsSentOnce(t *testing.T) {
	c, rc := start(t), receive(t, http.StatusOK)
	c.listen(rc.URL)
	c.create(nil)
	c.control("/clock/advance", `{"by":"23h59m59s"}`)
	if got := types(t, rc.messages(c)); got != nil {
		t.Errorf("before the deadline: %v", got)
	}
	c.control("/clock/advance", `{"by":"48h"}`)
	if got := types(t, rc.messages(c)); !slices.Equal(got, []string{"checkout.session.expired"}) {
		t.Errorf("behind the deadline: %v", got)
	}
}

// TestWebhookRetries: the offsets of the schedule of docs.fluveo.com, webhooks, on the sandbox's clock.
func TestWebhookRetries(t *testing.T) {
	c, rc := start(t), receive(t, http.StatusInternalServerError)
	secret := text(c.listen(rc.URL)["secret"])
	c.steer(c.create(nil)["id"], "expire")
	c.control("/clock/advance", `{"by":"240h"}`)
	first := time.Unix(epoch, 0)
	var offsets []string
	for _, d := range list(c, "/_control/webhooks/deliveries", "deliveries") {
		if d["state"] != "failed" {
			t.Errorf("the delivery is %v; want failed", d["state"])
		}
		for _, a := range d["attempts"].([]any) {
			at, err := time.Parse(time.RFC3339, text(a.(object)["at"]))
			if err != nil {
				t.Fatal(err)
			}
			offsets = append(offsets, at.Sub(first).String())
		}
	}
	want := []string{"0s", "1m0s", "5m0s", "30m0s", "2h0m0s", "8h0m0s", "24h0m0s", "72h0m0s"}
	if diff := cmp.Diff(want, offsets); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	got := rc.messages(c)
	for _, m := range got {
		if string(m.body) != string(got[0].body) || m.header.Get("Webhook-Id") != got[0].header.Get("Webhook-Id") || !verify(m, secret, time.Now()) {
			t.Errorf("a repetition differs or is refused: %v %s", m.header, m.body)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d attempts have arrived; want %d", len(got), len(want))
	}
}

// list reads a list of the control API.
func list(c *client, path, member string) (out []object) {
	c.tb.Helper()
	got := c.send(http.MethodGet, path, "")
	items, ok := got.JSON[member].([]any)
	if !ok {
		c.tb.Fatalf("GET %s = %d %s", path, got.Status, got.Text)
	}
	for _, it := range items {
		out = append(out, it.(object))
	}
	return out
}

// TestWebhookGoldens: each event of a payment and of an expiry has the members of its golden, in order.
func TestWebhookGoldens(t *testing.T) {
	c, rc := start(t), receive(t, http.StatusOK)
	c.listen(rc.URL)
	changes := object{"customer_email": "grace@example.com", "payment_intent_data": object{"description": "A tote", "metadata": object{"ledger": "b"}}}
	paid := c.create(changes)
	c.control("/sessions/"+text(paid["id"])+"/decline", `{"code":"insufficient_funds"}`)
	c.steer(paid["id"], "pay")
	c.steer(c.create(changes)["id"], "expire")
	got := rc.messages(c)
	cases := []string{"webhook-payment-failed", "webhook-payment-succeeded", "webhook-session-completed", "webhook-session-expired"}
	if len(got) != len(cases) {
		t.Fatalf("%d messages; want %d", len(got), len(cases))
	}
	for i, name := range cases {
		want, err := os.ReadFile(filepath.Join(goldens, name, "webhook.json"))
		if err != nil {
			t.Error(err)
			continue
		}
		pattern := cmp.Comparer(func(a, b string) bool { return matches(a, b) || matches(b, a) })
		if diff := cmp.Diff(members(t, want, literal), members(t, got[i].body, literal), pattern); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWebhookEndpoints(t *testing.T) {
	c := start(t)
	made := c.must(http.MethodPost, endpoints, `{"url":"http://localhost:1/hooks","enabled_events":["payment_intent.succeeded"],"description":"mine"}`)
	path := endpoints + "/" + text(made["id"])
	secret := text(made["secret"])
	if !strings.HasPrefix(secret, "whsec_") || len(secret) < 20 {
		t.Errorf("the secret is %q", secret)
	}
	seen := c.must(http.MethodGet, path, "")
	if strings.Contains(secret, text(seen["secret"])) || text(seen["secret"]) == "" {
		t.Errorf("the secret of the creation is shown as %v later", seen["secret"])
	}
	seen["secret"] = secret
	if diff := cmp.Diff(made, seen); diff != "" {
		t.Errorf("get (-created +got):\n%s", diff)
	}
	changed := c.must(http.MethodPost, path, `{"disabled":true,"enabled_events":["*"]}`)
	if changed["status"] != "disabled" || changed["url"] != made["url"] || changed["description"] != "mine" || changed["secret"] == secret {
		t.Errorf("updated = %v", changed)
	}
	if rotated := c.must(http.MethodPost, path+"/rotate_secret", ""); rotated["secret"] == secret || len(text(rotated["secret"])) != len(secret) {
		t.Errorf("rotated = %v", rotated)
	}
	second := c.listen("http://localhost:1/other")
	page := c.must(http.MethodGet, endpoints+"?limit=1", "")
	if first := page["data"].([]any)[0].(object); first["id"] != second["id"] || page["has_more"] != true || page["next_cursor"] != second["id"] {
		t.Errorf("the first page = %v; want the newer endpoint", page)
	}
	page = c.must(http.MethodGet, endpoints+"?starting_after="+text(second["id"]), "")
	if first := page["data"].([]any)[0].(object); first["id"] != made["id"] || page["has_more"] != false {
		t.Errorf("the second page = %v; want the older endpoint", page)
	}
	if gone := c.must(http.MethodDelete, path, ""); gone["deleted"] != true || gone["id"] != made["id"] {
		t.Errorf("deleted = %v", gone)
	}
	for _, call := range [][2]string{{"GET", path}, {"POST", path}, {"DELETE", path}, {"POST", path + "/rotate_secret"}} {
		got := c.do(call[0], call[1], map[string]string{"POST": "{}"}[call[0]])
		if got.Status != http.StatusNotFound || got.failure()["code"] != "resource_missing" || !strings.Contains(got.Text, "No WebhookEndpoint found with ID 'we_") {
			t.Errorf("%s %s = %d %s; want 404", call[0], call[1], got.Status, got.Text)
		}
	}
}

func TestWebhookEndpointRefusals(t *testing.T) {
	c := start(t)
	for body, param := range map[string]string{
		`{"enabled_events":["*"]}`:                                   "url",
		`{"url":"ftp://example.com","enabled_events":["*"]}`:         "url",
		`{"url":"http://localhost:1","enabled_events":[]}`:           "enabled_events",
		`{"url":"http://localhost:1","enabled_events":["anything"]}`: "enabled_events[0]",
		`{"url":"http://localhost:1","secret":"mine"}`:               "secret",
	} {
		if got := c.do(http.MethodPost, endpoints, body); got.Status != http.StatusBadRequest || got.failure()["param"] != param {
			t.Errorf("POST %s = %d %s; want 400 about %s", body, got.Status, got.Text, param)
		}
	}
	if got := c.with("Idempotency-Key", "").do(http.MethodPost, endpoints, `{"url":"http://localhost:1"}`); got.failure()["param"] != "Idempotency-Key" {
		t.Errorf("without a key = %d %s", got.Status, got.Text)
	}
	same := c.with("Idempotency-Key", "once")
	first, second := same.listen("http://localhost:1"), same.listen("http://localhost:1")
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the same key made two endpoints:\n%s", diff)
	}
}
