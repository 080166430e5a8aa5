package polarwalk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	polargo "github.com/polarsource/polar-go"
	"github.com/polarsource/polar-go/models/apierrors"
	"github.com/polarsource/polar-go/models/components"
	"github.com/polarsource/polar-go/models/operations"
)

// resources makes, gets, lists, changes and deletes what a merchant has beside sessions.
func (w *walk) resources(sdk *polargo.Polar) {
	product := w.products(sdk.Products)
	discount := w.discounts(sdk.Discounts, product)
	w.fields(sdk.CustomFields)
	w.links(sdk.CheckoutLinks, product, discount)
	w.customers(sdk.Customers)
	w.organizations(sdk.Organizations)
}

// as reads a body in the wire's words as the SDK's own type.
func as[T any](body view) T {
	raw, err := json.Marshal(body)
	must(err)
	var v T
	must(json.Unmarshal(raw, &v))
	return v
}

// resource is one kind of objects in the wire's words.
type resource struct {
	create func(view) view
	get    func(id string) (view, error)
	list   func() []any
	update func(id string, body view) view
}

// everything goes through all that a resource can do; made is the body of a new one, changed that of an update.
func (r resource) everything(made, changed view) view {
	one := r.create(made)
	got, err := r.get(one.text("id"))
	must(err)
	equal("get", got, one)
	listed := 0
	for _, o := range r.list() {
		if v := of(o); v["id"] == one["id"] {
			equal("listed", v, one)
			listed++
		}
	}
	equal("times listed", listed, 1)
	after := r.update(one.text("id"), changed)
	if after["modified_at"] == nil {
		panic("modified_at is null after an update")
	}
	after.has(view{"id": one["id"]})
	return after
}

// gone deletes an object through the SDK, whose versions take more or fewer arguments for that.
func (w *walk) gone(r resource, api any, id string) {
	remove := reflect.ValueOf(api).MethodByName("Delete")
	in := []reflect.Value{reflect.ValueOf(w.ctx), reflect.ValueOf(id)}
	for i := len(in); i < remove.Type().NumIn()-1; i++ {
		in = append(in, reflect.Zero(remove.Type().In(i)))
	}
	if err, _ := remove.Call(in)[1].Interface().(error); err != nil {
		must(err)
	}
	_, err := r.get(id)
	equal("detail", typed[*apierrors.ResourceNotFound](err).Detail, "Not found")
}

func cents(amount int, currency string) view {
	return view{"amount_type": "fixed", "price_amount": amount, "price_currency": currency}
}

func (w *walk) products(api *polargo.Products) view {
	w.step = "products"
	r := resource{
		create: func(body view) view {
			res, err := api.Create(w.ctx, as[components.ProductCreate](body))
			must(err)
			return of(res.Product)
		},
		get: func(id string) (view, error) {
			res, err := api.Get(w.ctx, id)
			if err != nil {
				return nil, err
			}
			return of(res.Product), nil
		},
		list: func() []any {
			res, err := api.List(w.ctx, operations.ProductsListRequest{Limit: polargo.Pointer(int64(100))})
			must(err)
			return of(res.ListResourceProduct)["items"].([]any)
		},
		update: func(id string, body view) view {
			res, err := api.Update(w.ctx, id, as[components.ProductUpdate](body))
			must(err)
			return of(res.Product)
		},
	}
	var benefit any
	for _, p := range r.list() {
		got, err := r.get(of(p).text("id"))
		must(err)
		equal("get", got, of(p))
		if all := of(p)["benefits"].([]any); len(all) > 0 {
			benefit = all[0]
		}
	}
	made := r.everything(
		view{"name": "Walked course", "metadata": view{"sku": "W-1"}, "recurring_interval": nil, "prices": []any{cents(1500, "usd"), cents(1400, "eur")}},
		view{"name": "Walked far", "metadata": view{"sku": "W-2"}})
	made.has(view{"name": "Walked far", "metadata": view{"sku": "W-2"}, "is_recurring": false, "is_archived": false})
	first := of(made["prices"].([]any)[0])
	repriced := r.update(made.text("id"), view{"prices": []any{view{"id": first["id"]}, cents(1300, "eur")}})
	of(repriced["prices"].([]any)[0]).has(view{"id": first["id"], "price_amount": 1500})
	of(repriced["prices"].([]any)[1]).has(view{"price_amount": 1300, "price_currency": "eur"})
	res, err := api.UpdateBenefits(w.ctx, made.text("id"), components.ProductBenefitsUpdate{Benefits: []string{of(benefit).text("id")}})
	must(err)
	given := of(res.Product)
	equal("benefits", given["benefits"], []any{benefit})
	r.create(view{"name": "Walked club", "recurring_interval": "year", "prices": []any{cents(9900, "usd")}}).has(view{"is_recurring": true, "recurring_interval": "year"})
	_, err = api.Create(w.ctx, as[components.ProductCreate](view{"name": "ab", "recurring_interval": nil, "prices": []any{cents(1500, "usd")}}))
	of(typed[*apierrors.HTTPValidationError](err).Detail[0]).has(view{"type": "string_too_short", "loc": []any{"body", "one_time", "name"}})
	w.ok()
	return given
}

