package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/clock"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// RuleSnapshot is the rule of a violation that a broken snapshot has.
const RuleSnapshot = "snapshot"

// read decodes and checks a document. An error is a CodeRefused that names the place.
func (set *Set) read(doc string) (*frozen, error) {
	if f := set.recent.find(doc); f != nil {
		return f, nil
	}
	f, err := set.readAnew(doc)
	if err != nil {
		return nil, brokenDocument("snapshot", err)
	}
	set.recent.keep(doc, f)
	return f, nil
}

// brokenDocument is the refusal of a document, with the place that is wrong.
func brokenDocument(what string, err error) error {
	re := &wire.ReadError{Reason: err.Error()}
	errors.As(err, &re)
	message := "the " + what + " is broken at " + cmp.Or(wire.Pointer(re.Path), "its root") + ": " + re.Reason + "; nothing was restored"
	return &checkout.Error{Code: checkout.CodeRefused, Message: message, Violations: []checkout.Violation{
		{In: checkout.InBody, Path: re.Path, Rule: RuleSnapshot, Message: re.Reason},
	}}
}

func (set *Set) readAnew(doc string) (*frozen, error) {
	if f, err := set.readBy(byLines, doc); err == nil {
		return f, nil
	}
	return set.readBy(byValues, doc) // it is written in another form, or broken
}

func (set *Set) readBy(form form, doc string) (*frozen, error) {
	if !utf8.ValidString(doc) {
		return nil, errors.New("it is not UTF-8")
	}
	texts := map[string]string{}
	order := []string{}
	f := &frozen{reading: &readingOf{form: form}}
	under := newReading(set, f)
	err := form.members(doc, func(step any, text string) error {
		name, ok := step.(string)
		if _, twice := texts[name]; !ok || twice {
			return errors.New("it stands twice, or the document is no object")
		}
		texts[name] = text
		order = append(order, name)
		under.begin(name, text)
		return nil
	})
	under.wg.Wait()
	if err != nil {
		return nil, err
	}
	if err := readHeader(f, texts); err != nil {
		return nil, err
	}
	if err := under.finish(); err != nil {
		return nil, err
	}
	f.reading = nil
	known := []string{"localcheckout_snapshot", "version", "sandbox", "seed"}
	for _, s := range sections() {
		known = append(known, s.name)
	}
	for _, name := range order {
		if !slices.Contains(known, name) {
			return nil, wire.Below(errors.New("nobody knows this member; is the snapshot of a later version?"), name)
		}
	}
	return f, nil
}

// readingOf is what is known of a document only while it is read.
type readingOf struct {
	form                   // how it is taken apart
	seed  *uint64          // of the origin; nil: that of the header
	due   []dueDoc         // not linked to the sessions yet
	shown []*webhook.Event // by place among the events; nil where a provider does not show it
}

// reading is a document whose sections are read side by side, each from when it was found.
type reading struct {
	set   *Set
	f     *frozen
	list  []section
	begun []bool
	errs  []error
	wg    sync.WaitGroup
}

func newReading(set *Set, f *frozen) *reading {
	list := sections()
	return &reading{set: set, f: f, list: list, begun: make([]bool, len(list)), errs: make([]error, len(list))}
}

// begin begins a section, when there is one of that name.
func (r *reading) begin(name, text string) {
	i := slices.IndexFunc(r.list, func(s section) bool { return s.name == name })
	if i >= 0 {
		r.read(i, text)
	}
}

func (r *reading) read(i int, text string) {
	s := r.list[i]
	r.begun[i] = true
	r.wg.Go(func() { r.errs[i] = wire.Below(s.read(r.set, r.f, text), s.name) })
}

// finish reads the sections that the document does not have, and links all. Of several errors it returns the
// first in the order of the sections.
func (r *reading) finish() error {
	for i := range r.list {
		if !r.begun[i] {
			r.read(i, "")
		}
	}
	r.wg.Wait()
	if i := slices.IndexFunc(r.errs, func(err error) bool { return err != nil }); i >= 0 {
		return r.errs[i]
	}
	for _, s := range r.list {
		if s.link == nil {
			continue
		}
		if err := s.link(r.set, r.f); err != nil {
			return wire.Below(err, s.name)
		}
	}
	return nil
}

