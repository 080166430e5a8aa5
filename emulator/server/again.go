package server

import (
	"sync"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Bounds of what is remembered of answers that were put together: how many, and of what size in bytes.
const (
	againAtMost   = 8
	againSmallest = 16 << 10
	againLargest  = 256 << 10
)

// again remembers the latest large answers that were put together from encoded parts: whoever asks for a
// list until something happens gets the same bytes each time. Parts never change, so that an answer
// made of the same ones, in the sense of identity, is the same. The zero value remembers nothing.
type again struct {
	mu    sync.Mutex // guards what follows
	slots [againAtMost]assembled
	next  int
}

type assembled struct {
	parts wire.Assembly
	body  []byte // nil until they were asked for a second time
}

// body returns the encoded parts when they are the ones of a recent answer, else nil.
func (a *again) body(parts wire.Assembly) []byte {
	if size := parts.Size(); size < againSmallest || size > againLargest {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.slots {
		if s := &a.slots[i]; s.parts.Same(parts) {
			if s.body == nil {
				s.body = s.parts.Encode()
			}
			return s.body
		}
	}
	a.slots[a.next] = assembled{parts: parts}
	a.next = (a.next + 1) % againAtMost
	return nil
}
