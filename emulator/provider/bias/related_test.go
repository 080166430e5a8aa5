package bias_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
)

// Paths of the resources around a session.
const (
	customers = "/bias/v1/customers"
	products  = "/bias/v1/products"
	prices    = "/bias/v1/prices"
	discounts = "/bias/v1/discounts"
	invoices  = "/bias/v1/invoices"
	methods   = "/bias/v1/payment_methods"
	refunds   = "/bias/v1/refunds"
)

const (
	notebooks   = "prod_vRHXpR3rIMSEQoNOIaGHb2"
	mugs        = "prod_YaD83FsqYjYCygho0t73u7"
	adasCard    = "pm_VQ9SaYquIZTG2l0uRsmUr4"
	adasOldCard = "pm_7fGwRm4JpQ9sXz6BcVt1N2" // not active
	bosAccount  = "pm_3cLxTq8ZrW5vKd2YnHb7S1"
	mugDiscount = "disc_4TnVb8yQm2cRz7KpXw9dL3"
)

// changed returns an object with some members changed.
func changed(o, by object) object {
	out := maps.Clone(o)
	maps.Copy(out, by)
	return out
}

// TestRelatedResources (38): what each write of a resource answers is what get and list answer, and it is
// told by an event with the state after it and the one before.
func TestRelatedResources(t *testing.T) {
	none := object{}
	for _, tt := range []life{
		{
			"customer", customers, object{"name": "Ada", "email": "a@b.c", "metadata": object{"crm": "1", "old": "x"}},
			object{"email": nil, "phone": "1", "metadata": object{"old": nil, "new": "y"}},
			object{"object": "customer", "live": false, "name": "Ada", "email": "a@b.c", "phone": nil, "metadata": object{"crm": "1", "old": "x"}},
			object{"email": nil, "phone": "1", "metadata": object{"crm": "1", "new": "y"}},
		},
		{
			"product", products, object{"name": "Pen"}, object{"name": "Pencil", "active": false, "description": "HB", "metadata": object{"a": "b"}},
			object{"object": "product", "live": false, "deleted": false, "name": "Pen", "description": nil, "active": true, "default_price": nil, "prices": nil, "images": list{}, "metadata": none},
			object{"name": "Pencil", "active": false, "description": "HB", "metadata": object{"a": "b"}},
		},
		{
			"price", prices, object{"product": mugs, "amount": 700, "description": "Sale"}, object{"active": false, "description": nil},
			object{"object": "price", "live": false, "deleted": false, "product": mugs, "active": true, "description": "Sale", "amount": 700.0, "type": "one_time", "metadata": none},
			object{"active": false, "description": nil},
		},
		{
			"discount", discounts, object{"name": "Half", "percent_off": 50, "applies_to": list{mugs}}, object{"name": "Half off", "promotion_code": "HALF"},
			object{"object": "discount", "live": false, "deleted": false, "name": "Half", "amount_off": nil, "percent_off": 50.0, "promotion_code": nil, "applies_to": nil, "metadata": none},
			object{"name": "Half off", "promotion_code": "HALF"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.live(t, start(t), tt.name != "customer") })
		t.Run(tt.name+", later", func(t *testing.T) { tt.live(t, startB3(t), true) })
	}
}

// life is what is done to an object of a resource.
type life struct {
	name, path     string
	create, update object // parameters
	made, updated  object // what they make of the object
}

