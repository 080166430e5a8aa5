package polar_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const linksPath = "/v1/checkout-links/"

func sprint(v any) string { return fmt.Sprint(v) }

// open follows a link as a browser does that knows nothing of sandboxes: it returns the session that was made.
func (w *world) open(link object, query string) (session object, location *url.URL) {
	w.t.Helper()
	a := w.send("GET", link["url"].(string)+query, "", nil)
	if a.status != http.StatusTemporaryRedirect || len(a.raw) > 0 {
		w.t.Fatalf("status = %d, body %s; want 307", a.status, a.raw)
	}
	location, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		w.t.Fatal(err)
	}
	page := *location
	page.RawQuery = ""
	secret := page.String()[strings.LastIndex(page.String(), "/")+1:]
	w.call("GET", "/v1/checkouts/client/"+secret, nil).want(200)
	for _, v := range w.call("GET", "/v1/checkouts/", nil).want(200)["items"].([]any) {
		if s := v.(object); s["url"] == page.String() {
			return s, location
		}
	}
	w.t.Fatalf("no session is at %s", page.String())
	return nil, nil
}

func TestLinkIsOpened(t *testing.T) {
	for _, name := range []string{"default", "another sandbox"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if name != "default" {
				w = w.fork(t)
			}
			in := w.listen()
			link := w.make(linksPath, object{"payment_processor": "stripe", "products": []any{book, monthly}, "label": "Shop", "metadata": object{"from": "link", "utm_term": "own"},
				"success_url": "https://shop.example/done?checkout_id={CHECKOUT_ID}", "return_url": "https://shop.example", "allow_discount_codes": false})
			same(t, "link", link, object{"label": "Shop", "allow_discount_codes": false, "require_billing_address": false, "discount_id": nil, "discount": nil, "product_id": book,
				"return_url": "https://shop.example/", "metadata": object{"from": "link", "utm_term": "own"}, "organization_id": organizationID})
			same(t, "get", w.call("GET", linksPath+link["id"].(string), nil).want(200), link)
			if got := len(link["products"].([]any)); got != 2 {
				t.Errorf("%d products; want 2", got)
			}
			session, at := w.open(link, "?utm_source=mail&utm_term=x&reference_id=&theme=dark&customer_email=ada@example.com&customer_name=Ada&embed_origin=https://Shop.example/a")
			same(t, "session", session, object{
				"product_id": book, "amount": 1900, "customer_email": "ada@example.com", "customer_name": "Ada", "metadata": object{"from": "link", "utm_source": "mail", "utm_term": "own"},
				"success_url": "https://shop.example/done?checkout_id=" + session["id"].(string), "allow_discount_codes": false, "embed_origin": "https://shop.example", "status": "open",
			})
			if got := at.Query().Encode(); got != "reference_id=&theme=dark&utm_source=mail&utm_term=x" {
				t.Errorf("%s goes along", got)
			}
			w.settle()
			in.wantTypes("opened", "checkout.created")
			other, _ := w.open(link, "?product_id="+monthly)
			same(t, "other product", other, object{"product_id": monthly})
			if other["id"] == session["id"] {
				t.Error("the same session twice")
			}
		})
	}
}

// What a parameter asks for in vain is passed over.
func TestLinkParameters(t *testing.T) {
	w := newWorld(t)
	ten := w.make(discountsPath, object{"name": "Ten", "type": "percentage", "duration": "once", "basis_points": 1000, "code": "TEN10"})
	used := w.make(discountsPath, object{"name": "Old", "type": "percentage", "duration": "once", "basis_points": 5000, "ends_at": "2026-11-20T12:00:01Z"})
	link := w.make(linksPath, object{"payment_processor": "stripe", "product_id": tips, "discount_id": used["id"]})
	w.advance("1m")
	for query, want := range map[string]object{
		"":                                   {"amount": 1500, "discount_id": nil},
		"?amount=2500.7&discount_code=ten10": {"amount": 2500, "discount_id": ten["id"]},
		"?amount=1&discount_code=none":       {"amount": 1500, "discount_id": nil},
		"?amount=1e300&customer_email=x&locale=!": {"amount": 1500, "customer_email": nil, "locale": "en"},
		"?product_id=" + unknownID:                {"product_id": tips},
	} {
		session, _ := w.open(link, query)
		same(t, query, session, want)
	}
	form := w.make(linksPath, object{"payment_processor": "stripe", "products": []any{workshop}})
	session, at := w.open(form, "?custom_field_data.team_size=4&custom_field_data.nothing=5")
	same(t, "custom fields", session, object{"custom_field_data": object{"team_size": 4}})
	if got := at.RawQuery; got != "custom_field_data.nothing=5" {
		t.Errorf("%s goes along", got)
	}
	session, _ = w.open(form, "?custom_field_data.team_size=many")
	same(t, "a wrong answer", session, object{"custom_field_data": object{}})
	w.send("GET", w.emu.URL("polar")+linksPath+"polar_cl_nobody/redirect", "", nil).want(404)
	w.send("GET", link["url"].(string)+"?product_id=x", "", nil).faults(schemaClass)
}

