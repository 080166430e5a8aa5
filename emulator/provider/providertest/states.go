package providertest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// actions are those of the control API that a status may forbid.
var actions = []string{"pay", "decline", "confirm", "settle", "fail", "cancel", "expire"}

// paidByMany: of many payments at the same time one wins.
func paidByMany(t *testing.T, w *world) {
	const callers = 16
	id, _ := w.create(1)
	statuses := make([]int, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() { statuses[i] = w.control(http.MethodPost, "/sessions/"+id+"/pay", "").status })
	}
	wg.Wait()
	slices.Sort(statuses)
	if statuses[0] != http.StatusOK || statuses[1] != http.StatusConflict || statuses[callers-1] != http.StatusConflict {
		t.Errorf("%d payments at once = %v; want one 200, else 409", callers, statuses)
	}
	if got := w.events(id); got["session.succeeded"] != 1 || got["session.confirmed"] != 1 {
		t.Errorf("events %v; want one payment", got)
	}
}

// declineCodes: each code of the provider is kept, and the session can be paid afterwards.
func declineCodes(t *testing.T, w *world) {
	p, _ := w.load(t)
	id, _ := w.create(1)
	for i, code := range p.DeclineCodes() {
		s := w.steer(http.MethodPost, "/sessions/"+id+"/decline", fmt.Sprintf(`{"code":%q}`, code)).body["session"].(map[string]any)
		if s["decline_code"] != code || s["status"] != "open" || w.native(id) != w.Native.Declined || w.events(id)["payment.declined"] != i+1 {
			t.Errorf("declined with %s: %v, events %v", code, s, w.events(id))
		}
	}
	w.steer(http.MethodPost, "/sessions/"+id+"/cancel", "")
	s := w.steer(http.MethodPost, "/sessions/"+id+"/pay", "").body["session"].(map[string]any)
	if s["decline_code"] != nil || w.native(id) != w.Native.Paid {
		t.Errorf("paid after refusals: %v, %s", s, w.native(id))
	}
}

// inFlight: a payment in flight can only end, and nothing else changes the session.
func inFlight(t *testing.T, w *world) {
	id, _ := w.create(1)
	w.steer(http.MethodPost, "/sessions/"+id+"/confirm", "")
	before := w.must(w.Get(id), http.StatusOK).raw
	for _, action := range actions {
		if action == "settle" || action == "fail" {
			continue
		}
		r := w.control(http.MethodPost, "/sessions/"+id+"/"+action, "")
		allowed, _ := r.body["allowed"].([]any)
		if r.status != http.StatusConflict || !slices.Equal(allowed, []any{"settle", "fail", "force"}) {
			t.Errorf("%s in flight = %d, allowed %v; want 409 and settle, fail, force", action, r.status, allowed)
		}
	}
	if got := w.call(w.Illegal(id).Call); got.status/100 != 4 || got.raw == "" {
		t.Errorf("in flight: %s %s = %d %s; want the provider's refusal", w.Illegal(id).Call.Method, w.Illegal(id).Call.Path, got.status, got.raw)
	}
	if after := w.must(w.Get(id), http.StatusOK).raw; after != before {
		t.Errorf("refused actions changed the session:\n%s\n%s", before, after)
	}
}

// forced: from any status any other one can be set; the provider then shows its word for it, every call
// about the session is answered by the provider, and life goes on from there.
func forced(t *testing.T, w *world) {
	p, _ := w.load(t)
	for _, from := range checkout.Statuses() {
		for _, to := range checkout.Statuses() {
			t.Run(fmt.Sprint(from, " to ", to), func(t *testing.T) {
				id, made := w.create(1)
				for _, status := range []checkout.Status{from, to} {
					w.steer(http.MethodPost, "/sessions/"+id+"/force", fmt.Sprintf(`{"status":%q}`, status))
				}
				s := w.steer(http.MethodGet, "/sessions/"+id, "").body
				if s["status"] != string(to) || s["native_status"] != p.Status(to) || w.native(id) != p.Status(to) || w.events(id)["session.forced"] != 2 {
					t.Errorf("the session is %v, %v, %s; events %v", s["status"], s["native_status"], w.native(id), w.events(id))
				}
				w.everyCall(t, id, made)
				for _, action := range actions {
					if r := w.control(http.MethodPost, "/sessions/"+id+"/"+action, ""); r.status != http.StatusOK && r.status != http.StatusConflict {
						t.Errorf("then %s = %d %s; want it done or refused", action, r.status, r.raw)
					}
				}
				w.everyCall(t, id, made)
			})
		}
	}
}

// everyCall makes every call about a session, its page included: none may fail by our fault, and what
// is answered must fit the document, which the emulator checks.
func (w *world) everyCall(t *testing.T, id string, made reply) {
	t.Helper()
	first, _ := w.List.Page(nil)
	calls := []Call{w.Get(id), first}
	if w.Further != nil {
		calls = append(calls, w.Further(made.body)...)
	}
	for _, c := range append(calls, w.Illegal(id).Call) {
		if got := w.call(c); got.status >= http.StatusInternalServerError || got.status == http.StatusUnauthorized || got.raw == "" {
			t.Errorf("%s %s = %d %.300s; want the provider's answer", c.Method, c.Path, got.status, got.raw)
		}
	}
	url, _ := w.steer(http.MethodGet, "/sessions/"+id, "").body["url"].(string)
	if !w.builtIn() || !strings.HasPrefix(url, "http") {
		return // a further provider need not have a page
	}
	if got := w.send(url, Call{Method: http.MethodGet}, nil); got.status >= http.StatusInternalServerError {
		t.Errorf("the page = %d %.300s", got.status, got.raw)
	}
}
