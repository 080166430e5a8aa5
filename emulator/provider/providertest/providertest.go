// Package providertest is the conformance suite: what every dialect must do, whatever its wire. A
// dialect's test describes itself with a [Subject] and calls [Run].
//
// Subtests carry the number of the requirement they show, as the product's list numbers them.
package providertest

import (
	"context"
	"fmt"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/openapi"
)

// Call is one request to the provider's API.
type Call struct {
	Method, Path string // below the provider's base URL, with the query
	Body         string // JSON; "" sends none
	Header       map[string]string
}

// Subject describes a dialect to the suite.
type Subject struct {
	Name string
	New  func(provider.Options) (provider.Provider, error)
	// Header goes with every call that names none of its own: the credential.
	Header map[string]string

	// Create makes an open session that can be paid; n makes its metadata tell it from others.
	Create func(n int) Call
	// Get reads a session by id. List asks for one page.
	Get  func(id string) Call
	List Paging
	// Echo are the members of Create's body that must come back under the same name.
	Echo []string
	// Native is the provider's status after each step.
	Native Native
	// Illegal is a call that the provider refuses on a session in a final status.
	Illegal func(id string) Answer
	// Further are other calls about a session, such as those of its customer's browser, from what its
	// creation answered. Whatever status the session is in, they are answered below 500. Nil is none.
	Further func(made map[string]any) []Call
	// Expires says how to make a session that ends by itself; without Create none does.
	Expires Expiry
	// Unknown are calls that name something that does not exist, with the provider's answers.
	Unknown []Answer
	// Faulty is a call with several faults, and a word of each that the answer must hold.
	Faulty Faulty
	// RefusesUnknown says that the provider refuses members that it does not know, of its own accord.
	RefusesUnknown bool
	// KeyHeader is the header of the provider's idempotency keys; "" when it has none.
	KeyHeader string
	// Payments are what becomes of a payment with each of the provider's test instruments; nil when it
	// has none.
	Payments []Payment
	// Decided is a call of the provider's own API whose answer a magic value decides, and which; ask makes
	// what it needs. Nil where Payments is.
	Decided func(ask func(Call) map[string]any) (c Call, by string)
	// Auth are calls with other credentials, and their answers.
	Auth []Answer
	// WithKey are the headers of a call whose credential is the given key, as the provider takes keys.
	WithKey func(key string) map[string]string
	// Declined is a documented call that is not emulated.
	Declined Call
	// Lost is a call to a path that does not exist, close to a route: what is answered, and which
	// route the journal names.
	Lost    Answer
	Nearest string
	// Embedded makes a session with a client secret, where Create makes one without; and BySecret are calls
	// that carry a client secret instead of a key. Without them there are no client secrets.
	Embedded Call
	BySecret func(secret string) []Call
	// Bad are calls with bad input of every kind; each must be answered below 500.
	Bad []Answer
}

// Native are the provider's words for where a session stands.
type Native struct {
	Field                          string // the member that holds it
	Open, Paid, Declined, Canceled string
	InFlight, FailedLate, Expired  string
	DeclineCode                    string // one of the provider's
}

// Expiry is a call that makes a session with a deadline, and how long after creation that is.
type Expiry struct {
	// Create gets the present of the sandbox's clock and the instant of the deadline in RFC 3339.
	Create func(now, deadline string) Call
	// Seconds until the deadline. The dialect's own lifetime, or what Create asks for.
	Seconds int
}

// Paging is how the provider's list is read.
type Paging struct {
	// Page asks for the page after the given one; nil asks for the first. It returns false when the
	// given page was the last.
	Page func(last map[string]any) (Call, bool)
	// Items is the member of the envelope that holds the sessions.
	Items string
	// NewestFirst is the order of Page.
	NewestFirst bool
	// Shifts says that sessions added meanwhile push others to the next page, as the provider's
	// offsets do, so that one may be seen again. None may be missed.
	Shifts bool
}

// Answer is a call and what must come back.
type Answer struct {
	Name   string // of the case; "" is the path
	Call   Call
	Status int
	Body   string // the whole body, byte for byte; "" is any
	Has    string // part of the body; "" is none
}

// Payment is what becomes of a session that is paid with a test instrument.
type Payment struct {
	With    string          // the instrument
	Session Call            // that makes the session; zero: the subject's
	Status  checkout.Status // of the session right after
	Code    string          // decline code; "" when it is not declined
	By      string          // the magic value that decides; "" is With, api.DecidedByState is none
	Events  []string        // beside the creation; nil: those of the status
}

// Faulty is a call with several faults.
type Faulty struct {
	Call   Call
	Status int
	Words  []string // that the answer must hold
	// Pointers of faults that only the dialect's own rules find: the journal must have them, too.
	Pointers []string
}

