// Package all is the list of providers. Adding one is adding a line.
package all

import (
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/provider/bias"
	"github.com/localcheckout/localcheckout/emulator/provider/leanrails"
	"github.com/localcheckout/localcheckout/emulator/provider/polar"
	"github.com/localcheckout/localcheckout/emulator/provider/tilled"
)

// Maker makes a dialect. It fails when an option names something that the dialect does not have.
type Maker func(provider.Options) (provider.Provider, error)

// Makers returns the providers in the order in which they are shown, by name.
func Makers() []Named {
	return []Named{
		{"bias", bias.New},
		{"leanrails", leanrails.New},
		{"polar", polar.New},
		{"tilled", tilled.New},
	}
}

// Named is one line of the list.
type Named struct {
	Name string
	New  Maker
}
