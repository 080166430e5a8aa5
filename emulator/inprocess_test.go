package emulator

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestInProcessAnswers: what a handler does, a client sees as over a socket; nothing is left behind.
func TestInProcessAnswers(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	echo := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", r.Method+" "+r.Host+r.RequestURI)
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK) // too late
		w.Header().Set("X-Late", "yes")
		_, _ = w.Write(body)
	}
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		status  int
		body    string
		fails   bool // to answer
		broken  bool // in the body
	}{
		"everything": {handler: echo, status: http.StatusTeapot, body: "hello"},
		"nothing":    {handler: func(http.ResponseWriter, *http.Request) {}, status: http.StatusOK},
		"only bytes": {handler: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }, status: http.StatusOK, body: "x"},
		"gone":       {handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, fails: true},
		"gone midway": {handler: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "x")
			panic(http.ErrAbortHandler)
		}, status: http.StatusOK, body: "x", broken: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := http.Client{Transport: inProcess{tt.handler}}
			resp, err := c.Post("http://localhost:1/a%2Fb?c=d", "text/plain", strings.NewReader("hello"))
			if tt.fails {
				if err == nil {
					t.Fatalf("answered %s; want an error", resp.Status)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if resp.StatusCode != tt.status || string(body) != tt.body || (err != nil) != tt.broken {
				t.Errorf("answered %s %q, %v; want %d %q", resp.Status, body, err, tt.status, tt.body)
			}
			if got := resp.Header.Get("X-Seen"); name == "everything" && (got != "POST localhost:1/a%2Fb?c=d" || resp.Header.Get("X-Late") != "") {
				t.Errorf("headers = %v", resp.Header)
			}
		})
	}
}

// TestInProcessStreams: pieces arrive as they are written, and leaving ends the handler.
func TestInProcessStreams(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	pieces, left := make(chan string), make(chan struct{})
	handler := func(w http.ResponseWriter, r *http.Request) {
		defer close(left)
		w.(http.Flusher).Flush()
		for {
			select {
			case piece := <-pieces:
				_, _ = io.WriteString(w, piece)
			case <-r.Context().Done():
				return
			}
		}
	}
	c := http.Client{Transport: inProcess{http.HandlerFunc(handler)}}
	resp, err := c.Get("http://localhost/")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(resp.Body)
	for _, want := range []string{"one", "two"} {
		pieces <- want + "\n"
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("read %q, %v; want %q", lines.Text(), lines.Err(), want)
		}
	}
	resp.Body.Close()
	<-left
}

// TestInProcessEndsWithTheContext, also when nothing has been answered yet.
func TestInProcessEndsWithTheContext(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancel(t.Context())
	handler := func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&http.Client{Transport: inProcess{http.HandlerFunc(handler)}}).Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("Do: %v; want the context's error", err)
	}
}
