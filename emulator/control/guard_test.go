package control_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
)

// send answers one request without a socket, so that a Host can be anything. Pairs of headers follow.
func send(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Host = "localhost:4747"
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
			continue
		}
		req.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

// Web pages of other sites cannot steer the emulator; programs and pages of this machine can.
func TestForeignPagesAreKeptOut(t *testing.T) {
	emu := emulator.Run(t)
	for _, tt := range []struct {
		name   string
		header []string
		status int
	}{
		{"a program", nil, 200},
		{"localhost", []string{"Host", "localhost:4747"}, 200},
		{"no port", []string{"Host", "localhost"}, 200},
		{"upper case", []string{"Host", "LOCALHOST:4747"}, 200},
		{"upper case below localhost", []string{"Host", "Polar.LocalHost:4747"}, 200},
		{"the dot of the root", []string{"Host", "localhost.:4747"}, 200},
		{"IPv4", []string{"Host", "192.168.1.7:4747"}, 200},
		{"IPv6", []string{"Host", "[::1]:4747"}, 200},
		{"IPv6 without port", []string{"Host", "[::1]"}, 200},
		{"container", []string{"Host", "localcheckout:4747"}, 200},
		{"container with underscore", []string{"Host", "local_checkout:4747"}, 200},
		{"Docker's host", []string{"Host", "host.docker.internal:4747"}, 200},

		{"rebound", []string{"Host", "evil.example"}, 403},
		{"rebound with port", []string{"Host", "evil.example:4747"}, 403},
		{"rebound, upper case", []string{"Host", "EVIL.EXAMPLE:4747"}, 403},
		{"rebound, dot of the root", []string{"Host", "evil.example.:4747"}, 403},
		{"rebound, with its own origin", []string{"Host", "evil.example:4747", "Origin", "http://evil.example:4747"}, 403},
		{"begins like localhost", []string{"Host", "localhost.evil.example:4747"}, 403},
		{"ends like localhost", []string{"Host", "evillocalhost.example"}, 403},
		{"looks like an address", []string{"Host", "127.0.0.1.evil.example:4747"}, 403},
		{"a top-level domain", []string{"Host", "ai.:4747"}, 403},
		{"user information", []string{"Host", "localhost:4747@evil.example"}, 403},
		{"user information before", []string{"Host", "evil@localhost:4747"}, 403},
		{"no port but text", []string{"Host", "localhost:evil"}, 403},
		{"brackets around a name", []string{"Host", "[evil.example]:4747"}, 403},
		{"an open bracket", []string{"Host", "[::1"}, 403},

		{"own origin", []string{"Origin", "http://localhost:4747"}, 200},
		{"a page of this machine", []string{"Origin", "http://localhost:3000"}, 200},
		{"by address and by name", []string{"Host", "127.0.0.1:4747", "Origin", "http://localhost:3000", "Sec-Fetch-Site", "cross-site"}, 200},
		{"IPv6 and IPv4", []string{"Host", "[::1]:4747", "Origin", "http://127.0.0.1:3000"}, 200},
		{"IPv6 origin", []string{"Host", "localhost:4747", "Origin", "http://[::1]:3000"}, 200},
		{"below localhost", []string{"Origin", "https://app.localhost:3000"}, 200},
		{"the container's own page", []string{"Host", "localcheckout:4747", "Origin", "http://localcheckout:4747"}, 200},

		{"foreign origin", []string{"Origin", "https://evil.example"}, 403},
		{"foreign origin with our port", []string{"Origin", "http://evil.example:4747"}, 403},
		{"origin null", []string{"Origin", "null"}, 403},
		{"origin null without Host", []string{"Host", "", "Origin", "null"}, 403},
		{"empty origin", []string{"Origin", ""}, 403},
		{"origin with user information", []string{"Origin", "http://localhost@evil.example"}, 403},
		{"origin that is one", []string{"Origin", "http://evil.example@localhost:4747"}, 403},
		{"origin that begins like localhost", []string{"Origin", "http://localhost.evil.example"}, 403},
		{"origin of a file", []string{"Origin", "file://localhost"}, 403},
		{"origin of an extension", []string{"Origin", "chrome-extension://localhost"}, 403},
		{"two origins", []string{"Origin", "http://localhost:4747", "Origin", "https://evil.example"}, 403},
		{"another container's page", []string{"Host", "localcheckout:4747", "Origin", "http://shop:3000"}, 403},
		{"a page of this machine calls a container", []string{"Host", "localcheckout:4747", "Origin", "http://localhost:3000"}, 403},
		{"another machine of the network", []string{"Host", "192.168.1.7:4747", "Origin", "http://192.168.1.8"}, 403},

		{"a form without origin", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a link on this page", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"typed in", []string{"Sec-Fetch-Site", "none"}, 200},
		{"another port", []string{"Sec-Fetch-Site", "same-site"}, 200},
		{"same site, foreign origin", []string{"Sec-Fetch-Site", "same-site", "Origin", "http://evil.docker.internal"}, 403},
		{"only a referer", []string{"Referer", "https://evil.example/page"}, 403},
		{"own referer", []string{"Referer", "http://localhost:4747/"}, 200},
	} {
		for _, method := range []string{"GET", "POST"} {
			path, want := "/_control/info", tt.status
			if method == "POST" {
				path = "/_control/clock/freeze"
			}
			if w := send(emu.Handler(), method, path, "", tt.header...); w.Code != want {
				t.Errorf("%s: %s = %d %s; want %d", tt.name, method, w.Code, w.Body, want)
			}
		}
	}
}

// A form cannot write, whatever browser sends it: its types are not taken where there is a body.
func TestFormsCannotWrite(t *testing.T) {
	emu := emulator.Run(t)
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		for path, body := range map[string]string{"/_control/clock/advance": `{"by":"1h"}`, "/_control/fixtures": `{"polar":{}}`} {
			if w := send(emu.Handler(), "POST", path, body, "Content-Type", media); w.Code != http.StatusUnsupportedMediaType {
				t.Errorf("POST %s as %s = %d %s; want 415", path, media, w.Code, w.Body)
			}
		}
	}
}

