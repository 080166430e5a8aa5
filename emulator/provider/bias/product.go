package bias

import (
	"context"
	"fmt"
	"strconv"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// product is a product on the wire. DefaultPrice and Prices may hold expanded prices.
//
// Source: docs.biaspay.com, products. Assumed: that images and metadata come last; and there are no
// files here, so that images is empty.
type product struct {
	Object       string            `json:"object"`
	ID           string            `json:"id"`
	Live         bool              `json:"live"`
	CreatedAt    int64             `json:"created_at"`
	UpdatedAt    int64             `json:"updated_at"`
	Deleted      bool              `json:"deleted"`
	Name         string            `json:"name"`
	Description  *string           `json:"description"`
	Active       bool              `json:"active"`
	DefaultPrice any               `json:"default_price"`
	Prices       []*price          `json:"prices"`
	Images       []string          `json:"images"`
	Metadata     map[string]string `json:"metadata"`
}

// Listing implements sandbox.Listed.
func (p *product) Listing() sandbox.Listing {
	return listing(filterActive, strconv.FormatBool(p.Active), filterDeleted, strconv.FormatBool(p.Deleted))
}

func (p *product) created() (string, int64) { return p.ID, p.CreatedAt }
func (p *product) gone() bool               { return p.Deleted }

// productParams is the body of a creation and of an update; absent members stay.
//
// Assumed: that these are the parameters. A product is active unless it says otherwise.
type productParams struct {
	Name         string                        `json:"name"`
	Description  wire.Optional[string]         `json:"description"`
	Active       *bool                         `json:"active"`
	DefaultPrice wire.Optional[string]         `json:"default_price"`
	Metadata     wire.Optional[metadataParams] `json:"metadata"`
}

func (in productParams) over(p *product) {
	p.Name = or(in.Name, p.Name)
	set(&p.Description, in.Description)
	if in.Active != nil {
		p.Active = *in.Active
	}
	if in.DefaultPrice.Set {
		p.DefaultPrice = orNull(in.DefaultPrice.Value)
	}
	p.Metadata = mergedTexts(in.Metadata, p.Metadata)
}

func (b *Bias) createProduct(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, in productParams) (*product, error) {
		now := c.tx.Now().UnixMilli()
		made := &product{
			Object: "product", ID: newID(c.tx, kindProduct, prefixProduct), CreatedAt: now, UpdatedAt: now, Active: true, Images: []string{},
		}
		in.over(made)
		c.tx.Put(kindProduct, made.ID, made)
		b.happens(c.tx, eventProductCreated, made.ID, &subject{Product: made})
		return made, nil
	})
}

func (b *Bias) updateProduct(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, in productParams) (*product, error) {
		old, err := wanted[*product](b, c.tx, kindProduct, r.Param("id"))
		if err != nil {
			return nil, err
		}
		if in.DefaultPrice.Has() {
			c.defaultPrice(old.ID, in.DefaultPrice.Value)
		}
		next := *old
		in.over(&next)
		b.changeProduct(c.tx, eventProductUpdated, old, &next)
		return &next, nil
	})
}

// defaultPrice checks that a price is one of the product.
func (c *completion) defaultPrice(product, id string) {
	if p, _ := c.tx.Get(kindPrice, id).(*price); p == nil || p.Deleted || p.Product != product {
		c.fault(codeMissing, []any{"default_price"}, id, fmt.Sprintf(messageNoPriceOf, product, id))
	}
}

// deleteProduct takes a product away.
//
// Assumed: its prices stay, and cannot be bought any more.
func (b *Bias) deleteProduct(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, _ struct{}) (*product, error) {
		old, err := existing[*product](b, c.tx, kindProduct, r.Param("id"))
		if err != nil || old.Deleted {
			return old, err
		}
		next := *old
		next.Deleted = true
		b.changeProduct(c.tx, eventProductDeleted, old, &next)
		return &next, nil
	})
}

func (b *Bias) changeProduct(tx *sandbox.Tx, word string, old, next *product) {
	next.UpdatedAt = tx.Now().UnixMilli()
	tx.Put(kindProduct, next.ID, next)
	b.happens(tx, word, next.ID, &subject{Product: next, PreviousProduct: old})
}
