package emulator_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// TestCatalogsFitTheirDocuments: what is built in is what users may write themselves.
func TestCatalogsFitTheirDocuments(t *testing.T) {
	f, err := emulator.Run(t).Fixtures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, provider := range emulator.ProviderNames() {
		if len(f[provider]) == 0 {
			t.Errorf("%s has no catalog", provider)
		}
	}
	if err := emulator.CheckFixtures(f); err != nil {
		t.Error(err)
	}
}

// TestCheckFixtures: the document judges each member that is there, the dialect the whole.
func TestCheckFixtures(t *testing.T) {
	f := client.Fixtures{"bias": {"customers": {
		json.RawMessage(`{"object":"customer","id":"cus_1","email":7,"name":[],"metadata":{"a":1}}`),
		json.RawMessage(`{"object":"customer","id":"cus_2","nickname":"x"}`),
		json.RawMessage(`{"object":"customer","id":"cus_3"}`),
		json.RawMessage(`{"object":"customer","id":"prod_3"}`),
		json.RawMessage(`{"object":`),
	}, "customer": nil}, "nobody": nil}
	var got []string
	for _, one := range emulator.CheckFixtures(f).(interface{ Unwrap() []error }).Unwrap() {
		var fault *emulator.FixtureFault
		if !errors.As(one, &fault) {
			t.Fatalf("%v is no FixtureFault", one)
		}
		got = append(got, one.Error())
	}
	for i, want := range []string{
		`bias: there is no resource "customer"; did you mean "customers"?`,
		"bias.customers, object 0: email: value must be a string", "bias.customers, object 0: metadata.a: value must be a string", "bias.customers, object 0: name: value must be a string",
		`bias.customers, object 1: customer: `, `bias.customers, object 3: customer: id is "prod_3"`, "bias.customers, object 4: ", "there is no provider \"nobody\"",
	} {
		if i >= len(got) || !strings.HasPrefix(got[i], want) {
			t.Errorf("fault %d of %q; want %q", i, got, want)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d faults: %q; want 8", len(got), got)
	}
}

// TestSetFixtures: other fixtures reach the sandboxes that are there and those to come, also behind a
// reset; what a sandbox did to the rest stays; a fault changes nothing.
func TestSetFixtures(t *testing.T) {
	customer := func(id, email string) json.RawMessage {
		return json.RawMessage(`{"object":"customer","id":"` + id + `","email":"` + email + `"}`)
	}
	of := func(all ...json.RawMessage) client.Fixtures { return client.Fixtures{"bias": {"customers": all}} }
	emu := emulator.Run(t, emulator.Options{Fixtures: of(customer("cus_1", "one"), customer("cus_2", "two"))})
	emails := func(c *client.Client) (out []string) {
		t.Helper()
		f, err := c.Fixtures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range f["bias"]["customers"] {
			var c struct{ Email *string }
			if err := json.Unmarshal(raw, &c); err != nil {
				t.Fatal(err)
			}
			if c.Email != nil && !strings.Contains(*c.Email, "@") {
				out = append(out, *c.Email)
			}
		}
		return out
	}
	expect := func(what string, c *client.Client, want ...string) {
		t.Helper()
		if got := emails(c); !slices.Equal(got, want) {
			t.Errorf("%s: %v; want %v", what, got, want)
		}
	}
	used, own := emu.Client.In("used"), emu.Client.In("own")
	expect("at first", used, "one", "two")
	if _, err := emu.CreateSandbox(t.Context(), client.SandboxDraft{Name: "own", Fixtures: of(customer("cus_own", "mine"))}); err != nil {
		t.Fatal(err)
	}
	if _, err := used.AddFixtures(t.Context(), of(customer("cus_2", "changed here"), customer("cus_3", "made here"))); err != nil {
		t.Fatal(err)
	}
	if n, err := emu.SetFixtures(of(customer("cus_2", "two"), customer("cus_4", "four"))); n != 2 || err != nil {
		t.Errorf("SetFixtures = %d, %v; want 2", n, err)
	}
	expect("a sandbox that was used", used, "changed here", "made here", "four")
	expect("one with fixtures of its own", own, "two", "mine", "four")
	expect("one to come", emu.Client.In("later"), "two", "four")
	if _, err := emu.SetFixtures(of(customer("cus_5", "five"), json.RawMessage(`{}`))); err == nil {
		t.Error("a fault was taken")
	}
	expect("after a fault", emu.Client.In("later"), "two", "four")
	if err := errors.Join(used.Reset(t.Context()), own.Reset(t.Context())); err != nil {
		t.Fatal(err)
	}
	expect("reset", used, "two", "four")
	expect("reset, with its own", own, "two", "mine", "four")
	if n, err := emu.SetFixtures(of(customer("cus_aB4DEXqbFGOlpEOxwp0Fx1", "instead")), "bias.customers"); n != 6 || err != nil {
		t.Errorf("SetFixtures = %d, %v; want 6: four built-in ones, one of them replaced, and two", n, err)
	}
	expect("alone", used, "instead")
	if _, err := emu.SetFixtures(nil); err != nil {
		t.Error(err)
	}
	if f, err := used.Fixtures(t.Context()); err != nil || len(f["bias"]["customers"]) != 4 {
		t.Errorf("customers = %s, %v; want the built-in ones", f["bias"]["customers"], err)
	}
}
