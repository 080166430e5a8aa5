package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/client"
)

// write makes the working directory an empty one with a file in it.
func write(t *testing.T, name, text string) {
	t.Helper()
	clean(t)
	t.Chdir(t.TempDir())
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestConfigArrives: what each key is for can be seen in answers.
func TestConfigArrives(t *testing.T) {
	write(t, configName, `
addr: 127.0.0.1:0
seed: 42
start: 2031-05-06T07:08:09Z
public-url: https://pay.example
verbose: true
log-format: json
providers:
  polar:
    profile: 2025-02
    tokens: [polar_oat_one, {key: polar_oat_two, scopes: ["checkouts:read", "checkouts:write"]}]
  tilled: {addr: "127.0.0.1:0"}
webhooks: [{provider: polar, url: "http://127.0.0.1:1/hooks", events: [checkout.updated], secret: whsec_cG9sYXI=, signature: both}]
fixtures: &mine
  tilled:
    customers:
      - {id: cus_GraceHopper0000000009, account_id: acct_CornerBakery000000001, email: grace@example.com,
         created_at: "2026-01-01T00:00:00.000Z", updated_at: "2026-01-01T00:00:00.000Z"}
`)
	s := start(t)
	c, err := client.New(s.base, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	info, err := c.Info(t.Context())
	if err != nil || info.Seed != 42 || info.Providers[0].BaseURL != "https://pay.example/"+info.Providers[0].Name {
		t.Errorf("Info = %+v, %v; want the file's seed and URL", info, err)
	}
	if p, err := c.Provider(t.Context(), "polar"); err != nil || p.Credential != "polar_oat_one" {
		t.Errorf("Provider = %+v, %v; want the file's token", p, err)
	}
	clock, err := c.In("another").Clock(t.Context())
	if err != nil || clock.Now.Year() != 2031 {
		t.Errorf("Clock = %+v, %v; want the file's start", clock, err)
	}
	catalog, err := c.In("another").Fixtures(t.Context())
	if err != nil || !slices.ContainsFunc(catalog["tilled"]["customers"], has("grace@example.com")) || len(catalog["tilled"]["customers"]) < 2 {
		t.Errorf("customers = %s, %v; want the file's among them", catalog["tilled"]["customers"], err)
	}
	hooks, err := c.In("another").Endpoints(t.Context())
	if err != nil || len(hooks) != 1 || hooks[0].URL != "http://127.0.0.1:1/hooks" || hooks[0].Secret != "whsec_cG9sYXI=" || hooks[0].Signature != "both" || len(hooks[0].Events) != 1 {
		t.Errorf("Endpoints = %+v, %v; want the file's", hooks, err)
	}
	for token, want := range map[string]int{"polar_oat_two": 200, "polar_oat_three": 401} {
		if status, body := s.get(t, "/polar/v1/checkouts/custom/", "Authorization", "Bearer "+token); status != want {
			t.Errorf("list with %s = %d %s; want %d", token, status, body, want)
		}
	}
	if !slices.ContainsFunc(s.lines, func(l string) bool { return strings.Contains(l, "tilled") && strings.Contains(l, "(alone)") }) {
		t.Errorf("no line says where tilled stands alone: %q", s.lines)
	}
	if s.stop(); !strings.HasPrefix(s.stderr, "{") {
		t.Errorf("log = %q; want JSON", s.stderr)
	}
}

func has(text string) func(json.RawMessage) bool {
	return func(b json.RawMessage) bool { return strings.Contains(string(b), text) }
}

// TestConfigPrecedence: flags beat the environment, which beats the file, which beats the default;
// a file that is named beats the one that lies there.
func TestConfigPrecedence(t *testing.T) {
	for _, tt := range []struct {
		name, variable string
		args           []string
		want           uint64
	}{
		{"file", "", nil, 42},
		{"variable", "7", nil, 7},
		{"flag", "7", []string{"--seed", "9"}, 9},
		{"named file", "", []string{"--config", "other.yaml"}, 43},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(t, configName, "addr: 127.0.0.1:0\nseed: 42\n")
			if err := os.WriteFile("other.yaml", []byte("addr: 127.0.0.1:0\nseed: 43\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("LOCALCHECKOUT_SEED", tt.variable)
			if got := start(t, tt.args...).info(t).Seed; got != tt.want {
				t.Errorf("seed = %d; want %d", got, tt.want)
			}
		})
	}
}

// TestConfigFaults: all that is wrong at once, each with its line and what was probably meant.
func TestConfigFaults(t *testing.T) {
	write(t, configName, `sed: 1
seed: many
seeds: -1
start: yesterday
strict: "yes"
addr: localhost
log-format: xml
public-url: [http://localhost]
providers:
  poler: {}
  polar:
    profil: current
    tokens: polar_oat_1
  tilled:
    tokens: [sk_1, {kee: sk_2}]
fixtures:
  tilled:
    customer: []
faults: {}
webhooks: [{provider: polar, uri: "http://localhost"}, {provider: polar, url: "ftp://localhost"}]
sandboxes:
  - seed: 1
  - {name: w1, begin: now}
seed: 2
`)
	code, stdout, stderr := invoke("serve")
	if code != exitUsage || stdout != "" {
		t.Fatalf("serve = %d, %q; want %d and nothing", code, stdout, exitUsage)
	}
	contains(t, stderr,
		configName+`:1: the file has no key "sed"; did you mean "seed"?`,
		configName+`:2: seed is the text "many"; want a whole number`,
		configName+`:3: the file has no key "seeds"; did you mean "seed"?`,
		configName+`:4: start: "yesterday" is not an RFC 3339 instant`,
		configName+`:5: strict is the text "yes"; want true or false`,
		configName+`:6: addr: "localhost" is not HOST:PORT`,
		configName+`:7: log-format: "xml" is neither text nor json`,
		configName+`:8: public-url is a list; want text`,
		configName+`:10: providers has no key "poler"; did you mean "polar"?`,
		configName+`:12: providers.polar has no key "profil"; did you mean "profile"?`,
		configName+`:13: providers.polar.tokens is the text "polar_oat_1"; want a list`,
		configName+`:15: providers.tilled.tokens has no key "kee"; did you mean "key"?`,
		configName+`:18: fixtures: tilled: there is no resource "customer"; did you mean "customers"?`,
		configName+`:19: faults is a mapping; want a list`,
		configName+`:20: webhooks has no key "uri"; did you mean "url"?`,
		configName+`:20: webhooks: `,
		configName+`:22: a sandbox needs a name`,
		configName+`:23: sandboxes has no key "begin"`,
		configName+`:24: the file has "seed" twice`)
}

// TestConfigCannotBeRead: a file that is named and is not there, that is no YAML, that is two.
func TestConfigCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"a: [":                     configName,
		"a: 1\n---\n":              "more than one document",
		"- 1":                      "want a mapping",
		"fixtures: [nowhere.yaml]": "nowhere.yaml",
	} {
		write(t, configName, text)
		if code, _, stderr := invoke(); code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("serve with %q = %d, %s; want 2 and %q", text, code, stderr, want)
		}
	}
	if code, _, stderr := invoke("--config", "nowhere.yaml"); code != exitUsage || !strings.Contains(stderr, "nowhere.yaml") || !strings.Contains(stderr, "--config") {
		t.Errorf("serve --config nowhere.yaml = %d, %s; want 2 and the name", code, stderr)
	}
	write(t, configName, "# nothing\n")
	t.Setenv("LOCALCHECKOUT_ADDR", "127.0.0.1:0")
	start(t)
}

