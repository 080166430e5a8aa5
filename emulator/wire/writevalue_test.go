package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

type based struct {
	ID   string `json:"id"`
	Note string `json:"-"`
	note string
}

type linked struct {
	Name string  `json:"name"`
	Next *linked `json:"next"`
}

type shouting string

func (s shouting) MarshalText() ([]byte, error) { return []byte(strings.ToUpper(string(s))), nil }

type pointed struct{ N int }

func (*pointed) MarshalJSON() ([]byte, error) { return []byte(`"own"`), nil }

type everything struct {
	based
	Text     string
	Small    int8                `json:"small"`
	Count    uint16              `json:"count"`
	Ratio    float64             `json:"ratio"`
	On       *bool               `json:"on"`
	Number   json.Number         `json:"number"`
	Raw      json.RawMessage     `json:"raw"`
	Bytes    []byte              `json:"bytes"`
	Fixed    [2]int              `json:"fixed"`
	Tags     []string            `json:"tags"`
	Labels   map[string]string   `json:"labels"`
	Tree     map[string]any      `json:"tree"`
	Shouted  shouting            `json:"shouted"`
	Loud     map[shouting]int    `json:"loud"`
	Numbered map[int]string      `json:"numbered"`
	List     linked              `json:"list"`
	Any      any                 `json:"any"`
	At       time.Time           `json:"at,omitzero"`
	Later    *time.Time          `json:"later"`
	Email    Optional[string]    `json:"email,omitzero"`
	Sizes    Optional[[]float64] `json:"sizes"`
	Zero     int                 `json:"zero,omitzero"`
	Empty    struct{}            `json:"empty,omitzero"`
	Pointed  pointed             `json:"pointed"`
	Points   []pointed           `json:"points"`
	Doc      Assembly            `json:"doc"`
}

// sparse is written member by member where it stands, without those that are zero.
type sparse struct {
	Text   string         `json:"text,omitzero"`
	On     bool           `json:"on,omitzero"`
	Count  int            `json:"count,omitzero"`
	Amount int64          `json:"amount,omitzero"`
	Seq    uint64         `json:"seq,omitzero"`
	Maybe  *bool          `json:"maybe,omitzero"`
	Tags   []string       `json:"tags,omitzero"`
	Sizes  map[string]int `json:"sizes,omitzero"`
	At     time.Time      `json:"at,omitzero"`
	Spare  spare          `json:"spare,omitzero"`
	Later  *time.Time     `json:"later,omitzero"`
}

// spare is zero when it says so.
type spare int

func (s spare) IsZero() bool { return s == 2 }

type tagged struct {
	based `json:"base"`
	Few   []int `json:"few,omitempty"`
	Quote int   `json:"quote,string"`
}

// outerID hides the field of what is embedded, as it has its name on the wire.
type outerID struct {
	based
	Number int `json:"id"`
}

