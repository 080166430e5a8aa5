package polar

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// resourceModel is what pydantic knows of the body of an operation beyond the document.
type resourceModel struct {
	body  reflect.Type // whose fields are in the order of Polar's model
	union *union       // nil: one model
	rules func(p *Polar, body map[string]any) []item
}

// union says how the members of a union of bodies are told apart.
type union struct {
	member string   // the body's member that names them
	by     string   // what tells them apart, as errors name it
	tags   []string // their names
	usual  string   // the one that counts when none is named; "": one must be
}

// resourceModelOf returns the model of an operation's body, nil when it is one of the checkouts' or webhooks'.
func resourceModelOf(operation string) *resourceModel {
	fields := &union{"type", "'type'", []string{fieldText, fieldNumber, fieldDate, fieldCheckbox, fieldSelect}, ""}
	switch operation {
	case "createProduct":
		return &resourceModel{reflect.TypeFor[productCreate](), nil, productItems}
	case "updateProduct":
		return &resourceModel{reflect.TypeFor[productUpdate](), nil, productItems}
	case "updateProductBenefits":
		return &resourceModel{reflect.TypeFor[benefitsInput](), nil, nil}
	case "createCustomer":
		types := &union{"type", "_customer_create_type()", []string{typeIndividual, typeTeam}, typeIndividual}
		return &resourceModel{reflect.TypeFor[customerCreate](), types, nil}
	case "updateCustomer", "updateCustomerExternal":
		return &resourceModel{reflect.TypeFor[customerUpdate](), nil, nil}
	case "createDiscount":
		return &resourceModel{reflect.TypeFor[discountCreate](), &union{"type", "'type'", []string{discountFixed, discountPercentage}, ""}, newDiscountItems}
	case "updateDiscount":
		return &resourceModel{reflect.TypeFor[discountUpdate](), nil, discountItems}
	case "createCustomField":
		return &resourceModel{reflect.TypeFor[customFieldInput](), fields, newCustomFieldItems}
	case "updateCustomField":
		return &resourceModel{reflect.TypeFor[customFieldInput](), fields, customFieldItems}
	case "createCheckoutLink", "updateCheckoutLink":
		return &resourceModel{reflect.TypeFor[linkInput](), nil, nil}
	case "updateOrganization":
		return &resourceModel{reflect.TypeFor[organizationUpdate](), nil, organizationItems}
	}
	return nil
}

// resourceItems lists the faults of a body that the document cannot express. known says that the document
// has found some: rules about the model as a whole then do not hold.
func (p *Polar) resourceItems(m *resourceModel, body map[string]any, known bool) []item {
	if fault := m.union.fault(body); fault != nil {
		return []item{*fault}
	}
	items := metadataKeys(body, "metadata", []any{checkout.InBody})
	items = append(items, addressItems(body, "billing_address", []any{checkout.InBody}, p.seed)...)
	if text, ok := body["locale"].(string); ok && !isLocale(text) {
		items = append(items, modelFault([]any{checkout.InBody, "locale"}, "Invalid IETF BCP 47 language tag", text))
	}
	if m.rules != nil {
		items = append(items, m.rules(p, body)...)
	}
	if !known && len(items) == 0 {
		items = append(items, trialItems(body, []any{checkout.InBody})...)
	}
	return items
}

// tag names the member of the union that a body is.
func (u *union) tag(body map[string]any) (tag string, ok bool) {
	value, sent := body[u.member]
	if !sent || value == nil && u.usual != "" {
		return u.usual, u.usual != ""
	}
	tag, ok = value.(string)
	return tag, ok
}

// fault is that no member of the union can be told. Source: pydantic 2.10.
func (u *union) fault(body map[string]any) *item {
	if u == nil {
		return nil
	}
	return tagFault(u, body, []any{checkout.InBody})
}

