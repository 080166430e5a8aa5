package fault

import (
	"fmt"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// RateLimit answers 429 with the provider's headers.
type RateLimit struct {
	Limit int           // requests allowed; zero: the provider's own
	Reset time.Duration // until the next one is allowed; zero: the provider's own
}

// Kind implements Action.
func (RateLimit) Kind() string { return "rate_limit" }

// Bounds of a rate limit.
const (
	limitAtMost = 1_000_000
	resetAtMost = 24 * time.Hour
)

var rateLimitKind = kind{
	word: "rate_limit",
	compile: func(arg any, at []any) (Action, error) {
		if arg == true {
			return RateLimit{}, nil
		}
		words, ok := arg.(map[string]any)
		if !ok {
			return nil, match.Refused(at, arg, "rate_limit takes true, or an object with limit and reset", nil)
		}
		var r RateLimit
		for _, word := range wire.SortedKeys(words) {
			var err error
			here := append(at[:len(at):len(at)], word)
			switch word {
			case "limit":
				r.Limit, err = integer(words[word], here, 1, limitAtMost)
			case "reset":
				r.Reset, err = duration(words[word], here, resetAtMost)
			default:
				err = match.Unknown(here, "member of rate_limit", word, []string{"limit", "reset"})
			}
			if err != nil {
				return nil, err
			}
		}
		return r, nil
	},
	text: func(arg string) (any, bool) {
		if arg == "" {
			return true, true
		}
		limit, reset, _ := strings.Cut(arg, "/")
		n, ok := numberText(limit)
		words := map[string]any{"limit": n}
		if reset != "" {
			words["reset"] = reset
		}
		return words, ok
	},
	form: fmt.Sprintf("%s or %[1]s=100/30s", "rate_limit"),
}
