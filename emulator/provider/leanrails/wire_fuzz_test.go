package leanrails_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// fuzzed sends one request in memory; whatever it is, the answer must be the dialect's, below 500.
func (c *client) fuzzed(t *testing.T, method, target, body string) {
	c.tb = t
	req := httptest.NewRequestWithContext(t.Context(), method, "http://localhost:4747/leanrails"+target, strings.NewReader(body))
	req.Header.Set("Authorization", secretKey)
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	var answer object
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || rec.Code >= 500 {
		t.Errorf("%s %s %q = %d %s; want JSON and no fault of ours", method, target, body, rec.Code, rec.Body)
	}
	if _, refused := answer["error"]; refused != (rec.Code != http.StatusOK) {
		t.Errorf("%s %s %q = %d %s; want an error or a success", method, target, body, rec.Code, rec.Body)
	}
}

// FuzzBody sends any text as the body of a creation and of an expiry. The profile is lenient: no
// key is needed, and more of the body is read.
func FuzzBody(f *testing.F) {
	for _, changes := range []object{
		nil, {"mode": "setup"}, {"expires_at": 1e30}, {"expires_at": -1}, {"metadata": object{"a": []any{object{}}}}, {"ui_mode": "custom"},
		{"customer": adaID, "customer_creation": "always"}, {"payment_intent_data": object{"application_fee_amount": 1}}, {"success_url": "http://[::1"},
		items(), items(inline(nil)), items(inline(object{"unit_amount": 1 << 62})), items(object{"price": tote, "quantity": 1 << 62}), items(object{"price": "price_x"}, object{"price": toteEUR}),
		items(inline(object{"recurring": object{"interval": "day", "interval_count": 0}})), items(object{"price": 5, "price_data": "x"}),
	} {
		f.Add(params(changes))
	}
	for _, body := range []string{"", "{}", "[]", "null", "5", "{", `{"mode":"\u0000"}`, `{"line_items":[[]]}`, `{"line_items":{"0":{}}}`, "\xff", `{"a":1}{"b":2}`} {
		f.Add(body)
	}
	c := serve(f, profile("lenient"))
	id := text(c.create(nil)["id"])
	f.Fuzz(func(t *testing.T, body string) {
		c.fuzzed(t, http.MethodPost, route, body)
		c.fuzzed(t, http.MethodPost, route+"/"+id+"/expire", body)
		if len(body) > 1<<12 { // do not pile up what large bodies make
			c.handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "http://localhost:4747/_control/reset", nil))
		}
	})
}

// FuzzQuery sends any text as the query of every operation that reads one.
func FuzzQuery(f *testing.F) {
	c := serve(f)
	id := text(c.create(nil)["id"])
	lines := route + "/" + id + "/line_items"
	item := text(c.must(http.MethodGet, lines, "")["data"].([]any)[0].(object)["id"])
	for _, query := range []string{
		"", "limit=5", "limit=0", "limit=1e2", "limit=99999999999999999999", "status=open", "status=open&status=x", "starting_after=" + id, "ending_before=" + id,
		"starting_after=" + id + "&ending_before=" + id, "starting_after=" + item, "ending_before=" + item, "starting_after=cs_x", "ending_before=csli_x",
		"%", "%00", "limit=%00", "a[b]=c", ";", "&&&", "=", "limit", "starting_after=\xff",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if _, err := url.Parse("http://localhost/?" + query); err != nil || strings.ContainsAny(query, " \t\r\n#") {
			return // no request line can hold it
		}
		for _, path := range []string{route, lines, route + "/" + id} {
			c.fuzzed(t, http.MethodGet, path+"?"+query, "")
		}
	})
}

// FuzzID sends any text as the id of a session.
func FuzzID(f *testing.F) {
	for _, id := range []string{"cs_x", "", "/", "..", "%2F", "%00", "%", "cs_\xff", "line_items", "cs_x/expire"} {
		f.Add(id)
	}
	c := serve(f)
	f.Fuzz(func(t *testing.T, id string) {
		escaped := url.PathEscape(id)
		for _, path := range []string{route + "/" + escaped, route + "/" + escaped + "/line_items"} {
			c.fuzzed(t, http.MethodGet, path, "")
		}
	})
}
