package bias

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// collection is one kind of object with operations of its own: how it is found, filtered and shown.
//
// Source: docs.biaspay.com, idempotency: a deletion can be repeated.
// Assumed: the paths of all of them, and that lists have the filters that their fields suggest.
type collection struct {
	word         string // the literal of its member object, its name in expansions and in errors
	kind         string
	noun, plural string // in the names of operations
	filters      []filterField
	show         func(x *expander, value any, e expansion) any // the wire shape; without an expansion it looks at nothing else
}

// collections are all of them.
var collections = [...]collection{
	{word: expandCustomer, kind: kindCustomer, noun: "Customer", plural: "Customers", filters: customerFilters, show: showCustomer},
	{word: expandProduct, kind: kindProduct, noun: "Product", plural: "Products", filters: productFilters, show: showProduct},
	{word: expandPrice, kind: kindPrice, noun: "Price", plural: "Prices", filters: priceFilters, show: showPrice},
	{word: expandDiscount, kind: kindDiscount, noun: "Discount", plural: "Discounts", filters: discountFilters, show: showDiscount},
	{word: expandInvoice, kind: kindInvoice, noun: "Invoice", plural: "Invoices", filters: invoiceFilters, show: showInvoice},
	{word: expandPayment, kind: kindPayment, noun: "Payment", plural: "Payments", filters: paymentFilters, show: showPayment},
	{word: expandMethod, kind: kindMethod, noun: "PaymentMethod", plural: "PaymentMethods", filters: methodFilters, show: showMethod},
	{word: expandRefund, kind: kindRefund, noun: "Refund", plural: "Refunds", filters: refundFilters, show: showRefund},
}

// Verbs of operations.
const (
	verbList   = "list"
	verbGet    = "get"
	verbCreate = "create"
	verbUpdate = "update"
	verbDelete = "delete"
)

// about returns what an operation does, and the collection that it is about: nil for sessions and
// events.
func about(operation string) (verb string, c *collection) {
	rest := strings.TrimLeft(operation, digits[10:36])
	verb = operation[:len(operation)-len(rest)]
	rest = strings.TrimSuffix(strings.TrimSuffix(rest, "ByPost"), "ByPut")
	for i := range collections {
		if c := &collections[i]; rest == c.noun && verb != verbList || rest == c.plural && verb == verbList {
			return verb, c
		}
	}
	return verb, nil
}

// collectionHandlers are the operations of the resources around a session.
//
// Assumed: an update is a PATCH; POST and PUT do the same.
func (b *Bias) collectionHandlers(into map[string]api.Handler) {
	for i := range collections {
		into[verbGet+collections[i].noun] = b.getObject
		into[verbList+collections[i].plural] = b.listObjects
	}
	for _, one := range []struct {
		noun                   string
		create, update, delete api.Handler
	}{
		{"Customer", b.createCustomer, b.updateCustomer, b.deleteCustomer},
		{"Product", b.createProduct, b.updateProduct, b.deleteProduct},
		{"Price", b.createPrice, b.updatePrice, b.deletePrice},
		{"Discount", b.createDiscount, b.updateDiscount, b.deleteDiscount},
		{"Payment", b.pay, b.updatePayment, nil},
		{"Refund", b.createRefund, nil, nil},
	} {
		into[verbCreate+one.noun] = one.create
		if one.update != nil {
			into[verbUpdate+one.noun] = one.update
			into[verbUpdate+one.noun+"ByPost"] = one.update
			into[verbUpdate+one.noun+"ByPut"] = one.update
		}
		if one.delete != nil {
			into[verbDelete+one.noun] = one.delete
		}
	}
	into["capturePayment"] = b.capture
	into["cancelPayment"] = b.cancel
	into["deactivatePaymentMethod"] = b.deactivate
}

// noObject is the error of an id that names nothing.
func noObject(id string) error {
	return &checkout.Error{Code: checkout.CodeNotFound, Message: "no object " + id}
}

