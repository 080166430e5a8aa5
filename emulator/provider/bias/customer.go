package bias

import (
	"context"
	"strconv"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// customer is a customer of the catalog. Fixtures of it have this shape.
//
// Source: docs.biaspay.com, customers. The last two members are of the later generation.
type customer struct {
	Object    string            `json:"object"`
	ID        string            `json:"id"`
	Live      bool              `json:"live"`
	CreatedAt int64             `json:"created_at"`
	Name      *string           `json:"name"`
	Email     *string           `json:"email"`
	Phone     *string           `json:"phone"`
	Metadata  map[string]string `json:"metadata"`
	UpdatedAt int64             `json:"updated_at,omitzero"` // zero: as created
	Deleted   bool              `json:"deleted,omitzero"`
}

// Listing implements sandbox.Listed.
func (c *customer) Listing() sandbox.Listing {
	return listing(filterEmail, textOf(c.Email), filterDeleted, strconv.FormatBool(c.Deleted))
}

func (c *customer) created() (string, int64) { return c.ID, c.CreatedAt }

// customerObject is a customer on the wire.
type customerObject struct {
	Object    string               `json:"object"`
	ID        string               `json:"id"`
	Live      bool                 `json:"live"`
	CreatedAt int64                `json:"created_at"`
	Name      *string              `json:"name"`
	Email     *string              `json:"email"`
	Phone     *string              `json:"phone"`
	Metadata  map[string]string    `json:"metadata"`
	UpdatedAt wire.Optional[int64] `json:"updated_at,omitzero"` // of the later generation, as the next
	Deleted   wire.Optional[bool]  `json:"deleted,omitzero"`
}

func (b *Bias) newCustomerObject(c *customer) *customerObject {
	out := &customerObject{
		Object: c.Object, ID: c.ID, CreatedAt: c.CreatedAt, Name: c.Name, Email: c.Email, Phone: c.Phone, Metadata: c.Metadata,
	}
	if b.b3 {
		out.UpdatedAt, out.Deleted = wire.Some(max(c.UpdatedAt, c.CreatedAt)), wire.Some(c.Deleted)
	}
	return out
}

// customerParams is the body of a creation and of an update; absent members stay.
//
// Assumed: that these are the parameters, none required, without limits; they are the members that a
// merchant knows.
type customerParams struct {
	Name     wire.Optional[string]         `json:"name"`
	Email    wire.Optional[string]         `json:"email"`
	Phone    wire.Optional[string]         `json:"phone"`
	Metadata wire.Optional[metadataParams] `json:"metadata"`
}

func (in customerParams) over(c *customer) {
	set(&c.Name, in.Name)
	set(&c.Email, in.Email)
	set(&c.Phone, in.Phone)
	c.Metadata = mergedTexts(in.Metadata, c.Metadata)
}

// mergedTexts returns metadata of the catalog with what was sent put over it.
//
// Assumed: as of sessions, keys are merged, null takes one away and null for the whole clears it.
func mergedTexts(in wire.Optional[metadataParams], old map[string]string) map[string]string {
	out := map[string]string{}
	if in.Null {
		return out
	}
	for key, value := range old {
		out[key] = value
	}
	for key, value := range in.Value {
		if value == nil {
			delete(out, key)
		} else {
			out[key] = *value
		}
	}
	return out
}

func (b *Bias) createCustomer(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, in customerParams) (*customer, error) {
		made := &customer{Object: "customer", ID: newID(c.tx, kindCustomer, prefixCustomer), CreatedAt: c.tx.Now().UnixMilli()}
		in.over(made)
		c.tx.Put(kindCustomer, made.ID, made)
		b.happens(c.tx, eventCustomerCreated, made.ID, &subject{Customer: b.newCustomerObject(made)})
		return made, nil
	})
}

func (b *Bias) updateCustomer(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, in customerParams) (*customer, error) {
		old, err := wanted[*customer](b, c.tx, kindCustomer, r.Param("id"))
		if err != nil {
			return nil, err
		}
		next := *old
		in.over(&next)
		b.changeCustomer(c.tx, eventCustomerUpdated, old, &next)
		return &next, nil
	})
}

// deleteCustomer takes a customer away. Sessions and payments that refer to it keep its id.
//
// Assumed: that they do, that an open session can still be paid, and that nothing else can be made for
// the customer. The answer is the customer as it was, in the later generation marked deleted.
func (b *Bias) deleteCustomer(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, _ struct{}) (*customer, error) {
		old, err := existing[*customer](b, c.tx, kindCustomer, r.Param("id"))
		if err != nil || old.Deleted {
			return old, err
		}
		next := *old
		next.Deleted = true
		b.changeCustomer(c.tx, eventCustomerDeleted, old, &next)
		return &next, nil
	})
}

func (b *Bias) changeCustomer(tx *sandbox.Tx, word string, old, next *customer) {
	next.UpdatedAt = tx.Now().UnixMilli()
	tx.Put(kindCustomer, next.ID, next)
	b.happens(tx, word, next.ID, &subject{Customer: b.newCustomerObject(next), PreviousCustomer: b.newCustomerObject(old)})
}

// textOf is a text that may be absent, "" when it is.
func textOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func (c *customer) gone() bool { return c.Deleted }
