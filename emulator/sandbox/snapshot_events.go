package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// eventDoc is an event as a snapshot has it. One without an instant happened right after the one before: what
// it does not say of the instant, the provider, the session and its status is as there.
type eventDoc struct {
	Seq      uint64             `json:"seq,omitzero"` // of the first; those after it are counted
	Type     checkout.EventType `json:"type"`
	At       time.Time          `json:"at,omitzero"`
	Provider string             `json:"provider,omitzero"`
	Session  string             `json:"session,omitzero"`
	Status   checkout.Status    `json:"status,omitzero"`
	Native   bool               `json:"native,omitzero"` // it is the provider's own, which one with an id is anyway
	ID       string             `json:"id,omitzero"`
}

// shownDoc is the rest of an event that its provider shows; what the dialect took of its objects comes after
// it. Such an event names its provider, who reads that.
type shownDoc struct {
	ID        string `json:"id"`
	Account   string `json:"account,omitzero"`
	Object    string `json:"object,omitzero"`
	Base      string `json:"base,omitzero"`
	Triggered bool   `json:"triggered,omitzero"`
}

// eventText reads an event, whether its provider shows it or not.
type eventText struct {
	checkout.Event
	Account   string      `json:"account"`
	Object    string      `json:"object"`
	Base      string      `json:"base"`
	Triggered bool        `json:"triggered"`
	Subject   dialectText `json:"subject"`
}

var (
	appendEvent, appendShown = wire.AppenderOf[*eventDoc](), wire.AppenderOf[*shownDoc]()
	takeEvent                = wire.TakerOf[eventText]()
)

// place returns where an event of a provider's own stands among the events, -1 when it does not.
func (f *frozen) place(ev *webhook.Event) int {
	if len(f.events) == 0 || ev.Seq-f.events[0].Seq >= uint64(len(f.events)) {
		return -1
	}
	if i := int(ev.Seq - f.events[0].Seq); f.events[i] == ev.Event {
		return i
	}
	return -1
}

func writeEvents(set *Set, f *frozen) (pieces, error) {
	shown := make([]*webhook.Event, len(f.events))
	for _, ev := range f.hooks.kept {
		if i := f.place(ev); i >= 0 && set.dialect(ev.Provider).Subject.Append != nil {
			shown[i] = ev
		}
	}
	stands := f.catalog.changedTo
	return list("[", len(f.events), ",\n", "]", func() func(*pieces, int) error {
		var doc eventDoc
		var rest shownDoc
		return func(p *pieces, i int) error {
			doc = f.newEventDoc(i)
			ev := shown[i]
			if ev == nil {
				return p.write(func(dst []byte) ([]byte, error) { return appendEvent(dst, &doc) })
			}
			doc.Native, doc.ID, doc.Provider = false, "", ev.Provider
			err := p.write(func(dst []byte) ([]byte, error) {
				dst, err := appendEvent(dst, &doc)
				return dst[:len(dst)-1], err
			})
			if err != nil {
				return err
			}
			rest = shownDoc{ev.ID, ev.Account, ev.Object, ev.Base, ev.Triggered}
			return wire.Below(wire.Below(set.writeShown(p, ev, &rest, stands), "subject"), i)
		}
	})
}

func (f *frozen) newEventDoc(i int) eventDoc {
	e := &f.events[i]
	doc := eventDoc{e.Seq, e.Type, e.At.UTC(), e.Provider, e.Session, e.Status, e.Native && e.ID == "", e.ID}
	if i > 0 {
		doc.Seq = 0
		if happenedTogether(e, &f.events[i-1]) {
			doc.At, doc.Provider, doc.Session, doc.Status = time.Time{}, "", "", ""
		}
	}
	return doc
}

// happenedTogether reports whether two events have in common what is written once then.
func happenedTogether(e, before *checkout.Event) bool {
	return e.At.Equal(before.At) && e.Provider == before.Provider && e.Session == before.Session && e.Status == before.Status
}

