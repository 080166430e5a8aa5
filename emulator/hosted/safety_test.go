package hosted_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// TestForeignForms: a page of another site, or without a ticket of this page, pays nothing.
func TestForeignForms(t *testing.T) {
	w := newWorld(t)
	s, path := w.create("tilled")
	_, other := w.create("tilled")
	good := w.get(path).ticket()
	own := w.emu.Base()
	for name, try := range map[string]struct {
		ticket string
		header []string
	}{
		"cross-site":              {good, []string{"Sec-Fetch-Site", "cross-site"}},
		"same-site":               {good, []string{"Sec-Fetch-Site", "same-site"}},
		"foreign origin":          {good, []string{"Origin", "https://evil.example"}},
		"another port":            {good, []string{"Origin", "http://127.0.0.1:1"}},
		"opaque origin":           {good, []string{"Origin", "null"}},
		"foreign host":            {good, []string{"Host", "evil.example"}},
		"no ticket":               {"", nil},
		"invented ticket":         {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", []string{"Origin", own}},
		"ticket of other session": {w.get(other).ticket(), []string{"Origin", own}},
	} {
		if p := w.post(path, try.ticket, "paid", nil, try.header...); p.status != http.StatusForbidden {
			t.Errorf("%s: %d %q; want 403", name, p.status, p.location)
		}
	}
	if got := w.events(s.ID); got != nil {
		t.Errorf("events: %v", got)
	}
	lands(t, "tilled", s.ID, w.post(path, good, "paid", nil, "Origin", own, "Sec-Fetch-Site", "same-origin"))
}

// TestOddRequests: a foreign host does not see the page; what is too large or of another method is
// refused.
func TestOddRequests(t *testing.T) {
	w := newWorld(t)
	_, path := w.create("tilled")
	if p := w.post(path, w.get(path).ticket(), "paid", url.Values{"x": {strings.Repeat("x", 70_000)}}); p.status != http.StatusBadRequest {
		t.Errorf("a huge form = %d; want 400", p.status)
	}
	req, _ := http.NewRequest(http.MethodGet, w.emu.Base()+path, nil)
	req.Host = "evil.example"
	if p := w.send(req); p.status != http.StatusForbidden || strings.Contains(p.text, "Rye loaf") {
		t.Errorf("the page under a foreign host = %d", p.status)
	}
	req, _ = http.NewRequest(http.MethodDelete, w.emu.Base()+path, nil)
	if p := w.send(req); p.status != http.StatusMethodNotAllowed {
		t.Errorf("DELETE = %d", p.status)
	}
}

// realCard passes the check digit and is nobody's: its issuer does not exist.
const realCard = "9999 9999 9999 9995"

// TestRealCards are refused, and found nowhere afterwards.
func TestRealCards(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, emulator.Options{Verbose: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for _, provider := range providers() {
		for number, says := range map[string]string{realCard: "may be a real card", "5550001": "none of the test numbers", "": "Choose one"} {
			s, path := w.create(provider)
			p := w.press(path, "pay", with(provider, number))
			if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.at("error-card_number"), says) {
				t.Errorf("%s: %q = %d %q", provider, number, p.status, p.at("error-card_number"))
			}
			if number != "" && strings.Contains(p.text, number) {
				t.Errorf("%s: the page repeats the number", provider)
			}
			if got := w.events(s.ID); got != nil {
				t.Errorf("%s: events %v", provider, got)
			}
		}
	}
	sessions, err := w.emu.Sessions(t.Context(), client.SessionQuery{})
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := json.Marshal(struct{ A, B, C any }{w.emu.Must(t).Requests(client.RequestQuery{}), w.emu.Must(t).Events(client.EventQuery{}), sessions})
	for _, text := range []string{string(kept), log.String()} {
		if strings.Contains(strings.ReplaceAll(text, " ", ""), strings.ReplaceAll(realCard, " ", "")) {
			t.Error("the number was kept")
		}
	}
}

// evil breaks out of text, attributes, tags and scripts where it is not escaped.
const evil = `"'></title></script><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}`

// anyTag is a tag, quoted a value in it; forbidden may stand in a tag of ours only as part of a value.
var (
	anyTag    = regexp.MustCompile(`<[a-zA-Z][^<>]*>`)
	quoted    = regexp.MustCompile(`"[^"]*"`)
	forbidden = regexp.MustCompile(`(?i)\bon\w+=|\bstyle=|javascript:|^<(img|iframe|object|embed|svg)\b`)
)

// TestInjection: nothing that a merchant or a customer writes becomes markup.
func TestInjection(t *testing.T) {
	pages := evilPages(newWorld(t))
	for name, p := range pages {
		if p.status >= 500 || strings.Contains(p.text, "<script>alert") || strings.Contains(p.text, "<img") || strings.Contains(p.text, `"'>`) {
			t.Errorf("%s (%d): markup got through:\n%s", name, p.status, p.text)
		}
		for _, tag := range anyTag.FindAllString(p.text, -1) {
			if bare := quoted.ReplaceAllString(tag, ""); forbidden.MatchString(bare) {
				t.Errorf("%s: %s", name, tag)
			}
		}
		if csp := p.header.Get("Content-Security-Policy"); strings.ContainsAny(csp, "<>\"") || strings.Contains(csp, "alert") {
			t.Errorf("%s: Content-Security-Policy: %s", name, csp)
		}
	}
	if p := pages["polar names"]; p.at("item-0") == "" || !strings.Contains(p.at("item-0"), "alert(1)") {
		t.Errorf("the name is not shown as it is: %q", p.at("item-0"))
	}
}

// evilPages are pages whose every text is evil.
func evilPages(w *world) map[string]page {
	w.t.Helper()
	fixtures := client.Fixtures{}
	mustJSON(w.t, `{"polar": {"products": [`+polarProduct(evil)+`]}}`, &fixtures)
	if _, err := w.emu.AddFixtures(w.t.Context(), fixtures); err != nil {
		w.t.Fatal(err)
	}
	pages := map[string]page{}
	_, path := w.create("tilled", body{
		"line_items":  []any{body{"quantity": 1, "price_data": body{"currency": "usd", "unit_amount": 900, "product_data": body{"name": evil, "description": evil}}}},
		"metadata":    body{"note": evil},
		"success_url": evil, "cancel_url": evil,
	})
	pages["tilled names"] = w.get(path)
	pages["tilled values"] = w.press(path, "pay", url.Values{"customer_email": {evil}, "card_number": {evil}, evil: {evil}})
	pages["tilled action"] = w.press(path, evil, nil)
	pages["tilled canceled"] = w.press(path, "cancel", nil)
	_, path = w.create("polar", body{"products": []string{evilProduct}, "metadata": body{"k": "<script>"}, "customer_name": evil, "embed_origin": evil})
	pages["polar names"] = w.get(path)
	typed := with("polar", "4242424242424242")
	typed["customer_email"], typed["customer_name"], typed["customer_billing_address.country"] = []string{evil}, []string{evil}, []string{evil}
	typed["custom_field_data.evil"] = []string{evil}
	pages["polar values"] = w.press(path, "pay", typed)
	pages["polar discount"] = w.press(path, "save", url.Values{"discount_code": {evil}})
	pages["polar theme"] = w.get(path + "?embed=true&theme=" + url.QueryEscape(evil))
	_, path = w.create("bias", body{"customer_details": body{"name": evil}})
	pages["bias"] = w.get(path)
	pages["lost"] = w.get("/checkout/" + url.PathEscape(evil))
	return pages
}

const evilProduct = "0b9d1f35-8d3c-4c55-9a49-0c6b6f3b7e11"

// polarProduct is a product whose names all are the given one.
func polarProduct(name string) string {
	raw, _ := json.Marshal(body{
		"id": evilProduct, "created_at": "2024-11-05T09:00:00Z", "modified_at": nil, "trial_interval": nil, "trial_interval_count": nil, "name": name,
		"description": name, "visibility": "public", "recurring_interval": nil, "recurring_interval_count": nil, "meter_interval": nil, "meter_interval_count": nil,
		"is_recurring": false, "is_archived": false,
		"organization_id": "e41b66d4-13c6-4bdc-a996-431cfcb2185a", "metadata": body{}, "benefits": []any{}, "medias": []any{},
		"prices": []any{body{
			"id": "0b9d1f35-8d3c-4c55-9a49-0c6b6f3b7e12", "created_at": "2024-11-05T09:00:00Z", "modified_at": nil, "source": "catalog", "amount_type": "fixed",
			"price_currency": "usd", "tax_behavior": nil, "is_archived": false, "product_id": evilProduct, "type": "one_time", "recurring_interval": nil, "price_amount": 1900,
		}},
		"attached_custom_fields": []any{body{"custom_field_id": "0b9d1f35-8d3c-4c55-9a49-0c6b6f3b7e13", "order": 0, "required": true, "custom_field": body{
			"created_at": "2024-11-05T09:00:00Z", "modified_at": nil, "id": "0b9d1f35-8d3c-4c55-9a49-0c6b6f3b7e13", "metadata": body{}, "type": "select", "slug": "evil",
			"name": name, "organization_id": "e41b66d4-13c6-4bdc-a996-431cfcb2185a",
			"properties": body{"form_label": name, "form_help_text": name, "form_placeholder": name, "options": []any{body{"value": name, "label": name}}},
		}}},
	})
	return string(raw)
}

func mustJSON(t testing.TB, text string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}

// TestTargets: browsers are only sent to web pages, and only to those that the session names.
func TestTargets(t *testing.T) {
	w := newWorld(t)
	for _, target := range []string{"javascript:alert(1)", "data:text/html,x", "//evil.example", "/relative", "https:", "mailto:a@b.c", "jAvAsCrIpT:alert(1)"} {
		s, path := w.create("tilled", body{"success_url": target, "cancel_url": target})
		if p := w.press(path, "cancel", nil); p.status != http.StatusOK || strings.Contains(p.text, "href=\""+target) {
			t.Errorf("turning back to %s = %d %q", target, p.status, p.location)
		}
		if p := w.press(path, "paid", nil); p.location != path+"/confirmation" {
			t.Errorf("success_url %s leads to %q", target, p.location)
		}
		if p := w.get(path + "/confirmation"); !p.has("receipt") || w.emu.Must(t).Session(s.ID).Status != checkout.Succeeded {
			t.Errorf("success_url %s: no receipt", target)
		}
	}
	// Polar and LeanRails refuse such URLs when the session is made; none of a request is followed.
	s, path := w.create("leanrails")
	lands(t, "leanrails", s.ID, w.press(path+"?success_url=https://evil.example&return_url=https://evil.example", "paid", url.Values{"success_url": {"https://evil.example"}}))
}

// machine are the origins of this machine.
const machine = "'self' http://localhost:* http://127.0.0.1:* http://*.localhost:* https://localhost:* https://127.0.0.1:*"

// alwaysSent are the headers of every page; Set-Cookie is none of them.
var alwaysSent = map[string]string{"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Set-Cookie": ""}

// TestHeaders: the page is kept to itself, and only the merchant's page may frame it.
func TestHeaders(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		provider string
		further  body
		want     string // frame-ancestors
	}{
		{"polar", nil, "'none'"},
		{"polar", body{"embed_origin": "https://Shop.example/cart?x"}, "https://shop.example"},
		{"polar", body{"embed_origin": "http://localhost:3000"}, "http://localhost:3000"},
		{"polar", body{"embed_origin": "*"}, "'none'"},
		{"polar", body{"embed_origin": "https://*.example"}, "'none'"},
		{"polar", body{"embed_origin": "https://a.example; script-src *"}, "'none'"},
		{"polar", body{"embed_origin": "https://a.example\r\nSet-Cookie: a=b"}, "'none'"},
		{"polar", body{"embed_origin": "javascript:alert(1)"}, "'none'"},
		{"tilled", nil, "'none'"},
		{"leanrails", nil, "'none'"},
		{"leanrails", body{"ui_mode": "embedded"}, machine},
		{"bias", nil, machine},
	} {
		_, path := w.create(tt.provider, tt.further)
		for _, p := range []page{w.get(path), w.press(path, "decline:nothing", nil), w.press(path, "paid", nil), w.get(path)} {
			if p.location != "" {
				continue // nothing to frame
			}
			want := "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self' http: https:; frame-ancestors " + tt.want
			if csp := p.header.Get("Content-Security-Policy"); csp != want {
				t.Errorf("%s %v: Content-Security-Policy: %s; want %s", tt.provider, tt.further, csp, want)
			}
			if (p.header.Get("X-Frame-Options") == "DENY") != (tt.want == "'none'") {
				t.Errorf("%s %v: X-Frame-Options: %q", tt.provider, tt.further, p.header.Get("X-Frame-Options"))
			}
			for name, value := range alwaysSent {
				if p.header.Get(name) != value {
					t.Errorf("%s: %s = %q; want %q", tt.provider, name, p.header.Get(name), value)
				}
			}
		}
	}
}

