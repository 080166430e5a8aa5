package bias_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExpand(t *testing.T) {
	c := start(t)
	s := c.create(object{"line_items": list{object{"price": notebook}}, "customer": ada})
	c.pay(s, "x")
	plain := c.get(s, "")
	for _, tt := range []struct {
		query string
		look  func(object) any
		want  any
	}{
		{"expand[customer]=true", func(s object) any { return s["customer"].(object)["email"] }, "ada.ferris@example.com"},
		{"expand[customer]=false", func(s object) any { return s["customer"] }, ada},
		{`expand={"customer":true}`, func(s object) any { return s["customer"].(object)["id"] }, ada},
		{`expand={"customer":{}}`, func(s object) any { return s["customer"].(object)["id"] }, ada},
		{"expand[line_items]=true", func(s object) any { return s["line_items"].(list)[0].(object)["price"] }, notebook},
		{"expand[line_items][price]=true", func(s object) any { return s["line_items"].(list)[0].(object)["price"].(object)["amount"] }, 500.0},
		{"expand[line_items][price][product]=true", func(s object) any {
			return s["line_items"].(list)[0].(object)["price"].(object)["product"].(object)["name"]
		}, "Field Notebook"},
		{"expand[line_items][price][product][prices]=true&expand[line_items][price][product][default_price]=true", func(s object) any {
			p := s["line_items"].(list)[0].(object)["price"].(object)["product"].(object)
			return list{len(p["prices"].(list)), p["default_price"].(object)["id"]}
		}, list{2, notebook}},
		{"expand[payments]=true", func(s object) any { return s["payments"].(list)[0].(object)["customer"] }, ada},
		{"expand[payments][customer]=true&expand[payments][dispute]=true", func(s object) any { return s["payments"].(list)[0].(object)["customer"].(object)["id"] }, ada},
		{"expand[payments][payment_method][customer]=true", func(s object) any {
			return s["payments"].(list)[0].(object)["payment_method"].(object)["customer"].(object)["id"]
		}, ada},
		{"expand[payments][session][payments][session]=true", func(s object) any {
			return s["payments"].(list)[0].(object)["session"].(object)["payments"].(list)[0].(object)["session"].(object)["customer"]
		}, ada},
		{"expand[invoice]=true", func(s object) any { return s["invoice"] }, nil},
		{"expand={}", func(s object) any { return s["payments"] }, nil},
	} {
		got := c.get(s, "?"+escaped(tt.query))
		if diff := cmp.Diff(tt.want, tt.look(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.query, diff)
		}
		listed := c.must("GET", sessions+"?"+escaped(tt.query), nil)["items"].(list)[0]
		if diff := cmp.Diff(any(got), listed); diff != "" {
			t.Errorf("%s: list differs from get:\n%s", tt.query, diff)
		}
	}
	if diff := cmp.Diff(plain, c.get(s, "")); diff != "" {
		t.Errorf("expanding changed the session:\n%s", diff)
	}
	if got := c.do("POST", sessions+"?expand[customer]=true", object{"amount": 1}); got.Status != 400 {
		t.Errorf("expand on create = %d; want 400", got.Status)
	}
}

func TestExpandInvoice(t *testing.T) {
	c := start(t)
	s := c.create(object{"invoice": bosInvoice})
	c.pay(s, "x")
	got := c.get(s, "?expand="+url.QueryEscape(`{"invoice":{"customer":true},"payments":{"invoice":true}}`))
	if i := got["invoice"].(object); i["amount"] != 12500.0 || i["customer"].(object)["id"] != bo {
		t.Errorf("invoice = %v", i)
	}
	if p := got["payments"].(list)[0].(object); p["invoice"].(object)["id"] != bosInvoice {
		t.Errorf("payment = %v", p)
	}
}

// TestExpandWhatIsGone: an id that names nothing stays an id.
func TestExpandWhatIsGone(t *testing.T) {
	c := start(t)
	c.control("/fixtures", object{"bias": object{"prices": list{object{
		"object": "price", "id": "price_lonely", "live": false, "created_at": 0, "active": true, "amount": 5, "deleted": false,
		"description": nil, "metadata": object{}, "product": "prod_gone", "type": "one_time", "updated_at": 0}}}})
	s := c.create(object{"line_items": list{object{"price": "price_lonely"}}})
	got := c.get(s, "?expand[line_items][price][product]=true")
	if p := got["line_items"].(list)[0].(object)["price"].(object); p["product"] != "prod_gone" {
		t.Errorf("price = %v", p)
	}
}