func (w *walk) discounts(api *polargo.Discounts, product view) view {
	w.step = "discounts"
	r := resource{
		create: func(body view) view {
			res, err := api.Create(w.ctx, as[components.DiscountCreate](body))
			must(err)
			return of(res.Discount)
		},
		get: func(id string) (view, error) {
			res, err := api.Get(w.ctx, id)
			if err != nil {
				return nil, err
			}
			return of(res.Discount), nil
		},
		list: func() []any {
			res, err := api.List(w.ctx, operations.DiscountsListRequest{Limit: polargo.Pointer(int64(100))})
			must(err)
			return of(res.ListResourceDiscount)["items"].([]any)
		},
		update: func(id string, body view) view {
			res, err := api.Update(w.ctx, id, as[components.DiscountUpdate](body))
			must(err)
			return of(res.Discount)
		},
	}
	for _, body := range []view{
		{"type": "fixed", "duration": "once", "amount": 500, "currency": "usd"},
		{"type": "fixed", "duration": "repeating", "duration_in_months": 3, "amount": 500, "currency": "usd"},
		{"type": "percentage", "duration": "forever", "basis_points": 1000},
		{"type": "percentage", "duration": "repeating", "duration_in_months": 3, "basis_points": 1000},
	} {
		made := r.everything(body.with(view{"name": "Walked less", "products": []any{product["id"]}}), view{"name": "Walked off"})
		made.has(body.with(view{"name": "Walked off", "redemptions_count": 0}))
		of(made["products"].([]any)[0]).has(view{"id": product["id"]})
		w.gone(r, api, made.text("id"))
	}
	kept := r.create(view{"type": "percentage", "duration": "once", "basis_points": 1000, "name": "Ten", "code": "WALKED10"})
	w.ok()
	return kept
}

func (w *walk) fields(api *polargo.CustomFields) {
	w.step = "custom fields, by the merchant"
	r := resource{
		create: func(body view) view {
			res, err := api.Create(w.ctx, as[components.CustomFieldCreate](body))
			must(err)
			return of(res.CustomField)
		},
		get: func(id string) (view, error) {
			res, err := api.Get(w.ctx, id)
			if err != nil {
				return nil, err
			}
			return of(res.CustomField), nil
		},
		list: func() []any {
			res, err := api.List(w.ctx, operations.CustomFieldsListRequest{Limit: polargo.Pointer(int64(100))})
			must(err)
			return of(res.ListResourceCustomField)["items"].([]any)
		},
		update: func(id string, body view) view {
			res, err := api.Update(w.ctx, id, as[components.CustomFieldUpdate](body))
			must(err)
			return of(res.CustomField)
		},
	}
	for kind, properties := range map[string]view{
		"text": {"form_label": "Grain", "max_length": 9}, "number": {"ge": 1, "le": 9}, "date": {"ge": 1735689600}, "checkbox": {},
		"select": {"options": []any{view{"value": "rye", "label": "Rye"}}},
	} {
		made := r.everything(view{"type": kind, "slug": "walked_" + kind, "name": "Walked", "properties": properties}, view{"type": kind, "name": "Walked on"})
		made.has(view{"type": kind, "slug": "walked_" + kind, "name": "Walked on"})
		w.gone(r, api, made.text("id"))
	}
	w.ok()
}

