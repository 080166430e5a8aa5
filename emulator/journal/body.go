package journal

import (
	"bytes"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// BodyAtMost is how much of a body can be read back, in bytes.
const BodyAtMost = 64 << 10

// Body is a body as far as it is kept. The zero value is an empty one. It never changes.
type Body struct {
	size  int    // as it was sent, in bytes
	held  int    // memory that it holds on to, in bytes
	whole []byte // when parts is nil
	parts wire.Assembly
}

// Own returns a body of its own: without its secrets and those given, and cut. Without secrets in it,
// it may share memory with text.
func Own(text []byte, secrets ...string) Body {
	clean := redact(text, secrets)
	if len(clean) > BodyAtMost {
		clean = bytes.Clone(clean[:BodyAtMost])
	}
	return Body{size: len(text), held: len(clean), whole: clean}
}

// Shared returns a body that refers to text, which must never change.
func Shared(text []byte) Body { return Body{size: len(text), held: len(text), whole: text} }

// Parts returns a body that refers to the parts of an assembly, which must never change; size is its
// length when it is encoded.
func Parts(a wire.Assembly, size int) Body {
	if size <= BodyAtMost {
		return Body{size: size, held: size, parts: a}
	}
	b := Body{size: size}
	b.parts, b.held = shortened(a)
	return b
}

// shortened returns the beginning of an assembly, with no more parts than can be read back, and their
// length.
func shortened(a wire.Assembly) (begin wire.Assembly, length int) {
	for _, m := range a {
		if length >= BodyAtMost {
			break
		}
		length += len(m.Value)
		for i, item := range m.Items {
			if length += len(item); length >= BodyAtMost {
				m.Items = slices.Clone(m.Items[:i+1])
				break
			}
		}
		begin = append(begin, m)
	}
	return begin, length
}

// Size is the length of the body as it was sent, in bytes.
func (b Body) Size() int { return b.size }

// Text returns the body without secrets; cut says that it is only the beginning. The result must not
// be modified.
func (b Body) Text() (text []byte, cut bool) {
	text = b.whole
	if b.parts != nil {
		text = b.parts.Encode()
	}
	text = redact(text, nil)
	if b.size > BodyAtMost {
		return text[:min(len(text), BodyAtMost)], true
	}
	return text, false
}
