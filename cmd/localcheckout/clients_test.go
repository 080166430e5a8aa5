package main_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// clientsDir holds the client suites: programs that drive localcheckout with the providers' own
// published packages.
const clientsDir = "../../testdata/clients"

// clientSuite is one published package at one version, or a client written from documentation: how it
// is installed and how its walk is run.
type clientSuite struct {
	name    string   // subtest name and cache folder: "polar-js/0.49.0"
	tools   []string // programs that must be on the PATH
	source  string   // absolute folder of the suite
	lock    string   // file in source that pins every dependency, or any file where there is none
	copied  []string // files in source that belong beside the dependencies
	fresh   bool     // installed each time: it is made from files of this repository
	install []clientCommand
	walk    []string      // {dir} stands for the installed folder
	limit   time.Duration // of the walk; zero: two minutes
}

// clientCommand is one command of an installation.
type clientCommand struct {
	in   string // folder; {dir} as above
	args []string
}

// TestClients proves the dialects with the providers' own packages, unmodified, against the built
// binary. The packages come from the network once and are then kept in the user's cache folder, so it
// runs only when asked: in CI, where a missing tool is a failure, or with LOCALCHECKOUT_CLIENTS=1.
func TestClients(t *testing.T) {
	if !inCI() && os.Getenv("LOCALCHECKOUT_CLIENTS") != "1" {
		t.Skip("client suites not run; LOCALCHECKOUT_CLIENTS=1 runs them (node, npm, python3; the network the first time)")
	}
	suites := clientSuites(t)
	program := buildForClients(t)
	current := startForClients(t, program)
	const profile = "2025-02"
	early := startForClients(t, program, "--polar-profile", profile)
	later := startForClients(t, program, "--bias-profile", "b3")
	pages := forPages(t, program)
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			dir := s.installed(t)
			if s.name == laterClient {
				s.walks(t, dir, "LOCALCHECKOUT_URL="+later)
				return
			}
			s.walks(t, dir, append(pages, "LOCALCHECKOUT_URL="+current)...)
			if slices.Contains(earlyClients, s.name) {
				s.walks(t, dir, "LOCALCHECKOUT_URL="+early, "LOCALCHECKOUT_POLAR_PROFILE="+profile)
			}
		})
	}
}

// forPages starts what the suite of the dashboard needs beside a server as every suite has it: one that
// wants a token, and one whose control API has an address of its own.
func forPages(t *testing.T, program string) []string {
	t.Helper()
	const token = "tok-5f2b"
	guarded := startForClients(t, program, "--control-token", token)
	apart, control := startTelling(t, program, regexp.MustCompile(`control\s+(http://[^/\s]+)`), "--control-addr", "127.0.0.1:0")
	return []string{
		"LOCALCHECKOUT_GUARDED_URL=" + guarded, "LOCALCHECKOUT_GUARDED_TOKEN=" + token,
		"LOCALCHECKOUT_APART_URL=" + apart, "LOCALCHECKOUT_APART_CONTROL_URL=" + control,
	}
}

// earlyClients are of the time of profile 2025-02, and walk it too.
var earlyClients = []string{
	"polar-js/0.21.0", "polar-js/0.29.2", "polar-python/0.12.3", "polar-python/0.16.1",
	"polar-webhooks-js/0.26.1", "polar-webhooks-python/0.16.1",
}

// laterClient is of the later generation of Bias' API, and walks that only.
const laterClient = "bias-elements"

func (s clientSuite) walks(t *testing.T, dir string, env ...string) {
	t.Helper()
	out, err := s.run(t, cmp.Or(s.limit, 2*time.Minute), clientCommand{in: "{dir}", args: s.walk}, dir, env...)
	if err != nil {
		t.Fatalf("walk with %s: %v\n%s", strings.Join(env, " "), err, out)
	}
	t.Logf("%s", out)
}

