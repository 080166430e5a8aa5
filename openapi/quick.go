package openapi

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// quick is a schema made ready to accept what surely fits it. What it does not accept need not be wrong:
// kin-openapi judges that, and words the refusal. It takes a tenth of the time, as it needs no order of
// members, no path and no error; a test holds the two together. Of our own documents it is embedded, so that
// a first request need not wait for kin-openapi to read a document.
type quick struct {
	Ask      bool              `json:"ask,omitempty"` // kin-openapi about everything: the schema has what is not known here
	Any      bool              `json:"any,omitempty"` // everything but null fits
	Null     bool              `json:"null,omitempty"`
	Kind     string            `json:"kind,omitempty"`
	Words    []string          `json:"words,omitempty"` // of an enumeration, as they are written; none: any
	Format   string            `json:"format,omitempty"`
	Pattern  string            `json:"pattern,omitempty"`
	Min      *float64          `json:"min,omitempty"`
	Max      *float64          `json:"max,omitempty"`
	Above    bool              `json:"above,omitempty"` // Min itself does not fit
	Below    bool              `json:"below,omitempty"` // Max itself does not fit
	Short    int               `json:"short,omitempty"` // lengths of strings, arrays and objects
	Long     int               `json:"long,omitempty"`  // 0: any
	Required []string          `json:"required,omitempty"`
	Closed   bool              `json:"closed,omitempty"` // no further members may stand there
	Members  map[string]*quick `json:"members,omitempty"`
	Others   *quick            `json:"others,omitempty"` // what further members are; nil: anything
	Items    *quick            `json:"items,omitempty"`
	Union    []*quick          `json:"union,omitempty"` // one of which must fit

	format  openapi3.StringFormatValidator
	pattern func() *regexp.Regexp
}

// ready finds what checks the texts of this schema alone.
func (q *quick) ready() {
	if q.Format != "" && q.Kind == openapi3.TypeString {
		q.format = stringFormats[q.Format]
		q.Ask = q.Ask || q.format == nil
	}
	if q.Pattern != "" {
		q.pattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(q.Pattern) })
	}
}

// readyAll is ready for all schemas in one that was read.
func (q *quick) readyAll() {
	if q == nil {
		return
	}
	q.ready()
	for _, m := range q.Members {
		m.readyAll()
	}
	for _, one := range q.Union {
		one.readyAll()
	}
	q.Others.readyAll()
	q.Items.readyAll()
}

// accepts reports whether a value surely fits.
func (q *quick) accepts(value any) bool {
	switch {
	case q.Ask:
		return false
	case value == nil:
		return q.Null
	case q.Any:
		return true
	case q.Union != nil:
		return slices.ContainsFunc(q.Union, func(one *quick) bool { return one.accepts(value) })
	}
	switch v := value.(type) {
	case string:
		return q.Kind == openapi3.TypeString && q.acceptsText(v)
	case bool:
		return q.Kind == openapi3.TypeBoolean && q.acceptsWord(strconv.FormatBool(v))
	case json.Number:
		return (q.Kind == openapi3.TypeInteger || q.Kind == openapi3.TypeNumber) && q.acceptsNumber(v)
	case []any:
		return q.Kind == openapi3.TypeArray && q.acceptsItems(v)
	case map[string]any:
		return q.Kind == openapi3.TypeObject && q.acceptsMembers(v)
	}
	return false
}

func (q *quick) acceptsWord(v string) bool { return q.Words == nil || slices.Contains(q.Words, v) }

func (q *quick) acceptsText(v string) bool {
	if !q.acceptsWord(v) {
		return false
	}
	if q.Short > 0 && utf8.RuneCountInString(v) < q.Short {
		return false
	}
	if q.Long > 0 && len(v) > q.Long && utf8.RuneCountInString(v) > q.Long {
		return false
	}
	if q.pattern != nil && !q.pattern().MatchString(v) {
		return false
	}
	return q.format == nil || q.format.Validate(v) == nil
}

// digitsAtMost is how many digits a number may have to be exact in a float64.
const digitsAtMost = 15

// acceptsNumber accepts numbers of a usual size.
func (q *quick) acceptsNumber(v json.Number) bool {
	if len(v) > digitsAtMost || !q.acceptsWord(string(v)) {
		return false
	}
	var f float64
	if n, err := v.Int64(); err == nil {
		if q.Format == "int32" && n != int64(int32(n)) {
			return false
		}
		f = float64(n)
	} else if f, err = strconv.ParseFloat(string(v), 64); err != nil || q.Kind != openapi3.TypeNumber || q.Format == "int32" {
		return false
	}
	if q.Min != nil && (f < *q.Min || q.Above && f == *q.Min) {
		return false
	}
	return q.Max == nil || f < *q.Max || !q.Below && f == *q.Max
}

// holds reports whether an array or an object may have so many elements or members.
func (q *quick) holds(n int) bool { return n >= q.Short && (q.Long == 0 || n <= q.Long) }

func (q *quick) acceptsItems(v []any) bool {
	if !q.holds(len(v)) {
		return false
	}
	if q.Items != nil {
		for _, one := range v {
			if !q.Items.accepts(one) {
				return false
			}
		}
	}
	return true
}

func (q *quick) acceptsMembers(v map[string]any) bool {
	if !q.holds(len(v)) {
		return false
	}
	for _, name := range q.Required {
		if _, ok := v[name]; !ok {
			return false
		}
	}
	for name, one := range v {
		of, declared := q.Members[name]
		switch {
		case declared:
		case q.Closed:
			return false
		case q.Others != nil:
			of = q.Others
		default:
			continue
		}
		if !of.accepts(one) {
			return false
		}
	}
	return true
}
