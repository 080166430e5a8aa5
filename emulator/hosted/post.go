package hosted

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// formAtMost is the largest form that is read, in bytes.
const formAtMost = 64 << 10

// Names of the form's own fields. All others are the dialect's.
const (
	fieldTicket   = "ticket"
	fieldAction   = "action"
	fieldNumber   = "card_number"
	fieldAfter    = "after"
	fieldWebhooks = "webhooks"
)

// Actions of the form.
const (
	actPay          = "pay"            // with the test card that was typed
	actSave         = "save"           // keep what was typed, for a page that depends on it
	actCancel       = "cancel"         //
	actPaid         = "paid"           // these play an outcome whatever was typed
	actDecline      = "decline:"       // with the code behind it
	actChallenge    = "challenge"      //
	actPendingPaid  = "pending-paid"   // in flight, then paid after the delay
	actPendingFail  = "pending-failed" //
	actPass         = "pass"           // the challenge
	actFailCheck    = "fail"           //
	actSettle       = "settle"         // the payment in flight
	actFailInFlight = "fail-in-flight" //
)

// delays are how long a pending payment takes, on the sandbox's clock; the first is the usual one.
var delays = []string{"10s", "1m0s", "1h0m0s", "24h0m0s"}

// answer is what a form came to.
type answer struct {
	location string // the browser is sent there; "" shows the page again
	status   int    // of the page that is shown again
	message  string
	faults   map[string]string // by field
	in       provider.Entries
}

// post handles a submission of the page's form, each rendering of it once.
func (v *visit) post(w http.ResponseWriter) {
	if !v.ownForm() {
		v.notice(w, http.StatusForbidden, notice{ID: "refused", Title: "This form did not come from this page", Text: "Open the checkout page itself and try again there."})
		return
	}
	v.req.Body = http.MaxBytesReader(w, v.req.Body, formAtMost)
	if err := v.req.ParseForm(); err != nil {
		v.notice(w, http.StatusBadRequest, notice{ID: "refused", Title: "The form cannot be read", Text: "It is broken or over 64 KiB."})
		return
	}
	ticket := v.req.PostForm.Get(fieldTicket)
	if !v.tickets.genuine(v.rec.Session.ID, ticket) {
		v.notice(w, http.StatusForbidden, notice{ID: "stale", Title: "This page is out of date", Text: "Nothing was paid. The server was started anew since the page was opened.", Link: v.at(""), LinkText: "Open it again"})
		return
	}
	u, first := v.tickets.claim(ticket)
	if !first {
		v.redirect(w, u.wait(v.req.Context()))
		return
	}
	if t := sandbox.Timing(v.req.PostForm.Get(fieldWebhooks)); slices.Contains(sandbox.Timings(), t) {
		v.timing = t
	}
	a := answer{}
	defer func() { u.finish(cmp.Or(a.location, v.at(""))) }()
	a = v.act(v.req.PostForm.Get(fieldAction), v.entries())
	defer v.release(w)
	if a.location != "" {
		v.redirect(w, a.location)
		return
	}
	v.show(w, v.stateOf(v.rec.Session.Status), a)
}

// release lets the webhooks go that wait for the answer, which is on its way then.
func (v *visit) release(w http.ResponseWriter) {
	if v.batch != nil {
		_ = http.NewResponseController(w).Flush()
		v.batch.Release()
	}
}

// ownForm tells whether a submission came from a page of this server. Programs that are not browsers
// send neither header.
func (v *visit) ownForm() bool {
	if site := v.req.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := v.req.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	own, _ := url.Parse(v.base)
	return err == nil && u.Host != "" && (u.Host == v.req.Host || own != nil && u.Host == own.Host)
}

// entries are the dialect's fields of the form. What was paid with is not one of them.
func (v *visit) entries() provider.Entries {
	in := provider.Entries{}
	for name, values := range v.req.PostForm {
		if !slices.Contains([]string{fieldTicket, fieldAction, fieldNumber, fieldAfter, fieldWebhooks}, name) {
			in[name] = values[0]
		}
	}
	return in
}

// edit gives the session the command that decide chooses, and looks at the session again.
func (v *visit) edit(decide func(*sandbox.Tx, *sandbox.Record) (checkout.Command, error)) error {
	var batch *sandbox.Batch
	_, _, err := v.box.Edit(v.rec.Session.ID, func(tx *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		batch = tx.Webhooks(v.timing)
		return decide(tx, rec)
	})
	if err != nil {
		return err
	}
	v.batch = batch
	batch.Wait(v.req.Context())
	v.refresh()
	return nil
}

