// Command walk drives a running localcheckout with a client of Bias that was written from its
// documentation alone.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 go run .
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strings"
)

// sandbox keeps this walk apart from others; the key selects it.
const sandbox = "bias-go"

const invalid = "invalid_request_error"

func main() {
	base := strings.TrimRight(os.Getenv("LOCALCHECKOUT_URL"), "/")
	if base == "" {
		fmt.Fprintln(os.Stderr, "LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747")
		os.Exit(2)
	}
	w := &walk{base: base}
	w.server = w.client("sk_test_sandbox_" + sandbox)
	for _, s := range []struct {
		name string
		run  func()
	}{
		{"the catalog has a price", w.catalog},
		{"create", w.create},
		{"the same key again is replayed", w.replay},
		{"the same key with another body is refused", w.mismatch},
		{"get, expanded", w.get},
		{"list in two pages", w.pages},
		{"list backward", w.backward},
		{"list by filters", w.filters},
		{"update", w.update},
		{"the client secret reads and updates its session", w.current},
		{"a payment is declined", w.declined},
		{"a payment succeeds", w.paid},
		{"the session is complete and has a customer", w.complete},
		{"a complete session takes metadata only", w.metadata},
		{"a complete session cannot be expired", w.notExpired},
		{"expire another", w.expire},
		{"an unknown session", w.unknown},
		{"bad parameters are all named", w.validation},
		{"keys that are not good", w.unauthorized},
		{"a customer, a product and its price", w.merchandise},
		{"a session of them is paid", w.sold},
		{"the payment is read back", w.readBack},
		{"a part is refunded, then the rest", w.refund},
		{"more than is left is not refunded", w.overRefund},
	} {
		w.step = s.name
		s.run()
		fmt.Println("ok", s.name)
	}
}

type walk struct {
	base    string
	step    string
	server  *Client
	browser *Client // with the client secret of first
	price   Price
	first   Session
	others  []Session // newest first

	buyer   Customer
	sale    Session
	payment Payment
}

func (w *walk) client(key string) *Client { return &Client{BaseURL: w.base + "/bias", Key: key} }

func (w *walk) fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "FAILED %s: %s\n", w.step, fmt.Sprintf(format, args...))
	os.Exit(1)
}

func (w *walk) equal(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		w.fail("%s is %v; want %v", what, got, want)
	}
}

// must ends the walk unless a call went well: w.must(session, err).
func must[T any](w *walk) func(T, error) T {
	return func(v T, err error) T {
		if err != nil {
			w.fail("%v", err)
		}
		return v
	}
}

// refused returns the error of a call that must be refused; a param of "" is null.
func (w *walk) refused(err error, status int, kind, param string) *Error {
	var e *Error
	if !errors.As(err, &e) {
		w.fail("%v; want an error of the service", err)
	}
	if param == "" {
		param = "null"
	}
	if e.Status != status || e.Type != kind || text(e.Param) != param || e.Message == "" {
		w.fail("%v; want %d %s, param %s", e, status, kind, param)
	}
	return e
}

func (w *walk) control(method, path string, into any) {
	req, err := http.NewRequest(method, w.base+"/_control"+path, nil)
	if err != nil {
		w.fail("%v", err)
	}
	req.Header.Set("X-Sandbox", sandbox)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.fail("%v", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		w.fail("%s %s = %s", method, path, resp.Status)
	}
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			w.fail("%s %s: %v", method, path, err)
		}
	}
}

func ids(sessions []Session) []string {
	out := []string{}
	for _, s := range sessions {
		out = append(out, s.ID)
	}
	return out
}

func card(number string) Params {
	return Params{"payment_method": Params{"card": Params{"encrypted_number": number, "encrypted_expiry": "ciphertext", "encrypted_cvc": "ciphertext"}}}
}

func (w *walk) params() Params {
	return Params{"line_items": []Params{{"price": w.price.ID, "quantity": 2}}, "metadata": Params{"order": "7"}}
}

