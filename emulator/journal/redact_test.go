package journal

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Card numbers that are nobody's test card and whose check digit fits: made up for this test.
const (
	madeUp       = "4929123456789015"
	madeUpAmex   = "345612345612341"
	madeUpSpaced = "4929 1234 5678 9015"
)

func TestBodiesLoseTheirSecrets(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"nothing", `{"amount":500,"note":"hello"}`, `{"amount":500,"note":"hello"}`},
		{"a card in a text", `{"note":"card ` + madeUp + `!"}`, `{"note":"card [redacted]!"}`},
		{"a card in groups", `{"note":"` + madeUpSpaced + ` 12/29"}`, `{"note":"[redacted] 12/29"}`},
		{"a card with dashes", `{"n":"4929-1234-5678-9015"}`, `{"n":"[redacted]"}`},
		{"a card as a number", `{"number":` + madeUp + `,"a":[` + madeUpAmex + `]}`, `{"number":"[redacted]","a":["[redacted]"]}`},
		{"a card in escapes", `{"number":"\u0034929123456789015"}`, `{"number":"[redacted]"}`},
		{"a card in what is not JSON", `number=` + madeUp + `&x=1`, `number=[redacted]&x=1`},
		{"a card cut short", `{"number":"` + madeUp, `{"number":"[redacted]`},
		{"test cards", `{"a":"4242 4242 4242 4242","b":4111111111111111,"c":"5100-4000-0000-0000"}`, `{"a":"4242 4242 4242 4242","b":4111111111111111,"c":"5100-4000-0000-0000"}`},
		{"a wrong check digit", `{"n":"4929123456789014"}`, `{"n":"4929123456789014"}`},
		{"an instant in milliseconds", `{"at":1763738000123,"b":"1700000000000"}`, `{"at":1763738000123,"b":"1700000000000"}`},
		{"a UUID of digits", `{"id":"01234567-0000-4000-8000-492912345674"}`, `{"id":"01234567-0000-4000-8000-492912345674"}`},
		{"a live key", `{"message":"the key sk_live_abc1 is live"}`, `{"message":"the key [redacted] is live"}`},
		{"a client secret", `{"client_secret":"polar_c_abcdefghijkl","url":"http://x/checkout/polar_c_abcdefghijkl"}`, `{"client_secret":"[redacted]","url":"http://x/checkout/[redacted]"}`},
		{"a secret cut short", `{"a":1,"client_secret" : "polar_c_abcd`, `{"a":1,"client_secret" : "[redacted]`},
		{"the number of a bank account", `{"ach_debit":{"account_number":"000111111116","routing_number":"021000021","encrypted_account_number":"enc_ok"},"accountNumber":123}`,
			`{"ach_debit":{"account_number":"[redacted]","routing_number":"021000021","encrypted_account_number":"enc_ok"},"accountNumber":"[redacted]"}`},
		{"the code of a card", `{"card":{"cvc":"123","security_code": 4567}}`, `{"card":{"cvc":"[redacted]","security_code": "[redacted]"}}`},
		{"no secret yet", `{"client_secret":null,"token":""}`, `{"client_secret":null,"token":""}`},
		{"in camel case", `{"clientSecret":"x","apiKey":"y"}`, `{"clientSecret":"[redacted]","apiKey":"[redacted]"}`},
		{"secrets in a text", `{"note":"the \"client_secret\": \"x\""}`, `{"note":"the \"client_secret\": \"x\""}`},
		{"a form", `client_secret=abc&amount=5`, `client_secret=[redacted]&amount=5`},
		{"not UTF-8", "\xff\xfe", "\xff\xfe"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, cut := Own([]byte(tt.body)).Text()
			if string(got) != tt.want || cut {
				t.Errorf("Own(%s) = %s, cut %v; want %s", tt.body, got, cut, tt.want)
			}
			shared, _ := Shared([]byte(tt.body)).Text()
			if string(shared) != tt.want {
				t.Errorf("Shared(%s) = %s; want %s", tt.body, shared, tt.want)
			}
		})
	}
}

func TestSecretsThatAreGivenLeaveTheBody(t *testing.T) {
	got, _ := Own([]byte(`{"message":"no session polar_c_abcdefghijkl"}`), "polar_c_abcdefghijkl", "short").Text()
	if want := `{"message":"no session [redacted]"}`; string(got) != want {
		t.Errorf("got %s; want %s", got, want)
	}
}

