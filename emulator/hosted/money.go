package hosted

import (
	"strconv"
	"strings"
)

// symbols are how American English writes currencies; others are written by their code.
var symbols = map[string]string{
	"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "CAD": "CA$", "AUD": "A$",
	"MXN": "MX$", "NZD": "NZ$", "CNY": "CN¥", "HKD": "HK$", "ILS": "₪", "TWD": "NT$", "VND": "₫",
}

// decimals has the currencies whose minor unit is not a hundredth.
//
// Source: ISO 4217, minor units, but for what card processors do otherwise: MGA is whole, ISK and UGX
// are sent in hundredths.
var decimals = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "JPY": 0, "KMF": 0, "KRW": 0, "MGA": 0, "PYG": 0, "RWF": 0, "VND": 0,
	"VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// money writes an amount in minor units of a currency: "$1,234.50", "¥1,235", "KWD 1,234.500".
func money(amount int64, currency string) string {
	code := strings.ToUpper(currency)
	places, special := decimals[code]
	if !special {
		places = 2
	}
	sign, digits := "", strconv.FormatInt(amount, 10)
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "−", rest
	}
	if missing := places + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, part := digits[:len(digits)-places], digits[len(digits)-places:]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if part != "" {
		whole += "." + part
	}
	mark, ok := symbols[code]
	if !ok {
		mark = code + "\u00a0"
	}
	return sign + mark + whole
}
