package emulator

import (
	"fmt"
	"io"
	"net/http"

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

// pages answers health checks and what belongs to no surface. The index names the control API only
// where it is.
func (e *Emulator) pages(control bool) http.Handler {
	mux := e.health()
	for _, path := range hosted.Prefixes() {
		mux.Handle(path, e.checkouts)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { e.index(w, r, control) })
	return mux
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
