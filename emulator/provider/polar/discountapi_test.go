package polar_test

import (
	"net/http"
	"testing"
)

const discountsPath = "/v1/discounts/"

func TestDiscountOfEachType(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	for _, tt := range []struct {
		name string
		body object
		want object
	}{
		{"fixed once", object{"type": "fixed", "duration": "once", "amount": 500}, object{"amount": 500, "currency": "usd", "amounts": object{"usd": 500}, "duration": "once"}},
		{"fixed forever", object{"type": "fixed", "duration": "forever", "amounts": object{"eur": 400, "gbp": 300}},
			object{"amount": 400, "currency": "eur", "amounts": object{"eur": 400, "gbp": 300}}},
		{"fixed repeating", object{"type": "fixed", "duration": "repeating", "duration_in_months": 3, "amount": 100, "currency": "eur"},
			object{"amounts": object{"eur": 100}, "duration_in_months": 3}},
		{"percentage once", object{"type": "percentage", "duration": "once", "basis_points": 2550}, object{"basis_points": 2550, "duration": "once"}},
		{"percentage forever", object{"type": "percentage", "duration": "forever", "basis_points": 10000, "code": "ALL"}, object{"basis_points": 10000, "code": "ALL"}},
		{"percentage repeating", object{"type": "percentage", "duration": "repeating", "duration_in_months": 12, "basis_points": 1}, object{"duration_in_months": 12}},
	} {
		tt.body["name"] = tt.name
		made := w.make(discountsPath, tt.body)
		same(t, tt.name, made, tt.want)
		same(t, tt.name, made, object{
			"name": tt.name, "redemptions_count": 0, "products": []any{}, "starts_at": nil, "max_redemptions": nil, "organization_id": organizationID, "modified_at": nil,
		})
		same(t, tt.name, w.call("GET", discountsPath+made["id"].(string), nil).want(200), made)
		w.settle()
		in.wantTypes(tt.name, "discount.created")
	}
}

