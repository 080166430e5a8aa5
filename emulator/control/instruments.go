package control

import (
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// instrument is a magic value of a provider, see [provider.Instrument].
type instrument struct {
	Kind       string  `json:"kind"`
	Value      string  `json:"value"`
	Brand      *string `json:"brand"`
	Does       string  `json:"does"`
	Code       *string `json:"code"`
	Documented bool    `json:"documented"`
}

func newInstruments(p provider.Provider) []instrument {
	out := []instrument{}
	if cashier, ok := p.(provider.Cashier); ok {
		for _, in := range cashier.Instruments() {
			out = append(out, instrument{in.Kind, in.Value, wire.OrNull(in.Brand), in.Does, wire.OrNull(in.Code), in.Documented})
		}
	}
	return out
}

// paying is what becomes of a session whose customer pays with a test instrument.
func (c *Control) paying(s checkout.Session, value string) (provider.Outcome, error) {
	cashier, ok := c.provider(s.Provider).(provider.Cashier)
	if !ok {
		return provider.Outcome{}, provider.Refuse(s.Provider, nil)
	}
	return cashier.Outcome(s, value)
}
