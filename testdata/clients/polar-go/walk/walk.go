// Package polarwalk walks github.com/polarsource/polar-go, unmodified, against a running localcheckout.
// It compiles with every version in the folders beside it; each has a module of its own that pins one:
//
//	cd v0.16.0 && LOCALCHECKOUT_URL=http://127.0.0.1:4747 go run .
package polarwalk

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"

	polargo "github.com/polarsource/polar-go"
	"github.com/polarsource/polar-go/models/apierrors"
	"github.com/polarsource/polar-go/models/components"
	"github.com/polarsource/polar-go/models/operations"
)

const (
	email     = "ada@example.com"
	name      = "Ada Lovelace"
	unknownID = "00000000-0000-4000-8000-000000000000"
)

type walk struct {
	ctx      context.Context
	base     string
	control  control
	sdk      *polargo.Checkouts
	catalog  catalog
	step     string
	filters  bool
	sessions []string // IDs in the order of creation
}

// Main walks in the sandbox of that name: it prints "ok <step>" after each step, and at the first that
// fails says why and ends the process with 1. LOCALCHECKOUT_URL is where localcheckout listens. filters is
// whether this version's product filter works: v0.12.0 sends it as ProductID_Filter, which Polar ignores.
func Main(sandbox string, filters bool) {
	w := &walk{ctx: context.Background(), base: os.Getenv("LOCALCHECKOUT_URL"), step: "start", filters: filters}
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(os.Stderr, "not ok %s: %v\n", w.step, r)
			os.Exit(1)
		}
	}()
	w.control = control{base: w.base, sandbox: sandbox}
	w.control.call("POST", "/reset", nil, nil)
	w.catalog = w.control.catalog()
	w.step = "catalog"
	w.ok()
	sdk := polargo.New(
		polargo.WithServerURL(w.base+"/polar"),
		polargo.WithSecurity("polar_oat_sandbox_"+sandbox),
	)
	w.sdk = sdk.Checkouts

	first := w.create()
	plain := w.list(first)
	first = w.update(first)
	w.client(first, plain)
	w.decline(plain)
	w.pay(first)
	w.expire()
	w.refused()
	w.whole()
	w.customFields()
	w.resources(sdk)
}