func tagFault(u *union, value map[string]any, loc []any) *item {
	tag, ok := u.tag(value)
	if ok && slices.Contains(u.tags, tag) {
		return nil
	}
	it := item{Type: "union_tag_not_found", Loc: loc, Msg: "Unable to extract tag using discriminator " + u.by, Input: value,
		Ctx: map[string]any{"discriminator": u.by}}
	if ok {
		marked := make([]string, len(u.tags))
		for i, t := range u.tags {
			marked[i] = "'" + t + "'"
		}
		expected := strings.Join(marked, ", ")
		it.Type, it.Msg = "union_tag_invalid", "Input tag '"+tag+"' found using "+u.by+" does not match any of the expected tags: "+expected
		it.Ctx["tag"], it.Ctx["expected_tags"] = tag, expected
	}
	return &it
}

// placed puts faults where pydantic finds them: below the member of a union that the body, or a price in it,
// was read as.
//
// Assumed: what stands between a price of an update and its kind. Polar wraps a validator's name around it.
func placed(r *api.Request, items []item) []item {
	m := resourceModelOf(r.Operation)
	body, ok := r.Body.(map[string]any)
	if m == nil || !ok {
		return items
	}
	if u := m.union; u != nil && u.fault(body) != nil {
		return slices.DeleteFunc(items, func(it item) bool { return it.Loc[0] == checkout.InBody && len(it.Loc) > 1 })
	}
	var out []item
	told := map[any]bool{}
	for _, it := range items {
		if it.Loc[0] != checkout.InBody {
			out = append(out, it)
			continue
		}
		if missing, i := keepable(r.Operation, body, it.Loc); missing != nil && !told[i] {
			told[i] = true
			out = append(out, *missing)
		}
		it.Loc = slices.Insert(slices.Clone(priceLoc(r.Operation, body, it.Loc)), 1, bodyTags(r.Operation, m, body)...)
		out = append(out, it)
	}
	return out
}

// bodyTags is the name of the union's member that the body is.
func bodyTags(operation string, m *resourceModel, body map[string]any) []any {
	switch {
	case m.union != nil:
		tag, _ := m.union.tag(body)
		return []any{tag}
	case operation == "createProduct" && body["recurring_interval"] != nil:
		return []any{"recurring"}
	case operation == "createProduct":
		return []any{"one_time"}
	}
	return nil
}

// priceAt returns the price that a fault is about.
func priceAt(operation string, body map[string]any, loc []any) (price map[string]any, at int, ok bool) {
	if operation != "createProduct" && operation != "updateProduct" || len(loc) < 3 || loc[1] != "prices" {
		return nil, 0, false
	}
	at, _ = loc[2].(int)
	price, ok = wire.Lookup(body, []any{"prices", at}).(map[string]any)
	return price, at, ok
}

// priceLoc is where a fault of a price is: below its kind.
func priceLoc(operation string, body map[string]any, loc []any) []any {
	price, _, ok := priceAt(operation, body, loc)
	if !ok {
		return loc
	}
	var members []any
	if operation == "updateProduct" {
		if _, kept := price["id"]; kept {
			return slices.Insert(slices.Clone(loc), 3, any("ExistingProductPrice"))
		}
		members = append(members, "ProductPriceCreate")
	}
	if kind, _ := price["amount_type"].(string); len(loc) > 3 {
		if kind == priceFree {
			kind = priceFixed
		}
		members = append(members, kind)
	}
	return slices.Insert(slices.Clone(loc), 3, members...)
}

// keepable is the other fault of a new price in an update: that it is none to keep.
func keepable(operation string, body map[string]any, loc []any) (missing *item, at int) {
	price, at, ok := priceAt(operation, body, loc)
	if _, kept := price["id"]; !ok || kept || operation != "updateProduct" {
		return nil, 0
	}
	return &item{Type: "missing", Loc: []any{checkout.InBody, "prices", at, "ExistingProductPrice", "id"}, Msg: "Field required", Input: price}, at
}

// newPrices tells new prices apart.
func newPrices() *union {
	return &union{"amount_type", "'amount_type'", []string{priceFixed, priceCustom, priceSeats, priceUnits, priceMetered}, ""}
}

