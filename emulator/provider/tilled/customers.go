package tilled

import (
	"context"
	"net/http"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// customerParams is the body of a creation or a change.
//
// Source: vendor OpenAPI document, CustomerCreateParams and CustomerUpdateParams.
type customerParams struct {
	Email      wire.Optional[string]            `json:"email"`
	FirstName  wire.Optional[string]            `json:"first_name"`
	LastName   wire.Optional[string]            `json:"last_name"`
	Metadata   wire.Optional[map[string]string] `json:"metadata"`
	MiddleName wire.Optional[string]            `json:"middle_name"`
	Phone      wire.Optional[string]            `json:"phone"`
}

// on changes a customer; what was not sent stays.
func (in customerParams) on(c *customer) (err error) {
	c.Email, c.Phone = changedOr(in.Email, c.Email), changedOr(in.Phone, c.Phone)
	c.FirstName, c.MiddleName, c.LastName = changedOr(in.FirstName, c.FirstName), changedOr(in.MiddleName, c.MiddleName), changedOr(in.LastName, c.LastName)
	c.Metadata, err = merged(c.Metadata, in.Metadata)
	return err
}

// Listing implements sandbox.Listed.
//
// Source: vendor OpenAPI document, ListCustomers.
func (c *customer) Listing() sandbox.Listing {
	words := strings.Join([]string{deref(c.FirstName), deref(c.LastName), deref(c.Email), deref(c.Phone)}, " ")
	return sandbox.Listing{Account: c.AccountID, Terms: metadataTerms(c.Metadata), Search: strings.ToLower(words)}
}

// findCustomer returns a customer of the account.
func findCustomer(tx *sandbox.Tx, r *api.Request) (*customer, error) {
	if c := customerOf(tx, accountOf(r.Header), r.Param("id")); c != nil {
		return c, nil
	}
	return nil, missing(reasonNoCustomer, r.Param("id"))
}

// emitCustomer records an event about a customer; s is the session that made it, or nil.
func emitCustomer(tx *sandbox.Tx, eventType string, c *customer, s *checkout.Session) {
	tx.Emit(sandbox.Emission{
		Type: eventType, ID: newID(tx, kindEvent, "evt_"), Provider: name, Account: c.AccountID, Session: s, Object: c.ID,
		Subject: func(*sandbox.Tx) any { return &subject{Customer: c} },
	})
}

// createCustomer makes a customer of the account.
func (t *Tilled) createCustomer(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[customerParams](r)
	if err != nil {
		return api.Response{}, err
	}
	if err := refuseFaults(r); err != nil {
		return api.Response{}, err
	}
	var c *customer
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		c = newCustomer(tx, accountOf(r.Header))
		if err := in.on(c); err != nil {
			return err
		}
		c.Metadata = kept(c.Metadata)
		tx.Put(catalogCustomers, c.ID, c)
		emitCustomer(tx, eventCustomerCreated, c, nil)
		return nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusCreated, Body: c}, nil
}

// listCustomers answers a page of the account's customers, newest first.
//
// Source: vendor OpenAPI document, ListCustomers: the order, and what q looks into.
func (t *Tilled) listCustomers(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[struct {
		paging
		Q string `json:"q"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	q := t.query(r, in.paging, querySearch)
	q.Contains = strings.ToLower(in.Q)
	var page sandbox.Objects
	r.Sandbox.View(func(tx *sandbox.Tx) { page, err = tx.List(catalogCustomers, q) })
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: pageOf(q, page, asItIs)}, nil
}

// getCustomer answers one customer of the account.
func (t *Tilled) getCustomer(_ context.Context, r *api.Request) (api.Response, error) {
	var c *customer
	var err error
	r.Sandbox.View(func(tx *sandbox.Tx) { c, err = findCustomer(tx, r) })
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: c}, nil
}

// updateCustomer changes what was sent.
//
// Assumed: sessions keep the e-mail address that the customer had when they were made.
func (t *Tilled) updateCustomer(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[customerParams](r)
	if err != nil {
		return api.Response{}, err
	}
	if err := refuseFaults(r); err != nil {
		return api.Response{}, err
	}
	var c customer
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		old, err := findCustomer(tx, r)
		if err != nil {
			return err
		}
		c = *old
		if err := in.on(&c); err != nil {
			return err
		}
		c.UpdatedAt = wire.Millis(tx.Now())
		tx.Put(catalogCustomers, c.ID, &c)
		emitCustomer(tx, eventCustomerUpdated, &c, nil)
		return nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: &c}, nil
}

// deleteCustomer takes a customer away for good.
//
// Source: vendor OpenAPI document, DeleteCustomer.
// Assumed: its payment methods are detached. Sessions and payment intents keep its id: an open session can
// still be paid, a payment intent shows no customer any more and is still listed by it.
func (t *Tilled) deleteCustomer(_ context.Context, r *api.Request) (api.Response, error) {
	err := r.Sandbox.Change(func(tx *sandbox.Tx) error {
		c, err := findCustomer(tx, r)
		if err != nil {
			return err
		}
		has := []sandbox.Filter{{Field: fieldCustomer, Values: []string{c.ID}}}
		methods, err := tx.List(catalogMethods, sandbox.Query{Scope: c.AccountID, Where: has})
		if err != nil {
			return err
		}
		for _, v := range methods.Values {
			m := v.(*method).changed(tx)
			m.Object.CustomerID, m.Object.Chargeable = nil, false
			tx.Put(catalogMethods, m.ID, m)
			emitMethod(tx, eventMethodDetached, m)
		}
		tx.Drop(catalogCustomers, c.ID)
		emitCustomer(tx, eventCustomerDeleted, c, nil)
		return nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Status: http.StatusNoContent}, nil
}
