package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// station is an emulator that commands are run against, by LOCALCHECKOUT_URL.
type station struct {
	*emulator.Emulator
	t *testing.T
}

func newStation(t *testing.T) *station {
	clean(t)
	s := &station{emulator.Run(t), t}
	t.Setenv("LOCALCHECKOUT_URL", s.Base())
	return s
}

// session creates a Tilled session of $9 at a base URL and returns its id.
func (s *station) session(base string) string {
	s.t.Helper()
	const body = `{"line_items": [{"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Focaccia"}}}],
		"payment_intent_data": {"payment_method_types": ["card"]}}`
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, base+"/v1/checkout-sessions", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Tilled-Account": {"acct_1"}, "Tilled-Api-Key": {"sk_test_1"}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var made struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || resp.StatusCode != http.StatusCreated {
		s.t.Fatalf("create a session: %s, %v", resp.Status, err)
	}
	return made.ID
}

// ok runs a command that succeeds and returns what it prints.
func (s *station) ok(args ...string) string {
	s.t.Helper()
	code, stdout, stderr := invoke(args...)
	if code != exitOK || stderr != "" {
		s.t.Fatalf("run(%q) = %d, %q, stderr %q; want 0 and no error", args, code, stdout, stderr)
	}
	return stdout
}

// fails runs a command that does not, and returns what it says.
func (s *station) fails(want int, args ...string) string {
	s.t.Helper()
	code, stdout, stderr := invoke(args...)
	if code != want || stdout != "" {
		s.t.Fatalf("run(%q) = %d, %q, stderr %q; want %d and nothing", args, code, stdout, stderr, want)
	}
	return stderr
}

func contains(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("printed\n%s\nwant %q in it", text, want)
		}
	}
}

// TestActions: each action does what the control API does, and says so.
func TestActions(t *testing.T) {
	s := newStation(t)
	for _, tt := range []struct {
		before []string // actions on the session
		args   []string
		wants  []string
	}{
		{nil, []string{"pay"}, []string{"succeeded (complete)", "900 usd", "session.succeeded"}},
		{nil, []string{"decline", "--code", "expired_card"}, []string{"open, declined: expired_card", "payment.declined"}},
		{nil, []string{"decline"}, []string{"declined: generic_decline"}},
		{nil, []string{"confirm"}, []string{"confirmed", "session.confirmed"}},
		{[]string{"confirm"}, []string{"settle"}, []string{"succeeded"}},
		{[]string{"confirm"}, []string{"fail", "--code", "fraudulent"}, []string{"declined: fraudulent"}},
		{nil, []string{"cancel"}, []string{"session.canceled"}},
		{nil, []string{"expire"}, []string{"expired"}},
		{nil, []string{"force", "{id}", "failed"}, []string{"failed", "session.forced"}},
		{nil, []string{"pay", "--instrument", "4111-1111-1111-1111"}, []string{"succeeded (complete)"}},
		{nil, []string{"pay", "--after", "PT90S"}, []string{"open", "1m30s"}},
	} {
		id := s.session(s.URL("tilled"))
		for _, action := range tt.before {
			s.ok(action, id)
		}
		args := tt.args
		if len(args) > 1 && args[1] == "{id}" {
			args[1] = id
		} else {
			args = append(args, id)
		}
		contains(t, s.ok(args...), append(tt.wants, id, "tilled")...)
	}
	contains(t, s.ok("advance", "2m"), "2m0s ahead of wall time", "session.succeeded")
}

// TestJSON: --json prints what the control API answers.
func TestJSON(t *testing.T) {
	s := newStation(t)
	id := s.session(s.URL("tilled"))
	var acted client.Acted
	read := func(v any, args ...string) {
		t.Helper()
		if err := json.Unmarshal([]byte(s.ok(append(args, "--json")...)), v); err != nil {
			t.Errorf("run(%q --json): %v", args, err)
		}
	}
	read(&acted, "pay", id)
	if acted.Session.ID != id || acted.Session.Status != "succeeded" || len(acted.Events) == 0 {
		t.Errorf("pay --json = %+v", acted)
	}
	var page client.SessionPage
	read(&page, "sessions", "--provider", "tilled", "--status", "succeeded")
	if page.Total != 1 {
		t.Errorf("sessions --json = %+v; want one", page)
	}
	var clock client.Clock
	for _, args := range [][]string{{"freeze"}, {"advance", "24h"}, {"advance", "--to", "2100-01-01T00:00:00Z"}, {"clock"}} {
		read(&clock, args...)
		if !clock.Frozen {
			t.Errorf("%q --json = %+v; want it frozen", args, clock)
		}
	}
	if clock.Now.Year() != 2100 {
		t.Errorf("clock = %v; want it in 2100", clock.Now)
	}
	if read(&clock, "resume"); clock.Frozen {
		t.Errorf("resume --json = %+v; want it running", clock)
	}
	var told map[string]string
	if read(&told, "version"); told["version"] != version {
		t.Errorf("version --json = %v", told)
	}
	if out := s.ok("reset", "--json"); out != "" {
		t.Errorf("reset --json prints %q; want nothing, as the call answers nothing", out)
	}
}

