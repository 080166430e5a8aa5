package polar

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// item is one fault of a request as pydantic reports it.
//
// Source: measured with pydantic 2.10 and FastAPI 0.115, the versions of February 2025; later ones
// word a bad UUID and an overlong mapping a little differently.
type item struct {
	Type  string         `json:"type"`
	Loc   []any          `json:"loc"`
	Msg   string         `json:"msg"`
	Input any            `json:"input"`
	Ctx   map[string]any `json:"ctx,omitempty"`
}

// echo is the input as an answer can show it: a number beyond a float is null.
//
// Assumed: Polar reads such a number as infinity, which it cannot write, and fails.
func echo(input any) any {
	switch v := input.(type) {
	case json.Number:
		if _, err := v.Float64(); err != nil {
			return nil
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = echo(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = echo(v[k])
		}
		return out
	}
	return input
}

const objectText = "Input should be a valid dictionary or object to extract fields from"

// schemaItems lists all faults of a request: what the document refuses, and the rules of Polar's
// models that a document cannot say. They come in the order of the model's fields.
func (p *Polar) schemaItems(r *api.Request, violations []checkout.Violation) []item {
	items := documentItems(r, violations)
	items = append(items, p.modelItems(r, items)...)
	if len(items) == 0 {
		items = append(items, item{Type: "value_error", Loc: []any{checkout.InBody}, Msg: "Value error, the value cannot be read"})
	}
	fields := fieldsOf(r.Operation)
	slices.SortStableFunc(items, func(a, b item) int { return slices.Compare(rank(a.Loc, fields), rank(b.Loc, fields)) })
	return placed(r, items)
}

// olderShape is a shape of a body that Polar takes and does not speak of.
const olderShape = "CustomerSessionOlderExternalIDCreate"

// documentItems lists what the document refuses.
func documentItems(r *api.Request, violations []checkout.Violation) []item {
	var items []item
	for _, v := range violations {
		if !strings.HasPrefix(v.Rule, ruleMark) && v.Variant != olderShape && !shadowed(v, violations) {
			items = append(items, describe(v, r.Body)...)
		}
	}
	return items
}

// shadowed reports whether a violation only repeats another one of the same value: a size by format
// beside a bound, or a bound itself beside the same bound as an exclusive one.
func shadowed(v checkout.Violation, all []checkout.Violation) bool {
	size := v.Rule == checkout.RuleFormat && (v.Want == "int32" || v.Want == "int64")
	return slices.ContainsFunc(all, func(o checkout.Violation) bool {
		if o.In != v.In || o.Variant != v.Variant || !slices.Equal(o.Path, v.Path) {
			return false
		}
		return size && (o.Rule == checkout.RuleMinimum || o.Rule == checkout.RuleMaximum) ||
			v.Rule == checkout.RuleMinimum && o.Rule == checkout.RuleAbove
	})
}

// location is where pydantic finds a violation.
func location(v checkout.Violation) []any {
	loc := []any{v.In}
	if v.Variant != "" {
		loc = append(loc, v.Variant)
	}
	return append(loc, v.Path...)
}

// describe words one violation of the document. One of a union of plain values becomes an item for
// each member.
func describe(v checkout.Violation, body any) []item {
	it := item{Loc: location(v), Input: v.Value}
	if n, ok := v.Value.(json.Number); ok && v.In == checkout.InQuery {
		it.Input = string(n)
	}
	switch v.Rule {
	case checkout.RuleRequired:
		it.Type, it.Msg = "missing", "Field required"
		if len(v.Path) > 0 {
			it.Input = wire.Lookup(body, v.Path[:len(v.Path)-1])
		}
	case checkout.RuleType, checkout.RuleNull:
		it.Type, it.Msg = wrongType(v)
	case checkout.RuleEnum:
		return []item{enumItem(it, v.Allowed)}
	case checkout.RuleFormat:
		return []item{formatItem(it, v)}
	case checkout.RuleUnion:
		return unionItems(it)
	case checkout.RuleUnknown:
		it.Type, it.Msg = "extra_forbidden", "Extra inputs are not permitted"
	case checkout.RuleNUL:
		it.Type, it.Msg = "value_error", "Value error, This value contains invalid characters"
		it.Loc = it.Loc[:len(it.Loc)-max(len(v.Path)-1, 0)]
		it.Input = wire.Lookup(body, v.Path[:min(1, len(v.Path))])
		it.Ctx = map[string]any{"error": struct{}{}}
	default:
		return []item{boundItem(it, v)}
	}
	return []item{it}
}

// wrongType names the fault of a value of another type than the document's.
func wrongType(v checkout.Violation) (kind, msg string) {
	switch {
	case len(v.Path) == 0 && v.Value == nil:
		return "missing", "Field required"
	case v.Want == "object" && isMapping(v.Path):
		return "dict_type", "Input should be a valid dictionary"
	case v.Want == "object":
		return "model_attributes_type", objectText
	case v.Want == "array":
		return "list_type", "Input should be a valid list"
	case v.Want == "integer":
		return wrongInteger(v.Value)
	case v.Want == "boolean":
		return wrongBoolean(v.Value)
	case isUUID(v.Path):
		return "uuid_type", "UUID input should be a string, bytes or UUID object"
	case isURL(v.Path):
		return "url_type", "URL input should be a string or URL"
	case slices.Equal(v.Path, []any{"customer_ip_address"}):
		return "ip_any_address", ipText
	}
	return "string_type", "Input should be a valid string"
}

func wrongInteger(value any) (kind, msg string) {
	switch value.(type) {
	case string:
		return "int_parsing", "Input should be a valid integer, unable to parse string as an integer"
	case json.Number:
		return "int_from_float", "Input should be a valid integer, got a number with a fractional part"
	}
	return "int_type", "Input should be a valid integer"
}

func wrongBoolean(value any) (kind, msg string) {
	n, number := value.(json.Number)
	if _, text := value.(string); text || number && !strings.ContainsAny(string(n), ".eE") {
		return "bool_parsing", "Input should be a valid boolean, unable to interpret input"
	}
	return "bool_type", "Input should be a valid boolean"
}

// enumItem words a value that is none of the allowed ones.
func enumItem(it item, allowed []any) item {
	var words []string
	for _, a := range allowed {
		if word, ok := a.(string); ok {
			words = append(words, word)
		}
	}
	if len(words) == 0 { // the only enumeration of other values is allow_trial
		it.Type, it.Msg, it.Ctx = "literal_error", "Input should be False", map[string]any{"expected": "False"}
		return it
	}
	return enumWords(it, words)
}

// enumWords words a value that is none of the words.
func enumWords(it item, words []string) item {
	list := quoted(words)
	if slices.Contains(it.Loc, any("http_code_class")) {
		it.Type, it.Msg, it.Ctx = "literal_error", "Input should be "+list, map[string]any{"expected": list}
		return it
	}
	it.Type, it.Msg, it.Ctx = "enum", "Input should be "+list, map[string]any{"expected": list}
	return it
}

// quoted lists words as in 'a', 'b' or 'c'.
func quoted(words []string) string {
	marked := make([]string, len(words))
	for i, w := range words {
		marked[i] = "'" + w + "'"
	}
	last := len(marked) - 1
	if last < 1 {
		return strings.Join(marked, "")
	}
	return strings.Join(marked[:last], ", ") + " or " + marked[last]
}

// boundItem words a value outside of its bounds.
func boundItem(it item, v checkout.Violation) item {
	var limit int64
	if f, ok := v.Limit.(float64); ok {
		limit = int64(f)
	}
	text := itoa(limit)
	switch v.Rule {
	case checkout.RuleMinimum:
		it.Type, it.Msg, it.Ctx = "greater_than_equal", "Input should be greater than or equal to "+text, map[string]any{"ge": limit}
	case checkout.RuleMaximum:
		it.Type, it.Msg, it.Ctx = "less_than_equal", "Input should be less than or equal to "+text, map[string]any{"le": limit}
	case checkout.RuleAbove:
		it.Type, it.Msg, it.Ctx = "greater_than", "Input should be greater than "+text, map[string]any{"gt": limit}
	case checkout.RuleMinLength:
		return tooShort(it, limit)
	case checkout.RuleMaxLength:
		return tooLong(it, limit)
	case checkout.RuleMinItems:
		it.Type, it.Msg = "too_short", "List should have at least "+text+" item after validation, not 0"
		it.Ctx = map[string]any{"field_type": "List", "min_length": limit, "actual_length": 0}
	case checkout.RuleMinMembers:
		it.Type, it.Msg = "too_short", "Dictionary should have at least "+text+" item after validation, not 0"
		it.Ctx = map[string]any{"field_type": "Dictionary", "min_length": limit, "actual_length": 0}
	case checkout.RuleMaxMembers:
		n := 0
		if m, ok := it.Input.(map[string]any); ok {
			n = len(m)
		}
		it.Type, it.Msg = "too_long", "Dictionary should have at most "+text+" items after validation, not "+strconv.Itoa(n)
		it.Ctx = map[string]any{"field_type": "Dictionary", "max_length": limit, "actual_length": n}
	default:
		return tooLarge(it)
	}
	return it
}

// tooLarge words a number beyond 64 bits. Assumed: Polar takes such numbers of fields that it then
// ignores, and fails on others.
func tooLarge(it item) item {
	const most = int64(^uint64(0) >> 1)
	it.Type, it.Msg = "less_than_equal", "Input should be less than or equal to "+itoa(most)
	it.Ctx = map[string]any{"le": most}
	return it
}

func tooShort(it item, limit int64) item {
	it.Type, it.Msg = "string_too_short", "String should have at least "+itoa(limit)+" "+characters(limit)
	it.Ctx = map[string]any{"min_length": limit}
	return it
}

func tooLong(it item, limit int64) item {
	it.Type, it.Msg = "string_too_long", "String should have at most "+itoa(limit)+" "+characters(limit)
	it.Ctx = map[string]any{"max_length": limit}
	return it
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func characters(n int64) string {
	if n == 1 {
		return "character"
	}
	return "characters"
}

// rank orders locations by union member, then by the field's place in the model.
func rank(loc, fields []any) []int {
	if len(loc) == 0 || loc[0] != checkout.InBody {
		return []int{-1}
	}
	member, loc := -1, loc[1:]
	if len(loc) > 0 {
		if i := slices.IndexFunc(shapes, func(s shape) bool { return s.name == loc[0] }); i >= 0 {
			member, loc = i, loc[1:]
		}
	}
	field := len(fields)
	if len(loc) > 0 {
		if i := slices.Index(fields, cmp.Or(loc[0], any(""))); i >= 0 {
			field = i
		}
	}
	return []int{member, field}
}

// fieldsOf lists the fields of an operation's body in the order of Polar's model.
func fieldsOf(operation string) []any {
	switch operation {
	case "createRefund":
		return fieldsIn(reflect.TypeFor[refundCreate]())
	case "updateOrder":
		return fieldsIn(reflect.TypeFor[orderUpdate]())
	}
	if m := resourceModelOf(operation); m != nil {
		return fieldsIn(m.body)
	}
	return checkoutFields()
}

// checkoutFields are those of the bodies about sessions.
var checkoutFields = sync.OnceValue(func() []any {
	return fieldsIn(reflect.TypeFor[createBody](), reflect.TypeFor[updateBody]())
})

func fieldsIn(types ...reflect.Type) []any {
	var names []any
	for _, t := range types {
		for _, f := range reflect.VisibleFields(t) {
			if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag != "" {
				names = append(names, tag)
			}
		}
	}
	return names
}

// isURL, isUUID and isMapping tell what kind of value Polar's models have at a path.
func isURL(path []any) bool {
	return len(path) == 1 && (path[0] == "success_url" || path[0] == "return_url" || path[0] == "website" || path[0] == "avatar_url" || isEndpointURL(path))
}

func isUUID(path []any) bool {
	if len(path) == 0 {
		return false
	}
	return slices.Contains([]any{
		"products", "product_id", "product_price_id", "discount_id", "customer_id", "subscription_id", "organization_id", "id", "order_id", "checkout_id",
		"member_id",
		"medias", "benefits", "benefit_id",
	}, path[0]) || slices.Contains([]any{"custom_field_id", "meter_id"}, path[len(path)-1]) ||
		len(path) == 3 && path[0] == "prices" && path[2] == "id"
}

func isMapping(path []any) bool {
	return len(path) == 1 && slices.Contains([]any{"metadata", "customer_metadata", "custom_field_data", "prices", "amounts", "properties"}, path[0]) ||
		len(path) > 1 && path[0] == "properties"
}
