package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/fixtures"
)

// catalog is the embedded catalogs of all providers, and what was added. Those of the built-in ones are decoded once
// in a process: they do not change, and a test binary starts many emulators.
func (o Options) catalog(providers []provider.Provider, added []object) (sandbox.Catalog, error) {
	loaded, errs := make([][]object, len(providers)), make([]error, len(providers))
	builtIn := len(providers) - len(o.Providers) // they come first
	for i, p := range providers {
		if i >= builtIn {
			loaded[i], errs[i] = load(p)
			continue
		}
		once, _ := catalogs.LoadOrStore([2]string{p.Name(), o.Profiles[p.Name()]}, sync.OnceValues(func() ([]object, error) { return load(p) }))
		loaded[i], errs[i] = once.(func() ([]object, error))()
	}
	var c sandbox.Catalog
	for _, objects := range append(loaded, added) {
		for _, one := range objects {
			c.Put(one.kind, one.id, one.value)
		}
	}
	return c, errors.Join(errs...)
}

var catalogs sync.Map // {provider, profile} → func() ([]object, error)

// object is one object of a catalog.
type object struct {
	kind, id string
	value    any
}

// load decodes a provider's catalog.
func load(p provider.Provider) ([]object, error) {
	var out []object
	for _, res := range p.Resources() {
		raws, err := objects(p, res.Name)
		if err != nil {
			return nil, err
		}
		for i, raw := range raws {
			id, value, err := res.Decode(raw)
			if err != nil {
				return nil, fmt.Errorf("fixtures/%s/%s.json: object %d: %w", p.Name(), res.Name, i, err)
			}
			out = append(out, object{provider.Kind(p, res.Name), id, value})
		}
	}
	return out, nil
}

// objects reads a resource from the provider's own catalog, if it brings one, else from ours.
func objects(p provider.Provider, resource string) ([]json.RawMessage, error) {
	if own, ok := p.(interface{ Catalog() fs.FS }); ok {
		return fixtures.Read(own.Catalog(), resource+".json")
	}
	return fixtures.Objects(p.Name(), resource)
}

// CheckFixtures tells everything that is wrong with fixtures of the built-in providers.
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
			faults = append(faults, match.Unknown(nil, "provider", name, wire.SortedKeys(known)))
			continue
		}
		for _, resource := range wire.SortedKeys(f[name]) {
			objects, errs := decodeAll(known[name], resource, f[name][resource])
			all, faults = append(all, objects...), append(faults, errs...)
		}
	}
	return all, errors.Join(faults...)
}

func decodeAll(p provider.Provider, resource string, raws []json.RawMessage) (all []object, faults []error) {
	var names []string
	for _, res := range p.Resources() {
		names = append(names, res.Name)
		if res.Name != resource {
			continue
		}
		for i, raw := range raws {
			id, value, err := res.Decode(raw)
			if err != nil {
				faults = append(faults, fmt.Errorf("%s.%s, object %d: %w", p.Name(), resource, i, err))
				continue
			}
			all = append(all, object{provider.Kind(p, resource), id, value})
		}
		return all, faults
	}
	return nil, []error{fmt.Errorf("%s: %w", p.Name(), match.Unknown(nil, "resource", resource, names))}
}
