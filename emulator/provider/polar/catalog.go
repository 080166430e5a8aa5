package polar

import (
	"encoding/json"
	"errors"

	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Resources implements provider.Provider.
func (p *Polar) Resources() []provider.Resource {
	return []provider.Resource{
		resource("organizations", func(v *organization) (string, any) {
			v.public = wire.MustMarshal(v.publicOrganization)
			return v.ID, v
		}, func(v *organization) any { return v }),
		resource("custom-fields", func(v *customField) (string, any) { return v.ID, v }, func(v *customField) any { return v }),
		resource("products", func(v *productWire) (string, any) { return v.ID, v.product() }, func(v *product) any { return v.wire() }),
		resource("discounts", func(v *discount) (string, any) { return v.ID, v }, func(v *discount) any { return v }),
		resource("customers", func(v *customer) (string, any) { return v.ID, v }, func(v *customer) any { return v }),
	}
}

// resource makes a kind of objects whose wire shape is a W, and which the catalog keeps as a *V.
func resource[W, V any](name string, take func(*W) (string, any), show func(*V) any) provider.Resource {
	return provider.Resource{
		Name: name,
		Decode: func(raw json.RawMessage) (string, any, error) {
			v := new(W)
			if err := wire.Strict(raw, v); err != nil {
				return "", nil, err
			}
			id, value := take(v)
			if uuidFault(id) != "" || id != canonicalUUID(id) {
				return "", nil, errors.New("id: " + id + " is not a lower-case UUID")
			}
			return id, value, nil
		},
		Encode: func(value any) any { return show(value.(*V)) },
	}
}
