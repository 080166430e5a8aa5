package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/urfave/cli/v3"
	"go.yaml.in/yaml/v3"
)

// configName is the file that is read when none is named.
const configName = "localcheckout.yaml"

// configAtMost bounds the files that are read, in bytes.
const configAtMost = 16 << 20

// settings is what a configuration file says. The zero value says nothing.
type settings struct {
	flags    map[string][]placed // values of flags, by flag; empty lists are left out
	fixtures []fixturePart       // beyond the built-in catalog
	webhooks []emulator.Webhook  // that every sandbox has
	worlds   []world             // sandboxes that are made, the default one among them
}

// placed is one value of a flag, and where it stands.
type placed struct{ text, place string }

// world is a sandbox that is furnished before the first request.
type world struct {
	name    string // "": the default one
	made    *entry // how it is made; nil: on first use
	entries []entry
}

// entry is a body for the control API, and the node that it was read from.
type entry struct {
	file string
	path string // below /_control
	node *yaml.Node
	body json.RawMessage
}

// readSettings reads the file that --config names, else the one in the working directory when there
// is one.
func readSettings(c *cli.Command) (*settings, error) {
	name := c.String("config")
	text, err := readBounded(cmp.Or(name, configName))
	if errors.Is(err, fs.ErrNotExist) && name == "" {
		return &settings{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting("config"), err)
	}
	return parseSettings(cmp.Or(name, configName), text)
}

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, configAtMost+1))
	if err == nil && len(text) > configAtMost {
		err = fmt.Errorf("%s is larger than %d MiB", name, configAtMost>>20)
	}
	return text, err
}

// parseSettings reads a configuration file. Its error has every fault, each with its line.
func parseSettings(name string, text []byte) (*settings, error) {
	r := &reader{file: name, out: &settings{flags: map[string][]placed{}}}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return r.out, nil
	case err != nil:
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: it has more than one document", name)
	}
	r.top(document.Content[0])
	return r.out, errors.Join(r.faults...)
}

// reader goes through the nodes of a file and collects what is wrong.
type reader struct {
	file   string
	out    *settings
	faults []error
}

func (r *reader) fault(n *yaml.Node, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("%s:%d: %s", r.file, n.Line, fmt.Sprintf(format, args...)))
}

// members reads the members of a mapping, each by its own function. Unknown and repeated keys are
// faults; a key without a value counts as absent.
func (r *reader) members(n *yaml.Node, what string, known map[string]func(*yaml.Node)) {
	n = resolved(n)
	if n.Kind != yaml.MappingNode {
		r.fault(n, "%s is %s; want a mapping", what, kindOf(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolved(n.Content[i+1])
		read, ok := known[key.Value]
		switch {
		case !ok:
			r.unknown(key, what, known)
		case seen[key.Value]:
			r.fault(key, "%s has %q twice", what, key.Value)
		case value.Tag != "!!null":
			read(value)
		}
		seen[key.Value] = true
	}
}

func (r *reader) unknown(key *yaml.Node, what string, known map[string]func(*yaml.Node)) {
	var names []string
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	if close := match.Closest(key.Value, names); close != "" {
		r.fault(key, "%s has no key %q; did you mean %q?", what, key.Value, close)
		return
	}
	r.fault(key, "%s has no key %q; it has %s", what, key.Value, strings.Join(names, ", "))
}

// items calls read with each item of a list.
func (r *reader) items(n *yaml.Node, what string, read func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "%s is %s; want a list", what, kindOf(n))
		return
	}
	for _, item := range n.Content {
		read(resolved(item))
	}
}

// scalar returns the text of a single value of one of the tags; ok is false when it is none.
func (r *reader) scalar(n *yaml.Node, what, want string, tags ...string) (text string, ok bool) {
	if n.Kind != yaml.ScalarNode || len(tags) > 0 && !slices.Contains(tags, n.Tag) {
		r.fault(n, "%s is %s; want %s", what, kindOf(n), want)
		return "", false
	}
	return n.Value, true
}

// text returns a value that is meant as text, however YAML understands it: an instant needs no quotes.
func (r *reader) text(n *yaml.Node, what string) (string, bool) {
	return r.scalar(n, what, "text", "!!str", "!!timestamp", "!!int", "!!float")
}

// tree returns the JSON of a node.
func (r *reader) tree(n *yaml.Node, what string) (json.RawMessage, bool) {
	var v any
	if err := n.Decode(&v); err != nil {
		r.fault(n, "%s: %s", what, strings.TrimPrefix(err.Error(), "yaml: "))
		return nil, false
	}
	body, err := json.Marshal(v)
	if err != nil {
		r.fault(n, "%s cannot be written as JSON: %v", what, err)
		return nil, false
	}
	return body, true
}

