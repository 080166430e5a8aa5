// Command walk drives a running localcheckout with a client of LeanRails that was written from its
// documentation alone.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 go run .
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"
)

// sandbox keeps this walk apart from others; the secret key selects it.
const sandbox = "leanrails-go"

const version = "2026-03-09"

func main() {
	base := strings.TrimRight(os.Getenv("LOCALCHECKOUT_URL"), "/")
	if base == "" {
		fmt.Fprintln(os.Stderr, "LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747")
		os.Exit(2)
	}
	w := &walk{base: base, client: &Client{BaseURL: base + "/leanrails", Key: "sk_test_sandbox_" + sandbox, Version: version}}
	for _, s := range []struct {
		name string
		run  func()
	}{
		{"the catalog has a price", w.catalog},
		{"create", w.create},
		{"the same key again is replayed", w.replay},
		{"the same key with another body is refused", w.reuse},
		{"retrieve answers what create answered", w.retrieve},
		{"an embedded session has a secret and no page", w.embedded},
		{"list in two pages by next_cursor", w.pages},
		{"list backward by ending_before", w.backward},
		{"every page one after the other", w.all},
		{"line items", w.lineItems},
		{"a session paid by control is complete", w.pay},
		{"expire", w.expire},
		{"expire again is refused", w.expireAgain},
		{"a complete session cannot be expired", w.expirePaid},
		{"list by status", w.byStatus},
		{"a session expires by the clock", w.clock},
		{"an unknown session", w.notFound},
		{"a bad parameter is named", w.validation},
		{"several bad parameters are all told", w.allFaults},
		{"a POST without a key is refused", w.noKey},
		{"keys that are not good", w.unauthorized},
		{"an answer tells its version and the rate limit", w.headers},
		{"a customer, a product and a price of it", w.goods},
		{"a session of them, paid", w.paidJourney},
		{"its payment intent and charge are read back", w.readBack},
		{"refunded in part, then whole, and not once more", w.refund},
		{"a payment intent by itself: declined, then held, captured in part", w.byItself},
		{"a checkout link makes a session", w.link},
		{"a deleted customer stays in what names it", w.deleted},
	} {
		if err := attempt(s.run); err != nil {
			fmt.Fprintf(os.Stderr, "FAILED %s: %v\n", s.name, err)
			os.Exit(1)
		}
		fmt.Println("ok", s.name)
	}
}

// attempt runs a step; what it panics with is its failure.
func attempt(run func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	run()
	return nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(ok bool, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf(format, args...))
	}
}

func equal[T any](what string, got, want T) {
	check(reflect.DeepEqual(got, want), "%s is %+v; want %+v", what, got, want)
}

// refused is the error that a call must have.
func refused(err error, status int, kind, code, param string) *Error {
	var e *Error
	check(errors.As(err, &e), "the call ended with %v; want %d %s", err, status, code)
	got := ""
	if e.Param != nil {
		got = *e.Param
	}
	check(e.Status == status && e.Type == kind && e.Code == code && got == param && e.Message != "" && e.DocURL == "https://docs.leanrails.com/errors/"+code,
		"the error is %v; want %d %s %s, param %s", e, status, kind, code, param)
	return e
}

// walk is what the steps share.
type walk struct {
	base   string
	client *Client

	price         string
	amount        int64
	first, second Session
	third         Session // embedded
	fourth        Session

	customer Customer
	sold     Price
	journey  Session
	intent   PaymentIntent
	charge   Charge
}

// control calls /_control of the sandbox.
func (w *walk) control(method, path string, in, out any) {
	raw := must(json.Marshal(in))
	req := must(http.NewRequest(method, w.base+"/_control"+path, bytes.NewReader(raw)))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Sandbox", sandbox)
	res := must(http.DefaultClient.Do(req))
	defer res.Body.Close()
	answer := must(io.ReadAll(res.Body))
	check(res.StatusCode/100 == 2, "%s %s = %s %s", method, req.URL, res.Status, answer)
	if out != nil {
		check(json.Unmarshal(answer, out) == nil, "%s %s answers %s", method, req.URL, answer)
	}
}

