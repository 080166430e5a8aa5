package polar_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const customersPath = "/v1/customers/"

func TestCustomerIsMadeAndChanged(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	made := w.make(customersPath, object{
		"email": "Ada@Example.com", "external_id": "usr_ada", "name": "Ada", "metadata": object{"tier": "gold"},
		"billing_address": object{"country": "us", "state": "NY", "city": "New York"}, "tax_id": "12-3456789",
	})
	same(t, "customer", made, object{
		"email": "Ada@example.com", "external_id": "usr_ada", "name": "Ada", "billing_name": "Ada", "type": "individual", "email_verified": false,
		"metadata": object{"tier": "gold"}, "tax_id": []any{"12-3456789", "us_ein"}, "organization_id": organizationID, "deleted_at": nil, "modified_at": nil,
	})
	same(t, "address", made["billing_address"].(object), object{"country": "US", "state": "US-NY", "line1": nil})
	w.settle()
	in.wantTypes("created", "customer.created", "customer.state_changed")

	id := customersPath + made["id"].(string)
	same(t, "get", w.call("GET", id, nil).want(200), made)
	same(t, "external", w.call("GET", customersPath+"external/usr_ada", nil).want(200), made)

	changed := w.call("PATCH", id, object{"name": "Ada L.", "email": "ada.l@example.com", "metadata": object{}, "billing_address": object{"country": "FR"}}).want(200)
	same(t, "changed", changed, object{"name": "Ada L.", "email": "ada.l@example.com", "metadata": object{}, "tax_id": []any{"12-3456789", "eu_vat"}, "external_id": "usr_ada"})
	w.settle()
	got := in.take()
	if len(got) != 2 || got[0].body["type"] != "customer.updated" || got[1].body["type"] != "customer.state_changed" {
		t.Fatalf("webhooks = %v; want customer.updated and customer.state_changed", got)
	}
	same(t, "webhook", got[0].body["data"].(object), changed)
	same(t, "by external id", w.call("PATCH", customersPath+"external/usr_ada", object{"name": nil, "external_id": "other", "tax_id": nil}).want(200),
		object{"name": nil, "external_id": "usr_ada", "tax_id": nil})
	same(t, "state", w.call("GET", id+"/state", nil).want(200), object{"active_subscriptions": []any{}, "granted_benefits": []any{}, "active_meters": []any{}, "email": "ada.l@example.com"})
}

func TestCustomerRules(t *testing.T) {
	w := newWorld(t)
	made := w.make(customersPath, object{"email": "ada@example.com", "external_id": "usr_ada"})
	other := w.make(customersPath, object{"email": "bob@example.com"})
	path := customersPath + other["id"].(string)
	const email, external = "A customer with this email address already exists.", "A customer with this external ID already exists."
	w.call("POST", customersPath, object{"email": "ADA@example.com", "external_id": "usr_ada"}).wantFaults(businessClass, business(email, "email"), business(external, "external_id"))
	w.call("PATCH", path, object{"email": "ada@EXAMPLE.com", "external_id": "usr_ada", "billing_address": nil}).wantFaults(businessClass,
		business(email, "email"), business("Customer billing address cannot be reset to null once set.", "billing_address"), business(external, "external_id"))
	w.call("PATCH", customersPath+made["id"].(string), object{"external_id": "usr_other"}).wantFaults(businessClass, business("Customer external ID cannot be updated.", "external_id"))
	w.call("PATCH", customersPath+made["id"].(string), object{"external_id": "usr_ada"}).want(200)
	w.call("POST", customersPath, object{"email": "c@example.com", "tax_id": "1"}).wantFaults(businessClass,
		fault{Type: "missing", Loc: []any{"body", "billing_address"}, Msg: "Country is required to validate tax ID."})
	w.call("POST", customersPath, object{"email": "c@example.com", "tax_id": "invalid1", "billing_address": object{"country": "DE"}}).wantFaults(businessClass,
		fault{Type: "invalid", Loc: []any{"body", "tax_id"}, Msg: "Invalid tax ID."})
	w.call("POST", customersPath, object{"type": "robot", "email": "x"}).wantFaults(schemaClass, fault{Type: "union_tag_invalid", Loc: []any{"body"},
		Msg: "Input tag 'robot' found using _customer_create_type() does not match any of the expected tags: 'individual', 'team'"})
	w.call("POST", customersPath, object{"billing_address": object{"country": "zz"}, "locale": "!"}).faults(schemaClass)
	same(t, "team", w.call("POST", customersPath, object{"type": "team", "email": "t@example.com"}).want(501), object{"error": "NotImplemented"})
	w.call("GET", customersPath+"external/nobody", nil).want(404)
	w.call("DELETE", customersPath+unknownID, nil).want(404)
	w.call("GET", customersPath+"export", nil).want(501)
}

