package polar

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// problem is the body of most errors. Source: polar/exceptions.py of both vintages.
type problem struct {
	Error  string `json:"error"`
	Detail string `json:"detail"`
}

// routing is the body of errors of the framework. Source: FastAPI.
type routing struct {
	Detail string `json:"detail"`
}

// tokenProblem is the body of refused tokens. Source: authlib.
type tokenProblem struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// validationProblem is the body of a 422.
type validationProblem struct {
	Error  string `json:"error"`
	Detail []item `json:"detail"`
}

// Names of the classes of a 422.
const (
	classSchema   = "RequestValidationError"      // the request breaks the schema
	classBusiness = "PolarRequestValidationError" // the request breaks a rule
)

// Reasons of refused commands: the names of Polar's error classes.
const (
	reasonNotOpen          = "NotOpenCheckout"
	reasonActive           = "AlreadyActiveSubscriptionError"
	reasonNotReady         = "PaymentNotReady"
	reasonRedemptions      = "DiscountRedemptionLimitReached"
	reasonLocked           = "CheckoutLocked"
	reasonExternalMismatch = "CheckoutCustomerExternalIdMismatch"
	reasonCustomerGone     = "CheckoutCustomerDeleted"
)

const realm = `Bearer realm="polar"`

const (
	badTokenText = "The access token provided is expired, revoked, malformed, or invalid for other reasons."
	scopeText    = "The request requires higher privileges than provided by the access token."
	bodyText     = "There was an error parsing the body"
)

// Problem implements api.Surface.
func (p *Polar) Problem(r *api.Request, err error) api.Response {
	var route *api.RouteError
	var known *checkout.Error
	switch {
	case errors.As(err, &route):
		return p.routeProblem(r, route)
	case errors.As(err, &known):
		return p.knownProblem(r, known)
	}
	return api.Response{Status: http.StatusInternalServerError, Text: "Internal Server Error", ContentType: "text/plain; charset=utf-8"}
}

// routeProblem answers what no route takes. A path that would match with its slash added or removed
// is redirected with everything it carries.
func (p *Polar) routeProblem(r *api.Request, e *api.RouteError) api.Response {
	switch {
	case r.Method == http.MethodOptions && r.Header.Get("Origin") != "":
		return p.preflight()
	case e.Slash != "":
		to := r.Base + r.Prefix + e.Slash
		if r.RawQuery != "" {
			to += "?" + r.RawQuery
		}
		resp := api.Response{Status: http.StatusTemporaryRedirect}
		resp.SetHeader("Location", to)
		return resp
	case e.Known:
		resp := api.Response{Status: http.StatusMethodNotAllowed, Body: routing{"Method Not Allowed"}}
		resp.SetHeader("Allow", strings.Join(e.Allow, ", "))
		return resp
	}
	return api.Response{Status: http.StatusNotFound, Body: routing{"Not Found"}}
}

// knownProblem turns each code into Polar's status and body.
func (p *Polar) knownProblem(r *api.Request, e *checkout.Error) api.Response {
	switch e.Code {
	case checkout.CodeMalformed:
		return malformed(e)
	case checkout.CodeUnsupportedMedia:
		return notAnObject(r)
	case checkout.CodeTooLarge:
		// Assumed: Polar's own body limit is its proxy's; the framework's shape is used.
		return api.Response{Status: http.StatusRequestEntityTooLarge, Body: routing{"Request Entity Too Large"}}
	case checkout.CodeInvalid:
		return unprocessable(classSchema, p.schemaItems(r, e.Violations))
	case checkout.CodeRefused:
		if e.HTTP != 0 && e.HTTP != http.StatusUnprocessableEntity {
			return api.Response{Status: e.HTTP, Body: routing{http.StatusText(e.HTTP)}}
		}
		return refused(e)
	case checkout.CodeUnauthorized:
		return unauthorized(e)
	case checkout.CodeForbidden, checkout.CodeConflict, checkout.CodeExpired:
		return p.stateProblem(r, e)
	case checkout.CodeNotFound:
		if e.Reason == reasonRouting {
			return api.Response{Status: http.StatusNotFound, Body: routing{"Not Found"}}
		}
		return api.Response{Status: http.StatusNotFound, Body: problem{"ResourceNotFound", "Not found"}}
	case checkout.CodeDeclined:
		return api.Response{Status: http.StatusBadRequest, Body: problem{"PaymentError", paymentText(e.Reason)}}
	case checkout.CodeRateLimited:
		// Assumed: the text; only the status and the header were seen.
		resp := api.Response{Status: http.StatusTooManyRequests, Text: "Too Many Requests", ContentType: "text/plain; charset=utf-8"}
		resp.SetHeader("Retry-After", cmp.Or(e.Rate.Seconds(), "60"))
		return resp
	case checkout.CodeNotEmulated:
		return api.Response{Status: http.StatusNotImplemented, Body: problem{"NotImplemented", "localcheckout: " + e.Message}}
	}
	// Assumed: other statuses than 500, which only proxies in front of Polar answer, look the same.
	status := cmp.Or(e.HTTP, http.StatusInternalServerError)
	return api.Response{Status: status, Text: http.StatusText(status), ContentType: "text/plain; charset=utf-8"}
}

