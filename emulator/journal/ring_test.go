package journal

import (
	"strings"
	"sync"
	"testing"
)

// numbers returns the numbers of entries.
func numbers(entries []Entry) []uint64 {
	var out []uint64
	for _, e := range entries {
		out = append(out, e.N)
	}
	return out
}

func TestOldestLeaveWhenBytesRunOut(t *testing.T) {
	const room = 10 << 10
	j := New(0, room)
	add := func(bytes int) { j.Add(Entry{Response: Message{Body: Shared([]byte(strings.Repeat("x", bytes)))}}) }
	for range 9 {
		add(1 << 10)
	}
	if got := numbers(j.Since(0)); len(got) == 0 || got[len(got)-1] != 9 || j.bytes > room {
		t.Errorf("the journal holds %v in %d bytes; want the latest in at most %d", got, j.bytes, room)
	}
	add(20 << 10)
	if got := numbers(j.Since(0)); len(got) != 1 || got[0] != 10 {
		t.Errorf("after one that is too large by itself there are %v; want it alone", got)
	}
	add(1)
	if got := numbers(j.Since(0)); len(got) != 1 || got[0] != 11 || j.bytes > room {
		t.Errorf("after the next one there are %v in %d bytes", got, j.bytes)
	}
	if _, ok := j.Entry(10); ok {
		t.Error("an entry that left is still found")
	}
	if e, ok := j.Entry(11); !ok || e.N != 11 {
		t.Errorf("Entry(11) = %v, %v", e.N, ok)
	}
}

func TestClearNumbersOnAndResetBegins(t *testing.T) {
	j := New(3, 0)
	for range 5 {
		j.Add(Entry{})
	}
	j.Clear()
	for range 4 {
		j.Add(Entry{})
	}
	if got := numbers(j.Since(0)); len(got) != 3 || got[0] != 7 || got[2] != 9 {
		t.Errorf("after clearing at 5 there are %v; want 7, 8, 9", got)
	}
	j.Reset()
	j.Add(Entry{})
	if got := numbers(j.Since(0)); len(got) != 1 || got[0] != 1 || j.Last() != 1 {
		t.Errorf("after a reset there are %v; want 1", got)
	}
}

// A follower sees every entry once and in order, however many are added at a time.
func TestFollowersMissNothing(t *testing.T) {
	const writers, each, followers = 4, 200, 3
	j := New(0, 0)
	var wg sync.WaitGroup
	for range followers {
		wg.Go(func() {
			for at := (Place{}); at.N < writers*each; {
				entries, next, more := j.Follow(at)
				for i, e := range entries {
					if e.N != at.N+uint64(i)+1 {
						t.Errorf("number %d came after %d", e.N, at.N+uint64(i))
						return
					}
				}
				if at = next; at.N < writers*each {
					<-more
				}
			}
		})
	}
	for range writers {
		wg.Go(func() {
			for range each {
				j.Add(Entry{})
			}
		})
	}
	wg.Wait()
}

func TestFollowersAreWokenByClearAndReset(t *testing.T) {
	j := New(0, 0)
	for name, forget := range map[string]func(){"clear": j.Clear, "reset": j.Reset} {
		_, _, more := j.Follow(Place{})
		forget()
		select {
		case <-more:
		default:
			t.Errorf("%s woke nobody", name)
		}
	}
}

// A follower from before a reset begins anew, whatever has come since; one from before clearing goes on.
func TestFollowersBeginAnewAfterAReset(t *testing.T) {
	j := New(0, 0)
	add := func(n int) {
		for range n {
			j.Add(Entry{})
		}
	}
	add(2)
	_, at, _ := j.Follow(Place{})
	j.Reset()
	add(5)
	entries, at, _ := j.Follow(at)
	if len(entries) != 5 {
		t.Errorf("after a reset a follower gets %v; want all 5", numbers(entries))
	}
	j.Clear()
	add(1)
	if entries, _, _ = j.Follow(at); len(entries) != 1 || entries[0].N != 6 {
		t.Errorf("after clearing a follower gets %v; want 6", numbers(entries))
	}
}
