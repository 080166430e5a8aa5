package polar_test

import (
	"net/http"
	"strings"
	"testing"
)

// with returns a body that sells a product, and more.
func with(product string, more ...object) object {
	body := object{"products": []string{product}}
	for _, m := range more {
		for k, v := range m {
			body[k] = v
		}
	}
	return body
}

func TestAmounts(t *testing.T) {
	type row struct {
		name                            string
		body                            object
		amount, discount, total         int
		free, discountable, pay, setup  bool
		seedAmount                      int // zero: as above
		seedSetup, seedPay, seedDiffers bool
	}
	w, seed := newWorld(t), newWorld(t, seedProfile)
	for _, tt := range []row{
		{name: "fixed", body: with(book), amount: 1900, total: 1900, discountable: true, pay: true},
		{name: "fixed ignores the amount", body: with(book, object{"amount": 77700}), amount: 1900, total: 1900, discountable: true, pay: true},
		{name: "custom, preset", body: with(tips), amount: 1500, total: 1500, discountable: true, pay: true},
		{name: "custom, asked", body: with(tips, object{"amount": 2600}), amount: 2600, total: 2600, discountable: true, pay: true},
		{name: "custom, minimum", body: with(zine), amount: 0, total: 0, discountable: true, seedAmount: 1000, seedPay: true, seedDiffers: true},
		{name: "free", body: with(freebie), free: true},
		{name: "monthly", body: with(monthly), amount: 1200, total: 1200, discountable: true, pay: true, setup: true},
		{name: "free monthly", body: with(freeMonthly), free: true},
		{name: "trial", body: with(trial), amount: 4900, total: 4900, discountable: true, setup: true, seedPay: true, seedSetup: true, seedDiffers: true},
		{name: "fixed discount", body: with(book, object{"discount_id": fiveOff}), amount: 1900, discount: 500, total: 1400, discountable: true, pay: true},
		{name: "fixed discount above the amount", body: with(tips, object{"amount": 500, "discount_id": fiveOff}), amount: 500, discount: 500, discountable: true},
		{name: "half rounds up", body: with(tips, object{"amount": 1001, "discount_id": firstFree}), amount: 1001, discount: 1001, discountable: true},
		{name: "a quarter of 1902", body: with(tips, object{"amount": 1902, "discount_id": quarter}), amount: 1902, discount: 476, total: 1426, discountable: true, pay: true},
		{name: "100 % once of a subscription", body: with(monthly, object{"discount_id": firstFree}), amount: 1200, discount: 1200, discountable: true, setup: true, seedSetup: true},
		{name: "100 % forever of a subscription", body: with(monthly, object{"discount_id": friends}), amount: 1200, discount: 1200, discountable: true, seedSetup: true, seedDiffers: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := object{
				"amount": tt.amount, "discount_amount": tt.discount, "net_amount": tt.total, "total_amount": tt.total,
				"is_free_product_price": tt.free, "is_discount_applicable": tt.discountable, "is_payment_required": tt.pay,
				"is_payment_setup_required": tt.setup, "is_payment_form_required": tt.pay || tt.setup,
			}
			same(t, "current", w.create(tt.body), want)
			if tt.seedDiffers {
				want["is_payment_required"], want["is_payment_setup_required"] = tt.seedPay, tt.seedSetup
				want["is_payment_form_required"] = tt.seedPay || tt.seedSetup
			}
			if tt.seedAmount != 0 {
				for _, field := range []string{"amount", "net_amount", "total_amount"} {
					want[field] = tt.seedAmount
				}
			}
			if tt.name == "trial" {
				want["is_payment_setup_required"] = true
			}
			same(t, "2025-02", seed.create(tt.body), want)
		})
	}
}

