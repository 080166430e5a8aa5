package wire

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	City *string `json:"city"`
}

type outer struct {
	Name     string              `json:"name"`
	Amount   int64               `json:"amount"`
	Quantity json.Number         `json:"quantity"`
	Ratio    float64             `json:"ratio"`
	On       bool                `json:"on"`
	Tags     []string            `json:"tags"`
	Labels   map[string]string   `json:"labels"`
	Free     map[string]any      `json:"free"`
	Address  *inner              `json:"address"`
	Email    Optional[string]    `json:"email,omitzero"`
	Home     Optional[inner]     `json:"home,omitzero"`
	Prices   map[string][]inner  `json:"prices"`
	Count    Optional[int64]     `json:"count,omitzero"`
	Any      any                 `json:"any"`
	List     Optional[[]float64] `json:"list,omitzero"`
}

func TestBindAgreesWithEncodingJSON(t *testing.T) {
	for _, body := range []string{
		`{}`,
		`{"name":"a","amount":5,"quantity":1,"ratio":2.5,"on":true,"tags":["x","y"],"labels":{"k":"v"}}`,
		`{"name":null,"tags":null,"labels":null,"address":null,"email":null,"count":null}`,
		`{"address":{"city":"Paris"},"home":{"city":null},"email":"a@b.c","count":7,"list":[1,2]}`,
		`{"prices":{"p":[{"city":"x"},{}]},"unknown":1,"tags":[]}`,
	} {
		tree, err := Parse([]byte(body))
		if err != nil {
			t.Fatalf("Parse(%s): %v", body, err)
		}
		var got, want outer
		if err := Bind(tree, &got); err != nil {
			t.Errorf("Bind(%s): %v", body, err)
		}
		if err := json.Unmarshal([]byte(body), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Bind(%s) (-encoding/json +got):\n%s", body, diff)
		}
	}
}

func TestBindNamesWhatDoesNotFit(t *testing.T) {
	for body, want := range map[string]string{
		`{"amount":99999999999999999999}`: "[amount]: 99999999999999999999 does not fit int64",
		`{"amount":1e300}`:                "[amount]: 1e300 does not fit int64",
		`{"amount":1.5}`:                  "[amount]: 1.5 does not fit int64",
		`{"tags":["a",1]}`:                "[tags 1]: 1 does not fit string",
		`{"prices":{"p":[1]}}`:            "[prices p 0]: 1 does not fit struct",
		`{"count":"x"}`:                   "[count]: x does not fit int64",
		`{"ratio":1e999}`:                 "[ratio]: 1e999 does not fit float64",
	} {
		tree, err := Parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		err = Bind(tree, &outer{})
		var be *BindError
		if !errors.As(err, &be) || err.Error() != want {
			t.Errorf("Bind(%s) = %v; want %s", body, err, want)
		}
	}
}

func TestWholeNumbersBindHoweverWritten(t *testing.T) {
	for text, want := range map[string]int64{"5": 5, "5.0": 5, "5e2": 500, "-3": -3, "9007199254740993": 9007199254740993} {
		var got struct {
			Amount int64 `json:"amount"`
		}
		if err := Bind(map[string]any{"amount": json.Number(text)}, &got); err != nil || got.Amount != want {
			t.Errorf("Bind(%s) = %d, %v; want %d", text, got.Amount, err, want)
		}
	}
}

func TestCountsBind(t *testing.T) {
	type counted struct {
		N     uint64 `json:"n"`
		Small uint8  `json:"small"`
	}
	for body, want := range map[string]counted{`{"n":5}`: {N: 5}, `{"n":18446744073709551615}`: {N: 18446744073709551615}, `{"n":5e2,"small":255}`: {500, 255}} {
		var got counted
		tree, err := Parse([]byte(body))
		if err == nil {
			err = Bind(tree, &got)
		}
		if err != nil || got != want {
			t.Errorf("Bind(%s) = %v, %v; want %v", body, got, err, want)
		}
	}
	for _, body := range []string{`{"n":-1}`, `{"n":1.5}`, `{"small":256}`, `{"n":18446744073709551616}`} {
		tree, _ := Parse([]byte(body))
		if err := Bind(tree, &counted{}); err == nil {
			t.Errorf("Bind(%s) succeeded", body)
		}
	}
}

func TestParseRefusesWhatIsNotOneJSONValue(t *testing.T) {
	for body, offset := range map[string]int64{
		``:                                0,
		`{"a":`:                           5,
		`{"a":1} x`:                       8,
		`{"a":1}{}`:                       8,
		"{\"a\":\"\xff\"}":                6,
		`{'a':1}`:                         1,
		`nul`:                             3,
		strings.Repeat("[", 20000) + `]`:  -1,
		`{"a":` + strings.Repeat("{", 10): -1,
	} {
		_, err := Parse([]byte(body))
		var se *SyntaxError
		if !errors.As(err, &se) {
			t.Errorf("Parse(%.20q) = %v; want a SyntaxError", body, err)
			continue
		}
		if offset >= 0 && se.Offset != offset {
			t.Errorf("Parse(%.20q) failed at %d; want %d", body, se.Offset, offset)
		}
	}
}

