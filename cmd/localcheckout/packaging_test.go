package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v3"
	"go.yaml.in/yaml/v3"
)

// root is the folder of the module.
const root = "../.."

// healthCheck is how the image and the compose file ask whether the emulator is ready.
var healthCheck = []string{"/localcheckout", "wait", "--timeout", "2s"}

type compose struct {
	Services map[string]struct {
		Build       string
		Image       string
		Ports       []string
		HealthCheck struct {
			Test          []string
			StartInterval string `yaml:"start_interval"`
		} `yaml:"healthcheck"`
		DependsOn map[string]struct{ Condition string } `yaml:"depends_on"`
	}
}

func TestComposeFile(t *testing.T) {
	text := read(t, "docker-compose.yml")
	var c compose
	decode(t, text, &c)
	if len(c.Services) != 1 {
		t.Errorf("the compose file has %d services; want localcheckout alone", len(c.Services))
	}
	s := c.Services["localcheckout"]
	if s.Build != "." || s.Image != "" {
		t.Errorf("build = %q, image = %q; want it built from this folder", s.Build, s.Image)
	}
	if want := []string{"127.0.0.1:4747:4747"}; !slices.Equal(s.Ports, want) {
		t.Errorf("ports = %q; want %q: on loopback only", s.Ports, want)
	}
	if diff := cmp.Diff(append([]string{"CMD"}, healthCheck...), s.HealthCheck.Test); diff != "" || s.HealthCheck.StartInterval == "" {
		t.Errorf("health check with start_interval %q (-want +got):\n%s", s.HealthCheck.StartInterval, diff)
	}
}

// TestComposeExample: the application in the comment is right once its marks are taken away.
func TestComposeExample(t *testing.T) {
	commented := regexp.MustCompile(`(?m)^  # (app:| {2,}.*)$`)
	var c compose
	decode(t, commented.ReplaceAll(read(t, "docker-compose.yml"), []byte("  $1")), &c)
	if got := c.Services["app"].DependsOn["localcheckout"].Condition; got != "service_healthy" {
		t.Errorf("the example's condition = %q; want service_healthy", got)
	}
}

func TestDockerfile(t *testing.T) {
	text := string(read(t, "Dockerfile"))
	stages := regexp.MustCompile(`(?m)^FROM `).Split(text, -1)
	last := stages[len(stages)-1]
	if !strings.HasPrefix(last, "scratch\n") {
		t.Errorf("the image is built on %q; want scratch", strings.SplitN(last, "\n", 2)[0])
	}
	for _, want := range []string{
		`(?m)^USER [1-9][0-9]*:[1-9][0-9]*$`,
		`(?m)^ENV LOCALCHECKOUT_ADDR=0\.0\.0\.0:4747$`,
		`(?m)^EXPOSE 4747$`,
		`(?m)^ENTRYPOINT \["/localcheckout"\]$`,
		`(?m)^HEALTHCHECK .*--start-interval=`,
	} {
		if !regexp.MustCompile(want).MatchString(last) {
			t.Errorf("the image's stage has no line like %s", want)
		}
	}
	if !strings.Contains(text, "CGO_ENABLED=0") || !strings.Contains(text, "-X main.version=$VERSION") {
		t.Error("the binary must be static and know its version")
	}
	found := regexp.MustCompile(`HEALTHCHECK [^[]*CMD (\[.*\])`).FindStringSubmatch(last)
	if found == nil {
		t.Fatal("no HEALTHCHECK in exec form")
	}
	var check []string
	if err := json.Unmarshal([]byte(found[1]), &check); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(healthCheck, check); diff != "" {
		t.Errorf("HEALTHCHECK (-want +got):\n%s", diff)
	}
}

// TestHealthCheckRuns: the arguments of the health check are ones that the binary understands, with
// the address that the image sets.
func TestHealthCheckRuns(t *testing.T) {
	clean(t)
	s := start(t, "--addr", "127.0.0.1:0")
	t.Setenv("LOCALCHECKOUT_ADDR", strings.Replace(strings.TrimPrefix(s.base, "http://"), "127.0.0.1", "0.0.0.0", 1))
	if code, _, stderr := invoke(healthCheck[1:]...); code != exitOK {
		t.Errorf("%q = %d, %s; want 0", healthCheck, code, stderr)
	}
}

// TestBuildContext: .dockerignore lets in every folder that the binary is built from.
func TestBuildContext(t *testing.T) {
	admitted := map[string]bool{}
	for line := range strings.Lines(string(read(t, ".dockerignore"))) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "!"); ok {
			admitted[name] = true
		}
	}
	module, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.Dir}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dir := range bytes.Lines(out) {
		rel, err := filepath.Rel(module, strings.TrimSpace(string(dir)))
		if err != nil || strings.HasPrefix(rel, "..") {
			continue
		}
		if top, _, _ := strings.Cut(filepath.ToSlash(rel), "/"); !admitted[top] {
			t.Errorf(".dockerignore keeps out %s, which the binary needs", rel)
		}
	}
}

// TestReadme: it names every flag with its variable and default, every command, and every client
// version that is driven here.
func TestReadme(t *testing.T) {
	clean(t)
	text := string(read(t, "README.md"))
	for _, f := range serveFlags() {
		name := f.Names()[0]
		row := "| `--" + name + "` | `" + string(variableOf(name)) + "` | "
		if d, ok := f.(cli.DocGenerationFlag); ok && d.GetDefaultText() != "" {
			row += "`" + strings.Trim(d.GetDefaultText(), `"`) + "` |"
		}
		if !strings.Contains(text, row) {
			t.Errorf("the README has no row that begins %s", row)
		}
	}
	_, rest, _ := strings.Cut(text, "\n## Command line\n")
	section, _, _ := strings.Cut(rest, "\n## ")
	for _, c := range command(io.Discard, io.Discard).Commands {
		if !regexp.MustCompile("(?m)^\\|.*`localcheckout " + c.Name + "[ `]").MatchString(section) {
			t.Errorf("the README has no row of the command %s", c.Name)
		}
	}
	versions, err := filepath.Glob(filepath.Join(root, "testdata/clients/polar-*/*[0-9].[0-9]*"))
	if err != nil || len(versions) < 10 {
		t.Errorf("%d client versions, %v; want 10", len(versions), err)
	}
	for _, dir := range versions {
		if !strings.Contains(text, filepath.Base(dir)) {
			t.Errorf("the README does not name %s", dir)
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
}
