package polar

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// eventCustomerDeleted is told when a customer has been deleted.
const eventCustomerDeleted = "customer.deleted"

// Types of customers. Those of the second have members, which are not emulated.
const (
	typeIndividual = "individual"
	typeTeam       = "team"
)

// Filters of the list of customers, beside the organization.
const (
	termEmail = "email"
	termLive  = "live" // that it was not deleted
)

// Listing implements sandbox.Listed. A deleted customer is in no list.
func (c *customer) Listing() sandbox.Listing {
	live := "true"
	if c.DeletedAt != nil {
		live = "false"
	}
	return sandbox.Listing{Account: c.OrganizationID, Terms: append(termsOf(
		termOrganization, c.OrganizationID, termEmail, strings.ToLower(c.Email), termLive, live,
	), metadataTerms(c.Metadata)...)}
}

// found reports whether a search finds the customer: by a part of its e-mail address or names, or by the
// beginning of its external id.
//
// Source: CustomerService.list.
func (c *customer) found(query string) bool {
	query = strings.ToLower(query)
	contains := func(s string) bool { return strings.Contains(strings.ToLower(s), query) }
	return contains(c.Email) || contains(text(c.Name)) || contains(text(c.BillingName)) ||
		c.ExternalID != nil && strings.HasPrefix(strings.ToLower(*c.ExternalID), query)
}

// customerQuery are the parameters of the list of customers.
type customerQuery struct {
	pageQuery
	Email    *string           `json:"email"`
	Query    string            `json:"query"`
	Active   *bool             `json:"active"`
	Metadata map[string]string `json:"metadata"`
	Sorting  []string          `json:"sorting"`
}

