package tilled

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// step moves a payment intent within a critical section. What it does is seen by others once it was put.
type step struct {
	tx *sandbox.Tx
	payment
	put     *payment          // what stands in the catalog now
	session *checkout.Session // whose step it is; nil outside of a session's
}

func stepOf(tx *sandbox.Tx, p *payment) *step { return &step{tx: tx, payment: *p, put: p} }

// keep puts the intent, as it is now, in the place of the old one.
func (st *step) keep() {
	st.UpdatedAt = st.tx.Now()
	st.Found = st.words()
	p := st.payment
	p.saved = new(atomic.Pointer[string])
	st.put = &p
	st.tx.Put(catalogIntents, p.ID, &p)
}

// words is what a search finds the intent by: names, and the last digits of what it is paid with.
//
// Source: vendor OpenAPI document, ListPaymentIntents.q.
// Assumed: names as they are when the intent changes.
func (st *step) words() string {
	var words []string
	if st.Customer != "" {
		if c := customerOf(st.tx, st.Account, st.Customer); c != nil {
			words = append(words, deref(c.FirstName), deref(c.LastName))
		}
	}
	if st.Method != "" {
		if m := methodByID(st.tx, st.Method); m != nil {
			words = append(words, m.words()...)
		}
	}
	return strings.ToLower(strings.Join(words, " "))
}

// emit records events about the intent as it stands in the catalog, or about its latest charge. A payment
// that succeeds makes its fee first.
func (st *step) emit(eventTypes ...string) {
	for _, eventType := range eventTypes {
		if eventType == eventIntentSucceeded {
			st.emitFee(eventFeeCreated)
		}
		var about *charge
		if strings.HasPrefix(eventType, "charge.") {
			about = &st.put.Charges[len(st.put.Charges)-1]
		}
		st.emitAbout(eventType, about, nil)
	}
}

func (st *step) emitAbout(eventType string, about *charge, back *refund) {
	p, e := st.put, st.emission(eventType)
	switch {
	case back != nil:
		e.Object = back.ID
	case about != nil:
		e.Object = about.ID
	}
	e.Subject = func(tx *sandbox.Tx) any {
		shown := pictureOf(tx, p)
		return &subject{Payment: p, Buyer: shown.buyer, With: shown.with, Charge: about, Refund: back}
	}
	st.tx.Emit(e)
}

// emission is an event about the intent; its subject is still to come.
func (st *step) emission(eventType string) sandbox.Emission {
	p := st.put
	e := sandbox.Emission{Type: eventType, ID: newID(st.tx, kindEvent, "evt_"), Provider: name, Account: p.Account, Session: st.session, Object: p.ID}
	if e.Session == nil && p.Session != "" {
		e.Session = &checkout.Session{ID: p.Session, Status: p.SessionStatus}
	}
	return e
}

// attempt returns the charge that is pending, or a new one.
func (st *step) attempt() *charge {
	now := st.tx.Now()
	st.Charges = slices.Clone(st.Charges)
	if n := len(st.Charges); n == 0 || st.Charges[n-1].Status != chargePending {
		st.Charges = append(st.Charges, charge{ID: newID(st.tx, kindCharge, "ch_"), Method: st.Method, CreatedAt: now})
		spend(st.tx, st.Method)
	}
	c := &st.Charges[len(st.Charges)-1]
	c.UpdatedAt, st.Failure = now, nil
	return c
}

// begin leaves a payment in flight.
func (st *step) begin() {
	st.attempt().Status = chargePending
	st.Status = intentProcessing
}

// succeed ends a payment with success and captures it.
func (st *step) succeed() {
	if st.paid() == nil { // forced twice it is paid once
		c := st.attempt()
		c.Status, c.Captured, c.CapturedAt = chargeSucceeded, st.Amount, st.tx.Now()
		st.takeFee(c)
	}
	st.Status = intentSucceeded
}

// hold ends a payment with success and leaves it to be captured.
func (st *step) hold() {
	st.attempt().Status = chargeSucceeded
	st.Status = intentNeedsCapture
}

// refuse ends a payment with a decline code.
//
// Assumed: another payment method is needed then, so that the refused one is not shown any more.
func (st *step) refuse(code string) {
	c := st.attempt()
	c.Status, c.Failure = chargeFailed, code
	st.Status, st.Method, st.Failure = intentNeedsMethod, "", &failure{Charge: c.ID, Code: code}
}

// charged returns the charge that succeeded, to be changed.
func (st *step) charged() *charge {
	st.Charges = slices.Clone(st.Charges)
	c := st.paid()
	c.UpdatedAt = st.tx.Now()
	return c
}

