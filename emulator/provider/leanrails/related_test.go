package leanrails_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/provider/leanrails"
	"github.com/localcheckout/localcheckout/openapi"
)

// related are the kinds of objects around a session: where they are listed, what an unknown one is called,
// and how one is made.
var related = []struct {
	path, noun, unknown string
	make                func(c *client) any // id
}{
	{customers, "Customer", "cus_none", func(c *client) any { return c.must("POST", customers, `{}`)["id"] }},
	{products, "Product", "prod_none", func(c *client) any { return c.must("POST", products, `{"name":"x"}`)["id"] }},
	{prices, "Price", "price_none", func(c *client) any {
		return c.must("POST", prices, `{"product":"`+totes+`","currency":"usd","unit_amount":1}`)["id"]
	}},
	{intents, "PaymentIntent", "pi_none", func(c *client) any { return c.intent(nil)["id"] }},
	{charges, "Charge", "ch_none", func(c *client) any {
		got := c.on(c.intent(nil)["id"], "confirm", `{"payment_method":"pm_card_visa"}`)
		return got.JSON["charges"].(object)["data"].([]any)[0].(object)["id"]
	}},
	{refunds, "Refund", "ref_none", func(c *client) any {
		id := c.intent(nil)["id"]
		c.on(id, "confirm", `{"payment_method":"pm_card_visa"}`)
		return c.on(id, "refund", "").JSON["id"]
	}},
	{links, "CheckoutLink", "cl_none", func(c *client) any {
		return c.must("POST", links, `{"title":"x","line_items":[{"price":"`+tote+`"}]}`)["id"]
	}},
	{endpoints, "WebhookEndpoint", "we_none", func(c *client) any {
		return c.must("POST", endpoints, `{"url":"http://localhost:1/"}`)["id"]
	}},
}

// TestRelated: what the product promises of the resources around a session; the numbers are its own. That
// every answer fits the document (28) is seen to by the client in each of these tests.
func TestRelated(t *testing.T) {
	t.Run("16 catalog and unknown ids", func(t *testing.T) { unknownIDs(t, start(t)) })
	for _, kind := range related {
		t.Run("25 pagination "+kind.path, func(t *testing.T) {
			c := start(t)
			pages(t, c, kind.path, func() any { return kind.make(c) })
		})
	}
	t.Run("26 idempotency", func(t *testing.T) { keyedWrites(t, start(t)) })
	t.Run("28 responses are validated", validated)
	t.Run("37 SUPPORTED.md", supported)
	t.Run("38 every documented resource", func(t *testing.T) { documentedResources(t, start(t)) })
}

// unknownIDs: the catalog can be read by its own operations, and what is not there is said so.
func unknownIDs(t *testing.T, c *client) {
	catalog := c.send(http.MethodGet, "/_control/fixtures", "").JSON["leanrails"].(object)
	for resource, list := range catalog {
		for _, v := range list.([]any) {
			if diff := cmp.Diff(v, any(c.read("/v1/"+resource, v.(object)["id"]))); diff != "" {
				t.Errorf("%s (-catalog +read):\n%s", resource, diff)
			}
		}
	}
	if len(catalog) != 3 {
		t.Errorf("the catalog has %d resources; want 3", len(catalog))
	}
	for _, kind := range related {
		got := c.do(http.MethodGet, kind.path+"/"+kind.unknown, "")
		want := object{
			"type": "invalid_request_error", "code": "resource_missing", "message": fmt.Sprintf("No %s found with ID '%s'.", kind.noun, kind.unknown),
			"param": "id", "doc_url": "https://docs.leanrails.com/errors/resource_missing",
		}
		if diff := cmp.Diff(want, got.failure()); got.Status != 404 || diff != "" {
			t.Errorf("GET %s/%s = %d (-want +got):\n%s", kind.path, kind.unknown, got.Status, diff)
		}
	}
	for _, path := range []string{
		intents + "/pi_none", intents + "/pi_none/confirm", intents + "/pi_none/capture", intents + "/pi_none/cancel", intents + "/pi_none/refund",
		refunds + "/ref_none", customers + "/cus_none", products + "/prod_none", prices + "/price_none", links + "/cl_none",
	} {
		if got := c.do(http.MethodPost, path, "{}"); got.Status != 404 || got.failure()["param"] != "id" {
			t.Errorf("POST %s = %d %s; want 404 about id", path, got.Status, got.Text)
		}
	}
}

