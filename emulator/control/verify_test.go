package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVerify(t *testing.T) {
	c := start(t)
	create := func(name string) {
		c.call("POST", "/tilled/v1/checkout-sessions", strings.Replace(tilledBody, `"x"`, `"`+name+`"`, 1), append(tilledHeader, "X-Order", name)...)
	}
	create("bread")
	create("cake")
	create("cake")
	c.call("GET", "/tilled/v1/checkout-sessions/cs_nope", "", tilledHeader...)
	const name = `"/line_items/0/price_data/product_data/name"`
	for _, tt := range []struct {
		body   string
		status int
		has    string
	}{
		{`{}`, 200, "count:4"},
		{`{"match":{"operation":"createCheckoutSession"},"exactly":3}`, 200, "requests:[1 2 3]"},
		{`{"match":{"body":{` + name + `:"cake"}},"exactly":2}`, 200, "requests:[2 3]"},
		{`{"match":{"body":{` + name + `:{"regex":"^b"}},"header":{"x-order":"bread"}},"at_least":1,"at_most":1}`, 200, "requests:[1]"},
		{`{"match":{"status":404},"at_least":1}`, 200, "requests:[4]"},
		{`{"match":{"status":"5xx"},"exactly":0}`, 200, "count:0"},
		{`{"match":{"status":"5xx"},"at_most":2}`, 200, "count:0"},
		{`{"match":{"operation":"createCheckoutSession"},"at_most":2}`, 422, "3 requests match, at most 2 were wanted"},
		{`{"match":{"operation":"createCheckoutSession"},"exactly":2}`, 422, "requests:[1 2 3]"},
		{`{"match":{"status":"5xx"}}`, 422, "0 requests match, at least 1 were wanted"},
		{`{"match":{"body":{` + name + `:"bread"}},"at_least":2}`, 422, "1 request matches"},
		{`{"match":{"operation":"createCheckout"}}`, 422, "createCheckout"},
		{`{"match":{"opperation":"x"}}`, 422, `did you mean "operation"?`},
		{`{"match":{"provider":"tiled"}}`, 422, `did you mean "tilled"?`},
		{`{"exactly":1,"at_most":2}`, 422, "exactly stands alone"},
		{`{"at_least":3,"at_most":2}`, 422, "no number is at least 3 and at most 2"},
		{`{"exactly":-1}`, 422, "pointer:/exactly"},
		{`{"twice":true}`, 422, "twice"},
	} {
		status, got := c.call("POST", "/_control/requests/verify", tt.body)
		if text := fmt.Sprint(got); status != tt.status || !strings.Contains(text, tt.has) {
			t.Errorf("verify %s = %d %s; want %d with %q", tt.body, status, text, tt.status, tt.has)
		}
	}
}

// A verification that fails shows the requests that came closest, and where they differ.
func TestVerifyShowsTheClosestMisses(t *testing.T) {
	c := start(t)
	for _, unit := range []string{"100", "200", "300", "400"} {
		c.call("POST", "/tilled/v1/checkout-sessions", strings.Replace(tilledBody, "100", unit, 1), tilledHeader...)
	}
	c.call("GET", "/tilled/v1/checkout-sessions", "", tilledHeader...)
	_, got := c.call("POST", "/_control/requests/verify", `{"match":{"method":"POST","header":{"x-order":"7"},"body":{`+
		`"/line_items/0/price_data/unit_amount":{"regex":"^[24]01?0?$"},"/line_items/0/quantity":1,"/metadata/n":"1"}}}`)
	amount := func(n int) any {
		return map[string]any{"pointer": "/body/line_items/0/price_data/unit_amount", "want": map[string]any{"regex": "^[24]01?0?$"}, "got": float64(n)}
	}
	header := map[string]any{"pointer": "/header/x-order", "want": "7", "got": nil, "absent": true}
	metadata := map[string]any{"pointer": "/body/metadata/n", "want": "1", "got": nil, "absent": true}
	want := []any{
		map[string]any{"n": 4.0, "differences": []any{header, metadata}},
		map[string]any{"n": 2.0, "differences": []any{header, metadata}},
		map[string]any{"n": 3.0, "differences": []any{header, amount(300), metadata}},
	}
	if diff := cmp.Diff(want, got["closest"]); diff != "" || got["count"] != 0.0 {
		t.Errorf("verify = %v:\n%s", got, diff)
	}
	if detail := "0 requests match, at least 1 were wanted; the closest, request 4, differs at /header/x-order, /body/metadata/n"; got["detail"] != detail {
		t.Errorf("the detail is %q; want %q", got["detail"], detail)
	}
}
