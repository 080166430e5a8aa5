package match

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

func tree(t *testing.T, text string) any {
	t.Helper()
	v, err := wire.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func seen(t *testing.T) *View {
	return &View{
		Provider: "polar", Operation: "createCheckout", Method: "POST", Path: "/v1/checkouts/", Session: "s1", Status: 503,
		Header: http.Header{"X-Request-Id": {"r1", "r2"}, "Content-Type": {"application/json"}},
		Body:   tree(t, `{"amount":500,"big":1e2,"note":null,"a/b":{"c~d":1},"items":[{"price":"p1","n":1},{"price":"p2"}],"on":true,"mail":"ada@example.com"}`),
	}
}

func TestMatches(t *testing.T) {
	v := seen(t)
	for spec, want := range map[string]bool{
		`null`:                                   true,
		`{}`:                                     true,
		`{"provider":"polar"}`:                   true,
		`{"provider":"tilled"}`:                  false,
		`{"operation":"createCheckout"}`:         true,
		`{"operation":{"regex":"^create"}}`:      true,
		`{"operation":{"regex":"^get"}}`:         false,
		`{"method":"post"}`:                      true,
		`{"method":"GET"}`:                       false,
		`{"session":"s1"}`:                       true,
		`{"session":{"exists":false}}`:           false,
		`{"path":"/v1/checkouts/"}`:              true,
		`{"path":"/v1/checkouts"}`:               false,
		`{"path":"/polar/v1/checkouts/"}`:        true,
		`{"path":"/tilled/v1/checkouts/"}`:       false,
		`{"path":"/v1/*/"}`:                      true,
		`{"path":"/v1/{kind}/"}`:                 true,
		`{"path":"/**"}`:                         true,
		`{"path":{"contains":"checkout"}}`:       true,
		`{"header":{"x-request-id":"r2"}}`:       true,
		`{"header":{"X-REQUEST-ID":"r3"}}`:       false,
		`{"header":{"x-none":{"exists":false}}}`: true,
		`{"header":{"x-none":{"exists":true}}}`:  false,
		`{"header":{"content-type":{"contains":"json","regex":"^app"}}}`: true,
		`{"header":{"content-type":{"contains":"json","regex":"^xml"}}}`: false,
		`{"body":{"/amount":500}}`:                                       true,
		`{"body":{"/amount":500.0}}`:                                     true,
		`{"body":{"/amount":"500"}}`:                                     false,
		`{"body":{"/amount":501}}`:                                       false,
		`{"body":{"/big":100}}`:                                          true,
		`{"body":{"/note":null}}`:                                        true,
		`{"body":{"/none":null}}`:                                        false,
		`{"body":{"/note":{"exists":true}}}`:                             true,
		`{"body":{"/none":{"exists":false}}}`:                            true,
		`{"body":{"/a~1b/c~0d":1}}`:                                      true,
		`{"body":{"/items/1/price":"p2"}}`:                               true,
		`{"body":{"/items/2/price":{"exists":false}}}`:                   true,
		`{"body":{"/items":{"contains":{"price":"p1"}}}}`:                true,
		`{"body":{"/items":{"contains":{"price":"p3"}}}}`:                false,
		`{"body":{"/items/0":{"equals":{"n":1,"price":"p1"}}}}`:          true,
		`{"body":{"/items/0":{"equals":{"n":1}}}}`:                       false,
		`{"body":{"/items/0":{"contains":{"n":1}}}}`:                     true,
		`{"body":{"/mail":{"contains":"@example"}}}`:                     true,
		`{"body":{"/mail":{"regex":"@example\\.com$"}}}`:                 true,
		`{"body":{"/amount":{"regex":"^5"}}}`:                            true,
		`{"body":{"/on":true}}`:                                          true,
		`{"body":{"/on":"true"}}`:                                        false,
		`{"body":{"":{"contains":{"amount":500}}}}`:                      true,
		`{"status":503}`:                                                 true,
		`{"status":"503"}`:                                               true,
		`{"status":"5xx"}`:                                               true,
		`{"status":"4xx"}`:                                               false,
		`{"provider":"polar","method":"GET"}`:                            false,
	} {
		m, err := Compile(tree(t, spec), Vocabulary{Words: AllWords})
		if err != nil {
			t.Errorf("Compile(%s): %v", spec, err)
			continue
		}
		if got := m.Matches(v); got != want {
			t.Errorf("%s matches: %v; want %v", spec, got, want)
		}
		if differs := len(m.Differences(v)) > 0; differs == want {
			t.Errorf("%s has differences %v; want them exactly when it does not match", spec, m.Differences(v))
		}
	}
}

func TestDifferencesNameWantAndGot(t *testing.T) {
	m, err := Compile(tree(t, `{"method":"GET","operation":"createCheckout","header":{"x-a":"1"},"body":{"/amount":{"regex":"^6"},"/gone":1}}`), Vocabulary{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Difference{
		{Pointer: "/method", Want: "GET", Got: "POST"},
		{Pointer: "/header/x-a", Want: "1", Absent: true},
		{Pointer: "/body/amount", Want: map[string]any{"regex": "^6"}, Got: json.Number("500")},
		{Pointer: "/body/gone", Want: json.Number("1"), Absent: true},
	}
	if diff := cmp.Diff(want, m.Differences(seen(t))); diff != "" {
		t.Error(diff)
	}
	if m.Words() != 5 {
		t.Errorf("Words() = %d; want 5", m.Words())
	}
}

func TestRefusalsNameTheWordsThatWouldDo(t *testing.T) {
	known := Vocabulary{
		Providers:  []string{"polar", "tilled"},
		Operations: func(string) []string { return []string{"createCheckout", "getCheckout"} },
		Field: func(_, _ string, path []string) (bool, int, []string) {
			return path[0] == "amount", 0, []string{"amount", "metadata"}
		},
	}
	for spec, want := range map[string]string{
		`[]`:                                    "a match is an object",
		`{"operaton":"createCheckout"}`:         `there is no word "operaton"; did you mean "operation"?`,
		`{"status":500}`:                        `there is no word "status"; there are provider, operation`,
		`{"provider":"poler"}`:                  `there is no provider "poler"; did you mean "polar"?`,
		`{"provider":"stripe"}`:                 `there is no provider "stripe"; there are polar, tilled`,
		`{"operation":"createChekout"}`:         `there is no operation "createChekout"; did you mean "createCheckout"?`,
		`{"provider":"polar","operation":"x"}`:  `there is no polar operation "x"; there are createCheckout, getCheckout`,
		`{"body":{"/amuont":1}}`:                `there is no field "amuont"; did you mean "amount"?`,
		`{"body":{"items[0].price":1}}`:         `did you mean "/items/0/price"?`,
		`{"body":5}`:                            "body takes an object",
		`{"header":{"x":["a"]}}`:                "a header takes a text",
		`{"path":"v1/checkouts"}`:               `did you mean "/v1/checkouts"?`,
		`{"path":5}`:                            "path takes a text",
		`{"path":{"regex":"("}}`:                "missing closing )",
		`{"path":{"regx":"x"}}`:                 `there is no condition "regx"; did you mean "regex"?`,
		`{"path":{}}`:                           "an empty object says nothing",
		`{"path":{"exists":"no"}}`:              "exists takes true or false",
		`{"path":{"exists":false,"regex":"x"}}`: "no other condition",
		`{"method":{"regex":"` + strings.Repeat("x", 1001) + `"}}`: "at most 1000 bytes",
	} {
		_, err := Compile(tree(t, spec), known, "match")
		var e *checkout.Error
		if !errors.As(err, &e) || e.Code != checkout.CodeRefused || !strings.Contains(e.Message, want) {
			t.Errorf("Compile(%s) = %v; want %q", spec, err, want)
			continue
		}
		if e.Violations[0].Path[0] != "match" {
			t.Errorf("Compile(%s) stands at %v; want below match", spec, e.Violations[0].Path)
		}
	}
}

func TestStatusIsANumberOrAClass(t *testing.T) {
	for _, spec := range []string{`{"status":"5x"}`, `{"status":600}`, `{"status":true}`, `{"status":"teapot"}`} {
		if _, err := Compile(tree(t, spec), Vocabulary{Words: AllWords}); err == nil {
			t.Errorf("Compile(%s) succeeded", spec)
		}
	}
}

func TestPathPatterns(t *testing.T) {
	for _, tt := range []struct {
		pattern, path string
		want          bool
	}{
		{"/v1/*", "/v1/a", true},
		{"/v1/*", "/v1/", false},
		{"/v1/*", "/v1/a/b", false},
		{"/v1/**", "/v1/a/b", true},
		{"/v1/**", "/v1", true},
		{"/**/expire", "/v1/checkout/sessions/x/expire", true},
		{"/**/expire", "/expire", true},
		{"/**/expire", "/v1/expired", false},
		{"/v1/{id}/**/z", "/v1/a/b/c/z", true},
		{"/v1/{id}/**/z", "/v1/a/b/c/z/y", false},
		{"/**/a/**/b", "/x/a/y/a/b", true},
		{"/**/a/**/b", "/x/b/y/a", false},
		{"/", "/", true},
	} {
		if got := newPathPattern(tt.pattern).matches(tt.path); got != tt.want {
			t.Errorf("%s matches %s: %v; want %v", tt.pattern, tt.path, got, tt.want)
		}
	}
}

func TestMatchGoesThroughJSON(t *testing.T) {
	const spec = `{"body":{"/amount":{"contains":5}},"method":"post"}`
	m, err := Compile(tree(t, spec), Vocabulary{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(m)
	if err != nil || string(out) != spec {
		t.Fatalf("Marshal = %s, %v; want %s", out, err, spec)
	}
	var again Match
	if err := json.Unmarshal(out, &again); err != nil || !again.Matches(seen(t)) {
		t.Errorf("Unmarshal: %v; matches: %v", err, again.Matches(seen(t)))
	}
	if err := json.Unmarshal([]byte(`{"x":1}`), &again); err == nil {
		t.Error("an unknown word was read")
	}
	if out, err := json.Marshal(&Match{}); err != nil || string(out) != "{}" {
		t.Errorf("Marshal of the zero match = %s, %v", out, err)
	}
}

func TestClosest(t *testing.T) {
	known := []string{"delay", "hang", "reset", "rate_limit", "truncate"}
	for word, want := range map[string]string{
		"dealy": "delay", "Delay": "delay", "hangs": "hang", "rest": "reset", "ratelimit": "rate_limit", "truncated": "truncate",
		"explode": "", "": "", "h": "", strings.Repeat("delay", 100): "",
	} {
		if got := Closest(word, known); got != want {
			t.Errorf("Closest(%s) = %q; want %q", word, got, want)
		}
	}
}

func TestNumbersAreComparedByWhatTheyAreWorth(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"1", "1.0"}: true, {"100", "1e2"}: true, {"0.1", "0.10"}: true, {"9007199254740993", "9007199254740992"}: false,
		{"1e999999999", "1e999999999"}: true, {"1e999999999", "10e999999998"}: false, {"-0", "0"}: true,
	} {
		if got := Equal(json.Number(pair[0]), json.Number(pair[1])); got != want {
			t.Errorf("Equal(%s, %s) = %v; want %v", pair[0], pair[1], got, want)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(`{"path":"/**/a","body":{"/a/0":{"contains":[1]}}}`, `{"a":[1,{"b":2}]}`)
	f.Add(`{"header":{"a":{"regex":"x*"}},"status":"5xx"}`, `null`)
	f.Fuzz(func(t *testing.T, spec, body string) {
		s, err := wire.Parse([]byte(spec))
		if err != nil {
			return
		}
		m, err := Compile(s, Vocabulary{Words: AllWords})
		if err != nil {
			return
		}
		b, _ := wire.Parse([]byte(body))
		v := &View{Provider: "p", Method: "GET", Path: "/a/b", Body: b, Status: 500, Header: http.Header{"A": {"x"}}}
		if m.Matches(v) != (len(m.Differences(v)) == 0) {
			t.Errorf("%s against %s: Matches and Differences disagree: %s", spec, body, fmt.Sprint(m.Differences(v)))
		}
	})
}
