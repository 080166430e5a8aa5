package tilled_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExpire(t *testing.T) {
	c := start(t)
	c.freeze()
	s := c.create(object{"expires_at": "2041-01-01T00:00:00.000Z"})
	path := sessions + "/" + s["id"].(string)
	c.control("/clock/advance", object{"by": "90s"})

	// As the published clients send it.
	got := c.with("Content-Type", "application/x-www-form-urlencoded").must(http.StatusCreated, "POST", path+"/expire", "")
	want := with(s, object{"status": "expired", "updated_at": "2040-01-01T00:01:30.000Z"})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("expire (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(got, c.get(s["id"])); diff != "" {
		t.Errorf("get after expire (-want +got):\n%s", diff)
	}
	again := c.do("POST", path+"/expire", nil)
	refused := object{"statusCode": 400.0, "message": "The Checkout Session must have the status open; its status is expired.", "error": "Bad Request"}
	if diff := cmp.Diff(refused, again.JSON); again.Status != http.StatusBadRequest || diff != "" {
		t.Errorf("expire again = %d (-want +got):\n%s", again.Status, diff)
	}
	if diff := cmp.Diff(got, c.get(s["id"])); diff != "" {
		t.Errorf("the refusal changed the session (-before +after):\n%s", diff)
	}
}

func TestExpireTakesAnyBody(t *testing.T) {
	c := start(t)
	for _, tt := range []struct{ contentType, body string }{
		{"", ""},
		{"application/json", "{}"},
		{"application/json", "{broken"},
		{"text/plain", "hello"},
		{"application/x-www-form-urlencoded", "a=1"},
	} {
		s := c.create(nil)
		got := c.with("Content-Type", tt.contentType).do("POST", sessions+"/"+s["id"].(string)+"/expire", tt.body)
		if got.Status != http.StatusCreated {
			t.Errorf("expire with %q %q = %d %s; want 201", tt.contentType, tt.body, got.Status, got.Text)
		}
	}
}

func TestExpireRefusesOtherStatuses(t *testing.T) {
	c := start(t)
	for _, tt := range []struct {
		actions []string
		status  string
	}{
		{[]string{"pay"}, "complete"},
		{[]string{"confirm"}, "complete"},
		{[]string{"confirm", "settle"}, "complete"},
		{[]string{"confirm", "fail"}, "complete"},
		{[]string{"expire"}, "expired"},
	} {
		s := c.create(nil)
		for _, action := range tt.actions {
			c.control("/sessions/"+s["id"].(string)+"/"+action, object{})
		}
		got := c.do("POST", sessions+"/"+s["id"].(string)+"/expire", nil)
		if got.Status != http.StatusBadRequest || !strings.Contains(got.Text, "its status is "+tt.status) {
			t.Errorf("expire after %v = %d %s; want 400 naming %s", tt.actions, got.Status, got.Text, tt.status)
		}
	}
}

func TestDeadline(t *testing.T) {
	c := start(t)
	c.freeze()
	const deadline = "2040-01-01T01:00:00.000Z"
	s := c.create(object{"expires_at": deadline})
	c.control("/clock/set", object{"to": "2040-01-01T00:59:59.999Z"})
	if diff := cmp.Diff(s, c.get(s["id"])); diff != "" {
		t.Errorf("one millisecond before (-want +got):\n%s", diff)
	}
	c.control("/clock/advance", object{"by": "2h"})
	want := with(s, object{"status": "expired", "updated_at": deadline})
	if diff := cmp.Diff(want, c.get(s["id"])); diff != "" {
		t.Errorf("after the deadline (-want +got):\n%s", diff)
	}
}

func TestNoDeadlineNeverExpires(t *testing.T) {
	c := start(t)
	s := c.create(nil)
	c.control("/clock/advance", object{"by": "87600h"})
	if diff := cmp.Diff(s, c.get(s["id"])); diff != "" {
		t.Errorf("ten years later (-want +got):\n%s", diff)
	}
}

func TestPay(t *testing.T) {
	c := start(t)
	c.freeze()
	for _, tt := range []struct {
		name    string
		changes object
		id      string
		email   string
	}{
		{"unknown buyer", nil, "~^cus_[0-9A-Za-z]{21}$", "~^[^@ ]+@example\\.com$"},
		{"address", object{"customer_email": "x@example.com"}, "~^cus_[0-9A-Za-z]{21}$", "x@example.com"},
		{"customer", object{"customer_id": adaID}, adaID, "ada.baker@example.com"},
	} {
		s := c.create(tt.changes)
		c.control("/clock/advance", object{"by": "1s"})
		c.control("/sessions/"+s["id"].(string)+"/pay", object{})
		got := c.get(s["id"])
		want := with(s, object{
			"status": "complete", "updated_at": "~.", "customer_id": tt.id, "customer_details": object{"email": tt.email},
		})
		if diff := like(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if got["updated_at"].(string) <= s["updated_at"].(string) {
			t.Errorf("%s: updated_at %v; want it later than %v", tt.name, got["updated_at"], s["updated_at"])
		}
	}
}

// TestBankDebit: complete as soon as the payment is on its way, whatever becomes of it.
func TestBankDebit(t *testing.T) {
	c := start(t)
	for _, end := range []string{"settle", "fail"} {
		s := c.create(object{"payment_intent_data": object{"payment_method_types": list{"ach_debit"}}})
		act := "/sessions/" + s["id"].(string) + "/"
		c.control(act+"confirm", object{})
		inFlight := c.get(s["id"])
		if inFlight["status"] != "complete" || inFlight["customer_id"] == nil {
			t.Errorf("in flight: %v; want complete, with a customer", inFlight)
		}
		c.control(act+end, object{})
		want := with(inFlight, object{"updated_at": "~."})
		if diff := like(want, c.get(s["id"])); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", end, diff)
		}
	}
}

func TestDeclinedAndCanceledStayOpen(t *testing.T) {
	c := start(t)
	for _, action := range []string{"decline", "cancel"} {
		s := c.create(nil)
		c.control("/sessions/"+s["id"].(string)+"/"+action, object{})
		want := with(s, object{"updated_at": "~."})
		if diff := like(want, c.get(s["id"])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", action, diff)
		}
		c.control("/sessions/"+s["id"].(string)+"/pay", object{})
		if got := c.get(s["id"])["status"]; got != "complete" {
			t.Errorf("paid after %s: %v; want complete", action, got)
		}
	}
}

// TestSameSeedSameBytes: two emulators, one script, the same bytes.
func TestSameSeedSameBytes(t *testing.T) {
	script := func() []string {
		c := start(t)
		c.freeze()
		var out []string
		for range 3 {
			s := c.create(object{"metadata": object{"b": "2", "a": "1"}})
			c.control("/sessions/"+s["id"].(string)+"/pay", object{})
			got := c.do("GET", sessions, nil)
			out = append(out, got.Header.Get("Request-Id"), strings.ReplaceAll(got.Text, c.base, "base"))
		}
		return out
	}
	if diff := cmp.Diff(script(), script()); diff != "" {
		t.Errorf("second run (-first +second):\n%s", diff)
	}
}

// with returns a copy of an object with members replaced.
func with(o, changes object) object {
	out := object{}
	for key, value := range o {
		out[key] = value
	}
	for key, value := range changes {
		out[key] = value
	}
	return out
}
