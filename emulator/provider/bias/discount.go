package bias

import (
	"context"
	"fmt"
	"strconv"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// discount is a discount of the catalog. Fixtures of it have this shape.
//
// Source: docs.biaspay.com, discounts, for the members and, up to applies_to, their order.
// Assumed: that metadata is the last.
type discount struct {
	Object        string            `json:"object"`
	ID            string            `json:"id"`
	Live          bool              `json:"live"`
	CreatedAt     int64             `json:"created_at"`
	UpdatedAt     int64             `json:"updated_at"`
	Deleted       bool              `json:"deleted"`
	Name          string            `json:"name"`
	AmountOff     *int64            `json:"amount_off"`  // cents; one of this and the next
	PercentOff    *float64          `json:"percent_off"` // 15 for 15 %
	PromotionCode *string           `json:"promotion_code"`
	AppliesTo     []string          `json:"applies_to"` // ids of products; nil: all
	Metadata      map[string]string `json:"metadata"`
}

// Listing implements sandbox.Listed.
func (d *discount) Listing() sandbox.Listing {
	return listing(filterCode, textOf(d.PromotionCode), filterDeleted, strconv.FormatBool(d.Deleted))
}

func (d *discount) created() (string, int64) { return d.ID, d.CreatedAt }
func (d *discount) gone() bool               { return d.Deleted }

// Keys implements sandbox.Keyed: a discount is found by its promotion code.
func (d *discount) Keys() []string {
	if d.PromotionCode == nil || d.Deleted {
		return nil
	}
	return []string{keyOfCode(*d.PromotionCode)}
}

func keyOfCode(code string) string { return "code:" + code }

// discountObject is a discount on the wire. AppliesTo is nil unless it is expanded.
type discountObject struct {
	Object        string            `json:"object"`
	ID            string            `json:"id"`
	Live          bool              `json:"live"`
	CreatedAt     int64             `json:"created_at"`
	UpdatedAt     int64             `json:"updated_at"`
	Deleted       bool              `json:"deleted"`
	Name          string            `json:"name"`
	AmountOff     *int64            `json:"amount_off"`
	PercentOff    *float64          `json:"percent_off"`
	PromotionCode *string           `json:"promotion_code"`
	AppliesTo     []*product        `json:"applies_to"`
	Metadata      map[string]string `json:"metadata"`
}

// newDiscountObject returns a discount with nothing expanded.
func newDiscountObject(d *discount) *discountObject {
	return &discountObject{
		Object: d.Object, ID: d.ID, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt, Deleted: d.Deleted, Name: d.Name,
		AmountOff: d.AmountOff, PercentOff: d.PercentOff, PromotionCode: d.PromotionCode, Metadata: d.Metadata,
	}
}

// discountParams is the body of a creation and of an update; absent members stay.
//
// Assumed: that these are the parameters, and that what a discount takes off never changes.
type discountParams struct {
	Name          string                        `json:"name"`
	AmountOff     *int64                        `json:"amount_off"`
	PercentOff    *float64                      `json:"percent_off"`
	PromotionCode wire.Optional[string]         `json:"promotion_code"`
	AppliesTo     wire.Optional[[]string]       `json:"applies_to"`
	Metadata      wire.Optional[metadataParams] `json:"metadata"`
}

func (in discountParams) over(d *discount) {
	d.Name = or(in.Name, d.Name)
	set(&d.PromotionCode, in.PromotionCode)
	if in.AppliesTo.Set {
		d.AppliesTo = in.AppliesTo.Value
	}
	d.Metadata = mergedTexts(in.Metadata, d.Metadata)
}

// check looks up what a discount names.
//
// Assumed: a promotion code is that of one discount, and its case counts.
func (in discountParams) check(c *completion, id string) {
	if in.PromotionCode.Has() {
		if other, _ := c.tx.By(kindDiscount, keyOfCode(in.PromotionCode.Value)).(*discount); other != nil && other.ID != id {
			c.fault(codeInvalid, []any{"promotion_code"}, in.PromotionCode.Value, fmt.Sprintf(messageCodeTaken, other.ID))
		}
	}
	for i, product := range in.AppliesTo.Value {
		if of := lookupProduct(c.tx, product); of == nil || of.Deleted {
			c.fault(codeMissing, []any{"applies_to", i}, product, fmt.Sprintf(messageNoObject, "product", product))
		}
	}
}

func lookupProduct(tx *sandbox.Tx, id string) *product {
	p, _ := tx.Get(kindProduct, id).(*product)
	return p
}

func (b *Bias) createDiscount(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, in discountParams) (*discount, error) {
		in.check(c, "")
		now := c.tx.Now().UnixMilli()
		made := &discount{
			Object: "discount", ID: newID(c.tx, kindDiscount, prefixDiscount), CreatedAt: now, UpdatedAt: now,
			AmountOff: in.AmountOff, PercentOff: in.PercentOff,
		}
		in.over(made)
		c.tx.Put(kindDiscount, made.ID, made)
		b.happens(c.tx, eventDiscountCreated, made.ID, &subject{Discount: newDiscountObject(made)})
		return made, nil
	})
}

func (b *Bias) updateDiscount(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, in discountParams) (*discount, error) {
		old, err := wanted[*discount](b, c.tx, kindDiscount, r.Param("id"))
		if err != nil {
			return nil, err
		}
		in.check(c, old.ID)
		next := *old
		in.over(&next)
		b.changeDiscount(c.tx, eventDiscountUpdated, old, &next)
		return &next, nil
	})
}

func (b *Bias) deleteDiscount(_ context.Context, r *api.Request) (api.Response, error) {
	return write(b, r, func(c *completion, _ struct{}) (*discount, error) {
		old, err := existing[*discount](b, c.tx, kindDiscount, r.Param("id"))
		if err != nil || old.Deleted {
			return old, err
		}
		next := *old
		next.Deleted = true
		b.changeDiscount(c.tx, eventDiscountDeleted, old, &next)
		return &next, nil
	})
}

func (b *Bias) changeDiscount(tx *sandbox.Tx, word string, old, next *discount) {
	next.UpdatedAt = tx.Now().UnixMilli()
	tx.Put(kindDiscount, next.ID, next)
	b.happens(tx, word, next.ID, &subject{Discount: newDiscountObject(next), PreviousDiscount: newDiscountObject(old)})
}
