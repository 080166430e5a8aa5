package match

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Vocabulary is what names there are. Its zero value knows [RequestWords] and looks nothing up.
type Vocabulary struct {
	Words []string // that may be used; nil: RequestWords
	// Providers are the names of the providers; nil: any name will do.
	Providers []string
	// Operations lists the operations of a provider, or of all of them for ""; nil: any name will do.
	Operations func(provider string) []string
	// Field looks up a place in the body of an operation; either name may be "". When there is no such
	// place, valid lists what stands beside the first step that is wrong, whose index is at. nil: any
	// place will do.
	Field func(provider, operation string, path []string) (known bool, at int, valid []string)
}

// Bounds of a match.
const (
	wordsAtMost = 50  // headers, and places of the body
	textAtMost  = 500 // bytes of a path or pointer
)

// Compile makes a match of its JSON form, a tree of [wire.Parse]; nil matches every request. Values are
// compared for equality unless they are objects: {"regex": …}, {"contains": …}, {"exists": true} or
// {"equals": …}. In a path "*" or {name} stands for one segment and "**" for any number of them.
//
// Errors are *[checkout.Error] with CodeRefused, the valid words and the one that was probably meant;
// at is where the match stands in the request.
func Compile(spec any, known Vocabulary, at ...any) (*Match, error) {
	if spec == nil {
		return &Match{}, nil
	}
	words, ok := spec.(map[string]any)
	if !ok {
		return nil, Refused(at, spec, "a match is an object", nil)
	}
	if known.Words == nil {
		known.Words = RequestWords
	}
	for _, word := range wire.SortedKeys(words) {
		if !slices.Contains(known.Words, word) {
			return nil, Unknown(append(at, word), "word", word, known.Words)
		}
	}
	c := compiler{known: known, words: words, m: &Match{spec: maps.Clone(words)}}
	for _, word := range known.Words {
		if value, given := words[word]; given {
			if err := c.word(word, value, append(at[:len(at):len(at)], word)); err != nil {
				return nil, err
			}
		}
	}
	return c.m, nil
}

type compiler struct {
	known Vocabulary
	words map[string]any
	m     *Match
}

// named is the provider or operation that the match is about, "" when it is a pattern or absent.
func (c *compiler) named(word string) string {
	text, _ := c.words[word].(string)
	return text
}

func (c *compiler) word(word string, spec any, at []any) error {
	switch word {
	case WordHeader:
		return c.each(spec, at, "header", c.header)
	case WordBody:
		return c.each(spec, at, "body", c.body)
	}
	if err := c.names(word, spec, at); err != nil {
		return err
	}
	return c.add("/"+word, spec, at, plainOf(word, at), gotOf(word))
}

// names looks up what a provider or operation is called.
func (c *compiler) names(word string, spec any, at []any) error {
	name, plain := spec.(string)
	if !plain {
		return nil
	}
	switch {
	case word == WordProvider && c.known.Providers != nil && !slices.Contains(c.known.Providers, name):
		return Unknown(at, word, name, c.known.Providers)
	case word == WordOperation && c.known.Operations != nil:
		all := c.known.Operations(c.named(WordProvider))
		if !slices.Contains(all, name) {
			what := strings.TrimSpace(c.named(WordProvider) + " " + word)
			return Unknown(at, what, name, all)
		}
	}
	return nil
}

// plainOf is how a value that is no object is compared for a word.
func plainOf(word string, at []any) func(any) (func(any) bool, error) {
	return func(want any) (func(any) bool, error) {
		text, ok := want.(string)
		if word == WordStatus {
			return statusTest(want, at)
		}
		if !ok || len(text) > textAtMost {
			return nil, Refused(at, want, fmt.Sprintf("%s takes a text of at most %d bytes, or an object with one of %s", word, textAtMost, strings.Join(valueWords, ", ")), nil)
		}
		switch word {
		case WordMethod:
			return func(got any) bool { return strings.EqualFold(text, got.(string)) }, nil
		case WordPath:
			if !strings.HasPrefix(text, "/") {
				return nil, Refused(at, want, fmt.Sprintf("a path begins with a slash; did you mean %q?", "/"+text), nil)
			}
			pattern := newPathPattern(text)
			return func(got any) bool { return pattern.matches(got.(string)) }, nil
		}
		return equality(want)
	}
}

var statusForm = regexp.MustCompile(`^[1-5](\d\d|xx)$`)

func statusTest(want any, at []any) (func(any) bool, error) {
	text, _ := scalar(want)
	if !statusForm.MatchString(text) {
		return nil, Refused(at, want, "a status is a number such as 500, or a class such as 5xx", nil)
	}
	if class, ok := strings.CutSuffix(text, "xx"); ok {
		return func(got any) bool { return strings.HasPrefix(string(got.(json.Number)), class) }, nil
	}
	return func(got any) bool { return string(got.(json.Number)) == text }, nil
}

// gotOf finds the value of a word in a request.
func gotOf(word string) func(*View) []any {
	switch word {
	case WordProvider:
		return func(v *View) []any { return some(v.Provider) }
	case WordOperation:
		return func(v *View) []any { return some(v.Operation) }
	case WordMethod:
		return func(v *View) []any { return some(v.Method) }
	case WordSession:
		return func(v *View) []any { return some(v.Session) }
	case WordPath:
		return func(v *View) []any { return []any{v.Path, "/" + v.Provider + v.Path} }
	default:
		return func(v *View) []any {
			if v.Status == 0 {
				return nil
			}
			return []any{json.Number(strconv.Itoa(v.Status))}
		}
	}
}

func some(text string) []any {
	if text == "" {
		return nil
	}
	return []any{text}
}

// each compiles the members of header or body.
func (c *compiler) each(spec any, at []any, word string, one func(name string, spec any, at []any) error) error {
	members, ok := spec.(map[string]any)
	if !ok || len(members) > wordsAtMost {
		return Refused(at, spec, fmt.Sprintf("%s takes an object with at most %d members", word, wordsAtMost), nil)
	}
	for _, name := range wire.SortedKeys(members) {
		if err := one(name, members[name], append(at[:len(at):len(at)], name)); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) header(name string, spec any, at []any) error {
	key := http.CanonicalHeaderKey(name)
	plain := func(want any) (func(any) bool, error) {
		text, ok := scalar(want)
		if !ok {
			return nil, Refused(at, want, "a header takes a text, or an object with one of "+strings.Join(valueWords, ", "), nil)
		}
		return equality(text)
	}
	return c.add("/header/"+escapePointer(name), spec, at, plain, func(v *View) []any {
		var out []any
		for _, one := range v.Header[key] {
			out = append(out, one)
		}
		return out
	})
}

func (c *compiler) body(pointer string, spec any, at []any) error {
	path, err := parsePointer(pointer, at)
	if err != nil {
		return err
	}
	if c.known.Field != nil {
		if ok, i, valid := c.known.Field(c.named(WordProvider), c.named(WordOperation), path); !ok {
			return Unknown(at, "field", path[i], valid)
		}
	}
	return c.add("/body"+pointer, spec, at, equality, func(v *View) []any {
		if got, ok := find(v.Body, path); ok {
			return []any{got}
		}
		return nil
	})
}

func (c *compiler) add(pointer string, spec any, at []any, plain func(any) (func(any) bool, error), got func(*View) []any) error {
	compiled, err := compileValue(spec, at, plain)
	if err != nil {
		return err
	}
	c.m.terms = append(c.m.terms, term{pointer: pointer, want: spec, value: compiled, got: got})
	return nil
}