func TestCreateRules(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name string
		body object
		want []fault
	}{
		{"unknown, archived and draft products", object{"products": []string{book, unknownID, archived, draftProduct}}, []fault{
			business("Product does not exist.", "products", 1), business("Product is archived.", "products", 2), business("Product is a draft.", "products", 3)}},
		{"unknown product", object{"product_id": unknownID}, []fault{business("Product does not exist.", "product_id")}},
		{"archived product", object{"product_id": archived}, []fault{business("Product is archived.", "product_id")}},
		{"unknown price", object{"product_price_id": unknownID}, []fault{business("Price does not exist.", "product_price_id")}},
		{"price of an archived product", object{"product_price_id": archivedPrice}, []fault{business("Product is archived.", "product_price_id")}},
		{"currency not sold", with(monthly, object{"currency": "eur"}), []fault{business("Product is not available in the specified currency.", "products", 0)}},
		{"currency not sold, product", object{"product_id": monthly, "currency": "eur"}, []fault{business("Product is not available in the specified currency.", "product_id")}},
		{"amount below the price's minimum", with(tips, object{"amount": 499}), []fault{{"greater_than_equal", []any{"body", "amount"}, "Amount is below minimum.", nil}}},
		{"amount above the price's maximum", with(tips, object{"amount": 50001}), []fault{{"less_than_equal", []any{"body", "amount"}, "Amount is above maximum.", nil}}},
		{"amount above nothing but below the currency's minimum", with(zine, object{"amount": 49}), []fault{
			{"invalid_amount", []any{"body", "amount"}, "Amount must be 0 or at least $0.50.", nil}}},
		{"amount above the currency's maximum", with(zine, object{"amount": 100000000}), []fault{
			{"less_than_equal", []any{"body", "amount"}, "Amount must be at most $999,999.99.", nil}}},
		{"unknown discount", with(book, object{"discount_id": unknownID}), []fault{business("Discount does not exist.", "discount_id")}},
		{"discount ended", with(book, object{"discount_id": ended}), []fault{business("Discount does not exist.", "discount_id")}},
		{"discount not started", with(book, object{"discount_id": notStarted}), []fault{business("Discount does not exist.", "discount_id")}},
		{"discount used up", with(book, object{"discount_id": usedUp}), []fault{business("Discount does not exist.", "discount_id")}},
		{"discount of another product", with(book, object{"discount_id": yearlyOnly}), []fault{business("Discount does not exist.", "discount_id")}},
		{"discount in another currency", object{"product_price_id": bookEuro, "discount_id": twoOff}, []fault{business("Discount does not exist.", "discount_id")}},
		{"discount of a free product", with(freebie, object{"discount_id": quarter}), []fault{business("Discounts are not applicable to this product.", "discount_id")}},
		{"tax id without country", with(book, object{"customer_tax_id": "FR1"}), []fault{
			{"missing", []any{"body", "customer_billing_address"}, "Country is required to validate tax ID.", nil}}},
		{"bad tax id", with(book, object{"customer_tax_id": "INVALID", "customer_billing_address": object{"country": "FR"}}), []fault{business("Invalid tax ID.", "customer_tax_id")}},
		{"seats", with(book, object{"seats": 2}), []fault{business("Seats can only be set for seat-based pricing.", "seats")}},
		{"units", with(book, object{"units": 2}), []fault{business("Units can only be set for unit-based pricing.", "units")}},
		{"bounds of seats", with(book, object{"min_seats": 2, "max_seats": 3}), []fault{
			business("min_seats can only be set for seat-based pricing.", "min_seats"), business("max_seats can only be set for seat-based pricing.", "max_seats")}},
		{"unknown customer", with(book, object{"customer_id": unknownID}), []fault{business("Customer does not exist.", "customer_id")}},
		{"unknown subscription", with(book, object{"subscription_id": unknownID}), []fault{business("Subscription does not exist.", "subscription_id")}},
		{"prices of another product", with(book, object{"prices": object{tips: []object{{"amount_type": "fixed", "price_amount": 100}}}}), []fault{
			business("Product is not set on that checkout.", "prices", tips)}},
		{"custom fields", with(workshop, object{"custom_field_data": object{
			"company_name": "x", "team_size": 51, "preferred_date": "2024-06-01", "terms": nil, "level": "expert", "notes": 5, "unknown": 1}}), []fault{
			{"string_too_short", []any{"body", "custom_field_data", "company_name"}, "String should have at least 2 characters", nil},
			{"literal_error", []any{"body", "custom_field_data", "level"}, "Input should be 'beginner', 'home_baker' or 'professional'", nil},
			{"bool_type", []any{"body", "custom_field_data", "terms"}, "Input should be a valid boolean", nil},
			{"less_than_equal", []any{"body", "custom_field_data", "team_size"}, "Input should be less than or equal to 50", nil},
			{"greater_than_equal", []any{"body", "custom_field_data", "preferred_date"}, "Input should be greater than or equal to 2025-01-01", nil},
			{"string_type", []any{"body", "custom_field_data", "notes"}, "Input should be a valid string", nil}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			w.call("POST", "/v1/checkouts/", tt.body).wantFaults(businessClass, tt.want...)
		})
	}
	w.t = t
	if n := w.call("GET", "/v1/checkouts/", nil).want(http.StatusOK)["pagination"].(object)["total_count"]; n != 0.0 {
		t.Errorf("refused requests left %v sessions", n)
	}
}