// live checks what answers, lists and events say at each step of an object; marked ones have the members
// updated_at and deleted.
func (tt life) live(t *testing.T, c *client, marked bool) {
	now := c.freeze()
	stamps := object{"created_at": now}
	if marked {
		stamps["updated_at"], stamps["deleted"] = now, false
	}
	before := len(items(c.must("GET", tt.path+"?limit=1000", nil)))
	made := c.must("POST", tt.path, tt.create)
	want := changed(changed(tt.made, stamps), object{"id": made["id"]})
	c.sees(tt.path, tt.name+".created", made, want, nil)
	for _, method := range []string{"PATCH", "POST", "PUT"} {
		c.control("/clock/advance", object{"by": "1s"})
		now += 1000
		was := want
		if want = changed(want, tt.updated); marked {
			want["updated_at"] = now
		}
		c.sees(tt.path, tt.name+".updated", c.must(method, tt.path+"/"+made["id"].(string), tt.update), want, was)
	}
	gone := c.must("DELETE", tt.path+"/"+made["id"].(string), nil)
	was := want
	if marked {
		want = changed(want, object{"deleted": true})
	}
	if diff := cmp.Diff(want, gone); diff != "" {
		t.Errorf("DELETE (-want +got):\n%s", diff)
	}
	ev := items(c.must("GET", events+"?limit=1", nil))[0]
	if diff := cmp.Diff(object{"type": tt.name + ".deleted", "state": want, "previous_state": was}, pick(ev, "type", "state", "previous_state")); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	if after := len(items(c.must("GET", tt.path+"?limit=1000", nil))); after != before {
		t.Errorf("the list has %d after the deletion; want %d", after, before)
	}
	status := map[bool]int{true: 200, false: 404}[marked]
	if got := c.do("DELETE", tt.path+"/"+made["id"].(string), nil); got.Status != status || marked && cmp.Diff(gone, got.JSON) != "" {
		t.Errorf("DELETE again = %d %s", got.Status, got.Text)
	}
	if got := c.do("PATCH", tt.path+"/"+made["id"].(string), tt.update); got.Status != 400 && got.Status != 404 {
		t.Errorf("an update of what is deleted = %d %s", got.Status, got.Text)
	}
	if last := items(c.must("GET", events+"?limit=1", nil))[0]; last["id"] != ev["id"] {
		t.Errorf("there is another event: %v", last)
	}
}

// sees checks that an answer is what is wanted, and what get, list and the last event say.
func (c *client) sees(path, event string, got, want object, was any) {
	c.tb.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		c.tb.Errorf("%s (-want +got):\n%s", event, diff)
	}
	if diff := cmp.Diff(got, c.must("GET", path+"/"+got["id"].(string), nil)); diff != "" {
		c.tb.Errorf("get after %s (-answered +got):\n%s", event, diff)
	}
	if diff := cmp.Diff(got, items(c.must("GET", path+"?limit=1", nil))[0]); diff != "" {
		c.tb.Errorf("list after %s (-answered +got):\n%s", event, diff)
	}
	ev := items(c.must("GET", events+"?limit=1", nil))[0]
	wanted := object{"type": event, "state": got, "previous_state": was}
	if diff := cmp.Diff(wanted, pick(ev, "type", "state", "previous_state")); diff != "" {
		c.tb.Errorf("event (-want +got):\n%s", diff)
	}
}

func pick(o object, members ...string) object {
	out := object{}
	for _, m := range members {
		out[m] = o[m]
	}
	return out
}

// TestRelatedResourcesPagination (25): each of 500 objects stands on one page, newest first, also while
// some are added; and backward.
func TestRelatedResourcesPagination(t *testing.T) {
	c := start(t)
	var want []string
	for n := range 500 {
		made := c.must("POST", customers, object{"email": fmt.Sprintf("%d@example.com", n)})
		want = append([]string{made["id"].(string)}, want...)
	}
	var got []string
	page := c.must("GET", customers+"?limit=60", nil)
	for {
		got = append(got, ids(page)...)
		if page["has_more"] != true || len(got) > 600 {
			break
		}
		c.must("POST", customers, object{"email": "late@example.com"})
		page = c.must("GET", customers+"?limit=60&starting_after="+got[len(got)-1], nil)
	}
	if diff := cmp.Diff(want, got[:500]); diff != "" || len(got) != 504 { // and four of the catalog
		t.Errorf("%d objects; -want +got:\n%s", len(got), diff)
	}
	back := c.must("GET", customers+"?limit=60&ending_before="+got[100], nil)
	if diff := cmp.Diff(got[40:100], ids(back)); diff != "" || back["has_more"] != true {
		t.Errorf("backward (-want +got):\n%s", diff)
	}
	if got := c.do("GET", customers+"?starting_after="+want[0]+"&ending_before="+want[1], nil); got.Status != 400 {
		t.Errorf("two cursors = %d", got.Status)
	}
}

