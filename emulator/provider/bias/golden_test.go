package bias_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// goldens has one folder for each documented sample; its source.md says where it comes from.
const goldens = "../../../testdata/bias"

// told are the members whose values are compared; of all others the type is.
var told = []string{"object", "live", "amount", "amount_collected", "customer", "mode", "status", "submit_label", "has_more", "type"}

// TestDocumentedSamples: names, order, nesting and types of members are those of the documentation.
func TestDocumentedSamples(t *testing.T) {
	cases, err := os.ReadDir(goldens)
	if err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, dir := range cases {
		t.Run(dir.Name(), func(t *testing.T) {
			file := func(name string) []byte {
				raw, err := os.ReadFile(filepath.Join(goldens, dir.Name(), name))
				if err != nil || len(raw) == 0 {
					t.Fatalf("%s: %v", name, err)
				}
				return raw
			}
			file("source.md")
			var steps []goldenStep
			if err := json.Unmarshal(file("request.json"), &steps); err != nil {
				t.Fatal(err)
			}
			got := follow(start(t), steps)
			if diff := cmp.Diff(outline(t, file("response.json")), outline(t, []byte(got.Text))); diff != "" {
				t.Errorf("members in order (-documented +answered):\n%s", diff)
			}
		})
	}
}

type goldenStep struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Key    string          `json:"key"`
	Body   json.RawMessage `json:"body"`
}

// follow makes the calls and returns the last answer.
func follow(c *client, steps []goldenStep) reply {
	var last reply
	var pairs []string
	for i, step := range steps {
		fill := strings.NewReplacer(pairs...)
		from := *c
		if step.Key != "" {
			from.key = fill.Replace(step.Key)
		}
		last = from.do(step.Method, "/bias"+fill.Replace(step.Path), fill.Replace(string(step.Body)))
		if i == 0 && last.Status == 200 {
			pairs = append(pairs, "{id}", last.JSON["id"].(string))
			if secret, ok := last.JSON["client_secret"].(string); ok {
				pairs = append(pairs, "{client_secret}", secret)
			}
			if lines, ok := last.JSON["line_items"].(list); ok {
				pairs = append(pairs, "{line}", lines[0].(object)["id"].(string))
			}
		}
		if last.JSON["object"] == "payment" {
			pairs = append(pairs, "{payment}", last.JSON["id"].(string))
		}
	}
	return last
}

// outline lists the members of a document in the order in which they stand, with their types. What
// is inside of arrays that the samples leave empty is passed over.
func outline(t *testing.T, raw []byte) []string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	var out []string
	var read func(path string, passOver bool)
	read = func(path string, passOver bool) {
		token, err := dec.Token()
		if err != nil {
			t.Fatalf("outline of %s: %v", raw, err)
		}
		line := func(kind string) {
			if !passOver {
				out = append(out, path+" "+kind)
			}
		}
		switch token := token.(type) {
		case json.Delim:
			line(string(token))
			for i := 0; dec.More(); i++ {
				if token == '[' {
					read(fmt.Sprintf("%s[%d]", path, i), passOver || path != ".items")
					continue
				}
				name, _ := dec.Token()
				read(fmt.Sprintf("%s.%s", path, name), passOver)
			}
			_, _ = dec.Token()
		case nil:
			line("null")
		default:
			name := path[strings.LastIndex(path, ".")+1:]
			if slices.Contains(told, name) {
				line(fmt.Sprintf("= %v", token))
			} else {
				line(fmt.Sprintf("%T", token))
			}
		}
	}
	read("", false)
	return out
}
