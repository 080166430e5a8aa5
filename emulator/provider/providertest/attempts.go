package providertest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/provider"
)

// deliveryAttempts: each attempt to deliver an event of the provider is shown with what was sent and
// answered, listed, streamed and as a command; the secret that signs is in none of it.
func deliveryAttempts(t *testing.T, w *world) {
	p, _ := w.load(t)
	policy := p.Dialect().Webhooks
	if policy == nil || policy.Envelope == nil {
		return // it pushes nothing
	}
	bodies, failures := make(chan string, 10), 1
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
		if failures--; failures >= 0 {
			rw.WriteHeader(http.StatusInternalServerError)
		}
		fmt.Fprint(rw, "thanks")
	}))
	t.Cleanup(app.Close)
	eventType := policy.Emits[0]
	if p.(provider.Triggerer).Triggers()[eventType].Do == nil {
		t.Fatalf("%s has no trigger", eventType)
	}
	at := w.steer(http.MethodPost, "/webhooks/endpoints", fmt.Sprintf(`{"provider":%q,"url":%q,"events":[%q]}`, w.Name, app.URL+"/hooks", eventType)).body
	w.steer(http.MethodPost, "/trigger", fmt.Sprintf(`{"provider":%q,"type":%q}`, w.Name, eventType))
	w.steer(http.MethodPost, "/clock/advance", `{"by":"1h"}`)
	list := w.steer(http.MethodGet, "/webhooks/deliveries?endpoint="+at["id"].(string), "")
	deliveries := list.body["deliveries"].([]any)
	d := deliveries[0].(map[string]any)
	attempts, _ := d["attempts"].([]any)
	if len(deliveries) != 1 || d["state"] != "delivered" || len(attempts) != 2 || d["url"] != app.URL+"/hooks" {
		t.Fatalf("deliveries = %s; want one with two attempts", list.raw)
	}
	for i, status := range []float64{500, 200} {
		a := attempts[i].(map[string]any)
		header, _ := a["request"].(map[string]any)["headers"].(map[string]any)
		answer, _ := a["response"].(map[string]any)
		if a["n"] != float64(i+1) || a["status"] != status || len(header) == 0 || answer["body"] != "thanks" || <-bodies != d["body"] {
			t.Errorf("attempt %d = %v", i+1, a)
		}
	}
	one := "/webhooks/deliveries/" + d["id"].(string)
	curl := w.steer(http.MethodGet, one+"?as=curl", "").raw
	for what, text := range map[string]string{"list": list.raw, "one": w.steer(http.MethodGet, one, "").raw, "command": curl, "journal": w.steer(http.MethodGet, "/requests", "").raw} {
		if strings.Contains(text, at["secret"].(string)) {
			t.Errorf("the secret is in the %s: %s", what, text)
		}
	}
	if !strings.Contains(curl, app.URL+"/hooks") || !strings.Contains(curl, "--data-raw") {
		t.Errorf("as a command: %s", curl)
	}
	if got := w.changes("/webhooks/deliveries/stream?since=0&endpoint="+at["id"].(string), 3); strings.Join(got, " ") != "pending/0 pending/1 delivered/2" {
		t.Errorf("the stream has %v; want what was decided, a failed attempt and a successful one", got)
	}
}

// changes reads so many deliveries of a stream: the state of each and how many attempts there were.
func (w *world) changes(path string, count int) (out []string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.emu.Base()+"/_control"+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); len(out) < count && lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var d struct {
			State    string
			Attempts []any
		}
		if err := json.Unmarshal([]byte(data), &d); err != nil {
			w.t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s/%d", d.State, len(d.Attempts)))
	}
	return out
}
