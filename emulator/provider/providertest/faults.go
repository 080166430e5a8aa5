package providertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
)

// arm arms a fault for the subject's provider; match holds further words of the match, "" none.
func (w *world) arm(match, rest string) {
	w.t.Helper()
	if match != "" {
		match = "," + match
	}
	w.steer(http.MethodPost, "/faults", fmt.Sprintf(`{"match":{"provider":%q%s},%s}`, w.Name, match, rest))
}

// keyed is a creation with an idempotency key, where the provider has them.
func (w *world) keyed(key string, more map[string]string) Call {
	c := w.Create(1)
	header := map[string]string{}
	for _, from := range []map[string]string{w.Header, c.Header, more} {
		for name, value := range from {
			header[name] = value
		}
	}
	if w.KeyHeader != "" {
		header[w.KeyHeader] = key
	}
	c.Header = header
	return c
}

func (w *world) total() float64 {
	w.t.Helper()
	n, _ := w.steer(http.MethodGet, "/sessions", "").body["total"].(float64)
	return n
}

// failTheNext: the next calls fail in the provider's dialect and then work; a fault after the state
// change leaves the session; an idempotency key keeps what the provider would keep.
func failTheNext(t *testing.T, w *world) {
	w.arm(`"method":"POST"`, `"effect":{"status":500},"times":2`)
	for i, want := range []int{500, 500, 0} {
		r := w.call(w.keyed("before", nil))
		if want == 0 && r.status/100 != 2 || want != 0 && (r.status != want || r.raw == "") {
			t.Errorf("call %d = %d %s; want %d, and then a success", i+1, r.status, r.raw, want)
		}
	}
	if n := w.total(); n != 1 {
		t.Errorf("there are %v sessions; want one: the fault came before the state change, and took no key", n)
	}
	w.steer(http.MethodDelete, "/faults", "")
	w.arm(`"method":"POST"`, `"effect":{"status":500},"phase":"after","times":1`)
	if r := w.call(w.keyed("after", nil)); r.status != 500 || w.total() != 2 {
		t.Errorf("a fault after the state change = %d %s with %v sessions; want 500 and the session", r.status, r.raw, w.total())
	}
	if w.KeyHeader == "" {
		return
	}
	// An answer that was lost on its way was kept: the retry gets it, and makes no session.
	c := w.keyed("lost", map[string]string{"X-Fault": "empty; phase=after"})
	if _, err := w.try(t.Context(), c); !errors.Is(err, io.EOF) {
		t.Errorf("an empty reply = %v", err)
	}
	made := w.total()
	if r := w.call(w.keyed("lost", nil)); r.status/100 != 2 || w.total() != made {
		t.Errorf("the retry = %d %s with %v sessions; want the answer that was lost, and %v", r.status, r.raw, w.total(), made)
	}
}

// errorsOnDemand: any status and each code is answered in the provider's shape; the emulator checks
// what the document declares.
func errorsOnDemand(t *testing.T, w *world) {
	id, _ := w.create(1)
	ask := func(header string) reply {
		c := w.Get(id)
		c.Header = w.keyed("x", map[string]string{"X-Fault": header}).Header
		return w.call(c)
	}
	for _, status := range []int{400, 401, 402, 403, 404, 408, 409, 410, 413, 415, 418, 422, 429, 499, 500, 501, 502, 503, 504, 599} {
		r := ask(fmt.Sprintf("status=%d", status))
		if r.status != status || len(r.body) == 0 && !strings.HasPrefix(r.header.Get("Content-Type"), "text/plain") {
			t.Errorf("status=%d = %d %s %q", status, r.status, r.header.Get("Content-Type"), r.raw)
		}
		if told, ok := r.body["statusCode"].(float64); ok && int(told) != status {
			t.Errorf("status=%d tells %v in its body", status, told)
		}
	}
	p, _ := w.load(t)
	coded, _ := p.(api.Coded)
	for _, word := range api.ErrorWords(p) {
		r := ask("code=" + word)
		if r.status < 400 || r.raw == "" {
			t.Errorf("code=%s = %d %s; want an error", word, r.status, r.raw)
		}
		if coded != nil && coded.ErrorCodes()[word] != nil && !slices.Contains(p.DeclineCodes(), word) && !strings.Contains(r.raw, `"`+word+`"`) {
			t.Errorf("code=%s = %s; want the word in it", word, r.raw)
		}
	}
	if r := ask("rate_limit=7/30s"); r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") != "30" {
		t.Errorf("rate_limit = %d %v; want 429 and to come back after 30 s", r.status, r.header)
	}
}

