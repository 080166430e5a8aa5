package bias_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPay(t *testing.T) {
	c := start(t)
	now := c.freeze()
	s := c.create(object{"amount": 500, "customer_details": object{"email": "a@b.c", "name": "Ada", "phone": "1"}})
	paid := c.pay(s, "anything")
	want := object{
		"object": "payment", "live": false, "created_at": now, "amount": 500.0, "amount_capturable": 0.0, "amount_received": 500.0,
		"amount_refunded": 0.0, "capture_method": "automatic", "description": nil, "dispute": nil, "invoice": nil, "metadata": object{},
		"payment_error": nil, "session": s["id"], "statement_descriptor": nil, "status": "succeeded",
	}
	got := paid.JSON
	for _, member := range []string{"id", "customer", "payment_method"} {
		want[member] = got[member]
	}
	if diff := cmp.Diff(want, got); paid.Status != 200 || diff != "" {
		t.Fatalf("payment = %d (-want +got):\n%s", paid.Status, diff)
	}
	after := c.get(s, "?expand[customer]=true&expand[payments]=true")
	customer := object{"object": "customer", "id": got["customer"], "live": false, "created_at": now, "name": "Ada", "email": "a@b.c", "phone": "1", "metadata": object{}}
	if diff := cmp.Diff(any(customer), after["customer"]); diff != "" {
		t.Errorf("customer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(any(list{got}), after["payments"]); diff != "" {
		t.Errorf("payments (-want +got):\n%s", diff)
	}
	if after["status"] != "complete" || after["amount_collected"] != 500.0 || after["amount"] != 500.0 {
		t.Errorf("the paid session is %v", after)
	}
	if plain := c.get(s, ""); plain["payments"] != nil || plain["customer"] != got["customer"] {
		t.Errorf("unexpanded: payments %v, customer %v", plain["payments"], plain["customer"])
	}
	again := c.pay(s, "anything")
	if f := again.fault(t); again.Status != 400 || f["code"] != "invalid_state" {
		t.Errorf("paying again = %d %s", again.Status, again.Text)
	}
}

func TestPayDeclines(t *testing.T) {
	c := start(t)
	s := c.create(nil)
	for _, tt := range []struct{ text, code, by string }{
		{"decline_insufficient_funds", "insufficient_funds", "decline_insufficient_funds"},
		{"xx.decline_expired_card.yy", "expired_card", "decline_expired_card"},
		{"declined", "generic_decline", "declined"},
		{"4000 0000 0000 0127", "incorrect_cvc", "4000000000000127"},
	} {
		got := c.pay(s, tt.text)
		f := got.fault(t)
		p, _ := f["payment"].(object)
		if by := got.Header.Get("X-Decided-By"); by != "magic:"+tt.by {
			t.Errorf("%s: decided by %s; want magic:%s", tt.text, by, tt.by)
		}
		if got.Status != 402 || f["type"] != "payment_error" || f["decline_code"] != tt.code || f["code"] != nil || f["param"] != nil || f["message"] == "" {
			t.Errorf("%s = %d %s", tt.text, got.Status, got.Text)
		}
		if p["status"] != "failed" || p["amount_received"] != 0.0 || p["payment_error"].(object)["decline_code"] != tt.code {
			t.Errorf("%s: payment = %v", tt.text, p)
		}
	}
	if got := c.get(s, ""); got["status"] != "requires_confirmation" || got["customer"] != nil || got["amount_collected"] != 0.0 {
		t.Errorf("the declined session is %v", got)
	}
	if seen := c.browser(s).must("GET", sessions+"/current", nil)["payments"].(list); len(seen) != 0 {
		t.Errorf("the browser sees failed payments: %v", seen)
	}
	if got := c.pay(s, "ok"); got.Status != 200 {
		t.Fatalf("paying after a refusal = %d %s", got.Status, got.Text)
	}
	got := c.get(s, "?expand[payments]=true")
	var statuses []string
	for _, p := range got["payments"].(list) {
		statuses = append(statuses, p.(object)["status"].(string))
	}
	if !slices.Equal(statuses, []string{"failed", "failed", "failed", "failed", "succeeded"}) || got["amount_collected"] != 500.0 {
		t.Errorf("payments %v, collected %v", statuses, got["amount_collected"])
	}
	if seen := c.browser(s).must("GET", sessions+"/current", nil)["payments"].(list); len(seen) != 1 {
		t.Errorf("the browser sees %v; want the one that succeeded", seen)
	}
}

// A browser encrypts what is typed in: there the name decides.
func TestPayDeclinesByName(t *testing.T) {
	c := start(t)
	s := c.create(nil)
	pay := func(name string) reply {
		body := byCard("ciphertext")
		body["payment_method"].(object)["billing_details"] = object{"name": name}
		return c.browser(s).do("POST", payments, body)
	}
	for name, code := range map[string]string{"Ada decline_expired_card": "expired_card", "declined": "generic_decline"} {
		if got := pay(name); got.Status != 402 || got.fault(t)["decline_code"] != code {
			t.Errorf("%s = %d %s; want %s", name, got.Status, got.Text, code)
		}
	}
	test := byCard("4242424242424242")
	test["payment_method"].(object)["billing_details"] = object{"name": "declined"}
	if got := c.browser(s).do("POST", payments, test); got.Status != 402 {
		t.Errorf("a test card and a name that declines = %d %s; want the refusal", got.Status, got.Text)
	}
	if got := pay("decline_bad_mood"); got.Status != 400 || got.fault(t)["param"] != "payment_method.billing_details.name" {
		t.Errorf("an unknown code = %d %s", got.Status, got.Text)
	}
	if got := pay("Ada"); got.Status != 200 || got.Header.Get("X-Decided-By") != "state" {
		t.Errorf("Ada = %d %s, decided by %s", got.Status, got.Text, got.Header.Get("X-Decided-By"))
	}
	if got := pay("declined"); got.Status != 400 || got.Header.Get("X-Decided-By") != "state" {
		t.Errorf("paid already = %d %s, decided by %s", got.Status, got.Text, got.Header.Get("X-Decided-By"))
	}
}

func TestPayRefuses(t *testing.T) {
	c := start(t)
	s := c.create(nil)
	card := byCard("x")["payment_method"].(object)["card"]
	bank := object{"encrypted_routing_number": "r", "encrypted_account_number": "a", "account_type": "savings"}
	for _, tt := range []struct {
		name  string
		body  any
		param any
	}{
		{"nothing", object{}, "payment_method"},
		{"no body", nil, "payment_method"},
		{"no method", object{"payment_method": object{}}, "payment_method"},
		{"two methods", object{"payment_method": object{"card": card, "us_bank_account": bank}}, "payment_method"},
		{"half a card", object{"payment_method": object{"card": object{"encrypted_number": "x", "encrypted_expiry": "y"}}}, "payment_method.card.encrypted_cvc"},
		{"empty ciphertext", object{"payment_method": object{"card": object{"encrypted_number": "", "encrypted_expiry": "y", "encrypted_cvc": "z"}}}, "payment_method.card.encrypted_number"},
		{"plain number", object{"payment_method": object{"card": object{"number": "4242424242424242"}}}, "payment_method.card.number"},
		{"account type", object{"payment_method": object{"us_bank_account": object{"encrypted_routing_number": "r", "encrypted_account_number": "a", "account_type": "gold"}}},
			"payment_method.us_bank_account.account_type"},
		{"unknown decline code", byCard("decline_bad_mood"), "payment_method.card.encrypted_number"},
		{"a real card", byCard("4012 8888 8888 1881"), "payment_method.card.encrypted_number"},
		{"amount", object{"payment_method": object{"card": card}, "amount": 5}, "amount"},
	} {
		var got reply
		if tt.body == nil {
			got = c.browser(s).do("POST", payments, nil)
		} else {
			got = c.browser(s).do("POST", payments, tt.body)
		}
		if f := got.fault(t); got.Status != 400 || f["type"] != "invalid_request_error" {
			t.Errorf("%s = %d %s", tt.name, got.Status, got.Text)
		} else if issues := issuePaths(f); !slices.Contains(issues, strings.ReplaceAll(tt.param.(string), ".", " ")) {
			t.Errorf("%s: issues %v; want %v among them", tt.name, issues, tt.param)
		}
	}
	if got := c.get(s, "?expand[payments]=true"); len(got["payments"].(list)) != 0 {
		t.Errorf("refused requests made payments: %v", got["payments"])
	}
	c.must("POST", at(s)+"/expire", nil)
	if got := c.pay(s, "x"); got.Status != 400 || got.fault(t)["code"] != "invalid_state" {
		t.Errorf("paying an expired session = %d %s", got.Status, got.Text)
	}
}

func TestPayByBankAccountInSetupMode(t *testing.T) {
	c := start(t)
	s := c.create(object{"mode": "setup", "customer": ada})
	paid := c.browser(s).must("POST", payments, object{"payment_method": object{
		"us_bank_account":    object{"encrypted_routing_number": "r", "encrypted_account_number": "a", "account_type": "savings"},
		"billing_details":    object{"name": "Ada", "address": object{"country": "US", "postal_code": "94107"}},
		"setup_future_usage": "off_session",
	}})
	got := c.get(s, "?expand[payments][payment_method]=true")
	method := got["payments"].(list)[0].(object)["payment_method"].(object)
	want := object{
		"object": "payment_method", "id": paid["payment_method"], "live": false, "created_at": method["created_at"], "active": true,
		"billing_details": object{"name": "Ada", "address": object{"city": nil, "country": "US", "line1": nil, "line2": nil, "postal_code": "94107", "state": nil}},
		"card":            nil, "customer": ada, "type": "us_bank_account", "us_bank_account": object{"account_type": "savings"},
	}
	if diff := cmp.Diff(want, method); diff != "" {
		t.Errorf("payment method (-want +got):\n%s", diff)
	}
	if got["status"] != "complete" || got["customer"] != ada || got["amount_collected"] != 0.0 || paid["amount"] != 0.0 {
		t.Errorf("session %v, payment %v", got, paid)
	}
}

// TestPayByControl: a session that the control API pays has a payment and a customer as well, the
// customer with no more than is known.
func TestPayByControl(t *testing.T) {
	c := start(t)
	s := c.create(nil)
	control := "/sessions/" + s["id"].(string)
	c.control(control+"/decline", object{"code": "incorrect_cvc"})
	c.control(control+"/confirm", nil)
	flying := c.get(s, "?expand[payments]=true")
	if got := flying["payments"].(list)[1].(object)["status"]; got != "processing" || flying["amount_collected"] != 0.0 {
		t.Errorf("in flight: payment %v, session %v", got, flying)
	}
	if got := c.pay(s, "x"); got.Status != 400 || got.fault(t)["code"] != "invalid_state" {
		t.Errorf("paying a session in flight = %d %s", got.Status, got.Text)
	}
	c.control(control+"/fail", object{"code": "expired_card"})
	c.control(control+"/pay", nil)
	got := c.get(s, "?expand[payments]=true&expand[customer]=true")
	var all []string
	for _, p := range got["payments"].(list) {
		p := p.(object)
		reason, _ := p["payment_error"].(object)
		all = append(all, p["status"].(string)+" "+mustJSON(reason["decline_code"]))
	}
	want := []string{`failed "incorrect_cvc"`, `failed "expired_card"`, `succeeded null`}
	if diff := cmp.Diff(want, all); diff != "" || got["amount_collected"] != 500.0 {
		t.Errorf("collected %v; payments (-want +got):\n%s", got["amount_collected"], diff)
	}
	if customer := got["customer"].(object); customer["email"] != nil || customer["name"] != nil || customer["phone"] != nil {
		t.Errorf("customer = %v; want nulls", customer)
	}
	forced := c.create(nil)
	c.control("/sessions/"+forced["id"].(string)+"/force", object{"status": "confirmed"})
	c.control("/sessions/"+forced["id"].(string)+"/settle", nil)
	if got := c.get(forced, "?expand[payments]=true"); len(got["payments"].(list)) != 1 || got["amount_collected"] != 500.0 {
		t.Errorf("a forced session that settled is %v", got)
	}
}

// TestOnePaymentWins: of payments at the same time one succeeds, the others are refused.
func TestOnePaymentWins(t *testing.T) {
	c := start(t)
	s := c.create(nil)
	statuses := make([]int, 16)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() { statuses[i] = c.pay(s, "x").Status })
	}
	wg.Wait()
	slices.Sort(statuses)
	if statuses[0] != 200 || statuses[1] != 400 || statuses[15] != 400 {
		t.Errorf("statuses %v; want one 200", statuses)
	}
	if got := c.get(s, "?expand[payments]=true"); len(got["payments"].(list)) != 1 || got["amount_collected"] != 500.0 {
		t.Errorf("session = %v", got)
	}
}
