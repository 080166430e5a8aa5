package polar

import (
	"context"
	"maps"
	"net/http"
	"net/mail"
	"net/url"
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// linkOpening are the parameters with which a link is opened. An empty one counts as absent.
type linkOpening struct {
	EmbedOrigin   string         `json:"embed_origin"`
	ProductID     string         `json:"product_id"`
	Amount        string         `json:"amount"`
	CustomerEmail string         `json:"customer_email"`
	CustomerName  string         `json:"customer_name"`
	DiscountCode  string         `json:"discount_code"`
	Locale        string         `json:"locale"`
	fields        map[string]any // custom_field_data.<slug>
	query         url.Values
}

// Parameters of an opened link.
const fieldParameter = "custom_field_data."

// openedAway are the parameters that do not go along to the hosted page.
var openedAway = []string{"embed_origin", "product_id", "amount", "customer_email", "customer_name", "discount_code", "locale"}

// openedNotes are the parameters that become metadata of the session, unless the link has its own.
var openedNotes = []string{"reference_id", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"}

// openCheckoutLink makes a session and redirects to its hosted page.
//
// Source: checkout_link/endpoints.py and CheckoutService.checkout_link_create.
func (p *Polar) openCheckoutLink(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[linkOpening](r)
	if err != nil {
		return api.Response{}, err
	}
	in.query, _ = url.ParseQuery(r.RawQuery)
	in.fields = map[string]any{}
	for key, values := range in.query {
		if slug, ok := strings.CutPrefix(key, fieldParameter); ok {
			in.fields[slug] = values[len(values)-1]
		}
	}
	rec, err := r.Sandbox.Create(name, func(tx *sandbox.Tx) (checkout.Session, error) {
		l, _ := tx.By(kindLink, linkSecretKey(r.Param("client_secret"))).(*link)
		if l == nil || organizationOf(tx, l.OrganizationID).blocked() {
			return checkout.Session{}, &checkout.Error{Code: checkout.CodeNotFound, Message: "no checkout link has that client secret"}
		}
		return p.opened(tx, l, &in)
	})
	if err != nil {
		return api.Response{}, err
	}
	resp := api.Response{Status: http.StatusTemporaryRedirect}
	resp.SetHeader("Location", in.location(p.URL(rec.Session, r.Base), detailOf(&rec.Session).CustomFields))
	return resp, nil
}

// location is the hosted page with the parameters that go along.
func (in *linkOpening) location(page string, answered map[string]any) string {
	rest := maps.Clone(in.query)
	for _, key := range openedAway {
		rest.Del(key)
	}
	for slug := range answered {
		rest.Del(fieldParameter + slug)
	}
	if len(rest) == 0 {
		return page
	}
	return page + "?" + rest.Encode()
}

// opened is the session of somebody who has opened a link. What does not fit of the discount and of the
// parameters is passed over.
func (p *Polar) opened(tx *sandbox.Tx, l *link, in *linkOpening) (checkout.Session, error) {
	off, err := p.linkOffer(tx, l, canonicalUUID(in.ProductID))
	if err != nil {
		return checkout.Session{}, err
	}
	var amount *int64
	if pr := customPrice(off.prices); pr != nil {
		if n, err := strconv.ParseFloat(in.Amount, 64); err == nil && n > -1e15 && n < 1e15 && p.checkCustomAmount(pr, int64(n), off.currency) == nil {
			asked := int64(n)
			amount = &asked
		}
	}
	allow, require := wire.Some(l.AllowDiscountCodes), l.RequireBilling
	s, d := p.newSession(&createBody{
		AllowDiscountCodes: allow, RequireBillingAddress: require, Amount: amount, Metadata: in.notes(l), TrialInterval: l.TrialInterval,
		TrialIntervalCount: l.TrialIntervalCount, SuccessURL: l.SuccessURL, ReturnURL: l.ReturnURL,
		CustomerName: wire.OrNull(in.CustomerName), EmbedOrigin: embedOrigin(in.EmbedOrigin),
	}, off)
	if isEmail(in.CustomerEmail) {
		s.Customer.Email = in.CustomerEmail
	}
	p.linkDiscount(tx, l, in, off, d)
	if kept, err := answers(off.product.CustomFields, in.fields, false); err == nil {
		d.CustomFields = kept
	} else {
		d.CustomFields = map[string]any{}
	}
	d.Locale = wire.OrNull("en")
	if organizationOf(tx, l.OrganizationID).localized() {
		d.Locale = wire.OrNull(in.Locale)
	}
	s.ID, s.ClientSecret = tx.UUID("polar.checkout"), newToken(tx, secretPrefix)
	d.Processor = p.processor(tx, nil)
	s.Detail = d
	p.recount(tx, &s, d)
	s.Customer.Name = text(d.Name)
	return s, nil
}

// linkOffer is what a link sells: those of its products that are still on sale, the first one selected, or
// the one that is asked for.
func (p *Polar) linkOffer(tx *sandbox.Tx, l *link, asked string) (offer, error) {
	var products []*product
	for _, id := range l.Products {
		if pr, fault := p.sellable(tx, id, "products"); fault == nil {
			products = append(products, pr)
		}
	}
	if len(products) == 0 {
		return offer{}, refuse(breach("value_error", "No valid products.", l.Products, "products"))
	}
	off := offer{product: products[0]}
	for _, pr := range products {
		off.products = append(off.products, pr.ID)
		if pr.ID == asked {
			off.product = pr
		}
	}
	off.prices, off.currency = pricesIn(off.product.Prices, organizationOf(tx, l.OrganizationID).Currency)
	if len(off.prices) == 0 {
		return offer{}, refuse(breach("value_error", "Product is not available in the specified currency.", off.product.ID, "products"))
	}
	off.price = &off.prices[0]
	return off, nil
}

// linkDiscount applies the discount of the link, and instead of it the one whose code is given.
func (p *Polar) linkDiscount(tx *sandbox.Tx, l *link, in *linkOpening, off offer, d *detail) {
	for _, by := range []discountBy{{id: l.DiscountID}, {code: in.DiscountCode}} {
		if by == (discountBy{}) {
			continue
		}
		if found, err := p.discountFor(tx, by, off.product, off.prices, off.currency); err == nil {
			d.DiscountID = found.ID
		}
	}
}

// notes is the metadata of the session.
func (in *linkOpening) notes(l *link) map[string]any {
	out := maps.Clone(metadata(l.Metadata))
	for _, key := range openedNotes {
		if value := in.query.Get(key); value != "" {
			if _, own := out[key]; !own {
				out[key] = value
			}
		}
	}
	return out
}

// embedOrigin is the origin of a URL, nil when it is none.
func embedOrigin(text string) *string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return nil
	}
	origin := strings.ToLower(u.Scheme + "://" + u.Host)
	return &origin
}

// isEmail reports whether a text is an e-mail address.
func isEmail(text string) bool {
	a, err := mail.ParseAddress(text)
	_, domain, _ := strings.Cut(text, "@")
	return err == nil && a.Address == text && strings.Contains(domain, ".")
}