// productItems are the rules about the prices of a product.
func productItems(p *Polar, body map[string]any) (items []item) {
	if text, ok := body["name"].(string); ok && utf8.RuneCountInString(text) >= 3 {
		if n := utf8.RuneCountInString(strings.TrimSpace(text)); n < 3 {
			items = append(items, tooShort(item{Loc: []any{checkout.InBody, "name"}, Input: text}, 3))
		}
	}
	list, _ := body["prices"].([]any)
	for i, v := range list {
		price, ok := v.(map[string]any)
		if _, kept := price["id"]; !ok || kept || price["amount_type"] == priceFree {
			continue
		}
		loc := []any{checkout.InBody, "prices", i}
		if fault := tagFault(newPrices(), price, loc); fault != nil {
			items = append(items, *fault)
			continue
		}
		items = append(items, priceItems(price, loc)...)
	}
	return items
}

// priceItems are the rules about one new price: its currency, and amounts that can be charged in it.
func priceItems(price map[string]any, loc []any) (items []item) {
	at := func(field string) []any { return slices.Concat(loc, []any{field}) }
	currency, sent := price["price_currency"].(string)
	if !sent {
		currency = "usd"
	}
	if !slices.Contains(currencies, currency) {
		return []item{enumWords(item{Loc: at("price_currency"), Input: currency}, currencies)}
	}
	fields := []string{"price_amount"}
	switch price["amount_type"] {
	case priceFixed:
		if _, sent := price["price_amount"]; !sent {
			items = append(items, item{Type: "missing", Loc: at("price_amount"), Msg: "Field required", Input: price})
		}
	case priceCustom:
		fields = []string{"minimum_amount", "maximum_amount", "preset_amount"}
	case priceMetered:
		if _, sent := price["meter_id"]; !sent {
			items = append(items, item{Type: "missing", Loc: at("meter_id"), Msg: "Field required", Input: price})
		}
		return items
	default:
		return nil
	}
	for _, field := range fields {
		if n, ok := integer(price[field]); ok {
			items = append(items, chargeable(n, currency, item{Loc: at(field), Input: price[field]})...)
		}
	}
	return items
}

// chargeable words an amount that cannot be charged in a currency. Nothing can be.
//
// Source: validate_price_amount in polar/product/schemas.py.
func chargeable(amount int64, currency string, it item) []item {
	low, high := amountBounds(currency)
	switch {
	case amount > 0 && amount < low:
		it.Type, it.Msg = "minimum_price", "Amount must be at least "+money(low, currency)+" or 0 for free pricing"
	case amount > high:
		it.Type, it.Msg = "maximum_price", "Amount must be at most "+money(high, currency)
	default:
		return nil
	}
	return []item{it}
}

// newDiscountItems are the rules about a new discount.
func newDiscountItems(p *Polar, body map[string]any) []item {
	items := discountItems(p, body)
	missing := func(field string) {
		if _, sent := body[field]; !sent {
			items = append(items, item{Type: "missing", Loc: []any{checkout.InBody, field}, Msg: "Field required", Input: body})
		}
	}
	if body["type"] == discountPercentage {
		missing("basis_points")
	}
	if len(items) > 0 {
		return items
	}
	whole := func(msg string) []item { return []item{modelFault([]any{checkout.InBody}, msg, body)} }
	if body["type"] == discountFixed && body["amount"] == nil && body["amounts"] == nil {
		return whole("Must specify either `amount` or `amounts`.")
	}
	repeats, months := body["duration"] == durationRepeating, body["duration_in_months"] != nil
	switch {
	case repeats && !months:
		return whole("`duration_in_months` is required when `duration` is `repeating`.")
	case !repeats && months && body["duration"] != nil:
		return whole("`duration_in_months` must be omitted when `duration` is not `repeating`.")
	}
	return nil
}

// Bounds of the code of a discount.
const (
	codeAtLeast = 3
	codeAtMost  = 256
)

