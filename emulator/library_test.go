package emulator_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/client"
	"go.uber.org/goleak"
)

// instances is how many emulators one test binary is to have at once.
const instances = 1000

// heapAtMost is what each of them may take, in bytes, after a session was created and paid. Measured:
// 200 KiB, nearly half of it for connections.
const heapAtMost = 384 << 10

// TestThousandInstances: a thousand emulators at once in a test binary, each with a port, a session
// and a payment; nothing is left behind.
func TestThousandInstances(t *testing.T) {
	options := goleak.IgnoreCurrent()
	before := heap()
	t.Run("at once", func(t *testing.T) {
		all := make([]*emulator.Emulator, instances)
		for i := range all {
			all[i] = emulator.Run(t, emulator.Options{Seed: uint64(i)})
		}
		ids := map[string]bool{}
		for _, emu := range all {
			id := post(t, emu.URL("tilled")+"/v1/checkout-sessions", focaccia)["id"].(string)
			emu.Must(t).Pay(id)
			ids[id] = true
		}
		for _, emu := range all {
			if page, err := emu.Sessions(t.Context(), client.SessionQuery{Status: checkout.Succeeded}); err != nil || page.Total != 1 {
				t.Fatalf("sessions = %+v, %v; want its own one", page, err)
			}
		}
		if len(ids) != instances {
			t.Errorf("%d ids; want one for each seed", len(ids))
		}
		each := (heap() - before) / instances
		t.Logf("%d KiB for each emulator", each>>10)
		if each > heapAtMost {
			t.Errorf("an emulator takes %d bytes of memory; want at most %d", each, heapAtMost)
		}
		runtime.KeepAlive(all)
	})
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(options); err != nil {
		t.Error(err)
	}
}

const focaccia = `{
	"line_items": [{"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Focaccia"}}}],
	"payment_intent_data": {"payment_method_types": ["card"]}
}`

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what pools hold is freed by the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkStart is one emulator from start to end, with one call.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		emu, err := emulator.Start(emulator.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := emu.Clock(b.Context()); err != nil {
			b.Fatal(err)
		}
		emu.Close()
	}
}

// TestInProcess: an emulator without a listener answers its own client.
func TestInProcess(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	emu, err := emulator.New(emulator.Options{PublicURL: "https://pay.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer emu.Close()
	info, err := emu.Info(t.Context())
	if err != nil || len(info.Providers) != len(emu.Providers()) {
		t.Fatalf("Info = %+v, %v; want every provider", info, err)
	}
	for _, p := range info.Providers {
		if want := fmt.Sprintf("https://pay.example/%s", p.Name); p.BaseURL != want || p.Credential != emu.Credential(p.Name) {
			t.Errorf("%+v; want %s and %s", p, want, emu.Credential(p.Name))
		}
	}
	if got := emu.Credential("stripe"); got != "" {
		t.Errorf("credential of an unknown provider = %q; want none", got)
	}
	if _, err := emu.In("..").Info(t.Context()); err == nil || !strings.Contains(err.Error(), "sandbox") {
		t.Errorf("Info in a sandbox that cannot be: %v", err)
	}
}
