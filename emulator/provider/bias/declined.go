package bias

import (
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
)

// Why an operation is not emulated.
const (
	whyInvoice   = "of an invoice's parameters and steps nothing is documented in public; one comes from the catalog, see GET and POST /_control/fixtures"
	whyAutomatic = "a payment method is made by the payment that first uses it, as is documented"
	whyLine      = "line items are shown in their checkout session, and changed by its update"
	whyDispute   = "no bank disputes a payment here"
	whyCredit    = "invoices are only read here, so that nothing could be credited"
	whyFiles     = "the emulator keeps no files"
	whyAddress   = "suggestions for addresses would need data that the emulator does not have"
)

// declined has the documented operations that are not emulated: methods, path, reason. The pages
// show objects and the calls of the SDK.
//
// Assumed: the paths, from the names of the calls.
var declined = [][3]string{
	{"POST", "/v1/invoices", whyInvoice},
	{"POST PATCH PUT DELETE", "/v1/invoices/{id}", whyInvoice},
	{"POST", "/v1/payment_methods", whyAutomatic},
	{"GET", "/v1/line_items", whyLine},
	{"GET", "/v1/line_items/{id}", whyLine},
	{"GET", "/v1/disputes", whyDispute},
	{"GET POST PATCH PUT", "/v1/disputes/{id}", whyDispute},
	{"GET POST", "/v1/credit_notes", whyCredit},
	{"GET POST PATCH PUT", "/v1/credit_notes/{id}", whyCredit},
	{"GET POST", "/v1/files", whyFiles},
	{"GET DELETE", "/v1/files/{id}", whyFiles},
	{"GET POST", "/v1/checkout/address/autocomplete", whyAddress},
}

// Declined implements api.Decliner.
func (b *Bias) Declined() []api.Declined {
	var out []api.Declined
	for _, d := range declined {
		for _, method := range strings.Fields(d[0]) {
			out = append(out, api.Declined{Method: method, Path: d[1], Reason: d[2]})
		}
	}
	return out
}
