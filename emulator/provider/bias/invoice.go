package bias

import (
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// invoice is an invoice on the wire. Customer may hold an expanded customer.
//
// Source: biaspay.com/docs, invoices, of the later generation, for amount_due and amount_paid: the first
// does not decrease as payments are made.
// Assumed: the rest; of the target generation invoices are documented by name only.
type invoice struct {
	Object     string            `json:"object"`
	ID         string            `json:"id"`
	Live       bool              `json:"live"`
	CreatedAt  int64             `json:"created_at"`
	Amount     int64             `json:"amount"`
	AmountDue  int64             `json:"amount_due"`
	AmountPaid int64             `json:"amount_paid"`
	Customer   any               `json:"customer"`
	Metadata   map[string]string `json:"metadata"`
}

// Listing implements sandbox.Listed.
func (i *invoice) Listing() sandbox.Listing {
	customer, _ := i.Customer.(string)
	return listing(filterCustomer, customer)
}

func (i *invoice) created() (string, int64) { return i.ID, i.CreatedAt }

// payInvoice notes that something of an invoice was paid, and returns that as an event.
func payInvoice(tx *sandbox.Tx, id string, amount int64) []happening {
	old, _ := tx.Get(kindInvoice, id).(*invoice)
	if old == nil {
		return nil
	}
	next := *old
	next.AmountPaid += amount
	tx.Put(kindInvoice, id, &next)
	return []happening{{eventInvoiceUpdated, id, &subject{Invoice: &next, PreviousInvoice: old}}}
}