// TestClientLocks keeps the suites pinned whole, and free of any one registry's address.
func TestClientLocks(t *testing.T) {
	registry := regexp.MustCompile(`"resolved": "[^"]*:|index-url|https?://[^"]*(registry|pypi|pythonhosted|npmjs)`)
	for _, s := range clientSuites(t) {
		lock, err := os.ReadFile(filepath.Join(s.source, s.lock))
		if err != nil {
			t.Fatal(err)
		}
		if found := registry.Find(lock); found != nil {
			t.Errorf("%s/%s names a registry: %s", s.name, s.lock, found)
		}
		pins, hashes := bytes.Count(lock, []byte("==")), bytes.Count(lock, []byte("--hash=sha256:"))
		if s.lock == "requirements.txt" && (pins == 0 || hashes < pins) {
			t.Errorf("%s/%s has %d pins and %d hashes; want a hash for each", s.name, s.lock, pins, hashes)
		}
	}
}

// suiteKinds are where suites are found, by their lock files.
var suiteKinds = []struct {
	locks string // pattern under root
	suite func(root, source string) clientSuite
}{
	{"polar-js/*/package-lock.json", polarJS},
	{"polar-python/*/requirements.txt", polarPython},
	{"polar-go/v*/go.sum", goSuite},
	{"polar-webhooks-js/*/package-lock.json", polarJS},
	{"polar-journey-js/*/package-lock.json", polarJS},
	{"polar-journey-python/*/requirements.txt", polarPython},
	{"polar-better-auth/package-lock.json", polarBetterAuth},
	{"polar-webhooks-python/*/requirements.txt", polarPython},
	{"polar-webhooks-go/go.sum", goSuite},
	{"webhooks-node/walk.mjs", alone("node")},
	{"webhooks-python/walk.py", alone("python3", "-B")},
	{"tilled-node/package-lock.json", tilledNode},
	{"tilled-webhooks-node/package-lock.json", tilledNode},
	{"bias-elements/package-lock.json", biasElements},
	{"control-go/go.mod", controlGo},
	{"control-js/package-lock.json", controlJS},
	{"page-checkout/package-lock.json", pageCheckout},
	{"page-dashboard/package-lock.json", pageDashboard},
	{"har-browser/package-lock.json", harBrowser},
	{"bias-go/go.mod", goSuite},
	{"bias-node/walk.mjs", alone("node")},
	{"bias-python/walk.py", alone("python3", "-B")},
	{"leanrails-go/go.mod", goSuite},
	{"leanrails-node/walk.mjs", alone("node")},
	{"leanrails-python/walk.py", alone("python3", "-B")},
	{"faults-go/go.mod", goSuite},
	{"faults-node/walk.mjs", alone("node")},
	{"faults-python/walk.py", alone("python3", "-B")},
}

// clientSuites finds the suites by their lock files.
func clientSuites(t *testing.T) []clientSuite {
	t.Helper()
	root, err := filepath.Abs(clientsDir)
	if err != nil {
		t.Fatal(err)
	}
	var suites []clientSuite
	for _, kind := range suiteKinds {
		locks, err := filepath.Glob(filepath.Join(root, kind.locks))
		if err != nil || len(locks) == 0 {
			t.Fatalf("no client suite at %s (%v)", kind.locks, err)
		}
		for _, lock := range locks {
			s := kind.suite(root, filepath.Dir(lock))
			rel, _ := filepath.Rel(root, s.source)
			s.name, s.lock = filepath.ToSlash(rel), filepath.Base(lock)
			suites = append(suites, s)
		}
	}
	return suites
}

// polarJS is one version of an npm package; the walk beside the versions is the same for all.
func polarJS(_, source string) clientSuite {
	s := npmSuite(source)
	s.walk = []string{"node", filepath.Join(filepath.Dir(source), "walk.mjs"), filepath.Base(source), "{dir}"}
	return s
}

func tilledNode(_, source string) clientSuite {
	s := npmSuite(source)
	s.copied = append(s.copied, "walk.mjs") // it finds its package beside itself
	if filepath.Base(source) == "tilled-node" {
		s.copied = append(s.copied, "journey.mjs")
	}
	s.walk = []string{"node", "walk.mjs"}
	return s
}

// polarBetterAuth is an application of packages that build on Polar's.
func polarBetterAuth(_, source string) clientSuite {
	s := npmSuite(source)
	s.copied = append(s.copied, "walk.mjs") // it finds its packages beside itself
	s.walk = []string{"node", "walk.mjs"}
	return s
}

