package polar_test

import (
	"net/http"
	"slices"
	"testing"
)

// make creates an object and wants it to work.
func (w *world) make(path string, body object) object {
	w.t.Helper()
	return w.call("POST", path, body).want(http.StatusCreated)
}

// ids are those of the objects on a page of a list.
func (w *world) ids(path string) []string {
	w.t.Helper()
	out := []string{}
	for _, v := range w.call("GET", path, nil).want(http.StatusOK)["items"].([]any) {
		out = append(out, v.(object)["id"].(string))
	}
	return out
}

// wantIDs wants a list to have just these objects, in that order.
func (w *world) wantIDs(path string, want ...object) {
	w.t.Helper()
	ids := []string{}
	for _, o := range want {
		ids = append(ids, o["id"].(string))
	}
	if got := w.ids(path); !slices.Equal(got, ids) {
		w.t.Errorf("%s lists %q; want %q", path, got, ids)
	}
}

func usd(amount int) object { return object{"amount_type": "fixed", "price_amount": amount} }

const productsPath = "/v1/products/"

func TestProductIsMadeAndSold(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	made := w.make(productsPath, object{"name": "  Rye Course ", "description": "", "prices": []any{usd(4900)}, "metadata": object{"sku": "R-1"}})
	same(t, "product", made, object{
		"name": "Rye Course", "description": nil, "visibility": "public", "is_archived": false, "is_recurring": false, "recurring_interval": nil,
		"recurring_interval_count": nil, "metadata": object{"sku": "R-1"}, "organization_id": organizationID, "benefits": []any{}, "medias": []any{},
		"attached_custom_fields": []any{}, "created_at": "2026-11-20T12:00:00Z", "modified_at": nil,
	})
	same(t, "price", made["prices"].([]any)[0].(object), object{
		"amount_type": "fixed", "price_amount": 4900, "price_currency": "usd", "source": "catalog", "type": "one_time", "is_archived": false, "product_id": made["id"],
	})
	same(t, "get", w.call("GET", productsPath+made["id"].(string), nil).want(200), made)
	w.settle()
	got := in.take()
	if len(got) != 1 || got[0].body["type"] != "product.created" {
		t.Fatalf("webhooks = %v; want product.created", got)
	}
	same(t, "webhook", got[0].body["data"].(object), made)

	session := w.create(object{"products": []any{made["id"]}})
	same(t, "session", session, object{"amount": 4900, "product_id": made["id"]})
	same(t, "product of the session", session["product"].(object), object{"name": "Rye Course"})

	recurring := w.make(productsPath, object{"name": "Club", "recurring_interval": "month", "prices": []any{
		object{"amount_type": "free", "price_currency": "usd"}, object{"amount_type": "free", "price_currency": "eur"}}})
	same(t, "recurring", recurring, object{"is_recurring": true, "recurring_interval": "month", "recurring_interval_count": 1})
	same(t, "free price", recurring["prices"].([]any)[0].(object), object{"amount_type": "fixed", "price_amount": 0, "type": "recurring", "recurring_interval": "month"})
}

func TestProductPriceRules(t *testing.T) {
	w := newWorld(t)
	custom := object{"amount_type": "custom"}
	eur := object{"amount_type": "fixed", "price_amount": 100, "price_currency": "eur"}
	for _, tt := range []struct {
		name   string
		prices []any
		want   fault
	}{
		{"two fixed", []any{usd(100), usd(200)}, business("Only one fixed price is allowed.", "prices")},
		{"two custom", []any{custom, custom}, business("Only one custom price is allowed.", "prices")},
		{"both", []any{usd(100), custom}, business("A custom price cannot be combined with a fixed, seat-based or unit-based price.", "prices")},
		{"other kinds", []any{eur, custom}, business("All price currencies must define the same set of price types.", "prices")},
		{"default currency", []any{eur}, business("The organization's default presentment currency must be present in the prices.", "prices")},
		{"seats", []any{usd(100), object{"amount_type": "seat_based"}}, business("Seat-based pricing is not enabled for this organization.", "prices", 1)},
		{"meter", []any{usd(100), object{"amount_type": "metered_unit", "meter_id": unknownID}}, business("Metered pricing is not supported on one-time products.", "prices", 1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := w.call("POST", productsPath, object{"name": "Course", "prices": tt.prices})
			a.t = t
			a.wantFaults(businessClass, tt.want)
		})
	}
	if got := w.call("GET", productsPath, nil).want(200)["pagination"].(object)["total_count"]; got != 11.0 {
		t.Errorf("%v products; want the 11 of the catalog", got)
	}
}

