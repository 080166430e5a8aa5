package polar_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUpdate(t *testing.T) {
	full := object{
		"products": []string{tips, book, yearly}, "customer_name": "Ada", "customer_email": "ada@example.com", "metadata": object{"a": 1, "b": 2},
		"customer_billing_address": object{"country": "FR"}, "customer_tax_id": "FR1", "success_url": "https://shop.example/x", "discount_id": fiveOff,
		"embed_origin": "https://shop.example", "is_business_customer": true, "customer_billing_name": "Ada SA",
	}
	root := newWorld(t)
	for _, tt := range []struct {
		name string
		body object
		want object
	}{
		{"nothing", object{}, object{"metadata": object{"a": 1, "b": 2}, "product_id": tips, "discount_id": fiveOff, "modified_at": "2026-11-20T12:00:00Z"}},
		{"product", object{"product_id": book}, object{"product_id": book, "amount": 1900, "discount_amount": 500, "total_amount": 1400}},
		{"product and amount", object{"product_id": tips, "amount": 3000}, object{"amount": 3000, "total_amount": 2500}},
		{"product and price", object{"product_id": book, "product_price_id": bookEuro}, object{"currency": "eur", "amount": 1750, "discount_amount": 450}},
		{"price alone is ignored", object{"product_price_id": bookEuro}, object{"product_id": tips, "currency": "usd"}},
		{"product and currency", object{"product_id": book, "currency": "eur"}, object{"currency": "eur", "amount": 1750}},
		{"null product is ignored", object{"product_id": nil, "amount": nil}, object{"product_id": tips, "amount": 1500}},
		{"recurring product", object{"product_id": yearly}, object{"amount": 12000, "is_payment_setup_required": true}},
		{"amount", object{"amount": 5000}, object{"amount": 5000, "total_amount": 4500}},
		{"another discount", object{"discount_id": quarter}, object{"discount_id": quarter, "discount_amount": 375}},
		{"no discount", object{"discount_id": nil}, object{"discount_id": nil, "discount": nil, "total_amount": 1500}},
		{"metadata is replaced", object{"metadata": object{"c": 3}}, object{"metadata": object{"c": 3}}},
		{"name cleared", object{"customer_name": nil}, object{"customer_name": nil}},
		{"blank name", object{"customer_name": " "}, object{"customer_name": nil}},
		{"e-mail", object{"customer_email": "b@example.com"}, object{"customer_email": "b@example.com"}},
		{"address is replaced, null ignored", object{"customer_billing_address": nil}, object{
			"customer_billing_address": object{"country": "FR", "line1": nil, "line2": nil, "city": nil, "postal_code": nil, "state": nil}}},
		{"tax id cleared", object{"customer_tax_id": nil}, object{"customer_tax_id": nil}},
		{"no business any more", object{"is_business_customer": false, "customer_billing_name": "Other", "customer_tax_id": "FR2"}, object{
			"is_business_customer": false, "customer_tax_id": nil, "customer_billing_name": nil}},
		{"success URL back to the default", object{"success_url": nil, "embed_origin": nil}, object{"embed_origin": nil}},
		{"flags, null ignored", object{"allow_discount_codes": nil, "require_billing_address": nil, "allow_trial": nil}, object{
			"allow_discount_codes": true, "require_billing_address": false, "allow_trial": true}},
		{"flags", object{"allow_discount_codes": false, "require_billing_address": true, "allow_trial": false}, object{
			"allow_discount_codes": false, "require_billing_address": true, "allow_trial": false}},
		{"the client's members are ignored", object{"discount_code": "NOPE", "payment_method_type": "card", "confirmation_token_id": "x"}, object{
			"discount_id": fiveOff, "payment_method_type": nil}},
		{"free by discount forgets the payment form", object{"discount_id": firstFree}, object{
			"is_payment_form_required": false, "is_business_customer": false, "customer_tax_id": nil, "customer_billing_name": nil}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := root.fork(t)
			made := w.create(full)
			got := w.patch(made, tt.body).want(http.StatusOK)
			same(t, "session", got, tt.want)
			if diff := cmp.Diff(got, w.get(made)); diff != "" {
				t.Errorf("get differs from update:\n%s", diff)
			}
		})
	}
}

