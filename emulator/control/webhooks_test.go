package control_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// polarSession makes a session of Polar, whose changes are webhooks.
func (c caller) polarSession() string {
	c.Helper()
	status, made := c.call("POST", "/polar/v1/checkouts/", `{"product_id":"b3f3c9b1-1168-47b6-b178-2af9b468bad7"}`,
		"Content-Type", "application/json", "Authorization", "Bearer polar_oat_test")
	if status != http.StatusCreated {
		c.Fatalf("create = %d %v", status, made)
	}
	return made["id"].(string)
}

func TestWebhookRefusals(t *testing.T) {
	c := start(t)
	plan := func(step string) string { return `{"steps":[{"do":"drop"},` + step + `]}` }
	for _, tt := range []struct {
		method, path, body string
		status             int
		has                string
	}{
		{"POST", "/endpoints", `{"provider":"pola","url":"http://app"}`, 422, `there is no provider "pola"`},
		{"POST", "/endpoints", `{"provider":"bias","url":"http://app"}`, 422, "bias sends no webhooks"},
		{"POST", "/endpoints", `{"provider":"polar","url":"app:3000"}`, 422, "pointer:/url"},
		{"POST", "/endpoints", `{"provider":"polar","url":"http://app","events":["checkout.update"]}`, 422, `did you mean "checkout.updated"?`},
		{"POST", "/endpoints", `{"provider":"polar"}`, 422, "required"},
		{"POST", "/endpoints", `{"provider":"polar","url":"http://app","signature":"bth"}`, 422, `did you mean "both"?`},
		{"POST", "/endpoints", `{"provider":"tilled","url":"http://app","signature":"both"}`, 422, `there is no tilled signature "both"`},
		{"POST", "/endpoints", `{"provider":"polar","url":"http://app","signature":"both","secret":"polar_whs_abc"}`, 422, "pointer:/secret"},
		{"DELETE", "/endpoints/nope", "", 404, "no webhook endpoint nope"},
		{"GET", "/deliveries?state=lost", "", 422, "allowed:[pending delivered failed dropped]"},
		{"POST", "/deliveries/nope/redeliver", "", 404, "no delivery nope"},
		{"PUT", "/plan", plan(`{"do":"lose"}`), 422, "pointer:/steps/1/do"},
		{"PUT", "/plan", plan(`{"do":"delay"}`), 422, "delay needs a delay"},
		{"PUT", "/plan", plan(`{"do":"drop","delay":"1s"}`), 422, "pointer:/steps/1/delay"},
		{"PUT", "/plan", plan(`{"do":"delay","delay":"soon"}`), 422, `"soon" is not a duration`},
		{"PUT", "/plan", plan(`{"do":"drop","match":{"type":"checkout.update"}}`), 422, `did you mean "checkout.updated"?`},
		{"PUT", "/plan", plan(`{"do":"drop","match":{"provider":"pola"}}`), 422, `did you mean "polar"?`},
		{"PUT", "/plan", plan(`{"do":"drop","match":{"endpoint":"nope"}}`), 422, "no webhook endpoint nope"},
		{"PUT", "/plan", plan(`{"do":"drop","times":0}`), 422, "pointer:/steps/1/times"},
	} {
		status, got := c.call(tt.method, "/_control/webhooks"+tt.path, tt.body, "Content-Type", "application/json")
		if text := fmt.Sprint(got); status != tt.status || !strings.Contains(text, tt.has) {
			t.Errorf("%s %s %s = %d %s; want %d with %q", tt.method, tt.path, tt.body, status, text, tt.status, tt.has)
		}
	}
	if left, err := c.emu.Plan(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("a plan that was refused has left %+v, %v", left, err)
	}
}

