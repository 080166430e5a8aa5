package polar

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// termType is a filter of the list of custom fields.
const termType = "type"

// slugKey finds a custom field by its slug.
func slugKey(organizationID, slug string) string {
	return "slug:" + organizationID + ":" + strings.ToLower(slug)
}

// Keys implements sandbox.Keyed.
func (f *customField) Keys() []string { return []string{slugKey(f.OrganizationID, f.Slug)} }

// Listing implements sandbox.Listed. A line break lies between what is searched, so that nothing is found
// across the two.
func (f *customField) Listing() sandbox.Listing {
	return sandbox.Listing{
		Account: f.OrganizationID, Terms: termsOf(termOrganization, f.OrganizationID, termType, f.Type),
		Search: strings.ToLower(f.Name + "\n" + f.Slug),
	}
}

// customFieldSubject is a custom field. No event is about one.
type customFieldSubject struct{ field *customField }

// data is Polar's CustomField.
func (sub *customFieldSubject) data(*Polar, string) json.RawMessage {
	shown := *sub.field
	shown.Metadata = metadata(shown.Metadata)
	return wire.MustMarshal(shown)
}

func (sub *customFieldSubject) note(eventType string) note { return note{title: eventType} }

// customFieldQuery are the parameters of the list of custom fields.
type customFieldQuery struct {
	pageQuery
	Query   string   `json:"query"`
	Type    []string `json:"type"`
	Sorting []string `json:"sorting"`
}