func TestCredentialsKeepSchemeAndEnd(t *testing.T) {
	for value, want := range map[string]string{
		"Bearer polar_oat_0123456789":        "Bearer [redacted]6789",
		"bearer short":                       "bearer [redacted]",
		"sk_test_0123456789":                 "[redacted]6789",
		"Basic c2tfdGVzdF8wMTIzNDU2Nzg5Og==": "Basic [redacted]6789",
		"Basic ???":                          "Basic [redacted]",
		"":                                   "[redacted]",
	} {
		if got, _ := Credential(value); got != want {
			t.Errorf("Credential(%q) = %q; want %q", value, got, want)
		}
	}
}

func TestHeadersLoseTheirSecrets(t *testing.T) {
	got, credential := Fields(http.Header{
		"Authorization": {"Bearer polar_oat_0123456789"}, "Cookie": {"sid=abcdefghijklmn"}, "X-Client-Secret": {"cs_1_secret_abcdefgh"},
		"Idempotency-Key": {"order-1"}, "X-Note": {"card " + madeUp, "b"},
	})
	slices.SortFunc(got, func(a, b Field) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	want := []Field{
		{"Authorization", "Bearer [redacted]6789"}, {"Cookie", Redacted}, {"Idempotency-Key", "order-1"}, {"X-Client-Secret", "[redacted]efgh"},
		{"X-Note", "b"}, {"X-Note", "card [redacted]"},
	}
	if diff := cmp.Diff(want, got); diff != "" || credential == "" {
		t.Errorf("credential %q, fields:\n%s", credential, diff)
	}
}

func TestQueriesLoseTheirSecrets(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                  "",
		"limit=5&x":                         "limit=5&x",
		"client_secret=abc&limit=5":         "client_secret=[redacted]&limit=5",
		"q=4929+1234+5678+9015":             "q=[redacted]",
		"q=4929%201234%205678%209015&a=b":   "q=[redacted]&a=b",
		"4929123456789015":                  "[redacted]",
		"metadata[card]=%34929123456789015": "metadata[card]=[redacted]",
	} {
		if got := Query(raw); got != want {
			t.Errorf("Query(%s) = %s; want %s", raw, got, want)
		}
	}
}

func TestLongBodiesAreCut(t *testing.T) {
	long := []byte(`"` + strings.Repeat("x", 2*BodyAtMost) + `"`)
	item := []byte(`"` + strings.Repeat("y", BodyAtMost/4) + `"`)
	parts := wire.Assembly{{Name: "items", Items: []json.RawMessage{item, item, item, item, item, item}}, {Name: "more", Value: []byte("true")}}
	whole := parts.Encode()
	for name, b := range map[string]Body{"own": Own(long), "shared": Shared(long), "parts": Parts(parts, len(whole))} {
		got, cut := b.Text()
		if len(got) != BodyAtMost || !cut || b.Size() < len(got) {
			t.Errorf("%s: %d bytes of %d, cut %v; want %d", name, len(got), b.Size(), cut, BodyAtMost)
		}
	}
	if got, _ := Parts(parts, len(whole)).Text(); string(got) != string(whole[:BodyAtMost]) {
		t.Error("what is kept of the parts is not the beginning")
	}
	if held := Own(long).held; held > BodyAtMost {
		t.Errorf("a long body holds %d bytes", held)
	}
}

func FuzzBody(f *testing.F) {
	f.Add(`{"a":"` + madeUp + `","client_secret":"abcdefghijklmnop","u":"abcdefghijklmnop"}`)
	f.Add(`"\`)
	f.Add(`{"token":`)
	f.Fuzz(func(t *testing.T, body string) {
		once, _ := Own([]byte(body)).Text()
		twice, _ := Own(once).Text()
		if string(once) != string(twice) {
			t.Errorf("%q became %q, then %q", body, once, twice)
		}
		if _, end := card(once, 0); end >= 0 {
			t.Errorf("%q still has a card number: %q", body, once)
		}
	})
}

func TestEveryHintIsSeen(t *testing.T) {
	for _, hint := range hints {
		for _, text := range []string{string(hint), "s" + string(hint), "se" + string(hint) + "s", strings.Repeat("c", 9) + string(hint)} {
			if !mentions([]byte(text)) {
				t.Errorf("%q is not seen in %q", hint, text)
			}
		}
		if part := hint[:len(hint)-1]; mentions(part) {
			t.Errorf("%q is seen in %q", hint, part)
		}
	}
	if mentions(nil) || mentions([]byte("cv")) {
		t.Error("a hint is seen in nothing")
	}
}
