package bias

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Sizes of pages, and of the steps in which a list looks at sessions one by one.
//
// Source: docs.biaspay.com, pagination, for the first.
const (
	defaultLimit = 50
	searchStep   = 500
)

// listQuery is the plain part of the query.
type listQuery struct {
	Limit         int    `json:"limit"`
	StartingAfter string `json:"starting_after"`
	EndingBefore  string `json:"ending_before"`
}

// list answers a page of sessions, newest first.
//
// Source: docs.biaspay.com, pagination, for the cursors and the envelope.
// Assumed: the order; of sessions made in the same millisecond the one made later comes first. A page
// before a cursor is the one next to it; has_more is about the direction travelled. Both cursors at
// once, and one that names no session, are refused.
func (b *Bias) list(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[listQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	if found := b.ownFaults(r); len(found) > 0 {
		return api.Response{}, refused(found)
	}
	expand, _ := readExpand(r.RawQuery, expandSession)
	where, _ := b.readFilters(r.RawQuery)
	s := search{box: r.Sandbox, plan: newPlan(where), limit: in.Limit}
	if s.limit == 0 {
		s.limit = defaultLimit
	}
	if in.EndingBefore != "" {
		err = s.backward(in.EndingBefore)
	} else {
		err = s.forward(in.StartingAfter)
	}
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: wire.Assembly{
		{Name: "object", Value: json.RawMessage(`"list"`)},
		{Name: "items", Items: b.bodies(r, s.found, shown{expand: expand})},
		{Name: "has_more", Value: wire.MustMarshal(s.more)},
	}}, nil
}

// listFaults checks the query of a list as far as the document does not.
func (b *Bias) listFaults(r *api.Request) []checkout.Violation {
	_, found := readExpand(r.RawQuery, expandSession)
	_, more := b.readFilters(r.RawQuery)
	found = append(found, more...)
	return append(found, cursorFaults(r, func(id string) string {
		if rec, err := r.Sandbox.Find(id); err != nil || rec.Session.Provider != name {
			return fmt.Sprintf(messageNoSession, id)
		}
		return ""
	})...)
}

// cursorFaults checks the cursors of a list; missing says what is wrong with one, "" nothing.
func cursorFaults(r *api.Request, missing func(id string) string) []checkout.Violation {
	var found []checkout.Violation
	before, _ := r.Query[paramEnding].(string)
	after, _ := r.Query[paramStarting].(string)
	if before != "" && after != "" {
		found = append(found, badQuery([]any{paramEnding}, before, messageTwoCursors))
	}
	for _, cursor := range [][2]string{{paramEnding, before}, {paramStarting, after}} {
		if cursor[1] == "" {
			continue
		}
		if message := missing(cursor[1]); message != "" {
			f := badQuery([]any{cursor[0]}, cursor[1], message)
			f.Rule = codeMissing
			found = append(found, f)
		}
	}
	return found
}

// search collects one page.
type search struct {
	box   *sandbox.Sandbox
	plan  plan
	limit int

	found []*sandbox.Record // newest first
	more  bool              // beyond the page, in the direction travelled
}

func scope() string { return sandbox.AccountScope(name, "") }

// forward collects the page after a cursor, "" for the first: from the newer sessions to the older.
func (s *search) forward(cursor string) error {
	if edge := s.firstAt(s.plan.span.to); edge != nil && !s.isBefore(cursor, s.plan.span.to) {
		cursor = edge.Session.ID // all that is newer is out of the span
	}
	return s.walk(func(page *sandbox.Query) { page.After = cursor }, func(rec *sandbox.Record) bool {
		cursor = rec.Session.ID
		return rec.Session.CreatedAt.UnixMilli() >= s.plan.span.from
	})
}

// backward collects the page before a cursor: from the older sessions to the newer.
func (s *search) backward(cursor string) error {
	if edge := s.lastBefore(s.plan.span.from); edge != nil && s.isBefore(cursor, s.plan.span.from) {
		cursor = edge.Session.ID
	}
	err := s.walk(func(page *sandbox.Query) { page.Before = cursor }, func(rec *sandbox.Record) bool {
		cursor = rec.Session.ID
		return rec.Session.CreatedAt.UnixMilli() < s.plan.span.to
	})
	slices.Reverse(s.found)
	return err
}

// walk looks at sessions in the direction of from, until the page is full or goOn says that no
// further one can match.
func (s *search) walk(from func(*sandbox.Query), goOn func(*sandbox.Record) bool) error {
	if s.plan.none {
		return nil
	}
	step := s.limit + 1
	if s.plan.rest != nil {
		step = max(step, searchStep)
	}
	for {
		q := sandbox.Query{Scope: scope(), Where: s.plan.where, NewestFirst: true, Limit: step}
		from(&q)
		page, err := s.box.List(q)
		if err != nil {
			return err
		}
		recs := page.Records
		if q.Before != "" {
			slices.Reverse(recs)
		}
		for _, rec := range recs {
			if !goOn(rec) {
				return nil
			}
			if !s.plan.holds(sessionFacts{&rec.Session}) {
				continue
			}
			if len(s.found) == s.limit {
				s.more = true
				return nil
			}
			s.found = append(s.found, rec)
		}
		if !page.More {
			return nil
		}
	}
}

// firstAt returns the oldest session created at ms or later, nil when there is none.
func (s *search) firstAt(ms int64) *sandbox.Record {
	if ms == anyTime.to {
		return nil
	}
	return s.at(s.countBefore(ms))
}

// lastBefore returns the newest session created before ms, nil when there is none.
func (s *search) lastBefore(ms int64) *sandbox.Record {
	if ms == anyTime.from {
		return nil
	}
	return s.at(s.countBefore(ms) - 1)
}

// countBefore counts the sessions created before ms by halving: their order is that of time.
func (s *search) countBefore(ms int64) int {
	page, _ := s.box.List(sandbox.Query{Scope: scope(), Limit: 1})
	return sort.Search(page.Total, func(i int) bool {
		rec := s.at(i)
		return rec == nil || rec.Session.CreatedAt.UnixMilli() >= ms
	})
}

// at returns the session at a position in the order of creation, nil when there is none.
func (s *search) at(position int) *sandbox.Record {
	if position < 0 {
		return nil
	}
	page, _ := s.box.List(sandbox.Query{Scope: scope(), Offset: position, Limit: 1})
	if len(page.Records) == 0 {
		return nil
	}
	return page.Records[0]
}

// isBefore reports whether a session was created before ms; "" is no session and was not.
func (s *search) isBefore(id string, ms int64) bool {
	if id == "" {
		return false
	}
	rec, err := s.box.Find(id)
	return err == nil && rec.Session.CreatedAt.UnixMilli() < ms
}