// No page is told that it may call from another origin.
func TestNoPreflightIsGranted(t *testing.T) {
	emu := emulator.Run(t)
	for _, origin := range []string{"http://localhost:3000", "http://localhost:4747", "https://evil.example", "null"} {
		for _, path := range []string{"/_control/reset", "/_control/clock/advance", "/_control/sessions/x/pay", "/_control/nowhere", "/s/w1/_control/reset"} {
			w := send(emu.Handler(), "OPTIONS", path, "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
			if w.Code < 400 {
				t.Errorf("preflight of %s for %s = %d; want a refusal", path, origin, w.Code)
			}
			for name := range w.Header() {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("preflight of %s for %s answers %s: %s", path, origin, name, w.Header().Get(name))
				}
			}
		}
	}
}

// Who is kept out makes nothing and learns nothing: no sandbox, no hint about routes.
func TestWhoIsKeptOutMakesNothing(t *testing.T) {
	emu := emulator.Run(t)
	for _, path := range []string{"/s/evil/_control/info", "/s/evil/_control/inf"} {
		if w := send(emu.Handler(), "GET", path, "", "Origin", "https://evil.example"); w.Code != 403 || strings.Contains(w.Body.String(), "nearest") {
			t.Errorf("GET %s = %d %s; want 403 and no more", path, w.Code, w.Body)
		}
	}
	if w := send(emu.Handler(), "GET", "/_control/info", "", "Origin", "https://evil.example", "X-Sandbox", "evil"); w.Code != 403 {
		t.Errorf("by header = %d", w.Code)
	}
	if w := send(emu.Handler(), "GET", "/_control/sandboxes", ""); strings.Contains(w.Body.String(), "evil") {
		t.Errorf("there are %s", w.Body)
	}
}

