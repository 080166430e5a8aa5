package bias

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// maxAmount is the largest amount, in cents: what a JavaScript client can hold.
//
// Assumed: no limit is documented.
const maxAmount = 1<<53 - 1

// createParams is the body of a creation.
//
// Source: docs.biaspay.com, "Create a checkout session"; @biaspay/elements for the last two.
type createParams struct {
	Amount          *int64                `json:"amount"`
	LineItems       []lineParams          `json:"line_items"`
	Customer        string                `json:"customer"`
	CustomerDetails customerDetailsParams `json:"customer_details"`
	Invoice         string                `json:"invoice"`
	Metadata        metadataParams        `json:"metadata"`
	Mode            string                `json:"mode"`
	SubmitLabel     string                `json:"submit_label"`

	PaymentMethodTypes []string     `json:"payment_method_types"`
	DualPricing        *dualPricing `json:"dual_pricing"`
}

// lineParams is an entry of line_items; creation knows no ids.
//
// Assumed: an absent quantity is 1.
type lineParams struct {
	ID       *string `json:"id"`
	Price    *string `json:"price"`
	Quantity *int64  `json:"quantity"`
}

// customerDetailsParams are members to be set; absent ones stay.
type customerDetailsParams struct {
	Email wire.Optional[string] `json:"email"`
	Name  wire.Optional[string] `json:"name"`
	Phone wire.Optional[string] `json:"phone"`
}

// over returns details with what was sent put over them.
func (in customerDetailsParams) over(d customerDetails) customerDetails {
	set(&d.Email, in.Email)
	set(&d.Name, in.Name)
	set(&d.Phone, in.Phone)
	return d
}

func set(member **string, to wire.Optional[string]) {
	if to.Set {
		*member = to.Ptr()
	}
}

// metadataParams are keys to be set; null takes one away.
//
// Assumed: values are texts, without limits.
type metadataParams map[string]*string

// merged returns metadata with what was sent put over it.
func (in metadataParams) merged(old map[string]any) map[string]any {
	out := make(map[string]any, len(old)+len(in))
	for key, value := range old {
		out[key] = value
	}
	for key, value := range in {
		if value == nil {
			delete(out, key)
		} else {
			out[key] = *value
		}
	}
	return out
}

