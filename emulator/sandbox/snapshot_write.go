package sandbox

import (
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// section is one member of a snapshot. A new part of the sandbox is a field of frozen, a line in
// freeze and one in thaw, and a section.
type section struct {
	name string
	// write returns the JSON of the section, nil to leave it out.
	write func(set *Set, f *frozen) ([]byte, error)
	// read decodes a section, at the same time as others are, so that it looks at none of theirs. Errors
	// that are a [*wire.ReadError] name the place.
	read func(set *Set, f *frozen, text string) error
	// link, when not nil, completes what was read once all sections are.
	link func(set *Set, f *frozen) error
}

// sections are the members of a snapshot in their order, after the header.
func sections() []section {
	return []section{
		{name: "origin", write: writeOrigin, read: readOrigin, link: linkOrigin},
		{name: "clock", write: writeClock, read: readClock},
		{name: "counts", write: writeCounts, read: readCounts},
		{name: "catalog", write: writeCatalog, read: readCatalog},
		{name: "sessions", write: writeSessions, read: readSessions},
		{name: "due", write: writeDue, read: readDue, link: linkDue},
		{name: "events", write: writeEvents, read: readEvents},
		{name: "keys", write: writeKeys, read: readKeys},
		{name: "faults", write: writeFaults, read: readFaults},
		{name: "webhooks", write: writeHooks, read: readHooks},
	}
}

// write makes the document of a world.
func (set *Set) write(f *frozen) ([]byte, error) {
	doc, err := wire.Marshal(header{SnapshotVersion, set.options.Version, f.name, f.seed})
	if err != nil {
		return nil, err
	}
	list := sections()
	texts, errs := make([][]byte, len(list)), make([]error, len(list))
	var wg sync.WaitGroup
	for i, s := range list {
		wg.Go(func() { texts[i], errs[i] = s.write(set, f) })
	}
	wg.Wait()
	size := len(doc)
	for i, s := range list {
		if errs[i] != nil {
			return nil, wire.Below(errs[i], s.name)
		}
		size += len(texts[i]) + len(s.name) + len(",\n\"\":")
	}
	doc = append(make([]byte, 0, size+1), doc[:len(doc)-1]...)
	for i, s := range list {
		if texts[i] != nil {
			doc = append(doc, ",\n\""+s.name+"\":"...)
			doc = append(doc, texts[i]...)
		}
	}
	return append(doc, "}\n"...), nil
}

func writeOrigin(set *Set, f *frozen) ([]byte, error) {
	catalog, err := set.difference(&f.origin.catalog)
	if err != nil {
		return nil, err
	}
	return wire.Marshal(originDoc{f.origin.seed, f.origin.start.UTC(), catalog})
}

func writeClock(_ *Set, f *frozen) ([]byte, error) {
	doc := clockDoc{Now: f.clock.Now, Frozen: f.clock.Frozen}
	if !doc.Frozen {
		doc.Offset = f.clock.Offset.String()
	}
	return wire.Marshal(doc)
}

func writeCounts(_ *Set, f *frozen) ([]byte, error) { return wire.Marshal(f.counts) }

func writeCatalog(set *Set, f *frozen) ([]byte, error) { return set.difference(&f.catalog) }

// difference writes what differs from the catalog that the process begins with, nil when nothing does: by
// kind, the objects by id in their order.
func (set *Set) difference(c *Catalog) ([]byte, error) {
	var all object
	for _, kind := range wire.SortedKeys(c.kinds) {
		objects := c.changed(kind)
		if len(objects) == 0 {
			continue
		}
		text, err := set.objects(kind, objects)
		if err != nil {
			return nil, wire.Below(err, kind)
		}
		all = append(all.name(kind), text...)
	}
	if all == nil {
		return nil, nil
	}
	return all.end(), nil
}

// objects writes objects of a kind by id; one that was dropped is null.
func (set *Set) objects(kind string, of []Object) ([]byte, error) {
	texts := make([][]byte, len(of))
	err := partly(len(of), func(from, to int) (err error) {
		for i := from; i < to && err == nil; i++ {
			if texts[i] = []byte("null"); of[i].Value != nil {
				texts[i], err = set.kinds[kind].encode(of[i].Value)
				err = wire.Below(err, of[i].ID)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	size := 2
	for i, text := range texts {
		size += len(of[i].ID) + len(text) + len(`"":,`)
	}
	out := append(make([]byte, 0, size), '{')
	for i, text := range texts {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(wire.AppendString(out, of[i].ID), ':')
		out = append(out, text...)
	}
	return append(out, '}'), nil
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

func writeSessions(set *Set, f *frozen) ([]byte, error) {
	texts := make([]string, len(f.sessions))
	err := partly(len(f.sessions), func(from, to int) error {
		for i := from; i < to; i++ {
			text, err := set.text(f.sessions[i])
			if err != nil {
				return wire.Below(err, i)
			}
			texts[i] = text
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	size := 2
	for _, text := range texts {
		size += len(text) + 2
	}
	out := append(make([]byte, 0, size), '[')
	for i, text := range texts {
		if i > 0 {
			out = append(out, ",\n"...)
		}
		out = append(out, text...)
	}
	return append(out, ']'), nil
}

// text is a session as a snapshot has it. Records do not change, so that it is made once.
func (set *Set) text(r *Record) (string, error) {
	if saved := r.saved.Load(); saved != nil {
		return *saved, nil
	}
	detail, err := set.dialect(r.Session.Provider).Detail.encode(r.Session.Detail)
	if err != nil {
		return "", err
	}
	text := string(appendSession(make([]byte, 0, 1024+len(detail)), &r.Session, detail))
	r.saved.Store(&text)
	return text, nil
}

// object appends the members of an object, those that are not zero.
type object []byte

func (o *object) text(name, value string) {
	if value != "" {
		*o = wire.AppendString(o.name(name), value)
	}
}

func (o *object) number(name string, value int64) {
	if value != 0 {
		*o = strconv.AppendInt(o.name(name), value, 10)
	}
}

func (o *object) instant(name string, value time.Time) {
	if !value.IsZero() {
		*o = append(o.name(name), '"')
		*o = value.UTC().AppendFormat(*o, time.RFC3339Nano)
		*o = append(*o, '"')
	}
}

// name appends a member's name, and opens the object before the first.
func (o *object) name(name string) []byte {
	at := append(*o, ',')
	if len(*o) == 0 {
		at[0] = '{'
	}
	return append(append(append(at, '"'), name...), `":`...)
}

func (o *object) end() []byte {
	if len(*o) == 0 {
		return []byte("{}")
	}
	return append(*o, '}')
}

// appendSession writes a session as the tags of its type say, an order of magnitude faster than
// encoding/json; a test holds the two together.
func appendSession(dst []byte, s *checkout.Session, detail []byte) []byte {
	o := object(dst)
	o.text("provider", s.Provider)
	o.text("account", s.Account)
	o.text("id", s.ID)
	o.text("client_secret", s.ClientSecret)
	o.text("status", string(s.Status))
	o.number("amount", s.Amount)
	o.text("currency", s.Currency)
	o.instant("created_at", s.CreatedAt)
	o.instant("updated_at", s.UpdatedAt)
	o.instant("expires_at", s.ExpiresAt)
	if s.Customer != (checkout.Customer{}) {
		customer := object(nil)
		customer.text("id", s.Customer.ID)
		customer.text("email", s.Customer.Email)
		customer.text("name", s.Customer.Name)
		o = append(o.name("customer"), customer.end()...)
	}
	o.text("success_url", s.SuccessURL)
	o.text("cancel_url", s.CancelURL)
	if s.Metadata != nil {
		o = wire.AppendTree(o.name("metadata"), s.Metadata)
	}
	o.number("attempt", int64(s.Attempt))
	o.text("decline_code", s.DeclineCode)
	if s.Terms != nil {
		o = append(o.name("terms"), '[')
		for i, t := range s.Terms {
			if i > 0 {
				o = append(o, ',')
			}
			term := object(nil)
			term.text("field", t.Field)
			term.text("value", t.Value)
			o = append(o, term.end()...)
		}
		o = append(o, ']')
	}
	o.text("search", s.Search)
	if detail != nil {
		o = append(o.name("detail"), detail...)
	}
	return o.end()
}

func writeDue(_ *Set, f *frozen) ([]byte, error) {
	out := append(make([]byte, 0, 160*len(f.due)+2), '[')
	for i, item := range f.due {
		if i > 0 {
			out = append(out, ",\n"...)
		}
		o := object(nil)
		o.instant("at", item.At)
		if task := item.Value.task; task != nil {
			o = append(o.name("task"), wire.MustMarshal(task)...)
			out = append(out, o.end()...)
			continue
		}
		o.text("session", f.sessions[item.Value.seq].Session.ID)
		if item.Value.expiry {
			o = append(o.name("expiry"), "true"...)
		}
		o.text("webhooks", string(item.Value.timing))
		doc, err := newCommandDoc(item.Value.cmd)
		if err != nil {
			return nil, wire.Below(err, i)
		}
		command := []byte(`{"do":"expire"}`)
		if doc != (commandDoc{Do: "expire"}) {
			command = wire.MustMarshal(doc)
		}
		o = append(o.name("command"), command...)
		out = append(out, o.end()...)
	}
	return append(out, ']'), nil
}

func writeEvents(_ *Set, f *frozen) ([]byte, error) {
	out := append(make([]byte, 0, 192*len(f.events)+2), '[')
	for i, e := range f.events {
		if i > 0 {
			out = append(out, ",\n"...)
		}
		o := object(nil)
		o.number("seq", int64(e.Seq))
		o.text("type", string(e.Type))
		o.instant("at", e.At)
		o.text("provider", e.Provider)
		o.text("session", e.Session)
		o.text("status", string(e.Status))
		if e.Native {
			o = append(o.name("native"), "true"...)
		}
		o.text("id", e.ID)
		out = append(out, o.end()...)
	}
	return append(out, ']'), nil
}

func writeKeys(set *Set, f *frozen) ([]byte, error) {
	if len(f.keys) == 0 || set.options.Answers.Encode == nil {
		return nil, nil
	}
	out := make([]keyDoc, len(f.keys))
	for i, c := range f.keys {
		answer, err := set.options.Answers.Encode(c.answer)
		if err != nil {
			return nil, wire.Below(err, i)
		}
		out[i] = keyDoc{[]byte(c.key), c.fingerprint[:], c.expires, answer}
	}
	return wire.Marshal(out)
}

func writeFaults(_ *Set, f *frozen) ([]byte, error) {
	if len(f.faults.Faults) == 0 && f.faults.Count == 0 {
		return nil, nil
	}
	return wire.Marshal(f.faults)
}
