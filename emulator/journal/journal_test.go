package journal

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// No value that looks like a card number is kept, however it was sent.
func TestCardNumbersAreNotKept(t *testing.T) {
	j := New(0)
	sent := map[string]any{"card": []any{"4242 4242 4242 4242", json.Number("4111111111111111"), "4000-0566-5566-5556"}, "zip": "12345", "name": "Ada"}
	violations := []checkout.Violation{{Value: sent}, {Value: "4242424242424242"}, {Value: "2026-11-21"}}
	j.Add(Entry{Violations: violations})
	want := []any{map[string]any{"card": []any{Redacted, Redacted, Redacted}, "zip": "12345", "name": "Ada"}, Redacted, "2026-11-21"}
	for i, v := range j.Since(0)[0].Violations {
		if diff := cmp.Diff(want[i], v.Value); diff != "" {
			t.Error(diff)
		}
	}
	if violations[1].Value == Redacted {
		t.Error("the caller's violations were changed")
	}
}

func TestKeepsTheLatestInOrder(t *testing.T) {
	j := New(3)
	for range 5 {
		j.Add(Entry{})
	}
	for since, want := range map[uint64][]uint64{0: {3, 4, 5}, 3: {4, 5}, 5: nil, 9: nil} {
		got := j.Since(since)
		if len(got) != len(want) {
			t.Errorf("Since(%d) has %d entries; want %v", since, len(got), want)
			continue
		}
		for i := range want {
			if got[i].N != want[i] {
				t.Errorf("Since(%d)[%d] is number %d; want %d", since, i, got[i].N, want[i])
			}
		}
	}
	j.Reset()
	if got := j.Since(0); len(got) != 0 {
		t.Errorf("after a reset there are %v", got)
	}
}
