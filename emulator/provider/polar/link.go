package polar

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// linkPrefix begins the secrets of checkout links.
const linkPrefix = "polar_cl_"

// link is a checkout link: whoever opens it gets a session of its own. It is replaced as a whole.
type link struct {
	ID                 string         `json:"id"`
	CreatedAt          string         `json:"created_at"`
	ModifiedAt         *string        `json:"modified_at,omitzero"`
	TrialInterval      *string        `json:"trial_interval,omitzero"`
	TrialIntervalCount *int64         `json:"trial_interval_count,omitzero"`
	Metadata           map[string]any `json:"metadata,omitzero"`
	Secret             string         `json:"client_secret"`
	SuccessURL         *string        `json:"success_url,omitzero"`
	ReturnURL          *string        `json:"return_url,omitzero"`
	Label              *string        `json:"label,omitzero"`
	AllowDiscountCodes bool           `json:"allow_discount_codes,omitzero"`
	RequireBilling     bool           `json:"require_billing_address,omitzero"`
	DiscountID         string         `json:"discount_id,omitzero"` // "": none
	OrganizationID     string         `json:"organization_id"`
	Products           []string       `json:"products"` // ids, in order
}

// linkSecretKey finds a link by its secret.
func linkSecretKey(secret string) string { return "secret:" + secret }

// Keys implements sandbox.Keyed.
func (l *link) Keys() []string { return []string{linkSecretKey(l.Secret)} }

// Listing implements sandbox.Listed.
func (l *link) Listing() sandbox.Listing {
	terms := termsOf(termOrganization, l.OrganizationID)
	for _, id := range l.Products {
		terms = append(terms, checkout.Term{Field: termProduct, Value: id})
	}
	return sandbox.Listing{Account: l.OrganizationID, Terms: terms}
}

// linkProduct is a product as links show it.
type linkProduct struct {
	checkoutProduct
	Metadata map[string]any `json:"metadata"`
}

// linkBody is Polar's CheckoutLink: the fields of every vintage.
type linkBody struct {
	ID                 string           `json:"id"`
	CreatedAt          string           `json:"created_at"`
	ModifiedAt         *string          `json:"modified_at"`
	TrialInterval      *string          `json:"trial_interval"`
	TrialIntervalCount *int64           `json:"trial_interval_count"`
	Metadata           map[string]any   `json:"metadata"`
	PaymentProcessor   string           `json:"payment_processor"`
	Secret             string           `json:"client_secret"`
	SuccessURL         *string          `json:"success_url"`
	ReturnURL          *string          `json:"return_url"`
	Label              *string          `json:"label"`
	AllowDiscountCodes bool             `json:"allow_discount_codes"`
	RequireBilling     bool             `json:"require_billing_address"`
	DiscountID         *string          `json:"discount_id"`
	Seats              *int64           `json:"seats"`
	Units              *int64           `json:"units"`
	OrganizationID     string           `json:"organization_id"`
	Products           []linkProduct    `json:"products"`
	Discount           *discountMinimal `json:"discount"`
	URL                string           `json:"url"`
	ProductID          string           `json:"product_id"`       // hidden, with what follows
	ProductPriceID     string           `json:"product_price_id"` // of the first price of the first product
	Product            linkProduct      `json:"product"`
	ProductPrice       price            `json:"product_price"`
}

// linkSubject is a checkout link with what it shows, at one instant. No event is about one.
type linkSubject struct {
	link     *link
	products []*product
	discount *discount
	path     string // of the links' own URLs, before their secret
}

func linkSubjectIn(tx *sandbox.Tx, r *api.Request, l *link) subject {
	sub := &linkSubject{link: l, path: linkPath(r)}
	for _, id := range l.Products {
		sub.products = append(sub.products, productIn(tx, id, l.OrganizationID))
	}
	sub.discount, _ = tx.Get(kindDiscount, l.DiscountID).(*discount)
	return sub
}

// linkPath is where links are opened: in the sandbox that they are in, as whoever opens one says nothing
// about that.
func linkPath(r *api.Request) string {
	if b := r.Sandbox.Name(); b != sandbox.Default {
		return "/s/" + b + "/" + name + "/v1/checkout-links/"
	}
	return "/" + name + "/v1/checkout-links/"
}

// data is Polar's CheckoutLink.
func (sub *linkSubject) data(_ *Polar, base string) json.RawMessage {
	l := sub.link
	body := linkBody{
		ID: l.ID, CreatedAt: l.CreatedAt, ModifiedAt: l.ModifiedAt, TrialInterval: l.TrialInterval, TrialIntervalCount: l.TrialIntervalCount,
		Metadata: metadata(l.Metadata), PaymentProcessor: "stripe", Secret: l.Secret, SuccessURL: l.SuccessURL, ReturnURL: l.ReturnURL,
		Label: l.Label, AllowDiscountCodes: l.AllowDiscountCodes, RequireBilling: l.RequireBilling, DiscountID: wire.OrNull(l.DiscountID),
		OrganizationID: l.OrganizationID, Discount: sub.discount.minimal(), URL: base + sub.path + l.Secret + "/redirect",
	}
	for _, pr := range sub.products {
		body.Products = append(body.Products, linkProduct{pr.checkoutProduct, metadata(pr.Metadata)})
	}
	body.Product, body.ProductID = body.Products[0], body.Products[0].ID
	if prices := body.Product.Prices; len(prices) > 0 {
		body.ProductPrice, body.ProductPriceID = prices[0], prices[0].ID
	}
	return wire.MustMarshal(body)
}

func (sub *linkSubject) note(eventType string) note { return note{title: eventType} }

// linkOrders are the orders of the list beside that of creation. Assumed: texts compare by their bytes.
func linkOrders() map[string]func(a, b any) int {
	texts := func(value func(*link) *string) func(a, b any) int {
		return func(a, b any) int { return nullsLast(value(a.(*link)), value(b.(*link)), compareText) }
	}
	return map[string]func(a, b any) int{
		"label":       texts(func(l *link) *string { return l.Label }),
		"success_url": texts(func(l *link) *string { return l.SuccessURL }),
		"allow_discount_codes": func(a, b any) int {
			return compareText(strconv.FormatBool(a.(*link).AllowDiscountCodes), strconv.FormatBool(b.(*link).AllowDiscountCodes))
		},
	}
}

// leaveLinks takes an archived product from the links that offer it; those that have no other are gone.
//
// Source: CheckoutLinkRepository.archive_product.
func leaveLinks(tx *sandbox.Tx, productID string) {
	of := objectList{kind: kindLink}
	of.where(termProduct, []string{productID})
	offering, _, _ := of.read(tx) // without cursors it cannot fail
	for _, v := range offering {
		l := *v.(*link)
		l.Products = slices.DeleteFunc(slices.Clone(l.Products), func(id string) bool { return id == productID })
		if len(l.Products) == 0 {
			tx.Drop(kindLink, l.ID)
			continue
		}
		tx.Put(kindLink, l.ID, &l)
	}
}
