// Package ids makes identifiers and tokens that depend on nothing but the seed, the sandbox's name,
// the kind of object and its number: the same on every machine, different in every sandbox.
package ids

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// Alphabets of token bodies.
const (
	Base62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	LowerBase = "0123456789abcdefghijklmnopqrstuvwxyz"
)

// Source makes the identifiers of one sandbox. It is a value without state; the caller counts.
type Source struct{ key [32]byte }

// NewSource returns the source for a seed and a sandbox.
func NewSource(seed uint64, sandbox string) Source {
	buf := binary.BigEndian.AppendUint64(nil, seed)
	return Source{key: sha256.Sum256(append(buf, sandbox...))}
}

// Bytes returns the 32 bytes that belong to the n-th object of a kind.
func (s Source) Bytes(kind string, n uint64) [32]byte {
	buf := make([]byte, 0, 96)
	buf = append(buf, s.key[:]...)
	buf = binary.BigEndian.AppendUint64(buf, n)
	buf = append(buf, kind...)
	return sha256.Sum256(buf)
}

// Rand returns the random numbers that belong to the n-th object of a kind.
func (s Source) Rand(kind string, n uint64) *rand.Rand {
	return rand.New(rand.NewChaCha8(s.Bytes(kind, n)))
}

// UUID returns a version 4 UUID, lower case and dashed.
func (s Source) UUID(kind string, n uint64) string {
	b := s.Bytes(kind, n)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var out [36]byte
	hex.Encode(out[0:8], b[0:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:36], b[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// Token returns length characters drawn from the alphabet.
func (s Source) Token(kind string, n uint64, alphabet string, length int) string {
	r := s.Rand(kind, n)
	out := make([]byte, length)
	for i := range out {
		out[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(out)
}
