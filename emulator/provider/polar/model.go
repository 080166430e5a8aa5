package polar

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// ruleMark begins the rule of a violation that this file found, to tell it from the document's.
const ruleMark = "polar."

// Limits of metadata. Source: Polar's documentation of metadata.
const (
	metadataKeyMin   = 1
	metadataKeyMax   = 40
	metadataValueMin = 1
	metadataValueMax = 500
)

// Limits of amounts in February 2025, for prices of all kinds.
const (
	seedAmountMin = 50
	seedAmountMax = 99_999_999
)

// shape is one member of the union of bodies that create a session.
type shape struct{ name, key string }

// shapes are the members in the order in which they are tried, each with the key it requires.
var shapes = []shape{
	{"CheckoutProductsCreate", "products"},
	{"CheckoutProductCreate", "product_id"},
	{"CheckoutPriceCreate", "product_price_id"},
}

// checkModel looks for faults that the document cannot express, in a request that it accepts.
func (p *Polar) checkModel(r *api.Request) error {
	items := p.modelItems(r, nil)
	if len(items) == 0 {
		return nil
	}
	return &checkout.Error{Code: checkout.CodeInvalid, Message: items[0].Msg, Violations: marked(items)}
}

// marked are violations that this file found.
func marked(items []item) []checkout.Violation {
	var out []checkout.Violation
	for _, it := range items {
		v := checkout.Violation{Path: it.Loc[1:], Rule: ruleMark + it.Type, Value: it.Input, Message: it.Msg}
		v.In, _ = it.Loc[0].(string)
		if len(v.Path) > 0 && slices.ContainsFunc(shapes, func(s shape) bool { return s.name == v.Path[0] }) {
			v.Variant, v.Path = v.Path[0].(string), v.Path[1:]
		}
		out = append(out, v)
	}
	return out
}

// Rules implements api.Ruler. The answer's items are made anew, see schemaItems: the journal is what
// gains.
func (p *Polar) Rules(r *api.Request, found []checkout.Violation) []checkout.Violation {
	if slices.ContainsFunc(found, func(v checkout.Violation) bool { return strings.HasPrefix(v.Rule, ruleMark) }) {
		return found // of checkModel
	}
	return append(slices.Clone(found), marked(p.modelItems(r, documentItems(r, found)))...)
}

// modelItems lists the faults of the request that the document cannot express. known are those that
// it found: rules about a model as a whole only hold when its fields are in order.
func (p *Polar) modelItems(r *api.Request, known []item) []item {
	if r.Operation == "listCheckouts" {
		return p.listItems(r)
	}
	body, ok := r.Body.(map[string]any)
	if !ok {
		return nil
	}
	switch r.Operation {
	case "createWebhookEndpoint", "updateWebhookEndpoint":
		return p.endpointItems(r.Operation, body)
	case "updateSubscription":
		return p.subscriptionItems(r, body)
	case "updateOrder":
		return addressItems(body, "billing_address", []any{checkout.InBody}, p.seed)
	case "createRefund":
		return metadataKeys(body, "metadata", []any{checkout.InBody})
	case "createCustomerSession":
		return nil
	}
	if m := resourceModelOf(r.Operation); m != nil {
		return p.resourceItems(m, body, len(known) > 0)
	}
	if r.Operation != "createCheckout" {
		return p.bodyItems(body, []any{checkout.InBody}, len(known) > 0)
	}
	if chosen := slices.IndexFunc(shapes, func(s shape) bool { return s.name == r.Variant }); chosen >= 0 &&
		len(p.shapeItems(body, shapes[chosen], false)) == 0 {
		return nil // the member that the document chose is in order
	}
	var items []item
	for _, s := range shapes {
		broken := slices.ContainsFunc(known, func(it item) bool { return len(it.Loc) > 1 && it.Loc[1] == s.name })
		if r.Variant != "" && r.Variant != s.name {
			missing := keyItems(body, s, []any{checkout.InBody, s.name})
			items, broken = append(items, missing...), broken || len(missing) > 0
		}
		items = append(items, p.shapeItems(body, s, broken)...)
	}
	return items
}

// shapeItems lists the faults of the body as one member of the union.
func (p *Polar) shapeItems(body map[string]any, s shape, broken bool) []item {
	root := []any{checkout.InBody, s.name}
	items := p.bodyItems(body, root, broken)
	if s.key == "products" {
		items = append(items, repeatedProducts(body, root)...)
	}
	return items
}

// keyItems is the fault of a union member whose own key is missing or wrong.
func keyItems(body map[string]any, s shape, root []any) []item {
	v, sent := body[s.key]
	if !sent {
		return []item{{Type: "missing", Loc: within(root, s.key), Msg: "Field required", Input: body}}
	}
	if text, ok := v.(string); ok && s.key != "products" && uuidFault(text) != "" {
		return []item{uuidItem(item{Loc: within(root, s.key), Input: v}, text)}
	}
	return nil
}

