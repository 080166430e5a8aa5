package hosted_test

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// world is an emulator with a merchant on it and a browser before it.
type world struct {
	t   testing.TB
	emu *emulator.Emulator
}

func newWorld(t testing.TB, o ...emulator.Options) *world {
	t.Helper()
	return &world{t, emulator.Run(t, o...)}
}

// body is what a creation says, or says otherwise than the usual one.
type body map[string]any

// merchants has for each provider how a merchant makes a session.
var merchants = map[string]struct {
	path   string
	header map[string]string
	body   body
}{
	"polar": {"/v1/checkouts/", map[string]string{"Authorization": "Bearer polar_oat_page"}, body{
		"products":    []string{"b3f3c9b1-1168-47b6-b178-2af9b468bad7"},
		"success_url": "https://shop.example/thanks?checkout={CHECKOUT_ID}", "return_url": "https://shop.example/cart",
	}},
	"tilled": {"/v1/checkout-sessions", map[string]string{"Tilled-Account": "acct_CornerBakery000000001", "Tilled-Api-Key": "sk_test_page"}, body{
		"line_items":          []any{body{"quantity": 2, "price_data": body{"currency": "usd", "unit_amount": 1250, "product_data": body{"name": "Rye loaf"}}}},
		"payment_intent_data": body{"payment_method_types": []string{"card"}},
		"success_url":         "https://shop.example/thanks", "cancel_url": "https://shop.example/cart",
	}},
	"leanrails": {"/v1/checkout_sessions", map[string]string{"Authorization": "Basic c2tfdGVzdF9wYWdlOg=="}, body{
		"mode": "payment", "line_items": []any{body{"price": "price_3fg6hj9km1np0001", "quantity": 2}},
		"success_url": "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}", "cancel_url": "https://shop.example/cart",
	}},
	"bias": {"/v1/checkout_sessions", map[string]string{"Authorization": "Bearer sk_test_page"}, body{
		"line_items": []any{body{"price": "price_dz1NVvl5CSogERkeA9Ng67", "quantity": 2}},
	}},
}

// customer has for each provider what a customer types, in order.
var customer = map[string]url.Values{
	"polar":     {"customer_email": {"ada@example.com"}, "customer_name": {"Ada Ferris"}, "customer_billing_address.country": {"FR"}},
	"tilled":    {"customer_email": {"ada@example.com"}},
	"leanrails": {"customer_email": {"ada@example.com"}, "name": {"Ada Ferris"}, "address.country": {"US"}, "address.postal_code": {"94107"}},
	"bias":      {"customer_details.email": {"ada@example.com"}, "customer_details.name": {"Ada Ferris"}},
}

// create makes a session with the usual body and further members, and returns the page's path.
func (w *world) create(provider string, further ...body) (s client.Session, path string) {
	w.t.Helper()
	m := merchants[provider]
	all := body{}
	for _, from := range append([]body{m.body}, further...) {
		for name, value := range from {
			if all[name] = value; value == nil {
				delete(all, name)
			}
		}
	}
	raw, _ := json.Marshal(all)
	req, _ := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.emu.URL(provider)+m.path, bytes.NewReader(raw))
	for name, value := range m.header {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", strconv.FormatInt(keys.Add(1), 10))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	var made struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(text, &made); made.ID == "" {
		w.t.Fatalf("create %s = %d %s", provider, resp.StatusCode, text)
	}
	s = w.emu.Must(w.t).Session(made.ID)
	return s, strings.TrimPrefix(s.URL, w.emu.Base())
}

var keys atomic.Int64

// page is what the browser got.
type page struct {
	status   int
	location string
	header   http.Header
	text     string
}

// browser follows no redirects.
var browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (w *world) send(req *http.Request) page {
	w.t.Helper()
	resp, err := browser.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return page{resp.StatusCode, resp.Header.Get("Location"), resp.Header, string(text)}
}

func (w *world) get(path string) page {
	w.t.Helper()
	req, _ := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.emu.Base()+path, nil)
	return w.send(req)
}

var ticketField = regexp.MustCompile(`name="ticket" value="([^"]+)"`)

// ticket is the ticket of the page's forms.
func (p page) ticket() string {
	if found := ticketField.FindStringSubmatch(p.text); found != nil {
		return html.UnescapeString(found[1])
	}
	return ""
}

// at returns the text of the element with a test id, without markup; "" when there is none.
func (p page) at(testid string) string {
	found := regexp.MustCompile(`(?s)data-testid="` + regexp.QuoteMeta(testid) + `"[^>]*>(.*?)</(?:p|div|dd|span|section|strong|li)>`).FindStringSubmatch(p.text)
	if found == nil {
		return ""
	}
	return strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(found[1], " "))), " ")
}

func (p page) has(testid string) bool { return strings.Contains(p.text, `data-testid="`+testid+`"`) }

// post submits a form with a ticket. header has pairs.
func (w *world) post(path, ticket, action string, fields url.Values, header ...string) page {
	w.t.Helper()
	form := url.Values{"ticket": {ticket}, "action": {action}}
	for name, values := range fields {
		form[name] = values
	}
	req, _ := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.emu.Base()+path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	return w.send(req)
}

// press opens the page and submits its form.
func (w *world) press(path, action string, fields url.Values) page {
	w.t.Helper()
	return w.post(path, w.get(path).ticket(), action, fields)
}

// with returns what a customer types, and a card.
func with(provider, card string) url.Values {
	out := url.Values{"card_number": {card}}
	for name, values := range customer[provider] {
		out[name] = values
	}
	return out
}

// events lists the types of what happened to a session after its creation, in our words.
func (w *world) events(id string) []string {
	w.t.Helper()
	var out []string
	for _, e := range w.emu.Must(w.t).Events(client.EventQuery{Session: id}) {
		if e.Type != string(checkout.SessionCreated) && !e.Native {
			out = append(out, e.Type)
		}
	}
	return out
}

// faultsOf returns what stands at the fields.
func faultsOf(p page) (out []string) {
	for _, found := range regexp.MustCompile(`class="fault"[^>]*>([^<]+)<`).FindAllStringSubmatch(p.text, -1) {
		out = append(out, html.UnescapeString(found[1]))
	}
	return out
}