func (w *walk) catalog() {
	w.control(http.MethodPost, "/reset", nil)
	var fixtures struct {
		Bias struct {
			Prices []Price `json:"prices"`
		} `json:"bias"`
	}
	w.control(http.MethodGet, "/fixtures", &fixtures)
	for _, p := range fixtures.Bias.Prices {
		if p.Active && p.Amount > 0 {
			w.price = p
			return
		}
	}
	w.fail("no active price")
}

func (w *walk) create() {
	w.first = must[Session](w)(w.server.Create(w.params(), "walk-1"))
	w.browser = w.client(w.first.ClientSecret)
	w.equal("the form of the id", regexp.MustCompile(`^cs_[0-9A-Za-z]+$`).MatchString(w.first.ID), true)
	w.equal("the form of the client secret", regexp.MustCompile(`^[0-9A-Za-z]{24}$`).MatchString(w.first.ClientSecret), true)
	w.equal("the amount", w.first.Amount, 2*w.price.Amount)
	w.equal("the status", w.first.Status, "requires_confirmation")
	w.equal("payments", w.first.Payments, []Payment(nil))
}

func (w *walk) replay() {
	w.equal("the replay", must[Session](w)(w.server.Create(w.params(), "walk-1")), w.first)
}

func (w *walk) mismatch() {
	_, err := w.server.Create(Params{"amount": 1}, "walk-1")
	w.refused(err, 400, "idempotency_error", "")
}

func (w *walk) get() {
	w.equal("the session", must[Session](w)(w.server.Get(w.first.ID, nil)), w.first)
	s := must[Session](w)(w.server.Get(w.first.ID, Params{"expand": Params{
		"payments": true, "customer": true, "line_items": Params{"price": Params{"product": true}}}}))
	w.equal("payments", s.Payments, []Payment{})
	w.equal("customer", s.Customer, Expandable[Customer]{})
	if p := s.LineItems[0].Price.Object; p == nil || p.Product.Object == nil || p.Product.Object.Object != "product" {
		w.fail("the price of the line is %+v; want it expanded with its product", s.LineItems[0].Price)
	}
}

func (w *walk) pages() {
	for _, mode := range []string{"setup", "payment", "setup", "payment"} {
		p := Params{"mode": mode}
		if mode == "payment" {
			p["amount"] = 300
		}
		w.others = append([]Session{must[Session](w)(w.server.Create(p, ""))}, w.others...)
	}
	one := must[Page](w)(w.server.List(Params{"limit": 3}))
	two := must[Page](w)(w.server.List(Params{"limit": 3, "starting_after": one.Items[len(one.Items)-1].ID}))
	w.equal("the two pages", append(ids(one.Items), ids(two.Items)...), append(ids(w.others), w.first.ID))
	w.equal("has_more", []bool{one.HasMore, two.HasMore}, []bool{true, false})
}

func (w *walk) backward() {
	page := must[Page](w)(w.server.List(Params{"limit": 2, "ending_before": w.first.ID}))
	w.equal("the page before the oldest", ids(page.Items), ids(w.others[2:]))
	w.equal("has_more", page.HasMore, true)
}

func (w *walk) filters() {
	setups := []string{w.others[1].ID, w.others[3].ID}
	for _, tt := range []struct {
		filters Params
		want    []string
	}{
		{Params{"mode": "setup"}, setups},
		{Params{"or": []Params{{"mode": "setup"}, {"created_at": Params{"lt": w.first.CreatedAt}}}}, setups},
		{Params{"created_at": Params{"gte": w.first.CreatedAt}, "mode": "setup"}, setups},
		{Params{"and": []Params{{"mode": "payment"}, {"status": "complete"}}}, []string{}},
	} {
		page := must[Page](w)(w.server.List(Params{"filters": tt.filters}))
		w.equal(fmt.Sprintf("the list by %v", tt.filters), ids(page.Items), tt.want)
	}
}

