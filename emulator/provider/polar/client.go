package polar

import (
	"context"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// placeholder stands for the session's id in a success URL, encodedPlaceholder is how it looks in a
// path, where braces are encoded.
const (
	placeholder        = "{CHECKOUT_ID}"
	encodedPlaceholder = "%7BCHECKOUT_ID%7D"
)

// successURL is where the customer goes after paying; by default the hosted page's own end. February
// 2025 only filled in the placeholder where it stands in the query.
func (p *Polar) successURL(s *checkout.Session, base string) string {
	if s.SuccessURL == "" {
		return p.URL(*s, base) + "/confirmation"
	}
	to := strings.ReplaceAll(s.SuccessURL, placeholder, s.ID)
	if !p.seed {
		to = strings.ReplaceAll(to, encodedPlaceholder, s.ID)
	}
	return to
}

func (p *Polar) getCheckout(_ context.Context, r *api.Request) (api.Response, error) {
	rec, err := r.Sandbox.Find(canonicalUUID(r.Param("id")))
	if err != nil {
		return api.Response{}, err
	}
	r.Sandbox.View(func(tx *sandbox.Tx) { err = p.reachable(tx, &rec.Session) })
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: p.body(r, rec, sandbox.Private)}, nil
}

// reachable tells whether a token reaches the session: those of other providers never, those of a
// blocked organization no longer.
func (p *Polar) reachable(tx *sandbox.Tx, s *checkout.Session) error {
	if s.Provider != name {
		return &checkout.Error{Code: checkout.CodeNotFound, Message: "no session " + s.ID}
	}
	if !organizationOf(tx, detailOf(s).OrganizationID).blocked() {
		return nil
	}
	if p.seed {
		return forbid(reasonNotPermitted, "Not permitted")
	}
	return &checkout.Error{Code: checkout.CodeNotFound, Message: "the organization is blocked"}
}

// reachableByClient tells whether the customer reaches the session.
func (p *Polar) reachableByClient(tx *sandbox.Tx, s *checkout.Session) error {
	switch {
	case s.Provider != name:
		return &checkout.Error{Code: checkout.CodeNotFound, Message: "no session has that client secret"}
	case runOut(s, tx.Now()):
		return &checkout.Error{Code: checkout.CodeExpired, Reason: reasonGone, Message: "the session has expired"}
	case !p.seed && organizationOf(tx, detailOf(s).OrganizationID).blocked():
		return forbid(reasonNotPermitted, "Not permitted")
	}
	return nil
}

// bySecret returns the session whose client secret is in the path, when its customer reaches it.
func (p *Polar) bySecret(r *api.Request) (*sandbox.Record, error) {
	rec, err := r.Sandbox.FindSecret(r.Param("client_secret"))
	if err != nil {
		return nil, err
	}
	r.Sandbox.View(func(tx *sandbox.Tx) { err = p.reachableByClient(tx, &rec.Session) })
	return rec, err
}

func (p *Polar) getClientCheckout(_ context.Context, r *api.Request) (api.Response, error) {
	rec, err := p.bySecret(r)
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: p.body(r, rec, sandbox.Public)}, nil
}

func (p *Polar) updateClientCheckout(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := p.readUpdate(r, clientSide)
	if err != nil {
		return api.Response{}, err
	}
	rec, err := r.Sandbox.FindSecret(r.Param("client_secret"))
	if err != nil {
		return api.Response{}, err
	}
	rec, _, err = r.Sandbox.Edit(rec.Session.ID, func(tx *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		if err := p.reachableByClient(tx, &rec.Session); err != nil {
			return nil, err
		}
		return p.updating(tx, rec, in, clientSide)
	})
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: p.body(r, rec, sandbox.Public)}, nil
}

// openedBody says who has opened a session.
type openedBody struct {
	DistinctID *string `json:"distinct_id"`
}

// openClientCheckout notes that the customer looks at the session. Nothing of it is answered, so
// nothing is kept.
func (p *Polar) openClientCheckout(_ context.Context, r *api.Request) (api.Response, error) {
	if _, err := api.Decode[openedBody](r); err != nil {
		return api.Response{}, err
	}
	rec, err := p.bySecret(r)
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: p.body(r, rec, sandbox.Public)}, nil
}
