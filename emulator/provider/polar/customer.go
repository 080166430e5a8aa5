package polar

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// customer is a customer of the catalog.
type customer struct {
	ID                string         `json:"id"`
	CreatedAt         string         `json:"created_at"`
	ModifiedAt        *string        `json:"modified_at"`
	Metadata          map[string]any `json:"metadata"`
	ExternalID        *string        `json:"external_id"`
	Email             string         `json:"email"`
	EmailVerified     bool           `json:"email_verified"`
	Type              string         `json:"type"` // individual
	Name              *string        `json:"name"`
	BillingName       *string        `json:"billing_name"`
	BillingAddress    *address       `json:"billing_address"`
	TaxID             []string       `json:"tax_id"` // the number and its kind; null when there is none
	Locale            *string        `json:"locale"`
	OrganizationID    string         `json:"organization_id"`
	PaymentMethodID   *string        `json:"default_payment_method_id"`
	DeletedAt         *string        `json:"deleted_at"`
	FirstUserEventAt  *string        `json:"first_user_event_at"`
	AvatarURL         *string        `json:"avatar_url"`
	processorCustomer string         // id at the card processor, "" until the first confirmation
	invoices          int64          // how many there were
}

// storedCustomer is a customer with what its wire shape does not show.
type storedCustomer struct {
	customer
	Processor string `json:"processor_customer,omitzero"`
	Invoices  int64  `json:"invoices,omitzero"`
}

// customerCodec keeps all of a customer.
var customerCodec = sandbox.Codec{
	Append: func(dst []byte, value any) ([]byte, error) {
		c := value.(*customer)
		return wire.Append(dst, &storedCustomer{*c, c.processorCustomer, c.invoices})
	},
	Take: func(text string) (any, string, error) {
		var s storedCustomer
		rest, err := wire.Take(text, &s)
		if err != nil {
			return nil, "", err
		}
		s.customer.processorCustomer, s.customer.invoices = s.Processor, s.Invoices
		return &s.customer, rest, nil
	},
}

func emailKey(organizationID, email string) string {
	return "email:" + organizationID + ":" + strings.ToLower(email)
}

func externalKey(organizationID, id string) string {
	return "external:" + organizationID + ":" + id
}

// Keys implements sandbox.Keyed. A deleted customer is found by its id only.
func (c *customer) Keys() []string {
	if c.DeletedAt != nil {
		return nil
	}
	keys := []string{emailKey(c.OrganizationID, c.Email)}
	if c.ExternalID != nil {
		keys = append(keys, externalKey(c.OrganizationID, *c.ExternalID))
	}
	return keys
}

// taxNumber is the tax id without its kind, nil when there is none.
func (c *customer) taxNumber() *string {
	if len(c.TaxID) == 0 {
		return nil
	}
	return &c.TaxID[0]
}

// link makes an existing customer the session's and fills in what the session does not know.
// explicit says that the caller has said whether the buyer is a business.
//
// Source: CheckoutService.create of both vintages.
func (p *Polar) link(s *checkout.Session, d *detail, c *customer, explicit bool) {
	s.Customer.ID = c.ID
	if s.Customer.Email == "" {
		s.Customer.Email = c.Email
	}
	d.Name = or(d.Name, c.Name)
	d.Address = or(d.Address, c.BillingAddress)
	d.TaxID = or(d.TaxID, c.taxNumber())
	if p.seed {
		return
	}
	d.Locale = or(d.Locale, c.Locale)
	d.BillingName = or(d.BillingName, or(c.BillingName, c.Name))
	if !explicit && c.BillingName != nil && c.BillingAddress.hasLines() {
		d.Business = true
	}
}

