package control_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/client"
)

// receiver answers its first requests with 500 and the others with 200, and keeps their bodies.
func receiver(t *testing.T, failures int) (app *httptest.Server, bodies chan string) {
	bodies = make(chan string, 100)
	app = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
		if failures--; failures >= 0 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(app.Close)
	return app, bodies
}

// TestDeliveriesStream: each change of a delivery comes once and in order; a reader goes on where it left,
// and a reset ends the stream.
func TestDeliveriesStream(t *testing.T) {
	c := start(t)
	app, _ := receiver(t, 1)
	at, err := c.emu.AddEndpoint(t.Context(), client.EndpointDraft{Provider: "polar", URL: app.URL, Events: []string{"checkout.created", "checkout.expired"}})
	if err != nil {
		t.Fatal(err)
	}
	const path = "/_control/webhooks/deliveries/stream"
	fresh := c.follow(c.emu.Base(), path+"?endpoint="+at.ID, "")
	id := c.polarSession()
	if _, err := c.emu.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	steps := func(d map[string]any) string {
		return fmt.Sprint(d["event"].(map[string]any)["type"], " ", d["state"], " ", len(d["attempts"].([]any)), " ", d["next_at"] != nil)
	}
	want := []string{"checkout.created pending 0 false", "checkout.created pending 1 true", "checkout.created delivered 2 false"}
	for n, want := range want {
		got, d := fresh.next()
		if got != fmt.Sprint(n+1) || steps(d) != want || d["url"] != app.URL || d["endpoint"] != at.ID {
			t.Errorf("change %s = %s; want %d, %s", got, steps(d), n+1, want)
		}
	}
	resumed, again := c.follow(c.emu.Base(), path, "2"), c.follow(c.emu.Base(), path+"?since=0&state=delivered", "")
	none := c.follow(c.emu.Base(), path+"?since=0&type=checkout.expired&session="+id, "")
	if got, d := resumed.next(); got != "3" || steps(d) != want[2] {
		t.Errorf("after change 2 came %s %s", got, steps(d))
	}
	if got, d := again.next(); got != "3" {
		t.Errorf("the first one that was delivered is %s %s; want 3", got, steps(d))
	}
	if _, err := c.emu.Expire(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got, d := none.next(); got != "4" || steps(d) != "checkout.expired pending 0 false" {
		t.Errorf("the first of an expiry is %s %s; want 4", got, steps(d))
	}
	c.call("POST", "/_control/reset", "")
	for {
		if got, _ := resumed.next(); got == "" { // it ends
			break
		}
	}
	if status, got := c.call("GET", path+"?provider=pola", ""); status != 422 || !strings.Contains(fmt.Sprint(got), `did you mean "polar"?`) {
		t.Errorf("an unknown provider = %d %v", status, got)
	}
}

// TestDeliveryAsCurl: the command makes the same request again, with its signature; before the first
// attempt there is none.
func TestDeliveryAsCurl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil && os.Getenv("CI") == "true" {
		t.Fatal("curl is not installed")
	} else if err != nil {
		t.Skip("curl is not installed")
	}
	c := start(t)
	app, bodies := receiver(t, 0)
	if _, err := c.emu.AddEndpoint(t.Context(), client.EndpointDraft{Provider: "polar", URL: app.URL, Events: []string{"checkout.expired"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.emu.SetPlan(t.Context(), client.Step{Do: "delay", Delay: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.emu.Expire(t.Context(), c.polarSession()); err != nil {
		t.Fatal(err)
	}
	all, err := c.emu.Deliveries(t.Context(), client.DeliveryQuery{})
	if err != nil || len(all) != 1 {
		t.Fatalf("deliveries = %+v, %v", all, err)
	}
	path := "/_control/webhooks/deliveries/" + all[0].ID
	if status, got := c.call("GET", path+"?as=curl", ""); status != 409 || !strings.Contains(fmt.Sprint(got), "has not been sent yet") {
		t.Errorf("before the first attempt: %d %v; want 409", status, got)
	}
	if _, err := c.emu.Advance(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	sent, err := c.emu.Delivery(t.Context(), all[0].ID)
	if err != nil || len(sent.Attempts) != 1 || <-bodies != sent.Body {
		t.Fatalf("the delivery is %+v, %v", sent, err)
	}
	text, err := c.emu.Call(t.Context(), "GET", "/webhooks/deliveries/"+all[0].ID+"?as=curl", nil)
	if err != nil || !strings.Contains(string(text), "Webhook-Signature: "+sent.Attempts[0].Request.Headers["Webhook-Signature"]) {
		t.Errorf("as curl: %s, %v; want the signature in it", text, err)
	}
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", string(text)).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v %s", text, err, out)
	}
	if got := <-bodies; got != sent.Body {
		t.Errorf("curl sent %q; want %q", got, sent.Body)
	}
}
