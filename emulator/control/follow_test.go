package control_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"go.uber.org/goleak"
)

func TestWaitAnswersAtOnceWhenItIsTrueAlready(t *testing.T) {
	c := start(t)
	id := c.session()
	c.call("POST", "/_control/sessions/"+id+"/pay", "")
	for query, want := range map[string]string{
		"events/wait?type=session.succeeded&session=" + id:      "type:session.succeeded",
		"events/wait?count=3&timeout=0s":                        "session.created",
		"events/wait?provider=tilled&since=1&count=2":           "session.confirmed",
		"requests/wait?operation=createCheckoutSession":         "n:1",
		"requests/wait?session=" + id + "&status=2xx&timeout=0": "session:" + id,
	} {
		if status, got := c.call("GET", "/_control/"+query, ""); status != 200 || !strings.Contains(fmt.Sprint(got), want) {
			t.Errorf("%s = %d %v; want 200 with %s", query, status, got, want)
		}
	}
}

// A wait ends with what it waits for, whenever that comes.
func TestWaitAnswersWhenItComesTrue(t *testing.T) {
	c := start(t)
	id := c.session()
	for _, tt := range []struct {
		path  string
		cause func()
	}{
		{"events/wait?timeout=1m&type=session.succeeded&session=" + id, func() { c.call("POST", "/_control/sessions/"+id+"/pay", "") }},
		{"events/wait?timeout=1m&since=3&count=3&type=session.created", func() { c.session(); c.session(); c.session() }},
		{"requests/wait?timeout=1m&status=404&operation=getCheckoutSession", func() { c.call("GET", "/tilled/v1/checkout-sessions/cs_nope", "", tilledHeader...) }},
	} {
		var wg sync.WaitGroup
		wg.Go(tt.cause)
		if status, got := c.call("GET", "/_control/"+tt.path, ""); status != 200 {
			t.Errorf("%s = %d %v; want 200", tt.path, status, got)
		}
		wg.Wait()
	}
}

func TestWaitThatIsTooShortTellsWhatArrived(t *testing.T) {
	c := start(t)
	id := c.session()
	for path, want := range map[string]string{
		"events/wait?type=session.created&count=2&timeout=1ms":     "1 of 2 arrived within 1ms",
		"events/wait?session=nope&timeout=PT0.001S":                "0 of 1 arrived",
		"requests/wait?count=2&timeout=1ms&session=" + id:          "1 of 2 arrived",
		"requests/wait?operation=listCheckoutSessions&timeout=1ms": "0 of 1 arrived",
	} {
		status, got := c.call("GET", "/_control/"+path, "")
		member := strings.Split(path, "/")[0]
		list, ok := got[member].([]any)
		if text := fmt.Sprint(got["detail"]); status != 408 || !strings.HasPrefix(text, want) || !ok || fmt.Sprint(len(list)) != want[:1] {
			t.Errorf("%s = %d %v; want 408 with %s and what did", path, status, got, want)
		}
	}
	for query, want := range map[string]string{
		"?timeout=soon": "is not a duration", "?timeout=1h": "waits for 10m", "?count=0": "pointer:/count", "?count=1001": "pointer:/count", "?timeout=-1s": "goes back",
		"?provider=tiled": `did you mean "tilled"?`,
	} {
		if status, got := c.call("GET", "/_control/events/wait"+query, ""); status != 422 || !strings.Contains(fmt.Sprint(got), want) {
			t.Errorf("%s = %d %v; want 422 with %s", query, status, got, want)
		}
	}
}

// follower reads server-sent events.
type follower struct {
	*testing.T
	resp  *http.Response
	lines *bufio.Scanner
}

// follow opens a stream, and returns when the server has begun to follow.
func (c caller) follow(base, path, last string) *follower {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), "GET", base+path, nil)
	if err != nil {
		c.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		c.Fatalf("%s = %d %v", path, resp.StatusCode, resp.Header)
	}
	f := &follower{c.T, resp, bufio.NewScanner(resp.Body)}
	if !f.lines.Scan() || f.lines.Text() != ": following" {
		c.Fatalf("%s begins with %q", path, f.lines.Text())
	}
	return f
}

