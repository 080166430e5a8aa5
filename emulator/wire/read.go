package wire

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"reflect"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// ReadError says which value of a text could not be read.
type ReadError struct {
	Path   []any // string keys and int indexes; empty: the whole
	Reason string
}

func (e *ReadError) Error() string {
	if len(e.Path) == 0 {
		return e.Reason
	}
	return fmt.Sprintf("%v: %s", e.Path, e.Reason)
}

// Below returns an error as one about the value at step of something larger; nil stays nil.
func Below(err error, step any) error {
	if err == nil {
		return nil
	}
	re, ok := err.(*ReadError)
	if !ok {
		re = &ReadError{Reason: err.Error()}
	}
	return &ReadError{Path: append([]any{step}, re.Path...), Reason: re.Reason}
}

// Read decodes the one JSON value in text into *into, by its json tags. It is strict: members that a
// struct does not have, values of another kind and null for what cannot be nil are refused with a
// [*ReadError]. Numbers in fields of type any stay [json.Number], byte for byte. What it reads shares
// the memory of text, which makes it several times faster than encoding/json; text must be UTF-8.
func Read(text string, into any) error {
	rest, err := Take(text, into)
	if err != nil {
		return err
	}
	return End(rest)
}

// Take is [Read] of the value that text begins with. It returns what comes after that.
func Take(text string, into any) (rest string, err error) {
	dst := reflect.ValueOf(into)
	return take(text, decoderOf(dst.Type().Elem()), dst.UnsafePointer())
}

// TakerOf is [Take] for values of one type.
func TakerOf[T any]() func(text string, into *T) (rest string, err error) {
	read := lazily(reflect.TypeFor[T]())
	return func(text string, into *T) (string, error) { return take(text, read(), unsafe.Pointer(into)) }
}

func take(text string, read decoder, into unsafe.Pointer) (rest string, err error) {
	r := readers.Get().(*reader)
	defer func() {
		*r = reader{}
		readers.Put(r)
	}()
	r.text = text
	if err := read(r, into); err != nil {
		return "", err
	}
	return text[r.at:], nil
}

// End is the error for a text that comes after the value that should be all.
func End(rest string) error {
	r := reader{text: rest}
	return r.end()
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// Taker is a value that reads itself from the beginning of a text, and returns what comes after it.
type Taker interface {
	TakeJSON(text string) (rest string, err error)
}

// ownTaker has a value read itself where the reader stands.
func ownTaker(t reflect.Type) decoder {
	return func(r *reader, dst unsafe.Pointer) error {
		r.peek()
		rest, err := reflect.NewAt(t, dst).Interface().(Taker).TakeJSON(r.text[r.at:])
		r.at = len(r.text) - len(rest)
		return err
	}
}

// reader is a position in a text.
type reader struct {
	text string
	at   int
	deep int

	instantText string // the last one that was read
	instantLast time.Time
}

// deepest is how far values may be nested, as in encoding/json.
const deepest = 10_000

func (r *reader) broken(reason string) error { return &ReadError{Reason: reason} }

// unexpected is the error at a value of another kind than reason wants.
func (r *reader) unexpected(reason string) error {
	if strings.HasPrefix(r.text[r.at:], "null") {
		return r.wrong("null", reason)
	}
	return r.broken(reason)
}

// wrong is the error for a word that is not of the kind that reason wants.
func (r *reader) wrong(word, reason string) error {
	if word == "null" {
		reason = "it is null"
	}
	return r.broken(reason)
}

// peek returns the first byte of the next token, 0 at the end.
func (r *reader) peek() byte {
	if r.at < len(r.text) && r.text[r.at] > ' ' { // as it is in what we have written ourselves
		return r.text[r.at]
	}
	return r.peekOver()
}

// peekOver is peek where there may be white space.
func (r *reader) peekOver() byte {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case ' ', '\n', '\t', '\r':
			r.at++
		default:
			return c
		}
	}
	return 0
}

func (r *reader) end() error {
	if r.peek() != 0 || r.at < len(r.text) {
		return r.broken("there is more after the end of the value")
	}
	return nil
}

// members calls next for each member of an object, at its value.
func (r *reader) members(next func(name string) error) error {
	return r.nested('{', '}', func(int) error {
		name, err := r.name()
		if err != nil {
			return err
		}
		if err := next(name); err != nil {
			return Below(err, name)
		}
		return nil
	})
}

// elements calls next for each element of an array.
func (r *reader) elements(next func(i int) error) error {
	return r.nested('[', ']', func(i int) error {
		if err := next(i); err != nil {
			return Below(err, i)
		}
		return nil
	})
}

func (r *reader) nested(open, closing byte, part func(i int) error) error {
	if r.peek() != open {
		return r.broken("it is not an " + map[byte]string{'{': "object", '[': "array"}[open])
	}
	more, err := r.open(closing)
	for i := 0; more && err == nil; i++ {
		if err := part(i); err != nil {
			return err
		}
		more, err = r.next(closing)
	}
	return err
}

// open goes into an object or array; more says that it is not empty.
func (r *reader) open(closing byte) (more bool, err error) {
	r.at++
	if r.deep++; r.deep > deepest {
		return false, r.broken("it is nested too deeply")
	}
	if r.peek() != closing {
		return true, nil
	}
	r.at++
	r.deep--
	return false, nil
}

// next goes on after a part of an object or array, or out of it.
func (r *reader) next(closing byte) (more bool, err error) {
	switch r.peek() {
	case closing:
		r.at++
		r.deep--
		return false, nil
	case ',':
		r.at++
		return true, nil
	}
	return false, r.broken("a comma or the end is missing")
}

