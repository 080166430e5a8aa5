package polar_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/provider/polar"
)

func TestProfiles(t *testing.T) {
	for _, tt := range []struct {
		profile string
		ok      bool
	}{{"", true}, {polar.ProfileCurrent, true}, {polar.ProfileSeed, true}, {"2024", false}} {
		if _, err := polar.New(provider.Options{Profile: tt.profile}); (err == nil) != tt.ok {
			t.Errorf("New with profile %q: %v", tt.profile, err)
		}
	}
}

// TestVintages has what differs between the two, where no other test does.
func TestVintages(t *testing.T) {
	current, seed := newWorld(t), newWorld(t, seedProfile)
	for _, tt := range []struct {
		name        string
		body        object
		now, before object
	}{
		{"drafts can be sold", with(draftProduct), nil, object{"product_id": draftProduct}},
		{"the placeholder in a path", with(book, object{"success_url": "https://shop.example/{CHECKOUT_ID}"}), nil, object{
			"success_url": "https://shop.example/%7BCHECKOUT_ID%7D"}},
		{"states are free text", with(book, object{"customer_billing_address": object{"country": "US", "state": "New York"}}), nil, object{
			"customer_billing_address": object{"country": "US", "state": "New York", "line1": nil, "line2": nil, "city": nil, "postal_code": nil}}},
		{"later fields are ignored", with(book, object{
			"return_url": "https://shop.example/", "is_business_customer": true, "require_billing_address": true, "external_customer_id": "usr_1842",
			"customer_billing_name": "x", "trial_interval": "day", "seats": 3, "currency": "eur", "allow_trial": false, "locale": "de"}),
			nil, object{"return_url": nil, "is_business_customer": false, "require_billing_address": false, "external_customer_id": nil, "customer_id": nil,
				"customer_billing_name": nil, "trial_interval": nil, "seats": nil, "currency": "usd", "allow_trial": true}},
		{"a preset address asks for no whole one", with(book, object{"customer_billing_address": object{"country": "FR", "city": "Paris"}}),
			object{"require_billing_address": true}, object{"require_billing_address": false}},
		{"no trial", with(trial), object{"trial_end": "2026-12-04T12:00:00Z", "is_payment_required": false}, object{"trial_end": nil, "is_payment_required": true}},
		{"tax is known when nothing is to pay", with(trial, object{"discount_id": firstFree}), object{"tax_amount": nil}, object{"tax_amount": 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			current.t, seed.t = t, t
			same(t, "2025-02", seed.create(tt.body), tt.before)
			if tt.now != nil {
				same(t, "current", current.create(tt.body), tt.now)
			}
		})
	}
	current.t, seed.t = t, t
}

func TestVintageRules(t *testing.T) {
	current, seed := newWorld(t), newWorld(t, seedProfile)
	for _, tt := range []struct {
		name        string
		body        object
		class       string
		now, before []fault // none: the session is made
	}{
		{"amount below the old range", with(zine, object{"amount": 0}), schemaClass, nil, everyShape("amount", "greater_than_equal", "Input should be greater than or equal to 50")},
		{"amount above the old range", with(book, object{"amount": 100000000}), schemaClass, nil, everyShape("amount", "less_than_equal", "Input should be less than or equal to 99999999")},
		{"discount of a free product", with(freebie, object{"discount_id": quarter}), businessClass,
			[]fault{business("Discounts are not applicable to this product.", "discount_id")},
			[]fault{business("Discounts are only applicable to fixed and custom prices.", "discount_id")}},
		{"repeating discount of a one-time product", with(book, object{"discount_id": third}), businessClass, nil,
			[]fault{business("Discount is not applicable to this product.", "discount_id")}},
		{"embargoed country", with(book, object{"customer_billing_address": object{"country": "CU"}}), schemaClass,
			everyShape("customer_billing_address", "enum", ""), nil},
		{"country in lower case", with(book, object{"customer_billing_address": object{"country": "fr"}}), schemaClass, nil,
			everyShape("customer_billing_address", "country_alpha2", "Invalid country alpha2 code")},
		{"seats", with(book, object{"seats": 2}), businessClass, []fault{business("Seats can only be set for seat-based pricing.", "seats")}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, v := range []struct {
				w    *world
				want []fault
			}{{current, tt.now}, {seed, tt.before}} {
				v.w.t = t
				a := v.w.call("POST", "/v1/checkouts/", tt.body)
				if v.want == nil {
					a.want(http.StatusCreated)
					continue
				}
				if v.want[0].Msg == "" { // the message lists all countries
					a.faults(tt.class)
					continue
				}
				a.wantFaults(tt.class, v.want...)
			}
		})
	}
}

// everyShape is a fault of a field that all shapes of the body have, of a body that is meant as the
// first of them.
func everyShape(field, kind, msg string) []fault {
	var out []fault
	for _, s := range []struct{ name, key string }{{"CheckoutProductsCreate", ""}, {"CheckoutProductCreate", "product_id"}, {"CheckoutPriceCreate", "product_price_id"}} {
		loc := []any{"body", s.name, field}
		if field == "customer_billing_address" {
			loc = append(loc, "country")
		}
		out = append(out, fault{kind, loc, msg, nil})
		if s.key != "" {
			out = append(out, fault{"missing", []any{"body", s.name, s.key}, "Field required", nil})
		}
	}
	return out
}

