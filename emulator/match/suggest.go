package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Unknown is the error of a word that names nothing: a CodeRefused with the words that do, and the one
// that was probably meant. what is the kind of thing, such as "operation"; at is where the word stands.
func Unknown(at []any, what, word string, known []string) *checkout.Error {
	message := fmt.Sprintf("there is no %s %q", what, word)
	if close := Closest(word, known); close != "" {
		message += fmt.Sprintf("; did you mean %q?", close)
	} else if len(known) > 0 {
		message += "; there are " + strings.Join(known, ", ")
	}
	return Refused(at, word, message, known)
}

// Refused is the error of a value that cannot be used: a CodeRefused with the values that could be.
// at is where the value stands in the body.
func Refused(at []any, got any, message string, allowed []string) *checkout.Error {
	v := checkout.Violation{In: checkout.InBody, Path: slices.Clone(at), Rule: checkout.RuleEnum, Value: got, Message: message}
	for _, a := range allowed {
		v.Allowed = append(v.Allowed, a)
	}
	return &checkout.Error{Code: checkout.CodeRefused, Message: message, Allowed: allowed, Violations: []checkout.Violation{v}}
}

// Closest returns the known word that was probably meant, "" when none is near: at most a third of the
// letters may differ, and always one, upper and lower case being the same.
func Closest(word string, known []string) string {
	best, least := "", max(len(word)/3, 1)+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k), least); d < least {
			best, least = k, d
		}
	}
	return best
}

// longestWord bounds what is compared, in bytes.
const longestWord = 100

// distance is how many letters have to be put in, left out, replaced, or swapped with their neighbour
// to turn a into b (optimal string alignment); most when it is not less than that.
func distance(a, b string, most int) int {
	if len(a) > longestWord || len(b) > longestWord || max(len(a)-len(b), len(b)-len(a)) >= most {
		return most
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], most)
}
