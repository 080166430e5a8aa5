package polar

import (
	"testing"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

func BenchmarkRender(b *testing.B) {
	k := newBench(b)
	s := k.create(`{"product_id":"` + k.idOf("The Sourdough Field Guide") + `","customer_email":"ada@example.com"}`)
	for b.Loop() {
		o := k.p.objectsOf(k.b, detailOf(&s))
		k.p.private(&s, o, "http://localhost:4747").Encode()
	}
}

func BenchmarkDraft(b *testing.B) {
	k := newBench(b)
	in := createBody{Products: []string{k.idOf("The Sourdough Field Guide")}}
	for b.Loop() {
		if _, err := k.b.Create(name, func(tx *sandbox.Tx) (checkout.Session, error) { return k.p.draft(tx, &in, "CheckoutProductsCreate") }); err != nil {
			b.Fatal(err)
		}
	}
}
