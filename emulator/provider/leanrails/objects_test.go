package leanrails_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	customers = "/v1/customers"
	products  = "/v1/products"
	prices    = "/v1/prices"
	links     = "/v1/checkout_links"
)

// totes is a product of the catalog with two prices.
const totes = "prod_8mn4qr7vw2xz0001"

// mug is every parameter of a product's creation.
var mug = object{
	"name": "Mug", "active": true, "description": "Holds 0.3 l", "images": []any{"https://example.com/mug.png"}, "url": "https://example.com/mug",
	"shippable": true, "statement_descriptor": "MUG", "unit_label": "mug", "tax_code": "txcd_1", "marketing_features": []any{object{"name": "blue"}},
	"metadata": object{"sku": "M-1"},
}

// workshop is every parameter of a checkout link's creation.
var workshop = object{
	"title": "Workshop", "line_items": []any{object{"price": tote, "quantity": 2}}, "mode": "payment", "description": "A day of it", "currency": "usd",
	"after_completion":           object{"type": "redirect", "redirect": object{"url": "https://example.com/thanks?s={CHECKOUT_SESSION_ID}"}},
	"billing_address_collection": "required", "metadata": object{"from": "link"}, "inactive_message": "Sold out", "payment_method_types": []any{"card"},
	"allow_promotion_codes": true, "restrictions": object{"completed_sessions": object{"limit": 2}}, "submit_type": "book",
}

