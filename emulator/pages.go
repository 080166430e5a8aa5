package emulator

import (
	"io"
	"net/http"
)

// pages answers health checks and what belongs to no surface.
func (e *Emulator) pages() http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/livez", "/readyz", "/healthz"} {
		mux.HandleFunc("GET "+path, healthy)
	}
	return mux
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"status":"ok"}`)
}
