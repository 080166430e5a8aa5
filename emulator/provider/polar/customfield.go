package polar

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Kinds of custom fields.
const (
	fieldText     = "text"
	fieldNumber   = "number"
	fieldDate     = "date"
	fieldCheckbox = "checkbox"
	fieldSelect   = "select"
)

// attachedField is a custom field as a product asks for it.
type attachedField struct {
	CustomFieldID string      `json:"custom_field_id"`
	CustomField   customField `json:"custom_field"`
	Order         int         `json:"order"`
	Required      bool        `json:"required"`
}

// customField is a question that the checkout form asks.
type customField struct {
	CreatedAt      string          `json:"created_at"`
	ModifiedAt     *string         `json:"modified_at"`
	ID             string          `json:"id"`
	Metadata       map[string]any  `json:"metadata"`
	Type           string          `json:"type"`
	Slug           string          `json:"slug"`
	Name           string          `json:"name"`
	OrganizationID string          `json:"organization_id"`
	Properties     fieldProperties `json:"properties"`
}

// fieldProperties say what a field accepts. For dates the bounds are seconds since 1970.
type fieldProperties struct {
	FormLabel       string        `json:"form_label,omitempty"`
	FormHelpText    string        `json:"form_help_text,omitempty"`
	FormPlaceholder string        `json:"form_placeholder,omitempty"`
	Textarea        bool          `json:"textarea,omitempty"`
	MinLength       *int64        `json:"min_length,omitempty"`
	MaxLength       *int64        `json:"max_length,omitempty"`
	GE              *int64        `json:"ge,omitempty"`
	LE              *int64        `json:"le,omitempty"`
	Options         []fieldOption `json:"options,omitempty"`
}

type fieldOption struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// answers validates the values of a product's custom fields, by slug, and returns those to keep:
// values under slugs that the product does not ask for are dropped. All faults come at once.
// Whether required fields are there is only checked with required.
func answers(fields []attachedField, data map[string]any, required bool) (map[string]any, error) {
	kept := map[string]any{}
	var faults []checkout.Violation
	for _, f := range fields {
		slug, must := f.CustomField.Slug, required && f.Required
		value, sent := data[slug]
		if !sent {
			if must {
				faults = append(faults, breach("missing", "Field required", data, "custom_field_data", slug))
			}
			continue
		}
		plain, kind, msg := f.CustomField.read(value, must)
		if kind != "" {
			faults = append(faults, breach(kind, msg, value, "custom_field_data", slug))
			continue
		}
		kept[slug] = plain
	}
	if len(faults) > 0 {
		return nil, refuse(faults...)
	}
	return kept, nil
}

// read returns the value in the field's type, or the type and message of its fault. null is a value
// of every field that is not required, but of checkboxes.
//
// Source: CustomField.get_field_definition, polar/models/custom_field.py; wording of pydantic.
func (f *customField) read(value any, required bool) (plain any, kind, msg string) {
	if value == nil && !required && f.Type != fieldCheckbox {
		return nil, "", ""
	}
	switch f.Type {
	case fieldNumber:
		return f.readNumber(value)
	case fieldDate:
		return f.readDate(value)
	case fieldCheckbox:
		return readCheckbox(value, required)
	case fieldSelect:
		return f.readSelect(value)
	}
	return f.readText(value)
}

func (f *customField) readText(value any) (plain any, kind, msg string) {
	text, ok := value.(string)
	if !ok {
		return nil, "string_type", "Input should be a valid string"
	}
	n := int64(utf8.RuneCountInString(text))
	if low := f.Properties.MinLength; low != nil && n < *low {
		it := tooShort(item{}, *low)
		return nil, it.Type, it.Msg
	}
	if high := f.Properties.MaxLength; high != nil && n > *high {
		it := tooLong(item{}, *high)
		return nil, it.Type, it.Msg
	}
	return text, "", ""
}

// bounds of a number whose field sets none.
const (
	leastNumber = -1 << 31
	mostNumber  = 1<<31 - 1
)

func (f *customField) readNumber(value any) (plain any, kind, msg string) {
	if text, ok := value.(string); ok {
		if _, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
			value = json.Number(strings.TrimSpace(text))
		}
	}
	n, ok := integer(value)
	if !ok {
		kind, msg = wrongInteger(value)
		return nil, kind, msg
	}
	low, high := int64(leastNumber), int64(mostNumber)
	if f.Properties.GE != nil {
		low = *f.Properties.GE
	}
	if f.Properties.LE != nil {
		high = *f.Properties.LE
	}
	switch {
	case n < low:
		return nil, "greater_than_equal", "Input should be greater than or equal to " + itoa(low)
	case n > high:
		return nil, "less_than_equal", "Input should be less than or equal to " + itoa(high)
	}
	return json.Number(itoa(n)), "", ""
}

// dateForms are how a date may be written; the last form is a date alone, which is its midnight.
var dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", time.DateOnly}

func (f *customField) readDate(value any) (plain any, kind, msg string) {
	text, ok := value.(string)
	if !ok {
		return nil, "datetime_type", "Input should be a valid datetime"
	}
	for _, form := range dateForms {
		at, err := time.Parse(form, text)
		if err != nil {
			continue
		}
		if low := f.Properties.GE; low != nil && at.Before(day(*low)) {
			return nil, "greater_than_equal", "Input should be greater than or equal to " + day(*low).Format(time.DateOnly)
		}
		if high := f.Properties.LE; high != nil && at.After(day(*high)) {
			return nil, "less_than_equal", "Input should be less than or equal to " + day(*high).Format(time.DateOnly)
		}
		if form == time.RFC3339Nano {
			return text, "", ""
		}
		return at.Format("2006-01-02T15:04:05"), "", ""
	}
	return nil, "datetime_from_date_parsing", "Input should be a valid datetime or date, invalid character in year"
}

// day is the midnight before an instant in seconds since 1970.
func day(seconds int64) time.Time { return time.Unix(seconds, 0).UTC().Truncate(24 * time.Hour) }

func readCheckbox(value any, required bool) (plain any, kind, msg string) {
	checked, ok := value.(bool)
	switch {
	case required && !checked:
		return nil, "literal_error", "Input should be True"
	case !ok:
		kind, msg = wrongBoolean(value)
		return nil, kind, msg
	}
	return checked, "", ""
}

func (f *customField) readSelect(value any) (plain any, kind, msg string) {
	text, ok := value.(string)
	if ok && slices.ContainsFunc(f.Properties.Options, func(o fieldOption) bool { return o.Value == text }) {
		return text, "", ""
	}
	words := make([]string, len(f.Properties.Options))
	for i, o := range f.Properties.Options {
		words[i] = o.Value
	}
	return nil, "literal_error", "Input should be " + quoted(words)
}
