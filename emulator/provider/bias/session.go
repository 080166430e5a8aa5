package bias

import (
	"encoding/json"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// currency of every session. Amounts are cents; sessions of the target generation have no currency.
//
// Source: a fixture of @biaspay/elements shows USD.
const currency = "usd"

// Words of a session.
//
// Source: docs.biaspay.com for the first and the third, @biaspay/elements for the second.
const (
	modePayment = "payment"
	modeSetup   = "setup"
	labelAuto   = "auto"
)

// detail is what only this dialect knows of a session.
type detail struct {
	Mode        string          `json:"mode,omitzero"`
	SubmitLabel string          `json:"submit_label,omitzero"`
	Invoice     string          `json:"invoice,omitzero"` // id, "" for none
	Lines       []line          `json:"lines,omitzero"`   // nil: the session was not made from lines
	Details     customerDetails `json:"details,omitzero"`
	Payments    []string        `json:"payments,omitzero"`  // ids, the latest last
	Collected   int64           `json:"collected,omitzero"` // cents
	PaysWith    *paymentMethod  `json:"pays_with,omitzero"` // sent with the payment that is being made; nil: not said

	Methods  []string         `json:"methods,omitzero"` // of payment that are offered; nil: not said
	Dual     *dualPricing     `json:"dual,omitzero"`
	Shipping *shippingDetails `json:"shipping,omitzero"`
	Billing  *billingDetails  `json:"billing,omitzero"`
}

func detailOf(s *checkout.Session) *detail { return s.Detail.(*detail) }

// line is a line item. The price's amount is the one of the moment at which the line was made.
type line struct {
	Id       string `json:"id,omitzero"`
	Price    string `json:"price,omitzero"` // id
	Unit     int64  `json:"unit,omitzero"`  // cents
	Quantity int64  `json:"quantity,omitzero"`
}

// checkoutSession is a session on the wire, in the order of the documented sample. The members with
// omitempty and omitzero are of the later generation; their order is that of a fixture of
// @biaspay/elements.
//
// Source: docs.biaspay.com, "The CheckoutSession object".
// Assumed: the place of shipping_details and billing_details, at the end.
type checkoutSession struct {
	Object             string                          `json:"object"`
	ID                 string                          `json:"id"`
	Live               bool                            `json:"live"`
	CreatedAt          int64                           `json:"created_at"`
	Amount             int64                           `json:"amount"`
	AmountCollected    int64                           `json:"amount_collected"`
	Currency           string                          `json:"currency,omitempty"`
	DualPricing        wire.Optional[*dualPricing]     `json:"dual_pricing,omitzero"`
	ClientDetails      wire.Optional[*struct{}]        `json:"client_details,omitzero"`
	ClientSecret       string                          `json:"client_secret"`
	Customer           any                             `json:"customer"`
	CustomerDetails    customerDetails                 `json:"customer_details"`
	Payments           []paymentObject                 `json:"payments"`
	Invoice            any                             `json:"invoice"`
	LineItems          []lineItem                      `json:"line_items"`
	Metadata           map[string]any                  `json:"metadata"`
	Mode               string                          `json:"mode"`
	PaymentMethodTypes []string                        `json:"payment_method_types,omitempty"`
	Status             string                          `json:"status"`
	SubmitLabel        string                          `json:"submit_label"`
	ShippingDetails    wire.Optional[*shippingDetails] `json:"shipping_details,omitzero"`
	BillingDetails     wire.Optional[*billingDetails]  `json:"billing_details,omitzero"`
}

type customerDetails struct {
	Email *string `json:"email"`
	Name  *string `json:"name"`
	Phone *string `json:"phone"`
}

// lineItem is a line on the wire. Price is an id or a price.
//
// Source: docs.biaspay.com, the sample of "update", and biaspay.com/docs, line items.
// Assumed: which of the later generation's members the target generation has.
type lineItem struct {
	Object   string `json:"object"`
	ID       string `json:"id"`
	Price    any    `json:"price"`
	Quantity int64  `json:"quantity"`
	Subtotal int64  `json:"subtotal"`
	Total    int64  `json:"total"`
}

// dualPricing is a percentage that payment by card costs more.
//
// Source: @biaspay/elements.
type dualPricing struct {
	Rate float64 `json:"rate"`
}

type address struct {
	City       *string `json:"city"`
	Country    *string `json:"country"`
	Line1      *string `json:"line1"`
	Line2      *string `json:"line2"`
	PostalCode *string `json:"postal_code"`
	State      *string `json:"state"`
}

type shippingDetails struct {
	Name    *string `json:"name"`
	Phone   *string `json:"phone"`
	Address address `json:"address"`
}

// billingDetails are those of a payment method or of a session.
//
// Source: docs.biaspay.com, payment methods, the sample.
type billingDetails struct {
	Address address `json:"address"`
	Name    *string `json:"name"`
}

// shown says how sessions are answered.
type shown struct {
	expand expansion
	client bool // to the browser of the customer, who sees the payments
}

// bodies returns sessions as the caller sees them.
func (b *Bias) bodies(r *api.Request, recs []*sandbox.Record, as shown) []json.RawMessage {
	out := make([]json.RawMessage, len(recs))
	if as.expand == nil && !as.client {
		for i, rec := range recs {
			out[i] = rec.Body(sandbox.Private, sandbox.RenderKey{}, func() json.RawMessage {
				return wire.MustMarshal(b.newCheckoutSession(&rec.Session))
			})
		}
		return out
	}
	objects := make([]checkoutSession, len(recs))
	r.Sandbox.View(func(tx *sandbox.Tx) {
		x := &expander{b: b, tx: tx}
		for i, rec := range recs {
			objects[i] = x.session(rec, as)
		}
	})
	for i := range objects {
		out[i] = wire.MustMarshal(objects[i])
	}
	return out
}

func (b *Bias) body(r *api.Request, rec *sandbox.Record, as shown) json.RawMessage {
	return b.bodies(r, []*sandbox.Record{rec}, as)[0]
}

// newCheckoutSession returns a session with nothing expanded.
func (b *Bias) newCheckoutSession(s *checkout.Session) checkoutSession {
	d := detailOf(s)
	out := checkoutSession{
		Object:          "checkout_session",
		ID:              s.ID,
		CreatedAt:       s.CreatedAt.UnixMilli(),
		Amount:          s.Amount,
		AmountCollected: d.Collected,
		ClientSecret:    s.ClientSecret,
		Customer:        orNull(s.Customer.ID),
		CustomerDetails: d.Details,
		Invoice:         orNull(d.Invoice),
		Metadata:        s.Metadata,
		Mode:            d.Mode,
		Status:          b.Status(s.Status),
		SubmitLabel:     d.SubmitLabel,
	}
	if d.Lines != nil {
		out.LineItems = make([]lineItem, len(d.Lines))
		for i, l := range d.Lines {
			out.LineItems[i] = newLineItem(l)
		}
	}
	if b.b3 {
		out.Currency = "USD"
		out.DualPricing = wire.Some(d.Dual)
		out.ClientDetails.Set = true
		out.PaymentMethodTypes = d.Methods
		out.ShippingDetails, out.BillingDetails = wire.Some(d.Shipping), wire.Some(d.Billing)
	}
	return out
}

// Assumed: subtotal and total are the price times the quantity; there are no discounts and taxes.
func newLineItem(l line) lineItem {
	total := l.Unit * l.Quantity
	return lineItem{Object: "line_item", ID: l.Id, Price: orNull(l.Price), Quantity: l.Quantity, Subtotal: total, Total: total}
}

// orNull returns nil for the empty string, which is how absent text is kept.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// fieldIs is the one filter by which lists find sessions. Its values are the facts of a session, as
// field=value, so that a condition on any field is a value of the same filter: see [plan].
const fieldIs = "is"

// Fields of filters.
const (
	filterStatus    = "status"
	filterMode      = "mode"
	filterCustomer  = "customer"
	filterInvoice   = "invoice"
	filterLive      = "live"
	filterCreatedAt = "created_at"
)

func fact(field, value string) string { return field + "=" + value }

// index lists the facts by which lists find a session. No value is the empty one.
func (b *Bias) index(s *checkout.Session) (terms []checkout.Term, search string) {
	d := detailOf(s)
	return []checkout.Term{
		{Field: fieldIs, Value: fact(filterStatus, b.Status(s.Status))},
		{Field: fieldIs, Value: fact(filterMode, d.Mode)},
		{Field: fieldIs, Value: fact(filterCustomer, s.Customer.ID)},
		{Field: fieldIs, Value: fact(filterInvoice, d.Invoice)},
	}, ""
}
