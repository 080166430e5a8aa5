package control

import (
	"errors"
	"net/http"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// problemType is the media type of problems.
const problemType = "application/problem+json"

// problem is RFC 9457, with the words that would have been right and all faults of the request.
type problem struct {
	Type    string      `json:"type"`
	Title   string      `json:"title"`
	Status  int         `json:"status"`
	Detail  string      `json:"detail"`
	Allowed []string    `json:"allowed,omitempty"`
	Errors  []violation `json:"errors,omitempty"`
}

var statuses = map[checkout.Code]int{
	checkout.CodeMalformed:        http.StatusBadRequest,
	checkout.CodeUnsupportedMedia: http.StatusUnsupportedMediaType,
	checkout.CodeTooLarge:         http.StatusRequestEntityTooLarge,
	checkout.CodeInvalid:          http.StatusUnprocessableEntity,
	checkout.CodeRefused:          http.StatusUnprocessableEntity,
	checkout.CodeUnauthorized:     http.StatusUnauthorized,
	checkout.CodeForbidden:        http.StatusForbidden,
	checkout.CodeNotFound:         http.StatusNotFound,
	checkout.CodeConflict:         http.StatusConflict,
	checkout.CodeExpired:          http.StatusConflict,
	checkout.CodeDeclined:         http.StatusConflict,
	checkout.CodeKeyReused:        http.StatusConflict,
	checkout.CodeKeyInUse:         http.StatusConflict,
	checkout.CodeRateLimited:      http.StatusTooManyRequests,
	checkout.CodeNotEmulated:      http.StatusNotImplemented,
	checkout.CodeInternal:         http.StatusInternalServerError,
}

// Problem implements api.Surface.
func (c *Control) Problem(r *api.Request, err error) api.Response {
	p := problem{Type: "about:blank", Status: http.StatusInternalServerError, Detail: "the emulator failed; its log says why"}
	var header http.Header
	var known *checkout.Error
	var unrouted *api.RouteError
	switch {
	case errors.As(err, &known):
		p.Status, p.Detail, p.Allowed, p.Errors = statuses[known.Code], known.Error(), known.Allowed, newViolations(known.Violations)
	case errors.As(err, &unrouted):
		p.Status, p.Detail = http.StatusNotFound, unrouted.Error()
		if unrouted.Known {
			p.Status = http.StatusMethodNotAllowed
			header = http.Header{"Allow": {strings.Join(unrouted.Allow, ", ")}}
		}
	}
	if p.Status == http.StatusUnauthorized {
		header = http.Header{"Www-Authenticate": {`Bearer realm="localcheckout control"`}}
	}
	p.Title = http.StatusText(p.Status)
	return api.Response{Status: p.Status, Header: header, Body: p, ContentType: problemType}
}
