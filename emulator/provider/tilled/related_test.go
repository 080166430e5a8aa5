package tilled_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/provider/tilled"
)

// resource is one kind of object around a session: how one is made, and where it is listed.
type resource struct {
	name  string
	list  string // path of its list
	make  func(c *client, n int) object
	other string // what an id that nobody has is answered with
	query string // that the list needs
}

// related are the resources that have lists of their own.
func related() []resource {
	meta := func(n int) object { return object{"n": fmt.Sprint(n)} }
	return []resource{
		{"customers", customers, func(c *client, n int) object {
			return c.must(http.StatusCreated, "POST", customers, object{"email": fmt.Sprintf("buyer%d@example.com", n), "metadata": meta(n)})
		}, "Customer not found.", ""},
		{"payment intents", intents, func(c *client, n int) object { return c.intend(object{"amount": n + 1, "metadata": meta(n)}) }, "Payment Intent not found.", ""},
		{"payment methods", methods, func(c *client, n int) object {
			pm := c.card(object{"metadata": meta(n)})
			return c.must(http.StatusOK, "PUT", methods+"/"+pm["id"].(string)+"/attach", object{"customer_id": adaID})
		}, "Payment Method not found.", "type=card&customer_id=" + adaID},
		{"refunds", refunds, func(c *client, n int) object {
			in := c.intend(object{"confirm": true, "payment_method_id": c.card(nil)["id"]})
			return c.must(http.StatusCreated, "POST", refunds, object{"payment_intent_id": in["id"], "amount": 1, "metadata": meta(n)})
		}, "Refund not found.", ""},
	}
}

// page reads one page of a list.
func (c *client) page(r resource, query string) object {
	c.tb.Helper()
	return c.must(http.StatusOK, "GET", r.list+"?"+r.query+"&"+query, nil)
}

// TestRelatedResources (product 38): each is answered by its id and listed as it was made, to its account
// alone; without an account or a credential nothing is.
func TestRelatedResources(t *testing.T) {
	for _, r := range related() {
		t.Run(r.name, func(t *testing.T) {
			c := start(t)
			made := r.make(c, 1)
			one := r.list + "/" + made["id"].(string)
			c.sees("get", made, c.must(http.StatusOK, "GET", one, nil))
			listed := c.page(r, "metadata[n]=1")
			c.sees("list", object{"items": list{made}, "total": 1.0, "limit": 30.0, "offset": 0.0, "has_more": false}, listed)
			other := c.with("tilled-account", harbor)
			missing := object{"statusCode": 404.0, "message": r.other, "error": "Not Found"}
			c.sees("of another account", missing, other.do("GET", one, nil).JSON)
			c.sees("of nobody", missing, c.do("GET", r.list+"/x", nil).JSON)
			c.sees("without an account", object{"statusCode": 400.0, "message": "'tilled-account' header required."}, c.with("tilled-account", "").do("GET", one, nil).JSON)
			if got := c.with("tilled-api-key", "").do("GET", one, nil); got.Status != http.StatusUnauthorized {
				t.Errorf("without a credential = %d %s; want 401", got.Status, got.Text)
			}
			if got := c.with("tilled-api-key", "", "Authorization", "Bearer sk_test_1").do("GET", one, nil); got.Status != http.StatusOK {
				t.Errorf("with a bearer token = %d %s; want 200", got.Status, got.Text)
			}
		})
	}
}

// TestCatalogIsServed (product 16): the customers of the catalog are there from the start, and those that a
// test adds.
func TestCatalogIsServed(t *testing.T) {
	c := start(t)
	page := c.must(http.StatusOK, "GET", customers, nil)
	catalog := c.must(http.StatusOK, "GET", "/_control/fixtures", nil)["tilled"].(object)["customers"].(list)
	mine := slices.DeleteFunc(catalog, func(v any) bool { return v.(object)["account_id"] != bakery })
	slices.Reverse(mine)
	c.sees("the customers of the catalog", mine, page["items"])
	added := with(mine[0].(object), object{"id": "cus_Added", "first_name": "Added"})
	c.control("/fixtures", object{"tilled": object{"customers": list{added}}})
	c.sees("the added one", added, c.must(http.StatusOK, "GET", customers+"/cus_Added", nil))
	c.sees("the list", added, c.must(http.StatusOK, "GET", customers+"?limit=1", nil)["items"].(list)[0])
}

