package tilled

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// intentParams is the body of a creation or a change.
//
// Source: vendor OpenAPI document, PaymentIntentCreateParams and PaymentIntentUpdateParams.
type intentParams struct {
	Amount                    *int64                           `json:"amount"`
	CaptureMethod             string                           `json:"capture_method"`
	Confirm                   bool                             `json:"confirm"`
	Currency                  string                           `json:"currency"`
	Level3                    wire.Optional[*level3]           `json:"level3"`
	Metadata                  wire.Optional[map[string]string] `json:"metadata"`
	OccurrenceType            wire.Optional[string]            `json:"occurrence_type"`
	PaymentMethodID           wire.Optional[string]            `json:"payment_method_id"`
	PaymentMethodTypes        []string                         `json:"payment_method_types"`
	PlatformFeeAmount         wire.Optional[int64]             `json:"platform_fee_amount"`
	StatementDescriptorSuffix wire.Optional[string]            `json:"statement_descriptor_suffix"`
}

// on changes an intent; what was not sent stays.
//
// Assumed: null takes an optional member away.
func (in intentParams) on(p *payment) (err error) {
	p.Amount = amountOr(in.Amount, p.Amount)
	if in.Currency != "" {
		p.Currency = in.Currency
	}
	if in.PaymentMethodTypes != nil {
		p.Methods = in.PaymentMethodTypes
	}
	if in.CaptureMethod != "" {
		p.Manual = in.CaptureMethod == captureManual
	}
	if in.Level3.Set {
		p.Level3 = in.Level3.Value.rounded()
	}
	if in.OccurrenceType.Set {
		p.Occurrence = in.OccurrenceType.Value
	}
	if in.StatementDescriptorSuffix.Set {
		p.Suffix = in.StatementDescriptorSuffix.Value
	}
	if in.PlatformFeeAmount.Set {
		p.PlatformFee = in.PlatformFeeAmount.Ptr()
	}
	p.PlatformFee = capped(p.PlatformFee, p.Amount)
	p.Metadata, err = merged(p.Metadata, in.Metadata)
	return err
}

// choose takes the payment method that the body names, or takes it away.
//
// Source: vendor OpenAPI document, PaymentIntent.status and .customer.
func (in intentParams) choose(tx *sandbox.Tx, p *payment) error {
	id := in.PaymentMethodID
	switch {
	case id.Set && !id.Has():
		p.Method = ""
	case id.Has():
		m, err := methodOf(tx, p.Account, id.Value)
		if err != nil {
			return err
		}
		if err := usable(p, m); err != nil {
			return err
		}
		p.use(m)
	}
	p.Status = intentNeedsConfirm
	if p.Method == "" {
		p.Status = intentNeedsMethod
	}
	return nil
}

// use has the intent paid with a method, by the customer that the method is attached to.
func (p *payment) use(m *method) {
	p.Method = m.ID
	if p.Customer == "" {
		p.Customer = deref(m.Object.CustomerID)
	}
}

// rounded is the object with quantities of at most four decimal places.
//
// Source: vendor OpenAPI document, LineItem.quantity.
func (l *level3) rounded() *level3 {
	if l == nil {
		return nil
	}
	out := *l
	out.LineItems = slices.Clone(l.LineItems)
	for i := range out.LineItems {
		if q := &out.LineItems[i].Quantity; *q < 1e9 {
			*q = math.Round(*q*1e4) / 1e4
		}
	}
	return &out
}

// createIntent makes a payment intent, and with confirm pays it.
//
// Source: vendor OpenAPI document, CreatePaymentIntent.
func (t *Tilled) createIntent(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[intentParams](r)
	if err != nil {
		return api.Response{}, err
	}
	if err := refuseFaults(r); err != nil {
		return api.Response{}, err
	}
	var made picture
	var by string
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		st := &step{tx: tx, payment: *newPayment(tx, accountOf(r.Header))}
		if err := in.on(&st.payment); err != nil {
			return err
		}
		if err := in.choose(tx, &st.payment); err != nil {
			return err
		}
		st.keep()
		st.emit(eventIntentCreated)
		if in.Confirm {
			m, err := st.confirmable("")
			if err != nil {
				return err
			}
			by = st.pay(m)
		}
		made = pictureOf(tx, st.put)
		return nil
	})
	if err != nil {
		return api.Response{}, err
	}
	r.DecidedByValue(by)
	return api.Response{Status: http.StatusCreated, Body: newPaymentIntent(made)}, nil
}

// getIntent answers one payment intent of the account.
func (t *Tilled) getIntent(_ context.Context, r *api.Request) (api.Response, error) {
	var found picture
	var err error
	r.Sandbox.View(func(tx *sandbox.Tx) {
		var p *payment
		if p, err = intentOf(tx, accountOf(r.Header), r.Param("id")); err == nil {
			found = pictureOf(tx, p)
		}
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: newPaymentIntent(found)}, nil
}

// updateIntent changes what was sent.
//
// Source: vendor OpenAPI document, UpdatePaymentIntent; PaymentIntent.last_payment_error is cleared.
// Assumed: once a payment has begun only the metadata can be changed; what a session decides about its
// intent cannot be changed.
func (t *Tilled) updateIntent(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[intentParams](r)
	if err != nil {
		return api.Response{}, err
	}
	if err := refuseFaults(r); err != nil {
		return api.Response{}, err
	}
	var changed picture
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		p, err := intentOf(tx, accountOf(r.Header), r.Param("id"))
		if err != nil {
			return err
		}
		st := stepOf(tx, p)
		if err := in.update(r, st); err != nil {
			return err
		}
		st.keep()
		changed = pictureOf(tx, st.put)
		return nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: newPaymentIntent(changed)}, nil
}

