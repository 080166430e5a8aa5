package sandbox

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// pieces are texts that stand one after the other in a document. They are copied once, into it.
type pieces []string

func (p pieces) join() string { return strings.Join(p, "") }

// whole is the JSON of a value in one piece.
func whole(v any) (pieces, error) {
	text, err := wire.Text(func(dst []byte) ([]byte, error) { return wire.Append(dst, v) })
	return pieces{text}, err
}

// rows is an array of n texts, with the same between any two. Those that were not saved yet are appended by
// one, side by side, and saved; they share memory with those that were made at the same time. Errors get their
// index in front.
func rows(n int, between string, saved func(i int) *atomic.Pointer[string], one func(dst []byte, i int) ([]byte, error)) (pieces, error) {
	texts := make([]string, n)
	err := partly(n, func(from, to int) error {
		var fresh []int // of which the ends are in ends
		var ends []int
		all, err := wire.Text(func(dst []byte) (_ []byte, err error) {
			for i := from; i < to; i++ {
				if text := saved(i).Load(); text != nil {
					texts[i] = *text
					continue
				}
				if dst, err = one(dst, i); err != nil {
					return dst, wire.Below(err, i)
				}
				fresh, ends = append(fresh, i), append(ends, len(dst))
			}
			return dst, nil
		})
		if err != nil {
			return err
		}
		start := 0
		for k, i := range fresh {
			texts[i], start = all[start:ends[k]], ends[k]
			saved(i).Store(&texts[i])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := make(pieces, 1, 2*n+2)
	all[0] = "["
	for i, text := range texts {
		if i > 0 {
			all = append(all, between)
		}
		all = append(all, text)
	}
	return append(all, "]"), nil
}

// with appends a member to the object that dst ends with, which has one at least.
func with(dst []byte, name string, value func(dst []byte) ([]byte, error)) ([]byte, error) {
	dst, err := value(append(append(append(dst[:len(dst)-1], `,"`...), name...), `":`...))
	return append(dst, '}'), err
}

// run is an array, or an object, of n parts, that are appended side by side, with the same between any two.
func run(open byte, n int, between string, closing byte, one func(dst []byte, i int) ([]byte, error)) (pieces, error) {
	texts := make(pieces, n+1) // each where its first part would be
	err := partly(n, func(from, to int) (err error) {
		texts[from], err = wire.Text(func(dst []byte) (_ []byte, err error) {
			for i := from; i < to && err == nil; i++ {
				if i > 0 {
					dst = append(dst, between...)
				}
				dst, err = one(dst, i)
			}
			return dst, err
		})
		return err
	})
	texts[0] = string(open) + texts[0]
	texts[n] += string(closing)
	return texts, err
}

// partly does something with every part of n things, side by side.
func partly(n int, do func(from, to int) error) error {
	parts := min(4*runtime.GOMAXPROCS(0), max(n/64, 1)) // more than processors, as others work beside them
	errs := make([]error, parts)
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() { errs[i] = do(n*i/parts, n*(i+1)/parts) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
