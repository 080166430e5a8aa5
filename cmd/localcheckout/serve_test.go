package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator"
)

// TestServeSaysWhere: the first line is the address, then every provider with its base URL; it
// answers there, and ends with 0.
func TestServeSaysWhere(t *testing.T) {
	clean(t)
	for _, args := range [][]string{{"--addr", "127.0.0.1:0"}, {"serve", "--addr", "127.0.0.1:0"}, {"--addr", ":0"}} {
		s := start(t, args...)
		if !regexp.MustCompile(`^listening on http://127\.0\.0\.1:[1-9][0-9]*$`).MatchString(s.lines[0]) {
			t.Errorf("%q: first line = %q; want the address", args, s.lines[0])
		}
		_, port, _ := strings.Cut(strings.TrimPrefix(s.base, "http://"), ":")
		for _, p := range emulator.ProviderNames() {
			want := "http://localhost:" + port + "/" + p
			if !slices.ContainsFunc(s.lines, func(l string) bool { return slices.Equal(strings.Fields(l), []string{p, want}) }) {
				t.Errorf("%q: no line for %s with %s in %q", args, p, want, s.lines)
			}
		}
		if status, body := s.get(t, "/readyz"); status != http.StatusOK {
			t.Errorf("%q: GET /readyz = %d %s", args, status, body)
		}
		if code := s.stop(); code != exitOK {
			t.Errorf("%q: exit code = %d, stderr %q; want 0", args, code, s.stderr)
		}
	}
}

func TestTwoAtOnce(t *testing.T) {
	clean(t)
	a, b := start(t, "--addr", "127.0.0.1:0"), start(t, "--addr", "127.0.0.1:0")
	if a.base == b.base {
		t.Fatalf("two instances are both at %s", a.base)
	}
	for _, s := range []*served{a, b} {
		if status, _ := s.get(t, "/readyz"); status != http.StatusOK {
			t.Errorf("GET %s/readyz = %d", s.base, status)
		}
	}
}

