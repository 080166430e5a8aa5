package bias

import (
	"slices"
	"strconv"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Fields of filters of objects other than sessions.
const (
	filterActive  = "active"
	filterDeleted = "deleted"
	filterEmail   = "email"
	filterProduct = "product"
	filterType    = "type"
	filterCode    = "promotion_code"
	filterCapture = "capture_method"
	filterMethod  = "payment_method"
	filterSession = "session"
	filterPayment = "payment"
)

// filterField is a field that lists compare with a value.
type filterField struct {
	name  string
	words []string // what it can be; nil: a text, or null for a missing one
	truth bool     // it is true or false
}

// Filters of the lists. Every list can also be filtered by live and created_at.
//
// Assumed: which fields can be filtered by; the documentation shows that there are filters.
var (
	customerFilters = []filterField{{name: filterEmail}, {name: filterDeleted, truth: true}}
	productFilters  = []filterField{{name: filterActive, truth: true}, {name: filterDeleted, truth: true}}
	priceFilters    = []filterField{
		{name: filterActive, truth: true}, {name: filterDeleted, truth: true}, {name: filterProduct}, {name: filterType, words: []string{priceOneTime}},
	}
	discountFilters = []filterField{{name: filterCode}, {name: filterDeleted, truth: true}}
	invoiceFilters  = []filterField{{name: filterCustomer}}
	paymentFilters  = []filterField{
		{name: filterStatus, words: paymentStatuses}, {name: filterCustomer}, {name: filterSession}, {name: filterInvoice}, {name: filterMethod},
		{name: filterCapture, words: []string{captureAutomatic, captureManual}},
	}
	methodFilters = []filterField{{name: filterCustomer}, {name: filterType, words: []string{methodCard, methodBank}}, {name: filterActive, truth: true}}
	refundFilters = []filterField{{name: filterPayment}, {name: filterStatus, words: []string{refundSucceeded}}}
)

// objectFilters reads the parameter filters of a list of objects. Deleted ones are left out unless a
// condition is about that.
//
// Assumed: that they are left out; a customer of the target generation does not say that it is deleted,
// so nothing can be asked about it.
func (b *Bias) objectFilters(rawQuery string, c *collection) (condition, []checkout.Violation) {
	tree, found := readTree(rawQuery, paramFilters)
	asked := false
	where, more := newCondition(func(field string, value any, path []any) (condition, []checkout.Violation) {
		if field == filterLive {
			return isLive(value, path)
		}
		f := c.filter(field)
		if f == nil || field == filterDeleted && c.kind == kindCustomer && !b.b3 {
			return notAField(value, path)
		}
		asked = asked || field == filterDeleted
		return f.equality(value, path)
	}, tree, []any{paramFilters})
	if c.filter(filterDeleted) != nil && !asked {
		where = all{where, is(fact(filterDeleted, "false"))}
	}
	return where, append(found, more...)
}

func (c *collection) filter(field string) *filterField {
	i := slices.IndexFunc(c.filters, func(f filterField) bool { return f.name == field })
	if i < 0 {
		return nil
	}
	return &c.filters[i]
}

func (f *filterField) equality(value any, path []any) (condition, []checkout.Violation) {
	switch {
	case f.words != nil:
		return oneOf(f.name, value, path, f.words)
	case !f.truth:
		return textOrNull(f.name, value, path)
	}
	yes, ok := truth(value)
	if !ok {
		return nil, []checkout.Violation{badQuery(path, value, param(path)+" must be true or false.")}
	}
	return is(fact(f.name, strconv.FormatBool(yes))), nil
}
