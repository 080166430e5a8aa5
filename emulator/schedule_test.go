package emulator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// pushers are the providers that push events, each with calls of its API that cause one event of one type.
var pushers = []struct {
	name, one    string
	create, body string
	header       map[string]string
	then         string        // action of the control API; "" is none
	signed       string        // header of the signature
	timeout      time.Duration // of an attempt
	// The waits before each repetition, from least to most.
	//
	// Source: polar/webhook/tasks.py and polar/config.py, half to all of 2 s × 2ⁿ, at most 20 min; docs.fluveo.com,
	// webhooks. Assumed: Tilled's.
	least, most []time.Duration
}{
	{
		name: "polar", one: "checkout.created", create: "/polar/v1/checkouts/",
		body: `{"product_id":"b3f3c9b1-1168-47b6-b178-2af9b468bad7"}`, header: map[string]string{"Authorization": "Bearer polar_oat_test"},
		signed: "Webhook-Signature", timeout: 10 * time.Second,
		least: seconds(2, 4, 8, 16, 32, 64, 128, 256, 512), most: seconds(4, 8, 16, 32, 64, 128, 256, 512, 1024),
	},
	{
		name: "leanrails", one: "checkout.session.expired", create: "/leanrails/v1/checkout_sessions", then: "expire",
		body:   `{"mode":"payment","line_items":[{"price":"price_3fg6hj9km1np0001","quantity":1}],"success_url":"https://shop.example/"}`,
		header: map[string]string{"Authorization": "Basic c2tfdGVzdF94Og==", "Idempotency-Key": ""},
		signed: "X-Signature", timeout: 30 * time.Second,
		least: seconds(60, 240, 1500, 5400, 21600, 57600, 172800), most: seconds(60, 240, 1500, 5400, 21600, 57600, 172800),
	},
	{
		name: "tilled", one: "payment_intent.created", create: "/tilled/v1/checkout-sessions", body: focaccia,
		header: map[string]string{"tilled-account": "acct_CornerBakery000000001", "tilled-api-key": "sk_test_x"},
		signed: "Tilled-Signature", timeout: 10 * time.Second,
		least: seconds(5, 25), most: seconds(5, 25),
	},
}

func seconds(all ...int) (out []time.Duration) {
	for _, n := range all {
		out = append(out, time.Duration(n)*time.Second)
	}
	return out
}

// stage is an emulator whose webhooks go to a receiver in the same process.
type stage struct {
	*testing.T
	*emulator.Emulator
	mu      sync.Mutex
	arrived []arrival
	answer  func(*http.Request) (int, error)
	keys    int
}

// arrival is one webhook as it came.
type arrival struct {
	host, signature, body string
	status                int
}

// stages starts an emulator that ends with the test, with an endpoint for one type of events at each host.
func stages(t *testing.T, provider int, answer func(*http.Request) (int, error), hosts ...string) *stage {
	t.Helper()
	s := &stage{T: t, answer: answer}
	var err error
	// The signatures are of the sandbox's time, so that each of a schedule that is played at once differs.
	s.Emulator, err = emulator.New(emulator.Options{Seed: 1, WebhookTransport: s, SignedInSandboxTime: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for _, host := range hosts {
		p := pushers[provider]
		if _, err := s.AddEndpoint(t.Context(), client.EndpointDraft{Provider: p.name, URL: "http://" + host, Events: []string{p.one}}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// RoundTrip implements http.RoundTripper: it is the receiver.
func (s *stage) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	status, err := s.answer(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	var signature string
	for _, p := range pushers {
		signature += r.Header.Get(p.signed)
	}
	s.arrived = append(s.arrived, arrival{r.Host, signature, string(body), status})
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}, nil
}

// take returns what has arrived since the last time.
func (s *stage) take() []arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.arrived
	s.arrived = nil
	return out
}

// cause has a provider's event happen.
func (s *stage) cause(provider int) {
	s.Helper()
	p := pushers[provider]
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+p.create, strings.NewReader(p.body))
	r.Header.Set("Content-Type", "application/json")
	for name, value := range p.header {
		if value == "" {
			s.keys++
			value = fmt.Sprint("key-", s.keys)
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	var made struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || made.ID == "" {
		s.Fatalf("%s = %d %s", p.create, w.Code, w.Body)
	}
	if p.then != "" {
		if _, err := s.Expire(s.Context(), made.ID); err != nil {
			s.Fatal(err)
		}
	}
}

// attempts lists each attempt of every delivery: its offset from the first one.
func (s *stage) offsets() (all [][]time.Duration, deliveries []client.Delivery) {
	s.Helper()
	deliveries, err := s.Deliveries(s.Context(), client.DeliveryQuery{})
	if err != nil {
		s.Fatal(err)
	}
	for _, d := range deliveries {
		var one []time.Duration
		for _, a := range d.Attempts {
			one = append(one, a.At.Sub(d.Attempts[0].At))
		}
		all = append(all, one)
	}
	return all, deliveries
}

func refuse(*http.Request) (int, error) { return http.StatusInternalServerError, nil }

// pass lets real time pass: within a bubble, at once.
func pass(by time.Duration) {
	<-time.NewTimer(by).C
	synctest.Wait()
}

// TestSchedules plays each provider's schedule of repetitions twice, for a receiver that always refuses: the
// sandbox's clock is moved by ten days, and ten days of real time pass. The attempts have the provider's offsets and
// the same order, id and bytes; each has a signature of its own. The table of offsets is a golden.
func TestSchedules(t *testing.T) {
	var table strings.Builder
	out := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	const days = 10 * 24 * time.Hour
	for i, p := range pushers {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				moved := stages(t, i, refuse, "one", "two")
				if _, err := moved.Freeze(t.Context()); err != nil {
					t.Fatal(err)
				}
				moved.cause(i)
				moved.cause(i)
				if _, err := moved.Advance(t.Context(), days); err != nil {
					t.Fatal(err)
				}
				ran := stages(t, i, refuse, "one", "two")
				ran.cause(i)
				ran.cause(i)
				pass(days)
				offsets, deliveries := moved.offsets()
				inReal, _ := ran.offsets()
				if diff := cmp.Diff(offsets, inReal); diff != "" {
					t.Errorf("offsets (-moved +real):\n%s", diff)
				}
				if len(offsets) != 4 {
					t.Fatalf("%d deliveries; want one of each event to each endpoint", len(offsets))
				}
				for n, one := range offsets {
					checkWaits(t, one, p.least, p.most)
					if deliveries[n].State != "failed" {
						t.Errorf("the delivery is %s; want failed", deliveries[n].State)
					}
				}
				fmt.Fprintf(out, "%s\t%s\n", p.name, strings.Trim(fmt.Sprint(offsets[0]), "[]"))
				sameOrder(t, moved.take(), ran.take(), 4*(len(p.least)+1))
			})
		})
	}
	out.Flush()
	goldenText(t, filepath.Join("..", "testdata", "webhooks", "schedules", "offsets.txt"), table.String())
}

