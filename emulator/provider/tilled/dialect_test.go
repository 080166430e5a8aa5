package tilled

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/openapi"
)

func TestStatusesAreTotal(t *testing.T) {
	want := map[checkout.Status][2]string{
		checkout.Open:      {"open", "requires_payment_method"},
		checkout.Confirmed: {"complete", "processing"},
		checkout.Succeeded: {"complete", "succeeded"},
		checkout.Failed:    {"complete", "requires_payment_method"},
		checkout.Expired:   {"expired", "canceled"},
	}
	for _, s := range checkout.Statuses() {
		if got := [2]string{(&Tilled{}).Status(s), intentStatuses[s]}; got != want[s] {
			t.Errorf("%s is %v; want %v", s, got, want[s])
		}
	}
}

// TestProblemIsTotal: every error of every operation has a declared status and a body that fits.
func TestProblemIsTotal(t *testing.T) {
	doc, err := openapi.Load("tilled.yaml", openapi.Tilled, openapi.Whole)
	if err != nil {
		t.Fatal(err)
	}
	dialect := &Tilled{}
	box := newSandbox(t)
	for _, op := range doc.Operations() {
		r := api.NewRequest(nil)
		r.Operation, r.Sandbox = op.ID, box
		failures := []error{errors.New("our fault"), &api.RouteError{Method: "GET", Path: "/x"}}
		for _, code := range checkout.Codes() {
			failures = append(failures, &checkout.Error{Code: code}, &checkout.Error{Code: code, Message: "text", Status: checkout.Expired})
		}
		for _, rule := range []string{
			checkout.RuleRequired, checkout.RuleType, checkout.RuleNull, checkout.RuleEnum, checkout.RuleMinimum, checkout.RuleMaximum,
			checkout.RuleMinLength, checkout.RuleMaxLength, checkout.RuleMinItems, checkout.RuleMaxItems, checkout.RulePattern,
			checkout.RuleFormat, checkout.RuleNUL, checkout.RuleUnion, checkout.RuleUnreadable, "unheard of",
		} {
			for _, path := range [][]any{nil, {"a"}, {0}, {"a", 0}, {"a", 0, "b"}} {
				failures = append(failures, &checkout.Error{Code: checkout.CodeInvalid, Violations: []checkout.Violation{{Rule: rule, Path: path}}})
			}
		}
		for _, failure := range failures {
			resp := dialect.Problem(r, failure)
			body, err := wire.Marshal(resp.Body)
			if err == nil {
				err = op.CheckResponse(resp.Status, "application/json", body)
			}
			if err != nil {
				t.Errorf("%s: Problem(%#v) = %d %s: %v", op.ID, failure, resp.Status, body, err)
			}
		}
	}
}

