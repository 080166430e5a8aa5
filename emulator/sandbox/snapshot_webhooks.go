package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/clock"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// frozenHooks is what a snapshot holds of webhooks: the endpoints, what is still to be delivered, the
// plan. What is over is a log, and is left out as the journal is. Nothing of it ever changes.
type frozenHooks struct {
	known      bool // the document says something of webhooks
	endpoints  []frozenEndpoint
	plan       []webhook.Step
	deliveries []frozenDelivery
	count      uint64
	kept       []*webhook.Event
}

type frozenEndpoint struct {
	endpoint *webhook.Endpoint
	failures int
}

// frozenDelivery is one that is pending. held is by the plan; turn orders those that fall due at the
// same instant.
type frozenDelivery struct {
	delivery
	endpoint string
	policy   *webhook.Policy
	held     bool
	turn     int
}

// freezeLocked takes what is to be delivered as it is. What is being sent at the moment is to be sent
// again, with the same id.
func (h *hooks) freezeLocked(kept keptEvents, due []clock.Item[duty]) frozenHooks {
	turns := map[*delivery]int{}
	for i, item := range due {
		if d := item.Value.wake; d != nil && d.nextAt.Equal(item.At) {
			turns[d] = i
		}
	}
	f := frozenHooks{known: true, plan: h.plan.Steps(), count: h.count}
	for _, l := range h.lines {
		f.endpoints = append(f.endpoints, frozenEndpoint{l.endpoint, l.failures})
	}
	for _, d := range h.log {
		if d.forgotten || d.state != webhook.Pending {
			continue
		}
		one := delivery{
			n: d.n, id: d.id, ev: d.ev, text: d.text, format: d.format, state: d.state, reason: d.reason, damage: d.damage,
			created: d.created, attempts: d.attempts, nextAt: d.nextAt, ordered: d.ordered, arrived: d.arrived,
		}
		f.deliveries = append(f.deliveries, frozenDelivery{one, d.line.endpoint.ID, d.line.policy, slices.Contains(d.line.held, d), turns[d]})
	}
	for _, name := range wire.SortedKeys(kept) {
		f.kept = append(f.kept, kept[name].events...)
	}
	return f
}

// thawLocked makes the webhooks of a snapshot the sandbox's. Endpoints that come from the options are
// those of this process; what waits for one that is not among them is dropped.
func (b *Sandbox) thawLocked(f frozenHooks, before *hooks) {
	h := b.hooks
	for _, l := range before.lines {
		if l.endpoint.Configured || !f.known {
			h.put(l.policy, l.endpoint)
		}
	}
	for _, e := range f.endpoints {
		if h.byID[e.endpoint.ID] == nil && !e.endpoint.Configured {
			h.put(b.set.dialect(e.endpoint.Provider).Webhooks, e.endpoint)
		}
		if l := h.byID[e.endpoint.ID]; l != nil {
			l.failures = e.failures
		}
	}
	h.plan, h.count = webhook.NewPlan(f.plan), f.count
	for _, ev := range f.kept {
		b.kept.log(ev.Provider, len(f.kept))
		b.kept.add(ev)
	}
	var later []*delivery
	turns := map[*delivery]int{}
	for _, one := range f.deliveries {
		l := h.byID[one.endpoint]
		if l == nil {
			continue
		}
		d := one.delivery
		d.hooks, d.line, d.ordered = h, l, false
		h.log, h.byName[d.id] = append(h.log, &d), &d
		l.enter(&d, one.ordered)
		switch {
		case one.held:
			l.held = append(l.held, &d)
		case !d.nextAt.IsZero():
			later, turns[&d] = append(later, &d), one.turn
		default:
			b.dueLocked(&d)
		}
	}
	slices.SortFunc(later, func(x, y *delivery) int { return cmp.Compare(turns[x], turns[y]) })
	for _, d := range later {
		b.due.Push(d.nextAt, duty{wake: d})
	}
}

type hooksDoc struct {
	Endpoints  []endpointDoc `json:"endpoints"`
	Plan       []stepDoc     `json:"plan,omitzero"`
	Count      uint64        `json:"count"` // of deliveries, so that their ids go on
	Deliveries []deliveryDoc `json:"deliveries,omitzero"`
}

