package ids

import (
	"fmt"
	"regexp"
	"testing"
)

func TestSameInputsSameIDs(t *testing.T) {
	a, b := NewSource(7, "w1"), NewSource(7, "w1")
	if a.UUID("session", 3) != b.UUID("session", 3) || a.Token("secret", 1, Base62, 37) != b.Token("secret", 1, Base62, 37) {
		t.Error("the same seed, sandbox, kind and number gave two different ids")
	}
}

func TestIDsAreUniqueAcrossSeedsSandboxesKindsAndNumbers(t *testing.T) {
	seen := map[string]string{}
	for _, seed := range []uint64{1, 2} {
		for _, sandbox := range []string{"default", "w1", "w2"} {
			s := NewSource(seed, sandbox)
			for _, kind := range []string{"session", "customer"} {
				for n := range uint64(500) {
					where := fmt.Sprint(seed, sandbox, kind, n)
					for _, id := range []string{s.UUID(kind, n), s.Token(kind, n, LowerBase, 21)} {
						if other, taken := seen[id]; taken {
							t.Fatalf("%s is the id of %s and of %s", id, other, where)
						}
						seen[id] = where
					}
				}
			}
		}
	}
}

func TestUUIDIsVersion4(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	s := NewSource(1, "default")
	for n := range uint64(200) {
		if id := s.UUID("x", n); !form.MatchString(id) {
			t.Fatalf("UUID(%d) = %q; want a version 4 UUID", n, id)
		}
	}
}
