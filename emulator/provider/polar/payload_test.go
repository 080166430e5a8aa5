package polar_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the goldens of webhooks anew")

// TestWebhookPayloads holds one message of each type against its golden, and what is in it against the
// fields that Polar documents.
func TestWebhookPayloads(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	buyer := object{"customer_email": "ada@example.com", "customer_name": "Ada Lovelace", "metadata": object{"ref": "A-1001"}}
	first := w.create(with(book, buyer, object{"discount_id": fiveOff}))
	w.confirm(first, "ctoken_1", http.StatusOK)
	second := w.create(with(monthly, buyer, object{"discount_id": third}))
	w.confirm(second, "ctoken_1", http.StatusOK)
	w.create(with(trial, object{"customer_id": ines}))
	w.settle()
	got := in.take()
	w.advance("24h")
	got = append(got, in.take()...)
	seen := map[string]bool{}
	for _, a := range got {
		eventType := a.body["type"].(string)
		w.documentedPayload(eventType, a.body["data"].(object))
		if !seen[eventType] {
			w.golden(strings.NewReplacer(".", "-", "_", "-").Replace(eventType), a)
		}
		seen[eventType] = true
	}
	for _, eventType := range slices.Concat(current.created, current.updated, current.confirmed, current.subscribed, current.expired, []string{"customer.updated"}) {
		if !seen[eventType] {
			t.Errorf("no golden of %s", eventType)
		}
	}
}

func TestWebhooksToChats(t *testing.T) {
	w := newWorld(t)
	chats := map[string]*inbox{}
	for _, format := range []string{"discord", "slack"} {
		chats[format] = newInbox(t)
		events := []string{"checkout.created", "order.paid", "subscription.created", "subscription.active", "subscription.updated"}
		w.call("POST", endpointsPath, hook(chats[format].URL, object{"format": format, "events": events})).want(http.StatusCreated)
	}
	made := w.create(with(monthly, object{"customer_email": "ada@example.com"}))
	w.steer(made, "pay")
	w.settle()
	for format, in := range chats {
		got := in.take()
		if len(got) != 4 { // subscription.updated tells nobody anything
			t.Fatalf("%s: %d messages; want 4", format, len(got))
		}
		for i, what := range []string{"checkout-created", "subscription-created", "subscription-active", "order-paid"} {
			w.golden(format+"-"+what, got[i])
		}
	}
}

// golden compares a message with the golden of that name.
func (w *world) golden(name string, a arrival) {
	w.t.Helper()
	plain := bytes.ReplaceAll(a.raw, []byte(w.emu.Base()), []byte("http://localhost:4747"))
	var got bytes.Buffer
	if err := json.Indent(&got, plain, "", "  "); err != nil {
		w.t.Fatal(err)
	}
	got.WriteByte('\n')
	file := filepath.Join(goldens, "webhook-"+name, "webhook.json")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// documentedPayload holds the objects of a message against the fields that Polar documents.
func (w *world) documentedPayload(eventType string, data object) {
	w.t.Helper()
	var documented map[string][]documentedField
	load(w.t, filepath.Join(goldens, "webhook-documented-fields-2026-10", "fields.json"), &documented)
	check := func(name string, v any) {
		o, ok := v.(object)
		if !ok {
			return // null, where that is documented
		}
		for _, f := range documented[name] {
			if v, there := o[f.Name]; !there && f.Required || there && !slices.Contains(f.Types, jsonType(v)) {
				w.t.Errorf("%s: %s.%s = %v (there: %v); documented as %v", eventType, name, f.Name, v, there, f.Types)
			}
		}
	}
	each := func(name string, list any) {
		for _, v := range list.([]any) {
			check(name, v)
		}
	}
	kind, _, _ := strings.Cut(eventType, ".")
	switch {
	case kind == "order":
		check("Order", data)
		check("OrderCustomer", data["customer"])
		check("OrderProduct", data["product"])
		check("OrderSubscription", data["subscription"])
		if data["subscription"] == nil {
			check("DiscountFixedOnceForeverDurationBase", data["discount"])
		}
		each("OrderItemSchema", data["items"])
	case kind == "subscription":
		check("Subscription", data)
		check("SubscriptionCustomer", data["customer"])
		check("Product", data["product"])
		check("DiscountPercentageRepeatDurationBase", data["discount"])
	case eventType == "customer.state_changed":
		check("CustomerStateIndividual", data)
		each("CustomerStateSubscription", data["active_subscriptions"])
	case kind == "customer":
		check("CustomerIndividual", data)
	}
}
