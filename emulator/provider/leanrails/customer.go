package leanrails

import (
	"context"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// customers is the kind of the customers.
func customers() kind[*customer] {
	return kind[*customer]{catalog: catalogCustomers, noun: objectCustomer, path: "/v1/customers"}
}

func (c *customer) key() string { return c.ID }

// Listing implements sandbox.Listed.
//
// Source: G3, list customers: email is compared exactly. G1 has no filter.
func (c *customer) Listing() (out sandbox.Listing) {
	if c.Email != nil {
		out.Terms = []checkout.Term{{Field: "email", Value: *c.Email}}
	}
	return out
}

// customerParams is the body of a creation or an update.
//
// Source: G1, update a customer; G2 shows a creation.
// Assumed: a creation takes the same, and requires nothing.
type customerParams struct {
	Email       wire.Optional[string]         `json:"email"`
	Name        wire.Optional[string]         `json:"name"`
	Phone       wire.Optional[string]         `json:"phone"`
	Description wire.Optional[string]         `json:"description"`
	Metadata    wire.Optional[map[string]any] `json:"metadata"`
}

func (in customerParams) on(c *customer) {
	set(&c.Email, in.Email)
	set(&c.Name, in.Name)
	set(&c.Phone, in.Phone)
	set(&c.Description, in.Description)
	c.Metadata = merged(c.Metadata, in.Metadata)
}

// createCustomer makes a customer.
func createCustomer(tx *sandbox.Tx, _ *api.Request, in customerParams) (any, error) {
	c := &customer{ID: newID(tx, kindCustomer, "cus_"), Object: "customer", Created: tx.Now().Unix(), MerchantID: merchantID}
	in.on(c)
	tx.Put(catalogCustomers, c.ID, c)
	return c, nil
}

// updateCustomer changes what was sent.
func updateCustomer(tx *sandbox.Tx, r *api.Request, in customerParams) (any, error) {
	old, err := customers().named(tx, r)
	if err != nil {
		return nil, err
	}
	c := *old
	in.on(&c)
	tx.Put(catalogCustomers, c.ID, &c)
	return &c, nil
}

// getCustomer answers a customer, or what is left of one that was deleted.
//
// Source: G1, retrieve a customer; G3, customers, for one that was deleted.
func getCustomer(ctx context.Context, r *api.Request) (api.Response, error) {
	resp, err := customers().get(ctx, r)
	if err == nil {
		return resp, nil
	}
	r.Sandbox.View(func(tx *sandbox.Tx) {
		if left := find[deletedObject](tx, catalogDeleted, r.Param(paramID)); left != nil {
			resp.Body, err = left, nil
		}
	})
	return resp, err
}

// deleteCustomer takes a customer away: it is no longer listed, changed, or named by anything new. Sessions,
// payments and refunds that name it keep its id; a session that is open can still be paid.
//
// Source: G3, customers: historical payments stay attached to the id.
// Assumed: the same for open sessions, and that a second deletion finds nothing.
func deleteCustomer(_ context.Context, r *api.Request) (api.Response, error) {
	left := &deletedObject{ID: r.Param(paramID), Object: "customer", Deleted: true}
	err := r.Sandbox.Change(func(tx *sandbox.Tx) error {
		if _, err := customers().named(tx, r); err != nil {
			return err
		}
		tx.Drop(catalogCustomers, left.ID)
		tx.Put(catalogDeleted, left.ID, left)
		return nil
	})
	return api.Response{Body: left}, err
}
