package sandbox

import (
	"errors"
	"fmt"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Codec writes and reads the values of one type: what snapshots hold of a dialect. What Decode reads
// equals what Encode wrote, nil and empty slices and maps told apart. The zero value is no codec.
type Codec struct {
	Encode func(value any) ([]byte, error)
	// Decode refuses members that the type does not have. Errors that are a [*wire.ReadError] name the
	// place. The value may share the memory of text.
	Decode func(text string) (any, error)
}

func (c Codec) encode(value any) ([]byte, error) {
	if c.Encode == nil {
		if value == nil {
			return nil, nil
		}
		return nil, fmt.Errorf("nothing writes a %T", value)
	}
	return c.Encode(value)
}

func (c Codec) decode(text string) (any, error) {
	if c.Decode == nil {
		return nil, errors.New("nothing reads this")
	}
	return c.Decode(text)
}

// JSON is the codec of the values whose type is T, such as *detail. All that matters of a T must be
// in exported fields. Fields that are often zero want the tag option omitzero, never omitempty,
// which takes an empty slice for none. Numbers in fields of type any are [json.Number], byte for byte.
func JSON[T any]() Codec {
	return Codec{
		Encode: func(value any) ([]byte, error) { return wire.Marshal(value.(T)) },
		Decode: func(text string) (any, error) {
			var v T
			if err := wire.Read(text, &v); err != nil {
				return nil, err
			}
			return v, nil
		},
	}
}
