package sandbox

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Catalog is what exists in a sandbox beside the sessions: products, prices, customers, … Values
// are immutable and in the dialect's own types. The zero value is empty.
type Catalog struct {
	kinds map[string]*collection        // by kind, such as "polar.products"
	later map[string]func() *collection // of kinds that may not be in kinds yet; never changed when shared
}

// Keyed is a value that can also be found by other keys than its id, such as "email:a@b.c". Of several
// values with the same key the one that was put first is found.
type Keyed interface{ Keys() []string }

// Saved is a value that remembers how snapshots have it, where it says: what is there is nil until one was made.
// It may say nowhere.
type Saved interface {
	Saved() *atomic.Pointer[string]
}

// collection is the objects of one kind.
type collection struct {
	order  []string // ids by insertion; of dropped values, too
	dead   int      // how many were dropped
	values map[string]placed
	keys   map[string]string // further key → id of the first value that has it
	rivals map[string]int    // further key → how many more values have it
	dirty  map[string]bool   // ids that were put or dropped since the base; never changed when shared
	shared bool              // with another catalog; copy before the first write
	index  *index            // of lists; nil until the first one
}

type placed struct {
	value any    // nil: dropped
	seq   uint32 // place in the order
}

func newCollection() *collection {
	return &collection{values: map[string]placed{}, keys: map[string]string{}, rivals: map[string]int{}, dirty: map[string]bool{}}
}

// clone returns a copy to write to, with room for some more values.
func (col *collection) clone(more int) *collection {
	return &collection{
		order: append(make([]string, 0, len(col.order)+more), col.order...), dead: col.dead,
		values: roomy(col.values, more), keys: maps.Clone(col.keys), rivals: maps.Clone(col.rivals), dirty: roomy(col.dirty, more),
	}
}

// roomy returns a copy with room for more.
func roomy[V any](m map[string]V, more int) map[string]V {
	out := make(map[string]V, len(m)+more)
	maps.Copy(out, m)
	return out
}

func (col *collection) put(id string, value any) {
	old, known := col.values[id]
	if !known {
		old.seq = uint32(len(col.order))
		col.order = append(col.order, id)
	}
	for _, key := range keysOf(old.value) {
		col.unkey(key, id)
	}
	col.values[id] = placed{value, old.seq}
	col.dirty[id] = true
	for _, key := range keysOf(value) {
		holder, taken := col.keys[key]
		if taken {
			col.rivals[key]++
		}
		if !taken || old.seq < col.values[holder].seq {
			col.keys[key] = id
		}
	}
	if known && old.value == nil {
		col.dead--
	}
	col.reindex(old, value)
}

// drop takes a value out. Put again, it has its old place.
func (col *collection) drop(id string) {
	old := col.values[id]
	if old.value == nil {
		return
	}
	for _, key := range keysOf(old.value) {
		col.unkey(key, id)
	}
	col.values[id] = placed{nil, old.seq}
	col.dirty[id] = true
	col.dead++
	col.reindex(old, nil)
}

// reindex notes that another value, or none, stands in the place of an old one.
func (col *collection) reindex(old placed, value any) {
	if col.index != nil {
		col.index.replace(old.seq, termsOf(old.value), termsOf(value))
		col.index.changed(old.seq)
	}
}

// unkey takes a key from a value, to the next value that has it.
func (col *collection) unkey(key, id string) {
	held := col.keys[key] == id
	if held {
		delete(col.keys, key)
	}
	if col.rivals[key] == 0 {
		return
	}
	if col.rivals[key]--; col.rivals[key] == 0 {
		delete(col.rivals, key)
	}
	if !held {
		return
	}
	for _, other := range col.order {
		if other != id && slices.Contains(keysOf(col.values[other].value), key) {
			col.keys[key] = other
			return
		}
	}
}

func keysOf(value any) []string {
	if k, ok := value.(Keyed); ok {
		return k.Keys()
	}
	return nil
}

// Put adds a value or replaces the one with that id, which keeps its place.
func (c *Catalog) Put(kind, id string, value any) { c.own(kind).put(id, value) }

