package server

import (
	"context"
	"net"
	"net/http"
)

// Serve has s accept the connections of l, as its own method does, and send an answer in one piece that
// net/http, whose buffer is smaller, would send in two: a piece is a system call for us and one for the
// caller, which is most of what such an answer costs.
func Serve(s *http.Server, l net.Listener) error {
	outer := s.ConnContext
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if outer != nil {
			ctx = outer(ctx, c)
		}
		if whole, ok := c.(*wholeConn); ok {
			ctx = context.WithValue(ctx, wholeKey{}, whole)
		}
		return ctx
	}
	return s.Serve(wholeListener{l})
}

// wholeKey is where the context of a request has the connection that it came by.
type wholeKey struct{}

type wholeListener struct{ net.Listener }

func (l wholeListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		return &wholeConn{TCPConn: tcp}, err
	}
	return c, err
}

// Sizes of net/http's buffers: of a connection, and of a handler's writer, which hands larger pieces
// through. A body up to the latter fits into the former with its headers and is sent in one piece anyway.
const (
	connBuffer    = 4 << 10
	handlerBuffer = 2 << 10
)

// wholeConn is a connection that can keep the beginning of an answer until its rest is there. Only the
// goroutine that answers writes to it.
type wholeConn struct {
	*net.TCPConn
	waits bool   // the rest is about to come
	held  []byte // not yet sent
	parts [2][]byte
}

// Write implements io.Writer. While the rest is to come it keeps the first piece, and sends it with the second.
func (c *wholeConn) Write(p []byte) (int, error) {
	if len(c.held) == 0 {
		if c.waits && len(p) <= connBuffer {
			c.held = append(c.held, p...)
			return len(p), nil
		}
		return c.TCPConn.Write(p)
	}
	c.parts = [2][]byte{c.held, p}
	pieces := net.Buffers(c.parts[:])
	n, err := pieces.WriteTo(c.TCPConn)
	n = max(n-int64(len(c.held)), 0)
	c.held, c.parts = c.held[:0], [2][]byte{}
	return int(n), err
}

// write writes a body by w, whose connection this is, and sends it.
func (c *wholeConn) write(w http.ResponseWriter, body []byte) error {
	c.waits = true
	_, err := w.Write(body)
	if err == nil {
		err = http.NewResponseController(w).Flush()
	}
	c.waits = false
	if len(c.held) > 0 { // nothing came after the first piece
		_, err = c.Write(nil)
	}
	return err
}

// writeBody writes the whole body of an answer.
func writeBody(ctx context.Context, w http.ResponseWriter, body []byte) error {
	if c, ok := ctx.Value(wholeKey{}).(*wholeConn); ok && len(body) > handlerBuffer {
		return c.write(w, body)
	}
	_, err := w.Write(body)
	return err
}
