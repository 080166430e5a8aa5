package sandbox

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// Bounds of what a sandbox remembers of its webhooks.
const (
	finishedAtMost = 1 << 14 // deliveries that are over
	pendingAtMost  = 1 << 16 // deliveries that wait for one endpoint
)

// hooks is everything about webhooks in one sandbox between two resets, guarded by the sandbox's lock.
type hooks struct {
	ctx    context.Context // ends when nothing is to be sent any more
	cancel context.CancelFunc

	lines []*line // by age
	byID  map[string]*line
	plan  webhook.Plan

	log       []*delivery // by number
	count     uint64      // how many there ever were
	byName    map[string]*delivery
	finished  []*delivery // by their end; the first ones are forgotten when there are too many
	forgotten int         // how many in log are
	changes   changeLog

	busy    int           // deliveries that are about to be sent or being sent
	idle    chan struct{} // closed when busy becomes zero; nil while nobody waits
	over    chan struct{} // closed when a delivery ends; nil while nobody waits
	workers sync.WaitGroup
}

func newHooks() *hooks {
	h := &hooks{byID: map[string]*line{}, byName: map[string]*delivery{}}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

// note numbers a delivery and remembers it.
func (h *hooks) note(d *delivery) {
	h.count++
	d.n, d.hooks = h.count, h
	h.log = append(h.log, d)
}

// wake tells those who wait for the end of a delivery, or for any change.
func (h *hooks) wake() {
	h.changes.wake()
	if h.over != nil {
		close(h.over)
		h.over = nil
	}
}

// finish remembers a delivery as one that is over, and forgets the ones that were over the longest ago.
func (h *hooks) finish(d *delivery) {
	h.wake()
	h.changes.add(d.snapshot())
	h.finished = append(h.finished, d)
	for len(h.finished) > finishedAtMost {
		old := h.finished[0]
		h.finished = h.finished[1:]
		if old.state == webhook.Pending || old.forgotten {
			continue // sent again meanwhile
		}
		old.forgotten = true
		delete(h.byName, old.id)
		h.forgotten++
	}
	if h.forgotten > finishedAtMost {
		h.log = slices.DeleteFunc(h.log, func(d *delivery) bool { return d.forgotten })
		h.forgotten = 0
	}
}

// line is one endpoint and what waits for it.
type line struct {
	endpoint *webhook.Endpoint
	policy   *webhook.Policy
	ready    []*delivery // to be sent now, in order
	youngest *delivery   // of the undelivered ones that keep their order: a list by older and younger
	held     []*delivery // by a plan, until the next one has been sent
	pending  int
	failures int // events in a row that failed for good
	running  bool
	gone     bool
}

// delivery is one event on its way to one endpoint.
type delivery struct {
	n        uint64 // from 1
	id       string
	hooks    *hooks
	line     *line
	ev       *webhook.Event
	text     *wording
	format   string
	state    webhook.State
	reason   string
	damage   webhook.Do // what the plan has done to each of its requests
	created  time.Time
	attempts []webhook.Attempt
	nextAt   time.Time // when its next attempt falls due; zero: not by itself
	batch    *Batch
	behind   []*delivery // go when its first attempt has ended

	older, younger *delivery // of those in the line that keep their order
	ordered        bool      // it is one of them
	counted        bool      // among the pending ones of the line
	due            bool      // its time has come, and order or the batch may hold it back
	gated          bool      // by the batch
	ready          bool      // in the line's list
	flying         bool      // being sent
	busy           bool      // counted in hooks.busy
	arrived        bool      // it was delivered once; sending it again does not change that
	forgotten      bool
}

// wording is an event's message in one format.
type wording struct {
	once sync.Once
	msg  webhook.Message
}

// message words the event, once.
func (w *wording) message(policy *webhook.Policy, ev *webhook.Event, format string) webhook.Message {
	w.once.Do(func() {
		w.msg = policy.Envelope(ev, format)
		w.msg.Triggered = ev.Triggered
	})
	return w.msg
}

// wanted reports whether any endpoint gets events of that type.
func (h *hooks) wanted(policy *webhook.Policy, provider, account, eventType string) bool {
	for _, l := range h.lines {
		if l.endpoint.Provider == provider && policy.Sends(l.endpoint, account, eventType) {
			return true
		}
	}
	return false
}

// put adds an endpoint or replaces the one with its id.
func (h *hooks) put(policy *webhook.Policy, e *webhook.Endpoint) *line {
	l := h.byID[e.ID]
	if l == nil {
		l = &line{policy: policy}
		h.byID[e.ID] = l
		h.lines = append(h.lines, l)
	} else if l.endpoint.Disabled && !e.Disabled {
		l.failures = 0
	}
	l.endpoint = e
	return l
}
