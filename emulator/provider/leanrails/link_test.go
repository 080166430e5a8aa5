package leanrails_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// visit opens the url of a link as a browser does, without a key or a header, and returns where it leads.
func (c *client) visit(link any) (status int, location, body string) {
	c.tb.Helper()
	req := httptest.NewRequestWithContext(c.tb.Context(), http.MethodGet, text(link), nil)
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	return rec.Code, rec.Header().Get("Location"), rec.Body.String()
}

// opened is the session that opening a link makes.
func (c *client) opened(link any) object {
	c.tb.Helper()
	status, location, body := c.visit(link)
	at, err := url.Parse(location)
	if status != http.StatusSeeOther || err != nil || !strings.HasPrefix(at.Path, "/checkout/cs_") {
		c.tb.Fatalf("GET %v = %d %s, %s; want 303 to the page of a session", link, status, location, body)
	}
	return c.get(strings.TrimPrefix(at.Path, "/checkout/"))
}

// TestLinks: what is sent comes back, and changes.
func TestLinks(t *testing.T) {
	c := start(t)
	made := c.must(http.MethodPost, links, encode(workshop))
	want := merged(workshop, object{
		"id": made["id"], "object": "checkout_link", "active": true, "livemode": false, "created": float64(epoch), "custom_fields": []any{},
		"custom_text": object{}, "url": made["url"],
		"restrictions": object{"completed_sessions": object{"limit": 2.0}},
	})
	delete(want, "line_items")
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	least := c.must(http.MethodPost, links, encode(object{"title": "Mug", "line_items": []any{object{"price": tote}}}))
	want = merged(want, object{
		"id": least["id"], "url": least["url"], "title": "Mug", "description": nil, "after_completion": object{"type": "hosted_confirmation"},
		"billing_address_collection": "auto", "metadata": object{}, "inactive_message": nil, "payment_method_types": []any{},
		"allow_promotion_codes": false, "restrictions": nil, "submit_type": "auto",
	})
	if diff := cmp.Diff(want, least); diff != "" {
		t.Errorf("the least (-want +got):\n%s", diff)
	}
	at := fmt.Sprint(links, "/", least["id"])
	changes := object{"active": false, "metadata": object{"a": "b"}, "inactive_message": "Gone", "submit_type": "pay", "restrictions": object{"completed_sessions": object{"limit": 1}}}
	got := c.must(http.MethodPost, at, encode(changes))
	if diff := cmp.Diff(merged(want, merged(changes, object{"restrictions": object{"completed_sessions": object{"limit": 1.0}}})), got); diff != "" {
		t.Errorf("updated (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]object{got}, c.page(links+"?active=false")); diff != "" {
		t.Errorf("inactive ones (-want +got):\n%s", diff)
	}
	page := c.must(http.MethodGet, fmt.Sprint(links, "/", made["id"], "/line_items"), "")
	item := page["data"].([]any)[0].(object)
	wantItem := object{
		"id": item["id"], "object": "item", "price": tote, "quantity": 2.0, "amount_subtotal": 5000.0, "amount_total": 5000.0, "currency": "usd",
		"product": totes, "description": "Canvas tote bag",
	}
	if diff := cmp.Diff(wantItem, item); diff != "" || page["url"] != fmt.Sprint(links, "/", made["id"], "/line_items") {
		t.Errorf("line items of %v (-want +got):\n%s", page["url"], diff)
	}
}

// TestOpening: each visit makes a session of its own; the link ends with its last paid one.
func TestOpening(t *testing.T) {
	c := start(t)
	made := c.must(http.MethodPost, links, encode(workshop))
	if !strings.HasSuffix(text(made["url"]), fmt.Sprint("/leanrails/cl/", made["id"])) {
		t.Errorf("the url is %v", made["url"])
	}
	first, second, third := c.opened(made["url"]), c.opened(made["url"]), c.opened(made["url"])
	want := merged(c.create(object{
		"line_items": workshop["line_items"], "success_url": "https://example.com/thanks?s={CHECKOUT_SESSION_ID}", "metadata": object{"from": "link"},
		"billing_address_collection": "required",
	}), object{"id": first["id"], "url": first["url"], "payment_intent": first["payment_intent"]})
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("the session (-as made by hand +got):\n%s", diff)
	}
	if first["id"] == second["id"] || second["id"] == third["id"] {
		t.Error("two visits share a session")
	}
	c.steer(first["id"], "pay")
	c.opened(made["url"])
	c.steer(second["id"], "pay")
	if status, _, body := c.visit(made["url"]); status != 400 || !strings.Contains(body, `"code":"checkout_link_inactive","message":"Sold out"`) {
		t.Errorf("opened after its last = %d %s; want 400 with the link's message", status, body)
	}
	if got := c.read(links, made["id"]); got["active"] != false {
		t.Errorf("the link is %v; want inactive", got)
	}
	if got := c.steer(third["id"], "pay"); got["status"] != "complete" {
		t.Errorf("a session from before: %v; want complete", got)
	}
	if status, _, body := c.visit(strings.Replace(text(made["url"]), "/cl_", "/cl_x", 1)); status != 404 || !strings.Contains(body, "No CheckoutLink found") {
		t.Errorf("an unknown link = %d %s", status, body)
	}
	hosted := c.must(http.MethodPost, links, encode(object{"title": "Mug", "line_items": []any{inlineItem()}}))
	if s := c.opened(hosted["url"]); s["success_url"] != nil || s["amount_total"] != 700.0 || s["status"] != "open" {
		t.Errorf("with a hosted confirmation: %v", s)
	}
}

// inlineItem is a line item with a price of its own: 7 US dollars.
func inlineItem() object {
	return object{"price_data": object{"currency": "usd", "product": totes, "unit_amount": 700}}
}

func TestLinkRefusals(t *testing.T) {
	c := start(t)
	for _, tt := range []struct {
		name    string
		changes object
		message string
	}{
		{"a long title", object{"title": strings.Repeat("x", 31)}, "The `title` field must be at most 30 characters long."},
		{"no items", object{"line_items": []any{}}, "The `line_items` field must have at least 1 element."},
		{"an unknown price", object{"line_items": []any{object{"price": "price_none"}}}, "No Price found with ID 'price_none'."},
		{"another currency", object{"currency": "eur"}, "The `currency` field must be the currency of the line items, `usd`."},
		{"orders", object{"mode": "order"}, "The `mode` field must be `payment`."},
		{"a redirect to nowhere", object{"after_completion": object{"type": "redirect"}}, "The `after_completion.redirect` field is required."},
		{"a limit of none", object{"restrictions": object{"completed_sessions": object{"limit": 0}}}, "The `restrictions.completed_sessions.limit` field must be at least 1."},
	} {
		got := c.do(http.MethodPost, links, encode(changed(merged(workshop, nil), tt.changes)))
		if got.Status != 400 || got.failure()["message"] != tt.message {
			t.Errorf("%s: %d %s; want 400 %s", tt.name, got.Status, got.Text, tt.message)
		}
	}
}
