package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// aProduct is a product of Bias by its number, as JSON.
func aProduct(n int) string {
	return fmt.Sprintf(`{"object":"product","id":"prod_%d","live":false,"created_at":1735689600000,"updated_at":1735689600000,"deleted":false,`+
		`"name":"Product %d","description":null,"active":true,"default_price":null,"prices":null,"images":[],"metadata":{"sku":"%d"}}`, n, n, n)
}

// TestFixtureFaults: each fault of a file names the file, the line and the member, whatever is wrong and
// in whichever language the file is; and nothing is served.
func TestFixtureFaults(t *testing.T) {
	head := "{\n\"bias\": {\n\"products\": [\n"
	for _, tt := range []struct {
		name, file, text string
		want             []string
	}{
		{"a type", "f.json", head + aProduct(1) + ",\n{\"object\": \"product\",\n\t\"id\": \"prod_2\",\n\t\"name\": 5}\n]}}", []string{
			"f.json:7: fixtures: bias.products, object 1: name: value must be a string"}},
		{"an enumeration", "f.json", head + "{\"object\": \"prodct\",\n\"id\": \"prod_2\",\n\"name\": \"x\"}\n]}}", []string{"f.json:4: fixtures: bias.products, object 0: object: "}},
		{"a rule of the dialect", "f.json", "{\"bias\": {\"prices\": [\n{\"object\": \"price\", \"id\": \"price_1\", \"product\": \"prod_1\", \"type\": \"one_time\",\n\"amount\": 9007199254740992}]}}", []string{
			"f.json:3: fixtures: bias.prices, object 0: price: amount is 9007199254740992"}},
		{"an unknown member", "f.yaml", "bias:\n  products:\n    - object: product\n      id: prod_1\n      name: x\n      colour: red\n", []string{`f.yaml:6: fixtures: bias.products, object 0: product: `}},
		{"a missing member", "f.yaml", "bias:\n  products:\n    - object: product\n      id: prod_1\n", []string{"f.yaml:3: fixtures: bias.products, object 0: product: name is missing"}},
		{"several", "f.yaml", "bias:\n  products:\n    - {object: product, id: prod_1, name: 5,\n       active: 7}\n    - {object: product, id: 3, name: x}\n", []string{
			"f.yaml:3: fixtures: bias.products, object 0: name: ", "f.yaml:4: fixtures: bias.products, object 0: active: ", "f.yaml:5: fixtures: bias.products, object 1: id: "}},
		{"deep inside", "f.yaml", "bias:\n  payment_methods:\n    - object: payment_method\n      id: pm_1\n      type: card\n      billing_details:\n        name: x\n        address:\n          city: 7\n", []string{
			"f.yaml:9: fixtures: bias.payment_methods, object 0: billing_details.address.city: value must be a string"}},
		{"an id twice", "f.json", head + aProduct(1) + ",\n" + aProduct(1) + "]}}", []string{"f.json:5: fixtures: bias.products, object 1: the id prod_1 stands twice, first in object 0"}},
		{"a provider", "f.yaml", "# mine\nbiass: {}\n", []string{`f.yaml:2: fixtures: there is no provider "biass"; did you mean "bias"?`}},
		{"a resource", "f.yaml", "bias:\n  product: []\n", []string{`f.yaml:2: fixtures: bias: there is no resource "product"; did you mean "products"?`}},
		{"a provider twice", "f.json", "{\"bias\": {},\n\"bias\": {}}", []string{`f.json:2: fixtures has "bias" twice`}},
		{"a resource twice", "f.json", "{\"bias\": {\"products\": [],\n\"products\": []}}", []string{`f.json:2: fixtures.bias has "products" twice`}},
		{"two documents", "f.json", "{}\n{}", []string{"f.json:2: it is no JSON: invalid character '{' after top-level value"}},
		{"a switch", "f.json", "{\n\"replace\": \"yes\"}", []string{`f.json:2: fixtures.replace is the text "yes"; want true or false`}},
		{"no list", "f.yaml", "bias:\n  products: {}\n", []string{"f.yaml:2: fixtures, products is a mapping; want a list"}},
		{"no mapping", "f.json", "[1]", []string{"f.json:1: fixtures is a list; want a mapping"}},
		{"no JSON", "f.json", "{\"bias\": {\n\"products\": [}}", []string{"f.json:2: it is no JSON: invalid character"}},
		{"nothing", "f.yaml", "# nothing\n", []string{"f.yaml: it is empty"}},
		{"no file", "g.yaml", "", []string{"nowhere.yaml"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(t, tt.file, tt.text)
			name := tt.file
			if tt.name == "no file" {
				name = "nowhere.yaml"
			}
			code, stdout, stderr := invoke("--addr", "127.0.0.1:0", "--fixtures", name)
			if code != exitUsage || stdout != "" {
				t.Errorf("serve = %d, %q; want 2 and nothing", code, stdout)
			}
			contains(t, stderr, tt.want...)
		})
	}
}

