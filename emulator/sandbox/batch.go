package sandbox

import "context"

// Timing says when the webhooks of a section are sent, seen from the answer to whoever caused them. The
// zero value sends them at once and lets nobody wait.
type Timing string

// The timings, in the words of the control API.
const (
	BeforeRedirect Timing = "before_redirect" // the answer comes after the first attempts have ended
	AfterRedirect  Timing = "after_redirect"  // they are sent when the answer has been given
	NoWebhooks     Timing = "none"            // they are recorded and not sent
)

// Timings lists every timing but the zero one.
func Timings() []Timing { return []Timing{BeforeRedirect, AfterRedirect, NoWebhooks} }

// Batch is what one section sends. The zero value is nothing.
type Batch struct {
	timing Timing
	box    *Sandbox
	hooks  *hooks
	gated  []*delivery
	freed  bool
	busy   int           // as in hooks
	idle   chan struct{} // as in hooks
}

// Webhooks chooses when the webhooks of this section are sent. Whoever chooses [BeforeRedirect] calls
// Wait on the batch before it answers; whoever chooses [AfterRedirect] must call Release after it has
// answered. Both do nothing with another timing, nor when the section fails.
func (tx *Tx) Webhooks(t Timing) *Batch {
	tx.batch = nil
	if t != "" {
		tx.batch = &Batch{timing: t, box: tx.b, hooks: tx.b.hooks}
	}
	return tx.batch
}

// timing is what is handed on to commands that the section schedules.
func (tx *Tx) timing() Timing {
	if tx.batch != nil && tx.batch.timing == NoWebhooks {
		return NoWebhooks
	}
	return ""
}

// Wait returns when nothing of the batch is about to be sent or being sent any more: each first attempt
// has ended, or waits for its time. It also returns when ctx ends or the sandbox is reset or closed. On
// nil it returns at once.
func (c *Batch) Wait(ctx context.Context) {
	if c == nil || c.timing != BeforeRedirect {
		return
	}
	c.box.await(ctx, c.hooks, &c.busy, &c.idle)
}

// Release lets the batch go. It may be called twice, and on nil.
func (c *Batch) Release() {
	if c == nil {
		return
	}
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	c.freed = true
	for _, d := range c.gated {
		d.gated = false
		c.box.readyLocked(d)
	}
	c.gated = nil
	c.box.armLocked()
}

// await waits until *busy is zero; it and *idle are guarded by the sandbox's lock.
func (b *Sandbox) await(ctx context.Context, h *hooks, busy *int, idle *chan struct{}) bool {
	for {
		b.mu.Lock()
		if *busy == 0 {
			b.mu.Unlock()
			return true
		}
		if *idle == nil {
			*idle = make(chan struct{})
		}
		over := *idle
		b.mu.Unlock()
		select {
		case <-over:
		case <-h.ctx.Done():
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// busyLocked counts a delivery as about to be sent, or no longer.
func (b *Sandbox) busyLocked(d *delivery, busy bool) {
	if d.busy == busy {
		return
	}
	d.busy = busy
	by := 1
	if !busy {
		by = -1
	}
	h := d.hooks
	count(&h.busy, &h.idle, by)
	if d.batch != nil {
		count(&d.batch.busy, &d.batch.idle, by)
	}
}

func count(busy *int, idle *chan struct{}, by int) {
	if *busy += by; *busy == 0 && *idle != nil {
		close(*idle)
		*idle = nil
	}
}