func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// kindOf is what a node is, for people.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "empty"
	case n.Tag == "!!str":
		return fmt.Sprintf("the text %q", n.Value)
	}
	return n.Value
}

// top reads the whole file. What is a flag of serve has the flag's name; what concerns one provider
// stands below providers.
func (r *reader) top(n *yaml.Node) {
	known := map[string]func(*yaml.Node){
		"providers": r.providers,
		"fixtures":  r.fixtures,
		"faults":    func(n *yaml.Node) { r.furnish("", n, "faults", "/faults") },
		"webhooks":  func(n *yaml.Node) { r.items(n, "webhooks", r.webhook) },
		"sandboxes": func(n *yaml.Node) { r.items(n, "sandboxes", r.sandbox) },
	}
	for _, f := range serveFlags() {
		if name := f.Names()[0]; !apart(name) {
			known[name] = func(n *yaml.Node) { r.flag(n, name, name, f) }
		}
	}
	r.members(n, "the file", known)
}

// apart reports whether a flag has another form in the file, or none.
func apart(flag string) bool {
	if flag == "config" || flag == "token" || flag == "webhook" || flag == "fixtures" {
		return true
	}
	return slices.ContainsFunc(emulator.ProviderNames(), func(p string) bool { return strings.HasPrefix(flag, p+"-") })
}

// flag reads the value of a flag.
func (r *reader) flag(n *yaml.Node, shown, name string, f cli.Flag) {
	var text string
	var ok bool
	switch f.(type) {
	case *cli.BoolFlag:
		text, ok = r.scalar(n, shown, "true or false", "!!bool")
	case *cli.Uint64Flag, *cli.IntFlag:
		if text, ok = r.scalar(n, shown, "a whole number", "!!int"); ok {
			var number uint64
			if err := n.Decode(&number); err != nil {
				r.fault(n, "%s is %s; want a whole number from 0", shown, text)
				return
			}
			text = fmt.Sprint(number)
		}
	case *cli.StringSliceFlag:
		r.items(n, shown, func(n *yaml.Node) {
			if text, ok := r.text(n, shown); ok {
				r.keep(n, shown, name, text)
			}
		})
		return
	case *cli.DurationFlag:
		if text, ok = r.text(n, shown); ok {
			if _, err := time.ParseDuration(text); err != nil {
				r.fault(n, "%s is %s; want a duration such as 90s or 24h", shown, kindOf(n))
				return
			}
		}
	default:
		text, ok = r.text(n, shown)
	}
	if ok {
		r.keep(n, shown, name, text)
	}
}

// keep notes the value of a flag when it can be used.
func (r *reader) keep(n *yaml.Node, shown, flag, text string) {
	if err := checkValue(flag, text); err != nil {
		r.fault(n, "%s: %v", shown, err)
		return
	}
	r.out.flags[flag] = append(r.out.flags[flag], placed{text, fmt.Sprintf("%s:%d", r.file, n.Line)})
}

func (r *reader) providers(n *yaml.Node) {
	known := map[string]func(*yaml.Node){}
	flags := map[string]cli.Flag{}
	for _, f := range serveFlags() {
		flags[f.Names()[0]] = f
	}
	for _, p := range emulator.ProviderNames() {
		known[p] = func(n *yaml.Node) {
			what := "providers." + p
			own := map[string]func(*yaml.Node){
				"tokens": func(n *yaml.Node) { r.items(n, what+".tokens", func(n *yaml.Node) { r.token(n, p) }) },
			}
			for name, f := range flags {
				if short, ok := strings.CutPrefix(name, p+"-"); ok {
					own[short] = func(n *yaml.Node) { r.flag(n, what+"."+short, name, f) }
				}
			}
			r.members(n, what, own)
		}
	}
	r.members(n, "providers", known)
}

// token reads a credential: text, or one with its scopes.
func (r *reader) token(n *yaml.Node, provider string) {
	what := "providers." + provider + ".tokens"
	var key string
	var scopes []string
	if n.Kind != yaml.MappingNode {
		key, _ = r.text(n, what)
	} else {
		r.members(n, what, map[string]func(*yaml.Node){
			"key": func(n *yaml.Node) { key, _ = r.text(n, what+".key") },
			"scopes": func(n *yaml.Node) {
				r.items(n, what+".scopes", func(n *yaml.Node) {
					if text, ok := r.text(n, what+".scopes"); ok {
						scopes = append(scopes, text)
					}
				})
			},
		})
	}
	if key == "" {
		return
	}
	text := provider + ":" + key
	if len(scopes) > 0 {
		text += "=" + strings.Join(scopes, "+")
	}
	r.keep(n, what, "token", text)
}