// biasElements is a package for the browser, with a stand-in for a package that it needs and that its
// vendor did not publish.
func biasElements(_, source string) clientSuite {
	s := npmSuite(source)
	s.tools = append(s.tools, "chromium")
	s.copied = append(s.copied, "sdk/package.json", "sdk/index.js", "page.html", "frame.html", "stage.mjs", "walk.mjs")
	s.walk = []string{"node", "walk.mjs"}
	return s
}

// pageCheckout drives the hosted pages in a browser, with axe-core and Polar's published embed script.
func pageCheckout(_, source string) clientSuite {
	return inBrowser(npmSuite(source))
}

// pageDashboard drives the dashboard in a browser, with axe-core.
func pageDashboard(_, source string) clientSuite {
	return inBrowser(npmSuite(source))
}

// harBrowser has a browser replay what the journal exports.
func harBrowser(_, source string) clientSuite { return inBrowser(npmSuite(source)) }

// inBrowser is a suite whose own files all belong beside its dependencies. A browser takes its time on a
// machine that does much else.
func inBrowser(s clientSuite) clientSuite {
	s.tools, s.limit = append(s.tools, "chromium"), 10*time.Minute
	for _, pattern := range []string{"*.mjs", "*.html"} {
		files, _ := filepath.Glob(filepath.Join(s.source, pattern))
		for _, file := range files {
			s.copied = append(s.copied, filepath.Base(file))
		}
	}
	s.walk = []string{"node", "walk.mjs"}
	return s
}

func npmSuite(source string) clientSuite {
	return clientSuite{
		source:  source,
		tools:   []string{"node", "npm"},
		copied:  []string{"package.json", "package-lock.json", ".npmrc"},
		install: []clientCommand{{in: "{dir}", args: []string{"npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"}}},
	}
}

