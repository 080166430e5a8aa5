package bias

import (
	"context"
	"fmt"
	"strconv"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// priceOneTime is the type of a price.
//
// Source: the documented sample. Assumed: that prices by period, which the page speaks of and of which it
// shows nothing, are not needed.
const priceOneTime = "one_time"

// price is a price on the wire. Product may hold an expanded product. There is no currency.
//
// Source: docs.biaspay.com, prices.
type price struct {
	Object      string            `json:"object"`
	ID          string            `json:"id"`
	Live        bool              `json:"live"`
	CreatedAt   int64             `json:"created_at"`
	UpdatedAt   int64             `json:"updated_at"`
	Deleted     bool              `json:"deleted"`
	Product     any               `json:"product"`
	Active      bool              `json:"active"`
	Description *string           `json:"description"`
	Amount      int64             `json:"amount"`
	Type        string            `json:"type"`
	Metadata    map[string]string `json:"metadata"`
}

// Listing implements sandbox.Listed.
func (p *price) Listing() sandbox.Listing {
	product, _ := p.Product.(string)
	return listing(filterActive, strconv.FormatBool(p.Active), filterDeleted, strconv.FormatBool(p.Deleted),
		filterProduct, product, filterType, p.Type)
}

func (p *price) created() (string, int64) { return p.ID, p.CreatedAt }
func (p *price) gone() bool               { return p.Deleted }

// priceParams is the body of a creation and of an update; absent members stay.
//
// Source: docs.biaspay.com, "Create a price", for product.
// Assumed: the others; amount, product and type of a price never change.
type priceParams struct {
	Product     string                        `json:"product"`
	Amount      int64                         `json:"amount"`
	Active      *bool                         `json:"active"`
	Description wire.Optional[string]         `json:"description"`
	Type        string                        `json:"type"`
	Metadata    wire.Optional[metadataParams] `json:"metadata"`
}

func (in priceParams) over(p *price) {
	set(&p.Description, in.Description)
	if in.Active != nil {
		p.Active = *in.Active
	}
	p.Metadata = mergedTexts(in.Metadata, p.Metadata)
}

func (b *Bias) createPrice(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, in priceParams) (*price, error) {
		if of, _ := c.tx.Get(kindProduct, in.Product).(*product); of == nil || of.Deleted {
			c.fault(codeMissing, []any{"product"}, in.Product, fmt.Sprintf(messageNoObject, "product", in.Product))
		}
		now := c.tx.Now().UnixMilli()
		made := &price{
			Object: "price", ID: newID(c.tx, kindPrice, prefixPrice), CreatedAt: now, UpdatedAt: now, Product: in.Product, Active: true,
			Amount: in.Amount, Type: or(in.Type, priceOneTime),
		}
		in.over(made)
		c.tx.Put(kindPrice, made.ID, made)
		b.happens(c.tx, eventPriceCreated, made.ID, &subject{Price: made})
		return made, nil
	})
}

func (b *Bias) updatePrice(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, in priceParams) (*price, error) {
		old, err := wanted[*price](b, c.tx, kindPrice, r.Param("id"))
		if err != nil {
			return nil, err
		}
		next := *old
		in.over(&next)
		b.changePrice(c.tx, eventPriceUpdated, old, &next)
		return &next, nil
	})
}

// deletePrice takes a price away.
//
// Assumed: line items and products that name it keep its id.
func (b *Bias) deletePrice(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, _ struct{}) (*price, error) {
		old, err := existing[*price](b, c.tx, kindPrice, r.Param("id"))
		if err != nil || old.Deleted {
			return old, err
		}
		next := *old
		next.Deleted = true
		b.changePrice(c.tx, eventPriceDeleted, old, &next)
		return &next, nil
	})
}

func (b *Bias) changePrice(tx *sandbox.Tx, word string, old, next *price) {
	next.UpdatedAt = tx.Now().UnixMilli()
	tx.Put(kindPrice, next.ID, next)
	b.happens(tx, word, next.ID, &subject{Price: next, PreviousPrice: old})
}
