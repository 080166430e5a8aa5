package fault

import (
	"fmt"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/match"
)

// Header is the request header that has one request fail, whatever faults are armed.
const Header = "X-Fault"

// headerAtMost bounds the header, in bytes.
const headerAtMost = 500

// FromHeader reads the header: words divided by semicolons, such as "status=500; delay=2s; phase=after".
// The error is text for the caller; known looks up what code says.
func FromHeader(text string, known Vocabulary) (Strike, error) {
	if len(text) > headerAtMost {
		return Strike{}, unusable(fmt.Sprintf("it is over %d bytes", headerAtMost))
	}
	effect := map[string]any{}
	var side any
	for _, part := range strings.Split(text, ";") {
		word, arg, _ := strings.Cut(strings.TrimSpace(part), "=")
		word, arg = strings.ToLower(strings.TrimSpace(word)), strings.TrimSpace(arg)
		if _, twice := effect[word]; twice || word == wordPhase && side != nil {
			return Strike{}, unusable(word + " stands twice")
		}
		switch k, ok := kindOf(word); {
		case word == "":
		case word == wordPhase:
			side = arg
		case word == wordDelay || word == wordCode:
			effect[word] = arg
		case !ok:
			return Strike{}, unusable(match.Unknown(nil, "word", word, headerWords()).Message)
		default:
			if effect[word], ok = k.text(arg); !ok {
				return Strike{}, unusable("write " + k.form)
			}
		}
	}
	e, k, err := compileEffect(effect, known)
	if err != nil {
		return Strike{}, unusable(err.Error())
	}
	s := Strike{By: "header:" + strings.TrimSpace(text), Effect: e}
	if s.Phase, err = phase(side, k); err != nil {
		return Strike{}, unusable(err.Error())
	}
	return s, nil
}

func headerWords() []string { return append(effectWords(), wordPhase) }

func unusable(why string) error {
	forms := []string{}
	for _, k := range kinds() {
		forms = append(forms, k.form)
	}
	return fmt.Errorf("the header %s cannot be used: %s. It has words divided by semicolons: one of %s; beside it code=…, delay=2s, phase=before or phase=after",
		Header, why, strings.Join(forms, ", "))
}
