package bias_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/provider/bias"
)

func startB3(tb testing.TB) *client {
	tb.Helper()
	return start(tb, emulator.Options{Profiles: map[string]string{"bias": bias.ProfileB3}})
}

func TestB3Session(t *testing.T) {
	c := startB3(t)
	s := c.create(nil)
	want := object{"currency": "USD", "dual_pricing": nil, "client_details": nil, "payment_method_types": list{"card"}, "status": "open",
		"shipping_details": nil, "billing_details": nil}
	got := object{}
	for member := range want {
		got[member] = s[member]
	}
	if diff := cmp.Diff(want, got); diff != "" || len(s) != 22 {
		t.Errorf("%d members; of the later generation (-want +got):\n%s", len(s), diff)
	}
	if plain := start(t).create(nil); len(plain) != 16 {
		t.Errorf("without the profile there are %d members; want 16", len(plain))
	}
	if page := c.must("GET", sessions+"?filters[status]=open", nil); len(page["items"].(list)) != 1 {
		t.Errorf("filter by open = %v", page)
	}
	if got := c.do("GET", sessions+"?filters[status]=requires_confirmation", nil); got.Status != 400 {
		t.Errorf("filter by the other generation's status = %d", got.Status)
	}
}

// TestB3AsTheBrowserLibrary makes the calls of @biaspay/elements 0.0.1 in its order.
func TestB3AsTheBrowserLibrary(t *testing.T) {
	c := startB3(t)
	s := c.create(object{"amount": 10000, "mode": "payment", "submit_label": "pay", "payment_method_types": list{"card", "us_bank_account"}, "dual_pricing": object{"rate": 3}})
	browser := c.browser(s)
	shipping := object{"name": "Ada", "phone": nil, "address": object{"line1": "1 Main St", "line2": nil, "city": "Reno", "state": "NV", "postal_code": "89501", "country": "US"}}
	billing := object{"name": nil, "address": object{"line1": nil, "line2": nil, "city": nil, "state": nil, "postal_code": "89501", "country": "US"}}
	browser.must("PATCH", sessions+"/current", object{"shipping_details": shipping})
	browser.must("PATCH", sessions+"/current", object{"billing_details": billing})
	got := browser.must("PATCH", sessions+"/current", object{"customer_details": object{"email": "a@b.c"}})
	want := object{"shipping_details": shipping, "billing_details": billing, "dual_pricing": object{"rate": 3.0}, "payments": list{}}
	for member, want := range want {
		if diff := cmp.Diff(want, got[member]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", member, diff)
		}
	}
	paid := c.pay(s, "x").JSON
	if paid["amount"] != 10300.0 || paid["amount_received"] != 10300.0 {
		t.Errorf("by card %v; want 3 %% more than the amount", paid)
	}
	if after := c.get(s, ""); after["status"] != "complete" || after["amount"] != 10000.0 || after["amount_collected"] != 10300.0 {
		t.Errorf("the paid session is %v", after)
	}
}

func TestB3Refuses(t *testing.T) {
	c := startB3(t)
	for _, body := range []object{
		{"amount": 1, "payment_method_types": list{}},
		{"amount": 1, "payment_method_types": list{"cash"}},
		{"amount": 1, "dual_pricing": object{}},
		{"amount": 1, "dual_pricing": object{"rate": -1}},
		{"amount": 1, "dual_pricing": object{"rate": 101}},
		{"amount": 1, "shipping_details": object{}},
	} {
		if got := c.do("POST", sessions, body); got.Status != 400 {
			t.Errorf("%v = %d %s", body, got.Status, got.Text)
		}
	}
	s := c.create(object{"amount": 1})
	bank := object{"payment_method": object{"us_bank_account": object{"encrypted_routing_number": "r", "encrypted_account_number": "a", "account_type": "checking"}}}
	if got := c.browser(s).do("POST", payments, bank); got.Status != 400 || got.fault(t)["param"] != "payment_method.us_bank_account" {
		t.Errorf("a payment method that is not offered = %d %s", got.Status, got.Text)
	}
	if got := c.do("PATCH", at(s), object{"shipping_details": object{"address": object{"street": "x"}}}); got.Status != 400 {
		t.Errorf("an unknown member of an address = %d", got.Status)
	}
}

func TestDualPricingRounds(t *testing.T) {
	c := startB3(t)
	for _, tt := range []struct {
		amount int
		rate   float64
		want   float64
	}{
		{1000, 0, 1000},
		{1000, 2.5, 1025},
		{50, 3, 52}, // 1.5 is rounded up
		{33, 1, 33},
		{1, 100, 2},
	} {
		s := c.create(object{"amount": tt.amount, "dual_pricing": object{"rate": tt.rate}})
		if got := c.pay(s, "x").JSON["amount"]; got != tt.want {
			t.Errorf("%d at %v %% = %v; want %v", tt.amount, tt.rate, got, tt.want)
		}
	}
}
