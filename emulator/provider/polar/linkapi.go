package polar

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

func compareText(a, b string) int { return strings.Compare(a, b) }

// linkQuery are the parameters of the list of checkout links.
type linkQuery struct {
	pageQuery
	Product []string `json:"product_id"`
	Sorting []string `json:"sorting"`
}

func (p *Polar) listCheckoutLinks(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[linkQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	l := p.newList(r, kindLink, in.pageQuery)
	l.whereIDs(termProduct, in.Product)
	l.sortBy(orElse(in.Sorting, "created_at"), linkOrders())
	return p.answerList(r, l, func(*sandbox.Tx) {}, func(tx *sandbox.Tx, v any) subject { return linkSubjectIn(tx, r, v.(*link)) })
}

// ownLink returns the link of the path.
func (p *Polar) ownLink(tx *sandbox.Tx, r *api.Request) (*link, error) {
	l, _ := tx.Get(kindLink, canonicalUUID(r.Param("id"))).(*link)
	if l == nil || organizationOf(tx, l.OrganizationID).blocked() {
		return nil, &checkout.Error{Code: checkout.CodeNotFound, Message: "no checkout link " + r.Param("id")}
	}
	return l, nil
}

func (p *Polar) getCheckoutLink(_ context.Context, r *api.Request) (api.Response, error) {
	return p.answerOne(r, func(tx *sandbox.Tx) (subject, error) {
		l, err := p.ownLink(tx, r)
		if err != nil {
			return nil, err
		}
		return linkSubjectIn(tx, r, l), nil
	})
}

// linkInput is what creates or changes a checkout link, in the order of Polar's models. In an update what is
// absent stays.
type linkInput struct {
	Metadata           map[string]any        `json:"metadata"`
	TrialInterval      wire.Optional[string] `json:"trial_interval"`
	TrialIntervalCount wire.Optional[int64]  `json:"trial_interval_count"`
	PaymentProcessor   string                `json:"payment_processor"` // stripe
	Label              wire.Optional[string] `json:"label"`
	AllowDiscountCodes *bool                 `json:"allow_discount_codes"`
	RequireBilling     *bool                 `json:"require_billing_address"`
	DiscountID         wire.Optional[string] `json:"discount_id"`
	Seats              *int64                `json:"seats"`
	Units              *int64                `json:"units"`
	SuccessURL         wire.Optional[string] `json:"success_url"`
	ReturnURL          wire.Optional[string] `json:"return_url"`
	Products           []string              `json:"products"`
	ProductID          string                `json:"product_id"`
	ProductPriceID     string                `json:"product_price_id"`
}

func (p *Polar) createCheckoutLink(_ context.Context, r *api.Request) (api.Response, error) {
	return written(p, r, http.StatusCreated, func(tx *sandbox.Tx, in *linkInput) (subject, error) {
		products, err := p.linkedFirst(tx, in, r.Variant)
		if err != nil {
			return nil, err
		}
		l := &link{
			ID: tx.UUID("polar.checkout_link"), CreatedAt: wire.Micros(tx.Now()), Secret: newToken(tx, linkPrefix), AllowDiscountCodes: true,
			OrganizationID: products[0].OrganizationID,
		}
		if err := in.on(tx, l, products); err != nil {
			return nil, err
		}
		tx.Put(kindLink, l.ID, l)
		return linkSubjectIn(tx, r, l), nil
	})
}

// linkedFirst finds the products of a new link, in whichever shape they are named.
//
// Source: CheckoutLinkService.create: a product by its own id is reported as the first of several.
func (p *Polar) linkedFirst(tx *sandbox.Tx, in *linkInput, variant string) ([]*product, error) {
	switch variant {
	case "CheckoutLinkCreateProductPrice":
		off, err := p.offeredPrice(tx, in.ProductPriceID)
		if err != nil {
			return nil, err
		}
		if off.product.Visibility == visibilityDraft {
			return nil, refuse(breach("value_error", "Product is a draft.", canonicalUUID(in.ProductPriceID), "product_price_id"))
		}
		return []*product{off.product}, nil
	case "CheckoutLinkCreateProduct":
		return p.linked(tx, []string{in.ProductID})
	}
	return p.linked(tx, in.Products)
}

// linked finds the products of a link.
func (p *Polar) linked(tx *sandbox.Tx, productIDs []string) ([]*product, error) {
	var products []*product
	var faults []checkout.Violation
	for i, id := range productIDs {
		pr, fault := p.sellable(tx, id, "products", i)
		if fault != nil {
			faults = append(faults, *fault)
			continue
		}
		products = append(products, pr)
	}
	if slices.ContainsFunc(products, func(pr *product) bool { return pr.OrganizationID != products[0].OrganizationID }) {
		faults = append(faults, breach("value_error", "Products must all belong to the same organization.", productIDs, "products"))
	}
	if len(faults) > 0 {
		return nil, refuse(faults...)
	}
	return products, nil
}

// on puts what was sent into a link; products are nil where they stay.
func (in *linkInput) on(tx *sandbox.Tx, l *link, products []*product) error {
	if products != nil {
		l.Products = nil
		for _, pr := range products {
			l.Products = append(l.Products, pr.ID)
		}
	}
	if err := in.discount(tx, l); err != nil {
		return err
	}
	if in.Seats != nil {
		return refuse(breach("value_error", "Seats can only be preconfigured when all products use seat-based pricing.", *in.Seats, "seats"))
	}
	if in.Units != nil {
		return refuse(breach("value_error", "Units can only be preconfigured when all products use unit-based pricing.", *in.Units, "units"))
	}
	if in.Metadata != nil {
		l.Metadata = in.Metadata
	}
	if in.TrialInterval.Set || in.TrialIntervalCount.Set {
		l.TrialInterval, l.TrialIntervalCount = in.TrialInterval.Ptr(), in.TrialIntervalCount.Ptr()
	}
	if in.Label.Set {
		l.Label = in.Label.Ptr()
	}
	if in.AllowDiscountCodes != nil {
		l.AllowDiscountCodes = *in.AllowDiscountCodes
	}
	if in.RequireBilling != nil {
		l.RequireBilling = *in.RequireBilling
	}
	if in.SuccessURL.Set {
		l.SuccessURL = normalURLOf(in.SuccessURL.Ptr())
	}
	if in.ReturnURL.Set {
		l.ReturnURL = normalURLOf(in.ReturnURL.Ptr())
	}
	return nil
}

func normalURLOf(text *string) *string {
	if text == nil {
		return nil
	}
	kept := normalURL(*text)
	return &kept
}

// discount sets the discount of a link, which must fit all of its products; null takes it away.
func (in *linkInput) discount(tx *sandbox.Tx, l *link) error {
	if !in.DiscountID.Has() {
		if in.DiscountID.Set {
			l.DiscountID = ""
		}
		return nil
	}
	id := canonicalUUID(in.DiscountID.Value)
	d, _ := tx.Get(kindDiscount, id).(*discount)
	fits := func(productID string) bool {
		return len(d.Products) == 0 || slices.ContainsFunc(d.Products, func(pr productBase) bool { return pr.ID == productID })
	}
	if d == nil || d.DeletedAt != "" || d.OrganizationID != l.OrganizationID ||
		slices.ContainsFunc(l.Products, func(productID string) bool { return !fits(productID) }) {
		return refuse(breach("value_error", "Discount does not exist or is not applicable to this product.", id, "discount_id"))
	}
	l.DiscountID = id
	return nil
}

// updateCheckoutLink changes a link. One that offers nothing that recurs any more has no trial either.
//
// Source: CheckoutLinkService.update. Assumed: where null makes no sense it changes nothing; the real service
// fails.
func (p *Polar) updateCheckoutLink(_ context.Context, r *api.Request) (api.Response, error) {
	return written(p, r, http.StatusOK, func(tx *sandbox.Tx, in *linkInput) (subject, error) {
		old, err := p.ownLink(tx, r)
		if err != nil {
			return nil, err
		}
		l := *old
		now := wire.Micros(tx.Now())
		l.ModifiedAt = &now
		var products []*product
		if in.Products != nil {
			if products, err = p.linked(tx, in.Products); err != nil {
				return nil, err
			}
			if products[0].OrganizationID != l.OrganizationID {
				return nil, refuse(breach("value_error", "Products don't belong to the checkout link's organization.", in.Products, "products"))
			}
			if !slices.ContainsFunc(products, func(pr *product) bool { return pr.IsRecurring }) {
				l.TrialInterval, l.TrialIntervalCount = nil, nil
			}
		}
		if err := in.on(tx, &l, products); err != nil {
			return nil, err
		}
		tx.Put(kindLink, l.ID, &l)
		return linkSubjectIn(tx, r, &l), nil
	})
}

// deleteCheckoutLink deletes a link. The sessions that it has made go on.
func (p *Polar) deleteCheckoutLink(_ context.Context, r *api.Request) (api.Response, error) {
	return deleted(r, func(tx *sandbox.Tx) error {
		l, err := p.ownLink(tx, r)
		if err == nil {
			tx.Drop(kindLink, l.ID)
		}
		return err
	})
}