// TestMarshalAgreesWithEncodingJSON writes what answers are made of, and what is rarer, as encoding/json
// does.
func TestMarshalAgreesWithEncodingJSON(t *testing.T) {
	on, at := true, time.Date(2026, 11, 21, 10, 0, 0, 5000, time.UTC)
	texts := []string{"", "a", `"\`, "\n\x00\x1f\x7f", "é😀", "<&>", "\u2028", "\xff", "\x7f", "abcdefgé", "abcdefghé", strings.Repeat("x", 300)}
	values := []any{
		nil, everything{}, &everything{}, (*everything)(nil), []everything{}, []everything(nil), map[string]everything{"b": {}, "a": {}},
		everything{
			based: based{"1", "2", "3"}, Text: "t", Small: -8, Count: 9, Ratio: 1e21, On: &on, Number: "1.50", Raw: json.RawMessage(`{ "a" : 1 }`),
			Bytes: []byte("hello"), Fixed: [2]int{1, 2}, Tags: texts, Labels: map[string]string{"z": "é", "a": "\""},
			Tree:    map[string]any{"n": json.Number("-0.0"), "l": []any{nil, true, "x", map[string]any(nil), []any(nil), 5, 2.5}, "": map[string]any{}},
			Shouted: "low", Loud: map[shouting]int{"b": 1, "a": 2}, Numbered: map[int]string{10: "x", 9: "y"},
			List: linked{"a", &linked{"b", nil}}, Any: based{ID: "in"}, At: at, Later: &at, Email: Optional[string]{Set: true, Null: true},
			Sizes: Some([]float64{1, 2.5}), Zero: 1, Points: []pointed{{1}}, Doc: Assembly{{Name: "x", Value: json.RawMessage("1")}},
		},
		&everything{Text: "t", On: &on, At: at, Later: &at, Zero: 1, Tags: texts}, &sparse{}, sparse{},
		&sparse{"a", false, 1, -2, 1 << 63, &on, []string{}, map[string]int{}, at, spare(1), &at},
		&sparse{"", true, 0, 0, 0, new(bool), []string{"a"}, nil, at.In(time.FixedZone("x", 3600)), spare(2), nil},
		&sparse{At: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}, &sparse{At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("x", 360000))},
		pointed{1}, &pointed{1}, map[string]pointed{"a": {1}}, tagged{based{"1", "", ""}, nil, 5}, outerID{based{ID: "1"}, 2}, map[string]any(nil), map[bool]string(nil), [3]string{}, "é", 5, true, 1.0, json.Number(""),
		struct{ *based }{}, struct{ V Optional[int64] }{Some(int64(7))}, []any{}, []*int{nil}, map[string]json.Number{"a": "1e5"},
	}
	for _, text := range texts {
		values = append(values, text, map[string]string{text: text}, map[string]any{text: text}, struct{ X any }{text})
	}
	for _, v := range values {
		got, err := Marshal(v)
		want, wantErr := plain(v)
		if (err == nil) != (wantErr == nil) || !bytes.Equal(got, want) {
			t.Errorf("Marshal(%#v) = %s, %v; encoding/json has %s, %v", v, got, err, want, wantErr)
		}
	}
}

type own string

func (o *own) AppendJSON(dst []byte) ([]byte, error) {
	if *o == "" {
		return nil, errors.New("there is nothing to write")
	}
	return append(append(append(dst, '<'), *o...), '>'), nil
}

// TestMarshalTakesTextsAsTheyAre: what is written already is neither read nor copied on the way.
func TestMarshalTakesTextsAsTheyAre(t *testing.T) {
	a, none := own("a"), own("")
	for _, tt := range []struct {
		v    any
		want string
	}{
		{Raw(`{"a":1}`), `{"a":1}`},
		{struct{ R Raw }{`[1]`}, `{"R":[1]}`},
		{&struct {
			R, N Raw
			O    Raw `json:",omitzero"`
		}{R: `[1]`}, `{"R":[1],"N":null}`},
		{struct {
			R Raw `json:"r,omitempty"` // which encoding/json writes
		}{`[1]`}, `{"r":[1]}`},
		{&a, `<a>`},
		{struct{ O, N *own }{O: &a}, `{"O":<a>,"N":null}`},
		{[]*own{&a, nil}, `[<a>,null]`},
	} {
		if got, err := Marshal(tt.v); err != nil || string(got) != tt.want {
			t.Errorf("Marshal(%#v) = %s, %v; want %s", tt.v, got, err, tt.want)
		}
	}
	if got, err := Marshal([]*own{&none}); err == nil {
		t.Errorf("an error is lost: %s", got)
	}
}

func TestMarshalRefusesWhatIsNoJSON(t *testing.T) {
	for _, v := range []any{make(chan int), math.NaN(), json.Number("1x"), map[string]any{"a": func() {}}, []any{struct{ C chan int }{}}, map[string]chan int{"a": nil}} {
		if got, err := Marshal(v); err == nil {
			t.Errorf("Marshal(%T) = %s", v, got)
		}
	}
}

// plain is encoding/json without escaping HTML.
func plain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func FuzzMarshal(f *testing.F) {
	f.Add(`{"a":[1,"é",null,{"b":true}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := Parse([]byte(text))
		if err != nil {
			tree = text
		}
		for _, v := range []any{tree, based{ID: text}, []string{text}, map[string]string{text: text}} {
			got, err := Marshal(v)
			want, wantErr := plain(v)
			if !bytes.Equal(got, want) || (err == nil) != (wantErr == nil) {
				t.Fatalf("Marshal(%#v) = %s, %v; encoding/json has %s, %v", v, got, err, want, wantErr)
			}
		}
	})
}

func BenchmarkMarshal(b *testing.B) {
	for name, marshal := range map[string]func(any) ([]byte, error){"ours": Marshal, "encoding/json": plain} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := marshal(linked{"a", &linked{"b", &linked{"c", nil}}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
