package server

import (
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/localcheckout/localcheckout/emulator/fault"
)

// garbage is what is answered that is not HTTP.
const garbage = "\x16\x03\x01\x02\x00not-HTTP:localcheckout-was-asked-for-garbage\r\n\r\n"

// errSevered ends a stream whose connection a fault has closed.
var errSevered = errors.New("a fault closed the connection")

// writeAtMost is how long the last bytes may take before a connection is closed.
const writeAtMost = 5 * time.Second

// severed ends the connection without an answer.
func (m *mounted) severed(c echo.Context, how fault.Action) {
	if how == (fault.Hang{}) {
		m.holding.wait(c.Request().Context(), fault.DelayAtMost)
	}
	conn := take(c)
	defer conn.Close()
	switch how.(type) {
	case fault.Reset:
		linger(conn)
	case fault.Garbage:
		_ = conn.SetWriteDeadline(time.Now().Add(writeAtMost))
		_, _ = conn.Write([]byte(garbage))
	}
}

// linger has the closing of a connection reset it.
func linger(conn net.Conn) {
	if inner, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		conn = inner.NetConn()
	}
	if tcp, ok := conn.(interface{ SetLinger(seconds int) error }); ok {
		_ = tcp.SetLinger(0)
	}
}

// take takes the connection out of the server's hands. Where there is none of its own, as in HTTP/2 and
// in process, the request is given up as net/http has it.
func take(c echo.Context) net.Conn {
	conn, rw, err := http.NewResponseController(c.Response().Writer).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = conn.SetWriteDeadline(time.Now().Add(writeAtMost))
	_ = rw.Flush()
	return conn
}

// spoiler returns how pieces of a body are sent whose headers are on their way. Its error says that
// nothing more can be sent.
func (m *mounted) spoiler(c echo.Context, how fault.Action) func(piece []byte) error {
	switch how := how.(type) {
	case fault.Truncate:
		return truncated(c, how)
	case fault.Drip:
		return m.dripping(c, how)
	}
	return func(piece []byte) error { return sendPiece(c, piece) }
}

func sendPiece(c echo.Context, piece []byte) error {
	if len(piece) > 0 {
		if _, err := c.Response().Write(piece); err != nil {
			return err
		}
	}
	return http.NewResponseController(c.Response().Writer).Flush()
}

// truncated sends the first bytes and closes the connection within the body: at the latest before the
// last byte of an answer that has a length. The answer is in one piece when it has.
func truncated(c echo.Context, how fault.Truncate) func([]byte) error {
	left := how.Bytes
	whole := c.Response().Header().Get(echo.HeaderContentLength) != ""
	return func(piece []byte) error {
		n := min(left, len(piece))
		if whole {
			n = min(n, max(len(piece)-1, 0))
		}
		left -= n
		if err := sendPiece(c, piece[:n]); err != nil {
			return err
		}
		if !whole && left > 0 {
			return nil
		}
		_ = take(c).Close()
		return errSevered
	}
}

// dripping sends pieces in small ones, with a pause before each but the first. A body that takes too
// long ends like a truncated one.
func (m *mounted) dripping(c echo.Context, how fault.Drip) func([]byte) error {
	ctx, began, first := c.Request().Context(), time.Now(), true
	return func(piece []byte) error {
		for len(piece) > 0 {
			if !first && (!m.holding.wait(ctx, how.Every) || time.Since(began) > fault.DelayAtMost) {
				_ = take(c).Close()
				return errSevered
			}
			first = false
			n := min(how.Chunk, len(piece))
			if err := sendPiece(c, piece[:n]); err != nil {
				return err
			}
			piece = piece[n:]
		}
		return nil
	}
}
