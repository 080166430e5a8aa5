package polar_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// inbox is an application's webhook handler that keeps what it gets.
type inbox struct {
	*httptest.Server
	t      *testing.T
	over   atomic.Bool // what is on its way then is cut off
	mu     sync.Mutex
	got    []arrival
	status int // of its answers; 0 is 202
	reply  string
}

// arrival is one webhook as it came.
type arrival struct {
	header http.Header
	raw    []byte
	body   object
}

func newInbox(t *testing.T) *inbox {
	in := &inbox{t: t}
	in.Server = httptest.NewServer(http.HandlerFunc(in.serve))
	t.Cleanup(func() {
		in.over.Store(true)
		in.Close()
	})
	return in
}

func (in *inbox) serve(rw http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	a := arrival{header: r.Header, raw: raw}
	if err == nil {
		err = json.Unmarshal(raw, &a.body)
	}
	if err != nil && !in.over.Load() {
		in.t.Errorf("webhook %s: %v", raw, err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.got = append(in.got, a)
	if in.status == 0 {
		rw.WriteHeader(http.StatusAccepted)
	} else {
		rw.WriteHeader(in.status)
	}
	_, _ = io.WriteString(rw, in.reply)
}

// answer sets what the receiver answers from now on.
func (in *inbox) answer(status int, reply string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.status, in.reply = status, reply
}

// take returns what has come since the last time.
func (in *inbox) take() []arrival {
	in.mu.Lock()
	defer in.mu.Unlock()
	out := in.got
	in.got = nil
	return out
}

// types takes what has come, and returns the types.
func (in *inbox) types() []string {
	out := []string{}
	for _, a := range in.take() {
		out = append(out, a.body["type"].(string))
	}
	return out
}

func (in *inbox) wantTypes(what string, want ...string) {
	in.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), in.types()); diff != "" {
		in.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// listen has everything sent to a new receiver.
func (w *world) listen() *inbox {
	w.t.Helper()
	in := newInbox(w.t)
	w.control("POST", "/webhooks/endpoints", object{"provider": "polar", "url": in.URL + "/hooks"})
	return in
}

// settle returns when what is to be sent by now has been sent.
func (w *world) settle() {
	w.t.Helper()
	w.advance("0s")
}

// steer gives a session a command of the control API.
func (w *world) steer(session object, action string) {
	w.t.Helper()
	w.control("POST", "/sessions/"+session["id"].(string)+"/"+action, object{})
}

func (w *world) confirm(session object, token string, status int) object {
	w.t.Helper()
	body := object{"confirmation_token_id": token, "customer_billing_address": object{"country": "FR"}}
	return w.client("POST", session, "/confirm", body).want(status)
}
