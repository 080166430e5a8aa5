package fault

import (
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Drip sends the body of the answer piece by piece. After [DelayAtMost] the connection is closed.
type Drip struct {
	Chunk int           // bytes in a piece, at least 1
	Every time.Duration // between pieces
}

// Kind implements Action.
func (Drip) Kind() string { return "drip" }

// Defaults and bounds of a drip.
const (
	chunkDefault = 10
	chunkAtMost  = 1 << 20
	everyDefault = 100 * time.Millisecond
	everyAtMost  = time.Minute
)

var dripKind = kind{
	word:   "drip",
	spoils: true,
	compile: func(arg any, at []any) (Action, error) {
		d := Drip{chunkDefault, everyDefault}
		words, ok := arg.(map[string]any)
		if !ok && arg != true {
			return nil, match.Refused(at, arg, "drip takes true, or an object with chunk and every", nil)
		}
		for _, word := range wire.SortedKeys(words) {
			var err error
			here := append(at[:len(at):len(at)], word)
			switch word {
			case "chunk":
				d.Chunk, err = integer(words[word], here, 1, chunkAtMost)
			case "every":
				d.Every, err = duration(words[word], here, everyAtMost)
			default:
				err = match.Unknown(here, "member of drip", word, []string{"chunk", "every"})
			}
			if err != nil {
				return nil, err
			}
		}
		return d, nil
	},
	text: func(arg string) (any, bool) {
		if arg == "" {
			return true, true
		}
		chunk, every, _ := strings.Cut(arg, "/")
		n, ok := numberText(chunk)
		words := map[string]any{"chunk": n}
		if every != "" {
			words["every"] = every
		}
		return words, ok
	},
	form: "drip or drip=10/100ms",
}
