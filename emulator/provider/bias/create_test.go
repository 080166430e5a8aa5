package bias_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCreate(t *testing.T) {
	c := start(t)
	now := c.freeze()
	fresh := func(changes object) object {
		s := object{
			"object": "checkout_session", "live": false, "created_at": now, "amount": 500.0, "amount_collected": 0.0, "customer": nil,
			"customer_details": object{"email": nil, "name": nil, "phone": nil}, "payments": nil, "invoice": nil, "line_items": nil,
			"metadata": object{}, "mode": "payment", "status": "requires_confirmation", "submit_label": "auto",
		}
		for key, value := range changes {
			s[key] = value
		}
		return s
	}
	line := func(price string, quantity, total float64) object {
		return object{"object": "line_item", "price": price, "quantity": quantity, "subtotal": total, "total": total}
	}
	for _, tt := range []struct {
		name string
		body object
		want object
	}{
		{"amount", object{"amount": 500}, fresh(nil)},
		{"whole number as float", object{"amount": 500.0}, fresh(nil)},
		{"nulls", object{"amount": 500, "line_items": nil, "metadata": nil}, fresh(nil)},
		{"empty list beside an amount", object{"amount": 500, "line_items": list{}}, fresh(object{"line_items": list{}})},
		{"largest amount", object{"amount": 1<<53 - 1}, fresh(object{"amount": float64(1<<53 - 1)})},
		{"lines", object{"line_items": list{object{"price": notebook, "quantity": 2}, object{"price": mug}}},
			fresh(object{"amount": 2800.0, "line_items": list{line(notebook, 2, 1000), line(mug, 1, 1800)}})},
		{"the same price twice", object{"line_items": list{object{"price": mug}, object{"price": mug, "quantity": 9999}}},
			fresh(object{"amount": 18e6, "line_items": list{line(mug, 1, 1800), line(mug, 9999, 9999*1800)}})},
		{"a free line beside another", object{"line_items": list{object{"price": notebook}, object{"price": freePrice}}},
			fresh(object{"line_items": list{line(notebook, 1, 500), line(freePrice, 1, 0)}})},
		{"invoice", object{"invoice": bosInvoice}, fresh(object{"amount": 12500.0, "invoice": bosInvoice, "customer": bo})},
		{"invoice and another customer", object{"invoice": bosInvoice, "customer": ada}, fresh(object{"amount": 12500.0, "invoice": bosInvoice, "customer": ada})},
		{"setup", object{"mode": "setup"}, fresh(object{"mode": "setup", "amount": 0.0})},
		{"setup as the browser library makes it", object{"mode": "setup", "line_items": list{}, "submit_label": "auto"},
			fresh(object{"mode": "setup", "amount": 0.0, "line_items": list{}})},
		{"setup with an amount", object{"mode": "setup", "amount": 7}, fresh(object{"mode": "setup", "amount": 0.0})},
		{"the rest", object{"amount": 500, "customer": ada, "customer_details": object{"email": "a@b.c", "name": nil}, "submit_label": "book",
			"metadata": object{"b": "2", "a": "", "gone": nil}},
			fresh(object{"customer": ada, "customer_details": object{"email": "a@b.c", "name": nil, "phone": nil}, "submit_label": "book",
				"metadata": object{"a": "", "b": "2"}})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			made := c.create(tt.body)
			if !regexp.MustCompile(`^cs_[0-9A-Za-z]{20,22}$`).MatchString(made["id"].(string)) ||
				!regexp.MustCompile(`^[0-9A-Za-z]{24}$`).MatchString(made["client_secret"].(string)) {
				t.Errorf("id %v, client secret %v", made["id"], made["client_secret"])
			}
			got := stripped(made)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("session (-want +got):\n%s", diff)
			}
		})
	}
}

// stripped returns a session without what is chance: its own and its lines' identifiers.
func stripped(session object) object {
	out := object{}
	for key, value := range session {
		out[key] = value
	}
	delete(out, "id")
	delete(out, "client_secret")
	if lines, ok := out["line_items"].(list); ok {
		bare := list{}
		for _, l := range lines {
			one := object{}
			for key, value := range l.(object) {
				if key != "id" {
					one[key] = value
				}
			}
			bare = append(bare, one)
		}
		out["line_items"] = bare
	}
	return out
}

