package fault

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Effect is what a fault does to one request.
type Effect struct {
	// Delay is waited first, in wall time.
	Delay time.Duration
	// Act is what happens then; nil: the request is served as ever.
	Act Action
}

// Action is one kind of effect, beside the delay: [Status], [RateLimit], [Hang], [Reset], [Empty],
// [Truncate], [Garbage] or [Drip].
type Action interface {
	// Kind is the word of the effect.
	Kind() string
}

// kind is how one word of an effect is read. Each stands in the file of its action.
type kind struct {
	word string
	// spoils says that the action spoils the answer of the handler, which therefore has to run: its
	// phase is always after.
	spoils bool
	// compile reads the argument of the word.
	compile func(arg any, at []any) (Action, error)
	// text turns the argument of the request header into the one of the control API. ok is false when
	// it cannot be read; form says how it is written.
	text func(arg string) (value any, ok bool)
	form string
}

// Words that stand beside the kinds in an effect.
const (
	wordDelay = "delay"
	wordCode  = "code"
)

func kinds() []kind {
	return []kind{statusKind, rateLimitKind, hangKind, resetKind, emptyKind, truncateKind, garbageKind, dripKind}
}

// effectWords are the words of an effect, in the order in which they are shown.
func effectWords() []string {
	out := []string{}
	for _, k := range kinds() {
		out = append(out, k.word)
		if k.word == statusKind.word {
			out = append(out, wordCode, wordDelay)
		}
	}
	return out
}

func kindOf(word string) (kind, bool) {
	for _, k := range kinds() {
		if k.word == word {
			return k, true
		}
	}
	return kind{}, false
}

// DelayAtMost bounds a delay, and how long a request is held by a hang or a drip.
const DelayAtMost = 10 * time.Minute

// compileEffect reads an effect; codes looks up the word of an error.
func compileEffect(spec any, known Vocabulary, at ...any) (Effect, kind, error) {
	words, ok := spec.(map[string]any)
	if !ok || len(words) == 0 {
		return Effect{}, kind{}, match.Refused(at, spec, "an effect is an object with one of "+strings.Join(effectWords(), ", "), effectWords())
	}
	var e Effect
	var chosen kind
	for _, word := range wire.SortedKeys(words) {
		here := append(at[:len(at):len(at)], word)
		if word == wordDelay {
			var err error
			if e.Delay, err = duration(words[word], here, DelayAtMost); err != nil {
				return Effect{}, kind{}, err
			}
			continue
		}
		if word == wordCode {
			continue // read with the status
		}
		k, ok := kindOf(word)
		if !ok {
			return Effect{}, kind{}, match.Unknown(here, "effect", word, effectWords())
		}
		if chosen.word != "" {
			return Effect{}, kind{}, match.Refused(here, words[word], fmt.Sprintf("an effect is one of %s and %s, not both; delay and code may join it", chosen.word, k.word), nil)
		}
		chosen = k
		var err error
		if e.Act, err = k.compile(words[word], here); err != nil {
			return Effect{}, kind{}, err
		}
	}
	if code, given := words[wordCode]; given {
		if err := e.withCode(code, known, append(at[:len(at):len(at)], wordCode)); err != nil {
			return Effect{}, kind{}, err
		}
		chosen = statusKind
	}
	return e, chosen, nil
}

// withCode adds the word of an error to a status; alone it has the status that the provider gives it.
func (e *Effect) withCode(spec any, known Vocabulary, at []any) error {
	code, ok := spec.(string)
	if !ok || code == "" {
		return match.Refused(at, spec, "code takes a text", nil)
	}
	status, isStatus := e.Act.(Status)
	if e.Act != nil && !isStatus {
		return match.Refused(at, spec, "code goes with status; "+e.Act.Kind()+" answers no error", nil)
	}
	if known.Codes != nil {
		if all := known.Codes(); !slices.Contains(all, code) {
			return match.Unknown(at, known.whose()+"code", code, all)
		}
	}
	status.Word = code
	e.Act = status
	return nil
}

// flag compiles the effects that take nothing but true.
func flag(a Action) func(any, []any) (Action, error) {
	return func(arg any, at []any) (Action, error) {
		if arg != true {
			return nil, match.Refused(at, arg, a.Kind()+" takes true", []string{"true"})
		}
		return a, nil
	}
}

// flagText reads them in the request header, where the word alone is enough.
func flagText(arg string) (any, bool) { return true, arg == "" || arg == "true" }

// duration reads a span of time as Go writes it, or as ISO 8601 does up to hours.
func duration(arg any, at []any, most time.Duration) (time.Duration, error) {
	text, _ := arg.(string)
	if iso, ok := strings.CutPrefix(text, "PT"); ok {
		text = strings.ToLower(iso)
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > most {
		return 0, match.Refused(at, arg, fmt.Sprintf("%v is not a duration of at most %v: write 300ms, 2s or PT2S", quoted(arg), most), nil)
	}
	return d, nil
}

// integer reads a whole number within bounds.
func integer(arg any, at []any, least, most int) (int, error) {
	n, ok := arg.(json.Number)
	i, err := strconv.Atoi(string(n))
	if !ok || err != nil || i < least || i > most {
		return 0, match.Refused(at, arg, fmt.Sprintf("%v is not a whole number from %d to %d", quoted(arg), least, most), nil)
	}
	return i, nil
}

func numberText(arg string) (any, bool) {
	_, err := strconv.Atoi(arg)
	return json.Number(arg), err == nil
}

func quoted(arg any) string {
	if text, ok := arg.(string); ok {
		return strconv.Quote(text)
	}
	return fmt.Sprint(arg)
}
