package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// feed is a numbered log that can be followed.
type feed[T any] struct {
	// after returns what came after a place, the place after that, and a channel that is closed when
	// there may be more.
	after  func(journal.Place) (items []T, next journal.Place, more <-chan struct{})
	number func(T) uint64
	keep   func(T) bool
	// ends says that a stream ends when the log begins anew: its readers follow what is gone then.
	ends bool
}

// waitQuery is how long a call waits, and for how many.
type waitQuery struct {
	Count   int    `json:"count"`
	Timeout string `json:"timeout"`
}

// Bounds of a wait.
const (
	waitUsual  = 5 * time.Second
	waitAtMost = 10 * time.Minute
)

// errLate is a wait that ended before enough had arrived.
type errLate struct {
	wanted, got int
	after       time.Duration
	stopped     bool // the server ends
}

func (e *errLate) Error() string {
	if e.stopped {
		return fmt.Sprintf("the server ends; %d of %d had arrived", e.got, e.wanted)
	}
	return fmt.Sprintf("%d of %d arrived within %s; ask for longer with timeout, or look at what did arrive", e.got, e.wanted, e.after)
}

// wait returns what a feed kept after a number, as soon as it is enough; else, with an *errLate, what
// did arrive in time.
func wait[T any](ctx context.Context, f feed[T], since uint64, in waitQuery) ([]T, error) {
	count, timeout := max(in.Count, 1), waitUsual
	if in.Timeout != "" {
		var err error
		if timeout, err = parseDuration("timeout", in.Timeout); err != nil {
			return nil, inQuery(err)
		}
		if timeout > waitAtMost {
			return nil, inQuery(refused("timeout", in.Timeout, fmt.Sprintf("a call waits for %s at most", waitAtMost), nil))
		}
	}
	ending := ctx
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	at, found := journal.Place{N: since}, []T(nil)
	for {
		items, next, more := f.after(at)
		if at.Life != 0 && at.Life != next.Life {
			found = nil
		}
		for _, item := range items {
			if f.keep(item) {
				found = append(found, item)
			}
		}
		if at = next; len(found) >= count {
			return found, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return found, &errLate{wanted: count, got: len(found), after: timeout, stopped: ending.Err() != nil}
		}
	}
}

// late answers a wait that failed: with 408 and what did arrive when it was too short.
func late(err error, with func(problem) any) (api.Response, error) {
	var late *errLate
	if !errors.As(err, &late) {
		return api.Response{}, err
	}
	p := problem{Type: "about:blank", Title: http.StatusText(http.StatusRequestTimeout), Status: http.StatusRequestTimeout, Detail: late.Error()}
	return api.Response{Status: p.Status, Body: with(p), ContentType: problemType}, nil
}

// keepAlive is how often a stream says that it is there, so that nothing between it and its reader
// takes it for dead.
const keepAlive = 15 * time.Second

// follow streams a feed as server-sent events: from the id that the caller saw last, else after since,
// else from now on.
//
// Source: WHATWG HTML, "Server-sent events".
func follow[T any](r *api.Request, f feed[T], since wire.Optional[uint64], show func(T) any) (api.Response, error) {
	from := journal.Place{N: since.Value}
	if !since.Set {
		_, from, _ = f.after(from)
	}
	if text := r.Header.Get("Last-Event-ID"); text != "" {
		seen, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return api.Response{}, refused("Last-Event-ID", text, "the header Last-Event-ID has no number; leave it out to follow from now on", nil)
		}
		from.N = seen
	}
	resp := api.Response{ContentType: "text/event-stream"}
	resp.SetHeader("Cache-Control", "no-store")
	resp.Stream = func(ctx context.Context, send func([]byte) error) error { return f.stream(ctx, from, show, send) }
	return resp, nil
}

func (f feed[T]) stream(ctx context.Context, at journal.Place, show func(T) any, send func([]byte) error) error {
	if err := send([]byte(": following\n\n")); err != nil {
		return err
	}
	ticker := time.NewTicker(keepAlive)
	defer ticker.Stop()
	for {
		items, next, more := f.after(at)
		if f.ends && at.Life != 0 && next.Life != at.Life {
			return nil
		}
		for _, item := range items {
			if !f.keep(item) {
				continue
			}
			piece, err := eventOf(f.number(item), show(item))
			if err == nil {
				err = send(piece)
			}
			if err != nil {
				return err
			}
		}
		at = next
		select {
		case <-more:
		case <-ticker.C:
			if err := send([]byte(": still here\n\n")); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// eventOf is one server-sent event.
func eventOf(id uint64, data any) ([]byte, error) {
	encoded, err := wire.Marshal(data)
	if err != nil {
		return nil, err
	}
	out := append(strconv.AppendUint([]byte("id: "), id, 10), "\ndata: "...)
	return append(append(out, encoded...), "\n\n"...), nil
}
