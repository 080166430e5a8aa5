package polar_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
)

// TestAmountsAreConserved plays random sequences of sales, refunds, cancellations, changes and renewals. After
// every step the books are even: see wantEven.
func TestAmountsAreConserved(t *testing.T) {
	base := newWorld(t)
	sequences, steps := 25, 25
	if testing.Short() {
		sequences = 5
	}
	for seed := range sequences {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s := &sales{world: base.fork(t), rand: rand.New(rand.NewPCG(uint64(seed), 7)), in: nil, sent: map[string]int{}}
			s.in = s.listen()
			for range steps {
				step := s.step()
				s.wantEven(step)
				if t.Failed() {
					t.Fatalf("after %q", append(s.done, step))
				}
				s.done = append(s.done, step)
			}
		})
	}
}

// sales is a sandbox in which one random thing after the other happens.
type sales struct {
	*world
	rand *rand.Rand
	in   *inbox
	sent map[string]int // webhooks, by type and object
	done []string
}

// step does one thing and says which. What is refused changes nothing; that it is refused with a reason is
// told by wantEven, which looks at everything again.
func (s *sales) step() string {
	subs, orders := s.list("/v1/subscriptions/?limit=100"), s.list("/v1/orders/?limit=100")
	pick := func(of []any) string {
		if len(of) == 0 {
			return unknownID
		}
		return of[s.rand.IntN(len(of))].(object)["id"].(string)
	}
	one := func(of ...string) string { return of[s.rand.IntN(len(of))] }
	try := func(method, path string, body object) string {
		a := s.call(method, path, body)
		if a.status >= 500 {
			s.t.Errorf("%s %s %v = %d %s", method, path, body, a.status, a.raw)
		}
		return fmt.Sprintf("%s %s %v: %d", method, path, body, a.status)
	}
	n := s.rand.IntN(8)
	if len(orders) == 0 || len(subs) == 0 && n > 4 {
		n = 0
	}
	switch n {
	case 0, 1:
		product, buyer := one(book, monthly, yearly, trial, freeMonthly, tips), one("ada", "grace", "zoe", "mary", "edith")
		body := with(product, object{"customer_email": buyer + "@example.com"})
		if d := one("", "", fiveOff, quarter, third, twoOff, friends); d != "" {
			body["discount_id"] = d
		}
		made := s.call("POST", "/v1/checkouts/", body)
		if made.status == http.StatusCreated {
			a := s.client("POST", made.want(http.StatusCreated), "/confirm", object{
				"confirmation_token_id": one("ctoken_1", "ctoken_1", "ctoken_declined"), "customer_billing_address": object{"country": "FR"}})
			return fmt.Sprintf("buy %v: %d", body, a.status)
		}
		return fmt.Sprintf("buy %v: %d", body, made.status)
	case 2, 3:
		return try("POST", "/v1/refunds/", object{"order_id": pick(orders), "reason": "other", "amount": 1 + s.rand.IntN(2000)})
	case 4:
		by := fmt.Sprintf("%dh", 24*(1+s.rand.IntN(45)))
		s.advance(by)
		return "advance " + by
	case 5:
		return try("PATCH", "/v1/subscriptions/"+pick(subs), object{"cancel_at_period_end": s.rand.IntN(2) == 0})
	case 6:
		body := object{"product_id": one(monthly, yearly, freeMonthly, trial), "proration_behavior": one("invoice", "prorate", "next_period")}
		return try("PATCH", "/v1/subscriptions/"+pick(subs), body)
	default:
		if s.rand.IntN(3) == 0 {
			return try("DELETE", "/v1/subscriptions/"+pick(subs), nil)
		}
		return try("PATCH", "/v1/subscriptions/"+pick(subs), []object{
			{"discount_id": quarter}, {"discount_id": nil}, {"trial_end": "now"}, {"pause_at_period_end": true}, {"resume": true}, {"revoke": true},
		}[s.rand.IntN(6)])
	}
}

