package checkout

import (
	"fmt"
	"time"
)

// Command asks for one change of a session. The commands of this package are the only ones.
type Command interface {
	// name is the word of the control API for the command.
	name() string
	apply(s Session, p Policy, now time.Time) (Session, Effects, error)
}

// Name is the control API's word for a command, such as "pay".
func Name(cmd Command) string { return cmd.name() }

// Effects is what a command caused beside the new session.
type Effects struct {
	Events []Event
	Later  []Scheduled
}

// Scheduled is a command to be given to the same session later.
type Scheduled struct {
	After   time.Duration // from the instant of the command that scheduled it
	Command Command
}

// Apply returns s after cmd and what cmd caused. On error s is unchanged and there are no effects;
// the error is an [*Error] with CodeConflict, or CodeExpired for an expired session.
func Apply(s Session, cmd Command, p Policy, now time.Time) (Session, Effects, error) {
	next, eff, err := cmd.apply(s, p, now)
	if err != nil {
		return s, Effects{}, err
	}
	next.UpdatedAt = now
	return next, eff, nil
}

// Create returns the draft as a new open session, made at now, with the event of its creation.
func Create(draft Session, p Policy, now time.Time) (Session, Effects) {
	draft.Status = Open
	draft.CreatedAt, draft.UpdatedAt = now, now
	if draft.ExpiresAt.IsZero() && p.Lifetime > 0 {
		draft.ExpiresAt = now.Add(p.Lifetime)
	}
	draft.ExpiresAt = draft.ExpiresAt.Truncate(time.Microsecond)
	return draft, happened(SessionCreated, now)
}

// Steps splits a command into the steps that a provider shows one by one: a payment is confirmed
// first and settled next.
func Steps(cmd Command) []Command {
	if pay, ok := cmd.(Pay); ok {
		return []Command{Confirm{Set: pay.Set}, Settle{}}
	}
	return []Command{cmd}
}

// Pay pays an open session at once: [Confirm] and [Settle] in one. [Steps] splits it.
type Pay struct {
	// Set, when not nil, edits the session with what came along with the payment. As in [Update].
	Set func(*Session)
}

func (Pay) name() string { return "pay" }

func (c Pay) apply(s Session, p Policy, now time.Time) (Session, Effects, error) {
	all := Effects{}
	for _, step := range Steps(c) {
		next, eff, err := step.apply(s, p, now)
		if err != nil {
			return s, Effects{}, illegal(s, "pay", p)
		}
		s, all.Events = next, append(all.Events, eff.Events...)
	}
	return s, all, nil
}

// Confirm starts a payment of an open session and leaves it in flight.
type Confirm struct {
	// Set, when not nil, edits the session with what came along with the payment. As in [Update].
	Set func(*Session)
	// Then ends the payment after a delay; nil leaves it in flight until a further command.
	Then *Outcome
}

// Outcome is how a payment in flight ends by itself.
type Outcome struct {
	After       time.Duration
	Fail        bool
	DeclineCode string // with Fail
}

func (Confirm) name() string { return "confirm" }

func (c Confirm) apply(s Session, p Policy, now time.Time) (Session, Effects, error) {
	if s.Status != Open {
		return s, Effects{}, illegal(s, "confirm", p)
	}
	if c.Set != nil {
		c.Set(&s)
	}
	s.Status = Confirmed
	s.Attempt++
	eff := happened(SessionConfirmed, now)
	if c.Then != nil {
		var end Command = Settle{Attempt: s.Attempt}
		if c.Then.Fail {
			end = Fail{Attempt: s.Attempt, DeclineCode: c.Then.DeclineCode}
		}
		eff.Later = []Scheduled{{After: c.Then.After, Command: end}}
	}
	return s, eff, nil
}

// Settle ends the payment in flight with success.
type Settle struct {
	// Attempt is the payment that is meant; zero is the one in flight, whichever it is.
	Attempt int
}

func (Settle) name() string { return "settle" }