// Drop takes out the value with that id, if there is one.
func (c *Catalog) Drop(kind, id string) {
	if c.Get(kind, id) != nil {
		c.own(kind).drop(id)
	}
}

// Later has the objects of a kind made when it is first asked for: most programs talk to one provider. All
// that share the catalog have them made once. What was put before is forgotten.
func (c *Catalog) Later(kind string, objects func() []Object) {
	if c.later == nil {
		c.later = map[string]func() *collection{}
	}
	delete(c.kinds, kind)
	c.later[kind] = sync.OnceValue(func() *collection {
		col := newCollection()
		for _, o := range objects() {
			col.put(o.ID, o.Value)
		}
		col.dirty, col.shared = map[string]bool{}, true
		return col
	})
}

// at returns the collection of a kind to read, nil when there is none.
func (c *Catalog) at(kind string) *collection {
	col := c.kinds[kind]
	if made := c.later[kind]; col == nil && made != nil {
		col = made()
		c.keep(kind, col)
	}
	return col
}

func (c *Catalog) keep(kind string, col *collection) {
	if c.kinds == nil {
		c.kinds = map[string]*collection{}
	}
	c.kinds[kind] = col
}

// own returns the collection of a kind to write to.
func (c *Catalog) own(kind string) *collection { return c.ownFor(kind, 0) }

// ownFor is own for so many more values.
func (c *Catalog) ownFor(kind string, more int) *collection {
	col := c.at(kind)
	switch {
	case col == nil:
		col = newCollection().clone(more)
	case col.shared:
		col = col.clone(more)
	default:
		return col
	}
	c.keep(kind, col)
	return col
}

// Get returns the value with that id, or nil.
func (c *Catalog) Get(kind, id string) any {
	if col := c.at(kind); col != nil {
		return col.values[id].value
	}
	return nil
}

// By returns the value with that further key, or nil. See [Keyed].
func (c *Catalog) By(kind, key string) any { return c.Get(kind, c.id(kind, key)) }

// id returns the id of the value with that further key, or "".
func (c *Catalog) id(kind, key string) string {
	if col := c.at(kind); col != nil {
		return col.keys[key]
	}
	return ""
}

// All returns the values of a kind in insertion order.
func (c *Catalog) All(kind string) []any {
	col := c.at(kind)
	if col == nil {
		return nil
	}
	out := make([]any, 0, len(col.order)-col.dead)
	for _, id := range col.order {
		if v := col.values[id].value; v != nil {
			out = append(out, v)
		}
	}
	return out
}

// share returns a catalog that begins with the same content at no cost. Either copies what it changes.
func (c *Catalog) share() Catalog {
	out := Catalog{kinds: make(map[string]*collection, len(c.kinds)), later: c.later}
	for kind, col := range c.kinds {
		if !col.shared {
			both := *col
			both.shared, both.index = true, nil
			col = &both
			c.kinds[kind] = col
		}
		out.kinds[kind] = col
	}
	return out
}

// base returns the same content as that which differences are told from.
func (c *Catalog) base() Catalog {
	out := c.share()
	for kind, col := range out.kinds {
		clean := *col
		clean.dirty, clean.index = map[string]bool{}, nil
		out.kinds[kind] = &clean
	}
	return out
}

// changedTo reports whether an object differs from the base, and is that very value now.
func (c *Catalog) changedTo(kind, id string, value any) bool {
	col := c.kinds[kind]
	return col != nil && col.dirty[id] && col.values[id].value == value
}

// changed returns what was put or dropped since the base, in insertion order: replaced and dropped
// objects first, the latter without a value, then new ones. Done in that order over the base it makes
// the same catalog.
func (c *Catalog) changed(kind string) []Object {
	col := c.kinds[kind] // what is still to be made has not changed
	if col == nil || len(col.dirty) == 0 {
		return nil
	}
	out := make([]Object, 0, len(col.dirty))
	for _, id := range col.order {
		if col.dirty[id] {
			out = append(out, Object{kind, id, col.values[id].value})
		}
	}
	return out
}
