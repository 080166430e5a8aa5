package bias_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
)

const (
	testKey  = "sk_test_localcheckout"
	sessions = "/bias/v1/checkout_sessions"
	payments = "/bias/v1/payments"
)

// Objects of the catalog. The first two are the ids of the documented samples.
const (
	ada          = "cus_aB4DEXqbFGOlpEOxwp0Fx1"
	notebook     = "price_dz1NVvl5CSogERkeA9Ng67" // 500 cents
	mug          = "price_qVEA6czNpfpf0HJYaNmjJ2" // 1800 cents
	overPrice    = "price_nElkaqJH4GgxAabn6Jb4C"  // inactive
	freePrice    = "price_2P1jqbGuhvTCvJdZZaJb1"
	deletedPrice = "price_IzAP1YcyBqUnRKFO9qsom3"
	bosInvoice   = "inv_rhrvN3GiSwvhdMw4BnTPZ2" // 12500 cents, of bo
	bo           = "cus_eQDiAk13GsRDqxPyCFF6L6"
)

type (
	object = map[string]any
	list   = []any
)

// client calls an emulator over HTTP with one key.
type client struct {
	tb   testing.TB
	base string
	key  string
	with map[string]string // further headers
}

// reply is what came back.
type reply struct {
	Status int
	Header http.Header
	Text   string
	JSON   object
}

// start runs an emulator and returns a client with a secret key.
func start(tb testing.TB, options ...emulator.Options) *client {
	tb.Helper()
	return &client{tb: tb, base: emulator.Run(tb, options...).Base(), key: testKey}
}

// as returns a client with another key.
func (c *client) as(key string) *client {
	out := *c
	out.key = key
	return &out
}

// sending returns a client that sends one more header.
func (c *client) sending(name, value string) *client {
	out := *c
	out.with = map[string]string{}
	for k, v := range c.with {
		out.with[k] = v
	}
	out.with[name] = value
	return &out
}

// browser returns a client with the client secret of a session.
func (c *client) browser(session object) *client { return c.as(session["client_secret"].(string)) }

// do sends a request. A string is sent as it is, nil sends no body, everything else as JSON.
func (c *client) do(method, path string, body any) reply {
	c.tb.Helper()
	var sent []byte
	switch b := body.(type) {
	case nil:
	case string:
		sent = []byte(b)
	default:
		var err error
		if sent, err = json.Marshal(b); err != nil {
			c.tb.Fatalf("encode the body: %v", err)
		}
	}
	req, err := http.NewRequestWithContext(c.tb.Context(), method, c.base+path, bytes.NewReader(sent))
	if err != nil {
		c.tb.Fatalf("%s %s: %v", method, path, err)
	}
	req.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	for name, value := range c.with {
		req.Header.Set(name, value)
	}
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
	if err := json.Unmarshal(raw, &out.JSON); err != nil && resp.StatusCode != http.StatusNoContent {
		c.tb.Fatalf("%s %s = %d %q; want a JSON object", method, path, resp.StatusCode, raw)
	}
	return out
}

// must is do with success expected.
func (c *client) must(method, path string, body any) object {
	c.tb.Helper()
	got := c.do(method, path, body)
	if got.Status != http.StatusOK {
		c.tb.Fatalf("%s %s = %d %s", method, path, got.Status, got.Text)
	}
	return got.JSON
}

// create makes a session of 500 cents, or whatever body says.
func (c *client) create(body object) object {
	c.tb.Helper()
	if body == nil {
		body = object{"amount": 500}
	}
	return c.must("POST", sessions, body)
}

func (c *client) get(session object, query string) object {
	c.tb.Helper()
	return c.must("GET", at(session)+query, nil)
}

// pay pays a session as the browser does; text is the ciphertext of the number.
func (c *client) pay(session object, text string) reply {
	c.tb.Helper()
	return c.browser(session).do("POST", payments, byCard(text))
}

// control calls the control API.
func (c *client) control(path string, body any) object {
	c.tb.Helper()
	return c.must("POST", "/_control"+path, body)
}

// freeze stops the clock at an instant of the future and returns it in milliseconds.
func (c *client) freeze() float64 {
	c.tb.Helper()
	c.control("/clock/freeze", nil)
	c.control("/clock/set", object{"to": "2040-01-01T00:00:00Z"})
	return 2208988800000
}

func byCard(number string) object {
	return object{"payment_method": object{"card": object{"encrypted_number": number, "encrypted_expiry": "e", "encrypted_cvc": "c"}}}
}

func at(session object) string { return sessions + "/" + session["id"].(string) }

// fault returns the error of an answer, with its object checked.
func (r reply) fault(tb testing.TB) object {
	tb.Helper()
	if r.JSON["object"] != "error" {
		tb.Fatalf("answer = %d %s; want an error", r.Status, r.Text)
	}
	return r.JSON["error"].(object)
}

// ids lists the ids of a page.
func ids(page object) []string {
	out := []string{}
	for _, s := range page["items"].(list) {
		out = append(out, s.(object)["id"].(string))
	}
	return out
}

func mustJSON(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(out)
}
