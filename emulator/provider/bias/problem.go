package bias

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Types of errors.
//
// Source: docs.biaspay.com, errors. The last is not on that page: @biaspay/elements takes it, 401 and
// 403 for a failed authentication.
const (
	typeInvalid        = "invalid_request_error"
	typePayment        = "payment_error"
	typeIdempotency    = "idempotency_error"
	typeRateLimit      = "rate_limit_error"
	typeServer         = "server_error"
	typeAuthentication = "authentication_error"
)

// Codes of invalid_request_error.
//
// Assumed: all of them; the documented enumeration is not public.
const (
	codeMissing  = "resource_missing"
	codeRequired = "parameter_missing"
	codeInvalid  = "parameter_invalid"
	codeState    = "invalid_state"
)

// What the caller reads.
//
// Assumed: the wording of all of them.
const (
	messageNoKey         = "No API key was provided. Send it as Authorization: Bearer sk_test_…."
	messageBadKey        = "The API key is not valid."
	messageLiveKey       = "The API key looks live, and this is a local emulator. Use a test key such as sk_test_localcheckout, and consider rolling the live one."
	messageClientOnly    = "A client secret can read, update and pay its own checkout session only, by the id current."
	messageForbidden     = "The API key may not do this."
	messageNoSession     = "No such checkout session: %s"
	messageNoObject      = "No such %s: %s"
	messageNoLine        = "No such line item in this session, or it is named twice: %s"
	messageNoPrice       = "A line item needs the id of a line of this session, or a price."
	messageInactive      = "The price %s is not active."
	messageExclusive     = "amount, line_items and invoice are mutually exclusive."
	messageNoSource      = "One of amount, line_items and invoice is required in payment mode."
	messageAmount        = "amount must be at least 1 in payment mode."
	messageNothingToPay  = "The line items must add up to at least 1 in payment mode."
	messageTooMuch       = "The line items add up to more than 9007199254740991."
	messageOfInvoice     = "The line items of a session that was created from an invoice cannot be changed."
	messageConfirmed     = "Only the metadata of a checkout session that has been confirmed can be updated."
	messageState         = "The checkout session has the status %s; this needs %s."
	messageNoMethod      = "payment_method needs card or us_bank_account."
	messageTwoMethods    = "payment_method takes one of card and us_bank_account."
	messageNotOffered    = "The checkout session does not offer %s."
	messageRealCard      = "The emulator takes no real card, and this looks like the number of one: a ciphertext is expected, or a test card."
	messageNoDecline     = "The emulator has no decline code %s; there are %s."
	messageDeleted       = "%s has been deleted."
	messageNoPriceOf     = "The product %s has no such price: %s"
	messageCodeTaken     = "The promotion code is that of the discount %s."
	messageOneOff        = "A discount needs one of amount_off and percent_off."
	messageNoAmount      = "amount must be at least 1, unless payment_method.setup_future_usage asks to save the payment method."
	messageNotActive     = "The payment method %s is not active."
	messageOtherCustomer = "The payment method %s belongs to another customer."
	messagePaymentState  = "The payment %s has the status %s; this needs %s."
	messageOverCapture   = "amount must be at most %d, what can be captured of the payment %s."
	messageNotReceived   = "Nothing was received by the payment %s, whose status is %s."
	messageRefunded      = "The payment %s has been refunded already."
	messageOverRefund    = "amount must be at most %d, what is left to refund of the payment %s."
	messageInFlight      = "A payment of the checkout session is being processed."
	messageMedia         = "The request body must be JSON."
	messageTooLarge      = "The request body is too large."
	messageTwoCursors    = "Send one of starting_after and ending_before."
	messageStreamEnds    = "A stream takes starting_after only."
	messageRefused       = "The request is not valid."
	messageBadQuery      = "The query string cannot be read."
	messageBrackets      = "The brackets of the parameter's name are not closed."
	messageKeyReused     = "The idempotency key was used before, for another request."
	messageKeyInUse      = "The first request with this idempotency key is still being processed."
	messageRateLimit     = "Too many requests."
	messageInternal      = "An error occurred on our side."
	messageNoRoute       = "Unrecognized request: %s %s"
)

// problem is an error on the wire.
//
// Source: docs.biaspay.com, errors.
type problem struct {
	Object string `json:"object"`
	Error  any    `json:"error"`
}

// fault is what all types of errors have.
type fault struct {
	Type    string  `json:"type"`
	Live    *bool   `json:"live"`
	Code    *string `json:"code"`
	Message string  `json:"message"`
	Param   *string `json:"param"`
}

// invalidRequest is an invalid_request_error. Issues are all faults when the request has any.
type invalidRequest struct {
	fault
	Issues []issue `json:"issues"`
}

// issue is one fault of a request.
//
// Assumed: its members.
type issue struct {
	Path    []any  `json:"path"`
	Message string `json:"message"`
}

// paymentFault is a payment_error. Its message may be shown to the customer.
type paymentFault struct {
	fault
	Payment     *paymentObject `json:"payment"`
	DeclineCode *string        `json:"decline_code"`
}