// pages: each of 500 objects comes once, newest first, though others are added meanwhile; backwards, too. A
// sandbox has at most 256 webhook endpoints, so of these there are 200.
func pages(t *testing.T, c *client, path string, make func() any) {
	var want []any
	for _, o := range c.page(path + "?limit=100") {
		want = append(want, o["id"])
	}
	many := 500
	if path == endpoints {
		many = 200
	}
	for range many {
		want = slices.Insert(want, 0, make())
	}
	var got []any
	query := "?limit=37"
	for {
		page := c.must(http.MethodGet, path+query, "")
		for _, v := range page["data"].([]any) {
			got = append(got, v.(object)["id"])
		}
		if page["url"] != path || page["has_more"] != (page["next_cursor"] != nil) {
			t.Fatalf("the page is %v", page)
		}
		if page["next_cursor"] == nil {
			break
		}
		query = fmt.Sprintf("?limit=37&starting_after=%v", page["next_cursor"])
		make()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("forwards (-made +got):\n%s", diff)
	}
	back := c.must(http.MethodGet, fmt.Sprintf("%s?limit=3&ending_before=%v", path, want[10]), "")
	if diff := cmp.Diff(want[7:10], []any{ids(back)[0], ids(back)[1], ids(back)[2]}); diff != "" || back["has_more"] != true {
		t.Errorf("backwards, more %v (-want +got):\n%s", back["has_more"], diff)
	}
	for query, param := range map[string]string{
		"?starting_after=cs_1&ending_before=cs_1": "starting_after", "?limit=101": "limit", "?limit=x": "limit", "?status=open": "status",
		fmt.Sprintf("?starting_after=%v&ending_before=%v", want[0], want[1]): "ending_before",
	} {
		if got := c.do(http.MethodGet, path+query, ""); got.Status != 400 || got.failure()["param"] != param {
			t.Errorf("GET %s%s = %d %s; want 400 about %s", path, query, got.Status, got.Text, param)
		}
	}
	none := text(want[0])[:strings.Index(text(want[0]), "_")] + "_none"
	if got := c.do(http.MethodGet, path+"?ending_before="+none, ""); got.Status != 404 || got.failure()["param"] != "ending_before" {
		t.Errorf("an unknown cursor = %d %s; want 404 about ending_before", got.Status, got.Text)
	}
}

// keyedWrites: every write needs a key, is done once by it, and is refused with another body.
func keyedWrites(t *testing.T, c *client) {
	it := fmt.Sprint(intents, "/", c.intent(object{"capture_method": "manual", "payment_method": "pm_card_visa"})["id"])
	ch := c.must("POST", intents, `{"amount":9,"currency":"usd","payment_method":"pm_card_visa"}`)["id"]
	c.on(ch, "confirm", "")
	refund := text(c.on(ch, "refund", `{"amount":1}`).JSON["id"])
	link := text(related[6].make(c))
	for i, tt := range []struct{ path, body, other string }{
		{customers, `{"name":"x"}`, `{"name":"y"}`}, {customers + "/" + adaID, `{"name":"x"}`, `{}`},
		{products, `{"name":"x"}`, `{"name":"y"}`}, {products + "/" + totes, `{"name":"x"}`, `{}`},
		{prices, `{"product":"` + totes + `","currency":"usd","unit_amount":1}`, `{"product":"` + totes + `","currency":"usd","unit_amount":2}`},
		{prices + "/" + tote, `{"nickname":"x"}`, `{}`},
		{intents, `{"amount":1,"currency":"usd"}`, `{"amount":2,"currency":"usd"}`}, {it, `{"description":"x"}`, `{}`},
		{it + "/confirm", ``, `{}`}, {it + "/capture", `{"amount_to_capture":5}`, `{}`}, {it + "/refund", `{"amount":1}`, `{"amount":2}`},
		{refunds, fmt.Sprintf(`{"payment_intent":%q,"amount":1}`, ch), fmt.Sprintf(`{"payment_intent":%q,"amount":2}`, ch)},
		{refunds + "/" + refund, `{"metadata":{"a":"b"}}`, `{}`},
		{fmt.Sprint(intents, "/", c.intent(nil)["id"], "/cancel"), ``, `{}`},
		{links, `{"title":"x","line_items":[{"price":"` + tote + `"}]}`, `{"title":"y","line_items":[{"price":"` + tote + `"}]}`},
		{links + "/" + link, `{"submit_type":"pay"}`, `{}`},
	} {
		if got := c.with("Idempotency-Key", "").do("POST", tt.path, tt.body); got.Status != 400 || got.failure()["param"] != "Idempotency-Key" {
			t.Errorf("POST %s without a key = %d %s", tt.path, got.Status, got.Text)
		}
		keyed := c.with("Idempotency-Key", fmt.Sprint("related-", i))
		first, again, other := keyed.do("POST", tt.path, tt.body), keyed.do("POST", tt.path, tt.body), keyed.do("POST", tt.path, tt.other)
		if first.Status != 200 || again.Text != first.Text || again.Header.Get("Idempotent-Replayed") != "true" || first.Header.Get("Idempotent-Replayed") != "" {
			t.Errorf("POST %s twice = %d %s, %d %s; want the first answer again", tt.path, first.Status, first.Text, again.Status, again.Text)
		}
		if other.Status != 422 || other.failure()["code"] != "idempotency_key_reused" {
			t.Errorf("POST %s with another body = %d %s; want 422", tt.path, other.Status, other.Text)
		}
	}
}

