package tilled

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// errOtherWay says that an intent has to be moved with its session, or without one, other than it looked.
var errOtherWay = errors.New("the checkout session of the payment intent has ended or begun meanwhile")

// move changes an intent of the account: alone within a section, or as its open session is moved by the
// command that lead chooses. A session that ends at the same moment is seen.
func move(r *api.Request, alone func(*step) error, lead func(*step) (checkout.Command, error)) (api.Response, error) {
	var moved picture
	var err error
	for range 2 {
		if moved, err = moveOnce(r, alone, lead); !errors.Is(err, errOtherWay) {
			break
		}
	}
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusCreated, Body: newPaymentIntent(moved)}, nil
}

func moveOnce(r *api.Request, alone func(*step) error, lead func(*step) (checkout.Command, error)) (moved picture, err error) {
	var p *payment
	r.Sandbox.View(func(tx *sandbox.Tx) { p, err = intentOf(tx, accountOf(r.Header), r.Param("id")) })
	if err != nil {
		return moved, err
	}
	if p.Session != "" && p.SessionStatus == checkout.Open {
		_, _, err := r.Sandbox.Edit(p.Session, func(tx *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
			st := stepOf(tx, intentByID(tx, p.ID))
			if rec.Session.Status != checkout.Open {
				return nil, errOtherWay
			}
			return lead(st)
		})
		if err != nil {
			return moved, err
		}
		r.Sandbox.View(func(tx *sandbox.Tx) { moved = pictureOf(tx, intentByID(tx, p.ID)) })
		return moved, nil
	}
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		st := stepOf(tx, intentByID(tx, p.ID))
		if st.Session != "" && st.SessionStatus == checkout.Open {
			return errOtherWay
		}
		if err := alone(st); err != nil {
			return err
		}
		moved = pictureOf(tx, st.put)
		return nil
	})
	return moved, err
}

// confirmable returns the payment method that the intent is paid with: the one that is named, else its own.
func (st *step) confirmable(id string) (*method, error) {
	if st.Status != intentNeedsMethod && st.Status != intentNeedsConfirm {
		return nil, stateRefusal(&st.payment, intentNeedsMethod, intentNeedsConfirm)
	}
	if id == "" {
		id = st.Method
	}
	if id == "" {
		return nil, refusal("payment_method_id is needed to confirm a Payment Intent that has no payment method.")
	}
	m, err := methodOf(st.tx, st.Account, id)
	if err != nil {
		return nil, err
	}
	if err := usable(&st.payment, m); err != nil {
		return nil, err
	}
	st.use(m)
	return m, nil
}

// confirmIntent pays an intent. The intent of a checkout session pays the session.
//
// Source: vendor OpenAPI document, ConfirmPaymentIntent.
// Assumed: a decline is answered as the intent; a session whose intent is paid is complete.
func (t *Tilled) confirmIntent(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[struct {
		PaymentMethodID string `json:"payment_method_id"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	var by string
	resp, err := move(r, func(st *step) error {
		m, err := st.confirmable(in.PaymentMethodID)
		if err == nil {
			by = st.pay(m)
		}
		return err
	}, func(st *step) (checkout.Command, error) {
		m, err := st.confirmable(in.PaymentMethodID)
		if err != nil {
			return nil, err
		}
		var cmd checkout.Command
		cmd, by = st.lead(m)
		return cmd, nil
	})
	if err == nil {
		r.DecidedByValue(by)
	}
	return resp, err
}

// lead has the session of the intent paid with a method, and returns the command that does.
func (st *step) lead(m *method) (cmd checkout.Command, by string) {
	st.keep()
	set := func(*checkout.Session) {}
	if c := customerOf(st.tx, st.Account, st.Customer); c != nil {
		buyer := checkout.Customer{ID: c.ID, Email: deref(c.Email), Name: c.fullName()}
		set = func(s *checkout.Session) {
			if s.Customer.ID == "" {
				s.Customer = buyer
			}
		}
	}
	code, by := verdict(st.Amount, m, st.tx.Now())
	switch {
	case m.bank():
		return checkout.Confirm{Set: set, Then: &checkout.Outcome{After: clearing}}, by
	case code != "":
		return checkout.Decline{Code: code}, by
	}
	return checkout.Pay{Set: set}, by
}

// captureIntent takes the payment that is held, or part of it.
//
// Source: vendor OpenAPI document, CapturePaymentIntent.
func (t *Tilled) captureIntent(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[struct {
		AmountToCapture   *int64 `json:"amount_to_capture"`
		PlatformFeeAmount *int64 `json:"platform_fee_amount"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	capture := func(st *step) error {
		if st.Status != intentNeedsCapture {
			return stateRefusal(&st.payment, intentNeedsCapture)
		}
		amount := amountOr(in.AmountToCapture, st.Amount)
		if amount > st.Amount {
			return refusal(fmt.Sprintf("amount_to_capture (%d) must not be greater than the amount (%d).", amount, st.Amount))
		}
		if in.PlatformFeeAmount != nil {
			st.PlatformFee = in.PlatformFeeAmount
		}
		st.PlatformFee = capped(st.PlatformFee, amount)
		st.capture(amount)
		st.keep()
		st.emit(eventChargeCaptured)
		if amount < st.Amount {
			st.emit(eventChargeRefunded)
		}
		st.emit(eventIntentSucceeded)
		return nil
	}
	return move(r, capture, func(st *step) (checkout.Command, error) { return nil, stateRefusal(&st.payment, intentNeedsCapture) })
}

// cancelIntent ends an intent without payment. A checkout session whose intent is canceled expires.
//
// Source: vendor OpenAPI document, CancelPaymentIntent.
// Assumed: what becomes of the session.
func (t *Tilled) cancelIntent(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[struct {
		CancellationReason string `json:"cancellation_reason"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	return move(r, func(st *step) error {
		switch st.Status {
		case intentNeedsMethod, intentNeedsConfirm, intentNeedsCapture:
			st.cancel(in.CancellationReason)
			return nil
		}
		return stateRefusal(&st.payment, intentNeedsMethod, intentNeedsCapture, intentNeedsConfirm, "requires_action")
	}, func(st *step) (checkout.Command, error) {
		st.Canceled, st.Reason = st.tx.Now(), in.CancellationReason
		st.keep()
		return checkout.Expire{}, nil
	})
}