func (w *walk) create() view {
	w.step = "create"
	p, d := w.catalog.product, w.catalog.discount
	off := d.off(p.Prices[0].Amount)
	created := w.open(components.CheckoutCreate{
		Products:      []string{p.ID},
		DiscountID:    &d.ID,
		SuccessURL:    polargo.Pointer("https://shop.test/thanks?checkout_id={CHECKOUT_ID}"),
		CustomerEmail: polargo.Pointer(email),
		Metadata: map[string]components.CheckoutCreateMetadata{
			"order_ref": components.CreateCheckoutCreateMetadataStr("A-1001"),
			"items":     components.CreateCheckoutCreateMetadataInteger(3),
			"gift":      components.CreateCheckoutCreateMetadataBoolean(true),
		},
	})
	amount := p.Prices[0].Amount
	created.has(view{
		"status": "open", "payment_processor": "stripe", "modified_at": nil,
		"success_url": "https://shop.test/thanks?checkout_id=" + created.text("id"),
		"url":         w.base + "/checkout/" + created.text("client_secret"),
		"amount":      amount, "discount_amount": off, "net_amount": amount - off, "tax_amount": nil, "total_amount": amount - off,
		"currency": p.Prices[0].Currency, "organization_id": p.OrganizationID, "product_id": p.ID, "product_price_id": p.Prices[0].ID,
		"discount_id": d.ID, "subscription_id": nil, "customer_id": nil, "customer_email": email, "customer_name": nil,
		"metadata":          view{"order_ref": "A-1001", "items": 3, "gift": true},
		"customer_metadata": view{}, "attached_custom_fields": []any{},
		"allow_discount_codes": true, "is_discount_applicable": true, "is_free_product_price": false,
		"is_payment_required": true, "is_payment_setup_required": false, "is_payment_form_required": true,
	})
	created.child("product").has(view{"id": p.ID, "name": p.Name, "is_recurring": false, "is_archived": false})
	created.child("product_price").has(view{"id": p.Prices[0].ID, "price_amount": amount})
	created.child("discount").has(view{"id": d.ID, "type": "percentage", "basis_points": d.BasisPoints, "code": d.Code})
	matches("id", created.text("id"), `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	matches("client_secret", created.text("client_secret"), `^polar_c_[0-9A-Za-z]{43}$`)
	equal("lifetime", created.instant("expires_at").Sub(created.instant("created_at")), 24*time.Hour)
	w.ok()

	w.step = "get"
	equal("get", w.get(created.text("id")), created)
	w.ok()
	return created
}

func (w *walk) list(first view) view {
	w.step = "list"
	plain := w.open(components.CheckoutCreate{Products: []string{w.catalog.product.ID}})
	monthly := w.open(components.CheckoutCreate{Products: []string{w.catalog.monthly.ID}})
	custom := w.open(components.CheckoutCreate{Products: []string{w.catalog.custom.ID}, Amount: polargo.Pointer(int64(4321))})
	free := w.open(components.CheckoutCreate{Products: []string{w.catalog.free.ID}})
	monthly.has(view{"amount": w.catalog.monthly.Prices[0].Amount, "is_payment_setup_required": true, "discount_id": nil})
	custom.has(view{"amount": 4321, "total_amount": 4321})
	free.has(view{"amount": 0, "total_amount": 0, "is_free_product_price": true, "is_payment_form_required": false})

	two := polargo.Pointer(int64(2))
	page, err := w.sdk.List(w.ctx, operations.CheckoutsListRequest{Limit: two})
	must(err)
	of(page.ListResourceCheckout.Pagination).has(view{"total_count": 5, "max_page": 3})
	equal("items on the first page", len(page.ListResourceCheckout.Items), 2)

	newestFirst := slices.Clone(w.sessions)
	slices.Reverse(newestFirst)
	equal("all pages, newest first", w.ids(operations.CheckoutsListRequest{Limit: two}), newestFirst)
	oldestFirst := []components.CheckoutSortProperty{components.CheckoutSortPropertyCreatedAt}
	equal("all pages, oldest first", w.ids(operations.CheckoutsListRequest{Limit: two, Sorting: oldestFirst}), w.sessions)
	if w.filters {
		chosen := operations.CreateCheckoutsListQueryParamProductIDFilterArrayOfStr([]string{w.catalog.custom.ID, w.catalog.free.ID})
		equal("by product", w.ids(operations.CheckoutsListRequest{Limit: two, ProductID: &chosen}), []string{free.text("id"), custom.text("id")})
	}
	oldest, err := w.sdk.List(w.ctx, operations.CheckoutsListRequest{Sorting: oldestFirst})
	must(err)
	equal("a listed session is the created one", of(oldest.ListResourceCheckout.Items[0]), first)
	w.ok()
	return plain
}

func (w *walk) update(first view) view {
	w.step = "update"
	res, err := w.sdk.Update(w.ctx, first.text("id"), components.CheckoutUpdate{
		CustomerName: polargo.Pointer("A. Lovelace"),
		Metadata:     map[string]components.CheckoutUpdateMetadata{"order_ref": components.CreateCheckoutUpdateMetadataStr("A-1002")},
	})
	must(err)
	changed := of(res.Checkout)
	if changed["modified_at"] == nil {
		panic("modified_at is null after an update")
	}
	want := first.with(view{"customer_name": "A. Lovelace", "metadata": view{"order_ref": "A-1002"}, "modified_at": changed["modified_at"]})
	equal("update", changed, want)
	equal("get after update", w.get(first.text("id")), changed)
	w.ok()
	return changed
}

func (w *walk) client(first, plain view) {
	w.step = "client get"
	got, err := w.sdk.ClientGet(w.ctx, first.text("client_secret"))
	must(err)
	seen := of(got.CheckoutPublic)
	seen.has(view{
		"id": first["id"], "status": "open", "amount": first["amount"], "discount_amount": first["discount_amount"],
		"total_amount": first["total_amount"], "customer_name": "A. Lovelace", "product_id": first["product_id"],
	})
	seen.child("organization").has(view{"id": w.catalog.product.OrganizationID})
	w.ok()

	w.step = "client update"
	d, amount := w.catalog.discount, w.catalog.product.Prices[0].Amount
	res, err := w.sdk.ClientUpdate(w.ctx, plain.text("client_secret"), components.CheckoutUpdatePublic{
		DiscountCode: d.Code, CustomerName: polargo.Pointer(name),
	})
	must(err)
	of(res.CheckoutPublic).has(view{
		"discount_id": d.ID, "discount_amount": d.off(amount), "total_amount": amount - d.off(amount), "customer_name": name,
	})
	w.ok()
}

func (w *walk) decline(plain view) {
	w.step = "client confirm, declined"
	_, err := w.sdk.ClientConfirm(w.ctx, plain.text("client_secret"), buyer("ctoken_declined"))
	e := typed[*apierrors.PaymentError](err)
	matches("detail", e.Detail, `^The payment failed: .*Please try again with a different payment method\.$`)
	w.get(plain.text("id")).has(view{"status": "open"})
	w.ok()
}

func (w *walk) pay(first view) {
	w.step = "client confirm"
	res, err := w.sdk.ClientConfirm(w.ctx, first.text("client_secret"), buyer("ctoken_1"))
	must(err)
	confirmed := of(res.CheckoutPublicConfirmed)
	confirmed.has(view{
		"id": first["id"], "status": "confirmed", "tax_amount": 0, "total_amount": first["total_amount"],
		"customer_name": name, "customer_email": email,
	})
	matches("customer_session_token", confirmed.text("customer_session_token"), "^polar_cst_")
	customer := confirmed.text("customer_id")
	w.ok()

	w.step = "succeeded"
	paid := w.get(first.text("id"))
	for left := 100; left > 0 && paid["status"] == "confirmed"; left-- {
		paid = w.get(first.text("id"))
	}
	paid.has(view{
		"status": "succeeded", "customer_id": customer, "amount": first["amount"], "total_amount": first["total_amount"],
		"tax_amount": 0, "metadata": view{"order_ref": "A-1002"}, "discount": first["discount"],
	})
	paid.child("customer_billing_address").has(view{"country": "FR"})
	w.ok()

	w.step = "update after payment"
	w.notOpen(first.text("id"), "succeeded")
	w.ok()
}

func (w *walk) expire() {
	w.step = "expired by the clock"
	s := w.open(components.CheckoutCreate{Products: []string{w.catalog.product.ID}})
	w.control.call("POST", "/clock/advance", map[string]string{"by": "25h"}, nil)
	w.get(s.text("id")).has(view{"status": "expired"})

	secret := s.text("client_secret")
	_, get := w.sdk.ClientGet(w.ctx, secret)
	_, update := w.sdk.ClientUpdate(w.ctx, secret, components.CheckoutUpdatePublic{CustomerName: polargo.Pointer("Nobody")})
	_, confirm := w.sdk.ClientConfirm(w.ctx, secret, buyer("ctoken_2"))
	for _, err := range []error{get, update, confirm} {
		e := typed[*apierrors.ExpiredCheckoutError](err)
		equal("detail", e.Detail, "This checkout session has expired.")
	}
	w.notOpen(s.text("id"), "expired")
	w.ok()
}

func (w *walk) refused() {
	w.step = "not found"
	_, get := w.sdk.Get(w.ctx, unknownID)
	_, update := w.sdk.Update(w.ctx, unknownID, components.CheckoutUpdate{CustomerName: polargo.Pointer("Nobody")})
	_, client := w.sdk.ClientGet(w.ctx, fmt.Sprintf("polar_c_%043d", 0))
	for _, err := range []error{get, update, client} {
		e := typed[*apierrors.ResourceNotFound](err)
		equal("detail", e.Detail, "Not found")
	}
	w.ok()

	w.step = "validation"
	_, err := w.sdk.Create(w.ctx, components.CheckoutCreate{Products: []string{unknownID}})
	of(typed[*apierrors.HTTPValidationError](err).Detail[0]).has(view{
		"type": "value_error", "loc": []any{"body", "products", 0}, "msg": "Product does not exist.",
	})
	_, err = w.sdk.Get(w.ctx, "not-a-uuid")
	bad := of(typed[*apierrors.HTTPValidationError](err).Detail[0])
	bad.has(view{"type": "uuid_parsing", "loc": []any{"path", "id"}})
	matches("msg", bad.text("msg"), "^Input should be a valid UUID")
	w.ok()
}

// whole sells everything in the catalog: each kind of product and discount must suit the SDK's types.
func (w *walk) whole() {
	w.step = "every product"
	for _, p := range w.catalog.products {
		s := w.open(components.CheckoutCreate{Products: []string{p.ID}})
		s.has(view{"product_id": p.ID})
		equal("custom fields", len(s["attached_custom_fields"].([]any)), len(p.AttachedCustomFields))
		equal("get", w.get(s.text("id")), s)
		res, err := w.sdk.ClientGet(w.ctx, s.text("client_secret"))
		must(err)
		of(res.CheckoutPublic).has(view{"id": s["id"], "product": s["product"]})
	}
	w.ok()

	w.step = "every discount"
	amount := w.catalog.monthly.Prices[0].Amount
	for _, d := range w.catalog.discounts {
		s := w.open(components.CheckoutCreate{Products: []string{w.catalog.monthly.ID}, DiscountID: &d.ID})
		s.child("discount").has(view{"id": d.ID, "type": d.Type, "duration": d.Duration, "code": d.Code})
		s.has(view{"amount": amount, "discount_amount": d.off(amount), "total_amount": amount - d.off(amount)})
		res, err := w.sdk.ClientGet(w.ctx, s.text("client_secret"))
		must(err)
		of(res.CheckoutPublic).has(view{"discount": s["discount"]})
	}
	w.ok()
}

func (w *walk) customFields() {
	w.step = "custom fields"
	s := w.open(components.CheckoutCreate{Products: []string{w.catalog.form.ID}})
	_, err := w.sdk.ClientConfirm(w.ctx, s.text("client_secret"), buyer("ctoken_3"))
	var missing []any
	for _, d := range typed[*apierrors.HTTPValidationError](err).Detail {
		missing = append(missing, of(d)["loc"])
	}
	answers := map[string]*components.CheckoutConfirmStripeCustomFieldData{}
	var required []any
	for _, f := range w.catalog.form.required() {
		required = append(required, []any{"body", "custom_field_data", f.Slug})
		answer := components.CreateCheckoutConfirmStripeCustomFieldDataStr("Analytical Engines")
		switch f.Type {
		case "select":
			answer = components.CreateCheckoutConfirmStripeCustomFieldDataStr(f.Properties.Options[0].Value)
		case "checkbox":
			answer = components.CreateCheckoutConfirmStripeCustomFieldDataBoolean(true)
		}
		answers[f.Slug] = &answer
	}
	equal("loc", missing, required)

	filled := buyer("ctoken_3")
	filled.CustomFieldData = answers
	_, err = w.sdk.ClientConfirm(w.ctx, s.text("client_secret"), filled)
	must(err)
	w.get(s.text("id")).child("custom_field_data").has(of(answers))
	w.ok()
}

func (w *walk) open(c components.CheckoutCreate) view {
	res, err := w.sdk.Create(w.ctx, c)
	must(err)
	s := of(res.Checkout)
	w.sessions = append(w.sessions, s.text("id"))
	return s
}

func (w *walk) get(id string) view {
	res, err := w.sdk.Get(w.ctx, id)
	must(err)
	return of(res.Checkout)
}

// ids follows the SDK's own pagination to the end.
func (w *walk) ids(request operations.CheckoutsListRequest) []string {
	var out []string
	page, err := w.sdk.List(w.ctx, request)
	for ; page != nil && err == nil; page, err = page.Next() {
		for _, s := range page.ListResourceCheckout.Items {
			out = append(out, s.ID)
		}
	}
	must(err)
	return out
}

// notOpen updates the session by token and wants the typed 403 that names its status.
func (w *walk) notOpen(id, status string) {
	_, err := w.sdk.Update(w.ctx, id, components.CheckoutUpdate{CustomerName: polargo.Pointer("Nobody")})
	e := typed[*apierrors.CheckoutForbiddenError](err)
	equal("type", e.Type, apierrors.CheckoutForbiddenErrorTypeNotOpenCheckout)
	equal("detail", e.NotOpenCheckout.Detail, fmt.Sprintf("Checkout %s is not open: %s", id, status))
}

func (w *walk) ok() { fmt.Println("ok", w.step) }

func buyer(token string) components.CheckoutConfirmStripe {
	return components.CheckoutConfirmStripe{
		ConfirmationTokenID:    &token,
		CustomerEmail:          polargo.Pointer(email),
		CustomerName:           polargo.Pointer(name),
		CustomerBillingAddress: &components.AddressInput{Country: "FR"},
	}
}

func matches(what, got, pattern string) {
	if !regexp.MustCompile(pattern).MatchString(got) {
		panic(fmt.Sprintf("%s = %q; want %s", what, got, pattern))
	}
}
