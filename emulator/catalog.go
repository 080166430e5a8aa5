package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/provider/all"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/fixtures"
)

// catalog is what sandboxes begin with: the embedded catalogs of all providers, and what was added. Each
// kind is read when it is first asked for.
func (o Options) catalog(providers []provider.Provider, added []object) (c sandbox.Catalog) {
	for _, p := range providers {
		for _, res := range p.Resources() {
			kind := provider.Kind(p, res.Name)
			c.Later(kind, func() (begin []sandbox.Object) {
				builtIn, _ := o.builtIn(p, res) // Ready tells the error
				for _, one := range slices.Concat(builtIn, ofKind(added, kind)) {
					begin = append(begin, sandbox.Object{Kind: kind, ID: one.id, Value: one.value})
				}
				return begin
			})
		}
	}
	return c
}

func ofKind(list []object, kind string) (some []object) {
	for _, one := range list {
		if one.kind == kind {
			some = append(some, one)
		}
	}
	return some
}

// objects lists the built-in objects and those that were added.
func (o Options) objects(providers []provider.Provider, added []object) ([]object, error) {
	var list []object
	var errs []error
	for _, p := range providers {
		for _, res := range p.Resources() {
			objects, err := o.builtIn(p, res)
			list, errs = append(list, objects...), append(errs, err)
		}
	}
	return append(list, added...), errors.Join(errs...)
}

// builtIn lists the built-in objects of a resource, unless fixtures stand alone. Those of our own providers
// are decoded once in a process: they do not change, and a test binary starts many emulators.
func (o Options) builtIn(p provider.Provider, res provider.Resource) ([]object, error) {
	if slices.Contains(o.FixturesAlone, provider.Kind(p, res.Name)) {
		return nil, nil
	}
	if o.brought(p) {
		return load(p, res)
	}
	once, _ := catalogs.LoadOrStore([3]string{p.Name(), o.Profiles[p.Name()], res.Name}, sync.OnceValues(func() ([]object, error) { return load(p, res) }))
	return once.(func() ([]object, error))()
}

// brought reports whether a provider is none of ours.
func (o Options) brought(p provider.Provider) bool {
	return slices.ContainsFunc(o.Providers, func(n all.Named) bool { return n.Name == p.Name() })
}

// checkBrought reads the catalogs of providers that are none of ours; those of ours are for tests to check.
func (o Options) checkBrought(providers []provider.Provider) error {
	theirs := slices.DeleteFunc(slices.Clone(providers), func(p provider.Provider) bool { return !o.brought(p) })
	_, err := o.objects(theirs, nil)
	return err
}

var catalogs sync.Map // {provider, profile, resource} → func() ([]object, error)

// object is one object of a catalog.
type object struct {
	kind, id string
	value    any
	raw      json.RawMessage // what it was decoded from; nil: it is built in
}

// load decodes a resource of a provider's catalog.
func load(p provider.Provider, res provider.Resource) ([]object, error) {
	raws, err := objects(p, res.Name)
	if err != nil {
		return nil, err
	}
	var out []object
	for i, raw := range raws {
		id, value, err := res.Decode(raw)
		if err != nil {
			return nil, fmt.Errorf("fixtures/%s/%s.json: object %d: %w", p.Name(), res.Name, i, err)
		}
		out = append(out, object{kind: provider.Kind(p, res.Name), id: id, value: value})
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
