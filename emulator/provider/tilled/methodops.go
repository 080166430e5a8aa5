package tilled

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// methodParams is the body of a creation.
//
// Source: vendor OpenAPI document, PaymentMethodCreateParams.
type methodParams struct {
	AchDebit *struct {
		AccountHolderName string `json:"account_holder_name"`
		AccountNumber     string `json:"account_number"`
		AccountType       string `json:"account_type"`
		RoutingNumber     string `json:"routing_number"`
	} `json:"ach_debit"`
	BillingDetails *billingDetails `json:"billing_details"`
	Card           *struct {
		Cvc      string `json:"cvc"`
		ExpMonth int    `json:"exp_month"`
		ExpYear  int    `json:"exp_year"`
		Number   string `json:"number"`
	} `json:"card"`
	EftDebit *struct {
		AccountHolderName string `json:"account_holder_name"`
		AccountNumber     string `json:"account_number"`
		InstitutionID     string `json:"institution_id"`
		TransitNumber     string `json:"transit_number"`
	} `json:"eft_debit"`
	Metadata     map[string]string `json:"metadata"`
	NickName     string            `json:"nick_name"`
	PaymentToken string            `json:"payment_token"`
	Type         string            `json:"type"`
}

// details fills in what is paid with.
func (in methodParams) details(o *paymentMethod) {
	switch {
	case in.AchDebit != nil && in.Type == methodACH:
		b := in.AchDebit
		o.AchDebit = &achDebit{AccountType: b.AccountType, Last2: lastOf(b.AccountNumber, 2), RoutingNumber: b.RoutingNumber}
	case in.EftDebit != nil && in.Type == methodEFT:
		b := in.EftDebit
		o.EftDebit = &eftDebit{InstitutionID: b.InstitutionID, Last2: lastOf(b.AccountNumber, 2), TransitNumber: b.TransitNumber}
	case in.Card != nil:
		n, _ := findNumber(in.Card.Number)
		o.Card = &card{
			Brand: n.wire, Checks: checksOf(in.Card.Cvc, in.BillingDetails), ExpMonth: in.Card.ExpMonth, ExpYear: in.Card.ExpYear,
			Funding: n.funding, Last4: lastOf(n.value, 4),
		}
		if in.BillingDetails != nil {
			o.Card.HolderName = in.BillingDetails.Name
		}
	}
}

// methodFaults checks that the details of the type are there and are those of a test number. What is none
// is not repeated, as it may be somebody's.
//
// Assumed: a real service knows more banks than the documented ones; here they are all.
func methodFaults(body any) []checkout.Violation {
	kind, _ := wire.Lookup(body, []any{"type"}).(string)
	at, ok := map[string][]any{
		methodCard: {"card", "number"}, methodPresent: {"card", "number"}, methodACH: {"ach_debit", "routing_number"}, methodEFT: {"eft_debit", "institution_id"},
	}[kind]
	if !ok {
		return nil // refused by the document
	}
	if token, _ := wire.Lookup(body, []any{"payment_token"}).(string); token != "" {
		return []checkout.Violation{broken([]any{"payment_token"}, nil, fieldText([]any{"payment_token"}, constraintToken))}
	}
	if wire.Lookup(body, at[:1]) == nil {
		return []checkout.Violation{broken(at[:1], nil, fieldText(at[:1], constraintMissing))}
	}
	text, sent := wire.Lookup(body, at).(string)
	if n, known := findNumber(text); !sent || known && n.fits(kind) {
		return nil
	}
	var allowed []string
	for _, n := range numbers {
		if n.fits(kind) {
			allowed = append(allowed, n.value)
		}
	}
	return []checkout.Violation{broken(at, nil, fieldText(at, oneOf(allowed)))}
}

// createMethod makes a payment method from a test number.
//
// Assumed: no token of Tilled.js is known, as that is not emulated.
func (t *Tilled) createMethod(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[methodParams](r)
	if err != nil {
		return api.Response{}, err
	}
	if err := refuseFaults(r); err != nil {
		return api.Response{}, err
	}
	var m *method
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		m = newMethod(tx, accountOf(r.Header), in.Type)
		m.Object.BillingDetails, m.Object.Metadata, m.Object.NickName = in.BillingDetails, kept(in.Metadata), nonEmpty(in.NickName)
		in.details(&m.Object)
		tx.Put(catalogMethods, m.ID, m)
		return nil
	})
	return changed(http.StatusCreated, m, err)
}

// changed answers a payment method after a change.
func changed(status int, m *method, err error) (api.Response, error) {
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: status, Body: m.Object}, nil
}

// getMethod answers one payment method of the account.
func (t *Tilled) getMethod(_ context.Context, r *api.Request) (api.Response, error) {
	var m *method
	var err error
	r.Sandbox.View(func(tx *sandbox.Tx) { m, err = methodOf(tx, accountOf(r.Header), r.Param("id")) })
	return changed(http.StatusOK, m, err)
}

