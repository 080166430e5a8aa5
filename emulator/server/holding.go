package server

import (
	"context"
	"sync"
	"time"
)

// heldAtMost bounds how many requests faults hold at once.
const heldAtMost = 10_000

// holding holds requests that a fault makes wait.
type holding struct {
	closing chan struct{} // closed when no request is held any more
	waiting sync.WaitGroup

	mu     sync.Mutex // guards what follows
	count  int
	closed bool
}

func newHolding() *holding { return &holding{closing: make(chan struct{})} }

// wait holds a request in wall time. It is false when the caller left or the server stopped before,
// and when too many are held already.
func (h *holding) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	if !h.enter() {
		return false
	}
	defer h.leave()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-h.closing:
	}
	return false
}

func (h *holding) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.count >= heldAtMost {
		return false
	}
	h.count++
	h.waiting.Add(1)
	return true
}

func (h *holding) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count--
	h.waiting.Done()
}

// Drain ends what lasts: streams, calls that wait for something, and requests that faults hold, with
// their connections. Shutting down an http.Server would wait for them. Later ones end at once. It may be
// called twice.
func (s *Server) Drain() {
	s.drain()
	s.holding.end()
}

// end lets all go and awaits that they are gone.
func (h *holding) end() {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.closing)
	}
	h.mu.Unlock()
	h.waiting.Wait()
}
