package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the compiled documents anew")

// TestCompiled keeps the embedded JSON in step with the YAML that people write.
func TestCompiled(t *testing.T) {
	sources, err := filepath.Glob("*.yaml")
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	for _, source := range sources {
		data, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Compile(data)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		part, err := split(want)
		if err != nil {
			t.Fatal(err)
		}
		compiled := filepath.Join("compiled", strings.TrimSuffix(source, ".yaml"))
		inStep(t, compiled+".json", string(want)+"\n")
		inStep(t, compiled+".operations.txt", part.operations)
		inStep(t, compiled+".requests.txt", part.requests)
	}
}

// inStep keeps an embedded file as it was compiled.
func inStep(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := os.ReadFile(file); string(got) != want {
		t.Errorf("%s has changed: run go generate ./openapi", file)
	}
}

func TestDocumentsAreValid(t *testing.T) {
	for name, data := range documents() {
		doc, err := Load(name, data, Whole)
		if err != nil {
			t.Fatal(err)
		}
		if err := doc.Verify(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

// What is left out to start faster makes no difference to requests.
func TestRequestsOnlyHasTheSameOperations(t *testing.T) {
	for name, data := range documents() {
		whole, err := Load(name, data, Whole)
		if err != nil {
			t.Fatal(err)
		}
		inParts, err := Load(name+".yaml", data, RequestsOnly)
		if err != nil {
			t.Fatal(err)
		}
		if inParts.doc != nil {
			t.Errorf("%s is read whole", name)
		}
		if got, want := inParts.Version(), whole.Version(); got != want {
			t.Errorf("%s has the version %s in parts, %s as a whole", name, got, want)
		}
		pruned, err := Load("another "+name, data, RequestsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []*Document{inParts, pruned} {
			compareOperations(t, name, whole.Operations(), part.Operations())
		}
	}
}

func compareOperations(t *testing.T, name string, want, got []*Operation) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%s has %d operations; want %d", name, len(got), len(want))
	}
	for i, op := range want {
		part := got[i]
		same := part.ID == op.ID && part.Method == op.Method && part.Path == op.Path && part.TakesBody == op.TakesBody && part.NeedsBody == op.NeedsBody
		a, b := op.details(), part.details()
		if !same || len(a.params) != len(b.params) || len(a.variants) != len(b.variants) {
			t.Errorf("%s: %s differs from %s", name, part.ID, op.ID)
			continue
		}
		x, _ := json.Marshal(op.look())
		y, _ := json.Marshal(part.look())
		if !bytes.Equal(x, y) {
			t.Errorf("%s: what %s is looked at for first differs", name, op.ID)
		}
		for n, v := range a.variants {
			x, _ := v.schema.MarshalJSON()
			y, _ := b.variants[n].schema.MarshalJSON()
			if v.name != b.variants[n].name || !bytes.Equal(x, y) {
				t.Errorf("%s: the body of %s differs", name, op.ID)
			}
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for name, data := range documents() {
		for part, label := range []string{"whole", "requests"} {
			b.Run(name+"/"+label, func(b *testing.B) {
				for b.Loop() {
					if _, err := load(name+".yaml", data, Part(part)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func TestBrokenPartsAreRefused(t *testing.T) {
	for _, broken := range []parts{
		{"1\nlist GET /", "{}\n{}\n"},
		{"1\nlist GET / none 2 x", "{}\n{}\n"},
		{"1\nlist GET / none 2 9", "{}\n{}\n"},
		{"1\nlist GET / none -1 2", "{}\n{}\n"},
	} {
		if _, err := loadParts("x", broken); err == nil {
			t.Errorf("%q over %q is loaded", broken.operations, broken.requests)
		}
	}
}
