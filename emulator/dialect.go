package emulator

import (
	"encoding/json"
	"maps"

	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// withResources returns a provider's dialect whose resources can all be written and read: those that
// have no codec of their own by their wire shape.
func withResources(p provider.Provider) sandbox.Dialect {
	d := p.Dialect()
	kinds := map[string]sandbox.Codec{}
	for _, res := range p.Resources() {
		kinds[provider.Kind(p, res.Name)] = sandbox.Codec{
			Append: func(dst []byte, value any) ([]byte, error) { return wire.Append(dst, res.Encode(value)) },
			Take: func(text string) (any, string, error) {
				own, rest, err := wire.Cut(text)
				if err != nil {
					return nil, "", err
				}
				_, value, err := res.Decode(json.RawMessage(own))
				return value, rest, err
			},
		}
	}
	maps.Copy(kinds, d.Kinds)
	d.Kinds = kinds
	return d
}
