package leanrails

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// link is a checkout link as the sandbox keeps it: the session that each opening makes.
//
// Source: G2, checkout links.
type link struct {
	ID               string           `json:"id"`
	Inactive         bool             `json:"inactive,omitzero"`
	Title            string           `json:"title"`
	Description      *string          `json:"description,omitzero"`
	Currency         string           `json:"currency"`
	Created          int64            `json:"created"` // Unix seconds
	Items            []linkItem       `json:"items"`
	Recurring        bool             `json:"recurring,omitzero"` // one of the items recurs
	After            *afterCompletion `json:"after"`
	Billing          string           `json:"billing"`
	Metadata         map[string]any   `json:"metadata"`
	InactiveMessage  *string          `json:"inactive_message,omitzero"`
	MethodTypes      []string         `json:"method_types"`
	PromotionAllowed bool             `json:"promotion_allowed,omitzero"`
	Restrictions     *restrictions    `json:"restrictions,omitzero"`
	Submit           string           `json:"submit"`
	Completed        int64            `json:"completed,omitzero"` // sessions of it that were paid
}

// afterCompletion is what comes after the payment.
type afterCompletion struct {
	Type               string        `json:"type"`
	Redirect           *redirect     `json:"redirect,omitempty"`
	HostedConfirmation *confirmation `json:"hosted_confirmation,omitempty"`
}

type redirect struct {
	URL string `json:"url"`
}

type confirmation struct {
	CustomMessage *string `json:"custom_message"`
}

// restrictions are when the link ends by itself.
type restrictions struct {
	CompletedSessions completedSessions `json:"completed_sessions"`
}

type completedSessions struct {
	Limit int64 `json:"limit"`
}

// Values of parameters. Source: G2, create a checkout link.
const (
	afterRedirect = "redirect"
	afterHosted   = "hosted_confirmation"
	submitAuto    = "auto"
)

// linkItem is a line item of a checkout link on the wire.
//
// Source: G2, list line items for a checkout link.
// Assumed: the prefix of the id, which is that of a session's items (G1).
type linkItem struct {
	ID             string  `json:"id"`
	Object         string  `json:"object"`
	Price          string  `json:"price"`
	Quantity       int64   `json:"quantity"`
	AmountSubtotal int64   `json:"amount_subtotal"`
	AmountTotal    int64   `json:"amount_total"`
	Currency       string  `json:"currency"`
	Product        *string `json:"product"`
	Description    *string `json:"description"`
}

// checkoutLink is a checkout link on the wire.
//
// Source: G2, create a checkout link.
// Assumed: custom_fields and custom_text are empty, since no request has them.
type checkoutLink struct {
	ID                       string           `json:"id"`
	Object                   string           `json:"object"`
	Active                   bool             `json:"active"`
	Mode                     string           `json:"mode"`
	URL                      string           `json:"url"`
	Title                    string           `json:"title"`
	Currency                 string           `json:"currency"`
	Livemode                 bool             `json:"livemode"`
	Created                  int64            `json:"created"`
	Description              *string          `json:"description"`
	AfterCompletion          *afterCompletion `json:"after_completion"`
	BillingAddressCollection string           `json:"billing_address_collection"`
	Metadata                 map[string]any   `json:"metadata"`
	CustomFields             []any            `json:"custom_fields"`
	CustomText               struct{}         `json:"custom_text"`
	InactiveMessage          *string          `json:"inactive_message"`
	PaymentMethodTypes       []string         `json:"payment_method_types"`
	AllowPromotionCodes      bool             `json:"allow_promotion_codes"`
	Restrictions             *restrictions    `json:"restrictions"`
	SubmitType               string           `json:"submit_type"`
}

// links is the kind of the checkout links.
func links() kind[*link] {
	return kind[*link]{catalog: catalogLinks, noun: objectLink, path: pathLinks, show: showLink}
}

const pathLinks = "/v1/checkout_links"

func (ln *link) key() string { return ln.ID }

// Listing implements sandbox.Listed. Source: G2, list checkout links.
func (ln *link) Listing() sandbox.Listing {
	return sandbox.Listing{Terms: []checkout.Term{{Field: "active", Value: strconv.FormatBool(!ln.Inactive)}}}
}

