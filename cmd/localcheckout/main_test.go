package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"strings"
	"testing"
)

// TestAddressesAreJudgedFirst: what is wrong in a command line is told whatever the machine's ports are.
func TestAddressesAreJudgedFirst(t *testing.T) {
	clean(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, flag := range []string{"--polar-addr", "--control-addr"} {
		code, stdout, stderr := invoke("--addr", taken.Addr().String(), flag, "4748")
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, flag) {
			t.Errorf("run = %d, %q, %q; want %d, and %s named", code, stdout, stderr, exitUsage, flag)
		}
	}
}

// TestUsageErrors: what cannot be used ends with 2 and is named.
func TestUsageErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		args  []string
		env   map[string]string
		wants []string // in the error
	}{
		{name: "unknown command", args: []string{"sevre"}, wants: []string{`"sevre"`}},
		{name: "unknown argument", args: []string{"serve", "polar"}, wants: []string{`"polar"`}},
		{name: "unknown flag", args: []string{"--prot", "1"}, wants: []string{"-prot"}},
		{name: "unknown flag of serve", args: []string{"serve", "--prot"}, wants: []string{"-prot"}},
		{name: "unknown flag of wait", args: []string{"wait", "--seed", "1"}, wants: []string{"-seed"}},
		{name: "unknown flag of fixtures", args: []string{"fixtures", "--addr", ":0"}, wants: []string{"-addr"}},
		{name: "flag before a command", args: []string{"--addr", "127.0.0.1:0", "serve"}, wants: []string{`"serve"`, "before its flags"}},
		{name: "flag without value", args: []string{"--addr"}, wants: []string{"--addr"}},
		{name: "address without port", args: []string{"--addr", "localhost"}, wants: []string{"--addr", `"localhost"`, "HOST:PORT"}},
		{name: "address with a wrong port", args: []string{"--addr", "127.0.0.1:99999"}, wants: []string{"--addr", `"127.0.0.1:99999"`}},
		{name: "port to wait for", args: []string{"wait", "--addr", "127.0.0.1:web"}, wants: []string{"--addr", `"127.0.0.1:web"`}},
		{name: "address of a provider", args: []string{"--polar-addr", "4748"}, wants: []string{"--polar-addr", `"4748"`}},
		{name: "address to wait for", args: []string{"wait", "--addr", "4747"}, wants: []string{"--addr", `"4747"`}},
		{name: "seed", args: []string{"--seed", "abc"}, wants: []string{"seed", `"abc"`}},
		{name: "negative seed", args: []string{"--seed", "-1"}, wants: []string{"seed", `"-1"`}},
		{name: "start", args: []string{"--start", "yesterday"}, wants: []string{"--start", `"yesterday"`, "RFC 3339"}},
		{name: "public URL", args: []string{"--public-url", "localhost:4747"}, wants: []string{"--public-url", `"localhost:4747"`}},
		{name: "log format", args: []string{"--log-format", "xml"}, wants: []string{"--log-format", `"xml"`}},
		{name: "token without key", args: []string{"--token", "polar"}, wants: []string{"--token", `"polar"`}},
		{name: "token of nobody", args: []string{"--token", "stripe:sk_1"}, wants: []string{"--token", `"stripe:sk_1"`, "polar, tilled"}},
		{name: "profile", args: []string{"--polar-profile", "1999-01"}, wants: []string{"polar", `"1999-01"`, "2025-02"}},
		{name: "profile of tilled", args: []string{"--tilled-profile", "1999-01"}, wants: []string{"tilled", `"1999-01"`}},
		{name: "timeout", args: []string{"wait", "--timeout", "soon"}, wants: []string{"timeout", `"soon"`}},
		{name: "variable: seed", env: map[string]string{"LOCALCHECKOUT_SEED": "abc"}, wants: []string{"LOCALCHECKOUT_SEED", `"abc"`}},
		{name: "variable: bool", env: map[string]string{"LOCALCHECKOUT_VERBOSE": "maybe"}, wants: []string{"LOCALCHECKOUT_VERBOSE", `"maybe"`}},
		{name: "variable: address", env: map[string]string{"LOCALCHECKOUT_ADDR": "4747"}, wants: []string{"LOCALCHECKOUT_ADDR", `"4747"`}},
		{name: "variable: start", env: map[string]string{"LOCALCHECKOUT_START": "now"}, wants: []string{"LOCALCHECKOUT_START", `"now"`}},
		{name: "variable: token", env: map[string]string{"LOCALCHECKOUT_TOKEN": "x"}, wants: []string{"LOCALCHECKOUT_TOKEN", `"x"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clean(t)
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			code, stdout, stderr := invoke(tt.args...)
			if code != exitUsage || stdout != "" {
				t.Errorf("run(%q) = %d, stdout %q; want %d and nothing", tt.args, code, stdout, exitUsage)
			}
			for _, want := range append(tt.wants, "localcheckout: ") {
				if !strings.Contains(stderr, want) {
					t.Errorf("run(%q) says %q; want %q in it", tt.args, stderr, want)
				}
			}
		})
	}
}

func TestVersion(t *testing.T) {
	clean(t)
	for _, args := range [][]string{{"version"}, {"--version"}, {"-v"}} {
		if code, stdout, stderr := invoke(args...); code != exitOK || !strings.Contains(stdout, version) || stderr != "" {
			t.Errorf("run(%q) = %d, %q, %q; want 0 and %q", args, code, stdout, stderr, version)
		}
	}
}

// TestHelp: help goes to stdout, ends with 0, and lists every flag with its variable.
func TestHelp(t *testing.T) {
	clean(t)
	for _, args := range [][]string{{"--help"}, {"-h"}, {"serve", "--help"}} {
		code, stdout, stderr := invoke(args...)
		if code != exitOK || stderr != "" {
			t.Errorf("run(%q) = %d, stderr %q; want 0 and nothing", args, code, stderr)
		}
		for _, f := range serveFlags() {
			name := f.Names()[0]
			if !strings.Contains(stdout, "--"+name+" ") || !strings.Contains(stdout, "$"+string(variableOf(name))) {
				t.Errorf("run(%q) does not show --%s and its variable", args, name)
			}
		}
	}
}

// TestVerbs: every verb that people know from other tools of the kind is there.
func TestVerbs(t *testing.T) {
	root := command(nil, nil)
	for verb := range strings.FieldsSeq("serve wait env fixtures init pay decline cancel expire advance reset tail listen trigger doctor version") {
		if c := root.Command(verb); c == nil || c.Usage == "" {
			t.Errorf("there is no command %s that says what it does", verb)
		}
	}
}

// TestFixtures: the catalog is valid JSON, has every provider, and is the same every time.
func TestFixtures(t *testing.T) {
	clean(t)
	code, stdout, stderr := invoke("fixtures")
	if code != exitOK || stderr != "" {
		t.Fatalf("run(fixtures) = %d, stderr %q", code, stderr)
	}
	var catalog map[string]map[string][]map[string]any
	if err := json.Unmarshal([]byte(stdout), &catalog); err != nil {
		t.Fatal(err)
	}
	for provider, resources := range map[string][]string{
		"polar":     {"products", "discounts", "customers", "organizations"},
		"tilled":    {"accounts", "customers"},
		"leanrails": {"products", "prices", "customers"},
		"bias":      {"products", "prices", "customers", "discounts", "invoices"},
	} {
		for _, resource := range resources {
			objects := catalog[provider][resource]
			if len(objects) == 0 {
				t.Errorf("the catalog has no %s.%s", provider, resource)
			}
			for i, o := range objects {
				if id, _ := o["id"].(string); id == "" {
					t.Errorf("%s.%s[%d] has no id", provider, resource, i)
				}
			}
		}
	}
	if _, again, _ := invoke("fixtures"); again != stdout {
		t.Error("a second run prints another catalog")
	}
}

// invoke runs one command to its end.
func invoke(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), append([]string{"localcheckout"}, args...), &out, &errs)
	return code, out.String(), errs.String()
}

// clean empties the caller's own variables, which count as absent then.
func clean(t *testing.T) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "LOCALCHECKOUT_") {
			t.Setenv(name, "")
		}
	}
}
