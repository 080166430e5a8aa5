package bias_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const events = "/bias/v1/events"

func items(page object) (out []object) {
	for _, it := range page["items"].(list) {
		out = append(out, it.(object))
	}
	return out
}

// types lists the types of events, the oldest first.
func types(newestFirst []object) (out []string) {
	for _, ev := range newestFirst {
		out = append([]string{ev["type"].(string)}, out...)
	}
	return out
}

func TestEventsOfEachStep(t *testing.T) {
	for _, tt := range []struct {
		name    string
		actions []string
		want    []string
	}{
		{"created", nil, nil},
		{"paid", []string{"pay"}, []string{"payment.created", "customer.created", "payment.succeeded", "checkout_session.completed"}},
		{"in flight", []string{"confirm"}, []string{"payment.created"}},
		{"declined", []string{"decline"}, []string{"payment.created", "payment.failed"}},
		{"failed late", []string{"confirm", "fail"}, []string{"payment.created", "payment.failed"}},
		{"canceled by the customer", []string{"cancel"}, nil},
		{"expired", []string{"expire"}, []string{"checkout_session.expired"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t)
			s := c.create(nil)
			for _, action := range tt.actions {
				c.control("/sessions/"+s["id"].(string)+"/"+action, object{})
			}
			got := items(c.must("GET", events, nil))
			if diff := cmp.Diff(append([]string{"checkout_session.created"}, tt.want...), types(got)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEventsShowBothStates: the state of an event is what get answers then, the previous one what it
// answered before.
func TestEventsShowBothStates(t *testing.T) {
	c := start(t)
	now := c.freeze()
	created := c.create(nil)
	updated := c.must("PATCH", at(created), object{"metadata": object{"order": "7"}})
	c.control("/sessions/"+created["id"].(string)+"/pay", object{})
	paid := c.get(created, "")
	all := items(c.must("GET", events, nil))
	completed, succeeded, customer, change, creation := all[0], all[1], all[2], all[4], all[5]
	for _, tt := range []struct {
		ev              object
		state, previous any
	}{
		{creation, created, nil}, {change, updated, created}, {completed, paid, updated},
	} {
		want := object{
			"object": "event", "id": tt.ev["id"], "live": false, "created_at": now, "state": tt.state, "previous_state": tt.previous,
			"request": nil, "type": tt.ev["type"],
		}
		if diff := cmp.Diff(want, tt.ev); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.ev["type"], diff)
		}
		if diff := cmp.Diff(tt.ev, c.must("GET", events+"/"+tt.ev["id"].(string), nil)); diff != "" {
			t.Errorf("get %v (-listed +got):\n%s", tt.ev["type"], diff)
		}
	}
	if before := succeeded["previous_state"].(object); before["status"] != "processing" || succeeded["state"].(object)["status"] != "succeeded" {
		t.Errorf("payment.succeeded = %v", succeeded)
	}
	if customer["state"].(object)["id"] != paid["customer"] || customer["previous_state"] != nil {
		t.Errorf("customer.created = %v", customer)
	}
	if got := c.do("GET", events+"/event_unknown", nil); got.Status != http.StatusNotFound || got.fault(t)["message"] != "No such event: event_unknown" {
		t.Errorf("an unknown event = %d %s", got.Status, got.Text)
	}
	if got := c.browser(created).do("GET", events, nil); got.Status != http.StatusUnauthorized {
		t.Errorf("with a client secret = %d; want 401", got.Status)
	}
}

func TestEventPages(t *testing.T) {
	c := start(t)
	for range 3 {
		c.control("/sessions/"+c.create(nil)["id"].(string)+"/pay", object{})
	}
	all := ids(c.must("GET", events+"?limit=1000", nil))
	if len(all) != 15 {
		t.Fatalf("%d events; want 15", len(all))
	}
	for query, want := range map[string][]string{
		"?limit=2":                           all[:2],
		"?limit=2&starting_after=" + all[1]:  all[2:4],
		"?starting_after=" + all[14]:         {},
		"?limit=2&ending_before=" + all[4]:   all[2:4],
		"?filters[type]=customer.created":    {all[2], all[7], all[12]},
		`?filters={"type":"refund.created"}`: {},
		`?filters={"or":[{"type":"customer.created"},{"type":"payment.succeeded"}]}&limit=2`: all[1:3],
		"?filters[created_at][lt]=1": {},
		"?filters[live]=true":        {},
	} {
		if diff := cmp.Diff(want, ids(c.must("GET", events+strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22").Replace(query), nil))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	for query, param := range map[string]string{
		"?limit=1001":                   "limit",
		"?starting_after=event_unknown": "starting_after",
		"?ending_before=" + all[1] + "&starting_after=" + all[2]: "ending_before",
		"?stream=true&ending_before=" + all[1]:                   "ending_before",
		"?filters[status]=open":                                  "filters.status",
		"?expand[state]=true":                                    "expand.state",
		"?since=1":                                               "since",
	} {
		if got := c.do("GET", events+query, nil); got.Status != http.StatusBadRequest || got.fault(t)["param"] != param {
			t.Errorf("%s = %d %s; want 400 about %s", query, got.Status, got.Text, param)
		}
	}
}

// TestEventStream: replays what is later than the cursor, goes on with what happens, and ends at the limit.
func TestEventStream(t *testing.T) {
	c := start(t)
	first := c.create(nil)
	cursor := ids(c.must("GET", events, nil))[0]
	c.create(nil)
	req, err := http.NewRequestWithContext(t.Context(), "GET", c.base+events+"?stream=true&limit=3&starting_after="+cursor, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+testKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "application/x-ndjson" {
		t.Errorf("the content type is %s", got)
	}
	lines := bufio.NewScanner(resp.Body)
	next := func() (ev object) {
		if !lines.Scan() {
			t.Fatalf("the stream has ended: %v", lines.Err())
		}
		if err := json.Unmarshal(lines.Bytes(), &ev); err != nil {
			t.Fatalf("%s: %v", lines.Bytes(), err)
		}
		return ev
	}
	streamed := []object{next()}
	c.control("/sessions/"+first["id"].(string)+"/decline", object{})
	streamed = append(streamed, next(), next())
	if lines.Scan() {
		t.Errorf("the stream goes on behind its limit: %s", lines.Bytes())
	}
	listed := items(c.must("GET", events+"?limit=3", nil))
	for i := range streamed {
		if diff := cmp.Diff(listed[2-i], streamed[i]); diff != "" {
			t.Errorf("event %d (-listed +streamed):\n%s", i, diff)
		}
	}
}

// TestEventsAreInSnapshots: another process that restores one lists the same events, and a stream goes on
// behind the same cursor.
func TestEventsAreInSnapshots(t *testing.T) {
	c, other := start(t), start(t)
	c.freeze()
	c.control("/sessions/"+c.create(nil)["id"].(string)+"/pay", object{})
	doc := c.do("GET", "/_control/snapshot", nil).Text
	if got := other.do("PUT", "/_control/snapshot", doc); got.Status != http.StatusNoContent {
		t.Fatalf("restore = %d %s", got.Status, got.Text)
	}
	want := c.do("GET", events, nil).Text
	if got := other.do("GET", events, nil).Text; got != want || !strings.Contains(want, "checkout_session.completed") {
		t.Errorf("events = %s; want %s", got, want)
	}
}