// discountItems are the rules about a discount.
func discountItems(_ *Polar, body map[string]any) (items []item) {
	if code, _ := body["code"].(string); code != "" {
		at := []any{checkout.InBody, "code"}
		switch n := utf8.RuneCountInString(code); {
		case strings.ContainsFunc(code, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }):
			items = append(items, modelFault(at, "Code must contain only alphanumeric characters.", code))
		case n < codeAtLeast || n > codeAtMost:
			items = append(items, modelFault(at, "Code must be between 3 and 256 characters long.", code))
		}
	}
	if text, ok := body["currency"].(string); ok && !slices.Contains(currencies, text) {
		items = append(items, enumWords(item{Loc: []any{checkout.InBody, "currency"}, Input: text}, currencies))
	}
	amounts, _ := body["amounts"].(map[string]any)
	for _, key := range wire.SortedKeys(amounts) {
		if !slices.Contains(currencies, key) {
			items = append(items, enumWords(item{Loc: []any{checkout.InBody, "amounts", key, "[key]"}, Input: key}, currencies))
		}
	}
	if len(items) > 0 {
		return items
	}
	whole := []any{checkout.InBody}
	starts, _ := time.Parse(time.RFC3339Nano, textOf(body["starts_at"]))
	ends, _ := time.Parse(time.RFC3339Nano, textOf(body["ends_at"]))
	switch {
	case !starts.IsZero() && !ends.IsZero() && !starts.Before(ends):
		items = append(items, modelFault(whole, "starts_at must be before ends_at", body))
	case body["amount"] != nil && body["amounts"] != nil && body["type"] != discountPercentage:
		items = append(items, modelFault(whole, "Cannot specify both `amount` and `amounts`.", body))
	}
	return items
}

func textOf(value any) string {
	text, _ := value.(string)
	return text
}

// newCustomFieldItems are the rules about a new custom field.
func newCustomFieldItems(p *Polar, body map[string]any) []item {
	items := customFieldItems(p, body)
	for _, field := range []string{"slug", "name", "properties"} {
		if value, sent := body[field]; sent && value == nil {
			kind, msg := "string_type", "Input should be a valid string"
			if field == "properties" {
				kind, msg = "dict_type", "Input should be a valid dictionary"
			}
			items = append(items, item{Type: kind, Loc: []any{checkout.InBody, field}, Msg: msg})
		}
	}
	return items
}

// slugPattern is what slugs consist of, in lower case.
const slugPattern = "^[a-z0-9-_]+$"

// customFieldItems are the rules about a custom field.
func customFieldItems(_ *Polar, body map[string]any) (items []item) {
	if slug := textOf(body["slug"]); slug != "" && strings.ContainsFunc(strings.ToLower(slug), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}) {
		items = append(items, item{Type: "string_pattern_mismatch", Loc: []any{checkout.InBody, "slug"}, Input: slug,
			Msg: "String should match pattern '" + slugPattern + "'", Ctx: map[string]any{"pattern": slugPattern}})
	}
	properties, ok := body["properties"].(map[string]any)
	if !ok {
		return items
	}
	at := func(field string) []any { return []any{checkout.InBody, "properties", field} }
	switch body["type"] {
	case fieldSelect:
		options, sent := properties["options"].([]any)
		switch {
		case properties["options"] == nil:
			items = append(items, item{Type: "missing", Loc: at("options"), Msg: "Field required", Input: properties})
		case sent && len(options) == 0:
			items = append(items, boundItem(item{Loc: at("options"), Input: options}, checkout.Violation{Rule: checkout.RuleMinItems, Limit: float64(1)}))
		}
	case fieldNumber, fieldDate:
		low, hasLow := integer(properties["ge"])
		high, hasHigh := integer(properties["le"])
		if hasLow && hasHigh && low > high {
			items = append(items, modelFault(at("le"), "Greater than or equal (ge) must be less than or equal to Less than or equal (le)", json.Number(itoa(high))))
		}
	}
	return items
}

// organizationItems are the rules about an organization.
func organizationItems(_ *Polar, body map[string]any) (items []item) {
	if text, ok := body["default_presentment_currency"].(string); ok && !slices.Contains(currencies, text) {
		items = append(items, enumWords(item{Loc: []any{checkout.InBody, "default_presentment_currency"}, Input: text}, currencies))
	}
	return items
}
