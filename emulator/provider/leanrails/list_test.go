package leanrails_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// made creates n sessions and returns their ids, newest first.
func (c *client) made(n int) []string {
	out := make([]string, n)
	for i := range n {
		out[n-1-i] = text(c.create(nil)["id"])
	}
	return out
}

// ids lists the ids of a page.
func ids(page object) []string {
	out := []string{}
	for _, s := range page["data"].([]any) {
		out = append(out, text(s.(object)["id"]))
	}
	return out
}

// TestPages walks the cursors in both directions. Names are a to e, newest first; all five were made
// in the same second.
func TestPages(t *testing.T) {
	c := start(t)
	made := c.made(5)
	name := func(id string) string {
		for i := range made {
			if made[i] == id {
				return string(rune('a' + i))
			}
		}
		return "?"
	}
	for _, tt := range []struct {
		query string // {a} to {e} are ids
		want  string
		more  bool
		next  string
	}{
		{"", "abcde", false, ""},
		{"limit=5", "abcde", false, ""},
		{"limit=100", "abcde", false, ""},
		{"limit=4", "abcd", true, "d"},
		{"limit=2", "ab", true, "b"},
		{"limit=2&starting_after={b}", "cd", true, "d"},
		{"limit=2&starting_after={d}", "e", false, ""},
		{"limit=1&starting_after={d}", "e", false, ""},
		{"starting_after={e}", "", false, ""},
		{"limit=2&ending_before={e}", "cd", true, "d"},
		{"limit=2&ending_before={c}", "ab", false, ""},
		{"limit=1&ending_before={c}", "b", true, "b"},
		{"ending_before={a}", "", false, ""},
		{"ending_before={d}", "abc", false, ""},
	} {
		query := tt.query
		for i, id := range made {
			query = strings.ReplaceAll(query, "{"+string(rune('a'+i))+"}", id)
		}
		page := c.must(http.MethodGet, route+"?"+query, "")
		got := ""
		for _, id := range ids(page) {
			got += name(id)
		}
		next := ""
		if page["next_cursor"] != nil {
			next = name(text(page["next_cursor"]))
		}
		if got != tt.want || page["has_more"] != tt.more || next != tt.next || page["url"] != route || page["object"] != "list" {
			t.Errorf("%s = %s, has_more %v, next_cursor %q, url %v; want %s, %v, %q", tt.query, got, page["has_more"], next, page["url"], tt.want, tt.more, tt.next)
		}
	}
}

// TestCursorsStayValid: a page after a cursor is the same whatever is added or changes meanwhile.
func TestCursorsStayValid(t *testing.T) {
	c := start(t)
	made := c.made(4)
	after := route + "?limit=2&starting_after=" + made[1]
	before := c.must(http.MethodGet, after, "")
	c.made(3)
	if diff := cmp.Diff(before, c.must(http.MethodGet, after, "")); diff != "" {
		t.Errorf("the page changed:\n%s", diff)
	}
	c.steer(made[1], "expire")
	if got := ids(c.must(http.MethodGet, after+"&status=open", "")); !cmp.Equal(got, made[2:]) {
		t.Errorf("after a cursor that the filter leaves out: %v; want %v", got, made[2:])
	}
}

func TestStatusFilter(t *testing.T) {
	c := start(t)
	made := c.made(6)
	for id, action := range map[string]string{made[0]: "pay", made[1]: "expire", made[2]: "confirm", made[3]: "decline", made[4]: "pay"} {
		c.steer(id, action)
	}
	for _, tt := range []struct {
		query string
		want  []string
		more  bool
	}{
		{"status=open", []string{made[2], made[3], made[5]}, false},
		{"status=complete", []string{made[0], made[4]}, false},
		{"status=expired", []string{made[1]}, false},
		{"status=complete&limit=1", []string{made[0]}, true},
		{"status=complete&starting_after=" + made[1], []string{made[4]}, false},
		{"status=open&limit=1&ending_before=" + made[4], []string{made[3]}, true},
		{"status=open&status=expired", []string{made[1]}, false},
	} {
		page := c.must(http.MethodGet, route+"?"+tt.query, "")
		if diff := cmp.Diff(tt.want, ids(page)); diff != "" || page["has_more"] != tt.more {
			t.Errorf("%s: has_more %v, want %v (-want +got):\n%s", tt.query, page["has_more"], tt.more, diff)
		}
	}
}

