package tilled

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Bounds of amounts, in minor units.
//
// Source: vendor OpenAPI document, Price.unit_amount and PaymentIntentCreateParams.amount.
const (
	minAmount = 1
	maxAmount = 99_999_999
)

// createParams is the body of a creation.
//
// Source: vendor OpenAPI document, CheckoutSessionCreateParams.
// Assumed: null and "" count as absent for what is optional.
type createParams struct {
	CancelURL         string                  `json:"cancel_url"`
	CustomerEmail     string                  `json:"customer_email"`
	CustomerID        string                  `json:"customer_id"`
	ExpiresAt         string                  `json:"expires_at"`
	LineItems         []lineItemParams        `json:"line_items"`
	Metadata          map[string]string       `json:"metadata"`
	PaymentIntentData paymentIntentDataParams `json:"payment_intent_data"`
	SuccessURL        string                  `json:"success_url"`
}

type lineItemParams struct {
	PriceData price       `json:"price_data"`
	Quantity  json.Number `json:"quantity"`
}

type paymentIntentDataParams struct {
	Metadata           map[string]string `json:"metadata"`
	PaymentMethodTypes []string          `json:"payment_method_types"`
	PlatformFeeAmount  *int64            `json:"platform_fee_amount"`
}

// create makes an open session together with its payment intent.
func (t *Tilled) create(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[createParams](r)
	if err != nil {
		return api.Response{}, err
	}
	found := faultsOf(opCreate, r.Body)
	var draft checkout.Session
	if len(found) == 0 {
		draft = in.draft(accountOf(r.Header))
	}
	rec, err := r.Sandbox.Create(name, func(tx *sandbox.Tx) (checkout.Session, error) {
		if found = append(found, deadlineFaults(r.Body, tx.Now())...); len(found) > 0 {
			return draft, &checkout.Error{Code: checkout.CodeRefused, Message: "the request breaks a rule", Violations: found}
		}
		return in.complete(tx, draft)
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusCreated, Body: encoded(r, rec)}, nil
}

// draft returns the session as far as it follows from the body, which has no faults.
func (in createParams) draft(account string) checkout.Session {
	items := make([]lineItem, len(in.LineItems))
	for i, item := range in.LineItems {
		q, _ := parseQuantity(string(item.Quantity))
		items[i] = lineItem{PriceData: item.PriceData, Quantity: q}
	}
	amount, _ := total(items)
	s := checkout.Session{
		Account:    account,
		Amount:     amount,
		Currency:   items[0].PriceData.Currency,
		Customer:   checkout.Customer{ID: in.CustomerID, Email: in.CustomerEmail},
		SuccessURL: in.SuccessURL,
		CancelURL:  in.CancelURL,
		ExpiresAt:  in.deadline(),
		Detail:     &detail{LineItems: items, Methods: in.PaymentIntentData.PaymentMethodTypes},
	}
	if metadata := kept(in.Metadata); metadata != nil {
		s.Metadata = make(map[string]any, len(metadata))
		for key, value := range metadata {
			s.Metadata[key] = value
		}
	}
	return s
}

// complete adds to a draft what depends on the sandbox: its customer, its ids and its payment intent.
//
// Assumed: a customer whom the account does not have is a 404. Of customer_id and customer_email
// the customer wins.
func (in createParams) complete(tx *sandbox.Tx, s checkout.Session) (checkout.Session, error) {
	if in.CustomerID != "" {
		c := customerOf(tx, s.Account, in.CustomerID)
		if c == nil {
			return s, &checkout.Error{Code: checkout.CodeNotFound, Reason: reasonNoCustomer, Message: "no customer " + in.CustomerID}
		}
		if c.Email != nil {
			s.Customer.Email = *c.Email
		}
		s.Customer.Name = c.fullName()
	}
	d := *s.Detail.(*detail)
	s.ID = newID(tx, kindSession, "cs_")
	d.Intent = in.intend(tx, &s, d.Methods)
	s.Detail = &d
	return s, nil
}

// intend makes the payment intent of a session and returns its id.
func (in createParams) intend(tx *sandbox.Tx, s *checkout.Session, methods []string) string {
	st := step{tx: tx, payment: *newPayment(tx, s.Account)}
	st.Amount, st.Currency, st.Methods = s.Amount, s.Currency, methods
	st.Metadata, st.PlatformFee = kept(in.PaymentIntentData.Metadata), capped(in.PaymentIntentData.PlatformFeeAmount, s.Amount)
	st.Session, st.SessionStatus, st.Customer = s.ID, checkout.Open, s.Customer.ID
	st.keep()
	return st.ID
}

// deadline returns the instant at which the session ends by itself; zero when none was given.
func (in createParams) deadline() time.Time {
	if in.ExpiresAt == "" {
		return time.Time{}
	}
	at, _ := parseInstant(in.ExpiresAt)
	return at
}

// kept returns the metadata without the keys that an empty value unsets; nil when none is left.
//
// Source: vendor OpenAPI document, metadata: an empty string or null unsets a key, {} or null all.
func kept(metadata map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range metadata {
		if value != "" {
			out[key] = value
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// capped limits the platform fee to the amount that is paid.
//
// Source: vendor OpenAPI document, PaymentIntentDataCreateParams.platform_fee_amount.
func capped(fee *int64, amount int64) *int64 {
	if fee == nil {
		return nil
	}
	limited := min(*fee, amount)
	return &limited
}
