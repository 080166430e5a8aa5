package webhook

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// send posts one message over the network.
func send(t *testing.T, to string, timeout time.Duration) Attempt {
	t.Helper()
	s := NewSender(nil)
	t.Cleanup(s.Close)
	return s.Send(t.Context(), to, Message{ID: "evt_1", Body: []byte("{}")}, http.Header{"User-Agent": {"agent"}}, timeout)
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestSendSaysWhatWasSentAndAnswered(t *testing.T) {
	var header http.Header
	a := send(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Clone()
		body, err := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || string(body) != "{}" || err != nil {
			t.Errorf("received %s %q, %v", r.Method, body, err)
		}
		w.Header().Set("Answer", "yes")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, strings.Repeat("x", 3*CaptureAtMost))
	}), 0)
	if !a.OK() || a.Status != http.StatusAccepted || a.Error != "" || a.Response.Header.Get("Answer") != "yes" || len(a.Response.Body) != CaptureAtMost {
		t.Errorf("attempt = %d %q, %d bytes of %v", a.Status, a.Error, len(a.Response.Body), a.Response.Header)
	}
	want := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"agent"}, "Content-Length": {"2"}}
	for name, values := range header {
		if want.Get(name) != values[0] {
			t.Errorf("the header %s: %s was sent", name, values)
		}
	}
	if len(header) != len(want) || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("headers = %v, noted %v; want %v", header, a.Header, want)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var followed atomic.Bool
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	a := send(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	}), 0)
	if a.OK() || a.Status != http.StatusTemporaryRedirect || followed.Load() {
		t.Errorf("attempt = %d %q, followed %v; want a failure", a.Status, a.Error, followed.Load())
	}
}

// TestNoProxyIsAsked: webhooks go to their endpoint and nowhere else, whatever the environment says.
func TestNoProxyIsAsked(t *testing.T) {
	proxy := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("a proxy was asked for %s", r.URL) })
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy)
	}
	if a := send(t, "http://nowhere.invalid/", 0); a.OK() || !strings.Contains(a.Error, "nowhere.invalid") {
		t.Errorf("attempt = %d %q; want a name that leads nowhere", a.Status, a.Error)
	}
}

func TestReceiversThatFail(t *testing.T) {
	hang := func(r *http.Request) { // until the sender leaves, which shows when the body has been read
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	hijack := func(do func(net.Conn)) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			do(conn)
			conn.Close()
		}
	}
	for _, tt := range []struct {
		name    string
		h       http.HandlerFunc
		timeout time.Duration
		want    string
	}{
		{"never answers", func(_ http.ResponseWriter, r *http.Request) { hang(r) }, 20 * time.Millisecond, "no answer within 20ms"},
		{"stops within its answer", func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			hang(r)
		}, 20 * time.Millisecond, "no answer within 20ms"},
		{"closes without an answer", hijack(func(net.Conn) {}), 0, "EOF"},
		{"resets", hijack(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }), 0, "reset by peer"},
		{"answers garbage", hijack(func(c net.Conn) { _, _ = io.WriteString(c, "garbage\r\n\r\n") }), 0, "malformed HTTP response"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := send(t, serve(t, tt.h), tt.timeout); a.OK() || a.Status != 0 || !strings.Contains(a.Error, tt.want) {
				t.Errorf("attempt = %d %q; want %q", a.Status, a.Error, tt.want)
			}
		})
	}
	for to, want := range map[string]string{"http://127.0.0.1:1/": "connection refused", "http://nowhere.invalid/": "nowhere.invalid"} {
		if a := send(t, to, 0); a.OK() || !strings.Contains(a.Error, want) {
			t.Errorf("to %s: %d %q; want %q", to, a.Status, a.Error, want)
		}
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	s := NewSender(nil)
	t.Cleanup(s.Close)
	ctx, cancel := context.WithCancel(t.Context())
	to := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	if a := s.Send(ctx, to, Message{}, http.Header{}, 0); a.OK() || !strings.Contains(a.Error, "canceled") {
		t.Errorf("attempt = %+v", a)
	}
}

// A container's own localhost is not the machine's: the error says what to write instead.
func TestContainersAreToldOfTheMachine(t *testing.T) {
	refused := &url.Error{Op: "Post", Err: syscall.ECONNREFUSED}
	for _, tt := range []struct {
		inside bool
		to     string
		want   bool
	}{
		{true, "http://localhost:3000/", true},
		{true, "http://127.0.0.1:3000/", true},
		{true, "http://[::1]:3000/", true},
		{true, "http://app:3000/", false},
		{false, "http://localhost:3000/", false},
	} {
		to, err := url.Parse(tt.to)
		if err != nil {
			t.Fatal(err)
		}
		s := &Sender{inContainer: tt.inside}
		if text := s.explain(refused, to, 0); strings.Contains(text, "host.docker.internal") != tt.want {
			t.Errorf("%s refused, in a container %v: %s", tt.to, tt.inside, text)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for text, ok := range map[string]bool{
		"http://localhost:3000/hooks": true, "https://app.example/": true, "http://[::1]:3000": true,
		"": false, "localhost:3000": false, "/hooks": false, "ftp://app/": false, "http://": false, "http://a b": false,
	} {
		if err := CheckURL(text); (err == nil) != ok {
			t.Errorf("CheckURL(%q) = %v", text, err)
		}
	}
}

func TestSubscribed(t *testing.T) {
	for _, tt := range []struct {
		e             Endpoint
		account, what string
		want          bool
	}{
		{Endpoint{}, "a", "order.paid", true},
		{Endpoint{Account: "a"}, "a", "order.paid", true},
		{Endpoint{Account: "b"}, "a", "order.paid", false},
		{Endpoint{Events: []string{"order.paid"}}, "a", "order.paid", true},
		{Endpoint{Events: []string{"order.created"}}, "a", "order.paid", false},
		{Endpoint{Events: []string{"*"}}, "a", "order.paid", true},
	} {
		if got := Subscribed(&tt.e, tt.account, tt.what); got != tt.want {
			t.Errorf("Subscribed(%+v, %s, %s) = %v", tt.e, tt.account, tt.what, got)
		}
	}
}
