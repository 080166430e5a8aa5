package tilled_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRoundTrip(t *testing.T) {
	c := start(t)
	now := c.freeze()
	sent := object{
		"line_items": list{
			item(object{"quantity": 1.5, "unit_amount": 333, "product_data": object{
				"name": "Flour <1kg>", "description": "by weight & measure", "images": list{"https://example.com/1.png"}}}),
			item(object{"quantity": 2}),
		},
		"payment_intent_data": object{
			"payment_method_types": list{"card", "ach_debit", "eft_debit", "card_present"},
			"metadata":             object{"ledger": "b"}, "platform_fee_amount": 10,
		},
		"customer_email": "buyer@example.com",
		"expires_at":     "2040-01-02T02:00:00.5+01:00",
		"success_url":    "https://example.com/done?a=1&b=2",
		"cancel_url":     "https://example.com/back",
		"metadata":       object{"order_id": "1", "unset": "", "gone": nil},
	}
	got := c.create(sent)
	want := object{
		"account_id":           bakery,
		"amount_total":         2300.0,
		"cancel_url":           "https://example.com/back",
		"created_at":           now,
		"currency":             "usd",
		"customer_details":     object{"email": "buyer@example.com"},
		"customer_id":          nil,
		"expires_at":           "2040-01-02T01:00:00.500Z",
		"id":                   "~^cs_[0-9A-Za-z]{21}$",
		"line_items":           decoded(t, sent["line_items"]),
		"metadata":             object{"order_id": "1"},
		"payment_intent_id":    "~^pi_[0-9A-Za-z]{21}$",
		"payment_method_types": list{"card", "ach_debit", "eft_debit", "card_present"},
		"status":               "open",
		"success_url":          "https://example.com/done?a=1&b=2",
		"updated_at":           now,
		"url":                  c.base + "/pay/" + got["id"].(string),
	}
	if diff := like(want, got); diff != "" {
		t.Errorf("create (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(got, c.get(got["id"])); diff != "" {
		t.Errorf("get (-created +got):\n%s", diff)
	}
	if diff := cmp.Diff(list{got}, c.must(200, "GET", sessions, nil)["items"]); diff != "" {
		t.Errorf("list (-created +got):\n%s", diff)
	}
}

func TestAbsentIsNull(t *testing.T) {
	c := start(t)
	for _, changes := range []object{
		{},
		{"cancel_url": nil, "customer_email": nil, "customer_id": nil, "expires_at": nil, "metadata": nil, "success_url": nil},
		{"metadata": object{}},
		{"metadata": object{"a": "", "b": nil}},
		{"mode": "payment", "payment_intent_data": object{"payment_method_types": list{"card"}, "description": "dropped", "setup_future_usage": "x"}},
	} {
		got := c.create(changes)
		if len(got) != 17 {
			t.Errorf("create %v has %d keys; want 17", changes, len(got))
		}
		for _, key := range []string{"cancel_url", "customer_details", "customer_id", "expires_at", "metadata", "success_url"} {
			if v, sent := got[key]; !sent || v != nil {
				t.Errorf("create %v: %s = %v, sent %t; want null", changes, key, v, sent)
			}
		}
	}
}

func TestQuantityIsExact(t *testing.T) {
	c := start(t)
	const form = `{"line_items":[{"price_data":{"currency":"jpy","product_data":{"name":"n"},"unit_amount":%s},"quantity":%s}],` +
		`"payment_intent_data":{"payment_method_types":["card"]}}`
	for _, tt := range []struct{ price, quantity, echo, total string }{
		{"5000", "0.0001", "0.0001", "1"},
		{"100", "1.005", "1.005", "101"}, // 100.5: half away from zero; as binary floats it is 100.49…
		{"1000", "1.0005", "1.0005", "1001"},
		{"3", "1e2", "100", "300"},
		{"1", "99999999.4999", "99999999.4999", "99999999"},
		{"7.0", "2.50", "2.5", "18"},
	} {
		got := c.do("POST", sessions, fmt.Sprintf(form, tt.price, tt.quantity))
		want := `"quantity":` + tt.echo + "}"
		if got.Status != http.StatusCreated || !strings.Contains(got.Text, want) || !strings.Contains(got.Text, `"amount_total":`+tt.total+",") {
			t.Errorf("create %s × %s = %d %s; want %s and the total %s", tt.price, tt.quantity, got.Status, got.Text, want, tt.total)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	c := start(t)
	now := c.freeze()
	before := c.create(nil)
	intent := func(more object) object {
		more["payment_method_types"] = list{"card"}
		return object{"payment_intent_data": more}
	}
	items := func(changes ...object) object {
		var out list
		for _, ch := range changes {
			out = append(out, item(ch))
		}
		return object{"line_items": out}
	}
	text := strings.Repeat
	for _, tt := range []struct {
		name    string
		changes object
		want    []string
	}{
		{"no items", object{"line_items": list{}}, []string{"line_items should not be empty"}},
		{"null items", object{"line_items": nil}, []string{"line_items should not be null or undefined"}},
		{"items of a wrong type", object{"line_items": "x"}, []string{"line_items must be an array"}},
		{"101 items", items(many(101)...), []string{"line_items must contain no more than 100 elements"}},
		{"an item of a wrong type", object{"line_items": list{5}}, []string{"each value in line_items must be an object"}},
		{"an empty item", object{"line_items": list{object{}}}, []string{
			"line_items.0.price_data should not be null or undefined", "line_items.0.quantity should not be null or undefined"}},
		{"price too low", items(object{"unit_amount": 0}), []string{"line_items.0.price_data.unit_amount must not be less than 1"}},
		{"price too high", items(object{"unit_amount": 100_000_000}), []string{"line_items.0.price_data.unit_amount must not be greater than 99999999"}},
		{"price with a fraction", items(object{"unit_amount": 1.5}), []string{"line_items.0.price_data.unit_amount must be an integer number"}},
		{"price as text", items(object{"unit_amount": "1"}), []string{"line_items.0.price_data.unit_amount must be an integer number"}},
		{"quantity too low", items(object{"quantity": 0.00009}), []string{"line_items.0.quantity must not be less than 0.0001"}},
		{"quantity zero", items(object{"quantity": 0}), []string{"line_items.0.quantity must not be less than 0.0001"}},
		{"five decimal places", items(object{"quantity": json.Number("1.00005")}), []string{"line_items.0.quantity must be a number conforming to the specified constraints"}},
		{"currency in capitals", items(object{"currency": "USD"}), []string{
			"line_items.0.price_data.currency must be one of the following values: aud, cad, chf, dkk, eur, gbp, hkd, jpy, nok, nzd, sek, usd, zar"}},
		{"two currencies", items(object{}, object{"currency": "eur"}), []string{"line_items must all have the same currency"}},
		{"no name", items(object{"product_data": object{}}), []string{"line_items.0.price_data.product_data.name should not be null or undefined"}},
		{"long description", items(object{"product_data": object{"name": "n", "description": text("d", 501)}}), []string{
			"line_items.0.price_data.product_data.description must be shorter than or equal to 500 characters"}},
		{"nine images", items(object{"product_data": object{"name": "n", "images": list{"1", "2", "3", "4", "5", "6", "7", "8", "9"}}}), []string{
			"line_items.0.price_data.product_data.images must contain no more than 8 elements"}},
		{"total too low", items(object{"unit_amount": 1, "quantity": 0.0001}), []string{"amount_total must not be less than 1 or greater than 99999999"}},
		{"total too high", items(object{"unit_amount": 99_999_999}, object{"unit_amount": 1}), []string{"amount_total must not be less than 1 or greater than 99999999"}},
		{"quantity beyond everything", items(object{"quantity": json.Number("1e300")}), []string{"amount_total must not be less than 1 or greater than 99999999"}},
		{"no intent", object{"payment_intent_data": nil}, []string{"payment_intent_data should not be null or undefined"}},
		{"no methods", object{"payment_intent_data": object{}}, []string{"payment_intent_data.payment_method_types should not be null or undefined"}},
		{"empty methods", object{"payment_intent_data": object{"payment_method_types": list{}}}, []string{"payment_intent_data.payment_method_types should not be empty"}},
		{"unknown method", object{"payment_intent_data": object{"payment_method_types": list{"card", "cash"}}}, []string{
			"payment_intent_data.each value in payment_method_types must be one of the following values: card, ach_debit, eft_debit, card_present"}},
		{"negative fee", intent(object{"platform_fee_amount": -1}), []string{"payment_intent_data.platform_fee_amount must not be less than 0"}},
		{"past deadline", object{"expires_at": "2039-12-31T23:59:59.999Z"}, []string{"expires_at must be a date in the future"}},
		{"deadline now", object{"expires_at": now}, []string{"expires_at must be a date in the future"}},
		{"deadline after year 9999", object{"expires_at": "9999-12-31T23:30:00-01:00"}, []string{"expires_at must be a valid ISO 8601 date string"}},
		{"deadline that is no date", object{"expires_at": "tomorrow"}, []string{"expires_at must be a valid ISO 8601 date string"}},
		{"deadline as a number", object{"expires_at": 1}, []string{"expires_at must be a string"}},
		{"empty URLs", object{"success_url": "", "cancel_url": ""}, []string{"cancel_url should not be empty", "success_url should not be empty"}},
		{"51 keys", object{"metadata": keys(51)}, []string{"metadata must contain no more than 50 keys"}},
		{"51 keys of the intent", intent(object{"metadata": keys(51)}), []string{"payment_intent_data.metadata must contain no more than 50 keys"}},
		{"long key", object{"metadata": object{text("k", 41): "v"}}, []string{"metadata." + text("k", 41) + " must have a key shorter than or equal to 40 characters"}},
		{"long value", object{"metadata": object{"k": text("v", 501)}}, []string{"metadata.k must be shorter than or equal to 500 characters"}},
		{"metadata number", object{"metadata": object{"k": 1}}, []string{"metadata.k must be a string"}},
		{"NUL", object{"metadata": object{"k": "a\x00b"}}, []string{"metadata.k must not contain the character U+0000"}},
		{"faults of document and rules together", object{
			"line_items":  list{item(object{"unit_amount": 0}), item(object{"quantity": 0.00015, "currency": "eur"})},
			"success_url": 5, "expires_at": "2001-01-01T00:00:00Z", "metadata": object{text("k", 41): "v"},
		}, []string{
			"expires_at must be a date in the future",
			"line_items must all have the same currency",
			"line_items.0.price_data.unit_amount must not be less than 1",
			"line_items.1.quantity must be a number conforming to the specified constraints",
			"metadata." + text("k", 41) + " must have a key shorter than or equal to 40 characters",
			"success_url must be a string",
		}},
	} {
		got := c.do("POST", sessions, body(tt.changes))
		var messages list
		for _, m := range tt.want {
			messages = append(messages, m)
		}
		want := object{"statusCode": 400.0, "message": messages, "error": "Bad Request"}
		if diff := cmp.Diff(want, got.JSON); got.Status != http.StatusBadRequest || diff != "" {
			t.Errorf("%s: status %d, body (-want +got):\n%s", tt.name, got.Status, diff)
		}
	}
	if diff := cmp.Diff(list{before}, c.must(200, "GET", sessions, nil)["items"]); diff != "" {
		t.Errorf("refusals left something behind (-before +after):\n%s", diff)
	}
}

func TestCreateAtTheLimits(t *testing.T) {
	c := start(t)
	for name, changes := range map[string]object{
		"100 items":           {"line_items": decoded(t, itemsOf(many(100)))},
		"50 keys":             {"metadata": keys(50)},
		"50 keys and unset":   {"metadata": object{"unset": "", "k": "v"}},
		"40 characters":       {"metadata": object{strings.Repeat("é", 40): strings.Repeat("é", 500)}},
		"8 images":            {"line_items": list{item(object{"product_data": object{"name": "n", "images": list{"1", "2", "3", "4", "5", "6", "7", "8"}}})}},
		"description of 500":  {"line_items": list{item(object{"product_data": object{"name": "n", "description": strings.Repeat("d", 500)}})}},
		"the highest price":   {"line_items": list{item(object{"unit_amount": 99_999_999})}},
		"a URL of any kind":   {"success_url": "myapp:done", "cancel_url": "not a url"},
		"a fee over the rest": {"payment_intent_data": object{"payment_method_types": list{"card"}, "platform_fee_amount": 1_000_000}},
	} {
		if got := c.do("POST", sessions, body(changes)); got.Status != http.StatusCreated {
			t.Errorf("%s: create = %d %s; want 201", name, got.Status, got.Text)
		}
	}
}

func TestCustomerAtCreation(t *testing.T) {
	c := start(t)
	for _, tt := range []struct {
		name    string
		changes object
		id      any
		details any
	}{
		{"customer", object{"customer_id": adaID}, adaID, object{"email": "ada.baker@example.com"}},
		{"the customer wins", object{"customer_id": adaID, "customer_email": "x@example.com"}, adaID, object{"email": "ada.baker@example.com"}},
		{"customer without address", object{"customer_id": walkIn}, walkIn, nil},
		{"customer without address, and an address", object{"customer_id": walkIn, "customer_email": "x@example.com"}, walkIn, object{"email": "x@example.com"}},
		{"address", object{"customer_email": "x@example.com"}, nil, object{"email": "x@example.com"}},
	} {
		got := c.create(tt.changes)
		if diff := cmp.Diff([]any{tt.id, tt.details}, []any{got["customer_id"], got["customer_details"]}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	for _, id := range []string{"cus_unknown", danaID} {
		got := c.do("POST", sessions, body(object{"customer_id": id}))
		want := object{"statusCode": 404.0, "message": "Customer not found.", "error": "Not Found"}
		if diff := cmp.Diff(want, got.JSON); diff != "" {
			t.Errorf("customer %s (-want +got):\n%s", id, diff)
		}
	}
}

// decoded returns v as it comes back from JSON.
func decoded(t *testing.T, v any) (out list) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func many(n int) []object { return make([]object, n) }

func itemsOf(changes []object) (out list) {
	for _, ch := range changes {
		out = append(out, item(ch))
	}
	return out
}

func keys(n int) object {
	m := object{}
	for i := range n {
		m[fmt.Sprintf("key%02d", i)] = "v"
	}
	return m
}
