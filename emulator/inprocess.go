package emulator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// inProcess carries requests to a handler without a socket.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper. The handler runs in a goroutine that ends with the
// response: closing its body stops and awaits it.
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	reader, writer := io.Pipe()
	a := &answer{Reader: reader, body: writer, header: http.Header{}, begun: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		writer.CloseWithError(a.serve(t.handler, arriving(req.WithContext(ctx))))
	}()
	a.stop = sync.OnceFunc(func() {
		cancel()
		reader.Close()
		<-ended
	})
	select {
	case <-a.begun:
	case <-ended: // before its first byte
		if a.status == 0 {
			a.stop()
			if err := req.Context().Err(); err != nil {
				return nil, err
			}
			return nil, fmt.Errorf("%s %s: the connection ended without an answer", req.Method, req.URL)
		}
	}
	length, err := strconv.ParseInt(a.sent.Get("Content-Length"), 10, 64)
	if err != nil {
		length = -1
	}
	return &http.Response{
		StatusCode: a.status, Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.sent, Body: a, ContentLength: length, Request: req,
	}, nil
}

// arriving is a request as the handler of a server sees it.
func arriving(req *http.Request) *http.Request {
	req.RequestURI, req.RemoteAddr = req.URL.RequestURI(), "127.0.0.1:0"
	if req.Host == "" {
		req.Host = req.URL.Host
	}
	if req.Body == nil {
		req.Body = http.NoBody
	}
	return req
}

// answer is a response on its way from the handler to the reader of its body.
type answer struct {
	io.Reader
	body   *io.PipeWriter
	stop   func()
	header http.Header

	begun  chan struct{} // closed when status and sent are set
	status int
	sent   http.Header
}

// serve runs the handler. A handler that gives up its connection by a panic ends the body with an
// error.
func (a *answer) serve(h http.Handler, req *http.Request) (err error) {
	defer req.Body.Close()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", io.ErrUnexpectedEOF, p)
			return
		}
		a.WriteHeader(http.StatusOK)
	}()
	h.ServeHTTP(a, req)
	return nil
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter; only the first status counts.
func (a *answer) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	a.status, a.sent = status, a.header.Clone()
	close(a.begun)
}

// Write implements http.ResponseWriter. It returns when the piece was read.
func (a *answer) Write(piece []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(piece)
}

// Flush implements http.Flusher: every piece is read as it is written.
func (a *answer) Flush() { a.WriteHeader(http.StatusOK) }

// Close implements io.Closer for the reader of the body.
func (a *answer) Close() error {
	a.stop()
	return nil
}
