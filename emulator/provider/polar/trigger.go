package polar

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// headerTriggered marks events that were made on demand.
//
// Source: polar/cli/endpoints.py, read 2026-11-21: what "polar trigger" makes and "polar listen" passes on.
const headerTriggered = "X-Polar-Triggered"

var _ provider.Triggerer = (*Polar)(nil)

// Triggers implements provider.Triggerer.
func (p *Polar) Triggers() map[string]provider.Trigger {
	paid, subscribed := provider.Opening(selling(false), checkout.Pay{}), provider.Opening(selling(true), checkout.Pay{})
	call := func(call, body string) provider.Step { return provider.Step{Call: call, Body: body} }
	customer := call("POST /v1/customers/", `{"email":"ada.{serial}@example.com","name":"Ada Lovelace"}`)
	product := call("POST /v1/products/", `{"name":"Field notes","prices":[{"amount_type":"fixed","price_currency":"usd","price_amount":1900}]}`)
	discount := call("POST /v1/discounts/", `{"name":"Sale","type":"percentage","basis_points":1000,"duration":"once"}`)
	canceling := func(more ...string) provider.Trigger {
		return changed(append([]string{`{"cancel_at_period_end":true}`}, more...)...)
	}
	const later = "it comes when a period ends: subscribe, and advance the clock by 31d"
	return map[string]provider.Trigger{
		eventCheckoutCreated:     provider.Opening(selling(false)),
		eventCheckoutUpdated:     {Do: updating},
		eventCheckoutExpired:     provider.Opening(selling(false), checkout.Expire{}),
		eventCustomerCreated:     paid,
		eventCustomerUpdated:     {Do: returning},
		eventCustomerState:       paid,
		eventOrderCreated:        paid,
		eventOrderUpdated:        paid,
		eventOrderPaid:           paid,
		eventSubscriptionCreated: subscribed,
		eventSubscriptionUpdated: subscribed,
		eventSubscriptionActive:  subscribed,
		eventCustomerDeleted:     provider.Calling(customer, call("DELETE /v1/customers/{1}", "")),
		eventProductCreated:      provider.Calling(product),
		eventProductUpdated:      provider.Calling(product, call("PATCH /v1/products/{1}", `{"name":"Field notes, second edition"}`)),
		eventDiscountCreated:     provider.Calling(discount),
		eventDiscountUpdated:     provider.Calling(discount, call("PATCH /v1/discounts/{1}", `{"name":"Spring sale"}`)),
		eventDiscountDeleted:     provider.Calling(discount, call("DELETE /v1/discounts/{1}", "")),
		eventOrganizationUpdated: provider.Calling(call("GET /v1/organizations/?limit=1", ""), call("PATCH /v1/organizations/{1.items.0.id}", `{"name":"{1.items.0.name}"}`)),
		eventOrderRefunded:       {Do: refunding},
		eventRefundCreated:       {Do: refunding},
		eventRefundUpdated:       {Do: refunding},
		eventCanceled:            canceling(),
		eventUncanceled:          canceling(`{"cancel_at_period_end":false}`),
		eventRevoked:             changed(`{"revoke":true}`),
		eventCycled:              {Why: later},
		eventPaused:              {Why: later},
		eventResumed:             {Why: later},
	}
}

// Caller implements provider.Triggerer.
func (p *Polar) Caller(_ *sandbox.Sandbox, credential string) http.Header {
	return http.Header{"Authorization": {"Bearer " + credential}}
}

// selling opens a session of a customer who has not been seen before.
func selling(recurring bool) func(*provider.Maker) (string, error) {
	return func(m *provider.Maker) (string, error) {
		id, err := productFor(m.Sandbox, recurring)
		if err != nil {
			return "", err
		}
		return m.Create("/v1/checkouts/", map[string]any{
			"products": []string{id}, "product_id": id, "customer_name": "Ada Lovelace",
			"customer_email":           fmt.Sprintf("ada.%d@example.com", m.Serial),
			"customer_billing_address": map[string]string{"country": "FR"},
		})
	}
}

// productFor is the first product of the catalog that can be sold.
func productFor(b *sandbox.Sandbox, recurring bool) (id string, err error) {
	b.View(func(tx *sandbox.Tx) {
		for _, v := range tx.All(kindProduct) {
			if pr := v.(*product); id == "" && pr.IsRecurring == recurring && !pr.IsArchived && pr.Visibility != visibilityDraft && len(pr.Prices) > 0 {
				id = pr.ID
			}
		}
	})
	if id == "" {
		return "", &checkout.Error{Code: checkout.CodeRefused, Message: fmt.Sprintf("the catalog has no product to sell that is recurring: %t; add one to the fixtures", recurring)}
	}
	return id, nil
}

// updating changes an open session.
func updating(m *provider.Maker) error {
	id, err := selling(false)(m)
	if err == nil {
		_, err = m.Call(http.MethodPatch, "/v1/checkouts/"+id, map[string]any{"metadata": map[string]string{"triggered": "true"}})
	}
	return err
}

// returning is a customer who buys a second time.
func returning(m *provider.Maker) error {
	for range 2 {
		id, err := selling(false)(m)
		if err == nil {
			err = m.Act(id, checkout.Pay{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bought returns the order of a session that is paid at once.
func bought(m *provider.Maker, recurring bool) (order map[string]any, err error) {
	id, err := selling(recurring)(m)
	if err == nil {
		err = m.Act(id, checkout.Pay{})
	}
	if err != nil {
		return nil, err
	}
	page, err := m.Call(http.MethodGet, "/v1/orders/?checkout_id="+id, nil)
	if items, _ := page["items"].([]any); len(items) > 0 {
		order, _ = items[0].(map[string]any)
	}
	return order, err
}

// refunding gives back what was paid.
func refunding(m *provider.Maker) error {
	order, err := bought(m, false)
	if err == nil {
		_, err = m.Call(http.MethodPost, "/v1/refunds/", map[string]any{"order_id": order["id"], "reason": "customer_request", "amount": order["refundable_amount"]})
	}
	return err
}

// changed is the trigger that makes a subscription and then updates it with bodies.
func changed(bodies ...string) provider.Trigger {
	return provider.Trigger{Do: func(m *provider.Maker) error {
		order, err := bought(m, true)
		for i := 0; i < len(bodies) && err == nil; i++ {
			_, err = m.Call(http.MethodPatch, fmt.Sprint("/v1/subscriptions/", order["subscription_id"]), json.RawMessage(bodies[i]))
		}
		return err
	}}
}