// refresh looks at the session again.
func (v *visit) refresh() {
	if rec, err := v.box.Find(v.rec.Session.ID); err == nil {
		v.rec = rec
	}
}

// act does what a button asks for.
func (v *visit) act(action string, in provider.Entries) answer {
	code, declines := strings.CutPrefix(action, actDecline)
	switch {
	case declines && slices.Contains(v.p.DeclineCodes(), code):
		return v.do(nil, checkout.Decline{Code: code})
	case action == actPay:
		return v.pay(in)
	case action == actSave && v.page != nil:
		return v.save(in)
	case action == actPaid:
		return v.do(nil, checkout.Pay{})
	case action == actChallenge:
		return v.challenge(nil, v.challenging())
	case action == actPendingPaid, action == actPendingFail:
		return v.pend(action == actPendingFail)
	case action == actCancel:
		return v.cancel()
	case action == actPass, action == actFailCheck, action == actSettle, action == actFailInFlight:
		return v.end(action)
	}
	return answer{status: http.StatusUnprocessableEntity, message: "This page has no such button.", in: in}
}

// pay pays with the test instrument that was typed.
func (v *visit) pay(in provider.Entries) answer {
	if v.view(nil).Means == "" {
		return v.do(in, checkout.Pay{})
	}
	out, refusal := v.decide(v.req.PostForm.Get(fieldNumber))
	switch {
	case refusal != "":
		a := v.check(in)
		if a.faults == nil {
			a.faults = map[string]string{}
		}
		a.faults[fieldNumber] = refusal
		return a
	case out.Challenge:
		return v.challenge(in, out.Now())
	}
	return v.do(in, out.Now())
}

// errChecked ends a critical section that only wanted to know whether the entries are in order.
var errChecked = errors.New("checked")

// check says what is wrong with the entries, without using them.
func (v *visit) check(in provider.Entries) answer {
	err := v.edit(func(tx *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		if _, err := v.enter(tx, rec, in, true); err != nil {
			return nil, err
		}
		return nil, errChecked
	})
	if errors.Is(err, errChecked) {
		return answer{status: http.StatusUnprocessableEntity, message: faultsText, in: in}
	}
	return v.refused(err, in)
}

// enter returns the edit that keeps the entries; without entries it is nil.
func (v *visit) enter(tx *sandbox.Tx, rec *sandbox.Record, in provider.Entries, paying bool) (func(*checkout.Session), error) {
	if rec.Session.Status != checkout.Open {
		return nil, &checkout.Error{Code: checkout.CodeConflict, Status: rec.Session.Status, Message: "the session is no longer open"}
	}
	if in == nil || v.page == nil {
		return nil, nil
	}
	return v.page.Enter(tx, rec, in, paying)
}

// save keeps what the customer typed so far.
func (v *visit) save(in provider.Entries) answer {
	err := v.edit(func(tx *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		set, err := v.enter(tx, rec, in, false)
		return checkout.Update{Set: set}, err
	})
	if err != nil {
		return v.refused(err, in)
	}
	again := v.at("")
	if v.embed {
		again += "&again=1"
	}
	return answer{location: again}
}

// do gives the command of a payment to the session together with the entries, and sends the customer
// on. A refused payment keeps nothing of them: they stay in the form.
func (v *visit) do(in provider.Entries, cmd checkout.Command) answer {
	err := v.edit(func(tx *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		set, err := v.enter(tx, rec, in, true)
		return keeping(cmd, set), err
	})
	if err != nil {
		return v.refused(err, in)
	}
	if d, ok := cmd.(checkout.Decline); ok {
		return answer{status: http.StatusPaymentRequired, message: declinedText(d.Code), in: in}
	}
	return answer{location: v.next()}
}

// keeping adds an edit to the command of a payment. One that is confirmed and ends well at once is
// paid: all that it causes then belongs together.
func keeping(cmd checkout.Command, set func(*checkout.Session)) checkout.Command {
	switch c := cmd.(type) {
	case checkout.Pay:
		c.Set = both(set, c.Set)
		return c
	case checkout.Confirm:
		c.Set = both(set, c.Set)
		if c.Then != nil && c.Then.After == 0 && !c.Then.Fail {
			return checkout.Pay{Set: c.Set}
		}
		return c
	}
	return cmd
}

// both does one edit and then another; either may be nil.
func both(first, second func(*checkout.Session)) func(*checkout.Session) {
	if first == nil {
		return second
	}
	return func(s *checkout.Session) {
		first(s)
		if second != nil {
			second(s)
		}
	}
}