func TestCreateShapes(t *testing.T) {
	w := newWorld(t)
	dashless := strings.ReplaceAll(book, "-", "")
	for _, tt := range []struct {
		name string
		body object
		want object
	}{
		{"product", object{"product_id": tips}, object{"product_id": tips}},
		{"price", object{"product_price_id": monthlyPrice}, object{"product_id": monthly, "product_price_id": monthlyPrice}},
		{"price in another currency", object{"product_price_id": bookEuro}, object{"currency": "eur", "amount": 1750}},
		{"products win", object{"products": []string{tips}, "product_id": book, "product_price_id": monthlyPrice}, object{"product_id": tips}},
		{"UUID without dashes", object{"product_id": dashless}, object{"product_id": book}},
		{"UUID in braces", object{"product_id": "{" + strings.ToUpper(book) + "}"}, object{"product_id": book}},
		{"currency", with(book, object{"currency": "eur", "discount_id": fiveOff}), object{"currency": "eur", "amount": 1750, "discount_amount": 450}},
		{"unknown keys and the old processor", with(book, object{"payment_processor": "stripe", "surprise": object{"a": 1}}), object{"product_id": book}},
		{"old name of the external id", with(book, object{"customer_external_id": "u1"}), object{"external_customer_id": "u1", "customer_external_id": "u1"}},
		{"e-mail and IP address are normalized", with(book, object{"customer_email": "Ada@EXAMPLE.com", "customer_ip_address": "2001:DB8:0::1"}), object{
			"customer_email": "Ada@example.com", "customer_ip_address": "2001:db8::1"}},
		{"blank texts", with(book, object{"customer_name": "  ", "customer_billing_name": "", "customer_tax_id": " "}), object{
			"customer_name": nil, "customer_billing_name": nil, "customer_tax_id": nil}},
		{"state gains its prefix", with(book, object{"customer_billing_address": object{"country": "us", "state": "NY"}}), object{
			"customer_billing_address": object{"country": "US", "state": "US-NY", "line1": nil, "line2": nil, "city": nil, "postal_code": nil},
			"require_billing_address":  false}},
		{"foreign state", with(book, object{"customer_billing_address": object{"country": "DE", "state": "Bayern"}}), object{"require_billing_address": true}},
		{"custom fields", with(workshop, object{"custom_field_data": object{"company_name": "Oak", "team_size": 4, "terms": false, "other": 1, "notes": nil}}), object{
			"custom_field_data": object{"company_name": "Oak", "team_size": 4, "terms": false, "notes": nil}}},
		{"placeholder in a path", with(book, object{"success_url": "https://EXAMPLE.com/{CHECKOUT_ID}?x={CHECKOUT_ID}&y={OTHER}"}), object{
			"success_url": "https://example.com/ID?x=ID&y={OTHER}"}},
		{"trial of the session", with(monthly, object{"trial_interval": "week", "trial_interval_count": 2}), object{
			"trial_interval": "week", "active_trial_interval": "week", "active_trial_interval_count": 2, "trial_end": "2026-12-04T12:00:00Z",
			"is_payment_required": false}},
		{"trial of the product, declined", with(trial, object{"allow_trial": false}), object{
			"allow_trial": false, "active_trial_interval": nil, "trial_end": nil, "is_payment_required": true}},
		{"trial without subscription", with(book, object{"trial_interval": "month", "trial_interval_count": 1}), object{
			"trial_interval": "month", "active_trial_interval": nil, "trial_end": nil}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			made := w.create(tt.body)
			if to, ok := tt.want["success_url"].(string); ok {
				tt.want["success_url"] = strings.ReplaceAll(to, "ID?", made["id"].(string)+"?")
				tt.want["success_url"] = strings.ReplaceAll(tt.want["success_url"].(string), "=ID&", "="+made["id"].(string)+"&")
			}
			same(t, "session", made, tt.want)
		})
	}
}

func TestAdHocPrices(t *testing.T) {
	w := newWorld(t)
	made := w.create(with(book, object{"prices": object{book: []object{
		{"amount_type": "fixed", "price_amount": 4200}, {"amount_type": "fixed", "price_amount": 4000, "price_currency": "eur"},
	}}}))
	same(t, "session", made, object{"amount": 4200, "currency": "usd"})
	prices := made["prices"].(object)[book].([]any)
	if len(prices) != 2 {
		t.Fatalf("prices = %v; want the two ad-hoc ones", prices)
	}
	same(t, "price", prices[0].(object), object{"source": "ad_hoc", "price_amount": 4200, "id": made["product_price_id"], "product_id": book, "type": "one_time"})
	w.call("POST", "/v1/checkouts/", with(book, object{"prices": object{book: []object{{"amount_type": "seat_based"}}}})).want(http.StatusNotImplemented)
}

func TestPresetCustomer(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name string
		body object
		want object
	}{
		{"by id", with(book, object{"customer_id": ines}), object{
			"customer_id": ines, "customer_email": "ines.moreau@example.com", "customer_name": "Ines Moreau", "customer_tax_id": "FR61954506077",
			"customer_billing_name": "Fournil Moreau SARL", "is_business_customer": true}},
		{"by id, no business", with(book, object{"customer_id": ines, "is_business_customer": false}), object{"is_business_customer": false}},
		{"what is sent wins", with(book, object{"customer_id": ines, "customer_name": "I. M.", "customer_email": "i@example.com"}), object{
			"customer_name": "I. M.", "customer_email": "i@example.com"}},
		{"by external id", with(book, object{"external_customer_id": "usr_1842"}), object{
			"customer_id": tom, "customer_email": "tom.okafor@example.com", "is_business_customer": false}},
		{"unknown external id", with(book, object{"external_customer_id": "usr_new"}), object{"customer_id": nil, "external_customer_id": "usr_new"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			same(t, "session", w.create(tt.body), tt.want)
		})
	}
}