// validated: an answer of these operations that breaks the document is told to the test.
func validated(t *testing.T) {
	p, err := leanrails.New(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi.Load("leanrails.yaml", p.Document(), openapi.Whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range doc.Operations() {
		if op.ID == "openCheckoutLink" {
			continue // answers no body
		}
		if err := op.CheckResponse(http.StatusOK, "application/json", []byte(`{"object":"none"}`)); err == nil {
			t.Errorf("%s: any object is a valid answer", op.ID)
		}
	}
}

// supported: the generated page names every operation, and why the others are not served.
func supported(t *testing.T) {
	page, err := os.ReadFile("../../../SUPPORTED.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"/v1/payment_intents/{id}/capture", "/v1/refunds/{id}", "/v1/customers/{id}", "/v1/prices/{id}", "/v1/products/{id}", "/v1/charges/{id}",
		"/v1/checkout_links/{id}/line_items", "/v1/orders/{id}/complete", "orders come of sessions with the mode `order`",
	} {
		if !strings.Contains(string(page), line) {
			t.Errorf("SUPPORTED.md does not name %s; run go generate ./emulator", line)
		}
	}
}

// documentedResources: each resource of the documentation is served, or answers 501 with the reason.
func documentedResources(t *testing.T, c *client) {
	for path, served := range map[string]bool{
		intents: true, customers: true, refunds: true, prices: true, products: true, charges: true, links: true, endpoints: true, route: true,
		"/v1/setup_intents": false, "/v1/payment_methods": false, "/v1/orders": false, "/v1/subscriptions": false, "/v1/api_keys": false,
		"/v1/events": false, "/v1/invoices": false, "/v1/invoiceitems": false, "/v1/payment_links": false, "/v1/balance": false,
		"/v1/balance_transactions": false, "/v1/checkout/branding": false,
	} {
		got := c.do(http.MethodGet, path, "")
		if served && got.Status != 200 || !served && (got.Status != 501 || got.failure()["code"] != "not_emulated") {
			t.Errorf("GET %s = %d %s; served %v", path, got.Status, got.Text, served)
		}
	}
}

// TestRelatedSurvivesASnapshot: everything around the sessions answers the same in another process, and goes
// on from there.
func TestRelatedSurvivesASnapshot(t *testing.T) {
	one := start(t, emulator.Options{Seed: 5})
	held := one.create(object{"payment_intent_data": object{"capture_method": "manual"}})["payment_intent"]
	one.on(held, "confirm", `{"payment_method":"pm_card_visa"}`)
	for _, kind := range related {
		kind.make(one)
	}
	one.must(http.MethodDelete, customers+"/"+adaID, "")
	doc := one.send(http.MethodGet, "/_control/snapshot", "").Text
	two := serve(t, emulator.Options{Seed: 5}).with("X-Sandbox", one.header["X-Sandbox"])
	two.restore(doc)
	for _, c := range []*client{one, two} {
		if got := c.on(held, "capture", ""); got.Status != 200 || got.JSON["status"] != "succeeded" {
			t.Errorf("captured afterwards = %d %s", got.Status, got.Text)
		}
	}
	for _, path := range []string{customers, products, prices, intents, charges, refunds, links, customers + "/" + adaID} {
		if diff := cmp.Diff(one.do(http.MethodGet, path, "").Text, two.do(http.MethodGet, path, "").Text); diff != "" {
			t.Errorf("GET %s (-before +restored):\n%s", path, diff)
		}
	}
}

// restore puts a snapshot in the place of the sandbox.
func (c *client) restore(doc string) {
	c.tb.Helper()
	req := httptest.NewRequestWithContext(c.tb.Context(), http.MethodPut, "http://localhost:4747/_control/snapshot", strings.NewReader(doc))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Sandbox", c.header["X-Sandbox"])
	rec := httptest.NewRecorder()
	if c.handler.ServeHTTP(rec, req); rec.Code != http.StatusNoContent {
		c.tb.Fatalf("PUT snapshot = %d %s", rec.Code, rec.Body)
	}
}
