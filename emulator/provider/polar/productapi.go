package polar

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Events of products.
const (
	eventProductCreated = "product.created"
	eventProductUpdated = "product.updated"
)

// Filters of the list of products, beside the organization.
const (
	termArchived   = "is_archived"
	termRecurring  = "is_recurring"
	termVisibility = "visibility"
	termBenefit    = "benefit_id"
)

// Listing implements sandbox.Listed.
func (pr *product) Listing() sandbox.Listing {
	terms := termsOf(
		termID, pr.ID, termOrganization, pr.OrganizationID, termArchived, strconv.FormatBool(pr.IsArchived),
		termRecurring, strconv.FormatBool(pr.IsRecurring), termVisibility, pr.Visibility,
	)
	for _, b := range pr.allBenefits {
		terms = append(terms, checkout.Term{Field: termBenefit, Value: b.ID})
	}
	return sandbox.Listing{Account: pr.OrganizationID, Terms: append(terms, metadataTerms(pr.Metadata)...), Search: strings.ToLower(pr.Name)}
}

// productSubject is a product, at one instant.
type productSubject struct {
	product      *product
	used         bool // something refers to it
	organization *organization
}

func productSubjectIn(tx *sandbox.Tx, pr *product) subject {
	return &productSubject{pr, used(tx, pr.ID), organizationOf(tx, pr.OrganizationID)}
}

// used reports whether an order, a subscription or a discount refers to a product.
//
// Source: the documentation of is_deletable and of the operation in the SDKs of September 2026, whose trials
// are subscriptions here.
func used(tx *sandbox.Tx, productID string) bool {
	for _, kind := range []string{kindOrder, kindSubscription, kindDiscount} {
		of := objectList{kind: kind, query: sandbox.Query{Limit: 1}}
		of.where(termProduct, []string{productID})
		if kind == kindDiscount {
			of.where(termLive, []string{"true"})
		}
		if _, n, _ := of.read(tx); n > 0 { // without cursors it cannot fail
			return true
		}
	}
	return false
}

// data is Polar's Product.
func (sub *productSubject) data(*Polar, string) json.RawMessage {
	body := sub.product.full()
	body.Deletable = !sub.used
	return wire.MustMarshal(body)
}

func (sub *productSubject) note(eventType string) note {
	return plainNote(eventType, sub.product.ID, sub.organization)
}

// productQuery are the parameters of the list of products.
type productQuery struct {
	pageQuery
	ID         []string          `json:"id"`
	Query      string            `json:"query"`
	Archived   *bool             `json:"is_archived"`
	Recurring  *bool             `json:"is_recurring"`
	Benefit    []string          `json:"benefit_id"`
	Visibility []string          `json:"visibility"`
	Metadata   map[string]string `json:"metadata"`
	Sorting    []string          `json:"sorting"`
}

