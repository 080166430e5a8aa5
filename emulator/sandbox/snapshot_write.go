package sandbox

import (
	"strings"
	"sync"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/clock"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// section is one member of a snapshot. A new part of the sandbox is a field of frozen, a line in
// freeze and one in thaw, and a section.
type section struct {
	name string
	// write returns the JSON of the section, none to leave it out.
	write func(set *Set, f *frozen) (pieces, error)
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
		{name: "events", write: writeEvents, read: readEvents, link: linkEvents},
		{name: "keys", write: writeKeys, read: readKeys},
		{name: "faults", write: writeFaults, read: readFaults},
		{name: "webhooks", write: writeHooks, read: readHooks},
	}
}

// write makes the document of a world.
func (set *Set) write(f *frozen) (string, error) {
	head, err := whole(header{SnapshotVersion, set.options.Version, f.name, f.seed})
	if err != nil {
		return "", err
	}
	list := sections()
	texts, errs := make([]pieces, len(list)), make([]error, len(list))
	var wg sync.WaitGroup
	for i, s := range list {
		wg.Go(func() { texts[i], errs[i] = s.write(set, f) })
	}
	wg.Wait()
	all := pieces{}
	all.add(strings.TrimSuffix(head.join(), "}"))
	for i, s := range list {
		if errs[i] != nil {
			return "", wire.Below(errs[i], s.name)
		}
		if !texts[i].empty() {
			all.add(",\n\"" + s.name + "\":")
			all.append(texts[i])
		}
	}
	all.add("}\n")
	return all.join(), nil
}

func writeOrigin(set *Set, f *frozen) (pieces, error) {
	catalog, err := set.difference(&f.origin.catalog)
	if err != nil {
		return pieces{}, err
	}
	return whole(originDoc{f.origin.seed, f.origin.start.UTC(), wire.Raw(catalog.join())})
}

func writeClock(_ *Set, f *frozen) (pieces, error) {
	doc := clockDoc{Now: f.clock.Now, Frozen: f.clock.Frozen}
	if !doc.Frozen {
		doc.Offset = f.clock.Offset.String()
	}
	return whole(doc)
}

func writeCounts(_ *Set, f *frozen) (pieces, error) { return whole(f.counts) }

func writeCatalog(set *Set, f *frozen) (pieces, error) { return set.difference(&f.catalog) }

// difference writes what differs from the catalog that the process begins with, nothing when nothing does: by
// kind, the objects by id in their order.
func (set *Set) difference(c *Catalog) (all pieces, err error) {
	before := "{"
	for _, kind := range wire.SortedKeys(c.kinds) {
		objects := c.changed(kind)
		if len(objects) == 0 {
			continue
		}
		texts, err := set.objects(kind, objects)
		if err != nil {
			return pieces{}, wire.Below(err, kind)
		}
		all.add(before + `"` + kind + `":`)
		all.append(texts)
		before = ","
	}
	if !all.empty() {
		all.add("}")
	}
	return all, nil
}

// objects writes objects of a kind by id; one that was dropped is null.
func (set *Set) objects(kind string, of []Object) (pieces, error) {
	put := func(p *pieces, i int) error {
		o := of[i]
		err := p.write(func(dst []byte) ([]byte, error) { return append(wire.AppendString(dst, o.ID), ':'), nil })
		if err != nil {
			return err
		}
		write := func(dst []byte) ([]byte, error) {
			if o.Value == nil {
				return append(dst, "null"...), nil
			}
			return set.kinds[kind].append(dst, o.Value)
		}
		if s, ok := o.Value.(Saved); ok && s.Saved() != nil {
			return wire.Below(p.once(s.Saved(), write), o.ID)
		}
		return wire.Below(p.write(write), o.ID)
	}
	return list("{", len(of), ",", "}", func() func(*pieces, int) error { return put })
}

var (
	appendSession = wire.AppenderOf[*checkout.Session]()
	appendDue     = wire.AppenderOf[*dueDoc]()
)

func writeSessions(set *Set, f *frozen) (pieces, error) {
	return list("[", len(f.sessions), ",\n", "]", func() func(*pieces, int) error {
		var s checkout.Session // as it is written
		return func(p *pieces, i int) error {
			r := f.sessions[i]
			return wire.Below(p.once(&r.saved, func(dst []byte) ([]byte, error) {
				s = r.Session
				return set.appendSession(dst, &s)
			}), i)
		}
	})
}

// appendSession writes a session as a snapshot has it: without what follows from the rest of it. It changes s.
func (set *Set) appendSession(dst []byte, s *checkout.Session) ([]byte, error) {
	d := set.dialect(s.Provider)
	if d.Index != nil {
		s.Terms, s.Search = nil, ""
	}
	s.CreatedAt, s.UpdatedAt, s.ExpiresAt = s.CreatedAt.UTC(), s.UpdatedAt.UTC(), s.ExpiresAt.UTC()
	if s.UpdatedAt.Equal(s.CreatedAt) {
		s.UpdatedAt = time.Time{}
	}
	dst, err := appendSession(dst, s)
	if err != nil || d.Detail.Append == nil && s.Detail == nil {
		return dst, err
	}
	return with(dst, "detail", func(dst []byte) ([]byte, error) { return d.Detail.append(dst, s.Detail) })
}

func writeDue(_ *Set, f *frozen) (pieces, error) {
	return list("[", len(f.due), ",\n", "]", func() func(*pieces, int) error {
		var doc dueDoc
		return func(p *pieces, i int) (err error) {
			if doc, err = f.newDueDoc(&f.due[i]); err != nil {
				return wire.Below(err, i)
			}
			return p.write(func(dst []byte) ([]byte, error) { return appendDue(dst, &doc) })
		}
	})
}

func (f *frozen) newDueDoc(item *clock.Item[duty]) (doc dueDoc, err error) {
	doc.At, doc.Task = item.At.UTC(), item.Value.task
	if doc.Task != nil {
		return doc, nil
	}
	doc.Session, doc.Expiry, doc.Timing = f.sessions[item.Value.seq].Session.ID, item.Value.expiry, item.Value.timing
	if doc.Command, err = newCommandDoc(item.Value.cmd); doc.Expiry && doc.Command == (commandDoc{Do: doExpire}) {
		doc.Command = commandDoc{}
	}
	return doc, err
}

func writeKeys(set *Set, f *frozen) (pieces, error) {
	if len(f.keys) == 0 || set.options.Answers.Append == nil {
		return pieces{}, nil
	}
	out := make([]keyDoc, len(f.keys))
	for i, c := range f.keys {
		answer, err := set.options.Answers.text(c.answer)
		if err != nil {
			return pieces{}, wire.Below(err, i)
		}
		out[i] = keyDoc{[]byte(c.key), c.fingerprint[:], c.expires, answer}
	}
	return whole(out)
}

func writeFaults(_ *Set, f *frozen) (pieces, error) {
	if len(f.faults.Faults) == 0 && f.faults.Count == 0 {
		return pieces{}, nil
	}
	return whole(f.faults)
}
