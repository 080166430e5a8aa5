package bias_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestAmountsAreConserved: whatever is paid, held, captured, refunded and canceled in whatever order, no
// cent comes from nowhere and none is lost.
func TestAmountsAreConserved(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := &wallet{client: start(t), rand: rand.New(rand.NewPCG(seed, 7))}
			for range 80 {
				w.step()
			}
			w.check()
		})
	}
}

// wallet makes payments at random.
type wallet struct {
	*client
	rand     *rand.Rand
	sessions []object
	payments []string
	refunded map[string]float64 // by what createRefund answered, by payment
}

func (w *wallet) step() {
	switch n := w.rand.IntN(10); {
	case n == 0 || len(w.payments) == 0:
		s := w.create(object{"amount": 1 + w.rand.IntN(500)})
		w.sessions = append(w.sessions, s)
		w.note(w.pay(s, []string{"x", "x", "declined"}[w.rand.IntN(3)]))
	case n == 1:
		w.note(w.pay(w.sessions[w.rand.IntN(len(w.sessions))], "x")) // most are paid already
	case n < 4:
		body := object{"amount": 1 + w.rand.IntN(500), "payment_method": adasCard, "capture_method": []string{"manual", "automatic"}[w.rand.IntN(2)]}
		if w.rand.IntN(5) == 0 {
			body["payment_method"] = byCard("declined")["payment_method"]
		}
		w.note(w.do("POST", payments, body))
	default:
		w.touch(w.payments[w.rand.IntN(len(w.payments))])
	}
	if len(w.sessions) == 0 {
		w.sessions = append(w.sessions, w.create(nil))
	}
}

func (w *wallet) note(got reply) {
	p := got.JSON
	if got.Status == 402 {
		p = got.fault(w.tb)["payment"].(object)
	}
	if p["object"] == "payment" {
		w.payments = append(w.payments, p["id"].(string))
	}
}

// touch does something to a payment that it may not be in the state for. What is refused changes nothing.
func (w *wallet) touch(id string) {
	before := w.must("GET", payments+"/"+id, nil)
	body := any(object{"amount": 1 + w.rand.IntN(400)})
	if w.rand.IntN(3) == 0 {
		body = nil
	}
	var got reply
	switch w.rand.IntN(5) {
	case 0:
		got = w.do("POST", payments+"/"+id+"/capture", body)
	case 1:
		got = w.do("POST", payments+"/"+id+"/cancel", nil)
	default:
		refund := object{"payment": id}
		if body != nil {
			refund["amount"] = body.(object)["amount"]
		}
		got = w.do("POST", refunds, refund)
		if w.refunded == nil {
			w.refunded = map[string]float64{}
		}
		if got.Status == 200 {
			w.refunded[id] += got.JSON["amount"].(float64)
		}
	}
	if after := w.must("GET", payments+"/"+id, nil); got.Status != 200 && mustJSON(after) != mustJSON(before) {
		w.tb.Fatalf("a refusal (%s) changed %v to %v", got.Text, before, after)
	}
}

func (w *wallet) check() {
	w.tb.Helper()
	listed := map[string]float64{}
	for _, f := range items(w.must("GET", refunds+"?limit=1000", nil)) {
		listed[f["payment"].(string)] += f["amount"].(float64)
	}
	collected := map[any]float64{}
	all := items(w.must("GET", payments+"?limit=1000", nil))
	if len(all) != len(w.payments) {
		w.tb.Errorf("%d payments; want %d", len(all), len(w.payments))
	}
	for _, p := range all {
		n := func(member string) float64 { return p[member].(float64) }
		amount, held, received, refunded := n("amount"), n("amount_capturable"), n("amount_received"), n("amount_refunded")
		id := p["id"].(string)
		if refunded != listed[id] || refunded != w.refunded[id] || refunded > received || received+held > amount || min(held, received, refunded) < 0 {
			w.tb.Errorf("%v: refunds listed %v, answered %v", p, listed[id], w.refunded[id])
		}
		switch status := p["status"]; {
		case status == "succeeded" && (received == 0 || held != 0),
			status == "requires_capture" && (held != amount || received != 0),
			(status == "failed" || status == "canceled") && received+held != 0:
			w.tb.Errorf("%v: the amounts do not fit the status", p)
		}
		collected[p["session"]] += received
	}
	for _, s := range items(w.must("GET", sessions+"?limit=1000", nil)) {
		if s["amount_collected"] != collected[s["id"]] {
			w.tb.Errorf("session %v; its payments received %v", s, collected[s["id"]])
		}
	}
}