// Run checks a dialect.
func Run(t *testing.T, s Subject) {
	t.Run("document", func(t *testing.T) { document(t, s) })
	t.Run("01 round trip", s.in(roundTrip))
	t.Run("02 pay by one control call", s.in(pay))
	t.Run("02 paid at once by many is paid once", s.in(paidByMany))
	t.Run("03 every decline code is kept", s.in(declineCodes))
	t.Run("03 fail and cancel by control call", s.in(failAndCancel))
	t.Run("04 illegal transitions", s.in(illegal))
	t.Run("04 in flight", s.in(inFlight))
	t.Run("04 every forced status", s.in(forced))
	t.Run("05 expiry once", s.in(expiry))
	t.Run("06 nothing fake succeeds silently", s.in(nothingFake))
	t.Run("09 events on demand", s.in(eventsOnDemand))
	t.Run("11 fail the next and then work", s.in(failTheNext))
	t.Run("11 errors on demand", s.in(errorsOnDemand))
	t.Run("12 broken connections", s.in(brokenConnections))
	t.Run("13 faults that name nothing", s.in(faultsThatNameNothing))
	t.Run("14 who decided", s.in(whoDecided))
	t.Run("14 faults before magic values", s.in(faultOverMagic))
	t.Run("14 magic values", s.in(magicValues))
	t.Run("15 same seed same bytes", func(t *testing.T) { sameBytes(t, s) })
	t.Run("16 catalog", func(t *testing.T) { catalog(t, s) })
	t.Run("17 sandboxes are isolated", s.in(isolated))
	t.Run("18 snapshot and restore", s.in(restored))
	t.Run("19 hosted page", s.in(hostedPage))
	t.Run("23 all faults at once", s.in(allFaults))
	t.Run("24 fields nobody read", func(t *testing.T) { unreadFields(t, s) })
	t.Run("25 pagination", s.in(pagination))
	t.Run("26 idempotency", s.in(idempotency))
	t.Run("27 auth", s.in(auth))
	t.Run("27 unknown keys", func(t *testing.T) { unknownKeys(t, s) })
	t.Run("27 live keys are refused", func(t *testing.T) { liveKeys(t, s) })
	t.Run("28 every error is documented", func(t *testing.T) { errorsAreDocumented(t, s) })
	t.Run("29 journal", s.in(journal))
	t.Run("29 delivery attempts", s.in(deliveryAttempts))
	t.Run("29 no secrets in the journal", func(t *testing.T) { noSecrets(t, s) })
	t.Run("30 verify", s.in(verifying))
	t.Run("bad input", s.in(badInput))
}

func (s Subject) in(check func(*testing.T, *world)) func(*testing.T) {
	return func(t *testing.T) { check(t, newWorld(t, s)) }
}

// document checks what booting does not: the document itself, and that statuses are all named.
func document(t *testing.T, s Subject) {
	p, doc := s.load(t)
	if err := doc.Verify(context.Background()); err != nil {
		t.Error(err)
	}
	for _, status := range checkout.Statuses() {
		if p.Status(status) == "" {
			t.Errorf("the status %s has no word of the provider", status)
		}
	}
	if len(p.DeclineCodes()) == 0 || p.Example() == "" {
		t.Error("there is no decline code or no example credential")
	}
	if _, err := s.New(provider.Options{Profile: "no such vintage"}); err == nil {
		t.Error("an unknown profile was accepted")
	}
}

func (s Subject) load(t *testing.T) (provider.Provider, *openapi.Document) {
	t.Helper()
	p, err := s.New(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi.Load(s.Name+".yaml", p.Document(), openapi.Whole)
	if err != nil {
		t.Fatal(err)
	}
	return p, doc
}

// errorsAreDocumented renders every kind of error for every operation: the answer must be one that
// the document declares.
func errorsAreDocumented(t *testing.T, s Subject) {
	p, doc := s.load(t)
	var all []error
	for _, code := range checkout.Codes() {
		all = append(all,
			&checkout.Error{Code: code},
			&checkout.Error{Code: code, Message: "m", Reason: "r", Status: checkout.Expired, Violations: everyRule()})
	}
	all = append(all, fmt.Errorf("something of ours"))
	for _, op := range doc.Operations() {
		for _, err := range all {
			r := api.NewRequest(func(string) string { return "x" })
			r.Operation, r.Method, r.Path = op.ID, op.Method, op.Path
			resp := p.Problem(r, err)
			if err := check(op, resp); err != nil {
				t.Errorf("%#v: %v", err, err)
			}
		}
	}
}

func everyRule() []checkout.Violation {
	var out []checkout.Violation
	for _, rule := range []string{
		checkout.RuleJSON, checkout.RuleRequired, checkout.RuleType, checkout.RuleNull, checkout.RuleEnum, checkout.RuleMinimum,
		checkout.RuleMaximum, checkout.RuleAbove, checkout.RuleBelow, checkout.RuleMultipleOf, checkout.RuleMinLength,
		checkout.RuleMaxLength, checkout.RuleMinItems, checkout.RuleMaxItems, checkout.RuleUniqueItems, checkout.RuleMinMembers,
		checkout.RuleMaxMembers, checkout.RulePattern, checkout.RuleFormat, checkout.RuleUnknown, checkout.RuleNUL,
		checkout.RuleUnion, checkout.RuleUnreadable, "a dialect's own",
	} {
		for _, in := range []string{checkout.InBody, checkout.InQuery, checkout.InPath, checkout.InHeader} {
			out = append(out,
				checkout.Violation{In: in, Rule: rule},
				checkout.Violation{In: in, Rule: rule, Path: []any{"a", 0, "b"}, Want: "integer", Limit: 5.0, Allowed: []any{"x", 1}, Value: "v", Message: "m"})
		}
	}
	return out
}
