package polar_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRoundTrip(t *testing.T) {
	w := newWorld(t)
	sent := object{
		"products": []string{book, tips}, "metadata": object{"order": "A-1", "n": 3, "x": 1.5, "ok": true},
		"customer_metadata": object{"tier": "gold"}, "customer_name": " Ada ", "customer_email": "ada@example.com",
		"customer_ip_address": "203.0.113.7", "success_url": "https://shop.example/done?id={CHECKOUT_ID}",
		"return_url": "https://shop.example", "embed_origin": "https://shop.example", "external_customer_id": "usr_ada",
		"allow_discount_codes": false, "customer_billing_address": object{"country": "fr", "city": " Paris "},
	}
	made := w.create(sent)
	id := made["id"].(string)
	same(t, "created", made, object{
		"status": "open", "payment_processor": "stripe", "organization_id": organizationID, "product_id": book,
		"amount": 1900, "discount_amount": 0, "net_amount": 1900, "subtotal_amount": 1900, "tax_amount": 0, "total_amount": 1900,
		"tax_behavior": "exclusive", "currency": "usd", "created_at": "2026-11-20T12:00:00Z", "expires_at": "2026-11-21T12:00:00Z",
		"modified_at": nil, "metadata": sent["metadata"], "customer_metadata": sent["customer_metadata"], "customer_name": "Ada",
		"customer_email": "ada@example.com", "customer_ip_address": "203.0.113.7", "success_url": "https://shop.example/done?id=" + id,
		"return_url": "https://shop.example/", "embed_origin": "https://shop.example", "external_customer_id": "usr_ada",
		"customer_external_id": "usr_ada", "allow_discount_codes": false, "require_billing_address": true,
		"customer_billing_address": object{"country": "FR", "city": "Paris", "line1": nil, "line2": nil, "postal_code": nil, "state": nil},
		"locale":                   "en", "customer_id": nil, "discount": nil, "custom_field_data": object{},
		"is_discount_applicable": true, "is_free_product_price": false, "is_payment_required": true,
		"is_payment_setup_required": false, "is_payment_form_required": true,
		"url": w.emu.Base() + "/checkout/" + made["client_secret"].(string),
	})
	if diff := cmp.Diff(made, w.get(made)); diff != "" {
		t.Errorf("get differs from create (-create +get):\n%s", diff)
	}
	list := w.call("GET", "/v1/checkouts/", nil).want(http.StatusOK)
	if diff := cmp.Diff([]any{any(made)}, list["items"]); diff != "" {
		t.Errorf("list differs from create:\n%s", diff)
	}
	if products := made["products"].([]any); len(products) != 2 || products[0].(object)["id"] != book || products[1].(object)["id"] != tips {
		t.Errorf("products = %v; want the two that were sent, in order", products)
	}
}

func TestClientSeesNoMerchantFields(t *testing.T) {
	w := newWorld(t)
	made := w.create(object{"product_id": monthly, "metadata": object{"secret": "x"}})
	seen := w.client("GET", made, "", nil).want(http.StatusOK)
	for _, hidden := range []string{
		"metadata", "customer_metadata", "subscription_id", "external_customer_id", "customer_external_id", "trial_interval", "trial_interval_count",
	} {
		if _, ok := seen[hidden]; ok {
			t.Errorf("the client sees %s", hidden)
		}
		delete(made, hidden)
	}
	organization := seen["organization"].(object)
	delete(seen, "organization")
	if diff := cmp.Diff(made, seen); diff != "" {
		t.Errorf("the client's session differs:\n%s", diff)
	}
	same(t, "organization", organization, object{"id": organizationID, "slug": "crumb-and-crust", "pledge_minimum_amount": 2000})
}

