package tilled_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
)

// Accounts and a customer of the catalog.
const (
	bakery  = "acct_CornerBakery000000001"
	harbor  = "acct_HarborOutfitters00001"
	adaID   = "cus_AdaBaker0000000000001"
	walkIn  = "cus_WalkIn000000000000004"
	danaID  = "cus_DanaFisher00000000005" // of the other account
	testKey = "sk_test_1"
)

const sessions = "/tilled/v1/checkout-sessions"

// object is a JSON object; list is a JSON array.
type (
	object = map[string]any
	list   = []any
)

// client calls an emulator over HTTP.
type client struct {
	tb     testing.TB
	base   string
	header http.Header
}

// reply is what came back. Text is the body as sent; JSON is it decoded.
type reply struct {
	Status int
	Header http.Header
	Text   string
	JSON   object
}

// start runs an emulator and returns a client of the bakery.
func start(tb testing.TB, options ...emulator.Options) *client {
	tb.Helper()
	c := &client{tb: tb, base: emulator.Run(tb, options...).Base(), header: http.Header{}}
	return c.with("tilled-account", bakery, "tilled-api-key", testKey)
}

// with returns a client that sends further headers; an empty value takes one away.
func (c *client) with(pairs ...string) *client {
	out := *c
	out.header = c.header.Clone()
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			out.header.Del(pairs[i])
		} else {
			out.header.Set(pairs[i], pairs[i+1])
		}
	}
	return &out
}

// do sends a request. A string is sent as it is, nil sends no body, everything else as JSON.
func (c *client) do(method, path string, body any) reply {
	c.tb.Helper()
	var sent io.Reader
	header := c.header.Clone()
	switch b := body.(type) {
	case nil:
	case string:
		sent = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.tb.Fatalf("encode the body: %v", err)
		}
		sent = bytes.NewReader(raw)
	}
	if sent != nil && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	req, err := http.NewRequestWithContext(c.tb.Context(), method, c.base+path, sent)
	if err != nil {
		c.tb.Fatalf("%s %s: %v", method, path, err)
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.tb.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.tb.Fatalf("%s %s: %v", method, path, err)
	}
	out := reply{Status: resp.StatusCode, Header: resp.Header, Text: string(raw)}
	if out.Status == http.StatusNoContent && len(raw) == 0 {
		return out
	}
	if err := json.Unmarshal(raw, &out.JSON); err != nil {
		c.tb.Fatalf("%s %s = %d %q; want a JSON object", method, path, resp.StatusCode, raw)
	}
	return out
}

// must is do that fails the test unless the status is the wanted one.
func (c *client) must(want int, method, path string, body any) object {
	c.tb.Helper()
	got := c.do(method, path, body)
	if got.Status != want {
		c.tb.Fatalf("%s %s = %d %s; want %d", method, path, got.Status, got.Text, want)
	}
	return got.JSON
}

// create makes a session from the smallest body with changes, see [body].
func (c *client) create(changes object) object {
	c.tb.Helper()
	return c.must(http.StatusCreated, "POST", sessions, body(changes))
}

func (c *client) get(id any) object {
	c.tb.Helper()
	return c.must(http.StatusOK, "GET", sessions+"/"+id.(string), nil)
}

// control calls the control API.
func (c *client) control(path string, body any) object {
	c.tb.Helper()
	return c.must(http.StatusOK, "POST", "/_control"+path, body)
}

// freeze stops the clock at an instant of the future and returns it.
func (c *client) freeze() string {
	c.tb.Helper()
	const at = "2040-01-01T00:00:00.000Z"
	c.control("/clock/freeze", nil)
	c.control("/clock/set", object{"to": at})
	return at
}

// body is the smallest body of a creation, with members replaced by changes.
func body(changes object) object {
	b := object{
		"line_items":          list{item(object{})},
		"payment_intent_data": object{"payment_method_types": list{"card"}},
	}
	for key, value := range changes {
		b[key] = value
	}
	return b
}

// item is a line item, with members of it and of its price_data replaced by changes.
func item(changes object) object {
	p := object{"currency": "usd", "product_data": object{"name": "Sourdough"}, "unit_amount": 900}
	it := object{"price_data": p, "quantity": 1}
	for key, value := range changes {
		if _, ofItem := it[key]; ofItem {
			it[key] = value
		} else {
			p[key] = value
		}
	}
	return it
}

// ids lists the ids of a page.
func ids(page object) []string {
	out := []string{}
	for _, s := range page["items"].(list) {
		out = append(out, s.(object)["id"].(string))
	}
	return out
}

// like compares JSON values; a wanted string that begins with ~ is a pattern.
func like(want, got any) string {
	pattern := cmp.FilterValues(func(a, b any) bool { return isPattern(a) || isPattern(b) },
		cmp.Comparer(func(a, b any) bool { return matches(a, b) || matches(b, a) }))
	return cmp.Diff(want, got, pattern)
}

func isPattern(v any) bool {
	s, ok := v.(string)
	return ok && strings.HasPrefix(s, "~")
}

func matches(pattern, v any) bool {
	s, ok := v.(string)
	return ok && isPattern(pattern) && regexp.MustCompile(pattern.(string)[1:]).MatchString(s)
}
