package polar_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/provider/polar"
)

func TestTokens(t *testing.T) {
	w := newWorld(t, func(o *emulator.Options) {
		o.Keys = map[string]api.Keyring{"polar": {
			{Key: "polar_oat_all"}, {Key: "polar_oat_read", Scopes: []string{"checkouts:read"}}, {Key: "polar_oat_write", Scopes: []string{"checkouts:write"}},
		}}
	})
	w.token = "polar_oat_all"
	made := w.create(with(book))
	item, client := "/v1/checkouts/"+made["id"].(string), "/v1/checkouts/client/"+made["client_secret"].(string)
	for _, tt := range []struct {
		method, path, token string
		status              int
		error               any
	}{
		{"GET", "/v1/checkouts/", "", 401, "Unauthorized"},
		{"GET", "/v1/checkouts/", "polar_oat_unknown", 401, "invalid_token"},
		{"GET", "/v1/checkouts/", "polar_oat_read", 200, nil},
		{"GET", "/v1/checkouts/", "polar_oat_write", 200, nil},
		{"GET", item, "polar_oat_read", 200, nil},
		{"PATCH", item, "polar_oat_read", 403, "insufficient_scope"},
		{"PATCH", item, "polar_oat_write", 200, nil},
		{"POST", "/v1/checkouts/", "polar_oat_read", 403, "insufficient_scope"},
		{"GET", "/v1/checkouts/nonsense", "", 401, "Unauthorized"}, // the token comes before the path
		{"GET", client, "", 200, nil},
		{"GET", client, "polar_oat_read", 200, nil},
		{"GET", client, "polar_oat_unknown", 401, "invalid_token"},
	} {
		var body any
		if tt.method == "PATCH" {
			body = object{}
		}
		a := w.send(tt.method, w.emu.URL("polar")+tt.path, tt.token, body)
		got := a.want(tt.status)
		if got["error"] != tt.error {
			t.Errorf("%s %s with %q: error = %v; want %v", tt.method, tt.path, tt.token, got["error"], tt.error)
		}
		if auth := a.header.Get("WWW-Authenticate"); (tt.status >= 400) != strings.HasPrefix(auth, `Bearer realm="polar"`) {
			t.Errorf("%s %s with %q: WWW-Authenticate = %q", tt.method, tt.path, tt.token, auth)
		}
	}
	w.send("GET", w.emu.URL("polar")+"/v1/checkouts/", "polar_cst_x", nil).want(http.StatusUnauthorized)
}

func TestRouting(t *testing.T) {
	w := newWorld(t)
	made := w.create(with(book))
	item := "/v1/checkouts/" + made["id"].(string)
	for _, tt := range []struct {
		method, path string
		status       int
		location     string
		body         object
	}{
		{"POST", "/v1/checkouts?x=1", 307, "/v1/checkouts/?x=1", nil},
		{"GET", "/v1/checkouts", 307, "/v1/checkouts/", nil},
		{"GET", item + "/", 307, item, nil},
		{"GET", "/v1/checkouts/custom/", 200, "", nil},
		{"GET", "/v1/checkouts/custom/" + made["id"].(string), 200, "", nil},
		{"GET", "/v1/checkouts/custom/client/" + made["client_secret"].(string), 200, "", nil},
		{"GET", "/v1/checkouts/custom", 422, "", nil},
		{"GET", "/v1/checkouts/client", 422, "", nil},
		{"GET", "/api/v1/checkouts/", 200, "", nil},
		{"GET", "/v1/nothing", 404, "", object{"detail": "Not Found"}},
		{"DELETE", item, 405, "", object{"detail": "Method Not Allowed"}},
		{"GET", "/v1/benefits/", 501, "", object{"error": "NotImplemented"}},
		{"GET", "/v1/orders/" + unknownID + "/invoice", 501, "", nil},
		{"POST", "/v1/orders/", 501, "", nil},
		{"GET", "/v1/checkouts/" + unknownID, 404, "", object{"error": "ResourceNotFound", "detail": "Not found"}},
		{"GET", "/v1/checkouts/client/polar_c_unknown", 404, "", object{"error": "ResourceNotFound", "detail": "Not found"}},
	} {
		a := w.call(tt.method, tt.path, nil)
		body := a.want(tt.status)
		if tt.location != "" && a.header.Get("Location") != w.emu.URL("polar")+tt.location {
			t.Errorf("%s %s: Location = %q; want %s", tt.method, tt.path, a.header.Get("Location"), tt.location)
		}
		if tt.location != "" && len(a.raw) > 0 {
			t.Errorf("%s %s: body = %q; want none", tt.method, tt.path, a.raw)
		}
		if tt.body != nil {
			same(t, tt.path, body, tt.body)
		}
		if got := a.header.Get("X-Polar-Deprecation-Notice") != ""; got != strings.HasPrefix(tt.path, "/api") {
			t.Errorf("%s %s: deprecation notice = %v", tt.method, tt.path, got)
		}
	}
	if allow := w.call("DELETE", item, nil).header.Get("Allow"); allow != "GET, PATCH" {
		t.Errorf("Allow = %q; want GET, PATCH", allow)
	}
}

