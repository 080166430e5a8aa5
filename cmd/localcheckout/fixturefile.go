package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
	"go.yaml.in/yaml/v3"
)

// faultsAtMost bounds how many faults of fixtures are told.
const faultsAtMost = 20

// keyReplace is the member of fixtures that says that the built-in objects of the resources in it are
// left out.
const keyReplace = "replace"

// fixturePart is fixtures that stand together: in a file of theirs, or in the configuration file.
type fixturePart struct {
	file    string // "": they stand in the configuration file
	objects client.Fixtures
	alone   []string // resources without their built-in objects
}

// joined is the fixtures of all parts. Of objects with the same id the last counts.
func joined(parts []fixturePart) (f client.Fixtures, alone []string) {
	for _, part := range parts {
		alone = append(alone, part.alone...)
		for provider, resources := range part.objects {
			if f == nil {
				f = client.Fixtures{}
			}
			if f[provider] == nil {
				f[provider] = map[string][]json.RawMessage{}
			}
			for resource, objects := range resources {
				f[provider][resource] = append(f[provider][resource], objects...)
			}
		}
	}
	return f, alone
}

// readFixtureFiles reads files of fixtures. Its error has every fault, each with its file and line.
func readFixtureFiles(names []string) (parts []fixturePart, err error) {
	var faults []error
	for _, name := range names {
		text, err := readBounded(name)
		if err != nil {
			faults = append(faults, fmt.Errorf("fixtures: %w", err))
			continue
		}
		part, err := parseFixtures(name, text)
		parts, faults = append(parts, part), append(faults, err)
	}
	return parts, errors.Join(faults...)
}

// parseFixtures reads a file of fixtures, which is JSON or YAML.
func parseFixtures(name string, text []byte) (fixturePart, error) {
	if part, ok := quickFixtures(text); ok {
		part.file = name
		err := emulator.CheckFixtures(part.objects)
		if err == nil {
			return part, nil
		}
		root, broken := fixtureNodes(text)
		if broken != nil {
			return fixturePart{}, fmt.Errorf("%s: %w", name, err)
		}
		return fixturePart{}, errors.Join(located(name, root, err)...)
	}
	root, err := fixtureNodes(text)
	if err != nil {
		return fixturePart{}, unreadable(name, text, err)
	}
	r := &reader{file: name}
	part := r.fixtureNode(root)
	part.file = name
	return part, errors.Join(r.faults...)
}

// unreadable is the error of a file that is no YAML. Where it begins as JSON does, what is wrong with it
// as JSON leads closer to the place.
func unreadable(name string, text []byte, err error) error {
	var syntax *json.SyntaxError
	if bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) && errors.As(json.Unmarshal(text, new(any)), &syntax) {
		return fmt.Errorf("%s:%d: it is no JSON: %w", name, 1+bytes.Count(text[:syntax.Offset], []byte("\n")), syntax)
	}
	return fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
}

// fixtureNodes reads a file with the line of everything. In JSON a tab is as good as a space, in what
// is YAML's JSON it is not.
func fixtureNodes(text []byte) (*yaml.Node, error) {
	if json.Valid(text) {
		text = bytes.ReplaceAll(text, []byte("\t"), []byte(" "))
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("it is empty; fixtures are {provider: {resource: [objects]}}")
	case err != nil:
		return nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("it has more than one document")
	}
	return document.Content[0], nil
}

// quickFixtures reads JSON without the lines, which nobody asks for when nothing is wrong: half of the
// time. ok is false for anything that is to be looked at more closely.
func quickFixtures(text []byte) (part fixturePart, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(text))
	part.objects = client.Fixtures{}
	replace := false
	ok = eachMember(dec, func(provider string) bool {
		if provider == keyReplace {
			return dec.Decode(&replace) == nil
		}
		_, twice := part.objects[provider]
		resources := map[string][]json.RawMessage{}
		part.objects[provider] = resources
		return !twice && eachMember(dec, func(resource string) bool {
			var objects []json.RawMessage
			_, twice := resources[resource]
			err := dec.Decode(&objects)
			resources[resource] = objects
			return !twice && err == nil && objects != nil
		})
	})
	part.alone = aloneIn(part.objects, replace)
	_, err := dec.Token()
	return part, ok && errors.Is(err, io.EOF)
}

