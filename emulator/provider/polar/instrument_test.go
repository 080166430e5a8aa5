package polar_test

import (
	"net/http"
	"strings"
	"testing"
)

// What stands in a confirmation token decides, and the answer says so; the sentence is the card
// processor's. A refused payment writes nothing.
func TestConfirmationTokens(t *testing.T) {
	root := newWorld(t)
	const again = " Please try again with a different payment method."
	for _, tt := range []struct {
		token  string
		status int
		detail string // of a refusal
		after  string // status of the session
		intent any    // status of the processor's intent
		by     string
	}{
		{"ctoken_1", 200, "", "succeeded", "succeeded", "state"},
		{"ctoken_declined", 400, "The payment failed: Your card was declined." + again, "open", nil, "magic:declined"},
		{"ctoken_decline_card_declined", 400, "The payment failed: Your card was declined." + again, "open", nil, "magic:decline_card_declined"},
		{"decline_insufficient_funds.2", 400, "The payment failed: Your card has insufficient funds." + again, "open", nil, "magic:decline_insufficient_funds"},
		{"ctoken_decline_expired_card", 400, "The payment failed: Your card has expired." + again, "open", nil, "magic:decline_expired_card"},
		{"ctoken_decline_incorrect_cvc", 400, "The payment failed: Your card's security code is incorrect." + again, "open", nil, "magic:decline_incorrect_cvc"},
		{"ctoken_decline_processing_error", 400, "The payment failed: An error occurred while processing your card. Try again in a little bit." + again, "open", nil, "magic:decline_processing_error"},
		{"4000000000000069", 400, "The payment failed: Your card has expired." + again, "open", nil, "magic:4000000000000069"},
		{"4000002500003155", 200, "", "confirmed", "requires_action", "magic:4000002500003155"},
		{"ctoken_fail", 200, "", "open", nil, "magic:fail"},
		{"ctoken_requires_action", 200, "", "confirmed", "requires_action", "magic:requires_action"},
		{"ctoken_processing", 200, "", "confirmed", "processing", "magic:processing"},
	} {
		t.Run(tt.token, func(t *testing.T) {
			w := root.fork(t)
			made := w.create(with(book))
			a := w.client("POST", made, "/confirm", but(paying, object{"confirmation_token_id": tt.token}))
			body := a.want(tt.status)
			if tt.status == http.StatusBadRequest {
				same(t, "refusal", body, object{"error": "PaymentError", "detail": tt.detail})
				same(t, "afterwards", w.get(made), object{"modified_at": nil, "customer_email": made["customer_email"]})
			} else {
				same(t, "confirmed", body, object{"status": "confirmed"})
			}
			if by := a.header.Get("X-Decided-By"); by != tt.by {
				t.Errorf("decided by %q; want %s", by, tt.by)
			}
			got := w.get(made)
			if intent := got["payment_processor_metadata"].(object)["intent_status"]; got["status"] != tt.after || intent != tt.intent {
				t.Errorf("the session is %v, the intent %v; want %s, %v", got["status"], intent, tt.after, tt.intent)
			}
		})
	}
	w := root.fork(t)
	made := w.create(with(book))
	w.client("POST", made, "/confirm", but(paying, object{"confirmation_token_id": "ctoken_decline_bad_mood"})).wantFaults(businessClass, business(
		`localcheckout has no decline code "bad_mood"; there are card_declined, insufficient_funds, expired_card, incorrect_cvc, processing_error.`, "confirmation_token_id"))

	a := w.client("POST", made, "/confirm", but(paying, object{"confirmation_token_id": "4012888888881881"}))
	a.wantFaults(businessClass, business("localcheckout takes no real card; this looks like one.", "confirmation_token_id"))
	if kept := string(w.control("GET", "/requests", nil).raw) + string(a.raw); strings.Contains(kept, "4012888888881881") {
		t.Errorf("the number is kept: %s", kept)
	}

	free := w.create(with(freebie, object{"customer_email": "a@example.com"}))
	a = w.client("POST", free, "/confirm", object{"confirmation_token_id": "ctoken_declined"})
	if a.want(http.StatusOK); a.header.Get("X-Decided-By") != "state" {
		t.Errorf("with nothing to pay the token decides: %s", a.header.Get("X-Decided-By"))
	}
}

// A refused payment is one in the events, as one that a test declines.
func TestRefusedTokenIsAnEvent(t *testing.T) {
	w := newWorld(t)
	made := w.create(with(book))
	w.patch(made, object{"customer_name": "Ada"}).want(http.StatusOK)
	before := w.get(made)
	w.control("POST", "/clock/advance", object{"by": "1h"}).want(http.StatusOK)
	w.client("POST", made, "/confirm", but(paying, object{"confirmation_token_id": "ctoken_decline_expired_card"})).want(http.StatusBadRequest)
	same(t, "session", w.control("GET", "/sessions/"+made["id"].(string), nil).want(http.StatusOK), object{"decline_code": "expired_card", "status": "open"})
	if list := w.control("GET", "/events?type=payment.declined", nil).want(http.StatusOK)["events"].([]any); len(list) != 1 {
		t.Errorf("refusals: %v; want one", list)
	}
	same(t, "what Polar shows", w.get(made), before)
}
