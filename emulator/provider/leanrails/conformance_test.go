package leanrails_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider/leanrails"
	"github.com/localcheckout/localcheckout/emulator/provider/providertest"
)

const route = "/v1/checkout_sessions"

func TestConformance(t *testing.T) { providertest.Run(t, subject()) }

// subject describes the dialect to the conformance suite.
func subject() providertest.Subject {
	const (
		noSession = `{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No CheckoutSession found with ID 'cs_unknown'.","param":"id","doc_url":"https://docs.leanrails.com/errors/resource_missing"}}`
		badKey    = `{"error":{"type":"authentication_error","code":"authentication_failed","message":"Invalid API key provided.","param":null,"doc_url":"https://docs.leanrails.com/errors/authentication_failed"}}`
		lost      = `{"error":{"type":"invalid_request_error","code":"resource_missing","message":"Unrecognized request URL (GET: /v1/checkout_session).","param":null,"doc_url":"https://docs.leanrails.com/errors/resource_missing"}}`
	)
	listing := func(name, credential string) providertest.Answer {
		return providertest.Answer{Name: name, Call: providertest.Call{Method: "GET", Path: route, Header: authorization(credential)}, Status: 401, Body: badKey}
	}
	return providertest.Subject{
		Name:   "leanrails",
		New:    leanrails.New,
		Header: authorization(secretKey),
		Create: func(n int) providertest.Call { return post(route, creation(n, 0)) },
		Get:    func(id string) providertest.Call { return get(route + "/" + id) },
		List:   providertest.Paging{Items: "data", NewestFirst: true, Page: nextPage},
		Echo:   []string{"mode", "success_url", "cancel_url", "customer_email", "metadata", "client_reference_id"},
		Native: providertest.Native{
			Field: "status", Open: "open", Paid: "complete", Declined: "open", Canceled: "open",
			InFlight: "open", FailedLate: "open", Expired: "expired", DeclineCode: "insufficient_funds",
		},
		Illegal: func(id string) providertest.Answer {
			return providertest.Answer{Call: post(route+"/"+id+"/expire", ""), Status: 400, Has: `"code":"checkout_session_not_open"`}
		},
		Further: func(made map[string]any) []providertest.Call {
			intent := fmt.Sprint(made["payment_intent"])
			return []providertest.Call{
				get(fmt.Sprint(route, "/", made["id"], "/line_items")), get("/v1/checkout/sessions/" + made["id"].(string)),
				get(intents + "/" + intent), get(charges + "?payment_intent=" + intent), post(intents+"/"+intent, `{"description":"x"}`),
				post(intents+"/"+intent+"/refund", `{"amount":1}`),
			}
		},
		Expires: providertest.Expiry{
			Create: func(_, deadline string) providertest.Call {
				at, err := time.Parse(time.RFC3339, deadline)
				if err != nil {
					panic(err)
				}
				return post(route, creation(1, at.Unix()))
			},
			Seconds: 3600,
		},
		Unknown: []providertest.Answer{
			{Call: get(route + "/cs_unknown"), Status: 404, Body: noSession},
			{Call: get(route + "/cs_unknown/line_items"), Status: 404, Body: noSession},
			{Call: post(route+"/cs_unknown/expire", ""), Status: 404, Body: noSession},
			{Call: get(intents + "/pi_nonexistent"), Status: 404, Has: "No PaymentIntent found with ID 'pi_nonexistent'."},
			{Call: get(customers + "/cus_unknown"), Status: 404, Has: "No Customer found with ID 'cus_unknown'."},
			{Call: get(prices + "/price_unknown"), Status: 404, Has: "No Price found with ID 'price_unknown'."},
			{Call: post(refunds, `{"payment_intent":"pi_unknown"}`), Status: 400, Has: "No PaymentIntent found with ID 'pi_unknown'."},
			{Name: "price", Call: post(route, strings.Replace(creation(1, 0), tote, "price_unknown", 1)), Status: 400, Has: "No Price found with ID 'price_unknown'."},
			{Name: "customer", Call: post(route, strings.Replace(creation(1, 0), "{", `{"customer":"cus_unknown",`, 1)), Status: 400, Has: "No Customer found with ID 'cus_unknown'."},
		},
		Faulty: providertest.Faulty{
			Call:   post(route, `{"mode":"setup","line_items":[{"price":"price_`+strings.Repeat("0", 16)+`","quantity":0}],"customer_email":5,"ui_mode":"popup","shipping":{}}`),
			Status: 400,
			Words:  []string{"mode", "quantity", "customer_email", "ui_mode", "shipping", "No Price found"}, Pointers: []string{"/line_items/0/price"},
		},
		RefusesUnknown: true,
		KeyHeader:      "Idempotency-Key",
		Auth: []providertest.Answer{
			listing("none", ""),
			listing("bearer", "Bearer "+testKey),
			listing("no Basic at all", "Basic ???"),
			listing("a password", basic(testKey, "secret")),
			listing("a publishable key", basic("pk_test_1", "")),
			listing("no key", basic("", "")),
			listing("another form", basic("polar_oat_1", "")),
			listing("nothing behind the prefix", basic("sk_test_", "")),
			{Name: "a live key", Call: providertest.Call{Method: "GET", Path: route, Header: authorization(basic("sk_live_1", ""))}, Status: 401, Has: "looks live"},
			{Name: "a publishable live key", Call: providertest.Call{Method: "GET", Path: route, Header: authorization(basic("pk_live_1", ""))}, Status: 401, Has: "looks live"},
		},
		Decided: func(ask func(providertest.Call) map[string]any) (providertest.Call, string) {
			made := ask(post("/v1/payment_intents", `{"amount":2000,"currency":"usd"}`))
			return post(fmt.Sprintf("/v1/payment_intents/%s/confirm", made["id"]), `{"payment_method":"pm_card_declined"}`), "pm_card_declined"
		},
		Payments: []providertest.Payment{ // docs.leanrails.com and docs.fluveo.com, testing
			{With: "4242 4242 4242 4242", By: "4242424242424242", Status: checkout.Succeeded},
			{With: "pm_card_visa", Status: checkout.Succeeded},
			{With: "pm_card_declined", Status: checkout.Open, Code: "generic_decline"},
			{With: "pm_card_insufficient_funds", Status: checkout.Open, Code: "insufficient_funds"},
			{With: "pm_card_expired", Status: checkout.Open, Code: "expired_card"},
			{With: "pm_card_3ds_required", Status: checkout.Confirmed},
		},
		Embedded: post(route, strings.Replace(creation(1, 0), "{", `{"ui_mode":"embedded",`, 1)),
		WithKey:  func(key string) map[string]string { return authorization(basic(key, "")) },
		Declined: post("/v1/orders", "{}"),
		Lost:     providertest.Answer{Call: get("/v1/checkout_session"), Status: 404, Body: lost},
		Nearest:  "GET " + route,
		Bad: []providertest.Answer{
			{Name: "broken", Call: post(route, "{"), Status: 400, Has: "not valid JSON"},
			{Name: "no body", Call: post(route, ""), Status: 400, Has: "The request body is required."},
			{Name: "wrong type", Call: post(route, "[]"), Status: 400, Has: "The request body must be an object."},
			{Name: "too large", Call: post(route, `"`+strings.Repeat("x", 10<<20)+`"`), Status: 413, Has: "too large"},
			{Name: "a number beyond 64 bits", Call: post(route, strings.Replace(creation(1, 0), `"quantity":2`, `"quantity":1e300`, 1)), Status: 400, Has: "quantity"},
			{Name: "U+0000", Call: post(route, strings.Replace(creation(1, 0), "order-", `\u0000`, 1)), Status: 400, Has: "client_reference_id"},
			{Name: "no key", Call: providertest.Call{Method: "POST", Path: route, Body: creation(1, 0)}, Status: 400, Has: `"param":"Idempotency-Key"`},
			{Name: "wrong method", Call: providertest.Call{Method: "PUT", Path: route, Body: "{}"}, Status: 404, Has: "Unrecognized request URL (PUT: /v1/checkout_sessions)."},
			{Name: "update of a later generation", Call: post(route+"/cs_unknown", "{}"), Status: 404, Has: "resource_missing"},
			{Name: "limit", Call: get(route + "?limit=0"), Status: 400, Has: "The `limit` field must be at least 1."},
		},
	}
}

