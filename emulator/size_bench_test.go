package emulator

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// BenchmarkSizes measures whole operations, from the request to the encoded answer, in sandboxes of
// different sizes: what a get and a page of a list cost must not depend on how many sessions there
// are. A short run goes without the largest.
func BenchmarkSizes(b *testing.B) {
	sizes := []int{1_000, 100_000, 1_000_000}
	if testing.Short() {
		sizes = sizes[:2]
	}
	for _, size := range sizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) { s := newSized(b, size); s.measure(b) })
	}
}

func (s *sized) measure(b *testing.B) {
	for _, one := range []struct{ name, path string }{
		{"get", "/polar/v1/checkouts/" + s.last},
		{"list", "/polar/v1/checkouts/?limit=10"},
		{"list deep", "/polar/v1/checkouts/?limit=10&page=90"},
		{"list by product", "/polar/v1/checkouts/?limit=10&product_id=" + s.product},
		{"list by two", "/polar/v1/checkouts/?limit=10&status=open&product_id=" + s.product},
		{"list by text", "/polar/v1/checkouts/?limit=10&query=ada"},
	} {
		b.Run(one.name, func(b *testing.B) {
			for b.Loop() {
				s.do(b, http.MethodGet, one.path, nil)
			}
		})
	}
}

// sized is an emulator whose default sandbox holds many sessions of Polar.
type sized struct {
	*bench
	product, last string
}

// newSized makes one session through the API and the others after it, which is quicker.
func newSized(b *testing.B, size int) *sized {
	s := &sized{bench: newBench(b, http.Header{"Authorization": {"Bearer polar_oat_bench"}})}
	var catalog struct {
		Polar struct{ Products []struct{ ID string } }
	}
	s.decode(b, s.do(b, http.MethodGet, "/_control/fixtures", nil), &catalog)
	s.product = catalog.Polar.Products[0].ID
	var made struct{ ID string }
	s.decode(b, s.do(b, http.MethodPost, "/polar/v1/checkouts/", fmt.Appendf(nil, `{"products":[%q],"customer_email":"ada@example.com"}`, s.product)), &made)
	box, err := s.emu.sandboxes.Sandbox("")
	if err != nil {
		b.Fatal(err)
	}
	first, err := box.Find(made.ID)
	if err != nil {
		b.Fatal(err)
	}
	for n := range size - 1 {
		rec, err := box.Create("polar", func(tx *sandbox.Tx) (checkout.Session, error) {
			next := first.Session
			next.ID, next.ClientSecret = tx.UUID("bench"), tx.Token("bench", "abcdefgh", 40)
			return next, nil
		})
		if err == nil && n%3 == 0 {
			_, _, err = box.Do(rec.Session.ID, checkout.Expire{})
		}
		if err != nil {
			b.Fatal(err)
		}
		s.last = rec.Session.ID
	}
	runtime.GC() // what filling left behind is not measured
	return s
}
