package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/client"
)

// TestTrigger: the objects are made, the event is sent, marked as Polar marks it; what cannot be is
// refused with what would have been right.
func TestTrigger(t *testing.T) {
	s := newStation(t)
	contains(t, s.ok("trigger", "bias", "checkout_session.completed"), "bias", "succeeded (complete)", "checkout_session.completed", "bias sends no webhooks")
	contains(t, s.ok("trigger", "leanrails", "charge.refunded"), "charge.refunded", "sent to nobody", "localcheckout listen")
	app := newShop(t, 0)
	f := lasting(t, "listen", "--forward-to", app.url, "--provider", "polar", "--events", "order.paid")
	f.next(t, "polar sends to")
	contains(t, s.ok("trigger", "polar", "order.paid"), "polar", "succeeded", "order.paid", "sent to "+app.url)
	f.next(t, "<-- order.paid", "200 OK")
	if r := <-app.arrived; r.Header.Get("X-Polar-Triggered") != "true" {
		t.Errorf("it came with %v", r.Header)
	}
	f.stop()
	<-f.ended
	var made client.Triggered
	if err := json.Unmarshal([]byte(s.ok("trigger", "tilled", "charge.failed", "--json")), &made); err != nil || made.Session == nil || made.Session.Provider != "tilled" {
		t.Errorf("trigger --json = %+v, %v", made, err)
	}
	list := s.ok("trigger", "--list")
	contains(t, list, "polar order.paid\n", "bias payment.failed\n", "leanrails checkout.session.expired\n", "tilled charge.succeeded\n")
	if out := s.ok("trigger", "--list", "tilled"); strings.Contains(out, "polar") || !strings.Contains(list, out) {
		t.Errorf("trigger --list tilled = %q", out)
	}
	var events map[string][]string
	if err := json.Unmarshal([]byte(s.ok("trigger", "--list", "--json")), &events); err != nil || len(events) != 4 || len(events["polar"]) == 0 {
		t.Errorf("trigger --list --json = %v, %v", events, err)
	}
	for _, tt := range []struct {
		code  int
		args  []string
		wants []string
	}{
		{exitFailure, []string{"polar", "order.payed"}, []string{`did you mean "order.paid"?`}},
		{exitFailure, []string{"polar", "customer_seat.assigned"}, []string{"the emulator does not cause it"}},
		{exitFailure, []string{"polar", "subscription.cycled"}, []string{"advance the clock"}},
		{exitFailure, []string{"pola", "order.paid"}, []string{"pola", "polar"}},
		{exitUsage, nil, []string{"PROVIDER EVENT", "trigger --list"}},
		{exitUsage, []string{"polar"}, []string{"PROVIDER EVENT"}},
		{exitUsage, []string{"--list", "pola"}, []string{`did you mean "polar"?`}},
		{exitUsage, []string{"--list", "polar", "order.paid"}, []string{"--list"}},
		{exitUsage, []string{"polar", "order.paid", "twice"}, []string{`"twice"`}},
	} {
		contains(t, s.fails(tt.code, append([]string{"trigger"}, tt.args...)...), tt.wants...)
	}
}

// TestTriggerCompletion: providers first, then the events of the chosen one.
func TestTriggerCompletion(t *testing.T) {
	s := newStation(t)
	const complete = "--generate-shell-completion"
	contains(t, s.ok("trigger", complete), "polar\n")
	contains(t, s.ok("trigger", "polar", complete), "order.paid\n")
	contains(t, s.ok("trigger", "--li", complete), "--list")
	contains(t, s.ok("listen", "--forw", complete), "--forward-to")
	if out := s.ok("trigger", "nobody", complete); out != "" {
		t.Errorf("completion of an unknown provider's events prints %q", out)
	}
}
