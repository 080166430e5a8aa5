package leanrails_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Prices and others of the catalog.
const (
	toteEUR  = "price_3fg6hj9km1np0002"
	wrapping = "price_5g1ftw6ap2k90003" // 350 US cents
	free     = "price_5g1ftw6ap2k90004" // 0 US cents
	monthly  = "price_1st4nd4rdm0nth05" // 1900 US cents
	retired  = "price_3ret1red0th1ng07" // not active
	anyPrice = "price_8p4ywh4ty0uw4nt8" // no unit amount
	toteProd = "prod_8mn4qr7vw2xz0001"
	adaID    = "cus_a1b2c3d4e5f60001" // has e-mail, name and phone
	guestID  = "cus_a1b2c3d4e5f60003" // has none
)

func items(list ...object) object {
	out := make([]any, len(list))
	for i, it := range list {
		out[i] = it
	}
	return object{"line_items": out}
}

func inline(changes object) object {
	data := object{"currency": "usd", "product": toteProd, "unit_amount": 700}
	for key, value := range changes {
		data[key] = value
		if value == nil {
			delete(data, key)
		}
	}
	return object{"price_data": data}
}

func TestCreateRefuses(t *testing.T) {
	c := start(t)
	for _, tt := range []struct {
		name    string
		changes object
		code    string
		param   any
		message string
	}{
		{"no mode", object{"mode": nil}, "parameter_missing", "mode", "The `mode` field is required."},
		{"setup", object{"mode": "setup"}, "parameter_invalid", "mode", "The `mode` field must be `payment`."},
		{"subscription", object{"mode": "subscription"}, "parameter_invalid", "mode", "The `mode` field must be `payment`."},
		{"no items", object{"line_items": nil}, "parameter_missing", "line_items", "The `line_items` field is required."},
		{"empty items", items(), "parameter_invalid", "line_items", "The `line_items` field must have at least 1 element."},
		{"item is text", object{"line_items": []any{"tote"}}, "parameter_invalid", "line_items[0]", "The `line_items[0]` field must be an object."},
		{"neither price nor data", items(object{"quantity": 1}), "parameter_missing", "line_items[0]", "The `line_items[0]` field must have `price` or `price_data`."},
		{"nulls for both", items(object{"price": nil, "price_data": nil}), "parameter_missing", "line_items[0]", "The `line_items[0]` field must have `price` or `price_data`."},
		{"both", items(object{"price": tote, "price_data": inline(nil)["price_data"]}), "parameter_invalid", "line_items[0]", "The `line_items[0]` field must have either `price` or `price_data`, not both."},
		{"quantity 0", items(object{"price": tote, "quantity": 0}), "parameter_invalid", "line_items[0].quantity", "The `line_items[0].quantity` field must be at least 1."},
		{"quantity 1.5", items(object{"price": tote, "quantity": 1.5}), "parameter_invalid", "line_items[0].quantity", "The `line_items[0].quantity` field must be an integer."},
		{"unknown price", items(object{"price": tote}, object{"price": "price_none"}), "resource_missing", "line_items[1].price", "No Price found with ID 'price_none'."},
		{"price without prefix", items(object{"price": "prod_1"}), "parameter_invalid", "line_items[0].price", "The `line_items[0].price` field must be an ID that begins with `price_`."},
		{"inactive price", items(object{"price": retired}), "parameter_invalid", "line_items[0].price", "The `line_items[0].price` field must be an active price."},
		{"price without amount", items(object{"price": anyPrice}), "parameter_invalid", "line_items[0].price", "The `line_items[0].price` field must be a price with a `unit_amount`."},
		{"unknown product", items(inline(object{"product": "prod_none"})), "resource_missing", "line_items[0].price_data.product", "No Product found with ID 'prod_none'."},
		{"no product", items(inline(object{"product": nil})), "parameter_missing", "line_items[0].price_data.product", "The `line_items[0].price_data.product` field is required."},
		{"empty price data", items(object{"price_data": object{}}), "parameter_missing", "line_items[0].price_data.currency", "The `line_items[0].price_data.currency` field is required. The `line_items[0].price_data.product` field is required. The `line_items[0].price_data.unit_amount` field is required."},
		{"no currency", items(inline(object{"currency": nil})), "parameter_missing", "line_items[0].price_data.currency", "The `line_items[0].price_data.currency` field is required."},
		{"no amount", items(inline(object{"unit_amount": nil})), "parameter_missing", "line_items[0].price_data.unit_amount", "The `line_items[0].price_data.unit_amount` field is required."},
		{"negative amount", items(inline(object{"unit_amount": -1})), "parameter_invalid", "line_items[0].price_data.unit_amount", "The `line_items[0].price_data.unit_amount` field must be at least 0."},
		{"tax behavior", items(inline(object{"tax_behavior": "none"})), "parameter_invalid", "line_items[0].price_data.tax_behavior", "The `line_items[0].price_data.tax_behavior` field must be one of `inclusive`, `exclusive`, `unspecified`."},
		{"inline product", items(inline(object{"product_data": object{"name": "x"}})), "parameter_invalid", "line_items[0].price_data.product_data", "The `line_items[0].price_data.product_data` field is not a known parameter."},
		{"recurring without interval", items(inline(object{"recurring": object{}})), "parameter_missing", "line_items[0].price_data.recurring.interval", "The `line_items[0].price_data.recurring.interval` field is required."},
		{"interval count 0", items(inline(object{"recurring": object{"interval": "day", "interval_count": 0}})), "parameter_invalid", "line_items[0].price_data.recurring.interval_count", "The `line_items[0].price_data.recurring.interval_count` field must be at least 1."},
		{"mixed currencies", items(object{"price": tote}, object{"price": toteEUR}), "parameter_invalid", "line_items", "The `line_items` field must all have the same currency."},
		{"too much", items(inline(object{"unit_amount": 1 << 52}), inline(object{"unit_amount": 1 << 52})), "parameter_invalid", "line_items", "The `line_items` field must not add up to more than 9007199254740991."},
		{"too many", items(object{"price": tote, "quantity": int64(1) << 62}), "parameter_invalid", "line_items", "The `line_items` field must not add up to more than 9007199254740991."},
		{"other currency", object{"currency": "eur"}, "parameter_invalid", "currency", "The `currency` field must be the currency of the line items, `usd`."},
		{"currency of 2", object{"currency": "us"}, "parameter_invalid", "currency", "The `currency` field must be a three-letter ISO currency code."},
		{"no success_url", object{"success_url": nil}, "parameter_missing", "success_url", "The `success_url` field is required."},
		{"relative success_url", object{"success_url": "/done"}, "parameter_invalid", "success_url", "The `success_url` field must be an absolute http or https URL."},
		{"empty success_url", object{"success_url": ""}, "parameter_invalid", "success_url", "The `success_url` field must be an absolute http or https URL."},
		{"script as cancel_url", object{"cancel_url": "javascript:alert(1)"}, "parameter_invalid", "cancel_url", "The `cancel_url` field must be an absolute http or https URL."},
		{"unknown customer", object{"customer": "cus_none"}, "resource_missing", "customer", "No Customer found with ID 'cus_none'."},
		{"customer without prefix", object{"customer": "ada"}, "parameter_invalid", "customer", "The `customer` field must be an ID that begins with `cus_`."},
		{"bad email", object{"customer_email": "ada"}, "parameter_invalid", "customer_email", "The `customer_email` field must be an email address."},
		{"customer_creation", object{"customer_creation": "never"}, "parameter_invalid", "customer_creation", "The `customer_creation` field must be one of `always`, `if_required`."},
		{"ui_mode", object{"ui_mode": "popup"}, "parameter_invalid", "ui_mode", "The `ui_mode` field must be one of `hosted`, `embedded`, `custom`."},
		{"billing", object{"billing_address_collection": "never"}, "parameter_invalid", "billing_address_collection", "The `billing_address_collection` field must be one of `auto`, `required`."},
		{"long reference", object{"client_reference_id": strings.Repeat("x", 201)}, "parameter_invalid", "client_reference_id", "The `client_reference_id` field must be at most 200 characters long."},
		{"capture method", object{"payment_intent_data": object{"capture_method": "later"}}, "parameter_invalid", "payment_intent_data.capture_method", "The `payment_intent_data.capture_method` field must be one of `automatic`, `manual`."},
		{"fee 0", object{"payment_intent_data": object{"application_fee_amount": 0}}, "parameter_invalid", "payment_intent_data.application_fee_amount", "The `payment_intent_data.application_fee_amount` field must be at least 1."},
		{"metadata is text", object{"metadata": "x"}, "parameter_invalid", "metadata", "The `metadata` field must be an object."},
		{"expires_at is text", object{"expires_at": "tomorrow"}, "parameter_invalid", "expires_at", "The `expires_at` field must be an integer."},
		{"expires_at beyond 64 bits", object{"expires_at": 1e30}, "parameter_invalid", "expires_at", "The `expires_at` field must be a number that 64 bits can hold."},
		{"unknown parameter", object{"discounts": []any{}}, "parameter_invalid", "discounts", "The `discounts` field is not a known parameter."},
		{"first of two unknown", object{"zeta": 1, "alpha": 1}, "parameter_invalid", "alpha", "The `alpha` field is not a known parameter. The `zeta` field is not a known parameter."},
		{"several, in the order of the reference", object{"metadata": 5, "mode": "setup", "success_url": nil, "expires_at": epoch},
			"parameter_invalid", "mode", "The `mode` field must be `payment`. The `success_url` field is required. The `expires_at` field must be between 30 minutes and 24 hours from now. The `metadata` field must be an object."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := c.do(http.MethodPost, route, params(tt.changes))
			want := object{
				"type": "invalid_request_error", "code": tt.code, "message": tt.message, "param": tt.param,
				"doc_url": "https://docs.leanrails.com/errors/" + tt.code,
			}
			if diff := cmp.Diff(want, got.failure()); got.Status != http.StatusBadRequest || diff != "" {
				t.Errorf("status %d, want 400; error (-want +got):\n%s", got.Status, diff)
			}
		})
	}
	if page := c.must(http.MethodGet, route, ""); len(page["data"].([]any)) != 0 {
		t.Errorf("refused requests made sessions: %v", page)
	}
}

