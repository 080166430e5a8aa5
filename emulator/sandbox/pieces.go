package sandbox

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// pieces are texts that stand one after the other in a document. They are copied once, into it.
type pieces struct {
	list   []piece
	sheets []*[]byte // memory of texts, which is used again once they were copied
	open   bool      // the last piece ends where the last sheet does, and is not remembered
}

type piece struct {
	text  string
	saved *atomic.Pointer[string] // where the text is to be remembered; nil: it is not, or was already
}

// empty reports whether there is not even a text.
func (p *pieces) empty() bool { return len(p.list) == 0 }

// add puts a text at the end.
func (p *pieces) add(text string) { p.list, p.open = append(p.list, piece{text: text}), false }

// append puts other pieces at the end.
func (p *pieces) append(others ...pieces) {
	n := 0
	for i := range others {
		n += len(others[i].list)
	}
	p.list, p.open = slices.Grow(p.list, n), false
	for i := range others {
		p.list, p.sheets = append(p.list, others[i].list...), append(p.sheets, others[i].sheets...)
	}
}

// Sizes of sheets, in bytes: of a new one, what one has left at least for the next text, and of one that is
// used again at most.
const (
	sheetSize   = 16 << 10
	sheetRest   = 2 << 10
	sheetAtMost = 64 << 10
)

var sheets = sync.Pool{New: func() any {
	sheet := make([]byte, 0, sheetSize)
	return &sheet
}}

// copy puts a copy of a short text at the end.
func (p *pieces) copy(text string) {
	_ = p.write(func(dst []byte) ([]byte, error) { return append(dst, text...), nil })
}

// write puts what one appends at the end.
func (p *pieces) write(one func(dst []byte) ([]byte, error)) error {
	text, moved, err := p.onSheet(one)
	if err != nil {
		return err
	}
	if last := len(p.list) - 1; p.open && !moved {
		sheet := *p.sheets[len(p.sheets)-1]
		p.list[last].text = wire.String(sheet[len(sheet)-len(text)-len(p.list[last].text):])
	} else {
		p.list = append(p.list, piece{text: text})
	}
	p.open = true
	return nil
}

// once puts the text that is remembered at the end, or else what one appends, which will be remembered.
func (p *pieces) once(saved *atomic.Pointer[string], one func(dst []byte) ([]byte, error)) error {
	if text := saved.Load(); text != nil {
		p.add(*text)
		return nil
	}
	text, _, err := p.onSheet(one)
	if err != nil {
		return err
	}
	p.list, p.open = append(p.list, piece{text, saved}), false
	return nil
}

// onSheet has one append a text to a sheet, which is another than that of the text before it when it moved.
func (p *pieces) onSheet(one func(dst []byte) ([]byte, error)) (text string, moved bool, err error) {
	if n := len(p.sheets); n == 0 || cap(*p.sheets[n-1])-len(*p.sheets[n-1]) < sheetRest {
		p.sheets, moved = append(p.sheets, sheets.Get().(*[]byte)), true
	}
	sheet := p.sheets[len(p.sheets)-1]
	out, err := one(*sheet)
	if err != nil {
		return "", false, err
	}
	text, moved = wire.String(out[len(*sheet):]), moved || cap(out) != cap(*sheet)
	*sheet = out
	return text, moved, nil
}

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
	_ = partly(len(p.list), func(_, from, to int) error {
		for i := from; i < to; i++ {
			copy(all[starts[i]:], p.list[i].text)
		}
		return nil
	})
	doc := wire.String(all)
	p.remember(doc, starts, fresh)
	p.free()
	return doc
}

// remember saves what is to be remembered, which is so long in all.
func (p *pieces) remember(doc string, starts []int, fresh int) {
	if fresh == 0 {
		return
	}
	shared := 2*fresh >= len(doc)
	var own strings.Builder
	if !shared {
		own.Grow(fresh)
	}
	texts := make([]string, len(p.list))
	for i, one := range p.list {
		if one.saved == nil {
			continue
		}
		if texts[i] = doc[starts[i]:][:len(one.text)]; !shared {
			start := own.Len()
			own.WriteString(one.text)
			texts[i] = own.String()[start:]
		}
		one.saved.Store(&texts[i])
	}
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

// with appends a member to the object that dst ends with, which has one at least.
func with(dst []byte, name string, value func(dst []byte) ([]byte, error)) ([]byte, error) {
	dst, err := value(append(append(append(dst[:len(dst)-1], `,"`...), name...), `":`...))
	return append(dst, '}'), err
}

// list is an array, or an object, of n parts, that are put side by side, with the same between any two. Whoever
// puts some of them one after the other is made by begin, and may have memory of its own.
func list(open string, n int, between, closing string, begin func() func(p *pieces, i int) error) (all pieces, err error) {
	parts := make([]pieces, partsOf(n))
	err = partly(n, func(part, from, to int) (err error) {
		p, put := &parts[part], begin()
		p.list = make([]piece, 0, to-from)
		for i := from; i < to && err == nil; i++ {
			if i > 0 {
				p.copy(between)
			}
			err = put(p, i)
		}
		return err
	})
	all.add(open)
	all.append(parts...)
	all.add(closing)
	return all, err
}

// partsOf is in how many parts n things are done: more than processors, as others work beside them.
func partsOf(n int) int { return min(4*runtime.GOMAXPROCS(0), max(n/64, 1)) }

// partly does something with every part of n things, side by side.
func partly(n int, do func(part, from, to int) error) error {
	parts := partsOf(n)
	errs := make([]error, parts)
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() { errs[i] = do(i, n*i/parts, n*(i+1)/parts) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