// hooksText reads a section: a hooksDoc with the events of providers that show them.
type hooksText struct {
	hooksDoc
	Kept keptText `json:"events"`
}

type endpointDoc struct {
	ID          string    `json:"id"`
	Provider    string    `json:"provider"`
	Account     string    `json:"account,omitzero"`
	URL         string    `json:"url"`
	Events      []string  `json:"events,omitempty"`
	Secret      string    `json:"secret,omitzero"`
	Signature   string    `json:"signature,omitzero"`
	Description string    `json:"description,omitzero"`
	Disabled    bool      `json:"disabled,omitzero"`
	CreatedAt   time.Time `json:"created_at,omitzero"`
	UpdatedAt   time.Time `json:"updated_at,omitzero"`
	Configured  bool      `json:"configured,omitzero"` // by the process's own options
	Failures    int       `json:"failures,omitzero"`   // in a row
	Detail      wire.Raw  `json:"detail,omitzero"`
}

type stepDoc struct {
	Provider string        `json:"provider,omitzero"`
	Type     string        `json:"type,omitzero"`
	Session  string        `json:"session,omitzero"`
	Endpoint string        `json:"endpoint,omitzero"`
	Do       webhook.Do    `json:"do"`
	Delay    time.Duration `json:"delay,omitzero"` // nanoseconds
	Times    int           `json:"times"`
}

// emittedDoc is an event of a provider's own.
type emittedDoc struct {
	Seq       uint64             `json:"seq"`
	Type      checkout.EventType `json:"type"`
	At        time.Time          `json:"at"`
	Provider  string             `json:"provider"`
	Session   string             `json:"session,omitzero"`
	Status    checkout.Status    `json:"status,omitzero"`
	ID        string             `json:"id"`
	Account   string             `json:"account,omitzero"`
	Object    string             `json:"object,omitzero"`
	Base      string             `json:"base,omitzero"`
	Triggered bool               `json:"triggered,omitzero"`
}

// deliveryDoc is one that is pending, with its message as it is sent.
type deliveryDoc struct {
	N        uint64       `json:"n"`
	ID       string       `json:"id"`
	Endpoint string       `json:"endpoint"`
	Event    emittedDoc   `json:"event"`
	Message  messageDoc   `json:"message"`
	Reason   string       `json:"reason,omitzero"`
	Damage   webhook.Do   `json:"damage,omitzero"`
	Created  time.Time    `json:"created_at"`
	NextAt   time.Time    `json:"next_at,omitzero"`
	Turn     int          `json:"turn,omitzero"` // among those of the same instant
	Ordered  bool         `json:"ordered,omitzero"`
	Held     bool         `json:"held,omitzero"`
	Arrived  bool         `json:"arrived,omitzero"`
	Attempts []attemptDoc `json:"attempts,omitzero"`
}

type messageDoc struct {
	ID          string `json:"id"`
	Type        string `json:"type,omitzero"`
	ContentType string `json:"content_type,omitzero"`
	Body        []byte `json:"body"`
	Triggered   bool   `json:"triggered,omitzero"`
}

type attemptDoc struct {
	ID       string              `json:"id"`
	N        int                 `json:"n"`
	At       time.Time           `json:"at"`
	Status   int                 `json:"status,omitzero"`
	Error    string              `json:"error,omitzero"`
	Duration time.Duration       `json:"duration"` // nanoseconds
	Header   map[string][]string `json:"header,omitempty"`
	Answer   map[string][]string `json:"answer,omitempty"`
	Body     []byte              `json:"body,omitempty"`
}