// create makes an open session.
func (b *Bias) create(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[createParams](r)
	if err != nil {
		return api.Response{}, err
	}
	found := b.ownFaults(r)
	rec, err := r.Sandbox.Create(name, func(tx *sandbox.Tx) (checkout.Session, error) {
		c := completion{tx: tx, faults: found}
		s := in.draft(&c)
		if len(c.faults) > 0 {
			return s, refused(c.faults)
		}
		s.ID, s.ClientSecret = newID(tx, kindSession, prefixSession), newSecret(tx)
		s.Detail = c.identified(s.Detail.(*detail))
		return s, nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: b.body(r, rec, shown{})}, nil
}

// draft returns the session that is asked for, without ids.
//
// Assumed: in setup mode the amount is 0, whatever is given. A session from an invoice has the
// invoice's customer unless another is named.
func (in createParams) draft(c *completion) checkout.Session {
	d := &detail{
		Mode: or(in.Mode, modePayment), SubmitLabel: or(in.SubmitLabel, labelAuto), Invoice: in.Invoice,
		Details: in.CustomerDetails.over(customerDetails{}),
		Methods: in.PaymentMethodTypes, Dual: in.DualPricing,
	}
	if d.Methods == nil {
		d.Methods = []string{methodCard}
	}
	s := checkout.Session{Currency: currency, Metadata: in.Metadata.merged(nil), Detail: d}
	if in.Amount != nil {
		s.Amount = *in.Amount
	}
	if in.LineItems != nil {
		d.Lines = c.lines(in.LineItems, nil)
	}
	if len(in.LineItems) > 0 {
		s.Amount = c.total(d.Lines)
	}
	if i := c.invoice(in.Invoice); i != nil {
		s.Amount = i.Amount
		s.Customer.ID, _ = i.Customer.(string)
	}
	if d.Mode == modeSetup {
		s.Amount = 0
	} else if len(in.LineItems) > 0 && len(c.faults) == 0 && s.Amount < 1 {
		c.fault(codeInvalid, []any{"line_items"}, nil, messageNothingToPay)
	}
	if id := or(in.Customer, s.Customer.ID); id != "" {
		s.Customer = c.customer(id)
	}
	s.Customer = known(s.Customer, d.Details)
	return s
}

// known puts what the customer said of itself over what the catalog knows.
func known(c checkout.Customer, d customerDetails) checkout.Customer {
	if d.Email != nil {
		c.Email = *d.Email
	}
	if d.Name != nil {
		c.Name = *d.Name
	}
	return c
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// completion looks up what a request names, and collects what is wrong with it.
type completion struct {
	tx     *sandbox.Tx
	faults []checkout.Violation
}

func (c *completion) fault(code string, path []any, value any, message string) {
	c.faults = append(c.faults, broken(code, path, value, message))
}

// lines returns the lines that a list of entries asks for, of a session that has the lines old. New
// ones have no id yet, see [completion.identified].
//
// Source: docs.biaspay.com, "Update a checkout session": an entry with id changes a line, one with a
// price adds one.
// Assumed: the list is the new whole, what it does not name is removed; a line named twice is refused.
func (c *completion) lines(entries []lineParams, old []line) []line {
	out := make([]line, 0, len(entries))
	named := map[string]bool{}
	for i, in := range entries {
		path := []any{"line_items", i}
		l := line{Quantity: 1}
		if in.ID != nil {
			found := findLine(old, *in.ID)
			if found == nil || named[*in.ID] {
				c.fault(codeMissing, append(path, "id"), *in.ID, fmt.Sprintf(messageNoLine, *in.ID))
				continue
			}
			named[*in.ID] = true
			l = *found
		}
		if in.Quantity != nil {
			l.Quantity = *in.Quantity
		}
		if in.Price != nil {
			c.price(&l, append(path, "price"), *in.Price)
		}
		out = append(out, l)
	}
	return out
}

func findLine(lines []line, id string) *line {
	for i := range lines {
		if lines[i].Id == id {
			return &lines[i]
		}
	}
	return nil
}

// price sets the price of a line.
//
// Source: docs.biaspay.com, prices and products, active: "Whether the price can be used for new purchases".
// Assumed: an unknown price is refused, and so is one that is deleted, or is of a product that is.
func (c *completion) price(l *line, path []any, id string) {
	p, _ := c.tx.Get(kindPrice, id).(*price)
	var of *product
	if p != nil {
		of, _ = c.tx.Get(kindProduct, idOf(p.Product)).(*product)
	}
	switch {
	case p == nil || p.Deleted || of != nil && of.Deleted:
		c.fault(codeMissing, path, id, fmt.Sprintf(messageNoObject, "price", id))
	case !p.Active || of != nil && !of.Active:
		c.fault(codeInvalid, path, id, fmt.Sprintf(messageInactive, id))
	default:
		l.Price, l.Unit = id, p.Amount
	}
}

// total is the sum of the lines.
//
// Assumed: prices times quantities.
func (c *completion) total(lines []line) int64 {
	var sum uint64
	for _, l := range lines {
		high, low := bits.Mul64(uint64(l.Unit), uint64(l.Quantity))
		if sum += low; high > 0 || sum > maxAmount {
			c.fault(codeInvalid, []any{"line_items"}, nil, messageTooMuch)
			return 0
		}
	}
	return int64(sum)
}

func (c *completion) customer(id string) checkout.Customer {
	found, _ := c.tx.Get(kindCustomer, id).(*customer)
	if found == nil || found.Deleted {
		c.fault(codeMissing, []any{"customer"}, id, fmt.Sprintf(messageNoObject, "customer", id))
		return checkout.Customer{}
	}
	out := checkout.Customer{ID: id}
	if found.Email != nil {
		out.Email = *found.Email
	}
	if found.Name != nil {
		out.Name = *found.Name
	}
	return out
}

func (c *completion) invoice(id string) *invoice {
	if id == "" {
		return nil
	}
	found, _ := c.tx.Get(kindInvoice, id).(*invoice)
	if found == nil {
		c.fault(codeMissing, []any{"invoice"}, id, fmt.Sprintf(messageNoObject, "invoice", id))
	}
	return found
}

// identified returns the detail with ids for its new lines.
func (c *completion) identified(d *detail) *detail {
	for i := range d.Lines {
		if d.Lines[i].Id == "" {
			d.Lines[i].Id = newID(c.tx, kindLine, prefixLine)
		}
	}
	return d
}
