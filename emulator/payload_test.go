package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/provider/all"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/openapi"
)

// fields is a JSON object.
type fields = map[string]any

// buyer makes calls of one provider's API.
type buyer struct {
	*stage
	provider int
}

// call makes a call that succeeds.
func (b buyer) call(method, path string, body fields) fields {
	b.Helper()
	var text string
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			b.Fatal(err)
		}
		text = string(raw)
	}
	p := pushers[b.provider]
	r := httptest.NewRequest(method, "http://localhost/"+p.name+path, strings.NewReader(text))
	if text != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range p.header {
		if value == "" {
			b.keys++
			value = fmt.Sprint("key-", b.keys)
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, r)
	out := fields{}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			b.Fatal(err)
		}
	}
	if w.Code >= 300 {
		b.Fatalf("%s %s = %d %v", method, path, w.Code, out)
	}
	return out
}

// play makes a session of the provider, and has the control API do something with it.
func (b buyer) play(actions ...string) fields {
	b.Helper()
	p := pushers[b.provider]
	var body fields
	if err := json.Unmarshal([]byte(p.body), &body); err != nil {
		b.Fatal(err)
	}
	made := b.call(http.MethodPost, strings.TrimPrefix(p.create, "/"+p.name), body)
	for _, action := range actions {
		if _, err := b.Call(b.Context(), http.MethodPost, "/sessions/"+made["id"].(string)+"/"+action, fields{}); err != nil {
			b.Fatal(err)
		}
	}
	return made
}

// pass moves the clock.
func (b buyer) pass(by time.Duration) {
	b.Helper()
	if _, err := b.Advance(b.Context(), by); err != nil {
		b.Fatal(err)
	}
}

// everything has every event of a provider happen.
var everything = map[string]func(buyer){"leanrails": everyLeanRails, "tilled": everyTilled}

func everyLeanRails(b buyer) {
	b.play("decline", "expire")
	paid := b.play("pay")
	b.call(http.MethodPost, "/v1/refunds", fields{"payment_intent": paid["payment_intent"], "amount": 100})
}

func everyTilled(b buyer) {
	b.play("decline", "expire")
	b.play("confirm", "settle")
	id := func(made fields) string { return made["id"].(string) }
	method := func(body fields) string { return id(b.call(http.MethodPost, "/v1/payment-methods", body)) }
	card := func() string {
		return method(fields{"type": "card", "card": fields{"number": "4111111111111111", "exp_month": 12, "exp_year": time.Now().Year() + 9, "cvc": "123"}})
	}
	pay := func(method, capture string) string {
		return id(b.call(http.MethodPost, "/v1/payment-intents", fields{
			"amount": 900, "platform_fee_amount": 30, "currency": "usd", "payment_method_types": []string{"card", "ach_debit"}, "payment_method_id": method,
			"capture_method": capture, "confirm": true,
		}))
	}
	refund := func(intent string) {
		b.call(http.MethodPost, "/v1/refunds", fields{"payment_intent_id": intent, "refund_platform_fee": true})
	}
	refund(pay(card(), "automatic"))
	b.call(http.MethodPost, "/v1/payment-intents/"+pay(card(), "manual")+"/capture", fields{"amount_to_capture": 500})
	b.call(http.MethodPost, "/v1/payment-intents/"+pay(card(), "manual")+"/cancel", fields{"cancellation_reason": "abandoned"})
	pay(card(), "manual") // never captured
	debit := pay(method(fields{"type": "ach_debit", "ach_debit": fields{
		"account_holder_name": "Grace", "account_number": "000123456789", "account_type": "checking", "routing_number": "011000138",
	}}), "automatic")
	b.pass(72 * time.Hour)
	refund(debit)
	customer := id(b.call(http.MethodPost, "/v1/customers", fields{"email": "grace@example.com"}))
	b.call(http.MethodPatch, "/v1/customers/"+customer, fields{"first_name": "Grace"})
	kept := "/v1/payment-methods/" + card()
	b.call(http.MethodPut, kept+"/attach", fields{"customer_id": customer})
	b.call(http.MethodPatch, kept, fields{"nick_name": "mine"})
	b.call(http.MethodPut, kept+"/detach", nil)
	b.call(http.MethodDelete, "/v1/customers/"+customer, nil)
	b.pass(200 * time.Hour)
}

// resourceOf is the operation that reads the object of an event, by the beginning of the event's type.
func resourceOf(eventType string) string {
	for _, r := range [][2]string{
		{"charge.refund.", "getRefund"}, {"charge.", "getCharge"}, {"payment_intent.", "getPaymentIntent"},
		{"payment_method.", "getPaymentMethod"}, {"customer.", "getCustomer"}, {"checkout.session.", "getCheckoutSession"},
	} {
		if strings.HasPrefix(eventType, r[0]) {
			return r[1]
		}
	}
	return ""
}

// TestPayloadsFitTheirSchemas: the object in every event that a provider sends is what the operation that reads it may
// answer, by the provider's document. Polar's are held against its SDKs, by the client suites.
func TestPayloadsFitTheirSchemas(t *testing.T) {
	for i, p := range pushers {
		cause := everything[p.name]
		if cause == nil {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			s := stages(t, i, func(*http.Request) (int, error) { return http.StatusOK, nil })
			if _, err := s.AddEndpoint(t.Context(), client.EndpointDraft{Provider: p.name, URL: "http://app"}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Freeze(t.Context()); err != nil {
				t.Fatal(err)
			}
			b := buyer{s, i}
			cause(b)
			b.pass(0)
			seen := map[string]bool{}
			for _, a := range s.take() {
				seen[checkPayload(t, p.name, a.body)] = true
			}
			info, err := s.Provider(t.Context(), p.name)
			if err != nil {
				t.Fatal(err)
			}
			for _, eventType := range info.Events {
				if !seen[eventType] {
					t.Errorf("%s was not caused", eventType)
				}
			}
		})
	}
}

// checkPayload holds an event against the document of its provider, and returns its type.
func checkPayload(t *testing.T, name, body string) string {
	t.Helper()
	var ev struct {
		Type string
		Data json.RawMessage
	}
	if err := json.Unmarshal([]byte(body), &ev); err != nil {
		t.Fatal(err)
	}
	doc := documentOf(t, name)
	object := ev.Data
	if read := doc.Operation("getEvent"); read != nil {
		if err := read.CheckResponse(http.StatusOK, "application/json", []byte(body)); err != nil {
			t.Errorf("%s: %v", ev.Type, err)
		}
	} else {
		var data struct{ Object json.RawMessage }
		if err := json.Unmarshal(ev.Data, &data); err != nil {
			t.Fatal(err)
		}
		object = data.Object
	}
	read := doc.Operation(resourceOf(ev.Type))
	if strings.HasPrefix(ev.Type, "platform_fee.") { // which stands in a charge only
		tree, err := wire.Parse(object)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range doc.Shape("PlatformFee").Check(tree) {
			t.Errorf("%s: %v breaks %s (%s)", ev.Type, fault.Path, fault.Rule, fault.Message)
		}
	} else if read == nil {
		t.Errorf("no operation reads the object of %s", ev.Type)
	} else if err := read.CheckResponse(http.StatusOK, "application/json", object); err != nil {
		t.Errorf("%s: %v", ev.Type, err)
	}
	return ev.Type
}

func documentOf(t *testing.T, name string) *openapi.Document {
	t.Helper()
	makers := all.Makers()
	m := makers[slices.IndexFunc(makers, func(m all.Named) bool { return m.Name == name })]
	p, err := m.New(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi.Load(name+".yaml", p.Document(), openapi.Whole)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