func writeHooks(set *Set, f *frozen) (pieces, error) {
	doc := hooksDoc{Endpoints: []endpointDoc{}, Count: f.hooks.count}
	for i, one := range f.hooks.endpoints {
		e := one.endpoint
		var detail wire.Raw
		if e.Detail != nil {
			var err error
			if detail, err = set.dialect(e.Provider).Endpoint.text(e.Detail); err != nil {
				return pieces{}, wire.Below(wire.Below(err, i), "endpoints")
			}
		}
		doc.Endpoints = append(doc.Endpoints, endpointDoc{
			e.ID, e.Provider, e.Account, e.URL, e.Events, e.Secret, e.Signature, e.Description, e.Disabled, e.CreatedAt, e.UpdatedAt, e.Configured, one.failures, detail,
		})
	}
	for _, s := range f.hooks.plan {
		doc.Plan = append(doc.Plan, stepDoc{s.Match.Provider, s.Match.Type, s.Match.Session, s.Match.Endpoint, s.Do, s.Delay, s.Times})
	}
	for i := range f.hooks.deliveries {
		doc.Deliveries = append(doc.Deliveries, newDeliveryDoc(&f.hooks.deliveries[i]))
	}
	section, err := whole(&doc)
	if err != nil {
		return pieces{}, err
	}
	kept, err := writeKept(set, f)
	if kept.empty() || err != nil {
		return section, wire.Below(err, "events")
	}
	all := pieces{}
	all.add(strings.TrimSuffix(section.join(), "}") + `,"events":`)
	all.append(kept)
	all.add("}")
	return all, nil
}

// writeKept writes the events that the providers show and that the sandbox has forgotten otherwise; nothing:
// there are none.
func writeKept(set *Set, f *frozen) (pieces, error) {
	kept := slices.DeleteFunc(slices.Clone(f.hooks.kept), func(ev *webhook.Event) bool {
		return set.dialect(ev.Provider).Subject.Append == nil || f.place(ev) >= 0
	})
	if len(kept) == 0 {
		return pieces{}, nil
	}
	put := func(p *pieces, i int) error {
		return wire.Below(p.write(func(dst []byte) ([]byte, error) {
			doc := newEmittedDoc(kept[i])
			dst, err := wire.Append(dst, &doc)
			if err != nil {
				return dst, err
			}
			codec := set.dialect(kept[i].Provider).Subject
			return with(dst, "subject", func(dst []byte) ([]byte, error) { return codec.Append(dst, kept[i].Subject) })
		}), i)
	}
	return list("[", len(kept), ",", "]", func() func(*pieces, int) error { return put })
}

func newEmittedDoc(ev *webhook.Event) emittedDoc {
	return emittedDoc{
		Seq: ev.Seq, Type: ev.Type, At: ev.At, Provider: ev.Provider, Session: ev.Session, Status: ev.Status, ID: ev.ID,
		Account: ev.Account, Object: ev.Object, Base: ev.Base, Triggered: ev.Triggered,
	}
}

func (e emittedDoc) event() *webhook.Event {
	return &webhook.Event{
		Event: checkout.Event{
			Seq: e.Seq, Type: e.Type, At: e.At.UTC(), Provider: e.Provider, Session: e.Session, Status: e.Status, Native: true, ID: e.ID,
		},
		Account: e.Account, Object: e.Object, Base: e.Base, Triggered: e.Triggered,
	}
}

func newDeliveryDoc(d *frozenDelivery) deliveryDoc {
	m := d.text.message(d.policy, d.ev, d.format)
	doc := deliveryDoc{
		N: d.n, ID: d.id, Endpoint: d.endpoint, Event: newEmittedDoc(d.ev), Message: messageDoc{m.ID, m.Type, m.ContentType, m.Body, m.Triggered},
		Reason: d.reason, Damage: d.damage, Created: d.created, NextAt: d.nextAt, Turn: d.turn, Ordered: d.ordered, Held: d.held, Arrived: d.arrived,
	}
	for _, a := range d.attempts {
		doc.Attempts = append(doc.Attempts, attemptDoc{a.ID, a.N, a.At, a.Status, a.Error, a.Duration, a.Header, a.Response.Header, a.Response.Body})
	}
	return doc
}

func (doc deliveryDoc) delivery() frozenDelivery {
	d := delivery{
		n: doc.N, id: doc.ID, ev: doc.Event.event(), text: &wording{}, state: webhook.Pending, reason: doc.Reason, damage: doc.Damage,
		created: doc.Created.UTC(), nextAt: doc.NextAt, ordered: doc.Ordered, arrived: doc.Arrived,
	}
	d.text.once.Do(func() {
		m := doc.Message
		d.text.msg = webhook.Message{ID: m.ID, Type: m.Type, ContentType: m.ContentType, Body: m.Body, Triggered: m.Triggered}
	})
	for _, a := range doc.Attempts {
		d.attempts = append(d.attempts, webhook.Attempt{
			ID: a.ID, N: a.N, At: a.At.UTC(), Status: a.Status, Error: a.Error, Duration: a.Duration, Header: http.Header(a.Header),
			Response: webhook.Response{Header: http.Header(a.Answer), Body: a.Body},
		})
	}
	return frozenDelivery{delivery: d, endpoint: doc.Endpoint, held: doc.Held, turn: doc.Turn}
}