// What pydantic reports: the tags of unions stand in the locations.
func TestProductFaults(t *testing.T) {
	w := newWorld(t)
	loc := func(path ...any) []any { return append([]any{"body"}, path...) }
	w.call("POST", productsPath, object{"name": "ab", "prices": []any{usd(20), object{"amount_type": "fixed"}, object{"amount_type": "x"}, object{}}, "medias": []any{"x"}}).
		wantFaults(schemaClass,
			fault{Type: "string_too_short", Loc: loc("one_time", "name"), Msg: "String should have at least 3 characters"},
			fault{Type: "minimum_price", Loc: loc("one_time", "prices", 0, "fixed", "price_amount"), Msg: "Amount must be at least $0.50 or 0 for free pricing"},
			fault{Type: "missing", Loc: loc("one_time", "prices", 1, "fixed", "price_amount"), Msg: "Field required"},
			fault{Type: "union_tag_invalid", Loc: loc("one_time", "prices", 2),
				Msg: "Input tag 'x' found using 'amount_type' does not match any of the expected tags: 'fixed', 'custom', 'seat_based', 'unit_based', 'metered_unit'"},
			fault{Type: "union_tag_not_found", Loc: loc("one_time", "prices", 3), Msg: "Unable to extract tag using discriminator 'amount_type'"},
			fault{Type: "uuid_parsing", Loc: loc("one_time", "medias", 0), Msg: "Input should be a valid UUID, invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `x` at 1"},
		)
	w.call("POST", productsPath, object{"recurring_interval": "month", "trial_interval": "day", "name": "Club", "prices": []any{usd(100)}}).
		wantFaults(schemaClass, fault{Type: "missing", Loc: loc("recurring"), Msg: "Both trial_interval and trial_interval_count must be set together."})
	w.call("PATCH", productsPath+book, object{"prices": []any{object{"id": "x"}, object{"amount_type": "custom", "minimum_amount": 10}}}).wantFaults(schemaClass,
		fault{Type: "uuid_parsing", Loc: loc("prices", 0, "ExistingProductPrice", "id"), Msg: "Input should be a valid UUID, invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `x` at 1"},
		fault{Type: "missing", Loc: loc("prices", 1, "ExistingProductPrice", "id"), Msg: "Field required"},
		fault{Type: "minimum_price", Loc: loc("prices", 1, "ProductPriceCreate", "custom", "minimum_amount"), Msg: "Amount must be at least $0.50 or 0 for free pricing"},
	)
	w.call("POST", productsPath, object{"name": "Course", "prices": []any{usd(100)}, "organization_id": organizationID}).wantFaults(businessClass,
		fault{Type: "organization_token", Loc: loc("organization_id"), Msg: "Setting organization_id is disallowed when using an organization token."})
	w.call("POST", productsPath, object{"name": "Course", "prices": []any{usd(100)}, "medias": []any{unknownID}, "attached_custom_fields": []any{object{"custom_field_id": unknownID, "required": true}}}).
		wantFaults(businessClass, business("File does not exist or is not yet uploaded.", "medias", 0), business("Custom field does not exist.", "attached_custom_fields", 0))
	w.call("GET", productsPath+unknownID, nil).want(404)
	w.call("PATCH", productsPath+unknownID, object{}).want(404)
}

