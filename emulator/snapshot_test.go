package emulator

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOlderSnapshotIsRestored: a document of version 1, with paid and declined sessions, and what the program
// that wrote it (at commit d4f8390) answered then. What this program writes of it says the same.
func TestOlderSnapshotIsRestored(t *testing.T) {
	dir := filepath.Join("..", "testdata", "snapshots")
	doc, answers := readFile(t, filepath.Join(dir, "version1.json")), map[string]any{}
	if err := json.Unmarshal([]byte(readFile(t, filepath.Join(dir, "version1.answers.json"))), &answers); err != nil {
		t.Fatal(err)
	}
	for _, written := range []string{"by an older program", "by this one"} {
		e, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		if a := sendAs(e.Handler(), http.MethodPut, "/_control/snapshot", doc); a.Code != http.StatusNoContent {
			t.Fatalf("restore = %d %s", a.Code, a.Body)
		}
		for path, want := range answers {
			var got any
			if err := json.Unmarshal(sendAs(e.Handler(), http.MethodGet, path, "").Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("written %s: %s (-want +got):\n%s", written, path, diff)
			}
		}
		if doc = sendAs(e.Handler(), http.MethodGet, "/_control/snapshot", "").Body.String(); !strings.HasPrefix(doc, `{"localcheckout_snapshot":2,`) {
			t.Errorf("a snapshot begins with %.40s", doc)
		}
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sendAs sends what every provider takes for a merchant's request, at the usual address.
func sendAs(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Host = "127.0.0.1:4747"
	for name, value := range map[string]string{
		"Content-Type": "application/json", "tilled-api-key": "sk_test_x", "tilled-account": "acct_CornerBakery000000001",
	} {
		req.Header.Set(name, value)
	}
	for prefix, credential := range map[string]string{"/polar/": "Bearer polar_oat_x", "/bias/": "Bearer sk_test_x", "/leanrails/": "Basic c2tfdGVzdF94Og=="} {
		if strings.HasPrefix(path, prefix) {
			req.Header.Set("Authorization", credential)
		}
	}
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", rand.Text())
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

// TestAnySnapshotIsRestoredOrRefused: one in which any value is of another kind, or is not there, breaks nothing
// but itself: it is restored or refused, and another is restored as if nothing had been.
func TestAnySnapshotIsRestoredOrRefused(t *testing.T) {
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	h := e.Handler()
	whole := snapshotOfAll(t, h)
	var tree any
	if err := json.Unmarshal([]byte(whole), &tree); err != nil {
		t.Fatal(err)
	}
	tried := 0
	eachValue(tree, func(set func(any), value any) {
		for _, other := range []any{nil, 7, members{}} {
			set(other)
			doc, err := json.Marshal(tree)
			if err != nil {
				t.Fatal(err)
			}
			if a := sendAs(h, http.MethodPut, "/_control/snapshot", string(doc)); a.Code != http.StatusNoContent && a.Code != http.StatusUnprocessableEntity {
				t.Errorf("restore = %d %s of %s", a.Code, a.Body, doc)
			}
			tried++
		}
		set(value)
	})
	if tried < 1000 {
		t.Errorf("only %d documents were tried", tried)
	}
	if a := sendAs(h, http.MethodPut, "/_control/snapshot", whole); a.Code != http.StatusNoContent {
		t.Fatalf("restore = %d %s", a.Code, a.Body)
	}
	if after := sendAs(h, http.MethodGet, "/_control/snapshot", "").Body.String(); after != whole {
		t.Errorf("another snapshot comes back than was restored:\n%s", cmp.Diff(strings.Split(whole, "\n"), strings.Split(after, "\n")))
	}
}

type members = map[string]any

// snapshotOfAll is one with a paid session of each provider.
func snapshotOfAll(t *testing.T, h http.Handler) string {
	t.Helper()
	sendAs(h, http.MethodPost, "/_control/clock/freeze", "")
	for _, one := range []struct{ path, body string }{
		{"/polar/v1/checkouts/", `{"products":["b3f3c9b1-1168-47b6-b178-2af9b468bad7"],"customer_email":"ada@example.com","metadata":{"n":1}}`},
		{"/tilled/v1/checkout-sessions", `{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"Cake"},"unit_amount":100},"quantity":2}],` +
			`"payment_intent_data":{"payment_method_types":["card"]},"metadata":{"n":"1"},"success_url":"https://shop.example/done"}`},
		{"/bias/v1/checkout_sessions", `{"mode":"payment","amount":100}`},
		{"/leanrails/v1/checkout/sessions", `{"mode":"payment","success_url":"https://shop.example/","line_items":[{"price":"price_3fg6hj9km1np0001","quantity":1}]}`},
	} {
		var made struct{ ID string }
		a := sendAs(h, http.MethodPost, one.path, one.body)
		if err := json.Unmarshal(a.Body.Bytes(), &made); err != nil || made.ID == "" {
			t.Fatalf("%s = %d %s", one.path, a.Code, a.Body)
		}
		if a := sendAs(h, http.MethodPost, "/_control/sessions/"+made.ID+"/pay", "{}"); a.Code != http.StatusOK {
			t.Fatalf("pay = %d %s", a.Code, a.Body)
		}
	}
	return sendAs(h, http.MethodGet, "/_control/snapshot", "").Body.String()
}

// eachValue visits every value below a tree with what puts another in its place.
func eachValue(tree any, visit func(set func(any), value any)) {
	switch v := tree.(type) {
	case members:
		for name, value := range v {
			visit(func(other any) { v[name] = other }, value)
			eachValue(value, visit)
		}
	case []any:
		for i, value := range v {
			visit(func(other any) { v[i] = other }, value)
			eachValue(value, visit)
		}
	}
}