func readHooks(set *Set, f *frozen, text string) error {
	if text == "" {
		return nil
	}
	doc := hooksText{Kept: keptText{set: set}}
	if err := wire.Read(text, &doc); err != nil {
		return err
	}
	out := frozenHooks{known: true, count: doc.Count}
	ids := map[string]bool{}
	for i, e := range doc.Endpoints {
		one, err := set.readEndpoint(e)
		if err == nil && ids[e.ID] {
			err = wire.Below(errors.New("it stands twice"), "id")
		}
		if err != nil {
			return wire.Below(wire.Below(err, i), "endpoints")
		}
		ids[e.ID] = true
		out.endpoints = append(out.endpoints, frozenEndpoint{one, e.Failures})
	}
	for i, s := range doc.Plan {
		if !slices.Contains(webhook.Dos(), s.Do) {
			return wire.Below(wire.Below(wire.Below(fmt.Errorf("there is no %q; there are %v", s.Do, webhook.Dos()), "do"), i), "plan")
		}
		m := webhook.Match{Provider: s.Provider, Type: s.Type, Session: s.Session, Endpoint: s.Endpoint}
		out.plan = append(out.plan, webhook.Step{Match: m, Do: s.Do, Delay: s.Delay, Times: s.Times})
	}
	last := uint64(0)
	for i, d := range doc.Deliveries {
		if d.N <= last || d.N > doc.Count || d.ID == "" || !ids[d.Endpoint] {
			return wire.Below(wire.Below(errors.New("its number, its id or its endpoint cannot be"), i), "deliveries")
		}
		last = d.N
		out.deliveries = append(out.deliveries, d.delivery())
	}
	out.kept = doc.Kept.events
	f.hooks = out
	return nil
}

// keptText reads the events that the providers show.
type keptText struct {
	set    *Set
	events []*webhook.Event
}

// keptDoc is one of them, with what the dialect took of its objects.
type keptDoc struct {
	emittedDoc
	Subject dialectText `json:"subject"`
}

// TakeJSON implements wire.Taker.
func (k *keptText) TakeJSON(text string) (rest string, err error) {
	var doc keptDoc
	return wire.Along(text, func(step any, text string) (string, error) {
		doc = keptDoc{Subject: dialectText{set: k.set, of: &doc.Provider, codec: subjectCodec}}
		rest, err := wire.Take(text, &doc)
		if err != nil {
			return "", err
		}
		if k.set.dialect(doc.Provider).Subject.Take == nil {
			return "", fmt.Errorf("%q keeps no events", doc.Provider)
		}
		ev := doc.event()
		if ev.Subject, err = doc.Subject.read(); err != nil {
			return "", wire.Below(err, "subject")
		}
		k.events = append(k.events, ev)
		return rest, nil
	})
}

func (set *Set) readEndpoint(doc endpointDoc) (*webhook.Endpoint, error) {
	d, known := set.options.Dialects[doc.Provider]
	switch {
	case doc.ID == "":
		return nil, wire.Below(errMissing, "id")
	case !known || d.Webhooks == nil || d.Webhooks.Envelope == nil:
		return nil, wire.Below(fmt.Errorf("there is no provider %q that sends webhooks", doc.Provider), "provider")
	}
	if err := webhook.CheckURL(doc.URL); err != nil {
		return nil, wire.Below(err, "url")
	}
	e := &webhook.Endpoint{
		ID: doc.ID, Provider: doc.Provider, Account: doc.Account, URL: doc.URL, Events: doc.Events, Secret: doc.Secret,
		Signature: doc.Signature, Description: doc.Description, Disabled: doc.Disabled, CreatedAt: doc.CreatedAt.UTC(), UpdatedAt: doc.UpdatedAt.UTC(), Configured: doc.Configured,
	}
	if doc.Detail == "" {
		return e, nil
	}
	var err error
	if e.Detail, err = d.Endpoint.read(string(doc.Detail)); err != nil {
		return nil, wire.Below(err, "detail")
	}
	return e, nil
}