// hidden reports whether an object is not answered by its id: nil, and in the target generation, whose
// customers have no member that says it, a deleted customer.
//
// Assumed: a deleted object is still answered, as it has a member that says so.
func (b *Bias) hidden(value any) bool {
	c, ok := value.(*customer)
	return value == nil || ok && c.Deleted && !b.b3
}

// getObject answers one object.
func (b *Bias) getObject(_ context.Context, r *api.Request) (api.Response, error) {
	if found := b.ownFaults(r); len(found) > 0 {
		return api.Response{}, refused(found)
	}
	_, c := about(r.Operation)
	expand, _ := readExpand(r.RawQuery, c.word)
	var value any
	r.Sandbox.View(func(tx *sandbox.Tx) { value = tx.Get(c.kind, r.Param("id")) })
	if b.hidden(value) {
		return api.Response{}, noObject(r.Param("id"))
	}
	return api.Response{Body: b.objects(r, c, []any{value}, expand)[0]}, nil
}

// objects returns objects as the caller sees them. Sessions cannot be found where the catalog is, so
// what an expansion needs of them is collected until nothing is missing.
func (b *Bias) objects(r *api.Request, c *collection, values []any, e expansion) []any {
	out := make([]any, len(values))
	x := &expander{b: b}
	show := func(tx *sandbox.Tx) {
		x.tx, x.missing = tx, nil
		for i, value := range values {
			out[i] = c.show(x, value, e)
		}
	}
	if e == nil {
		show(nil)
		return out
	}
	for r.Sandbox.View(show); len(x.missing) > 0; r.Sandbox.View(show) {
		x.find(r.Sandbox)
	}
	return out
}

// answer is an object that was written, nothing expanded.
func (b *Bias) answer(c *collection, value any) api.Response {
	return api.Response{Body: c.show(&expander{b: b}, value, nil)}
}

// listObjects answers a page of objects, newest first.
//
// Source: docs.biaspay.com, pagination, for the cursors and the envelope.
// Assumed: the order is that in which they were made, whatever created_at of a fixture says; deleted
// objects are listed only when a filter asks for them.
func (b *Bias) listObjects(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[listQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	if found := b.ownFaults(r); len(found) > 0 {
		return api.Response{}, refused(found)
	}
	_, c := about(r.Operation)
	where, _ := b.objectFilters(r.RawQuery, c)
	s := selection{kind: c.kind, plan: newPlan(where), limit: in.Limit, after: in.StartingAfter, before: in.EndingBefore}
	if s.limit == 0 {
		s.limit = defaultLimit
	}
	r.Sandbox.View(func(tx *sandbox.Tx) { err = s.collect(tx) })
	if err != nil {
		return api.Response{}, err
	}
	expand, _ := readExpand(r.RawQuery, c.word)
	items := make([]json.RawMessage, len(s.found))
	for i, shown := range b.objects(r, c, s.found, expand) {
		items[i] = wire.MustMarshal(shown)
	}
	return api.Response{Body: wire.Assembly{
		{Name: "object", Value: json.RawMessage(`"list"`)},
		{Name: "items", Items: items},
		{Name: "has_more", Value: wire.MustMarshal(s.more)},
	}}, nil
}

// listObjectFaults checks the query of a list of objects as far as the document does not.
func (b *Bias) listObjectFaults(r *api.Request, c *collection) []checkout.Violation {
	_, found := readExpand(r.RawQuery, c.word)
	_, more := b.objectFilters(r.RawQuery, c)
	return append(append(found, more...), cursorFaults(r, func(id string) string {
		var value any
		r.Sandbox.View(func(tx *sandbox.Tx) { value = tx.Get(c.kind, id) })
		if value == nil {
			return fmt.Sprintf(messageNoObject, c.title(), id)
		}
		return ""
	})...)
}

// title is what people call an object: payment method.
func (c *collection) title() string { return strings.ReplaceAll(c.word, "_", " ") }
