package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// BodyAtMost is the largest request body that is read, in bytes.
const BodyAtMost = 1 << 20

// headerSandbox selects a sandbox in requests and names it in responses.
const headerSandbox = "X-Sandbox"

// headerDecidedBy says in every response which rule decided it: see api.Request.DecidedBy.
const headerDecidedBy = "X-Decided-By"

// Options is how a server is made. Surfaces and Sandboxes are required.
type Options struct {
	// Surfaces are mounted below their names: "polar" at /polar and at polar.localhost.
	Surfaces  []api.Surface
	Sandboxes *sandbox.Set
	// PublicURL begins every link in answers; "": the scheme and host that the request came to.
	PublicURL string
	// Pages answer what belongs to no surface; nil: 404. Paths that begin with one of PagePrefixes are
	// theirs wherever a surface is mounted alone, too: sessions link to them there.
	Pages        http.Handler
	PagePrefixes []string
	// Inspect is called with every response that breaks the surface's own document; nil: responses
	// are not checked.
	Inspect func(r *api.Request, err error)
	Logger  *slog.Logger // nil: nothing is logged
	Verbose bool         // one log line for each exchange
	// Strict has surfaces refuse members of a body that nothing reads.
	Strict bool
	// KeyWait is how long a request waits for an earlier one with its idempotency key; zero: 1 s.
	KeyWait time.Duration
}

// Server is an http.Handler over several surfaces. Make one with [New].
type Server struct {
	sandboxes *sandbox.Set
	surfaces  map[string]*mounted // by the first segment of their paths
	order     []*mounted
	public    string
	pages     http.Handler
	prefixes  []string // of pages
	inspect   func(*api.Request, error)
	logger    *slog.Logger
	verbose   bool
	strict    bool
	keyWait   time.Duration
	holding   *holding
	again     again
	lasting   func(context.Context) (context.Context, context.CancelFunc)
	drain     context.CancelFunc
}

// New returns a server whose surfaces are mounted when they are first asked for: reading the documents
// is most of the time to start. It fails when two surfaces want the same place.
func New(o Options) (*Server, error) {
	s := &Server{
		sandboxes: o.Sandboxes, surfaces: map[string]*mounted{}, public: strings.TrimSuffix(o.PublicURL, "/"),
		pages: o.Pages, prefixes: o.PagePrefixes, inspect: o.Inspect, logger: o.Logger, verbose: o.Verbose,
		strict: o.Strict, keyWait: cmp.Or(o.KeyWait, time.Second), holding: newHolding(),
	}
	s.lasting, s.drain = lasts()
	if s.logger == nil {
		s.logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if s.pages == nil {
		s.pages = http.NotFoundHandler()
	}
	for _, surface := range o.Surfaces {
		m := &mounted{Server: s, surface: surface, name: surface.Name()}
		_, m.provider = surface.(interface{ Credential(http.Header) string })
		m.bound, m.ready = sync.OnceValues(m.bind), sync.OnceValue(m.mount)
		at := m.name
		if p, ok := m.surface.(interface{ Mount() string }); ok {
			at = p.Mount()
		}
		if s.surfaces[at] != nil {
			return nil, fmt.Errorf("two surfaces are mounted at /%s", at)
		}
		s.surfaces[at] = m
		s.order = append(s.order, m)
	}
	return s, nil
}

// Ready looks at every surface, one after the other, so that a request that comes meanwhile finds a
// processor for its own. It fails when a document is broken or does not match its handlers. Routes are
// made when they are first needed: most programs talk to one provider.
func (s *Server) Ready() error {
	var errs []error
	for _, m := range s.order {
		_, err := m.bound()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// arrival is how a request reached a surface.
type arrival struct {
	prefix  string      // the path below which the surface stood
	sandbox string      // chosen by the path, or ""
	add     http.Header // for the response
	body    []byte      // as far as it was read
	clock   time.Time   // on the sandbox's clock; zero: it reached none
	after   uint64      // number of the sandbox's last event before it
	port    string      // that links in the answer go to; "": the one that the request came to
	unseen  bool        // it is the emulator's own
	faulted
}

// arrivalWriter takes the arrival along to where the request is answered. It is cheaper than a
// context, for which the request would have to be copied.
type arrivalWriter struct {
	http.ResponseWriter
	arrival
}

// Unwrap lets http.ResponseController find the real writer.
func (w *arrivalWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func arrivalOf(c echo.Context) *arrival { return &c.Response().Writer.(*arrivalWriter).arrival }

// ServeHTTP sends a request to its surface: by /s/{sandbox}, then by the host's first label, then by
// the first segment of the path.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	s.serve(w, req, arrival{}, nil, s.pages)
}

// Part returns a handler that serves some of the surfaces, each where it stands on the whole; what
// belongs to none of them is answered by the pages. Links in answers go to the given port of the host
// that the request came to; "" is the request's own.
func (s *Server) Part(keep func(surface string) bool, pages http.Handler, port string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.serve(w, req, arrival{port: port}, keep, pages)
	})
}

// Unseen returns a handler for the emulator's own requests: they meet no faults and stay out of the
// journal.
func (s *Server) Unseen() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.serve(w, req, arrival{unseen: true}, nil, http.NotFoundHandler())
	})
}

