package polar

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Sizes of pages. A larger limit counts as the largest.
const (
	limitDefault = 10
	limitMax     = 100
)

// listQuery is what a list asks for.
type listQuery struct {
	OrganizationID     []string `json:"organization_id"`
	ProductID          []string `json:"product_id"`
	CustomerID         []string `json:"customer_id"`
	ExternalCustomerID []string `json:"external_customer_id"`
	Status             []string `json:"status"`
	Query              string   `json:"query"`
	Page               int64    `json:"page"`
	Limit              int64    `json:"limit"`
	Sorting            []string `json:"sorting"`
}

func (p *Polar) listCheckouts(_ context.Context, r *api.Request) (api.Response, error) {
	if err := p.checkModel(r); err != nil {
		return api.Response{}, err
	}
	in, err := api.DecodeQuery[listQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	if in.Limit = min(in.Limit, limitMax); in.Limit == 0 {
		in.Limit = limitDefault
	}
	q, err := p.query(r.Sandbox, in)
	if err != nil {
		return api.Response{}, err
	}
	page, err := r.Sandbox.List(q)
	if err != nil {
		return api.Response{}, err
	}
	items := make([]json.RawMessage, len(page.Records))
	for i, rec := range page.Records {
		items[i] = p.body(r, rec, sandbox.Private)
	}
	var counts pagination
	if len(items) > 0 || !p.seed { // February 2025 counted with the rows of the page
		counts = pagination{TotalCount: page.Total, MaxPage: (page.Total + q.Limit - 1) / q.Limit}
	}
	return api.Response{Body: wire.Assembly{
		{Name: "items", Items: items},
		{Name: "pagination", Value: wire.MustMarshal(counts)},
	}}, nil
}

// query turns the parameters into a query of the sandbox.
func (p *Polar) query(b *sandbox.Sandbox, in listQuery) (sandbox.Query, error) {
	q := sandbox.Query{Scope: sandbox.AccountScope(name, ""), Limit: int(in.Limit)}
	if in.Page > 1 {
		q.Offset = int(min(in.Page-1, math.MaxInt32/in.Limit) * in.Limit)
	}
	where := func(field string, values []string, normal func(string) string) {
		if len(values) == 0 {
			return
		}
		normalized := make([]string, len(values))
		for i, v := range values {
			normalized[i] = normal(v)
		}
		q.Where = append(q.Where, sandbox.Filter{Field: field, Values: normalized})
	}
	where(termOrganization, p.visibleOrganizations(b, in.OrganizationID), canonicalUUID)
	where(termProduct, in.ProductID, canonicalUUID)
	if !p.seed {
		where(termCustomer, in.CustomerID, canonicalUUID)
		where(termCustomer, customersNamed(b, in.ExternalCustomerID), strings.Clone)
		where(sandbox.FieldStatus, in.Status, coreStatus)
		q.Contains = strings.ToLower(in.Query)
	}
	sorted(&q, in.Sorting)
	return q, nil
}

// customersNamed are the ids of the customers that have one of these external ids by now. Without any nothing
// is returned.
func customersNamed(b *sandbox.Sandbox, externalIDs []string) (found []string) {
	if len(externalIDs) == 0 {
		return nil
	}
	b.View(func(tx *sandbox.Tx) {
		for _, v := range tx.All(kindOrganization) {
			for _, id := range externalIDs {
				if c, _ := tx.By(kindCustomer, externalKey(v.(*organization).ID, id)).(*customer); c != nil {
					found = append(found, c.ID)
				}
			}
		}
	})
	return append(found, "none") // never empty: that would be no filter
}

// visibleOrganizations narrows a filter to the organizations that may still use the API. Without a
// filter nothing is returned as long as all of them may.
func (p *Polar) visibleOrganizations(b *sandbox.Sandbox, asked []string) []string {
	blocked := false
	var open []string
	b.View(func(tx *sandbox.Tx) {
		for _, v := range tx.All(kindOrganization) {
			o := v.(*organization)
			if o.blocked() {
				blocked = true
				continue
			}
			open = append(open, o.ID)
		}
	})
	if !blocked || p.seed {
		return asked
	}
	if len(asked) > 0 {
		open = slices.DeleteFunc(slices.Clone(asked), func(id string) bool { return !slices.Contains(open, canonicalUUID(id)) })
	}
	return append(open, "none") // never empty: that would be no filter
}

func coreStatus(word string) string {
	for _, s := range checkout.Statuses() {
		if statuses[s] == word {
			return string(s)
		}
	}
	return word
}

// sorted sets the order. Sessions live equally long, so the order of expiry is that of creation; as
// no two are made at once, what is named after either makes no difference.
//
// Assumed: sessions of the same status come oldest first when nothing else is asked for.
func sorted(q *sandbox.Query, criteria []string) {
	if len(criteria) == 0 {
		criteria = []string{"-created_at"}
	}
	for _, c := range criteria {
		field, descending := strings.CutPrefix(c, "-")
		if field != "status" {
			q.NewestFirst = descending
			return
		}
		if len(q.Groups) == 0 {
			q.Groups = statusesByName(descending)
		}
	}
}

func statusesByName(descending bool) []checkout.Status {
	all := slices.SortedFunc(slices.Values(checkout.Statuses()), func(a, b checkout.Status) int {
		return strings.Compare(statuses[a], statuses[b])
	})
	if descending {
		slices.Reverse(all)
	}
	return all
}

// listItems lists what February 2025 refused and the document allows.
func (p *Polar) listItems(r *api.Request) []item {
	criteria, _ := r.Query["sorting"].([]any)
	if !p.seed {
		return nil
	}
	var items []item
	for i, c := range criteria {
		if word, _ := c.(string); strings.HasSuffix(word, "status") {
			it := item{Loc: []any{checkout.InQuery, "sorting", i}, Input: c}
			items = append(items, enumWords(it, []string{"created_at", "-created_at", "expires_at", "-expires_at"}))
		}
	}
	return items
}
