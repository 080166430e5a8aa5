package hosted

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
)

// Assets are the files that pages load. Each is served at an address that changes with its content, and
// is kept by browsers for a year. Make them with [NewAssets] or [NewFolder].
type Assets struct {
	files map[string][]byte // by address
	urls  map[string]string // address by name
}

// NewAssets returns the files, by name, at addresses below a prefix that ends in a slash.
func NewAssets(prefix string, files map[string][]byte) *Assets {
	a := &Assets{files: map[string][]byte{}, urls: map[string]string{}}
	for name, body := range files {
		sum, ext := sha256.Sum256(body), path.Ext(name)
		url := prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.files[url], a.urls[name] = body, url
	}
	return a
}

// NewFolder returns the files, by their paths, below one address that changes with any of them: scripts
// find their parts beside themselves. The prefix ends in a slash.
func NewFolder(prefix string, files map[string][]byte) *Assets {
	names := slices.Sorted(maps.Keys(files))
	sum := sha256.New()
	for _, name := range names {
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", name, len(files[name]), files[name])
	}
	a := &Assets{files: map[string][]byte{}, urls: map[string]string{}}
	for _, name := range names {
		url := prefix + hex.EncodeToString(sum.Sum(nil)[:6]) + "/" + name
		a.files[url], a.urls[name] = files[name], url
	}
	return a
}

// URL is the address of a file, "" of one that is not there.
func (a *Assets) URL(name string) string { return a.urls[name] }

// ServeHTTP implements http.Handler.
func (a *Assets) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, found := a.files[req.URL.Path]
	if !found {
		http.NotFound(w, req)
		return
	}
	serveAsset(w, req.URL.Path, body, "public, max-age=31536000, immutable")
}

func serveAsset(w http.ResponseWriter, name string, body []byte, lasts string) {
	h := w.Header()
	h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", lasts)
	_, _ = w.Write(body)
}

// BaseStyle is the stylesheet that every page of the emulator stands on: colors for light and dark,
// the scales of type and space, fields and buttons.
func BaseStyle() []byte { return mustRead("base.css") }

// assetPrefix begins the addresses of style and script.
const assetPrefix = "/_assets/checkout/"

// bridge is the one asset with an address that never changes: merchants' pages name it.
const bridge = "polar-embed-bridge.js"

// own are the assets of the checkout page.
var own = sync.OnceValue(func() *Assets {
	return NewAssets(assetPrefix, map[string][]byte{
		"page.css": append(BaseStyle(), mustRead("page.css")...), "page.js": mustRead("page.js"), bridge: mustRead(bridge),
	})
})

// assetURL is the address of an asset, which changes with its content.
func assetURL(name string) string { return own().URL(name) }

// asset serves style and script.
func asset(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == assetPrefix+bridge {
		serveAsset(w, bridge, mustRead(bridge), "no-cache")
		return
	}
	own().ServeHTTP(w, req)
}

// mustRead returns an embedded file.
func mustRead(name string) []byte {
	body, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err)
	}
	return body
}
