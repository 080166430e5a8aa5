package tilled_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/provider/tilled"
)

func TestListPages(t *testing.T) {
	c := start(t)
	c.freeze() // all at one instant: the order is still that of creation
	var newest []string
	for range 7 {
		newest = append([]string{c.create(nil)["id"].(string)}, newest...)
	}
	for _, tt := range []struct {
		query         string
		limit, offset float64
		want          []string
		more          bool
	}{
		{"", 30, 0, newest, false},
		{"?limit=3", 3, 0, newest[:3], true},
		{"?limit=3&offset=3", 3, 3, newest[3:6], true},
		{"?limit=3&offset=6", 3, 6, newest[6:], false},
		{"?limit=7", 7, 0, newest, false},
		{"?offset=7", 30, 7, []string{}, false},
		{"?offset=1000000", 30, 1_000_000, []string{}, false},
		{"?limit=100", 100, 0, newest, false},
		{"?limit=101", 100, 0, newest, false},
		{"?limit=99999999999999999999999", 100, 0, newest, false},
		{"?unknown=1&status=open&sort=x&%zz=1", 30, 0, newest, false},
	} {
		got := c.must(http.StatusOK, "GET", sessions+tt.query, nil)
		if diff := cmp.Diff(tt.want, ids(got)); diff != "" {
			t.Errorf("%q items (-want +got):\n%s", tt.query, diff)
		}
		delete(got, "items")
		want := object{"has_more": tt.more, "limit": tt.limit, "offset": tt.offset, "total": 7.0}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q envelope (-want +got):\n%s", tt.query, diff)
		}
	}
}

// TestListPagesReturnEachSessionOnce is one walk over many pages, the clock standing still.
func TestListPagesReturnEachSessionOnce(t *testing.T) {
	c := start(t)
	c.freeze()
	var created, seen []string
	for range 500 {
		created = append(created, c.create(nil)["id"].(string))
	}
	for offset := 0; ; offset += 30 {
		page := c.must(http.StatusOK, "GET", fmt.Sprintf("%s?offset=%d", sessions, offset), nil)
		seen = append(seen, ids(page)...)
		if page["has_more"] == false {
			break
		}
	}
	slices.Reverse(created)
	if diff := cmp.Diff(created, seen); diff != "" {
		t.Errorf("walk (-want +got):\n%s", diff)
	}
}

func TestListRefuses(t *testing.T) {
	c := start(t)
	for query, want := range map[string]list{
		"limit=0":           {"limit must not be less than 1"},
		"limit=-1":          {"limit must not be less than 1"},
		"limit=ten":         {"limit must be an integer number"},
		"limit=":            {"limit must be an integer number"},
		"limit=1.5":         {"limit must be an integer number"},
		"offset=-1":         {"offset must not be less than 0"},
		"offset=x":          {"offset must be an integer number"},
		"limit=0&offset=-1": {"limit must not be less than 1", "offset must not be less than 0"},
	} {
		got := c.do("GET", sessions+"?"+query, nil)
		body := object{"statusCode": 400.0, "message": want, "error": "Bad Request"}
		if diff := cmp.Diff(body, got.JSON); got.Status != http.StatusBadRequest || diff != "" {
			t.Errorf("%q = %d (-want +got):\n%s", query, got.Status, diff)
		}
	}
	if got := c.do("GET", sessions+"?offset=99999999999999999999", nil); got.Status != http.StatusBadRequest {
		t.Errorf("offset beyond 64 bits = %d; want 400", got.Status)
	}
}

func TestListFilters(t *testing.T) {
	c := start(t)
	one := c.create(object{"metadata": object{"order_id": "1", "channel": "web", "a.b": "dots", "k[x]": "brackets"}})
	two := c.create(object{"metadata": object{"order_id": "2", "channel": "web"}, "customer_id": adaID})
	three := c.create(object{"payment_intent_data": object{"payment_method_types": list{"card"}, "metadata": object{"order_id": "1"}}})
	all := []object{three, two, one}
	intent := one["payment_intent_id"].(string)
	for _, tt := range []struct {
		query string
		want  []object
	}{
		{"metadata[order_id]=1", []object{one}}, // the session's metadata, not the payment intent's
		{"metadata%5Border_id%5D=1", []object{one}},
		{"metadata.order_id=1", []object{one}},
		{"metadata[channel]=web", []object{two, one}},
		{"metadata[channel]=web&metadata[order_id]=2", []object{two}},
		{"metadata[channel]=web&metadata.order_id=2", []object{two}},
		{"metadata[order_id]=1&metadata[order_id]=2", nil},
		{"metadata[order_id]=", nil},
		{"metadata[order_id]=01", nil},
		{"metadata[unknown]=1", nil},
		{"metadata[a.b]=dots", []object{one}},
		{"metadata.a.b=dots", []object{one}},
		{"metadata[k[x]]=brackets", []object{one}},
		{"order_id=1", all},
		{"metadata=1", all},
		{"metadata[]=1", all},
		{"metadata[order_id=1", all},
		{"metadata.=1", all},
		{"payment_intent_id=" + intent, []object{one}},
		{"payment_intent_id=pi_unknown", nil},
		{"customer_id=" + adaID, []object{two}},
		{"customer_id=" + adaID + "&metadata[order_id]=2", []object{two}},
		{"customer_id=" + adaID + "&payment_intent_id=" + intent, nil},
	} {
		got := c.must(http.StatusOK, "GET", sessions+"?"+tt.query, nil)
		if diff := cmp.Diff(idsOf(tt.want), ids(got)); diff != "" || got["total"] != float64(len(tt.want)) {
			t.Errorf("%q: total %v, items (-want +got):\n%s", tt.query, got["total"], diff)
		}
	}
}

func TestListBareMetadata(t *testing.T) {
	c := start(t, emulator.Options{Profiles: map[string]string{"tilled": tilled.ProfileBareMetadata}})
	one := c.create(object{"metadata": object{"order_id": "1", "limit": "9"}})
	two := c.create(object{"metadata": object{"order_id": "2"}})
	for query, want := range map[string][]object{
		"order_id=1":           {one},
		"metadata[order_id]=2": {two},
		"limit=9":              {two, one}, // a declared parameter stays what it is
	} {
		if diff := cmp.Diff(idsOf(want), ids(c.must(http.StatusOK, "GET", sessions+"?"+query, nil))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
}

func TestUnknownProfile(t *testing.T) {
	if _, err := emulator.New(emulator.Options{Profiles: map[string]string{"tilled": "2099"}}); err == nil {
		t.Error("New with an unknown profile succeeded; want an error")
	}
}

func TestListByNewCustomer(t *testing.T) {
	c := start(t)
	s := c.create(nil)
	c.control("/sessions/"+s["id"].(string)+"/pay", object{})
	paid := c.get(s["id"])
	got := c.must(http.StatusOK, "GET", sessions+"?customer_id="+url.QueryEscape(paid["customer_id"].(string)), nil)
	if diff := cmp.Diff(list{paid}, got["items"]); diff != "" {
		t.Errorf("list by the customer of the payment (-want +got):\n%s", diff)
	}
}

func idsOf(sessions []object) []string {
	out := []string{}
	for _, s := range sessions {
		out = append(out, s["id"].(string))
	}
	return out
}