func TestRelatedResourcesFilters(t *testing.T) {
	c := start(t)
	now := c.freeze()
	made := c.must("POST", customers, object{"email": "x@y.z"})["id"].(string)
	c.must("DELETE", prices+"/"+mug, nil)
	for path, want := range map[string][]string{
		customers + "?filters[email]=x@y.z":                                                             {made},
		customers + "?filters[email]=nobody":                                                            {},
		fmt.Sprintf("%s?filters[created_at][gte]=%.0f", customers, now):                                 {made},
		fmt.Sprintf(`%s?filters={"or":[{"email":"x@y.z"},{"created_at":{"gt":%.0f}}]}`, customers, now): {made},
		customers + "?filters[live]=true":                                                               {},
		prices + "?filters[product]=" + notebooks + "&filters[active]=true&limit=1":                     {"price_8U3Wz11f94ztWe7KwIhHD"},
		prices + "?filters[product]=" + mugs + "&filters[deleted]=true":                                 {mug},
		prices + "?filters[deleted]=true&limit=1":                                                       nil,
		discounts + "?filters[promotion_code]=MUG5":                                                     {mugDiscount},
		methods + "?filters[customer]=" + ada + "&filters[active]=true":                                 {adasCard},
		methods + "?filters[type]=us_bank_account":                                                      {bosAccount},
		invoices + "?filters[customer]=" + bo:                                                           {bosInvoice},
		invoices + "?filters[customer]=":                                                                {"inv_oCahiM2oJKmybuByHf1g95"},
		payments + "?filters[status]=succeeded":                                                         {},
	} {
		got := ids(c.must("GET", strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22").Replace(path), nil))
		if diff := cmp.Diff(want, got); want != nil && diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	for _, path := range []string{
		customers + "?filters[deleted]=true", customers + "?filters[name]=x", prices + "?filters[type]=recurring", products + "?filters[active]=maybe",
		payments + "?filters[status]=paid", refunds + "?filters[amount]=1", customers + "?limit=1001", customers + "?color=red", customers + "?expand[metadata]=true",
	} {
		if got := c.do("GET", path, nil); got.Status != 400 || got.fault(t)["issues"] == nil {
			t.Errorf("%s = %d %s; want 400 with its issues", path, got.Status, got.Text)
		}
	}
}

// TestRelatedResourcesAreValidated: all faults of a request at once (23), and nothing is made.
func TestRelatedResourcesAreValidated(t *testing.T) {
	c := start(t)
	for _, tt := range []struct {
		method, path string
		body         object
		want         []string // the places of the faults
	}{
		{"POST", customers, object{"email": 1, "color": "red", "metadata": object{"a": 1}}, []string{"metadata a", "email", "color"}},
		{"POST", products, object{}, []string{"name"}},
		{"POST", products, object{"name": "", "default_price": mug}, []string{"name", "default_price"}},
		{"POST", prices, object{"amount": -1, "type": "recurring"}, []string{"amount", "product", "type"}},
		{"PATCH", prices + "/" + mug, object{"amount": 5}, []string{"amount"}},
		{"PATCH", products + "/" + mugs, object{"default_price": notebook}, []string{"default_price"}},
		{"POST", discounts, object{"name": "x"}, []string{"amount_off"}},
		{"POST", discounts, object{"name": "x", "amount_off": 1, "percent_off": 5}, []string{"amount_off"}},
		{"POST", discounts, object{"name": "x", "percent_off": 0, "promotion_code": ""}, []string{"percent_off", "promotion_code"}},
		{"POST", discounts, object{"name": "x", "percent_off": 5, "promotion_code": "SAVE10", "applies_to": list{"prod_x", mugs}}, []string{"promotion_code", "applies_to 0"}},
		{"PATCH", discounts + "/" + mugDiscount, object{"percent_off": 5}, []string{"percent_off"}},
		{"POST", refunds, object{"amount": 0}, []string{"amount", "payment"}},
		{"POST", payments, object{"capture_method": "later"}, []string{"amount", "payment_method", "capture_method"}},
		{"POST", payments, object{"amount": 0, "payment_method": adasCard}, []string{"amount"}},
		{"POST", payments, object{"amount": 5, "payment_method": "pm_x", "customer": "cus_x"}, []string{"customer", "payment_method"}},
		{"POST", payments, object{"amount": 5, "payment_method": adasOldCard}, []string{"payment_method"}},
		{"POST", payments, object{"amount": 5, "payment_method": adasCard, "customer": bo}, []string{"payment_method"}},
		{"POST", payments, object{"amount": 5, "payment_method": object{}}, []string{"payment_method"}},
		{"POST", payments, object{"amount": 5, "payment_method": object{"card": object{"encrypted_number": "4012888888881881", "encrypted_expiry": "e", "encrypted_cvc": "c"}}},
			[]string{"payment_method card encrypted_number"}},
		{"POST", payments, object{"amount": 5, "payment_method": 7}, []string{"payment_method"}},
	} {
		got := c.do(tt.method, tt.path, tt.body)
		if got.Status != 400 {
			t.Errorf("%s %s %v = %d %s; want 400", tt.method, tt.path, tt.body, got.Status, got.Text)
		} else if diff := cmp.Diff(tt.want, issuePaths(got.fault(t))); diff != "" {
			t.Errorf("%s %s %v: issues (-want +got):\n%s", tt.method, tt.path, tt.body, diff)
		}
	}
	if all := items(c.must("GET", events, nil)); len(all) != 0 {
		t.Errorf("refused requests made events: %v", all)
	}
}

// TestRelatedResourcesAreKeyed (26): every creation is made once under its key, concurrent ones included.
func TestRelatedResourcesAreKeyed(t *testing.T) {
	c := start(t)
	paid := c.pay(c.create(nil), "x").JSON["id"]
	for path, body := range map[string]object{
		customers: {"name": "x"}, products: {"name": "x"}, prices: {"product": mugs, "amount": 1}, discounts: {"name": "x", "amount_off": 1},
		payments: {"amount": 5, "payment_method": adasCard}, refunds: {"payment": paid, "amount": 1},
	} {
		before := len(items(c.must("GET", path, nil)))
		keyed := c.sending("idempotency-key", "same"+path)
		answers := make([]string, 8)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() { answers[i] = keyed.do("POST", path, body).Text })
		}
		wg.Wait()
		for _, text := range answers {
			if text != answers[0] {
				t.Errorf("%s: answers differ: %s and %s", path, answers[0], text)
			}
		}
		if after := len(items(c.must("GET", path, nil))); after != before+1 {
			t.Errorf("%s: %d more; want one", path, after-before)
		}
		if got := keyed.do("POST", path, changed(body, object{"metadata": object{"x": "y"}})); got.Status != 400 {
			t.Errorf("%s: the key with another body = %d %s", path, got.Status, got.Text)
		}
	}
}

// TestRelatedResourcesNeedASecretKey: a browser's key is good for its session only (27).
func TestRelatedResourcesNeedASecretKey(t *testing.T) {
	c := start(t)
	browser := c.browser(c.create(nil))
	for _, path := range []string{customers, products, prices, discounts, invoices, payments, methods, refunds} {
		for _, from := range []*client{browser, c.as(""), c.as("sk_test_")} {
			if got := from.do("GET", path, nil); got.Status != 401 || got.fault(t)["type"] != "authentication_error" {
				t.Errorf("%s = %d %s; want 401", path, got.Status, got.Text)
			}
		}
	}
}

// TestDeletedCustomer: sessions and payments that refer to a deleted customer keep its id; an open one
// can still be paid; nothing new is made for it.
func TestDeletedCustomer(t *testing.T) {
	c := start(t)
	id := c.must("POST", customers, object{"email": "a@b.c"})["id"].(string)
	open, paid := c.create(object{"amount": 5, "customer": id}), c.create(object{"amount": 5, "customer": id})
	c.pay(paid, "x")
	c.must("DELETE", customers+"/"+id, nil)
	if got := c.do("GET", customers+"/"+id, nil); got.Status != http.StatusNotFound {
		t.Errorf("get = %d %s; want 404", got.Status, got.Text)
	}
	if got := c.pay(open, "x"); got.Status != 200 || got.JSON["customer"] != id {
		t.Errorf("paying an open session of it = %d %s", got.Status, got.Text)
	}
	for _, s := range []object{open, paid} {
		if got := c.get(s, "?expand[customer]=true&expand[payments]=true"); got["customer"] != id || got["payments"].(list)[0].(object)["customer"] != id {
			t.Errorf("the session = %v; want the id", got)
		}
	}
	for _, got := range []reply{
		c.do("POST", sessions, object{"amount": 5, "customer": id}),
		c.do("POST", payments, object{"amount": 5, "customer": id, "payment_method": adasCard}),
	} {
		if got.Status != 400 || got.fault(t)["message"] != "No such customer: "+id {
			t.Errorf("naming it = %d %s", got.Status, got.Text)
		}
	}
	later := startB3(t)
	id = later.must("POST", customers, object{"email": "a@b.c"})["id"].(string)
	gone := later.must("DELETE", customers+"/"+id, nil)
	if diff := cmp.Diff(gone, later.must("GET", customers+"/"+id, nil)); diff != "" || gone["deleted"] != true {
		t.Errorf("in the later generation get says (-deleted +got):\n%s", diff)
	}
	if got := ids(later.must("GET", customers+"?filters[deleted]=true", nil)); len(got) != 1 || got[0] != id {
		t.Errorf("deleted customers = %v", got)
	}
}

// TestDeletedPrice: neither it nor a price of a deleted product is sold any more.
func TestDeletedPrice(t *testing.T) {
	c := start(t)
	of := c.must("POST", products, object{"name": "Pen"})["id"].(string)
	one := c.must("POST", prices, object{"product": of, "amount": 100})["id"].(string)
	two := c.must("POST", prices, object{"product": of, "amount": 200})["id"].(string)
	buy := func(price string) reply {
		return c.do("POST", sessions, object{"line_items": list{object{"price": price}}})
	}
	made := buy(one)
	c.must("PATCH", products+"/"+of, object{"default_price": one})
	c.must("DELETE", prices+"/"+one, nil)
	if got := buy(one); got.Status != 400 || buy(two).Status != 200 {
		t.Errorf("a deleted price = %d %s", got.Status, got.Text)
	}
	got := c.must("GET", products+"/"+of+"?expand[prices]=true&expand[default_price]=true", nil)
	if ids(object{"items": got["prices"]})[0] != two || len(got["prices"].(list)) != 1 || got["default_price"].(object)["deleted"] != true {
		t.Errorf("the product = %v", got)
	}
	c.must("DELETE", products+"/"+of, nil)
	if got := buy(two); got.Status != 400 {
		t.Errorf("a price of a deleted product = %d", got.Status)
	}
	if got := c.pay(made.JSON, "x"); got.Status != 200 || got.JSON["amount"] != 100.0 {
		t.Errorf("a session from before = %d %s", got.Status, got.Text)
	}
	if got := c.do("POST", prices, object{"product": of, "amount": 1}); got.Status != 400 {
		t.Errorf("a price for a deleted product = %d", got.Status)
	}
}

// TestExpandRelated: the bodies of all resources expand, to any depth, and lists as get.
func TestExpandRelated(t *testing.T) {
	c := start(t)
	s := c.create(object{"line_items": list{object{"price": notebook}}, "customer": ada})
	paid := c.pay(s, "x").JSON["id"].(string)
	refund := c.must("POST", refunds, object{"payment": paid, "amount": 100})["id"].(string)
	for _, tt := range []struct {
		path, expand string
		way          []any
		want         any
	}{
		{prices + "/" + notebook, "[product][default_price][product]", []any{"product", "default_price", "product", "name"}, "Field Notebook"},
		{products + "/" + notebooks, "[prices][product]", []any{"prices", 0, "product", "id"}, notebooks},
		{discounts + "/" + mugDiscount, "[applies_to][default_price]", []any{"applies_to", 0, "default_price", "amount"}, 1800.0},
		{invoices + "/" + bosInvoice, "[customer]", []any{"customer", "id"}, bo},
		{methods + "/" + adasCard, "[customer]", []any{"customer", "email"}, "ada.ferris@example.com"},
		{payments + "/" + paid, "[customer]", []any{"customer", "id"}, ada},
		{payments + "/" + paid, "[payment_method][customer]", []any{"payment_method", "customer", "id"}, ada},
		{payments + "/" + paid, "[session]", []any{"session", "id"}, s["id"]},
		{refunds + "/" + refund, "[payment]", []any{"payment", "amount_refunded"}, 100.0},
		{refunds + "/" + refund, "[payment][session][line_items][price][product]", []any{"payment", "session", "line_items", 0, "price", "product", "id"}, notebooks},
		{refunds + "/" + refund, "[payment][session][payments][session][customer]", []any{"payment", "session", "payments", 0, "session", "customer", "id"}, ada},
	} {
		got := c.must("GET", tt.path+"?expand"+tt.expand+"=true", nil)
		at := any(got)
		for _, step := range tt.way {
			switch step := step.(type) {
			case int:
				at = at.(list)[step]
			case string:
				at = at.(object)[step]
			}
		}
		if at != tt.want {
			t.Errorf("%s%s: %v is %v; want %v", tt.path, tt.expand, tt.way, at, tt.want)
		}
		collection := tt.path[:strings.LastIndex(tt.path, "/")]
		for _, listed := range items(c.must("GET", collection+"?limit=1000&expand"+tt.expand+"=true", nil)) {
			if listed["id"] == got["id"] {
				if diff := cmp.Diff(got, listed); diff != "" {
					t.Errorf("%s%s: list differs from get:\n%s", tt.path, tt.expand, diff)
				}
			}
		}
	}
}

// TestRelatedResourcesSurviveASnapshot: what was made, changed and deleted is the same in another
// emulator, and so are its events.
func TestRelatedResourcesSurviveASnapshot(t *testing.T) {
	a, b := start(t), start(t, emulator.Options{})
	s := a.create(nil)
	paid := a.pay(s, "x").JSON["id"]
	a.must("POST", refunds, object{"payment": paid})
	held := a.must("POST", payments, object{"amount": 500, "payment_method": adasCard, "capture_method": "manual"})
	a.must("POST", discounts, object{"name": "x", "amount_off": 1, "applies_to": list{mugs}})
	a.must("DELETE", customers+"/"+ada, nil)
	a.must("POST", methods+"/"+adasCard+"/deactivate", nil)
	doc := a.do("GET", "/_control/snapshot", nil).Text
	if got := b.do("PUT", "/_control/snapshot", doc); got.Status/100 != 2 {
		t.Fatalf("PUT snapshot = %d %s", got.Status, got.Text)
	}
	for _, path := range []string{customers, products, prices, discounts, invoices, payments, methods, refunds, events} {
		if one, two := a.do("GET", path, nil).Text, b.do("GET", path, nil).Text; one != two {
			t.Errorf("%s (-before +restored):\n%s", path, cmp.Diff(one, two))
		}
	}
	if got := b.must("POST", payments+"/"+held["id"].(string)+"/capture", nil); got["amount_received"] != 500.0 {
		t.Errorf("capture after the restore = %v", got)
	}
}
