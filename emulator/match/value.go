package match

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// The words of a value that is written as an object. Everything else is compared for equality.
const (
	valueEquals   = "equals"   // any JSON value, for objects
	valueRegex    = "regex"    // RE2 syntax, found anywhere: anchor it with ^ and $
	valueContains = "contains" // part of a text, an element of an array, members of an object
	valueExists   = "exists"   // true: whatever it is; false: it must not be there
)

var valueWords = []string{valueEquals, valueRegex, valueContains, valueExists}

// regexAtMost bounds the length of a regular expression, in bytes.
const regexAtMost = 1000

// value is a compiled condition on one value.
type value struct {
	absent bool // it must not be there
	tests  []func(got any) bool
}

func (v value) accepts(got any) bool {
	for _, test := range v.tests {
		if !test(got) {
			return false
		}
	}
	return true
}

// compileValue makes the condition of a word; plain makes the one of a value that is no object.
func compileValue(spec any, at []any, plain func(any) (func(any) bool, error)) (value, error) {
	words, ok := spec.(map[string]any)
	if !ok {
		test, err := plain(spec)
		return value{tests: []func(any) bool{test}}, err
	}
	if len(words) == 0 {
		return value{}, Refused(at, spec, "an empty object says nothing; write a value, or an object with one of "+strings.Join(valueWords, ", "), valueWords)
	}
	var out value
	for _, word := range wire.SortedKeys(words) {
		if err := out.add(word, words[word], append(at[:len(at):len(at)], word)); err != nil {
			return value{}, err
		}
	}
	if out.absent && len(words) > 1 {
		return value{}, Refused(at, spec, "what must not exist has no other condition", nil)
	}
	return out, nil
}

func (v *value) add(word string, arg any, at []any) error {
	switch word {
	case valueEquals:
		v.tests = append(v.tests, func(got any) bool { return Equal(arg, got) })
	case valueContains:
		v.tests = append(v.tests, func(got any) bool { return contains(got, arg) })
	case valueRegex:
		re, err := compileRegex(arg, at)
		if err != nil {
			return err
		}
		v.tests = append(v.tests, func(got any) bool {
			text, ok := scalar(got)
			return ok && re.MatchString(text)
		})
	case valueExists:
		must, ok := arg.(bool)
		if !ok {
			return Refused(at, arg, "exists takes true or false", []string{"true", "false"})
		}
		v.absent = !must
	default:
		return Unknown(at, "condition", word, valueWords)
	}
	return nil
}

func compileRegex(arg any, at []any) (*regexp.Regexp, error) {
	text, ok := arg.(string)
	if !ok || len(text) > regexAtMost {
		return nil, Refused(at, arg, fmt.Sprintf("regex takes a text of at most %d bytes", regexAtMost), nil)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, Refused(at, arg, err.Error()+" (the syntax is RE2's)", nil)
	}
	return re, nil
}

// equality is how plain values are compared unless the word has a way of its own.
func equality(want any) (func(any) bool, error) {
	return func(got any) bool { return Equal(want, got) }, nil
}

// Equal reports whether two trees of [wire.Parse] are the same JSON value: numbers by what they are
// worth, members of objects in any order.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || sameNumber(string(a), string(b)))
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && len(a) == len(b) && hasMembers(b, a)
	default:
		switch b.(type) {
		case json.Number, []any, map[string]any:
			return false
		}
		return a == b
	}
}

// digitsAtMost bounds the numbers that are compared by what they are worth; longer ones, and those
// with an exponent beyond any amount, are compared as written.
const (
	digitsAtMost   = 64
	exponentAtMost = 400
)

func sameNumber(a, b string) bool {
	x, okX := rational(a)
	y, okY := rational(b)
	return okX && okY && x.Cmp(y) == 0
}

func rational(text string) (*big.Rat, bool) {
	if len(text) > digitsAtMost {
		return nil, false
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		if e, err := strconv.Atoi(text[i+1:]); err != nil || e > exponentAtMost || e < -exponentAtMost {
			return nil, false
		}
	}
	return new(big.Rat).SetString(text)
}

func hasMembers(have, want map[string]any) bool {
	for name, w := range want {
		h, ok := have[name]
		if !ok || !Equal(w, h) {
			return false
		}
	}
	return true
}

// contains reports whether part is within whole: in a text as a part of it, in an array as one of its
// elements, in an object as members that it has.
func contains(whole, part any) bool {
	switch w := whole.(type) {
	case []any:
		return slices.ContainsFunc(w, func(e any) bool { return Equal(part, e) || contains(e, part) && isObject(e) })
	case map[string]any:
		p, ok := part.(map[string]any)
		return ok && hasMembers(w, p)
	}
	text, ok := scalar(whole)
	sought, okToo := scalar(part)
	return ok && okToo && strings.Contains(text, sought)
}

func isObject(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// scalar is a value as text; ok is false for arrays, objects and null.
func scalar(v any) (text string, ok bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return string(v), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}