func (w *walk) catalog() {
	w.control("POST", "/reset", struct{}{}, nil)
	var all struct {
		Leanrails struct {
			Prices []struct {
				ID         string `json:"id"`
				Type       string `json:"type"`
				Active     bool   `json:"active"`
				Currency   string `json:"currency"`
				UnitAmount int64  `json:"unit_amount"`
			}
		}
	}
	w.control("GET", "/fixtures", struct{}{}, &all)
	for _, p := range all.Leanrails.Prices {
		if p.Active && p.Type == "one_time" && p.Currency == "usd" && p.UnitAmount > 0 && w.price == "" {
			w.price, w.amount = p.ID, p.UnitAmount
		}
	}
	check(w.price != "", "no active price in %+v", all)
}

// params asks for two of the catalog's price.
func (w *walk) params(more Params) Params {
	p := Params{
		"mode":        "payment",
		"line_items":  []any{map[string]any{"price": w.price, "quantity": 2}},
		"success_url": "https://example.com/done?session_id={CHECKOUT_SESSION_ID}",
	}
	for name, value := range more {
		p[name] = value
	}
	return p
}

func (w *walk) create() {
	s, h, err := w.client.Create(w.params(Params{"metadata": map[string]any{"order": "1"}}), Options{IdempotencyKey: "order-1"})
	w.first = must(s, err)
	check(strings.HasPrefix(s.ID, "cs_") && s.Object == "checkout.session" && s.Status == "open" && s.PaymentStatus == "unpaid" && s.UIMode == "hosted", "the session is %+v", s)
	check(s.URL != nil && s.ClientSecret == nil && strings.HasSuffix(*s.URL, "/"+s.ID), "url %v, client_secret %v; want a page", s.URL, s.ClientSecret)
	check(s.PaymentIntent != nil && strings.HasPrefix(*s.PaymentIntent, "pi_"), "payment_intent is %v", s.PaymentIntent)
	equal("amount_total", *s.AmountTotal, 2*w.amount)
	equal("currency", *s.Currency, "usd")
	equal("metadata", s.Metadata, map[string]any{"order": "1"})
	equal("expires_at", time.Duration(s.ExpiresAt-s.Created)*time.Second, 24*time.Hour)
	equal("Idempotent-Replayed", h.Get("Idempotent-Replayed"), "")
}

func (w *walk) replay() {
	s, h, err := w.client.Create(w.params(Params{"metadata": map[string]any{"order": "1"}}), Options{IdempotencyKey: "order-1"})
	equal("the session", must(s, err), w.first)
	equal("Idempotent-Replayed", h.Get("Idempotent-Replayed"), "true")
}

func (w *walk) reuse() {
	_, _, err := w.client.Create(w.params(nil), Options{IdempotencyKey: "order-1"})
	refused(err, 422, "invalid_request_error", "idempotency_key_reused", "Idempotency-Key")
}

func (w *walk) retrieve() {
	s, err := w.client.Retrieve(w.first.ID)
	equal("the session", must(s, err), w.first)
}

func (w *walk) embedded() {
	s, _, err := w.client.Create(w.params(Params{"customer_creation": "always"}), Options{})
	w.second = must(s, err)
	s, _, err = w.client.Create(Params{"mode": "payment", "ui_mode": "embedded", "line_items": w.params(nil)["line_items"]}, Options{})
	w.third = must(s, err)
	check(s.URL == nil && s.ClientSecret != nil && strings.HasPrefix(*s.ClientSecret, s.ID+"_secret_"), "url %v, client_secret %v; want a secret", s.URL, s.ClientSecret)
	s, _, err = w.client.Create(w.params(nil), Options{})
	w.fourth = must(s, err)
}

func ids(l List[Session]) []string {
	var out []string
	for _, s := range l.Data {
		out = append(out, s.ID)
	}
	return out
}

func (w *walk) pages() {
	page, _, err := w.client.List("limit", "3")
	equal("the first page", ids(must(page, err)), []string{w.fourth.ID, w.third.ID, w.second.ID})
	check(page.Object == "list" && page.URL == "/v1/checkout_sessions" && page.HasMore && page.NextCursor != nil, "the envelope is %+v", page)
	page, _, err = w.client.List("limit", "3", "starting_after", *page.NextCursor)
	equal("the second page", ids(must(page, err)), []string{w.first.ID})
	check(!page.HasMore && page.NextCursor == nil, "the last envelope is %+v", page)
}

