package bias

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
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

// pay pays the session of a client secret. Any ciphertext does, see [outcome].
//
// Source: @biaspay/elements. Assumed: a payment in setup mode is one of 0 cents.
func (b *Bias) pay(_ context.Context, r *api.Request) (api.Response, error) {
	if isSecretKey(bearer(r.Header)) {
		return api.Response{}, &checkout.Error{Code: checkout.CodeNotEmulated, Message: "POST /v1/payments with a secret key is not emulated: " + whySecretly}
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
	code, found := b.outcome(in.PaymentMethod.ciphertexts())
	if found = append(found, b.offered(&rec.Session, in.PaymentMethod)...); len(found) > 0 {
		return api.Response{}, refused(found)
	}
	method := in.PaymentMethod.method()
	set := func(s *checkout.Session) {
		d := *detailOf(s)
		d.PaysWith = &method
		s.Detail = &d
	}
	var cmd checkout.Command = checkout.Pay{Set: set}
	if code != "" {
		cmd = checkout.Decline{Code: code, Set: set}
	}
	rec, _, err = r.Sandbox.Do(rec.Session.ID, cmd)
	if err != nil {
		return api.Response{}, err
	}
	out := lastPayment(r, rec)
	if code != "" {
		return declined402(fault{Live: b.live(r)}, code, &out), nil
	}
	return api.Response{Body: out}, nil
}

func lastPayment(r *api.Request, rec *sandbox.Record) paymentObject {
	ids := detailOf(&rec.Session).Payments
	var p *payment
	r.Sandbox.View(func(tx *sandbox.Tx) { p = tx.Get(kindPayment, ids[len(ids)-1]).(*payment) })
	return newPaymentObject(p)
}

// method returns what is known of the payment method, without its id.
func (in methodParams) method() paymentMethod {
	m := paymentMethod{Type: methodCard, BillingDetails: in.BillingDetails}
	if in.USBankAccount != nil {
		m.Type, m.USBankAccount = methodBank, &bankAccount{AccountType: in.USBankAccount.AccountType}
	}
	return m
}

func (in methodParams) ciphertexts() map[string]string {
	if in.USBankAccount != nil {
		return map[string]string{
			"us_bank_account.encrypted_routing_number": in.USBankAccount.EncryptedRoutingNumber,
			"us_bank_account.encrypted_account_number": in.USBankAccount.EncryptedAccountNumber,
		}
	}
	return map[string]string{
		"card.encrypted_number": in.Card.EncryptedNumber,
		"card.encrypted_expiry": in.Card.EncryptedExpiry,
		"card.encrypted_cvc":    in.Card.EncryptedCVC,
	}
}

// Marks of a ciphertext that declines: the first with a code behind it, the second with the general
// one.
const (
	markCode    = "decline_"
	markGeneral = "declined"
)

// marked returns the decline code that a ciphertext holds, or the general one; "" when it holds none.
func marked(ciphertext, general string) string {
	if _, rest, ok := strings.Cut(ciphertext, markCode); ok {
		end := strings.IndexFunc(rest, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') })
		if end < 0 {
			end = len(rest)
		}
		return rest[:end]
	}
	if strings.Contains(ciphertext, markGeneral) {
		return general
	}
	return ""
}

// outcome returns the code with which a payment is declined, "" when it succeeds. A mark with a code
// that does not exist is refused.
//
// Assumed: all of it. The numbers are encrypted for Bias, which the emulator cannot read, so a test
// that wants a refusal puts its name in the place of a ciphertext.
func (b *Bias) outcome(ciphertexts map[string]string) (code string, faults []checkout.Violation) {
	codes := b.DeclineCodes()
	for _, member := range wire.SortedKeys(ciphertexts) {
		one := marked(ciphertexts[member], codes[0])
		if one == "" {
			continue
		}
		if code = one; slices.Contains(codes, code) {
			continue
		}
		path := []any{"payment_method"}
		for _, step := range strings.Split(member, ".") {
			path = append(path, step)
		}
		faults = append(faults, broken(codeInvalid, path, markCode+code, fmt.Sprintf(messageNoDecline, code, strings.Join(codes, ", "))))
	}
	return code, faults
}

// methodFaults checks that there is exactly one payment method.
func (b *Bias) methodFaults(body map[string]any) []checkout.Violation {
	path := []any{"payment_method"}
	given, ok := body["payment_method"].(map[string]any)
	if _, sent := body["payment_method"]; sent && !ok {
		return nil
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
