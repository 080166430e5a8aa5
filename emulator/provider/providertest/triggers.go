package providertest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/provider"
)

// eventsOnDemand: each event that the emulator causes can be made, or it is said why not; the calls that
// this needs meet no fault and stay out of the journal.
func eventsOnDemand(t *testing.T, w *world) {
	p, _ := w.load(t)
	policy := p.Dialect().Webhooks
	if policy == nil {
		return
	}
	emits := policy.Emits
	if emits == nil {
		emits = policy.Types
	}
	how := map[string]provider.Trigger{}
	if t, ok := p.(provider.Triggerer); ok {
		how = t.Triggers()
	}
	for eventType := range how {
		if !slices.Contains(policy.Types, eventType) {
			t.Errorf("there is a trigger of %s, which is no event", eventType)
		}
	}
	for i, eventType := range policy.Types {
		w.prefix = fmt.Sprintf("/s/t%d", i)
		body := fmt.Sprintf(`{"provider":%q,"type":%q}`, w.Name, eventType)
		switch trigger := how[eventType]; {
		case trigger.Do != nil:
			w.onDemand(t, eventType, body)
		case trigger.Why == "" && slices.Contains(emits, eventType):
			t.Errorf("%s has neither a trigger nor a reason", eventType)
		default:
			want := trigger.Why
			if want == "" {
				want = "does not cause it"
			}
			if r := w.control(http.MethodPost, "/trigger", body); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.raw, want) || r.body["allowed"] == nil {
				t.Errorf("%s = %d %s; want 422 with %q and those that can", eventType, r.status, r.raw, want)
			}
		}
	}
	wrong := fmt.Sprintf(`{"provider":%q,"type":%q}`, w.Name, emits[0]+"x")
	if r := w.control(http.MethodPost, "/trigger", wrong); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.raw, "did you mean") || !strings.Contains(r.raw, emits[0]) {
		t.Errorf("%s = %d %s; want 422 and a suggestion", wrong, r.status, r.raw)
	}
}

// onDemand makes one event in a sandbox of its own, in which everything else fails.
func (w *world) onDemand(t *testing.T, eventType, body string) {
	w.arm("", `"effect":{"status":500}`)
	r := w.control(http.MethodPost, "/trigger", body)
	if r.status != http.StatusCreated {
		t.Errorf("%s = %d %s; want 201", body, r.status, r.raw)
		return
	}
	events, _ := r.body["events"].([]any)
	if !slices.ContainsFunc(events, func(e any) bool {
		ev := e.(map[string]any)
		return ev["type"] == eventType && ev["native"] == true && ev["provider"] == w.Name
	}) {
		t.Errorf("%s caused %v", body, events)
	}
	faults, _ := w.steer(http.MethodGet, "/faults", "").body["faults"].([]any)
	if kept := w.steer(http.MethodGet, "/requests", "").raw; kept != `{"requests":[]}` || faults[0].(map[string]any)["hits"] != 0.0 {
		t.Errorf("%s is in the journal or met the fault: %s %v", body, kept, faults)
	}
	again := w.control(http.MethodPost, "/trigger", body)
	if again.status != http.StatusCreated {
		t.Errorf("%s a second time = %d %s; want 201", body, again.status, again.raw)
	}
}
