package polar

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
)

var _ api.Normalizer = (*Polar)(nil)

// Members of bodies that are read as integers and as booleans, whatever they were sent as.
var (
	integerMembers = []string{"amount", "seats", "min_seats", "max_seats", "units", "min_units", "max_units", "trial_interval_count"}
	booleanMembers = []string{"allow_discount_codes", "require_billing_address", "allow_trial", "is_business_customer", "enabled"}
	// of bodies that are not about sessions
	resourceIntegers = []string{
		"recurring_interval_count", "basis_points", "duration_in_months", "max_redemptions", "max_redemptions_per_customer",
		"price_amount", "minimum_amount", "maximum_amount", "preset_amount",
	}
	resourceBooleans = []string{"is_archived"}
)

// integerText is text that pydantic reads as an integer.
var integerText = regexp.MustCompile(`^[+-]?[0-9]{1,40}(\.0+)?$`)

// booleanTexts are the texts, in lower case, that pydantic reads as booleans.
var booleanTexts = map[string]bool{
	"1": true, "on": true, "t": true, "true": true, "y": true, "yes": true,
	"0": false, "off": false, "f": false, "false": false, "n": false, "no": false,
}

// Normalize implements api.Normalizer: numbers and booleans may be sent as text, booleans as 0 and 1
// and the reverse. Spaces around the URL of a webhook endpoint are cut off.
//
// Source: pydantic's conversion table, lax mode, which Polar's models use.
// Assumed: the input of an error about such a value is shown as it was read, not as it was sent.
func (p *Polar) Normalize(operation string, body any) any {
	members, ok := body.(map[string]any)
	if !ok {
		return body
	}
	if url, _ := members["url"].(string); url != "" && !p.seed && strings.HasSuffix(operation, "WebhookEndpoint") {
		members["url"] = strings.TrimSpace(url)
	}
	lax(members, integerMembers, booleanMembers)
	if strings.HasSuffix(operation, "Checkout") {
		return body
	}
	lax(members, resourceIntegers, resourceBooleans)
	prices, _ := members["prices"].([]any)
	for _, v := range prices {
		if price, ok := v.(map[string]any); ok {
			lax(price, resourceIntegers, nil)
		}
	}
	return body
}

// lax reads members of one object as integers and as booleans.
func lax(members map[string]any, integers, booleans []string) {
	for _, name := range integers {
		switch v := members[name].(type) {
		case string:
			if text := strings.TrimSpace(v); integerText.MatchString(text) {
				whole, _, _ := strings.Cut(text, ".")
				n, _ := new(big.Int).SetString(whole, 10) // without zeros and signs that JSON does not know
				members[name] = json.Number(n.String())
			}
		case bool:
			members[name] = json.Number(map[bool]string{true: "1", false: "0"}[v])
		}
	}
	for _, name := range booleans {
		text, _ := members[name].(string)
		if n, number := members[name].(json.Number); number {
			text = strings.TrimSuffix(string(n), ".0")
		}
		if b, known := booleanTexts[strings.ToLower(text)]; known {
			members[name] = b
		}
	}
}