const testKey = "sk_test_1"

var secretKey = basic(testKey, "")

func authorization(credential string) map[string]string {
	return map[string]string{"Authorization": credential}
}

// keys numbers the idempotency keys of a test run.
var keys atomic.Uint64

// fresh returns headers with a key that was not used before.
func fresh() map[string]string {
	header := maps.Clone(authorization(secretKey))
	header["Idempotency-Key"] = fmt.Sprintf("key-%d", keys.Add(1))
	return header
}

func post(path, body string) providertest.Call {
	return providertest.Call{Method: http.MethodPost, Path: path, Body: body, Header: fresh()}
}

func get(path string) providertest.Call {
	return providertest.Call{Method: http.MethodGet, Path: path}
}

// tote is a price of the catalog: 2500 US cents.
const tote = "price_3fg6hj9km1np0001"

// creation asks for a session that can be paid; a deadline of 0 is none.
func creation(n int, deadline int64) string {
	expires := ""
	if deadline != 0 {
		expires = fmt.Sprintf(`"expires_at":%d,`, deadline)
	}
	return fmt.Sprintf(`{%s"mode":"payment","line_items":[{"price":%q,"quantity":2}],"success_url":"https://example.com/done?id={CHECKOUT_SESSION_ID}",`+
		`"cancel_url":"https://example.com/back","customer_email":"grace@example.com","client_reference_id":"order-%d","metadata":{"n":"%d"}}`, expires, tote, n, n)
}

func nextPage(last map[string]any) (providertest.Call, bool) {
	if last == nil {
		return get(route + "?limit=37"), true
	}
	return get(fmt.Sprintf("%s?limit=37&starting_after=%v", route, last["next_cursor"])), last["has_more"] == true
}