// TestDocumentedObjects: each object has the documented members in the documented order and types. Members
// that cannot have a value beside the others are null.
func TestDocumentedObjects(t *testing.T) {
	c := start(t)
	c.must(http.MethodPost, customers+"/"+adaID, `{"phone":"1","description":"d"}`)
	price := c.must(http.MethodPost, prices, encode(object{"product": totes, "currency": "usd", "unit_amount": 5, "nickname": "n", "lookup_key": "k"}))["id"]
	c.must(http.MethodPost, products+"/"+totes, encode(changed(object{"default_price": price}, mug)))
	link := text(c.must(http.MethodPost, links, encode(workshop))["id"])
	it := c.intent(object{"customer": adaID, "description": "d"})["id"]
	for range 11 {
		c.on(it, "confirm", `{"payment_method":"pm_card_declined"}`)
	}
	given := c.intent(object{"payment_method": "pm_card_visa"})["id"]
	c.on(given, "confirm", "")
	refund := text(c.on(given, "refund", `{"amount":1,"reason":"r"}`).JSON["id"])
	for _, tt := range []struct {
		file, path string
		null       []string // members that are null
		other      []string // lines that only one side has: further members of ours, or what the sample has at once
	}{
		{"customer", customers + "/" + adaID, nil, nil},
		{"refund", refunds + "/" + refund, nil, nil},
		{"line_item", links + "/" + link + "/line_items", nil, nil},
		{"price", fmt.Sprint(prices, "/", price), []string{"custom_unit_amount", "recurring", "tiers_mode", "tiers", "transform_quantity"}, nil},
		{"product", products + "/" + totes, []string{"package_dimensions"}, nil},
		{"checkout_link", links + "/" + link, nil, []string{".custom_fields[]", ".after_completion.hosted_confirmation"}},
		{"payment_intent", fmt.Sprint(intents, "/", it), []string{"payment_method", "canceled_at", "cancellation_reason"}, []string{".last_payment_error.decline_code"}},
	} {
		want, err := os.ReadFile(filepath.Join(goldens, documented, tt.file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		got := []byte(c.do(http.MethodGet, tt.path, "").Text)
		if tt.file == "line_item" {
			var page struct{ Data []json.RawMessage }
			if err := json.Unmarshal(got, &page); err != nil {
				t.Fatal(err)
			}
			got = page.Data[0]
		}
		if diff := cmp.Diff(shape(t, want, tt.null, tt.other), shape(t, got, nil, tt.other)); diff != "" {
			t.Errorf("%s (-documented +got):\n%s", tt.file, diff)
		}
	}
}

// shape is the members of a JSON text with their types, those of each element of a list once; the null ones
// as such, and without what lies below the paths of others, and below metadata.
func shape(tb testing.TB, raw []byte, null, others []string) (out []string) {
	tb.Helper()
	for _, line := range members(tb, raw, kind) {
		path, _, _ := strings.Cut(line, " ")
		below := func(parent string) bool {
			return path == parent || strings.HasPrefix(path, parent+".") || strings.HasPrefix(path, parent+"[]")
		}
		if i := slices.IndexFunc(null, func(name string) bool { return below("." + name) }); i >= 0 {
			line = "." + null[i] + " null"
		}
		if !slices.ContainsFunc(others, below) && !strings.Contains(path, "metadata.") && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// TestCustomers: what is sent comes back, changes, and is found by its address.
func TestCustomers(t *testing.T) {
	c := start(t)
	all := object{"email": "grace@example.com", "name": "Grace", "phone": "+1555", "description": "d", "metadata": object{"tier": "gold", "seats": 3.0}}
	made := c.must(http.MethodPost, customers, encode(all))
	want := merged(all, object{"id": made["id"], "object": "customer", "livemode": false, "created": float64(epoch), "merchant_id": made["merchant_id"]})
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	empty := c.must(http.MethodPost, customers, `{}`)
	if empty["email"] != nil || !cmp.Equal(empty["metadata"], any(object{})) {
		t.Errorf("an empty customer is %v", empty)
	}
	at := fmt.Sprint(customers, "/", made["id"])
	got := c.must(http.MethodPost, at, `{"name":null,"description":"","phone":"2","metadata":{"seats":null,"x":"y"}}`)
	want = merged(want, object{"name": nil, "description": nil, "phone": "2", "metadata": object{"tier": "gold", "x": "y"}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("updated (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]object{got}, c.page(customers+"?email=grace@example.com")); diff != "" {
		t.Errorf("found by e-mail (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(got, c.must(http.MethodGet, at, "")); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	bad := c.do(http.MethodPost, customers, encode(object{"email": "no", "name": strings.Repeat("x", 257), "phone": strings.Repeat("x", 65), "age": 3}))
	for _, word := range []string{"The `email` field must be an email address.", "`name` field must be at most 256", "`phone` field must be at most 64", "`age` field is not a known"} {
		if bad.Status != 400 || !strings.Contains(bad.Text, word) {
			t.Errorf("a faulty customer = %d %s; want %q", bad.Status, bad.Text, word)
		}
	}
}

// TestCustomerDeletedMeanwhile: sessions and payments that name a deleted customer keep the id and can be
// paid; nothing new can name it.
func TestCustomerDeletedMeanwhile(t *testing.T) {
	c := start(t)
	open := c.create(object{"customer": adaID})
	paid := c.steer(c.create(object{"customer": adaID})["id"], "pay")
	at := customers + "/" + adaID
	left := object{"id": adaID, "object": "customer", "deleted": true}
	if diff := cmp.Diff(left, c.must(http.MethodDelete, at, "")); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(left, c.must(http.MethodGet, at, "")); diff != "" {
		t.Errorf("read afterwards (-want +got):\n%s", diff)
	}
	for _, s := range []object{open, paid} {
		if diff := cmp.Diff(s, c.get(s["id"])); diff != "" {
			t.Errorf("a session that names it has changed:\n%s", diff)
		}
	}
	if got := c.steer(open["id"], "pay"); got["status"] != "complete" || got["customer"] != adaID {
		t.Errorf("the open session, paid: %v; want complete, of %s still", got, adaID)
	}
	if n := len(c.page(intents + "?customer=" + adaID)); n != 2 {
		t.Errorf("%d payment intents name it; want 2", n)
	}
	if slices.ContainsFunc(c.page(customers), func(o object) bool { return o["id"] == adaID }) {
		t.Error("it is still listed")
	}
	for _, tt := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", at, `{"name":"x"}`, 404}, {"DELETE", at, "", 404},
		{"POST", route, params(object{"customer": adaID}), 400}, {"POST", intents, `{"amount":1,"currency":"usd","customer":"` + adaID + `"}`, 400},
	} {
		got := c.do(tt.method, tt.path, tt.body)
		if e := got.failure(); got.Status != tt.status || e["code"] != "resource_missing" || e["message"] != "No Customer found with ID '"+adaID+"'." {
			t.Errorf("%s %s = %d %s; want %d resource_missing", tt.method, tt.path, got.Status, got.Text, tt.status)
		}
	}
}

// TestProducts: what is sent comes back, and a product goes when nothing is priced by it.
func TestProducts(t *testing.T) {
	c := start(t)
	made := c.must(http.MethodPost, products, encode(mug))
	want := merged(mug, object{
		"id": made["id"], "object": "product", "livemode": false, "created": float64(epoch), "updated": float64(epoch), "default_price": nil, "package_dimensions": nil,
	})
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	c.control("/clock/advance", `{"by":"5s"}`)
	at := fmt.Sprint(products, "/", made["id"])
	got := c.must(http.MethodPost, at, `{"active":false,"images":null,"url":null,"shippable":null,"metadata":{"n":"1"}}`)
	want = merged(want, object{"active": false, "images": []any{}, "url": nil, "shippable": nil, "updated": float64(epoch + 5), "metadata": object{"sku": "M-1", "n": "1"}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("updated (-want +got):\n%s", diff)
	}
	if n := len(c.page(products + "?active=false")); n != 2 { // one of the catalog
		t.Errorf("%d products are inactive; want 2", n)
	}
	if diff := cmp.Diff(object{"id": made["id"], "object": "product", "deleted": true}, c.must(http.MethodDelete, at, "")); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		method, path, body string
		status             int
		message            string
	}{
		{"GET", at, "", 404, fmt.Sprintf("No Product found with ID '%s'.", made["id"])},
		{"DELETE", products + "/" + totes, "", 400, "This Product has Prices and cannot be deleted; set its `active` to false instead."},
		{"POST", products + "/" + totes, encode(object{"default_price": monthly}), 400, "The `default_price` field must be a price of this product."},
		{"POST", products + "/" + totes, `{"default_price":"price_none"}`, 400, "No Price found with ID 'price_none'."},
		{"POST", products, `{"name":""}`, 400, "The `name` field must not be empty."},
		{"POST", products, `{}`, 400, "The `name` field is required."},
		{"POST", products, encode(object{"name": "x", "images": make([]string, 9)}), 400, "The `images` field must have at most 8 elements."},
	} {
		got := c.do(tt.method, tt.path, tt.body)
		if message := text(got.failure()["message"]); got.Status != tt.status || !strings.HasPrefix(message, tt.message) {
			t.Errorf("%s %s %s = %d %s; want %d %s", tt.method, tt.path, tt.body, got.Status, got.Text, tt.status, tt.message)
		}
	}
}
