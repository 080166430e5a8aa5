package leanrails

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Types of errors.
//
// Source: G1, error handling.
const (
	typeRequest        = "invalid_request_error"
	typeAuthentication = "authentication_error"
	typePayment        = "payment_error"
	typeRateLimit      = "rate_limit_error"
	typeAPI            = "api_error"
)

// Codes of errors.
//
// Source: G1, error handling, for the first four; G2, error handling, for card_declined and
// rate_limit_exceeded.
// Assumed: the others.
const (
	codeAuthentication = "authentication_failed"
	codeResource       = "resource_missing"
	codeInvalid        = "parameter_invalid"
	codeMissing        = "parameter_missing"
	codeDeclined       = "card_declined"
	codeRateLimited    = "rate_limit_exceeded"
	codeNotOpen        = "checkout_session_not_open"
	codeKeyReused      = "idempotency_key_reused"
	codeKeyInUse       = "idempotency_key_in_use"
	codeIntentState    = "payment_intent_unexpected_state"
	codeLinkInactive   = "checkout_link_inactive"
	codeNotEmulated    = "not_emulated"
	codeInternal       = "internal_error"
)

// declineGeneric is the general decline code.
//
// Source: G2, error handling.
const declineGeneric = "generic_decline"

// What the caller reads.
//
// Source: G1, authentication, for the key; G2, error handling, for the declined card.
// Assumed: the wording of all others.
const (
	messageBadKey      = "Invalid API key provided."
	messageLiveKey     = "Invalid API key provided. The key looks live, and this is a local emulator: use a test key such as sk_test_localcheckout, and consider rolling the live one."
	messageDeclined    = "Your card was declined."
	messageRateLimited = "Too many requests. Please retry after the time in the Retry-After header."
	messageKeyReused   = "The `Idempotency-Key` was already used for a request with a different method, path or body."
	messageKeyInUse    = "A request with the same `Idempotency-Key` is still being processed."
	messageTooLarge    = "The request body is too large."
	messageMedia       = "The request body must be sent as `application/json`."
	messageInternal    = "An internal error occurred."
	messageRefused     = "The request is not valid."
)

// docsURL is where each code is explained.
//
// Source: G1, error handling.
const docsURL = "https://docs.leanrails.com/errors/"

// problem is an error on the wire.
//
// Source: G1, error handling; decline_code from G2.
// Assumed: of several faults of one request all are in the message, one sentence each; code and
// param are those of the first, in the order of the parameters in the reference.
type problem struct {
	Error problemError `json:"error"`
}

type problemError struct {
	Type        string  `json:"type"`
	Code        string  `json:"code"`
	DeclineCode string  `json:"decline_code,omitempty"`
	Message     string  `json:"message"`
	Param       *string `json:"param"`
	DocURL      string  `json:"doc_url"`
}

// Problem implements api.Surface.
func (l *LeanRails) Problem(r *api.Request, err error) api.Response {
	var unrouted *api.RouteError
	if errors.As(err, &unrouted) {
		// The update of G3 is such a path too: it is unknown to G1.
		return refusal(http.StatusNotFound, typeRequest, codeResource, fmt.Sprintf("Unrecognized request URL (%s: %s).", unrouted.Method, unrouted.Path), "")
	}
	var known *checkout.Error
	if !errors.As(err, &known) {
		return refusal(http.StatusInternalServerError, typeAPI, codeInternal, messageInternal, "")
	}
	switch known.Code {
	case checkout.CodeMalformed, checkout.CodeUnsupportedMedia, checkout.CodeTooLarge, checkout.CodeInvalid, checkout.CodeRefused:
		return badRequest(known)
	case checkout.CodeUnauthorized, checkout.CodeForbidden:
		message := messageBadKey
		if known.Reason == api.ReasonLiveKey {
			message = known.Message
		}
		return refusal(http.StatusUnauthorized, typeAuthentication, codeAuthentication, message, "")
	}
	return stateProblem(r, known)
}

// badRequest answers what is wrong with the request itself.
//
// Assumed: 400 for all of it, and 413 for a body that nobody will read.
func badRequest(err *checkout.Error) api.Response {
	switch err.Code {
	case checkout.CodeMalformed:
		return refusal(http.StatusBadRequest, typeRequest, codeInvalid, syntaxText(err.Violations), "")
	case checkout.CodeUnsupportedMedia:
		return refusal(http.StatusBadRequest, typeRequest, codeInvalid, messageMedia, "Content-Type")
	case checkout.CodeTooLarge:
		return refusal(http.StatusRequestEntityTooLarge, typeRequest, codeInvalid, messageTooLarge, "")
	}
	if len(err.Violations) == 0 {
		return refusal(http.StatusBadRequest, typeRequest, codeInvalid, cmp.Or(err.Message, messageRefused), "")
	}
	code, param, message := describe(err.Violations)
	return refusal(http.StatusBadRequest, typeRequest, code, message, param)
}