// weightAtMost is what a page and all it loads may weigh, in bytes, uncompressed.
const weightAtMost = 48 << 10

// TestWeight: a page is small and loads two more files, both of this server.
func TestWeight(t *testing.T) {
	w := newWorld(t)
	for _, provider := range providers() {
		_, path := w.create(provider)
		p := w.get(path)
		loads := regexp.MustCompile(`(?:src|href)="(/[^"]*)"`).FindAllStringSubmatch(p.text, -1)
		weight := len(p.text)
		for _, found := range loads {
			loaded := w.get(found[1])
			weight += len(loaded.text)
			if loaded.status != http.StatusOK || !strings.Contains(loaded.header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s = %d, Cache-Control %q", found[1], loaded.status, loaded.header.Get("Cache-Control"))
			}
		}
		if len(loads) != 2 || weight > weightAtMost {
			t.Errorf("%s: %d bytes in 1 + %d requests; want at most %d in 3", provider, weight, len(loads), weightAtMost)
		}
		for _, found := range regexp.MustCompile(`\b(?:https?:)?//[\w.]+`).FindAllString(p.text, -1) {
			t.Errorf("%s: the page names %s", provider, found)
		}
		t.Logf("%s: %d bytes", provider, weight)
	}
	if p := w.get("/_assets/checkout/page.js"); p.status != http.StatusNotFound {
		t.Errorf("an asset without its version = %d", p.status)
	}
}

