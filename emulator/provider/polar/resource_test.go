package polar_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/api"
)

const organizationsPath = "/v1/organizations/"

func TestOrganization(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	path := organizationsPath + organizationID
	mine := w.call("GET", path, nil).want(200)
	same(t, "organization", mine, object{"slug": "crumb-and-crust", "default_presentment_currency": "usd", "status": "active"})
	w.wantIDs(organizationsPath+"?slug=crumb-and-crust", mine)
	w.wantIDs(organizationsPath + "?slug=nobody")
	changed := w.call("PATCH", path, object{
		"name": "Crumbs", "email": nil, "website": "https://crumbs.example/", "feature_settings": object{"checkout_localization_enabled": true, "wallets_enabled": true},
		"subscription_settings": object{"allow_multiple_subscriptions": true, "allow_customer_updates": false, "proration_behavior": "invoice", "benefit_revocation_grace_period": 2, "prevent_trial_abuse": false},
	}).want(200)
	same(t, "changed", changed, object{"name": "Crumbs", "email": mine["email"], "website": "https://crumbs.example/", "proration_behavior": "invoice", "allow_customer_updates": false})
	same(t, "features", changed["feature_settings"].(object), object{"checkout_localization_enabled": true, "wallets_enabled": false})
	w.settle()
	in.wantTypes("update", "organization.updated")
	same(t, "session", w.create(object{"products": []any{book}, "locale": "fr"}), object{"locale": "fr"})
	w.call("PATCH", path, object{"feature_settings": object{"seat_based_pricing_enabled": true}}).want(501)
	w.call("PATCH", path, object{"default_presentment_currency": "xxx", "name": "ab"}).faults(schemaClass)
	w.call("POST", organizationsPath, object{"name": "Other", "slug": "other"}).want(501)
	w.call("GET", organizationsPath+unknownID, nil).want(404)
}

// Every operation about resources wants a scope of its family; a link is opened without any.
func TestResourceScopes(t *testing.T) {
	w := newWorld(t, func(o *emulator.Options) {
		o.Keys = map[string]api.Keyring{"polar": {
			{Key: "polar_oat_read", Scopes: []string{"products:read", "customers:read", "discounts:read", "custom_fields:read", "checkout_links:read", "organizations:read"}},
			{Key: "polar_oat_write", Scopes: []string{"products:write", "customers:write", "discounts:write", "custom_fields:write", "checkout_links:write", "organizations:write"}},
			{Key: "polar_oat_other", Scopes: []string{"checkouts:write"}},
		}}
	})
	for _, path := range []string{productsPath, customersPath, discountsPath, customFieldsPath, linksPath, organizationsPath} {
		for token, want := range map[string][2]int{"polar_oat_read": {200, 403}, "polar_oat_write": {200, 404}, "polar_oat_other": {403, 403}, "": {401, 401}} {
			w.token = token
			w.call("GET", path, nil).want(want[0])
			body := object{}
			if path == customFieldsPath {
				body["type"] = "text"
			}
			w.call("PATCH", path+unknownID, body).want(want[1])
		}
	}
}

// Each of 500 objects is listed once, in order, also while some are added.
func TestResourcePages(t *testing.T) {
	w := newWorld(t)
	var made []string
	add := func() {
		made = append(made, w.make(customersPath, object{"email": fmt.Sprintf("n%d@pages.example.com", len(made))})["id"].(string))
	}
	for range 500 {
		add()
	}
	var seen []string
	for page := 1; page <= 6; page++ {
		for _, id := range w.ids(fmt.Sprintf("%s?query=pages.example&limit=100&sorting=created_at&page=%d", customersPath, page)) {
			seen = append(seen, id)
		}
		if page < 4 {
			add()
		}
	}
	if !slices.Equal(seen, made) {
		t.Errorf("%d objects were listed, in another order or not once each; want %d", len(seen), len(made))
	}
}

// A snapshot keeps what was made, changed and deleted.
func TestResourcesInSnapshots(t *testing.T) {
	w := newWorld(t)
	product := w.make(productsPath, object{"name": "Course", "prices": []any{usd(1000)}})
	session := w.create(object{"products": []any{product["id"]}})
	product = w.call("PATCH", productsPath+product["id"].(string), object{"prices": []any{usd(2000)}}).want(200)
	customer := w.make(customersPath, object{"email": "ada@example.com", "external_id": "usr_ada"})
	w.call("DELETE", customersPath+customer["id"].(string), nil)
	discount := w.make(discountsPath, object{"name": "Ten", "type": "percentage", "duration": "once", "basis_points": 1000, "starts_at": "2026-01-01T00:00:00Z"})
	field := w.make(customFieldsPath, object{"type": "number", "slug": "n", "name": "N", "properties": object{"ge": 0}})
	link := w.make(linksPath, object{"payment_processor": "stripe", "products": []any{product["id"]}, "discount_id": discount["id"]})
	gone := w.make(customFieldsPath, object{"type": "text", "slug": "gone", "name": "Gone", "properties": object{}})
	w.call("DELETE", customFieldsPath+gone["id"].(string), nil)
	organization := w.call("PATCH", organizationsPath+organizationID, object{"name": "Crumbs"}).want(200)

	snapshot := string(w.control("GET", "/snapshot", nil).raw)
	w.control("POST", "/reset", nil)
	w.call("GET", productsPath+product["id"].(string), nil).want(404)
	w.control("PUT", "/snapshot", snapshot)
	for path, want := range map[string]object{productsPath: product, discountsPath: discount, customFieldsPath: field, linksPath: link, organizationsPath: organization} {
		same(t, path, w.call("GET", path+want["id"].(string), nil).want(200), want)
	}
	w.call("GET", customersPath+customer["id"].(string), nil).want(404)
	w.call("GET", customFieldsPath+gone["id"].(string), nil).want(404)
	w.call("POST", "/v1/checkouts/", object{"product_price_id": session["product_price_id"]}).wantFaults(businessClass, business("Price is archived.", "product_price_id"))
	w.open(link, "")
	if again := w.make(customersPath, object{"email": "ada@example.com", "external_id": "usr_ada"}); again["id"] == customer["id"] {
		t.Error("the deleted customer has come back")
	}
}