// cents reads an amount.
func cents(o object, field string) int { return int(o[field].(float64)) }

// wantEven: every order adds up; what was refunded of it is the sum of its refunds and never more than was
// paid; no customer has used more credit than there was; each order was told of once, and each refund; what
// has ended stays ended.
func (s *sales) wantEven(step string) {
	s.t.Helper()
	s.settle()
	for _, a := range s.in.take() {
		s.sent[a.body["type"].(string)+" "+a.body["data"].(object)["id"].(string)]++
	}
	refunded, count := map[string]int{}, 0
	for page := 1; ; page++ {
		items := s.list(fmt.Sprintf("/v1/refunds/?limit=100&page=%d", page))
		for _, v := range items {
			rf := v.(object)
			refunded[rf["order_id"].(string)] += cents(rf, "amount")
			if count++; s.sent["refund.created "+rf["id"].(string)] != 1 {
				s.t.Errorf("refund %v was told of %d times", rf["id"], s.sent["refund.created "+rf["id"].(string)])
			}
		}
		if len(items) == 0 {
			break
		}
	}
	credit := map[string]int{} // of customers, left
	for page := 1; ; page++ {
		items := s.list(fmt.Sprintf("/v1/orders/?limit=100&sorting=created_at&page=%d", page))
		for _, v := range items {
			o := v.(object)
			s.wantOrder(o, refunded[o["id"].(string)])
			credit[o["customer_id"].(string)] -= min(cents(o, "total_amount"), 0)
			credit[o["customer_id"].(string)] += cents(o, "applied_balance_amount")
			if left := credit[o["customer_id"].(string)]; left < 0 {
				s.t.Errorf("%s: customer %v has used %d more credit than there was", step, o["customer_id"], -left)
			}
		}
		if len(items) == 0 {
			break
		}
	}
	for _, v := range s.list("/v1/subscriptions/?limit=100") {
		sub := v.(object)
		if ended := sub["ended_at"] != nil; ended != (sub["status"] == "canceled") {
			s.t.Errorf("%s: subscription %v is %v, ended at %v", step, sub["id"], sub["status"], sub["ended_at"])
		}
	}
}

// wantOrder: one order adds up.
func (s *sales) wantOrder(o object, refunded int) {
	s.t.Helper()
	items := 0
	for _, it := range o["items"].([]any) {
		items += cents(it.(object), "amount")
	}
	net, paid := cents(o, "net_amount"), max(0, cents(o, "net_amount")+cents(o, "applied_balance_amount"))
	status := "paid"
	switch {
	case refunded > 0 && refunded >= paid:
		status = "refunded"
	case refunded > 0:
		status = "partially_refunded"
	}
	for what, pair := range map[string][2]any{
		"subtotal":   {cents(o, "subtotal_amount"), items},
		"net":        {net, items - cents(o, "discount_amount")},
		"total":      {cents(o, "total_amount"), net + cents(o, "tax_amount")},
		"due":        {cents(o, "due_amount"), max(0, cents(o, "total_amount")+cents(o, "applied_balance_amount"))},
		"refunded":   {cents(o, "refunded_amount"), refunded},
		"refundable": {cents(o, "refundable_amount"), paid - refunded},
		"status":     {o["status"], status},
		"created":    {s.sent["order.created "+o["id"].(string)], 1},
		"paid":       {s.sent["order.paid "+o["id"].(string)], 1},
		"discount":   {cents(o, "discount_amount") >= 0, true},
		"overpaid":   {refunded <= paid, true},
	} {
		if pair[0] != pair[1] {
			s.t.Errorf("%s of order %v = %v; want %v: %v", what, o["id"], pair[0], pair[1], o)
		}
	}
	if reasons := []any{"purchase", "subscription_create", "subscription_cycle", "subscription_update"}; !slices.Contains(reasons, o["billing_reason"]) {
		s.t.Errorf("reason of order %v = %v", o["id"], o["billing_reason"])
	}
}
