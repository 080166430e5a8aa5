package bias_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestListPages(t *testing.T) {
	c := start(t)
	c.freeze() // all at one instant: the order is still that of creation
	var newest []string
	for range 7 {
		newest = append([]string{c.create(nil)["id"].(string)}, newest...)
	}
	for _, tt := range []struct {
		query string
		want  []string
		more  bool
	}{
		{"", newest, false},
		{"?limit=3", newest[:3], true},
		{"?limit=7", newest, false},
		{"?limit=1000", newest, false},
		{"?limit=3&starting_after=" + newest[2], newest[3:6], true},
		{"?limit=1&starting_after=" + newest[5], newest[6:], false},
		{"?starting_after=" + newest[6], []string{}, false},
		{"?limit=3&ending_before=" + newest[6], newest[3:6], true},
		{"?limit=3&ending_before=" + newest[3], newest[:3], false},
		{"?limit=2&ending_before=" + newest[3], newest[1:3], true},
		{"?ending_before=" + newest[0], []string{}, false},
		{"?starting_after=&ending_before=", newest, false},
	} {
		got := c.must("GET", sessions+tt.query, nil)
		if diff := cmp.Diff(tt.want, ids(got)); diff != "" || got["has_more"] != tt.more || got["object"] != "list" || len(got) != 3 {
			t.Errorf("%q: has_more %v, want %v; items (-want +got):\n%s", tt.query, got["has_more"], tt.more, diff)
		}
	}
}

func TestListDefaultLimit(t *testing.T) {
	c := start(t)
	for range 51 {
		c.create(nil)
	}
	if page := c.must("GET", sessions, nil); len(ids(page)) != 50 || page["has_more"] != true {
		t.Errorf("the page has %d sessions, has_more %v; want 50, true", len(ids(page)), page["has_more"])
	}
}

func TestListRefuses(t *testing.T) {
	c := start(t)
	id := c.create(nil)["id"].(string)
	for _, tt := range []struct {
		query string
		code  string
		param any
	}{
		{"limit=0", "parameter_invalid", "limit"},
		{"limit=1001", "parameter_invalid", "limit"},
		{"limit=ten", "parameter_invalid", "limit"},
		{"limit=1.5", "parameter_invalid", "limit"},
		{"limit=", "parameter_invalid", "limit"},
		{"starting_after=cs_x", "resource_missing", "starting_after"},
		{"ending_before=cs_x", "resource_missing", "ending_before"},
		{"starting_after=" + id + "&ending_before=" + id, "parameter_invalid", "ending_before"},
		{"page=2", "parameter_invalid", "page"},
		{"limit[gt]=2", "parameter_invalid", "limit[gt]"},
		{"%zz", "parameter_invalid", nil},
		{"filters=x", "parameter_invalid", "filters"},
		{"filters=[]", "parameter_invalid", "filters"},
		{"filters[mode=payment", "parameter_invalid", "filters"},
		{"filters[mode]=payment&filters={}", "parameter_invalid", "filters"},
		{"filters[mode]=payment&filters[mode][x]=payment", "parameter_invalid", "filters"},
		{"filters[mode][x]=1", "parameter_invalid", "filters.mode"},
		{"filters[mode]=gift", "parameter_invalid", "filters.mode"},
		{"filters[status]=open", "parameter_invalid", "filters.status"},
		{"filters[live]=yes", "parameter_invalid", "filters.live"},
		{"filters[amount]=5", "parameter_invalid", "filters.amount"},
		{"filters[and]=5", "parameter_invalid", "filters.and"},
		{"filters[and][x][mode]=payment", "parameter_invalid", "filters.and"},
		{"filters[and][1][mode]=payment", "parameter_invalid", "filters.and"},
		{"filters[or][0]=5", "parameter_invalid", "filters.or[0]"},
		{"filters[or][0][and][0][mode]=x", "parameter_invalid", "filters.or[0].and[0].mode"},
		{"filters[created_at]=now", "parameter_invalid", "filters.created_at"},
		{"filters[created_at][gt]=1.5", "parameter_invalid", "filters.created_at.gt"},
		{"filters[created_at][ne]=1", "parameter_invalid", "filters.created_at.ne"},
		{`filters={"customer":5}`, "parameter_invalid", "filters.customer"},
		{`filters={"and":{}}`, "parameter_invalid", "filters.and"},
		{`filters={"mode":"payment"} x`, "parameter_invalid", "filters"},
		{"filters[and][0][and][0][and][0][and][0][and][0][mode]=setup", "parameter_invalid", "filters"},
		{"expand[items]=true", "parameter_invalid", "expand.items"},
		{"expand[customer]=1", "parameter_invalid", "expand.customer"},
		{"expand[payments][customer][name]=true", "parameter_invalid", "expand.payments.customer.name"},
		{`expand={"customer":1}`, "parameter_invalid", "expand.customer"},
		{"expand=customer", "parameter_invalid", "expand"},
	} {
		got := c.do("GET", sessions+"?"+escaped(tt.query), nil)
		if f := got.fault(t); got.Status != 400 || f["code"] != tt.code || f["param"] != tt.param {
			t.Errorf("%q = %d %s; want 400, %s, %v", tt.query, got.Status, got.Text, tt.code, tt.param)
		}
	}
	got := c.do("GET", sessions+"?limit=0&filters[x]=1&expand[x]=true&y=1", nil)
	if diff := cmp.Diff([]string{"expand x", "limit", "filters x", "y"}, issuePaths(got.fault(t))); diff != "" {
		t.Errorf("issues of several faults (-want +got):\n%s", diff)
	}
}