// polarPython is the same of a PyPI package.
func polarPython(_, source string) clientSuite {
	python := filepath.Join("{dir}", "bin", "python")
	return clientSuite{
		source: source,
		tools:  []string{"python3"},
		copied: []string{"requirements.txt"},
		install: []clientCommand{
			{in: "{dir}", args: []string{"python3", "-m", "venv", "."}},
			{in: "{dir}", args: []string{python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements.txt"}},
		},
		walk:  []string{python, filepath.Join(filepath.Dir(source), "walk.py"), filepath.Base(source)},
		limit: 6 * time.Minute, // reading every message of everything that is sold takes long on a busy machine
	}
}

func goSuite(_, source string) clientSuite {
	program := filepath.Join("{dir}", "walk")
	return clientSuite{
		source: source,
		tools:  []string{"go"},
		walk:   []string{program},
		// The build cache makes a repeated build quick, so it is done each time: the walk is part of it.
		install: []clientCommand{{in: source, args: []string{"go", "build", "-buildvcs=false", "-o", program, "."}}},
	}
}

// controlGo is a client that a public generator makes of the control document.
func controlGo(root, source string) clientSuite {
	s := goSuite(root, source)
	s.copied, s.fresh = []string{"go.mod", "go.sum", "oapi-codegen.yaml", "main.go"}, true
	document := filepath.Join(root, "..", "..", "openapi", "control.yaml")
	s.install[0].in = "{dir}"
	s.install = slices.Insert(s.install, 0, clientCommand{in: "{dir}", args: []string{
		"go", "tool", "oapi-codegen", "-config", "oapi-codegen.yaml", "-o", "control.gen.go", document,
	}})
	return s
}

// controlJS is a client whose types are made of the control document as it is served.
func controlJS(_, source string) clientSuite {
	s := npmSuite(source)
	s.copied = append(s.copied, "tsconfig.json", "walk.ts")
	s.walk = []string{"npm", "run", "--silent", "walk"}
	return s
}

// alone is a suite that needs nothing but its language: the client is written from the provider's
// documentation, which has no package to prove.
func alone(command ...string) func(root, source string) clientSuite {
	return func(_, source string) clientSuite {
		walk, _ := filepath.Glob(filepath.Join(source, "walk.*"))
		return clientSuite{source: source, tools: command[:1], walk: append(slices.Clone(command), walk...)}
	}
}

// installed answers the folder that holds the suite's dependencies, filling it when it is new. It ends
// the test where that cannot be done.
func (s clientSuite) installed(t *testing.T) string {
	t.Helper()
	for _, tool := range s.tools {
		if _, err := exec.LookPath(tool); err != nil {
			unavailable(t, "%s is not installed", tool)
		}
	}
	if len(s.copied) == 0 || s.fresh { // nothing that comes from the network and is worth keeping
		dir := t.TempDir()
		s.fill(t, dir)
		return dir
	}
	dir := s.cacheDir(t)
	if _, err := os.Stat(dir); err == nil {
		s.copyTo(t, dir)
		return dir
	}
	// Filled aside and then renamed, so that a folder that exists is whole.
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "new-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	s.fill(t, fresh)
	if err := os.Rename(fresh, dir); err != nil {
		if _, lost := os.Stat(dir); lost != nil { // not because another run was first
			t.Fatal(err)
		}
	}
	return dir
}

func (s clientSuite) fill(t *testing.T, dir string) {
	t.Helper()
	s.copyTo(t, dir)
	for _, c := range s.install {
		out, err := s.run(t, 10*time.Minute, c, dir, "GOWORK=off")
		if err != nil && s.fresh { // not for want of something outside
			t.Fatalf("%s: %v\n%s", strings.Join(c.args, " "), err, out)
		}
		if err != nil {
			unavailable(t, "%s: %v\n%s", strings.Join(c.args, " "), err, out)
		}
	}
}

func (s clientSuite) copyTo(t *testing.T, dir string) {
	t.Helper()
	for _, name := range s.copied {
		body, err := os.ReadFile(filepath.Join(s.source, name))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, body, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// cacheDir is named after what the suite needs and the tool that installs it, so that a change of
// either begins anew.
func (s clientSuite) cacheDir(t *testing.T) string {
	t.Helper()
	sum := sha256.New()
	lock, err := os.ReadFile(filepath.Join(s.source, s.lock))
	if err != nil {
		t.Fatal(err)
	}
	sum.Write(lock)
	version, err := exec.CommandContext(t.Context(), s.tools[0], "--version").Output()
	if err != nil {
		unavailable(t, "%s --version: %v", s.tools[0], err)
	}
	sum.Write(version)
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	parent := filepath.Join(cache, "localcheckout-clients")
	if err := os.MkdirAll(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(parent, strings.ReplaceAll(s.name, "/", "-")+"-"+hex.EncodeToString(sum.Sum(nil))[:12])
}

func (s clientSuite) run(t *testing.T, limit time.Duration, c clientCommand, dir string, env ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	args := make([]string, len(c.args))
	for i, a := range c.args {
		args[i] = strings.ReplaceAll(a, "{dir}", dir)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = strings.ReplaceAll(c.in, "{dir}", dir)
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = fmt.Errorf("not done after %v: %w", limit, err)
	}
	return out, err
}

func buildForClients(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "localcheckout")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// startForClients runs localcheckout for the length of the test and answers its address.
func startForClients(t *testing.T, program string, flags ...string) string {
	t.Helper()
	base, _ := startTelling(t, program, regexp.MustCompile(`(http://\S+)`), flags...)
	return base
}

// startTelling is the same, and answers besides what the first of the printed lines says that match.
func startTelling(t *testing.T, program string, line *regexp.Regexp, flags ...string) (base, said string) {
	t.Helper()
	cmd := exec.Command(program, append([]string{"--addr", "127.0.0.1:0"}, flags...)...)
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "LOCALCHECKOUT_") {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	printed := bufio.NewScanner(stdout)
	for said == "" && printed.Scan() {
		base = cmp.Or(base, regexp.MustCompile(`http://\S+`).FindString(printed.Text()))
		if found := line.FindStringSubmatch(printed.Text()); found != nil {
			said = found[1]
		}
	}
	drained := make(chan struct{})
	go func() { // a full pipe would stop the server
		defer close(drained)
		_, _ = io.Copy(io.Discard, stdout)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-drained
		err := cmd.Wait()
		if t.Failed() || err != nil {
			t.Logf("localcheckout ended: %v\n%s", err, stderr.String())
		}
	})
	if said == "" {
		t.Fatalf("localcheckout printed no line that matches %s: %v", line, printed.Err())
	}
	return strings.TrimSuffix(base, "/"), said
}

// unavailable ends the test for want of something outside this repository: a skip on a developer's
// machine, a failure in CI.
func unavailable(t *testing.T, format string, args ...any) {
	t.Helper()
	if inCI() {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

func inCI() bool { return os.Getenv("CI") == "true" }
