package tilled_test

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

const (
	endpoints = "/tilled/v1/webhook-endpoints"
	events    = "/tilled/v1/events"
)

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
	c.control("/clock/advance", object{"by": "0s"})
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return slices.Clone(rc.got)
}

// received reads what was sent.
func received(tb testing.TB, messages []message) (out []object) {
	tb.Helper()
	for _, m := range messages {
		var ev object
		if err := json.Unmarshal(m.body, &ev); err != nil {
			tb.Fatal(err)
		}
		out = append(out, ev)
	}
	return out
}

func types(all []object) (out []string) {
	for _, ev := range all {
		out = append(out, ev["type"].(string))
	}
	return out
}

// listen makes an endpoint for all events and returns it with its secret.
func (c *client) listen(url string) object {
	c.tb.Helper()
	return c.must(http.StatusCreated, "POST", endpoints, object{"url": url, "enabled_events": list{"*"}})
}

// verify is the receiver's side: the recipe of docs.tilled.com, webhook signatures.
func verify(m message, secret string, now time.Time) bool {
	var stamp string
	var signatures []string
	for _, part := range strings.Split(m.header.Get("tilled-signature"), ",") {
		switch scheme, value, _ := strings.Cut(part, "="); scheme {
		case "t":
			stamp = value
		case "v1":
			signatures = append(signatures, value)
		}
	}
	millis, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.UnixMilli(millis)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + string(m.body)))
	return slices.Contains(signatures, hex.EncodeToString(mac.Sum(nil)))
}

