package leanrails_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPrices: what is sent comes back, and can be bought.
func TestPrices(t *testing.T) {
	c := start(t)
	made := c.must(http.MethodPost, prices, encode(object{
		"product": totes, "currency": "USD", "unit_amount": 1234, "tax_behavior": "inclusive", "lookup_key": "k", "nickname": "n", "metadata": object{"a": "b"},
	}))
	want := object{
		"id": made["id"], "object": "price", "active": true, "product": totes, "currency": "usd", "type": "one_time", "billing_scheme": "per_unit",
		"tax_behavior": "inclusive", "metadata": object{"a": "b"}, "livemode": false, "created": float64(epoch), "unit_amount": 1234.0,
		"unit_amount_decimal": "1234", "custom_unit_amount": nil, "recurring": nil, "tiers_mode": nil, "tiers": nil, "transform_quantity": nil,
		"lookup_key": "k", "nickname": "n",
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	if s := c.create(items(object{"price": made["id"], "quantity": 2})); s["amount_total"] != 2468.0 {
		t.Errorf("two of it cost %v; want 2468", s["amount_total"])
	}
	at := fmt.Sprint(prices, "/", made["id"])
	got := c.must(http.MethodPost, at, `{"active":false,"nickname":null,"tax_behavior":"exclusive","metadata":{"a":""}}`)
	want = merged(want, object{"active": false, "nickname": nil, "tax_behavior": "exclusive", "metadata": object{}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("updated (-want +got):\n%s", diff)
	}
	if got := c.do(http.MethodPost, route, params(items(object{"price": made["id"]}))); got.Status != 400 {
		t.Errorf("an inactive price was sold: %s", got.Text)
	}
	expanded := c.must(http.MethodGet, at+"?expand[]=product", "")
	if diff := cmp.Diff(merged(want, object{"product": c.read(products, totes)}), expanded); diff != "" {
		t.Errorf("expanded (-want +got):\n%s", diff)
	}
	monthlyOne := c.must(http.MethodPost, prices, encode(object{"product": totes, "currency": "usd", "unit_amount_decimal": "0.5", "recurring": object{"interval": "month"}}))
	if monthlyOne["type"] != "recurring" || monthlyOne["unit_amount"] != nil || !cmp.Equal(monthlyOne["recurring"], any(object{"interval": "month", "interval_count": 1.0})) {
		t.Errorf("a recurring price is %v", monthlyOne)
	}
}

// TestLookupKey: it belongs to one price, and moves when it is asked to.
func TestLookupKey(t *testing.T) {
	c := start(t)
	made := func(more object) reply {
		return c.do(http.MethodPost, prices, encode(changed(object{"product": totes, "currency": "usd", "unit_amount": 1, "lookup_key": "k"}, more)))
	}
	first := made(nil).JSON["id"]
	if got := made(nil); got.Status != 400 || got.failure()["param"] != "lookup_key" {
		t.Errorf("the key a second time = %d %s; want 400 about lookup_key", got.Status, got.Text)
	}
	second := made(object{"transfer_lookup_key": true})
	if second.JSON["lookup_key"] != "k" || c.read(prices, first)["lookup_key"] != nil {
		t.Errorf("moved: %s, the first still has %v", second.Text, c.read(prices, first)["lookup_key"])
	}
	if got := c.must(http.MethodPost, fmt.Sprint(prices, "/", first), `{"lookup_key":"k","transfer_lookup_key":true}`); got["lookup_key"] != "k" {
		t.Errorf("moved back: %v", got)
	}
}

// TestPriceFilters: each filter of the list, and two at once.
func TestPriceFilters(t *testing.T) {
	c := start(t)
	for query, want := range map[string]int{
		"": 8, "?active=true": 7, "?active=false": 1, "?product=" + totes: 2, "?type=recurring": 2, "?currency=EUR": 1,
		"?product=" + totes + "&currency=usd": 1, "?product=prod_none": 0,
	} {
		if n := len(c.page(prices + query)); n != want {
			t.Errorf("GET %s%s has %d prices; want %d", prices, query, n, want)
		}
	}
}

func TestPriceRefusals(t *testing.T) {
	c := start(t)
	tier := []any{object{"up_to": nil, "unit_amount": 5}}
	for _, tt := range []struct {
		name    string
		changes object
		message string
	}{
		{"no amount", object{"unit_amount": nil}, "The `unit_amount` field is required."},
		{"two amounts", object{"unit_amount_decimal": "1"}, "The `unit_amount_decimal` field must not be sent together with `unit_amount`."},
		{"a decimal that is none", object{"unit_amount": nil, "unit_amount_decimal": "1,5"}, "The `unit_amount_decimal` field must be a decimal number with at most 12 places."},
		{"recurring without how", object{"type": "recurring"}, "The `recurring` field is required."},
		{"once and recurring", object{"type": "one_time", "recurring": object{"interval": "day"}}, "The `type` field must be `recurring` for a price with `recurring`."},
		{"tiers of one price", object{"tiers": tier}, "The `tiers` field must be sent with the `billing_scheme` `tiered`."},
		{"tiered without tiers", object{"billing_scheme": "tiered"}, "The `tiers` field is required."},
		{"tiered without mode", object{"billing_scheme": "tiered", "tiers": tier}, "The `tiers_mode` field is required."},
		{"tiered with an amount", object{"billing_scheme": "tiered", "tiers": tier, "tiers_mode": "volume"}, "The `unit_amount` field must not be sent with tiers."},
		{"an unknown product, and no currency", object{"product": "prod_none", "currency": "dollars"}, "No Product found with ID 'prod_none'. The `currency` field must be a three-letter ISO currency code."},
		{"an amount that does not change", object{"unit_amount": -1}, "The `unit_amount` field must be at least 0."},
	} {
		got := c.do(http.MethodPost, prices, encode(changed(object{"product": totes, "currency": "usd", "unit_amount": 1}, tt.changes)))
		if got.Status != 400 || got.failure()["message"] != tt.message {
			t.Errorf("%s: %d %s; want 400 %s", tt.name, got.Status, got.Text, tt.message)
		}
	}
	if got := c.do(http.MethodPost, prices+"/"+tote, `{"unit_amount":1}`); got.Status != 400 || got.failure()["param"] != "unit_amount" {
		t.Errorf("the amount of a price was changed: %d %s", got.Status, got.Text)
	}
}
