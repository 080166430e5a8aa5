package bias_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider/bias"
	"github.com/localcheckout/localcheckout/emulator/provider/providertest"
)

const route = "/v1/checkout_sessions"

func TestConformance(t *testing.T) { providertest.Run(t, subject()) }

func subject() providertest.Subject {
	const (
		lost  = `{"object":"error","error":{"type":"invalid_request_error","live":false,"code":null,"message":"Unrecognized request: GET /v1/checkout_session","param":null,"issues":null}}`
		gone  = `{"object":"error","error":{"type":"invalid_request_error","live":false,"code":"resource_missing","message":"No such checkout session: cs_unknown","param":null,"issues":null}}`
		noKey = `"type":"authentication_error","live":null,"code":null`
	)
	key := func(text string) map[string]string { return map[string]string{"Authorization": text} }
	return providertest.Subject{
		Name:   "bias",
		New:    bias.New,
		Header: key("Bearer " + testKey),
		Create: creation,
		Get:    func(id string) providertest.Call { return call("GET", route+"/"+id, "") },
		List:   providertest.Paging{Items: "items", NewestFirst: true, Page: nextPage},
		Echo:   []string{"customer", "customer_details", "metadata", "mode", "submit_label"},
		Native: providertest.Native{
			Field: "status", Open: "requires_confirmation", Paid: "complete", Declined: "requires_confirmation", Canceled: "requires_confirmation",
			InFlight: "requires_confirmation", FailedLate: "requires_confirmation", Expired: "expired", DeclineCode: "insufficient_funds",
		},
		Illegal: func(id string) providertest.Answer {
			return providertest.Answer{Call: call("POST", route+"/"+id+"/expire", ""), Status: 400, Has: `"code":"invalid_state"`}
		},
		Further: func(made map[string]any) []providertest.Call {
			browser := key("Bearer " + made["client_secret"].(string))
			card := `{"payment_method":{"card":{"encrypted_number":"%s","encrypted_expiry":"e","encrypted_cvc":"c"}}}`
			return []providertest.Call{
				{Method: "GET", Path: route + "/current", Header: browser},
				{Method: "PATCH", Path: route + "/current", Header: browser, Body: `{"customer_details":{"email":"a@b.c"}}`},
				{Method: "POST", Path: "/v1/payments", Header: browser, Body: fmt.Sprintf(card, "declined")},
				{Method: "POST", Path: "/v1/payments", Header: browser, Body: fmt.Sprintf(card, "n")},
				call("GET", fmt.Sprint(route, "/", made["id"], "?expand[payments]=true&expand[customer]=true"), ""),
				call("PATCH", fmt.Sprint(route, "/", made["id"]), `{"metadata":{"a":"b"}}`),
			}
		},
		Unknown: []providertest.Answer{
			{Call: call("GET", route+"/cs_unknown", ""), Status: 404, Body: gone},
			{Call: call("PATCH", route+"/cs_unknown", "{}"), Status: 404, Body: gone},
			{Call: call("POST", route+"/cs_unknown/expire", ""), Status: 404, Body: gone},
			{Call: call("GET", "/v1/customers/cus_unknown", ""), Status: 404, Has: `"code":"resource_missing","message":"No such customer: cus_unknown","param":null`},
			{Call: call("PATCH", "/v1/products/prod_unknown", "{}"), Status: 404, Has: `"message":"No such product: prod_unknown"`},
			{Call: call("DELETE", "/v1/prices/price_unknown", ""), Status: 404, Has: `"message":"No such price: price_unknown"`},
			{Call: call("PUT", "/v1/discounts/disc_unknown", "{}"), Status: 404, Has: `"message":"No such discount: disc_unknown"`},
			{Call: call("GET", "/v1/invoices/inv_unknown", ""), Status: 404, Has: `"message":"No such invoice: inv_unknown"`},
			{Call: call("POST", "/v1/payments/pay_unknown/capture", ""), Status: 404, Has: `"message":"No such payment: pay_unknown"`},
			{Call: call("POST", "/v1/payments/pay_unknown/cancel", ""), Status: 404, Has: `"message":"No such payment: pay_unknown"`},
			{Call: call("POST", "/v1/payment_methods/pm_unknown/deactivate", ""), Status: 404, Has: `"message":"No such payment method: pm_unknown"`},
			{Call: call("GET", "/v1/refunds/re_unknown", ""), Status: 404, Has: `"message":"No such refund: re_unknown"`},
			{Name: "refunded payment", Call: call("POST", "/v1/refunds", `{"payment":"pay_unknown"}`), Status: 400, Has: `"message":"No such payment: pay_unknown","param":"payment"`},
			{Name: "priced product", Call: call("POST", "/v1/prices", `{"product":"prod_unknown","amount":1}`), Status: 400, Has: `"param":"product"`},
			{Name: "cursor", Call: call("GET", "/v1/refunds?starting_after=re_unknown", ""), Status: 400, Has: `"code":"resource_missing","message":"No such refund: re_unknown","param":"starting_after"`},
			{Name: "customer", Call: call("POST", route, `{"amount":1,"customer":"cus_unknown"}`), Status: 400, Has: `"code":"resource_missing","message":"No such customer: cus_unknown","param":"customer"`},
			{Name: "price", Call: call("POST", route, `{"line_items":[{"price":"price_unknown"}]}`), Status: 400, Has: `"param":"line_items[0].price"`},
			{Name: "invoice", Call: call("POST", route, `{"invoice":"inv_unknown"}`), Status: 400, Has: `"param":"invoice"`},
		},
		Faulty: providertest.Faulty{
			Call: call("POST", route, `{"amount":-1,"line_items":[{"price":5,"quantity":10000}],"customer":7,"customer_details":{"fax":"1"},`+
				`"metadata":{"n":1},"mode":"gift","submit_label":"ok","color":"red"}`),
			Status: 400,
			Words: []string{`["amount"]`, `["line_items",0,"price"]`, `["line_items",0,"quantity"]`, `["customer"]`, `["customer_details","fax"]`,
				`["metadata","n"]`, `["mode"]`, `["submit_label"]`, `["color"]`},
			Pointers: []string{"/line_items"}, // and an amount
		},
		RefusesUnknown: true,
		KeyHeader:      "Idempotency-Key",
		Auth: []providertest.Answer{
			{Name: "none", Call: providertest.Call{Method: "GET", Path: route, Header: map[string]string{"X": "y"}}, Status: 401, Has: noKey},
			{Name: "other scheme", Call: providertest.Call{Method: "GET", Path: route, Header: key("Basic " + testKey)}, Status: 401, Has: noKey},
			{Name: "unknown client secret", Call: providertest.Call{Method: "GET", Path: route + "/current", Header: key("Bearer uEyLI6rmFylTwIBik5cpn8ge")}, Status: 401, Has: noKey},
			{Name: "malformed", Call: providertest.Call{Method: "GET", Path: route, Header: key("Bearer sk_test_")}, Status: 401, Has: noKey},
			{Name: "live", Call: providertest.Call{Method: "GET", Path: route, Header: key("Bearer sk_live_abc")}, Status: 401, Has: "looks live"},
		},
		Decided: func(func(providertest.Call) map[string]any) (providertest.Call, string) {
			return call("POST", "/v1/payments", `{"amount":500,"payment_method":{"card":{"encrypted_number":"4000000000009995","encrypted_expiry":"e","encrypted_cvc":"c"}}}`), "4000000000009995"
		},
		Payments: []providertest.Payment{
			{With: "4242424242424242", Status: checkout.Succeeded},
			{With: "4000000000000002", Status: checkout.Open, Code: "generic_decline"},
			{With: "4000000000009995", Status: checkout.Open, Code: "insufficient_funds"},
			{With: "4000000000000069", Status: checkout.Open, Code: "expired_card"},
			{With: "4000000000000127", Status: checkout.Open, Code: "incorrect_cvc"},
			{With: "declined", Status: checkout.Open, Code: "generic_decline"},
			{With: "decline_insufficient_funds", Status: checkout.Open, Code: "insufficient_funds"},
			{With: "x.decline_incorrect_cvc.y", By: "decline_incorrect_cvc", Status: checkout.Open, Code: "incorrect_cvc"},
		},
		BySecret: func(secret string) []providertest.Call {
			header := key("Bearer " + secret)
			return []providertest.Call{
				{Method: "GET", Path: route + "/current", Header: header},
				{Method: "PATCH", Path: route + "/current", Header: header, Body: `{"client_secret":"` + secret + `"}`},
			}
		},
		WithKey:  func(k string) map[string]string { return key("Bearer " + k) },
		Declined: call("GET", "/v1/disputes", ""),
		Lost:     providertest.Answer{Call: call("GET", "/v1/checkout_session", ""), Status: 404, Body: lost},
		Nearest:  "GET /v1/checkout_sessions",
		Bad: []providertest.Answer{
			{Name: "broken", Call: call("POST", route, "{"), Status: 400, Has: "not valid JSON"},
			{Name: "not text", Call: call("POST", route, "{\"customer\":\"\xff\"}"), Status: 400, Has: "not valid JSON"},
			{Name: "list", Call: call("POST", route, "[]"), Status: 400, Has: "The request body must be an object."},
			{Name: "null", Call: call("POST", route, "null"), Status: 400, Has: "The request body must be an object."},
			{Name: "NUL", Call: call("POST", route, `{"amount":1,"metadata":{"a":"\u0000"}}`), Status: 400, Has: "metadata.a must not contain"},
			{Name: "beyond 64 bits", Call: call("POST", route, `{"amount":100000000000000000000}`), Status: 400, Has: `"param":"amount"`},
			{Name: "beyond floats", Call: call("POST", route, `{"amount":1e999}`), Status: 400, Has: `"param":"amount"`},
			{Name: "too large", Call: call("POST", route, `"`+strings.Repeat("x", 10<<20)+`"`), Status: 413, Has: "too large"},
			{Name: "form", Call: providertest.Call{Method: "POST", Path: route, Body: "amount=1", Header: map[string]string{
				"Authorization": "Bearer " + testKey, "Content-Type": "application/x-www-form-urlencoded"}}, Status: 400, Has: "must be JSON"},
			{Name: "wrong method", Call: call("DELETE", route+"/cs_unknown", ""), Status: 404, Has: "Unrecognized request: DELETE"},
			{Name: "limit", Call: call("GET", route+"?limit=0", ""), Status: 400, Has: `"param":"limit"`},
			{Name: "query", Call: call("GET", route+"?filters=%zz", ""), Status: 400, Has: "cannot be read"},
		},
	}
}

func call(method, path, body string) providertest.Call {
	return providertest.Call{Method: method, Path: path, Body: body}
}

// creation asks for a session that can be paid.
func creation(n int) providertest.Call {
	return call(http.MethodPost, route, fmt.Sprintf(`{"line_items":[{"price":"price_dz1NVvl5CSogERkeA9Ng67","quantity":2}],`+
		`"customer":%q,"customer_details":{"email":"ada@example.com","name":null,"phone":"1"},"metadata":{"n":"%d"},"mode":"payment","submit_label":"donate"}`, ada, n))
}

func nextPage(last map[string]any) (providertest.Call, bool) {
	if last == nil {
		return call(http.MethodGet, route, ""), true
	}
	items := last["items"].([]any)
	if len(items) == 0 {
		return providertest.Call{}, false
	}
	id := items[len(items)-1].(map[string]any)["id"].(string)
	return call(http.MethodGet, route+"?starting_after="+id, ""), last["has_more"] == true
}
