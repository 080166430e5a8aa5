package control_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// frozen starts an emulator whose clock stands at the beginning of 2040.
func frozen(t *testing.T) caller {
	c := start(t)
	c.call("POST", "/_control/clock/freeze", "")
	c.call("POST", "/_control/clock/set", `{"to":"2040-01-01T00:00:00Z"}`)
	return c
}

var new2040 = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)

// act has a session do something and returns the answer.
func (c caller) act(id, action, body string) map[string]any {
	c.Helper()
	status, got := c.call("POST", "/_control/sessions/"+id+"/"+action, body)
	if status != http.StatusOK {
		c.Fatalf("%s %s = %d %v", action, body, status, got)
	}
	return got
}

// advance moves the clock and returns what fired, each as a line: seconds since 2040, action, then
// the events in order with their own instants, without the provider's own, or why it was left undone.
func (c caller) advance(by string) []string {
	c.Helper()
	status, got := c.call("POST", "/_control/clock/advance", fmt.Sprintf(`{"by":%q}`, by))
	if status != http.StatusOK {
		c.Fatalf("advance by %s = %d %v", by, status, got)
	}
	lines := []string{}
	for _, one := range got["fired"].([]any) {
		f := one.(map[string]any)
		line := c.seconds(f["at"]) + " " + fmt.Sprint(f["action"])
		for _, ev := range ours(f["events"]) {
			line += " " + ev["type"].(string) + "@" + c.seconds(ev["at"])
		}
		if why, skipped := f["skipped"]; skipped {
			line += " skipped: " + why.(string)
		}
		lines = append(lines, line)
	}
	return lines
}

// ours are the events of a list without those of the provider's own.
func ours(list any) []map[string]any {
	var out []map[string]any
	for _, e := range list.([]any) {
		if ev := e.(map[string]any); ev["native"] != true {
			out = append(out, ev)
		}
	}
	return out
}

func (c caller) seconds(instant any) string {
	c.Helper()
	at, err := time.Parse(time.RFC3339Nano, instant.(string))
	if err != nil {
		c.Fatal(err)
	}
	return fmt.Sprint(at.Sub(new2040).Seconds())
}

// Every action takes a delay: nothing happens before, and at its instant it is in fired with what it
// caused.
func TestEveryActionTakesADelay(t *testing.T) {
	for _, tt := range []struct {
		action, body string // members beside the delay
		before       string // an action that goes before; "": none
		fired        string
		status       string
	}{
		{"pay", ``, "", "90 pay session.confirmed@90 session.succeeded@90", "succeeded"},
		{"pay", `"instrument":"011000138",`, "", "90 confirm session.confirmed@90", "confirmed"},
		{"decline", `"code":"fraudulent",`, "", "90 decline payment.declined@90", "open"},
		{"confirm", ``, "", "90 confirm session.confirmed@90", "confirmed"},
		{"settle", ``, "confirm", "90 settle session.succeeded@90", "succeeded"},
		{"fail", `"code":"fraudulent",`, "confirm", "90 fail session.failed@90", "failed"},
		{"cancel", ``, "", "90 cancel session.canceled@90", "open"},
		{"expire", ``, "", "90 expire session.expired@90", "expired"},
		{"force", `"status":"failed",`, "", "90 force session.forced@90", "failed"},
	} {
		t.Run(tt.action, func(t *testing.T) {
			c := frozen(t)
			id := c.sessionOf("card", "ach_debit")
			if tt.before != "" {
				c.act(id, tt.before, "")
			}
			_, before := c.call("GET", "/_control/sessions/"+id, "")
			got := c.act(id, tt.action, fmt.Sprintf(`{%s"after":"PT1M30S"}`, tt.body))
			if diff := cmp.Diff(before, got["session"]); diff != "" || len(got["events"].([]any)) != 0 {
				t.Errorf("at once: events %v, session:\n%s", got["events"], diff)
			}
			if fired := c.advance("89.999999s"); len(fired) != 0 {
				t.Errorf("before its time fired %v", fired)
			}
			if diff := cmp.Diff([]string{tt.fired}, c.advance("1us")); diff != "" {
				t.Errorf("at its time:\n%s", diff)
			}
			if _, s := c.call("GET", "/_control/sessions/"+id, ""); s["status"] != tt.status || s["updated_at"] != "2040-01-01T00:01:30Z" {
				t.Errorf("the session is %v", s)
			}
			if fired := c.advance("100000h"); tt.status != "confirmed" && len(fired) != 0 {
				t.Errorf("later fired %v", fired)
			}
		})
	}
}

// sessionOf makes a Tilled session that offers the payment methods.
func (c caller) sessionOf(methods ...string) string {
	c.Helper()
	status, made := c.call("POST", "/tilled/v1/checkout-sessions", `{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"x"},`+
		`"unit_amount":100},"quantity":1}],"payment_intent_data":{"payment_method_types":["`+strings.Join(methods, `","`)+`"]}}`,
		"Content-Type", "application/json", "tilled-account", "acct_test", "tilled-api-key", "sk_test_x")
	if status != http.StatusCreated {
		c.Fatalf("create = %d %v", status, made)
	}
	return made["id"].(string)
}

