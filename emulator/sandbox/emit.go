package sandbox

import (
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// Emission is an event of a provider's own. See [Tx.Emit].
type Emission struct {
	Type string // in the provider's words
	ID   string // in the provider's form, drawn from the transaction whoever listens

	// Session is the one it is about, as it is now, nil when it is about none. Provider and Account are
	// then the session's unless they are set.
	Session  *checkout.Session
	Provider string
	Account  string
	Object   string // id of the object that it is about; "": the session's

	// Subject takes what the event shows of the dialect's objects, as they are now. What it returns must
	// never change, and is not yet JSON. It is asked only when somebody listens, so it must draw no ids.
	Subject func(tx *Tx) any
}

// Emit records an event of the provider's own right after what has happened in this section so far, and
// has it sent to the endpoints that want it. Nothing happens when the section fails.
func (tx *Tx) Emit(e Emission) {
	ev := checkout.Event{Type: checkout.EventType(e.Type), At: tx.now, Provider: e.Provider, Native: true, ID: e.ID}
	if s := e.Session; s != nil {
		if ev.Session, ev.Status = s.ID, s.Status; e.Provider == "" {
			ev.Provider = s.Provider
		}
		if e.Account == "" {
			e.Account = s.Account
		}
		if e.Object == "" {
			e.Object = s.ID
		}
	}
	tx.events = append(tx.events, ev)
	policy := tx.b.set.dialect(ev.Provider).Webhooks
	if policy == nil {
		return
	}
	if policy.KeepEvents || tx.b.hooks.wanted(policy, ev.Provider, e.Account, e.Type) {
		out := &webhook.Event{Event: ev, Account: e.Account, Object: e.Object, Base: tx.b.base(), Triggered: tx.b.triggering > 0}
		if e.Subject != nil {
			out.Subject = e.Subject(tx)
		}
		tx.out = append(tx.out, emitted{len(tx.events) - 1, out})
	}
}

// Triggering runs what makes an event on demand: the provider's own events of this sandbox meanwhile are
// marked as triggered, those that others cause at that moment too.
func (b *Sandbox) Triggering(run func() error) error {
	b.trigger(1)
	defer b.trigger(-1)
	return run()
}

func (b *Sandbox) trigger(by int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.triggering += by
}

// emitted is an event that is kept or sent; at is its place among the events of its section.
type emitted struct {
	at int
	ev *webhook.Event
}

// recordLocked numbers what happened in a section, and keeps and sends what is to be.
func (b *Sandbox) recordLocked(tx *Tx) []checkout.Event {
	events := b.events.append(tx.events)
	for _, out := range tx.out {
		out.ev.Seq = events[out.at].Seq
		if b.set.dialect(out.ev.Provider).Webhooks.KeepEvents {
			b.kept.add(out.ev)
		}
		b.sendLocked(out.ev, tx.batch)
	}
	return events
}

// keptEvents are the events of the providers that show them through an API.
type keptEvents map[string]*keptLog // by provider

type keptLog struct {
	events []*webhook.Event // by age
	byID   map[string]*webhook.Event
}

func (k keptEvents) add(ev *webhook.Event) {
	log := k.log(ev.Provider, 0)
	if len(log.events) >= eventsAtMost {
		delete(log.byID, log.events[0].ID)
		log.events = log.events[1:]
	}
	log.events = append(log.events, ev)
	log.byID[ev.ID] = ev
}

// log returns the events of a provider. When there were none it has room for so many.
func (k keptEvents) log(provider string, room int) *keptLog {
	if k[provider] == nil {
		k[provider] = &keptLog{events: make([]*webhook.Event, 0, room), byID: make(map[string]*webhook.Event, room)}
	}
	return k[provider]
}

// KeptEvents returns the events of a provider that keeps them, oldest first. They must not be
// modified.
func (b *Sandbox) KeptEvents(provider string) []*webhook.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runDueLocked(b.clock.Now())
	log := b.kept[provider]
	if log == nil {
		return nil
	}
	return append([]*webhook.Event(nil), log.events...)
}

// KeptEvent returns the event of a provider with that id, or nil.
func (b *Sandbox) KeptEvent(provider, id string) *webhook.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runDueLocked(b.clock.Now())
	if log := b.kept[provider]; log != nil {
		return log.byID[id]
	}
	return nil
}

// defaultBase begins links in events that nobody's request has led to.
const defaultBase = "http://localhost:4747"

// Reached notes the base URL at which providers are reached, for the links in events.
func (b *Sandbox) Reached(base string) {
	if p := b.reached.Load(); p == nil || *p != base {
		b.reached.Store(&base)
	}
}

func (b *Sandbox) base() string {
	if p := b.reached.Load(); p != nil {
		return *p
	}
	return defaultBase
}