func readHeader(f *frozen, texts map[string]string) error {
	version := 0
	for _, one := range []struct {
		name string
		into any
	}{{"localcheckout_snapshot", &version}, {"sandbox", &f.name}, {"seed", &f.seed}, {"version", new(string)}} {
		text, ok := texts[one.name]
		if !ok {
			return wire.Below(errors.New("it is missing"), one.name)
		}
		if err := wire.Read(text, one.into); err != nil {
			return wire.Below(err, one.name)
		}
		if version < 1 || version > SnapshotVersion {
			return wire.Below(fmt.Errorf("the document's version is %d; this program reads 1 to %d", version, SnapshotVersion), one.name)
		}
	}
	if err := usable(f.name); err != nil {
		return wire.Below(err, "sandbox")
	}
	return nil
}

var errMissing = errors.New("it is missing")

func readOrigin(set *Set, f *frozen, text string) error {
	doc := struct {
		Seed    *uint64     `json:"seed"`
		Start   time.Time   `json:"start"`
		Catalog catalogText `json:"catalog"`
	}{Catalog: catalogText{set: set}}
	if text != "" {
		if err := wire.Read(text, &doc); err != nil {
			return err
		}
	}
	f.origin, f.reading.seed = origin{start: doc.Start.UTC(), catalog: doc.Catalog.combined()}, doc.Seed
	return nil
}

func linkOrigin(_ *Set, f *frozen) error {
	if f.origin.seed = f.seed; f.reading.seed != nil {
		f.origin.seed = *f.reading.seed
	}
	return nil
}

func readClock(_ *Set, f *frozen, text string) error {
	if text == "" {
		return errMissing
	}
	var doc clockDoc
	if err := wire.Read(text, &doc); err != nil {
		return err
	}
	if doc.Now.IsZero() {
		return wire.Below(errMissing, "now")
	}
	f.clock = clock.State{Now: doc.Now.UTC(), Frozen: doc.Frozen}
	if doc.Offset == "" {
		return nil
	}
	var err error
	if f.clock.Offset, err = time.ParseDuration(doc.Offset); err != nil {
		return wire.Below(err, "offset")
	}
	return nil
}

func readCounts(_ *Set, f *frozen, text string) error {
	f.counts = map[string]uint64{}
	if text == "" {
		return errMissing // ids would collide
	}
	return wire.Read(text, &f.counts)
}

// sessionDoc is a session as a snapshot has it.
type sessionDoc struct {
	checkout.Session
	Detail dialectText `json:"detail"`
}

func readSessions(set *Set, f *frozen, text string) error {
	if text == "" {
		return errMissing
	}
	texts, err := f.reading.elements(text)
	if err != nil {
		return err
	}
	st := newStore()
	st.records = make([]*Record, len(texts))
	err = partly(len(texts), func(_, from, to int) error {
		var doc sessionDoc
		records := make([]Record, to-from) // of one piece, which stays while any of them does
		for i := from; i < to; i++ {
			doc = sessionDoc{Detail: dialectText{set: set, of: &doc.Provider, codec: detailCodec}}
			if err := set.readSession(texts[i], &doc); err != nil {
				return wire.Below(err, i)
			}
			r := &records[i-from]
			r.Session, r.seq, r.encoded = doc.Session, uint32(i), st.encoded
			r.saved.Store(&texts[i])
			st.records[i] = r
		}
		return nil
	})
	if err == nil {
		err = st.learn()
	}
	f.sessions = slices.Clone(st.records)
	f.store.Store(st)
	return err
}

var takeSession = wire.TakerOf[sessionDoc]()

// readWhole takes a value from a text that is nothing else.
func readWhole[T any](take func(text string, into *T) (rest string, err error), text string, into *T) error {
	rest, err := take(text, into)
	if err != nil {
		return err
	}
	return wire.End(rest)
}

