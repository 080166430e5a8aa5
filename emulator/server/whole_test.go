package server

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
)

// whole serves answers of as many bytes as the query says, and returns their address.
func whole(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.RawQuery)
		w.Header().Set("Content-Length", strconv.Itoa(n))
		if err := writeBody(r.Context(), w, numbered(n)); err != nil && r.Method != http.MethodHead {
			t.Errorf("write %d bytes: %v", n, err)
		}
	})}
	served := make(chan error, 1)
	go func() { served <- Serve(s, l) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String() + "/?"
}

// numbered returns n bytes, each telling something of where it stands.
func numbered(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return out
}

// TestBodiesArriveWhole asks over one connection for bodies of sizes around those of net/http's buffers
// and far beyond: where the pieces join, nothing is lost, doubled or kept back.
func TestBodiesArriveWhole(t *testing.T) {
	at, client := whole(t), &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	sizes := []int{0, 1, 100, 7559, 8191, 8192, 8193, 75656, 1 << 20, 9 << 20}
	for n := handlerBuffer - 2; n < connBuffer+connBuffer/16; n++ {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			req, _ := http.NewRequest(method, at+strconv.Itoa(n), nil)
			req.Close = n%97 == 0
			resp, err := client.Do(req)
			if err != nil {
				t.Fatalf("%s %d bytes: %v", method, n, err)
			}
			got, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if want := numbered(n); method == http.MethodGet && !bytes.Equal(got, want) || resp.ContentLength != int64(n) || err != nil {
				t.Fatalf("%s %d bytes: got %d of %d, %v", method, n, len(got), resp.ContentLength, err)
			}
		}
	}
}

// TestHeldBytesAreSentWithoutARest sends what was kept when nothing comes after it.
func TestHeldBytesAreSentWithoutARest(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := wholeListener{l}.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		w := c.(*wholeConn)
		_ = w.write(raw{w}, []byte("kept"))
		_, err1 := w.Write([]byte(" and "))
		err2 := w.write(raw{w}, numbered(connBuffer+1))
		if err := cmp.Or(err1, err2); err != nil {
			t.Error(err)
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := io.ReadAll(c)
	if want := append([]byte("kept and "), numbered(connBuffer+1)...); err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %q, %v", got, err)
	}
}

// raw is a ResponseWriter without headers or a buffer.
type raw struct{ io.Writer }

func (raw) Header() http.Header { return nil }
func (raw) WriteHeader(int)     {}
func (raw) Flush()              {}