// paymentText words a refused payment. reason is the card processor's sentence, or "".
func paymentText(reason string) string {
	if reason == "" {
		return "The payment failed. Please try again with a different payment method."
	}
	return "The payment failed: " + reason + " Please try again with a different payment method."
}

// stateProblem words what the state of a session, customer or organization forbids.
func (p *Polar) stateProblem(r *api.Request, e *checkout.Error) api.Response {
	if status := refusalStatus(e.Reason); status != 0 {
		return api.Response{Status: status, Body: problem{e.Reason, e.Message}}
	}
	switch e.Reason {
	case reasonScope:
		resp := api.Response{Status: http.StatusForbidden, Body: tokenProblem{reasonScope, scopeText}}
		resp.SetHeader("WWW-Authenticate", realm+`, error="insufficient_scope", error_description="`+scopeText+
			`", scope="`+strings.Join(e.Allowed, " ")+`"`)
		return noStore(resp)
	case reasonNotPermitted, reasonActive, reasonNotReady, reasonRedemptions:
		return api.Response{Status: http.StatusForbidden, Body: problem{e.Reason, e.Message}}
	case reasonLocked:
		return api.Response{Status: http.StatusConflict, Body: problem{reasonLocked, "Checkout is currently being processed. Please try again."}}
	case reasonCustomerGone:
		return api.Response{Status: http.StatusConflict, Body: problem{e.Reason, e.Message}}
	case reasonExternalMismatch:
		return api.Response{Status: http.StatusUnprocessableEntity, Body: problem{reasonExternalMismatch, e.Message}}
	case reasonGone:
		return p.gone()
	}
	if e.Code == checkout.CodeForbidden {
		return api.Response{Status: http.StatusForbidden, Body: problem{reasonNotPermitted, "Not permitted"}}
	}
	id := r.Param("id")
	if e.Reason != "" {
		id = e.Reason // the session's id, where the path has only its secret
	}
	status := e.Status
	if status == "" {
		status = checkout.Expired
	}
	return api.Response{Status: http.StatusForbidden, Body: problem{reasonNotOpen, "Checkout " + id + " is not open: " + statuses[status]}}
}

// reasonGone marks a session that its customer can no longer reach.
const reasonGone = "ExpiredCheckoutError"

// gone is the answer to a customer whose session has run out. February 2025 did not tell it from a
// session that never was.
func (p *Polar) gone() api.Response {
	if p.seed {
		return api.Response{Status: http.StatusNotFound, Body: problem{"ResourceNotFound", "Not found"}}
	}
	return api.Response{Status: http.StatusGone, Body: problem{reasonGone, "This checkout session has expired."}}
}

func unauthorized(e *checkout.Error) api.Response {
	description := badTokenText
	switch e.Reason {
	case reasonBadToken:
	case api.ReasonLiveKey:
		description = e.Message
	default:
		resp := api.Response{Status: http.StatusUnauthorized, Body: problem{reasonNoToken, "Unauthorized"}}
		resp.SetHeader("WWW-Authenticate", realm)
		return resp
	}
	resp := api.Response{Status: http.StatusUnauthorized, Body: tokenProblem{reasonBadToken, description}}
	resp.SetHeader("WWW-Authenticate", realm+`, error="invalid_token", error_description="`+description+`"`)
	return noStore(resp)
}

// noStore marks the answer to a bad token as one that must not be kept, as authlib does.
func noStore(resp api.Response) api.Response {
	resp.SetHeader("Cache-Control", "no-store")
	resp.SetHeader("Pragma", "no-cache")
	return resp
}

