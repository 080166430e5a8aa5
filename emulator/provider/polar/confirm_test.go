package polar_test

import (
	"net/http"
	"testing"
)

var paying = object{
	"customer_email": "ada@example.com", "customer_name": "Ada", "customer_billing_address": object{"country": "SE"}, "confirmation_token_id": "ctoken_1",
}

// but returns a body with some members changed; nil takes one away.
func but(body object, changes object) object {
	out := object{}
	for k, v := range body {
		out[k] = v
	}
	for k, v := range changes {
		if out[k] = v; v == nil {
			delete(out, k)
		}
	}
	return out
}

func TestConfirmRules(t *testing.T) {
	whole := fault{"value_error", []any{"body", "customer_billing_address"}, "Full billing address is required.", nil}
	token := fault{"missing", []any{"body", "confirmation_token_id"}, "Confirmation token is required.", nil}
	current, seed := newWorld(t), newWorld(t, seedProfile)
	for _, tt := range []struct {
		name    string
		seed    bool
		create  object
		confirm object
		want    []fault // none: 200
	}{
		{"everything is missing", false, with(book), object{}, []fault{required("customer_email"), required("customer_billing_address"), token}},
		{"everything is missing, 2025-02", true, with(book), object{}, []fault{
			required("customer_email"), required("customer_name"), required("customer_billing_address"), token}},
		{"free, known e-mail", false, with(freebie, object{"customer_email": "a@example.com"}), object{}, nil},
		{"free, linked customer", false, with(freebie, object{"customer_id": mika}), object{}, nil},
		{"free, no e-mail", false, with(freebie), object{}, []fault{required("customer_email")}},
		{"free by discount", false, with(book, object{"discount_id": firstFree, "customer_email": "a@example.com"}), object{}, nil},
		{"name is not needed", false, with(book), but(paying, object{"customer_name": nil}), nil},
		{"no token", false, with(book), but(paying, object{"confirmation_token_id": nil}), []fault{token}},
		{"setup only needs a token too", false, with(trial), but(paying, object{"confirmation_token_id": nil}), []fault{token}},
		{"United States", false, with(book), but(paying, object{"customer_billing_address": object{"country": "US"}}), []fault{
			required("customer_billing_address", "state"), required("customer_billing_address", "line1"),
			required("customer_billing_address", "city"), required("customer_billing_address", "postal_code")}},
		{"Canada", false, with(book), but(paying, object{"customer_billing_address": object{"country": "CA"}}), []fault{required("customer_billing_address", "state")}},
		{"business", false, with(book), but(paying, object{"is_business_customer": true}), []fault{
			required("customer_billing_name"), required("customer_billing_address", "line1"), required("customer_billing_address", "city"),
			required("customer_billing_address", "postal_code"), whole}},
		{"whole address asked for, none given", false, with(freebie, object{"require_billing_address": true}), object{"customer_email": "a@example.com"}, []fault{whole}},
		{"required custom fields", false, with(workshop, object{"custom_field_data": object{"company_name": "Oak"}}), but(paying, object{"custom_field_data": object{"terms": false, "level": "beginner"}}), []fault{
			{"missing", []any{"body", "custom_field_data", "company_name"}, "Field required", nil},
			{"literal_error", []any{"body", "custom_field_data", "terms"}, "Input should be True", nil}}},
		{"custom fields given", false, with(workshop), but(paying, object{"custom_field_data": object{"terms": true, "level": "beginner", "company_name": "Oak"}}), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := current.fork(t)
			if tt.seed {
				w = seed.fork(t)
			}
			made := w.create(tt.create)
			a := w.client("POST", made, "/confirm", tt.confirm)
			if len(tt.want) == 0 {
				a.want(http.StatusOK)
				same(t, "afterwards", w.get(made), object{"status": "succeeded"})
				return
			}
			a.wantFaults(businessClass, tt.want...)
			same(t, "afterwards", w.get(made), object{"status": "open", "modified_at": nil, "custom_field_data": made["custom_field_data"]})
		})
	}
}

func TestOnlyOpenSessionsChange(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		action, status string
	}{{"pay", "succeeded"}, {"confirm", "confirmed"}, {"expire", "expired"}} {
		t.Run(tt.action, func(t *testing.T) {
			w.t = t
			made := w.create(with(book))
			w.control("POST", "/sessions/"+made["id"].(string)+"/"+tt.action, object{})
			want := object{"error": "NotOpenCheckout", "detail": "Checkout " + made["id"].(string) + " is not open: " + tt.status}
			same(t, "update", w.patch(made, object{"amount": 1000}).want(http.StatusForbidden), want)
			if tt.action == "expire" {
				return
			}
			same(t, "client update", w.client("PATCH", made, "", object{}).want(http.StatusForbidden), want)
			same(t, "confirm", w.client("POST", made, "/confirm", paying).want(http.StatusForbidden), want)
		})
	}
}

