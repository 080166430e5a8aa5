package fault

import (
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/match"
)

// Status answers an error in the provider's own dialect.
type Status struct {
	// HTTP is the status; zero: the one that the provider gives Word.
	HTTP int
	// Word is a [checkout.Code], or a code of the provider's own; "" is the provider's natural error
	// for the status, see [CodeFor].
	Word string
}

// Kind implements Action.
func (Status) Kind() string { return "status" }

var statusKind = kind{
	word: "status",
	compile: func(arg any, at []any) (Action, error) {
		status, err := integer(arg, at, http.StatusBadRequest, 599)
		if err != nil {
			return nil, match.Refused(at, arg, quoted(arg)+" is not the status of an error, from 400 to 599", nil)
		}
		return Status{HTTP: status}, nil
	},
	text: numberText,
	form: "status=500",
}

// CodeFor is the error that a dialect answers for a status, when nothing else is asked for.
//
// Source: RFC 9110, section 15.
func CodeFor(status int) checkout.Code {
	switch status {
	case http.StatusUnauthorized:
		return checkout.CodeUnauthorized
	case http.StatusPaymentRequired:
		return checkout.CodeDeclined
	case http.StatusForbidden:
		return checkout.CodeForbidden
	case http.StatusNotFound:
		return checkout.CodeNotFound
	case http.StatusConflict:
		return checkout.CodeConflict
	case http.StatusGone:
		return checkout.CodeExpired
	case http.StatusRequestEntityTooLarge:
		return checkout.CodeTooLarge
	case http.StatusUnsupportedMediaType:
		return checkout.CodeUnsupportedMedia
	case http.StatusTooManyRequests:
		return checkout.CodeRateLimited
	}
	if status >= http.StatusInternalServerError {
		return checkout.CodeInternal
	}
	return checkout.CodeRefused
}