// fixtures reads a mapping of objects, or a list of such and of names of files, which are looked up
// beside this one.
func (r *reader) fixtures(n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		r.objects(n)
		return
	}
	r.items(n, "fixtures", func(n *yaml.Node) {
		if n.Kind == yaml.MappingNode {
			r.objects(n)
			return
		}
		name, ok := r.text(n, "fixtures")
		if !ok {
			return
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(r.file), name)
		}
		r.fixtureFile(n, name)
	})
}

func (r *reader) fixtureFile(n *yaml.Node, name string) {
	text, err := readBounded(name)
	if err != nil {
		r.fault(n, "fixtures: %v", err)
		return
	}
	part, err := parseFixtures(name, text)
	if err != nil {
		r.faults = append(r.faults, err)
		return
	}
	r.out.fixtures = append(r.out.fixtures, part)
}

// objects reads fixtures that stand in the file itself.
func (r *reader) objects(n *yaml.Node) { r.out.fixtures = append(r.out.fixtures, r.fixtureNode(n)) }

// webhook reads an endpoint that every sandbox has.
func (r *reader) webhook(n *yaml.Node) {
	var w emulator.Webhook
	text := func(name string, into *string) func(*yaml.Node) {
		return func(n *yaml.Node) { *into, _ = r.text(n, "webhooks."+name) }
	}
	before := len(r.faults)
	r.members(n, "webhooks", map[string]func(*yaml.Node){
		"provider": text("provider", &w.Provider), "url": text("url", &w.URL), "secret": text("secret", &w.Secret),
		"signature": text("signature", &w.Signature),
		"events": func(n *yaml.Node) {
			r.items(n, "webhooks.events", func(n *yaml.Node) {
				if name, ok := r.text(n, "webhooks.events"); ok {
					w.Events = append(w.Events, name)
				}
			})
		},
	})
	if len(r.faults) > before {
		return
	}
	if err := emulator.CheckWebhook(w); err != nil {
		r.fault(n, "webhooks: %v", err)
		return
	}
	r.out.webhooks = append(r.out.webhooks, w)
}

// furnish notes each item of a list as a call of the control API in a sandbox.
func (r *reader) furnish(sandbox string, n *yaml.Node, what, path string) {
	w := r.world(sandbox)
	r.items(n, what, func(n *yaml.Node) {
		if body, ok := r.tree(n, what); ok {
			w.entries = append(w.entries, entry{r.file, path, n, body})
		}
	})
}

// world returns what is known of a sandbox, which may be nothing yet.
func (r *reader) world(name string) *world {
	i := slices.IndexFunc(r.out.worlds, func(w world) bool { return w.name == name })
	if i < 0 {
		i = len(r.out.worlds)
		r.out.worlds = append(r.out.worlds, world{name: name})
	}
	return &r.out.worlds[i]
}

// sandbox reads one sandbox: what makes it, and what it is furnished with.
func (r *reader) sandbox(n *yaml.Node) {
	name := ""
	creation := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line}
	add := func(key string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			creation.Content = append(creation.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, n)
		}
	}
	known := map[string]func(*yaml.Node){"seed": add("seed"), "start": add("start"), "fixtures": add("fixtures")}
	known["name"] = func(n *yaml.Node) {
		name, _ = r.text(n, "sandboxes.name")
		creation.Content = append(creation.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "name"}, n)
	}
	var later []func()
	for what, path := range map[string]string{"faults": "/faults", "webhooks": "/webhooks/endpoints"} {
		known[what] = func(n *yaml.Node) { later = append(later, func() { r.furnish(name, n, "sandboxes."+what, path) }) }
	}
	r.members(n, "sandboxes", known)
	if name == "" {
		r.fault(n, "a sandbox needs a name")
		return
	}
	if name == "default" {
		if len(creation.Content) > 2 {
			r.fault(n, "the default sandbox is made as the file itself says: its seed, start and fixtures stand at the top")
		}
		name, creation = "", nil
	}
	for _, furnish := range later {
		furnish()
	}
	if creation == nil {
		return
	}
	if body, ok := r.tree(creation, "sandboxes"); ok {
		r.world(name).made = &entry{r.file, "/sandboxes", n, body}
	}
}
