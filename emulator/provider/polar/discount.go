package polar

import (
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Words of discounts.
const (
	discountFixed      = "fixed"
	discountPercentage = "percentage"
	durationForever    = "forever"
	durationRepeating  = "repeating"
	wholeBasisPoints   = 10_000
)

// checkoutDiscount is a discount as a session shows it. A fixed one has amounts by currency in minor
// units, a percentage basis points, a repeating one a number of months.
type checkoutDiscount struct {
	Duration         string           `json:"duration"` // once, forever, repeating
	DurationInMonths *int64           `json:"duration_in_months,omitempty"`
	Type             string           `json:"type"` // fixed, percentage
	Amount           *int64           `json:"amount,omitempty"`
	Currency         string           `json:"currency,omitempty"`
	Amounts          map[string]int64 `json:"amounts,omitempty"`
	BasisPoints      *int64           `json:"basis_points,omitempty"`
	ID               string           `json:"id"`
	Name             string           `json:"name"`
	Code             *string          `json:"code"`
}

// discount is a discount of the catalog.
type discount struct {
	checkoutDiscount
	CreatedAt                 string         `json:"created_at"`
	ModifiedAt                *string        `json:"modified_at"`
	Metadata                  map[string]any `json:"metadata"`
	StartsAt                  *time.Time     `json:"starts_at"`
	EndsAt                    *time.Time     `json:"ends_at"`
	MaxRedemptions            *int64         `json:"max_redemptions"`
	MaxRedemptionsPerCustomer *int64         `json:"max_redemptions_per_customer"`
	RedemptionsCount          int64          `json:"redemptions_count"`
	OrganizationID            string         `json:"organization_id"`
	Products                  []productBase  `json:"products"`
	// DeletedAt is when it was deleted, "" when it was not. No operation shows it.
	DeletedAt string `json:"deleted_at,omitzero"`
}

func codeKey(organizationID, code string) string {
	return "code:" + organizationID + ":" + strings.ToUpper(code)
}

// Keys implements sandbox.Keyed: a discount is found by its code, in any case of letters, until it is deleted.
func (d *discount) Keys() []string {
	if d.Code == nil || d.DeletedAt != "" {
		return nil
	}
	return []string{codeKey(d.OrganizationID, *d.Code)}
}

// off is what the discount takes from an amount. Half a minor unit rounds up.
func (d *discount) off(amount int64, currency string) int64 {
	if d == nil {
		return 0
	}
	if d.Type == discountFixed {
		return min(d.Amounts[currency], amount)
	}
	return (amount*pointed(d.BasisPoints) + wholeBasisPoints/2) / wholeBasisPoints
}

func pointed(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// everything reports whether the discount makes all that is ever charged free.
func (d *discount) everything() bool {
	return d != nil && d.Type == discountPercentage && d.Duration == durationForever && pointed(d.BasisPoints) == wholeBasisPoints
}

// fits reports whether the discount may be used for a product in a currency.
func (d *discount) fits(productID, currency string) bool {
	if d.Type == discountFixed {
		if _, ok := d.Amounts[currency]; !ok {
			return false
		}
	}
	return len(d.Products) == 0 || slices.ContainsFunc(d.Products, func(p productBase) bool { return p.ID == productID })
}

// redeemable reports whether the discount may be used once more at an instant.
func (d *discount) redeemable(now time.Time) bool {
	return (d.StartsAt == nil || !d.StartsAt.After(now)) &&
		(d.EndsAt == nil || !d.EndsAt.Before(now)) &&
		(d.MaxRedemptions == nil || d.RedemptionsCount < *d.MaxRedemptions)
}

// discountBy says by what a discount was asked for.
type discountBy struct{ id, code string }

// discountFor returns the discount that was asked for, when it may be applied to the product.
func (p *Polar) discountFor(tx *sandbox.Tx, by discountBy, pr *product, prices []price, currency string) (*discount, error) {
	field, input := "discount_id", any(by.id)
	if by.code != "" || by.id == "" {
		field, input = "discount_code", nil
	}
	if !discountable(prices) {
		text := "Discounts are not applicable to this product."
		if p.seed {
			text = "Discounts are only applicable to fixed and custom prices."
		}
		return nil, refuse(breach("value_error", text, input, field))
	}
	var found *discount
	if field == "discount_id" {
		found, _ = tx.Get(kindDiscount, by.id).(*discount)
	} else {
		found, _ = tx.By(kindDiscount, codeKey(pr.OrganizationID, by.code)).(*discount)
	}
	if found == nil || found.DeletedAt != "" || found.OrganizationID != pr.OrganizationID || !found.fits(pr.ID, currency) || !found.redeemable(tx.Now()) {
		return nil, refuse(breach("value_error", "Discount does not exist.", input, field))
	}
	if p.seed && found.Duration == durationRepeating && !pr.IsRecurring {
		return nil, refuse(breach("value_error", "Discount is not applicable to this product.", input, field))
	}
	return found, nil
}

// discountable reports whether any of the prices charges something.
func discountable(prices []price) bool {
	return slices.ContainsFunc(prices, func(pr price) bool { return !pr.free() })
}

// discountMinimal is a discount as orders and subscriptions show it.
type discountMinimal struct {
	checkoutDiscount
	CreatedAt                 string         `json:"created_at"`
	ModifiedAt                *string        `json:"modified_at"`
	Metadata                  map[string]any `json:"metadata"`
	StartsAt                  *time.Time     `json:"starts_at"`
	EndsAt                    *time.Time     `json:"ends_at"`
	MaxRedemptions            *int64         `json:"max_redemptions"`
	MaxRedemptionsPerCustomer *int64         `json:"max_redemptions_per_customer"`
	RedemptionsCount          int64          `json:"redemptions_count"`
	OrganizationID            string         `json:"organization_id"`
}

func (d *discount) minimal() *discountMinimal {
	if d == nil {
		return nil
	}
	return &discountMinimal{
		d.checkoutDiscount, d.CreatedAt, d.ModifiedAt, metadata(d.Metadata), d.StartsAt, d.EndsAt,
		d.MaxRedemptions, d.MaxRedemptionsPerCustomer, d.RedemptionsCount, d.OrganizationID,
	}
}

// redemptions counts how often one buyer has used one discount.
type redemptions struct {
	Discount string `json:"discount_id"`
	Email    string `json:"customer_email"` // without alias, in lower case
	Count    int64  `json:"count"`
}

// buyerKey is what redemptions of a discount by one buyer are kept under.
func buyerKey(d *discount, email string) string { return d.ID + "/" + unaliased(email) }

// unaliased is an e-mail address in lower case without what stands between a plus sign and the @.
func unaliased(email string) string {
	local, domain, _ := strings.Cut(strings.ToLower(email), "@")
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}

// checkRedemptions refuses a buyer who has used up a discount.
func checkRedemptions(tx *sandbox.Tx, d *discount, email string) error {
	if d == nil || d.MaxRedemptionsPerCustomer == nil || email == "" {
		return nil
	}
	used, _ := tx.Get(kindRedemptions, buyerKey(d, email)).(*redemptions)
	if used == nil || used.Count < *d.MaxRedemptionsPerCustomer {
		return nil
	}
	return forbid(reasonRedemptions, "You have already redeemed this discount the maximum number of times allowed per customer.")
}

// redeem counts the use of the session's discount; by is 1, or -1 to give it back.
func redeem(tx *sandbox.Tx, s *checkout.Session, by int64) {
	d, _ := tx.Get(kindDiscount, detailOf(s).DiscountID).(*discount)
	if d == nil {
		return
	}
	counted := *d
	counted.RedemptionsCount = max(counted.RedemptionsCount+by, 0)
	tx.Put(kindDiscount, d.ID, &counted)
	if s.Customer.Email == "" {
		return
	}
	key := buyerKey(d, s.Customer.Email)
	used := redemptions{Discount: d.ID, Email: unaliased(s.Customer.Email)}
	if before, _ := tx.Get(kindRedemptions, key).(*redemptions); before != nil {
		used.Count = before.Count
	}
	used.Count = max(used.Count+by, 0)
	tx.Put(kindRedemptions, key, &used)
}
