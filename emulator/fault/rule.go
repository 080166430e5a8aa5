// Package fault decides which requests fail and how: rules with a match, an effect, and how often they
// strike. It decides and never waits or writes; the server does what was decided.
//
// Source: ours; the effects are those that users of WireMock, Toxiproxy and Mailpit know.
package fault

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Phase says on which side of the state change a fault strikes.
type Phase string

// The phases.
const (
	Before Phase = "before" // the handler does not run
	After  Phase = "after"  // the handler runs, and its answer is thrown away or spoilt
)

// Rule is what a fault is: a value, without its counts.
type Rule struct {
	Match  *match.Match
	Effect Effect
	Phase  Phase
	Times  int     // strikes at most; zero: no bound
	Every  int     // only each n-th match strikes, the n-th being the first; at least 1
	Chance float64 // of a match to strike, drawn from the sandbox's seed; 1 is always

	spec map[string]any // as compiled
}

// Strike is the decision that a fault strikes a request.
type Strike struct {
	// By says who decided: "fault:fault_1" or "header:status=500".
	By     string
	Effect Effect
	Phase  Phase
}

// Vocabulary is what names there are; its zero value looks nothing up.
type Vocabulary struct {
	match.Vocabulary
	// Codes lists the words that "code" may be, given what the rule matches; nil: any word will do.
	// Whose names whose they are, such as "polar".
	Codes func() []string
	Whose string
}

func (v Vocabulary) whose() string {
	if v.Whose == "" {
		return ""
	}
	return v.Whose + " "
}

// Words of a rule.
const (
	wordMatch  = "match"
	wordEffect = "effect"
	wordPhase  = "phase"
	wordTimes  = "times"
	wordEvery  = "every"
	wordChance = "chance"
)

var ruleWords = []string{wordMatch, wordEffect, wordPhase, wordTimes, wordEvery, wordChance}

// timesAtMost bounds times and every.
const timesAtMost = 1_000_000

// Compile makes a rule of its JSON form, a tree of [wire.Parse]. Errors are *checkout.Error with
// CodeRefused, the place, the valid words and the one that was probably meant.
func Compile(spec any, known Vocabulary) (Rule, error) {
	words, ok := spec.(map[string]any)
	if !ok {
		return Rule{}, match.Refused(nil, spec, "a fault is an object with "+strings.Join(ruleWords, ", "), nil)
	}
	for _, word := range wire.SortedKeys(words) {
		if !slices.Contains(ruleWords, word) {
			return Rule{}, match.Unknown([]any{word}, "word", word, ruleWords)
		}
	}
	r := Rule{Every: 1, Chance: 1, spec: maps.Clone(words)}
	var err error
	if r.Match, err = match.Compile(words[wordMatch], known.Vocabulary, wordMatch); err != nil {
		return Rule{}, err
	}
	var k kind
	if r.Effect, k, err = compileEffect(words[wordEffect], known, wordEffect); err != nil {
		return Rule{}, err
	}
	if r.Phase, err = phase(words[wordPhase], k, wordPhase); err != nil {
		return Rule{}, err
	}
	return r, r.counts(words)
}

func (r *Rule) counts(words map[string]any) error {
	var err error
	if n, given := words[wordTimes]; given {
		if r.Times, err = integer(n, []any{wordTimes}, 1, timesAtMost); err != nil {
			return err
		}
	}
	if n, given := words[wordEvery]; given {
		if r.Every, err = integer(n, []any{wordEvery}, 1, timesAtMost); err != nil {
			return err
		}
	}
	if n, given := words[wordChance]; given {
		number, _ := n.(json.Number)
		if r.Chance, err = number.Float64(); err != nil || r.Chance < 0 || r.Chance > 1 {
			return match.Refused([]any{wordChance}, n, fmt.Sprintf("%v is not a chance from 0 to 1", quoted(n)), nil)
		}
	}
	return nil
}

// phase reads the phase, or gives the one that the effect has by itself.
func phase(spec any, k kind, at ...any) (Phase, error) {
	text, ok := spec.(string)
	switch p := Phase(text); {
	case spec == nil && k.spoils:
		return After, nil
	case spec == nil:
		return Before, nil
	case !ok || p != Before && p != After:
		return "", match.Unknown(at, "phase", fmt.Sprint(spec), []string{string(Before), string(After)})
	case p == Before && k.spoils:
		return "", match.Refused(at, spec, k.word+" spoils the answer, so the request is served: its phase is after", []string{string(After)})
	default:
		return p, nil
	}
}

// MarshalJSON writes the rule as it was compiled.
func (r Rule) MarshalJSON() ([]byte, error) { return wire.Marshal(r.spec) }

// UnmarshalJSON compiles what MarshalJSON wrote. Names are not looked up.
func (r *Rule) UnmarshalJSON(data []byte) error {
	tree, err := wire.Parse(data)
	if err != nil {
		return err
	}
	made, err := Compile(tree, Vocabulary{Vocabulary: match.Vocabulary{Words: match.RequestWords}})
	if err != nil {
		return err
	}
	*r = made
	return nil
}

// Sent returns a word of the rule as it was sent, nil when it was not.
func (r Rule) Sent(word string) any { return r.spec[word] }
