package emulator

import (
	"fmt"
	"io"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/dashboard"
	"github.com/localcheckout/localcheckout/emulator/hosted"
)

// health answers health checks, and says of everything else that it is not here.
func (e *Emulator) health() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", healthy)
	mux.HandleFunc("GET /readyz", e.readyz)
	mux.HandleFunc("GET /healthz", e.readyz)
	mux.HandleFunc("/", lost)
	return mux
}

// pages answers health checks and what belongs to no surface. Index and dashboard name the control API
// only where it is.
func (e *Emulator) pages(control bool) http.Handler {
	mux := e.health()
	for _, path := range hosted.Prefixes() {
		mux.Handle(path, e.checkouts)
	}
	e.dashboard(mux, control, func(w http.ResponseWriter, r *http.Request) { e.index(w, r, control) })
	return mux
}

// controlPages are those of an address that serves the control API alone.
func (e *Emulator) controlPages() http.Handler {
	mux := e.health()
	e.dashboard(mux, true, lost)
	return mux
}

// dashboard puts the dashboard at the root, for those who accept HTML. The others get the text.
func (e *Emulator) dashboard(mux *http.ServeMux, control bool, text http.HandlerFunc) {
	d := dashboard.New(dashboard.Options{Providers: e.Providers(), Control: control, Token: e.token != ""})
	mux.Handle("GET "+dashboard.Prefix, d)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		if dashboard.Wanted(r) {
			d.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Vary", "Accept")
		text(w, r)
	})
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"status":"ok"}`)
}

// readyz answers when every surface is ready to.
func (e *Emulator) readyz(w http.ResponseWriter, r *http.Request) {
	if err := e.Ready(); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	healthy(w, r)
}

// index says where everything is.
func (e *Emulator) index(w http.ResponseWriter, r *http.Request, control bool) {
	fmt.Fprintf(w, "localcheckout emulates checkout sessions. Base URLs:\n\n")
	for _, name := range e.Providers() {
		fmt.Fprintf(w, "  %-10s http://%s/%s\n", name, r.Host, name)
	}
	if control {
		fmt.Fprintf(w, "  %-10s http://%s/_control/info (document: /_control/openapi.yaml)\n", "control", r.Host)
	}
}

func lost(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "Nothing is here. GET / says where the providers are.", http.StatusNotFound)
}
