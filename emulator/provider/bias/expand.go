package bias

import (
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// expansion names the members of an object that are answered whole; each may have an expansion of
// its own. Nil expands nothing.
type expansion map[string]expansion

// has reports whether a member is expanded.
func (e expansion) has(member string) bool { return e[member] != nil }

// Objects that have something to expand.
const (
	expandSession = "checkout_session"
	expandLine    = "line_item"
	expandPrice   = "price"
	expandProduct = "product"
	expandPayment = "payment"
	expandMethod  = "payment_method"
	expandInvoice = "invoice"
	expandEvent   = "event"
	expandNothing = ""
)

// expandable has for each object its members that can be expanded, and what they hold.
//
// Source: docs.biaspay.com, checkout sessions, for the first three of a session; the types of
// members in the pages of the other objects.
// Assumed: that those can be expanded as well. The dispute of a payment is always null.
var expandable = map[string]map[string]string{
	expandSession: {"customer": expandNothing, "invoice": expandInvoice, "payments": expandPayment, "line_items": expandLine},
	expandLine:    {"price": expandPrice},
	expandPrice:   {"product": expandProduct},
	expandProduct: {"default_price": expandPrice, "prices": expandPrice},
	expandPayment: {
		"customer": expandNothing, "dispute": expandNothing, "invoice": expandInvoice,
		"payment_method": expandMethod, "session": expandSession,
	},
	expandMethod:  {"customer": expandNothing},
	expandInvoice: {"customer": expandNothing},
	expandEvent:   {"request": expandNothing},
}

// readExpand reads the parameter expand of an object; nil when it is absent or expands nothing.
//
// Source: docs.biaspay.com, expansion: a nested object of booleans and objects, of any depth.
// Assumed: an unknown member is refused; the depth ends at 8.
func readExpand(rawQuery, object string) (expansion, []checkout.Violation) {
	tree, found := readTree(rawQuery, paramExpand)
	if tree == nil {
		return nil, found
	}
	e, more := newExpansion(tree, object, []any{paramExpand})
	if found = append(found, more...); len(found) > 0 || len(e) == 0 {
		return nil, found
	}
	return e, nil
}

func newExpansion(tree map[string]any, object string, path []any) (expansion, []checkout.Violation) {
	e := expansion{}
	var found []checkout.Violation
	for _, member := range wire.SortedKeys(tree) {
		at := append(path[:len(path):len(path)], member)
		of, known := expandable[object][member]
		if !known {
			found = append(found, badQuery(at, tree[member], param(at)+" cannot be expanded."))
			continue
		}
		switch v := tree[member].(type) {
		case bool:
			e.set(member, v)
		case string:
			if v != "true" && v != "false" {
				found = append(found, badQuery(at, v, param(at)+" must be true, false or an object."))
			}
			e.set(member, v == "true")
		case map[string]any:
			inner, more := newExpansion(v, of, at)
			e[member], found = inner, append(found, more...)
		default:
			found = append(found, badQuery(at, v, param(at)+" must be true, false or an object."))
		}
	}
	return e, found
}

func (e expansion) set(member string, expanded bool) {
	if expanded {
		e[member] = expansion{}
	}
}

// expander writes objects with others in them. What cannot be found stays an id.
type expander struct {
	b  *Bias
	tx *sandbox.Tx
}

func (x expander) session(rec *sandbox.Record, as shown) checkoutSession {
	out := x.b.newCheckoutSession(&rec.Session)
	out.Customer = x.customer(out.Customer, as.expand.has("customer"))
	out.Invoice = x.invoice(out.Invoice, as.expand["invoice"])
	if as.client || as.expand.has("payments") {
		out.Payments = x.payments(rec, as)
	}
	if lines := as.expand["line_items"]; lines.has("price") {
		for i := range out.LineItems {
			out.LineItems[i].Price = x.price(out.LineItems[i].Price, lines["price"])
		}
	}
	return out
}

// payments lists the payments of a session. The browser library takes a session that has any as
// paid, so the customer does not see those that failed.
func (x expander) payments(rec *sandbox.Record, as shown) []paymentObject {
	out := []paymentObject{}
	for _, id := range detailOf(&rec.Session).Payments {
		if p, _ := x.tx.Get(kindPayment, id).(*payment); p != nil && !(as.client && p.Status == paymentFailed) {
			out = append(out, x.payment(p, rec, as.expand["payments"]))
		}
	}
	return out
}

func (x expander) payment(p *payment, of *sandbox.Record, e expansion) paymentObject {
	out := newPaymentObject(p)
	out.Customer = x.customer(out.Customer, e.has("customer"))
	out.Invoice = x.invoice(out.Invoice, e["invoice"])
	if e.has("payment_method") {
		out.PaymentMethod = x.method(p.Method, e["payment_method"])
	}
	if e.has("session") {
		out.Session = x.session(of, shown{expand: e["session"]})
	}
	return out
}

func (x expander) method(id string, e expansion) any {
	m, _ := x.tx.Get(kindMethod, id).(*paymentMethod)
	if m == nil {
		return id
	}
	out := *m
	out.Customer = x.customer(out.Customer, e.has("customer"))
	return &out
}

func (x expander) customer(id any, whole bool) any {
	if text, ok := id.(string); ok && whole {
		if c, ok := x.tx.Get(kindCustomer, text).(*customer); ok {
			return c
		}
	}
	return id
}

func (x expander) invoice(id any, e expansion) any {
	text, _ := id.(string)
	i, ok := x.tx.Get(kindInvoice, text).(*invoice)
	if e == nil || !ok {
		return id
	}
	out := *i
	out.Customer = x.customer(out.Customer, e.has("customer"))
	return &out
}

func (x expander) price(id any, e expansion) any {
	text, _ := id.(string)
	p, ok := x.tx.Get(kindPrice, text).(*price)
	if e == nil || !ok {
		return id
	}
	out := *p
	out.Product = x.product(out.Product, e["product"])
	return &out
}

func (x expander) product(id any, e expansion) any {
	text, _ := id.(string)
	p, ok := x.tx.Get(kindProduct, text).(*product)
	if e == nil || !ok {
		return id
	}
	out := *p
	out.DefaultPrice = x.price(out.DefaultPrice, e["default_price"])
	if e.has("prices") {
		out.Prices = []*price{}
		for _, v := range x.tx.All(kindPrice) {
			if of := v.(*price); of.Product == p.ID {
				out.Prices = append(out.Prices, x.price(of.ID, e["prices"]).(*price))
			}
		}
	}
	return &out
}
