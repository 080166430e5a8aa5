package polar

import "encoding/json"

// benefit is what a customer gets with a product.
type benefit struct {
	ID             string  `json:"id"`
	CreatedAt      string  `json:"created_at"`
	ModifiedAt     *string `json:"modified_at"`
	Type           string  `json:"type"`
	Description    string  `json:"description"`
	Selectable     bool    `json:"selectable"`
	Deletable      bool    `json:"deletable"`
	IsDeleted      bool    `json:"is_deleted"`
	OrganizationID string  `json:"organization_id"`
}

// catalogBenefit is a benefit as a product has it.
type catalogBenefit struct {
	benefit
	Metadata   map[string]any `json:"metadata"`
	Visibility string         `json:"visibility"`
}

// productBenefit is a benefit as the product itself and subscriptions show it.
type productBenefit struct {
	catalogBenefit
	Properties   json.RawMessage `json:"properties"`
	Configurable bool            `json:"visibility_configurable"`
	Taxable      *bool           `json:"is_tax_applicable,omitempty"` // hidden, of custom benefits only
}

// benefitProperties are what benefits of each type have beyond their name, when it was never filled in.
//
// Assumed: the catalog does not say what they are.
var benefitProperties = map[string]json.RawMessage{
	"custom":               json.RawMessage(`{"note":null}`),
	"downloadables":        json.RawMessage(`{"archived":{},"files":[]}`),
	"license_keys":         json.RawMessage(`{"prefix":null,"expires":null,"activations":null,"limit_usage":null}`),
	"discord":              json.RawMessage(`{"guild_id":"","role_id":"","kick_member":false,"guild_token":""}`),
	"github_repository":    json.RawMessage(`{"repository_owner":"","repository_name":"","permission":"pull"}`),
	"feature_flag":         json.RawMessage(`{}`),
	"slack_shared_channel": json.RawMessage(`{}`),
}

func (b catalogBenefit) full() productBenefit {
	out := productBenefit{catalogBenefit: b, Properties: benefitProperties[b.Type]}
	if out.Properties == nil {
		out.Properties = json.RawMessage(`{}`)
	}
	out.Metadata = metadata(b.Metadata)
	if out.Visibility == "" {
		out.Visibility = visibilityPublic
	}
	if out.Configurable = b.Type == "custom"; out.Configurable {
		taxable := true
		out.Taxable = &taxable
	}
	return out
}

// fullProduct is a product as its own operations and subscriptions show it; it shadows the benefits.
type fullProduct struct {
	checkoutProduct
	Metadata     map[string]any   `json:"metadata"`
	Benefits     []productBenefit `json:"benefits"`
	CustomFields []attachedField  `json:"attached_custom_fields"`
	Deletable    bool             `json:"is_deletable"` // nothing refers to it; since September 2026
}

// full is a product that something refers to.
func (pr *product) full() fullProduct {
	out := fullProduct{
		checkoutProduct: pr.checkoutProduct, Metadata: metadata(pr.Metadata), Benefits: []productBenefit{}, CustomFields: pr.CustomFields,
	}
	for _, b := range pr.allBenefits {
		out.Benefits = append(out.Benefits, b.full())
	}
	return out
}
