package emulator_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/localcheckout/localcheckout/"

// tiers are the packages from the bottom up. A package may import what stands below its own tier.
// A name that ends in a slash stands for every package below it that is not named itself.
var tiers = [][]string{
	{"emulator/checkout", "emulator/clock", "emulator/ids"},
	{"emulator/wire"},
	{"emulator/journal", "emulator/match", "emulator/webhook", "emulator/client", "fixtures", "openapi"},
	{"emulator/fault"},
	{"emulator/sandbox"},
	{"emulator/api"},
	{"emulator/provider", "emulator/server"},
	{"emulator/provider/", "emulator/control", "emulator/hosted"},
	{"emulator/provider/all", "emulator/dashboard"},
	{"emulator"},
	{"emulator/provider/providertest", "cmd/"},
}

// stdOnly are the packages that import nothing but the standard library and each other.
var stdOnly = []string{"emulator/checkout", "emulator/clock", "emulator/ids", "emulator/wire", "emulator/journal", "emulator/match", "emulator/webhook", "emulator/client", "emulator/fault"}

// only names packages that may import just these of ours.
var only = map[string][]string{
	"openapi":         {"emulator/checkout", "emulator/wire"},
	"emulator/server": {"emulator/api", "emulator/checkout", "emulator/fault", "emulator/journal", "emulator/match", "emulator/sandbox", "emulator/wire", "openapi"},
}

// importers are the packages that may know a module; nobody else may. cmd/load measures the emulator
// beside a bare echo server, so it has to have one.
var importers = map[string][]string{
	"github.com/getkin/kin-openapi": {"openapi"},
	"github.com/labstack/echo":      {"emulator/server", "cmd/load"},
}

// forTests are packages that only tests import.
var forTests = []string{"emulator/provider/providertest"}

// TestImportsPointOneWay keeps the layers: an arrow that points back, or a second package that knows
// the router or the validator, fails here.
func TestImportsPointOneWay(t *testing.T) {
	packages := listPackages(t)
	for _, p := range packages {
		name := strings.TrimSuffix(strings.TrimPrefix(p.ImportPath, module), "/")
		own := tier(name)
		if own < 0 {
			t.Errorf("%s is on no tier: give it a line in this file", name)
			continue
		}
		for _, path := range p.Imports {
			imported, ours := strings.CutPrefix(path, module)
			if !ours {
				checkForeign(t, name, path)
				continue
			}
			if tier(imported) >= own {
				t.Errorf("%s imports %s, which does not stand below it", name, imported)
			}
			if allowed, ok := only[name]; ok && !slices.Contains(allowed, imported) {
				t.Errorf("%s imports %s; it may import %s", name, imported, strings.Join(allowed, ", "))
			}
			if slices.Contains(forTests, imported) {
				t.Errorf("%s imports %s, which is for tests", name, imported)
			}
		}
		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			if mayNot(name, path) {
				t.Errorf("a test of %s imports %s", name, path)
			}
		}
	}
	if len(packages) < 10 {
		t.Errorf("only %d packages were looked at", len(packages))
	}
}

func checkForeign(t *testing.T, name, path string) {
	t.Helper()
	if mayNot(name, path) {
		t.Errorf("%s imports %s, which is for another package alone", name, path)
	}
	first, _, _ := strings.Cut(path, "/")
	if slices.Contains(stdOnly, name) && strings.Contains(first, ".") {
		t.Errorf("%s imports %s; it may import the standard library only", name, path)
	}
}

func mayNot(name, path string) bool {
	for prefix, knowing := range importers {
		if strings.HasPrefix(path, prefix) && !slices.Contains(knowing, name) {
			return true
		}
	}
	return false
}

// tier returns the tier of a package, by the longest name that fits; -1 when none does.
func tier(name string) int {
	best, length := -1, -1
	for i, names := range tiers {
		for _, n := range names {
			if len(n) > length && (n == name || strings.HasSuffix(n, "/") && strings.HasPrefix(name, n)) {
				best, length = i, len(n)
			}
		}
	}
	return best
}

func TestTier(t *testing.T) {
	for name, below := range map[string]string{
		"emulator/provider/polar":        "emulator/provider",
		"emulator/provider/all":          "emulator/provider/polar",
		"emulator":                       "emulator/provider/all",
		"cmd/localcheckout":              "emulator",
		"emulator/server":                "emulator/api",
		"emulator/provider/providertest": "emulator/provider/tilled",
	} {
		if tier(name) <= tier(below) || tier(below) < 0 {
			t.Errorf("tier(%s) = %d, tier(%s) = %d; want it higher", name, tier(name), below, tier(below))
		}
	}
	if a, b := tier("emulator/provider/polar"), tier("emulator/provider/tilled"); a != b {
		t.Errorf("the dialects stand on tiers %d and %d; want one, so that none imports another", a, b)
	}
	if got := tier("util"); got != -1 {
		t.Errorf("tier(util) = %d; want -1", got)
	}
}

type goPackage struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = ".."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestFilesAreShort: no Go file is over 500 lines.
func TestFilesAreShort(t *testing.T) {
	const most = 500
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if n := bytes.Count(text, []byte("\n")); n > most {
			t.Errorf("%s has %d lines; want at most %d", path, n, most)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
