package control_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFaultIsArmedListedAndDropped(t *testing.T) {
	c := start(t)
	status, made := c.call("POST", "/_control/faults", `{"match":{"provider":"tilled","body":{"/metadata/n":{"exists":false}}},"effect":{"status":503,"delay":"PT0.001S"},"times":2}`)
	want := map[string]any{
		"id": "fault_1", "match": map[string]any{"provider": "tilled", "body": map[string]any{"/metadata/n": map[string]any{"exists": false}}},
		"effect": map[string]any{"status": 503.0, "delay": "PT0.001S"}, "phase": "before", "times": 2.0, "every": 1.0, "chance": 1.0, "hits": 0.0, "left": 2.0,
	}
	if diff := cmp.Diff(want, made); status != http.StatusCreated || diff != "" {
		t.Fatalf("arm = %d:\n%s", status, diff)
	}
	if status, _ := c.create(); status != 503 {
		t.Errorf("create = %d; want 503", status)
	}
	_, list := c.call("GET", "/_control/faults", "")
	want["hits"], want["left"] = 1.0, 1.0
	if diff := cmp.Diff(map[string]any{"faults": []any{want}}, list); diff != "" {
		t.Error(diff)
	}
	_, second := c.call("POST", "/_control/faults", `{"effect":{"reset":true},"phase":"after","every":3,"chance":0.25}`)
	if second["id"] != "fault_2" || second["left"] != nil || second["times"] != nil || second["phase"] != "after" || second["every"] != 3.0 || second["chance"] != 0.25 {
		t.Errorf("the second fault is %v", second)
	}
	for _, tt := range []struct {
		method, path string
		status       int
		left         int
	}{
		{"DELETE", "/faults/fault_9", 404, 2},
		{"DELETE", "/faults/fault_1", 204, 1},
		{"DELETE", "/faults/fault_1", 404, 1},
		{"DELETE", "/faults", 204, 0},
		{"DELETE", "/faults", 204, 0},
	} {
		status, _ := c.call(tt.method, "/_control"+tt.path, "")
		_, list := c.call("GET", "/_control/faults", "")
		if left := len(list["faults"].([]any)); status != tt.status || left != tt.left {
			t.Errorf("%s %s = %d with %d left; want %d with %d", tt.method, tt.path, status, left, tt.status, tt.left)
		}
	}
	if status, _ := c.create(); status != http.StatusCreated {
		t.Errorf("without faults create = %d", status)
	}
}

// create asks Tilled for a session.
func (c caller) create() (int, map[string]any) {
	c.Helper()
	return c.call("POST", "/tilled/v1/checkout-sessions", `{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"x"},`+
		`"unit_amount":100},"quantity":1}],"payment_intent_data":{"payment_method_types":["card"]}}`,
		"Content-Type", "application/json", "tilled-account", "acct_test", "tilled-api-key", "sk_test_x")
}

