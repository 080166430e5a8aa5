package bias

import (
	"fmt"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// chargeParams is the body of a payment that a merchant makes without a session.
//
// Source: docs.biaspay.com, payment methods, names the call and payment_method.setup_future_usage.
// Assumed: the other parameters, from the members of a payment.
type chargeParams struct {
	Amount        *int64         `json:"amount"`
	CaptureMethod string         `json:"capture_method"`
	Customer      string         `json:"customer"`
	Description   *string        `json:"description"`
	Statement     *string        `json:"statement_descriptor"`
	Metadata      metadataParams `json:"metadata"`
	PaymentMethod any            `json:"payment_method"` // an id, or what methodParams has
}

// ofMerchants are the members of the body of a payment that a browser must not send.
var ofMerchants = []string{"amount", "capture_method", "customer", "description", "statement_descriptor", "metadata"}

// charge makes a payment without a session.
func (b *Bias) charge(r *api.Request) (api.Response, error) {
	in, err := api.Decode[chargeParams](r)
	if err != nil {
		return api.Response{}, err
	}
	c := completion{faults: b.ownFaults(r)}
	typed, out, err := b.typedIn(in, &c)
	if err != nil {
		return api.Response{}, err
	}
	var made *payment
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		c.tx = tx
		made = in.draft(&c)
		m := c.method(in.PaymentMethod, made)
		if len(c.faults) > 0 {
			return refused(c.faults)
		}
		if m == nil {
			m = typed.saved(tx, made.Customer)
		}
		made.Id, made.Method, made.Customer = newID(tx, kindPayment, prefixPayment), m.ID, idOf(m.Customer)
		made = made.attempt(tx, out.Command)
		return nil
	})
	if err != nil {
		return api.Response{}, err
	}
	r.DecidedByValue(out.By)
	if made.Status == paymentFailed {
		shown := newPaymentObject(made)
		return declined402(fault{Live: b.live(r)}, made.DeclineCode, &shown), nil
	}
	return api.Response{Body: newPaymentObject(made)}, nil
}

// typedIn returns the payment method that was sent with a payment, and what it makes of it. One that is
// named instead always pays.
func (b *Bias) typedIn(in chargeParams, c *completion) (m paymentMethod, out provider.Outcome, err error) {
	out.Command = checkout.Pay{}
	if _, named := in.PaymentMethod.(string); named || len(c.faults) > 0 {
		return m, out, nil
	}
	var sent methodParams
	if err := wire.Bind(in.PaymentMethod, &sent, "payment_method"); err != nil {
		return m, out, err
	}
	out, found := b.outcome(sent.texts())
	c.faults = append(c.faults, found...)
	return sent.method(), out, nil
}

// draft returns the payment that is asked for, without ids and method.
func (in chargeParams) draft(c *completion) *payment {
	if in.Customer != "" {
		c.customer(in.Customer)
	}
	p := &payment{
		CreatedAt: c.tx.Now().UnixMilli(), Customer: in.Customer, Manual: in.CaptureMethod == captureManual, Status: paymentProcessing,
		Description: in.Description, Statement: in.Statement, Metadata: mergedTexts(wire.Some(in.Metadata), nil),
	}
	if in.Amount != nil {
		p.Amount = *in.Amount
	}
	return p
}

// method returns the saved payment method that a payment names, nil when it names none.
//
// Assumed: one that is not active is refused, and so is one of another customer; without a customer the
// payment is of the method's.
func (c *completion) method(reference any, p *payment) *paymentMethod {
	id, named := reference.(string)
	if !named {
		return nil
	}
	path := []any{"payment_method"}
	m, _ := c.tx.Get(kindMethod, id).(*paymentMethod)
	switch {
	case m == nil:
		c.fault(codeMissing, path, id, fmt.Sprintf(messageNoObject, "payment method", id))
	case !m.Active:
		c.fault(codeState, path, id, fmt.Sprintf(messageNotActive, id))
	case p.Customer != "" && p.Customer != idOf(m.Customer):
		c.fault(codeInvalid, path, id, fmt.Sprintf(messageOtherCustomer, id))
	}
	return m
}

func idOf(reference any) string {
	id, _ := reference.(string)
	return id
}

// attempt makes a payment, and returns it as it is afterwards: received, held or failed.
func (p *payment) attempt(tx *sandbox.Tx, cmd checkout.Command) *payment {
	next := *p
	word := eventPaymentSucceeded
	decline, declined := cmd.(checkout.Decline)
	switch {
	case declined:
		word, next.Status, next.DeclineCode = eventPaymentFailed, paymentFailed, decline.Code
	case p.Manual:
		word, next.Status, next.Capturable = eventPaymentUpdated, paymentHeld, p.Amount
	default:
		next.Status, next.Received = paymentSucceeded, p.Amount
	}
	ofPayment(eventPaymentCreated, p, nil).emit(tx, nil)
	changePayment(tx, word, p, &next)
	return &next
}

// chargeFaults checks what a merchant's payment needs, or a browser's must not have.
//
// Assumed: an amount of 0 checks a payment method and saves it, and is for nothing else. A browser pays
// what its session says, by what was typed in.
func chargeFaults(body map[string]any, merchant bool) []checkout.Violation {
	var found []checkout.Violation
	method, _ := body["payment_method"].(map[string]any)
	_, saved := body["payment_method"].(string)
	switch {
	case merchant && body["amount"] == nil:
		return []checkout.Violation{{In: checkout.InBody, Path: []any{"amount"}, Rule: checkout.RuleRequired}}
	case merchant && fmt.Sprint(body["amount"]) == "0" && method["setup_future_usage"] == nil:
		return []checkout.Violation{broken(codeInvalid, []any{"amount"}, body["amount"], messageNoAmount)}
	case merchant:
		return nil
	case saved:
		found = append(found, checkout.Violation{In: checkout.InBody, Path: []any{"payment_method"}, Rule: checkout.RuleType, Want: "object", Value: body["payment_method"]})
	}
	for _, member := range ofMerchants {
		if value, sent := body[member]; sent {
			found = append(found, checkout.Violation{In: checkout.InBody, Path: []any{member}, Rule: checkout.RuleUnknown, Value: value})
		}
	}
	return found
}
