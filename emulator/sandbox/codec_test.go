package sandbox

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type kept struct {
	List []string          `json:"list,omitzero"`
	Map  map[string]string `json:"map,omitzero"`
	Free map[string]any    `json:"free,omitzero"`
	Text *string           `json:"text,omitzero"`
}

func TestJSONKeepsAllOfAValue(t *testing.T) {
	codec := JSON[*kept]()
	empty := ""
	for name, v := range map[string]*kept{
		"nothing":       {},
		"empty, not no": {List: []string{}, Map: map[string]string{}, Free: map[string]any{}, Text: &empty},
		"numbers":       {Free: map[string]any{"a": json.Number("1.50"), "b": json.Number("-0"), "c": json.Number("1E400"), "d": json.Number("12345678901234567890")}},
		"free values":   {Free: map[string]any{"a": nil, "b": true, "c": []any{}, "d": map[string]any{"e": "<&>\u2028"}, "f": []any{nil}}},
	} {
		raw, err := codec.Append(nil, v)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := codec.read(string(raw))
		if err != nil {
			t.Fatalf("%s: decode %s: %v", name, raw, err)
		}
		if diff := cmp.Diff(any(v), got); diff != "" {
			t.Errorf("%s, by %s (-want +got):\n%s", name, raw, diff)
		}
	}
	for _, broken := range []string{``, `{"other":1}`, `{"list":"x"}`, `{} {}`, `[`, `null`} {
		if got, err := codec.read(broken); err == nil {
			t.Errorf("read(%s) = %v; want an error", broken, got)
		}
	}
}
