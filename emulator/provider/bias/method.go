package bias

import (
	"context"
	"strconv"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Types of payment methods.
//
// Source: @biaspay/elements.
const (
	methodCard = "card"
	methodBank = "us_bank_account"
)

// paymentMethod is a payment method on the wire. Customer may hold an expanded customer. It is active
// when it can be used for further payments: when it was saved, and not deactivated since.
//
// Source: docs.biaspay.com, payment methods.
// Assumed: the place of customer and type, and us_bank_account. What was typed in is ciphertext, of which
// nothing is kept.
type paymentMethod struct {
	Object         string         `json:"object"`
	ID             string         `json:"id"`
	Live           bool           `json:"live"`
	CreatedAt      int64          `json:"created_at"`
	Active         bool           `json:"active"`
	BillingDetails billingDetails `json:"billing_details"`
	Card           *card          `json:"card"`
	Customer       any            `json:"customer"`
	Type           string         `json:"type"`
	USBankAccount  *bankAccount   `json:"us_bank_account"`
}

// Listing implements sandbox.Listed.
func (m *paymentMethod) Listing() sandbox.Listing {
	customer, _ := m.Customer.(string)
	return listing(filterCustomer, customer, filterType, m.Type, filterActive, strconv.FormatBool(m.Active))
}

func (m *paymentMethod) created() (string, int64) { return m.ID, m.CreatedAt }

// card is a card on the wire.
//
// Source: docs.biaspay.com, payment methods, the sample. What follows brand there cannot be known of a
// ciphertext, and is left out.
type card struct {
	Object    string `json:"object"`
	Live      bool   `json:"live"`
	ID        string `json:"id"`
	CreatedAt int64  `json:"created_at"`
	Bin       string `json:"bin"`
	Brand     string `json:"brand"`
}

type bankAccount struct {
	AccountType string `json:"account_type"`
}

// Of a card whose number is ciphertext.
//
// Source: the documented sample.
const (
	sampleBin   = "424242"
	sampleBrand = "visa"
	binLength   = 6
)

// known returns what is known of a card by what stands in the place of its number: a test card's own
// beginning, else the sample's.
func knownCard(text string) *card {
	if i, ok := provider.Find(instruments, text); ok && i.Kind == provider.KindCard {
		return &card{Bin: i.Value[:binLength], Brand: sampleBrand}
	}
	return &card{Bin: sampleBin, Brand: sampleBrand}
}

// saved gives a payment method that was sent, or nothing but its type, its ids, and puts it.
func (m paymentMethod) saved(tx *sandbox.Tx, customer string) *paymentMethod {
	m.Object, m.ID, m.CreatedAt, m.Customer = "payment_method", newID(tx, kindMethod, prefixMethod), tx.Now().UnixMilli(), orNull(customer)
	if m.Type == methodCard {
		of := card{Bin: sampleBin, Brand: sampleBrand}
		if m.Card != nil {
			of = *m.Card
		}
		of.Object, of.ID, of.CreatedAt = methodCard, newID(tx, kindCard, prefixCard), m.CreatedAt
		m.Card = &of
	}
	tx.Put(kindMethod, m.ID, &m)
	return &m
}

// deactivate ends the use of a saved payment method.
//
// Source: docs.biaspay.com, payment methods, active: "false if the payment method has been deactivated".
// Assumed: the call, and that it may be repeated.
func (b *Bias) deactivate(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, _ struct{}) (*paymentMethod, error) {
		old, err := wanted[*paymentMethod](b, c.tx, kindMethod, r.Param("id"))
		if err != nil || !old.Active {
			return old, err
		}
		next := *old
		next.Active = false
		c.tx.Put(kindMethod, next.ID, &next)
		b.happens(c.tx, eventMethodUpdated, next.ID, &subject{Method: &next, PreviousMethod: old})
		return &next, nil
	})
}