func TestParseKeepsNumbersAsWritten(t *testing.T) {
	v, err := Parse([]byte(`[1.0, 1e2, 0.0001, 123456789012345678901]`))
	if err != nil {
		t.Fatal(err)
	}
	want := []any{json.Number("1.0"), json.Number("1e2"), json.Number("0.0001"), json.Number("123456789012345678901")}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownFindsMembersWithoutField(t *testing.T) {
	tree, _ := Parse([]byte(`{"name":"a","nope":1,"address":{"city":"x","zip":2},"home":{"zip":1},"free":{"x":1},"prices":{"p":[{"q":1}]}}`))
	got := Unknown(tree, &outer{})
	want := [][]any{{"address", "zip"}, {"home", "zip"}, {"nope"}} // prices is a map: its keys are data
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNULIsFoundWhereverItStands(t *testing.T) {
	tree, _ := Parse([]byte(`{"a":"x\u0000","b":["ok",{"c\u0000":"y"}]}`))
	want := [][]any{{"a"}, {"b", 1, "c\x00"}}
	if diff := cmp.Diff(want, NUL(tree)); diff != "" {
		t.Error(diff)
	}
}

func TestMarshalEscapesNoHTML(t *testing.T) {
	got, err := Marshal(map[string]any{"u": "https://a.b/?x=1&y=<2>"})
	if err != nil || string(got) != `{"u":"https://a.b/?x=1&y=<2>"}` {
		t.Errorf("Marshal = %s, %v", got, err)
	}
}

func TestUUIDs(t *testing.T) {
	for text, want := range map[string][2]bool{
		"8a6a3d8b-32c5-4f0b-9b59-5c0cbd5a5e7b": {true, true},
		"8a6a3d8b-32c5-1f0b-9b59-5c0cbd5a5e7b": {true, false},
		"8a6a3d8b-32c5-4f0b-cb59-5c0cbd5a5e7b": {true, false},
		"8A6A3D8B-32C5-4F0B-9B59-5C0CBD5A5E7B": {false, false},
		"8a6a3d8b032c5-4f0b-9b59-5c0cbd5a5e7b": {false, false},
		"8a6a3d8b-32c5-4f0b-9b59-5c0cbd5a5e7g": {false, false},
		"8a6a3d8b32c54f0b9b595c0cbd5a5e7b":     {false, false},
		"":                                     {false, false},
	} {
		if got := [2]bool{IsUUID(text), IsUUID4(text)}; got != want {
			t.Errorf("IsUUID, IsUUID4(%q) = %v; want %v", text, got, want)
		}
	}
}

func TestTimestamps(t *testing.T) {
	whole := time.Date(2026, 3, 30, 16, 13, 36, 0, time.UTC)
	for _, tt := range []struct{ got, want string }{
		{Micros(whole), "2026-03-30T16:13:36Z"},
		{Micros(whole.Add(539565 * time.Microsecond)), "2026-03-30T16:13:36.539565Z"},
		{Micros(whole.Add(500 * time.Millisecond)), "2026-03-30T16:13:36.500000Z"},
		{Millis(whole), "2026-03-30T16:13:36.000Z"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s; want %s", tt.got, tt.want)
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		at := time.Unix(r.Int64N(1<<36)-1<<35, r.Int64N(1e9)).In(time.FixedZone("", int(r.Int64N(80000))-40000))
		if got, want := Millis(at), at.UTC().Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Errorf("Millis = %s; want %s", got, want)
		}
		if got, want := Micros(at), at.UTC().Format("2006-01-02T15:04:05.000000Z"); got != want && at.Nanosecond() >= 1000 {
			t.Errorf("Micros = %s; want %s", got, want)
		}
	}
}

func TestAssemblyIsWrittenFromEncodedParts(t *testing.T) {
	a := Assembly{
		Members(struct {
			X int    `json:"x"`
			Y string `json:"y"`
		}{1, "<"}),
		{Name: "b", Items: []json.RawMessage{MustMarshal("x"), MustMarshal(nil)}},
		{Name: "c", Value: MustMarshal(true)},
		{Name: "d", Items: []json.RawMessage{}},
	}
	const want = `{"x":1,"y":"<","b":["x",null],"c":true,"d":[]}`
	if got := string(a.Encode()); got != want {
		t.Errorf("Encode() = %s; want %s", got, want)
	}
	if got, err := Marshal(map[string]any{"a": a}); err != nil || string(got) != `{"a":`+want+`}` {
		t.Errorf("Marshal = %s, %v", got, err)
	}
}

// TestNaturals: unsigned fields take whole numbers from 0.
func TestNaturals(t *testing.T) {
	for text, want := range map[string]uint64{"0": 0, "5": 5, "5.0": 5, "18446744073709551615": 18446744073709551615} {
		var v struct {
			Since uint64 `json:"since"`
		}
		if err := Bind(map[string]any{"since": json.Number(text)}, &v); err != nil || v.Since != want {
			t.Errorf("Bind(%s) = %d, %v; want %d", text, v.Since, err, want)
		}
	}
	for _, text := range []string{"-1", "1.5", "18446744073709551616"} {
		var v struct {
			Since uint64 `json:"since"`
		}
		if err := Bind(map[string]any{"since": json.Number(text)}, &v); err == nil {
			t.Errorf("Bind(%s) = %d; want an error", text, v.Since)
		}
	}
}

func TestSameAssemblies(t *testing.T) {
	one, two := json.RawMessage(`{"id":1}`), json.RawMessage(`{"id":2}`)
	of := func(total string, items ...json.RawMessage) Assembly {
		return Assembly{{Name: "items", Items: items}, {Name: "total", Value: json.RawMessage(total)}}
	}
	base := of("2", one, two)
	for name, tt := range map[string]struct {
		other Assembly
		want  bool
	}{
		"the same items":   {of("2", one, two), true},
		"equal items only": {of("2", one, json.RawMessage(`{"id":2}`)), false},
		"another order":    {of("2", two, one), false},
		"fewer":            {of("2", one), false},
		"another value":    {of("3", one, two), false},
		"another name":     {Assembly{{Name: "data", Items: base[0].Items}, base[1]}, false},
		"nothing":          {nil, false},
	} {
		if got := base.Same(tt.other); got != tt.want {
			t.Errorf("Same(%s) = %t; want %t", name, got, tt.want)
		}
	}
}