// capture takes what is held, or part of it; the rest goes back.
//
// Source: vendor OpenAPI document, PaymentIntentCaptureParams.amount_to_capture, Refund.reason.
func (st *step) capture(amount int64) {
	c := st.charged()
	c.Captured, c.CapturedAt = amount, st.tx.Now()
	st.takeFee(c)
	st.Status = intentSucceeded
	if rest := st.Amount - amount; rest > 0 {
		st.giveBack(rest, reasonPartialCapture, refundSucceeded, nil)
	}
}

// cancel ends the intent without payment. What is held goes back.
//
// Source: vendor OpenAPI document, Refund.reason, for a hold that runs out.
// Assumed: a hold that is canceled is refunded without a reason.
func (st *step) cancel(reason string) {
	held := st.Status == intentNeedsCapture
	if held {
		why := ""
		if reason == reasonAutomatic {
			why = reasonUncaptured
		}
		st.giveBack(st.Amount, why, refundSucceeded, nil)
	}
	st.Status, st.Canceled, st.Reason = intentCanceled, st.tx.Now(), reason
	st.keep()
	switch {
	case held && reason == reasonAutomatic:
		st.emit(eventChargeExpired)
	case held:
		st.emit(eventChargeRefunded)
	}
	st.emit(eventIntentCanceled)
}

// giveBack makes a refund of the charge that succeeded.
func (st *step) giveBack(amount int64, reason, status string, metadata map[string]string) *refund {
	c := st.charged()
	r := &refund{
		ID: newID(st.tx, kindRefund, "re_"), Account: st.Account, Intent: st.ID, Charge: c.ID, Method: c.Method, Amount: amount, Reason: reason,
		Status: status, Metadata: metadata, CreatedAt: st.tx.Now(), UpdatedAt: st.tx.Now(),
	}
	c.Refunds = append(slices.Clone(c.Refunds), r)
	st.tx.Put(catalogRefunds, r.ID, r)
	return r
}

// pay does with an intent of no session what the test values make of it, and returns the one that decided.
func (st *step) pay(m *method) (by string) {
	st.Method = m.ID
	code, by := verdict(st.Amount, m, st.tx.Now())
	switch {
	case m.bank():
		st.begin()
		st.keep()
		st.emit(eventChargePending, eventIntentProcessing)
		st.tx.Later(st.tx.Now().Add(clearing), sandbox.Task{Provider: name, Do: doSettle, Object: st.Charges[len(st.Charges)-1].ID})
	case code != "":
		st.refuse(code)
		st.keep()
		st.emit(eventChargeFailed, eventIntentFailed)
	case st.Manual:
		st.hold()
		st.keep()
		st.emit(eventChargeSucceeded, eventIntentCapturable)
		st.tx.Later(st.holdEnds(), sandbox.Task{Provider: name, Do: doExpire, Object: st.Charges[len(st.Charges)-1].ID})
	default:
		st.succeed()
		st.keep()
		st.emit(eventChargeSucceeded, eventIntentSucceeded)
	}
	return by
}

// holdLasts is how long a payment waits for its capture, from the creation of its intent.
//
// Source: vendor OpenAPI document, CapturePaymentIntent, "exactly 7 days after they are created".
// Assumed: of an intent that is older than that, from the payment.
const holdLasts = 7 * 24 * time.Hour

func (st *step) holdEnds() time.Time {
	if end := st.CreatedAt.Add(holdLasts); end.After(st.tx.Now()) {
		return end
	}
	return st.tx.Now().Add(holdLasts)
}

// Tasks on the sandbox's clock, as a move of the clock tells them.
const (
	doSettle = "settle" // of a charge or a refund
	doExpire = "expire" // of a charge that is held
)

// due does a task that is still to be done.
func due(tx *sandbox.Tx, t sandbox.Task) {
	if r, ok := tx.Get(catalogRefunds, t.Object).(*refund); ok {
		settleRefund(tx, r)
		return
	}
	p, ok := tx.By(catalogIntents, t.Object).(*payment)
	if !ok {
		return
	}
	st := stepOf(tx, p)
	switch {
	case t.Do == doSettle && p.Status == intentProcessing && p.Charges[len(p.Charges)-1].ID == t.Object:
		st.succeed()
		st.keep()
		st.emit(eventChargeSucceeded, eventIntentSucceeded)
	case t.Do == doExpire && p.Status == intentNeedsCapture:
		st.cancel(reasonAutomatic)
	}
}

// verdict is the decline code of a payment, "" when it goes through, and the magic value that decided.
//
// Source: docs.tilled.com, testing: the amounts concern cards only.
// Assumed: a card that is past its month is declined.
func verdict(amount int64, m *method, now time.Time) (code, by string) {
	if m.bank() {
		return "", ""
	}
	if code, ok := declinedAmount(amount); ok {
		return code, amountText(amount)
	}
	if c := m.Object.Card; c != nil && c.expired(now) {
		return "expired_card", ""
	}
	if amount == disputed {
		by = amountText(amount)
	}
	return "", by
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
