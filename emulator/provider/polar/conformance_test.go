package polar_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider/polar"
	"github.com/localcheckout/localcheckout/emulator/provider/providertest"
)

const route = "/v1/checkouts/"

func TestConformance(t *testing.T) { providertest.Run(t, subject()) }

func FuzzBody(f *testing.F) {
	providertest.FuzzBody(f, subject(), `{"product_id":"x"}`, `{"product_price_id":null,"products":[]}`, `{"products":["b3f3c9b1-1168-47b6-b178-2af9b468bad7"],"custom_field_data":{"a":{}},"customer_billing_address":{"country":"us","state":"zz"}}`)
}

func FuzzQuery(f *testing.F) {
	providertest.FuzzQuery(f, subject(), `sorting=status&sorting=-created_at&page=2`, `product_id=x&customer_id=y&query=%40`, `limit=1&page=9223372036854775807`)
}

// subject describes the dialect to the conformance suite.
func subject() providertest.Subject {
	const missing = `{"error":"ResourceNotFound","detail":"Not found"}`
	call := func(method, path, body string) providertest.Call {
		return providertest.Call{Method: method, Path: path, Body: body}
	}
	return providertest.Subject{
		Name:   "polar",
		New:    polar.New,
		Header: map[string]string{"Authorization": "Bearer polar_oat_test"},
		Create: creation,
		Get:    func(id string) providertest.Call { return call("GET", route+id, "") },
		List:   providertest.Paging{Items: "items", NewestFirst: true, Shifts: true, Page: nextPage()},
		Echo: []string{
			"metadata", "customer_metadata", "customer_name", "customer_email", "customer_ip_address", "customer_billing_address",
			"success_url", "return_url", "embed_origin", "external_customer_id", "allow_discount_codes", "allow_trial",
		},
		Native: providertest.Native{
			Field: "status", Open: "open", Paid: "succeeded", Declined: "open", Canceled: "open",
			InFlight: "confirmed", FailedLate: "open", Expired: "expired", DeclineCode: "insufficient_funds",
		},
		Illegal: func(id string) providertest.Answer {
			return providertest.Answer{Call: call("PATCH", route+id, "{}"), Status: 403, Has: `"error":"NotOpenCheckout"`}
		},
		Further: func(made map[string]any) []providertest.Call {
			secret := route + "client/" + made["client_secret"].(string)
			return []providertest.Call{call("GET", secret, ""), call("PATCH", secret, "{}"), call("POST", secret+"/opened", ""),
				call("POST", secret+"/confirm", `{"confirmation_token_id":"ctoken_declined"}`), call("POST", secret+"/confirm", `{"confirmation_token_id":"ctoken_1"}`)}
		},
		Expires: providertest.Expiry{
			Create:  func(string, string) providertest.Call { return creation(1) },
			Seconds: 24 * 60 * 60,
		},
		Unknown: []providertest.Answer{
			{Name: "session", Call: call("GET", route+unknownID, ""), Status: 404, Body: missing},
			{Name: "session to update", Call: call("PATCH", route+unknownID, "{}"), Status: 404, Body: missing},
			{Name: "secret", Call: call("GET", route+"client/polar_c_unknown", ""), Status: 404, Body: missing},
			{Name: "secret to confirm", Call: call("POST", route+"client/polar_c_unknown/confirm", "{}"), Status: 404, Body: missing},
			{Name: "product", Call: call("POST", route, `{"products":["`+unknownID+`"]}`), Status: 422, Has: "Product does not exist."},
		},
		Faulty: providertest.Faulty{
			Call:   call("POST", route, `{"products":["x"],"amount":-1,"customer_email":"x","metadata":[],"success_url":5,"currency":"xxx"}`),
			Status: 422,
			Words:  []string{"products", "amount", "customer_email", "metadata", "success_url", "currency"}, Pointers: []string{"/currency"},
		},
		Auth: []providertest.Answer{
			{Name: "none", Call: providertest.Call{Method: "GET", Path: route, Header: map[string]string{"X": "y"}}, Status: 401,
				Body: `{"error":"Unauthorized","detail":"Unauthorized"}`},
			{Name: "other scheme", Call: providertest.Call{Method: "GET", Path: route, Header: map[string]string{"Authorization": "Basic x"}}, Status: 401},
			{Name: "customer's token", Call: providertest.Call{Method: "GET", Path: route, Header: map[string]string{"Authorization": "Bearer polar_cst_x"}},
				Status: 401, Has: `"error":"invalid_token"`},
		},
		Decided: func(ask func(providertest.Call) map[string]any) (providertest.Call, string) {
			return call("POST", fmt.Sprint(route, "client/", ask(creation(1))["client_secret"], "/confirm"), `{"confirmation_token_id":"ctoken_declined"}`), "declined" // the part of the token that says so
		},
		Payments: []providertest.Payment{ // the cards are those of docs.stripe.com, testing
			{With: "4242 4242 4242 4242", By: "4242424242424242", Status: checkout.Succeeded},
			{With: "5555555555554444", Status: checkout.Succeeded},
			{With: "4000000000000002", Status: checkout.Open, Code: "card_declined"},
			{With: "4000000000009995", Status: checkout.Open, Code: "insufficient_funds"},
			{With: "4000000000000069", Status: checkout.Open, Code: "expired_card"},
			{With: "4000000000000127", Status: checkout.Open, Code: "incorrect_cvc"},
			{With: "4000000000000119", Status: checkout.Open, Code: "processing_error"},
			{With: "4000002500003155", Status: checkout.Confirmed},
			{With: "4000000000000341", Status: checkout.Open, Code: "card_declined", Events: []string{"session.confirmed", "session.failed"}},
			{With: "declined", Status: checkout.Open, Code: "card_declined"},
			{With: "ctoken_decline_insufficient_funds", By: "decline_insufficient_funds", Status: checkout.Open, Code: "insufficient_funds"},
			{With: "ctoken_fail", By: "fail", Status: checkout.Open, Code: "card_declined", Events: []string{"session.confirmed", "session.failed"}},
			{With: "ctoken_requires_action", By: "requires_action", Status: checkout.Confirmed},
			{With: "processing", Status: checkout.Confirmed},
			{With: "ctoken_1", By: "state", Status: checkout.Succeeded},
		},
		BySecret: func(secret string) []providertest.Call {
			client := route + "client/" + secret
			return []providertest.Call{
				{Method: "GET", Path: client}, {Method: "GET", Path: client + "/"}, {Method: "PATCH", Path: client, Body: `{"customer_email":"` + secret + `"}`},
				{Method: "POST", Path: client + "/confirm", Body: `{"confirmation_token_id":"` + secret + `"}`}, {Method: "DELETE", Path: client},
			}
		},
		WithKey:  func(key string) map[string]string { return map[string]string{"Authorization": "Bearer " + key} },
		Declined: call("GET", "/v1/benefits/", ""),
		Lost:     providertest.Answer{Call: call("GET", "/v1/checkout/", ""), Status: 404, Body: `{"detail":"Not Found"}`},
		Nearest:  "GET /v1/checkouts/",
		Bad: []providertest.Answer{
			{Name: "broken", Call: call("POST", route, "{"), Status: 422, Has: `"type":"json_invalid"`},
			{Name: "no body", Call: call("POST", route, ""), Status: 422, Has: `"loc":["body"]`},
			{Name: "list", Call: call("POST", route, "[]"), Status: 422, Has: "model_attributes_type"},
			{Name: "not text", Call: call("POST", route, "{\"a\":\"\xff\"}"), Status: 400, Body: `{"detail":"There was an error parsing the body"}`},
			{Name: "NUL", Call: call("POST", route, `{"products":["`+book+`"],"customer_name":"a\u0000"}`), Status: 422, Has: "invalid characters"},
			{Name: "huge integer", Call: call("POST", route, `{"products":["`+book+`"],"amount":1e30}`), Status: 422, Has: "amount"},
			{Name: "repeated key", Call: call("POST", route, `{"products":["`+book+`"],"amount":5,"amount":-5}`), Status: 422, Has: "greater_than_equal"},
			{Name: "deep", Call: call("POST", route, strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)), Status: 400},
			{Name: "too large", Call: call("POST", route, `"`+strings.Repeat("x", 10<<20)+`"`), Status: 413, Body: `{"detail":"Request Entity Too Large"}`},
			{Name: "wrong method", Call: call("PUT", route, "{}"), Status: 405, Body: `{"detail":"Method Not Allowed"}`},
			{Name: "content type", Call: providertest.Call{Method: "POST", Path: route, Body: "{}", Header: map[string]string{
				"Authorization": "Bearer x", "Content-Type": "text/plain"}}, Status: 422, Has: "model_attributes_type"},
			{Name: "id", Call: call("GET", route+"x", ""), Status: 422, Has: "uuid_parsing"},
			{Name: "version of an id", Call: call("GET", route+strings.Replace(unknownID, "-4c0d", "-1c0d", 1), ""), Status: 422, Has: "uuid_version"},
		},
	}
}