// TestSandboxFlag: what is done in one sandbox is not seen in another.
func TestSandboxFlag(t *testing.T) {
	s := newStation(t)
	id := s.session(s.In("w1").URL("tilled"))
	contains(t, s.ok("sessions"), "no sessions")
	contains(t, s.ok("sessions", "--sandbox", "w1"), id)
	contains(t, s.fails(exitFailure, "pay", id, "--sandbox", "w2"), id, "localcheckout sessions --sandbox w2")
	t.Setenv("LOCALCHECKOUT_SANDBOX", "w1")
	contains(t, s.ok("pay", id), "succeeded")
	contains(t, s.ok("reset"), "sandbox w1")
	contains(t, s.ok("sessions"), "no sessions")
}

// TestErrorsSayWhatToTry: 1 for what the emulator refuses, 2 for what cannot be asked.
func TestErrorsSayWhatToTry(t *testing.T) {
	s := newStation(t)
	id := s.session(s.URL("tilled"))
	s.ok("pay", id)
	for _, tt := range []struct {
		code  int
		args  []string
		wants []string
	}{
		{exitFailure, []string{"pay", "cs_nobody"}, []string{"cs_nobody", "localcheckout sessions"}},
		{exitFailure, []string{"pay", id}, []string{"succeeded", "Allowed now: force"}},
		{exitFailure, []string{"decline", id, "--code", "bad_luck"}, []string{"bad_luck", "insufficient_funds"}},
		{exitFailure, []string{"sessions", "--provider", "stripe"}, []string{"stripe", "polar"}},
		{exitFailure, []string{"advance", "--to", "1999-01-01T00:00:00Z"}, []string{"forward"}},
		{exitFailure, []string{"reset", "--sandbox", "-.-"}, []string{"-.-", "letters"}},
		{exitFailure, []string{"pay", id, "--url", "http://127.0.0.1:1"}, []string{"http://127.0.0.1:1", "localcheckout serve", "--url"}},
		{exitUsage, []string{"pay"}, []string{"SESSION", "'localcheckout pay --help'"}},
		{exitUsage, []string{"pay", id, "twice"}, []string{`"twice"`}},
		{exitUsage, []string{"force", id}, []string{"STATUS"}},
		{exitUsage, []string{"pay", id, "--after", "soon"}, []string{"--after", `"soon"`, "24h"}},
		{exitUsage, []string{"pay", id, "--after", "-1h"}, []string{"--after", "forward"}},
		{exitUsage, []string{"pay", id, "--url", "localhost:4747"}, []string{"--url", "LOCALCHECKOUT_URL", "localhost:4747"}},
		{exitUsage, []string{"advance"}, []string{"24h", "--to"}},
		{exitUsage, []string{"advance", "1h", "--to", "2100-01-01T00:00:00Z"}, []string{"--to"}},
		{exitUsage, []string{"advance", "--to", "tomorrow"}, []string{`"tomorrow"`, "RFC 3339"}},
		{exitUsage, []string{"env", "stripe"}, []string{`"stripe"`, "bias, leanrails, polar, tilled"}},
		{exitUsage, []string{"env", "--shell", "csh"}, []string{`"csh"`, "fish"}},
		{exitUsage, []string{"fixtures", "stripe"}, []string{`"stripe"`, "polar"}},
		{exitUsage, []string{"fixtures", "polar.prices"}, []string{`"prices"`, "products"}},
	} {
		contains(t, s.fails(tt.code, tt.args...), tt.wants...)
	}
}

// TestURLFollowsTheAddress: without a URL the commands find the server that reads the same
// environment.
func TestURLFollowsTheAddress(t *testing.T) {
	s := newStation(t)
	t.Setenv("LOCALCHECKOUT_URL", "")
	t.Setenv("LOCALCHECKOUT_ADDR", strings.TrimPrefix(s.Base(), "http://"))
	contains(t, s.ok("sessions"), "no sessions")
}

// TestFixturesPart prints a provider's part of the catalog, and one resource.
func TestFixturesPart(t *testing.T) {
	clean(t)
	var resources map[string][]json.RawMessage
	var products []struct{ ID string }
	for part, into := range map[string]any{"polar": &resources, "polar.products": &products} {
		code, stdout, stderr := invoke("fixtures", part)
		if err := json.Unmarshal([]byte(stdout), into); err != nil || code != exitOK {
			t.Errorf("fixtures %s = %d, %v, %s", part, code, err, stderr)
		}
	}
	if len(products) == 0 || products[0].ID == "" || len(resources["products"]) != len(products) {
		t.Errorf("%d products, %d of them in the provider's part", len(products), len(resources["products"]))
	}
}