func (w *walk) update() {
	line := w.first.LineItems[0].ID
	s := must[Session](w)(w.server.Update(w.first.ID, Params{
		"line_items":       []Params{{"id": line, "quantity": 3}, {"price": w.price.ID, "quantity": 1}},
		"customer_details": Params{"email": "ada@example.com", "name": "Ada"},
	}))
	w.equal("the amount", s.Amount, 4*w.price.Amount)
	w.equal("the first line", s.LineItems[0].ID, line)
	w.equal("the phone", s.CustomerDetails.Phone, (*string)(nil))
	w.equal("the metadata", s.Metadata, map[string]string{"order": "7"})
	_, err := w.server.Update(w.first.ID, Params{"amount": 5})
	w.refused(err, 400, invalid, "amount")
}

func (w *walk) current() {
	s := must[Session](w)(w.browser.Get("current", nil))
	w.equal("the id", s.ID, w.first.ID)
	w.equal("payments", s.Payments, []Payment{})
	s = must[Session](w)(w.browser.Update("current", Params{"customer_details": Params{"phone": "1"}}))
	w.equal("the details", []string{text(s.CustomerDetails.Email), text(s.CustomerDetails.Phone)}, []string{"ada@example.com", "1"})
	_, err := w.browser.List(nil)
	w.refused(err, 401, "authentication_error", "")
}

func (w *walk) declined() {
	_, err := w.browser.Pay(card("decline_insufficient_funds"))
	e := w.refused(err, 402, "payment_error", "")
	w.equal("the decline code", text(e.DeclineCode), "insufficient_funds")
	if e.Payment == nil || e.Payment.Status != "failed" {
		w.fail("the payment is %+v; want it failed", e.Payment)
	}
	w.equal("the status", must[Session](w)(w.server.Get(w.first.ID, nil)).Status, "requires_confirmation")
}

func (w *walk) paid() {
	p := must[Payment](w)(w.browser.Pay(card("ciphertext")))
	w.equal("the payment's status", p.Status, "succeeded")
	w.equal("the amount received", p.AmountReceived, 4*w.price.Amount)
}

func (w *walk) complete() {
	s := must[Session](w)(w.server.Get(w.first.ID, Params{"expand": Params{"customer": true, "payments": true}}))
	w.equal("the status", s.Status, "complete")
	w.equal("the amount collected", s.AmountCollected, 4*w.price.Amount)
	c := s.Customer.Object
	if c == nil {
		w.fail("the customer is not expanded: %+v", s.Customer)
	}
	w.equal("the customer", []string{text(c.Email), text(c.Name), text(c.Phone)}, []string{"ada@example.com", "Ada", "1"})
	w.equal("the payments", []string{s.Payments[0].Status, s.Payments[1].Status}, []string{"failed", "succeeded"})
}

func (w *walk) metadata() {
	s := must[Session](w)(w.server.Update(w.first.ID, Params{"metadata": Params{"shipped": "yes"}}))
	w.equal("the metadata", s.Metadata, map[string]string{"order": "7", "shipped": "yes"})
	_, err := w.server.Update(w.first.ID, Params{"customer_details": Params{"name": "Eve"}})
	w.refused(err, 400, invalid, "customer_details")
}

func (w *walk) notExpired() {
	_, err := w.server.Expire(w.first.ID)
	w.refused(err, 400, invalid, "")
}

func (w *walk) expire() {
	s := must[Session](w)(w.server.Expire(w.others[0].ID))
	w.equal("the status", s.Status, "expired")
	_, err := w.client(s.ClientSecret).Pay(card("ciphertext"))
	w.refused(err, 400, invalid, "")
}

func (w *walk) unknown() {
	_, err := w.server.Get("cs_unknown", nil)
	w.refused(err, 404, invalid, "")
}

func (w *walk) validation() {
	_, err := w.server.Create(Params{"line_items": []Params{{"price": "price_unknown", "quantity": 0}}, "color": "red"}, "")
	e := w.refused(err, 400, invalid, "line_items[0].quantity")
	w.equal("the number of issues", len(e.Issues), 2)
	_, err = w.server.Create(Params{"line_items": []Params{{"price": "price_unknown"}}}, "")
	w.refused(err, 400, invalid, "line_items[0].price")
	_, err = w.server.Create(Params{"amount": 5, "line_items": []Params{{"price": w.price.ID}}}, "")
	w.refused(err, 400, invalid, "amount")
}

