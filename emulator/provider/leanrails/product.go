package leanrails

import (
	"context"
	"strconv"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// product is a product on the wire.
//
// Source: G2, create a product; G1 has no page of them.
type product struct {
	ID                  string         `json:"id"`
	Object              string         `json:"object"`
	Active              bool           `json:"active"`
	Name                string         `json:"name"`
	Images              []string       `json:"images"`
	MarketingFeatures   []feature      `json:"marketing_features"`
	Metadata            map[string]any `json:"metadata"`
	Livemode            bool           `json:"livemode"`
	Created             int64          `json:"created"`
	Updated             int64          `json:"updated"`
	Description         *string        `json:"description"`
	URL                 *string        `json:"url"`
	DefaultPrice        *string        `json:"default_price"`
	Shippable           *bool          `json:"shippable"`
	StatementDescriptor *string        `json:"statement_descriptor"`
	UnitLabel           *string        `json:"unit_label"`
	TaxCode             *string        `json:"tax_code"`
	PackageDimensions   *dimensions    `json:"package_dimensions"`
}

type feature struct {
	Name string `json:"name"`
}

type dimensions struct {
	Height float64 `json:"height"`
	Length float64 `json:"length"`
	Width  float64 `json:"width"`
	Weight float64 `json:"weight"`
}

// complete fills in what an object of the catalog may leave out.
func (p *product) complete() {
	if p.Images == nil {
		p.Images = []string{}
	}
	if p.MarketingFeatures == nil {
		p.MarketingFeatures = []feature{}
	}
	if p.Metadata == nil {
		p.Metadata = map[string]any{}
	}
	if p.Updated == 0 {
		p.Updated = p.Created
	}
}

// products is the kind of the products.
func products() kind[*product] {
	return kind[*product]{catalog: catalogProducts, noun: objectProduct, path: "/v1/products"}
}

func (p *product) key() string { return p.ID }

// Listing implements sandbox.Listed.
//
// Assumed: the filter, after that of prices (G1).
func (p *product) Listing() sandbox.Listing {
	return sandbox.Listing{Terms: []checkout.Term{{Field: "active", Value: strconv.FormatBool(p.Active)}}}
}

// productParams is the body of a creation or an update.
//
// Source: G2, create a product.
// Assumed: an update takes the same and default_price; package_dimensions are in no request.
type productParams struct {
	Name                wire.Optional[string]         `json:"name"`
	Active              wire.Optional[bool]           `json:"active"`
	Description         wire.Optional[string]         `json:"description"`
	Images              wire.Optional[[]string]       `json:"images"`
	URL                 wire.Optional[string]         `json:"url"`
	DefaultPrice        wire.Optional[string]         `json:"default_price"`
	Shippable           wire.Optional[bool]           `json:"shippable"`
	StatementDescriptor wire.Optional[string]         `json:"statement_descriptor"`
	UnitLabel           wire.Optional[string]         `json:"unit_label"`
	TaxCode             wire.Optional[string]         `json:"tax_code"`
	MarketingFeatures   wire.Optional[[]feature]      `json:"marketing_features"`
	Metadata            wire.Optional[map[string]any] `json:"metadata"`
}

func (in productParams) on(p *product) {
	p.Name, p.Active = in.Name.Or(p.Name), in.Active.Or(p.Active)
	set(&p.Description, in.Description)
	set(&p.URL, in.URL)
	set(&p.DefaultPrice, in.DefaultPrice)
	set(&p.StatementDescriptor, in.StatementDescriptor)
	set(&p.UnitLabel, in.UnitLabel)
	set(&p.TaxCode, in.TaxCode)
	if in.Shippable.Set {
		p.Shippable = in.Shippable.Ptr()
	}
	if in.Images.Set {
		p.Images = in.Images.Value
	}
	if in.MarketingFeatures.Set {
		p.MarketingFeatures = in.MarketingFeatures.Value
	}
	p.Metadata = merged(p.Metadata, in.Metadata)
	p.complete()
}

// createProduct makes a product.
func createProduct(tx *sandbox.Tx, _ *api.Request, in productParams) (any, error) {
	p := &product{ID: newID(tx, kindProduct, "prod_"), Object: "product", Active: true, Created: tx.Now().Unix()}
	in.on(p)
	tx.Put(catalogProducts, p.ID, p)
	return p, nil
}

// updateProduct changes what was sent.
//
// Source: G3, update a product: a POST.
func updateProduct(tx *sandbox.Tx, r *api.Request, in productParams) (any, error) {
	old, err := products().named(tx, r)
	if err != nil {
		return nil, err
	}
	p := *old
	p.Updated = tx.Now().Unix()
	in.on(&p)
	tx.Put(catalogProducts, p.ID, &p)
	return &p, nil
}

// productFaults: a product's default price is one of its own.
func productFaults(tx *sandbox.Tx, r *api.Request) []checkout.Violation {
	path := []any{"default_price"}
	id, ok := wire.Lookup(r.Body, path).(string)
	if !ok {
		return nil
	}
	switch p := find[price](tx, catalogPrices, id); {
	case p == nil:
		return []checkout.Violation{*unknown(path, objectPrice, id)}
	case p.Product != r.Param(paramID):
		return []checkout.Violation{*invalid(path, id, "must be a price of this product")}
	}
	return nil
}

// deleteProduct takes a product away that has no prices.
//
// Source: G3, that products can be deleted.
// Assumed: not while there are prices of it, which sessions may name.
func deleteProduct(_ context.Context, r *api.Request) (api.Response, error) {
	left := &deletedObject{ID: r.Param(paramID), Object: "product", Deleted: true}
	err := r.Sandbox.Change(func(tx *sandbox.Tx) error {
		if _, err := products().named(tx, r); err != nil {
			return err
		}
		priced, err := tx.List(catalogPrices, sandbox.Query{Where: []sandbox.Filter{{Field: "product", Values: []string{left.ID}}}, Limit: 1})
		if err == nil && priced.Total > 0 {
			err = broken([]checkout.Violation{{
				In: checkout.InPath, Path: []any{paramID}, Rule: codeInvalid, Value: left.ID,
				Message: "This Product has Prices and cannot be deleted; set its `active` to false instead.",
			}})
		}
		if err == nil {
			tx.Drop(catalogProducts, left.ID)
		}
		return err
	})
	return api.Response{Body: left}, err
}
