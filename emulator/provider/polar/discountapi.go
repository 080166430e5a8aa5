package polar

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Events of discounts.
const (
	eventDiscountCreated = "discount.created"
	eventDiscountUpdated = "discount.updated"
	eventDiscountDeleted = "discount.deleted"
)

// Listing implements sandbox.Listed. A deleted discount is in no list.
func (d *discount) Listing() sandbox.Listing {
	live := "true"
	if d.DeletedAt != "" {
		live = "false"
	}
	terms := termsOf(termOrganization, d.OrganizationID, termLive, live)
	for _, pr := range d.Products {
		terms = append(terms, checkout.Term{Field: termProduct, Value: pr.ID})
	}
	return sandbox.Listing{Account: d.OrganizationID, Terms: terms}
}

// discountBody is Polar's Discount.
type discountBody struct {
	discountMinimal
	Products []productBase `json:"products"`
}

// discountSubject is a discount with its products, at one instant.
type discountSubject struct {
	discount     *discount
	products     []*product // nil where one has left the catalog
	organization *organization
}

func discountSubjectIn(tx *sandbox.Tx, d *discount) subject {
	sub := &discountSubject{discount: d, organization: organizationOf(tx, d.OrganizationID)}
	for _, pr := range d.Products {
		found, _ := tx.Get(kindProduct, pr.ID).(*product)
		sub.products = append(sub.products, found)
	}
	return sub
}

// data is Polar's Discount, with the products as they are by now.
func (sub *discountSubject) data(*Polar, string) json.RawMessage {
	body := discountBody{discountMinimal: *sub.discount.minimal(), Products: []productBase{}}
	for i, pr := range sub.products {
		base := sub.discount.Products[i]
		if pr != nil {
			base = pr.base()
		}
		body.Products = append(body.Products, base)
	}
	return wire.MustMarshal(body)
}

func (sub *discountSubject) note(eventType string) note {
	return plainNote(eventType, sub.discount.ID, sub.organization)
}

// discountQuery are the parameters of the list of discounts.
type discountQuery struct {
	pageQuery
	Query   string   `json:"query"`
	Sorting []string `json:"sorting"`
}

