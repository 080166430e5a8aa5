package polar_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sell sells a product to a buyer, and returns the session, its order and, for a recurring product, its
// subscription as they are read back.
func (w *world) sell(product string, more ...object) (session, order, subscription object) {
	w.t.Helper()
	made := w.create(with(product, append([]object{{"customer_email": "ada@example.com", "customer_name": "Ada Lovelace"}}, more...)...))
	w.confirm(made, "ctoken_1", http.StatusOK)
	session = w.get(made)
	order = w.only("/v1/orders/?checkout_id=" + session["id"].(string))
	if id, _ := order["subscription_id"].(string); id != "" {
		subscription = w.read("/v1/subscriptions/" + id)
	}
	return session, order, subscription
}

// read gets an object.
func (w *world) read(path string) object {
	w.t.Helper()
	return w.call("GET", path, nil).want(http.StatusOK)
}

// list gets the items of a page.
func (w *world) list(path string) []any {
	w.t.Helper()
	return w.read(path)["items"].([]any)
}

// only gets the one object of a list.
func (w *world) only(path string) object {
	w.t.Helper()
	items := w.list(path)
	if len(items) != 1 {
		w.t.Fatalf("%s has %d items; want 1", path, len(items))
	}
	return items[0].(object)
}

// last returns the latest message of a type among those that have come, which are taken.
func last(t *testing.T, got []arrival, eventType string) object {
	t.Helper()
	for _, a := range slices.Backward(got) {
		if a.body["type"] == eventType {
			return a.body["data"].(object)
		}
	}
	t.Fatalf("no %s among %d messages", eventType, len(got))
	return nil
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestSuccessReadsBack: what a paid session leaves is linked both ways, and is the same read back as in the
// webhooks.
func TestSuccessReadsBack(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	session, order, sub := w.sell(monthly, object{"metadata": object{"ref": "A-1"}})
	w.settle()
	got := in.take()
	equal(t, "order", last(t, got, "order.paid"), order)
	equal(t, "subscription", last(t, got, "subscription.updated"), sub)
	for what, pair := range map[string][2]any{
		"order → session":        {order["checkout_id"], session["id"]},
		"order → customer":       {order["customer_id"], session["customer_id"]},
		"order → subscription":   {order["subscription_id"], sub["id"]},
		"subscription → session": {sub["checkout_id"], session["id"]},
		"session → customer":     {session["customer_id"], order["customer"].(object)["id"]},
		"order's subscription":   {order["subscription"].(object)["status"], "active"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %v; want %v", what, pair[0], pair[1])
		}
	}
	same(t, "order", order, object{"status": "paid", "paid": true, "billing_reason": "subscription_create", "total_amount": 1200,
		"metadata": object{"ref": "A-1"}, "refundable_amount": 1200})
	w.documentedPayload("order", order)
	w.documentedPayload("subscription", sub)
}

// TestOrderFilters: each documented filter finds what it should and nothing else, alone.
func TestOrderFilters(t *testing.T) {
	w := newWorld(t)
	_, first, _ := w.sell(book, object{"metadata": object{"ref": "A-1", "n": 7, "gift": true}, "discount_id": fiveOff})
	w.advance("1h")
	_, second, sub := w.sell(monthly, object{"customer_email": "grace@example.com", "external_customer_id": "usr_grace"})
	w.call("POST", "/v1/refunds/", object{"order_id": first["id"], "reason": "other", "amount": 100}).want(http.StatusCreated)
	both := []any{second["id"], first["id"]}
	for _, tt := range []struct {
		query string
		want  []any
	}{
		{"", both},
		{"organization_id=" + organizationID, both},
		{"organization_id=" + unknownID, []any{}},
		{"product_id=" + book, both[1:]},
		{"product_id=" + book + "&product_id=" + monthly, both},
		{"product_billing_type=recurring", both[:1]},
		{"product_billing_type=one_time", both[1:]},
		{"discount_id=" + fiveOff, both[1:]},
		{"customer_id=" + second["customer_id"].(string), both[:1]},
		{"external_customer_id=usr_grace", both[:1]},
		{"external_customer_id=usr_nobody", []any{}},
		{"checkout_id=" + first["checkout_id"].(string), both[1:]},
		{"subscription_id=" + sub["id"].(string), both[:1]},
		{"status=partially_refunded", both[1:]},
		{"status=paid", both[:1]},
		{"status=paid&status=partially_refunded", both},
		{"created_after=2026-11-20T12:30:00Z", both[:1]},
		{"created_before=2026-11-20T12:30:00Z", both[1:]},
		{"metadata[ref]=A-1", both[1:]},
		{"metadata[n]=7&metadata[gift]=true", both[1:]},
		{"metadata[ref]=A-1&metadata[n]=8", []any{}},
		{"sorting=created_at", []any{first["id"], second["id"]}},
		{"sorting=net_amount", []any{second["id"], first["id"]}},
		{"sorting=-net_amount", []any{first["id"], second["id"]}},
		{"sorting=customer", []any{first["id"], second["id"]}},
		{"sorting=-customer", []any{second["id"], first["id"]}},
		{"sorting=product", []any{second["id"], first["id"]}},
		{"sorting=subscription", []any{second["id"], first["id"]}},
		{"sorting=-discount", []any{second["id"], first["id"]}},
		{"sorting=status", []any{second["id"], first["id"]}},
		{"sorting=-status&sorting=created_at", []any{first["id"], second["id"]}},
		{"limit=1", both[:1]},
		{"limit=1&page=2", both[1:]},
		{"limit=1&page=2&created_after=2026-11-20T11:00:00Z", both[1:]},
		{"page=3", []any{}},
	} {
		got := []any{}
		for _, o := range w.list("/v1/orders/?" + tt.query) {
			got = append(got, o.(object)["id"])
		}
		equal(t, tt.query, tt.want, got)
	}
	counts := w.read("/v1/orders/?limit=1")["pagination"]
	equal(t, "counts", plain(t, object{"total_count": 2, "max_page": 2}), counts)
}

func TestOrderErrors(t *testing.T) {
	w := newWorld(t)
	gone := object{"error": "ResourceNotFound", "detail": "Not found"}
	same(t, "get", w.call("GET", "/v1/orders/"+unknownID, nil).want(404), gone)
	same(t, "update", w.call("PATCH", "/v1/orders/"+unknownID, object{}).want(404), gone)
	w.call("GET", "/v1/orders/?status=lost&page=0", nil).wantFaults(schemaClass,
		fault{Type: "enum", Loc: []any{"query", "status", 0}, Msg: "Input should be 'draft', 'pending', 'paid', 'refunded', 'partially_refunded' or 'void'"},
		fault{Type: "greater_than", Loc: []any{"query", "page"}, Msg: "Input should be greater than 0"})
	for _, path := range []string{"/v1/orders/x", "/v1/subscriptions/x"} {
		if got := w.call("GET", path, nil).faults(schemaClass); len(got) != 1 || got[0].Type != "uuid_parsing" {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func TestOrderUpdate(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	_, order, _ := w.sell(book)
	w.settle()
	in.take()
	path := "/v1/orders/" + order["id"].(string)
	changed := w.call("PATCH", path, object{"billing_name": "Analytical Engines", "billing_address": object{"country": "fr", "city": " Lyon "}}).want(200)
	address := object{"country": "FR", "city": "Lyon", "line1": nil, "line2": nil, "postal_code": nil, "state": nil}
	same(t, "changed", changed, object{"billing_name": "Analytical Engines", "billing_address": address})
	w.settle()
	got := in.take()
	if len(got) != 1 || got[0].body["type"] != "order.updated" {
		t.Fatalf("%d messages", len(got))
	}
	equal(t, "message", changed, any(got[0].body["data"]))
	equal(t, "read back", changed, w.read(path))
	w.call("PATCH", path, object{"billing_address": object{"country": "DE", "state": "BY"}}).wantFaults(businessClass,
		business("Country cannot be changed", "billing_address", "country"), business("State cannot be changed", "billing_address", "state"))
	equal(t, "after a refusal", changed, w.read(path))
}

func TestRefunds(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	_, order, _ := w.sell(book) // 19.00
	w.settle()
	in.take()
	id, path := order["id"].(string), "/v1/orders/"+order["id"].(string)
	refund := func(amount int, more ...object) answer {
		body := object{"order_id": id, "reason": "customer_request", "amount": amount}
		for _, m := range more {
			for k, v := range m {
				body[k] = v
			}
		}
		return w.call("POST", "/v1/refunds/", body)
	}
	part := refund(700, object{"comment": "torn page", "metadata": object{"case": "77"}}).want(http.StatusCreated)
	same(t, "refund", part, object{"status": "succeeded", "amount": 700, "tax_amount": 0, "currency": "usd", "order_id": id, "reason": "customer_request",
		"customer_id": order["customer_id"], "subscription_id": nil, "revoke_benefits": false, "metadata": object{"case": "77"}, "dispute": nil})
	same(t, "order", w.read(path), object{"status": "partially_refunded", "paid": true, "refunded_amount": 700, "refundable_amount": 1200, "total_amount": 1900})
	w.settle()
	got := in.take()
	types := []string{}
	for _, a := range got {
		types = append(types, a.body["type"].(string))
	}
	equal(t, "events", []string{"refund.created", "order.updated", "order.refunded", "refund.updated"}, types)
	equal(t, "message", part, last(t, got, "refund.created"))
	equal(t, "order's message", w.read(path), last(t, got, "order.refunded"))

	refund(1201).wantFaults(businessClass, business("Refund amount exceeds refundable amount", "amount"))
	refund(0).wantFaults(schemaClass, fault{Type: "greater_than", Loc: []any{"body", "amount"}, Msg: "Input should be greater than 0"})
	equal(t, "after refusals", []any{part}, w.list("/v1/refunds/?order_id="+id))
	rest := refund(1200, object{"revoke_benefits": true}).want(http.StatusCreated)
	same(t, "order", w.read(path), object{"status": "refunded", "paid": true, "refunded_amount": 1900, "refundable_amount": 0})
	same(t, "a refund too many", refund(1).want(http.StatusForbidden), object{"error": "RefundedAlready", "detail": "Order is already fully refunded: " + id})
	equal(t, "list", []any{rest, part}, w.list("/v1/refunds/"))
	equal(t, "by amount", []any{part, rest}, w.list("/v1/refunds/?sorting=amount"))
	equal(t, "by id", []any{part}, w.list("/v1/refunds/?id="+part["id"].(string)))
	equal(t, "succeeded", 2, len(w.list("/v1/refunds/?succeeded=true&customer_id="+order["customer_id"].(string))))
	equal(t, "not succeeded", 0, len(w.list("/v1/refunds/?succeeded=false")))
}

func TestRefundErrors(t *testing.T) {
	w := newWorld(t)
	_, order, _ := w.sell(monthly)
	create := func(body object) answer { return w.call("POST", "/v1/refunds/", body) }
	create(object{}).wantFaults(schemaClass,
		fault{Type: "missing", Loc: []any{"body", "order_id"}, Msg: "Field required"},
		fault{Type: "missing", Loc: []any{"body", "reason"}, Msg: "Field required"},
		fault{Type: "missing", Loc: []any{"body", "amount"}, Msg: "Field required"})
	create(object{"order_id": unknownID, "reason": "other", "amount": 1}).wantFaults(businessClass, business("Order not found", "order_id"))
	if got := create(object{"order_id": order["id"], "reason": "dispute_prevention", "amount": 1}).faults(schemaClass); len(got) != 1 || got[0].Loc[1] != "reason" {
		t.Errorf("a reason of the system's: %+v", got)
	}
	same(t, "benefits of a subscription", create(object{"order_id": order["id"], "reason": "other", "amount": 1, "revoke_benefits": true}).want(http.StatusBadRequest),
		object{"error": "RevokeSubscriptionBenefitsProhibited", "detail": "Subscription benefits can only be revoked upon cancellation"})
	_, free, _ := w.sell(freebie, object{"customer_email": "free@example.com"})
	create(object{"order_id": free["id"], "reason": "other", "amount": 1}).wantFaults(businessClass, business("Refund amount exceeds refundable amount", "amount"))
	if left := w.list("/v1/refunds/"); len(left) != 0 {
		t.Errorf("refused refunds were kept: %v", left)
	}
}

func TestCustomerSessions(t *testing.T) {
	w := newWorld(t)
	create := func(body object) answer { return w.call("POST", "/v1/customer-sessions/", body) }
	_, order, _ := w.sell(book, object{"external_customer_id": "usr_ada"})
	made := create(object{"customer_id": order["customer_id"], "return_url": "https://shop.example/account"}).want(http.StatusCreated)
	same(t, "session", made, object{"customer_id": order["customer_id"], "customer": order["customer"], "return_url": "https://shop.example/account",
		"expires_at": "2026-11-20T13:00:00Z"})
	portal, err := url.Parse(made["customer_portal_url"].(string))
	if err != nil || portal.Query().Get("customer_session_token") != made["token"] || portal.Query().Get("email") != "ada@example.com" {
		t.Errorf("portal = %v, %v", portal, err)
	}
	for _, key := range []string{"external_customer_id", "customer_external_id"} {
		if got := create(object{key: "usr_ada"}).want(http.StatusCreated); got["customer_id"] != order["customer_id"] || got["token"] == made["token"] {
			t.Errorf("by %s: %v", key, got)
		}
	}
	create(object{"customer_id": unknownID}).wantFaults(businessClass, business("Customer does not exist.", "customer_id"))
	create(object{"external_customer_id": "nobody"}).wantFaults(businessClass, business("Customer does not exist.", "external_customer_id"))
	create(object{}).wantFaults(schemaClass,
		fault{Type: "missing", Loc: []any{"body", "CustomerSessionCustomerIDCreate", "customer_id"}, Msg: "Field required"},
		fault{Type: "missing", Loc: []any{"body", "CustomerSessionCustomerExternalIDCreate", "external_customer_id"}, Msg: "Field required"})
}