func (w *walk) unauthorized() {
	for _, key := range []string{"", "sk_live_walk", "pk_test_walk", "uEyLI6rmFylTwIBik5cpn8ge"} {
		_, err := w.client(key).List(nil)
		if e := w.refused(err, 401, "authentication_error", ""); e.Live != nil {
			w.fail("live is %v; want null", *e.Live)
		}
	}
}

func (w *walk) merchandise() {
	w.buyer = must[Customer](w)(w.server.Customers().Create(Params{"name": "Grace", "email": "grace@example.com"}))
	product := must[Object](w)(w.server.Products().Create(Params{"name": "Compiler"}))
	w.price = must[Price](w)(w.server.Prices().Create(Params{"product": product.ID, "amount": 1200}))
	w.equal("the product of the price", w.price.Product.ID, product.ID)
	w.equal("the customer", must[Customer](w)(w.server.Customers().Get(w.buyer.ID, nil)), w.buyer)
	found := must[PageOf[Customer]](w)(w.server.Customers().List(Params{"filters": Params{"email": "grace@example.com"}}))
	w.equal("the customers with that email", found.Items, []Customer{w.buyer})
}

func (w *walk) sold() {
	w.sale = must[Session](w)(w.server.Create(Params{"customer": w.buyer.ID, "line_items": []Params{{"price": w.price.ID, "quantity": 2}}}, ""))
	w.payment = must[Payment](w)(w.client(w.sale.ClientSecret).Pay(card("ciphertext")))
	w.sale = must[Session](w)(w.server.Get(w.sale.ID, nil))
	w.equal("the session", []any{w.sale.Status, w.sale.AmountCollected, w.sale.Customer.ID}, []any{"complete", int64(2400), w.buyer.ID})
}

func (w *walk) readBack() {
	w.equal("the payment", must[Payment](w)(w.server.Payments().Get(w.payment.ID, nil)), w.payment)
	p := must[Payment](w)(w.server.Payments().Get(w.payment.ID, Params{"expand": Params{"customer": true, "session": Params{"customer": true}}}))
	if p.Customer.Object == nil || p.Session.Object == nil || p.Session.Object.Customer.Object == nil {
		w.fail("%+v is not expanded", p)
	}
	w.equal("the customer of the payment", *p.Customer.Object, w.buyer)
	w.equal("the customer of its session", *p.Session.Object.Customer.Object, w.buyer)
	found := must[PageOf[Payment]](w)(w.server.Payments().List(Params{"filters": Params{"session": w.sale.ID}}))
	w.equal("the payments of the session", found.Items, []Payment{w.payment})
}

func (w *walk) refund() {
	part := must[Refund](w)(w.server.Refunds().Create(Params{"payment": w.payment.ID, "amount": 400}))
	w.equal("the refund", []any{part.Object, part.Amount, part.Payment.ID, part.Status}, []any{"refund", int64(400), w.payment.ID, "succeeded"})
	_, err := w.server.Refunds().Create(Params{"payment": w.payment.ID, "amount": 2001})
	w.refused(err, 400, invalid, "amount")
	rest := must[Refund](w)(w.server.Refunds().Create(Params{"payment": w.payment.ID}))
	w.equal("the rest", rest.Amount, int64(2000))
	read := must[Refund](w)(w.server.Refunds().Get(rest.ID, Params{"expand": Params{"payment": true}}))
	if read.Payment.Object == nil {
		w.fail("%+v is not expanded", read)
	}
	w.equal("what was refunded", read.Payment.Object.AmountRefunded, int64(2400))
}

func (w *walk) overRefund() {
	_, err := w.server.Refunds().Create(Params{"payment": w.payment.ID, "amount": 1})
	if e := w.refused(err, 400, invalid, "payment"); text(e.Code) == "null" {
		w.fail("%v has no code", e)
	}
	found := must[PageOf[Refund]](w)(w.server.Refunds().List(Params{"filters": Params{"payment": w.payment.ID}}))
	w.equal("the number of refunds", len(found.Items), 2)
}
