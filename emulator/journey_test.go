package emulator_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/openapi"
	"go.yaml.in/yaml/v3"
)

// journey is a script of the README, cut into blocks, and what the README says that it prints.
type journey struct{ script, want string }

// block is a marked shell block of the README with the output that follows it, if any.
var block = regexp.MustCompile("(?m)^<!-- journey: ([a-z]+) -->\n```sh\n((?s:.*?))^```\n(?:```text\n((?s:.*?))^```\n)?")

// TestReadmeJourneys runs the README's journeys with sh and curl, each against an emulator of its
// own, and compares what they print with what the README shows.
func TestReadmeJourneys(t *testing.T) {
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil && os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", tool)
		} else if err != nil {
			t.Skipf("%s is not installed; the README's journeys need it", tool)
		}
	}
	t.Setenv("PATH", program(t)+string(os.PathListSeparator)+os.Getenv("PATH"))
	names, journeys := readJourneys(t)
	for _, want := range []string{"polar", "tilled", "clock", "commands"} {
		if !slices.Contains(names, want) {
			t.Errorf("the README has no journey %q", want)
		}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			emu := emulator.Run(t)
			script := strings.ReplaceAll(journeys[name].script, "http://localhost:4747", emu.Base())
			if diff := cmp.Diff(journeys[name].want, shell(t, script)); diff != "" {
				t.Errorf("output (-README +got):\n%s", diff)
			}
		})
	}
}

// program builds the command and returns its folder.
func program(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "../cmd/localcheckout").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return dir
}

// readJourneys answers the journeys in the order of the README. What is marked "every" begins each.
func readJourneys(t *testing.T) (names []string, journeys map[string]*journey) {
	t.Helper()
	journeys = map[string]*journey{}
	prelude := ""
	for _, found := range block.FindAllStringSubmatch(readme(t), -1) {
		name, script, want := found[1], found[2], found[3]
		if name == "every" {
			prelude += script
			continue
		}
		if journeys[name] == nil {
			names = append(names, name)
			journeys[name] = &journey{script: prelude}
		}
		journeys[name].script += script
		journeys[name].want += want
	}
	return names, journeys
}

// shell runs a script in an empty folder and answers what it prints. A command that fails ends it.
func shell(t *testing.T, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-eu")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "no_proxy=*", "LC_ALL=C")
	cmd.Stdin = strings.NewReader(script)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v after printing\n%s%s", err, &stdout, &stderr)
	}
	return stdout.String()
}

// TestReadmeGoExample: the README's Go test is the one that is compiled and run here.
func TestReadmeGoExample(t *testing.T) {
	_, rest, ok := strings.Cut(readme(t), "## In a Go test\n\n```go\n")
	example, _, closed := strings.Cut(rest, "```\n")
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if !ok || !closed || !strings.Contains(string(source), example) {
		t.Errorf("example_test.go does not have the README's example:\n%s", example)
	}
}

// TestReadmeControlTable: the README names every call of the control API.
func TestReadmeControlTable(t *testing.T) {
	var document struct{ Paths map[string]any }
	if err := yaml.Unmarshal(openapi.Control, &document); err != nil || len(document.Paths) == 0 {
		t.Fatalf("control.yaml: %d paths, %v", len(document.Paths), err)
	}
	_, rest, _ := strings.Cut(readme(t), "## Control API\n")
	section, _, _ := strings.Cut(rest, "\n## ")
	for path := range document.Paths {
		short := "`…" + path[strings.LastIndex(path, "/"):] + "`"
		if !strings.Contains(section, "/_control"+path+"`") && !strings.Contains(section, short) {
			t.Errorf("the README does not name /_control%s", path)
		}
	}
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
