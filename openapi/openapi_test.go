package openapi

import (
	"bytes"
	"context"
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
		compiled := filepath.Join("compiled", strings.TrimSuffix(source, ".yaml")+".json")
		if *update {
			if err := os.MkdirAll("compiled", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(compiled, append(want, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := os.ReadFile(compiled); !bytes.Equal(bytes.TrimSpace(got), want) {
			t.Errorf("%s has changed: run go generate ./openapi", source)
		}
		part, err := split(want)
		if err != nil {
			t.Fatal(err)
		}
		compiled = strings.TrimSuffix(compiled, ".json") + ".requests.txt"
		if *update {
			if err := os.WriteFile(compiled, part, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := os.ReadFile(compiled); !bytes.Equal(got, part) {
			t.Errorf("%s has changed: run go generate ./openapi", source)
		}
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
