package control

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// closestAtMost is how many misses a failed verification shows.
const closestAtMost = 3

// verification is how many requests must match. Without a number it is one or more.
type verification struct {
	Match   any  `json:"match"`
	Exactly *int `json:"exactly"`
	AtLeast *int `json:"at_least"`
	AtMost  *int `json:"at_most"`
}

// bounds returns the fewest and the most that are right; most is -1 when there is no such bound.
func (v verification) bounds() (least, most int, err error) {
	least, most = 1, -1
	if v.AtMost != nil {
		least, most = 0, *v.AtMost
	}
	if v.AtLeast != nil {
		least = *v.AtLeast
	}
	if v.Exactly != nil {
		if v.AtLeast != nil || v.AtMost != nil {
			return 0, 0, refused("exactly", *v.Exactly, "exactly stands alone; leave out at_least and at_most", nil)
		}
		least, most = *v.Exactly, *v.Exactly
	}
	if most >= 0 && least > most {
		return 0, 0, refused("at_least", least, fmt.Sprintf("no number is at least %d and at most %d", least, most), nil)
	}
	return least, most, nil
}

// wanted says which numbers are right.
func wanted(least, most int) string {
	switch {
	case least == most:
		return fmt.Sprintf("exactly %d", least)
	case most < 0:
		return fmt.Sprintf("at least %d", least)
	case least == 0:
		return fmt.Sprintf("at most %d", most)
	}
	return fmt.Sprintf("%d to %d", least, most)
}

// verified is the requests that matched, by number.
type verified struct {
	Count    int      `json:"count"`
	Requests []uint64 `json:"requests"`
}

// unverified is a verification that failed, with the requests that came closest.
type unverified struct {
	problem
	verified
	Closest []miss `json:"closest"`
}

// miss is a request that does not match, and why.
type miss struct {
	N           uint64       `json:"n"`
	Differences []difference `json:"differences"`

	common int // words of the match that it does fit
}

type difference struct {
	Pointer string `json:"pointer"`
	Want    any    `json:"want"`
	Got     any    `json:"got"`
	Absent  bool   `json:"absent,omitempty"`
}

func (c *Control) verify(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[verification](r)
	if err != nil {
		return api.Response{}, err
	}
	least, most, err := in.bounds()
	if err != nil {
		return api.Response{}, err
	}
	m, err := match.Compile(in.Match, c.journalWords(), "match")
	if err != nil {
		return api.Response{}, err
	}
	found, misses := sift(r.Sandbox, m)
	if found.Count >= least && (most < 0 || found.Count <= most) {
		return api.Response{Body: found}, nil
	}
	out := unverified{verified: found, Closest: []miss{}}
	if found.Count < least {
		out.Closest = closest(misses)
	}
	out.problem = problem{Type: "about:blank", Status: http.StatusUnprocessableEntity, Detail: explained(found, wanted(least, most), out.Closest)}
	out.Title = http.StatusText(out.Status)
	return api.Response{Status: out.Status, Body: out, ContentType: problemType}, nil
}

// sift divides the journal into what matches, and what does not.
func sift(b *sandbox.Sandbox, m *match.Match) (verified, []miss) {
	found, misses := verified{Requests: []uint64{}}, []miss(nil)
	for _, e := range b.Journal.Since(0) {
		differences := m.Differences(seenWhole(b, e))
		if len(differences) == 0 {
			found.Count++
			found.Requests = append(found.Requests, e.N)
			continue
		}
		one := miss{N: e.N, common: m.Words() - len(differences)}
		for _, d := range differences {
			one.Differences = append(one.Differences, difference{d.Pointer, d.Want, d.Got, d.Absent})
		}
		misses = append(misses, one)
	}
	return found, misses
}

// closest returns the misses with the least differences, of equals the latest. One that has nothing in
// common with the match is shown only when all are like that.
func closest(misses []miss) []miss {
	slices.SortStableFunc(misses, func(a, b miss) int {
		return cmp.Or(cmp.Compare(len(a.Differences), len(b.Differences)), cmp.Compare(b.N, a.N))
	})
	if i := slices.IndexFunc(misses, func(m miss) bool { return m.common == 0 }); i > 0 {
		misses = misses[:i]
	}
	return append([]miss{}, misses[:min(len(misses), closestAtMost)]...)
}

// explained says in a sentence what the numbers and the closest miss say.
func explained(found verified, wanted string, closest []miss) string {
	text := fmt.Sprintf("%d requests match, %s were wanted", found.Count, wanted)
	if found.Count == 1 {
		text = "1 request matches, " + wanted + " were wanted"
	}
	if len(closest) == 0 {
		return text
	}
	var at []string
	for _, d := range closest[0].Differences {
		at = append(at, d.Pointer)
	}
	return fmt.Sprintf("%s; the closest, request %d, differs at %s", text, closest[0].N, strings.Join(at, ", "))
}
