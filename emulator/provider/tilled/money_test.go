package tilled_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
)

// TestAmountsAreConserved: whatever is done to payments in whatever order, what was captured and what went
// back always add up, what is refused changes nothing, and the charge, the refunds and the intent agree.
func TestAmountsAreConserved(t *testing.T) {
	done := map[string]int{}
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			c := start(t)
			c.freeze()
			p := &purse{client: c, rand: rand.New(rand.NewPCG(seed, 7)), method: map[string]string{}, done: done}
			for range 10 {
				p.begin()
			}
			for range 250 {
				p.act()
			}
			c.control("/clock/advance", object{"by": "400h"})
			for _, id := range p.ids {
				p.check(id)
			}
		})
	}
	for _, what := range []string{"confirm", "capture", "cancel", "refund"} {
		if done[what] < 5 {
			t.Errorf("%s was done %d times; want it often enough to mean something", what, done[what])
		}
	}
}

// purse does random things to payment intents, and knows what must come of them.
type purse struct {
	*client
	rand   *rand.Rand
	ids    []string
	method map[string]string // id → type that it is paid with
	done   map[string]int    // how often something was done
}

// begin makes an intent, with a session or without, to be paid by card or from a bank account, captured at
// once or later. Some amounts decline.
func (p *purse) begin() {
	amount := []int{1, 900, 1000, 777701, 99_999_999}[p.rand.IntN(5)]
	kind := []string{"card", "card", "ach_debit"}[p.rand.IntN(3)]
	var id string
	if p.rand.IntN(3) == 0 {
		s := p.create(object{"line_items": list{item(object{"unit_amount": amount})}, "payment_intent_data": object{"payment_method_types": list{kind}}})
		id = s["payment_intent_id"].(string)
	} else {
		id = p.intend(object{"amount": amount, "payment_method_types": list{kind}, "capture_method": []string{"automatic", "manual", "manual"}[p.rand.IntN(3)]})["id"].(string)
	}
	p.ids, p.method[id] = append(p.ids, id), kind
}

func (p *purse) read(id string) object {
	return p.must(http.StatusOK, "GET", intents+"/"+id, nil)
}

// act does one random thing to one intent.
func (p *purse) act() {
	id := p.ids[p.rand.IntN(len(p.ids))]
	before := p.read(id)
	amount := 1 + p.rand.Int64N(int64(before["amount"].(float64))+1)
	var got reply
	what := ""
	switch p.rand.IntN(6) {
	case 0:
		pm := p.card(nil)
		if p.method[id] != "card" {
			pm = p.bank()
		}
		what, got = "confirm", p.do("POST", intents+"/"+id+"/confirm", object{"payment_method_id": pm["id"]})
	case 1:
		what, got = "capture", p.do("POST", intents+"/"+id+"/capture", object{"amount_to_capture": amount})
	case 2, 3:
		what, got = "refund", p.do("POST", refunds, object{"payment_intent_id": id, "amount": amount})
	case 4:
		if p.rand.IntN(3) == 0 {
			what, got = "cancel", p.do("POST", intents+"/"+id+"/cancel", object{})
		}
	case 5:
		p.control("/clock/advance", object{"by": fmt.Sprint(p.rand.IntN(12), "h")})
		before = nil
	}
	if got.Status == http.StatusCreated {
		p.done[what]++
	}
	after := p.check(id)
	if got.Status == http.StatusBadRequest && before != nil {
		p.sees("after what was refused", before, after)
	} else if got.Status != 0 && got.Status != http.StatusCreated && got.Status != http.StatusBadRequest {
		p.tb.Errorf("%d %s", got.Status, got.Text)
	}
}

// check holds an intent, its charges and its refunds against one another.
func (p *purse) check(id string) object {
	p.tb.Helper()
	in := p.read(id)
	amount, status := in["amount"].(float64), in["status"].(string)
	var received, paid float64
	for _, one := range in["charges"].(list) {
		ch := one.(object)
		p.sees("the charge by its id", ch, p.must(http.StatusOK, "GET", charges+"/"+ch["id"].(string), nil))
		captured, refunded := ch["amount_captured"].(float64), ch["amount_refunded"].(float64)
		var sum, uncaptured float64
		for _, r := range ch["refunds"].(list) {
			back := r.(object)
			p.sees("the refund by its id", back, p.must(http.StatusOK, "GET", refunds+"/"+back["id"].(string), nil))
			sum += back["amount"].(float64)
			if back["reason"] == "partial_capture" {
				uncaptured += back["amount"].(float64)
			}
		}
		if sum != refunded || refunded > amount || captured > amount || ch["refunded"] != (refunded > 0 && refunded == amount) {
			p.tb.Errorf("%s of %v: captured %v, refunded %v, refunds add up to %v", id, amount, captured, refunded, sum)
		}
		if ch["captured"] == true && captured+uncaptured != amount {
			p.tb.Errorf("%s of %v: captured %v and gave %v back", id, amount, captured, uncaptured)
		}
		if ch["status"] == "succeeded" {
			paid++
		} else if captured+refunded > 0 {
			p.tb.Errorf("a charge that is %v moved money: %v", ch["status"], ch)
		}
		received += captured
	}
	if paid > 1 || in["amount_received"] != received || (status == "succeeded") != (received > 0) {
		p.tb.Errorf("%s is %s with %v paid charges, received %v, captured %v", id, status, paid, in["amount_received"], received)
	}
	want := amount
	if status == "succeeded" || status == "canceled" {
		want = 0
	}
	if in["amount_capturable"] != want {
		p.tb.Errorf("%s is %s: amount_capturable is %v; want %v", id, status, in["amount_capturable"], want)
	}
	return in
}
