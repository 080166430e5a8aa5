package polar

import (
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// injectedText is what a validation error says that is no fault of the request.
const injectedText = "Value error, refused by an injected fault"

// ErrorCodes implements api.Coded: the names of Polar's error classes, and the error words of refused
// tokens.
func (p *Polar) ErrorCodes() map[string]*checkout.Error {
	forbidden, conflict := checkout.CodeForbidden, checkout.CodeConflict
	codes := map[string]*checkout.Error{
		"ResourceNotFound":     {Code: checkout.CodeNotFound},
		"PaymentError":         {Code: checkout.CodeDeclined},
		classBusiness:          {Code: checkout.CodeRefused, Message: injectedText},
		reasonNoToken:          {Code: checkout.CodeUnauthorized},
		reasonBadToken:         {Code: checkout.CodeUnauthorized, Reason: reasonBadToken},
		reasonScope:            {Code: forbidden, Reason: reasonScope},
		reasonNotPermitted:     {Code: forbidden},
		reasonActive:           {Code: forbidden, Reason: reasonActive, Message: "You already have an active subscription."},
		reasonNotReady:         {Code: forbidden, Reason: reasonNotReady, Message: "Organization is not ready to accept payments"},
		reasonRedemptions:      {Code: forbidden, Reason: reasonRedemptions, Message: "You have already redeemed this discount the maximum number of times allowed per customer."},
		reasonNotOpen:          {Code: conflict},
		reasonLocked:           {Code: conflict, Reason: reasonLocked},
		reasonCustomerGone:     {Code: conflict, Reason: reasonCustomerGone, Message: "The customer associated with this checkout has been deleted."},
		reasonExternalMismatch: {Code: conflict, Reason: reasonExternalMismatch, Message: "A customer with this external ID already exists but with a different email address."},
		reasonGone:             {Code: checkout.CodeExpired, Reason: reasonGone},
	}
	for code, sentence := range declineTexts {
		codes[code] = &checkout.Error{Code: checkout.CodeDeclined, Reason: sentence}
	}
	return codes
}

// ErrorOf implements api.Coded.
//
// Assumed: which of the errors of a status comes first to mind.
func (p *Polar) ErrorOf(status int) *checkout.Error {
	switch status {
	case http.StatusBadRequest:
		return &checkout.Error{Code: checkout.CodeDeclined}
	case http.StatusUnauthorized:
		return p.ErrorCodes()[reasonBadToken]
	case http.StatusConflict:
		return p.ErrorCodes()[reasonLocked]
	case http.StatusGone:
		return p.ErrorCodes()[reasonGone]
	case http.StatusNotImplemented:
		return &checkout.Error{Code: checkout.CodeNotEmulated, Message: "an injected fault"}
	case http.StatusUnprocessableEntity:
		return p.ErrorCodes()[classBusiness]
	}
	return nil
}
