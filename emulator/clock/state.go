package clock

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// State is a clock as it stands.
type State struct {
	Now    time.Time
	Frozen bool
	Offset time.Duration // ahead of wall time; zero while frozen
}

// State returns what [Restore] makes the same clock from.
func (c *Clock) State() State {
	s := State{Now: c.Now(), Frozen: c.frozen}
	if !c.frozen {
		s.Offset = c.offset
	}
	return s
}

// Restore returns a clock over wall as it stood in another process. A frozen one stands at the same
// instant; one that runs has the same offset from wall time, so that it has gone on meanwhile. It is
// never earlier than it was.
func Restore(wall func() time.Time, s State) *Clock {
	c := New(wall, time.Time{})
	c.offset, c.frozen, c.last = s.Offset, s.Frozen, s.Now.UTC().Truncate(Resolution)
	if c.frozen {
		c.at = c.last
	}
	return c
}

// Item is an entry of a [Queue].
type Item[T any] struct {
	At    time.Time
	Value T
}

// Items returns what waits, in the order in which it falls due. Pushed into an empty queue in that
// order it falls due in that order.
func (q *Queue[T]) Items() []Item[T] {
	sorted := slices.Clone(q.items)
	slices.SortFunc(sorted, func(a, b entry[T]) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.n, b.n)) })
	out := make([]Item[T], len(sorted))
	for i, e := range sorted {
		out[i] = Item[T]{time.UnixMicro(e.at).UTC(), e.value}
	}
	return out
}

// QueueOf returns a queue of items, of which those that stand first come first where they fall due together.
func QueueOf[T any](items []Item[T]) Queue[T] {
	q := Queue[T]{items: make(entries[T], len(items)), count: uint64(len(items))}
	for i, item := range items {
		q.items[i] = entry[T]{at: item.At.UnixMicro(), n: uint64(i), value: item.Value}
	}
	heap.Init(&q.items)
	return q
}

// Clone returns a queue with the same entries.
func (q *Queue[T]) Clone() Queue[T] { return Queue[T]{slices.Clone(q.items), q.count} }