func (c Settle) apply(s Session, p Policy, now time.Time) (Session, Effects, error) {
	if s.Status != Confirmed || c.Attempt != 0 && c.Attempt != s.Attempt {
		return s, Effects{}, illegal(s, "settle", p)
	}
	s.Status = Succeeded
	s.DeclineCode = ""
	return s, happened(SessionSucceeded, now), nil
}

// Fail ends the payment in flight with failure.
type Fail struct {
	Attempt     int // as in Settle
	DeclineCode string
}

func (Fail) name() string { return "fail" }

func (c Fail) apply(s Session, p Policy, now time.Time) (Session, Effects, error) {
	if s.Status != Confirmed || c.Attempt != 0 && c.Attempt != s.Attempt {
		return s, Effects{}, illegal(s, "fail", p)
	}
	s.Status = p.lateFailure()
	s.DeclineCode = c.DeclineCode
	return s, happened(SessionFailed, now), nil
}

// Decline refuses a payment of an open session on the spot; the session stays open.
type Decline struct {
	Code string         // the provider's decline code
	Set  func(*Session) // as in [Pay]
}

func (Decline) name() string { return "decline" }

func (c Decline) apply(s Session, p Policy, now time.Time) (Session, Effects, error) {
	if s.Status != Open {
		return s, Effects{}, illegal(s, "decline", p)
	}
	if c.Set != nil {
		c.Set(&s)
	}
	s.Attempt++
	s.DeclineCode = c.Code
	return s, happened(PaymentDeclined, now), nil
}

// Cancel is the customer turning back from an open session, which stays open.
type Cancel struct{}

func (Cancel) name() string { return "cancel" }

func (Cancel) apply(s Session, p Policy, now time.Time) (Session, Effects, error) {
	if s.Status != Open {
		return s, Effects{}, illegal(s, "cancel", p)
	}
	return s, happened(SessionCanceled, now), nil
}

// Expire ends an open session without payment.
type Expire struct{}

func (Expire) name() string { return "expire" }

func (Expire) apply(s Session, p Policy, now time.Time) (Session, Effects, error) {
	if s.Status != Open {
		return s, Effects{}, illegal(s, "expire", p)
	}
	s.Status = Expired
	return s, happened(SessionExpired, now), nil
}

// Update edits an open session.
type Update struct {
	// Set edits the copy it is given. It must be pure, and replace slices and maps, not modify them.
	Set func(*Session)
}

func (Update) name() string { return "update" }

func (c Update) apply(s Session, p Policy, now time.Time) (Session, Effects, error) {
	if s.Status != Open {
		return s, Effects{}, illegal(s, "update", p)
	}
	c.Set(&s)
	return s, happened(SessionUpdated, now), nil
}

// Amend edits what a provider lets change in any status, such as metadata.
type Amend struct {
	// Set edits as in [Update]. The status stays as it is, whatever Set does to it.
	Set func(*Session)
}

func (Amend) name() string { return "amend" }

func (c Amend) apply(s Session, _ Policy, now time.Time) (Session, Effects, error) {
	status := s.Status
	c.Set(&s)
	s.Status = status
	return s, happened(SessionUpdated, now), nil
}

// Force sets any status on purpose, for testing what cannot happen.
type Force struct{ Status Status }

func (Force) name() string { return "force" }

func (c Force) apply(s Session, _ Policy, now time.Time) (Session, Effects, error) {
	s.Status = c.Status
	return s, happened(SessionForced, now), nil
}

// Allowed lists the actions of the control API that s accepts now, in the order of the API.
func Allowed(s Session, p Policy) []string {
	var names []string
	for _, cmd := range []Command{Pay{}, Decline{}, Confirm{}, Settle{}, Fail{}, Cancel{}, Expire{}, Force{Status: s.Status}} {
		if _, _, err := cmd.apply(s, p, time.Time{}); err == nil {
			names = append(names, cmd.name())
		}
	}
	return names
}

func illegal(s Session, verb string, p Policy) error {
	code := CodeConflict
	if s.Status == Expired {
		code = CodeExpired
	}
	return &Error{Code: code, Message: fmt.Sprintf("cannot %s session %s: it is %s", verb, s.ID, s.Status), Status: s.Status}
}