// TestRelatedResourcesPagination (product 25): every one of five hundred once, newest first, also while more
// are made: what is added shifts others to the next page, so that one may be seen again, but none is missed.
func TestRelatedResourcesPagination(t *testing.T) {
	for _, r := range related() {
		t.Run(r.name, func(t *testing.T) {
			c := start(t)
			before := int(c.page(r, "")["total"].(float64))
			var want []string
			for n := range 500 {
				want = append(want, r.make(c, n)["id"].(string))
			}
			slices.Reverse(want)
			var got []string
			for offset := 0; ; offset += 60 {
				page := c.page(r, fmt.Sprintf("limit=60&offset=%d", offset))
				got = append(got, ids(page)...)
				if page["total"] != float64(500+before) {
					t.Fatalf("total = %v; want %d", page["total"], 500+before)
				}
				if page["has_more"] != true {
					break
				}
			}
			if diff := cmp.Diff(want, got[:500]); diff != "" || len(got) != 500+before {
				t.Errorf("%d listed (-want +got):\n%s", len(got), diff)
			}
			seen := map[string]bool{}
			for offset := 0; ; offset += 100 {
				page := c.page(r, fmt.Sprintf("limit=1000&offset=%d", offset))
				for _, id := range ids(page) {
					seen[id] = true
				}
				if r.make(c, 500+offset); page["has_more"] != true || page["limit"] != 100.0 {
					break
				}
			}
			for _, id := range want {
				if !seen[id] {
					t.Errorf("%s was missed while others were made", id)
				}
			}
		})
	}
}

