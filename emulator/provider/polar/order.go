package polar

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Reasons of orders.
const (
	reasonPurchase           = "purchase"
	reasonSubscriptionCreate = "subscription_create"
	reasonSubscriptionCycle  = "subscription_cycle"  // a renewal, also the first one after a trial
	reasonSubscriptionUpdate = "subscription_update" // an upgrade, or another product that is billed at once
)

// Statuses of orders.
const (
	orderPending           = "pending"
	orderPaid              = "paid"
	orderPartiallyRefunded = "partially_refunded"
	orderRefunded          = "refunded"
)

// order is what a successful session or a subscription's new period leaves. It is replaced as a whole.
type order struct {
	ID             string         `json:"id,omitzero"`
	CreatedAt      time.Time      `json:"created_at,omitzero"`
	ModifiedAt     time.Time      `json:"modified_at,omitzero"`            // zero: never
	Pending        bool           `json:"pending,omitzero"`                // not paid yet
	Balance        int64          `json:"applied_balance_amount,omitzero"` // of the customer; negative lowers what is due
	Refunded       int64          `json:"refunded_amount,omitzero"`        // before tax
	RefundedTax    int64          `json:"refunded_tax_amount,omitzero"`
	BillingReason  string         `json:"billing_reason,omitzero"`
	Amounts        amounts        `json:"amounts,omitzero"`
	Currency       string         `json:"currency,omitzero"`
	BillingName    *string        `json:"billing_name,omitzero"`
	BillingAddress *address       `json:"billing_address,omitzero"`
	InvoiceNumber  string         `json:"invoice_number,omitzero"`
	OrganizationID string         `json:"organization_id,omitzero"`
	CustomerID     string         `json:"customer_id,omitzero"`
	ProductID      string         `json:"product_id,omitzero"`
	Price          price          `json:"price,omitzero"` // of the first item
	Items          []orderItem    `json:"items,omitzero"`
	DiscountID     string         `json:"discount_id,omitzero"`     // "": none
	SubscriptionID string         `json:"subscription_id,omitzero"` // "": none
	CheckoutID     string         `json:"checkout_id,omitzero"`
	Metadata       map[string]any `json:"metadata,omitzero"`
	CustomFields   map[string]any `json:"custom_fields,omitzero"`
}

// orderItem is one line of an order.
//
// Assumed: what a checkout session sells covers no period, also where it is a subscription's first.
type orderItem struct {
	ID             string  `json:"id"`
	CreatedAt      string  `json:"created_at"`
	ModifiedAt     *string `json:"modified_at"`
	Label          string  `json:"label"`
	Amount         int64   `json:"amount"` // before discount and tax
	TaxAmount      int64   `json:"tax_amount"`
	Proration      bool    `json:"proration"`
	ProductPriceID *string `json:"product_price_id"`
	StartTimestamp *string `json:"start_timestamp"` // of the period that it covers; with the next since September 2026
	EndTimestamp   *string `json:"end_timestamp"`
}

// status is Polar's word for where the order stands.
//
// Source: Order.update_refunds in polar/models/order.py.
func (o *order) status() string {
	switch {
	case o.Pending:
		return orderPending
	case o.Refunded == 0:
		return orderPaid
	case o.Refunded >= o.Amounts.Net+o.Balance:
		return orderRefunded
	}
	return orderPartiallyRefunded
}

// due is what the customer had to pay.
func (o *order) due() int64 { return max(0, o.Amounts.Total+o.Balance) }

// refundable is what can still be given back, before tax.
func (o *order) refundable() int64 { return max(0, o.Amounts.Net+o.Balance-o.Refunded) }

// refundableTax is the tax that goes with all that can still be given back.
func (o *order) refundableTax() int64 { return max(0, pointed(o.Amounts.Tax)-o.RefundedTax) }

// Filters of the lists of what sessions leave, beside those of the sessions.
const (
	termBillingType  = "product_billing_type"
	termDiscount     = "discount_id"
	termCheckout     = "checkout_id"
	termSubscription = "subscription_id"
	termOrder        = "order_id"
	termStatus       = "status"
)

// Listing implements sandbox.Listed. A subscription's product recurs, and no other.
func (o *order) Listing() sandbox.Listing {
	billing := priceOneTime
	if o.SubscriptionID != "" {
		billing = priceRecurs
	}
	return sandbox.Listing{Account: o.OrganizationID, Terms: append(termsOf(
		termOrganization, o.OrganizationID, termProduct, o.ProductID, termBillingType, billing, termDiscount, o.DiscountID,
		termCustomer, o.CustomerID, termCheckout, o.CheckoutID, termSubscription, o.SubscriptionID, termStatus, o.status(),
	), metadataTerms(o.Metadata)...)}
}

