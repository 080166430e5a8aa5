package polar_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/api"
)

// TestSaleScopes: orders are read with orders:read alone, the others also with what writes them.
func TestSaleScopes(t *testing.T) {
	w := newWorld(t, func(o *emulator.Options) {
		var ring api.Keyring
		for _, scope := range []string{
			"orders:read", "orders:write", "subscriptions:read", "subscriptions:write", "refunds:read", "refunds:write",
			"customer_sessions:write", "checkouts:write",
		} {
			ring = append(ring, api.Grant{Key: "polar_oat_" + scope, Scopes: []string{scope}})
		}
		o.Keys = map[string]api.Keyring{"polar": ring}
	})
	order, sub := "/v1/orders/"+unknownID, "/v1/subscriptions/"+unknownID
	for _, tt := range []struct {
		method, path, scope string
		status              int
	}{
		{"GET", "/v1/orders/", "orders:read", 200}, {"GET", "/v1/orders/", "orders:write", 403}, {"GET", order, "orders:read", 404},
		{"GET", order, "orders:write", 403}, {"PATCH", order, "orders:read", 403}, {"PATCH", order, "orders:write", 404},
		{"GET", "/v1/subscriptions/", "subscriptions:read", 200}, {"GET", "/v1/subscriptions/", "subscriptions:write", 200},
		{"GET", sub, "subscriptions:read", 404}, {"GET", sub, "orders:read", 403}, {"PATCH", sub, "subscriptions:read", 403},
		{"PATCH", sub, "subscriptions:write", 404}, {"DELETE", sub, "subscriptions:read", 403}, {"DELETE", sub, "subscriptions:write", 404},
		{"GET", "/v1/refunds/", "refunds:read", 200}, {"GET", "/v1/refunds/", "refunds:write", 200}, {"GET", "/v1/refunds/", "orders:read", 403},
		{"POST", "/v1/refunds/", "refunds:read", 403}, {"POST", "/v1/refunds/", "refunds:write", 422},
		{"POST", "/v1/customer-sessions/", "customer_sessions:write", 422}, {"POST", "/v1/customer-sessions/", "checkouts:write", 403},
		{"GET", "/v1/orders/", "", 401}, {"DELETE", sub, "", 401}, {"POST", "/v1/refunds/", "", 401},
	} {
		var body any
		if tt.method == "PATCH" || tt.method == "POST" {
			body = object{}
		}
		token := ""
		if tt.scope != "" {
			token = "polar_oat_" + tt.scope
		}
		if a := w.send(tt.method, w.emu.URL("polar")+tt.path, token, body); a.status != tt.status {
			t.Errorf("%s %s with %q = %d %s; want %d", tt.method, tt.path, tt.scope, a.status, a.raw, tt.status)
		}
	}
}

// TestSalePages: each of 500 orders and refunds is listed once, in order, also while some are added.
func TestSalePages(t *testing.T) {
	w := newWorld(t)
	var orders, refunds []any
	add := func() {
		made := w.create(with(book, object{"customer_email": fmt.Sprintf("n%d@pages.example.com", len(orders)), "metadata": object{"all": "yes"}}))
		w.steer(made, "pay")
		order := w.only("/v1/orders/?checkout_id=" + made["id"].(string))["id"]
		rf := w.call("POST", "/v1/refunds/", object{"order_id": order, "reason": "other", "amount": 1}).want(http.StatusCreated)
		orders, refunds = append(orders, order), append(refunds, rf["id"])
	}
	for range 500 {
		add()
	}
	for path, want := range map[string]*[]any{
		"/v1/orders/?limit=100&sorting=created_at":                           &orders,
		"/v1/orders/?limit=100&sorting=created_at&metadata[all]=yes":         &orders,
		"/v1/refunds/?limit=100&sorting=created_at":                          &refunds,
		"/v1/refunds/?limit=100&sorting=created_at&sorting=amount":           &refunds,
		"/v1/orders/?limit=100&sorting=created_at&sorting=-customer":         &orders,
		"/v1/refunds/?limit=100&sorting=created_at&succeeded=true":           &refunds,
		"/v1/orders/?limit=100&sorting=created_at&status=partially_refunded": &orders,
	} {
		seen := []any{}
		for page := 1; ; page++ {
			items := w.list(fmt.Sprintf("%s&page=%d", path, page))
			for _, o := range items {
				seen = append(seen, o.(object)["id"])
			}
			if len(items) < 100 {
				break
			}
			if page == 2 {
				add()
			}
		}
		equal(t, path, *want, seen)
	}
}

