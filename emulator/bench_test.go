package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
)

// memory is a ResponseWriter that keeps nothing but the last answer.
type memory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (m *memory) Header() http.Header         { return m.header }
func (m *memory) WriteHeader(status int)      { m.status = status }
func (m *memory) Write(p []byte) (int, error) { return m.body.Write(p) }

// bench calls the emulator in memory: everything but the network.
type bench struct {
	emu     *Emulator
	handler http.Handler
	header  http.Header
	out     memory
}

func (c *bench) do(b *testing.B, method, path string, body []byte) []byte {
	req, err := http.NewRequest(method, "http://localhost:4747"+path, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header = c.header
	c.out.header, c.out.status = http.Header{}, 0
	c.out.body.Reset()
	c.handler.ServeHTTP(&c.out, req)
	if c.out.status/100 != 2 {
		b.Fatalf("%s %s = %d %s", method, path, c.out.status, c.out.body.Bytes())
	}
	return c.out.body.Bytes()
}

func newBench(b *testing.B, header http.Header) *bench {
	emu, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(emu.Close)
	header.Set("Content-Type", "application/json")
	return &bench{handler: emu.Handler(), header: header, emu: emu}
}

// decode reads the last answer.
func (c *bench) decode(b *testing.B, data []byte, into any) {
	if err := json.Unmarshal(data, into); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkOperations measures create, get and list of each provider beside what a sandbox of 1,000
// sessions costs; the sandbox's own benchmarks show that its size makes no difference.
func BenchmarkOperations(b *testing.B) {
	polar := newBench(b, http.Header{"Authorization": {"Bearer polar_oat_bench"}})
	var catalog struct {
		Polar struct{ Products []struct{ ID string } }
	}
	if err := json.Unmarshal(polar.do(b, http.MethodGet, "/_control/fixtures", nil), &catalog); err != nil {
		b.Fatal(err)
	}
	polarBody := fmt.Appendf(nil, `{"products":[%q],"customer_email":"ada@example.com","customer_name":"Ada Lovelace","customer_billing_address":`+
		`{"country":"FR","line1":"1 rue de la Paix","postal_code":"75002","city":"Paris"},"metadata":{"order":"1001","cart":"a-b-c"}}`, catalog.Polar.Products[0].ID)
	tilledBody := []byte(`{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"Sourdough"},"unit_amount":900},"quantity":1.5}],` +
		`"payment_intent_data":{"payment_method_types":["card"]},"metadata":{"order":"1001"},"success_url":"https://example.com/done"}`)
	for _, p := range []struct {
		name, path, list string
		client           *bench
		body             []byte
	}{
		{"polar", "/polar/v1/checkouts/", "?limit=10", polar, polarBody},
		{"tilled", "/tilled/v1/checkout-sessions", "?limit=10", newBench(b, http.Header{"Tilled-Account": {"acct_bench"}, "Tilled-Api-Key": {"sk_test_bench"}}), tilledBody},
	} {
		var made struct{ ID string }
		for range 1000 {
			if err := json.Unmarshal(p.client.do(b, http.MethodPost, p.path, p.body), &made); err != nil {
				b.Fatal(err)
			}
		}
		one := p.path + "/" + made.ID
		if p.path[len(p.path)-1] == '/' {
			one = p.path + made.ID
		}
		run := func(name, method, path string, body []byte) {
			b.Run(p.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					p.client.do(b, method, path, body)
				}
			})
		}
		run("create", http.MethodPost, p.path, p.body)
		run("get", http.MethodGet, one, nil)
		run("list", http.MethodGet, p.path+p.list, nil)
	}
}
