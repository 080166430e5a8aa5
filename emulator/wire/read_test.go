package wire

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

type snapped struct {
	outer
	At   time.Time       `json:"at,omitzero"`
	Raw  json.RawMessage `json:"raw,omitzero"`
	N    uint64          `json:"n,omitzero"`
	Bin  []byte          `json:"bin,omitzero"`
	Deep [][]inner       `json:"deep,omitzero"`
}

func TestReadAgreesWithEncodingJSON(t *testing.T) {
	for _, body := range append([]string{
		`{}`, ` { "name" : "a\u00e9\n" , "tags" : [ ] } `, `{"at":"2026-01-02T03:04:05.000006Z","raw":{"b":[1,"]"]},"n":18446744073709551615}`,
		`{"bin":"aGk=","deep":[[],[{"city":"x"}],null],"quantity":1.50,"any":{"a":[1e5,null,true,"x",{}]}}`,
		`{"labels":{"a\"b":"c"},"free":{"x":-0},"email":null,"count":7,"address":null,"ratio":1e-3}`,
		whole,
		// What is broken must be so for both.
		``, ` `, `{`, `{"a"`, `{"name":}`, `{"name":"a"`, `{"name":"a",}`, `{"name":"\x"}`, `{"name":"a` + "\n" + `"}`, `{"name":5}`, `{"amount":"5"}`, `{"amount":1.5}`,
		`{"amount":01}`, `{"amount":--1}`, `{"amount":1e}`, `{"on":tru}`, `{"on":nul}`, `{"tags":{}}`, `{"labels":[]}`, `{"labels":{"a":1}}`, `[]`, `{} {}`, `{"other":1}`,
		`{"raw":{"a":}}`, `{"raw":[1}`, `{"any":[1,]}`, `{"any":{1:2}}`, `{"any":{"a" 1}}`, `{"any":+1}`, `{"any":.5}`, `{"any":1.}`, `{"at":"yesterday"}`, `{"bin":"*"}`,
		`{"deep":[[{"city":1}]]}`, `{"n":-1}`, `{"n":18446744073709551616}`, `{"home":{"city":1}}`, `{"any":"\ud800"}`, `{"any":tRue}`,
	}, `{"any":`+strings.Repeat("[", 10)+strings.Repeat("]", 10)+`}`, `{"any":`+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)+`}`) {
		var got, want snapped
		gotErr, wantErr := Read(body, &got), Strict([]byte(body), &want)
		if wantErr == nil && !json.Valid([]byte(body)) {
			wantErr = errors.New("more after the end")
		}
		if (gotErr == nil) != (wantErr == nil) {
			t.Errorf("Read(%.80s): %v; encoding/json: %v", body, gotErr, wantErr)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(snapped{})); wantErr == nil && diff != "" {
			t.Errorf("Read(%.80s) (-encoding/json +got):\n%s", body, diff)
		}
	}
}

func TestReadNamesThePlace(t *testing.T) {
	for body, want := range map[string]string{
		`{"prices":{"p":[{"city":1}]}}`:  "[prices p 0 city]: it is not a string",
		`{"address":{"town":"x"}}`:       "[address town]: nobody knows this member",
		`{"amount":null}`:                "[amount]: it is null",
		`{"name":null}`:                  "[name]: it is null",
		`{"on":null}`:                    "[on]: it is null",
		`{"at":null}`:                    "[at]: it is null",
		`{"deep":[[null]]}`:              "[deep 0 0]: it is null",
		`{"deep":[nul]}`:                 "[deep 0]: it is not a value of JSON",
		`{"amount":9223372036854775808}`: "[amount]: 9223372036854775808 does not fit int64",
		`{"deep":[[],[5]]}`:              "[deep 1 0]: it is not an object",
		`[`:                              "it is not an object",
	} {
		if err := Read(body, &snapped{}); err == nil || err.Error() != want {
			t.Errorf("Read(%s) = %v; want %s", body, err, want)
		}
	}
}

func TestEach(t *testing.T) {
	var got []any
	err := Each(` {"a": [1, "]"] ,"b":{} , "c": null}`, func(step any, value string) error {
		got = append(got, step, value)
		return nil
	})
	if diff := cmp.Diff([]any{"a", `[1, "]"]`, "b", "{}", "c", "null"}, got); err != nil || diff != "" {
		t.Errorf("Each: %v (-want +got):\n%s", err, diff)
	}
	err = Each(`[1,2]`, func(step any, _ string) error {
		if step == 1 {
			return errors.New("no")
		}
		return nil
	})
	if err == nil || err.Error() != "[1]: no" {
		t.Errorf("the error is %v; want [1]: no", err)
	}
	for _, broken := range []string{``, `5`, `{"a":1`, `[1,,2]`, `[1] 2`, `{"a"}`} {
		if err := Each(broken, func(any, string) error { return nil }); err == nil {
			t.Errorf("Each(%s) found nothing wrong", broken)
		}
	}
}