func TestDefaults(t *testing.T) {
	w := newWorld(t)
	made := w.create(object{"products": []string{book}})
	secret := made["client_secret"].(string)
	if len(secret) != 51 || !strings.HasPrefix(secret, "polar_c_") {
		t.Errorf("client_secret = %q; want polar_c_ and 43 characters", secret)
	}
	same(t, "defaults", made, object{
		"success_url": w.emu.Base() + "/checkout/" + secret + "/confirmation", "return_url": nil, "allow_discount_codes": true,
		"allow_trial": true, "require_billing_address": false, "is_business_customer": false, "tax_amount": nil, "tax_behavior": nil,
		"metadata": object{}, "customer_metadata": object{}, "payment_processor_metadata": object{"publishable_key": "pk_test_localcheckout"},
		"billing_address_fields": object{
			"country": "required", "state": "disabled", "city": "disabled", "postal_code": "disabled", "line1": "disabled", "line2": "disabled",
		},
	})
}

func TestPayment(t *testing.T) {
	w := newWorld(t)
	made := w.create(object{"products": []string{book}, "customer_metadata": object{"tier": "gold"}})
	done := w.client("POST", made, "/confirm", object{
		"customer_email": "ada@example.com", "customer_name": "Ada", "confirmation_token_id": "ctoken_1",
		"customer_billing_address": object{"country": "SE"},
	}).want(http.StatusOK)
	processor := done["payment_processor_metadata"].(object)
	same(t, "confirmed", done, object{"status": "confirmed", "modified_at": "2026-11-20T12:00:00Z", "customer_email": "ada@example.com", "customer_name": "Ada"})
	if !strings.HasPrefix(done["customer_session_token"].(string), "polar_cst_") {
		t.Errorf("customer_session_token = %v", done["customer_session_token"])
	}
	if !strings.HasPrefix(processor["intent_client_secret"].(string), "pi_") || !strings.HasPrefix(processor["customer_id"].(string), "cus_") {
		t.Errorf("payment_processor_metadata = %v", processor)
	}
	got := w.get(made)
	same(t, "next get", got, object{"status": "succeeded", "customer_id": done["customer_id"]})
	if status := got["payment_processor_metadata"].(object)["intent_status"]; status != "succeeded" {
		t.Errorf("intent_status = %v; want succeeded", status)
	}
	same(t, "customer", w.fixture("customers", done["customer_id"].(string)), object{
		"email": "ada@example.com", "name": "Ada", "metadata": object{"tier": "gold"}, "external_id": nil,
	})
}

func TestDeclinedAndFailed(t *testing.T) {
	ready := object{"customer_email": "ada@example.com", "customer_name": "Ada", "customer_billing_address": object{"country": "SE"}}
	with := func(token string) object {
		body := object{"confirmation_token_id": token}
		for k, v := range ready {
			body[k] = v
		}
		return body
	}
	current, seed := newWorld(t), newWorld(t, seedProfile)
	for _, tt := range []struct {
		name   string
		seed   bool
		token  string
		status int
		after  string
	}{
		{"declined at once", false, "ctoken_declined", http.StatusBadRequest, "open"},
		{"failed later", false, "ctoken_fail", http.StatusOK, "open"},
		{"failed later, 2025-02", true, "ctoken_fail", http.StatusOK, "failed"},
		{"paid", false, "ctoken_1", http.StatusOK, "succeeded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := current.fork(t)
			if tt.seed {
				w = seed.fork(t)
			}
			made := w.create(object{"products": []string{book}, "discount_id": founders})
			a := w.client("POST", made, "/confirm", with(tt.token))
			body := a.want(tt.status)
			if tt.status == http.StatusBadRequest {
				same(t, "error", body, object{
					"error":  "PaymentError",
					"detail": "The payment failed: Your card was declined. Please try again with a different payment method.",
				})
			} else if body["status"] != "confirmed" {
				t.Errorf("confirm answers %v; want confirmed", body["status"])
			}
			got := w.get(made)
			if got["status"] != tt.after {
				t.Errorf("status afterwards = %v; want %s", got["status"], tt.after)
			}
			_, secret := got["payment_processor_metadata"].(object)["intent_client_secret"]
			if paid := tt.after == "succeeded"; secret != paid {
				t.Errorf("intent_client_secret there = %v; want %v", secret, paid)
			}
			uses := w.fixture("discounts", founders)["redemptions_count"]
			if want := map[bool]float64{true: 1}[tt.after == "succeeded"]; uses != want {
				t.Errorf("redemptions = %v; want %v", uses, want)
			}
		})
	}
}
