package providertest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// roundTrip: what create answers is what get and list answer, and what was sent comes back.
func roundTrip(t *testing.T, w *world) {
	id, made := w.create(1)
	if got := w.must(w.Get(id), http.StatusOK); got.raw != made.raw {
		t.Errorf("get differs from create (-create +get):\n%s", cmp.Diff(made.body, got.body))
	}
	first, _ := w.List.Page(nil)
	items, _ := w.must(first, http.StatusOK).body[w.List.Items].([]any)
	if len(items) != 1 || cmp.Diff(any(made.body), items[0]) != "" {
		t.Errorf("list differs from create: %v", items)
	}
	sent, _ := wire.Parse([]byte(w.Create(1).Body))
	back, _ := wire.Parse([]byte(made.raw))
	for _, name := range w.Echo {
		want, got := wire.Lookup(sent, []any{name}), wire.Lookup(back, []any{name})
		if diff := cmp.Diff(want, got); diff != "" || want == nil {
			t.Errorf("%s was sent and came back differently (-sent +got):\n%s", name, diff)
		}
	}
}

func pay(t *testing.T, w *world) {
	id, _ := w.create(1)
	paid := w.steer(http.MethodPost, "/sessions/"+id+"/pay", "")
	if s := paid.body["session"].(map[string]any); s["status"] != "succeeded" || s["native_status"] != w.Native.Paid {
		t.Errorf("pay answers %v; want succeeded, %s", s, w.Native.Paid)
	}
	if got := w.native(id); got != w.Native.Paid {
		t.Errorf("the paid session is %s; want %s", got, w.Native.Paid)
	}
	if n := w.events(id)["session.succeeded"]; n != 1 {
		t.Errorf("there are %d completion events; want exactly one", n)
	}
	if r := w.control(http.MethodPost, "/sessions/"+id+"/pay", ""); r.status != http.StatusConflict || w.events(id)["session.succeeded"] != 1 {
		t.Errorf("paying again = %d; want a conflict and no second event", r.status)
	}
}

func failAndCancel(t *testing.T, w *world) {
	for _, tt := range []struct {
		name   string
		steps  []string
		body   string
		native string
		event  string
		code   any
	}{
		{"decline", []string{"decline"}, fmt.Sprintf(`{"code":%q}`, w.Native.DeclineCode), w.Native.Declined, "payment.declined", w.Native.DeclineCode},
		{"cancel", []string{"cancel"}, "", w.Native.Canceled, "session.canceled", nil},
		{"in flight", []string{"confirm"}, "", w.Native.InFlight, "session.confirmed", nil},
		{"settled later", []string{"confirm", "settle"}, "", w.Native.Paid, "session.succeeded", nil},
		{"failed later", []string{"confirm", "fail"}, "", w.Native.FailedLate, "session.failed", w.generalCode(t)},
		{"expired", []string{"expire"}, "", w.Native.Expired, "session.expired", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id, _ := w.create(1)
			var last reply
			for _, step := range tt.steps {
				last = w.steer(http.MethodPost, "/sessions/"+id+"/"+step, tt.body)
			}
			s := last.body["session"].(map[string]any)
			if got := w.native(id); got != tt.native || s["native_status"] != tt.native {
				t.Errorf("the session is %s, control says %v; want %s", got, s["native_status"], tt.native)
			}
			if w.events(id)[tt.event] != 1 || s["decline_code"] != tt.code {
				t.Errorf("events %v, decline code %v; want one %s, %v", w.events(id), s["decline_code"], tt.event, tt.code)
			}
		})
	}
	id, _ := w.create(1)
	if r := w.control(http.MethodPost, "/sessions/"+id+"/decline", `{"code":"no such code"}`); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.raw, w.Native.DeclineCode) {
		t.Errorf("an unknown decline code = %d %s; want 422 with the valid ones", r.status, r.raw)
	}
}

func (w *world) generalCode(t *testing.T) string {
	t.Helper()
	p, err := w.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return p.DeclineCodes()[0]
}