func unprocessable(class string, items []item) api.Response {
	for i := range items {
		items[i].Input = echo(items[i].Input)
	}
	return api.Response{Status: http.StatusUnprocessableEntity, Body: validationProblem{class, items}}
}

// malformed answers a body that is not JSON, and differently one that is not even text.
func malformed(e *checkout.Error) api.Response {
	fault := checkout.Violation{Limit: int64(0)}
	if len(e.Violations) > 0 {
		fault = e.Violations[0]
	}
	if strings.Contains(fault.Message, "UTF-8") || strings.Contains(fault.Message, "depth") {
		return api.Response{Status: http.StatusBadRequest, Body: routing{bodyText}}
	}
	at, _ := fault.Limit.(int64)
	return unprocessable(classSchema, []item{{
		Type: "json_invalid", Loc: []any{"body", at}, Msg: "JSON decode error", Input: struct{}{},
		Ctx: map[string]any{"error": pythonJSONError(fault.Message)},
	}})
}

// pythonJSONError words a syntax error as Python's json module does.
func pythonJSONError(reason string) string {
	for _, words := range [][2]string{
		{"data after", "Extra data"},
		{"after top-level", "Extra data"},
		{"after object key:value", "Expecting ',' delimiter"},
		{"after array element", "Expecting ',' delimiter"},
		{"after object key", "Expecting ':' delimiter"},
		{"object key string", "Expecting property name enclosed in double quotes"},
		{"string escape", `Invalid \escape`},
		{"string literal", "Invalid control character at"},
	} {
		if strings.Contains(reason, words[0]) {
			return words[1]
		}
	}
	return "Expecting value"
}

// notAnObject answers a body that is declared as something else than JSON: the framework hands its
// text to the schema, which wants an object.
func notAnObject(r *api.Request) api.Response {
	var items []item
	for _, at := range bodyRoots(r.Operation) {
		items = append(items, item{Type: "model_attributes_type", Loc: at, Msg: objectText})
	}
	return unprocessable(classSchema, items)
}

// bodyRoots lists where faults of the whole body are located: once for each member of a union.
func bodyRoots(operation string) [][]any {
	members := []string{""}
	switch operation {
	case "createCheckout":
		members = members[:0]
		for _, s := range shapes {
			members = append(members, s.name)
		}
	case "updateSubscription":
		members = []string{
			"SubscriptionUpdateBase", "SubscriptionUpdateSeats", "SubscriptionUpdateUnits", "SubscriptionUpdateBillingPeriod",
			"SubscriptionCancel", "SubscriptionRevoke", "SubscriptionPause", "SubscriptionResume", "SubscriptionUpdateClear",
		}
	case "createCustomerSession":
		members = []string{"CustomerSessionCustomerIDCreate", "CustomerSessionCustomerExternalIDCreate"}
	}
	var roots [][]any
	for _, member := range members {
		root := []any{checkout.InBody}
		if member != "" {
			root = append(root, member)
		}
		roots = append(roots, root)
	}
	return roots
}

// refused answers a broken business rule, with everything that was found.
func refused(e *checkout.Error) api.Response {
	items := make([]item, 0, len(e.Violations))
	for _, v := range e.Violations {
		items = append(items, item{Type: v.Rule, Loc: slices.Concat([]any{v.In}, v.Path), Msg: v.Message, Input: v.Value})
	}
	if len(items) == 0 {
		items = append(items, item{Type: "value_error", Loc: []any{checkout.InBody}, Msg: e.Message})
	}
	return unprocessable(classBusiness, items)
}

// breach is one broken business rule of a body.
func breach(kind, msg string, input any, path ...any) checkout.Violation {
	return checkout.Violation{In: checkout.InBody, Path: path, Rule: kind, Message: msg, Value: input}
}

// refuse makes the error of broken business rules.
func refuse(breaches ...checkout.Violation) error {
	return &checkout.Error{Code: checkout.CodeRefused, Message: breaches[0].Message, Violations: breaches}
}

// forbid makes the error of one of Polar's classes of 403.
func forbid(reason, text string) error {
	return &checkout.Error{Code: checkout.CodeForbidden, Reason: reason, Message: text}
}

// notOpen makes the error of a command that only open sessions take.
func notOpen(s checkout.Session) error {
	code := checkout.CodeConflict
	if s.Status == checkout.Expired {
		code = checkout.CodeExpired
	}
	return &checkout.Error{Code: code, Reason: s.ID, Status: s.Status, Message: "the session is " + string(s.Status)}
}
