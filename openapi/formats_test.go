package openapi

import (
	"math/rand/v2"
	"net/mail"
	"testing"
)

// TestPlainEmailsAreEmails holds the quick way for addresses against net/mail.
func TestPlainEmailsAreEmails(t *testing.T) {
	const letters = "aZ9-_..@@+ "
	r := rand.New(rand.NewPCG(1, 1))
	plain := 0
	for range 200_000 {
		text := make([]byte, r.IntN(9)+1)
		for i := range text {
			text[i] = letters[r.IntN(len(letters))]
		}
		if s := string(text); plainEmail(s) {
			plain++
			if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
				t.Fatalf("%q is taken for an address; net/mail: %v, %v", s, a, err)
			}
		}
	}
	if plain < 100 {
		t.Errorf("only %d were plain", plain)
	}
	for s, want := range map[string]bool{"ada.l_o-v@mail.example.com": true, "a@b": false, "a@@b.c": false, ".a@b.c": false, "a@b.c.": false, "a+x@b.c": false, "": false, "ä@b.c": false} {
		if plainEmail(s) != want {
			t.Errorf("plainEmail(%q) = %t", s, !want)
		}
	}
}
