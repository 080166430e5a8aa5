package emulator

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/client"
)

// sessionsInSnapshot is how many sessions the snapshots of the benchmarks hold, half of them Polar's and
// half Tilled's.
const sessionsInSnapshot = 1000

// connected is an emulator on a real connection.
type connected struct {
	*client.Client
	handler http.Handler
}

// served is one with that many sessions.
func served(b *testing.B) *client.Client {
	s := serving(b)
	s.create(b)
	return s.Client
}

func serving(b *testing.B) connected {
	b.Helper()
	debug.SetGCPercent(400) // as the program does
	e, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	s := httptest.NewServer(e.Handler())
	b.Cleanup(func() {
		s.Close()
		e.Close()
	})
	c, err := client.New(s.URL, client.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return connected{c, e.Handler()}
}

// create makes the sessions.
func (s connected) create(b *testing.B) {
	b.Helper()
	send := func(path, body string, header ...string) {
		req := httptest.NewRequest(http.MethodPost, path, bytes.NewReader([]byte(body)))
		req.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		if s.handler.ServeHTTP(w, req); w.Code != http.StatusCreated {
			b.Fatalf("create = %d %s", w.Code, w.Body)
		}
	}
	for n := range sessionsInSnapshot / 2 {
		send("/polar/v1/checkouts/", fmt.Sprintf(`{"products":["b3f3c9b1-1168-47b6-b178-2af9b468bad7"],"customer_name":"Ada","customer_email":"ada%d@example.com",`+
			`"metadata":{"n":%d,"order":"A-%d"},"success_url":"https://shop.example/done"}`, n, n, n), "Authorization", "Bearer polar_oat_x")
		send("/tilled/v1/checkout-sessions", fmt.Sprintf(`{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"Cake"},"unit_amount":%d},"quantity":2}],`+
			`"payment_intent_data":{"payment_method_types":["card"]},"metadata":{"n":"%d"},"success_url":"https://shop.example/done"}`, 100+n, n),
			"tilled-api-key", "sk_test_x", "tilled-account", "acct_CornerBakery000000001")
	}
}

// BenchmarkSnapshot takes a snapshot of 1000 sessions over HTTP: the first one of these sessions, for which
// each has to be written, and further ones.
func BenchmarkSnapshot(b *testing.B) {
	for _, first := range []bool{true, false} {
		b.Run(map[bool]string{true: "first", false: "again"}[first], func(b *testing.B) {
			s := serving(b)
			s.create(b)
			for b.Loop() {
				if first {
					b.StopTimer()
					if err := s.Reset(context.Background()); err != nil {
						b.Fatal(err)
					}
					s.create(b)
					b.StartTimer()
				}
				doc, err := s.Snapshot(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(doc)))
			}
		})
	}
}

// BenchmarkRestore restores a snapshot of 1000 sessions over HTTP: one that the emulator has seen lately,
// as before each test of a suite, and one that it has not.
func BenchmarkRestore(b *testing.B) {
	for _, known := range []bool{true, false} {
		b.Run(map[bool]string{true: "known", false: "new"}[known], func(b *testing.B) {
			c := served(b)
			doc, err := c.Snapshot(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(doc)))
			for n := 0; b.Loop(); n++ {
				if !known {
					b.StopTimer()
					doc = bytes.Replace(doc, []byte(`"n":`), fmt.Appendf(nil, `"n":%d`, n%9+1), 1)
					b.StartTimer()
				}
				if err := c.Restore(context.Background(), doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
