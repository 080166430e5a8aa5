package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

func compile(t *testing.T, text string) Rule {
	t.Helper()
	tree, err := wire.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	r, err := Compile(tree, Vocabulary{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}

// never is a draw that no chance below 1 meets.
func never(string, uint64) float64 { return 0.999 }

func TestEffects(t *testing.T) {
	for _, tt := range []struct {
		effect, header string
		want           Effect
		phase          Phase
	}{
		{`{"status":500}`, "status=500", Effect{Act: Status{HTTP: 500}}, Before},
		{`{"status":402,"code":"declined"}`, "status=402; code=declined", Effect{Act: Status{402, "declined"}}, Before},
		{`{"code":"declined"}`, "code=declined", Effect{Act: Status{Word: "declined"}}, Before},
		{`{"status":503,"delay":"2s"}`, "status=503;delay=2s", Effect{2 * time.Second, Status{HTTP: 503}}, Before},
		{`{"delay":"PT1M0.5S"}`, " Delay = PT1M0.5S ;", Effect{Delay: time.Minute + 500*time.Millisecond}, Before},
		{`{"rate_limit":true}`, "rate_limit", Effect{Act: RateLimit{}}, Before},
		{`{"rate_limit":{"limit":100,"reset":"30s"}}`, "rate_limit=100/30s", Effect{Act: RateLimit{100, 30 * time.Second}}, Before},
		{`{"hang":true}`, "hang", Effect{Act: Hang{}}, Before},
		{`{"reset":true}`, "reset=true", Effect{Act: Reset{}}, Before},
		{`{"empty":true}`, "empty", Effect{Act: Empty{}}, Before},
		{`{"garbage":true}`, "garbage", Effect{Act: Garbage{}}, Before},
		{`{"truncate":20}`, "truncate=20", Effect{Act: Truncate{20}}, After},
		{`{"drip":{"chunk":5,"every":"50ms"}}`, "drip=5/50ms", Effect{Act: Drip{5, 50 * time.Millisecond}}, After},
		{`{"drip":true}`, "drip", Effect{Act: Drip{10, 100 * time.Millisecond}}, After},
	} {
		r := compile(t, `{"effect":`+tt.effect+`}`)
		if diff := cmp.Diff(tt.want, r.Effect); diff != "" || r.Phase != tt.phase {
			t.Errorf("%s is %s %v:\n%s", tt.effect, r.Phase, r.Effect, diff)
		}
		s, err := FromHeader(tt.header, Vocabulary{})
		if diff := cmp.Diff(tt.want, s.Effect); err != nil || diff != "" || s.Phase != tt.phase || s.By != "header:"+strings.TrimSpace(tt.header) {
			t.Errorf("%q is %v, %v:\n%s", tt.header, s, err, diff)
		}
	}
	if s, err := FromHeader("phase=after; reset", Vocabulary{}); err != nil || s.Phase != After {
		t.Errorf("phase=after: %v, %v", s, err)
	}
}

func TestRefusals(t *testing.T) {
	known := Vocabulary{Codes: func() []string { return []string{"declined", "insufficient_funds"} }, Whose: "tilled"}
	for text, want := range map[string]string{
		`5`:                                     "a fault is an object",
		`{"efect":{}}`:                          `there is no word "efect"; did you mean "effect"?`,
		`{}`:                                    "an effect is an object with one of status, code, delay",
		`{"effect":{}}`:                         "an effect is an object",
		`{"effect":{"stauts":500}}`:             `there is no effect "stauts"; did you mean "status"?`,
		`{"effect":{"explode":true}}`:           `there is no effect "explode"; there are status`,
		`{"effect":{"status":200}}`:             "not the status of an error",
		`{"effect":{"status":"500"}}`:           "not the status of an error",
		`{"effect":{"status":500.5}}`:           "not the status of an error",
		`{"effect":{"hang":false}}`:             "hang takes true",
		`{"effect":{"hang":true,"reset":true}}`: "not both",
		`{"effect":{"hang":true,"code":"declined"}}`:           "code goes with status",
		`{"effect":{"status":402,"code":"insuficient_funds"}}`: `there is no tilled code "insuficient_funds"; did you mean "insufficient_funds"?`,
		`{"effect":{"delay":"soon"}}`:                          `"soon" is not a duration`,
		`{"effect":{"delay":"-1s"}}`:                           "is not a duration",
		`{"effect":{"delay":"1h"}}`:                            "at most 10m0s",
		`{"effect":{"delay":5}}`:                               "5 is not a duration",
		`{"effect":{"truncate":-1}}`:                           "not a whole number from 0",
		`{"effect":{"truncate":1e400}}`:                        "not a whole number",
		`{"effect":{"drip":{"chunck":1}}}`:                     `there is no member of drip "chunck"; did you mean "chunk"?`,
		`{"effect":{"drip":{"chunk":0}}}`:                      "from 1",
		`{"effect":{"drip":false}}`:                            "drip takes true",
		`{"effect":{"rate_limit":{"limits":1}}}`:               `did you mean "limit"?`,
		`{"effect":{"rate_limit":5}}`:                          "rate_limit takes true",
		`{"effect":{"reset":true},"phase":"during"}`:           `there is no phase "during"; there are before, after`,
		`{"effect":{"truncate":5},"phase":"before"}`:           "its phase is after",
		`{"effect":{"reset":true},"times":0}`:                  "not a whole number from 1",
		`{"effect":{"reset":true},"every":"3"}`:                "not a whole number from 1",
		`{"effect":{"reset":true},"chance":1.5}`:               "not a chance from 0 to 1",
		`{"effect":{"reset":true},"chance":"often"}`:           "not a chance from 0 to 1",
		`{"effect":{"reset":true},"match":{"operaton":"x"}}`:   `did you mean "operation"?`,
	} {
		tree, err := wire.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Compile(tree, known)
		var e *checkout.Error
		if !errors.As(err, &e) || e.Code != checkout.CodeRefused || !strings.Contains(e.Message, want) {
			t.Errorf("Compile(%s) = %v; want %q", text, err, want)
		}
	}
}

func TestUnusableHeaders(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "an effect is an object",
		"statsu=500":               `there is no word "statsu"; did you mean "status"?`,
		"status=often":             "write status=500",
		"status=500; status=501":   "status stands twice",
		"status=500; hang":         "not both",
		"delay=soon":               "not a duration",
		"phase=after":              "an effect is an object",
		"reset; phase=x":           `there is no phase "x"`,
		"hang=no":                  "write hang",
		strings.Repeat("x", 501):   "over 500 bytes",
		"drip=x":                   "write drip",
		"rate_limit=x/1s":          "write rate_limit",
		"truncate=1; phase=before": "its phase is after",
	} {
		_, err := FromHeader(text, Vocabulary{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "truncate=20") {
			t.Errorf("FromHeader(%q) = %v; want %q and the words there are", text, err, want)
		}
	}
}

func decisions(s *Set, v *match.View, n int) []string {
	var out []string
	for range n {
		strike, ok := s.Decide(v)
		if !ok {
			strike.By = "-"
		}
		out = append(out, strike.By)
	}
	return out
}

func TestTheOldestFaultThatStrikesDecides(t *testing.T) {
	s := NewSet(never)
	if s.Armed() {
		t.Error("an empty set is armed")
	}
	for _, text := range []string{
		`{"match":{"method":"POST"},"effect":{"status":500},"times":2}`,
		`{"match":{"provider":"polar"},"effect":{"status":501},"every":3}`,
		`{"effect":{"reset":true},"times":1,"chance":0.5}`,
		`{"match":{"method":"DELETE"},"effect":{"reset":true}}`,
	} {
		if _, err := s.Arm(compile(t, text)); err != nil {
			t.Fatal(err)
		}
	}
	post := &match.View{Provider: "polar", Method: "POST"}
	want := []string{"fault:fault_1", "fault:fault_1", "-", "-", "fault:fault_2", "-", "-", "fault:fault_2", "-"}
	if diff := cmp.Diff(want, decisions(s, post, len(want))); diff != "" {
		t.Error(diff)
	}
	one, err := s.Find("fault_1")
	if left, bound := one.Left(); err != nil || one.Hits != 2 || left != 0 || !bound {
		t.Errorf("fault_1 = %+v, %v; left %d, %v", one, err, left, bound)
	}
	two, _ := s.Find("fault_2")
	if _, bound := two.Left(); two.Hits != 2 || two.Seen != 7 || bound {
		t.Errorf("fault_2 = %+v", two)
	}
}

func TestDropAndClear(t *testing.T) {
	s := NewSet(never)
	for range 3 {
		_, _ = s.Arm(compile(t, `{"effect":{"reset":true}}`))
	}
	if err := s.Drop("fault_2"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"fault_2", "fault_9", "x"} {
		var e *checkout.Error
		if err := s.Drop(id); !errors.As(err, &e) || e.Code != checkout.CodeNotFound {
			t.Errorf("Drop(%s) = %v; want not found", id, err)
		}
		if _, err := s.Find(id); err == nil {
			t.Errorf("Find(%s) found it", id)
		}
	}
	ids := func() (out []string) {
		for _, f := range s.All() {
			out = append(out, f.ID)
		}
		return out
	}
	if got := ids(); !slices.Equal(got, []string{"fault_1", "fault_3"}) {
		t.Errorf("after a drop there are %v", got)
	}
	s.Clear()
	if f, _ := s.Arm(compile(t, `{"effect":{"reset":true}}`)); f.ID != "fault_4" || len(s.All()) != 1 {
		t.Errorf("after Clear the next is %s of %v; want fault_4 alone", f.ID, ids())
	}
	s.Reset()
	if s.Armed() {
		t.Error("armed after Reset")
	}
	if f, _ := s.Arm(compile(t, `{"effect":{"reset":true}}`)); f.ID != "fault_1" {
		t.Errorf("after Reset the next is %s; want fault_1", f.ID)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	s := NewSet(never)
	r := compile(t, `{"effect":{"reset":true}}`)
	for range rulesAtMost {
		if _, err := s.Arm(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Arm(r); err == nil {
		t.Error("one more than the bound was taken")
	}
}

func TestChanceIsDrawnForEachMatch(t *testing.T) {
	var drawn []string
	s := NewSet(func(id string, n uint64) float64 {
		drawn = append(drawn, fmt.Sprint(id, n))
		return float64(n%2) / 2 // 0.5, 0, 0.5, 0
	})
	_, _ = s.Arm(compile(t, `{"effect":{"reset":true},"chance":0.5}`))
	if got := decisions(s, &match.View{}, 4); !slices.Equal(got, []string{"-", "fault:fault_1", "-", "fault:fault_1"}) {
		t.Errorf("decisions = %v", got)
	}
	if want := []string{"fault_11", "fault_12", "fault_13", "fault_14"}; !slices.Equal(drawn, want) {
		t.Errorf("drew %v; want %v", drawn, want)
	}
}

func TestStateGoesThroughJSON(t *testing.T) {
	s := NewSet(never)
	for _, text := range []string{
		`{"match":{"body":{"/a":{"contains":"x"}}},"effect":{"status":402,"code":"declined"},"phase":"after","times":2}`,
		`{"effect":{"drip":{"chunk":3}},"every":2,"chance":0.5}`,
		`{"effect":{"hang":true}}`,
	} {
		_, _ = s.Arm(compile(t, text))
	}
	_ = s.Drop("fault_3")
	hit := &match.View{Body: map[string]any{"a": "xy"}}
	decisions(s, hit, 1)
	before, err := json.Marshal(s.State())
	if err != nil {
		t.Fatal(err)
	}
	var st State
	if err := json.Unmarshal(before, &st); err != nil {
		t.Fatal(err)
	}
	other := NewSet(never)
	if err := other.Restore(st); err != nil {
		t.Fatal(err)
	}
	after, _ := json.Marshal(other.State())
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(s.All(), other.All(), cmpopts.IgnoreTypes(&match.Match{}), cmpopts.IgnoreUnexported(Rule{})); diff != "" {
		t.Error(diff)
	}
	if got := decisions(other, hit, 2); !slices.Equal(got, []string{"fault:fault_1", "-"}) {
		t.Errorf("the restored set decides %v; want one strike more", got)
	}
	if f, _ := other.Arm(compile(t, `{"effect":{"hang":true}}`)); f.ID != "fault_4" {
		t.Errorf("the next id is %s; want fault_4", f.ID)
	}
}

func TestBrokenStatesChangeNothing(t *testing.T) {
	rule := compile(t, `{"effect":{"hang":true}}`)
	s := NewSet(never)
	_, _ = s.Arm(rule)
	for _, st := range []State{
		{Count: 1, Faults: []Fault{{ID: "x", Rule: rule}}},
		{Count: 1, Faults: []Fault{{ID: "fault_01", Rule: rule}}},
		{Count: 1, Faults: []Fault{{ID: "fault_2", Rule: rule}}},
		{Count: 2, Faults: []Fault{{ID: "fault_2", Rule: rule}, {ID: "fault_1", Rule: rule}}},
		{Count: 1, Faults: []Fault{{ID: "fault_1"}}},
		{Count: 1, Faults: []Fault{{ID: "fault_1", Rule: rule, Hits: 1}}},
		{Count: 2000, Faults: make([]Fault, rulesAtMost+1)},
	} {
		if err := s.Restore(st); err == nil {
			t.Errorf("%+v was restored", st)
		}
	}
	if len(s.All()) != 1 || s.All()[0].ID != "fault_1" {
		t.Errorf("a refused state left %v", s.All())
	}
	var st State
	if err := json.Unmarshal([]byte(`{"count":1,"faults":[{"id":"fault_1","rule":{"effect":{"boom":1}}}]}`), &st); err == nil {
		t.Error("a rule that cannot be compiled was read")
	}
}

func TestEachStatusHasAnError(t *testing.T) {
	for status := 400; status < 600; status++ {
		if code := CodeFor(status); !slices.Contains(checkout.Codes(), code) {
			t.Errorf("CodeFor(%d) = %q", status, code)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	v := &match.View{Provider: "polar", Operation: "createCheckout", Method: "POST", Path: "/v1/checkouts/", Header: http.Header{}}
	for name, n := range map[string]int{"none": 0, "one that does not match": 1, "a hundred that do not match": 100} {
		b.Run(name, func(b *testing.B) {
			s := NewSet(never)
			tree, _ := wire.Parse([]byte(`{"match":{"operation":"getCheckout"},"effect":{"status":500}}`))
			r, _ := Compile(tree, Vocabulary{})
			for range n {
				_, _ = s.Arm(r)
			}
			b.ReportAllocs()
			for b.Loop() {
				if s.Armed() {
					s.Decide(v)
				}
			}
		})
	}
}
