// Package webhook is what providers push to an application: endpoints, messages, how each provider
// signs and repeats them, and the one place that sends them over the network.
//
// Nothing here knows a provider: what differs between them is a [Policy], made by the dialect. When
// something is sent, in which order and how often is the sandbox's, on its clock.
package webhook

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Endpoint is where a provider sends its events: one registration. It is a value that is replaced as
// a whole; Events and Detail are never modified in place.
type Endpoint struct {
	ID       string
	Provider string
	Account  string   // the merchant whose events it gets; "": everybody's
	URL      string   // http or https
	Events   []string // the types it asked for, in the provider's words; empty: all
	Secret   string   // signs what is sent to it
	// Signature is how it does so, one of the policy's; "": as the secret itself says.
	Signature string
	// Description is the caller's own text.
	Description string
	// Disabled endpoints get nothing; what waited for them is dropped.
	Disabled  bool
	CreatedAt time.Time
	UpdatedAt time.Time // of the last change; CreatedAt until then
	// Configured endpoints come from the emulator's options: a reset keeps them.
	Configured bool
	// Detail is what only the dialect knows of it.
	Detail any
}

// Event is an event of a provider's own at the instant at which it happened.
type Event struct {
	checkout.Event
	Account string // the merchant it happened at; "" where there is none
	Object  string // id of the object that it is about
	Base    string // base URL of the emulator, for links
	// Triggered events were made on demand; see Message.
	Triggered bool
	// Subject is what the dialect took of its objects at that instant; it never changes. It is nil when
	// nobody listened and the dialect does not keep its events.
	Subject any

	saved atomic.Pointer[string]
}

// Saved is where the text is kept that snapshots have of the event, nil until one was made: an event does not change
// after it was recorded.
func (e *Event) Saved() *atomic.Pointer[string] { return &e.saved }

// Message is an event as it is sent: the same bytes at each attempt.
type Message struct {
	ID          string // of the event
	Type        string
	ContentType string // "": application/json
	Body        []byte
	// Triggered says that the event was made on demand, for a provider that marks those.
	Triggered bool
}

// Draw is where ids and secrets come from: the seed.
type Draw interface {
	UUID(kind string) string
	Token(kind, alphabet string, length int) string
	Bytes(kind string) [32]byte
}

// Policy is how a provider sends its events. Its functions must be pure. The zero value of each
// member is usable, unless it is said otherwise.
type Policy struct {
	// Types are the events that the provider has, in its words. Required.
	Types []string
	// Emits are those of Types that the emulator causes; nil: all of them.
	Emits []string
	// KeepEvents has the sandbox remember every event with its subject, for an API that shows them.
	KeepEvents bool
	// Mint completes an endpoint that was not made through the provider's own API: the id and the secret
	// when they are "", and the detail. Required when the provider sends anything.
	Mint func(d Draw, e *Endpoint)
	// Wants reports whether the endpoint gets events of that type of that account; nil: [Subscribed].
	Wants func(e *Endpoint, account, eventType string) bool
	// Format tells apart endpoints whose messages differ in their bodies; nil: all are the same.
	Format func(e *Endpoint) string
	// Envelope words an event as it is sent to endpoints of that format. It runs outside of the sandbox's
	// lock, once for each event and format. Nil: the provider pushes nothing.
	Envelope func(ev *Event, format string) Message
	// Sign returns the headers of one attempt at that instant: the signature, the user agent, whatever
	// else the provider sends. Required with Envelope.
	Sign func(m Message, e *Endpoint, at time.Time) http.Header

	// Signatures are the ways to sign among which an endpoint may choose; nil: there is one.
	Signatures []string
	// CheckSecret tells why what is sent to an endpoint cannot be signed as it asks; nil: it always can.
	CheckSecret func(e *Endpoint) error

	// Attempts is how often an event is sent at most; zero means once.
	Attempts int
	// Backoff is the time between the end of the n-th attempt, counted from 1, and the next one; nil means none.
	Backoff func(n int, r *rand.Rand) time.Duration
	// Timeout is how long an attempt may take, of real time; zero means [DefaultTimeout].
	Timeout time.Duration
	// Ordered holds an event back while an earlier one of the same endpoint is undelivered and younger
	// than this, on the sandbox's clock. Zero: no event waits for the repetitions of another.
	Ordered time.Duration
	// DisableAfter is how many events in a row must fail for good before the endpoint is disabled; zero
	// means that it never is.
	DisableAfter int
}

// DefaultTimeout is how long an attempt may take when the policy does not say.
const DefaultTimeout = 10 * time.Second

// Subscribed reports whether the endpoint asked for events of that type of that account: by name, by
// "*", or by naming none.
func Subscribed(e *Endpoint, account, eventType string) bool {
	if e.Account != "" && e.Account != account {
		return false
	}
	return len(e.Events) == 0 || slices.Contains(e.Events, eventType) || slices.Contains(e.Events, "*")
}

// Refuses tells why the endpoint's secret cannot be used as its signature asks, nil when it can. Without a
// secret it gets one that can.
func (p *Policy) Refuses(e *Endpoint) error {
	if p.CheckSecret == nil || e.Secret == "" {
		return nil
	}
	return p.CheckSecret(e)
}

// Sends reports whether e gets events of that type of that account now.
func (p *Policy) Sends(e *Endpoint, account, eventType string) bool {
	switch {
	case e.Disabled || p.Envelope == nil:
		return false
	case p.Wants != nil:
		return p.Wants(e, account, eventType)
	}
	return Subscribed(e, account, eventType)
}

// State is where a delivery stands.
type State string

// The states.
const (
	Pending   State = "pending"   // to be sent, or to be sent again
	Delivered State = "delivered" // the receiver has answered 2xx
	Failed    State = "failed"    // every attempt is used up
	Dropped   State = "dropped"   // never sent, or no longer
)

// States lists every state.
func States() []State { return []State{Pending, Delivered, Failed, Dropped} }

// Delivery is one event on its way to one endpoint, as it stood when it was asked for.
type Delivery struct {
	ID       string
	Endpoint string // id
	URL      string // of the endpoint
	Event    *Event // must not be modified
	State    State
	// Reason says why it was dropped, or held back or changed by the plan; "" when nothing is special.
	Reason    string
	CreatedAt time.Time // on the sandbox's clock, as NextAt
	Attempts  []Attempt // so far; must not be modified
	NextAt    time.Time // of the next attempt; zero when none is due
	Body      []byte    // as it is sent; nil before the first attempt
}

// Attempt is one request to an endpoint and what came of it.
type Attempt struct {
	ID       string
	N        int           // from 1
	At       time.Time     // on the sandbox's clock
	Status   int           // of the answer; zero when there was none
	Error    string        // why there was no answer; "" when there was one
	Duration time.Duration // real time
	Header   http.Header   // as sent
	Response Response
}

// Response is what is kept of a receiver's answer.
type Response struct {
	Header http.Header
	Body   []byte // at most [CaptureAtMost]
}

// OK reports whether the receiver took the event. Redirects are not followed and are no success.
func (a *Attempt) OK() bool { return a.Status >= 200 && a.Status < 300 }
