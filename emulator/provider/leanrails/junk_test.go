package leanrails_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/provider/leanrails"
	"github.com/localcheckout/localcheckout/openapi"
)

// TestJunk: whatever stands in a body of any operation, the answer is the provider's and no fault of ours.
func TestJunk(t *testing.T) {
	p, err := leanrails.New(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi.Load("leanrails.yaml", p.Document(), openapi.Whole)
	if err != nil {
		t.Fatal(err)
	}
	c := start(t)
	c.on(c.intent(nil)["id"], "confirm", `{"payment_method":"pm_card_visa"}`)
	names := []string{
		"amount", "currency", "customer", "payment_method", "payment_method_data", "metadata", "description", "capture_method", "amount_to_capture",
		"cancellation_reason", "payment_intent", "reason", "email", "name", "active", "images", "marketing_features", "default_price", "product",
		"unit_amount", "unit_amount_decimal", "recurring", "tiers", "lookup_key", "title", "line_items", "after_completion", "restrictions",
	}
	values := []string{`null`, `true`, `-1`, `1e300`, `"\u0000"`, `"x"`, `[null]`, `{"type":"redirect"}`, `{"card":{"number":5}}`}
	ids := map[string]string{"payment_intents": text(c.page(intents)[0]["id"]), "customers": adaID, "products": totes, "prices": tote}
	for _, op := range doc.Operations() {
		if !op.TakesBody {
			continue
		}
		resource, _, _ := strings.Cut(strings.TrimPrefix(op.Path, "/v1/"), "/")
		path := strings.ReplaceAll(op.Path, "{id}", ids[resource])
		bodies := []string{`null`, `[]`, `5`, `"x"`, `{`, ``}
		for _, name := range names {
			for _, value := range values {
				bodies = append(bodies, `{"`+name+`":`+value+`}`)
			}
		}
		for _, body := range bodies {
			got := c.do(http.MethodPost, path, body)
			if got.Status >= 500 || got.Status != 200 && (got.failure()["code"] == nil || got.failure()["message"] == "") {
				t.Errorf("%s %s = %d %s", op.ID, body, got.Status, got.Text)
			}
		}
	}
}