func TestLinkRules(t *testing.T) {
	w := newWorld(t)
	const stripe = "stripe"
	w.call("POST", linksPath, object{"payment_processor": stripe, "products": []any{archived, draftProduct, unknownID}}).wantFaults(businessClass,
		business("Product is archived.", "products", 0), business("Product is a draft.", "products", 1), business("Product does not exist.", "products", 2))
	w.call("POST", linksPath, object{"payment_processor": stripe, "product_id": unknownID}).wantFaults(businessClass, business("Product does not exist.", "products", 0))
	w.call("POST", linksPath, object{"payment_processor": stripe, "product_price_id": unknownID}).wantFaults(businessClass, business("Price does not exist.", "product_price_id"))
	w.call("POST", linksPath, object{"payment_processor": stripe, "products": []any{book}, "seats": 2}).wantFaults(businessClass,
		business("Seats can only be preconfigured when all products use seat-based pricing.", "seats"))
	w.call("POST", linksPath, object{"payment_processor": stripe, "products": []any{book}, "discount_id": unknownID}).wantFaults(businessClass,
		business("Discount does not exist or is not applicable to this product.", "discount_id"))
	loc := func(path ...any) []any { return append([]any{"body"}, path...) }
	missing := func(path ...any) fault { return fault{Type: "missing", Loc: loc(path...), Msg: "Field required"} }
	w.call("POST", linksPath, object{}).wantFaults(schemaClass,
		missing("CheckoutLinkCreateProductPrice", "payment_processor"), missing("CheckoutLinkCreateProductPrice", "product_price_id"),
		missing("CheckoutLinkCreateProduct", "payment_processor"), missing("CheckoutLinkCreateProduct", "product_id"),
		missing("CheckoutLinkCreateProducts", "payment_processor"), missing("CheckoutLinkCreateProducts", "products"))
}

func TestLinkUpdateListDelete(t *testing.T) {
	w := newWorld(t)
	ten := w.make(discountsPath, object{"name": "Ten", "type": "percentage", "duration": "once", "basis_points": 1000, "products": []any{monthly}})
	a := w.make(linksPath, object{"payment_processor": "stripe", "products": []any{monthly}, "label": "B", "discount_id": ten["id"], "trial_interval": "day", "trial_interval_count": 3})
	w.advance("1s")
	b := w.make(linksPath, object{"payment_processor": "stripe", "products": []any{book, yearly}, "label": "A"})
	w.advance("1s")
	c := w.make(linksPath, object{"payment_processor": "stripe", "products": []any{book}})
	same(t, "discount", a["discount"].(object), object{"id": ten["id"], "basis_points": 1000})
	w.wantIDs(linksPath, a, b, c)
	w.wantIDs(linksPath+"?sorting=-created_at&limit=2", c, b)
	w.wantIDs(linksPath+"?sorting=label", b, a, c)
	w.wantIDs(linksPath+"?product_id="+book, b, c)

	path := linksPath + a["id"].(string)
	w.call("PATCH", path, object{"products": []any{book}}).want(200) // what does not fit the discount is told when it is used
	changed := w.call("PATCH", path, object{"label": nil, "discount_id": nil, "success_url": "http://localhost:3000/done", "metadata": object{"a": 1}, "allow_discount_codes": false}).want(200)
	same(t, "changed", changed, object{"label": nil, "discount_id": nil, "discount": nil, "success_url": "http://localhost:3000/done", "metadata": object{"a": 1},
		"trial_interval": nil, "allow_discount_codes": false, "product_id": book})

	w.call("PATCH", productsPath+book, object{"is_archived": true}).want(200)
	w.call("GET", linksPath+c["id"].(string), nil).want(404)
	w.wantIDs(linksPath, b)
	same(t, "left", w.call("GET", linksPath+b["id"].(string), nil).want(200), object{"product_id": yearly})
	if got := w.call("DELETE", linksPath+b["id"].(string), nil); got.status != http.StatusNoContent {
		t.Fatalf("status = %d, body %s; want 204", got.status, got.raw)
	}
	w.call("GET", linksPath+b["id"].(string), nil).want(404)
	w.send("GET", b["url"].(string), "", nil).want(404)
}