func (w *walk) backward() {
	page, _, err := w.client.List("limit", "2", "ending_before", w.first.ID)
	equal("the page before the oldest", ids(must(page, err)), []string{w.third.ID, w.second.ID})
	check(page.HasMore, "has_more is false; the newest is still to come")
	page, _, err = w.client.List("limit", "2", "ending_before", page.Data[0].ID)
	equal("the page before that", ids(must(page, err)), []string{w.fourth.ID})
	check(!page.HasMore, "has_more is true at the newest")
}

func (w *walk) all() {
	var got []string
	for s, err := range w.client.All("limit", "1") {
		got = append(got, must(s, err).ID)
	}
	equal("the sessions", got, []string{w.fourth.ID, w.third.ID, w.second.ID, w.first.ID})
}

func (w *walk) lineItems() {
	page, err := w.client.LineItems(w.first.ID, "limit", "10")
	check(err == nil && len(page.Data) == 1 && page.URL == "/v1/checkout_sessions/"+w.first.ID+"/line_items", "%+v, %v; want one item", page, err)
	it := page.Data[0]
	check(strings.HasPrefix(it.ID, "csli_") && it.Object == "item" && it.Price == w.price && it.Quantity == 2 && it.AmountTotal == 2*w.amount && it.Currency == "usd" && it.Description != nil, "the item is %+v", it)
}

func (w *walk) pay() {
	w.control("POST", "/sessions/"+w.second.ID+"/pay", struct{}{}, nil)
	s := must(w.client.Retrieve(w.second.ID))
	check(s.Status == "complete" && s.PaymentStatus == "paid", "status %s, payment_status %s; want complete, paid", s.Status, s.PaymentStatus)
	check(s.Customer != nil && strings.HasPrefix(*s.Customer, "cus_") && s.CustomerDetails != nil && s.CustomerDetails.Email != "", "customer %v, details %v", s.Customer, s.CustomerDetails)
}

func (w *walk) expire() {
	s, _, err := w.client.Expire(w.first.ID, Options{IdempotencyKey: "expire-1"})
	equal("status", must(s, err).Status, "expired")
	again, h, err := w.client.Expire(w.first.ID, Options{IdempotencyKey: "expire-1"})
	equal("the replay", must(again, err), s)
	equal("Idempotent-Replayed", h.Get("Idempotent-Replayed"), "true")
}

func (w *walk) expireAgain() {
	_, _, err := w.client.Expire(w.first.ID, Options{})
	e := refused(err, 400, "invalid_request_error", "checkout_session_not_open", "")
	check(strings.Contains(e.Message, "expired"), "the message is %q; want the status in it", e.Message)
}

func (w *walk) expirePaid() {
	_, _, err := w.client.Expire(w.second.ID, Options{})
	refused(err, 400, "invalid_request_error", "checkout_session_not_open", "")
	equal("status", must(w.client.Retrieve(w.second.ID)).Status, "complete")
}

func (w *walk) byStatus() {
	for status, want := range map[string][]string{"open": {w.fourth.ID, w.third.ID}, "complete": {w.second.ID}, "expired": {w.first.ID}} {
		page, _, err := w.client.List("status", status)
		equal(status, ids(must(page, err)), want)
	}
}

func (w *walk) clock() {
	var clock struct{ Now time.Time }
	w.control("POST", "/clock/freeze", struct{}{}, &clock)
	s, _, err := w.client.Create(w.params(Params{"expires_at": clock.Now.Unix() + 1800}), Options{})
	equal("status", must(s, err).Status, "open")
	w.control("POST", "/clock/advance", map[string]string{"by": "30m"}, nil)
	equal("status", must(w.client.Retrieve(s.ID)).Status, "expired")
	_, _, err = w.client.Create(w.params(Params{"expires_at": clock.Now.Unix()}), Options{})
	refused(err, 400, "invalid_request_error", "parameter_invalid", "expires_at")
}

func (w *walk) notFound() {
	_, err := w.client.Retrieve("cs_none")
	e := refused(err, 404, "invalid_request_error", "resource_missing", "id")
	equal("the message", e.Message, "No CheckoutSession found with ID 'cs_none'.")
	_, _, err = w.client.List("starting_after", "cs_none")
	refused(err, 404, "invalid_request_error", "resource_missing", "starting_after")
}

