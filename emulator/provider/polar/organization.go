package polar

import (
	"encoding/json"

	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// publicOrganization is a merchant as customers see it: the fields of every vintage.
type publicOrganization struct {
	CreatedAt            string               `json:"created_at"`
	ModifiedAt           *string              `json:"modified_at"`
	ID                   string               `json:"id"`
	Name                 string               `json:"name"`
	Slug                 string               `json:"slug"`
	AvatarURL            *string              `json:"avatar_url"`
	Proration            string               `json:"proration_behavior"`
	AllowCustomerUpdates bool                 `json:"allow_customer_updates"`
	Bio                  *string              `json:"bio"`
	Company              *string              `json:"company"`
	Blog                 *string              `json:"blog"`
	Location             *string              `json:"location"`
	Email                *string              `json:"email"`
	TwitterUsername      *string              `json:"twitter_username"`
	PledgeMinimum        int64                `json:"pledge_minimum_amount"` // in cents
	PledgeBadge          bool                 `json:"pledge_badge_show_amount"`
	UpfrontSplit         *int64               `json:"default_upfront_split_to_contributors"`
	Profile              json.RawMessage      `json:"profile_settings"`
	Website              *string              `json:"website"`
	Socials              []social             `json:"socials"`
	Status               string               `json:"status"`
	DetailsSubmittedAt   *string              `json:"details_submitted_at"`
	Features             map[string]bool      `json:"feature_settings"`
	Subscriptions        subscriptionSettings `json:"subscription_settings"`
	Notifications        map[string]bool      `json:"notification_settings"`
	Emails               map[string]bool      `json:"customer_email_settings"`
}

type social struct {
	Platform string `json:"platform"`
	URL      string `json:"url"`
}

type subscriptionSettings struct {
	AllowMultiple        bool   `json:"allow_multiple_subscriptions"`
	AllowCustomerUpdates bool   `json:"allow_customer_updates"`
	Proration            string `json:"proration_behavior"`
	RevocationGrace      int    `json:"benefit_revocation_grace_period"` // in days
	PreventTrialAbuse    bool   `json:"prevent_trial_abuse"`
}

// organization is a merchant as itself sees it.
type organization struct {
	publicOrganization
	ResubmissionRequestedAt *string         `json:"onboarding_resubmission_requested_at"`
	SSOEnforced             bool            `json:"sso_enforced"`
	Currency                string          `json:"default_presentment_currency"`
	TaxBehavior             string          `json:"default_tax_behavior"` // location, inclusive, exclusive
	Portal                  json.RawMessage `json:"customer_portal_settings"`
	Disputes                json.RawMessage `json:"dispute_settings"`
	EmbedHosts              []string        `json:"embed_hosts"`
	EmbedHostsEnforced      bool            `json:"embed_hosts_enforced"`
	Country                 *string         `json:"country,omitempty"`
	AccountID               *string         `json:"account_id"`
	PayoutAccountID         *string         `json:"payout_account_id"`
	Capabilities            capabilities    `json:"capabilities"`
	public                  json.RawMessage // as customers see it, encoded once
}

// encoded returns the organization as customers see it.
func (o *organization) encoded() json.RawMessage {
	if o.public == nil { // not from the catalog
		return wire.MustMarshal(o.publicOrganization)
	}
	return o.public
}

type capabilities struct {
	CheckoutPayments     bool `json:"checkout_payments"`
	SubscriptionRenewals bool `json:"subscription_renewals"`
	Payouts              bool `json:"payouts"`
	Refunds              bool `json:"refunds"`
	APIAccess            bool `json:"api_access"`
	DashboardAccess      bool `json:"dashboard_access"`
}

// blocked reports whether nobody may use the organization any more.
func (o *organization) blocked() bool { return o.Status == "blocked" }

// localized reports whether sessions keep the locale they are created with.
func (o *organization) localized() bool { return o.Features["checkout_localization_enabled"] }

func organizationOf(tx *sandbox.Tx, id string) *organization {
	o, _ := tx.Get(kindOrganization, id).(*organization)
	if o == nil {
		return &organization{publicOrganization: publicOrganization{ID: id}, Currency: "usd"}
	}
	return o
}