// TestWebhookBeforeTheAnswerAfterItOrNever: the receiver answers a webhook that comes after the action's
// answer only when that answer is there. A webhook that came before would wait for ever.
func TestWebhookBeforeTheAnswerAfterItOrNever(t *testing.T) {
	c := start(t)
	answered := make(chan struct{})
	wait := false
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if wait {
			<-answered
		}
	}))
	t.Cleanup(app.Close)
	if _, err := c.emu.AddEndpoint(t.Context(), client.EndpointDraft{Provider: "polar", URL: app.URL, Events: []string{"checkout.expired"}}); err != nil {
		t.Fatal(err)
	}
	deliveries := func(id string) []client.Delivery {
		t.Helper()
		all, err := c.emu.Deliveries(t.Context(), client.DeliveryQuery{Session: id})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	act := func(id, timing string) {
		t.Helper()
		if status, got := c.call("POST", "/_control/sessions/"+id+"/expire", `{"webhooks":"`+timing+`"}`, "Content-Type", "application/json"); status != 200 {
			t.Fatalf("expire = %d %v", status, got)
		}
	}
	before := c.polarSession()
	act(before, "before_redirect")
	if all := deliveries(before); len(all) != 1 || all[0].State != "delivered" {
		t.Errorf("when the action has answered: %+v; want it delivered", all)
	}
	wait = true
	after := c.polarSession()
	act(after, "after_redirect")
	close(answered)
	if _, err := c.emu.Advance(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if all := deliveries(after); len(all) != 1 || all[0].State != "delivered" {
		t.Errorf("after the answer: %+v; want it delivered", all)
	}
	never := c.polarSession()
	act(never, "none")
	if _, err := c.emu.Advance(t.Context(), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if all := deliveries(never); len(all) != 1 || all[0].State != "dropped" || all[0].Reason != "webhooks: none" || len(all[0].Attempts) != 0 {
		t.Errorf("never: %+v", all)
	}
	events, err := c.emu.Events(t.Context(), client.EventQuery{Session: never, Type: "checkout.expired"})
	if err != nil || len(events) != 1 || !events[0].Native || events[0].ID == "" {
		t.Errorf("events = %+v, %v; want the one that was not sent", events, err)
	}
}

// TestEndpointsChooseHowTheirSecretSigns: what was asked for is shown, and kept by a snapshot; a secret of the
// fitting form is made, the same in every sandbox.
func TestEndpointsChooseHowTheirSecretSigns(t *testing.T) {
	c := start(t)
	own, err := c.emu.Provider(t.Context(), "polar")
	if err != nil {
		t.Fatal(err)
	}
	for signature, prefix := range map[string]string{"": own.WebhookSecret, "legacy": own.WebhookSecret, "standard": "whsec_", "both": "whsec_"} {
		draft := client.EndpointDraft{Provider: "polar", URL: "http://app", Signature: signature}
		made, err := c.emu.AddEndpoint(t.Context(), draft)
		if err != nil || made.Signature != signature || !strings.HasPrefix(made.Secret, prefix) {
			t.Errorf("AddEndpoint with %q = %+v, %v; want a secret %s", signature, made, err, prefix)
		}
		other, err := c.emu.In("other").AddEndpoint(t.Context(), draft)
		if err != nil || other.Secret != made.Secret {
			t.Errorf("in another sandbox the secret is %q, %v; want %q", other.Secret, err, made.Secret)
		}
	}
	before, err := c.emu.Endpoints(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	document, err := c.emu.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.emu.In("copy").Restore(t.Context(), document); err != nil {
		t.Fatal(err)
	}
	if after, err := c.emu.In("copy").Endpoints(t.Context()); err != nil || cmp.Diff(before, after) != "" {
		t.Errorf("after a snapshot: %v %s", err, cmp.Diff(before, after))
	}
}

func TestOptionsMakeEndpointsInEverySandbox(t *testing.T) {
	emu := emulator.Run(t, emulator.Options{Webhooks: []emulator.Webhook{{Provider: "polar", URL: "http://127.0.0.1:1/hooks"}}})
	polar, err := emu.Provider(t.Context(), "polar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "w1"} {
		in := emu.In(name)
		if err := in.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := in.Endpoints(t.Context())
		if err != nil || len(all) != 1 || all[0].Secret != polar.WebhookSecret || polar.WebhookSecret == "" || polar.WebhookSecret != emu.WebhookSecret("polar") {
			t.Errorf("sandbox %q has %+v, %v; want one with the secret %q", name, all, err, polar.WebhookSecret)
		}
	}
	for _, o := range []emulator.Webhook{
		{Provider: "nope", URL: "http://app"}, {Provider: "bias", URL: "http://app"}, {Provider: "polar", URL: "app"},
		{Provider: "polar", URL: "http://app", Events: []string{"nope"}}, {Provider: "polar", URL: "http://app", Signature: "nope"},
		{Provider: "polar", URL: "http://app", Signature: "both", Secret: "polar_whs_abc"},
	} {
		if _, err := emulator.New(emulator.Options{Webhooks: []emulator.Webhook{o}}); err == nil {
			t.Errorf("New takes the webhook %+v", o)
		}
	}
}
