// Package dashboard is the page at / that shows what happens in the sandboxes while it happens, and
// steers them.
//
// The page holds no data of its own: everything comes from the control API, which the browser calls as
// any other client does. Where the control API is not served, the page says so.
//
// Source: ours.
package dashboard

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/hosted"
)

//go:embed assets
var files embed.FS

var page = template.Must(template.ParseFS(files, "assets/page.html"))

// Prefix begins the addresses of style and script.
const Prefix = "/_assets/dashboard/"

// Options is how the dashboard is made.
type Options struct {
	Providers []string // their names, in the order in which they are shown
	// Control says that the control API is served below the same address.
	Control bool
	// Token says that the control API wants a token. The page asks for it, and never knows it itself.
	Token bool
}

// Dashboard serves the page, its style and its script. Make one with [New].
type Dashboard struct {
	options Options
	assets  *hosted.Assets
}

// New returns the dashboard.
func New(o Options) *Dashboard {
	read := func(name string) []byte {
		body, err := files.ReadFile("assets/" + name)
		if err != nil {
			panic(err)
		}
		return body
	}
	return &Dashboard{options: o, assets: hosted.NewAssets(Prefix, map[string][]byte{
		"page.css": append(hosted.BaseStyle(), read("page.css")...), "page.js": read("page.js"),
	})}
}

// Wanted tells whether a request asks for a page: browsers accept HTML by name, programs do not.
func Wanted(req *http.Request) bool {
	return strings.Contains(strings.Join(req.Header.Values("Accept"), ","), "text/html")
}

// ServeHTTP implements http.Handler.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if strings.HasPrefix(req.URL.Path, Prefix) {
		d.assets.ServeHTTP(w, req)
		return
	}
	var body bytes.Buffer
	err := page.Execute(&body, struct {
		Options
		Style, Script, Base string
	}{d.options, d.assets.URL("page.css"), d.assets.URL("page.js"), baseOf(req)})
	if err != nil {
		http.Error(w, "The dashboard cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	hosted.Protect(w.Header(), "'none'", "'none'")
	w.Header().Set("X-Frame-Options", "DENY")
	w.Header().Set("Vary", "Accept")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	_, _ = w.Write(body.Bytes())
}

// baseOf is the scheme and host by which the page was reached.
func baseOf(req *http.Request) string {
	if req.TLS != nil {
		return "https://" + req.Host
	}
	return "http://" + req.Host
}
