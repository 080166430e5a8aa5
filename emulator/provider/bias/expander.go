package bias

import (
	"slices"

	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// expander writes objects with others in them. What cannot be found stays an id.
type expander struct {
	b  *Bias
	tx *sandbox.Tx // nil where nothing is expanded

	sessions map[string]*sandbox.Record // that were looked for; nil: there is none
	missing  []string                   // sessions that were asked for and are not in there
}

// find looks for the sessions that are missing. It must not be called in the sandbox's section.
func (x *expander) find(box *sandbox.Sandbox) {
	if x.sessions == nil {
		x.sessions = map[string]*sandbox.Record{}
	}
	for _, id := range x.missing {
		rec, _ := box.Find(id)
		x.sessions[id] = rec
	}
}

func (x *expander) session(rec *sandbox.Record, as shown) checkoutSession {
	out := x.b.newCheckoutSession(&rec.Session)
	out.Customer = x.customer(out.Customer, as.expand["customer"])
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
func (x *expander) payments(rec *sandbox.Record, as shown) []paymentObject {
	out := []paymentObject{}
	for _, id := range detailOf(&rec.Session).Payments {
		if p, _ := x.tx.Get(kindPayment, id).(*payment); p != nil && !(as.client && p.Status == paymentFailed) {
			out = append(out, x.payment(p, rec, as.expand["payments"]))
		}
	}
	return out
}

// payment writes a payment; of is the record of its session where that is known.
func (x *expander) payment(p *payment, of *sandbox.Record, e expansion) paymentObject {
	out := newPaymentObject(p)
	if e == nil {
		return out
	}
	out.Customer = x.customer(out.Customer, e["customer"])
	out.Invoice = x.invoice(out.Invoice, e["invoice"])
	out.PaymentMethod = x.method(out.PaymentMethod, e["payment_method"])
	if !e.has("session") || p.Session == "" {
		return out
	}
	if of == nil {
		of = x.record(p.Session)
	}
	if of != nil {
		out.Session = x.session(of, shown{expand: e["session"]})
	}
	return out
}

// record returns a session, nil when there is none, or when it must be looked for first.
func (x *expander) record(id string) *sandbox.Record {
	rec, known := x.sessions[id]
	if !known && !slices.Contains(x.missing, id) {
		x.missing = append(x.missing, id)
	}
	return rec
}

func (x *expander) paymentOf(id any, e expansion) any {
	if p := lookup[*payment](x, kindPayment, id, e); p != nil {
		return x.payment(p, nil, e)
	}
	return id
}

func (x *expander) method(id any, e expansion) any {
	if m := lookup[*paymentMethod](x, kindMethod, id, e); m != nil {
		return showMethod(x, m, e)
	}
	return id
}

func (x *expander) customer(id any, e expansion) any {
	if c := lookup[*customer](x, kindCustomer, id, e); c != nil && !x.b.hidden(c) {
		return showCustomer(x, c, e)
	}
	return id
}

func (x *expander) invoice(id any, e expansion) any {
	if i := lookup[*invoice](x, kindInvoice, id, e); i != nil {
		return showInvoice(x, i, e)
	}
	return id
}

func (x *expander) price(id any, e expansion) any {
	if p := lookup[*price](x, kindPrice, id, e); p != nil {
		return showPrice(x, p, e)
	}
	return id
}

func (x *expander) product(id any, e expansion) any {
	if p := lookup[*product](x, kindProduct, id, e); p != nil {
		return showProduct(x, p, e)
	}
	return id
}

// lookup returns the object that a member names, nil when it is not expanded or not there.
func lookup[T any](x *expander, kind string, id any, e expansion) (object T) {
	if text, ok := id.(string); ok && e != nil {
		object, _ = x.tx.Get(kind, text).(T)
	}
	return object
}

func showCustomer(x *expander, value any, _ expansion) any {
	return x.b.newCustomerObject(value.(*customer))
}

func showProduct(x *expander, value any, e expansion) any {
	if e == nil {
		return value
	}
	out := *value.(*product)
	out.DefaultPrice = x.price(out.DefaultPrice, e["default_price"])
	if e.has("prices") {
		out.Prices = x.pricesOf(out.ID, e["prices"])
	}
	return &out
}

// pricesOf lists the prices of a product, the oldest first.
//
// Assumed: the order, and that deleted ones are left out.
func (x *expander) pricesOf(product string, e expansion) []*price {
	out := []*price{}
	page, _ := x.tx.List(kindPrice, sandbox.Query{Where: []sandbox.Filter{
		{Field: fieldIs, Values: []string{fact(filterProduct, product)}}, {Field: fieldIs, Values: []string{fact(filterDeleted, "false")}},
	}})
	for _, v := range page.Values {
		out = append(out, showPrice(x, v, e).(*price))
	}
	return out
}

func showPrice(x *expander, value any, e expansion) any {
	if e == nil {
		return value
	}
	out := *value.(*price)
	out.Product = x.product(out.Product, e["product"])
	return &out
}

// showDiscount writes a discount, whose products are null unless they are expanded, and when it is for
// all. One that is gone is left out.
//
// Source: docs.biaspay.com, discounts, and expansion, of arrays.
func showDiscount(x *expander, value any, e expansion) any {
	d := value.(*discount)
	out := newDiscountObject(d)
	if !e.has("applies_to") || d.AppliesTo == nil {
		return out
	}
	out.AppliesTo = []*product{}
	for _, id := range d.AppliesTo {
		if p, ok := x.product(id, e["applies_to"]).(*product); ok {
			out.AppliesTo = append(out.AppliesTo, p)
		}
	}
	return out
}

func showInvoice(x *expander, value any, e expansion) any {
	if e == nil {
		return value
	}
	out := *value.(*invoice)
	out.Customer = x.customer(out.Customer, e["customer"])
	return &out
}

func showPayment(x *expander, value any, e expansion) any { return x.payment(value.(*payment), nil, e) }

func showMethod(x *expander, value any, e expansion) any {
	if e == nil {
		return value
	}
	out := *value.(*paymentMethod)
	out.Customer = x.customer(out.Customer, e["customer"])
	return &out
}

func showRefund(x *expander, value any, e expansion) any {
	if e == nil {
		return value
	}
	out := *value.(*refund)
	out.Payment = x.paymentOf(out.Payment, e["payment"])
	return &out
}
