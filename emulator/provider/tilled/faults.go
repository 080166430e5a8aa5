package tilled

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf16"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Limits of metadata, beside the length of values that the document has.
//
// Source: vendor OpenAPI document, introduction, "Metadata".
// Assumed: keys that an empty value unsets do not count.
const (
	maxMetadataKeys      = 50
	maxMetadataKeyLength = 40
)

// lastYear is the last year that the four digits of a timestamp can show.
const lastYear = 9999

// ruleOwn marks a violation of a rule that no schema expresses. Its message is for the caller.
const ruleOwn = "tilled"

// bodyFaults checks what the document cannot express: decimal places, one currency, the total,
// the keys of metadata. It reads the parsed body and passes over everything of the wrong type, so
// that a body that also breaks the document gets all of its faults named at once.
func bodyFaults(body any) []checkout.Violation {
	found := itemFaults(wire.Lookup(body, []any{"line_items"}))
	for _, path := range [][]any{{"metadata"}, {"payment_intent_data", "metadata"}} {
		found = append(found, metadataFaults(wire.Lookup(body, path), path)...)
	}
	return found
}

// itemFaults checks the items one by one, and when all of them can be counted, their sum.
func itemFaults(tree any) []checkout.Violation {
	items, _ := tree.([]any)
	var found []checkout.Violation
	var counted []lineItem
	currency, mixed := "", false
	for i, item := range items {
		if number, sent := wire.Lookup(item, []any{"quantity"}).(json.Number); sent {
			q, ok := parseQuantity(string(number))
			if !ok {
				path := []any{"line_items", i, "quantity"}
				found = append(found, broken(path, number, fieldText(path, constraintNumber)))
			}
			if amount, fits := unitAmount(item); ok && fits {
				counted = append(counted, lineItem{PriceData: price{UnitAmount: amount}, Quantity: q})
			}
		}
		if c, sent := wire.Lookup(item, []any{"price_data", "currency"}).(string); sent {
			mixed = mixed || currency != "" && c != currency
			currency = c
		}
	}
	if mixed {
		found = append(found, broken([]any{"line_items"}, nil, messageMixedCurrencies))
	}
	if len(items) == 0 || len(counted) < len(items) {
		return found
	}
	if _, ok := total(counted); !ok {
		found = append(found, broken([]any{"amount_total"}, nil, messageTotal))
	}
	return found
}

// unitAmount reads the price of an item when it is one that the document allows.
func unitAmount(item any) (int64, bool) {
	number, _ := wire.Lookup(item, []any{"price_data", "unit_amount"}).(json.Number)
	f, err := strconv.ParseFloat(string(number), 64)
	return int64(f), err == nil && f == math.Trunc(f) && f >= minAmount && f <= maxAmount
}

func metadataFaults(tree any, path []any) []checkout.Violation {
	metadata, _ := tree.(map[string]any)
	var found []checkout.Violation
	keys := 0
	for _, key := range wire.SortedKeys(metadata) {
		if value := metadata[key]; value == nil || value == "" {
			continue
		}
		keys++
		if len(utf16.Encode([]rune(key))) > maxMetadataKeyLength {
			at := append(append([]any(nil), path...), key)
			found = append(found, broken(at, metadata[key], fieldText(at, constraintKeyLength)))
		}
	}
	if keys > maxMetadataKeys {
		found = append(found, broken(path, nil, fieldText(path, constraintKeys)))
	}
	return found
}

// deadlineFaults checks that expires_at can still come.
//
// Assumed: a deadline that is past, or now, is refused; nothing is documented about it.
func deadlineFaults(body any, now time.Time) []checkout.Violation {
	path := []any{"expires_at"}
	text, _ := wire.Lookup(body, path).(string)
	at, err := parseInstant(text)
	switch {
	case err != nil: // absent, or refused by the document
		return nil
	case at.Year() > lastYear:
		return []checkout.Violation{broken(path, text, fieldText(path, constraintDate))}
	case !at.After(now):
		return []checkout.Violation{broken(path, text, fieldText(path, constraintFuture))}
	}
	return nil
}

func broken(path []any, value any, message string) checkout.Violation {
	return checkout.Violation{In: checkout.InBody, Path: path, Rule: ruleOwn, Value: value, Message: message}
}