// name reads the name of a member and the colon.
func (r *reader) name() (string, error) {
	name, err := r.str()
	if err != nil {
		return "", err
	}
	if r.peek() != ':' {
		return "", r.broken("a colon is missing after " + name)
	}
	r.at++
	return name, nil
}

// str reads a string. Without escapes it is part of the text.
func (r *reader) str() (string, error) {
	if r.peek() != '"' {
		return "", r.unexpected("it is not a string")
	}
	start := r.at
	rest := r.text[start+1:]
	i := indexSpecial(rest)
	switch {
	case i == len(rest):
		return "", r.broken("a string has no end")
	case rest[i] == '"':
		r.at += len(`""`) + i
		return rest[:i], nil
	}
	return r.escaped(start, start+1+i)
}

// indexSpecial returns the place of the first special byte, or the length.
func indexSpecial(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		b := s[i : i+8]
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		if found := suspects(w); found != 0 {
			i += bits.TrailingZeros64(found) / 8
			break
		}
	}
	for i < len(s) && !special[s[i]] {
		i++
	}
	return i
}

// suspects looks at eight bytes at once. It sets the highest bit of those that are special or beyond ASCII, and
// perhaps of others after those: a byte from which a greater number is taken borrows.
func suspects(w uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	return (w | (w - ones*' ') | ((w ^ (ones * '"')) - ones) | ((w ^ (ones * '\\')) - ones)) & high
}

// special are the bytes at which a string ends, or is not its own text.
var special = func() (of [256]bool) {
	for c := range ' ' {
		of[c] = true
	}
	of['"'], of['\\'] = true, true
	return of
}()

// escaped reads a string whose first special character stands at i.
func (r *reader) escaped(start, i int) (out string, err error) {
	for ; i < len(r.text) && r.text[i] != '"'; i++ {
		if r.text[i] == '\\' {
			i++
		}
	}
	if i >= len(r.text) {
		return "", r.broken("a string has no end")
	}
	r.at = i + 1
	if err := json.Unmarshal([]byte(r.text[start:r.at]), &out); err != nil {
		return "", r.broken("a string is broken: " + err.Error())
	}
	return out, nil
}

// word reads a number or a literal, up to what cannot be part of one.
func (r *reader) word() string {
	r.peek()
	start := r.at
	for r.at < len(r.text) {
		c := r.text[r.at]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '.' && c != '-' && c != '+' && c != 'E' {
			break
		}
		r.at++
	}
	return r.text[start:r.at]
}

// isNumber reports whether a word is a number of JSON.
func isNumber(w string) bool {
	if w == "" || w[0] != '-' && (w[0] < '0' || w[0] > '9') {
		return false
	}
	if len(w) == 1 || w[0] >= '1' && len(w) <= 19 && allDigits(w) {
		return w != "-"
	}
	return json.Valid([]byte(w))
}

func allDigits(w string) bool {
	for i := range len(w) {
		if w[i] < '0' || w[i] > '9' {
			return false
		}
	}
	return true
}

func (r *reader) number() (string, error) {
	w := r.word()
	if isNumber(w) {
		return w, nil
	}
	return "", r.wrong(w, "it is not a number")
}

// skip returns the text of the next value without looking into it.
func (r *reader) skip() (string, error) {
	c := r.peek()
	start := r.at
	switch c {
	case '"':
		err := r.skipString()
		return r.text[start:r.at], err
	case '{', '[':
		for deep := 0; r.at < len(r.text); {
			switch r.text[r.at] {
			case '"':
				if err := r.skipString(); err != nil {
					return "", err
				}
				continue
			case '{', '[':
				deep++
			case '}', ']':
				deep--
			}
			r.at++
			if deep == 0 {
				return r.text[start:r.at], nil
			}
		}
		return "", r.broken("it has no end")
	}
	if r.word() == "" {
		return "", r.broken("a value is missing")
	}
	return r.text[start:r.at], nil
}

// skipString goes to the end of a string. What is in it whoever reads it finds out.
func (r *reader) skipString() error {
	for at := r.at + 1; ; {
		i := strings.IndexByte(r.text[at:], '"')
		if i < 0 {
			return r.broken("a string has no end")
		}
		slashes := 0
		for r.text[at+i-1-slashes] == '\\' {
			slashes++
		}
		at += i + 1
		if slashes%2 == 0 {
			r.at = at
			return nil
		}
	}
}

// tree reads any value as [Parse] does.
func (r *reader) tree() (any, error) {
	switch r.peek() {
	case '"':
		return r.str()
	case '{':
		return r.treeObject()
	case '[':
		return r.treeArray()
	}
	switch w := r.word(); w {
	case "null":
		return nil, nil
	case "true", "false":
		return w == "true", nil
	default:
		if !isNumber(w) {
			return nil, r.broken("it is not a value of JSON")
		}
		return json.Number(w), nil
	}
}

func (r *reader) treeObject() (map[string]any, error) {
	out := map[string]any{}
	more, err := r.open('}')
	for more && err == nil {
		var name string
		if name, err = r.name(); err != nil {
			return nil, err
		}
		if out[name], err = r.tree(); err != nil {
			return nil, Below(err, name)
		}
		more, err = r.next('}')
	}
	return out, err
}

func (r *reader) treeArray() (any, error) {
	out := []any{}
	more, err := r.open(']')
	for more && err == nil {
		var v any
		if v, err = r.tree(); err != nil {
			return nil, Below(err, len(out))
		}
		out = append(out, v)
		more, err = r.next(']')
	}
	return out, err
}
