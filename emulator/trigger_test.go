package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// TestTriggeredEventsAreMarked: as Polar marks those that its own tool makes; the other providers mark
// none. A mark outlives a snapshot, and what an application causes has none.
func TestTriggeredEventsAreMarked(t *testing.T) {
	marks := make(chan string, 100)
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { marks <- r.Header.Get("X-Polar-Triggered") }))
	t.Cleanup(app.Close)
	emu := emulator.Run(t)
	must := emu.Must(t)
	for provider, event := range map[string]string{"polar": "checkout.created", "tilled": "payment_intent.created", "leanrails": "checkout.session.expired"} {
		if _, err := emu.AddEndpoint(t.Context(), client.EndpointDraft{Provider: provider, URL: app.URL, Events: []string{event}}); err != nil {
			t.Fatal(err)
		}
		made := must.Trigger(provider, event)
		must.Advance(0)
		want := ""
		if provider == "polar" {
			want = "true"
		}
		if got := <-marks; got != want || len(made.Deliveries) != 1 {
			t.Errorf("%s is marked %q, deliveries %+v; want %q", provider, got, made.Deliveries, want)
		}
	}
	if _, err := emu.SetPlan(t.Context(), client.Step{Do: "delay", Delay: time.Hour}); err != nil {
		t.Fatal(err)
	}
	must.Trigger("polar", "checkout.created")
	other := emu.In("other").Must(t)
	other.Restore(must.Snapshot())
	other.Advance(time.Hour)
	if got := <-marks; got != "true" {
		t.Errorf("after a restore it is marked %q", got)
	}
}

// TestTriggersOfEveryProfile: each event that a vintage has can be made, or it is said why not; also by a
// server that refuses what nothing reads, and that is reached from elsewhere.
func TestTriggersOfEveryProfile(t *testing.T) {
	for provider, profiles := range map[string][]string{
		"polar": {"current", "2025-02"}, "bias": {"b3"}, "leanrails": {"lenient", "bearer"}, "tilled": {"signature-seconds"},
	} {
		for _, profile := range profiles {
			emu := emulator.Run(t, emulator.Options{Profiles: map[string]string{provider: profile}, Strict: true, PublicURL: "https://pay.example"})
			for _, event := range emu.Must(t).Provider(provider).Events {
				made, err := emu.Trigger(t.Context(), provider, event)
				if err != nil && strings.Contains(err.Error(), "cannot be triggered: it comes ") {
					continue
				}
				if err != nil || made.Session != nil && made.Session.Provider != provider {
					t.Errorf("%s %s: %+v, %v", provider, profile, made, err)
				}
			}
		}
	}
}
