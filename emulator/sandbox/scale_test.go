package sandbox

import (
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// TestAYearOfDueItems: 100,000 things that are due within a year happen in order in one advance, and
// another sandbox answers while they do.
func TestAYearOfDueItems(t *testing.T) {
	const items, year = 100_000, 365 * 24 * time.Hour
	other := make(chan error, 1)
	var set *Set
	happened := 0
	half := func() { // in the middle of the advance, whose goroutine waits here
		done := make(chan struct{})
		go func() {
			defer close(done)
			b, err := set.Sandbox("other")
			if err == nil {
				_, err = b.Create(shop, func(*Tx) (checkout.Session, error) { return checkout.Session{ID: "theirs"}, nil })
			}
			other <- err
		}()
		<-done
	}
	set = NewSet(Options{Start: t0, Wall: func() time.Time { return t0 }, Dialects: map[string]Dialect{shop: {
		React: func(_ *Tx, ev checkout.Event, _ *checkout.Session) {
			if ev.Type == checkout.SessionExpired {
				if happened++; happened == items/2 {
					half()
				}
			}
		},
	}}})
	t.Cleanup(set.Close)
	b, err := set.Sandbox("long")
	if err != nil {
		t.Fatal(err)
	}
	for n := range items {
		// Half of them are spread over the year, in no order; the others all fall due together.
		at := t0.Add(time.Duration(n*7919%items) * (year / items))
		if n%2 == 0 {
			at = t0.Add(year / 2)
		}
		create(t, b, checkout.Session{ExpiresAt: at.Add(time.Second)})
	}
	got, err := b.Advance(year + time.Hour)
	if err != nil || len(got.Fired) != items {
		t.Fatalf("the advance fired %d things, %v; want %d", len(got.Fired), err, items)
	}
	for i, f := range got.Fired[1:] {
		if f.At.Before(got.Fired[i].At) {
			t.Fatalf("number %d happened at %s, after one of %s", i+1, f.At, got.Fired[i].At)
		}
	}
	select {
	case err := <-other:
		if err != nil {
			t.Error(err)
		}
	default:
		t.Error("the other sandbox did not answer during the advance")
	}
}
