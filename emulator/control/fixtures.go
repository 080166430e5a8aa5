package control

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/openapi"
	"go.yaml.in/yaml/v3"
)

// catalog is {provider: {resource: [objects]}}.
type catalog map[string]map[string][]any

func (c *Control) fixtures(_ context.Context, r *api.Request) (api.Response, error) {
	out := catalog{}
	r.Sandbox.View(func(tx *sandbox.Tx) {
		for _, p := range c.providers {
			out[p.Name()] = map[string][]any{}
			for _, res := range p.Resources() {
				out[p.Name()][res.Name] = tx.All(provider.Kind(p, res.Name))
			}
		}
	})
	for _, p := range c.providers {
		for _, res := range p.Resources() {
			objects := out[p.Name()][res.Name]
			shown := make([]any, len(objects))
			for i, v := range objects {
				shown[i] = res.Encode(v)
			}
			out[p.Name()][res.Name] = shown
		}
	}
	return api.Response{Body: out}, nil
}

// addition is one decoded object on its way into the catalog.
type addition struct {
	kind, id string
	value    any
}

func (c *Control) addFixtures(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[catalog](r)
	if err != nil {
		return api.Response{}, err
	}
	all, faults, err := c.decodeCatalog(in)
	if err != nil {
		return api.Response{}, err
	}
	if len(faults) > 0 {
		return api.Response{}, &checkout.Error{Code: checkout.CodeRefused, Message: "nothing was added: " + faults[0].Message, Violations: faults}
	}
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		for _, a := range all {
			tx.Put(a.kind, a.id, a.value)
		}
		return nil
	})
	return api.Response{Body: in}, err
}

func (c *Control) decodeCatalog(in catalog) (all []addition, faults []checkout.Violation, err error) {
	for _, name := range wire.SortedKeys(in) {
		p := c.provider(name)
		if p == nil {
			return nil, nil, c.unknownProvider(name, name)
		}
		more, bad, err := decodeResources(p, in[name])
		if err != nil {
			return nil, nil, err
		}
		all, faults = append(all, more...), append(faults, bad...)
	}
	return all, faults, nil
}

func decodeResources(p provider.Provider, in map[string][]any) (all []addition, faults []checkout.Violation, err error) {
	document, err := openapi.Load(p.Name()+".yaml", p.Document(), openapi.Whole)
	if err != nil {
		return nil, nil, err
	}
	known := map[string]provider.Resource{}
	for _, res := range p.Resources() {
		known[res.Name] = res
	}
	for _, name := range wire.SortedKeys(in) {
		res, ok := known[name]
		if !ok {
			return nil, nil, refused(p.Name(), name, fmt.Sprintf("%s has no resource %q", p.Name(), name), wire.SortedKeys(known))
		}
		shape := document.ShapeOf(name)
		for i, object := range in[name] {
			id, value, found := res.Read(shape, object, wire.MustMarshal(object))
			for _, v := range found {
				v.In, v.Path = checkout.InBody, append([]any{p.Name(), name, i}, v.Path...)
				faults = append(faults, v)
			}
			all = append(all, addition{provider.Kind(p, res.Name), id, value})
		}
	}
	return all, faults, nil
}

// ParseBody implements api.BodyParser: fixtures may be sent as YAML.
func (c *Control) ParseBody(media string, raw []byte) (tree any, ok bool, err error) {
	switch media {
	case "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml":
	default:
		return nil, false, nil
	}
	var v any
	if err := yaml.Unmarshal(raw, &v); err != nil {
		return nil, true, &wire.SyntaxError{Reason: err.Error()}
	}
	asJSON, err := json.Marshal(v)
	if err != nil {
		return nil, true, &wire.SyntaxError{Reason: "the YAML cannot be written as JSON: " + err.Error()}
	}
	tree, err = wire.Parse(asJSON)
	return tree, true, err
}

func (c *Control) fixtureHandlers() map[string]api.Handler {
	return map[string]api.Handler{"fixtures": c.fixtures, "addFixtures": c.addFixtures}
}