// escaped makes what a test writes fit for a request line.
func escaped(query string) string {
	var out []byte
	for _, b := range []byte(query) {
		if b == ' ' || b == '"' || b == '{' || b == '}' || b >= 0x80 {
			out = fmt.Appendf(out, "%%%02X", b)
		} else {
			out = append(out, b)
		}
	}
	return string(out)
}

// world is some sessions of every kind, oldest first, a millisecond or more apart.
func world(c *client) []object {
	c.freeze()
	var all []object
	for i := range 24 {
		body := object{"amount": 100}
		switch i % 4 {
		case 1:
			body = object{"mode": "setup"}
		case 2:
			body["customer"] = []string{ada, bo}[i%3%2]
		case 3:
			body = object{"invoice": bosInvoice}
		}
		s := c.create(body)
		switch i % 5 {
		case 0:
			c.control("/sessions/"+s["id"].(string)+"/pay", nil)
		case 3:
			c.control("/sessions/"+s["id"].(string)+"/expire", nil)
		}
		all = append(all, c.get(s, ""))
		if i%3 != 0 { // some share their millisecond
			c.control("/clock/advance", object{"by": fmt.Sprintf("%dms", i%3*7)})
		}
	}
	return all
}

// wants reports whether a session fits filters, the slow way.
func wants(filters any, s object) bool {
	for field, want := range filters.(object) {
		ok := true
		switch field {
		case "and":
			ok = !slices.ContainsFunc(want.(list), func(f any) bool { return !wants(f, s) })
		case "or":
			ok = slices.ContainsFunc(want.(list), func(f any) bool { return wants(f, s) })
		case "created_at":
			ok = between(want, s["created_at"].(float64))
		default:
			ok = s[field] == want
		}
		if !ok {
			return false
		}
	}
	return true
}

func between(bounds any, at float64) bool {
	m, ok := bounds.(object)
	if !ok {
		return at == bounds.(float64)
	}
	for word, bound := range m {
		limit := bound.(float64)
		if !map[string]bool{"gt": at > limit, "gte": at >= limit, "lt": at < limit, "lte": at <= limit}[word] {
			return false
		}
	}
	return true
}

