package polar

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// customerSessionLifetime is how long the token of a customer session is good for.
//
// Source: CUSTOMER_SESSION_TTL in polar/config.py.
const customerSessionLifetime = time.Hour

// customerSessionCreate is the body that makes a customer session. Members of customers are only looked at
// where an organization has them, which none here has.
type customerSessionCreate struct {
	MemberID           *string `json:"member_id"`
	ExternalMemberID   *string `json:"external_member_id"`
	ReturnURL          *string `json:"return_url"`
	CustomerID         *string `json:"customer_id"`
	ExternalCustomerID *string `json:"external_customer_id"`
	CustomerExternalID *string `json:"customer_external_id"` // the older name of the same
}

// customerSessionBody is Polar's CustomerSession.
type customerSessionBody struct {
	CreatedAt  string   `json:"created_at"`
	ModifiedAt *string  `json:"modified_at"`
	ID         string   `json:"id"`
	Token      string   `json:"token"`
	ExpiresAt  string   `json:"expires_at"`
	ReturnURL  *string  `json:"return_url"`
	PortalURL  string   `json:"customer_portal_url"`
	CustomerID string   `json:"customer_id"`
	Customer   customer `json:"customer"`
}

// createCustomerSession makes a session that opens the customer's portal. The portal is not emulated: its URL
// stays on the emulator, and nothing answers there.
//
// Source: CustomerSessionService.create.
func (p *Polar) createCustomerSession(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.Decode[customerSessionCreate](r)
	if err != nil {
		return api.Response{}, err
	}
	var out customerSessionBody
	err = r.Sandbox.Change(func(tx *sandbox.Tx) error {
		c, err := p.sessionCustomer(tx, &in)
		if err != nil {
			return err
		}
		out = customerSessionBody{
			CreatedAt: wire.Micros(tx.Now()), ID: tx.UUID("polar.customer_session"), Token: newToken(tx, tokenPrefix),
			ExpiresAt: wire.Micros(tx.Now().Add(customerSessionLifetime)), CustomerID: c.ID, Customer: *c,
		}
		query := "customer_session_token=" + url.QueryEscape(out.Token) + "&email=" + url.QueryEscape(c.Email)
		out.PortalURL = r.Base + "/" + organizationOf(tx, c.OrganizationID).Slug + "/portal?" + query
		return nil
	})
	if err != nil {
		return api.Response{}, err
	}
	if in.ReturnURL != nil {
		out.ReturnURL = wire.OrNull(normalURL(*in.ReturnURL))
	}
	out.Customer = out.Customer.shown()
	return api.Response{Status: http.StatusCreated, Body: out}, nil
}

// sessionCustomer is the customer that a session is asked for.
func (p *Polar) sessionCustomer(tx *sandbox.Tx, in *customerSessionCreate) (*customer, error) {
	var found *customer
	field, input := "customer_id", text(in.CustomerID)
	if in.CustomerID != nil {
		found, _ = tx.Get(kindCustomer, canonicalUUID(input)).(*customer)
	} else {
		field, input = "external_customer_id", text(or(in.ExternalCustomerID, in.CustomerExternalID))
		for _, v := range tx.All(kindOrganization) {
			if c, _ := tx.By(kindCustomer, externalKey(v.(*organization).ID, input)).(*customer); found == nil {
				found = c
			}
		}
	}
	if found == nil || found.DeletedAt != nil || organizationOf(tx, found.OrganizationID).blocked() {
		return nil, refuse(breach("value_error", "Customer does not exist.", input, field))
	}
	return found, nil
}
