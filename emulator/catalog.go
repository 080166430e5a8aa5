package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/fixtures"
)

// catalog is what sandboxes begin with: the embedded catalogs of all providers, and what was added.
func (o Options) catalog(providers []provider.Provider, added []object) (sandbox.Catalog, error) {
	all, err := o.objects(providers, added)
	var c sandbox.Catalog
	for _, one := range all {
		c.Put(one.kind, one.id, one.value)
	}
	return c, err
}

// objects lists the built-in objects and those that were added. The built-in ones are decoded once in a
// process: they do not change, and a test binary starts many emulators.
func (o Options) objects(providers []provider.Provider, added []object) ([]object, error) {
	var all []object
	var errs []error
	builtIn := len(providers) - len(o.Providers) // they come first
	for i, p := range providers {
		loading := func() ([]object, error) { return load(p) }
		if i < builtIn {
			once, _ := catalogs.LoadOrStore([2]string{p.Name(), o.Profiles[p.Name()]}, sync.OnceValues(loading))
			loading = once.(func() ([]object, error))
		}
		objects, err := loading()
		for _, one := range objects {
			if !slices.Contains(o.FixturesAlone, one.kind) {
				all = append(all, one)
			}
		}
		errs = append(errs, err)
	}
	return append(all, added...), errors.Join(errs...)
}

var catalogs sync.Map // {provider, profile} → func() ([]object, error)

// object is one object of a catalog.
type object struct {
	kind, id string
	value    any
	raw      json.RawMessage // what it was decoded from; nil: it is built in
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
			out = append(out, object{kind: provider.Kind(p, res.Name), id: id, value: value})
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
