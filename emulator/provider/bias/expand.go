package bias

import (
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// expansion names the members of an object that are answered whole; each may have an expansion of
// its own. Nil expands nothing.
type expansion map[string]expansion

// has reports whether a member is expanded.
func (e expansion) has(member string) bool { return e[member] != nil }

// Objects that are expanded, or have something to expand.
const (
	expandSession  = "checkout_session"
	expandLine     = "line_item"
	expandCustomer = "customer"
	expandPrice    = "price"
	expandProduct  = "product"
	expandDiscount = "discount"
	expandPayment  = "payment"
	expandMethod   = "payment_method"
	expandRefund   = "refund"
	expandInvoice  = "invoice"
	expandEvent    = "event"
	expandNothing  = ""
)

// expandable returns what a member of an object holds, if it can be expanded.
//
// Source: docs.biaspay.com, in the pages of the objects, the members that are marked expandable.
// Assumed: that the lines of a session, the product of a price, the invoice of a payment and the customer
// of an invoice can be expanded as well. The dispute of a payment is always null.
func expandable(object, member string) (holds string, ok bool) {
	switch object + "." + member {
	case "checkout_session.customer", "payment.customer", "payment_method.customer", "invoice.customer":
		return expandCustomer, true
	case "checkout_session.invoice", "payment.invoice":
		return expandInvoice, true
	case "checkout_session.payments", "refund.payment":
		return expandPayment, true
	case "checkout_session.line_items":
		return expandLine, true
	case "line_item.price", "product.default_price", "product.prices":
		return expandPrice, true
	case "price.product", "discount.applies_to":
		return expandProduct, true
	case "payment.payment_method":
		return expandMethod, true
	case "payment.session":
		return expandSession, true
	case "payment.dispute", "event.request":
		return expandNothing, true
	}
	return "", false
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
		of, known := expandable(object, member)
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
