package polar

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

const ipText = "value is not a valid IPv4 or IPv6 address"

// formatItem words text that is not of the form that the document wants.
func formatItem(it item, v checkout.Violation) item {
	text, _ := v.Value.(string)
	switch v.Want {
	case "uuid4":
		return uuidItem(it, text)
	case "ip":
		it.Type, it.Msg = "ip_any_address", ipText
	case "email":
		reason := emailFault(text)
		it.Type, it.Msg = "value_error", "value is not a valid email address: "+reason
		it.Ctx = map[string]any{"reason": reason}
	case "http-url":
		if isEndpointURL(v.Path) {
			return onlyHTTPS(urlItem(it, text))
		}
		return urlItem(it, text)
	case "date-time":
		return timeItem(it, text)
	default:
		return tooLarge(it)
	}
	return it
}

// urlAtMost is the longest URL. Source: pydantic's HttpUrl.
const urlAtMost = 2083

func urlItem(it item, text string) item {
	if len(text) > urlAtMost {
		it.Type, it.Msg = "url_too_long", fmt.Sprintf("URL should have at most %d characters", urlAtMost)
		it.Ctx = map[string]any{"max_length": urlAtMost}
		return it
	}
	kind, reason := urlFault(text)
	if kind == "url_scheme" {
		it.Type, it.Msg = kind, "URL scheme should be 'http' or 'https'"
		it.Ctx = map[string]any{"expected_schemes": "'http' or 'https'"}
		return it
	}
	it.Type, it.Msg, it.Ctx = kind, "Input should be a valid URL, "+reason, map[string]any{"error": reason}
	return it
}

// isEndpointURL reports whether a fault is about the URL of a webhook endpoint.
func isEndpointURL(path []any) bool { return slices.Equal(path, []any{"url"}) }

// onlyHTTPS words a fault of a URL that must be https. Here http is taken too.
func onlyHTTPS(it item) item {
	if it.Type == "url_scheme" {
		it.Msg, it.Ctx = "URL scheme should be 'https'", map[string]any{"expected_schemes": "'https'"}
	}
	return it
}

// timeItem words text that is no instant, or one without a time zone.
//
// Assumed: the part after the comma; pydantic names the first character that does not fit.
func timeItem(it item, text string) item {
	if _, err := time.Parse("2006-01-02T15:04:05.999999999", text); err == nil {
		it.Type, it.Msg = "timezone_aware", "Input should have timezone info"
		return it
	}
	const reason = "invalid character in year"
	it.Type, it.Msg = "datetime_from_date_parsing", "Input should be a valid datetime or date, "+reason
	it.Ctx = map[string]any{"error": reason}
	return it
}

// urlFault names what is wrong with a URL.
func urlFault(text string) (kind, reason string) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return "url_parsing", "input is empty"
	case err != nil && strings.Contains(err.Error(), "port"):
		return "url_parsing", "invalid port number"
	case err != nil:
		return "url_parsing", "invalid domain character"
	case u.Scheme == "":
		return "url_parsing", "relative URL without a base"
	case u.Scheme != "http" && u.Scheme != "https":
		return "url_scheme", ""
	}
	return "url_parsing", "empty host"
}

// normalURL writes a URL as pydantic keeps it: the host in lower case and followed by a slash, braces
// and spaces in the path encoded.
func normalURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return text
	}
	u.Host = strings.ToLower(u.Host)
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// normalEmail writes an e-mail address as it is kept: the domain in lower case.
func normalEmail(text string) string {
	local, domain, found := strings.Cut(text, "@")
	if !found {
		return text
	}
	return local + "@" + strings.ToLower(domain)
}

// normalIP writes an IP address in its shortest form, in lower case.
func normalIP(text *string) *string {
	if text == nil {
		return nil
	}
	a, err := netip.ParseAddr(*text)
	if err != nil {
		return text
	}
	short := a.String()
	return &short
}

// uuidItem words text that is no UUID, or one of another version than 4.
func uuidItem(it item, text string) item {
	if reason := uuidFault(text); reason != "" {
		it.Type, it.Msg, it.Ctx = "uuid_parsing", "Input should be a valid UUID, "+reason, map[string]any{"error": reason}
		return it
	}
	it.Type, it.Msg, it.Ctx = "uuid_version", "UUID version 4 expected", map[string]any{"expected_version": 4}
	return it
}

// uuidGroups are the lengths of the groups of a UUID.
var uuidGroups = [5]int{8, 4, 4, 4, 12}