func creation(n int) providertest.Call {
	return providertest.Call{Method: http.MethodPost, Path: route, Body: fmt.Sprintf(
		`{"products":[%q],"metadata":{"n":%d,"text":"a<b","rate":0.5,"yes":true},"customer_metadata":{"tier":"gold"},"customer_name":"Ada",`+
			`"customer_email":"ada@example.com","customer_ip_address":"203.0.113.7","customer_billing_address":{"country":"FR","line1":"1 rue A",`+
			`"line2":null,"city":"Paris","postal_code":"75001","state":null},"success_url":"https://shop.example/done","return_url":"https://shop.example/",`+
			`"embed_origin":"https://shop.example","external_customer_id":"usr_ada","allow_discount_codes":false,"allow_trial":false}`, book, n)}
}

// nextPage reads the list as Polar's clients do: until the page whose number is the highest.
func nextPage() func(map[string]any) (providertest.Call, bool) {
	page := 0
	return func(last map[string]any) (providertest.Call, bool) {
		if page++; last == nil {
			page = 1
		}
		most := math.Inf(1)
		if last != nil {
			most = last["pagination"].(map[string]any)["max_page"].(float64)
		}
		return providertest.Call{Method: http.MethodGet, Path: fmt.Sprintf("%s?page=%d", route, page)}, float64(page) <= most
	}
}
