package dashboard_test

import (
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
)

var update = flag.Bool("update", false, "rewrite the golden pages")

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// serve starts an emulator and returns the addresses of its control API and of everything else, which
// are the same when they are not apart.
func serve(t *testing.T, o emulator.Options, apart bool) (control, rest string) {
	t.Helper()
	emu, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(emu.Close)
	open := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	if !apart {
		all := open(emu.Handler())
		return all, all
	}
	first, second := emu.Parts("")
	return open(first), open(second)
}

type answer struct {
	status int
	header http.Header
	text   string
}

func get(t *testing.T, url string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// changing is what differs from run to run, or with each change of style or script.
var changing = regexp.MustCompile(`(http://127\.0\.0\.1):\d+|(/_assets/dashboard/)[0-9a-f]+/`)

// TestPages compares the page, as each way of serving it has it, with a golden one.
func TestPages(t *testing.T) {
	const token = "tok-5f2b"
	for name, tt := range map[string]struct {
		options emulator.Options
		apart   bool
		control bool
	}{
		"here":          {},
		"token":         {options: emulator.Options{ControlToken: token}},
		"apart":         {apart: true},
		"apart-control": {apart: true, control: true},
	} {
		t.Run(name, func(t *testing.T) {
			control, rest := serve(t, tt.options, tt.apart)
			url := rest
			if tt.control {
				url = control
			}
			page := get(t, url+"/", "Accept", browser)
			if strings.Contains(page.text, token) {
				t.Error("the page has the token")
			}
			got := changing.ReplaceAllString(page.text, "$1$2")
			file := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v; go test ./emulator/dashboard -update writes it", err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	_, url := serve(t, emulator.Options{}, false)
	page := get(t, url+"/", "Accept", browser)
	if page.status != http.StatusOK {
		t.Fatalf("status = %d", page.status)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; " +
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store", "Vary": "Accept", "Set-Cookie": "",
	} {
		if got := strings.Join(page.header.Values(name), "|"); got != want {
			t.Errorf("%s = %q; want %q", name, got, want)
		}
	}
}

func TestProgramsGetText(t *testing.T) {
	apart, rest := serve(t, emulator.Options{}, true)
	_, all := serve(t, emulator.Options{}, false)
	for _, accept := range []string{"*/*", "", "application/json"} {
		for _, tt := range []struct {
			url, has string
			control  bool
		}{{all, "/polar", true}, {rest, "/polar", false}} {
			page := get(t, tt.url+"/", "Accept", accept)
			if page.status != http.StatusOK || !strings.HasPrefix(page.header.Get("Content-Type"), "text/plain") || !strings.Contains(page.text, tt.has) || strings.Contains(page.text, "_control") != tt.control {
				t.Errorf("Accept %q: %d %s %s; want text with %s", accept, page.status, page.header.Get("Content-Type"), page.text, tt.has)
			}
		}
		if page := get(t, apart+"/", "Accept", accept); page.status != http.StatusNotFound {
			t.Errorf("Accept %q at the control API's own address: %d %s; want 404", accept, page.status, page.text)
		}
	}
}

// weightAtMost is what everything that a browser loads may weigh, in bytes, uncompressed.
const weightAtMost = 100_000

var loaded = regexp.MustCompile(`(?:href|src)="([^"]+)"`)

func TestWeight(t *testing.T) {
	_, url := serve(t, emulator.Options{}, false)
	page := get(t, url+"/", "Accept", browser)
	weight, files := len(page.text), map[string]bool{}
	for _, found := range loaded.FindAllStringSubmatch(page.text, -1) {
		to := found[1]
		if strings.HasPrefix(to, "#") || to == "data:," {
			continue
		}
		if !strings.HasPrefix(to, "/_assets/dashboard/") {
			t.Errorf("the page loads %s", to)
			continue
		}
		file := get(t, url+to)
		if file.status != http.StatusOK || file.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || file.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", to, file.status, file.header)
		}
		weight += len(file.text)
		files[regexp.MustCompile(`^/_assets/dashboard/\w+/`).ReplaceAllString(to, "assets/")] = true
	}
	if weight > weightAtMost {
		t.Errorf("%d bytes; want at most %d", weight, weightAtMost)
	}
	for _, name := range append(scripts(t), "assets/page.css") {
		if !files[filepath.ToSlash(name)] { // else its address is known only when another module was read
			t.Errorf("the page does not name %s", name)
		}
	}
	t.Logf("%d bytes in 1 + %d files", weight, len(files))
	if old := get(t, url+"/_assets/dashboard/main.js"); old.status != http.StatusNotFound {
		t.Errorf("an address without digest = %d", old.status)
	}
}

// scripts are the modules of the dashboard.
func scripts(t *testing.T) []string {
	t.Helper()
	top, _ := filepath.Glob("assets/*.js")
	views, _ := filepath.Glob("assets/views/*.js")
	if len(top) < 2 || len(views) < 2 {
		t.Fatalf("scripts: %v %v", top, views)
	}
	return append(top, views...)
}

// TestScriptIsSafe keeps text from outside out of everything that would run it.
func TestScriptIsSafe(t *testing.T) {
	for _, name := range scripts(t) {
		script, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "import(", "localStorage", "sessionStorage"} {
			if strings.Contains(string(script), word) {
				t.Errorf("%s has %s", name, word)
			}
		}
	}
	html, err := os.ReadFile("assets/page.html")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style| style=| on[a-z]+=`).Find(html); found != nil {
		t.Errorf("page.html has %s", found)
	}
}

// TestControlIsGuarded: the page of another site cannot do what the dashboard does.
func TestControlIsGuarded(t *testing.T) {
	control, _ := serve(t, emulator.Options{}, false)
	guarded, _ := serve(t, emulator.Options{ControlToken: "tok-5f2b"}, false)
	for name, tt := range map[string]struct {
		url    string
		header []string
		want   int
	}{
		"the dashboard":         {control, []string{"Origin", control, "Sec-Fetch-Site", "same-origin"}, http.StatusOK},
		"another site":          {control, []string{"Origin", "https://shop.example", "Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"a page of no origin":   {control, []string{"Origin", "null"}, http.StatusForbidden},
		"the wrong token":       {guarded, []string{"Origin", guarded, "Authorization", "Bearer nobody"}, http.StatusUnauthorized},
		"the token":             {guarded, []string{"Origin", guarded, "Authorization", "Bearer tok-5f2b"}, http.StatusOK},
		"no token":              {guarded, []string{"Origin", guarded}, http.StatusUnauthorized},
		"a token, another site": {guarded, []string{"Origin", "https://shop.example", "Authorization", "Bearer tok-5f2b"}, http.StatusForbidden},
	} {
		if got := get(t, tt.url+"/_control/sessions", tt.header...); got.status != tt.want {
			t.Errorf("%s: %d %s; want %d", name, got.status, got.text, tt.want)
		}
	}
}