// uuidFault names the first thing that is wrong with a UUID, "" when it is one.
func uuidFault(text string) string {
	inner, at, plain := text, 0, true
	if rest, ok := strings.CutPrefix(text, "urn:uuid:"); ok {
		inner, at, plain = rest, len(text)-len(rest), false
	} else if strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") && len(text) > 1 {
		inner, at, plain = text[1:len(text)-1], 1, false
	}
	for i, c := range inner {
		if c != '-' && !strings.ContainsRune("0123456789abcdefABCDEF", c) {
			return fmt.Sprintf("invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `%c` at %d", c, i+at+1)
		}
	}
	groups := strings.Split(inner, "-")
	switch {
	case len(groups) == 1 && (plain || len(inner) != 32):
		if len(inner) != 32 {
			return fmt.Sprintf("invalid length: expected length 32 for simple format, found %d", len(text))
		}
		return ""
	case len(groups) == 1:
		return ""
	case len(groups) != len(uuidGroups):
		return fmt.Sprintf("invalid group count: expected %d, found %d", len(uuidGroups), len(groups))
	}
	for i, g := range groups {
		if len(g) != uuidGroups[i] {
			return fmt.Sprintf("invalid group length in group %d: expected %d, found %d", i, uuidGroups[i], len(g))
		}
	}
	return ""
}

var bareUUID = strings.NewReplacer("urn:uuid:", "", "{", "", "}", "", "-", "")

// canonicalUUID writes a UUID in lower case with dashes, whichever accepted form it came in. Other
// text comes back as it is.
func canonicalUUID(text string) string {
	if text == "" || wire.IsUUID(text) || uuidFault(text) != "" {
		return text
	}
	plain := strings.ToLower(bareUUID.Replace(text))
	if len(plain) != 32 {
		return text
	}
	return plain[:8] + "-" + plain[8:12] + "-" + plain[12:16] + "-" + plain[16:20] + "-" + plain[20:]
}

// emailFault names what is wrong with an e-mail address. Source: the messages of the
// email-validator library; the finer ones are put together under the last.
func emailFault(text string) string {
	local, domain, found := strings.Cut(text, "@")
	switch {
	case !found:
		return "An email address must have an @-sign."
	case local == "":
		return "There must be something before the @-sign."
	case domain == "":
		return "There must be something after the @-sign."
	case strings.Contains(domain, "@"):
		return "The part after the @-sign contains invalid characters: '@'."
	case strings.Contains(domain, "..") || strings.Contains(local, ".."):
		return "An email address cannot have two periods in a row."
	case strings.HasPrefix(domain, "."):
		return "An email address cannot have a period immediately after the @-sign."
	case strings.HasSuffix(domain, "."):
		return "An email address cannot end with a period."
	case !strings.Contains(domain, "."):
		return "The part after the @-sign is not valid. It should have a period."
	case strings.Contains(local, " "):
		return "The email address contains invalid characters before the @-sign: SPACE."
	}
	return "The email address contains invalid characters."
}

// unionItems words a value of a mapping that fits no member of its union: one item for each member.
// Mappings are the caller's metadata and the values of custom fields.
func unionItems(it item) []item {
	if len(it.Loc) == 0 {
		return []item{it}
	}
	type member struct{ name, kind, msg string }
	first := member{"constrained-str", "string_type", "Input should be a valid string"}
	rest := []member{{"int", "int", "integer"}, {"float", "float", "number"}, {"bool", "bool", "boolean"}}
	if slices.Contains(it.Loc, any("custom_field_data")) {
		first.name = "str"
		rest = []member{{"int", "int", "integer"}, {"bool", "bool", "boolean"}, {"datetime", "datetime", "datetime"}}
	}
	text, isText := it.Input.(string)
	at := func(m member) item {
		return item{Type: m.kind, Loc: slices.Concat(it.Loc, []any{m.name}), Msg: m.msg, Input: it.Input}
	}
	items := []item{at(first)}
	if isText && text == "" {
		items[0] = tooShort(items[0], metadataValueMin)
	} else if isText {
		items[0] = tooLong(items[0], metadataValueMax)
	}
	for _, m := range rest {
		kind, msg := m.kind+"_type", "Input should be a valid "+m.msg
		if isText {
			kind, msg = m.kind+"_parsing", msg+", unable to parse string as "+article(m.msg)
			if m.name == "bool" {
				msg = "Input should be a valid boolean, unable to interpret input"
			}
		}
		if n, ok := it.Input.(json.Number); ok && m.name == "int" {
			kind, msg = wrongInteger(n)
		}
		items = append(items, at(member{m.name, kind, msg}))
	}
	return items
}

func article(noun string) string {
	if strings.HasPrefix(noun, "i") {
		return "an " + noun
	}
	return "a " + noun
}
