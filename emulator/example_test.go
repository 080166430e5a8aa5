package emulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

func TestBakeryTakesPayments(t *testing.T) {
	emu := emulator.Run(t) // a free port, closed at the end of the test

	created := post(t, emu.URL("tilled")+"/v1/checkout-sessions", `{
		"line_items": [{"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Focaccia"}}}],
		"payment_intent_data": {"payment_method_types": ["card"]}
	}`)
	id := created["id"].(string)

	declined := emu.Must(t).Decline(id, "insufficient_funds") // what is refused fails the test
	if got := declined.Session.Status; got != checkout.Open {
		t.Errorf("status after a declined card = %s; want open", got)
	}
	if _, err := emu.Pay(t.Context(), id); err != nil { // the same methods with a context and an error
		t.Fatal(err)
	}
	if got := get(t, emu.URL("tilled")+"/v1/checkout-sessions/"+id)["status"]; got != "complete" {
		t.Errorf("status = %v; want complete", got)
	}
}

func get(t *testing.T, url string) map[string]any {
	t.Helper()
	return call(t, http.MethodGet, url, "")
}

func post(t *testing.T, url, body string) map[string]any {
	t.Helper()
	return call(t, http.MethodPost, url, body)
}

// call answers the JSON of a response that is a success.
func call(t *testing.T, method, url, body string) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Tilled-Account", "acct_CornerBakery000000001")
	req.Header.Set("Tilled-Api-Key", "sk_test_example")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s %s = %s, %v, %v", method, url, resp.Status, answer, err)
	}
	return answer
}