func showLink(_ *sandbox.Tx, r *api.Request, ln *link) any {
	return &checkoutLink{
		ID: ln.ID, Object: "checkout_link", Active: !ln.Inactive, Mode: modePayment, URL: linkURL(r, ln.ID), Title: ln.Title,
		Currency: ln.Currency, Created: ln.Created, Description: ln.Description, AfterCompletion: ln.After,
		BillingAddressCollection: ln.Billing, Metadata: ln.Metadata, CustomFields: []any{}, InactiveMessage: ln.InactiveMessage,
		PaymentMethodTypes: ln.MethodTypes, AllowPromotionCodes: ln.PromotionAllowed, Restrictions: ln.Restrictions, SubmitType: ln.Submit,
	}
}

// linkURL is where a link is opened. It names its sandbox, as a browser sends no key.
//
// Source: G2, checkout links, for the end of it, /cl/{id}.
func linkURL(r *api.Request, id string) string {
	prefix := r.Prefix
	if box := r.Sandbox.Name(); box != sandbox.Default && !strings.HasPrefix(prefix, "/s/") {
		prefix = "/s/" + box + prefix
	}
	return r.Base + prefix + "/cl/" + id
}

// linkParams is the body of a creation; an update takes a part of it, and active.
//
// Source: G2, create a checkout link, update a checkout link.
type linkParams struct {
	Title                    string                        `json:"title"`
	LineItems                []lineItemParams              `json:"line_items"`
	Mode                     wire.Optional[string]         `json:"mode"`
	Description              wire.Optional[string]         `json:"description"`
	Currency                 wire.Optional[string]         `json:"currency"`
	Active                   wire.Optional[bool]           `json:"active"`
	AfterCompletion          *afterCompletion              `json:"after_completion"`
	BillingAddressCollection wire.Optional[string]         `json:"billing_address_collection"`
	Metadata                 wire.Optional[map[string]any] `json:"metadata"`
	InactiveMessage          wire.Optional[string]         `json:"inactive_message"`
	PaymentMethodTypes       []string                      `json:"payment_method_types"`
	AllowPromotionCodes      wire.Optional[bool]           `json:"allow_promotion_codes"`
	Restrictions             wire.Optional[restrictions]   `json:"restrictions"`
	SubmitType               wire.Optional[string]         `json:"submit_type"`
}

// on puts into a link what an update may change, too.
func (in linkParams) on(ln *link) {
	ln.Inactive = !in.Active.Or(!ln.Inactive)
	ln.After = cmp.Or(in.AfterCompletion, ln.After)
	ln.Billing = in.BillingAddressCollection.Or(ln.Billing)
	ln.Metadata = merged(ln.Metadata, in.Metadata)
	set(&ln.InactiveMessage, in.InactiveMessage)
	if in.PaymentMethodTypes != nil {
		ln.MethodTypes = in.PaymentMethodTypes
	}
	if in.Restrictions.Set {
		ln.Restrictions = in.Restrictions.Ptr()
	}
	ln.Submit = in.SubmitType.Or(ln.Submit)
}

// createLink makes a link whose prices are those of this moment.
//
// Assumed: they stay when a price is set inactive afterwards.
func (l *LeanRails) createLink(tx *sandbox.Tx, r *api.Request, in linkParams) (any, error) {
	ordered, _ := l.price(tx, r.Body) // its faults were looked at
	ln := &link{
		ID: newID(tx, kindLink, "cl_"), Title: in.Title, Description: in.Description.Ptr(), Currency: ordered.currency, Created: tx.Now().Unix(),
		Recurring: ordered.recurring(), After: &afterCompletion{Type: afterHosted}, Billing: billingAuto, MethodTypes: []string{},
		PromotionAllowed: in.AllowPromotionCodes.Value, Submit: submitAuto,
	}
	for _, one := range ordered.lines {
		it := one.item(tx, ordered.currency)
		ln.Items = append(ln.Items, linkItem{
			ID: it.ID, Object: it.Object, Price: it.Price, Quantity: it.Quantity, AmountSubtotal: it.AmountSubtotal,
			AmountTotal: it.AmountTotal, Currency: it.Currency, Product: text(one.product), Description: it.Description,
		})
	}
	in.on(ln)
	tx.Put(catalogLinks, ln.ID, ln)
	return showLink(tx, r, ln), nil
}