// A blocked organization's tokens reach nothing of it.
func TestResourcesOfABlockedOrganization(t *testing.T) {
	w := newWorld(t)
	link := w.make(linksPath, object{"payment_processor": "stripe", "products": []any{book}})
	mine := w.call("GET", organizationsPath+organizationID, nil).want(200)
	mine["status"] = "blocked"
	w.control("POST", "/fixtures", object{"polar": object{"organizations": []any{mine}}})
	for _, path := range []string{productsPath, customersPath, discountsPath, customFieldsPath, linksPath, organizationsPath} {
		w.wantIDs(path)
	}
	for _, path := range []string{productsPath + book, linksPath + link["id"].(string), organizationsPath + organizationID} {
		w.call("GET", path, nil).want(404)
	}
	if a := w.send("GET", link["url"].(string), "", nil); a.status != http.StatusNotFound {
		t.Errorf("the link answers %d; want 404", a.status)
	}
}

// What the operations answer has the fields that Polar documents.
func TestResourceFields(t *testing.T) {
	w := newWorld(t)
	var documented map[string][]documentedField
	load(t, filepath.Join(goldens, "resource-fields-2026-10", "fields.json"), &documented)
	checked := map[string]bool{}
	check := func(name string, v any) {
		checked[name] = true
		for _, f := range documented[name] {
			if v, there := v.(object)[f.Name]; !there && f.Required || there && !slices.Contains(f.Types, jsonType(v)) {
				t.Errorf("%s.%s = %v (there: %v); documented as %v", name, f.Name, v, there, f.Types)
			}
		}
	}
	each := func(name func(object) string, list any) {
		for _, v := range list.([]any) {
			check(name(v.(object)), v)
		}
	}
	called := func(name string) func(object) string { return func(object) string { return name } }
	items := func(path string) any { return w.call("GET", path+"?limit=100", nil).want(200)["items"] }
	price := func(o object) string {
		return map[any]string{"fixed": "ProductPriceFixed", "custom": "ProductPriceCustom"}[o["amount_type"]]
	}
	link := w.make(linksPath, object{"payment_processor": "stripe", "products": []any{book}})
	check("CheckoutLink", link)
	each(called("CheckoutLinkProduct"), link["products"])
	each(called("BenefitPublic"), link["product"].(object)["benefits"])
	each(called("Product"), items(productsPath))
	for _, v := range items(productsPath).([]any) {
		pr := v.(object)
		each(price, pr["prices"])
		each(called("AttachedCustomField"), pr["attached_custom_fields"])
		each(func(o object) string {
			return map[any]string{"custom": "BenefitCustom", "downloadables": "BenefitDownloadables", "license_keys": "BenefitLicenseKeys"}[o["type"]]
		}, pr["benefits"])
	}
	w.make(discountsPath, object{"name": "Thrice", "type": "fixed", "duration": "repeating", "duration_in_months": 3, "amount": 100})
	customer := w.make(customersPath, object{"email": "ada@example.com", "external_id": "usr_ada"})
	w.confirm(w.create(object{"products": []any{monthly}, "customer_id": customer["id"]}), "ctoken_1", http.StatusOK)
	each(called("CustomerIndividual"), items(customersPath))
	state := w.call("GET", customersPath+"external/usr_ada/state", nil).want(200)
	check("CustomerStateIndividual", state)
	each(called("CustomerStateSubscription"), state["active_subscriptions"])
	each(func(o object) string {
		each(called("DiscountProduct"), o["products"])
		name := map[any]string{"fixed": "DiscountFixed", "percentage": "DiscountPercentage"}[o["type"]]
		if o["duration"] == "repeating" {
			return name + "RepeatDuration"
		}
		return name + "OnceForeverDuration"
	}, items(discountsPath))
	each(func(o object) string {
		return map[any]string{"text": "CustomFieldText", "select": "CustomFieldSelect"}[o["type"]]
	}, items(customFieldsPath))
	each(called("Organization"), items(organizationsPath))
	for name := range documented {
		if !checked[name] {
			t.Errorf("no %s was looked at", name)
		}
	}
}
