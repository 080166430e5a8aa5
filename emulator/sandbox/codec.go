package sandbox

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Codec writes and reads the values of one type: what snapshots hold of a dialect. What Decode reads
// equals what Append wrote, nil and empty slices and maps told apart. The zero value is no codec.
type Codec struct {
	// Append appends a value as JSON without white space.
	Append func(dst []byte, value any) ([]byte, error)
	// Take reads the value that text begins with, and returns what comes after it. It refuses members that
	// the type does not have. Errors that are a [*wire.ReadError] name the place. The value may share the
	// memory of text.
	Take func(text string) (value any, rest string, err error)
}

// append is Append; it appends nothing for nil where there is no codec.
func (c Codec) append(dst []byte, value any) ([]byte, error) {
	if c.Append == nil {
		if value == nil {
			return dst, nil
		}
		return dst, fmt.Errorf("nothing writes a %T", value)
	}
	return c.Append(dst, value)
}

// text is what append appends.
func (c Codec) text(value any) (wire.Raw, error) {
	text, err := wire.Text(func(dst []byte) ([]byte, error) { return c.append(dst, value) })
	return wire.Raw(text), err
}

func (c Codec) take(text string) (value any, rest string, err error) {
	if c.Take == nil {
		return nil, "", errors.New("nothing reads this")
	}
	return c.Take(text)
}

// read is take of a text that is nothing but the value.
func (c Codec) read(text string) (any, error) {
	value, rest, err := c.take(text)
	if err == nil {
		err = wire.End(rest)
	}
	return value, err
}

// JSON is the codec of the values whose type is T, such as *detail, which is never nil. All that matters of a T
// must be in exported fields. Fields that are often zero want the tag option omitzero, never omitempty,
// which takes an empty slice for none. Numbers in fields of type any are [json.Number], byte for byte.
func JSON[T any]() Codec {
	write, read := wire.AppenderOf[T](), wire.TakerOf[T]()
	pointer := reflect.TypeFor[T]().Kind() == reflect.Pointer
	return Codec{
		Append: func(dst []byte, value any) ([]byte, error) { return write(dst, value.(T)) },
		Take: func(text string) (any, string, error) {
			var v T
			rest, err := read(text, &v)
			if err != nil {
				return nil, "", err
			}
			if pointer && reflect.ValueOf(v).IsNil() {
				return nil, "", errNull
			}
			return v, rest, nil
		},
	}
}

var errNull = errors.New("it is null")