func TestDiscountFaults(t *testing.T) {
	w := newWorld(t)
	loc := func(path ...any) []any { return append([]any{"body"}, path...) }
	value := func(msg string, path ...any) fault {
		return fault{Type: "value_error", Loc: loc(path...), Msg: "Value error, " + msg}
	}
	base := func(more object) object {
		body := object{"name": "x", "type": "percentage", "duration": "once", "basis_points": 100}
		for k, v := range more {
			body[k] = v
		}
		return body
	}
	for _, tt := range []struct {
		name string
		body object
		want []fault
	}{
		{"no type", object{"name": "x"}, []fault{{Type: "union_tag_not_found", Loc: loc(), Msg: "Unable to extract tag using discriminator 'type'"}}},
		{"no basis points", object{"type": "percentage"}, []fault{
			{Type: "missing", Loc: loc("percentage", "name"), Msg: "Field required"}, {Type: "missing", Loc: loc("percentage", "duration"), Msg: "Field required"},
			{Type: "missing", Loc: loc("percentage", "basis_points"), Msg: "Field required"}}},
		{"no amount", object{"type": "fixed", "name": "x", "duration": "once"}, []fault{value("Must specify either `amount` or `amounts`.", "fixed")}},
		{"both", object{"type": "fixed", "name": "x", "duration": "once", "amount": 1, "amounts": object{"usd": 1}}, []fault{value("Cannot specify both `amount` and `amounts`.", "fixed")}},
		{"no months", base(object{"duration": "repeating"}), []fault{value("`duration_in_months` is required when `duration` is `repeating`.", "percentage")}},
		{"months", base(object{"duration_in_months": 3}), []fault{value("`duration_in_months` must be omitted when `duration` is not `repeating`.", "percentage")}},
		{"code", base(object{"code": "A-B"}), []fault{value("Code must contain only alphanumeric characters.", "percentage", "code")}},
		{"short code", base(object{"code": "AB"}), []fault{value("Code must be between 3 and 256 characters long.", "percentage", "code")}},
		{"times", base(object{"starts_at": "2027-01-01T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"}), []fault{value("starts_at must be before ends_at", "percentage")}},
		{"bounds", base(object{"basis_points": 10001, "max_redemptions": 0}), []fault{
			{Type: "greater_than_equal", Loc: loc("percentage", "max_redemptions"), Msg: "Input should be greater than or equal to 1"},
			{Type: "less_than_equal", Loc: loc("percentage", "basis_points"), Msg: "Input should be less than or equal to 10000"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := w.call("POST", discountsPath, tt.body)
			a.t = t
			a.wantFaults(schemaClass, tt.want...)
		})
	}
	w.make(discountsPath, base(object{"code": "Taken1"}))
	w.call("POST", discountsPath, base(object{"code": "TAKEN1"})).wantFaults(businessClass, business("Discount with this code already exists.", "code"))
	w.call("POST", discountsPath, base(object{"products": []any{book, unknownID}})).wantFaults(businessClass, business("Product not found.", "products", 1))
}

func TestDiscountUpdateAndDelete(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	made := w.make(discountsPath, object{"name": "Ten", "type": "percentage", "duration": "once", "basis_points": 1000, "code": "TEN10", "products": []any{book}})
	path := discountsPath + made["id"].(string)
	session := w.create(object{"products": []any{book}, "discount_id": made["id"], "customer_email": "ada@example.com"})
	w.call("POST", "/v1/checkouts/", object{"products": []any{monthly}, "discount_id": made["id"]}).wantFaults(businessClass, business("Discount does not exist.", "discount_id"))
	w.settle()
	in.take()

	w.call("PATCH", path, object{"duration": "forever"}).wantFaults(businessClass, business("Duration cannot be changed.", "duration"))
	w.call("PATCH", path, object{"type": "fixed"}).wantFaults(businessClass, business("Type cannot be changed.", "type"))
	changed := w.call("PATCH", path, object{"name": "Twenty", "basis_points": 2000, "code": nil, "max_redemptions": 5, "ends_at": "2027-01-01T01:00:00+01:00", "products": []any{}}).want(200)
	same(t, "changed", changed, object{"name": "Twenty", "basis_points": 2000, "code": nil, "max_redemptions": 5, "ends_at": "2027-01-01T00:00:00Z", "products": []any{}})
	w.call("PATCH", productsPath+book, object{"name": "Another name"}).want(200)
	limited := w.call("PATCH", path, object{"products": []any{book}}).want(200)
	same(t, "product of the discount", limited["products"].([]any)[0].(object), object{"id": book, "name": "Another name"})
	w.settle()
	in.wantTypes("updates", "discount.updated", "product.updated", "discount.updated")

	w.confirm(session, "ctoken_1", http.StatusOK)
	w.call("PATCH", path, object{"basis_points": 100}).wantFaults(businessClass,
		business("This field cannot be changed because the discount has already been redeemed.", "basis_points"))
	same(t, "redeemed", w.call("PATCH", path, object{"basis_points": 2000}).want(200), object{"redemptions_count": 1})

	open := w.create(object{"products": []any{book}, "discount_id": made["id"], "customer_email": "bob@example.com"})
	if a := w.call("DELETE", path, nil); a.status != http.StatusNoContent {
		t.Fatalf("status = %d, body %s; want 204", a.status, a.raw)
	}
	w.call("GET", path, nil).want(404)
	w.wantIDs(discountsPath + "?query=Twenty")
	w.call("POST", "/v1/checkouts/", object{"products": []any{book}, "discount_id": made["id"]}).wantFaults(businessClass, business("Discount does not exist.", "discount_id"))
	same(t, "open session", w.get(open)["discount"].(object), object{"id": made["id"], "name": "Twenty"})
	w.confirm(open, "ctoken_1", http.StatusOK)
	w.settle()
	for _, a := range in.take() {
		if _, shown := a.body["data"].(object)["deleted_at"]; shown && a.body["type"] == "discount.deleted" {
			t.Errorf("discount.deleted shows when: %s", a.raw)
		}
	}
}

func TestDiscountList(t *testing.T) {
	w := newWorld(t)
	make := func(name, code string, more object) object {
		w.advance("1s")
		body := object{"name": name, "type": "percentage", "duration": "once", "basis_points": 100, "code": code}
		for k, v := range more {
			body[k] = v
		}
		return w.make(discountsPath, body)
	}
	a := make("Listed C", "LISTB", nil)
	b := make("Listed A", "LISTC", object{"ends_at": "2027-01-01T00:00:00Z"})
	c := make("Listed B", "lista", object{"ends_at": "2026-12-01T00:00:00Z"})
	const of = discountsPath + "?query=List"
	w.wantIDs(of, c, b, a)
	w.wantIDs(of+"&sorting=name", b, c, a)
	w.wantIDs(of+"&sorting=ends_at", c, b, a)
	w.wantIDs(of+"&sorting=-ends_at", a, b, c)
	w.wantIDs(of+"&sorting=redemptions_count&sorting=-created_at", c, b, a)
	w.wantIDs(discountsPath+"?query=LISTA", c)
	w.wantIDs(discountsPath + "?organization_id=" + unknownID)
}