// newOrder makes the order of a session that has been paid.
//
// Source: OrderService._create_order_from_checkout.
func newOrder(tx *sandbox.Tx, s *checkout.Session, d *detail, sel selected, reason, subscriptionID string) *order {
	made := &order{
		ID: tx.UUID("polar.order"), CreatedAt: tx.Now(), BillingReason: reason, Amounts: d.Amounts, Currency: s.Currency,
		OrganizationID: d.OrganizationID, CustomerID: s.Customer.ID, ProductID: d.ProductID, Price: *sel.price,
		DiscountID: d.DiscountID, SubscriptionID: subscriptionID, CheckoutID: s.ID, Metadata: s.Metadata, CustomFields: d.CustomFields,
	}
	if !d.TrialEnd.IsZero() && subscriptionID != "" {
		made.onTrial(tx, sel.product, d.TrialEnd)
		made.bill(tx)
		return made
	}
	for _, pr := range sel.sold(s.Currency) {
		amount := pr.Amount.Value
		if pr.AmountType == priceCustom {
			amount = d.Amounts.Amount
		}
		made.Items = append(made.Items, orderItem{
			ID: tx.UUID("polar.order_item"), CreatedAt: wire.Micros(tx.Now()), Label: sel.product.Name, Amount: amount,
			ProductPriceID: wire.OrNull(pr.ID),
		})
	}
	made.bill(tx)
	return made
}

// onTrial makes it the order of a trial, which costs nothing.
//
// Source: OrderService.create_trial_order and OrderItem.from_trial.
func (o *order) onTrial(tx *sandbox.Tx, pr *product, end time.Time) {
	o.Amounts, o.DiscountID = amounts{Tax: new(int64)}, ""
	o.Items = []orderItem{{
		ID: tx.UUID("polar.order_item"), CreatedAt: wire.Micros(tx.Now()),
		Label: "Trial period for " + pr.Name + " (" + shortDate(tx.Now()) + " - " + shortDate(end) + ")",
	}}
}

// shortDate writes a day as American English does.
func shortDate(t time.Time) string { return t.UTC().Format("Jan 2, 2006") }

// bill addresses a new order to its customer, numbers its invoice, and keeps it.
func (o *order) bill(tx *sandbox.Tx) {
	if c, _ := tx.Get(kindCustomer, o.CustomerID).(*customer); c != nil {
		billed := *c
		billed.invoices++
		tx.Put(kindCustomer, c.ID, &billed)
		o.BillingName, o.BillingAddress = or(c.BillingName, c.Name), c.BillingAddress
		o.InvoiceNumber = invoiceNumber(organizationOf(tx, o.OrganizationID), &billed)
	}
	tx.Put(kindOrder, o.ID, o)
}

// sold are the prices that are charged: those in the session's currency.
func (sel selected) sold(currency string) []price {
	if in, _ := pricesIn(sel.prices, currency); len(in) > 0 {
		return in
	}
	return []price{*sel.price}
}

// invoiceNumber names the customer's latest invoice.
//
// Source: OrganizationService.get_next_invoice_number with the default numbering, by customer.
// Assumed: the customer's short id is made of its id here.
func invoiceNumber(o *organization, c *customer) string {
	short := []byte("AAAAAAAA")
	for i := range short {
		if digit := strings.IndexByte("0123456789abcdef", c.ID[i]); digit >= 0 {
			short[i] = "ABCDEFGHIJKLMNOP"[digit]
		}
	}
	return fmt.Sprintf("%s-%s-%04d", strings.ToUpper(o.Slug), short, c.invoices)
}

