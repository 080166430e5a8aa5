package sandbox

import (
	"maps"
	"slices"
)

// Catalog is what exists in a sandbox beside the sessions: products, prices, customers, … Values
// are immutable and in the dialect's own types. The zero value is empty.
type Catalog struct {
	kinds map[string]*collection // by kind, such as "polar.products"
}

// Keyed is a value that can also be found by other keys than its id, such as "email:a@b.c". Of two
// values with the same key the first one is found.
type Keyed interface{ Keys() []string }

type collection struct {
	order  []string // ids by insertion
	values map[string]any
	keys   map[string]string // further key → id
	shared bool              // with another catalog; copy before the first write
}

func (col *collection) put(id string, value any) {
	old, known := col.values[id]
	if !known {
		col.order = append(col.order, id)
	}
	for _, key := range keysOf(old) {
		if col.keys[key] == id {
			delete(col.keys, key)
		}
	}
	col.values[id] = value
	for _, key := range keysOf(value) {
		if _, taken := col.keys[key]; !taken {
			col.keys[key] = id
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
func (c *Catalog) Put(kind, id string, value any) {
	if c.kinds == nil {
		c.kinds = map[string]*collection{}
	}
	col := c.kinds[kind]
	switch {
	case col == nil:
		col = &collection{values: map[string]any{}, keys: map[string]string{}}
		c.kinds[kind] = col
	case col.shared:
		col = &collection{order: slices.Clone(col.order), values: maps.Clone(col.values), keys: maps.Clone(col.keys)}
		c.kinds[kind] = col
	}
	col.put(id, value)
}

// Get returns the value with that id, or nil.
func (c *Catalog) Get(kind, id string) any {
	if col := c.kinds[kind]; col != nil {
		return col.values[id]
	}
	return nil
}

// By returns the value with that further key, or nil. See [Keyed].
func (c *Catalog) By(kind, key string) any {
	if col := c.kinds[kind]; col != nil {
		if id, ok := col.keys[key]; ok {
			return col.values[id]
		}
	}
	return nil
}

// All returns the values of a kind in insertion order.
func (c *Catalog) All(kind string) []any {
	col := c.kinds[kind]
	if col == nil {
		return nil
	}
	out := make([]any, len(col.order))
	for i, id := range col.order {
		out[i] = col.values[id]
	}
	return out
}

// share returns a catalog that begins with the same content at no cost.
func (c *Catalog) share() Catalog {
	out := Catalog{kinds: make(map[string]*collection, len(c.kinds))}
	for kind, col := range c.kinds {
		out.kinds[kind] = &collection{order: col.order, values: col.values, keys: col.keys, shared: true}
	}
	return out
}
