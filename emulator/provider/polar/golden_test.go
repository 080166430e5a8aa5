package polar_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// goldens has one folder for each case: request.json and response.json, or fields.json, or webhook.json,
// and always source.md, which says where they come from.
const goldens = "../../../testdata/polar"

type goldenRequest struct {
	Method string          `json:"method"`
	Path   string          `json:"path"` // {id} and {client_secret} are those of an open session
	Body   json.RawMessage `json:"body"`
	Text   *string         `json:"text"` // instead of the body, when that is not JSON
}

type goldenResponse struct {
	Status int `json:"status"`
	Body   struct {
		Error  string   `json:"error"`
		Detail []object `json:"detail"`
	} `json:"body"`
}

// documentedField is one field that the provider documents.
type documentedField struct {
	Name     string   `json:"name"`
	Types    []string `json:"types"` // of JSON
	Required bool     `json:"required"`
}

func TestGoldens(t *testing.T) {
	cases, err := os.ReadDir(goldens)
	if err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	w := newWorld(t)
	session := w.create(with(book))
	for _, dir := range cases {
		t.Run(dir.Name(), func(t *testing.T) {
			w.t = t
			at := func(file string) string { return filepath.Join(goldens, dir.Name(), file) }
			if source, err := os.ReadFile(at("source.md")); err != nil || len(source) == 0 {
				t.Errorf("no source.md: %v", err)
			}
			switch kind, _, _ := strings.Cut(dir.Name(), "-"); kind {
			case "webhook", "resource", "sale":
				return // see TestWebhookPayloads, TestResourceFields, TestSaleFields
			}
			if _, err := os.Stat(at("fields.json")); err == nil {
				w.documented(at("fields.json"))
				return
			}
			w.replay(session, at("request.json"), at("response.json"))
		})
	}
}

// replay sends a request and compares the answer. The order of items is the order of the fields in
// Polar's models; within one field it is compared as a set.
func (w *world) replay(session object, request, response string) {
	w.t.Helper()
	var req goldenRequest
	var want goldenResponse
	load(w.t, request, &req)
	load(w.t, response, &want)
	path := strings.NewReplacer("{id}", session["id"].(string), "{client_secret}", session["client_secret"].(string)).Replace(req.Path)
	var body any
	if req.Text != nil {
		body = *req.Text
	} else if req.Body != nil {
		body = string(req.Body)
	}
	a := w.call(req.Method, path, body)
	var got goldenResponse
	got.Status = a.status
	if err := json.Unmarshal(a.raw, &got.Body); err != nil {
		w.t.Fatalf("body %s: %v", a.raw, err)
	}
	for _, items := range [][]object{got.Body.Detail, want.Body.Detail} {
		slices.SortStableFunc(items, func(a, b object) int { return strings.Compare(key(a), key(b)) })
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func key(item object) string {
	raw, _ := json.Marshal(item["loc"])
	return string(raw)
}

// documented holds sessions of several kinds against a list of fields.
func (w *world) documented(file string) {
	w.t.Helper()
	var documented map[string][]documentedField
	load(w.t, file, &documented)
	whole := object{
		"discount_id": third, "customer_id": ines, "custom_field_data": object{"company_name": "Oak"}, "products": []string{workshop, tips, trial},
	}
	session := w.create(whole)
	seen := w.client("GET", session, "", nil).want(http.StatusOK)
	for name, fields := range documented {
		var objects []object
		switch name {
		case "Checkout":
			objects = []object{session, w.create(with(freebie))}
		case "CheckoutPublic":
			objects = []object{seen}
		case "CheckoutOrganization":
			objects = []object{seen["organization"].(object)}
		default:
			objects = find(session, name)
		}
		if len(objects) == 0 {
			w.t.Errorf("no %s in the session", name)
		}
		for _, o := range objects {
			for _, f := range fields {
				if v, ok := o[f.Name]; !ok && f.Required || ok && !slices.Contains(f.Types, jsonType(v)) {
					w.t.Errorf("%s.%s = %v (there: %v); documented as %v", name, f.Name, v, ok, f.Types)
				}
			}
		}
	}
}

// find returns the objects of a documented kind within a session.
func find(session object, name string) (out []object) {
	each := func(list any) {
		for _, v := range list.([]any) {
			out = append(out, v.(object))
		}
	}
	switch name {
	case "CheckoutProduct":
		each(session["products"])
	case "ProductPriceFixed", "ProductPriceCustom":
		for _, prices := range session["prices"].(object) {
			for _, v := range prices.([]any) {
				if strings.HasSuffix(strings.ToLower(name), v.(object)["amount_type"].(string)) {
					out = append(out, v.(object))
				}
			}
		}
	case "BenefitPublic":
		for _, p := range find(session, "CheckoutProduct") {
			each(p["benefits"])
		}
	case "AttachedCustomField":
		each(session["attached_custom_fields"])
	case "CheckoutDiscountPercentageRepeatDuration":
		out = append(out, session["discount"].(object))
	case "Address":
		out = append(out, session["customer_billing_address"].(object))
	}
	return out
}

func jsonType(v any) string {
	switch n := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if n == float64(int64(n)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

func load(t *testing.T, file string, into any) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
