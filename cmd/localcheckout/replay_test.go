package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// replayed is one process that the script of the replay test is run against.
type replayed struct {
	t    *testing.T
	base string
	tape bytes.Buffer // every status, header of ours and body, in order
}

// TestReplayIsIdentical: the same seed, requests and clock script give the same bytes in two
// processes, though the second one is busy in other sandboxes all the while.
func TestReplayIsIdentical(t *testing.T) {
	program := buildForClients(t)
	quiet := &replayed{t: t, base: startForClients(t, program, "--seed", "99")}
	busy := &replayed{t: t, base: startForClients(t, program, "--seed", "99")}
	quiet.script()
	stop := busy.noise()
	busy.script()
	stop()
	if !bytes.Equal(quiet.tape.Bytes(), busy.tape.Bytes()) {
		a, b := bytes.Split(quiet.tape.Bytes(), []byte("\n")), bytes.Split(busy.tape.Bytes(), []byte("\n"))
		for i := range min(len(a), len(b)) {
			if !bytes.Equal(a[i], b[i]) {
				t.Fatalf("line %d differs:\n%s\n%s", i, a[i], b[i])
			}
		}
		t.Fatalf("%d lines; want %d", len(b), len(a))
	}
	other := &replayed{t: t, base: startForClients(t, program, "--seed", "100")}
	other.script()
	if bytes.Equal(quiet.tape.Bytes(), other.tape.Bytes()) {
		t.Error("another seed gave the same bytes")
	}
}

// script is a journey through both providers and the clock.
func (p *replayed) script() {
	if status, answer, err := p.send("POST", "/_control/clock/freeze", "", ""); err != nil || status != http.StatusOK {
		p.t.Fatal(status, string(answer), err) // not on the tape: it tells wall time
	}
	p.call("POST", "/_control/clock/set", `{"to":"2040-01-01T00:00:00Z"}`)
	var catalog struct {
		Polar struct{ Products []struct{ ID string } }
	}
	if err := json.Unmarshal(p.call("GET", "/_control/fixtures", ""), &catalog); err != nil {
		p.t.Fatal(err)
	}
	polar := func(n int) string {
		return fmt.Sprintf(`{"products":[%q],"metadata":{"n":%d}}`, catalog.Polar.Products[0].ID, n)
	}
	tilled := func(n int) string {
		return fmt.Sprintf(`{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"x"},"unit_amount":%d},"quantity":1}],`+
			`"payment_intent_data":{"payment_method_types":["card"]}}`, 100+n)
	}
	for n := range 8 {
		for path, body := range map[string]string{"/polar/v1/checkouts/": polar(n), "/tilled/v1/checkout-sessions": tilled(n)} {
			if (n%2 == 0) == strings.HasPrefix(path, "/polar") { // in turn: the order of the map is chance
				p.journey(path, body, []string{"pay", "decline", "confirm", "expire"}[n/2])
			}
		}
		p.call("POST", "/_control/clock/advance", `{"by":"90m"}`)
	}
	for _, path := range []string{"/polar/v1/checkouts/?limit=3&page=2", "/tilled/v1/checkout-sessions", "/_control/sessions", "/_control/events", "/polar/v1/checkouts/nope"} {
		p.call("GET", path, "")
	}
	p.call("POST", "/_control/clock/advance", `{"by":"P2D"}`)
	p.call("GET", "/_control/sessions", "")
}

func (p *replayed) journey(path, body, action string) {
	var made struct{ ID string }
	if err := json.Unmarshal(p.call("POST", path, body), &made); err != nil || made.ID == "" {
		p.t.Fatalf("create at %s: %v", path, err)
	}
	p.call("POST", "/_control/sessions/"+made.ID+"/"+action, "")
	p.call("GET", strings.TrimSuffix(path, "/")+"/"+made.ID, "")
}

// call notes the answer and returns its body.
func (p *replayed) call(method, path, body string) []byte {
	p.t.Helper()
	status, answer, err := p.send(method, path, body, "")
	if err != nil {
		p.t.Fatal(err)
	}
	noted := answer
	if strings.HasPrefix(path, "/_control/clock") {
		noted = offset.ReplaceAll(answer, nil) // the distance to wall time
	}
	fmt.Fprintf(&p.tape, "%s %s = %d %s\n", method, path, status, noted)
	return answer
}

var offset = regexp.MustCompile(`"offset":"[^"]*",`)

func (p *replayed) send(method, path, body, sandbox string) (int, []byte, error) {
	req, err := http.NewRequest(method, p.base+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Host = "localhost:4747" // links follow it
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Authorization": "Bearer polar_oat_replay", "X-Sandbox": sandbox,
		"tilled-account": "acct_replay", "tilled-api-key": "sk_test_replay",
	} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// noise keeps other sandboxes busy until stop is called.
func (p *replayed) noise() (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	for _, sandbox := range []string{"noise-1", "noise-2"} {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, _, err := p.send("POST", "/tilled/v1/checkout-sessions", `{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"x"},`+
					`"unit_amount":1},"quantity":1}],"payment_intent_data":{"payment_method_types":["card"]}}`, sandbox); err != nil {
					p.t.Error(err)
					return
				}
			}
		})
	}
	return func() { close(done); wg.Wait() }
}
