package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// checkoutOf opens a session of Polar, whose creation is a webhook.
func checkoutOf(t *testing.T, emu *emulator.Emulator) string {
	t.Helper()
	catalog, err := emu.Fixtures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var product struct{ ID string }
	if err := json.Unmarshal(catalog["polar"]["products"][0], &product); err != nil {
		t.Fatal(err)
	}
	body := `{"product_id":"` + product.ID + `"}`
	req, err := http.NewRequest(http.MethodPost, emu.URL("polar")+"/v1/checkouts/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer polar_oat_test")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusCreated {
		t.Fatalf("create = %d %s", resp.StatusCode, text)
	}
	page, err := emu.Sessions(t.Context(), client.SessionQuery{Provider: "polar"})
	if err != nil || len(page.Sessions) != 1 {
		t.Fatalf("sessions = %+v, %v", page, err)
	}
	return page.Sessions[0].ID
}

func (w walk) webhooks(t *testing.T) {
	ctx, c := t.Context(), w.c
	down := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(down.Close)
	made := did[client.Endpoint](t, "AddEndpoint")(c.AddEndpoint(ctx, client.EndpointDraft{Provider: "polar", URL: down.URL, Description: "d"}))
	if all := did[[]client.Endpoint](t, "Endpoints")(c.Endpoints(ctx)); cmp.Diff([]client.Endpoint{made}, all) != "" || made.Secret == "" {
		t.Errorf("Endpoints = %+v; want %+v", all, made)
	}
	steps := []client.Step{{Match: client.StepMatch{Type: "checkout.expired"}, Do: "delay", Delay: time.Minute, Times: 2}}
	if left := did[[]client.Step](t, "SetPlan")(c.SetPlan(ctx, steps...)); cmp.Diff(steps, left) != "" {
		t.Errorf("SetPlan = %+v; want %+v", left, steps)
	}
	did[[]client.Step](t, "Plan")(c.Plan(ctx))
	if err := c.ClearPlan(ctx); err != nil {
		t.Errorf("ClearPlan: %v", err)
	}
	id := checkoutOf(t, w.emu)
	did[client.Acted](t, "Expire")(c.Expire(ctx, id, client.Action{Webhooks: client.BeforeRedirect}))
	did[client.Clock](t, "Advance")(c.Advance(ctx, 24*time.Hour))
	failed := did[[]client.Delivery](t, "Deliveries")(c.Deliveries(ctx, client.DeliveryQuery{Session: id, State: "failed", Limit: 1}))
	if len(failed) != 1 || len(failed[0].Attempts) != 10 || failed[0].Attempts[0].Status != http.StatusNotFound {
		t.Fatalf("Deliveries = %+v; want one that failed ten times", failed)
	}
	if one := did[client.Delivery](t, "Delivery")(c.Delivery(ctx, failed[0].ID)); cmp.Diff(failed[0], one) != "" || one.URL != down.URL {
		t.Errorf("Delivery = %+v; want %+v", one, failed[0])
	}
	if first := got1(t, c.StreamDeliveries(ctx, client.DeliveryQuery{Session: id, Endpoint: made.ID})); first.Event.Session != id || len(first.Attempts) != 0 {
		t.Errorf("StreamDeliveries begins with %+v; want the first thing that was decided on", first)
	}
	again := did[client.Delivery](t, "Redeliver")(c.Redeliver(ctx, failed[0].ID))
	if len(again.Attempts) != 11 || again.Body != failed[0].Body {
		t.Errorf("Redeliver = %+v", again)
	}
	if all := did[[]client.Delivery](t, "RedeliverFailed")(c.RedeliverFailed(ctx, client.DeliveryQuery{Provider: "polar"})); len(all) != 2 {
		t.Errorf("RedeliverFailed = %+v; want both", all)
	}
	triggered := did[client.Triggered](t, "Trigger")(c.Trigger(ctx, "polar", "order.paid"))
	if triggered.Session == nil || triggered.Session.Status != "succeeded" || len(triggered.Deliveries) == 0 || len(triggered.Events) < len(triggered.Deliveries) {
		t.Errorf("Trigger = %+v", triggered)
	}
	if err := c.DropEndpoint(ctx, made.ID); err != nil {
		t.Errorf("DropEndpoint: %v", err)
	}
}
