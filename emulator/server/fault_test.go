package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/fault"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// thing is a valid body of createThing; said is the whole answer to it.
const (
	thing = `{"big":100}`
	said  = `{"said":"Big"}`
)

// live is a toy behind a real listener, with a client that keeps connections.
type live struct {
	*testing.T
	srv    *Server
	base   string
	client *http.Client
	ran    atomic.Int32 // how often createThing was served
}

func goLive(t *testing.T) *live {
	t.Helper()
	l := &live{T: t, client: &http.Client{Transport: &http.Transport{}}}
	s := newToy()
	create := s.handlers["createThing"]
	s.handlers["createThing"] = func(ctx context.Context, r *api.Request) (api.Response, error) {
		l.ran.Add(1)
		r.DecidedBy = "magic:x"
		return create(ctx, r)
	}
	s.handlers["getThing"] = func(context.Context, *api.Request) (api.Response, error) {
		return api.Response{ContentType: "text/event-stream", Stream: func(ctx context.Context, send func([]byte) error) error {
			for range 3 {
				if err := send([]byte("0123456789")); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	}
	l.srv = newServer(t, s, nil)
	web := httptest.NewServer(l.srv)
	l.base = web.URL
	t.Cleanup(func() {
		l.client.CloseIdleConnections()
		l.srv.Drain()
		web.Close()
	})
	return l
}

// send makes a request with the header X-Fault, unless it is "".
func (l *live) send(method, path, header string) (*http.Response, error) {
	l.Helper()
	req, err := http.NewRequestWithContext(l.Context(), method, l.base+"/toy"+path, strings.NewReader(thing))
	if err != nil {
		l.Fatal(err)
	}
	if header != "" {
		req.Header.Set(fault.Header, header)
	}
	return l.client.Do(req)
}

func (l *live) post(header string) (*http.Response, error) {
	return l.send("POST", "/v1/things", header)
}

// read returns the whole body.
func (l *live) read(resp *http.Response) (string, error) {
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return string(raw), err
}

// normal checks that a request without a fault is served, and leaves its connection to the next one.
func (l *live) normal() {
	l.Helper()
	resp, err := l.post("")
	if err != nil {
		l.Fatal(err)
	}
	if body, err := l.read(resp); err != nil || body != said {
		l.Fatalf("without a fault = %s, %v", body, err)
	}
}

func (l *live) arm(rule string) {
	l.Helper()
	tree, err := wire.Parse([]byte(rule))
	if err != nil {
		l.Fatal(err)
	}
	r, err := fault.Compile(tree, fault.Vocabulary{})
	if err != nil {
		l.Fatal(err)
	}
	b, err := l.srv.sandboxes.Sandbox("")
	if err != nil {
		l.Fatal(err)
	}
	if _, err := b.Faults.Arm(r); err != nil {
		l.Fatal(err)
	}
}

// The connection faults, each by what net/http makes of it, on a kept connection.
func TestConnectionFaults(t *testing.T) {
	for header, check := range map[string]func(error) bool{
		"reset":   func(err error) bool { return errors.Is(err, syscall.ECONNRESET) },
		"empty":   func(err error) bool { return errors.Is(err, io.EOF) },
		"garbage": func(err error) bool { return strings.Contains(err.Error(), "malformed HTTP response") },
	} {
		for _, phase := range []string{"before", "after"} {
			t.Run(header+" "+phase, func(t *testing.T) {
				l := goLive(t)
				l.normal()
				resp, err := l.post(header + "; phase=" + phase)
				if err == nil || !check(err) {
					t.Errorf("got %v, %v", resp, err)
				}
				if want := map[string]int32{"before": 1, "after": 2}[phase]; l.ran.Load() != want {
					t.Errorf("the handler ran %d times; want %d", l.ran.Load(), want)
				}
				l.normal()
			})
		}
	}
}

func TestTruncatedBodies(t *testing.T) {
	for n, want := range map[string]string{"0": "", "5": said[:5], "1000": said[:len(said)-1]} {
		l := goLive(t)
		l.normal()
		resp, err := l.post("truncate=" + n)
		if err != nil {
			t.Fatalf("truncate=%s: %v", n, err)
		}
		body, err := l.read(resp)
		if !errors.Is(err, io.ErrUnexpectedEOF) || body != want || resp.ContentLength != int64(len(said)) {
			t.Errorf("truncate=%s = %q of %d, %v; want %q and an unexpected end", n, body, resp.ContentLength, err, want)
		}
		l.normal()
	}
}

func TestDrip(t *testing.T) {
	l := goLive(t)
	began := time.Now()
	resp, err := l.post("drip=4/5ms")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var all string
	for buf := make([]byte, 100); ; {
		n, err := resp.Body.Read(buf)
		all += string(buf[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); all != said || took < 15*time.Millisecond {
		t.Errorf("dripped %s in %v; want %s in four pieces, 5 ms apart", all, took, said)
	}
	l.normal()
}

func TestFaultsOfStreams(t *testing.T) {
	const whole = "012345678901234567890123456789"
	l := goLive(t)
	for header, want := range map[string]struct {
		body string
		ends bool
	}{
		"":              {whole, true},
		"truncate=14":   {whole[:14], false},
		"truncate=0":    {"", false},
		"drip=7/1ms":    {whole, true},
		"delay=1ms":     {whole, true},
		"truncate=5000": {whole, true}, // the stream ended before
	} {
		resp, err := l.send("GET", "/v1/things/1", header)
		if err != nil {
			t.Fatalf("%s: %v", header, err)
		}
		body, err := l.read(resp)
		if body != want.body || (err == nil) != want.ends || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q = %q, %v; want %q, whole: %v", header, body, err, want.body, want.ends)
		}
	}
	for _, header := range []string{"reset", "empty", "garbage"} {
		if resp, err := l.send("GET", "/v1/things/1", header); err == nil {
			t.Errorf("%s of a stream = %v", header, resp.Status)
		}
	}
}

func TestFaultsOfHEAD(t *testing.T) {
	l := goLive(t)
	for _, header := range []string{"reset", "empty", "garbage", "hang; delay=1ms"} {
		if header == "hang; delay=1ms" {
			go l.srv.drainWhenHeld(1)
		}
		if resp, err := l.send("HEAD", "/v1/things/1", header); err == nil {
			t.Errorf("%s of HEAD = %v", header, resp.Status)
		}
	}
}

// drainWhenHeld drains the server as soon as n requests are held.
func (s *Server) drainWhenHeld(n int) {
	for s.holding.held() < n {
		runtime.Gosched()
	}
	s.Drain()
}

func (h *holding) held() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count
}

func TestDelay(t *testing.T) {
	for _, phase := range []string{"before", "after"} {
		l := goLive(t)
		began := time.Now()
		resp, err := l.post("delay=20ms; phase=" + phase)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := l.read(resp); err != nil || body != said || time.Since(began) < 20*time.Millisecond {
			t.Errorf("delay %s = %s, %v after %v", phase, body, err, time.Since(began))
		}
	}
}

// What is held ends with the caller, and with the server; nothing is left behind.
func TestHeldRequestsEnd(t *testing.T) {
	for _, header := range []string{"hang", "hang; phase=after", "delay=10m", "status=500; delay=10m", "delay=10m; phase=after", "drip=1/1m"} {
		t.Run(header+" until the caller leaves", func(t *testing.T) {
			l := goLive(t)
			ctx, leave := context.WithCancel(t.Context())
			go func() {
				for l.srv.holding.held() == 0 {
					runtime.Gosched()
				}
				leave()
			}()
			req, _ := http.NewRequestWithContext(ctx, "POST", l.base+"/toy/v1/things", strings.NewReader(thing))
			req.Header.Set(fault.Header, header)
			resp, err := l.client.Do(req)
			if err == nil {
				_, err = l.read(resp)
			}
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s = %v", header, err)
			}
			for l.srv.holding.held() > 0 {
				runtime.Gosched()
			}
		})
		t.Run(header+" until the server stops", func(t *testing.T) {
			l := goLive(t)
			go l.srv.drainWhenHeld(1)
			resp, err := l.post(header)
			if err == nil {
				_, err = l.read(resp)
			}
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%s = %v; want a closed connection", header, err)
			}
			if resp, err := l.post("delay=10m"); err == nil {
				t.Errorf("a request after the end was answered: %v", resp.Status)
			}
		})
	}
}

func TestHeldRequestsAreBounded(t *testing.T) {
	h := newHolding()
	h.count = heldAtMost
	if h.wait(t.Context(), time.Hour) {
		t.Error("one more than the bound was held")
	}
}

// The header is asked first, then the oldest fault, then the provider's magic values, then the state.
func TestPrecedence(t *testing.T) {
	l := goLive(t)
	decided := func(header string) string {
		t.Helper()
		resp, err := l.post(header)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = l.read(resp)
		return resp.Header.Get("X-Decided-By")
	}
	if got := decided(""); got != "magic:x" {
		t.Errorf("without a fault: %s", got)
	}
	l.arm(`{"effect":{"delay":"1ms"},"times":2}`)
	l.arm(`{"effect":{"status":500,"delay":"1ms"},"phase":"after"}`)
	for _, want := range []string{"fault:fault_1", "header:delay=1ms", "fault:fault_1", "fault:fault_2", "header:status=503"} {
		header, _ := strings.CutPrefix(want, "header:")
		if header == want {
			header = ""
		}
		if got := decided(header); got != want {
			t.Errorf("%q was decided by %s; want %s", header, got, want)
		}
	}
	b, _ := l.srv.sandboxes.Sandbox("")
	last := b.Journal.Since(0)
	if e := last[len(last)-1]; e.DecidedBy != "header:status=503" {
		t.Errorf("the journal says %s", e.DecidedBy)
	}
}

func TestUnusableHeaderIsToldSo(t *testing.T) {
	l := goLive(t)
	resp, err := l.post("stauts=500")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := l.read(resp)
	if resp.StatusCode != 400 || !strings.Contains(body, `did you mean "status"`) || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") || l.ran.Load() != 0 {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
}

// Faults strike what no route takes as well; what was refused before it was served is left alone,
// unless the header says so.
func TestWhatFaultsStrike(t *testing.T) {
	l := goLive(t)
	l.arm(`{"effect":{"reset":true}}`)
	if resp, err := l.send("GET", "/nowhere", ""); err == nil {
		t.Errorf("an unknown path = %v", resp.Status)
	}
	bad := func(header string) *http.Request {
		req, _ := http.NewRequestWithContext(t.Context(), "POST", l.base+"/toy/v1/things", strings.NewReader(`{"small":"too long"}`))
		if header != "" {
			req.Header.Set(fault.Header, header)
		}
		return req
	}
	resp, err := l.client.Do(bad(""))
	if err != nil || resp.StatusCode != 400 || resp.Header.Get("X-Decided-By") != "state" {
		t.Errorf("a refused request = %v, %v", resp, err)
	}
	if resp, err := l.client.Do(bad("reset")); err == nil {
		t.Errorf("a refused request with the header = %v", resp.Status)
	}
	if resp, err := l.client.Do(bad("delay=1ms; phase=after")); err != nil || resp.StatusCode != 400 {
		t.Errorf("a refused and delayed request = %v, %v", resp, err)
	}
}

// In process there is no connection to break: the request is given up.
func TestConnectionFaultsWithoutAConnection(t *testing.T) {
	l := goLive(t)
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("recovered %v", p)
		}
	}()
	do(l.srv, "POST", "/toy/v1/things", thing, fault.Header, "reset")
	t.Error("an answer was given")
}