func TestWebhooksOfEachStep(t *testing.T) {
	for _, tt := range []struct {
		name    string
		actions []string
		want    []string
	}{
		{"created", nil, nil},
		{"paid", []string{"pay"}, []string{"customer.created", "charge.succeeded", "payment_intent.succeeded"}},
		{"in flight", []string{"confirm"}, []string{"customer.created", "charge.pending", "payment_intent.processing"}},
		{"settled", []string{"confirm", "settle"}, []string{"customer.created", "charge.pending", "payment_intent.processing", "charge.succeeded", "payment_intent.succeeded"}},
		{"declined", []string{"decline"}, []string{"charge.failed", "payment_intent.payment_failed"}},
		{"declined, then paid", []string{"decline", "pay"}, []string{"charge.failed", "payment_intent.payment_failed", "customer.created", "charge.succeeded", "payment_intent.succeeded"}},
		{"failed late", []string{"confirm", "fail"}, []string{"customer.created", "charge.pending", "payment_intent.processing", "charge.failed", "payment_intent.payment_failed"}},
		{"canceled by the customer", []string{"cancel"}, nil},
		{"expired", []string{"expire"}, []string{"payment_intent.canceled"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, rc := start(t), receive(t, http.StatusNoContent)
			c.freeze()
			secret := c.listen(rc.URL)["secret"].(string)
			s := c.create(nil)
			for _, action := range tt.actions {
				c.control("/sessions/"+s["id"].(string)+"/"+action, object{})
			}
			got := rc.messages(c)
			if diff := cmp.Diff(append([]string{"payment_intent.created"}, tt.want...), types(received(t, got))); diff != "" {
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

// TestWebhookRetries: three attempts, on the sandbox's clock.
func TestWebhookRetries(t *testing.T) {
	c, rc := start(t), receive(t, http.StatusFound)
	first, err := time.Parse(time.RFC3339, c.freeze())
	if err != nil {
		t.Fatal(err)
	}
	secret := c.listen(rc.URL)["secret"].(string)
	c.create(nil)
	c.control("/clock/advance", object{"by": "240h"})
	var offsets []string
	for _, d := range c.must(200, "GET", "/_control/webhooks/deliveries", nil)["deliveries"].(list) {
		if d.(object)["state"] != "failed" {
			t.Errorf("the delivery is %v; want failed", d.(object)["state"])
		}
		for _, a := range d.(object)["attempts"].(list) {
			at, err := time.Parse(time.RFC3339, a.(object)["at"].(string))
			if err != nil {
				t.Fatal(err)
			}
			offsets = append(offsets, at.Sub(first).String())
		}
	}
	if diff := cmp.Diff([]string{"0s", "5s", "30s"}, offsets); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	got := rc.messages(c)
	for _, m := range got {
		if string(m.body) != string(got[0].body) || !verify(m, secret, time.Now()) {
			t.Errorf("a repetition differs or is refused: %v %s", m.header, m.body)
		}
	}
	if len(got) != 3 {
		t.Errorf("%d attempts have arrived; want 3", len(got))
	}
}

// TestWebhookGoldens: the events of a card that is declined and then pays.
func TestWebhookGoldens(t *testing.T) {
	c, rc := start(t), receive(t, http.StatusOK)
	c.freeze()
	c.listen(rc.URL)
	s := c.create(object{"customer_email": "grace@example.com", "payment_intent_data": object{"payment_method_types": list{"card"}, "metadata": object{"ledger": "b"}}})
	c.control("/sessions/"+s["id"].(string)+"/decline", object{"code": "insufficient_funds"})
	c.control("/sessions/"+s["id"].(string)+"/pay", object{})
	got := received(t, rc.messages(c))
	cases := []string{
		"webhook-payment-intent-created", "webhook-charge-failed", "webhook-payment-intent-failed",
		"webhook-customer-created", "webhook-charge-succeeded", "webhook-payment-intent-succeeded",
	}
	if len(got) != len(cases) {
		t.Fatalf("%d messages; want %d", len(got), len(cases))
	}
	for i, name := range cases {
		raw, err := os.ReadFile(filepath.Join(goldens, name, "webhook.json"))
		if err != nil {
			t.Error(err)
			continue
		}
		var want object
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		if diff := like(want, got[i]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestEventsAreWhatWasSent: the list and each event show the bodies of the deliveries.
func TestEventsAreWhatWasSent(t *testing.T) {
	c, rc := start(t), receive(t, http.StatusOK)
	c.freeze()
	c.listen(rc.URL)
	s := c.create(nil)
	c.control("/clock/advance", object{"by": "1h"})
	c.control("/sessions/"+s["id"].(string)+"/pay", object{})
	c.with("tilled-account", harbor).create(nil)
	sent := received(t, rc.messages(c))
	slices.Reverse(sent)
	page := c.must(200, "GET", events, nil)
	var listed []object
	for _, it := range page["items"].(list) {
		listed = append(listed, it.(object))
	}
	if diff := cmp.Diff(sent, listed); diff != "" || page["total"] != 4.0 || page["limit"] != 30.0 || page["offset"] != 0.0 || page["has_more"] != false {
		t.Errorf("page = %v (-sent +listed):\n%s", page, diff)
	}
	one := events + "/" + sent[0]["id"].(string)
	if diff := cmp.Diff(sent[0], c.must(200, "GET", one, nil)); diff != "" {
		t.Errorf("get (-sent +got):\n%s", diff)
	}
	for _, got := range []reply{c.with("tilled-account", harbor).do("GET", one, nil), c.do("GET", events+"/evt_unknown", nil)} {
		if diff := cmp.Diff(object{"statusCode": 404.0, "message": "Event not found.", "error": "Not Found"}, got.JSON); diff != "" {
			t.Errorf("an event of nobody (-want +got):\n%s", diff)
		}
	}
	intent := s["payment_intent_id"].(string)
	for query, want := range map[string][]string{
		"?limit=1":                {"payment_intent.succeeded"},
		"?offset=3":               {"payment_intent.created"},
		"?offset=9":               nil,
		"?types=charge.succeeded": {"charge.succeeded"},
		"?types=charge.succeeded&types=charge.failed": {"charge.succeeded"},
		"?types=customer.created,charge.failed":       {"customer.created"},
		"?object_id=" + intent:                        {"payment_intent.succeeded", "charge.succeeded", "payment_intent.created"},
		"?object_id=pi_other":                         nil,
		"?created_at_gte=2040-01-01T01:00:00.000Z":    {"payment_intent.succeeded", "charge.succeeded", "customer.created"},
		"?created_at_lte=2040-01-01T00:59:59.999Z":    {"payment_intent.created"},
	} {
		var got []object
		for _, it := range c.must(200, "GET", events+query, nil)["items"].(list) {
			got = append(got, it.(object))
		}
		if diff := cmp.Diff(want, types(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	for query, has := range map[string]string{
		"?types=charge.lost":        "types must be one of the following values: account.updated",
		"?created_at_gte=yesterday": "created_at_gte must be a valid ISO 8601 date string",
		"?limit=0":                  "limit must not be less than 1",
		"?types=" + strings.Repeat("charge.failed,", 20) + "charge.failed": "types must contain no more than 20 elements",
	} {
		if got := c.do("GET", events+query, nil); got.Status != http.StatusBadRequest || !strings.Contains(got.Text, has) {
			t.Errorf("%s = %d %s; want 400 with %q", query, got.Status, got.Text, has)
		}
	}
}

func TestWebhookEndpoints(t *testing.T) {
	c := start(t)
	made := c.must(201, "POST", endpoints, object{"url": "http://localhost:1/hooks", "enabled_events": list{"charge.succeeded"}, "description": "mine"})
	if secret, _ := made["secret"].(string); !strings.HasPrefix(secret, "whsec_") || len(secret) != 38 {
		t.Errorf("the secret is %q", secret)
	}
	delete(made, "secret")
	path := endpoints + "/" + made["id"].(string)
	if diff := cmp.Diff(made, c.must(200, "GET", path, nil)); diff != "" {
		t.Errorf("get (-created +got):\n%s", diff)
	}
	changed := c.must(200, "PATCH", path, object{"enabled_events": list{"*"}})
	if diff := like(with(made, object{"enabled_events": list{"*"}, "updated_at": "~."}), changed); diff != "" {
		t.Errorf("updated (-want +got):\n%s", diff)
	}
	second := c.listen("http://localhost:1/other")
	page := c.must(200, "GET", endpoints+"?limit=1", nil)
	if diff := cmp.Diff([]string{second["id"].(string)}, ids(page)); diff != "" || page["total"] != 2.0 || page["has_more"] != true {
		t.Errorf("the first page = %v", page)
	}
	other := c.with("tilled-account", harbor)
	if got := other.must(200, "GET", endpoints, nil); got["total"] != 0.0 {
		t.Errorf("another account sees %v", got)
	}
	missing := object{"statusCode": 404.0, "message": "Webhook Endpoint not found.", "error": "Not Found"}
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		if diff := cmp.Diff(missing, other.do(method, path, nil).JSON); diff != "" {
			t.Errorf("%s by another account (-want +got):\n%s", method, diff)
		}
	}
	c.must(204, "DELETE", path, nil)
	if diff := cmp.Diff(missing, c.do("GET", path, nil).JSON); diff != "" {
		t.Errorf("get after delete (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		body any
		want list
	}{
		{nil, list{"enabled_events should not be null or undefined", "url should not be null or undefined"}},
		{object{"url": "here", "enabled_events": list{}}, list{"enabled_events should not be empty", "url must be a URL address"}},
		{object{"url": "http://localhost:1", "enabled_events": list{"*"}, "description": strings.Repeat("x", 256)}, list{"description must be shorter than or equal to 255 characters"}},
	} {
		got := c.do("POST", endpoints, tt.body)
		if diff := cmp.Diff(tt.want, got.JSON["message"]); diff != "" || got.Status != http.StatusBadRequest {
			t.Errorf("POST %v = %d (-want +got):\n%s", tt.body, got.Status, diff)
		}
	}
}

// TestPartnersGetTheEventsOfAll: an endpoint of a merchant gets its own events, one of the partner those
// of every merchant.
func TestPartnersGetTheEventsOfAll(t *testing.T) {
	c, own, all := start(t), receive(t, http.StatusOK), receive(t, http.StatusOK)
	const partner, at = "acct_Partner00000000000001", "2026-01-01T00:00:00.000Z"
	c.control("/fixtures", object{"tilled": object{"accounts": list{object{"id": partner, "type": "partner", "created_at": at, "updated_at": at}}}})
	c.listen(own.URL)
	c.with("tilled-account", partner).listen(all.URL)
	c.create(nil)
	c.with("tilled-account", harbor).create(nil)
	var accounts []any
	for _, ev := range received(t, all.messages(c)) {
		accounts = append(accounts, ev["account_id"])
	}
	if diff := cmp.Diff([]any{bakery, harbor}, accounts); diff != "" {
		t.Errorf("the partner got (-want +got):\n%s", diff)
	}
	if got := own.messages(c); len(got) != 1 {
		t.Errorf("the merchant got %d events; want its own", len(got))
	}
}

// TestEventsAreInSnapshots: another process that restores one lists the same events and sends later ones
// to the same endpoint.
func TestEventsAreInSnapshots(t *testing.T) {
	c, other, rc := start(t), start(t), receive(t, http.StatusOK)
	c.freeze()
	c.listen(rc.URL)
	s := c.create(nil)
	c.control("/sessions/"+s["id"].(string)+"/decline", object{})
	sent := len(rc.messages(c))
	other.must(http.StatusNoContent, "PUT", "/_control/snapshot", c.do("GET", "/_control/snapshot", nil).Text)
	want := c.do("GET", events, nil).Text
	if got := other.do("GET", events, nil).Text; got != want || !strings.Contains(want, "charge.failed") {
		t.Errorf("events = %s; want %s", got, want)
	}
	snapshot := c.do("GET", "/_control/snapshot", nil).Text
	short := `"of":"` + s["payment_intent_id"].(string) + `"`
	if !strings.Contains(snapshot, short) {
		t.Errorf("the snapshot repeats the payment: %s", snapshot)
	}
	if a := other.do("PUT", "/_control/snapshot", strings.ReplaceAll(snapshot, short, `"of":"pi_nobody"`)); a.Status != http.StatusUnprocessableEntity ||
		!strings.Contains(a.Text, "/subject/of") || !strings.Contains(a.Text, "pi_nobody") {
		t.Errorf("with an unknown payment = %d %s; want it refused", a.Status, a.Text)
	}
	other.control("/sessions/"+s["id"].(string)+"/pay", object{})
	if got := rc.messages(other); len(got) != sent+3 {
		t.Errorf("%d messages after the restored session was paid; want %d", len(got), sent+3)
	}
}