func (p *Polar) listProducts(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[productQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	l := p.newList(r, kindProduct, in.pageQuery)
	l.whereIDs(termID, in.ID)
	l.whereIDs(termBenefit, in.Benefit)
	l.whereBool(termArchived, in.Archived)
	l.whereBool(termRecurring, in.Recurring)
	l.where(termVisibility, in.Visibility)
	l.whereMetadata(in.Metadata)
	l.query.Contains = strings.ToLower(in.Query)
	l.sortBy(orElse(in.Sorting, "-created_at"), productOrders())
	return p.answerList(r, l, func(*sandbox.Tx) {}, func(tx *sandbox.Tx, v any) subject { return productSubjectIn(tx, v.(*product)) })
}

// productOrders are the orders of the list beside that of creation. A product counts by its oldest price.
//
// Source: ProductRepository.get_sorting_clause. Assumed: names compare by their bytes.
func productOrders() map[string]func(a, b any) int {
	return map[string]func(a, b any) int{
		"name": func(a, b any) int { return cmp.Compare(a.(*product).Name, b.(*product).Name) },
		"price_amount_type": func(a, b any) int {
			return nullsLast(a.(*product).oldest(), b.(*product).oldest(), func(x, y price) int { return cmp.Compare(x.AmountType, y.AmountType) })
		},
		"price_amount": func(a, b any) int {
			return nullsLast(a.(*product).oldest(), b.(*product).oldest(), func(x, y price) int { return cmp.Compare(x.least(), y.least()) })
		},
	}
}

// oldest is the price that was made first, nil when there is none.
func (pr *product) oldest() *price {
	if len(pr.Prices) == 0 {
		return nil
	}
	first := slices.MinFunc(pr.Prices, func(a, b price) int { return cmp.Compare(a.CreatedAt, b.CreatedAt) })
	return &first
}

// least is the smallest amount that the price asks for.
func (pr *price) least() int64 {
	if pr.AmountType == priceFixed {
		return pr.Amount.Value
	}
	return pr.Minimum.Value
}

// ownProduct returns the product of the path.
func (p *Polar) ownProduct(tx *sandbox.Tx, r *api.Request) (*product, error) {
	if pr, _ := tx.Get(kindProduct, canonicalUUID(r.Param("id"))).(*product); pr != nil && !organizationOf(tx, pr.OrganizationID).blocked() {
		return pr, nil
	}
	return nil, &checkout.Error{Code: checkout.CodeNotFound, Message: "no product " + r.Param("id")}
}

func (p *Polar) getProduct(_ context.Context, r *api.Request) (api.Response, error) {
	return p.answerOne(r, func(tx *sandbox.Tx) (subject, error) {
		pr, err := p.ownProduct(tx, r)
		if err != nil {
			return nil, err
		}
		return productSubjectIn(tx, pr), nil
	})
}

// productCreate is what creates a product, in the order of Polar's models.
type productCreate struct {
	Metadata               map[string]any        `json:"metadata"`
	Name                   string                `json:"name"`
	Description            *string               `json:"description"`
	Visibility             wire.Optional[string] `json:"visibility"`
	Prices                 []priceInput          `json:"prices"`
	Medias                 []string              `json:"medias"`
	CustomFields           []attachInput         `json:"attached_custom_fields"`
	OrganizationID         *string               `json:"organization_id"`
	TrialInterval          *string               `json:"trial_interval"`
	TrialIntervalCount     *int64                `json:"trial_interval_count"`
	RecurringInterval      *string               `json:"recurring_interval"`
	RecurringIntervalCount *int64                `json:"recurring_interval_count"`
	MeterInterval          *string               `json:"meter_interval"`
	MeterIntervalCount     *int64                `json:"meter_interval_count"`
}

// attachInput attaches a custom field.
type attachInput struct {
	CustomFieldID string `json:"custom_field_id"`
	Required      bool   `json:"required"`
}

func (p *Polar) createProduct(_ context.Context, r *api.Request) (api.Response, error) {
	return written(p, r, http.StatusCreated, func(tx *sandbox.Tx, in *productCreate) (subject, error) {
		organizationID, err := p.endpointOwner(tx, r, in.OrganizationID)
		if err != nil {
			return nil, err
		}
		pr := in.product(tx, organizationID)
		set, faults, err := priceSetOf(tx, pr, in.Prices, r.Body)
		if err != nil {
			return nil, err
		}
		pr.Prices = set.prices
		if in.MeterInterval != nil {
			faults = append(faults, breach("value_error", "Separate meter cycling is not enabled for this organization.", *in.MeterInterval, "meter_interval"))
		}
		faults = append(faults, pr.attach(tx, in.Medias, in.CustomFields)...)
		if len(faults) > 0 {
			return nil, refuse(faults...)
		}
		return p.putProduct(tx, pr, eventProductCreated), nil
	})
}

// product is the new product, without its prices and what is attached to it.
func (in *productCreate) product(tx *sandbox.Tx, organizationID string) *product {
	pr := &product{Metadata: metadata(in.Metadata), checkoutProduct: checkoutProduct{
		ID: tx.UUID("polar.product"), CreatedAt: wire.Micros(tx.Now()), Name: strings.TrimSpace(in.Name), Description: nonEmpty(in.Description),
		Visibility: in.Visibility.Or(visibilityPublic), OrganizationID: organizationID, Medias: []media{},
	}}
	if in.RecurringInterval != nil {
		pr.IsRecurring, pr.RecurringInterval, pr.RecurringIntervalCount = true, in.RecurringInterval, in.RecurringIntervalCount
		pr.TrialInterval, pr.TrialIntervalCount = in.TrialInterval, in.TrialIntervalCount
		if pr.RecurringIntervalCount == nil {
			once := int64(1)
			pr.RecurringIntervalCount = &once
		}
	}
	return pr
}

// nonEmpty is a text, nil for the empty one.
func nonEmpty(text *string) *string {
	if text != nil && *text == "" {
		return nil
	}
	return text
}

// putProduct keeps a product and tells of it.
func (p *Polar) putProduct(tx *sandbox.Tx, pr *product, eventType string) subject {
	pr.complete()
	tx.Put(kindProduct, pr.ID, pr)
	p.tell(tx, nil, eventType, pr.OrganizationID, pr.ID, func(tx *sandbox.Tx) subject { return productSubjectIn(tx, pr) })
	return productSubjectIn(tx, pr)
}

// attach sets the product's pictures and custom fields; nil leaves them as they are.
//
// Assumed: files are those that products of the organization show already; uploads are not emulated.
func (pr *product) attach(tx *sandbox.Tx, medias []string, fields []attachInput) (faults []checkout.Violation) {
	if medias != nil {
		known, shown := filesOf(tx, pr.OrganizationID), []media{}
		for i, id := range medias {
			file, ok := known[canonicalUUID(id)]
			if !ok {
				faults = append(faults, breach("value_error", "File does not exist or is not yet uploaded.", canonicalUUID(id), "medias", i))
				continue
			}
			shown = append(shown, file)
		}
		pr.Medias = shown
	}
	if fields == nil {
		return faults
	}
	pr.CustomFields = []attachedField{}
	for i, one := range fields {
		id := canonicalUUID(one.CustomFieldID)
		f, _ := tx.Get(kindCustomField, id).(*customField)
		if f == nil || f.OrganizationID != pr.OrganizationID {
			faults = append(faults, breach("value_error", "Custom field does not exist.", id, "attached_custom_fields", i))
			continue
		}
		pr.CustomFields = append(pr.CustomFields, attachedField{CustomFieldID: id, CustomField: *f, Order: i, Required: one.Required})
	}
	return faults
}

func filesOf(tx *sandbox.Tx, organizationID string) map[string]media {
	files := map[string]media{}
	for _, v := range tx.All(kindProduct) {
		pr := v.(*product)
		for _, m := range pr.Medias {
			if pr.OrganizationID == organizationID {
				files[m.ID] = m
			}
		}
	}
	return files
}
