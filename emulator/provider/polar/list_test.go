package polar_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ids lists the sessions of a page.
func ids(page object) []string {
	out := []string{}
	for _, v := range page["items"].([]any) {
		out = append(out, v.(object)["id"].(string))
	}
	return out
}

func TestListFilters(t *testing.T) {
	w := newWorld(t)
	names := map[string]string{}
	make := func(name string, body object) object {
		made := w.create(body)
		names[made["id"].(string)] = name
		w.advance("1s")
		return made
	}
	make("a", with(book, object{"customer_email": "Ada@Example.com"}))
	make("b", with(tips, object{"customer_id": tom}))
	make("c", with(book, object{"external_customer_id": "usr_none"}))
	d := make("d", with(book, object{"products": []string{tips, book}}))
	w.patch(d, object{"product_id": book}).want(http.StatusOK)
	w.control("POST", "/sessions/"+make("e", with(monthly))["id"].(string)+"/pay", object{})
	w.control("POST", "/sessions/"+make("f", with(monthly))["id"].(string)+"/confirm", object{})

	for _, tt := range []struct{ query, want string }{
		{"", "fedcba"},
		{"sorting=created_at", "abcdef"},
		{"sorting=-expires_at", "fedcba"},
		{"sorting=expires_at", "abcdef"},
		{"sorting=status", "fabcde"},
		{"sorting=-status", "eabcdf"},
		{"sorting=status&sorting=-created_at", "fdcbae"},
		{"sorting=created_at&sorting=-status", "abcdef"},
		{"product_id=" + book, "dca"},
		{"product_id=" + book + "&product_id=" + tips, "dcba"},
		{"product_id=" + unknownID, ""},
		{"customer_id=" + tom, "b"},
		{"external_customer_id=usr_1842", "b"},
		{"external_customer_id=usr_none", ""},
		{"status=open", "dcba"},
		{"status=succeeded&status=confirmed", "fe"},
		{"status=open&product_id=" + tips, "b"},
		{"query=ADA%40", "a"},
		{"query=okafor&status=open", "b"},
		{"organization_id=" + organizationID, "fedcba"},
		{"organization_id=" + unknownID, ""},
		{"unknown=1", "fedcba"},
		{"limit=2", "fe"},
		{"limit=2&page=2", "dc"},
		{"limit=4&page=2", "ba"},
		{"limit=4&page=3", ""},
		{"limit=1000", "fedcba"},
		{"page=9223372036854775807", ""},
	} {
		got := ""
		for _, id := range ids(w.call("GET", "/v1/checkouts/?"+tt.query, nil).want(http.StatusOK)) {
			got += names[id]
		}
		if got != tt.want {
			t.Errorf("list with %q = %q; want %q", tt.query, got, tt.want)
		}
	}
}

func TestPages(t *testing.T) {
	for _, tt := range []struct {
		query      string
		items      int
		total, max float64
		seed       bool
	}{
		{"", 10, 105, 11, false},
		{"limit=100", 100, 105, 2, false},
		{"limit=1000", 100, 105, 2, false},
		{"limit=100&page=2", 5, 105, 2, false},
		{"limit=100&page=3", 0, 105, 2, false},
		{"limit=100&page=3", 0, 0, 0, true},
		{"status=expired", 0, 0, 0, false},
		{"status=expired", 10, 105, 11, true},
	} {
		t.Run(fmt.Sprint(tt.query, tt.seed), func(t *testing.T) {
			w := listed(t, tt.seed)
			page := w.call("GET", "/v1/checkouts/?"+tt.query, nil).want(http.StatusOK)
			same(t, "pagination", page["pagination"].(object), object{"total_count": tt.total, "max_page": tt.max})
			if n := len(page["items"].([]any)); n != tt.items {
				t.Errorf("%d items; want %d", n, tt.items)
			}
		})
	}
}

// listed returns a world with 105 sessions.
func listed(t *testing.T, seed bool) *world {
	w := newWorld(t)
	if seed {
		w = newWorld(t, seedProfile)
	}
	for range 105 {
		w.create(with(freebie))
	}
	return w
}

func TestPagesWhileSessionsAreMade(t *testing.T) {
	w := newWorld(t)
	var want []string
	for range 25 {
		want = append(want, w.create(with(freebie))["id"].(string))
	}
	var got []string
	for page := 1; page <= 3; page++ {
		got = append(got, ids(w.call("GET", fmt.Sprintf("/v1/checkouts/?sorting=created_at&page=%d", page), nil).want(http.StatusOK))...)
		w.create(with(freebie))
	}
	if diff := cmp.Diff(want, got[:25]); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

func TestListFaults(t *testing.T) {
	w, seed := newWorld(t), newWorld(t, seedProfile)
	above := fault{"greater_than", []any{"query", "page"}, "Input should be greater than 0", nil}
	for _, tt := range []struct {
		query string
		want  []fault
	}{
		{"page=0", []fault{above}},
		{"page=x", []fault{{"int_parsing", []any{"query", "page"}, "Input should be a valid integer, unable to parse string as an integer", nil}}},
		{"page=0&limit=-5", []fault{above, {"greater_than", []any{"query", "limit"}, "Input should be greater than 0", nil}}},
		{"sorting=name", []fault{{"enum", []any{"query", "sorting", 0},
			"Input should be 'created_at', '-created_at', 'expires_at', '-expires_at', 'status' or '-status'", nil}}},
		{"status=open&status=paid", []fault{{"enum", []any{"query", "status", 1}, "Input should be 'open', 'expired', 'confirmed', 'succeeded' or 'failed'", nil}}},
		{"product_id=x", []fault{{"uuid_parsing", []any{"query", "product_id", 0},
			"Input should be a valid UUID, invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `x` at 1", nil}}},
	} {
		t.Run(tt.query, func(t *testing.T) {
			w.t = t
			w.call("GET", "/v1/checkouts/?"+tt.query, nil).wantFaults(schemaClass, tt.want...)
		})
	}
	w.t = t
	if got := w.call("GET", "/v1/checkouts/?page=-1", nil).faults(schemaClass)[0].Input; got != "-1" {
		t.Errorf("input = %v; want the text that was sent", got)
	}
	seed.call("GET", "/v1/checkouts/?sorting=status", nil).wantFaults(schemaClass, fault{"enum", []any{"query", "sorting", 0},
		"Input should be 'created_at', '-created_at', 'expires_at' or '-expires_at'", nil})
}
