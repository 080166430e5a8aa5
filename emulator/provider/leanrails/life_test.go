package leanrails_test

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPaid: what a session shows of its buyer, by what was known before.
func TestPaid(t *testing.T) {
	emu := serve(t)
	for _, tt := range []struct {
		name     string
		changes  object
		customer string // "" is null, "new" is one that was made
		email    string // "" is an invented one
		phone    any
		street   bool
		status   string
	}{
		{"nothing known", nil, "", "", nil, false, "paid"},
		{"e-mail", object{"customer_email": "grace@example.com"}, "", "grace@example.com", nil, false, "paid"},
		{"always a customer", object{"customer_creation": "always", "customer_email": "grace@example.com"}, "new", "grace@example.com", nil, false, "paid"},
		{"always, nothing known", object{"customer_creation": "always"}, "new", "", nil, false, "paid"},
		{"a customer", object{"customer": adaID, "customer_creation": "always"}, adaID, "ada.baker@example.com", "+13035550101", false, "paid"},
		{"a customer and another e-mail", object{"customer": adaID, "customer_email": "grace@example.com"}, adaID, "grace@example.com", "+13035550101", false, "paid"},
		{"a customer without e-mail", object{"customer": guestID}, guestID, "", nil, false, "paid"},
		{"recurring", items(object{"price": monthly}), "new", "", nil, false, "paid"},
		{"recurring inline", items(inline(object{"recurring": object{"interval": "day"}})), "new", "", nil, false, "paid"},
		{"address required", object{"billing_address_collection": "required"}, "", "", nil, true, "paid"},
		{"nothing to pay", items(object{"price": free}), "", "", nil, false, "no_payment_required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := emu.apart(t)
			made := c.create(tt.changes)
			paid := c.steer(made["id"], "pay")
			if paid["status"] != "complete" || paid["payment_status"] != tt.status || paid["url"] != made["url"] || paid["payment_intent"] != made["payment_intent"] {
				t.Errorf("paid: %v; want complete, %s, and the rest as before", paid, tt.status)
			}
			details, _ := paid["customer_details"].(object)
			if email := text(details["email"]); tt.email != "" && email != tt.email || email == "" || text(details["name"]) == "" {
				t.Errorf("the buyer is %v; want e-mail %q", details, tt.email)
			}
			address, _ := details["address"].(object)
			if details["phone"] != tt.phone || address["country"] != "US" || (address["line1"] != nil) != tt.street || (address["line2"] != nil) != tt.street {
				t.Errorf("phone %v, address %v; want %v, street %v", details["phone"], address, tt.phone, tt.street)
			}
			if diff := cmp.Diff(made["customer_email"], paid["customer_email"]); diff != "" {
				t.Errorf("customer_email is what was sent:\n%s", diff)
			}
			c.checkCustomer(text(paid["customer"]), tt.customer, details)
		})
	}
}

// checkCustomer compares the customer of a paid session with the wanted one and with the catalog.
func (c *client) checkCustomer(id, want string, details object) {
	c.tb.Helper()
	known := c.send(http.MethodGet, "/_control/fixtures", "").JSON["leanrails"].(object)["customers"].([]any)
	if want != "new" {
		if id != want || len(known) != 3 {
			c.tb.Errorf("customer %q, %d in the catalog; want %q and none made", id, len(known), want)
		}
		return
	}
	last := known[len(known)-1].(object)
	if !regexp.MustCompile(`^cus_[0-9a-z]{16}$`).MatchString(id) || last["id"] != id || last["email"] != details["email"] || last["name"] != details["name"] || last["created"] != float64(epoch) {
		c.tb.Errorf("customer %q, the latest is %v; want a made one of %v", id, last, details)
	}
}

// TestLife follows statuses through the control API.
func TestLife(t *testing.T) {
	emu := serve(t)
	for _, tt := range []struct {
		name    string
		actions []string
		status  string
		payment string
		details bool
	}{
		{"new", nil, "open", "unpaid", false},
		{"declined", []string{"decline"}, "open", "unpaid", false},
		{"declined, then paid", []string{"decline", "pay"}, "complete", "paid", true},
		{"turned back", []string{"cancel"}, "open", "unpaid", false},
		{"in flight", []string{"confirm"}, "open", "unpaid", false},
		{"settled", []string{"confirm", "settle"}, "complete", "paid", true},
		{"failed late", []string{"confirm", "fail"}, "open", "unpaid", false},
		{"failed late, then paid", []string{"confirm", "fail", "pay"}, "complete", "paid", true},
		{"expired", []string{"expire"}, "expired", "unpaid", false},
	} {
		c := emu.apart(t)
		s := c.create(nil)
		for _, action := range tt.actions {
			s = c.steer(s["id"], action)
		}
		if s["status"] != tt.status || s["payment_status"] != tt.payment || (s["customer_details"] != nil) != tt.details {
			t.Errorf("%s: %v, %v, details %v; want %s, %s, %v", tt.name, s["status"], s["payment_status"], s["customer_details"], tt.status, tt.payment, tt.details)
		}
	}
}

