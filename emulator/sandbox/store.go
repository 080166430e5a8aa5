package sandbox

import (
	"errors"
	"fmt"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// store keeps the sessions of one sandbox in insertion order, with an index for each filter of each
// provider's lists. A page costs the same however many sessions there are.
type store struct {
	records  []*Record // by seq
	byID     map[string]uint32
	bySecret map[string]uint32
	index    index // of the first so many records, see catchUp
	indexed  int
	encoded  *encoded
}

// behindAtMost is how many new sessions the index may not know: many at a time are put into it faster, but none
// shall wait long for it.
const behindAtMost = 64

// term is one value of one filter within a scope.
type term struct{ scope, field, value string }

// Scopes: the whole sandbox, one provider, one account of a provider.
const everything = ""

// AccountScope names the sessions of one account of a provider.
func AccountScope(provider, account string) string { return provider + "/" + account }

func newStore() *store {
	st := &store{byID: map[string]uint32{}, bySecret: map[string]uint32{}, encoded: &encoded{}}
	st.index = newIndex(st)
	return st
}

// fill puts copies of sessions into an empty store.
func (st *store) fill(sessions []*Record) {
	st.records = make([]*Record, len(sessions))
	for i, r := range sessions {
		st.records[i] = &Record{Session: r.Session, seq: uint32(i), encoded: st.encoded}
		st.records[i].saved.Store(r.saved.Load())
	}
	_ = st.learn() // they were told apart when they were read, or made
}

// learn has a store find its records by key, which it only holds so far. It fails when an id or a client secret
// stands twice.
func (st *store) learn() error {
	secrets := 0
	st.byID, st.bySecret = make(map[string]uint32, len(st.records)), make(map[string]uint32, len(st.records))
	for i, r := range st.records {
		if st.name(r); len(st.byID) <= i {
			return wire.Below(wire.Below(fmt.Errorf("%s stands twice", r.Session.ID), "id"), i)
		}
		if r.Session.ClientSecret != "" {
			secrets++
		}
		if len(st.bySecret) < secrets {
			return wire.Below(wire.Below(errors.New("it stands twice"), "client_secret"), i)
		}
	}
	return nil
}

// catchUp puts the records into the index that it does not know yet. It is done before a list: a restored
// sandbox may be dropped before anybody wants one. Many records stand in the same places.
func (st *store) catchUp() {
	type kind struct {
		provider, account string
		status            checkout.Status
	}
	behind := st.records[st.indexed:]
	if len(behind) == 0 {
		return
	}
	if st.indexed == 0 {
		st.index.postings = make(map[term]*posting, len(behind))
	}
	known := map[kind]places{}
	for _, r := range behind {
		s := &r.Session
		k := kind{s.Provider, s.Account, s.Status}
		at, ok := known[k]
		if !ok {
			at = st.usualPlaces(s)
			known[k] = at
		}
		for _, p := range at.all {
			p.add(r.seq)
		}
		for _, t := range s.Terms {
			st.index.posting(term{at.account, t.Field, t.Value}).add(r.seq)
		}
		st.index.changed(r.seq)
	}
	st.indexed = len(st.records)
}

// places are the postings of the usual terms of a session, and the scope of its account.
type places struct {
	account string
	all     []*posting
}

func (st *store) usualPlaces(s *checkout.Session) places {
	at := places{account: AccountScope(s.Provider, s.Account)}
	for _, t := range usualTerms(s, at.account) {
		at.all = append(at.all, st.index.posting(t))
	}
	return at
}

func (st *store) insert(s checkout.Session) *Record {
	r := &Record{Session: s, seq: uint32(len(st.records)), encoded: st.encoded}
	st.records = append(st.records, r)
	st.name(r)
	if len(st.records)-st.indexed > behindAtMost {
		st.catchUp()
	}
	return r
}

// name makes a session found by its id and its secret.
func (st *store) name(r *Record) {
	st.byID[r.Session.ID] = r.seq
	if secret := r.Session.ClientSecret; secret != "" {
		st.bySecret[secret] = r.seq
	}
}

func (st *store) replace(old *Record, s checkout.Session) *Record {
	r := &Record{Session: s, seq: old.seq, encoded: st.encoded}
	st.records[r.seq] = r
	if int(r.seq) >= st.indexed {
		return r
	}
	if s.Status != old.Session.Status || !slices.Equal(s.Terms, old.Session.Terms) {
		st.index.replace(r.seq, terms(&old.Session), terms(&s))
	}
	if s.Status != old.Session.Status || s.Search != old.Session.Search || !slices.Equal(s.Terms, old.Session.Terms) {
		st.index.changed(r.seq)
	}
	return r
}

// page answers q. An unknown cursor is a CodeNotFound.
func (st *store) page(q Query) (Page, error) {
	st.catchUp()
	of, err := st.index.page(q)
	if err != nil {
		return Page{}, err
	}
	page := Page{Total: of.total, More: of.more, Records: make([]*Record, len(of.seqs))}
	for i, seq := range of.seqs {
		page.Records[i] = st.records[seq]
	}
	return page, nil
}

func (st *store) size() int { return len(st.records) }

func (st *store) place(id string) (seq uint32, ok bool) {
	seq, ok = st.byID[id]
	return seq, ok
}

func (st *store) within(seq uint32, scope string) bool {
	s := &st.records[seq].Session
	return scope == everything || scope == s.Provider || scope == AccountScope(s.Provider, s.Account)
}

func (st *store) holds(seq uint32, f Filter) bool {
	s := &st.records[seq].Session
	return slices.ContainsFunc(f.Values, func(value string) bool {
		return f.Field == FieldStatus && value == string(s.Status) || slices.Contains(s.Terms, checkout.Term{Field: f.Field, Value: value})
	})
}

func (st *store) text(seq uint32) string { return st.records[seq].Session.Search }

// terms lists where a session stands in the index: in each of its scopes as such and by status, in
// its account also by the dialect's own filters.
func terms(s *checkout.Session) []term {
	account := AccountScope(s.Provider, s.Account)
	usual := usualTerms(s, account)
	out := append(make([]term, 0, len(usual)+len(s.Terms)), usual[:]...)
	for _, t := range s.Terms {
		out = append(out, term{account, t.Field, t.Value})
	}
	return out
}

// usualTerms are the terms of a session that do not depend on its dialect.
func usualTerms(s *checkout.Session, account string) [6]term {
	status := string(s.Status)
	return [...]term{
		{everything, "", ""}, {everything, FieldStatus, status},
		{s.Provider, "", ""}, {s.Provider, FieldStatus, status},
		{account, "", ""}, {account, FieldStatus, status},
	}
}
