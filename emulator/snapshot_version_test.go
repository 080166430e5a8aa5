package emulator

import (
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
	if strings.HasPrefix(path, "/polar/") {
		req.Header.Set("Authorization", "Bearer polar_oat_x")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}
