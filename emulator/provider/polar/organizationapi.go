package polar

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// eventOrganizationUpdated is told when an organization has been changed.
const eventOrganizationUpdated = "organization.updated"

// termSlug is the filter of the list of organizations.
const termSlug = "slug"

// Listing implements sandbox.Listed.
func (o *organization) Listing() sandbox.Listing {
	return sandbox.Listing{Account: o.ID, Terms: termsOf(termOrganization, o.ID, termSlug, o.Slug)}
}

// organizationSubject is an organization, at one instant.
type organizationSubject struct{ organization *organization }

// data is Polar's Organization.
func (sub *organizationSubject) data(*Polar, string) json.RawMessage {
	return wire.MustMarshal(sub.organization)
}

func (sub *organizationSubject) note(eventType string) note {
	return plainNote(eventType, sub.organization.ID, sub.organization)
}

// organizationQuery are the parameters of the list of organizations.
type organizationQuery struct {
	pageQuery
	Slug    *string  `json:"slug"`
	Sorting []string `json:"sorting"`
}

// listOrganizations lists all organizations.
//
// Assumed: a token reaches all of them; the real service's reaches those of its user, or its own.
func (p *Polar) listOrganizations(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[organizationQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	l := p.newList(r, kindOrganization, in.pageQuery)
	if in.Slug != nil {
		l.where(termSlug, []string{*in.Slug})
	}
	l.sortBy(orElse(in.Sorting, "created_at"), map[string]func(a, b any) int{
		"name": func(a, b any) int { return cmp.Compare(a.(*organization).Name, b.(*organization).Name) },
		"slug": func(a, b any) int { return cmp.Compare(a.(*organization).Slug, b.(*organization).Slug) },
	})
	return p.answerList(r, l, func(*sandbox.Tx) {}, func(_ *sandbox.Tx, v any) subject { return &organizationSubject{v.(*organization)} })
}

// ownOrganization returns the organization of the path.
func (p *Polar) ownOrganization(tx *sandbox.Tx, r *api.Request) (*organization, error) {
	o, _ := tx.Get(kindOrganization, canonicalUUID(r.Param("id"))).(*organization)
	if o == nil || o.blocked() {
		return nil, &checkout.Error{Code: checkout.CodeNotFound, Message: "no organization " + r.Param("id")}
	}
	return o, nil
}

func (p *Polar) getOrganization(_ context.Context, r *api.Request) (api.Response, error) {
	return p.answerOne(r, func(tx *sandbox.Tx) (subject, error) {
		o, err := p.ownOrganization(tx, r)
		if err != nil {
			return nil, err
		}
		return &organizationSubject{o}, nil
	})
}

// organizationUpdate is what changes an organization. What is absent or null stays.
type organizationUpdate struct {
	Name          *string               `json:"name"`
	AvatarURL     *string               `json:"avatar_url"`
	Email         *string               `json:"email"`
	Website       *string               `json:"website"`
	Socials       []social              `json:"socials"`
	Features      map[string]bool       `json:"feature_settings"`
	Subscriptions *subscriptionSettings `json:"subscription_settings"`
	Emails        map[string]bool       `json:"customer_email_settings"`
	Currency      *string               `json:"default_presentment_currency"`
	TaxBehavior   *string               `json:"default_tax_behavior"`
}

func (p *Polar) updateOrganization(_ context.Context, r *api.Request) (api.Response, error) {
	return written(p, r, http.StatusOK, func(tx *sandbox.Tx, in *organizationUpdate) (subject, error) {
		old, err := p.ownOrganization(tx, r)
		if err != nil {
			return nil, err
		}
		o := *old
		now := wire.Micros(tx.Now())
		o.ModifiedAt, o.public = &now, nil
		if err := in.on(&o); err != nil {
			return nil, err
		}
		tx.Put(kindOrganization, o.ID, &o)
		p.tell(tx, nil, eventOrganizationUpdated, o.ID, o.ID, func(*sandbox.Tx) subject { return &organizationSubject{&o} })
		return &organizationSubject{&o}, nil
	})
}

// featuresOfOwn are the settings that an organization turns on by itself; others stay as they are. Those of
// them that are not emulated cannot be turned on.
//
// Source: OrganizationFeatureSettingsUpdate.
var featuresOfOwn = []string{"seat_based_pricing_enabled", "member_model_enabled", "checkout_localization_enabled"}

// on changes an organization.
//
// Source: OrganizationService.update.
func (in *organizationUpdate) on(o *organization) error {
	o.Features = maps.Clone(o.Features)
	for _, key := range featuresOfOwn {
		on, sent := in.Features[key]
		if sent && on && !o.Features[key] && key != "checkout_localization_enabled" {
			return &checkout.Error{Code: checkout.CodeNotEmulated, Message: key + " is not emulated"}
		}
		if sent {
			o.Features[key] = on
		}
	}
	o.Name = *or(in.Name, &o.Name)
	o.AvatarURL, o.Email, o.Website = or(in.AvatarURL, o.AvatarURL), or(in.Email, o.Email), or(in.Website, o.Website)
	if in.Socials != nil {
		o.Socials = slices.Clone(in.Socials)
	}
	if in.Subscriptions != nil {
		o.Subscriptions = *in.Subscriptions
		o.Proration, o.AllowCustomerUpdates = o.Subscriptions.Proration, o.Subscriptions.AllowCustomerUpdates
	}
	if in.Emails != nil {
		o.Emails = maps.Clone(o.Emails)
		maps.Copy(o.Emails, in.Emails)
	}
	o.Currency, o.TaxBehavior = *or(in.Currency, &o.Currency), *or(in.TaxBehavior, &o.TaxBehavior)
	return nil
}
