package bias

import (
	"context"
	"fmt"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// payParams is the body of a payment.
//
// Source: @biaspay/elements.
type payParams struct {
	PaymentMethod methodParams `json:"payment_method"`
}

type methodParams struct {
	Card             *cardParams    `json:"card"`
	USBankAccount    *bankParams    `json:"us_bank_account"`
	BillingDetails   billingDetails `json:"billing_details"`
	SetupFutureUsage string         `json:"setup_future_usage"`
}

type cardParams struct {
	EncryptedNumber string `json:"encrypted_number"`
	EncryptedExpiry string `json:"encrypted_expiry"`
	EncryptedCVC    string `json:"encrypted_cvc"`
}

type bankParams struct {
	EncryptedRoutingNumber string `json:"encrypted_routing_number"`
	EncryptedAccountNumber string `json:"encrypted_account_number"`
	AccountType            string `json:"account_type"`
}

// pay pays the session of a client secret; with a secret key it makes a payment without a session. Any
// ciphertext does, see [Bias.outcome].
//
// Source: @biaspay/elements. Assumed: a payment in setup mode is one of 0 cents.
func (b *Bias) pay(_ context.Context, r *api.Request) (api.Response, error) {
	if isSecretKey(bearer(r.Header)) {
		return b.charge(r)
	}
	in, err := api.Decode[payParams](r)
	if err != nil {
		return api.Response{}, err
	}
	if found := b.ownFaults(r); len(found) > 0 {
		return api.Response{}, refused(found)
	}
	rec, _, err := find(r)
	if err != nil {
		return api.Response{}, err
	}
	out, found := b.outcome(in.PaymentMethod.texts())
	if found = append(found, b.offered(&rec.Session, in.PaymentMethod)...); len(found) > 0 {
		return api.Response{}, refused(found)
	}
	method := in.PaymentMethod.method()
	out.Set = func(s *checkout.Session) {
		d := *detailOf(s)
		d.PaysWith = &method
		s.Detail = &d
	}
	if rec, _, err = r.Sandbox.Do(rec.Session.ID, out.Now()); err != nil {
		return api.Response{}, err
	}
	r.DecidedByValue(out.By)
	made := lastPayment(r, rec)
	if d, ok := out.Command.(checkout.Decline); ok {
		return declined402(fault{Live: b.live(r)}, d.Code, &made), nil
	}
	return api.Response{Body: made}, nil
}

func lastPayment(r *api.Request, rec *sandbox.Record) paymentObject {
	ids := detailOf(&rec.Session).Payments
	var p *payment
	r.Sandbox.View(func(tx *sandbox.Tx) { p = tx.Get(kindPayment, ids[len(ids)-1]).(*payment) })
	return newPaymentObject(p)
}

// method returns what is known of the payment method, without its id.
func (in methodParams) method() paymentMethod {
	m := paymentMethod{Type: methodCard, BillingDetails: in.BillingDetails, Active: in.SetupFutureUsage != ""}
	if in.USBankAccount != nil {
		m.Type, m.USBankAccount = methodBank, &bankAccount{AccountType: in.USBankAccount.AccountType}
		return m
	}
	m.Card = knownCard(in.Card.EncryptedNumber)
	return m
}

// texts are the ciphertexts and the name of the buyer, by their places in payment_method.
func (in methodParams) texts() map[string]string {
	out := map[string]string{}
	if name := in.BillingDetails.Name; name != nil {
		out["billing_details.name"] = *name
	}
	if in.USBankAccount != nil {
		out["us_bank_account.encrypted_routing_number"] = in.USBankAccount.EncryptedRoutingNumber
		out["us_bank_account.encrypted_account_number"] = in.USBankAccount.EncryptedAccountNumber
		return out
	}
	out["card.encrypted_number"] = in.Card.EncryptedNumber
	out["card.encrypted_expiry"] = in.Card.EncryptedExpiry
	out["card.encrypted_cvc"] = in.Card.EncryptedCVC
	return out
}

// methodFaults checks that there is exactly one payment method.
func (b *Bias) methodFaults(body map[string]any) []checkout.Violation {
	path := []any{"payment_method"}
	given, ok := body["payment_method"].(map[string]any)
	if _, sent := body["payment_method"]; sent && !ok {
		return nil // told by the document, or the id of a saved one
	}
	card, bank := given[methodCard] != nil, given[methodBank] != nil
	switch {
	case card && bank:
		return []checkout.Violation{broken(codeInvalid, path, nil, messageTwoMethods)}
	case !card && !bank:
		return []checkout.Violation{broken(codeRequired, path, nil, messageNoMethod)}
	}
	return nil
}

// offered checks that the session offers the payment method. Sessions of the target generation do
// not say what they offer.
func (b *Bias) offered(s *checkout.Session, in methodParams) []checkout.Violation {
	kind := in.method().Type
	if !b.b3 || slices.Contains(detailOf(s).Methods, kind) {
		return nil
	}
	return []checkout.Violation{broken(codeInvalid, []any{"payment_method", kind}, nil, fmt.Sprintf(messageNotOffered, kind))}
}