// TestClientSecretsOpen: sessions that are paid in a frame are opened by their client secret.
func TestClientSecretsOpen(t *testing.T) {
	w := newWorld(t)
	s, path := w.create("leanrails", body{"ui_mode": "embedded"})
	secret := regexp.MustCompile(s.ID + `_secret_\w+`).FindString(sessionOf(w, s.ID))
	for _, open := range []string{path, "/checkout/" + secret} {
		if p := w.get(open + "?embed=true"); p.status != http.StatusOK || !strings.Contains(p.text, `data-embed-target="*" data-embed-type="LOCALCHECKOUT"`) {
			t.Errorf("GET %s = %d", open, p.status)
		}
	}
}

func sessionOf(w *world, id string) string {
	m := merchants["leanrails"]
	req, _ := http.NewRequest(http.MethodGet, w.emu.URL("leanrails")+m.path+"/"+id, nil)
	req.Header.Set("Authorization", m.header["Authorization"])
	return w.send(req).text
}

// TestEmbedData: the script is told what to tell the page around the frame, and whom.
func TestEmbedData(t *testing.T) {
	w := newWorld(t)
	s, path := w.create("polar", body{"embed_origin": "http://localhost:3000"})
	if p := w.get(path); strings.Contains(p.text, "data-embed-") {
		t.Error("the page speaks to a frame though nobody asked for it")
	}
	form := w.get(path + "?embed=true&embed_origin=https://evil.example&theme=dark")
	for _, want := range []string{`data-theme="dark"`, `data-embed-target="http://localhost:3000"`, `data-embed-type="POLAR_CHECKOUT"`, " data-embed-loaded", `action="` + path + `?embed=true&amp;theme=dark"`} {
		if !strings.Contains(form.text, want) {
			t.Errorf("the form has no %s", want)
		}
	}
	if strings.Contains(form.text, "evil") {
		t.Error("the query names the origin")
	}
	done := w.post(path+"?embed=true&theme=dark", form.ticket(), "paid", nil)
	if done.status != http.StatusSeeOther || done.location != path+"/done?embed=true&theme=dark" {
		t.Fatalf("paid in a frame = %d %q", done.status, done.location)
	}
	p := w.get(done.location)
	if !strings.Contains(p.text, " data-embed-redirect") || !regexp.MustCompile(`data-embed-success="https://shop\.example/thanks\?checkout=`+s.ID+`&amp;customer_session_token=polar_cst_`).MatchString(p.text) {
		t.Errorf("done: %s", p.text)
	}
	if slices.Contains(strings.Fields(p.text), "data-embed-loaded") {
		t.Error("loaded is told again")
	}
	s, path = w.create("polar", body{"embed_origin": "http://localhost:3000", "success_url": nil})
	p = w.get(w.post(path+"?embed=true", w.get(path).ticket(), "paid", nil).location)
	if strings.Contains(p.text, "data-embed-redirect") || !strings.Contains(p.text, `data-embed-next="`+path+`/confirmation?embed=true"`) {
		t.Errorf("a page of its own after %s: %s", s.ID, p.text)
	}
}
