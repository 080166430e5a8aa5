package server

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/localcheckout/localcheckout/emulator/api"
)

// slowAtMost is how long the reader of a stream may take for one piece before it is cut off.
const slowAtMost = 10 * time.Second

// lasts returns what gives requests that last a context that also ends with the server, and what ends
// the server in that sense.
func lasts() (lasting func(context.Context) (context.Context, context.CancelFunc), drain context.CancelFunc) {
	life, drain := context.WithCancel(context.Background())
	return func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		detach := context.AfterFunc(life, cancel)
		return ctx, func() {
			detach()
			cancel()
		}
	}, drain
}

// stream writes a body piece by piece until it ends, the caller leaves or is too slow, or the server is
// drained.
func (m *mounted) stream(c echo.Context, a *arrival, resp api.Response) error {
	ctx, done := m.lasting(c.Request().Context())
	defer done()
	w := c.Response()
	conn := http.NewResponseController(w)
	freed := make(chan struct{})
	free := context.AfterFunc(ctx, func() { // ends a write that is stuck
		defer close(freed)
		_ = conn.SetWriteDeadline(time.Now())
	})
	w.WriteHeader(resp.Status)
	w.Flush()
	send := m.spoiler(c, a.spoil)
	err := resp.Stream(ctx, func(piece []byte) error {
		_ = conn.SetWriteDeadline(time.Now().Add(slowAtMost))
		if err := ctx.Err(); err != nil {
			return err
		}
		return send(piece)
	})
	if !free() {
		<-freed
	}
	_ = conn.SetWriteDeadline(time.Time{})
	if errors.Is(err, context.Canceled) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, errSevered) {
		return nil
	}
	return err
}