// update checks that an intent may be changed, and changes it.
func (in intentParams) update(r *api.Request, st *step) (err error) {
	body, _ := r.Body.(map[string]any)
	begun := st.Status != intentNeedsMethod && st.Status != intentNeedsConfirm
	_, metadata := body["metadata"]
	switch {
	case st.Status == intentCanceled, begun && (len(body) > 1 || len(body) == 1 && !metadata):
		return stateRefusal(&st.payment, intentNeedsMethod, intentNeedsConfirm)
	case begun:
		st.Metadata, err = merged(st.Metadata, in.Metadata)
		return err
	case st.Session != "":
		if err := refusedFor(sessionFaults(body)); err != nil {
			return err
		}
	}
	st.Failure = nil
	if err := in.on(&st.payment); err != nil {
		return err
	}
	return in.choose(st.tx, &st.payment)
}

// sessionFaults are the members of a change that the checkout session of the intent decides.
func sessionFaults(body map[string]any) (found []checkout.Violation) {
	for _, member := range []string{"amount", "capture_method", "currency", "payment_method_types"} {
		if value := body[member]; value != nil {
			found = append(found, broken([]any{member}, value, fieldText([]any{member}, constraintSession)))
		}
	}
	return found
}

// intentQuery is the query of the list of payment intents.
type intentQuery struct {
	paging
	CreatedAtGTE string   `json:"created_at_gte"`
	CreatedAtLTE string   `json:"created_at_lte"`
	Status       []string `json:"status"`
	Connected    bool     `json:"include_connected_accounts"`
	Subscription string   `json:"subscription_id"`
	Q            string   `json:"q"`
	CustomerID   string   `json:"customer_id"`
}

// listIntents answers a page of the account's payment intents, newest first.
//
// Source: vendor OpenAPI document, ListPaymentIntents.
// Assumed: newest first; of a sandbox's accounts all are connected to a partner, none to a merchant; there
// are no subscriptions, so that none has any.
func (t *Tilled) listIntents(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[intentQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	statuses, found := splitWords("status", in.Status, intentWords, 0)
	if err := refusedFor(found); err != nil {
		return api.Response{}, err
	}
	q := t.query(r, in.paging, "created_at_gte", "created_at_lte", fieldStatus, "include_connected_accounts", fieldSubscription, querySearch, fieldCustomer)
	q.Contains = strings.ToLower(in.Q)
	for _, f := range []sandbox.Filter{{Field: fieldStatus, Values: statuses}, {Field: fieldCustomer, Values: nonZero(in.CustomerID)}, {Field: fieldSubscription, Values: nonZero(in.Subscription)}} {
		if len(f.Values) > 0 {
			q.Where = append(q.Where, f)
		}
	}
	var shown []picture
	var page sandbox.Objects
	r.Sandbox.View(func(tx *sandbox.Tx) {
		if owner, _ := tx.Get(name+"."+resourceAccounts, q.Scope).(*account); in.Connected && owner != nil && owner.Type == partnerType {
			q.Scope = ""
		}
		if page, err = in.page(tx, q); err == nil {
			for _, v := range page.Values {
				shown = append(shown, pictureOf(tx, v.(*payment)))
			}
		}
	})
	if err != nil {
		return api.Response{}, err
	}
	items := make([]json.RawMessage, len(shown))
	for i, of := range shown {
		items[i] = wire.MustMarshal(newPaymentIntent(of))
	}
	return api.Response{Body: enveloped(q, items, page.Total, page.More)}, nil
}

// page returns the page that is asked for. A span of time is looked for among all that match.
func (in intentQuery) page(tx *sandbox.Tx, q sandbox.Query) (sandbox.Objects, error) {
	if in.CreatedAtGTE == "" && in.CreatedAtLTE == "" {
		return tx.List(catalogIntents, q)
	}
	every := q
	every.Offset, every.Limit = 0, 0
	page, err := tx.List(catalogIntents, every)
	fitting := slices.DeleteFunc(page.Values, func(v any) bool { return !between(v.(*payment).CreatedAt, in.CreatedAtGTE, in.CreatedAtLTE) })
	from := min(q.Offset, len(fitting))
	to := from + min(q.Limit, len(fitting)-from)
	return sandbox.Objects{Values: fitting[from:to], Total: len(fitting), More: to < len(fitting)}, err
}

// between reports whether an instant lies in a span as the wire has them, whose ends belong to it; "" is
// no end.
func between(at time.Time, gte, lte string) bool {
	first, _ := parseInstant(gte)
	last, _ := parseInstant(lte)
	at = at.Truncate(time.Millisecond)
	return (gte == "" || !at.Before(first)) && (lte == "" || !at.After(last))
}

func nonZero(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}