func (p *Polar) listCustomFields(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[customFieldQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	l := p.newList(r, kindCustomField, in.pageQuery)
	l.where(termType, in.Type)
	l.query.Contains = strings.ToLower(in.Query)
	l.sortBy(orElse(in.Sorting, "slug"), customFieldOrders())
	return p.answerList(r, l, func(*sandbox.Tx) {}, func(_ *sandbox.Tx, v any) subject { return &customFieldSubject{v.(*customField)} })
}

// customFieldOrders are the orders of the list beside that of creation. Assumed: texts compare by their bytes.
func customFieldOrders() map[string]func(a, b any) int {
	by := func(value func(*customField) string) func(a, b any) int {
		return func(a, b any) int { return cmp.Compare(value(a.(*customField)), value(b.(*customField))) }
	}
	return map[string]func(a, b any) int{
		"slug": by(func(f *customField) string { return f.Slug }),
		"name": by(func(f *customField) string { return f.Name }),
		"type": by(func(f *customField) string { return f.Type }),
	}
}

// ownCustomField returns the custom field of the path.
func (p *Polar) ownCustomField(tx *sandbox.Tx, r *api.Request) (*customField, error) {
	f, _ := tx.Get(kindCustomField, canonicalUUID(r.Param("id"))).(*customField)
	if f == nil || organizationOf(tx, f.OrganizationID).blocked() {
		return nil, &checkout.Error{Code: checkout.CodeNotFound, Message: "no custom field " + r.Param("id")}
	}
	return f, nil
}

func (p *Polar) getCustomField(_ context.Context, r *api.Request) (api.Response, error) {
	return p.answerOne(r, func(tx *sandbox.Tx) (subject, error) {
		f, err := p.ownCustomField(tx, r)
		if err != nil {
			return nil, err
		}
		return &customFieldSubject{f}, nil
	})
}

// customFieldInput is what creates or changes a custom field, in the order of Polar's models.
type customFieldInput struct {
	Metadata       map[string]any   `json:"metadata"`
	Type           string           `json:"type"`
	Slug           *string          `json:"slug"`
	Name           *string          `json:"name"`
	OrganizationID *string          `json:"organization_id"`
	Properties     *fieldProperties `json:"properties"`
}

// on puts what was sent into a custom field. Of the properties those of its type are kept.
func (in *customFieldInput) on(f *customField) {
	if in.Metadata != nil {
		f.Metadata = in.Metadata
	}
	if in.Slug != nil {
		f.Slug = strings.ToLower(*in.Slug)
	}
	if in.Name != nil {
		f.Name = *in.Name
	}
	if in.Properties == nil {
		return
	}
	all := in.Properties
	f.Properties = fieldProperties{FormLabel: all.FormLabel, FormHelpText: all.FormHelpText, FormPlaceholder: all.FormPlaceholder}
	switch f.Type {
	case fieldText:
		f.Properties.Textarea, f.Properties.MinLength, f.Properties.MaxLength = all.Textarea, all.MinLength, all.MaxLength
	case fieldNumber, fieldDate:
		f.Properties.GE, f.Properties.LE = all.GE, all.LE
	case fieldSelect:
		f.Properties.Options = all.Options
	}
}

// slugFree refuses a slug that another custom field has.
func slugFree(tx *sandbox.Tx, f *customField) error {
	if other, _ := tx.By(kindCustomField, slugKey(f.OrganizationID, f.Slug)).(*customField); other != nil && other.ID != f.ID {
		return refuse(breach("value_error", "Custom field with this slug already exists.", f.Slug, "slug"))
	}
	return nil
}

func (p *Polar) createCustomField(_ context.Context, r *api.Request) (api.Response, error) {
	return written(p, r, http.StatusCreated, func(tx *sandbox.Tx, in *customFieldInput) (subject, error) {
		organizationID, err := p.endpointOwner(tx, r, in.OrganizationID)
		if err != nil {
			return nil, err
		}
		f := &customField{
			CreatedAt: wire.Micros(tx.Now()), ID: tx.UUID("polar.custom_field"), Metadata: map[string]any{}, Type: in.Type, OrganizationID: organizationID,
		}
		in.on(f)
		if err := slugFree(tx, f); err != nil {
			return nil, err
		}
		tx.Put(kindCustomField, f.ID, f)
		return &customFieldSubject{f}, nil
	})
}

// updateCustomField changes a custom field, also where products ask for it.
//
// Source: CustomFieldService.update. Assumed: what was answered under another slug stays under that; the real
// service moves it.
func (p *Polar) updateCustomField(_ context.Context, r *api.Request) (api.Response, error) {
	return written(p, r, http.StatusOK, func(tx *sandbox.Tx, in *customFieldInput) (subject, error) {
		old, err := p.ownCustomField(tx, r)
		if err != nil {
			return nil, err
		}
		if in.Type != old.Type {
			return nil, refuse(breach("value_error", "The type of a custom field can't be changed.", in.Type, "type"))
		}
		f := *old
		now := wire.Micros(tx.Now())
		f.ModifiedAt = &now
		in.on(&f)
		if err := slugFree(tx, &f); err != nil {
			return nil, err
		}
		tx.Put(kindCustomField, f.ID, &f)
		reattach(tx, f.ID, &f)
		return &customFieldSubject{&f}, nil
	})
}

// reattach changes a custom field where products ask for it; nil takes it from them.
func reattach(tx *sandbox.Tx, id string, f *customField) {
	for _, v := range tx.All(kindProduct) {
		old := v.(*product)
		if !slices.ContainsFunc(old.CustomFields, func(a attachedField) bool { return a.CustomFieldID == id }) {
			continue
		}
		pr := *old
		pr.CustomFields = slices.Clone(old.CustomFields)
		if f == nil {
			pr.CustomFields = slices.DeleteFunc(pr.CustomFields, func(a attachedField) bool { return a.CustomFieldID == id })
		}
		for i := range pr.CustomFields {
			if pr.CustomFields[i].CustomFieldID == id {
				pr.CustomFields[i].CustomField = *f
			}
		}
		tx.Put(kindProduct, pr.ID, pr.complete())
	}
}

// deleteCustomField deletes a custom field: products ask for it no longer.
func (p *Polar) deleteCustomField(_ context.Context, r *api.Request) (api.Response, error) {
	return deleted(r, func(tx *sandbox.Tx) error {
		f, err := p.ownCustomField(tx, r)
		if err != nil {
			return err
		}
		tx.Drop(kindCustomField, f.ID)
		reattach(tx, f.ID, nil)
		return nil
	})
}
