package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/client"
)

// TestDoctor: all is well; then each thing that is not is named, with what to do.
func TestDoctor(t *testing.T) {
	s := newStation(t)
	t.Setenv("no_proxy", "*")
	out := s.ok("doctor")
	contains(t, out, "reachable", s.Base(), "proxy", "clock", "links")
	if strings.Contains(out, "wrong") {
		t.Errorf("doctor finds something wrong:\n%s", out)
	}
	s.Must(t).Freeze()
	s.Must(t).Advance(24 * time.Hour)
	contains(t, s.ok("doctor"), "24h0m0s ahead", "localcheckout resume")
	var told struct{ Findings []finding }
	if err := json.Unmarshal([]byte(s.ok("doctor", "--json")), &told); err != nil || len(told.Findings) < 4 {
		t.Errorf("doctor --json = %+v, %v", told, err)
	}
}

// TestDoctorFindsWhatIsWrong ends with 1.
func TestDoctorFindsWhatIsWrong(t *testing.T) {
	clean(t)
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for base, wants := range map[string][]string{
		"http://127.0.0.1:1":      {"wrong", "reachable", "localcheckout serve"},
		other.URL:                 {"wrong", "not localcheckout", "another program"},
		"http://nobody.invalid:1": {"wrong", "name", "nobody.invalid"},
	} {
		code, stdout, stderr := invoke("doctor", "--url", base)
		if code != exitFailure || !strings.Contains(stderr, "something wrong") {
			t.Errorf("doctor --url %s = %d, %q; want 1", base, code, stderr)
		}
		contains(t, stdout, wants...)
	}
}

// TestDoctorSeesVersions of the server and of this program.
func TestDoctorSeesVersions(t *testing.T) {
	s := newStation(t)
	defer func(v string) { version = v }(version)
	version = "9.9.9"
	contains(t, s.ok("doctor"), "the server is dev, this program 9.9.9")
}

// TestDoctorSeesTheOtherLoopback: localhost is two addresses, and the server listens at one.
func TestDoctorSeesTheOtherLoopback(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	d := &checkup{base: &url.URL{Scheme: "http", Host: "localhost:" + port}}
	if got := d.refusing(t.Context(), []string{"::1", "127.0.0.1"}); got != "::1" {
		t.Errorf("refusing = %q; want ::1", got)
	}
	if got := d.refusing(t.Context(), []string{"127.0.0.1"}); got != "" {
		t.Errorf("refusing = %q; want none", got)
	}
}

// TestDoctorSeesLostWebhooks: an endpoint where nobody listens, and one on a machine that only the
// emulator sees.
func TestDoctorSeesLostWebhooks(t *testing.T) {
	s := newStation(t)
	const nobody = "http://127.0.0.1:1/hooks"
	if _, err := s.AddEndpoint(t.Context(), client.EndpointDraft{Provider: "polar", URL: nobody}); err != nil {
		t.Fatal(err)
	}
	contains(t, s.ok("doctor"), "those of polar go to "+nobody)
	p := s.Must(t).Provider("polar")
	created, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.BaseURL+"/v1/checkouts/",
		strings.NewReader(`{"products": ["b3f3c9b1-1168-47b6-b178-2af9b468bad7"]}`))
	if err != nil {
		t.Fatal(err)
	}
	created.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + p.Credential}}
	resp, err := http.DefaultClient.Do(created)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := s.Settled(t.Context()); err != nil {
		t.Fatal(err)
	}
	contains(t, s.ok("doctor"), "warning", "do not reach "+nobody, "host.docker.internal")
	d := &checkup{remote: &remote{Client: s.Client}, base: &url.URL{Scheme: "http", Host: "localcheckout:4747"}}
	d.webhooks(t.Context())
	if len(d.findings) != 1 || !strings.Contains(d.findings[0].Detail, "the emulator's own machine") {
		t.Errorf("findings = %+v; want the loopback endpoint", d.findings)
	}
}