// Deleting a customer that sessions, orders and subscriptions refer to: those go on showing it, its
// subscriptions end, its open sessions cannot be confirmed, and its e-mail address and external id are free.
func TestCustomerDelete(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	made := w.make(customersPath, object{"email": "ada@example.com", "external_id": "usr_ada", "name": "Ada"})
	path := customersPath + made["id"].(string)
	paid := w.create(object{"products": []any{monthly}, "customer_id": made["id"]})
	w.confirm(paid, "ctoken_1", http.StatusOK)
	open := w.create(object{"products": []any{book}, "customer_id": made["id"]})
	if got := w.call("GET", path+"/state", nil).want(200)["active_subscriptions"].([]any); len(got) != 1 {
		t.Fatalf("%d active subscriptions; want 1", len(got))
	}
	w.settle()
	in.take()

	if a := w.call("DELETE", path, nil); a.status != http.StatusNoContent || len(a.raw) > 0 {
		t.Fatalf("status = %d, body %s; want 204", a.status, a.raw)
	}
	w.settle()
	got := in.take()
	types := []string{}
	for _, a := range got {
		types = append(types, a.body["type"].(string))
	}
	if diff := cmp.Diff([]string{"customer.deleted", "customer.state_changed"}, types[len(types)-2:]); diff != "" {
		t.Errorf("last events (-want +got):\n%s", diff)
	}
	for _, one := range []string{"subscription.canceled", "subscription.revoked"} {
		if !contains(types, one) {
			t.Errorf("events %q lack %s", types, one)
		}
	}
	same(t, "webhook", got[len(got)-2].body["data"].(object), object{"id": made["id"], "external_id": "usr_ada", "deleted_at": "2026-11-20T12:00:00Z"})
	if left := got[len(got)-1].body["data"].(object)["active_subscriptions"].([]any); len(left) != 0 {
		t.Errorf("the state has %d active subscriptions; want none", len(left))
	}

	w.call("GET", path, nil).want(404)
	w.call("GET", path+"/state", nil).want(404)
	w.call("DELETE", path, nil).want(404)
	w.call("GET", customersPath+"external/usr_ada", nil).want(404)
	w.wantIDs(customersPath + "?email=ada@example.com")
	same(t, "paid session", w.get(paid), object{"customer_id": made["id"], "customer_email": "ada@example.com"})
	same(t, "confirm", w.client("POST", open, "/confirm", object{"confirmation_token_id": "ctoken_1", "customer_billing_address": object{"country": "FR"}}).want(409),
		object{"error": "CheckoutCustomerDeleted"})
	w.call("POST", "/v1/checkouts/", object{"products": []any{book}, "customer_id": made["id"]}).wantFaults(businessClass, business("Customer does not exist.", "customer_id"))
	again := w.make(customersPath, object{"email": "ada@example.com", "external_id": "usr_ada"})
	if again["id"] == made["id"] {
		t.Error("the customer came back; want a new one")
	}
	if a := w.call("DELETE", customersPath+"external/usr_ada?anonymize=true", nil); a.status != http.StatusNoContent {
		t.Errorf("status = %d; want 204", a.status)
	}
	w.settle()
	for _, a := range in.take() {
		if a.body["type"] == "customer.deleted" && a.body["data"].(object)["email"] == "ada@example.com" {
			t.Error("the e-mail address of an anonymized customer is told")
		}
	}
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

func TestCustomerList(t *testing.T) {
	w := newWorld(t)
	a := w.make(customersPath, object{"email": "zoe@list.example.com", "name": "Anna", "metadata": object{"plan": "pro"}})
	w.advance("1s")
	b := w.make(customersPath, object{"email": "amy@list.example.com", "external_id": "EXT-1"})
	w.advance("1s")
	c := w.make(customersPath, object{"email": "max@list.example.com", "name": "Zack"})
	const of = customersPath + "?query=LIST.example"
	w.wantIDs(of, c, b, a)
	w.wantIDs(of+"&sorting=email", b, c, a)
	w.wantIDs(of+"&sorting=name", a, c, b)
	w.wantIDs(of+"&sorting=-name", b, c, a)
	w.wantIDs(of+"&limit=2&page=2", a)
	w.wantIDs(of+"&metadata[plan]=pro", a)
	w.wantIDs(customersPath+"?query=ext-", b)
	w.wantIDs(customersPath + "?query=xt-1")
	w.wantIDs(customersPath+"?email=ZOE@list.example.com", a)
	session := w.create(object{"products": []any{monthly}, "customer_id": b["id"]})
	w.confirm(session, "ctoken_1", http.StatusOK)
	if got := w.ids(of + "&active=true"); len(got) != 1 || got[0] != b["id"] {
		t.Errorf("active customers = %q; want %v", got, b["id"])
	}
	if got := w.ids(of + "&active=false"); len(got) != 2 {
		t.Errorf("inactive customers = %q; want two", got)
	}
	page := w.call("GET", of+"&page=9", nil).want(200)
	same(t, "beyond", page, object{"items": []any{}, "pagination": object{"total_count": 3, "max_page": 1}})
}

// A customer that gets its external id later is found in the sessions' list by it.
func TestSessionsByLateExternalID(t *testing.T) {
	w := newWorld(t)
	made := w.make(customersPath, object{"email": "ada@example.com"})
	session := w.create(object{"products": []any{book}, "customer_id": made["id"]})
	w.call("PATCH", customersPath+made["id"].(string), object{"external_id": "late"}).want(200)
	w.wantIDs("/v1/checkouts/?external_customer_id=late", session)
	w.wantIDs("/v1/checkouts/?external_customer_id=never")
}
