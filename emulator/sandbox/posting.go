package sandbox

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// posting is a set of sequence numbers: a sorted slice while it is small, a compressed bitmap above.
// Most values of a filter stand in few sessions (an order id) or in very many (a status); either
// form alone would waste memory or time on the other.
type posting struct {
	few  []uint32
	many *roaring.Bitmap
}

const fewAtMost = 128

// postingOf returns the set of numbers that are in order, none of them twice. It may keep the slice.
func postingOf(sorted []uint32) *posting {
	if len(sorted) <= fewAtMost {
		return &posting{few: sorted}
	}
	return &posting{many: roaring.BitmapOf(sorted...)}
}

// clone returns a set of its own.
func (p *posting) clone() *posting {
	if p.many != nil {
		return &posting{many: p.many.Clone()}
	}
	return &posting{few: slices.Clone(p.few)}
}

func (p *posting) add(n uint32) {
	if p.many != nil {
		p.many.Add(n)
		return
	}
	i, found := slices.BinarySearch(p.few, n)
	if found {
		return
	}
	if len(p.few) >= fewAtMost {
		p.many = roaring.BitmapOf(p.few...)
		p.many.Add(n)
		p.few = nil
		return
	}
	p.few = slices.Insert(p.few, i, n)
}

func (p *posting) remove(n uint32) {
	if p.many != nil {
		p.many.Remove(n)
		return
	}
	if i, found := slices.BinarySearch(p.few, n); found {
		p.few = slices.Delete(p.few, i, i+1)
	}
}

func (p *posting) len() int {
	if p.many != nil {
		return int(p.many.GetCardinality())
	}
	return len(p.few)
}

// run calls visit with the numbers at positions from ≤ i < to in order; to must not be over len.
func (p *posting) run(from, to int, visit func(uint32)) {
	if p.many == nil {
		for _, n := range p.few[from:to] {
			visit(n)
		}
		return
	}
	first, err := p.many.Select(uint32(from))
	if err != nil {
		panic("sandbox: position outside of the posting")
	}
	it := p.many.Iterator()
	it.AdvanceIfNeeded(first)
	for range to - from {
		visit(it.Next())
	}
}

// each calls visit with every number in order.
func (p *posting) each(visit func(uint32)) {
	if n := p.len(); n > 0 {
		p.run(0, n, visit)
	}
}

// below returns how many numbers are smaller than n.
func (p *posting) below(n uint32) int {
	if p.many == nil {
		i, _ := slices.BinarySearch(p.few, n)
		return i
	}
	if n == 0 {
		return 0
	}
	return int(p.many.Rank(n - 1))
}

func (p *posting) has(n uint32) bool {
	if p.many != nil {
		return p.many.Contains(n)
	}
	_, found := slices.BinarySearch(p.few, n)
	return found
}

// and returns the numbers in both sets; it may return one of them.
func and(a, b *posting) *posting {
	if a.many != nil && b.many != nil {
		return &posting{many: roaring.And(a.many, b.many)}
	}
	if a.many != nil {
		a, b = b, a
	}
	out := &posting{}
	for _, n := range a.few {
		if b.has(n) {
			out.few = append(out.few, n)
		}
	}
	return out
}

// or returns the numbers in any of the sets; with one set it returns that.
func or(sets []*posting) *posting {
	switch len(sets) {
	case 0:
		return &posting{}
	case 1:
		return sets[0]
	}
	all := roaring.New()
	for _, p := range sets {
		if p.many != nil {
			all.Or(p.many)
		} else {
			all.AddMany(p.few)
		}
	}
	return &posting{many: all}
}
