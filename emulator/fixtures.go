package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/openapi"
)

// FixtureFault is what is wrong with fixtures, and where.
type FixtureFault struct {
	Provider string
	Resource string // "": it is about the provider
	Object   int    // its place in the list; -1: it is about the resource
	Path     []any  // of the member, as far as it is known
	Message  string
}

func (f *FixtureFault) Error() string {
	switch {
	case f.Resource == "":
		return f.Message
	case f.Object < 0:
		return f.Provider + ": " + f.Message
	}
	return fmt.Sprintf("%s.%s, object %d: %s", f.Provider, f.Resource, f.Object, f.Message)
}

// CheckFixtures tells everything that is wrong with fixtures of the built-in providers: its error joins
// [FixtureFault]s.
func CheckFixtures(f client.Fixtures) error {
	providers, err := Options{}.providers()
	if err != nil {
		return err
	}
	_, err = additions(providers, f)
	return err
}

// additions decodes fixtures. Its error has every fault.
func additions(providers []provider.Provider, f client.Fixtures) ([]object, error) {
	var all []object
	var faults []error
	known := map[string]provider.Provider{}
	for _, p := range providers {
		known[p.Name()] = p
	}
	for _, name := range wire.SortedKeys(f) {
		if known[name] == nil {
			err := match.Unknown(nil, "provider", name, wire.SortedKeys(known))
			faults = append(faults, &FixtureFault{Provider: name, Object: -1, Message: err.Error()})
			continue
		}
		document, err := openapi.Load(name+".yaml", known[name].Document(), openapi.Whole)
		if err != nil {
			return nil, err
		}
		for _, resource := range wire.SortedKeys(f[name]) {
			objects, errs := decodeAll(known[name], document, resource, f[name][resource])
			all, faults = append(all, objects...), append(faults, errs...)
		}
	}
	return all, errors.Join(faults...)
}

func decodeAll(p provider.Provider, document *openapi.Document, resource string, raws []json.RawMessage) (all []object, faults []error) {
	var names []string
	for _, res := range p.Resources() {
		names = append(names, res.Name)
		if res.Name != resource {
			continue
		}
		shape := document.ShapeOf(resource)
		seen := make(map[string]int, len(raws))
		for i, raw := range raws {
			one, found := decode(res, shape, raw)
			if before, twice := seen[one.id]; twice && len(found) == 0 {
				found = []*FixtureFault{{Path: []any{"id"}, Message: fmt.Sprintf("the id %s stands twice, first in object %d", one.id, before)}}
			}
			seen[one.id] = i
			for _, f := range found {
				f.Provider, f.Resource, f.Object = p.Name(), resource, i
				faults = append(faults, f)
			}
			one.kind = provider.Kind(p, resource)
			all = append(all, one)
		}
		return all, faults
	}
	err := match.Unknown(nil, "resource", resource, names)
	return nil, []error{&FixtureFault{Provider: p.Name(), Resource: resource, Object: -1, Message: err.Error()}}
}

// decode reads one object.
func decode(res provider.Resource, shape *openapi.Shape, raw json.RawMessage) (object, []*FixtureFault) {
	tree, err := wire.Parse(raw)
	if err != nil {
		return object{}, []*FixtureFault{{Message: err.Error()}}
	}
	id, value, violations := res.Read(shape, tree, raw)
	if len(violations) > 0 {
		var found []*FixtureFault
		for _, v := range violations {
			found = append(found, &FixtureFault{Path: v.Path, Message: told(v)})
		}
		return object{}, found
	}
	return object{id: id, value: value, raw: raw}, nil
}

// told says what a fault is and where.
func told(v checkout.Violation) string {
	var at strings.Builder
	for _, step := range v.Path {
		if i, ok := step.(int); ok {
			fmt.Fprintf(&at, "[%d]", i)
		} else {
			fmt.Fprintf(&at, ".%v", step)
		}
	}
	if at.Len() == 0 || v.Rule == provider.RuleFixture { // which says it by itself
		return v.Message
	}
	return strings.TrimPrefix(at.String(), ".") + ": " + v.Message
}

// shelf is the fixtures of a running emulator.
type shelf struct {
	providers []provider.Provider

	mu      sync.Mutex // guards what follows
	options Options
	added   []object
}

// check reads what nothing else checks before it is asked for: the catalogs of providers that are none of
// ours.
func (s *shelf) check() error {
	s.mu.Lock()
	o := s.options
	s.mu.Unlock()
	return o.checkBrought(s.providers)
}

// SetFixtures puts other fixtures in the place of those of [Options.Fixtures], in every sandbox, those to
// come among them: at once, and after each reset. Only objects that differ from before are put, so that
// what was done to the others in a sandbox stays; one that is not there any more is taken out, or is the
// built-in one again. It returns how many there were. With an error, which has every fault, nothing
// changes.
//
// Of the resources in alone, such as "polar.products", there is nothing but the fixtures.
func (e *Emulator) SetFixtures(f client.Fixtures, alone ...string) (changed int, err error) {
	s := e.shelf
	added, err := additions(s.providers, f)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before, err := s.options.objects(s.providers, s.added)
	if err != nil {
		return 0, err
	}
	options := s.options
	options.FixturesAlone = alone
	after, err := options.objects(s.providers, added)
	if err != nil {
		return 0, err
	}
	objects := difference(before, after)
	if len(objects) > 0 {
		e.sandboxes.Refit(objects)
	}
	s.added, s.options = added, options
	return len(objects), nil
}

// difference lists what makes one list of objects out of another: what is gone without a value, then
// what is new or different, in order. Of several with one id the last counts.
func difference(before, after []object) []sandbox.Object {
	type key struct{ kind, id string }
	last := func(all []object) map[key]object {
		out := make(map[key]object, len(all))
		for _, one := range all {
			out[key{one.kind, one.id}] = one
		}
		return out
	}
	was, is := last(before), last(after)
	var out []sandbox.Object
	for _, one := range before {
		at := key{one.kind, one.id}
		if _, stays := is[at]; !stays {
			out = append(out, sandbox.Object{Kind: one.kind, ID: one.id})
			is[at] = object{} // so that it is listed once
		}
	}
	for _, one := range after {
		at := key{one.kind, one.id}
		one = is[at]
		old, known := was[at]
		if same := known && (old.raw == nil) == (one.raw == nil) && bytes.Equal(old.raw, one.raw); !same {
			out = append(out, sandbox.Object{Kind: one.kind, ID: one.id, Value: one.value})
			was[at] = one
		}
	}
	return slices.Clip(out)
}
