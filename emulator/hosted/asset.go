package hosted

import (
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

// assetPrefix begins the addresses of style and script.
const assetPrefix = "/_assets/checkout/"

// bridge is the one asset with an address that never changes: merchants' pages name it.
const bridge = "polar-embed-bridge.js"

// digests tells apart the versions of an asset, by name.
var digests = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, name := range []string{"page.css", "page.js", bridge} {
		body, _ := assets.ReadFile("assets/" + name)
		sum := sha256.Sum256(body)
		out[name] = hex.EncodeToString(sum[:6])
	}
	return out
})

// assetURL is the address of an asset, which changes with its content.
func assetURL(name string) string {
	ext := path.Ext(name)
	return assetPrefix + strings.TrimSuffix(name, ext) + "." + digests()[name] + ext
}

// asset serves style and script.
func asset(w http.ResponseWriter, req *http.Request) {
	for name := range digests() {
		lasting := req.URL.Path == assetURL(name)
		if !lasting && (name != bridge || req.URL.Path != assetPrefix+bridge) {
			continue
		}
		body, _ := assets.ReadFile("assets/" + name)
		h := w.Header()
		h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("Cache-Control", "no-cache")
		if lasting {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		_, _ = w.Write(body)
		return
	}
	http.NotFound(w, req)
}
