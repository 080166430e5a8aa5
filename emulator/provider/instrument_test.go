package provider

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

var some = []Instrument{
	{Kind: KindCard, Value: "4242424242424242", Does: "pays"},
	{Kind: KindBank, Value: "001", Does: "pays"},
	{Kind: KindToken, Value: "pm-a b", Does: "pays"},
	{Kind: KindAmount, Value: "777701", Does: "declines"},
}

func TestFind(t *testing.T) {
	for value, want := range map[string]string{
		"4242424242424242": "4242424242424242", "4242 4242-4242 4242": "4242424242424242", "0-0 1": "001", "pm-a b": "pm-a b",
		"": "", "pmab": "", "777701": "", "4242424242424241": "",
	} {
		if got, ok := Find(some, value); got.Value != want || ok != (want != "") {
			t.Errorf("Find(%q) = %q, %v; want %q", value, got.Value, ok, want)
		}
	}
}

func TestRefuseListsWhatOneCanPayWith(t *testing.T) {
	var known *checkout.Error
	if err := Refuse("shop", some); !errors.As(err, &known) || known.Code != checkout.CodeRefused || !strings.Contains(err.Error(), "shop") {
		t.Fatalf("Refuse = %v", err)
	}
	if diff := cmp.Diff([]string{"4242424242424242", "001", "pm-a b"}, known.Allowed); diff != "" {
		t.Error(diff)
	}
}

// Source: ISO/IEC 7812-1, and the test numbers that every processor publishes.
func TestLooksLikeCard(t *testing.T) {
	for text, want := range map[string]bool{
		"9999999999999995": true, "9999999999999996": false, "4111111111111111": true, "378282246310005": true, "4111 1111-1111 1111": true,
		"": false, "0": false, "00000000000": false, "79927398713": false, "pm_card_declined": false, "41111111111111111111": false,
	} {
		if got := LooksLikeCard(text); got != want {
			t.Errorf("LooksLikeCard(%q) = %t; want %t", text, got, want)
		}
	}
}

func TestMarkedCode(t *testing.T) {
	for text, want := range map[string]string{"decline_a_b": "a_b", "x.decline_a.b": "a", "decline_": "", "declined": "-", "": "-", "decline_A": ""} {
		code, ok := MarkedCode(text, "decline_")
		if !ok {
			code = "-"
		}
		if code != want {
			t.Errorf("MarkedCode(%q) = %q; want %q", text, code, want)
		}
	}
}

func TestNowBringsTheEdit(t *testing.T) {
	set := func(s *checkout.Session) { s.Amount = 7 }
	for _, cmd := range []checkout.Command{checkout.Pay{}, checkout.Confirm{}, checkout.Decline{Code: "no"}} {
		s, _, err := checkout.Apply(checkout.Session{Status: checkout.Open}, Outcome{Command: cmd, Set: set}.Now(), checkout.Policy{}, checkout.Session{}.CreatedAt)
		if err != nil || s.Amount != 7 {
			t.Errorf("%T: amount %d, %v; want the edit", cmd, s.Amount, err)
		}
	}
}
