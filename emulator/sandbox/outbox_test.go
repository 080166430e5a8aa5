package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// wiring is a network within a test: it answers by host.
type wiring func(r *http.Request, body string) (status int, err error)

func (w wiring) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	status, err := w(r, string(body))
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}, nil
}

// seen notes requests in their order.
type seen struct {
	mu  sync.Mutex
	all []string
}

func (s *seen) note(format string, args ...any) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, fmt.Sprintf(format, args...))
	return len(s.all)
}

func (s *seen) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.all...)
}

// wired is a sandbox whose clock stands at t0 and whose network is w.
func wired(t *testing.T, w wiring, edit func(*webhook.Policy)) *Sandbox {
	t.Helper()
	b := open(t, Options{
		Seed: 1, Wall: func() time.Time { return t0 }, Dialects: map[string]Dialect{shop: pushing(edit)}, Sender: webhook.NewSender(w),
	})
	b.Freeze()
	return b
}

func advance(t testing.TB, b *Sandbox, by time.Duration) Time {
	t.Helper()
	now, err := b.Advance(by)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// schedule lists each attempt of a sandbox: when, which event, what came of it.
func schedule(b *Sandbox) (out []string) {
	for _, d := range b.Deliveries(DeliveryQuery{}) {
		for _, a := range d.Attempts {
			out = append(out, fmt.Sprintf("%s %s %d%s", a.At.Sub(t0), d.Event.ID, a.Status, a.Error))
		}
		out = append(out, fmt.Sprintf("%s %s", d.Event.ID, d.State))
	}
	return out
}

func TestAReceiverThatHangsHarmsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		healthy := &seen{}
		b := wired(t, func(r *http.Request, body string) (int, error) {
			switch r.Host {
			case "hangs":
				<-r.Context().Done()
				return 0, r.Context().Err()
			case "resets":
				return 0, errors.New("connection reset by peer")
			}
			healthy.note("%s", body)
			return 200, nil
		}, func(p *webhook.Policy) { p.Attempts = 1 })
		for _, host := range []string{"hangs", "resets", "healthy"} {
			listen(t, b, "http://"+host)
		}
		for n := range 3 {
			create(t, b, checkout.Session{Amount: int64(n)})
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{"shop.created 0", "shop.created 1", "shop.created 2"}, healthy.list()); diff != "" {
			t.Errorf("while another receiver hangs: %s", diff)
		}
		began := time.Now()
		settle(t, b)
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("three attempts of 10 s took %s", took)
		}
		for _, d := range b.Deliveries(DeliveryQuery{State: webhook.Failed}) {
			if a := d.Attempts[0]; a.Error != "no answer within 10s" && a.Error != "connection reset by peer" {
				t.Errorf("attempt = %+v", a)
			}
		}
	})
}

func TestAnEventWaitsForEarlierOnesThatAreYoung(t *testing.T) {
	down := true
	b := wired(t, func(r *http.Request, body string) (int, error) {
		if down && strings.HasSuffix(body, " 0") {
			return 500, nil
		}
		return 200, nil
	}, func(p *webhook.Policy) { p.Ordered, p.Attempts = time.Minute, 4 })
	listen(t, b, "http://app")
	create(t, b, checkout.Session{Amount: 0}) // its attempts are at 0 s, 1 min, 3 min, 6 min
	advance(t, b, 20*time.Second)
	create(t, b, checkout.Session{Amount: 1}) // waits until the first one is a minute old
	advance(t, b, 20*time.Second)
	create(t, b, checkout.Session{Amount: 2}) // waits for the second one
	advance(t, b, 19*time.Second)
	if diff := cmp.Diff([]string{"0s evt_0 500", "evt_0 pending", "evt_1 pending", "evt_2 pending"}, schedule(b)); diff != "" {
		t.Errorf("after 59 s: %s", diff)
	}
	advance(t, b, time.Second)
	if diff := cmp.Diff([]string{"0s evt_0 500", "1m0s evt_0 500", "evt_0 pending", "1m0s evt_1 200", "evt_1 delivered", "1m0s evt_2 200", "evt_2 delivered"}, schedule(b)); diff != "" {
		t.Errorf("after a minute: %s", diff)
	}
	down = false
	advance(t, b, time.Hour)
	if diff := cmp.Diff("3m0s evt_0 200", schedule(b)[2]); diff != "" {
		t.Errorf("at last: %s", diff)
	}
}