// TestEnvIsEvaluated: the shells themselves read what env prints, and it has only assignments.
func TestEnvIsEvaluated(t *testing.T) {
	s := newStation(t)
	want := s.URL("polar") + " " + s.Credential("polar")
	script := s.ok("env", "polar")
	for line := range strings.Lines(script) {
		if !strings.HasPrefix(line, "export ") {
			t.Errorf("env prints %q; want assignments only", line)
		}
	}
	for shell, script := range map[string]string{
		"sh":   script + `printf '%s %s' "$POLAR_SERVER_URL" "$POLAR_ACCESS_TOKEN"`,
		"fish": s.ok("env", "polar", "--shell", "fish") + `printf '%s %s' "$POLAR_SERVER_URL" "$POLAR_ACCESS_TOKEN"`,
		"pwsh": s.ok("env", "polar", "--shell", "powershell") + `"$Env:POLAR_SERVER_URL $Env:POLAR_ACCESS_TOKEN"`,
	} {
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("%s is not installed", shell)
			continue
		}
		out, err := exec.CommandContext(t.Context(), shell, "-c", script).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s prints %q, %v; want %q", shell, got, err, want)
		}
	}
	in := s.In("w1")
	contains(t, s.ok("env", "tilled", "--sandbox", "w1", "--shell", "dotenv"),
		"TILLED_API_URL="+in.URL("tilled")+"\n", "TILLED_API_KEY="+in.Credential("tilled")+"\n", "LOCALCHECKOUT_SANDBOX=w1\n", "LOCALCHECKOUT_URL="+s.Base()+"\n")
	all := s.ok("env", "--json")
	var object map[string]string
	if err := json.Unmarshal([]byte(all), &object); err != nil || object["BIAS_API_URL"] != s.URL("bias") || object["LEANRAILS_API_KEY"] == "" {
		t.Errorf("env --json = %s, %v", all, err)
	}
}

// TestQuoting: whatever a value holds, the shell reads it back.
func TestQuoting(t *testing.T) {
	const hard = "a'b\"c$d`e\\f g\nh;#!*~"
	out, err := exec.CommandContext(t.Context(), "sh", "-c", shells["sh"]("X", hard)+`printf %s "$X"`).Output()
	if err != nil || string(out) != hard {
		t.Errorf("sh reads %q, %v; want %q", out, err, hard)
	}
	for name, want := range map[string]string{
		"fish":       "set -gx X 'it\\'s \\\\'\n",
		"powershell": "$Env:X = 'it''s \\'\n",
		"dotenv":     "X=\"it's \\\\\"\n",
	} {
		if got := shells[name]("X", `it's \`); got != want {
			t.Errorf("%s writes %q; want %q", name, got, want)
		}
	}
	if got := shells["dotenv"]("X", "http://127.0.0.1:4747/polar"); got != "X=http://127.0.0.1:4747/polar\n" {
		t.Errorf("dotenv writes %q; want it bare", got)
	}
}

// TestCompletion: sessions of a running emulator, providers, flags; nothing where no emulator runs.
func TestCompletion(t *testing.T) {
	s := newStation(t)
	id := s.session(s.URL("tilled"))
	const complete = "--generate-shell-completion"
	contains(t, s.ok("pay", complete), id+":tilled open\n")
	contains(t, s.ok("pay", "--af", complete), "--after")
	contains(t, s.ok("env", complete), "polar\n")
	defer func(args []string) { os.Args = args }(os.Args)
	os.Args = []string{"localcheckout", complete} // the library looks there
	contains(t, s.ok(complete), "pay:", "serve:", "env:")
	for _, shell := range []string{"bash", "zsh", "fish", "pwsh"} {
		if out := s.ok("completion", shell); len(out) < 100 {
			t.Errorf("completion %s prints %q", shell, out)
		}
	}
	t.Setenv("LOCALCHECKOUT_URL", "http://127.0.0.1:1")
	if out := s.ok("pay", complete); out != "" {
		t.Errorf("completion without an emulator prints %q; want nothing", out)
	}
}

// TestHelpHasExamples: the help of each command that takes arguments shows a call.
func TestHelpHasExamples(t *testing.T) {
	s := newStation(t)
	for _, c := range command(nil, nil).Commands {
		help := s.ok(c.Name, "--help")
		contains(t, help, "localcheckout "+c.Name)
		if len(c.Arguments) > 0 && strings.Count(help, "localcheckout "+c.Name+" ") < 2 {
			t.Errorf("the help of %s has no example:\n%s", c.Name, help)
		}
	}
}
