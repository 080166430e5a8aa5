package control

import (
	"errors"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// requestQuery chooses requests. Its words are those of a match.
type requestQuery struct {
	Provider  string                `json:"provider"`
	Operation string                `json:"operation"`
	Method    string                `json:"method"`
	Path      string                `json:"path"`
	Status    string                `json:"status"`
	Session   string                `json:"session"`
	Problem   *bool                 `json:"problem"`
	Unread    *bool                 `json:"unread"`
	Since     wire.Optional[uint64] `json:"since"`
	Limit     int                   `json:"limit"`
	waitQuery
}

// requestQuery reads the query of a request, and returns what it keeps of the journal.
func (c *Control) requestQuery(r *api.Request) (requestQuery, func(journal.Entry) bool, error) {
	in, err := api.DecodeQuery[requestQuery](r)
	if err != nil {
		return in, nil, err
	}
	spec := map[string]any{}
	for word, text := range map[string]string{
		match.WordProvider: in.Provider, match.WordOperation: in.Operation, match.WordMethod: in.Method,
		match.WordPath: in.Path, match.WordStatus: in.Status, match.WordSession: in.Session,
	} {
		if text != "" {
			spec[word] = text
		}
	}
	m, err := match.Compile(spec, c.journalWords())
	if err != nil {
		return in, nil, inQuery(err)
	}
	b := r.Sandbox
	return in, func(e journal.Entry) bool {
		switch {
		case in.Problem != nil && *in.Problem != (e.Problem != ""), in.Unread != nil && *in.Unread != (len(e.Unread) > 0):
			return false
		case in.Session != "":
			e.Session = sessionOf(b, e)
		}
		return m.Matches(seen(e))
	}, nil
}

// journalWords is what a match of the journal may name.
func (c *Control) journalWords() match.Vocabulary {
	return match.Vocabulary{Words: match.AllWords, Providers: c.providerNames(), Operations: c.operations}
}

// operations lists the operations of a provider by name, or with "" of all of them.
func (c *Control) operations(provider string) []string {
	var all []string
	for _, p := range c.providers {
		if provider == "" || p.Name() == provider {
			for id := range p.Handlers() {
				all = append(all, id)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// seen is an exchange as a match sees it, without headers and body.
func seen(e journal.Entry) *match.View {
	return &match.View{Provider: e.Surface, Operation: e.Operation, Method: e.Method, Path: e.Path, Session: e.Session, Status: e.Status}
}

// seenWhole is an exchange as a match sees it.
func seenWhole(b *sandbox.Sandbox, e journal.Entry) *match.View {
	v := seen(e)
	v.Session, v.Body, v.Header = sessionOf(b, e), tree(e.Request.Body), map[string][]string{}
	for _, f := range e.Request.Header {
		v.Header[f.Name] = append(v.Header[f.Name], f.Value)
	}
	return v
}

// inQuery says that the faults of a request stand in its query.
func inQuery(err error) error {
	var known *checkout.Error
	if !errors.As(err, &known) {
		return err
	}
	out := *known
	out.Violations = slices.Clone(known.Violations)
	for i := range out.Violations {
		out.Violations[i].In = checkout.InQuery
	}
	return &out
}