// Prices that are not named any more are archived: sessions at them cannot be confirmed, new ones are sold
// at the others.
func TestProductUpdateOfPrices(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	made := w.make(productsPath, object{"name": "Course", "prices": []any{usd(1000), object{"amount_type": "fixed", "price_amount": 900, "price_currency": "eur"}}})
	old, kept := made["prices"].([]any)[0].(object)["id"], made["prices"].([]any)[1].(object)["id"]
	session := w.create(object{"products": []any{made["id"]}})
	w.settle()
	in.take()

	path := productsPath + made["id"].(string)
	changed := w.call("PATCH", path, object{"prices": []any{object{"id": kept}, usd(2000)}}).want(200)
	if changed["modified_at"] == nil {
		t.Error("modified_at is null after an update")
	}
	prices := changed["prices"].([]any)
	if len(prices) != 2 || prices[0].(object)["id"] != kept || prices[1].(object)["price_amount"] != 2000.0 {
		t.Fatalf("prices = %v; want the kept one and the new one", prices)
	}
	w.settle()
	in.wantTypes("update", "product.updated")

	same(t, "session", w.get(session), object{"amount": 1000, "product_price_id": old})
	w.client("POST", session, "/confirm", object{"confirmation_token_id": "ctoken_1", "customer_email": "ada@example.com", "customer_billing_address": object{"country": "FR"}}).
		wantFaults(businessClass, business("Price is archived.", "product_price_id"))
	w.call("POST", "/v1/checkouts/", object{"product_price_id": old}).wantFaults(businessClass, business("Price is archived.", "product_price_id"))
	same(t, "new session", w.create(object{"products": []any{made["id"]}}), object{"amount": 2000})
	w.call("PATCH", path, object{"prices": []any{object{"id": old}, object{"id": kept}}}).wantFaults(businessClass,
		business("Price does not exist.", "prices", 0), business("The organization's default presentment currency must be present in the prices.", "prices"))
	w.call("PATCH", path, object{"prices": []any{}}).wantFaults(businessClass,
		fault{Type: "too_short", Loc: []any{"body", "prices"}, Msg: "At least one price is required."},
		business("The organization's default presentment currency must be present in the prices.", "prices"))
}

func TestProductUpdate(t *testing.T) {
	w := newWorld(t)
	path := productsPath + monthly
	w.call("PATCH", path, object{"recurring_interval": "year"}).wantFaults(businessClass, business("Recurring interval cannot be changed.", "recurring_interval"))
	w.call("PATCH", productsPath+book, object{"trial_interval": "day", "trial_interval_count": 7}).wantFaults(businessClass,
		business("Trial configuration is only supported on recurring products.", "trial_interval"),
		business("Trial configuration is only supported on recurring products.", "trial_interval_count"))
	same(t, "update", w.call("PATCH", path, object{
		"name": "Calculator", "description": nil, "trial_interval": "day", "trial_interval_count": 7, "visibility": "private", "metadata": object{"a": 1},
	}).want(200), object{
		"name": "Calculator", "description": nil, "trial_interval": "day", "trial_interval_count": 7, "visibility": "private", "metadata": object{"a": 1}, "recurring_interval": "month",
	})
	same(t, "nothing", w.call("PATCH", path, object{}).want(200), object{"name": "Calculator", "metadata": object{"a": 1}})

	session := w.create(object{"products": []any{book}})
	same(t, "archived", w.call("PATCH", productsPath+book, object{"is_archived": true}).want(200), object{"is_archived": true})
	w.call("POST", "/v1/checkouts/", object{"products": []any{book}}).wantFaults(businessClass, business("Product is archived.", "products", 0))
	same(t, "session", w.get(session)["product"].(object), object{"is_archived": true})
	same(t, "again", w.call("PATCH", productsPath+book, object{"is_archived": false}).want(200), object{"is_archived": false})
}

func TestProductBenefits(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	benefits := w.call("GET", productsPath+monthly, nil).want(200)["benefits"].([]any)
	first := benefits[0].(object)["id"]
	changed := w.call("POST", productsPath+book+"/benefits", object{"benefits": []any{first}}).want(200)
	if got := changed["benefits"].([]any); len(got) != 1 || got[0].(object)["id"] != first {
		t.Errorf("benefits = %v; want %v alone", got, first)
	}
	w.settle()
	in.wantTypes("benefits", "product.updated")
	w.wantIDs(productsPath+"?benefit_id="+first.(string)+"&is_recurring=false", changed)
	w.call("POST", productsPath+book+"/benefits", object{"benefits": []any{unknownID}}).wantFaults(businessClass, business("Benefit does not exist.", "benefits", 0))
}