func TestListRefuses(t *testing.T) {
	c := start(t)
	id := text(c.create(nil)["id"])
	foreign := c.with("tilled-account", "acct_1", "tilled-api-key", "sk_test_1").send(http.MethodPost, "/tilled/v1/checkout-sessions",
		`{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"x"},"unit_amount":1},"quantity":1}],"payment_intent_data":{"payment_method_types":["card"]}}`)
	lines := route + "/" + id + "/line_items"
	item := text(c.must(http.MethodGet, lines, "")["data"].([]any)[0].(object)["id"])
	for _, tt := range []struct {
		path, query string
		status      int
		code, param string
	}{
		{route, "limit=0", 400, "parameter_invalid", "limit"},
		{route, "limit=101", 400, "parameter_invalid", "limit"},
		{route, "limit=-1", 400, "parameter_invalid", "limit"},
		{route, "limit=ten", 400, "parameter_invalid", "limit"},
		{route, "limit=", 400, "parameter_invalid", "limit"},
		{route, "limit=1e400", 400, "parameter_invalid", "limit"},
		{route, "status=paid", 400, "parameter_invalid", "status"},
		{route, "status=", 400, "parameter_invalid", "status"},
		{route, "starting_after=" + item, 400, "parameter_invalid", "starting_after"},
		{route, "starting_after=", 400, "parameter_invalid", "starting_after"},
		{route, "starting_after=cs_none", 404, "resource_missing", "starting_after"},
		{route, "ending_before=cs_none", 404, "resource_missing", "ending_before"},
		{route, "ending_before=pi_none", 400, "parameter_invalid", "ending_before"},
		{route, "starting_after=" + text(foreign.JSON["id"]), 404, "resource_missing", "starting_after"},
		{route, "starting_after=" + id + "&ending_before=" + id, 400, "parameter_invalid", "ending_before"},
		{route, "customer=cus_1", 400, "parameter_invalid", "customer"},
		{route, "limit=0&expand=all", 400, "parameter_invalid", "limit"},
		{route + "/" + id, "expand[]=line_items", 400, "parameter_invalid", "expand[]"},
		{lines, "limit=0", 400, "parameter_invalid", "limit"},
		{lines, "status=open", 400, "parameter_invalid", "status"},
		{lines, "starting_after=" + id, 400, "parameter_invalid", "starting_after"},
		{lines, "starting_after=csli_none", 404, "resource_missing", "starting_after"},
		{lines, "ending_before=csli_none", 404, "resource_missing", "ending_before"},
		{lines, "starting_after=" + item + "&ending_before=" + item, 400, "parameter_invalid", "ending_before"},
		{route + "/not-an-id", "", 404, "resource_missing", "id"},
		{route + "/" + text(foreign.JSON["id"]), "", 404, "resource_missing", "id"},
		{route + "/" + text(foreign.JSON["id"]) + "/line_items", "", 404, "resource_missing", "id"},
	} {
		got := c.do(http.MethodGet, tt.path+"?"+tt.query, "")
		if e := got.failure(); got.Status != tt.status || e["code"] != tt.code || e["param"] != tt.param || !strings.HasPrefix(text(e["message"]), "The `"+tt.param) && tt.status == 400 {
			t.Errorf("GET %s?%s = %d %s; want %d %s about %s", tt.path, tt.query, got.Status, got.Text, tt.status, tt.code, tt.param)
		}
	}
}

func TestLineItems(t *testing.T) {
	c := start(t)
	id := text(c.create(items(object{"price": tote, "quantity": 2}, inline(object{"currency": "USD"}), object{"price": wrapping}))["id"])
	lines := route + "/" + id + "/line_items"
	page := c.must(http.MethodGet, lines, "")
	item := func(id, price any, quantity, amount float64, description string) object {
		return object{"id": id, "object": "item", "price": price, "quantity": quantity, "amount_subtotal": amount, "amount_total": amount, "currency": "usd", "description": description}
	}
	csli := ids(page)
	invented := page["data"].([]any)[1].(object)["price"]
	want := object{
		"object": "list", "has_more": false, "url": lines, "next_cursor": nil,
		"data": []any{
			item(csli[0], tote, 2, 5000, "Canvas tote bag"),
			item(csli[1], invented, 1, 700, "Canvas tote bag"),
			item(csli[2], wrapping, 1, 350, "Gift wrapping"),
		},
	}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Errorf("line items (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(text(invented), "price_") || len(text(invented)) != len("price_")+16 {
		t.Errorf("the price of price_data is %v; want a made id", invented)
	}
	for _, tt := range []struct {
		query string
		want  []string
		more  bool
	}{
		{"limit=2", csli[:2], true},
		{"limit=3", csli, false},
		{"limit=1&starting_after=" + csli[0], csli[1:2], true},
		{"starting_after=" + csli[1], csli[2:], false},
		{"starting_after=" + csli[2], []string{}, false},
		{"limit=1&ending_before=" + csli[2], csli[1:2], true},
		{"limit=2&ending_before=" + csli[2], csli[:2], false},
		{"ending_before=" + csli[0], []string{}, false},
	} {
		page := c.must(http.MethodGet, lines+"?"+tt.query, "")
		var next any
		if tt.more {
			next = tt.want[len(tt.want)-1]
		}
		if diff := cmp.Diff(tt.want, ids(page)); diff != "" || page["has_more"] != tt.more || page["next_cursor"] != next {
			t.Errorf("%s: has_more %v, next_cursor %v (-want +got):\n%s", tt.query, page["has_more"], page["next_cursor"], diff)
		}
	}
}

// TestDefaultLimit: ten objects on a page.
func TestDefaultLimit(t *testing.T) {
	c := start(t)
	many := make([]object, 12)
	for i := range many {
		many[i] = object{"price": tote}
	}
	id := c.create(items(many...))["id"]
	c.made(11)
	for _, path := range []string{route, fmt.Sprint(route, "/", id, "/line_items")} {
		if page := c.must(http.MethodGet, path, ""); len(ids(page)) != 10 || page["has_more"] != true {
			t.Errorf("GET %s: %d objects, has_more %v; want 10 of 12", path, len(ids(page)), page["has_more"])
		}
	}
}
