package hosted_test

import (
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
)

var update = flag.Bool("update", false, "rewrite the golden pages")

// workshop asks for custom fields of every kind.
const workshop = "Bakery Team Workshop"

// states are the states of the page, each with how a session gets there. The page comes from the
// answer of the last step.
var states = map[string]func(w *world) page{
	"form-polar":     func(w *world) page { return w.opened("polar") },
	"form-tilled":    func(w *world) page { return w.opened("tilled") },
	"form-leanrails": func(w *world) page { return w.opened("leanrails", body{"billing_address_collection": "required"}) },
	"form-bias":      func(w *world) page { return w.opened("bias", body{"submit_label": "donate"}) },
	"form-setup": func(w *world) page {
		return w.opened("bias", body{"mode": "setup", "line_items": nil})
	},
	"form-fields": func(w *world) page {
		return w.opened("polar", body{
			"products": []string{productID(w.t, workshop), "b3f3c9b1-1168-47b6-b178-2af9b468bad7"}, "require_billing_address": true,
			"is_business_customer": true, "customer_billing_address": body{"country": "US", "state": "NY"},
		})
	},
	"form-trial": func(w *world) page {
		return w.opened("polar", body{"products": []string{productID(w.t, "Studio, monthly")}})
	},
	"form-free": func(w *world) page {
		return w.opened("polar", body{"products": []string{productID(w.t, "Starter Care Sheet")}})
	},
	"form-own-sum": func(w *world) page { return w.opened("polar", body{"products": []string{productID(w.t, "Tip Jar")}}) },
	"form-embedded": func(w *world) page {
		return w.then("polar", "?embed=true&theme=dark", body{"embed_origin": "http://localhost:3000"})
	},
	"discount-unknown": func(w *world) page {
		_, path := w.create("polar")
		return w.press(path, "save", url.Values{"discount_code": {"NOBODY"}})
	},
	"declined": func(w *world) page {
		_, path := w.create("leanrails")
		return w.press(path, "pay", with("leanrails", "pm_card_declined"))
	},
	"declined-again": func(w *world) page {
		_, path := w.create("leanrails")
		w.press(path, "pay", with("leanrails", "pm_card_declined"))
		return w.get(path)
	},
	"faults": func(w *world) page {
		_, path := w.create("polar", body{"products": []string{productID(w.t, workshop)}})
		return w.press(path, "pay", url.Values{"customer_email": {"ada"}, "customer_billing_address.country": {"US"}, "card_number": {realCard}})
	},
	"challenge": func(w *world) page {
		_, path := w.create("polar")
		return w.get(w.press(path, "challenge", nil).location)
	},
	"in-flight": func(w *world) page {
		_, path := w.create("polar")
		return w.get(w.press(path, "pending-paid", nil).location)
	},
	"canceled": func(w *world) page {
		_, path := w.create("bias")
		return w.press(path, "cancel", nil)
	},
	"receipt": func(w *world) page {
		_, path := w.create("bias")
		return w.get(w.press(path, "paid", nil).location)
	},
	"paid": func(w *world) page {
		_, path := w.create("tilled")
		w.press(path, "paid", nil)
		return w.get(path)
	},
	"done": func(w *world) page {
		_, path := w.create("polar", body{"embed_origin": "http://localhost:3000"})
		return w.get(w.post(path+"?embed=true", w.get(path).ticket(), "paid", nil).location)
	},
	"failed": func(w *world) page {
		s, path := w.create("tilled")
		w.emu.Must(w.t).Confirm(s.ID)
		w.press(path, "fail-in-flight", nil)
		return w.get(path)
	},
	"expired": func(w *world) page {
		s, path := w.create("polar")
		w.emu.Must(w.t).Expire(s.ID)
		return w.get(path)
	},
	"unknown": func(w *world) page { return w.get("/checkout/polar_c_nobody") },
	"stale": func(w *world) page {
		_, path := w.create("polar")
		return w.post(path, "AAAA", "pay", nil)
	},
}

func (w *world) opened(provider string, further ...body) page {
	return w.then(provider, "", further...)
}

func (w *world) then(provider, query string, further ...body) page {
	_, path := w.create(provider, further...)
	return w.get(path + query)
}

// productID finds a product of the catalog by its name.
func productID(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile("../../fixtures/polar/products.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct{ ID, Name string }
	mustJSON(t, string(raw), &all)
	for _, one := range all {
		if one.Name == name {
			return one.ID
		}
	}
	t.Fatalf("the catalog has no %q", name)
	return ""
}

// changing is what differs from run to run, or with each change of style or script.
var changing = regexp.MustCompile(`(name="ticket" value=")[^"]+|(/_assets/checkout/page)\.[0-9a-f]+`)

// TestStates compares every state of the page with a golden one. They are reviewed by eye, and looked
// at as pictures with testdata/clients/page/screenshots.mjs.
func TestStates(t *testing.T) {
	for name, reach := range states {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, emulator.Options{Seed: 7, Start: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)})
			got := changing.ReplaceAllString(reach(w).text, "$1$2")
			file := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v; go test ./emulator/hosted -update writes it", err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
		})
	}
}
