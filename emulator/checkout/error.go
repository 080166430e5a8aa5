package checkout

import (
	"fmt"
	"strconv"
	"time"
)

// Code is the kind of an error. The set is closed; every dialect answers each of them.
type Code string

// The codes, from the caller's faults to ours.
const (
	CodeMalformed        Code = "malformed"         // the body is not JSON
	CodeUnsupportedMedia Code = "unsupported_media" // the body is declared as something else than JSON
	CodeTooLarge         Code = "too_large"         // the body is over the limit
	CodeInvalid          Code = "invalid"           // the request breaks the document: see Violations
	CodeRefused          Code = "refused"           // a business rule refuses it: see Violations
	CodeUnauthorized     Code = "unauthorized"      // no or unusable credential
	CodeForbidden        Code = "forbidden"         // a credential that may not do this
	CodeNotFound         Code = "not_found"
	CodeConflict         Code = "conflict"   // not in this status
	CodeExpired          Code = "expired"    // not any more
	CodeDeclined         Code = "declined"   // the payment was refused
	CodeKeyReused        Code = "key_reused" // the idempotency key belongs to another request
	CodeKeyInUse         Code = "key_in_use" // the first request with the idempotency key still runs
	CodeRateLimited      Code = "rate_limited"
	CodeNotEmulated      Code = "not_emulated" // documented, but not served here
	CodeInternal         Code = "internal"
)

// Codes lists every code.
func Codes() []Code {
	return []Code{
		CodeMalformed, CodeUnsupportedMedia, CodeTooLarge, CodeInvalid, CodeRefused, CodeUnauthorized,
		CodeForbidden, CodeNotFound, CodeConflict, CodeExpired, CodeDeclined, CodeKeyReused, CodeKeyInUse, CodeRateLimited,
		CodeNotEmulated, CodeInternal,
	}
}

// Error is the only error that dialects have to tell apart. Its text is for the log; what the
// caller reads is the dialect's.
type Error struct {
	Code    Code
	Message string
	// Reason is the dialect's own finer word, for example the name of the provider's error class.
	Reason string
	// Status is the session's, with CodeConflict and CodeExpired.
	Status Status
	// Allowed lists the words that would have been accepted.
	Allowed []string
	// Violations are all faults of the request, with CodeMalformed, CodeInvalid and CodeRefused.
	Violations []Violation
	// HTTP is the status that is answered instead of the dialect's own; zero: the dialect's. Only
	// injected errors have one.
	HTTP int
	// Rate is told with CodeRateLimited; nil: what the dialect tells by itself.
	Rate *Rate
}

// Rate is a rate limit that was reached.
type Rate struct {
	Limit int           // requests in a window; zero: the dialect's own
	Reset time.Duration // until the next window; zero: the dialect's own
}

// Seconds is the time until the next window in whole seconds, rounded up as Retry-After has it; "" when
// there is none of its own.
//
// Source: RFC 9110, section 10.2.3.
func (r *Rate) Seconds() string {
	if r == nil || r.Reset <= 0 {
		return ""
	}
	return strconv.FormatInt(int64((r.Reset+time.Second-1)/time.Second), 10)
}

func (e *Error) Error() string {
	if e.Message == "" {
		return string(e.Code)
	}
	return e.Message
}

// Rules of a [Violation]: the keyword of the schema that was broken.
const (
	RuleJSON        = "json"     // broken JSON: Limit is the offset in bytes (int64)
	RuleRequired    = "required" // Path names the missing member
	RuleType        = "type"     // Want is the type
	RuleNull        = "nullable" // null where Want is the type
	RuleEnum        = "enum"     // Allowed has the values
	RuleMinimum     = "minimum"  // Limit is the bound, as float64
	RuleMaximum     = "maximum"
	RuleAbove       = "exclusiveMinimum"
	RuleBelow       = "exclusiveMaximum"
	RuleMultipleOf  = "multipleOf"
	RuleMinLength   = "minLength" // Limit is the bound, as float64
	RuleMaxLength   = "maxLength"
	RuleMinItems    = "minItems"
	RuleMaxItems    = "maxItems"
	RuleUniqueItems = "uniqueItems"
	RuleMinMembers  = "minProperties"
	RuleMaxMembers  = "maxProperties"
	RulePattern     = "pattern"    // Want is the pattern
	RuleFormat      = "format"     // Want is the format's name
	RuleUnknown     = "properties" // Path names the member nobody knows
	RuleNUL         = "nul"        // a string holds U+0000
	RuleUnion       = "anyOf"      // no member of a nested union fits
	RuleUnreadable  = "unreadable" // well-formed, but outside of what the emulator can hold
	InBody          = "body"
	InQuery         = "query"
	InPath          = "path"
	InHeader        = "header"
)

// Violation is one fault of a request.
type Violation struct {
	In string // InBody, InQuery, InPath or InHeader
	// Variant is the member of the body's union that was tried; "" when the body is no union.
	Variant string
	// Path leads to the value: string keys and int indexes. Empty: the whole body.
	Path []any
	// Rule is one of the Rule constants, or a dialect's own word.
	Rule    string
	Want    string
	Limit   any
	Allowed []any
	Value   any    // as sent; json.Number for numbers; nil when missing
	Message string // what the caller reads, when a dialect decided it; else "" or a reason for the log
}

// LimitText is the bound as people write it: 100, not 1e+02.
func (v Violation) LimitText() string {
	if f, ok := v.Limit.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v.Limit)
}