func TestCustomFieldsWereReplaced(t *testing.T) {
	w := newWorld(t, seedProfile)
	made := w.create(with(workshop, object{"custom_field_data": object{"company_name": "Oak"}}))
	got := w.patch(made, object{"custom_field_data": object{"team_size": 3}}).want(http.StatusOK)
	same(t, "session", got, object{"custom_field_data": object{"team_size": 3}})
}

// change posts an object of the catalog with some members changed.
func (w *world) change(resource, id string, changes object) {
	w.t.Helper()
	o := w.fixture(resource, id)
	for k, v := range changes {
		o[k] = v
	}
	w.control("POST", "/fixtures", object{"polar": object{resource: []object{o}}})
}

func TestBlockedOrganization(t *testing.T) {
	current, seed := newWorld(t), newWorld(t, seedProfile)
	refused := object{"error": "NotPermitted", "detail": "Not permitted"}
	for _, w := range []*world{current, seed} {
		made := w.create(with(book))
		w.change("organizations", organizationID, object{"status": "blocked"})
		item := "/v1/checkouts/" + made["id"].(string)
		if w == seed {
			same(t, "create", w.call("POST", "/v1/checkouts/", with(book)).want(http.StatusForbidden), refused)
			same(t, "get", w.call("GET", item, nil).want(http.StatusForbidden), refused)
			continue
		}
		w.call("POST", "/v1/checkouts/", with(book)).wantFaults(businessClass, business("Product does not exist.", "products", 0))
		w.call("GET", item, nil).want(http.StatusNotFound)
		w.call("PATCH", item, object{}).want(http.StatusNotFound)
		same(t, "client", w.client("GET", made, "", nil).want(http.StatusForbidden), refused)
		if n := len(ids(w.call("GET", "/v1/checkouts/", nil).want(http.StatusOK))); n != 0 {
			t.Errorf("the list shows %d sessions of a blocked organization", n)
		}
	}
}

func TestOrganizationNotReady(t *testing.T) {
	w := newWorld(t)
	paid, free := w.create(with(book)), w.create(with(freebie, object{"customer_email": "ada@example.com"}))
	w.change("organizations", organizationID, object{"capabilities": object{"checkout_payments": false}})
	same(t, "confirm", w.client("POST", paid, "/confirm", paying).want(http.StatusForbidden), object{
		"error": "PaymentNotReady", "detail": "Organization is not ready to accept payments"})
	w.client("POST", free, "/confirm", object{}).want(http.StatusOK)
}

func TestCatalogChangesShow(t *testing.T) {
	w := newWorld(t)
	made := w.create(with(tips, object{"products": []string{tips, book}}))
	w.change("products", tips, object{"name": "Tip Bowl"})
	if got := w.get(made)["product"].(object)["name"]; got != "Tip Bowl" {
		t.Errorf("product = %v; want its new name", got)
	}
	w.change("products", book, object{"is_archived": true})
	w.patch(made, object{"product_id": book}).wantFaults(businessClass, business("Product is archived.", "product_id"))
	price := w.fixture("products", tips)["prices"].([]any)[0].(object)
	price["is_archived"] = true
	w.change("products", tips, object{"prices": []any{price}})
	w.client("POST", made, "/confirm", paying).wantFaults(businessClass, business("Price is archived.", "product_price_id"))
	w.change("customers", mika, object{"deleted_at": "2026-01-01T00:00:00Z"})
	w.call("POST", "/v1/checkouts/", with(book, object{"products": []string{zine}, "customer_id": mika})).wantFaults(businessClass, business("Customer does not exist.", "customer_id"))
}

func TestDeletedCustomer(t *testing.T) {
	w := newWorld(t)
	made := w.create(with(book, object{"customer_id": mika}))
	w.change("customers", mika, object{"deleted_at": "2026-01-01T00:00:00Z"})
	same(t, "confirm", w.client("POST", made, "/confirm", but(paying, object{"customer_email": nil})).want(http.StatusConflict), object{
		"error": "CheckoutCustomerDeleted", "detail": "The customer associated with this checkout has been deleted."})
}

func TestOwnSandbox(t *testing.T) {
	w := newWorld(t)
	a, b := w.fork(t), w.fork(t)
	made := a.create(with(book))
	b.call("GET", "/v1/checkouts/"+made["id"].(string), nil).want(http.StatusNotFound)
	if seen := b.client("GET", made, "", nil).want(http.StatusOK); seen["id"] != made["id"] {
		t.Errorf("the client secret finds %v; want %v", seen["id"], made["id"])
	}
	if other := b.create(with(book)); other["id"] == made["id"] || strings.EqualFold(other["client_secret"].(string), made["client_secret"].(string)) {
		t.Errorf("two sandboxes share ids or secrets: %v", cmp.Diff(made, other))
	}
}

func TestStrict(t *testing.T) {
	w := newWorld(t, func(o *emulator.Options) { o.Strict = true })
	w.call("POST", "/v1/checkouts/", object{"product_id": book, "colour": "red"}).wantFaults(schemaClass,
		fault{"extra_forbidden", []any{"body", "CheckoutProductCreate", "colour"}, "Extra inputs are not permitted", nil})
	w.create(object{"product_id": book, "payment_processor": "stripe"})
}
