package leanrails

import (
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// ErrorCodes implements api.Coded.
func (l *LeanRails) ErrorCodes() map[string]*checkout.Error {
	return map[string]*checkout.Error{
		codeAuthentication: {Code: checkout.CodeUnauthorized},
		codeResource:       {Code: checkout.CodeNotFound},
		codeInvalid:        {Code: checkout.CodeRefused},
		codeMissing:        {Code: checkout.CodeRefused, Violations: []checkout.Violation{{In: checkout.InBody, Rule: checkout.RuleRequired}}},
		codeDeclined:       {Code: checkout.CodeDeclined},
		codeRateLimited:    {Code: checkout.CodeRateLimited},
		codeNotOpen:        {Code: checkout.CodeConflict},
		codeIntentState:    {Code: checkout.CodeConflict, Reason: codeIntentState, Message: "This PaymentIntent is not in a status in which this can be done."},
		codeLinkInactive:   {Code: checkout.CodeConflict, Reason: codeLinkInactive, Message: messageInactive},
		codeKeyReused:      {Code: checkout.CodeKeyReused},
		codeKeyInUse:       {Code: checkout.CodeKeyInUse},
		codeInternal:       {Code: checkout.CodeInternal},
	}
}

// ErrorOf implements api.Coded.
//
// Source: G2, idempotency, for 422; G3, idempotency, for 409.
func (l *LeanRails) ErrorOf(status int) *checkout.Error {
	switch status {
	case http.StatusConflict:
		return &checkout.Error{Code: checkout.CodeKeyInUse}
	case http.StatusUnprocessableEntity:
		return &checkout.Error{Code: checkout.CodeKeyReused}
	}
	return nil
}
