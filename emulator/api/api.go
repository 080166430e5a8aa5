// Package api is what an HTTP surface of the emulator is, without any framework: operations of an
// OpenAPI document, handlers that turn a request into a response, and errors in the surface's shape.
package api

import (
	"context"
	"net/http"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Surface is a set of HTTP operations described by an OpenAPI document.
type Surface interface {
	// Name is the folder, the path prefix and the configuration key, such as "polar".
	Name() string
	// Document is the OpenAPI 3.0.3 document, in YAML or JSON.
	Document() []byte
	// Handlers has exactly the document's operations, by operationId.
	Handlers() map[string]Handler
	// Problem renders any error in the surface's shape. It must be total. Errors are
	// *checkout.Error, *RouteError, or anything else for a fault of ours. r.Operation may be "". Where
	// the body tells the status it is checkout.Error.HTTP, if that is set.
	Problem(r *Request, err error) Response
}

// Handler decodes, acts, encodes. It sees no framework and writes no bytes.
type Handler func(ctx context.Context, r *Request) (Response, error)

// Authorizer is a surface that checks credentials. It is asked after routing and before the request
// is validated.
type Authorizer interface {
	Authorize(r *Request) error
}

// Guard is a surface that lets only some callers in. It is asked before anything else about every
// request, also one that no route takes; nothing is made for who is kept out, no sandbox either.
type Guard interface {
	Guard(r *Request) error
}

// Ruler is a surface with rules that its document cannot express. They run beside the document's, so
// that a request that breaks it has all of its faults named at once, in the answer and in the journal.
type Ruler interface {
	// Rules returns all faults of a request in which the given ones were found. Without such faults it
	// is not asked: then the handler sees to the rules.
	Rules(r *Request, found []checkout.Violation) []checkout.Violation
}

// Rewriter is a surface with aliases: it may turn the path of a request into another one before
// routing, and add headers to whatever is answered.
type Rewriter interface {
	Rewrite(path string) (to string, add http.Header)
}

// Finisher is a surface that adds to every response, errors included.
type Finisher interface {
	Finish(r *Request, resp *Response)
}

// Decliner is a surface that knows operations of its provider which are not emulated. They answer
// Problem with CodeNotEmulated and the reason.
type Decliner interface {
	Declined() []Declined
}

// Idempotent is a surface that replays answers by a key of the caller.
type Idempotent interface {
	// Idempotency returns how a request is recognised; with an empty Key.Key it is not. It is asked
	// after Authorize and validation, whose failures do not consume a key. An error, for a key that
	// is missing or unusable, is answered.
	Idempotency(r *Request) (Key, error)
	// Keeps reports whether an answer, errors included, is stored for replay.
	Keeps(resp Response) bool
	// Replayed marks an answer that is a replay.
	Replayed(resp *Response)
}

// Coded is a surface whose provider names errors by codes of its own. Faults can ask for them.
type Coded interface {
	// ErrorCodes has, for each of the provider's codes, the error that Problem renders with it.
	ErrorCodes() map[string]*checkout.Error
	// ErrorOf is the provider's natural error for a status, where that is not the one that the status
	// has by itself; else nil.
	ErrorOf(status int) *checkout.Error
}

// Key is a caller's idempotency key. The method, path, query and body of the request belong to it
// without being said.
type Key struct {
	Key   string        // as sent
	Scope string        // whose key it is: the credential
	Life  time.Duration // on the sandbox's clock
}

// Declined is a documented operation that is not emulated.
type Declined struct {
	Method string // "" is every method
	Path   string // with {name} for parameters
	Reason string // as the end of a sentence; with "yet" when it is only a matter of time
}

// Unrecorded is a surface whose requests are not the application's and stay out of the journal.
type Unrecorded interface{ Unrecorded() }

// BodyParser is a surface that reads bodies of other media types than JSON.
type BodyParser interface {
	// ParseBody returns the tree of a body; ok is false when it does not know the media type.
	ParseBody(media string, raw []byte) (tree any, ok bool, err error)
}

// Normalizer is a surface that reads more generously than its document says, as its provider's
// framework does: numbers sent as text, for example.
type Normalizer interface {
	// Normalize returns the parsed body as the provider reads it. It may change the tree.
	Normalize(operation string, body any) any
}

// RawBodies is a surface with operations whose bodies are large documents. They are handed over and
// answered as bytes: the schema is not looked at, in neither direction.
type RawBodies interface {
	// RawBody returns how many bytes a request's body may have; ok is false for other operations.
	RawBody(operation string) (atMost int64, ok bool)
}

// SecretHolder is a surface some of whose operations are keyed by a session's own secret or id, so
// that the caller need not choose a sandbox.
type SecretHolder interface {
	// SessionKey returns the id or client secret in the request, or "".
	SessionKey(r *Request) string
}

// Request is a request as a handler sees it.
type Request struct {
	Operation string // operationId; "" when no route matched
	Method    string
	Path      string // below the surface's prefix, after rewriting
	RawQuery  string
	Header    http.Header
	Host      string // as the caller wrote it, with the port
	Base      string // scheme and host of the emulator as the caller sees it, such as "http://localhost:4747"
	Prefix    string // path below which the surface is mounted, such as "/polar" or "/s/w1/polar"

	// Body is the parsed body, nil when there was none; Variant is the member of the body's union
	// that it fits, "" when it is no union.
	Body    any
	Variant string
	// Raw is the body as it was sent, of an operation of [RawBodies]; Body is then nil.
	Raw string
	// Query has the validated query parameters by name, in their types; absent ones are absent.
	Query map[string]any

	Sandbox *sandbox.Sandbox
	Grant   *Grant // of the credential; nil when none are configured

	// Strict refuses members of the body that no handler knows.
	Strict bool
	// Unread are the members of the body that no handler looked at.
	Unread [][]any
	// DecidedBy is the rule that decided the answer, in the order in which rules are asked:
	// "header:…" of a per-request override, "fault:…" with the id of an armed fault, [DecidedByReplay],
	// "magic:…" with the provider's own test value, else "" or [DecidedByState].
	DecidedBy string
	param     func(string) string
}

// DecidedByState says that an answer is what the sandbox's state and the request make it.
const DecidedByState = "state"

// DecidedByReplay says that an answer is one that was given before to the same idempotency key, whatever
// had decided that one.
const DecidedByReplay = "replay"

// decidedByMagic begins what names the magic value that decided an answer.
const decidedByMagic = "magic:"

// DecidedByValue says that a magic value decided the answer; "" is none.
func (r *Request) DecidedByValue(magic string) {
	if magic != "" {
		r.DecidedBy = decidedByMagic + magic
	}
}

// NewRequest returns an empty request whose path parameters are looked up by param.
func NewRequest(param func(string) string) *Request { return &Request{param: param} }

// Param returns a path parameter, unescaped; "" when there is none of that name.
func (r *Request) Param(name string) string {
	if r.param == nil {
		return ""
	}
	return r.param(name)
}

// Response is what a handler answers.
type Response struct {
	Status int // zero: 200
	Header http.Header
	// Body is encoded as JSON; json.RawMessage is sent as it is, nil sends no body.
	Body any
	// Text is sent instead of Body, with its ContentType, when that is not "".
	Text, ContentType string
	// Stream, when not nil, writes the body piece by piece until it returns or ctx ends. send
	// flushes each piece to the caller.
	Stream func(ctx context.Context, send func(piece []byte) error) error
	// Sent, when not nil, is called once when the response is on its way to the caller, or could not be
	// sent. It may be called again for a replay.
	Sent func()
}

// SetHeader sets a header of the response.
func (resp *Response) SetHeader(name, value string) {
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	resp.Header.Set(name, value)
}

// RouteError is a request that no operation takes.
type RouteError struct {
	Method, Path string
	Known        bool     // the path is known, the method is not
	Allow        []string // the methods of a known path
	Slash        string   // the path that would match with the trailing slash added or removed; or ""
	Nearest      string   // the operation that comes closest, such as "GET /v1/checkouts/{id}"
}

func (e *RouteError) Error() string {
	text := "no operation for " + e.Method + " " + e.Path
	if e.Nearest != "" {
		text += "; the nearest is " + e.Nearest
	}
	return text
}