// listMethods answers a page of the payment methods of a customer, newest first.
//
// Assumed: a customer whom the account does not have is a 404; newest first.
func (t *Tilled) listMethods(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[struct {
		paging
		Type       string `json:"type"`
		CustomerID string `json:"customer_id"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	q := t.query(r, in.paging, fieldType, fieldCustomer)
	q.Where = append(q.Where, sandbox.Filter{Field: fieldType, Values: []string{in.Type}}, sandbox.Filter{Field: fieldCustomer, Values: []string{in.CustomerID}})
	var page sandbox.Objects
	r.Sandbox.View(func(tx *sandbox.Tx) {
		if customerOf(tx, accountOf(r.Header), in.CustomerID) == nil {
			err = missing(reasonNoCustomer, in.CustomerID)
			return
		}
		page, err = tx.List(catalogMethods, q)
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: pageOf(q, page, func(v any) any { return v.(*method).Object })}, nil
}

// changeMethod puts what change makes of a payment method of the account in its place.
func changeMethod(r *api.Request, eventType string, change func(*sandbox.Tx, *method) error) (api.Response, error) {
	var m *method
	err := r.Sandbox.Change(func(tx *sandbox.Tx) error {
		old, err := methodOf(tx, accountOf(r.Header), r.Param("id"))
		if err != nil {
			return err
		}
		m = old.changed(tx)
		if err := change(tx, m); err != nil {
			return err
		}
		tx.Put(catalogMethods, m.ID, m)
		emitMethod(tx, eventType, m)
		return nil
	})
	return changed(http.StatusOK, m, err)
}

// emitMethod records an event about a payment method.
func emitMethod(tx *sandbox.Tx, eventType string, m *method) {
	tx.Emit(sandbox.Emission{
		Type: eventType, ID: newID(tx, kindEvent, "evt_"), Provider: name, Account: m.Account, Object: m.ID,
		Subject: func(*sandbox.Tx) any { return &subject{Method: m} },
	})
}

// updateMethod changes what was sent, of a method that is attached to a customer.
//
// Source: vendor OpenAPI document, UpdatePaymentMethod.
func (t *Tilled) updateMethod(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[struct {
		BillingDetails wire.Optional[*billingDetails]   `json:"billing_details"`
		Metadata       wire.Optional[map[string]string] `json:"metadata"`
		NickName       wire.Optional[string]            `json:"nick_name"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	if err := refuseFaults(r); err != nil {
		return api.Response{}, err
	}
	return changeMethod(r, eventMethodUpdated, func(_ *sandbox.Tx, m *method) (err error) {
		o := &m.Object
		if o.CustomerID == nil {
			return refusal("Payment Method must be attached to a customer to be updated.")
		}
		if in.BillingDetails.Set {
			o.BillingDetails = in.BillingDetails.Value
		}
		if in.NickName.Set {
			o.NickName = in.NickName.Ptr()
		}
		o.Metadata, err = merged(o.Metadata, in.Metadata)
		return err
	})
}

// attachMethod makes a payment method one of a customer, with which can be paid again and again.
//
// Source: vendor OpenAPI document, AttachPaymentMethodToCustomer.
// Assumed: one that was used up or detached, or that another customer has, is refused.
func (t *Tilled) attachMethod(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[struct {
		CustomerID string `json:"customer_id"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	return changeMethod(r, eventMethodAttached, func(tx *sandbox.Tx, m *method) error {
		switch {
		case customerOf(tx, m.Account, in.CustomerID) == nil:
			return missing(reasonNoCustomer, in.CustomerID)
		case m.Object.CustomerID != nil:
			return refusal("Payment Method is already attached to a customer; detach it, or create another one.")
		case !m.Object.Chargeable:
			return refusal(messageNotChargeable)
		}
		m.Object.CustomerID = &in.CustomerID
		return nil
	})
}

// detachMethod takes a payment method from its customer; nothing can be paid with it afterwards.
//
// Source: vendor OpenAPI document, DetachPaymentMethodFromCustomer.
// Assumed: one that nobody has is refused.
func (t *Tilled) detachMethod(_ context.Context, r *api.Request) (api.Response, error) {
	return changeMethod(r, eventMethodDetached, func(_ *sandbox.Tx, m *method) error {
		if m.Object.CustomerID == nil {
			return refusal("Payment Method is not attached to a customer.")
		}
		m.Object.CustomerID, m.Object.Chargeable = nil, false
		return nil
	})
}

// usable checks that an intent may be paid with a payment method.
//
// Source: vendor OpenAPI document, PaymentIntent.customer: methods of other customers cannot be used.
func usable(p *payment, m *method) error {
	switch {
	case !m.Object.Chargeable:
		return refusal(messageNotChargeable)
	case !slices.Contains(p.Methods, m.Object.Type):
		return refusal(fmt.Sprintf("Payment Method is of the type %s, which is not one of the payment_method_types of the Payment Intent.", m.Object.Type))
	case p.Customer != "" && m.Object.CustomerID != nil && *m.Object.CustomerID != p.Customer:
		return refusal("Payment Method is attached to another customer than that of the Payment Intent.")
	}
	return nil
}

// findNumber returns the test number that somebody typed.
func findNumber(text string) (testNumber, bool) {
	in, ok := provider.Find(testInstruments(), text)
	if !ok {
		return testNumber{}, false
	}
	i := slices.IndexFunc(numbers, func(n testNumber) bool { return n.value == in.Value })
	return numbers[i], true
}
