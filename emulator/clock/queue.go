package clock

import (
	"container/heap"
	"time"
)

// Queue holds what is due later, ordered by instant and then by insertion. The zero value is empty.
type Queue[T any] struct {
	items entries[T]
	count uint64
}

// Push adds v, due at the given instant.
func (q *Queue[T]) Push(at time.Time, v T) {
	heap.Push(&q.items, entry[T]{at: at.UnixMicro(), n: q.count, value: v})
	q.count++
}

// PopDue removes the first entry if it is due at or before now, and returns it with its instant.
func (q *Queue[T]) PopDue(now time.Time) (v T, at time.Time, ok bool) {
	if len(q.items) == 0 || q.items[0].at > now.UnixMicro() {
		return v, at, false
	}
	e := heap.Pop(&q.items).(entry[T])
	return e.value, time.UnixMicro(e.at).UTC(), true
}

// Next returns the instant of the first entry; ok is false when there is none.
func (q *Queue[T]) Next() (at time.Time, ok bool) {
	if len(q.items) == 0 {
		return at, false
	}
	return time.UnixMicro(q.items[0].at).UTC(), true
}

// Len returns how many entries wait.
func (q *Queue[T]) Len() int { return len(q.items) }

type entry[T any] struct {
	at    int64 // microseconds since 1970
	n     uint64
	value T
}

type entries[T any] []entry[T]

func (e entries[T]) Len() int { return len(e) }
func (e entries[T]) Less(i, j int) bool {
	if e[i].at != e[j].at {
		return e[i].at < e[j].at
	}
	return e[i].n < e[j].n
}
func (e entries[T]) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *entries[T]) Push(x any)   { *e = append(*e, x.(entry[T])) }
func (e *entries[T]) Pop() any {
	old := *e
	last := old[len(old)-1]
	old[len(old)-1] = entry[T]{}
	*e = old[:len(old)-1]
	return last
}
