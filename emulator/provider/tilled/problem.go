package tilled

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// What the caller reads.
//
// Source of the first: a third-party probe of the live service, to the letter.
// Assumed: the wording of all others; only their status and shape are known.
const (
	messageNoAccount       = "'tilled-account' header required."
	messageNoCredential    = "Unauthenticated: send a 'tilled-api-key' header or a bearer token."
	messageUnknownKey      = "Unauthenticated: the API key or token is not known."
	messageLiveKey         = "Unauthenticated: the key looks live, and this is a local emulator. Use a test key such as sk_test_localcheckout, and consider rolling the live one."
	messageForbidden       = "Forbidden: the API key may not act on behalf of this account."
	messageNoSession       = "Checkout Session not found."
	messageNoCustomer      = "Customer not found."
	messageNoIntent        = "Payment Intent not found."
	messageNoMethod        = "Payment Method not found."
	messageNoCharge        = "Charge not found."
	messageNoRefund        = "Refund not found."
	messageNoEvent         = "Event not found."
	messageNoEndpoint      = "Webhook Endpoint not found."
	messageTooLarge        = "request entity too large"
	messageNotJSON         = "The body must be JSON: send the header Content-Type: application/json."
	messageInternal        = "Internal server error"
	messageRateLimited     = "Too Many Requests"
	messageDeclined        = "The payment was declined."
	messageTotal           = "amount_total must not be less than 1 or greater than 99999999"
	messageNotChargeable   = "Payment Method is not chargeable: it was used or detached. Create another one; attached to a customer it can be used again and again."
	messageMixedCurrencies = "line_items must all have the same currency"
)

// What a CodeNotFound is about; without a reason it is a session.
const (
	reasonNoCustomer = "no customer"
	reasonNoIntent   = "no payment intent"
	reasonNoMethod   = "no payment method"
	reasonNoCharge   = "no charge"
	reasonNoRefund   = "no refund"
	reasonNoEvent    = "no event"
	reasonNoEndpoint = "no webhook endpoint"
)

// notFound has the message for each reason.
var notFound = map[string]string{
	reasonNoCustomer: messageNoCustomer,
	reasonNoIntent:   messageNoIntent,
	reasonNoMethod:   messageNoMethod,
	reasonNoCharge:   messageNoCharge,
	reasonNoRefund:   messageNoRefund,
	reasonNoEvent:    messageNoEvent,
	reasonNoEndpoint: messageNoEndpoint,
}

// problem is an error on the wire: the default of the NestJS framework.
//
// Source: a third-party probe for the first two keys, official samples for the third.
// Assumed: the third is always there, except where the account is missing.
type problem struct {
	StatusCode int    `json:"statusCode"`
	Message    any    `json:"message"` // string or []string
	Error      string `json:"error,omitempty"`
}

// Problem implements api.Surface.
func (t *Tilled) Problem(r *api.Request, err error) api.Response {
	var unrouted *api.RouteError
	if errors.As(err, &unrouted) {
		// A wrong method on a known path is an unknown route to the framework as well.
		return answer(http.StatusNotFound, fmt.Sprintf("Cannot %s %s", unrouted.Method, unrouted.Path))
	}
	var known *checkout.Error
	if !errors.As(err, &known) {
		return answer(http.StatusInternalServerError, messageInternal)
	}
	if known.Reason == reasonNoAccount {
		return api.Response{Status: http.StatusBadRequest, Body: problem{StatusCode: http.StatusBadRequest, Message: known.Message}}
	}
	status := cmp.Or(known.HTTP, statusOf(known.Code))
	resp := answer(status, messageOf(r, known))
	if known.HTTP > http.StatusInternalServerError {
		resp = answer(status, reasonPhrase(status)) // as the framework words what it has no message for
	}
	return resp
}

func answer(status int, message any) api.Response {
	return api.Response{Status: status, Body: problem{StatusCode: status, Message: message, Error: reasonPhrase(status)}}
}

// reasonPhrase is the framework's name of a status.
func reasonPhrase(status int) string {
	if status == http.StatusRequestEntityTooLarge {
		return "Payload Too Large"
	}
	return http.StatusText(status)
}

// statusOf is the status of an error; whatever has no place of its own is the caller's fault, 400.
//
// Source: docs.tilled.com: 401 is not authenticated, 403 not permitted.
// Assumed: 400 for a session in the wrong status.
func statusOf(code checkout.Code) int {
	switch code {
	case checkout.CodeUnauthorized:
		return http.StatusUnauthorized
	case checkout.CodeForbidden:
		return http.StatusForbidden
	case checkout.CodeNotFound:
		return http.StatusNotFound
	case checkout.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case checkout.CodeRateLimited:
		return http.StatusTooManyRequests
	case checkout.CodeNotEmulated:
		return http.StatusNotImplemented
	case checkout.CodeInternal:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

// messageOf is one sentence, or for faulty fields a list with one for each.
func messageOf(r *api.Request, err *checkout.Error) any {
	switch err.Code {
	case checkout.CodeMalformed:
		return syntaxText(err.Violations)
	case checkout.CodeUnsupportedMedia:
		if lacks := missingBody(r.Operation); len(lacks) > 0 {
			return fieldTexts(lacks)
		}
		return messageNotJSON
	case checkout.CodeInvalid:
		return fieldTexts(err.Violations)
	case checkout.CodeRefused:
		if len(err.Violations) > 0 {
			return fieldTexts(err.Violations)
		}
		return cmp.Or(err.Message, reasonPhrase(cmp.Or(err.HTTP, http.StatusBadRequest)))
	case checkout.CodeNotFound:
		return cmp.Or(notFound[err.Reason], messageNoSession)
	case checkout.CodeConflict, checkout.CodeExpired:
		return stateText(err.Status)
	case checkout.CodeTooLarge:
		return messageTooLarge
	case checkout.CodeRateLimited:
		return messageRateLimited
	case checkout.CodeDeclined:
		return messageDeclined
	case checkout.CodeUnauthorized:
		return cmp.Or(err.Message, messageUnknownKey)
	case checkout.CodeForbidden:
		return cmp.Or(err.Message, messageForbidden)
	case checkout.CodeNotEmulated:
		return cmp.Or(err.Message, messageInternal)
	default:
		return messageInternal
	}
}

// stateText names the status that stands in the way.
func stateText(s checkout.Status) string {
	status := statuses[s]
	if status == "" {
		return "The Checkout Session is not in the right status."
	}
	return fmt.Sprintf("The Checkout Session must have the status open; its status is %s.", status)
}
