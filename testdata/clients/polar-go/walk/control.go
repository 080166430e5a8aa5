package polarwalk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// control calls /_control of one sandbox.
type control struct{ base, sandbox string }

// call panics unless the answer is a success; in and out may be nil.
func (c control) call(method, path string, in, out any) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		must(err)
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, c.base+"/_control"+path, body)
	must(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Sandbox", c.sandbox)
	res, err := http.DefaultClient.Do(req)
	must(err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	must(err)
	if res.StatusCode >= 300 {
		panic(fmt.Sprintf("%s %s = %s %s", method, req.URL, res.Status, answer))
	}
	if out != nil {
		must(json.Unmarshal(answer, out))
	}
}

type product struct {
	ID                   string
	Name                 string
	Visibility           string
	OrganizationID       string  `json:"organization_id"`
	IsRecurring          bool    `json:"is_recurring"`
	IsArchived           bool    `json:"is_archived"`
	RecurringInterval    *string `json:"recurring_interval"`
	AttachedCustomFields []struct {
		Required    bool
		CustomField customField `json:"custom_field"`
	} `json:"attached_custom_fields"`
	Prices []struct {
		ID         string
		AmountType string `json:"amount_type"`
		Amount     int64  `json:"price_amount"`
		Currency   string `json:"price_currency"`
	}
}

type customField struct {
	Type, Slug string
	Properties struct{ Options []struct{ Value string } }
}

func (p product) fixed() bool {
	return p.Prices[0].AmountType == "fixed" && p.Prices[0].Amount > 0 && len(p.AttachedCustomFields) == 0
}

// required are the custom fields that the buyer must fill in.
func (p product) required() []customField {
	var out []customField
	for _, f := range p.AttachedCustomFields {
		if f.Required {
			out = append(out, f.CustomField)
		}
	}
	return out
}

type discount struct {
	ID             string
	Type           string
	Duration       string
	Code           *string
	Amount         int64
	BasisPoints    int64   `json:"basis_points"`
	Products       []any   `json:"products"`
	Redemptions    int64   `json:"redemptions_count"`
	MaxRedemptions *int64  `json:"max_redemptions"`
	StartsAt       *string `json:"starts_at"`
	EndsAt         *string `json:"ends_at"`
}

// usable is whether anyone may use the discount on any product at any time.
func (d discount) usable() bool {
	return len(d.Products) == 0 && d.StartsAt == nil && d.EndsAt == nil &&
		(d.MaxRedemptions == nil || d.Redemptions < *d.MaxRedemptions)
}

// off is what the discount takes off an amount, in minor units; half of one rounds up.
func (d discount) off(amount int64) int64 {
	if d.Type == "fixed" {
		return min(d.Amount, amount)
	}
	return (amount*d.BasisPoints + 5000) / 10000
}

type catalog struct {
	products                             []product
	discounts                            []discount
	product, monthly, custom, free, form product
	discount                             discount
}

// catalog finds, by what they are and not by ID, the products and the discounts of a walk.
func (c control) catalog() catalog {
	var all struct {
		Polar struct {
			Products  []product
			Discounts []discount
		}
	}
	c.call("GET", "/fixtures", nil, &all)
	products := slices.DeleteFunc(all.Polar.Products, func(p product) bool { return p.IsArchived || p.Visibility == "draft" })
	discounts := slices.DeleteFunc(all.Polar.Discounts, func(d discount) bool { return !d.usable() })
	return catalog{
		products:  products,
		discounts: discounts,
		product:   find("one-time product", products, func(p product) bool { return !p.IsRecurring && p.fixed() }),
		monthly: find("monthly product", products, func(p product) bool {
			return p.RecurringInterval != nil && *p.RecurringInterval == "month" && p.fixed()
		}),
		custom: find("pay-what-you-want product", products, func(p product) bool { return p.Prices[0].AmountType == "custom" }),
		free: find("free product", products, func(p product) bool {
			return !p.IsRecurring && p.Prices[0].AmountType == "fixed" && p.Prices[0].Amount == 0
		}),
		form: find("product with required custom fields", products, func(p product) bool { return len(p.required()) > 0 }),
		discount: find("percentage discount with a code", discounts, func(d discount) bool {
			return d.Type == "percentage" && d.Code != nil && d.Duration == "once" && d.BasisPoints < 10000
		}),
	}
}

func find[T any](what string, rows []T, test func(T) bool) T {
	if i := slices.IndexFunc(rows, test); i >= 0 {
		return rows[i]
	}
	panic("the catalog has no " + what)
}
