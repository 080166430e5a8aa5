package hosted

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestMoney(t *testing.T) {
	for _, tt := range []struct {
		amount   int64
		currency string
		want     string
	}{
		{123450, "usd", "$1,234.50"}, {0, "usd", "$0.00"}, {5, "eur", "€0.05"}, {-500, "gbp", "−£5.00"}, {1234567, "jpy", "¥1,234,567"},
		{7, "krw", "₩7"}, {1234567, "kwd", "KWD\u00a01,234.567"}, {5, "bhd", "BHD\u00a00.005"}, {100, "chf", "CHF\u00a01.00"},
		{1000, "ugx", "UGX\u00a010.00"}, {100000000000, "usd", "$1,000,000,000.00"},
	} {
		if got := money(tt.amount, tt.currency); got != tt.want {
			t.Errorf("money(%d, %s) = %q; want %q", tt.amount, tt.currency, got, tt.want)
		}
	}
}

// TestTicketsAreBounded: the oldest used tickets are forgotten, the others are good for one use.
func TestTicketsAreBounded(t *testing.T) {
	var all tickets
	for i := range 3 * ticketsAtMost {
		if _, first := all.claim(strconv.Itoa(i)); !first {
			t.Fatalf("ticket %d was taken before", i)
		}
	}
	if len(all.used) != ticketsAtMost {
		t.Errorf("%d tickets are remembered; want %d", len(all.used), ticketsAtMost)
	}
	if _, first := all.claim(strconv.Itoa(3*ticketsAtMost - 1)); first {
		t.Error("the latest ticket was forgotten")
	}
}

// TestReadmeNamesTestIDs: a script finds everything by the names that README.md lists.
func TestReadmeNamesTestIDs(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	markup, err := os.ReadFile("assets/page.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`data-testid="([^"]+)"`).FindAllStringSubmatch(string(markup), -1) {
		name, _, made := strings.Cut(found[1], "{{") // made: the session says the rest
		if !made {
			name += "`"
		}
		if name != "" && !strings.Contains(string(readme), "`"+name) {
			t.Errorf("README.md does not name the test id %s", found[1])
		}
	}
}