// TestFixturesManyFaults: of many faults some are told.
func TestFixturesManyFaults(t *testing.T) {
	var text strings.Builder
	text.WriteString("bias:\n  products:\n")
	for n := range 50 {
		fmt.Fprintf(&text, "    - {object: product, id: prod_%d}\n", n)
	}
	_, err := parseFixtures("f.yaml", []byte(text.String()))
	if err == nil || strings.Count(err.Error(), "\n") != faultsAtMost || !strings.HasSuffix(err.Error(), "f.yaml: and 30 more") {
		t.Errorf("parseFixtures = %v", err)
	}
}

// TestFixturesFlag: files named by the flag are there in every sandbox and after a reset, the built-in
// catalog beside them unless it is replaced; the flag beats the configuration file.
func TestFixturesFlag(t *testing.T) {
	write(t, configName, "fixtures: {bias: {products: [{object: product, id: prod_configured, name: No}]}}\n")
	for name, text := range map[string]string{
		"a.yaml": "bias:\n  products:\n    - {object: product, id: prod_a, name: From YAML}\n    - {object: product, id: prod_vRHXpR3rIMSEQoNOIaGHb2, name: Mine}\n",
		"b.json": `{"replace": true, "bias": {"customers": [{"object": "customer", "id": "cus_b", "email": "b@example.com"}]}}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, "--addr", "127.0.0.1:0", "--fixtures", "a.yaml", "--fixtures", "b.json")
	c, err := client.New(s.base, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		catalog, err := c.In("another").Fixtures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		products, customers := catalog["bias"]["products"], catalog["bias"]["customers"]
		if !slices.ContainsFunc(products, has("From YAML")) || !slices.ContainsFunc(products, has(`"Mine"`)) || slices.ContainsFunc(products, has("Field Notebook")) ||
			!slices.ContainsFunc(products, has("Enamel Mug")) || slices.ContainsFunc(products, has("prod_configured")) {
			t.Errorf("products = %s", products)
		}
		if len(customers) != 1 || !has("cus_b")(customers[0]) {
			t.Errorf("customers = %s; want the file's alone", customers)
		}
		if err := c.In("another").Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWatchReloads: a file that changes is read again once it rests, whether it is written or renamed
// into its place; one that is faulty or gone leaves the catalog as it was.
func TestWatchReloads(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "mine.json")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	products := func(ns ...int) string {
		var all []string
		for _, n := range ns {
			all = append(all, aProduct(n))
		}
		return `{"bias": {"products": [` + strings.Join(all, ",") + `]}}`
	}
	put(products(1, 2))
	parts, err := readFixtureFiles([]string{file})
	if err != nil {
		t.Fatal(err)
	}
	f, alone := joined(parts)
	emu := emulator.Run(t, emulator.Options{Fixtures: f, FixturesAlone: alone})
	var log strings.Builder
	w := newWatcher(parts, emu.SetFixtures, slog.New(slog.NewTextHandler(&log, nil)))
	ids := func() (out []string) {
		catalog, err := emu.Fixtures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range catalog["bias"]["products"] {
			var p struct{ ID string }
			if err := json.Unmarshal(raw, &p); err != nil {
				t.Fatal(err)
			}
			if len(p.ID) < len("prod_123") {
				out = append(out, p.ID)
			}
		}
		return out
	}
	expect := func(what string, logged string, want ...string) {
		t.Helper()
		log.Reset()
		w.look()
		w.look()
		if got := ids(); !slices.Equal(got, want) {
			t.Errorf("%s: %v; want %v", what, got, want)
		}
		if got := log.String(); logged == "" && got != "" || !strings.Contains(got, logged) {
			t.Errorf("%s: log is %q; want %q", what, got, logged)
		}
	}
	expect("nothing happened", "", "prod_1", "prod_2")
	put(products(1, 2, 30))
	expect("one more", "changed=1", "prod_1", "prod_2", "prod_30")
	put(products(1, 2)[:40])
	expect("half written", "mine.json:1: ", "prod_1", "prod_2", "prod_30")
	expect("a fault is told once", "", "prod_1", "prod_2", "prod_30")
	other := filepath.Join(dir, "mine.json~")
	if err := errors.Join(os.WriteFile(other, []byte(products(2, 4)), 0o600), os.Rename(other, file)); err != nil {
		t.Fatal(err)
	}
	expect("renamed", "changed=3", "prod_2", "prod_4")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	expect("gone", "no such file", "prod_2", "prod_4")
	put(strings.Replace(products(2, 4), "Product 4", "Fourth", 1))
	expect("back", "changed=1", "prod_2", "prod_4")
	if err := emu.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect("reset", "", "prod_2", "prod_4")
}

// TestWatchLeavesAMovingFileAlone: what changes at each look is read when it rests.
func TestWatchLeavesAMovingFileAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.json")
	loads := 0
	w := &watcher{
		parts: []fixturePart{{file: file}}, seen: map[string]fs.FileInfo{file: nil}, log: slog.New(slog.DiscardHandler),
		set: func(client.Fixtures, ...string) (int, error) { loads++; return 0, nil },
	}
	for n := range 5 {
		if err := os.WriteFile(file, []byte("{}"+strings.Repeat(" ", n)), 0o600); err != nil {
			t.Fatal(err)
		}
		if w.look(); loads != 0 {
			t.Fatalf("it was read while it moved, at look %d", n)
		}
	}
	if w.look(); loads != 1 {
		t.Errorf("it was read %d times once it rested; want 1", loads)
	}
	if w.look(); loads != 1 {
		t.Error("it was read again although nothing happened")
	}
}

// told is a log that hands on what is written.
type told chan string

func (t told) Write(p []byte) (int, error) {
	t <- string(p)
	return len(p), nil
}

// TestWatch: the looking goes on by itself until it is closed.
func TestWatch(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	emu, log := emulator.Run(t), make(told, 8)
	w, err := watch(emu, []fixturePart{{file: file}}, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := os.WriteFile(file, []byte(`{"bias":{"products":[`+aProduct(1)+`]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if line := <-log; !strings.Contains(line, "changed=1") {
		t.Errorf("log = %s", line)
	}
	if f, err := emu.Fixtures(t.Context()); err != nil || !slices.ContainsFunc(f["bias"]["products"], has(`"prod_1"`)) {
		t.Errorf("Fixtures lacks the file's product, %v", err)
	}
}

// TestWatchNeedsFiles: there must be something to look at.
func TestWatchNeedsFiles(t *testing.T) {
	clean(t)
	t.Chdir(t.TempDir())
	if code, _, stderr := invoke("--addr", "127.0.0.1:0", "--watch"); code != exitUsage || !strings.Contains(stderr, "--fixtures") {
		t.Errorf("serve --watch = %d, %s; want 2 and what to do", code, stderr)
	}
}

// BenchmarkFixtures: a file of 10,000 products, from its text to a catalog that a request finds them in.
// It must stay below a second.
func BenchmarkFixtures(b *testing.B) {
	var rows []string
	for n := range 10_000 {
		rows = append(rows, aProduct(n))
	}
	asJSON := `{"bias":{"products":[` + strings.Join(rows, ",\n") + `]}}`
	var asYAML strings.Builder
	asYAML.WriteString("bias:\n  products:\n")
	for _, row := range rows {
		asYAML.WriteString("    - " + row + "\n")
	}
	for name, text := range map[string]string{"json": asJSON, "yaml": asYAML.String()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				part, err := parseFixtures("f", []byte(text))
				if err != nil {
					b.Fatal(err)
				}
				emu, err := emulator.New(emulator.Options{Fixtures: part.objects})
				if err != nil {
					b.Fatal(err)
				}
				f, err := emu.Fixtures(b.Context())
				if err != nil || len(f["bias"]["products"]) < 10_000 {
					b.Fatalf("%d products, %v", len(f["bias"]["products"]), err)
				}
				emu.Close()
			}
		})
	}
}