// readSession reads and checks a session into an empty doc.
func (set *Set) readSession(text string, doc *sessionDoc) error {
	if err := readWhole(takeSession, text, doc); err != nil {
		return err
	}
	s := &doc.Session
	if _, ok := set.options.Dialects[s.Provider]; !ok {
		return wire.Below(fmt.Errorf("there is no provider %q; there are %v", s.Provider, wire.SortedKeys(set.options.Dialects)), "provider")
	}
	if err := knownStatus(s.Status); err != nil {
		return wire.Below(err, "status")
	}
	if s.ID == "" {
		return wire.Below(errMissing, "id")
	}
	if s.UpdatedAt.IsZero() {
		s.UpdatedAt = s.CreatedAt
	}
	if s.CreatedAt.IsZero() || s.UpdatedAt.Before(s.CreatedAt) {
		return wire.Below(errors.New("it is missing, or later than updated_at"), "created_at")
	}
	s.CreatedAt, s.UpdatedAt, s.ExpiresAt = s.CreatedAt.UTC(), s.UpdatedAt.UTC(), s.ExpiresAt.UTC()
	var err error
	if s.Detail, err = doc.Detail.read(); err != nil {
		return wire.Below(err, "detail")
	}
	set.dialect(s.Provider).index(s)
	return nil
}

func knownStatus(s checkout.Status) error {
	if slices.Contains(checkout.Statuses(), s) {
		return nil
	}
	return fmt.Errorf("%q is no status; there are %v", s, checkout.Statuses())
}

var takeDue = wire.TakerOf[dueDoc]()

func readDue(_ *Set, f *frozen, text string) error {
	if text == "" {
		return nil
	}
	texts, err := f.reading.elements(text)
	if err != nil {
		return err
	}
	f.reading.due = make([]dueDoc, len(texts))
	return partly(len(texts), func(_, from, to int) error {
		for i := from; i < to; i++ {
			if err := readWhole(takeDue, texts[i], &f.reading.due[i]); err != nil {
				return wire.Below(err, i)
			}
		}
		return nil
	})
}

func linkDue(set *Set, f *frozen) error {
	docs, seqs := f.reading.due, f.store.Load().byID
	f.due = make([]clock.Item[duty], len(docs))
	for i := range docs {
		item, err := set.readDuty(&docs[i], seqs)
		if err != nil {
			return wire.Below(err, i)
		}
		f.due[i] = clock.Item[duty]{At: docs[i].At, Value: item}
	}
	return nil
}

// readDuty checks one thing that falls due; seqs are the sessions by id.
func (set *Set) readDuty(doc *dueDoc, seqs map[string]uint32) (duty, error) {
	if doc.At.IsZero() {
		return duty{}, wire.Below(errMissing, "at")
	}
	if doc.Task != nil {
		return duty{task: doc.Task}, wire.Below(set.readTask(*doc.Task), "task")
	}
	seq, ok := seqs[doc.Session]
	if !ok {
		return duty{}, wire.Below(fmt.Errorf("there is no session %q", doc.Session), "session")
	}
	if doc.Timing != "" && !slices.Contains(Timings(), doc.Timing) {
		return duty{}, wire.Below(fmt.Errorf("there is no %q; there are %v", doc.Timing, Timings()), "webhooks")
	}
	if doc.Expiry && doc.Command.Do == "" {
		doc.Command.Do = doExpire
	}
	cmd, err := doc.Command.command()
	return duty{seq: seq, expiry: doc.Expiry, cmd: cmd, timing: doc.Timing}, wire.Below(err, "command")
}

func readKeys(set *Set, f *frozen, text string) error {
	var docs []struct {
		Key         []byte    `json:"key"`
		Fingerprint []byte    `json:"fingerprint"`
		Expires     time.Time `json:"expires"`
		Answer      wire.Raw  `json:"answer"`
	}
	if text != "" {
		if err := wire.Read(text, &docs); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	for i, doc := range docs {
		if len(doc.Fingerprint) != 32 {
			return wire.Below(wire.Below(errors.New("it is not 32 bytes"), "fingerprint"), i)
		}
		if key := string(doc.Key); seen[key] || key == "" {
			return wire.Below(wire.Below(errors.New("it is missing, or stands twice"), "key"), i)
		}
		seen[string(doc.Key)] = true
		answer, err := set.options.Answers.read(string(doc.Answer))
		if err != nil {
			return wire.Below(wire.Below(err, "answer"), i)
		}
		f.keys = append(f.keys, claimed{key: string(doc.Key), fingerprint: [32]byte(doc.Fingerprint), expires: doc.Expires.UTC(), answer: answer})
	}
	return nil
}

func readFaults(_ *Set, f *frozen, text string) error {
	if text == "" {
		return nil
	}
	if err := wire.Read(text, &f.faults); err != nil {
		return err
	}
	return f.faults.Check()
}
