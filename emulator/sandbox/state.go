package sandbox

import (
	"errors"
	"fmt"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// StateVersion is the version of the document that [Set.Save] writes and [Set.Load] takes.
const StateVersion = 1

// Save returns every sandbox in one JSON document, each as its snapshot.
func (set *Set) Save() ([]byte, error) {
	doc := fmt.Appendf(nil, `{"localcheckout_state":%d,"sandboxes":[`, StateVersion)
	for i, b := range set.Sorted() {
		snapshot, err := set.write(b.freeze())
		if err != nil {
			return nil, fmt.Errorf("the sandbox %s: %w", b.name, err)
		}
		if i > 0 {
			doc = append(doc, ',')
		}
		doc = append(append(doc, '\n'), snapshot...)
	}
	return append(doc, "]}\n"...), nil
}

// Load makes the sandboxes of a document that [Set.Save] has written, and returns their names. They are
// reset to what they were reset to before. A broken document is a CodeRefused that names the place, one
// of whose sandboxes exists a CodeConflict; nothing is made then.
func (set *Set) Load(doc []byte) (names []string, err error) {
	worlds, err := set.readState(string(doc))
	if err != nil {
		return nil, brokenDocument("state", err)
	}
	for _, f := range worlds {
		if _, err := set.Lookup(f.name); err == nil {
			return nil, &checkout.Error{Code: checkout.CodeConflict, Message: "the sandbox " + f.name + " exists already"}
		}
	}
	for _, f := range worlds {
		if err := set.make(f); err != nil {
			return names, err
		}
		names = append(names, f.name)
	}
	return names, nil
}

// make makes the sandbox that was frozen.
func (set *Set) make(f *frozen) error {
	set.mu.Lock()
	b, err := set.addLocked(f.name, f.origin)
	set.mu.Unlock()
	if err != nil {
		return err
	}
	return b.adopt(f)
}

func (set *Set) readState(doc string) (worlds []*frozen, err error) {
	version, names := 0, map[string]bool{}
	read := func(step any, text string) error {
		f, err := set.readAnew(text)
		if err != nil {
			return err
		}
		if names[f.name] {
			return wire.Below(errors.New(f.name+" stands twice"), "sandbox")
		}
		names[f.name] = true
		worlds = append(worlds, f)
		return nil
	}
	err = wire.Each(doc, func(step any, text string) error {
		switch step {
		case "localcheckout_state":
			if err := wire.Read(text, &version); err != nil {
				return err
			}
			if version != StateVersion {
				return fmt.Errorf("the document's version is %d; this program reads %d", version, StateVersion)
			}
			return nil
		case "sandboxes":
			return wire.Each(text, read)
		}
		return errors.New("nobody knows this member")
	})
	if err == nil && version == 0 {
		err = wire.Below(errMissing, "localcheckout_state")
	}
	return worlds, err
}
