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
	index    index
	encoded  *encoded
}

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

func (st *store) insert(s checkout.Session) *Record {
	r := &Record{Session: s, seq: uint32(len(st.records)), encoded: st.encoded}
	st.records = append(st.records, r)
	st.name(r)
	st.index.insert(r.seq, terms(&s))
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