// try makes a request that may end without an answer, on a connection of its own.
func (w *world) try(ctx context.Context, c Call) (raw string, err error) {
	req, err := http.NewRequestWithContext(ctx, c.Method, w.emu.Base()+w.prefix+"/"+w.Name+c.Path, strings.NewReader(c.Body))
	if err != nil {
		return "", err
	}
	for name, value := range c.Header {
		req.Header.Set(name, value)
	}
	if c.Body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// brokenConnections: each effect is what the caller sees, on every kind of operation.
func brokenConnections(t *testing.T, w *world) {
	id, _ := w.create(1)
	first, _ := w.List.Page(nil)
	for name, c := range map[string]Call{"create": w.Create(2), "get": w.Get(id), "list": first} {
		for effect, seen := range map[string]func(string, error) bool{
			`"reset":true`:                        func(_ string, err error) bool { return errors.Is(err, syscall.ECONNRESET) },
			`"empty":true`:                        func(_ string, err error) bool { return errors.Is(err, io.EOF) },
			`"garbage":true`:                      func(_ string, err error) bool { return err != nil && strings.Contains(err.Error(), "malformed HTTP") },
			`"truncate":9`:                        func(raw string, err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) && len(raw) == 9 },
			`"drip":{"chunk":4096,"every":"1ms"}`: func(raw string, err error) bool { return err == nil && json.Valid([]byte(raw)) },
		} {
			w.steer(http.MethodDelete, "/faults", "")
			w.arm("", `"effect":{`+effect+`}`)
			header := w.keyed(name+effect, nil).Header
			if raw, err := w.try(t.Context(), Call{c.Method, c.Path, c.Body, header}); !seen(raw, err) {
				t.Errorf("%s with %s = %q, %v", name, effect, raw, err)
			}
		}
	}
	w.steer(http.MethodDelete, "/faults", "")
	began := time.Now()
	w.arm("", `"effect":{"delay":"30ms"},"times":1`)
	if w.must(w.Get(id), http.StatusOK); time.Since(began) < 30*time.Millisecond {
		t.Errorf("a delayed answer came after %v", time.Since(began))
	}
	w.hang(t, id)
}

// hang: nothing is answered until the caller leaves; then the next call works.
func (w *world) hang(t *testing.T, id string) {
	w.arm("", `"effect":{"hang":true},"times":1`)
	w.steer(http.MethodDelete, "/requests", "")
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		c := w.Get(id)
		c.Header = w.Header
		_, err := w.try(ctx, c)
		ended <- err
	}()
	w.steer(http.MethodGet, "/requests/wait?method=GET&timeout=10s", "") // it is in the journal before it hangs
	leave()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a call that hangs = %v; want it to last until the caller left", err)
	}
	w.must(w.Get(id), http.StatusOK)
}

// faultsThatNameNothing are refused with what there is, and what was probably meant.
func faultsThatNameNothing(t *testing.T, w *world) {
	_, doc := w.load(t)
	operation := doc.Operations()[0].ID
	wrong := operation[:len(operation)-1] + "x"
	for body, want := range map[string]string{
		fmt.Sprintf(`{"match":{"provider":%q},"effect":{"hang":true}}`, w.Name+"s"):                          w.Name,
		fmt.Sprintf(`{"match":{"provider":%q,"operation":%q},"effect":{"hang":true}}`, w.Name, wrong):        operation,
		fmt.Sprintf(`{"match":{"provider":%q,"body":{"/no_such_member":1}},"effect":{"hang":true}}`, w.Name): "no_such_member",
		fmt.Sprintf(`{"match":{"provider":%q},"effect":{"status":402,"code":"declind"}}`, w.Name):            "declined",
		fmt.Sprintf(`{"match":{"provider":%q},"effect":{"hagn":true}}`, w.Name):                              "hang",
		fmt.Sprintf(`{"match":{"provider":%q,"operaton":%q},"effect":{"hang":true}}`, w.Name, operation):     "operation",
	} {
		r := w.control(http.MethodPost, "/faults", body)
		detail, _ := r.body["detail"].(string)
		if r.status != http.StatusUnprocessableEntity || !strings.Contains(detail, want) || r.body["allowed"] == nil {
			t.Errorf("%s = %d %s; want 422 with %q and the valid names", body, r.status, r.raw, want)
		}
		if suggests := strings.Contains(detail, "did you mean"); suggests == (want == "no_such_member") {
			t.Errorf("%s says %q", body, detail)
		}
	}
	if list, _ := w.steer(http.MethodGet, "/faults", "").body["faults"].([]any); len(list) != 0 {
		t.Errorf("refused faults were armed: %v", list)
	}
}

// whoDecided: the header comes before armed faults, those in their order, and then the state; each
// answer and the journal say who it was.
func whoDecided(t *testing.T, w *world) {
	id, _ := w.create(1)
	w.arm("", `"effect":{"delay":"1ms"},"times":1`)
	w.arm("", `"effect":{"status":503},"times":1`)
	get := func(header string) reply {
		c := w.Get(id)
		c.Header = w.keyed("x", map[string]string{"X-Fault": header}).Header
		if header == "" {
			delete(c.Header, "X-Fault")
		}
		return w.call(c)
	}
	for _, step := range []struct {
		header string
		status int
		by     string
	}{
		{"status=418", 418, "header:status=418"},
		{"", 200, "fault:fault_1"},
		{"status=500; phase=after", 500, "header:status=500; phase=after"},
		{"", 503, "fault:fault_2"},
		{"", 200, "state"},
	} {
		r := get(step.header)
		list, _ := w.steer(http.MethodGet, "/requests", "").body["requests"].([]any)
		kept := list[len(list)-1].(map[string]any)["decided_by"]
		if r.status != step.status || r.header.Get("X-Decided-By") != step.by || kept != step.by {
			t.Errorf("X-Fault %q = %d by %q, in the journal %v; want %d by %q", step.header, r.status, r.header.Get("X-Decided-By"), kept, step.status, step.by)
		}
	}
	if r := get("stauts=500"); r.status != http.StatusBadRequest || !strings.Contains(r.raw, `did you mean "status"`) {
		t.Errorf("a header that cannot be used = %d %s", r.status, r.raw)
	}
}