// TestPortTaken: a failure that says which flag to use, before anything is said to listen.
func TestPortTaken(t *testing.T) {
	clean(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	for flag, args := range map[string][]string{
		"--addr":       {"--addr", taken},
		"--polar-addr": {"--addr", "127.0.0.1:0", "--polar-addr", taken},
	} {
		code, stdout, stderr := invoke(args...)
		if code != exitFailure || stdout != "" {
			t.Errorf("run(%q) = %d, stdout %q; want %d and nothing", args, code, stdout, exitFailure)
		}
		for _, want := range []string{taken, flag, "port 0"} {
			if !strings.Contains(stderr, want) {
				t.Errorf("run(%q) says %q; want %q in it", args, stderr, want)
			}
		}
	}
}

// TestProviderAlone: a provider's own port serves it at the root, and nothing else.
func TestProviderAlone(t *testing.T) {
	clean(t)
	s := start(t, "--addr", "127.0.0.1:0", "--polar-addr", "127.0.0.1:0")
	i := slices.IndexFunc(s.lines, func(l string) bool { return strings.Contains(l, "(alone)") })
	if i < 0 {
		t.Fatalf("no line says where polar stands alone: %q", s.lines)
	}
	fields := strings.Fields(s.lines[i])
	alone := &served{base: strings.Replace(fields[1], "localhost", "127.0.0.1", 1)}
	for path, want := range map[string]int{"/v1/checkouts/": 200, "/polar/v1/checkouts/": 404, "/_control/info": 404} {
		if status, body := alone.get(t, path, "Authorization", "Bearer polar_oat_1"); fields[0] != "polar" || status != want {
			t.Errorf("GET %s of %s alone = %d %s; want %d", path, fields[0], status, body, want)
		}
	}
}

// TestControlApart: with an address of its own the control API is there and nowhere else; with a token
// it answers nobody who does not send that, and commands take both from the environment.
func TestControlApart(t *testing.T) {
	clean(t)
	s := start(t, "--addr", "127.0.0.1:0", "--control-addr", "127.0.0.1:0", "--control-token", "hush")
	last := strings.Fields(s.lines[len(s.lines)-1])
	apart := &served{base: strings.TrimSuffix(strings.Replace(last[1], "localhost", "127.0.0.1", 1), "/_control/info")}
	for _, tt := range []struct {
		at     *served
		path   string
		token  string
		status int
	}{
		{s, "/_control/info", "hush", 404},
		{s, "/polar/v1/checkouts/", "polar_oat_1", 200},
		{apart, "/_control/info", "hush", 200},
		{apart, "/_control/info", "hash", 401},
		{apart, "/polar/v1/checkouts/", "polar_oat_1", 404},
		{apart, "/readyz", "", 200},
	} {
		if status, body := tt.at.get(t, tt.path, "Authorization", "Bearer "+tt.token); status != tt.status {
			t.Errorf("GET %s%s = %d %s; want %d", tt.at.base, tt.path, status, body, tt.status)
		}
	}
	if _, body := apart.get(t, "/_control/info", "Authorization", "Bearer hush"); !strings.Contains(body, s.base+"/polar") {
		t.Errorf("info = %s; want the providers at %s", body, s.base)
	}
	t.Setenv("LOCALCHECKOUT_ADDR", strings.TrimPrefix(s.base, "http://"))
	t.Setenv("LOCALCHECKOUT_CONTROL_ADDR", strings.TrimPrefix(apart.base, "http://"))
	if code, _, stderr := invoke("reset"); code != exitFailure || !strings.Contains(stderr, "--control-token") || strings.Contains(stderr, "hush") {
		t.Errorf("reset without the token = %d %q; want 1 and the flag", code, stderr)
	}
	t.Setenv("LOCALCHECKOUT_CONTROL_TOKEN", "hush")
	if code, _, stderr := invoke("reset"); code != exitOK {
		t.Errorf("reset by the environment = %d %q", code, stderr)
	}
	s.stop()
	if strings.Contains(strings.Join(s.lines, "")+s.stderr, "hush") {
		t.Errorf("the token is shown: %q %q", s.lines, s.stderr)
	}
	if code, _, stderr := invoke("--control-token", "a b"); code != exitUsage || strings.Contains(stderr, "a b") || !strings.Contains(stderr, "--control-token") {
		t.Errorf("an unusable token = %d %q", code, stderr)
	}
}

// TestProviderByHost: a host name of its own puts a provider at the root, too.
func TestProviderByHost(t *testing.T) {
	clean(t)
	s := start(t, "--addr", "127.0.0.1:0")
	for host, want := range map[string]int{"polar.localhost:4747": 200, "localhost:4747": 404} {
		if status, body := s.get(t, "/v1/checkouts/", "Host", host, "Authorization", "Bearer polar_oat_1"); status != want {
			t.Errorf("GET /v1/checkouts/ of %s = %d %s; want %d", host, status, body, want)
		}
	}
}

// TestPrecedence: a flag beats its variable, which beats the default; an empty variable is none.
func TestPrecedence(t *testing.T) {
	for _, tt := range []struct {
		name, variable string
		args           []string
		want           uint64
	}{
		{"default", "", nil, 1},
		{"variable", "7", nil, 7},
		{"flag", "", []string{"--seed", "9"}, 9},
		{"flag and variable", "7", []string{"--seed", "9"}, 9},
		{"flag of serve and variable", "7", []string{"serve", "--seed", "9"}, 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clean(t)
			t.Setenv("LOCALCHECKOUT_ADDR", "127.0.0.1:0")
			t.Setenv("LOCALCHECKOUT_SEED", tt.variable)
			if got := start(t, tt.args...).info(t).Seed; got != tt.want {
				t.Errorf("seed = %d; want %d", got, tt.want)
			}
		})
	}
}

// TestFlagsArrive: what each flag is for can be seen in answers.
func TestFlagsArrive(t *testing.T) {
	clean(t)
	s := start(t, "--addr", "127.0.0.1:0", "--start", "2031-05-06T07:08:09Z", "--public-url", "https://pay.example/lc",
		"--token", "polar:polar_oat_reader=checkouts:read", "--token", "tilled:sk_1", "--verbose", "--log-format", "json")
	if _, body := s.get(t, "/_control/clock"); !strings.Contains(body, `"now":"2031-05-06T07:`) {
		t.Errorf("clock = %s; want it to begin at --start", body)
	}
	for _, p := range s.info(t).Providers {
		if want := "https://pay.example/lc/" + p.Name; p.BaseURL != want {
			t.Errorf("base URL of %s = %q; want %q", p.Name, p.BaseURL, want)
		}
	}
	for token, want := range map[string]int{"polar_oat_reader": 200, "polar_oat_stranger": 401} {
		if status, body := s.get(t, "/polar/v1/checkouts/", "Authorization", "Bearer "+token); status != want {
			t.Errorf("list with %s = %d %s; want %d", token, status, body, want)
		}
	}
	for key, want := range map[string]int{"sk_1": 200, "sk_2": 401} {
		status, body := s.get(t, "/tilled/v1/checkout-sessions", "tilled-account", "acct_1", "tilled-api-key", key)
		if status != want {
			t.Errorf("list with %s = %d %s; want %d", key, status, body, want)
		}
	}
	s.stop()
	var line struct{ Surface, Operation, Method, Path string }
	first, _, _ := strings.Cut(s.stderr, "\n")
	if err := json.Unmarshal([]byte(first), &line); err != nil || line.Operation == "" {
		t.Errorf("first line of the log = %q, %v; want one exchange in JSON", first, err)
	}
}

