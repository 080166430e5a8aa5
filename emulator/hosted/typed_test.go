package hosted_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTypedReachesTheMerchant: what the customer types on the page is what the provider's API shows.
func TestTypedReachesTheMerchant(t *testing.T) {
	for provider, want := range map[string]string{
		"polar": `{"customer_email": "ada@example.com", "customer_name": "Ada Ferris",
			"customer_billing_address": {"line1": null, "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}}`,
		"tilled": `{"customer_details": {"email": "ada@example.com"}}`,
		"leanrails": `{"customer_details": {"email": "ada@example.com", "name": "Ada Ferris", "phone": null,
			"address": {"city": null, "country": "US", "line1": null, "line2": null, "postal_code": "94107", "state": null}}}`,
		"bias": `{"customer_details": {"email": "ada@example.com", "name": "Ada Ferris", "phone": null}}`,
	} {
		t.Run(provider, func(t *testing.T) {
			w := newWorld(t)
			s, path := w.create(provider)
			w.press(path, "pay", with(provider, paidCards[provider]))
			m := merchants[provider]
			address := w.emu.URL(provider) + m.path
			if address[len(address)-1] != '/' {
				address += "/"
			}
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, address+s.ID, nil)
			for name, value := range m.header {
				req.Header.Set(name, value)
			}
			var got, members map[string]any
			mustJSON(t, w.send(req).text, &got)
			mustJSON(t, want, &members)
			for name, value := range members {
				if diff := cmp.Diff(value, got[name]); diff != "" {
					t.Errorf("%s (-typed +shown):\n%s", name, diff)
				}
			}
		})
	}
}
