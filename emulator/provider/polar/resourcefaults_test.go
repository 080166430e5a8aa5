package polar_test

import (
	"fmt"
	"net/http"
	"testing"
)

// Whatever a body or a query holds, the answer is no fault of ours; what it looks like is held against the
// document as in every test.
func TestResourceRequestsOfEveryKind(t *testing.T) {
	w := newWorld(t)
	link := w.make(linksPath, object{"payment_processor": "stripe", "products": []any{book}})
	values := []any{nil, true, -1, 1e30, 0.5, "", "x", unknownID, []any{}, []any{nil}, []any{object{}}, object{}, object{"a": object{}}, object{"": nil}, object{"usd": -1}}
	valid := map[string]object{
		"POST " + productsPath:                        {"name": "Course", "prices": []any{usd(100)}},
		"PATCH " + productsPath + book:                {},
		"POST " + productsPath + book + "/benefits":   {"benefits": []any{}},
		"POST " + customersPath:                       {"email": "a@example.com"},
		"PATCH " + customersPath + "external/x":       {},
		"POST " + discountsPath:                       {"name": "x", "type": "fixed", "duration": "once", "amount": 1},
		"POST " + customFieldsPath:                    {"type": "select", "slug": "x", "name": "x", "properties": object{}},
		"POST " + linksPath:                           {"payment_processor": "stripe", "products": []any{book}},
		"PATCH " + linksPath + link["id"].(string):    {},
		"PATCH " + organizationsPath + organizationID: {},
	}
	fields := []string{
		"name", "description", "prices", "medias", "attached_custom_fields", "metadata", "recurring_interval", "recurring_interval_count", "meter_interval",
		"trial_interval", "trial_interval_count", "visibility", "is_archived", "benefits", "organization_id", "email", "external_id", "billing_address", "tax_id",
		"locale", "type", "owner", "code", "starts_at", "ends_at", "max_redemptions", "products", "duration", "duration_in_months", "amount", "currency", "amounts",
		"basis_points", "slug", "properties", "product_id", "product_price_id", "discount_id", "seats", "success_url", "return_url", "label", "payment_processor",
		"avatar_url", "website", "socials", "feature_settings", "subscription_settings", "default_presentment_currency", "default_tax_behavior",
	}
	for call, base := range valid {
		var method, path string
		if _, err := fmt.Sscan(call, &method, &path); err != nil {
			t.Fatal(err)
		}
		for _, field := range fields {
			for _, v := range values {
				body := object{field: v}
				for k, v := range base {
					if k != field {
						body[k] = v
					}
				}
				if a := w.call(method, path, body); a.status >= http.StatusInternalServerError && a.status != http.StatusNotImplemented {
					t.Errorf("%s %v = %d %s", call, body, a.status, a.raw)
				}
			}
		}
		for _, body := range []string{"", "null", "[]", `"x"`, "{", `{"prices":[{"id":5},{"amount_type":["fixed"]},"x",{"amount_type":"custom","minimum_amount":"50"}]}`} {
			if a := w.call(method, path, body); a.status >= http.StatusInternalServerError {
				t.Errorf("%s %s = %d %s", call, body, a.status, a.raw)
			}
		}
	}
	for _, path := range []string{productsPath, customersPath, discountsPath, customFieldsPath, linksPath, organizationsPath, linksPath + link["client_secret"].(string) + "/redirect"} {
		for _, query := range []string{"page=0", "page=9223372036854775807&limit=1", "limit=x", "sorting=", "metadata[a]=1&metadata[]=&metadata[a=", "query=%00", "is_archived=2", "id=x", "amount=NaN", "amount=-0", "embed_origin=%25", "slug=", "email="} {
			if a := w.call("GET", path+"?"+query, nil); a.status >= http.StatusInternalServerError {
				t.Errorf("%s?%s = %d %s", path, query, a.status, a.raw)
			}
		}
	}
}

func TestResourceWording(t *testing.T) {
	w := newWorld(t)
	w.call("POST", discountsPath, object{"type": "fixed", "name": "x", "duration": "once", "amounts": object{}}).wantFaults(schemaClass,
		fault{Type: "too_short", Loc: []any{"body", "fixed", "amounts"}, Msg: "Dictionary should have at least 1 item after validation, not 0"})
	w.call("POST", discountsPath, object{"type": "fixed", "name": "x", "duration": "once", "amounts": object{"xxx": 1}}).faults(schemaClass)
	made := w.make(productsPath, object{"name": "Course", "prices": []any{object{"amount_type": "fixed", "price_amount": " 1200.0 "}}})
	same(t, "price sent as text", made["prices"].([]any)[0].(object), object{"price_amount": 1200})
	same(t, "boolean sent as text", w.call("PATCH", productsPath+made["id"].(string), object{"is_archived": "yes"}).want(200), object{"is_archived": true})
}
