package emulator

import (
	"errors"
	"net"
	"net/http"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/server"
)

// Run starts an emulator on a free loopback port for the length of a test. Every response is checked
// against its document: the first one that breaks it fails the test.
func Run(tb testing.TB, options ...Options) *Emulator {
	tb.Helper()
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	if o.Inspect == nil {
		o.Inspect = func(surface, operation string, err error) { tb.Errorf("%s: %v", surface, err) }
	}
	e, err := o.start()
	if err != nil {
		tb.Fatalf("start the emulator: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("start the emulator: %v", err)
	}
	if err := e.at("http://" + l.Addr().String()); err != nil {
		tb.Fatalf("start the emulator: %v", err)
	}
	s := &http.Server{Handler: e.Handler()}
	served := make(chan error, 1)
	go func() { served <- server.Serve(s, l) }()
	tb.Cleanup(func() {
		_ = s.Close()
		e.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			tb.Errorf("serve: %v", err)
		}
	})
	return e
}

// start is [Start] where nothing can be broken, so that a test pays only for the providers that it
// calls, else [New].
func (o Options) start() (*Emulator, error) {
	if len(o.Providers) > 0 {
		return New(o)
	}
	return Start(o)
}
