package bias_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// twoLines makes a session with a notebook, twice, and a mug: 2800 cents.
func twoLines(c *client) (s object, first, second string) {
	s = c.create(object{"line_items": list{object{"price": notebook, "quantity": 2}, object{"price": mug}}})
	lines := s["line_items"].(list)
	return s, lines[0].(object)["id"].(string), lines[1].(object)["id"].(string)
}

// lineTexts writes lines as [price quantity total], with the id before where it is one of known.
func lineTexts(s object, known ...string) []string {
	out := []string{}
	for _, l := range s["line_items"].(list) {
		l := l.(object)
		text := mustJSON(list{l["price"], l["quantity"], l["total"]})
		for _, id := range known {
			if l["id"] == id {
				text = id + " " + text
			}
		}
		out = append(out, text)
	}
	return out
}

func TestUpdateLines(t *testing.T) {
	for _, tt := range []struct {
		name   string
		lines  func(first, second string) any
		amount float64
		want   func(first, second string) []string
	}{
		{"by id", func(first, second string) any {
			return list{object{"id": first, "quantity": 3}, object{"id": second}}
		}, 3300, func(first, second string) []string {
			return []string{first + ` ["` + notebook + `",3,1500]`, second + ` ["` + mug + `",1,1800]`}
		}},
		{"the documented example", func(first, _ string) any {
			return list{object{"id": first, "quantity": 3}, object{"price": notebook, "quantity": 1}}
		}, 2000, func(first, _ string) []string {
			return []string{first + ` ["` + notebook + `",3,1500]`, `["` + notebook + `",1,500]`}
		}},
		{"what is not named is removed", func(_, second string) any {
			return list{object{"id": second}}
		}, 1800, func(_, second string) []string { return []string{second + ` ["` + mug + `",1,1800]`} }},
		{"one line that is no list", func(_, second string) any {
			return object{"id": second, "quantity": 2}
		}, 3600, func(_, second string) []string { return []string{second + ` ["` + mug + `",2,3600]`} }},
		{"another price for a line", func(first, _ string) any {
			return list{object{"id": first, "price": mug}}
		}, 3600, func(first, _ string) []string { return []string{first + ` ["` + mug + `",2,3600]`} }},
		{"the order is the list's", func(first, second string) any {
			return list{object{"id": second}, object{"id": first}}
		}, 2800, func(first, second string) []string {
			return []string{second + ` ["` + mug + `",1,1800]`, first + ` ["` + notebook + `",2,1000]`}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t)
			s, first, second := twoLines(c)
			got := c.must("PATCH", at(s), object{"line_items": tt.lines(first, second)})
			if diff := cmp.Diff(tt.want(first, second), lineTexts(got, first, second)); diff != "" || got["amount"] != tt.amount {
				t.Errorf("amount %v, want %v; lines (-want +got):\n%s", got["amount"], tt.amount, diff)
			}
			if diff := cmp.Diff(got, c.get(s, "")); diff != "" {
				t.Errorf("get differs from update:\n%s", diff)
			}
		})
	}
}

func TestUpdateRefuses(t *testing.T) {
	c := start(t)
	s, first, _ := twoLines(c)
	invoiced := c.create(object{"invoice": bosInvoice})
	before := c.get(s, "")
	for _, tt := range []struct {
		name  string
		on    object
		body  any
		code  string
		param any
	}{
		{"amount", s, object{"amount": 1}, "parameter_invalid", "amount"},
		{"mode", s, object{"mode": "setup"}, "parameter_invalid", "mode"},
		{"submit_label", s, object{"submit_label": "pay"}, "parameter_invalid", "submit_label"},
		{"invoice", s, object{"invoice": bosInvoice}, "parameter_invalid", "invoice"},
		{"later generation", s, object{"billing_details": object{}}, "parameter_invalid", "billing_details"},
		{"unknown line", s, object{"line_items": list{object{"id": "li_x"}}}, "resource_missing", "line_items[0].id"},
		{"line named twice", s, object{"line_items": list{object{"id": first}, object{"id": first}}}, "resource_missing", "line_items[1].id"},
		{"neither id nor price", s, object{"line_items": list{object{"quantity": 2}}}, "parameter_missing", "line_items[0].price"},
		{"neither, not in a list", s, object{"line_items": object{"quantity": 2}}, "parameter_missing", "line_items[0].price"},
		{"quantity, not in a list", s, object{"line_items": object{"id": first, "quantity": 0}}, "parameter_invalid", "line_items.quantity"},
		{"unknown price", s, object{"line_items": list{object{"price": "price_x"}}}, "resource_missing", "line_items[0].price"},
		{"nothing left", s, object{"line_items": list{}}, "parameter_invalid", "line_items"},
		{"null", s, object{"line_items": nil}, "parameter_invalid", "line_items"},
		{"lines of an invoice", invoiced, object{"line_items": list{object{"price": mug}}}, "invalid_state", "line_items"},
		{"unknown customer", s, object{"customer": "cus_x"}, "resource_missing", "customer"},
		{"customer null", s, object{"customer": nil}, "parameter_invalid", "customer"},
		{"metadata of lists", s, object{"metadata": object{"a": list{}}}, "parameter_invalid", "metadata.a"},
		{"list", s, list{}, "parameter_invalid", nil},
	} {
		got := c.do("PATCH", at(tt.on), tt.body)
		if f := got.fault(t); got.Status != 400 || f["type"] != "invalid_request_error" || f["code"] != tt.code || f["param"] != tt.param {
			t.Errorf("%s = %d %s; want 400, %s, %v", tt.name, got.Status, got.Text, tt.code, tt.param)
		}
	}
	if diff := cmp.Diff(before, c.get(s, "")); diff != "" {
		t.Errorf("refused updates changed the session:\n%s", diff)
	}
}

