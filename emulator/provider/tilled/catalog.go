package tilled

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Resources of the catalog.
const (
	resourceAccounts  = "accounts"
	resourceCustomers = "customers"
)

// partnerType is the type of an account to whom merchants are connected. Source: vendor OpenAPI document,
// Account.type.
const partnerType = "partner"

// account is an account on the wire.
//
// Source: vendor OpenAPI document, Account.
type account struct {
	BankAccounts     []any             `json:"bank_accounts"`
	BusinessProfile  any               `json:"business_profile"`
	Capabilities     []any             `json:"capabilities"`
	CreatedAt        string            `json:"created_at"`
	Email            *string           `json:"email"`
	ID               string            `json:"id"`
	MerchantSupport  *bool             `json:"merchant_support"`
	Metadata         map[string]string `json:"metadata"`
	Name             *string           `json:"name"`
	Settings         any               `json:"settings"`
	TerminalReaders  []any             `json:"terminal_readers"`
	Type             string            `json:"type"`
	UpdatedAt        string            `json:"updated_at"`
	WhiteLabelDomain *string           `json:"white_label_domain"`
}

// customer is a customer on the wire.
//
// Source: vendor OpenAPI document, Customer.
type customer struct {
	AccountID  string            `json:"account_id"`
	CreatedAt  string            `json:"created_at"`
	Email      *string           `json:"email"`
	FirstName  *string           `json:"first_name"`
	ID         string            `json:"id"`
	LastName   *string           `json:"last_name"`
	Metadata   map[string]string `json:"metadata"`
	MiddleName *string           `json:"middle_name"`
	Phone      *string           `json:"phone"`
	UpdatedAt  string            `json:"updated_at"`
}

// fullName joins the names that the customer has.
func (c *customer) fullName() string {
	var parts []string
	for _, part := range []*string{c.FirstName, c.MiddleName, c.LastName} {
		if part != nil && *part != "" {
			parts = append(parts, *part)
		}
	}
	return strings.Join(parts, " ")
}

// Resources implements provider.Provider.
func (t *Tilled) Resources() []provider.Resource {
	return []provider.Resource{
		{Name: resourceAccounts, Decode: decodeAccount, Encode: asItIs},
		{Name: resourceCustomers, Decode: decodeCustomer, Encode: asItIs},
	}
}

func asItIs(value any) any { return value }

func decodeAccount(raw json.RawMessage) (string, any, error) {
	a := &account{}
	if err := wire.Strict(raw, a); err != nil {
		return "", nil, fmt.Errorf("account: %w", err)
	}
	if a.Type != partnerType && a.Type != "merchant" {
		return "", nil, fmt.Errorf("account: type is %q; want partner or merchant", a.Type)
	}
	if err := stored("acct_", a.ID, a.CreatedAt, a.UpdatedAt); err != nil {
		return "", nil, fmt.Errorf("account: %w", err)
	}
	return a.ID, a, nil
}

func decodeCustomer(raw json.RawMessage) (string, any, error) {
	c := &customer{}
	if err := wire.Strict(raw, c); err != nil {
		return "", nil, fmt.Errorf("customer: %w", err)
	}
	if c.AccountID == "" {
		return "", nil, fmt.Errorf("customer: account_id is missing")
	}
	if err := stored("cus_", c.ID, c.CreatedAt, c.UpdatedAt); err != nil {
		return "", nil, fmt.Errorf("customer: %w", err)
	}
	return c.ID, c, nil
}

// stored checks the members that every stored object has.
func stored(prefix, id, createdAt, updatedAt string) error {
	if !strings.HasPrefix(id, prefix) || len(id) == len(prefix) {
		return fmt.Errorf("id is %q; want %s…", id, prefix)
	}
	if _, err := parseInstant(createdAt); err != nil {
		return fmt.Errorf("created_at is %q; want an RFC 3339 date-time", createdAt)
	}
	if _, err := parseInstant(updatedAt); err != nil {
		return fmt.Errorf("updated_at is %q; want an RFC 3339 date-time", updatedAt)
	}
	return nil
}

// customerOf returns a customer of an account, or nil.
func customerOf(tx *sandbox.Tx, account, id string) *customer {
	c, _ := tx.Get(catalogCustomers, id).(*customer)
	if c == nil || c.AccountID != account {
		return nil
	}
	return c
}

// newCustomer returns a customer of an account, of whom nothing else is known yet.
func newCustomer(tx *sandbox.Tx, account string) *customer {
	now := wire.Millis(tx.Now())
	return &customer{AccountID: account, CreatedAt: now, UpdatedAt: now, ID: newID(tx, kindCustomer, "cus_")}
}