// eachMember calls read with each key of the JSON object that comes next; read takes the value. It is
// false when that is no object, or read is.
func eachMember(dec *json.Decoder, read func(key string) bool) bool {
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return false
	}
	for dec.More() {
		key, _ := dec.Token()
		if text, ok := key.(string); !ok || !read(text) {
			return false
		}
	}
	_, err := dec.Token()
	return err == nil
}

// aloneIn lists the resources of fixtures, if they are to stand alone.
func aloneIn(f client.Fixtures, replace bool) (out []string) {
	for provider, resources := range f {
		for resource := range resources {
			if replace {
				out = append(out, provider+"."+resource)
			}
		}
	}
	slices.Sort(out)
	return out
}

// fixtureNode reads {provider: {resource: [objects]}} and checks it.
func (r *reader) fixtureNode(n *yaml.Node) (part fixturePart) {
	before := len(r.faults)
	part.objects = client.Fixtures{}
	replace := false
	r.entries(n, "fixtures", func(key, n *yaml.Node) {
		if key.Value == keyReplace {
			text, ok := r.scalar(n, "fixtures."+keyReplace, "true or false", "!!bool")
			replace = ok && text == "true"
			return
		}
		resources := map[string][]json.RawMessage{}
		part.objects[key.Value] = resources
		r.entries(n, "fixtures."+key.Value, func(key, n *yaml.Node) {
			resources[key.Value] = []json.RawMessage{}
			r.items(n, "fixtures, "+key.Value, func(n *yaml.Node) {
				if raw, ok := r.tree(n, "fixtures, "+key.Value); ok {
					resources[key.Value] = append(resources[key.Value], raw)
				}
			})
		})
	})
	if len(r.faults) > before {
		return part
	}
	part.alone = aloneIn(part.objects, replace)
	r.faults = append(r.faults, located(r.file, n, emulator.CheckFixtures(part.objects))...)
	return part
}

// entries calls read with each key and value of a mapping. A key twice is a fault; one without a value
// counts as absent.
func (r *reader) entries(n *yaml.Node, what string, read func(key, value *yaml.Node)) {
	n = resolved(n)
	if n.Kind != yaml.MappingNode {
		r.fault(n, "%s is %s; want a mapping", what, kindOf(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolved(n.Content[i+1])
		if seen[key.Value] {
			r.fault(key, "%s has %q twice", what, key.Value)
		} else if value.Tag != "!!null" {
			read(key, value)
		}
		seen[key.Value] = true
	}
}

// located gives the faults of fixtures the lines that they are about.
func located(file string, root *yaml.Node, err error) (faults []error) {
	all := []error{err}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		all = many.Unwrap()
	}
	for i, one := range all {
		if one == nil {
			continue
		}
		if i == faultsAtMost && len(all) > faultsAtMost {
			return append(faults, fmt.Errorf("%s: and %d more", file, len(all)-i))
		}
		line := root.Line
		var f *emulator.FixtureFault
		if errors.As(one, &f) {
			line = placeOf(root, f)
		}
		faults = append(faults, fmt.Errorf("%s:%d: fixtures: %w", file, line, one))
	}
	return faults
}

// placeOf is the line that a fault is about, as far as it leads.
func placeOf(root *yaml.Node, f *emulator.FixtureFault) int {
	steps := []any{f.Provider}
	if f.Resource != "" {
		steps = append(steps, f.Resource)
	}
	if f.Object >= 0 {
		steps = append(append(steps, f.Object), f.Path...)
	}
	n := resolved(root)
	line := n.Line
	for _, step := range steps {
		next := child(n, fmt.Sprint(step))
		if next == nil {
			break
		}
		line = next.Line
		if key := keyNode(n, fmt.Sprint(step)); key != nil {
			line = key.Line
		}
		n = resolved(next)
	}
	return line
}

// keyNode is the key of a member of a mapping.
func keyNode(n *yaml.Node, name string) *yaml.Node {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i]
		}
	}
	return nil
}
