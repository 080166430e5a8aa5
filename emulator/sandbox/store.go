package sandbox

import (
	"slices"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// store keeps the sessions of one sandbox in insertion order, with an index for each filter of each
// provider's lists. A page costs the same however many sessions there are.
type store struct {
	records  []*Record // by seq
	byID     map[string]uint32
	bySecret map[string]uint32
	index    map[term]*posting
	views    filterViews
	encoded  *encoded
}

// term is one value of one filter within a scope.
type term struct{ scope, field, value string }

// Scopes: the whole sandbox, one provider, one account of a provider.
const everything = ""

// AccountScope names the sessions of one account of a provider.
func AccountScope(provider, account string) string { return provider + "/" + account }

func newStore() *store {
	return &store{
		byID:     map[string]uint32{},
		bySecret: map[string]uint32{},
		index:    map[term]*posting{},
		encoded:  &encoded{},
	}
}

func (st *store) insert(s checkout.Session) *Record {
	r := &Record{Session: s, seq: uint32(len(st.records)), encoded: st.encoded}
	st.records = append(st.records, r)
	st.byID[s.ID] = r.seq
	if s.ClientSecret != "" {
		st.bySecret[s.ClientSecret] = r.seq
	}
	for _, t := range terms(&s) {
		st.postings(t).add(r.seq)
	}
	st.changed(r.seq)
	return r
}

func (st *store) replace(old *Record, s checkout.Session) *Record {
	r := &Record{Session: s, seq: old.seq, encoded: st.encoded}
	st.records[r.seq] = r
	if s.Status != old.Session.Status || !slices.Equal(s.Terms, old.Session.Terms) {
		before, after := terms(&old.Session), terms(&s)
		for _, t := range before {
			if !slices.Contains(after, t) {
				st.drop(t, r.seq)
			}
		}
		for _, t := range after {
			if !slices.Contains(before, t) {
				st.postings(t).add(r.seq)
			}
		}
	}
	if s.Status != old.Session.Status || s.Search != old.Session.Search || !slices.Equal(s.Terms, old.Session.Terms) {
		st.changed(r.seq)
	}
	return r
}

func (st *store) postings(t term) *posting {
	p := st.index[t]
	if p == nil {
		p = &posting{}
		st.index[t] = p
	}
	return p
}

func (st *store) drop(t term, seq uint32) {
	p := st.index[t]
	p.remove(seq)
	if p.len() == 0 {
		delete(st.index, t)
	}
}

// terms lists where a session stands in the index: in each of its scopes as such and by status, in
// its account also by the dialect's own filters.
func terms(s *checkout.Session) []term {
	account := AccountScope(s.Provider, s.Account)
	status := string(s.Status)
	out := make([]term, 0, 6+len(s.Terms))
	out = append(out,
		term{everything, "", ""}, term{everything, FieldStatus, status},
		term{s.Provider, "", ""}, term{s.Provider, FieldStatus, status},
		term{account, "", ""}, term{account, FieldStatus, status})
	for _, t := range s.Terms {
		out = append(out, term{account, t.Field, t.Value})
	}
	return out
}