// listDiscounts searches names as they are written and codes in any case.
func (p *Polar) listDiscounts(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[discountQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	l := p.newList(r, kindDiscount, in.pageQuery)
	l.where(termLive, []string{"true"})
	if in.Query != "" {
		l.also(func(v any) bool {
			d := v.(*discount)
			return strings.Contains(d.Name, in.Query) || strings.Contains(strings.ToLower(text(d.Code)), strings.ToLower(in.Query))
		})
	}
	l.sortBy(orElse(in.Sorting, "-created_at"), discountOrders())
	return p.answerList(r, l, func(*sandbox.Tx) {}, func(tx *sandbox.Tx, v any) subject { return discountSubjectIn(tx, v.(*discount)) })
}

// discountOrders are the orders of the list beside that of creation. Assumed: texts compare by their bytes.
func discountOrders() map[string]func(a, b any) int {
	return map[string]func(a, b any) int{
		"name": func(a, b any) int { return cmp.Compare(a.(*discount).Name, b.(*discount).Name) },
		"code": func(a, b any) int { return nullsLast(a.(*discount).Code, b.(*discount).Code, cmp.Compare[string]) },
		"redemptions_count": func(a, b any) int {
			return cmp.Compare(a.(*discount).RedemptionsCount, b.(*discount).RedemptionsCount)
		},
		"ends_at": func(a, b any) int { return nullsLast(a.(*discount).EndsAt, b.(*discount).EndsAt, time.Time.Compare) },
	}
}

// ownDiscount returns the discount of the path.
func (p *Polar) ownDiscount(tx *sandbox.Tx, r *api.Request) (*discount, error) {
	d, _ := tx.Get(kindDiscount, canonicalUUID(r.Param("id"))).(*discount)
	if d == nil || d.DeletedAt != "" || organizationOf(tx, d.OrganizationID).blocked() {
		return nil, &checkout.Error{Code: checkout.CodeNotFound, Message: "no discount " + r.Param("id")}
	}
	return d, nil
}

func (p *Polar) getDiscount(_ context.Context, r *api.Request) (api.Response, error) {
	return p.answerOne(r, func(tx *sandbox.Tx) (subject, error) {
		d, err := p.ownDiscount(tx, r)
		if err != nil {
			return nil, err
		}
		return discountSubjectIn(tx, d), nil
	})
}

// discountCreate is what creates a discount, in the order of Polar's models.
type discountCreate struct {
	Metadata       map[string]any   `json:"metadata"`
	Name           string           `json:"name"`
	Code           *string          `json:"code"`
	StartsAt       *string          `json:"starts_at"`
	EndsAt         *string          `json:"ends_at"`
	Max            *int64           `json:"max_redemptions"`
	MaxPerCustomer *int64           `json:"max_redemptions_per_customer"`
	Products       []string         `json:"products"`
	OrganizationID *string          `json:"organization_id"`
	Type           string           `json:"type"`
	Duration       string           `json:"duration"`
	Months         *int64           `json:"duration_in_months"`
	Amount         *int64           `json:"amount"`
	Currency       *string          `json:"currency"`
	Amounts        map[string]int64 `json:"amounts"`
	BasisPoints    *int64           `json:"basis_points"`
}

func (p *Polar) createDiscount(_ context.Context, r *api.Request) (api.Response, error) {
	return written(p, r, http.StatusCreated, func(tx *sandbox.Tx, in *discountCreate) (subject, error) {
		organizationID, err := p.endpointOwner(tx, r, in.OrganizationID)
		if err != nil {
			return nil, err
		}
		d := in.discount(tx, organizationID)
		if err := codeFree(tx, d, d.Code); err != nil {
			return nil, err
		}
		if err := d.limit(tx, in.Products); err != nil {
			return nil, err
		}
		d.price(tx, in.Amounts)
		return p.putDiscount(tx, d, eventDiscountCreated), nil
	})
}

// discount is the new discount, without its products and amounts.
func (in *discountCreate) discount(tx *sandbox.Tx, organizationID string) *discount {
	d := &discount{
		checkoutDiscount: checkoutDiscount{
			Duration: in.Duration, Type: in.Type, ID: tx.UUID("polar.discount"), Name: in.Name, Code: nonEmpty(in.Code),
		},
		CreatedAt: wire.Micros(tx.Now()), Metadata: metadata(in.Metadata), StartsAt: whole(in.StartsAt), EndsAt: whole(in.EndsAt),
		MaxRedemptions: in.Max, MaxRedemptionsPerCustomer: in.MaxPerCustomer, OrganizationID: organizationID, Products: []productBase{},
	}
	if in.Duration == durationRepeating {
		d.DurationInMonths = in.Months
	}
	if in.Type == discountPercentage {
		d.BasisPoints = in.BasisPoints
	} else if in.Amount != nil {
		currency := "usd"
		if in.Currency != nil {
			currency = *in.Currency
		}
		in.Amounts = map[string]int64{currency: *in.Amount}
	}
	return d
}

// whole reads an instant that the document has checked, to the microsecond; nil is none.
func whole(text *string) *time.Time {
	if text == nil {
		return nil
	}
	kept := instant(*text).Truncate(time.Microsecond)
	return &kept
}

// codeFree refuses a code that another discount has.
func codeFree(tx *sandbox.Tx, d *discount, code *string) error {
	if code == nil {
		return nil
	}
	if other, _ := tx.By(kindDiscount, codeKey(d.OrganizationID, *code)).(*discount); other != nil && other.ID != d.ID {
		return refuse(breach("value_error", "Discount with this code already exists.", *code, "code"))
	}
	return nil
}

// limit says which products the discount is for; nil leaves it as it is.
func (d *discount) limit(tx *sandbox.Tx, products []string) error {
	if products == nil {
		return nil
	}
	d.Products = []productBase{}
	for i, id := range products {
		pr, _ := tx.Get(kindProduct, canonicalUUID(id)).(*product)
		if pr == nil || pr.OrganizationID != d.OrganizationID {
			return refuse(breach("value_error", "Product not found.", canonicalUUID(id), "products", i))
		}
		d.Products = append(d.Products, pr.base())
	}
	return nil
}

// price sets the amounts of a fixed discount; nil leaves them as they are. The older form has one of them:
// in the organization's currency, else the first.
//
// Assumed: the first by name; the real service goes by the order in which they were sent.
func (d *discount) price(tx *sandbox.Tx, amounts map[string]int64) {
	if d.Type != discountFixed || amounts == nil {
		return
	}
	d.Amounts, d.Currency = amounts, organizationOf(tx, d.OrganizationID).Currency
	if _, ok := amounts[d.Currency]; !ok {
		d.Currency = slices.Min(slices.Collect(maps.Keys(amounts)))
	}
	amount := amounts[d.Currency]
	d.Amount = &amount
}

// putDiscount keeps a discount and tells of it.
func (p *Polar) putDiscount(tx *sandbox.Tx, d *discount, eventType string) subject {
	tx.Put(kindDiscount, d.ID, d)
	p.tell(tx, nil, eventType, d.OrganizationID, d.ID, func(tx *sandbox.Tx) subject { return discountSubjectIn(tx, d) })
	return discountSubjectIn(tx, d)
}

// discountUpdate is what changes a discount, in the order of Polar's models. What is absent stays.
type discountUpdate struct {
	Metadata       map[string]any        `json:"metadata"`
	Name           *string               `json:"name"`
	Code           wire.Optional[string] `json:"code"`
	StartsAt       wire.Optional[string] `json:"starts_at"`
	EndsAt         wire.Optional[string] `json:"ends_at"`
	Max            wire.Optional[int64]  `json:"max_redemptions"`
	MaxPerCustomer wire.Optional[int64]  `json:"max_redemptions_per_customer"`
	Duration       wire.Optional[string] `json:"duration"`
	Months         *int64                `json:"duration_in_months"`
	Type           *string               `json:"type"`
	Amount         *int64                `json:"amount"`
	Currency       *string               `json:"currency"`
	Amounts        map[string]int64      `json:"amounts"`
	BasisPoints    *int64                `json:"basis_points"`
	Products       []string              `json:"products"`
}

func (p *Polar) updateDiscount(_ context.Context, r *api.Request) (api.Response, error) {
	return written(p, r, http.StatusOK, func(tx *sandbox.Tx, in *discountUpdate) (subject, error) {
		old, err := p.ownDiscount(tx, r)
		if err != nil {
			return nil, err
		}
		d := *old
		now := wire.Micros(tx.Now())
		d.ModifiedAt = &now
		if err := in.on(tx, &d); err != nil {
			return nil, err
		}
		return p.putDiscount(tx, &d, eventDiscountUpdated), nil
	})
}

// on changes a discount. The first fault is the answer.
//
// Source: DiscountService.update. Assumed: where null makes no sense it changes nothing; the real service
// fails.
func (in *discountUpdate) on(tx *sandbox.Tx, d *discount) error {
	switch {
	case in.Duration.Set && in.Duration.Value != d.Duration:
		return refuse(breach("value_error", "Duration cannot be changed.", in.Duration.Ptr(), "duration"))
	case in.Type != nil && *in.Type != d.Type:
		return refuse(breach("value_error", "Type cannot be changed.", *in.Type, "type"))
	}
	code := nonEmpty(in.Code.Ptr())
	if err := codeFree(tx, d, code); err != nil {
		return err
	}
	if err := in.checkRedeemed(d); err != nil {
		return err
	}
	if err := d.limit(tx, in.Products); err != nil {
		return err
	}
	if in.Code.Set {
		d.Code = code
	}
	if in.Name != nil {
		d.Name = *in.Name
	}
	if in.Metadata != nil {
		d.Metadata = in.Metadata
	}
	in.limits(d)
	if in.Months != nil && d.Duration == durationRepeating {
		d.DurationInMonths = in.Months
	}
	if in.BasisPoints != nil && d.Type == discountPercentage {
		d.BasisPoints = in.BasisPoints
	}
	if in.Amount != nil && in.Currency != nil {
		in.Amounts = map[string]int64{*in.Currency: *in.Amount}
	}
	d.price(tx, in.Amounts)
	return nil
}

// limits sets when and how often the discount may be used.
func (in *discountUpdate) limits(d *discount) {
	if in.StartsAt.Set {
		d.StartsAt = whole(in.StartsAt.Ptr())
	}
	if in.EndsAt.Set {
		d.EndsAt = whole(in.EndsAt.Ptr())
	}
	if in.Max.Set {
		d.MaxRedemptions = in.Max.Ptr()
	}
	if in.MaxPerCustomer.Set {
		d.MaxRedemptionsPerCustomer = in.MaxPerCustomer.Ptr()
	}
}

// checkRedeemed refuses another worth of a discount that was used already.
func (in *discountUpdate) checkRedeemed(d *discount) error {
	if d.RedemptionsCount == 0 {
		return nil
	}
	differs := func(asked, has *int64) bool { return asked != nil && (has == nil || *asked != *has) }
	fault := func(field string, has any) error {
		return refuse(breach("value_error", "This field cannot be changed because the discount has already been redeemed.", has, field))
	}
	fixed := d.Type == discountFixed
	switch {
	case fixed && differs(in.Amount, d.Amount):
		return fault("amount", d.Amount)
	case fixed && in.Currency != nil && *in.Currency != d.Currency:
		return fault("currency", d.Currency)
	case fixed && in.Amounts != nil && !maps.Equal(in.Amounts, d.Amounts):
		return fault("amounts", d.Amounts)
	case !fixed && differs(in.BasisPoints, d.BasisPoints):
		return fault("basis_points", d.BasisPoints)
	case differs(in.Months, d.DurationInMonths):
		return fault("duration_in_months", d.DurationInMonths)
	}
	return nil
}

// deleteDiscount deletes a discount: nobody can ask for it any more. What uses it keeps it.
func (p *Polar) deleteDiscount(_ context.Context, r *api.Request) (api.Response, error) {
	return deleted(r, func(tx *sandbox.Tx) error {
		old, err := p.ownDiscount(tx, r)
		if err != nil {
			return err
		}
		d := *old
		d.DeletedAt = wire.Micros(tx.Now())
		p.putDiscount(tx, &d, eventDiscountDeleted)
		return nil
	})
}
