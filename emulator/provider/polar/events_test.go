package polar

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
	"github.com/localcheckout/localcheckout/fixtures"
)

// bench is the dialect on a sandbox, without HTTP: for what has no wire shape yet.
type bench struct {
	t testing.TB
	p *Polar
	b *sandbox.Sandbox
}

func newBench(t testing.TB) *bench {
	t.Helper()
	made, err := New(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := made.(*Polar)
	var catalog sandbox.Catalog
	for _, res := range p.Resources() {
		objects, err := fixtures.Objects(name, res.Name)
		if err != nil || len(objects) == 0 {
			t.Fatalf("fixtures of %s: %d, %v", res.Name, len(objects), err)
		}
		for _, raw := range objects {
			id, value, err := res.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			catalog.Put(provider.Kind(p, res.Name), id, value)
		}
	}
	set := sandbox.NewSet(sandbox.Options{
		Start: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Catalog: catalog, Dialects: map[string]sandbox.Dialect{name: p.Dialect()},
	})
	t.Cleanup(set.Close)
	b, err := set.Sandbox("")
	if err != nil {
		t.Fatal(err)
	}
	b.Freeze()
	return &bench{t, p, b}
}

func (k *bench) create(body string) checkout.Session {
	k.t.Helper()
	tree, err := wire.Parse([]byte(body))
	if err != nil {
		k.t.Fatal(err)
	}
	var in createBody
	if err := wire.Bind(tree, &in); err != nil {
		k.t.Fatal(err)
	}
	rec, err := k.b.Create(name, func(tx *sandbox.Tx) (checkout.Session, error) { return k.p.draft(tx, &in, "CheckoutProductCreate") })
	if err != nil {
		k.t.Fatal(err)
	}
	return rec.Session
}

func (k *bench) do(s checkout.Session, cmd checkout.Command) checkout.Session {
	k.t.Helper()
	rec, _, err := k.b.Do(s.ID, cmd)
	if err != nil {
		k.t.Fatal(err)
	}
	return rec.Session
}

// all returns the objects of a kind.
func all[T any](k *bench, kind string) (out []T) {
	k.b.View(func(tx *sandbox.Tx) {
		for _, v := range tx.All(kind) {
			out = append(out, v.(T))
		}
	})
	return out
}

// idOf returns the id of a product of the catalog by name.
func (k *bench) idOf(title string) string {
	k.t.Helper()
	for _, pr := range all[*product](k, kindProduct) {
		if pr.Name == title {
			return pr.ID
		}
	}
	k.t.Fatalf("no product %s", title)
	return ""
}

func TestWhatSuccessMakes(t *testing.T) {
	for _, tt := range []struct {
		product       string
		reason        string
		subscriptions int
		status        string
	}{
		{"The Sourdough Field Guide", "purchase", 0, ""},
		{"Dough Calculator Pro, monthly", "subscription_create", 1, "active"},
		{"Studio, monthly", "subscription_create", 1, "trialing"},
		{"Starter Care Sheet", "purchase", 0, ""},
	} {
		t.Run(tt.product, func(t *testing.T) {
			k := newBench(t)
			s := k.create(`{"product_id":"` + k.idOf(tt.product) + `","metadata":{"a":1},"customer_email":"ada@example.com"}`)
			s = k.do(s, checkout.Confirm{})
			if n := len(all[*order](k, kindOrder)); n != 0 {
				t.Errorf("%d orders before the payment has succeeded", n)
			}
			s = k.do(s, checkout.Settle{})
			orders, subs := all[*order](k, kindOrder), all[*subscription](k, kindSubscription)
			if len(orders) != 1 || len(subs) != tt.subscriptions {
				t.Fatalf("%d orders, %d subscriptions; want 1, %d", len(orders), len(subs), tt.subscriptions)
			}
			o := orders[0]
			total := s.Amount
			if tt.status == "trialing" { // OrderService.create_trial_order: a trial costs nothing
				total = 0
			}
			if o.BillingReason != tt.reason || o.CheckoutID != s.ID || o.CustomerID != s.Customer.ID || o.Amounts.Total != total {
				t.Errorf("order = %+v", o)
			}
			if diff := cmp.Diff(map[string]any{"a": json.Number("1")}, o.Metadata); diff != "" {
				t.Errorf("metadata of the order:\n%s", diff)
			}
			if tt.subscriptions == 1 && (subs[0].Status != tt.status || o.SubscriptionID != subs[0].ID || subs[0].CheckoutID != s.ID) {
				t.Errorf("subscription = %+v", subs[0])
			}
			if d := detailOf(&s); d.Processor[processorStatus] != intentSucceeded || d.SubscriptionID != "" {
				t.Errorf("session = %+v", d)
			}
		})
	}
}

func TestUpgrade(t *testing.T) {
	k := newBench(t)
	free := k.do(k.create(`{"product_id":"`+k.idOf("Members' Kitchen")+`","customer_email":"ada@example.com"}`), checkout.Pay{})
	sub := all[*subscription](k, kindSubscription)[0]
	paid := k.create(`{"product_id":"` + k.idOf("Dough Calculator Pro, monthly") + `","subscription_id":"` + sub.ID + `"}`)
	if paid.Customer != free.Customer {
		t.Errorf("customer = %+v; want the subscription's, %+v", paid.Customer, free.Customer)
	}
	k.do(paid, checkout.Pay{})
	subs, orders := all[*subscription](k, kindSubscription), all[*order](k, kindOrder)
	if len(subs) != 1 || subs[0].Amount != 1200 || subs[0].CheckoutID != paid.ID || orders[1].BillingReason != "subscription_update" {
		t.Errorf("subscriptions = %+v, second order = %+v", subs, orders[1])
	}
	in := createBody{ProductID: k.idOf("Dough Calculator Pro, yearly"), SubscriptionID: &sub.ID}
	_, err := k.b.Create(name, func(tx *sandbox.Tx) (checkout.Session, error) { return k.p.draft(tx, &in, "CheckoutProductCreate") })
	if err == nil || err.Error() != "Only free subscriptions can be upgraded." {
		t.Errorf("upgrading a paid subscription: %v", err)
	}
}

func TestTokensHaveAChecksum(t *testing.T) {
	k := newBench(t)
	k.b.View(func(tx *sandbox.Tx) {
		if a, b := newToken(tx, "polar_c_"), newToken(tx, "polar_c_"); a == b || len(a) != 51 {
			t.Errorf("tokens = %s, %s", a, b)
		}
	})
}

// TestWhatSuccessMakesIsKept: a snapshot holds orders, subscriptions and customers whole.
func TestWhatSuccessMakesIsKept(t *testing.T) {
	k := newBench(t)
	for _, title := range []string{"The Sourdough Field Guide", "Dough Calculator Pro, monthly", "Studio, monthly"} {
		k.do(k.create(`{"product_id":"`+k.idOf(title)+`","metadata":{"a":1.50},"customer_email":"`+k.idOf(title)+`@example.com"}`), checkout.Pay{})
	}
	for _, kind := range []string{kindOrder, kindSubscription, kindCustomer} {
		for _, v := range all[any](k, kind) {
			codec := k.p.Dialect().Kinds[kind]
			raw, err := codec.Append(nil, v)
			if err != nil {
				t.Fatal(err)
			}
			back, _, err := codec.Take(string(raw))
			if err != nil {
				t.Fatalf("%s: %v", raw, err)
			}
			if diff := cmp.Diff(v, back, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
				t.Errorf("%s (-kept +read):\n%s", kind, diff)
			}
		}
	}
}
