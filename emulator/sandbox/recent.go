package sandbox

import "sync"

// Bounds of the snapshots that are remembered decoded.
const (
	recentAtMost      = 4
	recentBytesAtMost = 64 << 20
)

// recent remembers the latest snapshots with what they say, the latest first: test suites restore the
// same one before each test.
type recent struct {
	mu   sync.Mutex // guards what follows
	docs []recentDoc
}

type recentDoc struct {
	text string
	says *frozen
}

// find returns what a document says, nil when that is not remembered.
func (r *recent) find(text string) *frozen {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.docs {
		if d.text == text {
			return d.says
		}
	}
	return nil
}

// keep remembers what a document says.
func (r *recent) keep(text string, says *frozen) {
	r.mu.Lock()
	defer r.mu.Unlock()
	docs, size := []recentDoc{{text, says}}, len(text)
	for _, d := range r.docs {
		if size += len(d.text); d.text != text && len(docs) < recentAtMost && size <= recentBytesAtMost {
			docs = append(docs, d)
		}
	}
	if len(text) > recentBytesAtMost {
		docs = nil
	}
	r.docs = docs
}