func (p *Polar) listCustomers(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[customerQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	l := p.newList(r, kindCustomer, in.pageQuery)
	l.where(termLive, []string{"true"})
	if in.Email != nil {
		l.where(termEmail, []string{strings.ToLower(*in.Email)})
	}
	l.whereMetadata(in.Metadata)
	if in.Query != "" {
		l.also(func(v any) bool { return v.(*customer).found(in.Query) })
	}
	l.sortBy(orElse(in.Sorting, "-created_at"), customerOrders())
	active := func(tx *sandbox.Tx) {
		if in.Active != nil {
			l.also(func(v any) bool { return (tx.By(kindSubscription, activeKey(v.(*customer).ID)) != nil) == *in.Active })
		}
	}
	return p.answerList(r, l, active, func(tx *sandbox.Tx, v any) subject { return customerSubjectIn(tx, v.(*customer)) })
}

// customerOrders are the orders of the list beside that of creation. Assumed: texts compare by their bytes.
func customerOrders() map[string]func(a, b any) int {
	return map[string]func(a, b any) int{
		"email": func(a, b any) int { return cmp.Compare(a.(*customer).Email, b.(*customer).Email) },
		"name":  func(a, b any) int { return nullsLast(a.(*customer).Name, b.(*customer).Name, cmp.Compare[string]) },
	}
}

func customerSubjectIn(tx *sandbox.Tx, c *customer) subject {
	return &customerSubject{c, organizationOf(tx, c.OrganizationID)}
}

// ownCustomer returns the customer of the path, by its id or by the caller's own. A deleted one is gone.
func (p *Polar) ownCustomer(tx *sandbox.Tx, r *api.Request) (*customer, error) {
	missing := &checkout.Error{Code: checkout.CodeNotFound, Message: "no customer " + cmp.Or(r.Param("id"), r.Param("external_id"))}
	if id := r.Param("id"); id != "" {
		c, _ := tx.Get(kindCustomer, canonicalUUID(id)).(*customer)
		if c == nil || c.DeletedAt != nil || organizationOf(tx, c.OrganizationID).blocked() {
			return nil, missing
		}
		return c, nil
	}
	for _, v := range tx.All(kindOrganization) {
		o := v.(*organization)
		if c, _ := tx.By(kindCustomer, externalKey(o.ID, r.Param("external_id"))).(*customer); c != nil && !o.blocked() {
			return c, nil
		}
	}
	return nil, missing
}

func (p *Polar) getCustomer(_ context.Context, r *api.Request) (api.Response, error) {
	return p.answerOne(r, func(tx *sandbox.Tx) (subject, error) {
		c, err := p.ownCustomer(tx, r)
		if err != nil {
			return nil, err
		}
		return customerSubjectIn(tx, c), nil
	})
}

func (p *Polar) getCustomerState(_ context.Context, r *api.Request) (api.Response, error) {
	return p.answerOne(r, func(tx *sandbox.Tx) (subject, error) {
		c, err := p.ownCustomer(tx, r)
		if err != nil {
			return nil, err
		}
		return stateIn(tx, c, nil), nil
	})
}

// customerCreate is what creates a customer, in the order of Polar's models. The last two are of the type.
type customerCreate struct {
	Metadata       map[string]any `json:"metadata"`
	ExternalID     *string        `json:"external_id"`
	Name           *string        `json:"name"`
	Address        *address       `json:"billing_address"`
	TaxID          *string        `json:"tax_id"`
	Locale         *string        `json:"locale"`
	OrganizationID *string        `json:"organization_id"`
	Owner          any            `json:"owner"` // of the member model; ignored
	Type           *string        `json:"type"`
	Email          string         `json:"email"`
}

const (
	emailTaken    = "A customer with this email address already exists."
	externalTaken = "A customer with this external ID already exists."
)

// noTeams refuses customers of type team.
func noTeams(kind *string) error {
	if text(kind) == typeTeam {
		return &checkout.Error{Code: checkout.CodeNotEmulated, Message: "customers of type team and their members are not emulated"}
	}
	return nil
}

func (p *Polar) createCustomer(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := decoded[customerCreate](p, r)
	if err != nil {
		return api.Response{}, err
	}
	if err := noTeams(in.Type); err != nil {
		return api.Response{}, err
	}
	return p.answerChanged(r, http.StatusCreated, func(tx *sandbox.Tx) (subject, error) {
		organizationID, err := p.endpointOwner(tx, r, in.OrganizationID)
		if err != nil {
			return nil, err
		}
		c := &customer{
			ID: tx.UUID("polar.customer"), CreatedAt: wire.Micros(tx.Now()), Metadata: metadata(in.Metadata), ExternalID: nonEmpty(in.ExternalID),
			Email: normalEmail(in.Email), Type: typeIndividual, Name: nonEmpty(in.Name), BillingAddress: in.Address.normal(p.seed),
			Locale: in.Locale, OrganizationID: organizationID,
		}
		if err := in.check(tx, c); err != nil {
			return nil, err
		}
		if c.TaxID, err = taxIDOf(nonEmpty(in.TaxID), c.BillingAddress); err != nil {
			return nil, err
		}
		return p.putCustomer(tx, c, eventCustomerCreated), nil
	})
}

// check refuses an e-mail address and an external id that another customer has.
func (in *customerCreate) check(tx *sandbox.Tx, c *customer) error {
	var faults []checkout.Violation
	if tx.By(kindCustomer, emailKey(c.OrganizationID, c.Email)) != nil {
		faults = append(faults, breach("value_error", emailTaken, c.Email, "email"))
	}
	if c.ExternalID != nil && tx.By(kindCustomer, externalKey(c.OrganizationID, *c.ExternalID)) != nil {
		faults = append(faults, breach("value_error", externalTaken, *c.ExternalID, "external_id"))
	}
	if len(faults) > 0 {
		return refuse(faults...)
	}
	return nil
}

// taxIDOf holds a tax number against the country of an address; nil is none.
//
// Assumed: every number is one, but those that begin with "invalid".
func taxIDOf(number *string, a *address) ([]string, error) {
	switch {
	case number == nil:
		return nil, nil
	case a == nil:
		return nil, refuse(breach("missing", "Country is required to validate tax ID.", nil, "billing_address"))
	case hasPrefixFold(*number, "invalid"):
		return nil, refuse(breach("invalid", "Invalid tax ID.", *number, "tax_id"))
	}
	return []string{*number, taxKind(a)}, nil
}

// putCustomer keeps a customer and tells of it, and that its state has changed too.
func (p *Polar) putCustomer(tx *sandbox.Tx, c *customer, eventType string) subject {
	tx.Put(kindCustomer, c.ID, c)
	organizationID := c.OrganizationID
	p.tell(tx, nil, eventType, organizationID, c.ID, func(tx *sandbox.Tx) subject { return customerSubjectIn(tx, c) })
	p.tell(tx, nil, eventCustomerState, organizationID, c.ID, func(tx *sandbox.Tx) subject {
		if c.DeletedAt != nil { // its subscriptions have ended in this very section
			return &stateSubject{customer: c, organization: organizationOf(tx, organizationID)}
		}
		return stateIn(tx, c, nil)
	})
	return customerSubjectIn(tx, c)
}

// customerUpdate is what changes a customer, in the order of Polar's models. What is absent stays. The last
// two only count by id.
type customerUpdate struct {
	Metadata   map[string]any          `json:"metadata"`
	Email      *string                 `json:"email"`
	Name       wire.Optional[string]   `json:"name"`
	Address    wire.Optional[*address] `json:"billing_address"`
	TaxID      wire.Optional[string]   `json:"tax_id"`
	Locale     wire.Optional[string]   `json:"locale"`
	ExternalID wire.Optional[string]   `json:"external_id"`
	Type       *string                 `json:"type"`
}

func (p *Polar) updateCustomer(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := decoded[customerUpdate](p, r)
	if err != nil {
		return api.Response{}, err
	}
	if r.Operation == "updateCustomerExternal" {
		in.ExternalID, in.Type = wire.Optional[string]{}, nil
	}
	if err := noTeams(in.Type); err != nil {
		return api.Response{}, err
	}
	return p.answerChanged(r, http.StatusOK, func(tx *sandbox.Tx) (subject, error) {
		old, err := p.ownCustomer(tx, r)
		if err != nil {
			return nil, err
		}
		c := *old
		now := wire.Micros(tx.Now())
		c.ModifiedAt = &now
		if err := p.changeCustomer(tx, &c, &in); err != nil {
			return nil, err
		}
		return p.putCustomer(tx, &c, eventCustomerUpdated), nil
	})
}

// changeCustomer changes a customer.
//
// Source: CustomerService.update.
func (p *Polar) changeCustomer(tx *sandbox.Tx, c *customer, in *customerUpdate) error {
	if faults := in.faults(tx, c); len(faults) > 0 {
		return refuse(faults...)
	}
	if in.Email != nil && !strings.EqualFold(*in.Email, c.Email) {
		c.Email, c.EmailVerified = normalEmail(*in.Email), false
	}
	if in.Address.Has() {
		c.BillingAddress = in.Address.Value.normal(p.seed)
	}
	number := c.taxNumber()
	if in.TaxID.Set {
		number = nonEmpty(in.TaxID.Ptr())
	}
	if in.TaxID.Set || in.Address.Set && number != nil {
		kept, err := taxIDOf(number, c.BillingAddress)
		if err != nil {
			return err
		}
		c.TaxID = kept
	}
	if in.Metadata != nil {
		c.Metadata = in.Metadata
	}
	if in.Name.Set {
		c.Name = nonEmpty(in.Name.Ptr())
	}
	if in.Locale.Set {
		c.Locale = in.Locale.Ptr()
	}
	if in.ExternalID.Set {
		c.ExternalID = nonEmpty(in.ExternalID.Ptr())
	}
	return nil
}

// faults lists what a customer does not let be changed, and what another one has.
func (in *customerUpdate) faults(tx *sandbox.Tx, c *customer) (faults []checkout.Violation) {
	if in.Email != nil && !strings.EqualFold(*in.Email, c.Email) && tx.By(kindCustomer, emailKey(c.OrganizationID, *in.Email)) != nil {
		faults = append(faults, breach("value_error", emailTaken, *in.Email, "email"))
	}
	if in.Address.Set && in.Address.Null {
		faults = append(faults, breach("value_error", "Customer billing address cannot be reset to null once set.", nil, "billing_address"))
	}
	id := nonEmpty(in.ExternalID.Ptr())
	switch {
	case !in.ExternalID.Set || text(id) == text(c.ExternalID):
	case c.ExternalID != nil:
		faults = append(faults, breach("value_error", "Customer external ID cannot be updated.", id, "external_id"))
	case tx.By(kindCustomer, externalKey(c.OrganizationID, *id)) != nil:
		faults = append(faults, breach("value_error", externalTaken, *id, "external_id"))
	}
	return faults
}

// deletion are the parameters of a customer's deletion.
type deletion struct {
	Anonymize bool `json:"anonymize"`
}

// Members of the metadata of customers that are gone.
const (
	metaExternalID = "__external_id"
	metaAnonymized = "__anonymized_at"
)

// deleteCustomer deletes a customer: its active subscriptions end at once and its external id is free again.
// Sessions, orders and subscriptions go on showing it; an open session of it can no longer be confirmed.
//
// Source: CustomerService.delete, CustomerRepository.soft_delete.
func (p *Polar) deleteCustomer(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[deletion](r)
	if err != nil {
		return api.Response{}, err
	}
	return deleted(r, func(tx *sandbox.Tx) error {
		old, err := p.ownCustomer(tx, r)
		if err != nil {
			return err
		}
		if err := p.endSubscriptions(tx, old); err != nil {
			return err
		}
		c := *old
		now := wire.Micros(tx.Now())
		c.DeletedAt, c.ModifiedAt, c.Metadata = &now, &now, maps.Clone(metadata(old.Metadata))
		if c.ExternalID != nil {
			c.Metadata[metaExternalID], c.ExternalID = *c.ExternalID, nil
		}
		if in.Anonymize {
			c.anonymize(now)
		}
		p.putCustomer(tx, &c, eventCustomerDeleted)
		return nil
	})
}

// anonymize takes what tells who the customer is. A business keeps its name, and everyone the external id
// and the tax id.
//
// Source: CustomerService.anonymize and polar/kit/anonymization.py.
func (c *customer) anonymize(now string) {
	secret := func(value string) string {
		sum := sha256.Sum256([]byte(strings.Replace(c.CreatedAt, "Z", "+00:00", 1) + value))
		return hex.EncodeToString(sum[:])
	}
	c.Email, c.EmailVerified = secret(c.Email)+"@anonymized.polar.sh", false
	if len(c.TaxID) == 0 && c.Name != nil {
		name := secret(*c.Name)
		c.Name = &name
	}
	if c.BillingName != nil {
		name := secret(*c.BillingName)
		c.BillingName = &name
	}
	c.BillingAddress = nil
	c.Metadata[metaAnonymized] = strings.Replace(now, "Z", "+00:00", 1)
}

// endSubscriptions ends what a customer is subscribed to.
//
// Source: SubscriptionService.cancel_customer.
func (p *Polar) endSubscriptions(tx *sandbox.Tx, c *customer) error {
	of := objectList{kind: kindSubscription}
	of.where(termCustomer, []string{c.ID})
	of.where(termActive, []string{"true"})
	active, _, err := of.read(tx)
	for _, v := range active {
		if err != nil {
			return err
		}
		old := v.(*subscription)
		ended := *old
		if err = ended.cancel(tx, nil, nil, true); err == nil {
			err = p.settle(tx, old, &ended, billLater)
		}
	}
	return err
}
