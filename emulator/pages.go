package emulator

import (
	"fmt"
	"io"
	"net/http"
)

// pages answers health checks and what belongs to no surface.
func (e *Emulator) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", healthy)
	mux.HandleFunc("GET /readyz", e.readyz)
	mux.HandleFunc("GET /healthz", e.readyz)
	for _, path := range []string{"/checkout/", "/pay/"} {
		mux.HandleFunc(path, noPageYet)
	}
	mux.HandleFunc("GET /{$}", e.index)
	mux.HandleFunc("/", lost)
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
func (e *Emulator) index(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "localcheckout emulates checkout sessions. Base URLs:\n\n")
	for _, name := range e.Providers() {
		fmt.Fprintf(w, "  %-10s http://%s/%s\n", name, r.Host, name)
	}
	fmt.Fprintf(w, "  %-10s http://%s/_control/info (document: /_control/openapi.yaml)\n", "control", r.Host)
}

// noPageYet is where a session's url leads as long as there is no hosted page.
func noPageYet(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "The hosted checkout page is not emulated yet. Play the customer with POST /_control/sessions/{id}/pay,\n"+
		"or /decline, /cancel, /expire; GET /_control/sessions lists the ids.", http.StatusNotImplemented)
}

func lost(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "Nothing is here. GET / says where the providers are.", http.StatusNotFound)
}
