package bias

import (
	"math"
	"testing"
)

func TestBase62(t *testing.T) {
	for _, tt := range []struct {
		high, low uint64
		want      string
	}{
		{0, 0, "0"},
		{0, 9, "9"},
		{0, 10, "a"},
		{0, 36, "A"},
		{0, 61, "Z"},
		{0, 62, "01"},
		{0, 62*62 + 5, "501"},
		{1, 0, "gyha61AhGYl"},
		{math.MaxUint64, math.MaxUint64, "7CHf7TM8N9KLFt5mgd24N7"}, // the largest: 22 digits, the last is 7
	} {
		if got := base62(tt.high, tt.low); got != tt.want {
			t.Errorf("base62(%d, %d) = %s; want %s", tt.high, tt.low, got, tt.want)
		}
	}
}

func TestIsID(t *testing.T) {
	for _, tt := range []struct {
		text, prefix string
		want         bool
	}{
		{"cus_aB4DEXqbFGOlpEOxwp0Fx1", "cus_", true},
		{"cus_1", "", true},
		{"cus_1", "price_", false},
		{"cus_", "cus_", false},
		{"_1", "", true}, // no prefix that is asked for is empty
		{"cus_a b", "cus_", false},
		{"cus", "", false},
		{"Cus_1", "", false},
	} {
		if got := isID(tt.text, tt.prefix); got != tt.want {
			t.Errorf("isID(%q, %q) = %v; want %v", tt.text, tt.prefix, got, tt.want)
		}
	}
}

func TestMarked(t *testing.T) {
	for ciphertext, want := range map[string]string{
		"":                                  "",
		"b64=":                              "",
		"declined":                          "general",
		"xxdeclinedxx":                      "general",
		"decline_expired_card":              "expired_card",
		"eyJ.decline_incorrect_cvc.x":       "incorrect_cvc",
		"decline_insufficient_funds2":       "insufficient_funds",
		"decline_":                          "",
		"declined, not decline_generic_dec": "generic_dec",
	} {
		if got := marked(ciphertext, "general"); got != want {
			t.Errorf("marked(%q) = %q; want %q", ciphertext, got, want)
		}
	}
}
