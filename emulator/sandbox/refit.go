package sandbox

// Refit gives every sandbox, those to come among them, other objects to begin with: at once, and after
// each reset. An object without a value is taken out. What else was changed in a sandbox since it began
// stays.
func (set *Set) Refit(objects []Object) {
	begin := set.catalog
	set.mu.Lock()
	if set.refitted != nil {
		begin = *set.refitted
	}
	next := begin.share()
	refit(&next, objects)
	next = next.base()
	set.refitted = &next
	all := make([]*Sandbox, 0, len(set.byName))
	for _, b := range set.byName {
		all = append(all, b)
	}
	set.mu.Unlock()
	for _, b := range all {
		b.refit(objects)
	}
}

func refit(c *Catalog, objects []Object) {
	for _, one := range objects {
		if one.Value == nil {
			c.Drop(one.Kind, one.ID)
		} else {
			c.Put(one.Kind, one.ID, one.Value)
		}
	}
}

// refit changes what the sandbox begins with, and what it has now.
func (b *Sandbox) refit(objects []Object) {
	b.mu.Lock()
	begin := b.origin.catalog.share()
	refit(&begin, objects)
	b.origin.catalog = begin
	b.mu.Unlock()
	_ = b.Change(func(tx *Tx) error { // which does not fail
		for _, one := range objects {
			if one.Value == nil {
				tx.Drop(one.Kind, one.ID)
			} else {
				tx.Put(one.Kind, one.ID, one.Value)
			}
		}
		return nil
	})
}