func TestErrorsOfStatuses(t *testing.T) {
	l := goLive(t)
	for header, want := range map[string]string{
		"status=418":                      "418 refused",
		"status=503":                      "503 internal",
		"status=404":                      "404 not_found",
		"code=conflict":                   "400 conflict",
		"status=499; code=conflict":       "499 conflict",
		"rate_limit=5/1s":                 "429 rate_limited",
		"status=500; code=no_such_code":   `400 there is no toy code "no_such_code"`,
		"status=500; code=not_found_here": "400 there is no toy code",
	} {
		resp, err := l.post(header)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := l.read(resp)
		status, text, _ := strings.Cut(want, " ")
		if got := resp.Status[:3]; got != status || !strings.Contains(body, text) {
			t.Errorf("%s = %s %s; want %s", header, got, body, want)
		}
	}
}

func BenchmarkMayStrike(b *testing.B) {
	all := sandbox.NewSet(sandbox.Options{})
	defer all.Close()
	m := &mounted{provider: true}
	r := &api.Request{Header: http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer x"}}, Method: "POST"}
	r.Sandbox, _ = all.Sandbox("")
	b.ReportAllocs()
	for b.Loop() {
		if m.mayStrike(r) {
			b.Fatal("nothing is armed")
		}
	}
}