// TestRelatedResourcesFilters: each documented filter finds what it is about, all together.
func TestRelatedResourcesFilters(t *testing.T) {
	c := start(t)
	c.freeze()
	ada := c.must(http.StatusOK, "PUT", methods+"/"+c.card(object{"billing_details": object{"name": "Ada Lovelace"}})["id"].(string)+"/attach", object{"customer_id": adaID})
	first := c.intend(object{"amount": 4711, "metadata": object{"k": "a b", "l": "1"}})
	c.control("/clock/advance", object{"by": "1h"})
	second := c.intend(object{"payment_method_id": ada["id"], "confirm": true, "metadata": object{"k": "a b"}})
	c.control("/clock/advance", object{"by": "1h"})
	third := c.create(nil)["payment_intent_id"].(string)
	a, b := first["id"].(string), second["id"].(string)
	for query, want := range map[string][]string{
		"":                                  {third, b, a},
		"metadata[k]=a%20b":                 {b, a},
		"metadata[k]=a%20b&metadata[l]=1":   {a},
		"metadata.k=a%20b&status=succeeded": {b},
		"status=succeeded,canceled":         {b},
		"status=succeeded&status=requires_payment_method": {third, b, a},
		"customer_id=" + adaID:                            {b},
		"customer_id=cus_other":                           {},
		"subscription_id=sub_1":                           {},
		"q=4711":                                          {a},
		"q=LOVELACE":                                      {b},
		"q=baker":                                         {b},
		"q=1111":                                          {b},
		"q=" + strings.ToUpper(third):                     {third},
		"created_at_gte=2040-01-01T01:00:00.000Z":         {third, b},
		"created_at_lte=2040-01-01T01:00:00.000Z":         {b, a},
		"created_at_gte=2040-01-01T00:00:00.001Z&created_at_lte=2040-01-01T01:59:59Z": {b},
		"created_at_lte=2040-01-01T01:00:00.000Z&limit=1&offset=1":                    {a},
		"include_connected_accounts=true":                                             {third, b, a},
	} {
		if diff := cmp.Diff(want, ids(c.must(http.StatusOK, "GET", intents+"?"+query, nil))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	for query, want := range map[string][]string{"q=ada.baker@": {adaID}, "q=BAKER": {adaID}, "q=303555010": nil, "metadata[internal_customer_id]=7cb1159d-875e-47ae-a309-319fa7ff395b": {adaID}} {
		got := ids(c.must(http.StatusOK, "GET", customers+"?"+query, nil))
		if want == nil && len(got) < 2 || want != nil && !slices.Equal(want, got) {
			t.Errorf("customers %s = %v; want %v", query, got, want)
		}
	}
	for query, has := range map[string]string{
		"status=paid":                      "status must be one of the following values: canceled, processing",
		"created_at_gte=yesterday":         "created_at_gte must be a valid ISO 8601 date string",
		"limit=0":                          "limit must not be less than 1",
		"include_connected_accounts=maybe": "include_connected_accounts must be a boolean value",
	} {
		if got := c.do("GET", intents+"?"+query, nil); got.Status != http.StatusBadRequest || !strings.Contains(got.Text, has) {
			t.Errorf("%s = %d %s; want 400 with %q", query, got.Status, got.Text, has)
		}
	}
	for query, has := range map[string]string{"": "type should not be null or undefined", "type=cash&customer_id=" + adaID: "type must be one of", "type=card&customer_id=cus_x": "Customer not found."} {
		if got := c.do("GET", methods+"?"+query, nil); got.Status/100 != 4 || !strings.Contains(got.Text, has) {
			t.Errorf("methods %s = %d %s; want it refused with %q", query, got.Status, got.Text, has)
		}
	}
}

// TestConnectedAccounts: a partner can ask for the intents of all, a merchant only has its own.
func TestConnectedAccounts(t *testing.T) {
	c := start(t)
	const partner, at = "acct_Partner00000000000001", "2026-01-01T00:00:00.000Z"
	c.control("/fixtures", object{"tilled": object{"accounts": list{object{"id": partner, "type": "partner", "created_at": at, "updated_at": at}}}})
	c.intend(nil)
	other := c.with("tilled-account", harbor)
	other.intend(nil)
	for _, tt := range []struct {
		of    *client
		query string
		want  float64
	}{
		{c, "", 1}, {c, "?include_connected_accounts=true", 1}, {other, "?include_connected_accounts=true", 1},
		{c.with("tilled-account", partner), "", 0}, {c.with("tilled-account", partner), "?include_connected_accounts=true", 2},
	} {
		if got := tt.of.must(http.StatusOK, "GET", intents+tt.query, nil)["total"]; got != tt.want {
			t.Errorf("%s%s lists %v; want %v", tt.of.header.Get("tilled-account"), tt.query, got, tt.want)
		}
	}
}

// TestRelatedResourcesAreValidated (product 23): all faults of a request at once, those of the document and
// those of the dialect.
func TestRelatedResourcesAreValidated(t *testing.T) {
	c := start(t)
	long := strings.Repeat("k", 41)
	for _, tt := range []struct {
		method, path string
		body         any
		want         list
	}{
		{"POST", intents, object{}, list{"amount should not be null or undefined", "currency should not be null or undefined", "payment_method_types should not be null or undefined"}},
		{"POST", intents, object{
			"amount": 0, "currency": "USD", "payment_method_types": list{"cash"}, "capture_method": "later", "metadata": object{long: "x"}, "statement_descriptor_suffix": "<", "confirm": "yes",
		}, list{
			"amount must not be less than 1", "capture_method must be one of the following values: automatic, manual", "confirm must be a boolean value",
			"currency must be one of the following values: aud, cad, chf, dkk, eur, gbp, hkd, jpy, nok, nzd, sek, usd, zar", "metadata." + long + " must have a key shorter than or equal to 40 characters",
			"each value in payment_method_types must be one of the following values: card, ach_debit, eft_debit, card_present", `statement_descriptor_suffix must match /^[^<>'"*]*$/ regular expression`,
		}},
		{"POST", customers, object{"first_name": strings.Repeat("x", 256), "email": 5, "metadata": object{long: "x"}}, list{
			"email must be a string", "first_name must be shorter than or equal to 255 characters", "metadata." + long + " must have a key shorter than or equal to 40 characters",
		}},
		{"PATCH", customers + "/" + adaID, object{"phone": 5}, list{"phone must be a string"}},
		{"POST", methods, object{}, list{"type should not be null or undefined"}},
		{"POST", methods, object{"type": "card"}, list{"card should not be null or undefined"}},
		{"POST", methods, object{"type": "ach_debit", "ach_debit": object{"account_holder_name": "x", "account_number": "1", "account_type": "gold", "routing_number": "999999999"}}, list{
			"ach_debit.account_number must be longer than or equal to 4 characters", "ach_debit.account_type must be one of the following values: checking, savings",
			"ach_debit.routing_number must be one of the following values: 011103093, 067014822, 011000138, 021101108, 021004823",
		}},
		{"POST", methods, object{"type": "card", "payment_token": "tok_1"}, list{"payment_token is not known: send the number of a test card or test bank instead"}},
		{"POST", refunds, object{"amount": 0, "reason": "bored"}, list{"amount must not be less than 1", "payment_intent_id should not be null or undefined", "reason must be one of the following values: duplicate, fraudulent, requested_by_customer"}},
		{"POST", intents + "/x/cancel", object{"cancellation_reason": "automatic"}, list{"cancellation_reason must be one of the following values: duplicate, fraudulent, requested_by_customer, abandoned"}},
		{"PUT", methods + "/x/attach", nil, list{"customer_id should not be null or undefined"}},
	} {
		got := c.do(tt.method, tt.path, tt.body)
		if diff := cmp.Diff(tt.want, got.JSON["message"]); got.Status != http.StatusBadRequest || diff != "" {
			t.Errorf("%s %s %v = %d (-want +got):\n%s", tt.method, tt.path, tt.body, got.Status, diff)
		}
	}
}

// TestMetadataIsMerged: an update adds, empty values take keys away, nothing at all takes all.
func TestMetadataIsMerged(t *testing.T) {
	c := start(t)
	pm := c.must(http.StatusOK, "PUT", methods+"/"+c.card(nil)["id"].(string)+"/attach", object{"customer_id": adaID})
	for _, path := range []string{customers + "/" + adaID, intents + "/" + c.intend(nil)["id"].(string), methods + "/" + pm["id"].(string)} {
		for _, tt := range []struct{ send, want any }{
			{object{}, nil},
			{object{"metadata": object{"a": "1", "b": "2"}}, object{"a": "1", "b": "2"}},
			{object{"metadata": object{"b": "", "c": "3"}}, object{"a": "1", "c": "3"}},
			{object{"metadata": object{"a": nil}}, object{"c": "3"}},
			{object{}, object{"c": "3"}},
			{object{"metadata": object{}}, nil},
			{object{"metadata": object{"a": "1"}}, object{"a": "1"}},
			{object{"metadata": nil}, nil},
		} {
			if strings.HasPrefix(path, customers) && tt.want == nil && cmp.Equal(tt.send, object{}) {
				continue // the catalog gave this customer some
			}
			if strings.HasPrefix(path, customers) && cmp.Equal(tt.want, object{"a": "1", "b": "2"}) {
				c.must(http.StatusOK, "PATCH", path, object{"metadata": nil})
			}
			c.sees(fmt.Sprint(path, " ", tt.send), tt.want, c.must(http.StatusOK, "PATCH", path, tt.send)["metadata"])
		}
		many := object{}
		for n := range 50 {
			many[fmt.Sprint(n)] = "x"
		}
		c.must(http.StatusOK, "PATCH", path, object{"metadata": many})
		if got := c.do("PATCH", path, object{"metadata": object{"one more": "x"}}); got.Status != http.StatusBadRequest || !strings.Contains(got.Text, "metadata must contain no more than 50 keys") {
			t.Errorf("%s with 51 keys = %d %s; want 400", path, got.Status, got.Text)
		}
	}
}

// TestRelatedResourcesSurviveASnapshot: another process that restores one lists the same and goes on: what is
// in flight settles there, what is held runs out, ids do not collide.
func TestRelatedResourcesSurviveASnapshot(t *testing.T) {
	c, other := start(t), start(t)
	c.freeze()
	debit := c.intend(object{"payment_method_types": list{"ach_debit"}, "confirm": true, "payment_method_id": c.bank()["id"]})
	held := c.confirm(c.intend(object{"capture_method": "manual", "level3": object{
		"duty_amount": 1, "line_items": list{object{"product_code": "p", "product_description": "d", "quantity": 1.00005, "tax_amount": 0, "unit_amount": 5}},
		"shipping_address_country": "US", "shipping_address_zip": "80301", "shipping_amount": 2, "shipping_from_zip": "80302",
	}}))
	for n, r := range related() {
		r.make(c, n)
	}
	c.must(http.StatusNoContent, "DELETE", customers+"/"+walkIn, nil)
	other.must(http.StatusNoContent, "PUT", "/_control/snapshot", c.do("GET", "/_control/snapshot", nil).Text)
	for _, r := range related() {
		path := r.list + "?" + r.query
		if want, got := c.do("GET", path, nil).Text, other.do("GET", path, nil).Text; want != got {
			t.Errorf("%s (-want +got):\n%s", r.name, cmp.Diff(want, got))
		}
	}
	if got := other.do("GET", customers+"/"+walkIn, nil); got.Status != http.StatusNotFound {
		t.Errorf("the deleted customer = %d %s", got.Status, got.Text)
	}
	other.control("/clock/advance", object{"by": "168h"})
	for _, tt := range []struct {
		in   object
		want string
	}{{debit, "succeeded"}, {held, "canceled"}} {
		if got := other.must(http.StatusOK, "GET", intents+"/"+tt.in["id"].(string), nil); got["status"] != tt.want {
			t.Errorf("after a week %s is %v; want %s", tt.in["id"], got["status"], tt.want)
		}
	}
	if again := other.intend(nil); other.must(http.StatusOK, "GET", intents, nil)["items"].(list)[0].(object)["id"] != again["id"] || again["id"] == held["id"] {
		t.Errorf("a new intent is %v", again["id"])
	}
	if got := held["level3"].(object)["line_items"].(list)[0].(object)["quantity"]; got != 1.0001 {
		t.Errorf("the quantity is %v; want it rounded to four places", got)
	}
}

// TestPaidByManyWays: of payments of one session through its intent and through the control API, all at the
// same time, one wins.
func TestPaidByManyWays(t *testing.T) {
	c := start(t)
	for range 5 {
		s := c.create(nil)
		id := s["payment_intent_id"].(string)
		var pms []any
		for range 8 {
			pms = append(pms, c.card(nil)["id"])
		}
		var wg sync.WaitGroup
		for i := range pms {
			wg.Go(func() {
				if i%2 == 0 {
					c.do("POST", intents+"/"+id+"/confirm", object{"payment_method_id": pms[i]})
				} else {
					c.do("POST", "/_control/sessions/"+s["id"].(string)+"/pay", object{})
				}
			})
		}
		wg.Wait()
		got := c.must(http.StatusOK, "GET", intents+"/"+id, nil)
		if got["status"] != "succeeded" || len(got["charges"].(list)) != 1 || c.get(s["id"])["status"] != "complete" {
			t.Errorf("the intent = %v", got)
		}
		if diff := cmp.Diff([]string{"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"}, c.happened(id)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	}
}

// TestHealth: neither an account nor a credential is needed.
func TestHealth(t *testing.T) {
	c := start(t).with("tilled-account", "", "tilled-api-key", "")
	if got := c.do("GET", "/tilled/v1/health", nil); got.Status != http.StatusOK || got.JSON["status"] != "pass" {
		t.Errorf("health = %d %s", got.Status, got.Text)
	}
}

// TestMetadataAsTilledNodeSendsIt: with the profile that reads bare parameters as metadata, the other ones of
// each list are not.
func TestMetadataAsTilledNodeSendsIt(t *testing.T) {
	c := start(t, emulator.Options{Profiles: map[string]string{"tilled": tilled.ProfileBareMetadata}})
	in := c.intend(object{"metadata": object{"order": "1"}})
	c.intend(nil)
	for query, want := range map[string]float64{"order=1": 1, "order=1&status=canceled": 0, "q=" + url.QueryEscape(in["id"].(string)): 1, "include_connected_accounts=true": 2} {
		if got := c.must(http.StatusOK, "GET", intents+"?"+query, nil)["total"]; got != want {
			t.Errorf("%s lists %v; want %v", query, got, want)
		}
	}
}