func TestAnEventFollowsAsSoonAsTheEarlierOneIsDelivered(t *testing.T) {
	first := true
	b := wired(t, func(*http.Request, string) (int, error) {
		if first {
			first = false
			return 500, nil
		}
		return 200, nil
	}, func(p *webhook.Policy) { p.Ordered, p.Attempts = time.Hour, 4 })
	listen(t, b, "http://app")
	create(t, b, checkout.Session{})
	create(t, b, checkout.Session{})
	advance(t, b, 30*time.Second)
	create(t, b, checkout.Session{})
	advance(t, b, time.Hour)
	want := []string{"0s evt_0 500", "1m0s evt_0 200", "evt_0 delivered", "1m0s evt_1 200", "evt_1 delivered", "1m0s evt_2 200", "evt_2 delivered"}
	if diff := cmp.Diff(want, schedule(b)); diff != "" {
		t.Error(diff)
	}
}

func TestEndpointsThatFailForLongAreDisabled(t *testing.T) {
	status := 500
	b := wired(t, func(*http.Request, string) (int, error) { return status, nil }, func(p *webhook.Policy) { p.Attempts, p.DisableAfter = 1, 3 })
	e := listen(t, b, "http://app")
	one := func() { create(t, b, checkout.Session{}); settle(t, b) }
	one()
	one()
	status = 204
	one() // the row is broken
	status = 410
	one()
	one()
	if b.Endpoints()[0].Disabled {
		t.Fatal("disabled after two failures in a row")
	}
	one()
	if !b.Endpoints()[0].Disabled {
		t.Fatal("not disabled after three failures in a row")
	}
	one()
	if n := len(b.Deliveries(DeliveryQuery{})); n != 6 {
		t.Errorf("%d deliveries; want none to the disabled endpoint", n)
	}
	if _, err := b.Redeliver(b.Deliveries(DeliveryQuery{})[0].ID); codeOf(err) != checkout.CodeConflict {
		t.Errorf("Redeliver to a disabled endpoint: %v; want a conflict", err)
	}
	enable := func(tx *Tx) error {
		on := *tx.Endpoint(e.ID)
		on.Disabled = false
		return tx.PutEndpoint(on)
	}
	if err := b.Change(enable); err != nil {
		t.Fatal(err)
	}
	one()
	if b.Endpoints()[0].Disabled || len(b.Deliveries(DeliveryQuery{})) != 7 {
		t.Error("one failure after it was enabled again has disabled it")
	}
}

func TestWhatWaitsForAnEndpointThatGoesIsDropped(t *testing.T) {
	b := wired(t, func(*http.Request, string) (int, error) { return 500, nil }, func(p *webhook.Policy) { p.Ordered = time.Hour })
	e := listen(t, b, "http://app")
	create(t, b, checkout.Session{})
	create(t, b, checkout.Session{})
	settle(t, b)
	if err := b.DropEndpoint(e.ID); err != nil {
		t.Fatal(err)
	}
	if got := advance(t, b, time.Hour/2); len(got.Fired) != 0 {
		t.Errorf("fired %+v after the endpoint has gone", got.Fired)
	}
	for _, d := range b.Deliveries(DeliveryQuery{}) {
		if d.State != webhook.Dropped || d.Reason != "the endpoint is gone" {
			t.Errorf("delivery = %+v", d)
		}
	}
	if err := b.DropEndpoint(e.ID); codeOf(err) != checkout.CodeNotFound {
		t.Errorf("dropping it twice: %v", err)
	}
}

