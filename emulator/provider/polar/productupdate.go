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

// productUpdate is what changes a product, in the order of Polar's models. What is absent stays.
type productUpdate struct {
	Metadata               map[string]any        `json:"metadata"`
	TrialInterval          wire.Optional[string] `json:"trial_interval"`
	TrialIntervalCount     wire.Optional[int64]  `json:"trial_interval_count"`
	Name                   *string               `json:"name"`
	Description            wire.Optional[string] `json:"description"`
	RecurringInterval      *string               `json:"recurring_interval"`
	RecurringIntervalCount *int64                `json:"recurring_interval_count"`
	IsArchived             *bool                 `json:"is_archived"`
	Visibility             *string               `json:"visibility"`
	Prices                 []priceInput          `json:"prices"`
	Medias                 []string              `json:"medias"`
	CustomFields           []attachInput         `json:"attached_custom_fields"`
}

func (p *Polar) updateProduct(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := decoded[productUpdate](p, r)
	if err != nil {
		return api.Response{}, err
	}
	return p.editProduct(r, func(tx *sandbox.Tx, pr *product) error { return in.on(tx, pr, r.Body) })
}

// editProduct answers with the product of the path after a change of a copy of it.
func (p *Polar) editProduct(r *api.Request, change func(*sandbox.Tx, *product) error) (api.Response, error) {
	return p.answerChanged(r, http.StatusOK, func(tx *sandbox.Tx) (subject, error) {
		old, err := p.ownProduct(tx, r)
		if err != nil {
			return nil, err
		}
		pr := *old
		now := wire.Micros(tx.Now())
		pr.ModifiedAt = &now
		if err := change(tx, &pr); err != nil {
			return nil, err
		}
		return p.putProduct(tx, &pr, eventProductUpdated), nil
	})
}

// on changes a product, as the body wants it. All faults come at once.
//
// Source: ProductService.update. Assumed: where null makes no sense it changes nothing; the real service
// fails.
func (in *productUpdate) on(tx *sandbox.Tx, pr *product, body any) error {
	var faults []checkout.Violation
	if in.Prices != nil {
		set, broken, err := priceSetOf(tx, pr, in.Prices, body)
		if err != nil {
			return err
		}
		faults = append(faults, broken...)
		pr.reprice(set)
	}
	faults = append(faults, in.checkRecurrence(pr)...)
	faults = append(faults, pr.attach(tx, in.Medias, in.CustomFields)...)
	if len(faults) > 0 {
		return refuse(faults...)
	}
	if in.Metadata != nil {
		pr.Metadata = in.Metadata
	}
	if in.TrialInterval.Set || in.TrialIntervalCount.Set {
		pr.TrialInterval, pr.TrialIntervalCount = in.TrialInterval.Ptr(), in.TrialIntervalCount.Ptr()
	}
	if in.Name != nil {
		pr.Name = strings.TrimSpace(*in.Name)
	}
	if in.Description.Set {
		pr.Description = nonEmpty(in.Description.Ptr())
	}
	if in.RecurringIntervalCount != nil && pr.IsRecurring {
		pr.RecurringIntervalCount = in.RecurringIntervalCount
	}
	if in.Visibility != nil {
		pr.Visibility = *in.Visibility
	}
	if in.IsArchived != nil {
		pr.IsArchived = *in.IsArchived
		if pr.IsArchived {
			leaveLinks(tx, pr.ID)
		}
	}
	return nil
}

// checkRecurrence refuses another interval, and a trial of what does not recur.
func (in *productUpdate) checkRecurrence(pr *product) (faults []checkout.Violation) {
	if asked := in.RecurringInterval; asked != nil &&
		(*asked != text(pr.RecurringInterval) || in.RecurringIntervalCount == nil || *in.RecurringIntervalCount != pointed(pr.RecurringIntervalCount)) {
		faults = append(faults, breach("value_error", "Recurring interval cannot be changed.", *asked, "recurring_interval"))
	}
	if !pr.IsRecurring && (in.TrialInterval.Has() || in.TrialIntervalCount.Has()) {
		const msg = "Trial configuration is only supported on recurring products."
		faults = append(faults, breach("value_error", msg, in.TrialInterval.Ptr(), "trial_interval"),
			breach("value_error", msg, in.TrialIntervalCount.Ptr(), "trial_interval_count"))
	}
	return faults
}

// reprice sells the product at other prices. Those that are not kept are archived: what was sold at them
// goes on showing them.
func (pr *product) reprice(set priceSet) {
	prices, archived := []price{}, slices.Clone(pr.archived)
	for _, old := range pr.Prices {
		if slices.Contains(set.kept, old.ID) {
			prices = append(prices, old)
			continue
		}
		old.IsArchived, old.ModifiedAt = true, pr.ModifiedAt
		archived = append(archived, old)
	}
	for _, one := range set.prices {
		if !slices.Contains(set.kept, one.ID) {
			prices = append(prices, one)
		}
	}
	pr.Prices, pr.archived = prices, archived
}

// benefitsInput is what chooses the benefits of a product.
type benefitsInput struct {
	Benefits []string `json:"benefits"`
}

// updateProductBenefits chooses among the benefits that products of the organization have. Nobody is granted
// or loses one.
//
// Source: ProductService.update_benefits: the first fault is the answer.
func (p *Polar) updateProductBenefits(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[benefitsInput](r)
	if err != nil {
		return api.Response{}, err
	}
	return p.editProduct(r, func(tx *sandbox.Tx, pr *product) error {
		known, chosen := benefitsOf(tx, pr.OrganizationID), []catalogBenefit{}
		for i, id := range in.Benefits {
			b, ok := known[canonicalUUID(id)]
			if !ok {
				return refuse(breach("value_error", "Benefit does not exist.", canonicalUUID(id), "benefits", i))
			}
			if !b.Selectable && !hasBenefit(pr.allBenefits, b.ID) {
				return refuse(breach("value_error", "Benefit is not selectable.", b.ID, "benefits", i))
			}
			chosen = append(chosen, b)
		}
		for _, b := range pr.allBenefits {
			if !b.Selectable && !hasBenefit(chosen, b.ID) {
				return refuse(breach("value_error", "Benefit is not selectable.", b.ID, "benefits"))
			}
		}
		pr.allBenefits = chosen
		return nil
	})
}

func hasBenefit(all []catalogBenefit, id string) bool {
	return slices.ContainsFunc(all, func(b catalogBenefit) bool { return b.ID == id })
}

func benefitsOf(tx *sandbox.Tx, organizationID string) map[string]catalogBenefit {
	found := map[string]catalogBenefit{}
	for _, v := range tx.All(kindProduct) {
		for _, b := range v.(*product).allBenefits {
			if b.OrganizationID == organizationID {
				found[b.ID] = b
			}
		}
	}
	return found
}

// reasonNotDeletable is the name of the error of a product that something refers to.
const reasonNotDeletable = "ProductNotDeletable"

// deleteProduct deletes a product to which nothing refers. Links offer it no longer, open sessions go on
// without a price.
//
// Assumed: the words of the error; only its name is published.
func (p *Polar) deleteProduct(_ context.Context, r *api.Request) (api.Response, error) {
	return deleted(r, func(tx *sandbox.Tx) error {
		pr, err := p.ownProduct(tx, r)
		if err != nil {
			return err
		}
		if used(tx, pr.ID) {
			return refusal(reasonNotDeletable, "This product is in use and cannot be deleted. Archive it instead.")
		}
		leaveLinks(tx, pr.ID)
		tx.Drop(kindProduct, pr.ID)
		return nil
	})
}
