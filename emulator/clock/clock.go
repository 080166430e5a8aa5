// Package clock is the controlled time of a sandbox: wall time plus an offset, or a frozen instant,
// and the queue of what is due later.
//
// Nothing here is locked: the sandbox that owns a clock guards it.
package clock

import (
	"errors"
	"time"
)

// Resolution is the finest step of the clock; instants are truncated to it.
const Resolution = time.Microsecond

// ErrBackwards refuses to move a clock to an earlier instant.
var ErrBackwards = errors.New("time only goes forward")

// Clock tells a sandbox's time. It never goes back. Make one with [New].
type Clock struct {
	wall   func() time.Time
	offset time.Duration
	frozen bool
	at     time.Time // the frozen instant
	last   time.Time // the latest instant told
}

// New returns a clock over wall, which may be nil for the machine's own time. With a start that is
// not zero the clock begins there and runs on.
func New(wall func() time.Time, start time.Time) *Clock {
	if wall == nil {
		wall = Wall()
	}
	c := &Clock{wall: wall}
	if !start.IsZero() {
		c.offset = start.Sub(wall())
	}
	return c
}

// Wall returns a source of the machine's time that does not jump when the machine's clock is set.
func Wall() func() time.Time {
	began := time.Now()
	return func() time.Time { return began.Add(time.Since(began)).Round(0) }
}

// Now returns the sandbox's time in UTC.
func (c *Clock) Now() time.Time {
	now := c.at
	if !c.frozen {
		now = c.wall().Add(c.offset).UTC().Truncate(Resolution)
	}
	if now.Before(c.last) {
		now = c.last
	}
	c.last = now
	return now
}

// Frozen reports whether the clock stands still.
func (c *Clock) Frozen() bool { return c.frozen }

// Offset returns how far the clock is ahead of wall time.
func (c *Clock) Offset() time.Duration {
	if c.frozen {
		return c.at.Sub(c.wall())
	}
	return c.offset
}

// Freeze stops the clock where it is. Freezing a frozen clock does nothing.
func (c *Clock) Freeze() {
	if !c.frozen {
		c.at, c.frozen = c.Now(), true
	}
}

// Resume lets a frozen clock run on from where it stands.
func (c *Clock) Resume() {
	if c.frozen {
		c.offset, c.frozen = c.at.Sub(c.wall()), false
	}
}

// Set moves the clock to t, which must not be earlier than now, else [ErrBackwards].
func (c *Clock) Set(t time.Time) error {
	t = t.UTC().Truncate(Resolution)
	now := c.Now()
	if t.Before(now) {
		return ErrBackwards
	}
	if c.frozen {
		c.at = t
	} else {
		c.offset += t.Sub(now)
	}
	return nil
}