// TestSalesOfABlockedOrganization: its tokens reach nothing of what it has sold.
func TestSalesOfABlockedOrganization(t *testing.T) {
	w := newWorld(t)
	_, order, sub := w.sell(monthly)
	mine := w.read(organizationsPath + organizationID)
	mine["status"] = "blocked"
	w.control("POST", "/fixtures", object{"polar": object{"organizations": []any{mine}}})
	for _, path := range []string{"/v1/orders/", "/v1/subscriptions/", "/v1/refunds/"} {
		equal(t, path, 0, len(w.list(path)))
	}
	w.call("GET", "/v1/orders/"+order["id"].(string), nil).want(404)
	w.call("DELETE", "/v1/subscriptions/"+sub["id"].(string), nil).want(404)
	w.call("POST", "/v1/refunds/", object{"order_id": order["id"], "reason": "other", "amount": 1}).wantFaults(businessClass, business("Order not found", "order_id"))
	w.call("POST", "/v1/customer-sessions/", object{"customer_id": order["customer_id"]}).wantFaults(businessClass, business("Customer does not exist.", "customer_id"))
}

// TestCapabilities: an organization that may not refund does not, and one that may not renew keeps its
// subscriptions as they are.
func TestCapabilities(t *testing.T) {
	w := newWorld(t)
	_, order, sub := w.sell(monthly)
	mine := w.read(organizationsPath + organizationID)
	mine["capabilities"].(object)["refunds"] = false
	mine["capabilities"].(object)["subscription_renewals"] = false
	w.control("POST", "/fixtures", object{"polar": object{"organizations": []any{mine}}})
	same(t, "refund", w.call("POST", "/v1/refunds/", object{"order_id": order["id"], "reason": "other", "amount": 1}).want(http.StatusForbidden),
		object{"error": "RefundsBlocked", "detail": "Refunds are blocked for order: " + order["id"].(string)})
	w.advance("2000h")
	equal(t, "subscription", sub, w.again(sub))
}

// TestWhatADeletedCustomerLeaves: its orders and its ended subscription are still read, refunded and found.
func TestWhatADeletedCustomerLeaves(t *testing.T) {
	w := newWorld(t)
	_, order, sub := w.sell(monthly, object{"external_customer_id": "usr_ada"})
	customer := order["customer_id"].(string)
	w.call("DELETE", "/v1/customers/"+customer, nil).want(http.StatusNoContent)
	same(t, "subscription", w.again(sub), object{"status": "canceled", "customer_id": customer})
	same(t, "order", w.read("/v1/orders/"+order["id"].(string)), object{"status": "paid", "customer_id": customer})
	w.call("POST", "/v1/refunds/", object{"order_id": order["id"], "reason": "other", "amount": 1200}).want(http.StatusCreated)
	equal(t, "by customer", 1, len(w.list("/v1/orders/?customer_id="+customer)))
	equal(t, "by external id", 0, len(w.list("/v1/orders/?external_customer_id=usr_ada")))
	w.call("POST", "/v1/customer-sessions/", object{"customer_id": customer}).wantFaults(businessClass, business("Customer does not exist.", "customer_id"))
	w.advance("2000h")
	equal(t, "bills", 1, len(w.bills(sub)))
}

// TestSalesOfFebruary2025: the same objects, with the events of that time.
func TestSalesOfFebruary2025(t *testing.T) {
	w := newWorld(t, seedProfile)
	in := w.listen()
	_, order, sub := w.sell(monthly)
	w.settle()
	in.take()
	w.advance("721h")
	in.wantTypes("renewal", "subscription.updated", "order.created")
	w.call("POST", "/v1/refunds/", object{"order_id": order["id"], "reason": "other", "amount": 1200}).want(http.StatusCreated)
	w.settle()
	in.wantTypes("refund", "refund.created", "order.refunded", "refund.updated")
	w.call("DELETE", "/v1/subscriptions/"+sub["id"].(string), nil).want(http.StatusOK)
	w.settle()
	in.wantTypes("revocation", "subscription.updated", "subscription.canceled", "subscription.revoked")
}