func TestUpdateRules(t *testing.T) {
	w := newWorld(t)
	made := w.create(with(tips, object{"products": []string{tips, monthly}, "customer_email": "ada@example.com"}))
	for _, tt := range []struct {
		name string
		body object
		want fault
	}{
		{"product not on offer", object{"product_id": book}, business("Product is not available in this checkout.", "product_id")},
		{"price of another product", object{"product_id": monthly, "product_price_id": bookEuro}, business("Price is not available in this checkout.", "product_price_id")},
		{"currency not sold", object{"currency": "eur"}, business("Product is not available in the specified currency.", "currency")},
		{"amount", object{"amount": 1}, fault{"greater_than_equal", []any{"body", "amount"}, "Amount is below minimum.", nil}},
		{"discount", object{"discount_id": unknownID}, business("Discount does not exist.", "discount_id")},
		{"seats", object{"seats": 3}, business("Seats can only be set for seat-based pricing.", "seats")},
		{"units", object{"units": 3}, business("Units can only be set for unit-based pricing.", "units")},
		{"tax id without country", object{"customer_tax_id": "1"}, fault{"missing", []any{"body", "customer_billing_address"}, "Country is required to validate tax ID.", nil}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			w.patch(made, tt.body).wantFaults(businessClass, tt.want)
		})
	}
	w.t = t
	if diff := cmp.Diff(made, w.get(made)); diff != "" {
		t.Errorf("refused updates changed the session:\n%s", diff)
	}
	w.call("PATCH", "/v1/checkouts/"+unknownID, object{}).want(http.StatusNotFound)
}

func TestClientUpdate(t *testing.T) {
	root := newWorld(t)
	for _, tt := range []struct {
		name         string
		create, body object
		want         object
	}{
		{"code in any case, trimmed", object{}, object{"discount_code": " quarter "}, object{"discount_id": quarter}},
		{"code removed", object{"discount_id": quarter}, object{"discount_code": nil}, object{"discount_id": nil}},
		{"codes not allowed are ignored", object{"allow_discount_codes": false}, object{"discount_code": "QUARTER"}, object{"discount_id": nil}},
		{"the merchant's members are ignored", object{}, object{"discount_id": quarter, "success_url": nil, "customer_ip_address": "192.0.2.1", "allow_discount_codes": false, "currency": "eur"},
			object{"discount_id": nil, "customer_ip_address": nil, "allow_discount_codes": true, "currency": "usd"}},
		{"payment method asks for the whole address", object{}, object{"payment_method_type": "upi"}, object{
			"payment_method_type": "upi", "customer_billing_address_fields": object{"country": true, "state": false, "city": true, "postal_code": true, "line1": true, "line2": false}}},
		{"the United States too", object{}, object{"customer_billing_address": object{"country": "US"}}, object{"billing_address_fields": object{
			"country": "required", "state": "required", "city": "required", "postal_code": "required", "line1": "required", "line2": "optional"}}},
		{"e-mail of a linked customer stays", object{"customer_id": tom}, object{"customer_email": "x@example.com"}, object{"customer_email": "tom.okafor@example.com"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := root.fork(t)
			made := w.create(with(book, tt.create))
			same(t, "session", w.client("PATCH", made, "", tt.body).want(http.StatusOK), tt.want)
		})
	}
	t.Run("unknown code", func(t *testing.T) {
		w := root.fork(t)
		made := w.create(with(book))
		w.client("PATCH", made, "", object{"discount_code": "NOPE"}).wantFaults(businessClass, business("Discount does not exist.", "discount_code"))
	})
	t.Run("custom fields are merged", func(t *testing.T) {
		w := root.fork(t)
		made := w.create(with(workshop, object{"custom_field_data": object{"company_name": "Oak"}}))
		got := w.client("PATCH", made, "", object{"custom_field_data": object{"team_size": 3}}).want(http.StatusOK)
		same(t, "session", got, object{"custom_field_data": object{"company_name": "Oak", "team_size": 3}})
	})
	t.Run("opened", func(t *testing.T) {
		w := root.fork(t)
		made := w.create(with(book))
		same(t, "session", w.client("POST", made, "/opened", object{"distinct_id": "d"}).want(http.StatusOK), object{"id": made["id"], "modified_at": nil})
	})
}