// With a token every route of the control API wants it, and no other one does.
func TestControlToken(t *testing.T) {
	const token = "s3cret-Token_1"
	emu := emulator.Run(t, emulator.Options{ControlToken: token})
	for _, tt := range []struct {
		name, authorization string
		status              int
	}{
		{"none", "", 401},
		{"right", "Bearer " + token, 200},
		{"another case of the scheme", "bearer " + token, 200},
		{"wrong", "Bearer x", 401},
		{"begins right", "Bearer " + token[:5], 401},
		{"goes on", "Bearer " + token + "x", 401},
		{"empty", "Bearer ", 401},
		{"other scheme", "Basic " + token, 401},
		{"no scheme", token, 401},
		{"another case", "Bearer " + strings.ToUpper(token), 401},
	} {
		for _, path := range []string{"/_control/info", "/_control/openapi.yaml", "/s/w1/_control/clock", "/_control/requests"} {
			header := []string{"Authorization", tt.authorization}
			if tt.authorization == "" {
				header = nil
			}
			w := send(emu.Handler(), "GET", path, "", header...)
			if w.Code != tt.status || (w.Header().Get("WWW-Authenticate") == `Bearer realm="localcheckout control"`) != (tt.status == 401) {
				t.Errorf("%s: GET %s = %d %s %v; want %d", tt.name, path, w.Code, w.Body, w.Header(), tt.status)
			}
			if tt.status == 401 && (strings.Contains(w.Body.String(), token) || !strings.Contains(w.Body.String(), "--control-token")) {
				t.Errorf("%s: the refusal says %s", tt.name, w.Body)
			}
		}
	}
	if w := send(emu.Handler(), "GET", "/_control/nowhere", ""); w.Code != 401 {
		t.Errorf("an unknown path = %d; want 401", w.Code)
	}
	if w := send(emu.Handler(), "GET", "/_control/info", "", "Authorization", "Bearer "+token, "Origin", "https://evil.example"); w.Code != 403 {
		t.Errorf("a foreign page with the token = %d; want 403", w.Code)
	}
	for path, want := range map[string]int{"/readyz": 200, "/": 200, "/polar/v1/checkouts/": 200} {
		if w := send(emu.Handler(), "GET", path, "", "Authorization", "Bearer polar_oat_1"); w.Code != want {
			t.Errorf("GET %s = %d %s; want %d: the token is for the control API only", path, w.Code, w.Body, want)
		}
	}
	if _, err := emu.Info(t.Context()); err != nil {
		t.Errorf("the library's own client: %v", err)
	}
}

// Apart, the control API is on its own handler and on no other one, and links lead to the rest.
func TestControlApart(t *testing.T) {
	emu := emulator.Run(t)
	apart, rest := emu.Parts("4747")
	for path, want := range map[string][2]int{ // apart, rest
		"/_control/info": {200, 404}, "/s/w1/_control/clock": {200, 404}, "/polar/v1/checkouts/": {404, 200},
		"/s/w1/polar/v1/checkouts/": {404, 200}, "/readyz": {200, 200}, "/": {404, 200},
	} {
		for i, h := range []http.Handler{apart, rest} {
			if w := send(h, "GET", path, "", "Host", "localhost:9999", "Authorization", "Bearer polar_oat_1"); w.Code != want[i] {
				t.Errorf("GET %s of part %d = %d %s; want %d", path, i, w.Code, w.Body, want[i])
			}
		}
	}
	for host, want := range map[string]string{"localhost:9999": "http://localhost:4747/polar", "[::1]:9999": "http://[::1]:4747/polar", "localcheckout": "http://localcheckout:4747/polar"} {
		if w := send(apart, "GET", "/_control/info", "", "Host", host); !strings.Contains(w.Body.String(), `"`+want+`"`) {
			t.Errorf("info by %s says %s; want %s", host, w.Body, want)
		}
	}
	if w := send(rest, "GET", "/", ""); strings.Contains(w.Body.String(), "_control") {
		t.Errorf("the index without the control API says %s", w.Body)
	}
	if w := send(rest, "GET", "/v1/checkouts/", "", "Host", "_control.localhost:4747"); w.Code != 404 {
		t.Errorf("by the host's first label = %d", w.Code)
	}
}