// TestQuiet: without --verbose nothing is logged.
func TestQuiet(t *testing.T) {
	clean(t)
	s := start(t, "--addr", "127.0.0.1:0")
	s.get(t, "/_control/info")
	if code := s.stop(); code != exitOK || s.stderr != "" {
		t.Errorf("exit code %d, log %q; want 0 and nothing", code, s.stderr)
	}
}

// TestWait: 0 as soon as the emulator is ready, 1 when it is not in time.
func TestWait(t *testing.T) {
	clean(t)
	s := start(t, "--addr", "127.0.0.1:0")
	addr := strings.TrimPrefix(s.base, "http://")
	_, port, _ := net.SplitHostPort(addr)
	for _, at := range []string{addr, ":" + port, "0.0.0.0:" + port} {
		if code, stdout, stderr := invoke("wait", "--addr", at); code != exitOK || stdout+stderr != "" {
			t.Errorf("wait --addr %s = %d, %q, %q; want 0 and nothing", at, code, stdout, stderr)
		}
	}
	t.Setenv("LOCALCHECKOUT_ADDR", addr)
	if code, _, stderr := invoke("wait"); code != exitOK {
		t.Errorf("wait by variable = %d, %q; want 0", code, stderr)
	}
	s.stop()
	if code, _, stderr := invoke("wait", "--timeout", "50ms"); code != exitFailure || !strings.Contains(stderr, addr) {
		t.Errorf("wait for nothing = %d, %q; want 1 and the address", code, stderr)
	}
}

func TestWaitTriesAgain(t *testing.T) {
	clean(t)
	var tries atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) < 3 || r.URL.Path != "/readyz" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer s.Close()
	code, _, stderr := invoke("wait", "--addr", strings.TrimPrefix(s.URL, "http://"))
	if code != exitOK || tries.Load() != 3 {
		t.Errorf("wait = %d after %d tries, %q; want 0 after 3", code, tries.Load(), stderr)
	}
}

// served is a command line that serves.
type served struct {
	base   string
	lines  []string // of stdout
	stderr string   // complete after stop
	stop   func() int
}

// start runs a command line that serves, until stop or the end of the test.
func start(t *testing.T, args ...string) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stdout, writer := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		code := run(ctx, append([]string{"localcheckout"}, args...), writer, &stderr)
		writer.Close()
		ended <- code
	}()
	s := &served{}
	s.stop = sync.OnceValue(func() int {
		cancel()
		code := <-ended
		s.stderr = stderr.String()
		return code
	})
	t.Cleanup(func() { s.stop() })
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		s.lines = append(s.lines, lines.Text())
		if strings.Contains(lines.Text(), "/_control/") {
			s.base = strings.TrimPrefix(s.lines[0], "listening on ")
			go func() { _, _ = io.Copy(io.Discard, stdout) }() // until the writer is closed; a full pipe would stop the server
			return s
		}
	}
	code := s.stop()
	t.Fatalf("run(%q) = %d, %q, stderr %q; want it to serve", args, code, s.lines, s.stderr)
	return nil
}

// get answers the status and body of a GET; header is names and values in turn.
func (s *served) get(t *testing.T, path string, header ...string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(header, 2) {
		req.Header.Set(pair[0], pair[1])
		if pair[0] == "Host" {
			req.Host = pair[1]
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// serverInfo is what GET /_control/info answers.
type serverInfo struct {
	Seed      uint64
	Providers []struct {
		Name    string
		BaseURL string `json:"base_url"`
	}
}

func (s *served) info(t *testing.T) serverInfo {
	t.Helper()
	var info serverInfo
	status, body := s.get(t, "/_control/info")
	if err := json.Unmarshal([]byte(body), &info); err != nil || status != http.StatusOK {
		t.Fatalf("GET /_control/info = %d %s, %v", status, body, err)
	}
	return info
}