// checkWaits holds the offsets of attempts against the waits between them.
func checkWaits(t *testing.T, offsets, least, most []time.Duration) {
	t.Helper()
	if len(offsets) != len(least)+1 {
		t.Fatalf("%d attempts; want %d", len(offsets), len(least)+1)
	}
	for i, at := range offsets[1:] {
		if wait := at - offsets[i]; wait < least[i] || wait > most[i] {
			t.Errorf("wait before attempt %d = %s; want %s to %s", i+2, wait, least[i], most[i])
		}
	}
}

// sameOrder holds what each endpoint has got in a move against what it got in real time.
func sameOrder(t *testing.T, moved, ran []arrival, want int) {
	t.Helper()
	if len(moved) != want || len(ran) != want {
		t.Errorf("%d and %d requests; want %d", len(moved), len(ran), want)
	}
	for _, host := range []string{"one", "two"} {
		first, second := of(moved, host), of(ran, host)
		ids := map[string]int{}
		signatures := map[string]bool{}
		for _, a := range first {
			ids[a.body]++
			signatures[a.signature] = true
		}
		if len(ids) != 2 || len(signatures) != len(first) {
			t.Errorf("%s got %d messages with %d signatures in %d requests", host, len(ids), len(signatures), len(first))
		}
		if diff := cmp.Diff(orderOf(first), orderOf(second)); diff != "" {
			t.Errorf("order at %s (-moved +real):\n%s", host, diff)
		}
	}
}

func of(all []arrival, host string) (out []arrival) {
	for _, a := range all {
		if a.host == host {
			out = append(out, a)
		}
	}
	return out
}

// orderOf numbers messages by their first appearance: runs at different times have different bytes.
func orderOf(all []arrival) (out []int) {
	seen := map[string]int{}
	for _, a := range all {
		if _, ok := seen[a.body]; !ok {
			seen[a.body] = len(seen)
		}
		out = append(out, seen[a.body])
	}
	return out
}

// goldenText compares a text with a file, which -update writes.
func goldenText(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// TestReceiversThatHang: an attempt takes as long as the provider waits, and is then repeated.
func TestReceiversThatHang(t *testing.T) {
	for i, p := range pushers {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stages(t, i, func(r *http.Request) (int, error) {
					<-r.Context().Done()
					return 0, r.Context().Err()
				}, "hangs")
				if _, err := s.Freeze(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.cause(i)
				began := time.Now()
				if _, err := s.Advance(t.Context(), 0); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != p.timeout {
					t.Errorf("the attempt has taken %s; want %s", took, p.timeout)
				}
				_, deliveries := s.offsets()
				d := deliveries[0]
				if want := "no answer within " + p.timeout.String(); len(d.Attempts) != 1 || d.Attempts[0].Error != want || d.State != "pending" || d.NextAt.IsZero() {
					t.Errorf("delivery = %+v; want %q and a repetition", d, want)
				}
			})
		})
	}
}

// TestPendingWebhooksAreInSnapshots: another process that restores a snapshot delivers what was still to be
// delivered, with the same bytes, and sends later events to the same endpoints.
func TestPendingWebhooksAreInSnapshots(t *testing.T) {
	for i, p := range pushers {
		t.Run(p.name, func(t *testing.T) {
			down := stages(t, i, refuse, "app")
			if _, err := down.Freeze(t.Context()); err != nil {
				t.Fatal(err)
			}
			down.cause(i)
			if _, err := down.Advance(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			document, err := down.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			up := stages(t, i, func(*http.Request) (int, error) { return http.StatusOK, nil })
			if err := up.Restore(t.Context(), document); err != nil {
				t.Fatal(err)
			}
			if _, err := up.Advance(t.Context(), time.Minute); err != nil {
				t.Fatal(err)
			}
			tried, taken := down.take(), up.take()
			if len(tried) != 1 || len(taken) != 1 || tried[0].body != taken[0].body {
				t.Errorf("tried %+v, then in another process %+v; want the same message once each", tried, taken)
			}
			up.keys = 1 // another key
			up.cause(i)
			if _, err := up.Advance(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			if later := up.take(); len(later) != 1 || later[0].body == taken[0].body {
				t.Errorf("the next event: %+v; want one message", later)
			}
		})
	}
}