// Problem implements api.Surface.
func (b *Bias) Problem(r *api.Request, err error) api.Response {
	f := fault{Live: b.live(r)}
	var unrouted *api.RouteError
	if errors.As(err, &unrouted) {
		if unrouted.Method == http.MethodOptions && unrouted.Known {
			return preflight(r)
		}
		// Assumed: a wrong method on a known path is an unknown request as well.
		f.Message = fmt.Sprintf(messageNoRoute, unrouted.Method, unrouted.Path)
		return invalid(http.StatusNotFound, f, nil)
	}
	var known *checkout.Error
	if !errors.As(err, &known) {
		known = &checkout.Error{Code: checkout.CodeInternal}
	}
	kind := kindOf(known.Code)
	switch kind.typ {
	case typeInvalid:
		return b.invalidRequest(r, known, kind.status, f)
	case typePayment:
		return declined402(f, known.Reason, nil)
	}
	f.Type, f.Message = kind.typ, kind.message
	if known.Message != "" && (kind.typ == typeAuthentication || known.Code == checkout.CodeNotEmulated) {
		f.Message = known.Message
	}
	return api.Response{Status: kind.status, Body: problem{"error", f}}
}

// kind is how an error is answered.
type kind struct {
	status  int
	typ     string
	message string
}

// kindOf has the answer of each code.
//
// Source: docs.biaspay.com, errors, for the types, and that a conflict with the state of an object is
// an invalid request. Assumed: the statuses, of which only 4xx and 5xx are documented.
func kindOf(code checkout.Code) kind {
	switch code {
	case checkout.CodeUnauthorized:
		return kind{http.StatusUnauthorized, typeAuthentication, messageBadKey}
	case checkout.CodeForbidden:
		return kind{http.StatusForbidden, typeAuthentication, messageForbidden}
	case checkout.CodeNotFound:
		return kind{http.StatusNotFound, typeInvalid, ""}
	case checkout.CodeTooLarge:
		return kind{http.StatusRequestEntityTooLarge, typeInvalid, messageTooLarge}
	case checkout.CodeDeclined:
		return kind{http.StatusPaymentRequired, typePayment, ""}
	case checkout.CodeKeyReused:
		return kind{http.StatusBadRequest, typeIdempotency, messageKeyReused}
	case checkout.CodeKeyInUse:
		return kind{http.StatusConflict, typeIdempotency, messageKeyInUse}
	case checkout.CodeRateLimited:
		return kind{http.StatusTooManyRequests, typeRateLimit, messageRateLimit}
	case checkout.CodeNotEmulated:
		return kind{http.StatusNotImplemented, typeServer, messageInternal}
	case checkout.CodeInternal:
		return kind{http.StatusInternalServerError, typeServer, messageInternal}
	default:
		return kind{http.StatusBadRequest, typeInvalid, ""}
	}
}

// invalidRequest answers an invalid_request_error.
func (b *Bias) invalidRequest(r *api.Request, err *checkout.Error, status int, f fault) api.Response {
	faults := err.Violations
	switch err.Code {
	case checkout.CodeNotFound:
		f.Code, f.Message = pointer(codeMissing), fmt.Sprintf(messageNoSession, r.Param("id"))
		if _, c := about(r.Operation); c != nil && r.Operation != opPay {
			f.Message = fmt.Sprintf(messageNoObject, c.title(), r.Param("id"))
		} else if r.Operation == opGetEvent {
			f.Message = fmt.Sprintf(messageNoObject, "event", r.Param("id"))
		}
	case checkout.CodeConflict, checkout.CodeExpired:
		f.Code, f.Message = pointer(codeState), b.stateText(err.Status)
	case checkout.CodeUnsupportedMedia:
		f.Message = messageMedia
	case checkout.CodeTooLarge:
		f.Message = messageTooLarge
	case checkout.CodeInvalid:
	default:
		f.Message = err.Message
	}
	if faults = inOrder(faults); len(faults) > 0 {
		first := faults[0]
		f.Code, f.Message = pointer(codeOf(first.Rule)), text(first)
		if p := param(first.Path); p != "" {
			f.Param = &p
		}
	}
	if f.Message == "" {
		f.Message = messageRefused
	}
	return invalid(status, f, faults)
}

func invalid(status int, f fault, faults []checkout.Violation) api.Response {
	f.Type = typeInvalid
	out := invalidRequest{fault: f}
	for _, v := range faults {
		path := v.Path
		if path == nil {
			path = []any{}
		}
		out.Issues = append(out.Issues, issue{Path: path, Message: text(v)})
	}
	return api.Response{Status: status, Body: problem{"error", out}}
}

// declined402 answers a refused payment.
func declined402(f fault, code string, p *paymentObject) api.Response {
	f.Type, f.Message = typePayment, declineText(code)
	out := paymentFault{fault: f, Payment: p}
	if code != "" {
		out.DeclineCode = &code
	}
	return api.Response{Status: http.StatusPaymentRequired, Body: problem{"error", out}}
}

// codeOf is the code of a fault: its rule, or for a rule of the document what comes closest.
func codeOf(rule string) string {
	switch rule {
	case codeMissing, codeRequired, codeState:
		return rule
	case checkout.RuleRequired:
		return codeRequired
	default:
		return codeInvalid
	}
}

// stateText says which status stands in the way.
func (b *Bias) stateText(s checkout.Status) string {
	if s == checkout.Confirmed {
		return messageInFlight
	}
	return fmt.Sprintf(messageState, b.Status(s), b.payable())
}

// live is what error.live says: false for a usable key, null when there is none.
//
// Assumed: null when the key is not known.
func (b *Bias) live(r *api.Request) *bool {
	key := bearer(r.Header)
	if key == "" || api.LooksLive(key) {
		return nil
	}
	if isSecretKey(key) {
		if _, ok := b.keys.Find(key); !ok || !wellFormed(key) {
			return nil
		}
	} else if r.Sandbox == nil {
		return nil
	} else if _, err := secretSession(r.Sandbox, key); err != nil {
		return nil
	}
	return new(bool)
}

func pointer(text string) *string { return &text }