func TestCreateKeeps(t *testing.T) {
	c := start(t)
	for _, tt := range []struct {
		name          string
		changes, want object
	}{
		{"defaults", object{}, object{
			"object": "checkout.session", "mode": "payment", "status": "open", "payment_status": "unpaid", "ui_mode": "hosted", "customer_creation": "if_required",
			"billing_address_collection": "auto", "expires_at": float64(epoch + 86400), "metadata": object{}, "livemode": false,
			"created": float64(epoch), "client_secret": nil, "cancel_url": nil, "customer": nil, "customer_email": nil,
			"customer_details": nil, "currency": "usd", "amount_subtotal": 2500.0, "amount_total": 2500.0, "client_reference_id": nil,
			"total_details": object{"amount_discount": 0.0, "amount_shipping": 0.0, "amount_tax": 0.0},
		}},
		{"nulls are absent", object{"cancel_url": (*int)(nil), "customer": (*int)(nil), "ui_mode": (*int)(nil), "expires_at": (*int)(nil), "metadata": (*int)(nil), "payment_intent_data": (*int)(nil)},
			object{"cancel_url": nil, "customer": nil, "ui_mode": "hosted", "expires_at": float64(epoch + 86400), "metadata": object{}}},
		{"texts", object{"success_url": "https://example.com/?id={CHECKOUT_SESSION_ID}", "cancel_url": "http://localhost:3000/", "client_reference_id": strings.Repeat("ä", 200)},
			object{"success_url": "https://example.com/?id={CHECKOUT_SESSION_ID}", "cancel_url": "http://localhost:3000/", "client_reference_id": strings.Repeat("ä", 200)}},
		{"customer and e-mail", object{"customer": adaID, "customer_email": "other@example.com"}, object{"customer": adaID, "customer_email": "other@example.com", "customer_details": nil}},
		{"choices", object{"customer_creation": "always", "billing_address_collection": "required"}, object{"customer_creation": "always", "billing_address_collection": "required"}},
		{"metadata of any type", object{"metadata": object{"order": "1", "n": 5, "tags": []any{"a", object{"b": nil}}}}, object{"metadata": object{"order": "1", "n": 5.0, "tags": []any{"a", object{"b": nil}}}}},
		{"quantity", items(object{"price": tote, "quantity": 3}), object{"amount_subtotal": 7500.0, "amount_total": 7500.0}},
		{"several items", items(object{"price": tote}, object{"price": wrapping, "quantity": 2}, inline(nil)), object{"amount_total": 3900.0, "currency": "usd"}},
		{"euros", items(object{"price": toteEUR}), object{"amount_total": 2300.0, "currency": "eur"}},
		{"currency in capitals", merged(items(inline(object{"currency": "USD"})), object{"currency": "Usd"}), object{"amount_total": 700.0, "currency": "usd"}},
		{"a price that recurs", items(object{"price": monthly}), object{"mode": "payment", "amount_total": 1900.0}},
		{"nothing to pay", items(object{"price": free}), object{"amount_total": 0.0, "payment_status": "no_payment_required"}},
		{"the most", items(inline(object{"unit_amount": 1<<53 - 1})), object{"amount_total": float64(1<<53 - 1)}},
		{"payment intent data", object{"payment_intent_data": object{"capture_method": "manual", "description": "Tote", "statement_descriptor": "TOTE", "application_fee_amount": 1, "metadata": object{}}}, object{"status": "open"}},
		{"inline with everything", items(inline(object{"tax_behavior": "inclusive", "recurring": object{"interval": "day", "interval_count": 3}})), object{"amount_total": 700.0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := c.create(tt.changes)
			for key, want := range tt.want {
				if diff := cmp.Diff(want, got[key]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", key, diff)
				}
			}
			if diff := cmp.Diff(got, c.get(got["id"])); diff != "" {
				t.Errorf("get differs (-create +get):\n%s", diff)
			}
		})
	}
}