func TestTimings(t *testing.T) {
	for _, timing := range append(Timings(), "") {
		t.Run(string(timing), func(t *testing.T) {
			got := &seen{}
			b := wired(t, func(_ *http.Request, body string) (int, error) { got.note("%s", body); return 500, nil }, nil)
			id := create(t, b, checkout.Session{}).Session.ID
			listen(t, b, "http://app")
			var batch *Batch
			_, _, err := b.Edit(id, func(tx *Tx, _ *Record) (checkout.Command, error) {
				batch = tx.Webhooks(timing)
				return checkout.Pay{}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			batch.Wait(t.Context())
			sent := len(got.list())
			if timing == BeforeRedirect && sent != 1 || timing == AfterRedirect && sent != 0 {
				t.Errorf("before the answer %d were sent", sent)
			}
			batch.Release()
			settle(t, b)
			if sent, want := len(got.list()), map[bool]int{true: 0, false: 1}[timing == NoWebhooks]; sent != want {
				t.Errorf("%d were sent; want %d", sent, want)
			}
			if events, _ := b.Events(0); events[len(events)-1].Type != "shop.paid" {
				t.Errorf("events = %+v; want the native one recorded", events)
			}
			advance(t, b, time.Hour)
			d := b.Deliveries(DeliveryQuery{})[0]
			if timing == NoWebhooks && (d.State != webhook.Dropped || len(d.Attempts) != 0) || timing != NoWebhooks && len(d.Attempts) != 3 {
				t.Errorf("at last %+v", d)
			}
		})
	}
}

func TestWhatIsScheduledWithoutWebhooksSendsNone(t *testing.T) {
	b := wired(t, func(*http.Request, string) (int, error) { return 200, nil }, nil)
	listen(t, b, "http://app", "shop.paid")
	for _, timing := range []Timing{NoWebhooks, AfterRedirect, ""} {
		id := create(t, b, checkout.Session{}).Session.ID
		if _, err := b.Schedule(id, time.Minute, checkout.Confirm{Then: &checkout.Outcome{After: time.Minute}}, timing); err != nil {
			t.Fatal(err)
		}
	}
	advance(t, b, time.Hour/2)
	if diff := cmp.Diff([]string{"evt_3 dropped", "2m0s evt_4 200", "evt_4 delivered", "2m0s evt_5 200", "evt_5 delivered"}, schedule(b)); diff != "" {
		t.Error(diff)
	}
}

func TestTheReceiverSeesTheInstantOfTheStep(t *testing.T) {
	var b *Sandbox
	got := &seen{}
	b = wired(t, func(*http.Request, string) (int, error) {
		page, err := b.List(Query{}) // it may ask what it likes
		got.note("%s %d %v", b.Clock().Now.Sub(t0), page.Total, err)
		return 500, nil
	}, nil)
	listen(t, b, "http://app")
	create(t, b, checkout.Session{})
	if now := advance(t, b, 24*time.Hour); !now.Now.Equal(t0.Add(24*time.Hour)) || !now.Frozen {
		t.Errorf("after the advance: %+v", now)
	}
	if diff := cmp.Diff([]string{"0s 1 <nil>", "1m0s 1 <nil>", "3m0s 1 <nil>"}, got.list()); diff != "" {
		t.Error(diff)
	}
}

func TestMovesOfOneSandboxTakeTurns(t *testing.T) {
	b := wired(t, func(*http.Request, string) (int, error) { return 500, nil }, func(p *webhook.Policy) { p.Attempts = 50 })
	listen(t, b, "http://app")
	create(t, b, checkout.Session{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := b.Advance(10 * time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if now := b.Clock().Now; !now.Equal(t0.Add(80 * time.Minute)) {
		t.Errorf("eight moves of ten minutes lead to %s", now.Sub(t0))
	}
	if n := len(b.Deliveries(DeliveryQuery{})[0].Attempts); n != 13 { // at 0, 1, 3, 6, … 78 minutes
		t.Errorf("%d attempts within 80 minutes; want 13", n)
	}
}

func TestTheClockRunsOnAfterAMove(t *testing.T) {
	b := wired(t, func(*http.Request, string) (int, error) { return 200, nil }, nil)
	b.Resume()
	if now := advance(t, b, time.Hour); now.Frozen {
		t.Error("a clock that runs stands after a move")
	}
}

func TestResetGivesUpWhatIsOnItsWay(t *testing.T) {
	begun := make(chan struct{})
	got := &seen{}
	b := wired(t, func(r *http.Request, body string) (int, error) {
		if got.note("%s", body) == 1 {
			close(begun)
			<-r.Context().Done() // held until it is given up
			return 0, r.Context().Err()
		}
		return 200, nil
	}, nil)
	listen(t, b, "http://app")
	create(t, b, checkout.Session{Amount: 1})
	create(t, b, checkout.Session{Amount: 2})
	<-begun
	moved := make(chan error)
	go func() { _, err := b.Advance(time.Hour); moved <- err }()
	b.Reset()
	if err := <-moved; err != nil {
		t.Error(err)
	}
	if len(b.Endpoints()) != 0 || len(b.Deliveries(DeliveryQuery{})) != 0 {
		t.Error("an endpoint or a delivery has outlived the reset")
	}
	listen(t, b, "http://app")
	create(t, b, checkout.Session{Amount: 3})
	settle(t, b)
	if diff := cmp.Diff([]string{"shop.created 1", "shop.created 3"}, got.list()); diff != "" {
		t.Error(diff)
	}
}

func TestCloseGivesUpWhatIsOnItsWay(t *testing.T) {
	begun := make(chan struct{})
	b := wired(t, func(r *http.Request, _ string) (int, error) {
		close(begun)
		<-r.Context().Done()
		return 0, r.Context().Err()
	}, nil)
	listen(t, b, "http://app")
	create(t, b, checkout.Session{})
	<-begun
	b.set.Close()
	if d := b.Deliveries(DeliveryQuery{})[0]; d.State != webhook.Pending || len(d.Attempts) != 0 {
		t.Errorf("after Close: %+v; want it undelivered", d)
	}
	settle(t, b)
	if now := advance(t, b, 2*time.Hour); !now.Now.Equal(t0.Add(2*time.Hour)) || len(now.Fired) != 1 || now.Fired[0].Events[0].Type != checkout.SessionExpired {
		t.Errorf("a closed sandbox was moved: %+v; want the session expired", now)
	}
}

func TestSettleEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	b := wired(t, func(*http.Request, string) (int, error) { <-release; return 200, nil }, nil)
	listen(t, b, "http://app")
	create(t, b, checkout.Session{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Settle(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Settle = %v; want canceled", err)
	}
	close(release)
	settle(t, b)
}

// TestARunningClockPlaysTheSameSchedule: nobody moves the clock, the alarm does, and the attempts come at
// the same offsets and in the same order as in an advance.
func TestARunningClockPlaysTheSameSchedule(t *testing.T) {
	run := func(t *testing.T, play func(*Sandbox)) []string {
		attempts := &seen{}
		began := time.Now()
		b := open(t, Options{
			Seed: 1, Wall: func() time.Time { return t0.Add(time.Since(began)) }, Dialects: map[string]Dialect{shop: pushing(nil)},
			Sender: webhook.NewSender(wiring(func(r *http.Request, body string) (int, error) {
				attempts.note("%s %s", r.Header.Get("Event"), body)
				return 500, nil
			})),
		})
		listen(t, b, "http://app")
		create(t, b, checkout.Session{Amount: 1})
		create(t, b, checkout.Session{Amount: 2})
		play(b)
		return append(schedule(b), attempts.list()...)
	}
	synctest.Test(t, func(t *testing.T) {
		moved := run(t, func(b *Sandbox) { advance(t, b, time.Hour/2) })
		ran := run(t, func(*Sandbox) {
			left := time.NewTimer(time.Hour / 2)
			<-left.C
			synctest.Wait()
		})
		if diff := cmp.Diff(moved, ran); diff != "" {
			t.Errorf("an advance and the hours themselves differ:\n%s", diff)
		}
		if len(moved) != 14 {
			t.Errorf("the schedule has %q; want three attempts of each", moved)
		}
	})
}