// next returns the id and data of the next event; the id is "" at the end.
func (f *follower) next() (id string, data map[string]any) {
	f.Helper()
	for f.lines.Scan() {
		line := f.lines.Text()
		if text, ok := strings.CutPrefix(line, "id: "); ok {
			id = text
		}
		if text, ok := strings.CutPrefix(line, "data: "); ok {
			if err := json.Unmarshal([]byte(text), &data); err != nil {
				f.Fatal(err)
			}
			return id, data
		}
	}
	return "", nil
}

func TestStreamsGoOnWhereTheReaderLeft(t *testing.T) {
	c := start(t)
	base := c.emu.Base()
	id := c.session() // events 1 and 2, request 1
	fresh := c.follow(base, "/_control/events/stream", "")
	again := c.follow(base, "/_control/events/stream?since=0", "")
	resumed := c.follow(base, "/_control/events/stream?since=0", "1")
	other := c.follow(base, "/_control/events/stream?since=7", "99") // of before a reset: all of it
	requests := c.follow(base, "/_control/requests/stream?since=0&method=GET", "")
	c.call("POST", "/_control/sessions/"+id+"/pay", "")                    // events 3 to 7
	c.call("GET", "/tilled/v1/checkout-sessions/"+id, "", tilledHeader...) // request 2
	for name, tt := range map[string]struct {
		*follower
		want []string
	}{
		"fresh":        {fresh, []string{"3", "4", "5", "6", "7"}},
		"again":        {again, []string{"1", "2", "3", "4", "5", "6", "7"}},
		"resumed":      {resumed, []string{"2", "3", "4", "5", "6", "7"}},
		"another life": {other, []string{"1", "2", "3", "4", "5", "6", "7"}},
		"requests":     {requests, []string{"2"}},
	} {
		for _, want := range tt.want {
			got, data := tt.next()
			if got != want || data["session"] != id {
				t.Errorf("%s: got event %s %v; want %s", name, got, data, want)
			}
		}
	}
	c.call("POST", "/_control/reset", "")
	c.session()
	if got, data := fresh.next(); got != "1" || data["type"] != "session.created" {
		t.Errorf("after a reset came %s %v; want event 1", got, data)
	}
	if status, got := c.call("GET", "/_control/events/stream", "", "Last-Event-ID", "abc"); status != 422 {
		t.Errorf("a Last-Event-ID that is no number = %d %v; want 422", status, got)
	}
}

// Every reader gets every request once and in order, while many are made.
func TestReadersOfStreamsMissNothing(t *testing.T) {
	const readers, workers, each = 5, 4, 20
	c := start(t)
	var wg sync.WaitGroup
	for range readers {
		f := c.follow(c.emu.Base(), "/_control/requests/stream", "")
		wg.Go(func() {
			for n := 1; n <= workers*each; n++ {
				if id, _ := f.next(); id != fmt.Sprint(n) {
					t.Errorf("request %s came; want %d", id, n)
					return
				}
			}
		})
	}
	for range workers {
		wg.Go(func() {
			for range each {
				c.call("GET", "/tilled/v1/checkout-sessions", "", tilledHeader...)
			}
		})
	}
	wg.Wait()
}

// A server that shuts down does not wait for streams and waits, and leaves no goroutine behind.
func TestWhatLastsEndsWithTheServer(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	emu, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer emu.Close()
	s := httptest.NewServer(emu.Handler())
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	begun, answered := make(chan struct{}), make(chan string)
	for _, path := range []string{"/_control/events/stream", "/_control/requests/stream"} {
		resp, err := client.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		go func() {
			lines := bufio.NewScanner(resp.Body)
			for lines.Scan() {
			}
			answered <- fmt.Sprint(path, " ", lines.Err())
		}()
	}
	go func() {
		close(begun)
		resp, err := client.Get(s.URL + "/_control/events/wait?timeout=10m")
		if err != nil {
			answered <- err.Error()
			return
		}
		resp.Body.Close()
		answered <- fmt.Sprint("wait ", resp.StatusCode)
	}()
	<-begun
	emu.Drain()
	got := map[string]bool{}
	for range 3 {
		got[<-answered] = true
	}
	for _, want := range []string{"/_control/events/stream <nil>", "/_control/requests/stream <nil>", "wait 408"} {
		if !got[want] {
			t.Errorf("ended with %v; want %q", got, want)
		}
	}
	client.CloseIdleConnections() // one that was never used would be waited for
	if err := s.Config.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Errorf("shut down: %v", err)
	}
}
