package openapi

import (
	"errors"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// urlAtMost is the longest http-url, in bytes.
const urlAtMost = 2083

var (
	uuidForm     = uuidOf(`[0-9a-f]{4}`, `[0-9a-f]{4}`)
	uuid4Form    = uuidOf(`4[0-9a-f]{3}`, `[89ab][0-9a-f]{3}`)
	errUUID      = errors.New("not a UUID")
	errUUID4     = errors.New("not a version 4 UUID")
	errEmail     = errors.New("not an e-mail address")
	errURL       = errors.New("not an absolute URL")
	errURLScheme = errors.New("not an http or https URL")
	errURLLong   = errors.New("the URL is too long")
)

// uuidOf matches a UUID with all of its dashes or none, given its third and fourth group.
func uuidOf(third, fourth string) func() *regexp.Regexp {
	groups := []string{`[0-9a-f]{8}`, `[0-9a-f]{4}`, third, fourth, `[0-9a-f]{12}`}
	form := `^(?i)(?:urn:uuid:)?\{?(?:` + strings.Join(groups, "-") + `|` + strings.Join(groups, "") + `)\}?$`
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(form) }) // seldom needed, dear to make
}

// stringFormats are the formats of strings that documents may use.
var stringFormats = map[string]openapi3.StringFormatValidator{
	"uuid":      check(matches(wire.IsUUID, uuidForm, errUUID)),
	"uuid4":     check(matches(wire.IsUUID4, uuid4Form, errUUID4)),
	"date-time": check(func(s string) error { _, err := time.Parse(time.RFC3339Nano, s); return err }),
	"date":      check(func(s string) error { _, err := time.Parse(time.DateOnly, s); return err }),
	"email":     check(email),
	"uri":       check(absoluteURL),
	"http-url":  check(httpURL),
	"ip":        check(func(s string) error { _, err := netip.ParseAddr(s); return err }),
}

// numberFormats are the formats of numbers: bounds are the document's, these only name a size.
var numberFormats = []string{"int32", "int64", "float", "double"}

func knownFormat(s *openapi3.Schema) bool {
	if s.Type.Is(openapi3.TypeString) {
		return stringFormats[s.Format] != nil
	}
	return slices.Contains(numberFormats, s.Format)
}

func check(f func(string) error) openapi3.StringFormatValidator {
	return openapi3.NewCallbackValidator(f)
}

// matches accepts what quick, which knows the usual form, or the regular expression does.
func matches(quick func(string) bool, form func() *regexp.Regexp, err error) func(string) error {
	return func(s string) error {
		if !quick(s) && !form().MatchString(s) {
			return err
		}
		return nil
	}
}

func email(s string) error {
	if plainEmail(s) {
		return nil
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s {
		return errEmail
	}
	_, domain, _ := strings.Cut(s, "@")
	if !strings.Contains(domain, ".") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") {
		return errEmail
	}
	return nil
}

// plainEmail accepts the usual form, of which the package net/mail would say the same: words of letters,
// digits, dashes and underscores with single dots between them, two or more after the @.
func plainEmail(s string) bool {
	ats, words, word := 0, 0, false // the @ so far, the words since, whether in one
	for i := range len(s) {
		c := s[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_':
			if !word {
				words++
			}
			word = true
		case !word || c != '.' && c != '@':
			return false
		default:
			word = false
			if c == '@' {
				ats, words = ats+1, 0
			}
		}
	}
	return ats == 1 && word && words > 1
}

func absoluteURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || !u.IsAbs() {
		return errURL
	}
	return nil
}

func httpURL(s string) error {
	if len(s) > urlAtMost {
		return errURLLong
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme == "":
		return errURL
	case u.Scheme != "http" && u.Scheme != "https":
		return errURLScheme
	case u.Host == "":
		return errURL
	}
	return nil
}
