package bias

import (
	"encoding/binary"
	"math/bits"

	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Kinds of things that get identifiers; also the kinds of what the dialect keeps in the catalog.
const (
	kindSession  = name + ".sessions"
	kindSecret   = name + ".client_secrets"
	kindLine     = name + ".line_items"
	kindCustomer = name + "." + resourceCustomers
	kindPrice    = name + "." + resourcePrices
	kindProduct  = name + "." + resourceProducts
	kindInvoice  = name + "." + resourceInvoices
	kindPayment  = name + ".payments"
	kindMethod   = name + "." + resourceMethods
	kindDiscount = name + "." + resourceDiscounts
	kindRefund   = name + ".refunds"
	kindCard     = name + ".cards"
	kindEvent    = name + ".events"
)

// Prefixes of ids.
//
// Source: the samples of docs.biaspay.com. Assumed: that of invoices, of which there is none.
const (
	prefixSession  = "cs_"
	prefixLine     = "li_"
	prefixCustomer = "cus_"
	prefixPrice    = "price_"
	prefixProduct  = "prod_"
	prefixInvoice  = "inv_"
	prefixPayment  = "pay_"
	prefixMethod   = "pm_"
	prefixCard     = "card_"
	prefixDiscount = "disc_"
	prefixRefund   = "re_"
	prefixEvent    = "event_"
)

// secretLength is the length of a client secret.
//
// Source: the documented sample.
const secretLength = 24

// digits are those of ids, in the order of their value.
//
// Assumed: the order; the samples show the set only.
const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// newID returns the next id of a kind: 128 random bits in base 62, the least significant digit
// first, so that a body of 22 characters ends in a small digit.
//
// Assumed: that ids are made so. All samples fit: 21 or 22 characters, and every one of 22 ends in
// 1 to 7.
func newID(tx *sandbox.Tx, kind, prefix string) string {
	random := tx.Bytes(kind)
	return prefix + base62(binary.BigEndian.Uint64(random[:8]), binary.BigEndian.Uint64(random[8:16]))
}

// base62 writes a number of 128 bits.
func base62(high, low uint64) string {
	out := make([]byte, 0, 22)
	for high != 0 || low != 0 {
		var digit uint64
		high, digit = high/62, high%62
		low, digit = bits.Div64(digit, low, 62)
		out = append(out, digits[digit])
	}
	if len(out) == 0 {
		return digits[:1]
	}
	return string(out)
}

func newSecret(tx *sandbox.Tx) string { return tx.Token(kindSecret, ids.Base62, secretLength) }
