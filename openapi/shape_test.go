package openapi

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// TestShape: of an object that somebody wrote down, what is there is judged, all of it at once, and what is
// not there is not missed.
func TestShape(t *testing.T) {
	doc, err := Load("bias.yaml", Bias, Whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		shape, text string
		want        []string // where the faults are
	}{
		{"Customer", `{}`, nil},
		{"Customer", `{"name":null,"hobby":1}`, nil},
		{"Customer", `{"name":1,"email":[],"metadata":{"a":2}}`, []string{"[email]", "[metadata a]", "[name]"}},
		{"Customer", `7`, []string{"[]"}},
		{"PaymentMethod", `{"billing_details":{"address":{"city":1}}}`, []string{"[billing_details address city]"}},
		{"Discount", `{"applies_to":["prod_1",{"name":"x"}]}`, nil},
		{"Nothing", `7`, nil},
	} {
		tree, err := wire.Parse([]byte(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range doc.Shape(tt.shape).Check(tree) {
			got = append(got, fmt.Sprint(v.Path))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tt.shape, tt.text, diff)
		}
	}
	if err := doc.Operation("getCustomer").CheckResponse(200, "application/json", []byte(`{}`)); err == nil {
		t.Error("answers are judged less strictly, too")
	}
}
