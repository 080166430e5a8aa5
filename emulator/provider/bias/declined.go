package bias

import (
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
)

// Why an operation is not emulated.
const (
	whyCatalog  = "it comes from the catalog, see GET and POST /_control/fixtures, and has no operations yet"
	whyPayment  = "the emulator keeps payments inside their checkout session; get it with expand[payments]=true"
	whyOutside  = "it is not part of a checkout"
	whyAddress  = "suggestions for addresses would need data that the emulator does not have"
	whySecretly = "only a browser pays, with the session's client secret as key; a test pays with POST /_control/sessions/{id}/pay"
)

// declined has the documented operations that are not emulated: methods, path, reason. The pages
// show objects and the calls of the SDK.
//
// Assumed: the paths, from the names of the calls.
var declined = [][3]string{
	{"GET POST", "/v1/customers", whyCatalog},
	{"GET POST PATCH PUT DELETE", "/v1/customers/{id}", whyCatalog},
	{"GET POST", "/v1/products", whyCatalog},
	{"GET POST PATCH PUT DELETE", "/v1/products/{id}", whyCatalog},
	{"GET POST", "/v1/prices", whyCatalog},
	{"GET POST PATCH PUT DELETE", "/v1/prices/{id}", whyCatalog},
	{"GET POST", "/v1/invoices", whyCatalog},
	{"GET POST PATCH PUT DELETE", "/v1/invoices/{id}", whyCatalog},
	{"GET", "/v1/payments", whyPayment},
	{"GET POST PATCH PUT", "/v1/payments/{id}", whyPayment},
	{"GET POST", "/v1/payment_methods", whyPayment},
	{"GET POST PATCH PUT", "/v1/payment_methods/{id}", whyPayment},
	{"GET", "/v1/line_items", whyPayment},
	{"GET", "/v1/line_items/{id}", whyPayment},
	{"GET POST", "/v1/refunds", whyOutside},
	{"GET POST PATCH PUT", "/v1/refunds/{id}", whyOutside},
	{"GET", "/v1/disputes", whyOutside},
	{"GET POST PATCH PUT", "/v1/disputes/{id}", whyOutside},
	{"GET POST", "/v1/discounts", whyOutside},
	{"GET POST PATCH PUT DELETE", "/v1/discounts/{id}", whyOutside},
	{"GET POST", "/v1/credit_notes", whyOutside},
	{"GET POST PATCH PUT", "/v1/credit_notes/{id}", whyOutside},
	{"GET POST", "/v1/files", whyOutside},
	{"GET DELETE", "/v1/files/{id}", whyOutside},
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