// FuzzRead compares with encoding/json: what one takes the other takes too, as the same tree. What is taken as
// a struct is the same one, unless a member stands twice.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"x",null,true,{"b":1.5e-3}]}`, `"\u00e9\\"`, `-0`, `[[[]]]`, `{"a":1,"a":2}`, whole} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // Read wants UTF-8
		}
		want, wantErr := parseSlowly([]byte(text))
		parsed, parseErr := Parse([]byte(text))
		if (parseErr == nil) != (wantErr == nil) || wantErr == nil && !reflect.DeepEqual(parsed, want) {
			t.Fatalf("Parse(%q) = %v, %v; want %v, %v", text, parsed, parseErr, want, wantErr)
		}
		var got any
		gotErr := Read(text, &got)
		if (gotErr == nil) != (wantErr == nil) {
			t.Fatalf("Read(%q): %v; Parse: %v", text, gotErr, wantErr)
		}
		if wantErr == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("Read(%q) = %v; want %v", text, got, want)
		}
		var mine, theirs snapped
		if Read(text, &mine) != nil || repeats(text) {
			return // encoding/json also takes names in other cases
		}
		if err := Strict([]byte(text), &theirs); err != nil || !reflect.DeepEqual(mine, theirs) {
			t.Errorf("Read(%q) = %+v; want %+v, %v", text, mine, theirs, err)
		}
	})
}

// whole has every member of a snapped.
const whole = `{"name":"a","amount":-5,"count":7,"on":true,"quantity":1.50,"email":null,"tags":["x","y\""],"labels":{"a":"b"},"free":{"x":[1]},` +
	`"address":{"city":"x"},"ratio":1e-3,"home":{"city":"y"},"prices":{"p":[{"city":"z"}]},"list":[1.5],"any":[{}],"at":"2026-01-02T03:04:05.000006Z","raw":{"b":1},"n":18446744073709551615,"bin":"aGk=","deep":[[{"city":"x"}],[]]}`

// repeats reports whether a member stands twice anywhere.
func repeats(text string) (twice bool) {
	seen := map[any]bool{}
	_ = Each(text, func(step any, value string) error {
		twice = twice || seen[step] || repeats(value)
		seen[step] = true
		return nil
	})
	return twice
}

// TestDaysAreThoseOfTime: every day that has a year of four digits.
func TestDaysAreThoseOfTime(t *testing.T) {
	for day := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 10_000; day = day.AddDate(0, 0, 1) {
		if got, ok := daysTo(day.Year(), int(day.Month()), day.Day()); !ok || got*24*60*60 != day.Unix() {
			t.Fatalf("%s is day %d, %t", day.Format(time.DateOnly), got, ok)
		}
		if next := day.AddDate(0, 0, 1); next.Day() == 1 {
			if _, ok := daysTo(day.Year(), int(day.Month()), day.Day()+1); ok {
				t.Fatalf("there is a day after %s in its month", day.Format(time.DateOnly))
			}
		}
	}
}

// TestInstantsReadAsTimeDoes holds the quick way for instants against the package time.
func TestInstantsReadAsTimeDoes(t *testing.T) {
	for _, s := range []string{
		"2026-11-21T10:00:00Z", "2026-11-21T10:00:00.5Z", "2026-11-21T10:00:00.123456789Z", "2024-02-29T23:59:59.000001Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
		"2026-02-29T10:00:00Z", "2026-00-10T10:00:00Z", "2026-13-10T10:00:00Z", "2026-11-31T10:00:00Z", "2026-11-00T10:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T10:60:00Z",
		"2026-11-21T10:00:60Z", "2026-11-21T10:00:00.Z", "2026-11-21T10:00:00,5Z", "2026-11-21T10:00:00.1234567891Z", "2026-11-21T10:00:00+01:00", "2026-11-21T10:00:00z",
		"2026-11-21 10:00:00Z", "2026-11-21T1:00:00Z", "+026-11-21T10:00:00Z", "2026-11-21T10:00:00.-5Z", "", "Z", "2026-11-21T10:00Z",
	} {
		var want time.Time
		wantErr := want.UnmarshalText([]byte(s))
		var got time.Time
		err := Read(strconv.Quote(s), &got)
		if (err == nil) != (wantErr == nil) || err == nil && got != want {
			t.Errorf("%s reads as %v, %v; want %v, %v", s, got, err, want, wantErr)
		}
		if quick, ok := instantUTC(s); ok && (wantErr != nil || quick != want) {
			t.Errorf("%s quickly reads as %v; want %v, %v", s, quick, want, wantErr)
		}
	}
}