func (w *walk) validation() {
	for _, tt := range []struct {
		more        Params
		code, param string
	}{
		{Params{"mode": "subscription"}, "parameter_invalid", "mode"},
		{Params{"line_items": nil}, "parameter_missing", "line_items"},
		{Params{"line_items": []any{map[string]any{"price": "price_none"}}}, "resource_missing", "line_items[0].price"},
		{Params{"customer": "cus_none"}, "resource_missing", "customer"},
		{Params{"success_url": nil}, "parameter_missing", "success_url"},
		{Params{"discounts": []any{}}, "parameter_invalid", "discounts"},
	} {
		_, _, err := w.client.Create(w.params(tt.more), Options{})
		refused(err, 400, "invalid_request_error", tt.code, tt.param)
	}
	_, _, err := w.client.List("limit", "0")
	refused(err, 400, "invalid_request_error", "parameter_invalid", "limit")
}

func (w *walk) allFaults() {
	_, _, err := w.client.Create(Params{"mode": "setup", "ui_mode": "popup", "line_items": []any{}}, Options{})
	e := refused(err, 400, "invalid_request_error", "parameter_invalid", "mode")
	for _, field := range []string{"`mode`", "`line_items`", "`ui_mode`"} {
		check(strings.Contains(e.Message, field), "the message is %q; want %s in it", e.Message, field)
	}
}

func (w *walk) noKey() {
	_, _, err := w.client.Create(w.params(nil), Options{NoIdempotencyKey: true})
	refused(err, 400, "invalid_request_error", "parameter_missing", "Idempotency-Key")
}

func (w *walk) unauthorized() {
	for _, key := range []string{"", "pk_test_sandbox_" + sandbox, "nonsense"} {
		other := *w.client
		other.Key = key
		_, err := other.Retrieve(w.first.ID)
		e := refused(err, 401, "authentication_error", "authentication_failed", "")
		equal("the message", e.Message, "Invalid API key provided.")
	}
	other := *w.client
	other.Key = "sk_live_1"
	_, err := other.Retrieve(w.first.ID)
	e := refused(err, 401, "authentication_error", "authentication_failed", "")
	check(strings.Contains(e.Message, "live"), "the message is %q; want an explanation", e.Message)
}

func (w *walk) headers() {
	_, h, err := w.client.List("limit", "1")
	check(err == nil && h.Get("X-API-Version") == version && h.Get("X-RateLimit-Limit") != "" && h.Get("X-RateLimit-Remaining") != "", "%v, %v", h, err)
	other := *w.client
	other.Version = "latest"
	_, _, err = other.List()
	refused(err, 400, "invalid_request_error", "parameter_invalid", "X-API-Version")
}

func (w *walk) goods() {
	w.customer = must(w.client.Customers().Create(Params{"email": "ada@example.com", "name": "Ada", "metadata": Params{"user": "501"}}, Options{}))
	check(strings.HasPrefix(w.customer.ID, "cus_") && *w.customer.Email == "ada@example.com", "the customer is %+v", w.customer)
	renamed := must(w.client.Customers().Update(w.customer.ID, Params{"name": "Ada Baker"}))
	check(*renamed.Name == "Ada Baker" && reflect.DeepEqual(renamed.Metadata, w.customer.Metadata), "renamed, it is %+v", renamed)
	product := must(w.client.Products().Create(Params{"name": "Mug"}, Options{}))
	w.sold = must(w.client.Prices().Create(Params{"product": product.ID, "currency": "usd", "unit_amount": 1500}, Options{}))
	equal("the product's prices", must(w.client.Prices().List("product", product.ID)).Data, []Price{w.sold})
}

func (w *walk) paidJourney() {
	s, _, err := w.client.Create(w.params(Params{"customer": w.customer.ID, "line_items": []any{Params{"price": w.sold.ID, "quantity": 2}}}), Options{})
	w.journey = must(s, err)
	equal("amount_total", *s.AmountTotal, 3000)
	open := must(w.client.PaymentIntents().Retrieve(*s.PaymentIntent))
	check(open.Status == "requires_payment_method" && open.Amount == 3000 && len(open.Charges.Data) == 0, "the payment intent is %+v", open)
	w.control("POST", "/sessions/"+s.ID+"/pay", map[string]string{"instrument": "pm_card_visa"}, nil)
	equal("status", must(w.client.Retrieve(s.ID)).Status, "complete")
}