// orderBody is Polar's Order: the fields of every vintage.
type orderBody struct {
	ID                   string            `json:"id"`
	CreatedAt            string            `json:"created_at"`
	ModifiedAt           *string           `json:"modified_at"`
	CustomFieldData      map[string]any    `json:"custom_field_data"`
	Metadata             map[string]any    `json:"metadata"`
	Status               string            `json:"status"`
	Paid                 bool              `json:"paid"`
	SubtotalAmount       int64             `json:"subtotal_amount"`
	DiscountAmount       int64             `json:"discount_amount"`
	NetAmount            int64             `json:"net_amount"`
	TaxAmount            int64             `json:"tax_amount"`
	TotalAmount          int64             `json:"total_amount"`
	AppliedBalanceAmount int64             `json:"applied_balance_amount"`
	DueAmount            int64             `json:"due_amount"`
	RefundedAmount       int64             `json:"refunded_amount"`
	RefundedTaxAmount    int64             `json:"refunded_tax_amount"`
	Currency             string            `json:"currency"`
	BillingReason        string            `json:"billing_reason"`
	BillingName          *string           `json:"billing_name"`
	BillingAddress       *address          `json:"billing_address"`
	InvoiceNumber        *string           `json:"invoice_number"`
	IsInvoiceGenerated   bool              `json:"is_invoice_generated"`
	ReceiptNumber        *string           `json:"receipt_number"`
	Seats                *int64            `json:"seats"`
	Units                *int64            `json:"units"`
	CustomerID           string            `json:"customer_id"`
	ProductID            string            `json:"product_id"`
	ProductPriceID       string            `json:"product_price_id"` // hidden
	DiscountID           *string           `json:"discount_id"`
	SubscriptionID       *string           `json:"subscription_id"`
	CheckoutID           *string           `json:"checkout_id"`
	NextPaymentAttemptAt *string           `json:"next_payment_attempt_at"`
	PlatformFeeAmount    int64             `json:"platform_fee_amount"`
	PlatformFeeCurrency  *string           `json:"platform_fee_currency"`
	Customer             customer          `json:"customer"`
	UserID               string            `json:"user_id"` // hidden, the older customer_id
	User                 userBody          `json:"user"`    // hidden, the older customer
	Product              productBase       `json:"product"`
	ProductPrice         price             `json:"product_price"` // hidden
	Discount             *discountMinimal  `json:"discount"`
	Subscription         *subscriptionBase `json:"subscription"`
	Items                []orderItem       `json:"items"`
	Description          string            `json:"description"`
	Amount               int64             `json:"amount"`              // hidden, the older name of net_amount
	FromBalanceAmount    int64             `json:"from_balance_amount"` // hidden
	RefundableAmount     int64             `json:"refundable_amount"`
	RefundableTaxAmount  int64             `json:"refundable_tax_amount"`
}

// orderSubject is an order with what it shows, at one instant.
type orderSubject struct {
	order        *order
	customer     *customer
	product      *product
	discount     *discount
	subscription *subscription // nil: none
	organization *organization
}

func orderIn(tx *sandbox.Tx, o *order) *orderSubject {
	sub, _ := tx.Get(kindSubscription, o.SubscriptionID).(*subscription)
	found, _ := tx.Get(kindDiscount, o.DiscountID).(*discount)
	return &orderSubject{
		order: o, customer: customerIn(tx, o.CustomerID, o.OrganizationID), product: productIn(tx, o.ProductID, o.OrganizationID),
		discount: found, subscription: sub, organization: organizationOf(tx, o.OrganizationID),
	}
}

// data is Polar's Order. The fee is taken later, when the payment is in the books.
func (sub *orderSubject) data(*Polar, string) json.RawMessage {
	o, a, c := sub.order, sub.order.Amounts, sub.customer.shown()
	body := orderBody{
		ID: o.ID, CreatedAt: wire.Micros(o.CreatedAt), ModifiedAt: moment(o.ModifiedAt), CustomFieldData: metadata(o.CustomFields),
		Metadata: metadata(o.Metadata), Status: o.status(), Paid: !o.Pending, SubtotalAmount: a.Amount, DiscountAmount: a.Discount,
		NetAmount: a.Net, TaxAmount: pointed(a.Tax), TotalAmount: a.Total, AppliedBalanceAmount: o.Balance, DueAmount: o.due(),
		RefundedAmount: o.Refunded, RefundedTaxAmount: o.RefundedTax, Currency: o.Currency, BillingReason: o.BillingReason, BillingName: o.BillingName,
		BillingAddress: o.BillingAddress, InvoiceNumber: wire.OrNull(o.InvoiceNumber), CustomerID: o.CustomerID, ProductID: o.ProductID,
		ProductPriceID: o.Price.ID, DiscountID: wire.OrNull(o.DiscountID), SubscriptionID: wire.OrNull(o.SubscriptionID),
		CheckoutID: wire.OrNull(o.CheckoutID), Customer: c, UserID: o.CustomerID, User: sub.customer.user(), Product: sub.product.base(),
		ProductPrice: o.Price, Discount: sub.discount.minimal(), Items: o.Items, Description: sub.product.Name,
		Amount: a.Net, FromBalanceAmount: o.Balance, RefundableAmount: o.refundable(), RefundableTaxAmount: o.refundableTax(),
	}
	if sub.subscription != nil {
		body.Subscription = sub.subscription.base()
	}
	return wire.MustMarshal(body)
}
