package journal

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// No value that looks like a card number or a live key is kept, however it was sent.
func TestCardNumbersAndLiveKeysAreNotKept(t *testing.T) {
	j := New(0, 0)
	sent := map[string]any{"card": []any{"4242 4242 4242 4242", json.Number("4111111111111111"), "4000-0566-5566-5556"}, "zip": "12345", "name": "Ada", "key": "sk_live_1"}
	violations := []checkout.Violation{{Value: sent}, {Value: "4242424242424242"}, {Value: "2026-11-21"}}
	j.Add(Entry{Violations: violations})
	want := []any{map[string]any{"card": []any{Redacted, Redacted, Redacted}, "zip": "12345", "name": "Ada", "key": Redacted}, Redacted, "2026-11-21"}
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
	j := New(3, 0)
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

// Whatever was refused, an entry stays small.
func TestFaultsAreKeptInExcerpts(t *testing.T) {
	var deep any = "x"
	for range 10_000 {
		deep = map[string]any{"a": deep}
	}
	wide := make([]any, 10_000)
	j := New(0, 0)
	j.Add(Entry{Violations: slices.Repeat([]checkout.Violation{{Value: deep}, {Value: wide}, {Value: strings.Repeat("é", 10_000)}}, 1000)})
	got := j.Since(0)[0].Violations
	encoded, err := json.Marshal(got)
	if err != nil || len(got) != violationsAtMost || len(encoded) > 200*violationsAtMost*5 {
		t.Errorf("%d faults take %d bytes, %v", len(got), len(encoded), err)
	}
	for i, want := range []string{Cut, Cut, Cut} {
		if one, _ := json.Marshal(got[i].Value); !strings.Contains(string(one), want) {
			t.Errorf("fault %d does not say that it was cut: %.100s", i, one)
		}
	}
}
