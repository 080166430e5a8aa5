package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/wire"
)

// dialectText reads a value of a dialect within something that says whose it is. In what we have written
// ourselves the provider comes first, and the value is read where it stands.
type dialectText struct {
	set   *Set
	of    *string // name of the dialect, once it was read
	codec func(Dialect) Codec
	value any
	later string // the text, when nobody was known yet who reads it; ""
	there bool
}

func detailCodec(d Dialect) Codec  { return d.Detail }
func subjectCodec(d Dialect) Codec { return d.Subject }

// TakeJSON implements wire.Taker.
func (t *dialectText) TakeJSON(text string) (rest string, err error) {
	t.there, t.later = true, ""
	if codec := t.codec(t.set.dialect(*t.of)); codec.Take != nil {
		t.value, rest, err = codec.Take(text)
		return rest, err
	}
	t.later, rest, err = wire.Cut(text)
	return rest, err
}

// read returns the value when all around it was read. It is nil where the dialect has none.
func (t *dialectText) read() (any, error) {
	codec := t.codec(t.set.dialect(*t.of))
	switch {
	case t.later != "":
		return codec.read(t.later)
	case !t.there && codec.Take != nil:
		return nil, errMissing
	}
	return t.value, nil
}

func readCatalog(set *Set, f *frozen, text string) error {
	difference := catalogText{set: set}
	if text != "" {
		if err := wire.Read(text, &difference); err != nil {
			return err
		}
	}
	f.catalog = difference.combined()
	return nil
}

// catalogText reads how a catalog differs from the one that the process begins with.
type catalogText struct {
	set   *Set
	kinds []kindText
}

type kindText struct {
	name    string
	objects []Object // in their order; those that were dropped have no value
}

// TakeJSON implements wire.Taker.
func (c *catalogText) TakeJSON(text string) (rest string, err error) {
	if rest, none := strings.CutPrefix(text, "null"); none {
		return rest, nil
	}
	return wire.Along(text, func(step any, text string) (string, error) {
		kind, _ := step.(string)
		codec, ok := c.set.kinds[kind]
		if !ok {
			return "", fmt.Errorf("there is no such kind of object; there are %v", wire.SortedKeys(c.set.kinds))
		}
		objects, rest, err := takeObjects(text, codec)
		c.kinds = append(c.kinds, kindText{kind, objects})
		return rest, err
	})
}

func takeObjects(text string, codec Codec) (objects []Object, rest string, err error) {
	seen := map[string]bool{}
	rest, err = wire.Along(text, func(step any, text string) (string, error) {
		o := Object{}
		o.ID, _ = step.(string)
		switch {
		case o.ID == "":
			return "", errors.New("it has no id")
		case seen[o.ID]:
			return "", errors.New("its id stands twice")
		}
		seen[o.ID] = true
		rest, dropped := strings.CutPrefix(text, "null")
		if !dropped {
			var err error
			if o.Value, rest, err = codec.take(text); err != nil {
				return "", err
			}
		}
		objects = append(objects, o)
		return rest, nil
	})
	return objects, rest, err
}

// combined returns the catalog that the process begins with, with the difference put over it.
func (c *catalogText) combined() Catalog {
	slices.SortStableFunc(c.kinds, func(a, b kindText) int { return cmp.Compare(a.name, b.name) })
	out := c.set.catalog.share()
	for _, kind := range c.kinds {
		out.ownFor(kind.name, len(kind.objects))
		for _, o := range kind.objects {
			if o.Value == nil {
				out.Drop(kind.name, o.ID)
			} else {
				out.Put(kind.name, o.ID, o.Value)
			}
		}
	}
	return out
}
