package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/localcheckout/localcheckout/emulator/client"
)

func accept(*http.Request) (int, error) { return http.StatusOK, nil }

// TestWebhooksShowTheirInstant: an event that is sent late shows its object as it was when it happened, not as
// it is by then.
func TestWebhooksShowTheirInstant(t *testing.T) {
	for i, p := range pushers {
		if p.then != "" {
			continue // its event is the session's end, after which nothing changes
		}
		t.Run(p.name, func(t *testing.T) {
			s := stages(t, i, accept, "early", "late")
			if _, err := s.Freeze(t.Context()); err != nil {
				t.Fatal(err)
			}
			endpoints, err := s.Endpoints(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			late := client.Step{Match: client.StepMatch{Endpoint: endpoints[1].ID}, Do: "delay", Delay: time.Minute}
			if _, err := s.SetPlan(t.Context(), late); err != nil {
				t.Fatal(err)
			}
			b := buyer{s, i}
			b.play("pay")
			b.pass(time.Hour)
			got := s.take()
			if len(got) != 2 || got[0].host != "early" || got[1].host != "late" || got[0].body != got[1].body {
				t.Errorf("arrived %+v; want the same bytes early and late", got)
			}
		})
	}
}

// TestWaitDoesNotPoll: a wait for an event of a provider ends with the event itself. In a bubble time passes only while
// everything waits, so that no time at all has passed.
func TestWaitDoesNotPoll(t *testing.T) {
	for i, p := range pushers {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stages(t, i, accept, "app")
				began := time.Now()
				caused := make(chan struct{})
				go func() {
					defer close(caused)
					<-time.NewTimer(time.Second).C // the other waits by then
					s.cause(i)
				}()
				events, err := s.WaitEvent(t.Context(), client.EventQuery{Type: p.one}, client.Wait{Timeout: time.Minute})
				if took := time.Since(began); err != nil || len(events) != 1 || took != time.Second {
					t.Errorf("WaitEvent = %+v, %v after %s; want the event after a second", events, err, took)
				}
				<-caused
				at, err := s.WaitEvent(t.Context(), client.EventQuery{Type: p.one}, client.Wait{Timeout: time.Minute})
				if took := time.Since(began); err != nil || len(at) != 1 || took != time.Second {
					t.Errorf("what is true already: %+v, %v after %s", at, err, took)
				}
			})
		})
	}
}

// TestDeliveriesTellEverything: the log of deliveries has what was sent, what was answered, and how long it
// took.
func TestDeliveriesTellEverything(t *testing.T) {
	for i, p := range pushers {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stages(t, i, func(*http.Request) (int, error) {
					<-time.NewTimer(3 * time.Second).C
					return http.StatusTeapot, nil
				}, "app")
				if _, err := s.Freeze(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.cause(i)
				buyer{s, i}.pass(0)
				_, deliveries := s.offsets()
				d, got := deliveries[0], s.take()
				a := d.Attempts[0]
				if d.Body != got[0].body || a.Status != http.StatusTeapot || a.Duration != 3*time.Second || a.Request.Headers[p.signed] != got[0].signature {
					t.Errorf("delivery = %+v; want what %+v tells", d, got[0])
				}
				if d.Event.Type != p.one || !strings.Contains(d.Body, d.Event.ID) && p.name != "polar" {
					t.Errorf("event = %+v of %s", d.Event, d.Body)
				}
			})
		})
	}
}
