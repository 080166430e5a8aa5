package journal

import (
	"bytes"
	"encoding/base64"
	"maps"
	"math/bits"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// secretShortest is the length from which on a secret is also taken out where it is not named, in
// bytes. Of shorter ones not even the end is shown.
const secretShortest = 12

// secretWords are in the names of what is secret: headers, parameters, members of bodies.
var secretWords = []string{"secret", "password", "passwd", "token", "api_key", "api-key", "apikey", "authorization", "credential", "cvc", "cvv", "security_code"}

// headersAtMost is how many names of headers are remembered, longestHeader how long they are, in bytes.
const (
	headersAtMost = 500
	longestHeader = 64
)

// headers remembers of names of headers whether they say that the value is secret. It is replaced as a whole.
var headers atomic.Pointer[map[string]bool]

// secretHeader is [secretName] for the names of headers, of which the same come again and again.
func secretHeader(name string) bool {
	var known map[string]bool
	before := headers.Load()
	if before != nil {
		known = *before
	}
	is, ok := known[name]
	if ok {
		return is
	}
	is = name != "Idempotency-Key" && secretName(name)
	if len(name) <= longestHeader && len(known) < headersAtMost {
		more := make(map[string]bool, len(known)+1)
		maps.Copy(more, known)
		more[strings.Clone(name)] = is
		headers.CompareAndSwap(before, &more) // whoever loses asks again
	}
	return is
}

// secretName reports whether what has that name is secret. The number of a bank account is, where it is not
// encrypted already.
func secretName[T ~string | ~[]byte](name T) bool {
	lower := strings.ToLower(string(name))
	if lower == "account_number" || lower == "accountnumber" {
		return true
	}
	return slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(lower, word) })
}

// Fields returns the values of headers without secrets, in no order. credential is one that was taken
// out, "" when there was none.
func Fields(h http.Header) (fields []Field, credential string) {
	n := 0
	for _, values := range h {
		n += len(values)
	}
	fields = make([]Field, 0, n)
	for name, values := range h {
		for _, value := range values {
			switch {
			case name == "Cookie", name == "Set-Cookie":
				value = Redacted
			case name == "Referer": // the address of a checkout page has the client secret in it
				value = origin(value)
			case secretHeader(name):
				value, credential = Credential(value)
			}
			fields = append(fields, Field{name, Text(value)})
		}
	}
	return fields, credential
}

// origin is an address without its path.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return Redacted
	}
	return u.Scheme + "://" + u.Host + "/"
}

// Credential returns the value of a header with its scheme and the last four characters of the secret
// only, and the secret.
func Credential(value string) (shown, secret string) {
	scheme, rest, ok := strings.Cut(value, " ")
	if !ok {
		return tail(value), value
	}
	rest = strings.TrimSpace(rest)
	secret = rest
	if strings.EqualFold(scheme, "basic") {
		if plain, err := base64.StdEncoding.DecodeString(rest); err == nil && utf8.Valid(plain) {
			secret, _, _ = strings.Cut(string(plain), ":")
		}
	}
	if len(secret) < secretShortest || strings.Contains(secret, liveMark) {
		return scheme + " " + Redacted, secret
	}
	return scheme + " " + Redacted + secret[len(secret)-4:], secret
}

// tail is a secret as it is shown.
func tail(secret string) string {
	if len(secret) < secretShortest || strings.Contains(secret, liveMark) {
		return Redacted
	}
	return Redacted + secret[len(secret)-4:]
}

// Without returns a short text without the secrets that are given.
func Without(text string, secrets ...string) string {
	for _, s := range secrets {
		if len(s) >= secretShortest {
			text = strings.ReplaceAll(text, s, Redacted)
		}
	}
	return text
}

// Conceal takes secrets out of the values of headers.
func Conceal(fields []Field, secrets []string) {
	for i := range fields {
		fields[i].Value = Without(fields[i].Value, secrets...)
	}
}

// Text returns a short text without the card numbers and live keys in it.
func Text(s string) string {
	if len(s) < len(liveMark) {
		return s
	}
	if strings.Contains(s, liveMark) {
		s = liveLike.ReplaceAllString(s, Redacted)
	}
	start, end := card(s, 0)
	if end < 0 {
		return s
	}
	return s[:start] + Redacted + Text(s[end:])
}

// Query returns a query string without what is secret in it.
func Query(raw string) string {
	if raw == "" {
		return ""
	}
	parts := strings.Split(raw, "&")
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		plain, err := url.QueryUnescape(part)
		if _, end := card(plain, 0); end >= 0 || err == nil && value != "" && secretName(name) {
			parts[i] = name + "=" + Redacted
			if _, end := card(name, 0); end >= 0 {
				parts[i] = Redacted
			}
		}
	}
	return Text(strings.Join(parts, "&"))
}

// liveMark is in every live key.
const liveMark = "k_live_"

// span is a part of a text that is to be replaced.
type span struct{ start, end int }

// redact returns a body without its secrets: members whose names say that they are, the values of those
// wherever else they stand, what is given, live keys and card numbers. It returns text itself when there are none.
func redact(text []byte, secrets []string) []byte {
	if bytes.Contains(text, []byte(`\u003`)) { // a digit may be written as an escape
		if tree, err := wire.Parse(text); err == nil {
			if plain, err := wire.Marshal(tree); err == nil {
				text = plain
			}
		}
	}
	for _, s := range secrets {
		text = without(text, s)
	}
	if mentions(text) {
		members, values := secretMembers(text)
		text = replaced(text, members)
		for _, v := range values {
			text = without(text, v)
		}
		text = form(text)
	}
	if bytes.Contains(text, []byte(liveMark)) {
		text = liveLike.ReplaceAll(text, []byte(Redacted))
	}
	if start, end := card(text, 0); end >= 0 {
		var cards []span
		for ; end >= 0; start, end = card(text, end) {
			cards = append(cards, span{start, end})
		}
		text = replaced(text, cards)
	}
	return text
}

