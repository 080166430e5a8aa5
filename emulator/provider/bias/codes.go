package bias

import (
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// ErrorCodes implements api.Coded: the codes of an invalid request, and the types of the other errors,
// which have no codes.
func (b *Bias) ErrorCodes() map[string]*checkout.Error {
	return map[string]*checkout.Error{
		codeMissing:        {Code: checkout.CodeNotFound},
		codeRequired:       refusedBecause(codeRequired),
		codeInvalid:        refusedBecause(codeInvalid),
		codeState:          {Code: checkout.CodeConflict},
		typeInvalid:        {Code: checkout.CodeRefused},
		typePayment:        {Code: checkout.CodeDeclined},
		typeIdempotency:    {Code: checkout.CodeKeyReused},
		typeRateLimit:      {Code: checkout.CodeRateLimited},
		typeServer:         {Code: checkout.CodeInternal},
		typeAuthentication: {Code: checkout.CodeUnauthorized},
	}
}

// ErrorOf implements api.Coded.
//
// Source: docs.biaspay.com, errors and idempotency: a request in parallel is an idempotency_error.
// Assumed: that its status is 409.
func (b *Bias) ErrorOf(status int) *checkout.Error {
	if status == http.StatusConflict {
		return &checkout.Error{Code: checkout.CodeKeyInUse}
	}
	return nil
}

// refusedBecause is an invalid request with a code and no parameter.
func refusedBecause(code string) *checkout.Error {
	return &checkout.Error{Code: checkout.CodeRefused, Violations: []checkout.Violation{
		{In: checkout.InBody, Rule: code, Message: messageRefused},
	}}
}
