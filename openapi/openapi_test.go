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
		part, err := prune(want)
		if err != nil {
			t.Fatal(err)
		}
		compiled = strings.TrimSuffix(compiled, ".json") + ".requests.json"
		if *update {
			if err := os.WriteFile(compiled, append(part, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := os.ReadFile(compiled); !bytes.Equal(bytes.TrimSpace(got), part) {
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
		part, err := Load(name+".yaml", data, RequestsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for i, op := range whole.Operations() {
			got := part.Operations()[i]
			if got.ID != op.ID || got.TakesBody != op.TakesBody || len(got.params) != len(op.params) || len(got.variants) != len(op.variants) {
				t.Errorf("%s: %s differs from %s", name, got.ID, op.ID)
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
