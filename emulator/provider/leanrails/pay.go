package leanrails

import (
	"cmp"
	"context"
	"fmt"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// intentParams is the body of a payment intent's creation; an update takes a part of it.
//
// Source: G1, create a payment intent; quickstart and testing for payment_method.
type intentParams struct {
	Amount             wire.Optional[int64]          `json:"amount"`
	Currency           wire.Optional[string]         `json:"currency"`
	CaptureMethod      wire.Optional[string]         `json:"capture_method"`
	ConfirmationMethod wire.Optional[string]         `json:"confirmation_method"`
	Customer           wire.Optional[string]         `json:"customer"`
	PaymentMethod      wire.Optional[string]         `json:"payment_method"`
	Description        wire.Optional[string]         `json:"description"`
	Metadata           wire.Optional[map[string]any] `json:"metadata"`
}

// createIntent makes a payment intent.
//
// Source: G1, quickstart: with a payment method it requires confirmation; G2, accept a payment: without
// one it requires that.
func createIntent(tx *sandbox.Tx, _ *api.Request, in intentParams) (any, error) {
	id := newID(tx, kindIntent, "pi_")
	it := &intent{
		ID: id, ClientSecret: newSecret(tx, kindIntentSecret, id), Status: intentNeedsMethod, Amount: in.Amount.Value,
		Currency: currencyOf(in.Currency.Value), Created: tx.Now().Unix(), Customer: in.Customer.Value, Method: in.PaymentMethod.Value,
		Manual: in.CaptureMethod.Value == captureManual, ConfirmedManually: in.ConfirmationMethod.Value == captureManual,
		Description: in.Description.Ptr(), Metadata: merged(nil, in.Metadata),
	}
	if it.Method != "" {
		it.Status = intentNeedsConfirm
	}
	tx.Put(catalogIntents, id, it)
	return newPaymentIntent(view(tx, it)), nil
}

// updateIntent changes what was sent.
//
// Source: G3, payments, update; G1 has no page of it.
// Assumed: amount, currency and customer can change until the payment is on its way, and not those of a
// session's intent, which are the session's.
func updateIntent(tx *sandbox.Tx, r *api.Request, in intentParams) (any, error) {
	old, err := intents().named(tx, r)
	if err != nil {
		return nil, err
	}
	it := *old
	if in.Amount.Set || in.Currency.Set || in.Customer.Set {
		if it.Status != intentNeedsMethod && it.Status != intentNeedsConfirm && it.Status != intentNeedsAction {
			return nil, it.stateFault("changed")
		}
		it.Amount, it.Currency = in.Amount.Or(it.Amount), currencyOf(in.Currency.Or(it.Currency))
	}
	if in.Customer.Set {
		it.Customer = in.Customer.Value
	}
	set(&it.Description, in.Description)
	it.Metadata = merged(it.Metadata, in.Metadata)
	tx.Put(catalogIntents, it.ID, &it)
	return newPaymentIntent(view(tx, &it)), nil
}

// intentFaults checks what a new or changed payment intent names.
func intentFaults(tx *sandbox.Tx, r *api.Request) (found []checkout.Violation) {
	it := find[intent](tx, catalogIntents, r.Param(paramID))
	for _, name := range []string{"amount", queryCurrency, "customer"} {
		if v := wire.Lookup(r.Body, []any{name}); v != nil && it != nil && it.Session != "" {
			found = append(found, *invalid([]any{name}, v, "is that of the CheckoutSession `"+it.Session+"`"))
		}
	}
	if id, ok := wire.Lookup(r.Body, []any{"customer"}).(string); ok && find[customer](tx, catalogCustomers, id) == nil {
		found = append(found, *unknown([]any{"customer"}, objectCustomer, id))
	}
	return append(found, methodFaults(r.Body)...)
}

// methodFaults checks what is to be paid with: a test payment method, or the test card.
//
// Assumed: other payment methods are unknown here; the number of a card that is none of the test cards is
// not repeated.
func methodFaults(body any) (found []checkout.Violation) {
	path := []any{"payment_method"}
	if id, ok := wire.Lookup(body, path).(string); ok {
		if _, known := provider.Find(instruments, id); !known {
			found = append(found, *unknown(path, objectMethod, id))
		}
	}
	path = []any{"payment_method_data", "card", "number"}
	if number, ok := wire.Lookup(body, path).(string); ok {
		if in, known := provider.Find(instruments, number); !known || in.Kind != provider.KindCard {
			found = append(found, *invalid(path, nil, "must be a test card, such as 4242 4242 4242 4242"))
		}
	}
	return found
}

// confirmParams is the body of a confirmation.
//
// Source: G2, confirm a payment intent; G3 for the members of payment_method_data.
type confirmParams struct {
	PaymentMethod     wire.Optional[string] `json:"payment_method"`
	PaymentMethodData struct {
		Type string `json:"type"`
		Card struct {
			Number   string `json:"number"`
			ExpMonth int64  `json:"exp_month"`
			ExpYear  int64  `json:"exp_year"`
			CVC      string `json:"cvc"`
		} `json:"card"`
	} `json:"payment_method_data"`
	PaymentMethodType wire.Optional[string] `json:"payment_method_type"`
	ReturnURL         wire.Optional[string] `json:"return_url"`
}

// confirm pays a payment intent with a payment method: the one sent, or the one it has. A payment that is
// refused is answered 402 and leaves the intent for another one.
//
// Source: G1, quickstart and testing; G2, error handling, for the refusal.
// Assumed: an intent that requires an action has it done by being confirmed once more without another
// payment method: nobody is there to prove who they are.
func (l *LeanRails) confirm(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[confirmParams](r)
	if err != nil {
		return api.Response{}, err
	}
	method := cmp.Or(in.PaymentMethod.Value, in.PaymentMethodData.Card.Number)
	var code string
	it, err := l.step(r, func(tx *sandbox.Tx, it *intent, rec *sandbox.Record) (checkout.Command, error) {
		code = ""
		out, err := it.attempt(method)
		if err != nil {
			return nil, err
		}
		r.DecidedByValue(out.By)
		code = declinedWith(out)
		if rec == nil || it.Status == intentNeedsAction && it.Manual && it.Session != "" {
			it.pay(tx, out)
			return nil, nil
		}
		return sessionCommand(rec, out), nil
	})
	if err == nil && code != "" {
		err = &checkout.Error{Code: checkout.CodeDeclined, Reason: code, Message: "the payment method is declined"}
	}
	return api.Response{Body: it}, err
}

// attempt is what becomes of confirming the intent with a method, "" for the one that it has.
func (it *intent) attempt(method string) (provider.Outcome, error) {
	switch {
	case it.Status == intentNeedsAction && method == "":
		return provider.Outcome{Command: checkout.Pay{}}, nil
	case it.Status != intentNeedsMethod && it.Status != intentNeedsConfirm && it.Status != intentNeedsAction:
		return provider.Outcome{}, it.stateFault("confirmed")
	case it.Status == intentNeedsAction && it.Session != "":
		return provider.Outcome{}, it.stateFault("confirmed with another payment method")
	case cmp.Or(method, it.Method) == "":
		return provider.Outcome{}, broken([]checkout.Violation{lacking("payment_method")})
	}
	return outcome(cmp.Or(method, it.Method))
}

// declinedWith is the decline code of an outcome; "" when it is not declined.
func declinedWith(out provider.Outcome) string {
	if c, ok := out.Command.(checkout.Decline); ok {
		return c.Code
	}
	return ""
}

// pay does what a payment does to an intent that stands by itself.
func (it *intent) pay(tx *sandbox.Tx, out provider.Outcome) {
	it.Method = cmp.Or(methodOf(out.By), it.Method)
	switch c := out.Command.(type) {
	case checkout.Decline:
		it.refuse(tx, c.Code)
	case checkout.Confirm:
		it.Status = intentNeedsAction
	default:
		if it.Manual {
			it.authorize(tx)
		} else {
			it.capture(tx, it.Amount)
		}
	}
}

// sessionCommand is what a payment does to the session of an intent.
func sessionCommand(rec *sandbox.Record, out provider.Outcome) checkout.Command {
	if rec.Session.Status == checkout.Confirmed {
		return checkout.Settle{}
	}
	return paying(rec.Session, out).Now()
}

// step changes the payment intent that the path names, and its session with it, and returns the intent as
// it is shown. do changes the copy that it is given; a command that it returns is given to the session,
// which the intent then follows.
func (l *LeanRails) step(r *api.Request, do func(tx *sandbox.Tx, it *intent, rec *sandbox.Record) (checkout.Command, error)) (shown any, err error) {
	change := func(tx *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		if found := l.faults(tx, r); len(found) > 0 {
			return nil, broken(found)
		}
		old, err := intents().named(tx, r)
		if err != nil {
			return nil, err
		}
		it := *old
		before := it.Status
		cmd, err := do(tx, &it, rec)
		if err != nil {
			return nil, err
		}
		tx.Put(catalogIntents, it.ID, &it)
		switch {
		case rec == nil:
			announce(tx, before, &it)
		case cmd == nil: // the session stays as it is
			cmd = checkout.Amend{Set: func(*checkout.Session) {}}
		}
		return cmd, nil
	}
	err = l.changing(r, change)
	r.Sandbox.View(func(tx *sandbox.Tx) {
		if it := find[intent](tx, catalogIntents, r.Param(paramID)); it != nil {
			shown = newPaymentIntent(view(tx, it))
		}
	})
	return shown, err
}

// changing runs change in the section of the intent's session, when it has one, else in one of its own.
func (l *LeanRails) changing(r *api.Request, change func(*sandbox.Tx, *sandbox.Record) (checkout.Command, error)) error {
	session := ""
	r.Sandbox.View(func(tx *sandbox.Tx) {
		if it := find[intent](tx, catalogIntents, r.Param(paramID)); it != nil {
			session = it.Session
		}
	})
	if session == "" {
		return r.Sandbox.Change(func(tx *sandbox.Tx) error {
			_, err := change(tx, nil)
			return err
		})
	}
	_, _, err := r.Sandbox.Edit(session, change)
	return err
}

// announce sends what the provider sends when an intent that stands by itself has been paid, or refused.
func announce(tx *sandbox.Tx, before string, it *intent) {
	switch {
	case it.Status == intentSucceeded && before != intentSucceeded:
		emit(tx, eventIntentSucceeded, nil, it)
	case it.Status == intentNeedsMethod && it.LastError != "":
		emit(tx, eventIntentFailed, nil, it)
	}
}

// captureParams is the body of a capture.
//
// Source: G3, payments, for the name; G1, capture a payment intent, for what it does.
type captureParams struct {
	AmountToCapture wire.Optional[int64] `json:"amount_to_capture"`
}

// capture takes the money that is held, all by default.
//
// Source: G1, capture a payment intent; G3, checkout: the session is complete then.
func (l *LeanRails) capture(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[captureParams](r)
	if err != nil {
		return api.Response{}, err
	}
	shown, err := l.step(r, func(tx *sandbox.Tx, it *intent, rec *sandbox.Record) (checkout.Command, error) {
		amount := in.AmountToCapture.Or(it.Amount)
		switch {
		case it.Status != intentNeedsCapture:
			return nil, it.stateFault("captured")
		case amount > it.Amount:
			return nil, broken([]checkout.Violation{*invalid([]any{"amount_to_capture"}, amount, fmt.Sprintf("must be at most %d, which is authorized", it.Amount))})
		case rec != nil:
			it.ToCapture = amount
			return checkout.Settle{}, nil
		}
		it.capture(tx, amount)
		return nil, nil
	})
	return api.Response{Body: shown}, err
}

// cancelParams is the body of a cancellation. Source: G3, payments.
type cancelParams struct {
	CancellationReason wire.Optional[string] `json:"cancellation_reason"`
}

// cancel ends a payment intent that was not paid; what is held is free again.
//
// Source: G3, payments: from any status but the final ones.
// Assumed: with the intent of a session its session expires, as an expired session cancels its intent.
func (l *LeanRails) cancel(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[cancelParams](r)
	if err != nil {
		return api.Response{}, err
	}
	shown, err := l.step(r, func(tx *sandbox.Tx, it *intent, rec *sandbox.Record) (checkout.Command, error) {
		if it.Status == intentSucceeded || it.Status == intentCanceled {
			return nil, it.stateFault("canceled")
		}
		it.cancel(tx, in.CancellationReason.Ptr())
		switch {
		case rec == nil:
			return nil, nil
		case rec.Session.Status == checkout.Confirmed:
			return checkout.Fail{}, nil
		}
		return checkout.Expire{}, nil
	})
	return api.Response{Body: shown}, err
}