// stateProblem answers what is wrong with the state of things.
//
// Assumed: 404 for an id that is unknown, 400 for a session in the wrong status; for the latter G3.
func stateProblem(r *api.Request, err *checkout.Error) api.Response {
	switch err.Code {
	case checkout.CodeNotFound:
		if err.Reason == "" { // the session that the path names
			return refusal(http.StatusNotFound, typeRequest, codeResource, missingText(objectSession, r.Param(paramID)), paramID)
		}
		return refusal(http.StatusNotFound, typeRequest, codeResource, err.Message, err.Reason)
	case checkout.CodeConflict, checkout.CodeExpired:
		if err.Reason == codeIntentState || err.Reason == codeLinkInactive {
			return refusal(http.StatusBadRequest, typeRequest, err.Reason, err.Message, "")
		}
		return refusal(http.StatusBadRequest, typeRequest, codeNotOpen, notOpenText(err.Status), "")
	case checkout.CodeDeclined:
		resp := refusal(http.StatusPaymentRequired, typePayment, codeDeclined, messageDeclined, "")
		p := resp.Body.(problem)
		p.Error.DeclineCode = cmp.Or(err.Reason, declineGeneric)
		resp.Body = p
		return resp
	case checkout.CodeKeyReused:
		return refusal(http.StatusUnprocessableEntity, typeRequest, codeKeyReused, messageKeyReused, headerKey)
	case checkout.CodeKeyInUse:
		return refusal(http.StatusConflict, typeRequest, codeKeyInUse, messageKeyInUse, headerKey)
	case checkout.CodeRateLimited:
		return rateLimited(err.Rate)
	case checkout.CodeNotEmulated:
		return refusal(http.StatusNotImplemented, typeAPI, codeNotEmulated, cmp.Or(err.Message, messageInternal), "")
	}
	return refusal(http.StatusInternalServerError, typeAPI, codeInternal, messageInternal, "")
}

// rateLimited answers a rate limit that was reached; Finish adds what it does not say.
func rateLimited(rate *checkout.Rate) api.Response {
	resp := refusal(http.StatusTooManyRequests, typeRateLimit, codeRateLimited, messageRateLimited, "")
	if after := rate.Seconds(); after != "" {
		resp.SetHeader(headerRetryAfter, after)
	}
	if rate != nil && rate.Limit > 0 {
		resp.SetHeader(headerLimit, strconv.Itoa(rate.Limit))
	}
	return resp
}

// refusal is an error answer; a param of "" is null.
func refusal(status int, kind, code, message, param string) api.Response {
	p := problemError{Type: kind, Code: code, Message: message, DocURL: docsURL + code}
	if param != "" {
		p.Param = &param
	}
	return api.Response{Status: status, Body: problem{p}}
}

// Names of objects in messages.
const (
	objectSession  = "CheckoutSession"
	objectPrice    = "Price"
	objectProduct  = "Product"
	objectCustomer = "Customer"
	objectLineItem = "LineItem"
	objectEndpoint = "WebhookEndpoint"
	objectIntent   = "PaymentIntent"
	objectMethod   = "PaymentMethod"
	objectCharge   = "Charge"
	objectRefund   = "Refund"
	objectLink     = "CheckoutLink"
)

// missing is an id of the query that is unknown; param names the parameter.
func missing(object, id, param string) error {
	return &checkout.Error{Code: checkout.CodeNotFound, Reason: param, Message: missingText(object, id)}
}

// missingText says that an id is unknown.
//
// Source: G1, error handling, "No PaymentIntent found with ID '...'.".
// Assumed: the same words for other objects.
func missingText(object, id string) string {
	return fmt.Sprintf("No %s found with ID '%s'.", object, id)
}

// notOpenText names the status that stands in the way.
func notOpenText(s checkout.Status) string {
	if s == checkout.Confirmed {
		return "This CheckoutSession cannot be changed because a payment is being processed."
	}
	return fmt.Sprintf("This CheckoutSession is not open; its status is `%s`.", cmp.Or(statuses[s], statusExpired))
}