func repeatedProducts(body map[string]any, root []any) []item {
	list, _ := body["products"].([]any)
	if len(list) < 2 {
		return nil
	}
	seen := map[string]bool{}
	for _, v := range list {
		id, ok := v.(string)
		if !ok {
			return nil
		}
		if id = canonicalUUID(id); seen[id] {
			return []item{modelFault(within(root, "products"), "Product IDs must be unique.", list)}
		}
		seen[id] = true
	}
	return nil
}

// modelFault words a ValueError that a model raised.
func modelFault(loc []any, msg string, input any) item {
	return item{Type: "value_error", Loc: loc, Msg: "Value error, " + msg, Input: input, Ctx: map[string]any{"error": struct{}{}}}
}

// bodyItems lists the faults of one body read as the model that stands at root. broken says that the
// model has faults already.
func (p *Polar) bodyItems(body map[string]any, root []any, broken bool) []item {
	items := slices.Concat(
		metadataKeys(body, "metadata", root), metadataKeys(body, "customer_metadata", root),
		addressItems(body, "customer_billing_address", root, p.seed),
	)
	if text, ok := body["locale"].(string); ok && !p.seed && !isLocale(text) {
		items = append(items, modelFault(within(root, "locale"), "Invalid IETF BCP 47 language tag", text))
	}
	if text, ok := body["currency"].(string); ok && !p.seed && !slices.Contains(currencies, text) {
		items = append(items, enumWords(item{Loc: within(root, "currency"), Input: text}, currencies))
	}
	if p.seed {
		items = append(items, seedAmount(body["amount"], root)...)
	}
	if !p.seed && !broken && len(items) == 0 {
		items = append(items, trialItems(body, root)...)
		items = append(items, rangeItems(body, seatFields, root)...)
		items = append(items, rangeItems(body, unitFields, root)...)
	}
	return items
}

// within is where something stands below a place in the request.
func within(root []any, path ...any) []any { return slices.Concat(root, path) }

// metadataKeys lists the faults of the keys of a field with metadata.
func metadataKeys(body map[string]any, field string, root []any) []item {
	fields, _ := body[field].(map[string]any)
	var wrong []string
	for key := range fields {
		if n := utf8.RuneCountInString(key); n < metadataKeyMin || n > metadataKeyMax {
			wrong = append(wrong, key)
		}
	}
	slices.Sort(wrong)
	var items []item
	for _, key := range wrong {
		it := item{Loc: within(root, field, key, "[key]"), Input: key}
		if len(key) < metadataKeyMin {
			items = append(items, tooShort(it, metadataKeyMin))
			continue
		}
		items = append(items, tooLong(it, metadataKeyMax))
	}
	return items
}

// seedAmount is the range of February 2025.
func seedAmount(value any, root []any) []item {
	n, ok := value.(json.Number)
	if !ok {
		return nil
	}
	amount, err := n.Float64()
	it := item{Loc: within(root, "amount"), Input: value}
	switch {
	case err != nil || amount < 0:
		return nil // the document's fault
	case amount < seedAmountMin:
		return []item{boundItem(it, checkout.Violation{Rule: checkout.RuleMinimum, Limit: float64(seedAmountMin)})}
	case amount > seedAmountMax:
		return []item{boundItem(it, checkout.Violation{Rule: checkout.RuleMaximum, Limit: float64(seedAmountMax)})}
	}
	return nil
}

// trialItems wants both halves of a trial or none.
func trialItems(body map[string]any, root []any) []item {
	if (body["trial_interval"] == nil) == (body["trial_interval_count"] == nil) {
		return nil
	}
	return []item{{Type: "missing", Loc: root, Msg: "Both trial_interval and trial_interval_count must be set together.", Input: body}}
}

// fields are the names of what is counted, and of its bounds.
type fields struct{ count, min, max string }

var (
	seatFields = fields{"seats", "min_seats", "max_seats"}
	unitFields = fields{"units", "min_units", "max_units"}
)

// rangeItems wants the number of seats or units within the bounds that the same body sets.
func rangeItems(body map[string]any, of fields, root []any) []item {
	n, hasN := integer(body[of.count])
	low, hasLow := integer(body[of.min])
	high, hasHigh := integer(body[of.max])
	switch {
	case hasLow && hasHigh && low > high:
		return []item{modelFault(root, of.min+" must be less than or equal to "+of.max, body)}
	case hasN && hasLow && n < low:
		return []item{modelFault(root, of.count+" must be greater than or equal to "+of.min, body)}
	case hasN && hasHigh && n > high:
		return []item{modelFault(root, of.count+" must be less than or equal to "+of.max, body)}
	}
	return nil
}

func integer(value any) (int64, bool) {
	n, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

// isLocale reports whether a text has the form of a BCP 47 tag with a language of two or three
// letters. Assumed: whether the subtags are registered is not checked.
func isLocale(tag string) bool {
	parts := strings.Split(strings.ReplaceAll(tag, "_", "-"), "-")
	for i, part := range parts {
		if part == "" || len(part) > 8 || strings.ContainsFunc(part, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9')
		}) {
			return false
		}
	}
	return (len(parts[0]) == 2 || len(parts[0]) == 3) && !strings.EqualFold(parts[0], "und")
}
