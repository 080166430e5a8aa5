package leanrails

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

func TestStatusesAreTotal(t *testing.T) {
	want := map[checkout.Status][3]string{
		checkout.Open:      {"open", "unpaid", "requires_payment_method"},
		checkout.Confirmed: {"open", "unpaid", "processing"},
		checkout.Succeeded: {"complete", "paid", "succeeded"},
		checkout.Failed:    {"open", "unpaid", "requires_payment_method"},
		checkout.Expired:   {"expired", "unpaid", "canceled"},
	}
	for _, s := range checkout.Statuses() {
		got := [3]string{(&LeanRails{}).Status(s), paymentStatus(checkout.Session{Status: s, Amount: 1}), intentStatuses[s]}
		if got != want[s] {
			t.Errorf("%s is %v; want %v", s, got, want[s])
		}
		if got := paymentStatus(checkout.Session{Status: s}); got != "no_payment_required" {
			t.Errorf("the payment of nothing when %s is %s; want no_payment_required", s, got)
		}
	}
}

// TestProblems: errors that no operation has by itself.
func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		err    *checkout.Error
		status int
		want   problemError
	}{
		{&checkout.Error{Code: checkout.CodeDeclined}, 402, problemError{Type: "payment_error", Code: "card_declined", DeclineCode: "generic_decline", Message: "Your card was declined."}},
		{&checkout.Error{Code: checkout.CodeDeclined, Reason: "expired_card"}, 402, problemError{Type: "payment_error", Code: "card_declined", DeclineCode: "expired_card", Message: "Your card was declined."}},
		{&checkout.Error{Code: checkout.CodeKeyReused}, 422, problemError{Type: "invalid_request_error", Code: "idempotency_key_reused", Message: messageKeyReused, Param: new("Idempotency-Key")}},
		{&checkout.Error{Code: checkout.CodeKeyInUse}, 409, problemError{Type: "invalid_request_error", Code: "idempotency_key_in_use", Message: messageKeyInUse, Param: new("Idempotency-Key")}},
		{&checkout.Error{Code: checkout.CodeRateLimited}, 429, problemError{Type: "rate_limit_error", Code: "rate_limit_exceeded", Message: messageRateLimited}},
		{&checkout.Error{Code: checkout.CodeInternal, Message: "ours"}, 500, problemError{Type: "api_error", Code: "internal_error", Message: messageInternal}},
		{&checkout.Error{Code: checkout.CodeUnsupportedMedia}, 400, problemError{Type: "invalid_request_error", Code: "parameter_invalid", Message: messageMedia, Param: new("Content-Type")}},
	} {
		tt.want.DocURL = "https://docs.leanrails.com/errors/" + tt.want.Code
		resp := (&LeanRails{}).Problem(api.NewRequest(nil), tt.err)
		if diff := cmp.Diff(any(problem{tt.want}), resp.Body); diff != "" || resp.Status != tt.status {
			t.Errorf("%s: %d, want %d (-want +got):\n%s", tt.err.Code, resp.Status, tt.status, diff)
		}
	}
}

// TestRateLimited: the answer says that nothing is left, and when to come again.
func TestRateLimited(t *testing.T) {
	l := &LeanRails{}
	r := api.NewRequest(nil)
	resp := l.Problem(r, &checkout.Error{Code: checkout.CodeRateLimited})
	l.Finish(r, &resp)
	if resp.Header.Get(headerRemaining) != "0" || resp.Header.Get(headerLimit) != "1500" || resp.Header.Get(headerRetryAfter) != "1" {
		t.Errorf("headers are %v; want none of 1500 left, and a second to wait", resp.Header)
	}
}

func TestResourcesRefuse(t *testing.T) {
	p, err := New(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ resource, object, want string }{
		{resourceCustomers, `{"id":"cus_1","object":"customer"}`, ""},
		{resourceCustomers, `{"id":"1","object":"customer"}`, "id"},
		{resourceCustomers, `{"id":"cus_","object":"customer"}`, "id"},
		{resourceCustomers, `{"id":"cus_1"}`, "object"},
		{resourceCustomers, `{"id":"cus_1","object":"customer","livemode":true}`, "livemode"},
		{resourceCustomers, `{"id":"cus_1","object":"customer","nickname":"x"}`, "nickname"},
		{resourceProducts, `{"id":"prod_1","object":"product","name":"x"}`, ""},
		{resourceProducts, `{"id":"price_1","object":"product"}`, "id"},
		{resourcePrices, `{"id":"price_1","object":"price","type":"one_time","currency":"usd"}`, ""},
		{resourcePrices, `{"id":"price_1","object":"price","type":"recurring","currency":"usd","recurring":{"interval":"day"}}`, ""},
		{resourcePrices, `{"id":"price_1","object":"price","type":"free","currency":"usd"}`, "type"},
		{resourcePrices, `{"id":"price_1","object":"price","type":"one_time","currency":"USD"}`, "currency"},
		{resourcePrices, `{"id":"price_1","object":"price","type":"one_time","currency":"usd","unit_amount":-1}`, "unit_amount"},
	} {
		for _, res := range p.Resources() {
			if res.Name != tt.resource {
				continue
			}
			_, _, err := res.Decode([]byte(tt.object))
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Decode(%s) = %v; want an error naming %q", tt.object, err, tt.want)
			}
		}
	}
}

func TestProfiles(t *testing.T) {
	for profile, want := range map[string]bool{
		"": true, "lenient": true, "bearer": true, "lenient,bearer": true, "bearer, lenient": true,
		"strict": false, "lenient,": false, "lenient,strict": false,
	} {
		if _, err := New(provider.Options{Profile: profile}); (err == nil) != want {
			t.Errorf("New with profile %q: %v; want success %v", profile, err, want)
		}
	}
}

func newSandbox(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	dialects := map[string]sandbox.Dialect{name: (&LeanRails{}).Dialect()}
	box, err := sandbox.NewSet(sandbox.Options{Dialects: dialects}).Sandbox("")
	if err != nil {
		t.Fatal(err)
	}
	return box
}