func or[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// customerOf returns the session's customer, nil when none is linked.
func customerOf(tx *sandbox.Tx, s *checkout.Session) *customer {
	c, _ := tx.Get(kindCustomer, s.Customer.ID).(*customer)
	return c
}

// buyer returns the customer who confirms: the linked one, the one with that e-mail address, or a
// new one.
func buyer(tx *sandbox.Tx, s *checkout.Session, d *detail) customer {
	if c := customerOf(tx, s); c != nil {
		return *c
	}
	if c, _ := tx.By(kindCustomer, emailKey(d.OrganizationID, s.Customer.Email)).(*customer); c != nil {
		return *c
	}
	return customer{
		ID: tx.UUID("polar.customer"), CreatedAt: wire.Micros(tx.Now()), Metadata: map[string]any{}, ExternalID: d.ExternalID,
		Email: s.Customer.Email, Type: "individual", OrganizationID: d.OrganizationID,
	}
}

// bill copies what the session knows to the customer who confirms it, and keeps it. known says that the
// customer is not a new one.
//
// Source: CheckoutService._create_or_update_customer of both vintages: a name is only given to a
// customer without one, in February 2025 always.
func (p *Polar) bill(tx *sandbox.Tx, s *checkout.Session, d *detail) (billed *customer, known bool) {
	c := buyer(tx, s, d)
	known = tx.Get(kindCustomer, c.ID) != nil
	if name := or(d.BillingName, d.Name); name != nil && (c.Name == nil || p.seed) {
		c.Name = name
	}
	c.BillingName = or(d.BillingName, c.BillingName)
	c.BillingAddress = or(d.Address, c.BillingAddress)
	c.Locale = or(d.Locale, c.Locale)
	if d.TaxID != nil {
		c.TaxID = []string{*d.TaxID, taxKind(d.Address)}
	}
	c.Metadata = maps.Clone(metadata(c.Metadata))
	maps.Copy(c.Metadata, d.CustomerMetadata)
	if c.processorCustomer == "" {
		c.processorCustomer = "cus_" + tx.Token("polar.processor.customer", ids.Base62, 14)
	}
	if known {
		now := wire.Micros(tx.Now())
		c.ModifiedAt = &now
	}
	tx.Put(kindCustomer, c.ID, &c)
	s.Customer.ID = c.ID
	return &c, known
}

// taxKind names the kind of a tax number by country. Assumed: the real service tells kinds apart by
// the number's form too.
func taxKind(a *address) string {
	if a == nil {
		return "eu_vat"
	}
	switch a.Country {
	case "US":
		return "us_ein"
	case "CA":
		return "ca_bn"
	case "GB":
		return "gb_vat"
	}
	return "eu_vat"
}

// shown is the customer as Polar's own operations show it.
//
// Source: billing_name and avatar_url in polar/models/customer.py.
func (c *customer) shown() customer {
	out := *c
	out.Metadata, out.BillingName = metadata(c.Metadata), or(c.BillingName, c.Name)
	if id, ok := c.Metadata[metaExternalID].(string); ok && c.ExternalID == nil {
		out.ExternalID = &id
	}
	if out.AvatarURL == nil && c.Email != "" {
		url := fmt.Sprintf("https://www.gravatar.com/avatar/%x?d=404", sha256.Sum256([]byte(strings.ToLower(c.Email))))
		out.AvatarURL = &url
	}
	return out
}

// userBody is a customer in the form of the time before there were customers.
type userBody struct {
	ID             string  `json:"id"`
	Email          string  `json:"email"`
	PublicName     string  `json:"public_name"`
	AvatarURL      *string `json:"avatar_url"`
	GitHubUsername *string `json:"github_username"`
}

// user is the customer in that form. Source: legacy_user_public_name in polar/models/customer.py.
func (c *customer) user() userBody {
	first, _ := utf8.DecodeRuneInString(cmp.Or(text(c.Name), c.Email, "?"))
	return userBody{ID: c.ID, Email: c.Email, PublicName: string(first), AvatarURL: c.shown().AvatarURL}
}

// customerIn returns a customer, one of which only the id is known when it has left the catalog.
func customerIn(tx *sandbox.Tx, id, organizationID string) *customer {
	if c, _ := tx.Get(kindCustomer, id).(*customer); c != nil {
		return c
	}
	return &customer{ID: id, CreatedAt: longAgo, Type: "individual", OrganizationID: organizationID}
}

// customerSubject is a customer at one instant.
type customerSubject struct {
	customer     *customer
	organization *organization
}

// data is Polar's Customer.
func (sub *customerSubject) data(*Polar, string) json.RawMessage {
	return wire.MustMarshal(sub.customer.shown())
}