func merged(a, b object) object {
	out := object{}
	for _, m := range []object{a, b} {
		for key, value := range m {
			out[key] = value
		}
	}
	return out
}

// TestUIModes: a page for the hosted mode, a secret for the others, which need no success_url.
func TestUIModes(t *testing.T) {
	c := start(t)
	for mode, hosted := range map[string]bool{"hosted": true, "embedded": false, "custom": false} {
		changes := object{"ui_mode": mode}
		if !hosted {
			changes["success_url"] = nil
		}
		s := c.create(changes)
		id := s["id"].(string)
		url, secret := regexp.MustCompile(`^http://[^/]+/checkout/`+id+`$`), regexp.MustCompile(`^`+id+`_secret_[0-9a-z]{24}$`)
		if hosted && (!url.MatchString(text(s["url"])) || s["client_secret"] != nil) {
			t.Errorf("%s: url %v, client_secret %v; want a page and null", mode, s["url"], s["client_secret"])
		}
		if !hosted && (s["url"] != nil || s["success_url"] != nil || !secret.MatchString(text(s["client_secret"]))) {
			t.Errorf("%s: url %v, client_secret %v; want null and a secret", mode, s["url"], s["client_secret"])
		}
		for key, form := range map[string]string{"id": `^cs_[0-9a-z]{16}$`, "payment_intent": `^pi_[0-9a-z]{16}$`} {
			if !regexp.MustCompile(form).MatchString(text(s[key])) {
				t.Errorf("%s is %v; want %s", key, s[key], form)
			}
		}
	}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// TestExpiresAtWindow: 30 minutes to 24 hours, both included, also within a second.
func TestExpiresAtWindow(t *testing.T) {
	c := start(t)
	for _, part := range []string{"0s", "999ms"} {
		c.control("/clock/advance", `{"by":"`+part+`"}`)
		for _, tt := range []struct {
			after int64
			want  int
		}{
			{0, 400}, {-1, 400}, {1799, 400}, {1800, 200}, {1801, 200}, {86399, 200}, {86400, 200}, {86401, 400}, {1 << 40, 400}, {-epoch, 400},
		} {
			got := c.do(http.MethodPost, route, params(object{"expires_at": epoch + tt.after}))
			if got.Status != tt.want {
				t.Errorf("%s past: expires_at = now + %d s: %d %s; want %d", part, tt.after, got.Status, got.Text, tt.want)
			}
			if got.Status == 200 && got.JSON["expires_at"] != float64(epoch+tt.after) {
				t.Errorf("expires_at = %v; want %d", got.JSON["expires_at"], epoch+tt.after)
			}
		}
	}
}

// TestLenient: without key, with unknown parameters, with prices that nobody made.
func TestLenient(t *testing.T) {
	c := start(t, profile("lenient")).with("Idempotency-Key", "")
	for _, tt := range []struct {
		name    string
		changes object
		amount  float64
		code    string
	}{
		{"unknown parameters", object{"discounts": []any{}, "line_items": []any{object{"price": tote, "tax_rates": []any{}}}}, 2500, ""},
		{"invented price", items(object{"price": "price_mine", "quantity": 2}), 2000, ""},
		{"invented beside euros", items(object{"price": "price_mine"}, object{"price": toteEUR}), 3300, ""},
		{"invented in the currency asked for", merged(items(object{"price": "price_mine"}), object{"currency": "GBP"}), 1000, ""},
		{"still refused", object{"mode": "setup"}, 0, "parameter_invalid"},
		{"unknown customer", object{"customer": "cus_mine"}, 0, "resource_missing"},
	} {
		got := c.do(http.MethodPost, route+"?expand=all", params(tt.changes))
		if got.failure()["code"] != any(tt.code) && tt.code != "" || tt.code == "" && got.JSON["amount_total"] != tt.amount {
			t.Errorf("%s: %d %s; want %v %s", tt.name, got.Status, got.Text, tt.amount, tt.code)
		}
	}
	gbp := c.must(http.MethodGet, route+"?limit=1", "")["data"].([]any)[0].(object)
	if gbp["currency"] != "gbp" {
		t.Errorf("the invented price is in %v; want gbp", gbp["currency"])
	}
	line := c.must(http.MethodGet, route+"/"+text(gbp["id"])+"/line_items", "")["data"].([]any)[0].(object)
	if line["price"] != "price_mine" || line["description"] != nil {
		t.Errorf("the line is %v; want price_mine without a description", line)
	}
}

// TestStrict refuses unknown parameters in the lenient profile, too.
func TestStrict(t *testing.T) {
	o := profile("lenient")
	o.Strict = true
	c := start(t, o)
	for _, path := range []string{route, route + "?expand=all"} {
		changes := object{}
		if path == route {
			changes["discounts"] = 1
		}
		if got := c.do(http.MethodPost, path, params(changes)); got.failure()["code"] != "parameter_invalid" || got.Status != 400 {
			t.Errorf("POST %s = %d %s; want parameter_invalid", path, got.Status, got.Text)
		}
	}
}
