package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

func page(n int, items ...json.RawMessage) wire.Assembly {
	return wire.Assembly{{Name: "items", Items: items}, {Name: "page", Value: json.RawMessage(fmt.Sprint(n))}}
}

// TestAnswersAreRememberedFromTheSecondTime: and only the latest, of a middling size, of the very same parts.
func TestAnswersAreRememberedFromTheSecondTime(t *testing.T) {
	big := json.RawMessage(`"` + strings.Repeat("x", againSmallest) + `"`)
	var a again
	first := page(1, big)
	if a.body(first) != nil {
		t.Error("the first answer was remembered before it was made")
	}
	want := string(first.Encode())
	for range 2 {
		if got := a.body(page(1, big)); string(got) != want {
			t.Errorf("body = %.40q; want %.40q", got, want)
		}
	}
	if a.body(page(2, big)) != nil || a.body(page(1, big[:len(big)-1])) != nil {
		t.Error("another answer is taken for the first")
	}
	for n := range againAtMost {
		a.body(page(100+n, big))
	}
	if a.body(page(1, big)) != nil {
		t.Error("more answers are remembered than may be")
	}
	huge := json.RawMessage(`"` + strings.Repeat("x", againLargest) + `"`)
	for range 3 {
		if a.body(page(1, huge)) != nil || a.body(page(1, json.RawMessage("1"))) != nil {
			t.Error("an answer of that size is remembered")
		}
	}
}
