package polar_test

import (
	"encoding/json"
	"testing"
)

// Numbers and booleans are read whatever they were sent as, where they can be read as such.
func TestLaxValues(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		member string
		sent   any
		want   any    // of the member that is answered
		fault  string // type of the error, "" for none
	}{
		{"amount", "2500", 2500.0, ""},
		{"amount", " +02500.00 ", 2500.0, ""},
		{"amount", 2500.0, 2500.0, ""},
		{"amount", "25.5", nil, "int_parsing"},
		{"amount", "many", nil, "int_parsing"},
		{"amount", "", nil, "int_parsing"},
		{"amount", []any{}, nil, "int_type"},
		{"allow_discount_codes", "No", false, ""},
		{"allow_discount_codes", 1, true, ""},
		{"allow_discount_codes", "0", false, ""},
		{"allow_discount_codes", "perhaps", nil, "bool_parsing"},
		{"allow_discount_codes", 2, nil, "bool_parsing"},
		{"is_business_customer", "on", true, ""},
	} {
		got := w.call("POST", "/v1/checkouts/", with(tips, object{tt.member: tt.sent}))
		var body object
		if err := json.Unmarshal(got.raw, &body); err != nil {
			t.Fatal(err)
		}
		if tt.fault != "" {
			detail, _ := body["detail"].([]any)
			if got.status != 422 || len(detail) == 0 || detail[0].(object)["type"] != tt.fault {
				t.Errorf("%s %v = %d %s; want %s", tt.member, tt.sent, got.status, got.raw, tt.fault)
			}
			continue
		}
		if got.status != 201 || body[tt.member] != tt.want {
			t.Errorf("%s %v = %d %v; want %v", tt.member, tt.sent, got.status, body[tt.member], tt.want)
		}
	}
}