func (w *walk) readBack() {
	w.intent = must(w.client.PaymentIntents().Retrieve(*w.journey.PaymentIntent))
	check(w.intent.Status == "succeeded" && w.intent.AmountReceived == 3000 && *w.intent.Customer == w.customer.ID && *w.intent.PaymentMethod == "pm_card_visa", "the payment intent is %+v", w.intent)
	page := must(w.client.Charges().List("payment_intent", w.intent.ID))
	check(len(page.Data) == 1, "%d charges; want 1", len(page.Data))
	w.charge = page.Data[0]
	equal("the charge of the intent", w.intent.Charges.Data[0], w.charge)
	equal("the charge", must(w.client.Charges().Retrieve(w.charge.ID)), w.charge)
	equal("the customer's intents", must(w.client.PaymentIntents().List("customer", w.customer.ID)).Data, []PaymentIntent{w.intent})
}

func (w *walk) refund() {
	give := func(more Params, o Options) (Refund, error) {
		p := Params{"payment_intent": w.intent.ID}
		for name, value := range more {
			p[name] = value
		}
		return w.client.Refunds().Create(p, o)
	}
	part := must(give(Params{"amount": 1000}, Options{IdempotencyKey: "refund-1"}))
	check(part.Amount == 1000 && part.Status == "succeeded" && *part.Charge == w.charge.ID, "the refund is %+v", part)
	equal("the replay", must(give(Params{"amount": 1000}, Options{IdempotencyKey: "refund-1"})), part)
	_, err := give(Params{"amount": 2001}, Options{})
	refused(err, 400, "invalid_request_error", "parameter_invalid", "amount")
	equal("the rest", must(give(nil, Options{})).Amount, 2000)
	_, err = give(nil, Options{})
	refused(err, 400, "invalid_request_error", "parameter_invalid", "payment_intent")
	equal("amount_refunded", must(w.client.Charges().Retrieve(w.charge.ID)).AmountRefunded, 3000)
	equal("the refunds", len(must(w.client.Refunds().List("payment_intent", w.intent.ID)).Data), 2)
}

func (w *walk) byItself() {
	intents := w.client.PaymentIntents()
	held := must(intents.Create(Params{"amount": 900, "currency": "usd", "capture_method": "manual"}, Options{}))
	_, err := intents.Do(held.ID, "/confirm", Params{"payment_method": "pm_card_declined"})
	equal("decline_code", refused(err, 402, "payment_error", "card_declined", "").DeclineCode, "generic_decline")
	equal("status", must(intents.Do(held.ID, "/confirm", Params{"payment_method": "pm_card_visa"})).Status, "requires_capture")
	equal("amount_received", must(intents.Do(held.ID, "/capture", Params{"amount_to_capture": 400})).AmountReceived, 400)
	_, err = intents.Do(held.ID, "/cancel", nil)
	refused(err, 400, "invalid_request_error", "payment_intent_unexpected_state", "")
}

func (w *walk) link() {
	made := must(w.client.CheckoutLinks().Create(Params{"title": "Mug", "line_items": []any{Params{"price": w.sold.ID}}}, Options{}))
	page := must(http.Get(made.URL)) // follows to the page
	page.Body.Close()
	at := page.Request.URL.Path
	s := must(w.client.Retrieve(at[strings.LastIndex(at, "/")+1:]))
	check(*s.AmountTotal == 1500 && s.Status == "open", "the session is %+v", s)
	equal("active", must(w.client.CheckoutLinks().Update(made.ID, Params{"active": false})).Active, false)
}

func (w *walk) deleted() {
	check(must(w.client.Customers().Delete(w.customer.ID)).Deleted && must(w.client.Customers().Retrieve(w.customer.ID)).Deleted, "the customer is not deleted")
	equal("the session's customer", *must(w.client.Retrieve(w.journey.ID)).Customer, w.customer.ID)
	_, _, err := w.client.Create(w.params(Params{"customer": w.customer.ID}), Options{})
	refused(err, 400, "invalid_request_error", "resource_missing", "customer")
}
