package polar_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/api"
)

const endpointsPath = "/v1/webhooks/endpoints"

// hook is a body that creates an endpoint.
func hook(url string, more ...object) object {
	out := object{"url": url, "format": "raw", "events": []string{"checkout.created"}}
	for _, m := range more {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func TestWebhookEndpoints(t *testing.T) {
	w := newWorld(t)
	made := w.call("POST", endpointsPath, hook("  https://Shop.example/hook ", object{"name": "orders"})).want(http.StatusCreated)
	same(t, "created", made, object{
		"url": "https://shop.example/hook", "name": "orders", "format": "raw", "events": []any{"checkout.created"}, "enabled": true,
		"organization_id": organizationID, "modified_at": nil, "api_version": "2026-10", "uses_standard_webhook_signature": true,
	})
	if secret := made["secret"].(string); !strings.HasPrefix(secret, "whsec_") || len(secret) != len("whsec_")+44 {
		t.Errorf("secret = %s", secret)
	}
	item := endpointsPath + "/" + made["id"].(string)
	if diff := cmp.Diff(made, w.call("GET", item, nil).want(http.StatusOK)); diff != "" {
		t.Errorf("get (-created +got):\n%s", diff)
	}
	w.advance("1s")
	changed := w.call("PATCH", item, object{"url": nil, "events": []string{}, "enabled": "off", "format": "slack", "api_version": "2026-04"}).want(http.StatusOK)
	same(t, "changed", changed, object{
		"url": made["url"], "events": []any{}, "enabled": false, "format": "slack", "api_version": "2026-04", "secret": made["secret"],
		"modified_at": start.Add(time.Second).Format(time.RFC3339),
	})
	reset := w.call("PATCH", item+"/secret", nil).want(http.StatusOK)
	if reset["secret"] == made["secret"] {
		t.Error("the secret is the old one")
	}
	own := w.call("POST", endpointsPath, hook("http://localhost:3000", object{"secret": strings.Repeat("s", 32)})).want(http.StatusCreated)
	same(t, "own secret", own, object{"url": "http://localhost:3000/", "secret": strings.Repeat("s", 32), "uses_standard_webhook_signature": false})
	page := w.call("GET", endpointsPath+"?limit=1", nil).want(http.StatusOK)
	same(t, "page", page, object{"items": []any{own}, "pagination": object{"total_count": 2, "max_page": 2}})
	page = w.call("GET", endpointsPath+"?limit=1&page=2&organization_id="+organizationID, nil).want(http.StatusOK)
	same(t, "second page", page, object{"items": []any{reset}, "pagination": object{"total_count": 2, "max_page": 2}})
	page = w.call("GET", endpointsPath+"?organization_id="+unknownID, nil).want(http.StatusOK)
	same(t, "other organization", page, object{"items": []any{}, "pagination": object{"total_count": 0, "max_page": 0}})
	if gone := w.call("DELETE", item, nil); gone.status != http.StatusNoContent || len(gone.raw) > 0 {
		t.Errorf("delete = %d %s", gone.status, gone.raw)
	}
	for _, method := range []string{"GET", "DELETE"} {
		same(t, method, w.call(method, item, nil).want(http.StatusNotFound), object{"error": "ResourceNotFound", "detail": "Not found"})
	}
	w.call("PATCH", item, object{}).want(http.StatusNotFound)
	w.call("PATCH", item+"/secret", nil).want(http.StatusNotFound)
}

func TestWebhookEndpointFaults(t *testing.T) {
	w := newWorld(t)
	user := w.fork(t)
	user.token = strings.Replace(user.token, "polar_oat_", "polar_pat_", 1)
	at := func(kind, msg string, path ...any) fault {
		return fault{Type: kind, Loc: append([]any{"body"}, path...), Msg: msg}
	}
	for _, tt := range []struct {
		name  string
		w     *world
		body  object
		class string
		want  []fault
	}{
		{"nothing", w, object{}, schemaClass, []fault{
			at("missing", "Field required", "url"), at("missing", "Field required", "format"), at("missing", "Field required", "events"),
		}},
		{"scheme", w, hook("ftp://shop.example"), schemaClass, []fault{at("url_scheme", "URL scheme should be 'https'", "url")}},
		{"format", w, hook("https://shop.example", object{"format": "xml"}), schemaClass, []fault{
			at("enum", "Input should be 'raw', 'discord' or 'slack'", "format"),
		}},
		{"secret", w, hook("https://shop.example", object{"secret": "short"}), schemaClass, []fault{
			at("string_too_short", "String should have at least 32 characters", "secret"),
		}},
		{"organization's token", w, hook("https://shop.example", object{"organization_id": organizationID}), businessClass, []fault{
			at("organization_token", "Setting organization_id is disallowed when using an organization token.", "organization_id"),
		}},
		{"user's token", user, hook("https://shop.example"), businessClass, []fault{
			at("missing", "organization_id is required.", "organization_id"),
		}},
		{"unknown organization", user, hook("https://shop.example", object{"organization_id": unknownID}), businessClass, []fault{
			at("value_error", "Organization not found.", "organization_id"),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := tt.w.call("POST", endpointsPath, tt.body)
			a.t = t
			a.wantFaults(tt.class, tt.want...)
		})
	}
	unknown := w.call("POST", endpointsPath, hook("https://shop.example", object{"events": []string{"checkout.created", "checkout.paid"}})).faults(schemaClass)
	if len(unknown) != 1 || unknown[0].Type != "enum" || !cmp.Equal(unknown[0].Loc, []any{"body", "events", 1.0}) {
		t.Errorf("unknown event: %+v", unknown)
	}
	user.call("POST", endpointsPath, hook("https://shop.example", object{"organization_id": organizationID})).want(http.StatusCreated)
	for query, want := range map[string]string{
		"http_code_class=1xx":                 "literal_error",
		"event_type=checkout.paid":            "enum",
		"succeeded=perhaps":                   "bool_parsing",
		"start_timestamp=2026-11-20T12:0":     "datetime_from_date_parsing",
		"start_timestamp=2026-11-20T12:00:00": "timezone_aware",
		"endpoint_id=x":                       "uuid_parsing",
	} {
		if got := w.call("GET", "/v1/webhooks/deliveries?"+query, nil).faults(schemaClass); len(got) != 1 || got[0].Type != want {
			t.Errorf("%s: %+v; want %s", query, got, want)
		}
	}
}

func TestWebhookEndpointsOfFebruary2025(t *testing.T) {
	w := newWorld(t, seedProfile)
	faults := w.call("POST", endpointsPath, hook("https://shop.example", object{"events": []string{"order.paid"}})).faults(schemaClass)
	if len(faults) != 2 || faults[0].Type != "missing" || faults[1].Type != "enum" {
		t.Errorf("faults = %+v; want the secret, and an event of later", faults)
	}
	in := newInbox(t)
	made := w.call("POST", endpointsPath, hook(in.URL, object{"secret": "mine"})).want(http.StatusCreated)
	for _, later := range []string{"secret", "name", "enabled", "api_version"} {
		if _, there := made[later]; there {
			t.Errorf("%s is shown", later)
		}
	}
	w.create(with(book))
	w.settle()
	got := in.take()
	if len(got) != 1 || got[0].body["timestamp"] != nil || got[0].body["api_version"] != nil || got[0].header.Get("webhook-api-version") != "" {
		t.Errorf("webhooks = %v", got)
	}
}

func TestWebhookScopes(t *testing.T) {
	w := newWorld(t, func(o *emulator.Options) {
		o.Keys = map[string]api.Keyring{"polar": {
			{Key: "polar_oat_read", Scopes: []string{"webhooks:read"}}, {Key: "polar_oat_write", Scopes: []string{"webhooks:write"}},
			{Key: "polar_oat_checkouts", Scopes: []string{"checkouts:write"}},
		}}
	})
	w.token = "polar_oat_write"
	item := endpointsPath + "/" + w.call("POST", endpointsPath, hook("https://shop.example")).want(http.StatusCreated)["id"].(string)
	for _, tt := range []struct {
		method, path string
		body         any
		read, write  int
	}{
		{"GET", endpointsPath, nil, 200, 200},
		{"GET", item, nil, 200, 200},
		{"GET", "/v1/webhooks/deliveries", nil, 200, 200},
		{"POST", endpointsPath, hook("https://shop.example"), 403, 201},
		{"PATCH", item, object{}, 403, 200},
		{"PATCH", item + "/secret", nil, 403, 200},
		{"POST", "/v1/webhooks/events/" + unknownID + "/redeliver", nil, 403, 404},
		{"DELETE", item, nil, 403, 204},
	} {
		for token, want := range map[string]int{"": 401, "polar_oat_checkouts": 403, "polar_oat_read": tt.read} {
			if got := w.send(tt.method, w.emu.URL("polar")+tt.path, token, tt.body); got.status != want {
				t.Errorf("%s %s with %q = %d %s; want %d", tt.method, tt.path, token, got.status, got.raw, want)
			}
		}
		if got := w.call(tt.method, tt.path, tt.body); got.status != tt.write {
			t.Errorf("%s %s = %d %s; want %d", tt.method, tt.path, got.status, got.raw, tt.write)
		}
	}
}

func TestWebhookDeliveries(t *testing.T) {
	w := newWorld(t)
	in := newInbox(t)
	made := w.call("POST", endpointsPath, hook(in.URL, object{"events": []string{"checkout.created", "checkout.updated"}})).want(http.StatusCreated)
	in.answer(http.StatusBadGateway, "")
	session := w.create(with(book))
	w.settle()
	in.answer(http.StatusAccepted, "thanks")
	w.advance("1m")
	w.patch(session, object{"metadata": object{"a": 1}}).want(http.StatusOK)
	w.settle()
	got := in.take()
	list := func(query string) []any {
		t.Helper()
		return w.call("GET", "/v1/webhooks/deliveries?"+query, nil).want(http.StatusOK)["items"].([]any)
	}
	all := list("")
	if len(all) != 3 || len(got) != 3 {
		t.Fatalf("%d deliveries of %d requests; want 3", len(all), len(got))
	}
	event := func(i int) object { return all[i].(object)["webhook_event"].(object) }
	same(t, "newest", all[0].(object), object{"succeeded": true, "http_code": 202, "response": "thanks", "modified_at": nil})
	same(t, "its event", event(0), object{
		"type": "checkout.updated", "succeeded": true, "last_http_code": 202, "skipped": false, "is_archived": false,
		"payload": string(got[2].raw), "id": got[2].header.Get("webhook-id"), "api_version": "2026-10",
	})
	same(t, "oldest", all[2].(object), object{
		"succeeded": false, "http_code": 502, "created_at": start.Format(time.RFC3339),
		"response": "Server error '502 Bad Gateway'\nFor more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/502",
	})
	same(t, "its event", event(2), object{"type": "checkout.created", "succeeded": true, "last_http_code": 202, "id": event(1)["id"]})
	for query, want := range map[string]int{
		"endpoint_id=" + made["id"].(string): 3, "endpoint_id=" + unknownID: 0, "succeeded=false": 1, "succeeded=1": 2,
		"http_code_class=5xx": 1, "http_code_class=4xx": 0, "query=502": 1, "query=" + event(1)["id"].(string)[:8]: 2,
		"event_type=checkout.updated&event_type=order.paid": 1, "start_timestamp=" + start.Format(time.RFC3339): 2,
		"end_timestamp=" + start.Add(time.Second).Format(time.RFC3339): 1, "limit=2": 2, "limit=2&page=2": 1,
	} {
		if got := list(query); len(got) != want {
			t.Errorf("%s: %d deliveries; want %d", query, len(got), want)
		}
	}
	again := w.call("POST", "/v1/webhooks/events/"+event(1)["id"].(string)+"/redeliver", nil)
	if again.status != http.StatusAccepted || string(again.raw) != "null" {
		t.Errorf("redeliver = %d %s", again.status, again.raw)
	}
	w.settle()
	if once := in.take(); len(once) != 1 || string(once[0].raw) != string(got[0].raw) || once[0].header.Get("webhook-id") != got[0].header.Get("webhook-id") {
		t.Errorf("redelivered %v", once)
	}
	w.call("POST", "/v1/webhooks/events/"+unknownID+"/redeliver", nil).want(http.StatusNotFound)
	w.advance(fmt.Sprint(91 * 24 * time.Hour))
	same(t, "archived", list("event_type=checkout.created")[0].(object)["webhook_event"].(object), object{"is_archived": true, "payload": nil})
	in.take()
	if a := w.call("POST", "/v1/webhooks/events/"+event(1)["id"].(string)+"/redeliver", nil); a.status != http.StatusAccepted {
		t.Errorf("redelivering what is archived = %d", a.status)
	}
	w.settle()
	in.wantTypes("archived")
}

// TestStreamTellsOfWebhooks: the client hears of a webhook when it was accepted, not before.
func TestStreamTellsOfWebhooks(t *testing.T) {
	w := newWorld(t)
	in := w.listen()
	in.answer(http.StatusInternalServerError, "")
	session := w.create(with(book, object{"customer_email": "ada@example.com"}))
	w.settle()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", w.emu.URL("polar")+"/v1/checkouts/client/"+session["client_secret"].(string)+"/stream", nil)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	next := func() string {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var ev struct {
					Key     string
					Payload map[string]string
				}
				if err := json.Unmarshal([]byte(data), &ev); err != nil {
					t.Fatal(err)
				}
				return strings.TrimSpace(ev.Key + " " + ev.Payload["status"])
			}
		}
		t.Fatalf("the stream has ended: %v", lines.Err())
		return ""
	}
	want := func(all ...string) {
		t.Helper()
		for _, one := range all {
			if got := next(); got != one {
				t.Fatalf("event = %s; want %s", got, one)
			}
		}
	}
	w.steer(session, "confirm")
	want("checkout.updated confirmed")
	w.settle() // refused
	w.steer(session, "settle")
	want("checkout.order_created", "checkout.updated succeeded")
	in.answer(http.StatusOK, "")
	w.advance("10s")
	want("checkout.webhook_event_delivered succeeded", "checkout.webhook_event_delivered succeeded")
}
