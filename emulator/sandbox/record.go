package sandbox

import (
	"encoding/json"
	"sync/atomic"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Record is one stored version of a session. It never changes: each command makes a new record, so
// readers share it without a lock and without a copy.
type Record struct {
	// Session must not be modified.
	Session checkout.Session

	seq     uint32 // insertion order in the sandbox, from 0
	bodies  [viewCount]atomic.Pointer[rendered]
	encoded *encoded
	saved   atomic.Pointer[string] // as a snapshot has it; nil until one was made
}

// View tells apart the shapes in which a dialect shows a session.
type View int

// The views.
const (
	Private View = iota // to the merchant's server
	Public              // to the customer's browser
	viewCount
)

type rendered struct {
	key  RenderKey
	body json.RawMessage
}

// RenderKey is what an encoded session depends on beside the record.
type RenderKey struct {
	Base    string // base URL in links
	Catalog uint64 // version of the catalog
}

// Body returns the encoded session of a view, made by render when it is not at hand for that key.
// The result must not be modified.
func (r *Record) Body(v View, key RenderKey, render func() json.RawMessage) json.RawMessage {
	if b := r.bodies[v].Load(); b != nil && b.key == key {
		return b.body
	}
	body := render()
	r.bodies[v].Store(&rendered{key: key, body: body})
	r.encoded.keep(r)
	return body
}

func (r *Record) forget() {
	for v := range r.bodies {
		r.bodies[v].Store(nil)
	}
}

// encoded bounds how many records of a sandbox keep their encoded bodies: the next one takes the
// place of the one that was encoded the longest ago.
type encoded struct {
	count atomic.Uint64
	slots [1024]atomic.Pointer[Record]
}

func (e *encoded) keep(r *Record) {
	slot := &e.slots[e.count.Add(1)%uint64(len(e.slots))]
	if old := slot.Swap(r); old != nil && old != r {
		old.forget()
	}
}
