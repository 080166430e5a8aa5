package sandbox

import (
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