// TestFilters compares every way through the pages of many filters with a look at each session.
func TestFilters(t *testing.T) {
	c := start(t)
	all := world(c)
	early, late := all[5]["created_at"].(float64), all[17]["created_at"].(float64)
	for _, filters := range []object{
		{},
		{"mode": "setup"},
		{"status": "complete"},
		{"status": "requires_confirmation", "mode": "payment"},
		{"customer": ada},
		{"customer": nil},
		{"customer": "cus_unknown"},
		{"invoice": bosInvoice, "status": "expired"},
		{"live": false},
		{"live": true},
		{"created_at": object{"gt": early}},
		{"created_at": object{"gte": early, "lt": late}},
		{"created_at": object{"gt": late, "lt": early}},
		{"created_at": early},
		{"created_at": object{"lte": early}, "mode": "payment"},
		{"created_at": object{"lt": float64(1)}},
		{"created_at": object{"gt": float64(1e15)}},
		{"and": list{object{"mode": "payment"}, object{"status": "complete"}}},
		{"or": list{object{"mode": "setup"}, object{"status": "complete"}}},
		{"or": list{object{"mode": "setup"}, object{"customer": ada}, object{"invoice": bosInvoice}}},
		{"and": list{object{"or": list{object{"mode": "setup"}, object{"customer": bo}}}, object{"status": "requires_confirmation"}}},
		{"or": list{object{"and": list{object{"mode": "setup"}, object{"status": "expired"}}}, object{"customer": ada, "status": "complete"}}},
		{"or": list{object{"live": true}, object{"mode": "setup"}}},
		{"or": list{object{"live": false}, object{"mode": "setup"}}},
		{"or": list{object{"created_at": object{"lt": early}}, object{"status": "complete"}}},
		{"or": list{object{"created_at": object{"lt": early}}, object{"created_at": object{"gt": late}}}, "mode": "payment"},
		{"or": list{object{"created_at": object{"lt": late}, "mode": "setup"}, object{"created_at": early}}},
		{"and": list{}},
		{"or": list{}},
		{"or": pairs(7), "created_at": object{"gte": early}}, // more clauses than are multiplied out
	} {
		want := []string{}
		for _, s := range slices.Backward(all) {
			if wants(filters, s) {
				want = append(want, s["id"].(string))
			}
		}
		for _, form := range []string{asJSON(filters), asBrackets(filters)} {
			for _, limit := range []int{1, 4, 50} {
				if diff := cmp.Diff(want, walk(c, form, limit, "starting_after")); diff != "" {
					t.Errorf("%s by %d, forward (-want +got):\n%s", form, limit, diff)
				}
				if len(want) == 0 {
					continue
				}
				back := walk(c, form, limit, "ending_before", all[0]["id"].(string))
				if all[0]["id"] == want[len(want)-1] {
					back = append(back, want[len(want)-1]) // the cursor itself is on no page
				}
				if diff := cmp.Diff(want, back); diff != "" {
					t.Errorf("%s by %d, backward (-want +got):\n%s", form, limit, diff)
				}
			}
		}
	}
}

// pairs is a disjunction of conjunctions that is long when multiplied out.
func pairs(n int) list {
	out := list{}
	for i := range n {
		out = append(out, object{"mode": []string{"setup", "payment"}[i%2], "status": []string{"complete", "expired", "complete"}[i%3], "customer": nil})
	}
	return out
}

// walk reads all pages in one direction and returns the ids, newest first.
func walk(c *client, filters string, limit int, cursor string, from ...string) []string {
	c.tb.Helper()
	got := []string{}
	at := ""
	if len(from) > 0 {
		at = "&" + cursor + "=" + from[0]
	}
	for {
		page := c.must("GET", fmt.Sprintf("%s?limit=%d%s%s", sessions, limit, at, filters), nil)
		items := ids(page)
		if len(items) > limit || page["has_more"] == true && len(items) < limit {
			c.tb.Fatalf("a page of %d has %d items, has_more %v", limit, len(items), page["has_more"])
		}
		if cursor == "ending_before" {
			got = append(items, got...)
		} else {
			got = append(got, items...)
		}
		if page["has_more"] != true {
			return got
		}
		end := items[len(items)-1]
		if cursor == "ending_before" {
			end = items[0]
		}
		at = "&" + cursor + "=" + end
	}
}

func asJSON(filters object) string { return "&filters=" + url.QueryEscape(mustJSON(filters)) }

// asBrackets writes filters member by member; what that form cannot say is written as JSON.
func asBrackets(filters object) string {
	out, ok := "", true
	var write func(prefix string, v any)
	write = func(prefix string, v any) {
		switch v := v.(type) {
		case object:
			ok = ok && len(v) > 0
			for key, e := range v {
				write(prefix+"["+key+"]", e)
			}
		case list:
			ok = ok && len(v) > 0
			for i, e := range v {
				write(fmt.Sprintf("%s[%d]", prefix, i), e)
			}
		case nil:
			out += "&" + prefix + "="
		case float64:
			out += fmt.Sprintf("&%s=%.0f", prefix, v)
		default:
			out += fmt.Sprintf("&%s=%v", prefix, v)
		}
	}
	write("filters", filters)
	if !ok {
		return asJSON(filters)
	}
	return out
}