func TestProductList(t *testing.T) {
	w := newWorld(t)
	a := w.make(productsPath, object{"name": "Zebra bread", "prices": []any{usd(300)}, "metadata": object{"shop": "x", "n": 3}})
	w.advance("1s")
	b := w.make(productsPath, object{"name": "Aardvark bread", "prices": []any{usd(100)}, "visibility": "private", "metadata": object{"shop": "y"}})
	w.advance("1s")
	c := w.make(productsPath, object{"name": "Mole bread", "recurring_interval": "year", "prices": []any{object{"amount_type": "custom", "minimum_amount": 200}}})
	const of = productsPath + "?query=BREAD"
	w.wantIDs(of, c, b, a)
	w.wantIDs(of+"&sorting=created_at", a, b, c)
	w.wantIDs(of+"&sorting=name", b, c, a)
	w.wantIDs(of+"&sorting=-name", a, c, b)
	w.wantIDs(of+"&sorting=price_amount", b, c, a)
	w.wantIDs(of+"&sorting=price_amount_type&sorting=-created_at", c, b, a)
	w.wantIDs(of+"&limit=1&page=2", b)
	w.wantIDs(of+"&is_recurring=true", c)
	w.wantIDs(of+"&visibility=private", b)
	w.wantIDs(of+"&visibility=private&visibility=public&sorting=created_at", a, b, c)
	w.wantIDs(of+"&metadata[shop]=x", a)
	w.wantIDs(of+"&metadata[n]=3", a)
	w.wantIDs(productsPath+"?id="+a["id"].(string)+"&id="+c["id"].(string), c, a)
	w.wantIDs(of + "&organization_id=" + unknownID)
	w.call("PATCH", productsPath+a["id"].(string), object{"is_archived": true}).want(200)
	w.wantIDs(of+"&is_archived=false", c, b)
	w.call("GET", productsPath+"?sorting=price&page=0&is_archived=maybe", nil).want(422)
}

// Only what nothing refers to can be deleted.
func TestProductDelete(t *testing.T) {
	w := newWorld(t)
	for what, use := range map[string]func(id any){
		"an order": func(id any) {
			w.confirm(w.create(object{"products": []any{id}, "customer_email": "a@example.com"}), "ctoken_1", http.StatusOK)
		},
		"a discount": func(id any) {
			w.make(discountsPath, object{"name": "x", "type": "fixed", "duration": "once", "amount": 1, "products": []any{id}})
		},
		"nothing yet": func(any) {},
	} {
		made := w.make(productsPath, object{"name": "Course", "prices": []any{usd(100)}})
		same(t, what, made, object{"is_deletable": true})
		link := w.make(linksPath, object{"payment_processor": "stripe", "products": []any{made["id"]}})
		open := w.create(object{"products": []any{made["id"]}})
		use(made["id"])
		path := productsPath + made["id"].(string)
		if what == "nothing yet" {
			if a := w.call("DELETE", path, nil); a.status != http.StatusNoContent {
				t.Fatalf("%s: status = %d, body %s; want 204", what, a.status, a.raw)
			}
			w.call("GET", path, nil).want(404)
			w.call("GET", linksPath+link["id"].(string), nil).want(404)
			same(t, "open session", w.get(open), object{"product_id": made["id"], "amount": 100})
			w.call("POST", "/v1/checkouts/", object{"products": []any{made["id"]}}).wantFaults(businessClass, business("Product does not exist.", "products", 0))
			continue
		}
		same(t, what, w.call("DELETE", path, nil).want(409), object{"error": "ProductNotDeletable"})
		same(t, what, w.call("GET", path, nil).want(200), object{"is_deletable": false})
	}
	w.call("DELETE", productsPath+unknownID, nil).want(404)
}