// TestConfigFixtureFiles are looked up beside the file that names them.
func TestConfigFixtureFiles(t *testing.T) {
	clean(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"lc.yaml":    "addr: 127.0.0.1:0\nfixtures: [more.json, {tilled: {accounts: []}}]\n",
		"more.json":  `{"tilled":{"customers":[{"id":"cus_1","account_id":"acct_1","email":"more@example.com","created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:00.000Z"}]}}`,
		"wrong.yaml": "fixtures: [bad.yaml]\n",
		"bad.yaml":   "\ntilled: {customers: [{id: 5}]}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, "--config", filepath.Join(dir, "lc.yaml"))
	if _, body := s.get(t, "/_control/fixtures"); !strings.Contains(body, "more@example.com") {
		t.Error("the catalog lacks the file's customer")
	}
	code, _, stderr := invoke("--config", filepath.Join(dir, "wrong.yaml"))
	if code != exitUsage {
		t.Errorf("serve = %d; want 2", code)
	}
	contains(t, stderr, "bad.yaml:2", "customers, object 0")
}

// TestCommandsFindTheConfiguredServer: in the working directory of a server, commands reach it.
func TestCommandsFindTheConfiguredServer(t *testing.T) {
	s := newStation(t)
	t.Setenv("LOCALCHECKOUT_URL", "")
	write(t, configName, "addr: "+strings.TrimPrefix(s.Base(), "http://")+"\n")
	contains(t, s.ok("sessions"), "no sessions")
	s.ok("wait")
}

// TestInit writes a file that changes nothing, and that is right once its marks are taken away; it
// has every key. A file that is there is left alone.
func TestInit(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	if code, stdout, stderr := invoke("init"); code != exitOK || !strings.Contains(stdout, configName) {
		t.Fatalf("init = %d, %q, %q", code, stdout, stderr)
	}
	text, err := os.ReadFile(configName)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := parseSettings(configName, text); err != nil || len(s.flags) != 0 || s.fixtures != nil || s.worlds != nil {
		t.Errorf("the file as it is says %+v, %v; want nothing", s, err)
	}
	shown := regexp.MustCompile(`(?m)^#(\w| {2,}\S)`).ReplaceAll(text, []byte("$1")) // a sentence has one space before it
	if _, err := parseSettings(configName, shown); err != nil {
		t.Errorf("without its marks: %v", err)
	}
	for _, f := range serveFlags() {
		if name := f.Names()[0]; !apart(name) && !strings.Contains(string(text), "\n#"+name+":") {
			t.Errorf("the file does not have %s", name)
		}
	}
	if code, _, stderr := invoke("init"); code != exitFailure || !strings.Contains(stderr, "left alone") {
		t.Errorf("a second init = %d, %q; want 1", code, stderr)
	}
	if again, _ := os.ReadFile(configName); string(again) != string(text) {
		t.Error("a second init changed the file")
	}
}

// TestConfigFurnishes: faults and sandboxes of the file are there before the first request.
func TestConfigFurnishes(t *testing.T) {
	write(t, configName, `
addr: 127.0.0.1:0
faults:
  - {match: {provider: polar, operation: createCheckout}, effect: {status: 500}, times: 1}
sandboxes:
  - name: tomorrow
    seed: 7
    start: 2030-01-01T00:00:00Z
    faults: [{match: {provider: tilled}, effect: {status: 500}}, {match: {provider: polar}, effect: {status: 500}}]
    fixtures: {tilled: {customers: [{id: cus_1, account_id: acct_1, email: tomorrow@example.com,
      created_at: "2026-01-01T00:00:00.000Z", updated_at: "2026-01-01T00:00:00.000Z"}]}}
  - {name: default, faults: []}
`)
	s := start(t)
	c, err := client.New(s.base, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"default": 1, "tomorrow": 2, "other": 0} {
		if faults, err := c.In(name).Faults(t.Context()); err != nil || len(faults) != want {
			t.Errorf("faults of %s = %+v, %v; want %d", name, faults, err, want)
		}
	}
	in := c.In("tomorrow")
	if made, err := in.Sandbox(t.Context(), "tomorrow"); err != nil || made.Seed != 7 || made.Start.Year() != 2030 {
		t.Errorf("Sandbox = %+v, %v; want the file's seed and start", made, err)
	}
	if catalog, err := in.Fixtures(t.Context()); err != nil || !slices.ContainsFunc(catalog["tilled"]["customers"], has("tomorrow@example.com")) {
		t.Errorf("the catalog of tomorrow lacks the file's customer: %v", err)
	}
}

// TestConfigFurnishFaults: what the control API refuses is told with the line it came from, and
// nothing is served.
func TestConfigFurnishFaults(t *testing.T) {
	write(t, configName, `addr: 127.0.0.1:0
faults:
  - match:
      provider: polar
      operation: createChekout
    effect: {status: 500}
  - {effect: {stauts: 500}}
sandboxes:
  - name: "a b"
  - name: w1
    seed: -5
  - name: w2
    faults:
      - effect: {status: 500}
        match: {provider: poler}
`)
	code, stdout, stderr := invoke()
	if code != exitUsage || stdout != "" {
		t.Fatalf("serve = %d, %q, %s; want 2 and nothing", code, stdout, stderr)
	}
	write(t, "other.yaml", "sandboxes: [{name: default, seed: 7}]\nsandbox-idle: soon\n")
	if code, _, stderr := invoke("--config", "other.yaml"); code != exitUsage || !strings.Contains(stderr, "other.yaml:1: the default sandbox") ||
		!strings.Contains(stderr, `other.yaml:2: sandbox-idle is the text "soon"; want a duration`) {
		t.Errorf("serve with another default = %d, %s; want 2 and where its seed stands", code, stderr)
	}
	contains(t, stderr,
		configName+`:5: there is no polar operation "createChekout"; did you mean "createCheckout"?`,
		configName+`:7: there is no effect "stauts"; did you mean "status"?`,
		configName+`:9: `, configName+`:11: `,
		configName+`:15: there is no provider "poler"; did you mean "polar"?`)
}
