package webhook

import (
	"slices"
	"time"
)

// Do is what a step of a plan does to an event.
type Do string

// The steps.
const (
	DoDrop           Do = "drop"            // it is never sent
	DoDuplicate      Do = "duplicate"       // it is sent twice, with the same id and bytes
	DoDelay          Do = "delay"           // it is first sent after a delay; others overtake it
	DoReorder        Do = "reorder"         // it is sent after the next message to the same endpoint
	DoBadSignature   Do = "bad_signature"   // the signature is of the right form and does not fit
	DoStaleTimestamp Do = "stale_timestamp" // it is signed as of an hour ago
	DoTruncate       Do = "truncate"        // the second half of the body is missing
)

// Dos lists every step.
func Dos() []Do {
	return []Do{DoDrop, DoDuplicate, DoDelay, DoReorder, DoBadSignature, DoStaleTimestamp, DoTruncate}
}

// Step is one thing that a plan does: to the next event that matches, Times times.
type Step struct {
	Match Match
	Do    Do
	Delay time.Duration // of DoDelay
	Times int           // zero means once
}

// Match chooses events; what is "" is not looked at. With an endpoint the step is about what goes to
// that one, else about what goes to any.
type Match struct{ Provider, Type, Session, Endpoint string }

// Plan is a list of steps that are used up one after the other. The zero value does nothing.
type Plan struct{ steps []Step }

// NewPlan returns a plan of those steps.
func NewPlan(steps []Step) Plan {
	out := slices.Clone(steps)
	for i := range out {
		out[i].Times = max(out[i].Times, 1)
	}
	return Plan{out}
}

// Steps returns what has not been done yet.
func (p *Plan) Steps() []Step { return slices.Clone(p.steps) }

// Next returns what is to be done to an event that is about to be sent to those endpoints, and takes it
// off the plan. Only the first step is looked at: the next one begins when it is over.
func (p *Plan) Next(ev *Event, to []string) (Step, bool) {
	if len(p.steps) == 0 || len(to) == 0 || !p.steps[0].Match.fits(ev, to) {
		return Step{}, false
	}
	step := p.steps[0]
	if p.steps[0].Times--; p.steps[0].Times == 0 {
		p.steps = p.steps[1:]
	}
	return step, true
}

func (m Match) fits(ev *Event, to []string) bool {
	return (m.Provider == "" || m.Provider == ev.Provider) && (m.Type == "" || m.Type == string(ev.Type)) &&
		(m.Session == "" || m.Session == ev.Session) && (m.Endpoint == "" || slices.Contains(to, m.Endpoint))
}

// Covers reports whether the step is about what goes to that endpoint.
func (s Step) Covers(endpoint string) bool {
	return s.Match.Endpoint == "" || s.Match.Endpoint == endpoint
}
