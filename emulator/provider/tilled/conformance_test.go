package tilled_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider/providertest"
	"github.com/localcheckout/localcheckout/emulator/provider/tilled"
)

const route = "/v1/checkout-sessions"

func TestConformance(t *testing.T) { providertest.Run(t, subject()) }

func FuzzBody(f *testing.F) {
	providertest.FuzzBody(f, subject(), `{"line_items":[{"quantity":1e-400}]}`, `{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"x"},"unit_amount":99999999},"quantity":99999999999}],"payment_intent_data":{"payment_method_types":["card"]}}`)
}

func FuzzQuery(f *testing.F) {
	providertest.FuzzQuery(f, subject(), `metadata.a=b&metadata[c]=d`, `limit=1e400`, `offset=1.5`)
}

// subject describes the dialect to the conformance suite.
func subject() providertest.Subject {
	const (
		noAccount = `{"statusCode":400,"message":"'tilled-account' header required."}`
		noSession = `{"statusCode":404,"message":"Checkout Session not found.","error":"Not Found"}`
		lost      = `{"statusCode":404,"message":"Cannot GET /v1/checkout-session","error":"Not Found"}`
	)
	account := map[string]string{"tilled-account": bakery}
	return providertest.Subject{
		Name:   "tilled",
		New:    tilled.New,
		Header: map[string]string{"tilled-account": bakery, "tilled-api-key": testKey},
		Create: func(n int) providertest.Call { return creation(n, "") },
		Get:    func(id string) providertest.Call { return call("GET", route+"/"+id, "") },
		List:   providertest.Paging{Items: "items", NewestFirst: true, Shifts: true, Page: nextPage},
		Echo:   []string{"line_items", "metadata", "success_url", "cancel_url"},
		Native: providertest.Native{
			Field: "status", Open: "open", Paid: "complete", Declined: "open", Canceled: "open",
			InFlight: "complete", FailedLate: "complete", Expired: "expired", DeclineCode: "insufficient_funds",
		},
		Illegal: func(id string) providertest.Answer {
			return providertest.Answer{Call: call("POST", route+"/"+id+"/expire", ""), Status: 400, Has: "must have the status open"}
		},
		Expires: providertest.Expiry{
			Create:  func(_, deadline string) providertest.Call { return creation(1, deadline) },
			Seconds: 3600,
		},
		Unknown: []providertest.Answer{
			{Call: call("GET", route+"/cs_unknown", ""), Status: 404, Body: noSession},
			{Call: call("POST", route+"/cs_unknown/expire", ""), Status: 404, Body: noSession},
			{Call: call("GET", "/v1/payment-intents/pi_unknown", ""), Status: 404, Has: "Payment Intent not found."},
			{Call: call("POST", "/v1/payment-intents/pi_unknown/confirm", "{}"), Status: 404, Has: "Payment Intent not found."},
			{Call: call("GET", "/v1/charges/ch_unknown", ""), Status: 404, Has: "Charge not found."},
			{Call: call("GET", "/v1/refunds/re_unknown", ""), Status: 404, Has: "Refund not found."},
			{Call: call("POST", "/v1/refunds", `{"payment_intent_id":"pi_unknown"}`), Status: 404, Has: "Payment Intent not found."},
			{Call: call("GET", "/v1/payment-methods/pm_unknown", ""), Status: 404, Has: "Payment Method not found."},
			{Call: call("DELETE", "/v1/customers/cus_unknown", ""), Status: 404, Has: "Customer not found."},
			{Name: "customer", Call: call("POST", route, strings.Replace(creation(1, "").Body, "{", `{"customer_id":"cus_unknown",`, 1)), Status: 404, Has: "Customer not found."},
		},
		Faulty: providertest.Faulty{
			Call: call("POST", route, `{"line_items":[{"price_data":{"currency":"USD","product_data":{},"unit_amount":0},"quantity":0}],`+
				`"payment_intent_data":{"payment_method_types":["cash"]},"success_url":5,"metadata":{"`+strings.Repeat("k", 41)+`":"1"}}`),
			Status:   400,
			Words:    []string{"currency", "name", "unit_amount", "quantity", "payment_method_types", "success_url", "40 characters"},
			Pointers: []string{"/line_items/0/quantity", "/metadata/" + strings.Repeat("k", 41)},
		},
		Auth: []providertest.Answer{
			{Name: "no account", Call: providertest.Call{Method: "GET", Path: route, Header: map[string]string{"tilled-api-key": testKey}}, Status: 400, Body: noAccount},
			{Name: "no credential", Call: providertest.Call{Method: "GET", Path: route, Header: account}, Status: 401, Has: "Unauthenticated"},
		},
		Decided: func(ask func(providertest.Call) map[string]any) (providertest.Call, string) {
			card := ask(call("POST", "/v1/payment-methods", `{"type":"card","card":{"number":"4111111111111111","exp_month":12,"exp_year":2044,"cvc":"123"}}`))
			return call("POST", "/v1/payment-intents", fmt.Sprintf(`{"amount":777701,"currency":"usd","payment_method_types":["card"],"confirm":true,"payment_method_id":%q}`, card["id"])), "777701"
		},
		Payments: payments(),
		WithKey: func(key string) map[string]string {
			return map[string]string{"tilled-account": bakery, "tilled-api-key": key}
		},
		Declined: call("POST", "/v1/subscriptions", "{}"),
		Lost:     providertest.Answer{Call: call("GET", "/v1/checkout-session", ""), Status: 404, Body: lost},
		Nearest:  "GET /v1/checkout-sessions",
		Bad: []providertest.Answer{
			{Name: "broken", Call: call("POST", route, "{"), Status: 400, Has: "Unexpected end of JSON input"},
			{Name: "wrong type", Call: call("POST", route, "[]"), Status: 400, Has: "body must be an object"},
			{Name: "too large", Call: call("POST", route, `"`+strings.Repeat("x", 10<<20)+`"`), Status: 413, Has: "request entity too large"},
			{Name: "wrong method", Call: call("PUT", route, "{}"), Status: 404, Has: "Cannot PUT /v1/checkout-sessions"},
			{Name: "limit", Call: call("GET", route+"?limit=0", ""), Status: 400, Has: "limit must not be less than 1"},
		},
	}
}