func TestCustomerOfAPayment(t *testing.T) {
	root := newWorld(t)
	for _, tt := range []struct {
		name    string
		create  object
		confirm object
		id      string // "": a new one
		want    object
	}{
		{"new", with(book, object{"external_customer_id": "usr_9"}), paying, "", object{"name": "Ada", "external_id": "usr_9", "email": "ada@example.com"}},
		{"by e-mail, in any case", with(book, object{"external_customer_id": "usr_9"}), but(paying, object{"customer_email": "MIKA@Example.org"}), mika, object{
			"name": "Ada", "external_id": "usr_2077", "email": "mika@example.org"}},
		{"a name is not overwritten", with(book, object{"customer_metadata": object{"tier": "gold"}}), but(paying, object{"customer_email": "tom.okafor@example.com"}), tom, object{
			"name": "Tom Okafor", "metadata": object{"source": "newsletter", "tier": "gold"},
			"billing_address": object{"country": "SE", "line1": nil, "line2": nil, "city": nil, "postal_code": nil, "state": nil}}},
		{"linked", with(book, object{"customer_id": mika}), but(paying, object{"customer_email": nil}), mika, object{"name": "Ada"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := root.fork(t)
			done := w.client("POST", w.create(tt.create), "/confirm", tt.confirm).want(http.StatusOK)
			if tt.id != "" && done["customer_id"] != tt.id {
				t.Errorf("customer_id = %v; want %s", done["customer_id"], tt.id)
			}
			same(t, "customer", w.fixture("customers", done["customer_id"].(string)), tt.want)
			if again := w.create(with(tips, object{"customer_id": done["customer_id"]})); again["payment_processor_metadata"].(object)["customer_session_client_secret"] == nil {
				t.Errorf("a customer known to the processor gets no session there: %v", again["payment_processor_metadata"])
			}
		})
	}
	t.Run("another one's external id", func(t *testing.T) {
		w := root.fork(t) // the id would be linked at creation: only sessions made before can collide
		first, second := w.create(with(book, object{"external_customer_id": "usr_9"})), w.create(with(book, object{"external_customer_id": "usr_9"}))
		w.client("POST", first, "/confirm", paying).want(http.StatusOK)
		same(t, "error", w.client("POST", second, "/confirm", but(paying, object{"customer_email": "b@example.com"})).want(http.StatusUnprocessableEntity), object{
			"error": "CheckoutCustomerExternalIdMismatch", "detail": "A customer with this external ID already exists but with a different email address."})
	})
}

// fixture returns an object of the catalog.
func (w *world) fixture(resource, id string) object {
	w.t.Helper()
	for _, v := range w.control("GET", "/fixtures", nil).want(http.StatusOK)["polar"].(object)[resource].([]any) {
		if v.(object)["id"] == id {
			return v.(object)
		}
	}
	w.t.Fatalf("no %s %s in the catalog", resource, id)
	return nil
}

func TestDiscountRedemptions(t *testing.T) {
	w := newWorld(t)
	sell := func(discount, email string) (made object, confirm answer) {
		made = w.create(with(book, object{"discount_id": discount}))
		return made, w.client("POST", made, "/confirm", but(paying, object{"customer_email": email}))
	}
	third := w.create(with(book, object{"discount_id": founders}))
	for _, email := range []string{"a@example.com", "b@example.com"} {
		_, a := sell(founders, email)
		a.want(http.StatusOK)
	}
	w.client("POST", third, "/confirm", paying).wantFaults(businessClass, business("Discount is no longer redeemable.", "discount_id"))

	_, a := sell(once, "ada@example.com")
	a.want(http.StatusOK)
	limit := object{
		"error": "DiscountRedemptionLimitReached", "detail": "You have already redeemed this discount the maximum number of times allowed per customer.",
	}
	made, a := sell(once, "ada+again@example.com")
	same(t, "confirm", a.want(http.StatusForbidden), limit)
	w.patch(made, object{"discount_id": nil, "customer_email": "ADA@example.com"}).want(http.StatusOK)
	same(t, "client update", w.client("PATCH", made, "", object{"discount_code": "once"}).want(http.StatusForbidden), limit)
	_, a = sell(once, "b@example.com")
	a.want(http.StatusOK)
}

func TestOneSubscriptionPerCustomer(t *testing.T) {
	w := newWorld(t)
	first, second := w.create(with(freeMonthly, object{"customer_email": "ada@example.com"})), w.create(with(monthly))
	w.client("POST", first, "/confirm", object{}).want(http.StatusOK)
	active := object{"error": "AlreadyActiveSubscriptionError", "detail": "You already have an active subscription."}
	same(t, "update", w.patch(second, object{"customer_email": "ADA@example.com"}).want(http.StatusForbidden), active)
	same(t, "confirm", w.client("POST", second, "/confirm", paying).want(http.StatusForbidden), active)
}

func TestControlPaysWithoutBuyer(t *testing.T) {
	w := newWorld(t)
	made := w.create(with(monthly))
	w.control("POST", "/sessions/"+made["id"].(string)+"/pay", object{})
	got := w.get(made)
	same(t, "session", got, object{"status": "succeeded"})
	if got["customer_id"] == nil || got["customer_email"] == nil {
		t.Errorf("customer = %v, %v; want an invented one", got["customer_id"], got["customer_email"])
	}
}