func TestUnusableFaultsAreRefused(t *testing.T) {
	c := start(t)
	for body, want := range map[string]string{
		`{"match":{"provider":"tiled"},"effect":{"hang":true}}`:                                                `there is no provider "tiled"; did you mean "tilled"?`,
		`{"match":{"operation":"createChekout"},"effect":{"hang":true}}`:                                       `there is no operation "createChekout"; did you mean "createCheckout"?`,
		`{"match":{"provider":"tilled","operation":"createCheckout"},"effect":{"hang":true}}`:                  `there is no tilled operation "createCheckout"; there are attachPaymentMethodToCustomer, `,
		`{"match":{"body":{"/metadta/n":1}},"effect":{"hang":true}}`:                                           `there is no field "metadta"; did you mean "metadata"?`,
		`{"match":{"provider":"tilled","body":{"/line_items/0/quantty":1}},"effect":{"hang":true}}`:            `there is no field "quantty"; did you mean "quantity"?`,
		`{"match":{"provider":"polar","operation":"getCheckout","body":{"/amount":1}},"effect":{"hang":true}}`: `there is no field "amount"`,
		`{"match":{"provider":"tilled"},"effect":{"status":402,"code":"insuficient_funds"}}`:                   `there is no tilled code "insuficient_funds"; did you mean "insufficient_funds"?`,
		`{"match":{"provider":"tilled"},"effect":{"status":402,"code":"CheckoutLocked"}}`:                      `there is no tilled code "CheckoutLocked"`,
		`{"effect":{"status":402,"code":"CheckoutLocked"}}`:                                                    `there is no code "CheckoutLocked"`,
		`{"match":{"operation":"confirmClientCheckout"},"effect":{"code":"CheckoutLockd"}}`:                    `there is no polar code "CheckoutLockd"; did you mean "CheckoutLocked"?`,
		`{"effect":{"stauts":500}}`:                    `there is no effect "stauts"; did you mean "status"?`,
		`{"effect":{"status":200}}`:                    "/effect/status",
		`{"effect":{"delay":"1h"}}`:                    "at most 10m0s",
		`{"efect":{"hang":true}}`:                      "effect",
		`{"effect":{"truncate":5},"phase":"before"}`:   "its phase is after",
		`{"effect":{"hang":true},"times":0}`:           "/times",
		`{"effect":{"hang":true},"match":{"staus":1}}`: `there is no word "staus"`,
	} {
		status, got := c.call("POST", "/_control/faults", body)
		text := fmt.Sprint(got["detail"], got["errors"])
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, want) {
			t.Errorf("%s = %d %s; want 422 with %q", body, status, text, want)
		}
	}
	if _, list := c.call("GET", "/_control/faults", ""); len(list["faults"].([]any)) != 0 {
		t.Errorf("a refused fault was armed: %v", list)
	}
}

// Fields that the document leaves open, and codes that all providers share, are taken.
func TestFaultsThatMeanWhatTheySay(t *testing.T) {
	c := start(t)
	for _, body := range []string{
		`{"match":{"body":{"/metadata/anything":1}},"effect":{"hang":true}}`,
		`{"match":{"body":{"/line_items/0/quantity":{"regex":"."}}},"effect":{"hang":true}}`,
		`{"match":{"body":{"":{"exists":true}}},"effect":{"hang":true}}`,
		`{"match":{"provider":"polar","body":{"/products/0":"x"}},"effect":{"code":"CheckoutLocked"}}`,
		`{"match":{"provider":{"regex":"^t"}},"effect":{"code":"insufficient_funds"}}`,
		`{"match":{"operation":"createCheckout"},"effect":{"status":404,"code":"ResourceNotFound"}}`,
		`{"effect":{"status":402,"code":"declined"}}`,
	} {
		if status, got := c.call("POST", "/_control/faults", body); status != http.StatusCreated {
			t.Errorf("%s = %d %v", body, status, got)
		}
	}
}

func TestFaultsStayInTheirSandboxAndOutOfTheControlAPI(t *testing.T) {
	c := start(t)
	c.call("POST", "/s/w1/_control/faults", `{"effect":{"status":500}}`)
	if status, _ := c.create(); status != http.StatusCreated {
		t.Errorf("another sandbox = %d", status)
	}
	if status, _ := c.call("GET", "/s/w1/_control/info", ""); status != http.StatusOK {
		t.Errorf("the control API = %d", status)
	}
	if status, _ := c.call("GET", "/_control/info", "", "X-Fault", "reset"); status != http.StatusOK {
		t.Errorf("the control API with a header = %d", status)
	}
	c.call("POST", "/s/w1/_control/reset", "")
	if _, list := c.call("GET", "/s/w1/_control/faults", ""); len(list["faults"].([]any)) != 0 {
		t.Errorf("after a reset there are %v", list)
	}
}

// Whether a chance strikes depends on the seed and the requests, and on nothing else.
func TestChanceIsTheSameForTheSameSeed(t *testing.T) {
	strikes := func() string {
		c := start(t)
		c.call("POST", "/_control/faults", `{"effect":{"status":500},"chance":0.5}`)
		var out strings.Builder
		for range 40 {
			status, _ := c.create()
			fmt.Fprint(&out, status/100)
		}
		return out.String()
	}
	a, b := strikes(), strikes()
	if a != b || !strings.Contains(a, "5") || !strings.Contains(a, "2") {
		t.Errorf("two runs: %s and %s; want the same, of both kinds", a, b)
	}
}