// illegal: the provider's own answer through its API, 409 with what is allowed through control, and
// nothing changes.
func illegal(t *testing.T, w *world) {
	for _, end := range []string{"pay", "expire"} {
		id, _ := w.create(1)
		w.steer(http.MethodPost, "/sessions/"+id+"/"+end, "")
		before := w.must(w.Get(id), http.StatusOK).raw
		want := w.Illegal(id)
		got := w.call(want.Call)
		if got.status != want.Status || want.Has != "" && !strings.Contains(got.raw, want.Has) {
			t.Errorf("after %s: %s %s = %d %s; want %d with %q", end, want.Call.Method, want.Call.Path, got.status, got.raw, want.Status, want.Has)
		}
		for _, action := range actions {
			r := w.control(http.MethodPost, "/sessions/"+id+"/"+action, "")
			allowed, _ := r.body["allowed"].([]any)
			if r.status != http.StatusConflict || !slices.Equal(allowed, []any{"force"}) {
				t.Errorf("%s after %s = %d, allowed %v; want 409 and force only", action, end, r.status, allowed)
			}
		}
		if after := w.must(w.Get(id), http.StatusOK).raw; after != before {
			t.Errorf("refused actions changed the session:\n%s\n%s", before, after)
		}
	}
}

func expiry(t *testing.T, w *world) {
	if w.Expires.Create == nil {
		lives(t, w)
		return
	}
	w.steer(http.MethodPost, "/clock/freeze", "")
	w.steer(http.MethodPost, "/clock/set", `{"to":"2040-01-01T00:00:00Z"}`)
	lifetime := time.Duration(w.Expires.Seconds) * time.Second
	now := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	made := w.call(w.Expires.Create(now.Format(time.RFC3339), now.Add(lifetime).Format(time.RFC3339)))
	id, _ := made.body["id"].(string)
	if id == "" {
		t.Fatalf("create = %d %s", made.status, made.raw)
	}
	advance := func(by time.Duration) []any {
		r := w.steer(http.MethodPost, "/clock/advance", fmt.Sprintf(`{"by":%q}`, by))
		return r.body["fired"].([]any)
	}
	if fired := advance(lifetime - time.Millisecond); len(fired) != 0 || w.native(id) != w.Native.Open {
		t.Errorf("a millisecond before its end the session is %s, fired %v; want %s", w.native(id), fired, w.Native.Open)
	}
	fired := advance(time.Millisecond)
	if len(fired) != 1 || w.native(id) != w.Native.Expired {
		t.Fatalf("at its end the session is %s, fired %v; want %s by one entry", w.native(id), fired, w.Native.Expired)
	}
	if f := fired[0].(map[string]any); f["session"] != id || f["at"] != now.Add(lifetime).Format(time.RFC3339) {
		t.Errorf("fired %v; want the session at its own instant", f)
	}
	advance(1000 * time.Hour)
	if n := w.events(id)["session.expired"]; n != 1 {
		t.Errorf("there are %d expiry events; want exactly one", n)
	}
}

// lives: where the provider has no deadlines, no time ends a session; a call still does, once.
func lives(t *testing.T, w *world) {
	id, _ := w.create(1)
	moved := w.steer(http.MethodPost, "/clock/advance", `{"by":"87600h"}`)
	if fired := moved.body["fired"].([]any); len(fired) != 0 || w.native(id) != w.Native.Open {
		t.Errorf("after ten years the session is %s, fired %v; want %s", w.native(id), fired, w.Native.Open)
	}
	w.steer(http.MethodPost, "/sessions/"+id+"/expire", `{"after":"1h"}`)
	if fired := w.steer(http.MethodPost, "/clock/advance", `{"by":"1h"}`).body["fired"].([]any); len(fired) != 1 || w.native(id) != w.Native.Expired {
		t.Errorf("the expiry that was asked for left %s, fired %v", w.native(id), fired)
	}
	if n := w.events(id)["session.expired"]; n != 1 {
		t.Errorf("there are %d expiry events; want exactly one", n)
	}
}