func TestCreateRefuses(t *testing.T) {
	c := start(t)
	for _, tt := range []struct {
		name, body, code string
		param            any
		paths            []string // of the issues
	}{
		{"nothing", `{}`, "parameter_missing", "amount", []string{"amount"}},
		{"no body", ``, "parameter_missing", "amount", []string{"amount"}},
		{"empty list", `{"line_items":[]}`, "parameter_missing", "amount", []string{"amount"}},
		{"nulls", `{"amount":null,"line_items":null}`, "parameter_missing", "amount", []string{"amount"}},
		{"zero", `{"amount":0}`, "parameter_invalid", "amount", []string{"amount"}},
		{"negative", `{"amount":-5}`, "parameter_invalid", "amount", []string{"amount"}},
		{"negative in setup mode", `{"amount":-5,"mode":"setup"}`, "parameter_invalid", "amount", []string{"amount"}},
		{"too much", `{"amount":9007199254740992}`, "parameter_invalid", "amount", []string{"amount"}},
		{"fraction", `{"amount":1.5}`, "parameter_invalid", "amount", []string{"amount"}},
		{"text", `{"amount":"5"}`, "parameter_invalid", "amount", []string{"amount"}},
		{"amount and lines", `{"amount":1,"line_items":[{"price":"` + mug + `"}]}`, "parameter_invalid", "amount", []string{"amount", "line_items"}},
		{"amount and invoice", `{"amount":1,"invoice":"` + bosInvoice + `"}`, "parameter_invalid", "amount", []string{"amount", "invoice"}},
		{"lines and invoice", `{"invoice":"x","line_items":[{"price":"x"}]}`, "parameter_invalid", "line_items",
			[]string{"line_items", "line_items 0 price", "invoice", "invoice"}},
		{"unknown price", `{"line_items":[{"price":"price_x"}]}`, "resource_missing", "line_items[0].price", []string{"line_items 0 price"}},
		{"two unknown prices and customer", `{"line_items":[{"price":"price_x"},{"price":"` + mug + `"},{"price":"price_y"}],"customer":"cus_x"}`,
			"resource_missing", "line_items[0].price", []string{"line_items 0 price", "line_items 2 price", "customer"}},
		{"inactive price", `{"line_items":[{"price":"` + overPrice + `"}]}`, "parameter_invalid", "line_items[0].price", []string{"line_items 0 price"}},
		{"deleted price", `{"line_items":[{"price":"` + deletedPrice + `"}]}`, "resource_missing", "line_items[0].price", []string{"line_items 0 price"}},
		{"free", `{"line_items":[{"price":"` + freePrice + `"}]}`, "parameter_invalid", "line_items", []string{"line_items"}},
		{"line without price", `{"line_items":[{"quantity":1}]}`, "parameter_missing", "line_items[0].price", []string{"line_items 0 price"}},
		{"line with id", `{"line_items":[{"id":"li_x","price":"` + mug + `"}]}`, "parameter_invalid", "line_items[0].id", []string{"line_items 0 id"}},
		{"quantity 0", `{"line_items":[{"price":"` + mug + `","quantity":0}]}`, "parameter_invalid", "line_items[0].quantity", []string{"line_items 0 quantity"}},
		{"quantity 10000", `{"line_items":[{"price":"` + mug + `","quantity":10000}]}`, "parameter_invalid", "line_items[0].quantity", []string{"line_items 0 quantity"}},
		{"unknown customer", `{"amount":1,"customer":"cus_x"}`, "resource_missing", "customer", []string{"customer"}},
		{"customer null", `{"amount":1,"customer":null}`, "parameter_invalid", "customer", []string{"customer"}},
		{"unknown invoice", `{"invoice":"inv_x"}`, "resource_missing", "invoice", []string{"invoice"}},
		{"unknown member", `{"amount":1,"color":"red"}`, "parameter_invalid", "color", []string{"color"}},
		{"member of the later generation", `{"amount":1,"payment_method_types":["card"],"dual_pricing":{"rate":3}}`, "parameter_invalid", "payment_method_types",
			[]string{"payment_method_types", "dual_pricing"}},
		{"metadata of numbers", `{"amount":1,"metadata":{"a":1}}`, "parameter_invalid", "metadata.a", []string{"metadata a"}},
		{"not JSON", `{"amount":`, "parameter_invalid", nil, []string{""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := c.do("POST", sessions, tt.body)
			f := got.fault(t)
			if got.Status != 400 || f["type"] != "invalid_request_error" || f["live"] != false || f["code"] != tt.code || f["param"] != tt.param {
				t.Errorf("answer = %d %s; want 400, code %s, param %v", got.Status, got.Text, tt.code, tt.param)
			}
			if diff := cmp.Diff(tt.paths, issuePaths(f)); diff != "" {
				t.Errorf("issues (-want +got):\n%s", diff)
			}
			if first := f["issues"].(list)[0].(object)["message"]; f["message"] != first || first == "" {
				t.Errorf("message = %q; want that of the first issue, %q", f["message"], first)
			}
		})
	}
	if page := c.must("GET", sessions, nil); len(page["items"].(list)) != 0 {
		t.Errorf("refused requests made sessions: %v", page)
	}
}

// issuePaths writes the paths of all issues, steps apart by spaces.
func issuePaths(f object) []string {
	issues, _ := f["issues"].(list)
	out := []string{}
	for _, i := range issues {
		out = append(out, joined(i.(object)["path"].(list)))
	}
	return out
}

func joined(path list) string {
	steps := make([]string, len(path))
	for i, step := range path {
		steps[i] = strings.TrimSuffix(strings.Trim(mustJSON(step), `"`), ".0")
	}
	return strings.Join(steps, " ")
}

// TestTotalBeyondLimit needs a price that the catalog does not have.
func TestTotalBeyondLimit(t *testing.T) {
	c := start(t)
	c.control("/fixtures", object{"bias": object{"prices": list{object{
		"object": "price", "id": "price_huge", "live": false, "created_at": 0, "active": true, "amount": 1<<53 - 1, "deleted": false,
		"description": nil, "metadata": object{}, "product": "prod_x", "type": "one_time", "updated_at": 0}}}})
	if got := c.create(object{"line_items": list{object{"price": "price_huge"}}}); got["amount"] != float64(1<<53-1) {
		t.Errorf("amount = %v", got["amount"])
	}
	got := c.do("POST", sessions, object{"line_items": list{object{"price": "price_huge", "quantity": 9999}, object{"price": mug}}})
	if f := got.fault(t); got.Status != 400 || f["param"] != "line_items" {
		t.Errorf("a total beyond the limit = %d %s", got.Status, got.Text)
	}
}
