package server

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// keyed is the toy with idempotency keys.
type keyed struct{ toy }

func (keyed) Idempotency(r *api.Request) (api.Key, error) {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > 10 {
		return api.Key{}, &checkout.Error{Code: checkout.CodeInvalid}
	}
	return api.Key{Key: key, Scope: r.Header.Get("X-Key"), Life: time.Hour}, nil
}

func (keyed) Keeps(resp api.Response) bool { return resp.Status < 500 }
func (keyed) Replayed(resp *api.Response)  { resp.SetHeader("X-Replayed", "1") }
func counting(n *atomic.Int32) api.Handler {
	return func(_ context.Context, r *api.Request) (api.Response, error) {
		count := strconv.Itoa(int(n.Add(1)))
		switch r.Body.(map[string]any)["small"] {
		case "err":
			return api.Response{}, &checkout.Error{Code: checkout.CodeConflict}
		case "bad":
			return api.Response{}, errors.New("ours")
		case "pan":
			panic("boom")
		}
		return api.Response{Body: map[string]string{"said": count}}, nil
	}
}

func TestIdempotencyKeys(t *testing.T) {
	var n atomic.Int32
	s := keyed{newToy()}
	s.handlers["createThing"] = counting(&n)
	srv := newServer(t, s, nil)
	for _, tt := range []struct {
		name, key, scope, body, query string
		said, replayed                string
	}{
		{"first", "k", "", `{"small":"x"}`, "", "1", ""},
		{"replay", "k", "", `{"small":"x"}`, "", "1", "1"},
		{"another key", "l", "", `{"small":"x"}`, "", "2", ""},
		{"another caller", "k", "c", `{"small":"x"}`, "", "3", ""},
		{"another body", "k", "", `{"small":"y"}`, "", "key_reused", ""},
		{"another query", "k", "", `{"small":"x"}`, "?q=1", "key_reused", ""},
		{"no key", "", "", `{"small":"x"}`, "", "4", ""},
		{"unusable key", "12345678901", "", `{"small":"x"}`, "", "invalid", ""},
		{"invalid request", "v", "", `{"small":5}`, "", "invalid Big/big:required Small/small:type", ""},
		{"does not consume the key", "v", "", `{"small":"x"}`, "", "5", ""},
		{"kept error", "e", "", `{"small":"err"}`, "", "conflict", ""},
		{"replayed error", "e", "", `{"small":"err"}`, "", "conflict", "1"},
		{"our fault", "f", "", `{"small":"bad"}`, "", "ours", ""},
		{"is not kept", "f", "", `{"small":"x"}`, "", "8", ""},
		{"a panic", "p", "", `{"small":"pan"}`, "", "panic: boom", ""},
		{"frees the key", "p", "", `{"small":"x"}`, "", "10", ""},
	} {
		w := do(srv, "POST", "/toy/v1/things"+tt.query, tt.body, "Idempotency-Key", tt.key, "X-Key", tt.scope)
		if want := `{"said":"` + tt.said + `"}`; w.Body.String() != want || w.Header().Get("X-Replayed") != tt.replayed {
			t.Errorf("%s: %d %s, replayed %q; want %s, %q", tt.name, w.Code, w.Body, w.Header().Get("X-Replayed"), want, tt.replayed)
		}
	}
}

func TestDuplicatesOfARunningRequestWaitForItsAnswer(t *testing.T) {
	var n atomic.Int32
	s := keyed{newToy()}
	s.handlers["createThing"] = counting(&n)
	srv := newServer(t, s, nil)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if w := do(srv, "POST", "/toy/v1/things", `{"small":"x"}`, "Idempotency-Key", "k"); w.Body.String() != `{"said":"1"}` {
				t.Errorf("a duplicate got %d %s", w.Code, w.Body)
			}
		})
	}
	wg.Wait()
}

func TestRequestHeldForLongIsInUse(t *testing.T) {
	s := keyed{newToy()}
	entered, leave := make(chan struct{}), make(chan struct{})
	s.handlers["createThing"] = func(context.Context, *api.Request) (api.Response, error) {
		close(entered)
		<-leave
		return api.Response{Body: map[string]string{"said": "late"}}, nil
	}
	srv := newServer(t, s, func(o *Options) { o.KeyWait = time.Millisecond })
	first := make(chan *httptest.ResponseRecorder)
	go func() { first <- do(srv, "POST", "/toy/v1/things", `{"small":"x"}`, "Idempotency-Key", "k") }()
	<-entered
	if w := do(srv, "POST", "/toy/v1/things", `{"small":"x"}`, "Idempotency-Key", "k"); w.Body.String() != `{"said":"key_in_use"}` {
		t.Errorf("while the first runs: %d %s; want in use", w.Code, w.Body)
	}
	close(leave)
	if w := <-first; w.Code != http.StatusOK {
		t.Errorf("the first got %d %s", w.Code, w.Body)
	}
}

func TestStrictRefusesWhatNothingReads(t *testing.T) {
	s := newToy()
	s.handlers["createThing"] = func(_ context.Context, r *api.Request) (api.Response, error) {
		in, err := api.Decode[struct {
			Small string `json:"small"`
		}](r)
		return api.Response{Body: map[string]string{"said": in.Small}}, err
	}
	for strict, want := range map[bool]string{false: `{"said":"x"}`, true: `{"said":"invalid Small/color:properties Small/size:properties"}`} {
		srv := newServer(t, s, func(o *Options) { o.Strict = strict })
		if w := do(srv, "POST", "/toy/v1/things", `{"small":"x","size":1,"color":2}`); strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("strict %v: %d %s; want %s", strict, w.Code, w.Body, want)
		}
	}
}
