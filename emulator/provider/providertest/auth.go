package providertest

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/api"
)

func auth(t *testing.T, w *world) { w.answers(t, w.Auth) }

// unknownKeys: with keys configured, any other one gets the provider's 401 and makes nothing.
func unknownKeys(t *testing.T, s Subject) {
	const known, stranger = "sk_test_known1", "sk_test_stranger1"
	w := &world{Subject: s, t: t, emu: s.run(t, emulator.Options{Keys: map[string]api.Keyring{s.Name: {{Key: known}}}})}
	for key, refuse := range map[string]bool{known: false, stranger: true, known + "x": true} {
		for _, c := range s.withKey(key) {
			if got := w.call(c); (got.status == http.StatusUnauthorized) != refuse || !refuse && got.status/100 != 2 || strings.Contains(got.raw, stranger) {
				t.Errorf("%s %s with %s = %d %s; want 401: %v", c.Method, c.Path, key, got.status, got.raw, refuse)
			}
		}
	}
	if total := w.steer(http.MethodGet, "/sessions", "").body["total"]; total != 1.0 {
		t.Errorf("there are %v sessions; want the one of the known key", total)
	}
}

// notebook is a log that can be read while it is being written.
type notebook struct {
	mu   sync.Mutex // guards what follows
	text bytes.Buffer
}

func (n *notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notebook) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// liveKeys: a key that looks live gets the provider's 401, the journal and the log say why, and the
// key itself is kept nowhere.
func liveKeys(t *testing.T, s Subject) {
	const secret = "51HnotAnybodysKey0"
	var log notebook
	w := &world{Subject: s, t: t, emu: s.run(t, emulator.Options{Verbose: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})}
	for _, prefix := range []string{"sk_live_", "pk_live_", "rk_live_", "sk_live_sandbox_"} {
		for _, c := range s.withKey(prefix + secret) {
			got := w.call(c)
			if got.status != http.StatusUnauthorized || !strings.Contains(got.raw, "live") || strings.Contains(got.raw, secret) {
				t.Errorf("%s %s with %s… = %d %s; want 401 that explains and does not repeat the key", c.Method, c.Path, prefix, got.status, got.raw)
			}
		}
	}
	requests := w.steer(http.MethodGet, "/requests", "")
	entries, _ := requests.body["requests"].([]any)
	for _, e := range entries {
		if problem := e.(map[string]any)["problem"]; problem != api.ErrLiveKey.Error() {
			t.Errorf("the journal says %v; want %q", problem, api.ErrLiveKey)
		}
	}
	if n := strings.Count(log.String(), api.ErrLiveKey.Error()); n != len(entries) || n == 0 {
		t.Errorf("the log explains %d of %d refusals:\n%s", n, len(entries), log.String())
	}
	for place, text := range map[string]string{
		"journal": requests.raw, "log": log.String(), "list of sandboxes": w.steer(http.MethodGet, "/sandboxes", "").raw,
		"list of sessions": w.steer(http.MethodGet, "/sessions", "").raw, "snapshot": w.steer(http.MethodGet, "/snapshot", "").raw,
	} {
		if strings.Contains(text, secret[len(secret)-4:]) {
			t.Errorf("the %s holds the key: %s", place, text)
		}
	}
	if !s.builtIn() {
		return
	}
	o := emulator.Options{Keys: map[string]api.Keyring{s.Name: {{Key: "sk_live_" + secret}}}}
	if _, err := emulator.New(o); err == nil || !strings.Contains(err.Error(), s.Name) || strings.Contains(err.Error(), secret) {
		t.Errorf("a configured live key: %v; want a refusal that names %s and not the key", err, s.Name)
	}
}

// withKey are calls that read and write, with the key in the place of the credential.
func (s Subject) withKey(key string) []Call {
	list, _ := s.List.Page(nil)
	calls := []Call{list, s.Create(1)}
	for i, c := range calls {
		header := maps.Clone(c.Header)
		if header == nil {
			header = map[string]string{}
		}
		maps.Copy(header, s.WithKey(key))
		calls[i].Header = header
	}
	return calls
}