// serve is ServeHTTP for the surfaces that keep names; nil names all.
func (s *Server) serve(w http.ResponseWriter, req *http.Request, a arrival, keep func(string) bool, pages http.Handler) {
	path := req.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(path, "/s/"); ok {
		name, below, _ := strings.Cut(rest, "/")
		a.sandbox, a.prefix, path = name, "/s/"+name, "/"+below
		if plain, err := url.PathUnescape(name); err == nil {
			a.sandbox = plain
		}
	}
	if label, domain, ok := strings.Cut(req.Host, "."); ok && isLocalhost(domain) && s.surfaces[label].in(keep) && !s.isPage(path) {
		s.forward(w, req, s.surfaces[label], a, path)
		return
	}
	name, below, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if m := s.surfaces[name]; m.in(keep) {
		a.prefix += "/" + name
		s.forward(w, req, m, a, "/"+below)
		return
	}
	pages.ServeHTTP(w, req)
}

// in reports whether keep names the surface; there is none at nil.
func (m *mounted) in(keep func(string) bool) bool { return m != nil && (keep == nil || keep(m.name)) }

// Only returns a handler that serves one surface at the root, for clients that refuse a base path.
func (s *Server) Only(name string) (http.Handler, error) {
	m := s.surfaces[name]
	if m == nil {
		return nil, fmt.Errorf("no surface is named %q", name)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if s.isPage(req.URL.Path) {
			s.pages.ServeHTTP(w, req)
			return
		}
		s.forward(w, req, m, arrival{}, req.URL.EscapedPath())
	}), nil
}

func (s *Server) isPage(path string) bool {
	return slices.ContainsFunc(s.prefixes, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// forward hands the request to the surface's router with the path below the surface.
func (s *Server) forward(w http.ResponseWriter, req *http.Request, m *mounted, a arrival, path string) {
	if err := m.ready(); err != nil {
		http.Error(w, "localcheckout cannot serve "+m.name+": "+err.Error(), http.StatusInternalServerError)
		return
	}
	if rw, ok := m.surface.(api.Rewriter); ok {
		path, a.add = rw.Rewrite(path)
	}
	f := &forwarded{arrivalWriter: arrivalWriter{w, a}, request: *req, url: *req.URL}
	f.request.URL = &f.url
	f.url.Path, f.url.RawPath = path, ""
	if strings.Contains(path, "%") {
		if plain, err := url.PathUnescape(path); err == nil {
			f.url.Path, f.url.RawPath = plain, path
		}
	}
	m.echo.ServeHTTP(&f.arrivalWriter, &f.request)
}

// forwarded is a request on its way to a surface: in one piece, as every request needs one.
type forwarded struct {
	arrivalWriter
	request http.Request
	url     url.URL
}

// base is the scheme and host that links in the answer begin with.
func (s *Server) base(req *http.Request, a *arrival) string {
	if s.public != "" {
		return s.public
	}
	scheme := "http://"
	if req.TLS != nil {
		scheme = "https://"
	}
	if a.port != "" {
		host := req.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		return scheme + net.JoinHostPort(strings.Trim(host, "[]"), a.port)
	}
	return scheme + req.Host
}

func isLocalhost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return host == "localhost"
}
