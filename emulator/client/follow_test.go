package client_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/client"
)

// TestAStreamIsCutWithinAnEvent: what has arrived of an event when the stream ends is none; a connection that
// breaks is told as such.
func TestAStreamIsCutWithinAnEvent(t *testing.T) {
	for _, half := range []string{`data: {"id":"2`, `data: {"id":"2"}`, "data: {\"id\":\"2\"}\n", "id: 2\ndata: "} {
		for _, broken := range []bool{false, true} {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, "id: 1\ndata: {\"id\":\"1\"}\n\n: all is well\n\n", half)
				_ = http.NewResponseController(w).Flush()
				if broken {
					panic(http.ErrAbortHandler)
				}
			}))
			transport := &http.Transport{}
			c, err := client.New(s.URL, client.Options{Transport: transport})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for d, err := range c.StreamDeliveries(t.Context(), client.DeliveryQuery{}) {
				if err != nil {
					got = append(got, err.Error())
				} else {
					got = append(got, d.ID)
				}
			}
			told := len(got) == 2 && strings.Contains(got[1], "unexpected EOF")
			if len(got) == 0 || got[0] != "1" || len(got) > 1 != broken || broken && !told {
				t.Errorf("of %q, broken %t: %q; want the first event, and of a broken connection its error", half, broken, got)
			}
			transport.CloseIdleConnections()
			s.Close()
		}
	}
}
