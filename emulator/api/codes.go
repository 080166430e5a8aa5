package api

import (
	"slices"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// ErrorWords lists what errors of a surface can be asked for by: the provider's own codes, the codes of
// its refused payments, and those of [checkout.Codes].
func ErrorWords(s Surface) []string {
	var words []string
	if coded, ok := s.(Coded); ok {
		words = wire.SortedKeys(coded.ErrorCodes())
	}
	if p, ok := s.(interface{ DeclineCodes() []string }); ok {
		words = append(words, p.DeclineCodes()...)
	}
	for _, code := range checkout.Codes() {
		words = append(words, string(code))
	}
	slices.Sort(words)
	return slices.Compact(words)
}