// next is where a customer goes after what they just did.
func (v *visit) next() string {
	if v.rec.Session.Status == checkout.Succeeded || !v.embed && v.landsInFlight() {
		return v.landing()
	}
	return v.at("")
}

func declinedText(code string) string {
	return fmt.Sprintf("The payment was declined: %s. You can try again.", words(code))
}

// words writes a code as words.
func words(code string) string { return strings.ReplaceAll(code, "_", " ") }

// challenge begins a payment that asks the customer to prove who they are. With a nil command nothing
// happens to the session before they do.
func (v *visit) challenge(in provider.Entries, cmd checkout.Command) answer {
	err := v.edit(func(tx *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		set, err := v.enter(tx, rec, in, true)
		if err == nil && cmd == nil {
			err = errChecked
		}
		return keeping(cmd, set), err
	})
	if err != nil && !errors.Is(err, errChecked) {
		return v.refused(err, in)
	}
	return answer{location: v.at(stepChallenge)}
}

// pend starts a payment that ends by itself later.
func (v *visit) pend(fails bool) answer {
	after, err := time.ParseDuration(v.req.PostForm.Get(fieldAfter))
	if err != nil || !slices.Contains(delays, after.String()) {
		after, _ = time.ParseDuration(delays[0])
	}
	then := &checkout.Outcome{After: after}
	if fails {
		then.Fail, then.DeclineCode = true, v.p.DeclineCodes()[0]
	}
	return v.do(nil, checkout.Confirm{Then: then})
}

// cancel turns the customer back.
func (v *visit) cancel() answer {
	err := v.edit(func(*sandbox.Tx, *sandbox.Record) (checkout.Command, error) { return checkout.Cancel{}, nil })
	if err != nil {
		return v.refused(err, nil)
	}
	if to := webURL(v.view(nil).CancelURL); to != "" {
		return answer{location: to}
	}
	return answer{status: http.StatusOK, message: "You turned back. The merchant named no page to return to, so the checkout is still here."}
}

// end passes or fails the challenge, or ends the payment that is in flight.
func (v *visit) end(action string) answer {
	code := v.view(nil).ChallengeCode
	if code == "" || action == actFailInFlight {
		code = v.p.DeclineCodes()[0]
	}
	passes := action == actPass || action == actSettle
	before := (action == actPass || action == actFailCheck) && v.challenging() == nil // the session is not in flight
	var cmd checkout.Command
	err := v.edit(func(*sandbox.Tx, *sandbox.Record) (checkout.Command, error) {
		switch {
		case before && passes:
			cmd = checkout.Pay{}
		case before:
			cmd = checkout.Decline{Code: code}
		case passes:
			cmd = checkout.Settle{}
		default:
			cmd = checkout.Fail{DeclineCode: code}
		}
		return cmd, nil
	})
	if err != nil {
		return v.refused(err, nil)
	}
	if _, declined := cmd.(checkout.Decline); declined {
		return answer{status: http.StatusPaymentRequired, message: declinedText(code)}
	}
	return answer{location: v.next()}
}

// faultsText introduces the faults that stand at their fields.
const faultsText = "Please look at the fields that are marked."

// refused turns an error of a command into an answer. A session that is no longer open is shown as it
// is: paid meanwhile in another tab, or expired.
func (v *visit) refused(err error, in provider.Entries) answer {
	code := codeOf(err)
	if code == checkout.CodeConflict || code == checkout.CodeExpired || code == checkout.CodeNotFound {
		return answer{location: v.at("")}
	}
	a := answer{status: http.StatusUnprocessableEntity, in: in, message: faultsText}
	var known *checkout.Error
	if errors.As(err, &known) {
		for _, f := range known.Violations {
			if a.faults == nil {
				a.faults = map[string]string{}
			}
			a.faults[joined(f.Path)] = f.Message
		}
		v.missing(a)
		if len(known.Violations) == 0 {
			a.message = known.Message
		}
	}
	return a
}

// missing adds the required fields without a value to the faults, where there are any, so that all
// stand there at once.
func (v *visit) missing(a answer) {
	if len(a.faults) == 0 || a.in == nil {
		return
	}
	var known *checkout.Error
	if errors.As(provider.Missing(v.view(a.in).Fields), &known) {
		for _, f := range known.Violations {
			if name := joined(f.Path); a.faults[name] == "" {
				a.faults[name] = f.Message
			}
		}
	}
}

func joined(path []any) string {
	steps := make([]string, len(path))
	for i, step := range path {
		steps[i] = fmt.Sprint(step)
	}
	return strings.Join(steps, ".")
}
