// Package dashboard is the page at / that shows what happens in the sandboxes while it happens, and
// steers them.
//
// The page holds no data of its own: everything comes from the control API, which the browser calls as
// any other client does. Where the control API is not served, the page says so. The scripts are modules
// below assets: main.js is the way between the views, views.js says what a view is.
//
// Source: ours.
package dashboard

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/localcheckout/localcheckout/emulator/hosted"
)

//go:embed assets
var files embed.FS

// page is read when it is first shown: most runs of the program show none.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(files, "assets/page.html"))
})

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

// Dashboard serves the page, its style and its scripts. Make one with [New].
type Dashboard struct{ options Options }

// New returns the dashboard.
func New(o Options) *Dashboard { return &Dashboard{o} }

// parts are the files that the page loads.
type parts struct {
	*hosted.Assets
	modules []string // addresses of the scripts that main.js imports
}

// loaded are the parts; every page has the same.
var loaded = sync.OnceValue(func() parts {
	contents := map[string][]byte{}
	err := fs.WalkDir(files, "assets", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, ".html") {
			return err
		}
		contents[strings.TrimPrefix(path, "assets/")], err = files.ReadFile(path)
		return err
	})
	if err != nil {
		panic(err)
	}
	contents["page.css"] = append(hosted.BaseStyle(), contents["page.css"]...)
	p := parts{Assets: hosted.NewFolder(Prefix, contents)}
	for name := range contents {
		if strings.HasSuffix(name, ".js") && name != "main.js" {
			p.modules = append(p.modules, p.URL(name))
		}
	}
	slices.Sort(p.modules)
	return p
})

// Wanted tells whether a request asks for a page: browsers accept HTML by name, programs do not.
func Wanted(req *http.Request) bool {
	return strings.Contains(strings.Join(req.Header.Values("Accept"), ","), "text/html")
}

// ServeHTTP implements http.Handler.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if strings.HasPrefix(req.URL.Path, Prefix) {
		loaded().ServeHTTP(w, req)
		return
	}
	var body bytes.Buffer
	all := loaded()
	err := page().Execute(&body, struct {
		Options
		Style, Script, Base string
		Modules             []string
	}{d.options, all.URL("page.css"), all.URL("main.js"), baseOf(req), all.modules})
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