// TestSaleFields: what the operations answer has the fields that Polar documents, in each state that differs.
func TestSaleFields(t *testing.T) {
	w := newWorld(t)
	var documented map[string][]documentedField
	load(t, filepath.Join(goldens, "sale-documented-fields-2026-10", "fields.json"), &documented)
	checked := map[string]bool{}
	check := func(name string, v any) {
		if v == nil {
			return
		}
		checked[name] = true
		for _, f := range documented[name] {
			if v, there := v.(object)[f.Name]; !there && f.Required || there && !slices.Contains(f.Types, jsonType(v)) {
				t.Errorf("%s.%s = %v (there: %v); documented as %v", name, f.Name, v, there, f.Types)
			}
		}
	}
	w.sell(book, object{"discount_id": fiveOff})
	_, _, sub := w.sell(monthly)
	w.sell(trial, object{"customer_email": "grace@example.com"})
	w.amend(sub, object{"product_id": yearly, "proration_behavior": "next_period"}).want(http.StatusOK)
	check("PendingSubscriptionUpdate", w.again(sub)["pending_update"])
	w.advance("1000h")
	w.call("DELETE", "/v1/subscriptions/"+sub["id"].(string), nil).want(http.StatusOK)
	for _, v := range w.list("/v1/orders/?limit=100") {
		o := v.(object)
		w.call("POST", "/v1/refunds/", object{"order_id": o["id"], "reason": "other", "amount": 1})
		check("Order", w.read("/v1/orders/"+o["id"].(string)))
		check("OrderSubscription", o["subscription"])
		for _, it := range o["items"].([]any) {
			check("OrderItemSchema", it)
		}
	}
	for _, v := range w.list("/v1/subscriptions/") {
		check("Subscription", v)
	}
	for _, v := range w.list("/v1/refunds/") {
		check("Refund", v)
	}
	check("CustomerSession", w.call("POST", "/v1/customer-sessions/", object{"customer_id": sub["customer_id"]}).want(http.StatusCreated))
	for name := range documented {
		if !checked[name] {
			t.Errorf("no %s was looked at", name)
		}
	}
}

// TestSalesToChats: what becomes of sales is worded as in polar/webhook/webhooks.py.
func TestSalesToChats(t *testing.T) {
	w := newWorld(t)
	in := newInbox(t)
	w.call("POST", endpointsPath, hook(in.URL, object{"format": "discord", "events": []string{
		"order.refunded", "refund.created", "refund.updated", "subscription.canceled", "subscription.uncanceled", "subscription.revoked",
		"subscription.paused", "subscription.resumed", "subscription.cycled",
	}})).want(http.StatusCreated)
	_, order, sub := w.sell(monthly)
	w.call("POST", "/v1/refunds/", object{"order_id": order["id"], "reason": "other", "amount": 1200}).want(http.StatusCreated)
	w.amend(sub, object{"cancel_at_period_end": true}).want(http.StatusOK)
	w.amend(sub, object{"cancel_at_period_end": false}).want(http.StatusOK)
	w.advance("721h")
	w.amend(sub, object{"pause_at_period_end": true}).want(http.StatusOK)
	w.advance("745h")
	w.amend(sub, object{"resume": true}).want(http.StatusOK)
	w.amend(sub, object{"revoke": true}).want(http.StatusOK)
	w.settle()
	got := []any{}
	for _, a := range in.take() {
		embed := a.body["embeds"].([]any)[0].(object)
		fields := embed["fields"].([]any)
		got = append(got, []any{a.body["content"], embed["title"], fields[len(fields)-1].(object)["value"]})
	}
	want := []any{
		[]any{"Refund Created", "Refund Created", "succeeded"},
		[]any{"Order Refunded", "Order Refunded", "Yes"},
		[]any{"Refund Updated", "Refund Updated", "succeeded"},
		[]any{"Subscription has been canceled.", "Canceled Subscription", "Dec 20, 2026"},
		[]any{"Subscription has been uncanceled.", "Uncanceled Subscription", "active"},
		[]any{"subscription.cycled", "subscription.cycled", "Crumb & Crust Press"},
		[]any{"Subscription has been paused.", "Paused Subscription", "paused"},
		[]any{"Subscription has resumed.", "Resumed Subscription", "active"},
		[]any{"Subscription has been canceled.", "Canceled Subscription", "Jan 20, 2027"},
		[]any{"Subscription has been revoked.", "Revoked Subscription", "canceled"},
	}
	equal(t, "messages", want, got)
}
