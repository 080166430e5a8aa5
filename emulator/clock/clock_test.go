package clock

import (
	"errors"
	"slices"
	"testing"
	"time"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// hand is a wall clock that a test moves.
type hand struct{ now time.Time }

func (h *hand) wall() time.Time { return h.now }

func TestClockRunsFreezesAndMovesForward(t *testing.T) {
	h := &hand{now: t0}
	c := New(h.wall, time.Time{})
	for _, step := range []struct {
		name string
		do   func() error
		want time.Time
	}{
		{"starts at wall time", func() error { return nil }, t0},
		{"runs with the wall", func() error { h.now = t0.Add(time.Second); return nil }, t0.Add(time.Second)},
		{"moves ahead", func() error { return c.Set(t0.Add(time.Hour)) }, t0.Add(time.Hour)},
		{"stands when frozen", func() error { c.Freeze(); h.now = h.now.Add(time.Minute); return nil }, t0.Add(time.Hour)},
		{"moves while frozen", func() error { return c.Set(t0.Add(2 * time.Hour)) }, t0.Add(2 * time.Hour)},
		{"runs on from there", func() error { c.Resume(); h.now = h.now.Add(time.Minute); return nil }, t0.Add(2*time.Hour + time.Minute)},
		{"ignores a wall that jumps back", func() error { h.now = t0; return nil }, t0.Add(2*time.Hour + time.Minute)},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := c.Now(); !got.Equal(step.want) {
			t.Errorf("%s: Now() = %v; want %v", step.name, got, step.want)
		}
	}
	if err := c.Set(t0); !errors.Is(err, ErrBackwards) {
		t.Errorf("Set(earlier) = %v; want ErrBackwards", err)
	}
}

func TestClockStartsWhereAsked(t *testing.T) {
	h := &hand{now: t0}
	c := New(h.wall, t0.AddDate(1, 0, 0))
	h.now = h.now.Add(time.Second)
	if got, want := c.Now(), t0.AddDate(1, 0, 0).Add(time.Second); !got.Equal(want) {
		t.Errorf("Now() = %v; want %v", got, want)
	}
}

func TestQueueOrdersByInstantThenInsertion(t *testing.T) {
	var q Queue[string]
	q.Push(t0.Add(2), "same microsecond, first")
	q.Push(t0.Add(time.Second), "later")
	q.Push(t0, "same microsecond, second")
	q.Push(t0.Add(-time.Second), "earliest")
	var got []string
	for {
		v, _, ok := q.PopDue(t0)
		if !ok {
			break
		}
		got = append(got, v)
	}
	want := []string{"earliest", "same microsecond, first", "same microsecond, second"}
	if len(got) != len(want) {
		t.Fatalf("due = %q; want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("due[%d] = %q; want %q", i, got[i], want[i])
		}
	}
	if at, ok := q.Next(); !ok || !at.Equal(t0.Add(time.Second)) || q.Len() != 1 {
		t.Errorf("Next() = %v, %v with %d left; want the later entry", at, ok, q.Len())
	}
}

// TestQueueOfItems: a queue of the items of another, or of items in any order, gives the same out, and what
// is pushed later comes after those of its instant.
func TestQueueOfItems(t *testing.T) {
	items := []Item[int]{{t0.Add(time.Second), 0}, {t0, 1}, {t0, 2}, {t0.Add(time.Second), 3}, {t0, 4}}
	first := QueueOf(items)
	for _, from := range [][]Item[int]{items, first.Items()} {
		q := QueueOf(from)
		q.Push(t0, 5)
		var got []int
		for {
			v, _, ok := q.PopDue(t0.Add(time.Hour))
			if !ok {
				break
			}
			got = append(got, v)
		}
		if want := []int{1, 2, 4, 5, 0, 3}; !slices.Equal(got, want) {
			t.Errorf("due = %v; want %v", got, want)
		}
	}
}