// Secrets returns the values of a body's members that are secret.
func Secrets(body []byte) []string {
	if !mentions(body) {
		return nil
	}
	_, values := secretMembers(body)
	return values
}

// hints are parts of the words of secrets, as they stand in names in any of the usual spellings.
var hints = [][]byte{
	[]byte("ecret"), []byte("assw"), []byte("oken"), []byte("pi_key"), []byte("pi-key"), []byte("piKey"), []byte("pikey"),
	[]byte("uthorization"), []byte("redential"), []byte("cvc"), []byte("CVC"), []byte("cvv"), []byte("CVV"), []byte("ecurity"),
	[]byte("ccount_number"), []byte("ccountNumber"), []byte("CCOUNT_NUMBER"),
}

// hinting has for each of the first three bytes of a hint which hints have it there, as bits.
var hinting = func() (of [3][256]uint32) {
	for n, hint := range hints {
		for i := range of {
			of[i][hint[i]] |= 1 << n
		}
	}
	return of
}()

// mentions reports whether something in text may be named as a secret. It is asked for every body, and looks for
// all hints at once.
func mentions(text []byte) bool {
	for i := 0; i+2 < len(text); i++ {
		likely := hinting[0][text[i]] & hinting[1][text[i+1]] & hinting[2][text[i+2]]
		for ; likely != 0; likely &= likely - 1 {
			if bytes.HasPrefix(text[i:], hints[bits.TrailingZeros32(likely)]) {
				return true
			}
		}
	}
	return false
}

// without replaces a secret wherever it stands in text.
func without(text []byte, secret string) []byte {
	if len(secret) < secretShortest || !bytes.Contains(text, []byte(secret)) {
		return text
	}
	return bytes.ReplaceAll(text, []byte(secret), []byte(Redacted))
}

// replaced puts [Redacted] in the place of spans, which are in order; in quotes where a JSON value
// stands bare.
func replaced(text []byte, spans []span) []byte {
	if len(spans) == 0 {
		return text
	}
	out, done, quoted := make([]byte, 0, len(text)), 0, false
	for _, s := range spans {
		quoted = inString(text[done:s.start], quoted)
		out = append(out, text[done:s.start]...)
		if !quoted && isJSON(text) {
			out = append(out, '"')
			out = append(out, Redacted...)
			out = append(out, '"')
		} else {
			out = append(out, Redacted...)
		}
		done = s.end
	}
	return append(out, text[done:]...)
}

// isJSON reports whether text begins like a JSON object or array.
func isJSON(text []byte) bool {
	begin := bytes.TrimLeft(text, " \t\r\n")
	return len(begin) > 0 && (begin[0] == '{' || begin[0] == '[')
}

// inString reports whether the end of a piece of JSON stands in a string, given whether its beginning
// does.
func inString(piece []byte, quoted bool) bool {
	for i := 0; i < len(piece); i++ {
		switch {
		case piece[i] == '"':
			quoted = !quoted
		case piece[i] == '\\' && quoted:
			i++
		}
	}
	return quoted
}

// secretMembers finds the values of members of a JSON text that are secret, texts without their quotes,
// and numbers. values are those that are long enough to be looked for elsewhere.
func secretMembers(text []byte) (found []span, values []string) {
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		name, next := quotedEnd(text, i)
		i = next
		at := next + 1 + spaces(text[min(next+1, len(text)):])
		if at >= len(text) || text[at] != ':' || !secretName(text[name:min(next, len(text))]) {
			continue
		}
		at++
		at += spaces(text[at:])
		value := valueAt(text, at)
		if value.end > value.start {
			found = append(found, value)
			if one := string(text[value.start:value.end]); value.end-value.start >= secretShortest && !slices.Contains(values, one) {
				values = append(values, one)
			}
		}
		i = max(i, value.end)
	}
	return found, values
}

// quotedEnd returns where the inside of the string at i begins, and where its closing quote stands, or
// would.
func quotedEnd(text []byte, i int) (inside, end int) {
	for end = i + 1; end < len(text) && text[end] != '"'; end++ {
		if text[end] == '\\' {
			end++
		}
	}
	return i + 1, min(end, len(text))
}

func spaces(text []byte) int { return len(text) - len(bytes.TrimLeft(text, " \t\r\n")) }

// valueAt returns the inside of the string, or the number, that stands at i; else an empty span.
func valueAt(text []byte, i int) span {
	if i >= len(text) {
		return span{i, i}
	}
	if text[i] == '"' {
		inside, end := quotedEnd(text, i)
		return span{inside, end}
	}
	end := i
	for end < len(text) && (isDigit(text[end]) || bytes.IndexByte([]byte("+-.eE"), text[end]) >= 0) {
		end++
	}
	return span{i, end}
}

// form takes what is secret out of a body that is a form instead of JSON.
func form(text []byte) []byte {
	if isJSON(text) || !bytes.ContainsRune(text, '=') {
		return text
	}
	return []byte(Query(string(text)))
}
