package emulator_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/provider/all"
)

// TestEmitted keeps each provider's list of the events that it causes in step with its source: a type that
// is written anywhere but in the two lists is one that happens. The client suites hold the
// messages of all in that list against what reads them.
func TestEmitted(t *testing.T) {
	for _, m := range all.Makers() {
		p, err := m.New(provider.Options{})
		if err != nil {
			t.Fatal(err)
		}
		policy := p.Dialect().Webhooks
		if policy == nil || policy.Emits == nil {
			continue
		}
		written := typesWritten(t, m.Name, policy.Types)
		for _, eventType := range policy.Types {
			if happens, told := written[eventType] != "", slices.Contains(policy.Emits, eventType); happens != told {
				t.Errorf("%s: %q is written in %q, and listed in Emits: %v; want both or neither", m.Name, eventType, written[eventType], told)
			}
		}
		for _, eventType := range policy.Emits {
			if !slices.Contains(policy.Types, eventType) {
				t.Errorf("%s emits %q, which is none of its types", m.Name, eventType)
			}
		}
	}
}

// typesWritten finds the types of events in a dialect's source, outside of its lists: the file by type.
func typesWritten(t *testing.T, name string, types []string) map[string]string {
	t.Helper()
	sources, err := filepath.Glob(filepath.Join("provider", name, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				return !strings.HasPrefix(n.Names[0].Name, "eventTypes") && n.Names[0].Name != "emitted"
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && slices.Contains(types, text) {
					found[text] = filepath.Base(source)
				}
			}
			return true
		})
	}
	return found
}
