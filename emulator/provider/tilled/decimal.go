package tilled

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// maxPlaces is how many decimal places a quantity may have.
//
// Source: vendor OpenAPI document, CheckoutSessionLineItem.quantity, "Maximum decimal places 4".
const maxPlaces = 4

// quantity is how many units of an item are bought, exactly: in ten-thousandths. The least that a
// request may ask for is 1. The zero value is no quantity.
type quantity int64

const (
	perUnit quantity = 10_000 // one unit
	// maxQuantity is more than any session can hold: a price is at least 1 and a total at most
	// [maxAmount]. Everything above is kept as it, so that no quantity overflows.
	maxQuantity = 2 * maxAmount * perUnit
)

// parseQuantity reads a JSON number. It reports false when the number is not positive or has more
// than four decimal places. It works on the decimal text: 1.00005 as a binary float would pass or
// fail by chance.
func parseQuantity(text string) (quantity, bool) {
	digits, exponent, ok := scientific(text)
	if !ok {
		return 0, false
	}
	shift := exponent + maxPlaces // digits × 10^shift is the quantity in ten-thousandths
	if shift < 0 {
		return 0, false
	}
	if len(digits)+shift > len(strconv.FormatInt(int64(maxQuantity), 10)) {
		return maxQuantity, true
	}
	n, err := strconv.ParseInt(digits+strings.Repeat("0", shift), 10, 64)
	if err != nil {
		return 0, false
	}
	return min(quantity(n), maxQuantity), true
}

// scientific splits a positive JSON number into its significant digits and a power of ten, so that
// text = digits × 10^exponent and digits neither starts nor ends with 0.
func scientific(text string) (digits string, exponent int, ok bool) {
	mantissa, power, found := strings.Cut(strings.ToLower(text), "e")
	if found {
		var err error
		if exponent, err = strconv.Atoi(power); err != nil || exponent > 1<<20 || exponent < -1<<20 {
			return "", 0, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	exponent -= len(fraction)
	trimmed := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(trimmed)
	return trimmed, exponent, trimmed != "" && !strings.HasPrefix(text, "-")
}

// String writes the quantity without needless zeros, as JavaScript writes the number.
func (q quantity) String() string {
	whole, rest := q/perUnit, q%perUnit
	if rest == 0 {
		return strconv.FormatInt(int64(whole), 10)
	}
	fraction := strconv.FormatInt(int64(perUnit+rest), 10)[1:]
	return strconv.FormatInt(int64(whole), 10) + "." + strings.TrimRight(fraction, "0")
}

// MarshalJSON writes the quantity as a number.
func (q quantity) MarshalJSON() ([]byte, error) { return q.AppendJSON(nil) }

// AppendJSON implements wire.Appender.
func (q quantity) AppendJSON(dst []byte) ([]byte, error) { return append(dst, q.String()...), nil }

// UnmarshalJSON reads what MarshalJSON writes.
func (q *quantity) UnmarshalJSON(data []byte) error {
	n, ok := parseQuantity(string(data))
	if !ok {
		return fmt.Errorf("%s is not a quantity", data)
	}
	*q = n
	return nil
}

// total adds up price × quantity of all items exactly and rounds the sum once, half away from zero.
// It reports false when the total is outside of 1 … [maxAmount].
//
// Assumed: the one rounding of the exact sum; the reference says nothing about fractions.
func total(items []lineItem) (amount int64, ok bool) {
	sum := new(big.Int)
	for _, item := range items {
		price := big.NewInt(item.PriceData.UnitAmount)
		sum.Add(sum, price.Mul(price, big.NewInt(int64(item.Quantity))))
	}
	sum.Add(sum, big.NewInt(int64(perUnit/2)))
	sum.Quo(sum, big.NewInt(int64(perUnit)))
	if !sum.IsInt64() || sum.Int64() < minAmount || sum.Int64() > maxAmount {
		return 0, false
	}
	return sum.Int64(), true
}
