package tilled

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

func TestParseQuantity(t *testing.T) {
	for _, tt := range []struct {
		text string
		want quantity
		ok   bool
	}{
		{"1", 10_000, true},
		{"1.0", 10_000, true},
		{"1.50000000", 15_000, true},
		{"0.0001", 1, true},
		{"1e-4", 1, true},
		{"10E-5", 1, true},
		{"2.5e+1", 250_000, true},
		{"0.3", 3_000, true},
		{"123.4567", 1_234_567, true},
		{"0.00005", 0, false},
		{"1.00005", 0, false},
		{"0.00010000000000000000001", 0, false},
		{"0", 0, false},
		{"0.0000", 0, false},
		{"-1", 0, false},
		{"-0.5", 0, false},
		{"99999999", 99_999_999 * perUnit, true},
		{"1e300", maxQuantity, true},
		{"900000000000000000000000000", maxQuantity, true},
		{"1e999999999999", 0, false},
		{"1e-999999999999", 0, false},
	} {
		got, ok := parseQuantity(tt.text)
		if got != tt.want || ok != tt.ok {
			t.Errorf("parseQuantity(%q) = %d, %t; want %d, %t", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}

func TestQuantityString(t *testing.T) {
	for q, want := range map[quantity]string{1: "0.0001", 10_000: "1", 15_000: "1.5", 1_234_567: "123.4567", 10_010: "1.001"} {
		if got := q.String(); got != want {
			t.Errorf("quantity(%d).String() = %q; want %q", int64(q), got, want)
		}
	}
}

func TestTotal(t *testing.T) {
	for _, tt := range []struct {
		name  string
		items []priced
		want  int64
		ok    bool
	}{
		{"one", []priced{{900, "1"}}, 900, true},
		{"half rounds up", []priced{{333, "1.5"}}, 500, true},
		{"just under half rounds down", []priced{{4999, "0.0001"}, {1, "1"}}, 1, true},
		{"exactly half of the whole sum", []priced{{5000, "0.0001"}}, 1, true},
		{"rounded once, not by item", []priced{{333, "1.5"}, {333, "1.5"}}, 999, true},
		{"what binary floats get wrong", []priced{{10, "0.1"}, {10, "0.2"}, {5, "0.3"}}, 5, true},
		{"rounds to nothing", []priced{{1, "0.0001"}}, 0, false},
		{"the highest", []priced{{99_999_999, "1"}}, 99_999_999, true},
		{"still rounds to the highest", []priced{{99_999_999, "1"}, {4999, "0.0001"}}, 99_999_999, true},
		{"over the highest", []priced{{99_999_999, "1"}, {5000, "0.0001"}}, 0, false},
		{"far over", []priced{{99_999_999, "1e300"}, {99_999_999, "1e300"}}, 0, false},
	} {
		got, ok := total(lineItems(t, tt.items))
		if got != tt.want || ok != tt.ok {
			t.Errorf("%s: total(%v) = %d, %t; want %d, %t", tt.name, tt.items, got, ok, tt.want, tt.ok)
		}
	}
}

// priced is an item as a test names it.
type priced struct {
	unitAmount int64
	quantity   string
}

func lineItems(t *testing.T, in []priced) []lineItem {
	t.Helper()
	var items []lineItem
	for _, p := range in {
		q, ok := parseQuantity(p.quantity)
		if !ok {
			t.Fatalf("parseQuantity(%q) refused", p.quantity)
		}
		items = append(items, lineItem{PriceData: price{UnitAmount: p.unitAmount}, Quantity: q})
	}
	return items
}

// FuzzParseQuantity compares with rational arithmetic.
func FuzzParseQuantity(f *testing.F) {
	for _, text := range []string{"1", "0.0001", "1.00005", "2.50e3", "1e-4", "0", "-1", "100e-6"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 40 || !json.Valid([]byte(text)) || strings.ContainsAny(text, "[{\"tfn") {
			return // no JSON number of a usual size
		}
		if _, exponent, _ := strings.Cut(strings.ToLower(text), "e"); len(exponent) > 3 {
			return // too slow to check
		}
		exact, _ := new(big.Rat).SetString(strings.TrimSpace(text))
		exact.Mul(exact, big.NewRat(int64(perUnit), 1))
		got, ok := parseQuantity(strings.TrimSpace(text))
		if want := exact.Sign() > 0 && exact.IsInt(); ok != want {
			t.Fatalf("parseQuantity(%q) = %d, %t; want %t", text, got, ok, want)
		}
		if ok && got < maxQuantity && exact.Cmp(big.NewRat(int64(got), 1)) != 0 {
			t.Fatalf("parseQuantity(%q) = %d; want %s", text, got, exact)
		}
	})
}
