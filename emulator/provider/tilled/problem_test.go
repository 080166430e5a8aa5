package tilled_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnknownRoutes(t *testing.T) {
	c := start(t).with("tilled-account", "", "tilled-api-key", "")
	for _, call := range [][2]string{
		{"GET", "/v1/nothing"},
		{"POST", "/v1/nothing?x=1"},
		{"DELETE", "/v1/checkout-sessions"},
		{"PATCH", "/v1/checkout-sessions/cs_1"},
		{"GET", "/v1/checkout-sessions/cs_1/expire"},
		{"PUT", "/v1/customers"},
		{"GET", "/"},
	} {
		got := c.do(call[0], "/tilled"+call[1], nil)
		path, _, _ := strings.Cut(call[1], "?")
		want := object{"statusCode": 404.0, "message": "Cannot " + call[0] + " " + path, "error": "Not Found"}
		if diff := cmp.Diff(want, got.JSON); got.Status != http.StatusNotFound || diff != "" {
			t.Errorf("%v = %d (-want +got):\n%s", call, got.Status, diff)
		}
	}
}

func TestDeclinedOperations(t *testing.T) {
	c := start(t)
	for _, call := range [][2]string{
		{"POST", "/v1/payment-methods/ach-debit-token"},
		{"POST", "/v1/subscriptions"},
		{"GET", "/v1/disputes"},
		{"DELETE", "/v1/users/user_1"},
	} {
		got := c.do(call[0], "/tilled"+call[1], nil)
		want := object{"statusCode": 501.0, "message": "~^" + call[0] + " /v1/.* is not emulated: .+$", "error": "Not Implemented"}
		if diff := like(want, got.JSON); got.Status != http.StatusNotImplemented || diff != "" {
			t.Errorf("%v = %d (-want +got):\n%s", call, got.Status, diff)
		}
	}
}

func TestUnknownSession(t *testing.T) {
	c := start(t)
	want := object{"statusCode": 404.0, "message": "Checkout Session not found.", "error": "Not Found"}
	for _, id := range []string{"cs_000000000000000000000", "x", "%00", "%2F", "%F0%9F", "..%2f..", strings.Repeat("a", 5000)} {
		for _, call := range [][2]string{{"GET", "/" + id}, {"POST", "/" + id + "/expire"}} {
			got := c.do(call[0], sessions+call[1], nil)
			if diff := cmp.Diff(want, got.JSON); got.Status != http.StatusNotFound || diff != "" {
				t.Errorf("%.80v = %d (-want +got):\n%s", call, got.Status, diff)
			}
		}
	}
}

func TestBadBodies(t *testing.T) {
	c := start(t)
	missing := list{"line_items should not be null or undefined", "payment_intent_data should not be null or undefined"}
	for _, tt := range []struct {
		name, contentType, body string
		status                  int
		message                 any
	}{
		{"broken", "application/json", `{"line_items":}`, 400, "Unexpected token in JSON at position 14"},
		{"cut off", "application/json", `{"line_items":[`, 400, "Unexpected end of JSON input"},
		{"two values", "application/json", `{} {}`, 400, "~^Unexpected token in JSON at position "},
		{"invalid UTF-8", "application/json", "{\"a\":\"\xff\"}", 400, "Unexpected token in JSON at position 6"},
		{"empty", "application/json", "", 400, missing},
		{"empty object", "application/json", "{}", 400, missing},
		{"form", "application/x-www-form-urlencoded", "line_items=1", 400, missing},
		{"text", "text/plain", `{"line_items":[]}`, 400, missing},
		{"list", "application/json", "[]", 400, list{"body must be an object"}},
		{"text value", "application/json", `"x"`, 400, list{"body must be an object"}},
		{"null", "application/json", "null", 400, "~."},
		{"too large", "application/json", `"` + strings.Repeat("x", 10<<20) + `"`, 413, "request entity too large"},
		{"deep", "application/json", strings.Repeat("[", 9000) + strings.Repeat("]", 9000), 400, list{"body must be an object"}},
		{"too deep", "application/json", strings.Repeat("[", 100_000), 400, "~^Unexpected"},
		{"the last of two keys counts", "application/json", `{"line_items":[],"line_items":5,"payment_intent_data":{"payment_method_types":["card"]}}`, 400, list{"line_items must be an array"}},
		{"huge integer", "application/json", form("99999999999999999999999999", "1"), 400, list{"line_items.0.price_data.unit_amount must not be greater than 99999999"}},
		{"huge quantity", "application/json", form("1", "1e400"), 400, "~."},
		{"tiny quantity", "application/json", form("1", "1e-400"), 400, list{"line_items.0.quantity must not be less than 0.0001"}},
	} {
		got := c.with("Content-Type", tt.contentType).do("POST", sessions, tt.body)
		want := object{"statusCode": float64(tt.status), "message": tt.message, "error": "Bad Request"}
		if tt.status == http.StatusRequestEntityTooLarge {
			want["error"] = "Payload Too Large"
		}
		if list, isList := got.JSON["message"].([]any); isList && isPattern(tt.message) && len(list) > 0 {
			got.JSON["message"] = list[0]
		}
		if diff := like(want, got.JSON); got.Status != tt.status || diff != "" {
			t.Errorf("%s = %d (-want +got):\n%s", tt.name, got.Status, diff)
		}
	}
	if got := c.must(200, "GET", sessions, nil); got["total"] != 0.0 {
		t.Errorf("bad bodies left %v sessions behind", got["total"])
	}
}

func TestRequestID(t *testing.T) {
	c := start(t)
	seen := map[string]bool{}
	for _, path := range []string{sessions, sessions + "?limit=0", sessions + "/x", "/tilled/nothing", "/tilled/v1/customers"} {
		id := c.do("GET", path, nil).Header.Get("request-id")
		if id == "" || seen[id] {
			t.Errorf("GET %s has the request id %q; want one of its own", path, id)
		}
		seen[id] = true
	}
}

func form(price, quantity string) string {
	return `{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"n"},"unit_amount":` + price + `},"quantity":` + quantity +
		`}],"payment_intent_data":{"payment_method_types":["card"]}}`
}
