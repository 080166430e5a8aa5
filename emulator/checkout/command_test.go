package checkout

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func codeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestApply(t *testing.T) {
	reopen := Policy{LateFailure: Open}
	for _, tt := range []struct {
		from   Status
		cmd    Command
		policy Policy
		want   Status
		code   Code // "" is success
		events []EventType
	}{
		{from: Open, cmd: Pay{}, want: Succeeded, events: []EventType{SessionConfirmed, SessionSucceeded}},
		{from: Confirmed, cmd: Pay{}, want: Confirmed, code: CodeConflict},
		{from: Succeeded, cmd: Pay{}, want: Succeeded, code: CodeConflict},
		{from: Failed, cmd: Pay{}, want: Failed, code: CodeConflict},
		{from: Expired, cmd: Pay{}, want: Expired, code: CodeExpired},

		{from: Open, cmd: Confirm{}, want: Confirmed, events: []EventType{SessionConfirmed}},
		{from: Confirmed, cmd: Confirm{}, want: Confirmed, code: CodeConflict},
		{from: Expired, cmd: Confirm{}, want: Expired, code: CodeExpired},

		{from: Confirmed, cmd: Settle{}, want: Succeeded, events: []EventType{SessionSucceeded}},
		{from: Open, cmd: Settle{}, want: Open, code: CodeConflict},
		{from: Confirmed, cmd: Settle{Attempt: 9}, want: Confirmed, code: CodeConflict},

		{from: Confirmed, cmd: Fail{DeclineCode: "x"}, want: Failed, events: []EventType{SessionFailed}},
		{from: Confirmed, cmd: Fail{DeclineCode: "x"}, policy: reopen, want: Open, events: []EventType{SessionFailed}},
		{from: Open, cmd: Fail{}, want: Open, code: CodeConflict},

		{from: Open, cmd: Decline{Code: "x"}, want: Open, events: []EventType{PaymentDeclined}},
		{from: Succeeded, cmd: Decline{}, want: Succeeded, code: CodeConflict},

		{from: Open, cmd: Cancel{}, want: Open, events: []EventType{SessionCanceled}},
		{from: Confirmed, cmd: Cancel{}, want: Confirmed, code: CodeConflict},

		{from: Open, cmd: Expire{}, want: Expired, events: []EventType{SessionExpired}},
		{from: Confirmed, cmd: Expire{}, want: Confirmed, code: CodeConflict},
		{from: Expired, cmd: Expire{}, want: Expired, code: CodeExpired},

		{from: Open, cmd: Update{Set: func(s *Session) { s.Amount = 5 }}, want: Open, events: []EventType{SessionUpdated}},
		{from: Succeeded, cmd: Update{Set: func(s *Session) { s.Amount = 5 }}, want: Succeeded, code: CodeConflict},

		{from: Succeeded, cmd: Amend{Set: func(s *Session) { s.Status = Open }}, want: Succeeded, events: []EventType{SessionUpdated}},

		{from: Succeeded, cmd: Force{Status: Open}, want: Open, events: []EventType{SessionForced}},
	} {
		before := Session{Status: tt.from, UpdatedAt: t0.Add(-time.Hour)}
		got, eff, err := Apply(before, tt.cmd, tt.policy, t0)
		if got.Status != tt.want || codeOf(err) != tt.code {
			t.Errorf("Apply(%s, %T) = %s, %v; want %s, %q", tt.from, tt.cmd, got.Status, err, tt.want, tt.code)
		}
		if err != nil && (len(eff.Events) > 0 || !got.UpdatedAt.Equal(before.UpdatedAt)) {
			t.Errorf("Apply(%s, %T) failed and still caused %v at %s", tt.from, tt.cmd, eff.Events, got.UpdatedAt)
		}
		var types []EventType
		for _, e := range eff.Events {
			types = append(types, e.Type)
		}
		if !slices.Equal(types, tt.events) {
			t.Errorf("Apply(%s, %T) caused %v; want %v", tt.from, tt.cmd, types, tt.events)
		}
	}
}

func TestAllowedIsWhatApplyAccepts(t *testing.T) {
	want := map[Status][]string{
		Open:      {"pay", "decline", "confirm", "cancel", "expire", "force"},
		Confirmed: {"settle", "fail", "force"},
		Succeeded: {"force"},
		Failed:    {"force"},
		Expired:   {"force"},
	}
	for _, s := range Statuses() {
		if got := Allowed(Session{Status: s}, Policy{}); !slices.Equal(got, want[s]) {
			t.Errorf("Allowed(%s) = %v; want %v", s, got, want[s])
		}
	}
}

func TestConfirmSchedulesItsOwnOutcomeOnly(t *testing.T) {
	s, eff, err := Apply(Session{Status: Open}, Confirm{Then: &Outcome{After: time.Minute, Fail: true, DeclineCode: "late"}}, Policy{LateFailure: Open}, t0)
	if err != nil || len(eff.Later) != 1 || eff.Later[0].After != time.Minute {
		t.Fatalf("Confirm = %+v, %v; want one outcome after a minute", eff, err)
	}
	late := eff.Later[0].Command
	again, _, err := Apply(s, late, Policy{LateFailure: Open}, t0)
	if err != nil || again.Status != Open || again.DeclineCode != "late" {
		t.Fatalf("the outcome left %+v, %v; want open with its decline code", again, err)
	}
	second, _, _ := Apply(again, Confirm{}, Policy{}, t0)
	if _, _, err := Apply(second, late, Policy{}, t0); codeOf(err) != CodeConflict {
		t.Errorf("the first attempt's outcome ended the second attempt: %v", err)
	}
}

func TestCreateSetsTheDeadlineByPolicyUnlessNamed(t *testing.T) {
	for _, tt := range []struct {
		draft  time.Time
		policy Policy
		want   time.Time
	}{
		{time.Time{}, Policy{}, time.Time{}},
		{time.Time{}, Policy{Lifetime: time.Hour}, t0.Add(time.Hour)},
		{t0.Add(time.Minute), Policy{Lifetime: time.Hour}, t0.Add(time.Minute)},
	} {
		got, _ := Create(Session{ExpiresAt: tt.draft}, tt.policy, t0)
		if !got.ExpiresAt.Equal(tt.want) || got.Status != Open || !got.CreatedAt.Equal(t0) {
			t.Errorf("Create(%v, %v) = %+v; want open until %v", tt.draft, tt.policy, got, tt.want)
		}
	}
}

// Whatever is done to a session, what is final stays final and an open one was never paid.
func TestRandomCommandsKeepFinalStatesFinal(t *testing.T) {
	commands := []Command{Pay{}, Confirm{}, Settle{}, Fail{}, Decline{}, Cancel{}, Expire{}, Update{Set: func(*Session) {}}}
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		s, succeeded := Session{Status: Open}, 0
		for range 12 {
			next, eff, err := Apply(s, commands[r.IntN(len(commands))], Policy{LateFailure: Open}, t0)
			if err == nil && (s.Status == Succeeded || s.Status == Expired) {
				t.Fatalf("%s became %s", s.Status, next.Status)
			}
			for _, e := range eff.Events {
				if e.Type == SessionSucceeded {
					succeeded++
				}
			}
			s = next
		}
		if want := map[bool]int{true: 1, false: 0}[s.Status == Succeeded]; succeeded != want {
			t.Fatalf("a session that ends %s succeeded %d times", s.Status, succeeded)
		}
	}
}