// writeShown ends an event with what its provider shows of it.
func (set *Set) writeShown(p *pieces, ev *webhook.Event, rest *shownDoc, stands func(kind, id string, object any) bool) error {
	d := set.dialect(ev.Provider)
	subject, lean := ev.Subject, false
	if d.Refer != nil {
		if short, ok := d.Refer(subject, stands); ok {
			subject, lean = short, true
		}
	}
	write := func(dst []byte) ([]byte, error) {
		start := len(dst)
		dst, err := appendShown(dst, rest)
		if err != nil {
			return dst, err
		}
		dst[start] = ','
		return with(dst, "subject", func(dst []byte) ([]byte, error) { return d.Subject.Append(dst, subject) })
	}
	if lean {
		return p.write(write) // which depends on the catalog
	}
	return p.once(ev.Saved(), write)
}

func readEvents(set *Set, f *frozen, text string) error {
	if text == "" {
		return nil
	}
	texts, err := f.reading.elements(text)
	if err != nil {
		return err
	}
	if len(texts) > eventsAtMost {
		return fmt.Errorf("there are %d events; a sandbox remembers %d", len(texts), eventsAtMost)
	}
	f.events, f.reading.shown = make([]checkout.Event, len(texts)), make([]*webhook.Event, len(texts))
	err = partly(len(texts), func(_, from, to int) (err error) {
		var doc eventText
		for i := from; i < to && err == nil; i++ {
			doc = eventText{Subject: dialectText{set: set, of: &doc.Provider, codec: subjectCodec}}
			f.reading.shown[i], err = set.readEvent(texts[i], &doc)
			f.events[i], err = doc.Event, wire.Below(err, i)
		}
		return err
	})
	if err != nil {
		return err
	}
	return f.completeEvents()
}

// readEvent reads an event, which may lack what the one before it says, into an empty doc. It returns what its
// provider shows of it, nil for nothing.
func (set *Set) readEvent(text string, doc *eventText) (*webhook.Event, error) {
	if err := readWhole(takeEvent, text, doc); err != nil {
		return nil, err
	}
	doc.Native = doc.Native || doc.ID != ""
	if doc.At = doc.At.UTC(); !doc.Subject.there {
		if doc.Account+doc.Object+doc.Base != "" {
			return nil, wire.Below(errMissing, "subject")
		}
		return nil, nil
	}
	if set.dialect(doc.Provider).Subject.Take == nil {
		return nil, fmt.Errorf("%q keeps no events", doc.Provider)
	}
	subject, err := doc.Subject.read()
	return &webhook.Event{Account: doc.Account, Object: doc.Object, Base: doc.Base, Triggered: doc.Triggered, Subject: subject}, wire.Below(err, "subject")
}

// completeEvents gives events what those before them say, and checks them.
func (f *frozen) completeEvents() error {
	for i := range f.events {
		e := &f.events[i]
		if i > 0 && e.Seq == 0 {
			e.Seq = f.events[i-1].Seq + 1
		}
		if e.Seq != f.events[0].Seq+uint64(i) || e.Seq == 0 || i == 0 && e.Seq != 1 && len(f.events) < eventsAtMost {
			return wire.Below(wire.Below(errors.New("the numbers have gaps"), "seq"), i)
		}
		if e.Type == "" {
			return wire.Below(wire.Below(errMissing, "type"), i)
		}
		if e.At.IsZero() {
			if i == 0 {
				return wire.Below(wire.Below(errMissing, "at"), i)
			}
			before := &f.events[i-1]
			e.At, e.Provider, e.Session, e.Status = before.At, cmp.Or(e.Provider, before.Provider), cmp.Or(e.Session, before.Session), cmp.Or(e.Status, before.Status)
		}
		if shown := f.reading.shown[i]; shown != nil {
			shown.Event = *e
		}
		f.happened = e.Seq
	}
	return nil
}

// linkEvents completes what the events show, now that the objects of the catalog are known.
func linkEvents(set *Set, f *frozen) error {
	object := f.catalog.Get
	for i, ev := range f.reading.shown {
		if ev == nil {
			continue
		}
		if d := set.dialect(ev.Provider); d.Resolve != nil {
			var err error
			if ev.Subject, err = d.Resolve(ev.Subject, object); err != nil {
				return wire.Below(wire.Below(err, "subject"), i)
			}
		}
		f.hooks.kept = append(f.hooks.kept, ev)
	}
	return nil
}
