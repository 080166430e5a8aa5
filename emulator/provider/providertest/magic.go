package providertest

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
)

// magicValues: every test instrument does what the table says, the answer names it, and nothing else
// is taken for one.
func magicValues(t *testing.T, w *world) {
	p, _ := w.load(t)
	cashier, ok := p.(provider.Cashier)
	if !ok {
		id, _ := w.create(1)
		r := w.control(http.MethodPost, "/sessions/"+id+"/pay", `{"instrument":"4242424242424242"}`)
		if r.status != http.StatusUnprocessableEntity || w.Payments != nil {
			t.Errorf("paying with an instrument = %d %s; want 422: the provider has none", r.status, r.raw)
		}
		return
	}
	shown := map[string]bool{}
	for _, pay := range w.Payments {
		shown[pay.With], shown[pay.By] = true, true
		t.Run(strings.TrimSpace(pay.With+" "+pay.By), func(t *testing.T) {
			w.payment(t, pay, "")
			w.payment(t, pay, "1h")
		})
	}
	for _, in := range cashier.Instruments() {
		if !shown[in.Value] || in.Does == "" {
			t.Errorf("the instrument %v is not in the table, or does not say what it does", in)
		}
	}
	t.Run("other cards are refused and not kept", func(t *testing.T) { w.otherCards(t, cashier.Instruments()) })
}

// payment pays one session, after a delay that then passes.
func (w *world) payment(t *testing.T, pay Payment, after string) {
	if pay.Session.Path == "" {
		pay.Session = w.Create(1)
	}
	if pay.Events == nil {
		pay.Events = map[checkout.Status][]string{
			checkout.Open: {"payment.declined"}, checkout.Confirmed: {"session.confirmed"}, checkout.Succeeded: {"session.confirmed", "session.succeeded"},
		}[pay.Status]
	}
	id, _ := w.make(pay.Session)
	body := fmt.Sprintf(`{"instrument":%q}`, pay.With)
	if after != "" {
		body = fmt.Sprintf(`{"instrument":%q,"after":%q}`, pay.With, after)
	}
	r := w.steer(http.MethodPost, "/sessions/"+id+"/pay", body)
	if after != "" {
		w.steer(http.MethodPost, "/clock/advance", fmt.Sprintf(`{"by":%q}`, after))
	}
	s := w.steer(http.MethodGet, "/sessions/"+id, "").body
	code, _ := s["decline_code"].(string)
	if s["status"] != string(pay.Status) || code != pay.Code {
		t.Errorf("the session is %v, decline code %q; want %s, %q", s["status"], code, pay.Status, pay.Code)
	}
	by := "magic:" + cmp.Or(pay.By, pay.With)
	if pay.By == api.DecidedByState {
		by = pay.By
	}
	if got := r.header.Get("X-Decided-By"); got != by {
		t.Errorf("decided by %q; want %s", got, by)
	}
	got := w.events(id)
	want := map[string]int{"session.created": 1}
	for _, e := range pay.Events {
		want[e] = 1
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// otherCards: a number that is no test card is refused with those that are, and is nowhere afterwards.
func (w *world) otherCards(t *testing.T, all []provider.Instrument) {
	id, _ := w.create(1)
	for _, number := range []string{"4012888888881881", "4012 8888 8888 1881", "4012-8888-8888-1881", "banana"} {
		r := w.control(http.MethodPost, "/sessions/"+id+"/pay", fmt.Sprintf(`{"instrument":%q}`, number))
		allowed, _ := r.body["allowed"].([]any)
		if r.status != http.StatusUnprocessableEntity || strings.Contains(r.raw, number) || !slices.Contains(allowed, any(all[0].Value)) {
			t.Errorf("paying with %s = %d %s; want 422 with the test instruments and without the number", number, r.status, r.raw)
		}
		for _, place := range []string{"/requests", "/events", "/sessions/" + id} {
			if kept := w.steer(http.MethodGet, place, "").raw; strings.Contains(kept, number) {
				t.Errorf("%s keeps the number: %s", place, kept)
			}
		}
	}
	if s := w.steer(http.MethodGet, "/sessions/"+id, "").body; s["status"] != string(checkout.Open) || w.events(id)["session.created"] != len(w.events(id)) {
		t.Errorf("after refused instruments the session is %v, events %v", s, w.events(id))
	}
}

// faultOverMagic: of a call that a magic value decides, the header and then an armed fault decide before
// it; an answer that a key repeats is the replay's, unless they strike.
func faultOverMagic(t *testing.T, w *world) {
	if w.Decided == nil {
		if w.Payments != nil {
			t.Error("no call of the provider is decided by a magic value")
		}
		return
	}
	asked := 0
	sent := func(c Call, key, fault string) reply {
		header := map[string]string{}
		for _, from := range []map[string]string{w.Header, c.Header, {cmp.Or(w.KeyHeader, "Idempotency-Key"): key}} {
			maps.Copy(header, from)
		}
		if fault != "" {
			header["X-Fault"] = fault
		}
		c.Header = header
		return w.call(c)
	}
	prepare := func() (Call, string) {
		return w.Decided(func(c Call) map[string]any {
			asked++
			return sent(c, fmt.Sprint("asked ", asked), "").body
		})
	}
	check := func(what string, r reply, by string) {
		t.Helper()
		list, _ := w.steer(http.MethodGet, "/requests", "").body["requests"].([]any)
		kept := list[len(list)-1].(map[string]any)["decided_by"]
		if got := r.header.Get("X-Decided-By"); got != by || kept != by {
			t.Errorf("%s = %d by %q, in the journal %v; want by %q: %s", what, r.status, got, kept, by, r.raw)
		}
	}
	c, by := prepare()
	arm := func(id int, rest string) string {
		w.arm("", rest)
		return fmt.Sprint("fault:fault_", id)
	}
	fault := arm(1, `"effect":{"status":503},"times":1`)
	check("with header and fault", sent(c, "1", "status=418"), "header:status=418")
	check("with a fault", sent(c, "2", ""), fault)
	first := sent(c, "3", "")
	check("with neither", first, "magic:"+by)
	c, _ = prepare()
	fault = arm(2, `"effect":{"status":503},"phase":"after","times":1`)
	check("with a fault after the state change", sent(c, "4", ""), fault)
	if w.KeyHeader == "" {
		return
	}
	c, _ = prepare()
	check("with a key", sent(c, "5", ""), "magic:"+by)
	again := sent(c, "5", "")
	check("with the same key", again, api.DecidedByReplay)
	check("with the same key and a header", sent(c, "5", "status=418"), "header:status=418")
	fault = arm(3, `"effect":{"status":503},"times":1`)
	check("with the same key and a fault", sent(c, "5", ""), fault)
}
