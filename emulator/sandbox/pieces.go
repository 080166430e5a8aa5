package sandbox

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// pieces are texts that stand one after the other in a document. They are copied once, into it.
type pieces struct {
	list   []piece
	sheets []*[]byte // memory of texts, which is used again once they were copied
}

type piece struct {
	text  string
	saved *atomic.Pointer[string] // where the text is to be remembered; nil: it is not, or was already
}

// add puts a text at the end.
func (p *pieces) add(text string) { p.list = append(p.list, piece{text: text}) }

// empty reports whether there is not even a text.
func (p *pieces) empty() bool { return len(p.list) == 0 }

// append puts other pieces at the end.
func (p *pieces) append(other pieces) {
	p.list, p.sheets = append(p.list, other.list...), append(p.sheets, other.sheets...)
}

// Sizes of sheets, in bytes: of a new one, what one has left at least for the next text, and of one that is
// used again at most.
const (
	sheetSize   = 64 << 10
	sheetRest   = 4 << 10
	sheetAtMost = 256 << 10
)

var sheets = sync.Pool{New: func() any {
	sheet := make([]byte, 0, sheetSize)
	return &sheet
}}

// write puts what one appends at the end.
func (p *pieces) write(saved *atomic.Pointer[string], one func(dst []byte) ([]byte, error)) error {
	if n := len(p.sheets); n == 0 || full(*p.sheets[n-1]) {
		p.sheets = append(p.sheets, sheets.Get().(*[]byte))
	}
	sheet := p.sheets[len(p.sheets)-1]
	start := len(*sheet)
	out, err := one(*sheet)
	if err != nil {
		return err
	}
	*sheet = out // which has moved, perhaps: texts before it stay where they are
	p.list = append(p.list, piece{wire.String(out[start:]), saved})
	return nil
}

func full(sheet []byte) bool { return cap(sheet)-len(sheet) < sheetRest }

// join makes one text of all, and ends what can be done with the pieces. Texts that are remembered share its
// memory when they are half of it at least, so that they keep no more than twice their length.
func (p *pieces) join() string {
	size, fresh, starts := 0, 0, make([]int, len(p.list))
	for i, one := range p.list {
		starts[i] = size
		if size += len(one.text); one.saved != nil {
			fresh += len(one.text)
		}
	}
	all := make([]byte, size)
	_ = partly(len(p.list), func(from, to int) error {
		for i := from; i < to; i++ {
			copy(all[starts[i]:], p.list[i].text)
		}
		return nil
	})
	doc := wire.String(all)
	var own strings.Builder
	if 2*fresh < size {
		own.Grow(fresh)
	}
	texts := make([]string, len(p.list))
	for i, one := range p.list {
		if one.saved == nil {
			continue
		}
		if texts[i] = doc[starts[i]:][:len(one.text)]; 2*fresh < size {
			start := own.Len()
			own.WriteString(one.text)
			texts[i] = own.String()[start:]
		}
		one.saved.Store(&texts[i])
	}
	p.free()
	return doc
}

// free gives the sheets back.
func (p *pieces) free() {
	for _, sheet := range p.sheets {
		if cap(*sheet) <= sheetAtMost {
			*sheet = (*sheet)[:0]
			sheets.Put(sheet)
		}
	}
	*p = pieces{}
}

// whole is the JSON of a value in one piece.
func whole(v any) (p pieces, err error) {
	text, err := wire.Text(func(dst []byte) ([]byte, error) { return wire.Append(dst, v) })
	p.add(text)
	return p, err
}

// rows is an array of n texts, with the same between any two. Those that were not saved yet are appended by
// one, side by side, and will be saved. Errors get their index in front.
func rows(n int, between string, saved func(i int) *atomic.Pointer[string], one func(dst []byte, i int) ([]byte, error)) (pieces, error) {
	all, err := beside(n, func(p *pieces, from, to int) error {
		p.list = make([]piece, 0, 2*(to-from))
		for i := from; i < to; i++ {
			if i > 0 {
				p.add(between)
			}
			if text := saved(i).Load(); text != nil {
				p.add(*text)
			} else if err := p.write(saved(i), func(dst []byte) ([]byte, error) { return one(dst, i) }); err != nil {
				return wire.Below(err, i)
			}
		}
		return nil
	})
	return all.within("[", "]"), err
}

// with appends a member to the object that dst ends with, which has one at least.
func with(dst []byte, name string, value func(dst []byte) ([]byte, error)) ([]byte, error) {
	dst, err := value(append(append(append(dst[:len(dst)-1], `,"`...), name...), `":`...))
	return append(dst, '}'), err
}

// run is an array, or an object, of n parts, that are appended side by side, with the same between any two.
func run(open string, n int, between string, closing string, one func(dst []byte, i int) ([]byte, error)) (pieces, error) {
	all, err := beside(n, func(p *pieces, from, to int) error {
		for i := from; i < to; {
			err := p.write(nil, func(dst []byte) (_ []byte, err error) {
				for more := true; more && err == nil; more = i < to && !full(dst) {
					if i > 0 {
						dst = append(dst, between...)
					}
					dst, err = one(dst, i)
					i++
				}
				return dst, err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return all.within(open, closing), err
}

// within puts a text before all and one after it.
func (p *pieces) within(before, after string) (out pieces) {
	out.add(before)
	out.append(*p)
	out.add(after)
	return out
}

// beside has every part of n things put into pieces of its own, side by side, and returns them in order.
func beside(n int, put func(p *pieces, from, to int) error) (all pieces, err error) {
	parts := make([]pieces, n+1) // each where its first thing would be
	err = partly(n, func(from, to int) error { return put(&parts[from], from, to) })
	for i := range parts {
		all.append(parts[i])
	}
	return all, err
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
