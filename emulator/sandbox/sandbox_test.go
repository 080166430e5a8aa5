package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var t0 = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

const shop = "shop" // a provider without habits of its own

func newSandbox(tb testing.TB, d Dialect) *Sandbox {
	tb.Helper()
	return open(tb, Options{Seed: 1, Wall: func() time.Time { return t0 }, Dialects: map[string]Dialect{shop: d}})
}

func open(tb testing.TB, o Options) *Sandbox {
	tb.Helper()
	set := NewSet(o)
	tb.Cleanup(set.Close)
	b, err := set.Sandbox("")
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func create(tb testing.TB, b *Sandbox, s checkout.Session) *Record {
	tb.Helper()
	r, err := b.Create(shop, func(tx *Tx) (checkout.Session, error) {
		s.ID, s.ClientSecret = tx.UUID("session"), tx.Token("secret", "abcdefgh", 20)
		return s, nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func codeOf(err error) checkout.Code {
	var e *checkout.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func status(tb testing.TB, b *Sandbox, id string) checkout.Status {
	tb.Helper()
	r, err := b.Find(id)
	if err != nil {
		tb.Fatal(err)
	}
	return r.Session.Status
}

func TestExpiresOnceAtItsExactInstant(t *testing.T) {
	b := newSandbox(t, Dialect{Policy: checkout.Policy{Lifetime: time.Hour}})
	id := create(t, b, checkout.Session{}).Session.ID
	for _, step := range []struct {
		by    time.Duration
		want  checkout.Status
		fired int
	}{
		{time.Hour - time.Millisecond, checkout.Open, 0},
		{time.Millisecond - time.Microsecond, checkout.Open, 0},
		{time.Microsecond, checkout.Expired, 1},
		{24 * time.Hour, checkout.Expired, 0},
	} {
		got, err := b.Advance(step.by)
		if err != nil || len(got.Fired) != step.fired || status(t, b, id) != step.want {
			t.Errorf("after %s: %s, fired %v, %v; want %s and %d fired", step.by, status(t, b, id), got.Fired, err, step.want, step.fired)
		}
		for _, f := range got.Fired {
			if !f.At.Equal(t0.Add(time.Hour)) || f.Events[0].Type != checkout.SessionExpired || !f.Events[0].At.Equal(f.At) {
				t.Errorf("fired %+v; want the expiry at its own instant", f)
			}
		}
	}
}

// A payment in flight outlives the deadline; when it fails, and the session is open again, it has
// expired, once.
func TestLateFailurePastTheDeadlineExpires(t *testing.T) {
	for _, tt := range []struct {
		failAfter time.Duration
		want      checkout.Status
	}{{30 * time.Minute, checkout.Open}, {2 * time.Hour, checkout.Expired}} {
		b := newSandbox(t, Dialect{Policy: checkout.Policy{Lifetime: time.Hour, LateFailure: checkout.Open}})
		id := create(t, b, checkout.Session{}).Session.ID
		if _, _, err := b.Do(id, checkout.Confirm{Then: &checkout.Outcome{After: tt.failAfter, Fail: true}}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Advance(tt.failAfter); err != nil {
			t.Fatal(err)
		}
		if got := status(t, b, id); got != tt.want {
			t.Errorf("after failing at %s the session is %s; want %s", tt.failAfter, got, tt.want)
		}
		if _, err := b.Advance(24 * time.Hour); err != nil {
			t.Fatal(err)
		}
		expired := 0
		events, _ := b.Events(0)
		for _, e := range events {
			if e.Type == checkout.SessionExpired {
				expired++
			}
		}
		if expired != 1 || status(t, b, id) != checkout.Expired {
			t.Errorf("failing at %s: %d expiries, %s", tt.failAfter, expired, status(t, b, id))
		}
	}
}

func TestAdvanceStampsEachWithItsOwnInstantInOrder(t *testing.T) {
	b := newSandbox(t, Dialect{})
	var want []string
	for _, minutes := range []int{3, 1, 2, 1} {
		create(t, b, checkout.Session{ExpiresAt: t0.Add(time.Duration(minutes) * time.Minute)})
	}
	got, err := b.Advance(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	var at []string
	for _, f := range got.Fired {
		at = append(at, f.At.Format("15:04"))
	}
	want = []string{"00:01", "00:01", "00:02", "00:03"}
	if diff := cmp.Diff(want, at); diff != "" {
		t.Error(diff)
	}
}

func TestClockOnlyGoesForward(t *testing.T) {
	b := newSandbox(t, Dialect{})
	if _, err := b.SetTime(t0.Add(-time.Second)); codeOf(err) != checkout.CodeRefused {
		t.Errorf("SetTime(earlier) = %v; want refused", err)
	}
}

// The clock that runs by itself expires sessions with no call at all.
func TestRunningClockExpiresByItself(t *testing.T) {
	b := open(t, Options{Start: t0})
	create(t, b, checkout.Session{ExpiresAt: t0.Add(50 * time.Millisecond)})
	for since := uint64(1); ; {
		events, more := b.Events(since)
		if len(events) > 0 {
			if events[0].Type != checkout.SessionExpired {
				t.Errorf("got %v; want the expiry", events)
			}
			return
		}
		select {
		case <-more:
		case <-time.After(10 * time.Second):
			t.Fatal("nothing expired")
		}
	}
}

// A payment that races with the deadline has exactly one winner.
func TestPaymentRacingWithExpiryHasOneWinner(t *testing.T) {
	for run := range 1000 {
		b := newSandbox(t, Dialect{Policy: checkout.Policy{Lifetime: time.Second}})
		id := create(t, b, checkout.Session{}).Session.ID
		if _, err := b.Advance(time.Second - time.Microsecond); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var paid error
		wg.Go(func() { _, _, paid = b.Do(id, checkout.Pay{}) })
		wg.Go(func() { _, _ = b.Advance(time.Microsecond) })
		wg.Wait()
		counts := map[checkout.EventType]int{}
		events, _ := b.Events(0)
		for _, e := range events {
			counts[e.Type]++
		}
		won := counts[checkout.SessionSucceeded] + counts[checkout.SessionExpired]
		want := checkout.Succeeded
		if paid != nil {
			want = checkout.Expired
		}
		if won != 1 || status(t, b, id) != want || paid != nil && codeOf(paid) != checkout.CodeExpired {
			t.Fatalf("run %d: %s after pay = %v, events %v", run, status(t, b, id), paid, counts)
		}
		b.set.Close()
	}
}

func TestFailedCreateAndEditLeaveNothingBehind(t *testing.T) {
	b := newSandbox(t, Dialect{})
	boom := errors.New("boom")
	_, err := b.Create(shop, func(tx *Tx) (checkout.Session, error) {
		tx.Put("shop.customers", "c1", "someone")
		return checkout.Session{}, boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("Create = %v; want the builder's error", err)
	}
	r := create(t, b, checkout.Session{})
	got, _, err := b.Edit(r.Session.ID, func(tx *Tx, _ *Record) (checkout.Command, error) {
		tx.Put("shop.customers", "c2", "someone")
		return checkout.Settle{}, nil
	})
	if codeOf(err) != checkout.CodeConflict || got != r {
		t.Errorf("Edit = %v, %v; want the same record and a conflict", got, err)
	}
	b.View(func(tx *Tx) {
		if all := tx.All("shop.customers"); len(all) != 0 {
			t.Errorf("failed sections left %v behind", all)
		}
	})
	if n := b.LastEvent(); n != 1 {
		t.Errorf("there are %d events; want the creation only", n)
	}
}

func TestReactionsSeeEachStepAndAreAtomic(t *testing.T) {
	var seen []string
	d := Dialect{React: func(tx *Tx, ev checkout.Event, s *checkout.Session) {
		seen = append(seen, fmt.Sprintf("%s %s", ev.Type, s.Status))
		if ev.Type == checkout.SessionConfirmed {
			s.Customer.ID = tx.UUID("customer")
			tx.Put("shop.customers", s.Customer.ID, "buyer")
		}
	}}
	b := newSandbox(t, d)
	r := create(t, b, checkout.Session{})
	r, events, err := b.Do(r.Session.ID, checkout.Pay{})
	if err != nil || len(events) != 2 || events[1].Seq != 3 {
		t.Fatalf("Pay = %v, %v", events, err)
	}
	want := []string{"session.created open", "session.confirmed confirmed", "session.succeeded succeeded"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
	b.View(func(tx *Tx) {
		if tx.Get("shop.customers", r.Session.Customer.ID) != "buyer" {
			t.Error("the customer of the paid session does not exist")
		}
	})
}

func TestResetRepeatsTheWorld(t *testing.T) {
	b := newSandbox(t, Dialect{})
	first := create(t, b, checkout.Session{}).Session
	b.Reset()
	if _, err := b.Find(first.ID); codeOf(err) != checkout.CodeNotFound {
		t.Errorf("after a reset the session is still there: %v", err)
	}
	if second := create(t, b, checkout.Session{}).Session; second.ID != first.ID || second.ClientSecret != first.ClientSecret {
		t.Errorf("after a reset the ids are %s, %s; want %s, %s again", second.ID, second.ClientSecret, first.ID, first.ClientSecret)
	}
}

func TestSandboxesSeeNothingOfEachOther(t *testing.T) {
	set := NewSet(Options{Seed: 1, Start: t0, Dialects: map[string]Dialect{shop: {}}})
	t.Cleanup(set.Close)
	var mu sync.Mutex
	owner := map[string]string{}
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			b, err := set.Sandbox(fmt.Sprintf("w%d", w))
			if err != nil {
				t.Error(err)
				return
			}
			for range 200 {
				r := create(t, b, checkout.Session{})
				mu.Lock()
				if other, taken := owner[r.Session.ID]; taken {
					t.Errorf("%s exists in %s and in %s", r.Session.ID, other, b.Name())
				}
				owner[r.Session.ID] = b.Name()
				mu.Unlock()
			}
			page, err := b.List(Query{})
			if err != nil || page.Total != 200 {
				t.Errorf("%s lists %d sessions, %v; want its own 200", b.Name(), page.Total, err)
			}
		})
	}
	wg.Wait()
	for id, name := range owner {
		if b := set.WithSession(id); b == nil || b.Name() != name {
			t.Fatalf("WithSession(%s) is not %s", id, name)
		}
	}
}

func TestUnusableSandboxNamesAreRefused(t *testing.T) {
	set := NewSet(Options{})
	t.Cleanup(set.Close)
	for _, name := range []string{"../x", "a b", "-x", "é", "a/b", string(make([]byte, 65))} {
		if _, err := set.Sandbox(name); codeOf(err) != checkout.CodeRefused {
			t.Errorf("Sandbox(%q) = %v; want refused", name, err)
		}
	}
}

func TestEncodedBodiesAreKeptByKeyAndBounded(t *testing.T) {
	b := newSandbox(t, Dialect{})
	r := create(t, b, checkout.Session{})
	count := 0
	body := func(base string) string {
		return string(r.Body(Private, RenderKey{Base: base}, func() json.RawMessage { count++; return json.RawMessage(base) }))
	}
	for _, base := range []string{"a", "a", "b", "a"} {
		if got := body(base); got != base {
			t.Errorf("Body(%s) = %s", base, got)
		}
	}
	if count != 3 {
		t.Errorf("rendered %d times; want 3", count)
	}
	for range len(b.store.encoded.slots) + 1 {
		other := create(t, b, checkout.Session{})
		other.Body(Private, RenderKey{}, func() json.RawMessage { return nil })
	}
	if body("a"); count != 4 {
		t.Errorf("an old body was still kept")
	}
}