func TestHeaders(t *testing.T) {
	w, seed := newWorld(t), newWorld(t, seedProfile)
	get := func(w *world, header ...string) answer {
		req, _ := http.NewRequest("GET", w.emu.URL("polar")+"/v1/checkouts/", nil)
		req.Header.Set("Authorization", "bEARER polar_oat_x")
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		return w.do(req)
	}
	for _, tt := range []struct {
		name   string
		w      *world
		send   []string
		status int
		want   map[string]string
	}{
		{"always", w, nil, 200, map[string]string{"X-Polar-Sandbox": "1", "Cache-Control": "private, no-store", "Polar-Version": "", "Content-Type": "application/json"}},
		{"version", w, []string{"Polar-Version", "2026-10"}, 200, map[string]string{"Polar-Version": "2026-10"}},
		{"removed version", w, []string{"Polar-Version", "2025-01"}, 404, map[string]string{"Polar-Version": ""}},
		{"malformed version", w, []string{"Polar-Version", "latest"}, 404, nil},
		{"version, 2025-02", seed, []string{"Polar-Version", "latest"}, 200, map[string]string{"Polar-Version": "", "Cache-Control": "", "X-Polar-Sandbox": "1"}},
		{"origin", w, []string{"Origin", "https://shop.example"}, 200, map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Polar-Version"}},
	} {
		a := get(tt.w, tt.send...)
		body := a.want(tt.status)
		if tt.status == 404 && !cmp.Equal(body, object{"detail": "Not Found"}) {
			t.Errorf("%s: body = %v", tt.name, body)
		}
		for name, want := range tt.want {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s = %q; want %q", tt.name, name, got, want)
			}
		}
	}
	p, err := polar.New(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &api.Request{Method: "OPTIONS", Header: http.Header{"Origin": {"https://shop.example"}}}
	resp := p.Problem(r, &api.RouteError{Known: true})
	p.(api.Finisher).Finish(r, &resp)
	if resp.Status != http.StatusOK || resp.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(resp.Header.Get("Access-Control-Allow-Headers"), "Polar-Version") {
		t.Errorf("preflight = %d %v", resp.Status, resp.Header)
	}
}

func TestExpiry(t *testing.T) {
	for _, tt := range []struct {
		name     string
		set      func(*emulator.Options)
		lifetime string
		gone     int
	}{
		{"current", func(*emulator.Options) {}, "24h", http.StatusGone},
		{"2025-02", seedProfile, "30m", http.StatusNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.set)
			made, paid := w.create(with(book)), w.create(with(freebie, object{"customer_email": "a@example.com"}))
			w.client("POST", paid, "/confirm", object{}).want(http.StatusOK)
			life, _ := time.ParseDuration(tt.lifetime)
			w.advance((life - time.Millisecond).String())
			same(t, "before", w.get(made), object{"status": "open"})
			w.advance("1ms")
			same(t, "at the instant", w.get(made), object{"status": "expired", "modified_at": start.Add(life).Format("2006-01-02T15:04:05Z")})
			same(t, "client at the instant", w.client("GET", made, "", nil).want(http.StatusOK), object{"status": "expired"})
			w.advance("1ms")
			for _, session := range []object{made, paid} {
				for _, a := range []answer{
					w.client("GET", session, "", nil), w.client("PATCH", session, "", object{}), w.client("POST", session, "/confirm", object{}),
					w.client("POST", session, "/opened", object{}), w.client("GET", session, "/stream", nil),
				} {
					want := object{"error": "ExpiredCheckoutError", "detail": "This checkout session has expired."}
					if tt.gone == http.StatusNotFound {
						want = object{"error": "ResourceNotFound", "detail": "Not found"}
					}
					same(t, "client", a.want(tt.gone), want)
				}
			}
			same(t, "paid", w.get(paid), object{"status": "succeeded"})
			w.patch(made, object{}).want(http.StatusForbidden)
		})
	}
	t.Run("before its time", func(t *testing.T) {
		w := newWorld(t)
		made := w.create(with(book))
		w.control("POST", "/sessions/"+made["id"].(string)+"/expire", object{})
		w.client("GET", made, "", nil).want(http.StatusGone)
	})
}

func TestStream(t *testing.T) {
	w := newWorld(t)
	made := w.create(with(freeMonthly, object{"customer_email": "ada@example.com"}))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", w.emu.URL("polar")+"/v1/checkouts/client/"+made["client_secret"].(string)+"/stream", nil)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Errorf("Content-Type = %q", got)
	}
	w.create(with(book)) // another session's events are not told
	w.client("POST", made, "/confirm", object{}).want(http.StatusOK)
	w.get(made)
	var got []string
	for lines := bufio.NewScanner(resp.Body); len(got) < 6 && lines.Scan(); {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			var ev struct {
				Key     string
				Payload map[string]string
			}
			if err := json.Unmarshal([]byte(data), &ev); err != nil {
				t.Fatalf("event %q: %v", data, err)
			}
			got = append(got, strings.TrimSpace(ev.Key+" "+ev.Payload["status"]))
		}
	}
	want := []string{
		"checkout.updated confirmed", "checkout.webhook_event_delivered confirmed",
		"checkout.subscription_created", "checkout.order_created", "checkout.updated succeeded", "checkout.webhook_event_delivered succeeded",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
