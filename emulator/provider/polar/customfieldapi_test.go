package polar_test

import (
	"net/http"
	"testing"
)

const customFieldsPath = "/v1/custom-fields/"

func TestCustomFieldOfEachType(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		kind            string
		properties, got object
	}{
		{"text", object{"form_label": "", "min_length": 2, "max_length": nil, "ge": 3}, object{"min_length": 2}},
		{"number", object{"ge": 1, "le": 9, "form_label": "How many"}, object{"ge": 1, "le": 9, "form_label": "How many"}},
		{"date", object{"ge": 1735689600}, object{"ge": 1735689600}},
		{"checkbox", object{"form_help_text": "Tick"}, object{"form_help_text": "Tick"}},
		{"select", object{"options": []any{object{"value": "a", "label": "A"}}}, object{"options": []any{object{"value": "a", "label": "A"}}}},
	} {
		made := w.make(customFieldsPath, object{"type": tt.kind, "slug": "New_" + tt.kind, "name": "New", "properties": tt.properties})
		same(t, tt.kind, made, object{"type": tt.kind, "slug": "new_" + tt.kind, "name": "New", "properties": tt.got, "metadata": object{}, "organization_id": organizationID})
		same(t, tt.kind, w.call("GET", customFieldsPath+made["id"].(string), nil).want(200), made)
	}
}

func TestCustomFieldFaults(t *testing.T) {
	w := newWorld(t)
	loc := func(path ...any) []any { return append([]any{"body"}, path...) }
	field := func(kind string, properties object) object {
		return object{"type": kind, "slug": "s", "name": "n", "properties": properties}
	}
	w.call("POST", customFieldsPath, object{"slug": "s"}).wantFaults(schemaClass, fault{Type: "union_tag_not_found", Loc: loc(), Msg: "Unable to extract tag using discriminator 'type'"})
	w.call("POST", customFieldsPath, field("select", object{})).wantFaults(schemaClass, fault{Type: "missing", Loc: loc("select", "properties", "options"), Msg: "Field required"})
	w.call("POST", customFieldsPath, field("number", object{"ge": 3, "le": 2})).wantFaults(schemaClass, fault{Type: "value_error", Loc: loc("number", "properties", "le"),
		Msg: "Value error, Greater than or equal (ge) must be less than or equal to Less than or equal (le)"})
	w.call("POST", customFieldsPath, object{"type": "text", "slug": "a b", "name": "", "properties": object{}}).wantFaults(schemaClass,
		fault{Type: "string_pattern_mismatch", Loc: loc("text", "slug"), Msg: "String should match pattern '^[a-z0-9-_]+$'"},
		fault{Type: "string_too_short", Loc: loc("text", "name"), Msg: "String should have at least 1 character"})
	w.call("POST", customFieldsPath, object{"type": "text", "slug": "COMPANY_name", "name": "n", "properties": object{}}).wantFaults(businessClass,
		business("Custom field with this slug already exists.", "slug"))
	w.call("GET", customFieldsPath+unknownID, nil).want(404)
}

// A custom field changes where products ask for it, and leaves them when it is deleted.
func TestCustomFieldOnProducts(t *testing.T) {
	w := newWorld(t)
	made := w.make(customFieldsPath, object{"type": "text", "slug": "grain", "name": "Grain", "properties": object{}})
	path := customFieldsPath + made["id"].(string)
	course := w.make(productsPath, object{"name": "Course", "prices": []any{usd(100)}, "attached_custom_fields": []any{object{"custom_field_id": made["id"], "required": true}}})
	session := w.create(object{"products": []any{course["id"]}})
	asked := func() []any { return w.get(session)["attached_custom_fields"].([]any) }
	same(t, "asked", asked()[0].(object), object{"custom_field_id": made["id"], "order": 0, "required": true})

	w.call("PATCH", path, object{"type": "number"}).wantFaults(businessClass, business("The type of a custom field can't be changed.", "type"))
	changed := w.call("PATCH", path, object{"type": "text", "name": "Your grain", "properties": object{"max_length": 5}}).want(200)
	same(t, "changed", changed, object{"name": "Your grain", "slug": "grain", "properties": object{"max_length": 5}})
	same(t, "asked after the change", asked()[0].(object)["custom_field"].(object), changed)
	w.client("PATCH", session, "", object{"custom_field_data": object{"grain": "barley"}}).wantFaults(businessClass,
		fault{Type: "string_too_long", Loc: []any{"body", "custom_field_data", "grain"}, Msg: "String should have at most 5 characters"})

	if a := w.call("DELETE", path, nil); a.status != http.StatusNoContent {
		t.Fatalf("status = %d, body %s; want 204", a.status, a.raw)
	}
	w.call("GET", path, nil).want(404)
	if left := asked(); len(left) != 0 {
		t.Errorf("the product still asks for %v", left)
	}
	w.make(customFieldsPath, object{"type": "text", "slug": "grain", "name": "Grain", "properties": object{}})
}

func TestCustomFieldList(t *testing.T) {
	w := newWorld(t)
	slugs := func(query string) (out []string) {
		for _, v := range w.call("GET", customFieldsPath+query, nil).want(200)["items"].([]any) {
			out = append(out, v.(object)["slug"].(string))
		}
		return out
	}
	for query, want := range map[string]string{
		"":                                     "[company_name level notes preferred_date team_size terms]",
		"?sorting=-slug&limit=2":               "[terms team_size]",
		"?sorting=type&sorting=slug&limit=3":   "[terms preferred_date team_size]",
		"?type=text":                           "[company_name notes]",
		"?type=select&type=date&sorting=-type": "[level preferred_date]",
		"?query=TE":                            "[notes preferred_date team_size terms]",
		"?sorting=created_at&limit=1":          "[company_name]",
	} {
		if got := slugs(query); sprint(got) != want {
			t.Errorf("%q lists %v; want %s", query, got, want)
		}
	}
}