func call(method, path, body string) providertest.Call {
	return providertest.Call{Method: method, Path: path, Body: body}
}

// creation asks for a session that can be paid; a deadline of "" is none.
func creation(n int, deadline string) providertest.Call {
	if deadline != "" {
		deadline = fmt.Sprintf(`"expires_at":%q,`, deadline)
	}
	return call(http.MethodPost, route, fmt.Sprintf(`{%s"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"Sourdough"},`+
		`"unit_amount":900},"quantity":1.5}],"payment_intent_data":{"payment_method_types":["card"]},"metadata":{"n":"%d"},`+
		`"success_url":"https://example.com/done","cancel_url":"https://example.com/back"}`, deadline, n))
}

func nextPage(last map[string]any) (providertest.Call, bool) {
	if last == nil {
		return call(http.MethodGet, route, ""), true
	}
	offset := last["offset"].(float64) + last["limit"].(float64)
	return call(http.MethodGet, fmt.Sprintf("%s?offset=%.0f", route, offset), ""), last["has_more"] == true
}

// payments is the table of docs.tilled.com, testing: cards and bank numbers, and the amounts that
// decline a card. The last amount is of a third-party public program.
func payments() []providertest.Payment {
	of := func(amount int, methods ...string) providertest.Call {
		return call(http.MethodPost, route, fmt.Sprintf(`{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"Sourdough"},`+
			`"unit_amount":%d},"quantity":1}],"payment_intent_data":{"payment_method_types":["%s"]}}`, amount, strings.Join(methods, `","`)))
	}
	var out []providertest.Payment
	for _, card := range []string{"4111111111111111", "4900770000000001", "5100400000000000", "6011234567890123", "370123456789017"} {
		out = append(out, providertest.Payment{With: card, Status: checkout.Succeeded})
	}
	for method, numbers := range map[string][]string{
		"ach_debit": {"011103093", "067014822", "011000138", "021101108", "021004823"}, "eft_debit": {"001", "002", "003", "004", "006"},
	} {
		for _, number := range numbers {
			out = append(out, providertest.Payment{With: number, Session: of(777703, method, "card"), Status: checkout.Confirmed})
		}
	}
	for i, code := range []string{
		"insufficient_funds", "avs_check_failed", "generic_decline", "call_issuer", "expired_card", "pickup_card", "invalid_number", "limit_exceeded",
		"not_permitted", "incorrect_cvc", "service_not_allowed", "invalid_expiry", "card_not_supported", "restricted_card", "fraudulent", "processing_error",
	} {
		out = append(out, providertest.Payment{
			With: "4111 1111 1111 1111", Session: of(777701+i, "card"), Status: checkout.Open, Code: code, By: strconv.Itoa(777701 + i),
		})
	}
	return append(out, providertest.Payment{With: "4111-1111-1111-1111", Session: of(777799, "card"), Status: checkout.Succeeded, By: "777799"})
}