func TestUpdateKeepsWhatIsNotSent(t *testing.T) {
	c := start(t)
	s := c.create(object{"amount": 500, "customer_details": object{"email": "a@b.c", "phone": "1"}, "metadata": object{"a": "1", "b": "2"}})
	for _, step := range []struct {
		body    object
		details object
		meta    object
	}{
		{object{}, object{"email": "a@b.c", "name": nil, "phone": "1"}, object{"a": "1", "b": "2"}},
		{object{"customer_details": object{"name": "Ada"}}, object{"email": "a@b.c", "name": "Ada", "phone": "1"}, object{"a": "1", "b": "2"}},
		{object{"customer_details": object{"email": nil}}, object{"email": nil, "name": "Ada", "phone": "1"}, object{"a": "1", "b": "2"}},
		{object{"metadata": object{"b": nil, "c": "3"}}, object{"email": nil, "name": "Ada", "phone": "1"}, object{"a": "1", "c": "3"}},
		{object{"metadata": object{}}, object{"email": nil, "name": "Ada", "phone": "1"}, object{"a": "1", "c": "3"}},
		{object{"metadata": nil}, object{"email": nil, "name": "Ada", "phone": "1"}, object{}},
	} {
		got := c.must("PATCH", at(s), step.body)
		if diff := cmp.Diff(object{"d": step.details, "m": step.meta}, object{"d": got["customer_details"], "m": got["metadata"]}); diff != "" || got["amount"] != 500.0 {
			t.Errorf("after %v (-want +got):\n%s", step.body, diff)
		}
	}
	if got := c.must("PATCH", at(s), object{"customer": ada}); got["customer"] != ada {
		t.Errorf("customer = %v", got["customer"])
	}
}

func TestUpdateMethodsAndAlias(t *testing.T) {
	c := start(t)
	s := c.create(nil)
	for _, method := range []string{"PATCH", "POST", "PUT"} {
		if got := c.must(method, at(s), object{"metadata": object{"by": method}}); got["metadata"].(object)["by"] != method {
			t.Errorf("%s: metadata = %v", method, got["metadata"])
		}
	}
	const alias = "/bias/v1/checkout/sessions"
	made := c.must("POST", alias, object{"amount": 1})
	id := made["id"].(string)
	if got := c.must("GET", alias+"/"+id, nil); got["id"] != id {
		t.Errorf("get by the alias = %v", got)
	}
	c.must("PUT", alias+"/"+id, object{})
	c.must("POST", alias+"/"+id+"/expire", nil)
	if page := c.must("GET", alias+"?limit=1", nil); len(page["items"].(list)) != 1 {
		t.Errorf("list by the alias = %v", page)
	}
	if got := c.do("GET", alias+"x", nil); got.Status != 404 {
		t.Errorf("GET %sx = %d; want 404", alias, got.Status)
	}
}

// TestOnlyMetadataAfterwards: a session that is paid, expired or in flight takes metadata and nothing
// else.
func TestOnlyMetadataAfterwards(t *testing.T) {
	for _, end := range []string{"pay", "expire", "confirm"} {
		t.Run(end, func(t *testing.T) {
			c := start(t)
			s := c.create(object{"amount": 500, "metadata": object{"a": "1"}})
			c.control("/sessions/"+s["id"].(string)+"/"+end, nil)
			before := c.get(s, "")
			for _, member := range []string{"customer", "customer_details", "line_items"} {
				value := map[string]any{"customer": ada, "customer_details": object{"name": "x"}, "line_items": list{object{"price": mug}}}[member]
				got := c.do("PATCH", at(s), object{member: value, "metadata": object{"no": "1"}})
				if f := got.fault(t); got.Status != 400 || f["code"] != "invalid_state" || f["param"] != member {
					t.Errorf("%s = %d %s", member, got.Status, got.Text)
				}
			}
			if diff := cmp.Diff(before, c.get(s, "")); diff != "" {
				t.Errorf("refused updates changed the session:\n%s", diff)
			}
			c.must("PATCH", at(s), object{"metadata": object{"b": "2"}})
			got := c.must("PATCH", at(s), object{"metadata": object{"c": "3", "a": nil}})
			before["metadata"] = object{"b": "2", "c": "3"}
			if diff := cmp.Diff(before, got); diff != "" {
				t.Errorf("after metadata (-want +got):\n%s", diff)
			}
			if items := c.must("GET", sessions, nil)["items"].(list); cmp.Diff(any(before), items[0]) != "" {
				t.Errorf("list = %v; want %v", items[0], before)
			}
		})
	}
}

// TestMetadataOfASecondChance: metadata that was given while a payment was in flight is still there
// when the payment failed and the session can be edited again.
func TestMetadataOfASecondChance(t *testing.T) {
	c := start(t)
	s := c.create(object{"amount": 500, "metadata": object{"a": "1"}})
	control := "/sessions/" + s["id"].(string)
	c.control(control+"/confirm", nil)
	c.must("PATCH", at(s), object{"metadata": object{"b": "2"}})
	c.control(control+"/fail", nil)
	c.must("PATCH", at(s), object{"customer": ada})
	got := c.must("PATCH", at(s), object{"metadata": object{"c": "3"}})
	if diff := cmp.Diff(any(object{"a": "1", "b": "2", "c": "3"}), got["metadata"]); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	c.must("PATCH", at(s), object{"metadata": nil})
	if got := c.get(s, ""); len(got["metadata"].(object)) != 0 {
		t.Errorf("cleared metadata = %v", got["metadata"])
	}
}
