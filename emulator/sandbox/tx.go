package sandbox

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/brianvoe/gofakeit/v6"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/fixtures"
)

// Tx is a sandbox within its critical section, as a dialect sees it. It must not be kept, and the
// code that holds it must be pure and quick: no I/O, no JSON, no waiting.
//
// What is put through it becomes visible when the section ends without an error, all or nothing.
type Tx struct {
	b         *Sandbox
	now       time.Time
	puts      []put
	before    *checkout.Session // see Before
	passing   bool              // see Passing
	events    []checkout.Event  // what happened, in order; at first in room
	room      [2]checkout.Event
	out       []emitted // of the events, those that are kept or sent
	endpoints []endpointPut
	tasks     []waiting
	batch     *Batch
}

type put struct {
	kind, id string
	value    any // nil: dropped
}

// Now returns the instant at which everything in this section happens.
func (tx *Tx) Now() time.Time { return tx.now }

// Before returns the session as it was before the step whose event the dialect reacts to, nil when the
// event is its creation. It must not be modified.
func (tx *Tx) Before() *checkout.Session { return tx.before }

// Passing reports whether the same command goes on with another step: a payment that is confirmed only
// to be settled at once was never in flight for anyone who looks.
func (tx *Tx) Passing() bool { return tx.passing }

// Get returns an object of the catalog, or nil.
func (tx *Tx) Get(kind, id string) any {
	for i := len(tx.puts) - 1; i >= 0; i-- {
		if p := tx.puts[i]; p.kind == kind && p.id == id {
			return p.value
		}
	}
	return tx.b.catalog.Get(kind, id)
}

// By returns the object of the catalog with that further key, or nil. See [Keyed].
func (tx *Tx) By(kind, key string) any {
	if id := tx.b.catalog.id(kind, key); id != "" {
		if v := tx.Get(kind, id); slices.Contains(keysOf(v), key) {
			return v
		}
	}
	for _, p := range tx.puts {
		if p.kind == kind && slices.Contains(keysOf(p.value), key) {
			if v := tx.Get(kind, p.id); slices.Contains(keysOf(v), key) {
				return v
			}
		}
	}
	return nil
}

// All returns the objects of a kind in insertion order, without those put in this section.
func (tx *Tx) All(kind string) []any { return tx.b.catalog.All(kind) }

// Put adds an object to the catalog or replaces it. The value must not change afterwards.
func (tx *Tx) Put(kind, id string, value any) {
	tx.puts = append(tx.puts, put{kind, id, value})
}

// Drop takes an object out of the catalog, if it is there. Put again, it has its old place in lists.
func (tx *Tx) Drop(kind, id string) { tx.puts = append(tx.puts, put{kind, id, nil}) }

// UUID returns the next version 4 UUID of a kind of object.
func (tx *Tx) UUID(kind string) string { return tx.b.ids.Load().UUID(kind, tx.next(kind)) }

// Token returns the next token of a kind: length characters of the alphabet.
func (tx *Tx) Token(kind, alphabet string, length int) string {
	return tx.b.ids.Load().Token(kind, tx.next(kind), alphabet, length)
}

// Bytes returns the next 32 random bytes of a kind.
func (tx *Tx) Bytes(kind string) [32]byte { return tx.b.ids.Load().Bytes(kind, tx.next(kind)) }

// Rand returns the next random numbers of a kind.
func (tx *Tx) Rand(kind string) *rand.Rand { return tx.b.ids.Load().Rand(kind, tx.next(kind)) }

// Faker returns the next source of invented data of a kind, the same on every machine.
func (tx *Tx) Faker(kind string) *gofakeit.Faker {
	return fixtures.Faker(tx.b.seed, tx.b.name, kind, tx.next(kind))
}

func (tx *Tx) next(kind string) uint64 {
	n := tx.b.counts[kind]
	tx.b.counts[kind] = n + 1
	return n
}

func (tx *Tx) commit() {
	for _, p := range tx.puts {
		if p.value == nil {
			tx.b.catalog.Drop(p.kind, p.id)
		} else {
			tx.b.catalog.Put(p.kind, p.id, p.value)
		}
		if tx.b.set.shown[p.kind] {
			tx.b.catalogVersion.Add(1)
		}
	}
	tx.puts = nil
	for _, p := range tx.endpoints {
		tx.b.putEndpointLocked(p)
	}
	tx.endpoints = nil
	for _, p := range tx.tasks {
		tx.b.due.Push(p.at, duty{task: &p.task})
	}
	tx.tasks = nil
}
