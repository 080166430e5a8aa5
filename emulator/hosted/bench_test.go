package hosted_test

import (
	"net/http"
	"testing"
)

// BenchmarkPayment is the emulator's part of a scripted payment, over HTTP: a session is made, its page
// shown and the form taken.
func BenchmarkPayment(b *testing.B) {
	w := newWorld(b)
	for b.Loop() {
		_, path := w.create("tilled")
		if p := w.press(path, "paid", nil); p.status != http.StatusSeeOther {
			b.Fatal(p.status, p.text)
		}
	}
}