func TestDocumentIsSound(t *testing.T) {
	doc, err := openapi.Load("tilled.yaml", openapi.Tilled, openapi.Whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestPaymentIntentFollowsItsSession: whatever becomes of a session becomes of its payment intent.
func TestPaymentIntentFollowsItsSession(t *testing.T) {
	for _, tt := range []struct {
		name    string
		cmds    []checkout.Command
		status  string
		last    string
		charges []string
	}{
		{"new", nil, "requires_payment_method", "", nil},
		{"paid", []checkout.Command{checkout.Pay{}}, "succeeded", "", []string{"succeeded"}},
		{"in flight", []checkout.Command{checkout.Confirm{}}, "processing", "", []string{"pending"}},
		{"failed late", []checkout.Command{checkout.Confirm{}, checkout.Fail{DeclineCode: "processing_error"}}, "requires_payment_method", "processing_error", []string{"failed"}},
		{"declined", []checkout.Command{checkout.Decline{Code: "fraudulent"}}, "requires_payment_method", "fraudulent", []string{"failed"}},
		{"declined, then paid", []checkout.Command{checkout.Decline{Code: "fraudulent"}, checkout.Pay{}}, "succeeded", "", []string{"failed", "succeeded"}},
		{"expired", []checkout.Command{checkout.Expire{}}, "canceled", "", nil},
		{"forced", []checkout.Command{checkout.Pay{}, checkout.Force{Status: checkout.Open}}, "requires_payment_method", "", []string{"succeeded"}},
		{"forced twice", []checkout.Command{checkout.Force{Status: checkout.Succeeded}, checkout.Force{Status: checkout.Succeeded}}, "succeeded", "", []string{"succeeded"}},
		{"forced back", []checkout.Command{checkout.Expire{}, checkout.Force{Status: checkout.Confirmed}}, "processing", "", []string{"pending"}},
	} {
		box := newSandbox(t)
		fee := int64(2000)
		in := createParams{
			LineItems: []lineItemParams{{PriceData: price{Currency: "usd", UnitAmount: 900}, Quantity: "1"}},
			PaymentIntentData: paymentIntentDataParams{
				Metadata: map[string]string{"ledger": "b", "unset": ""}, PaymentMethodTypes: []string{"card"}, PlatformFeeAmount: &fee,
			},
		}
		rec, err := box.Create(name, func(tx *sandbox.Tx) (checkout.Session, error) { return in.complete(tx, in.draft("acct_1")) })
		for _, cmd := range tt.cmds {
			if err == nil {
				rec, _, err = box.Do(rec.Session.ID, cmd)
			}
		}
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		var got *payment
		box.View(func(tx *sandbox.Tx) { got = intentByID(tx, rec.Session.Detail.(*detail).Intent) })
		var charges []string
		for _, c := range got.Charges {
			charges = append(charges, c.Status)
		}
		last := ""
		if got.Failure != nil {
			last = got.Failure.Code
		}
		if got.Status != tt.status || last != tt.last || !slices.Equal(charges, tt.charges) || got.SessionStatus != rec.Session.Status {
			t.Errorf("%s: %s, last error %q, charges %v, session %s; want %s, %q, %v", tt.name, got.Status, last, charges, got.SessionStatus, tt.status, tt.last, tt.charges)
		}
		if *got.PlatformFee != 900 || got.Amount != 900 || got.Session != rec.Session.ID || cmp.Diff(map[string]string{"ledger": "b"}, got.Metadata) != "" {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

// TestOneCustomerForEachSession: what was made at the first payment stays.
func TestOneCustomerForEachSession(t *testing.T) {
	box := newSandbox(t)
	in := createParams{LineItems: []lineItemParams{{PriceData: price{UnitAmount: 1}, Quantity: "1"}}}
	for n := range 2 {
		rec, err := box.Create(name, func(tx *sandbox.Tx) (checkout.Session, error) { return in.complete(tx, in.draft("acct_1")) })
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := box.Do(rec.Session.ID, checkout.Pay{}); err != nil {
			t.Fatal(err)
		}
		box.View(func(tx *sandbox.Tx) {
			if got := len(tx.All(catalogCustomers)); got != n+1 {
				t.Errorf("after %d payments there are %d customers", n+1, got)
			}
		})
	}
}

func TestCredentialSelects(t *testing.T) {
	for _, tt := range []struct {
		header http.Header
		want   string
	}{
		{http.Header{}, ""},
		{http.Header{"Tilled-Api-Key": {" sk_1 "}}, "sk_1"},
		{http.Header{"Authorization": {"BEARER jwt"}}, "jwt"},
		{http.Header{"Authorization": {"Basic jwt"}}, ""},
		{http.Header{"Tilled-Api-Key": {"sk_1"}, "Authorization": {"Bearer jwt"}}, "sk_1"},
		{http.Header{"Tilled-Api-Key": {"sk_1"}, "Authorization": {"Bearer sk_sandbox_w"}}, "sk_sandbox_w"},
	} {
		if got := (&Tilled{}).Credential(tt.header); got != tt.want {
			t.Errorf("Credential(%v) = %q; want %q", tt.header, got, tt.want)
		}
	}
}

func TestResourcesRefuse(t *testing.T) {
	p, err := New(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const stamps = `"created_at":"2025-01-01T00:00:00Z","updated_at":"2025-01-01T00:00:00Z"`
	for _, tt := range []struct{ resource, object, want string }{
		{resourceCustomers, `{"id":"cus_1","account_id":"acct_1",` + stamps + `}`, ""},
		{resourceCustomers, `{"id":"1","account_id":"acct_1",` + stamps + `}`, "id"},
		{resourceCustomers, `{"id":"cus_1",` + stamps + `}`, "account_id"},
		{resourceCustomers, `{"id":"cus_1","account_id":"acct_1","created_at":"today"}`, "created_at"},
		{resourceCustomers, `{"id":"cus_1","account_id":"acct_1","created_at":"2025-01-01T00:00:00Z"}`, "updated_at"},
		{resourceCustomers, `{"id":"cus_1","nickname":"x"}`, "nickname"},
		{resourceAccounts, `{"id":"acct_1","type":"merchant",` + stamps + `}`, ""},
		{resourceAccounts, `{"id":"acct_1","type":"other",` + stamps + `}`, "type"},
		{resourceAccounts, `{"id":"cus_1","type":"partner",` + stamps + `}`, "id"},
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

func newSandbox(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	dialects := map[string]sandbox.Dialect{name: (&Tilled{}).Dialect()}
	box, err := sandbox.NewSet(sandbox.Options{Dialects: dialects}).Sandbox("")
	if err != nil {
		t.Fatal(err)
	}
	return box
}
