package providertest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
)

// FuzzBody sends any text as the body of a creation, beginning with the subject's own and the seeds.
// Whatever it is, the answer is the provider's, below 500, and fits the document.
func FuzzBody(f *testing.F, s Subject, seeds ...string) {
	for _, body := range append(seeds, s.Create(1).Body, s.Faulty.Call.Body, "", "{}", "[]", "null", "5", "{", `{"a":1}{"b":2}`, "\xff", `{"metadata":{"a":[{}]}}`, `{"amount":1e400}`) {
		f.Add(body)
	}
	fuzzed := newFuzzed(f, s)
	f.Fuzz(func(t *testing.T, body string) {
		c := s.Create(fuzzed.count) // with headers of its own, where the provider wants them
		c.Body = body
		fuzzed.send(t, c)
	})
}

// FuzzQuery sends any text as the query of a list.
func FuzzQuery(f *testing.F, s Subject, seeds ...string) {
	first, _ := s.List.Page(nil)
	path, query, _ := strings.Cut(first.Path, "?")
	for _, q := range append(seeds, query, "", "limit=5", "limit=0", "limit=1e2", "page=-1", "offset=99999999999999999999", "status=open&status=x", "%", "%00", "a[b]=c", "metadata[a]=b", ";", "&&&", "=", "\xff") {
		f.Add(q)
	}
	fuzzed := newFuzzed(f, s)
	f.Fuzz(func(t *testing.T, query string) {
		if strings.ContainsAny(query, " \t\r\n#") {
			return // no request line can hold it
		}
		if _, err := url.Parse("http://localhost/?" + query); err != nil {
			return
		}
		fuzzed.send(t, Call{Method: first.Method, Path: path + "?" + query})
	})
}

type fuzzed struct {
	Subject
	handler http.Handler
	t       *testing.T // of the input that is being tried
	count   int
}

func newFuzzed(f *testing.F, s Subject) *fuzzed {
	f.Helper()
	out := &fuzzed{Subject: s}
	emu, err := emulator.New(emulator.Options{Inspect: func(surface, operation string, err error) { out.t.Errorf("%s: %v", surface, err) }})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(emu.Close)
	out.handler = emu.Handler()
	return out
}

func (fz *fuzzed) send(t *testing.T, c Call) {
	fz.t = t
	if fz.count++; fz.count%1000 == 0 { // do not pile up what is made
		fz.do(httptest.NewRequest(http.MethodPost, "http://localhost/_control/reset", nil))
	}
	req := httptest.NewRequest(c.Method, "http://localhost/"+fz.Name+c.Path, strings.NewReader(c.Body))
	req.Header.Set("Content-Type", "application/json")
	header := fz.Header
	if c.Header != nil {
		header = c.Header
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	if w := fz.do(req); w.Code >= http.StatusInternalServerError && w.Code != http.StatusNotImplemented {
		t.Errorf("%s %s %q = %d %s; want no fault of ours", c.Method, c.Path, c.Body, w.Code, w.Body)
	}
}

func (fz *fuzzed) do(req *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	fz.handler.ServeHTTP(w, req)
	return w
}