// updateLink changes what was sent.
func updateLink(tx *sandbox.Tx, r *api.Request, in linkParams) (any, error) {
	old, err := links().named(tx, r)
	if err != nil {
		return nil, err
	}
	ln := *old
	in.on(&ln)
	tx.Put(catalogLinks, ln.ID, &ln)
	return showLink(tx, r, &ln), nil
}

// linkFaults checks what a link sells, and where it leads.
func (l *LeanRails) linkFaults(tx *sandbox.Tx, r *api.Request) (found []checkout.Violation) {
	if r.Operation == opCreateLink {
		_, found = l.price(tx, r.Body)
	}
	path := []any{"after_completion", "redirect"}
	if wire.Lookup(r.Body, []any{path[0], "type"}) == afterRedirect && wire.Lookup(r.Body, path) == nil {
		found = append(found, checkout.Violation{In: checkout.InBody, Path: path, Rule: checkout.RuleRequired})
	}
	return found
}

// linkItems answers a page of a link's line items.
//
// Source: G2, list line items for a checkout link.
// Assumed: they stand in the order of the request.
func linkItems(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[pageQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	var ln *link
	r.Sandbox.View(func(tx *sandbox.Tx) { ln, err = links().named(tx, r) })
	if err != nil {
		return api.Response{}, err
	}
	at := func(id string) int { return slices.IndexFunc(ln.Items, func(it linkItem) bool { return it.ID == id }) }
	if param, id := in.cursor(); id != "" && at(id) < 0 {
		return api.Response{}, missing(objectLineItem, id, param)
	}
	from, to, more := in.window(len(ln.Items), at)
	out := envelope{url: pathLinks + "/" + ln.ID + "/line_items", more: more}
	for _, it := range ln.Items[from:to] {
		out.add(it.ID, wire.MustMarshal(it))
	}
	return api.Response{Body: out.encode()}, nil
}

// messageInactive is what is said of a link that has ended without a message of its own. Assumed.
const messageInactive = "This checkout link is no longer active."

// openLink makes a session and leads to its page.
//
// Source: G2, checkout links: each visit makes a session.
// Assumed: the session has the link's metadata, and of a link that is not active there is none, which is an
// error as in the API.
func openLink(_ context.Context, r *api.Request) (api.Response, error) {
	rec, err := r.Sandbox.Create(name, func(tx *sandbox.Tx) (checkout.Session, error) {
		ln, err := links().named(tx, r)
		if err != nil {
			return checkout.Session{}, err
		}
		if ln.Inactive {
			e := &checkout.Error{Code: checkout.CodeConflict, Reason: codeLinkInactive, Message: messageInactive}
			if ln.InactiveMessage != nil {
				e.Message = *ln.InactiveMessage
			}
			return checkout.Session{}, e
		}
		return ln.draft(tx), nil
	})
	if err != nil {
		return api.Response{}, err
	}
	resp := api.Response{Status: http.StatusSeeOther}
	resp.SetHeader("Location", pageURL(rec.Session.ID, r.Base))
	return resp, nil
}

// draft is the session that an opening makes.
func (ln *link) draft(tx *sandbox.Tx) checkout.Session {
	in := createParams{BillingAddressCollection: wire.Some(ln.Billing), Metadata: ln.Metadata}
	if ln.After.Type == afterRedirect {
		in.SuccessURL = ln.After.Redirect.URL
	}
	ordered := order{currency: ln.Currency}
	for _, it := range ln.Items {
		ordered.total += it.AmountTotal
		sold := line{price: it.Price, quantity: it.Quantity, unitAmount: it.AmountTotal / it.Quantity, currency: it.Currency, recurring: ln.Recurring}
		if it.Product != nil {
			sold.product = *it.Product
		}
		ordered.lines = append(ordered.lines, sold)
	}
	s := in.draft(tx, ordered)
	d := *s.Detail.(*detail)
	d.Link = ln.ID
	s.Detail = &d
	return s
}

// countOpening notes that a session of a link was paid, which may end the link.
//
// Source: G2, checkout links, restrictions.
// Assumed: the link is no longer active then.
func countOpening(tx *sandbox.Tx, id string) {
	old := find[link](tx, catalogLinks, id)
	if old == nil {
		return
	}
	ln := *old
	ln.Completed++
	ln.Inactive = ln.Inactive || ln.Restrictions != nil && ln.Completed >= ln.Restrictions.CompletedSessions.Limit
	tx.Put(catalogLinks, id, &ln)
}