func (w *walk) links(api *polargo.CheckoutLinks, product, discount view) {
	w.step = "checkout links"
	r := resource{
		create: func(body view) view {
			res, err := api.Create(w.ctx, as[components.CheckoutLinkCreate](body))
			must(err)
			return of(res.CheckoutLink)
		},
		get: func(id string) (view, error) {
			res, err := api.Get(w.ctx, id)
			if err != nil {
				return nil, err
			}
			return of(res.CheckoutLink), nil
		},
		list: func() []any {
			res, err := api.List(w.ctx, operations.CheckoutLinksListRequest{Limit: polargo.Pointer(int64(100))})
			must(err)
			return of(res.ListResourceCheckoutLink)["items"].([]any)
		},
		update: func(id string, body view) view {
			res, err := api.Update(w.ctx, id, as[components.CheckoutLinkUpdate](body))
			must(err)
			return of(res.CheckoutLink)
		},
	}
	made := r.everything(
		view{"payment_processor": "stripe", "products": []any{product["id"]}, "label": "Walked", "discount_id": discount["id"], "success_url": "https://shop.test/thanks"},
		view{"label": "Walked on", "allow_discount_codes": false})
	made.has(view{"label": "Walked on", "allow_discount_codes": false, "success_url": "https://shop.test/thanks", "discount_id": discount["id"]})
	made.child("discount").has(view{"id": discount["id"], "basis_points": 1000})
	req, err := http.NewRequest("GET", made.text("url")+"?customer_email="+email, nil)
	must(err)
	res, err := http.DefaultTransport.RoundTrip(req) // which follows no redirect
	must(err)
	must(res.Body.Close())
	equal("status", res.StatusCode, http.StatusTemporaryRedirect)
	at := res.Header.Get("Location")
	seen, err := w.sdk.ClientGet(w.ctx, at[strings.LastIndex(at, "/")+1:])
	must(err)
	of(seen.CheckoutPublic).has(view{"status": "open", "product_id": product["id"], "customer_email": email, "total_amount": 1350})
	w.gone(r, api, made.text("id"))
	w.ok()
}

func (w *walk) customers(api *polargo.Customers) {
	w.step = "customers"
	r := resource{
		create: func(body view) view {
			res, err := api.Create(w.ctx, as[components.CustomerCreate](body))
			must(err)
			return of(res.Customer)
		},
		get: func(id string) (view, error) {
			res, err := api.Get(w.ctx, id)
			if err != nil {
				return nil, err
			}
			return of(res.Customer), nil
		},
		list: func() []any {
			res, err := api.List(w.ctx, operations.CustomersListRequest{Limit: polargo.Pointer(int64(100))})
			must(err)
			return of(res.ListResourceCustomer)["items"].([]any)
		},
		update: func(id string, body view) view {
			res, err := api.Update(w.ctx, id, as[components.CustomerUpdate](body))
			must(err)
			return of(res.Customer)
		},
	}
	made := r.everything(
		view{"email": "walked@example.com", "name": "Walked", "external_id": "usr_walked", "metadata": view{"tier": "gold"}, "billing_address": view{"country": "FR"}},
		view{"name": "Walked On"})
	made.has(view{"email": "walked@example.com", "name": "Walked On", "external_id": "usr_walked", "metadata": view{"tier": "gold"}})
	made.child("billing_address").has(view{"country": "FR"})
	_, err := api.Create(w.ctx, as[components.CustomerCreate](view{"email": "Walked@example.com"}))
	of(typed[*apierrors.HTTPValidationError](err).Detail[0]).has(view{
		"type": "value_error", "loc": []any{"body", "email"}, "msg": "A customer with this email address already exists."})

	s := w.open(components.CheckoutCreate{Products: []string{w.catalog.monthly.ID}, CustomerID: polargo.Pointer(made.text("id"))})
	w.control.call("POST", fmt.Sprintf("/sessions/%s/pay", s.text("id")), view{}, nil)
	state, err := api.GetState(w.ctx, made.text("id"))
	must(err)
	active := of(state.CustomerState)["active_subscriptions"].([]any)
	equal("active subscriptions", len(active), 1)
	of(active[0]).has(view{"status": "active", "product_id": w.catalog.monthly.ID})
	byOwn, err := api.GetStateExternal(w.ctx, "usr_walked")
	must(err)
	equal("state by external id", of(byOwn.CustomerState), of(state.CustomerState))
	found, err := api.GetExternal(w.ctx, "usr_walked")
	must(err)
	of(found.Customer).has(view{"id": made["id"]})
	back, err := api.UpdateExternal(w.ctx, "usr_walked", as[components.CustomerUpdateExternalID](view{"name": "Walked Back"}))
	must(err)
	of(back.Customer).has(view{"name": "Walked Back", "external_id": "usr_walked"})
	w.gone(r, api, made.text("id"))
	w.get(s.text("id")).has(view{"status": "succeeded", "customer_id": made["id"]})
	w.ok()
}

func (w *walk) organizations(api *polargo.Organizations) {
	w.step = "organizations"
	got, err := api.Get(w.ctx, w.catalog.product.OrganizationID)
	must(err)
	mine := of(got.Organization)
	all, err := api.List(w.ctx, nil, nil, nil, nil)
	must(err)
	equal("list", of(all.ListResourceOrganization)["items"], []any{map[string]any(mine)})
	res, err := api.Update(w.ctx, mine.text("id"), as[components.OrganizationUpdate](view{"name": "Walked Bakery"}))
	must(err)
	of(res.Organization).has(view{"name": "Walked Bakery", "slug": mine["slug"]})
	w.ok()
}