func TestExpire(t *testing.T) {
	emu := serve(t)
	const notOpen = "This CheckoutSession is not open; its status is `%s`."
	for _, tt := range []struct {
		name    string
		action  string
		body    string
		status  int
		message string
	}{
		{"open", "", "", 200, ""},
		{"with an empty object", "", "{}", 200, ""},
		{"declined before", "decline", "", 200, ""},
		{"expired", "expire", "", 400, fmt.Sprintf(notOpen, "expired")},
		{"complete", "pay", "", 400, fmt.Sprintf(notOpen, "complete")},
		{"in flight", "confirm", "", 400, "This CheckoutSession cannot be changed because a payment is being processed."},
		{"with a parameter", "", `{"reason":"abandoned"}`, 400, "The `reason` field is not a known parameter."},
		{"with a list", "", `[]`, 400, "The request body must be an object."},
	} {
		c := emu.apart(t)
		s := c.create(nil)
		if tt.action != "" {
			s = c.steer(s["id"], tt.action)
		}
		got := c.do(http.MethodPost, fmt.Sprint(route, "/", s["id"], "/expire"), tt.body)
		if got.Status != tt.status || text(got.failure()["message"]) != tt.message {
			t.Errorf("%s: %d %s; want %d %s", tt.name, got.Status, got.Text, tt.status, tt.message)
		}
		want := s
		if tt.status == 200 {
			want = merged(s, object{"status": "expired"})
		}
		if diff := cmp.Diff(want, c.get(s["id"])); diff != "" {
			t.Errorf("%s: the session afterwards (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestExpiryAtTheShownInstant: a session made within a second ends at the second that it shows.
func TestExpiryAtTheShownInstant(t *testing.T) {
	c := start(t)
	c.control("/clock/advance", `{"by":"600ms"}`)
	s := c.create(nil)
	if s["created"] != float64(epoch) || s["expires_at"] != float64(epoch+86400) {
		t.Fatalf("created %v, expires_at %v; want %d and a day later", s["created"], s["expires_at"], epoch)
	}
	c.control("/clock/advance", `{"by":"23h59m59.399s"}`)
	if got := c.get(s["id"]); got["status"] != "open" {
		t.Errorf("a millisecond before: %v; want open", got["status"])
	}
	c.control("/clock/advance", `{"by":"1ms"}`)
	if got := c.get(s["id"]); got["status"] != "expired" || got["expires_at"] != s["expires_at"] || got["payment_status"] != "unpaid" {
		t.Errorf("at the end: %v; want expired and unpaid", got)
	}
	if page := c.must(http.MethodGet, route+"?status=expired", ""); len(ids(page)) != 1 {
		t.Errorf("the list has %v; want the expired session", ids(page))
	}
}

// TestAliases: the later paths lead to the same operations.
func TestAliases(t *testing.T) {
	const alias = "/v1/checkout/sessions"
	c := start(t)
	made := c.must(http.MethodPost, alias, params(nil))
	at := alias + "/" + text(made["id"])
	if diff := cmp.Diff(made, c.must(http.MethodGet, at, "")); diff != "" {
		t.Errorf("get differs (-create +get):\n%s", diff)
	}
	if page := c.must(http.MethodGet, alias+"?limit=1", ""); len(ids(page)) != 1 || page["url"] != route {
		t.Errorf("the list is %v; want one session and the url %s", page, route)
	}
	if page := c.must(http.MethodGet, at+"/line_items", ""); len(ids(page)) != 1 {
		t.Errorf("line items: %v; want one", page)
	}
	if got := c.must(http.MethodPost, at+"/expire", ""); got["status"] != "expired" {
		t.Errorf("expired: %v", got)
	}
	for _, path := range []string{alias + "x", "/v1/checkout/session", "/v1/checkout"} {
		if got := c.do(http.MethodGet, path, ""); got.Status != http.StatusNotFound {
			t.Errorf("GET %s = %d %s; want 404", path, got.Status, got.Text)
		}
	}
}