// What falls due in one step happens in order: by instant, then in the order in which it was asked for.
// What was overtaken says so, also where the same call overtook it.
func TestAdvanceDoesEverythingInOrder(t *testing.T) {
	c := frozen(t)
	a, b := c.session(), c.session()
	c.act(a, "pay", `{"after":"3m"}`)
	c.act(a, "confirm", `{"after":"1m"}`)
	c.act(b, "decline", `{"after":"2m","code":"call_issuer"}`)
	c.act(b, "expire", `{"after":"3m"}`)
	c.act(b, "cancel", `{"after":"3m"}`)
	c.act(a, "settle", `{"after":"PT2M"}`)
	want := []string{
		"60 confirm session.confirmed@60",
		"120 decline payment.declined@120",
		"120 settle session.succeeded@120",
		"180 pay skipped: cannot pay session " + a + ": it is succeeded",
		"180 expire session.expired@180",
		"180 cancel skipped: cannot cancel session " + b + ": it is expired",
	}
	if diff := cmp.Diff(want, c.advance("8760h")); diff != "" {
		t.Errorf("fired (-want +got):\n%s", diff)
	}
	_, list := c.call("GET", "/_control/events?session="+b, "")
	if got := ours(list["events"]); len(got) != 3 {
		t.Errorf("what was skipped left events: %v", got)
	}
}

// A deadline that a payment overtook is no news; an end of a payment that a test overtook is.
func TestDeadlinesAreOvertakenQuietly(t *testing.T) {
	c := frozen(t)
	status, made := c.call("POST", "/tilled/v1/checkout-sessions", `{"expires_at":"2040-01-01T01:00:00Z","line_items":[{"price_data":{"currency":"usd",`+
		`"product_data":{"name":"x"},"unit_amount":100},"quantity":1}],"payment_intent_data":{"payment_method_types":["ach_debit"]}}`,
		"Content-Type", "application/json", "tilled-account", "acct_test", "tilled-api-key", "sk_test_x")
	if status != http.StatusCreated {
		t.Fatalf("create = %d %v", status, made)
	}
	id := made["id"].(string)
	c.act(id, "pay", `{"instrument":"011000138"}`)
	c.act(id, "settle", "")
	if fired := c.advance("2h"); len(fired) != 0 {
		t.Errorf("past the deadline of a paid session fired %v", fired)
	}
	if diff := cmp.Diff([]string{"259200 settle skipped: cannot settle session " + id + ": it is succeeded"}, c.advance("72h")); diff != "" {
		t.Errorf("when the debit would have settled:\n%s", diff)
	}
}

// Set does what advance does, and so does any call once the clock has passed the instant.
func TestSetFires(t *testing.T) {
	c := frozen(t)
	id := c.session()
	c.act(id, "pay", `{"after":"24h"}`)
	_, got := c.call("POST", "/_control/clock/set", `{"to":"2040-01-02T00:00:00Z"}`)
	if fired := got["fired"].([]any); len(fired) != 1 || fired[0].(map[string]any)["at"] != "2040-01-02T00:00:00Z" {
		t.Errorf("fired %v", got["fired"])
	}
	if _, s := c.call("GET", "/_control/sessions/"+id, ""); s["status"] != "succeeded" {
		t.Errorf("after the answer the session is %v", s["status"])
	}
}

// A frozen clock stands, a resumed one runs on from there and never jumps.
func TestFreezeAndResume(t *testing.T) {
	c := frozen(t)
	for range 3 {
		if _, got := c.call("GET", "/_control/clock", ""); got["now"] != "2040-01-01T00:00:00Z" || got["frozen"] != true {
			t.Fatalf("the frozen clock says %v", got)
		}
	}
	c.call("POST", "/_control/clock/resume", "")
	_, got := c.call("GET", "/_control/clock", "")
	now, err := time.Parse(time.RFC3339Nano, got["now"].(string))
	if err != nil || got["frozen"] != false || now.Before(new2040) || now.After(new2040.Add(time.Minute)) {
		t.Errorf("the resumed clock says %v", got)
	}
}

// Wrong delays are refused, and leave nothing to come.
func TestWrongDelays(t *testing.T) {
	c := frozen(t)
	id := c.session()
	for _, after := range []string{"-1s", "soon", "P1M", "P1Y", "", "10", "PT"} {
		status, got := c.call("POST", "/_control/sessions/"+id+"/expire", fmt.Sprintf(`{"after":%q}`, after))
		if status != http.StatusUnprocessableEntity || !strings.Contains(fmt.Sprint(got), "after") {
			t.Errorf("after %q = %d %v; want 422", after, status, got)
		}
	}
	if fired := c.advance("100000h"); len(fired) != 0 {
		t.Errorf("refused delays fired %v", fired)
	}
}
