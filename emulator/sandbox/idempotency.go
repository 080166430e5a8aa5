package sandbox

import (
	"context"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// keysAtMost bounds how many idempotency keys a sandbox remembers; past it the oldest is forgotten.
const keysAtMost = 1 << 16

// keyring remembers what was answered to requests that came with an idempotency key.
type keyring struct {
	byKey map[string]*claimed
	order []*claimed // by age
}

type claimed struct {
	key         string
	fingerprint [32]byte
	expires     time.Time
	answer      any           // nil while the request runs
	done        chan struct{} // closed when it has run
}

// Claim is the right to run the request of an idempotency key. Exactly one of its methods must be
// called, once.
type Claim struct {
	b *Sandbox
	c *claimed
}

// Claim takes an idempotency key for the request with that fingerprint. When the key is free the
// claim is returned, to be kept or released. When it has been answered the answer is returned. A
// request that is still running is waited for until ctx ends, then it is a CodeKeyInUse; a key that
// belongs to another request is a CodeKeyReused. A key lives that long on the sandbox's clock.
func (b *Sandbox) Claim(ctx context.Context, key string, fingerprint [32]byte, life time.Duration) (*Claim, any, error) {
	for {
		c, mine, answer := b.claim(key, fingerprint, life)
		switch {
		case mine:
			return &Claim{b, c}, nil, nil
		case c.fingerprint == fingerprint && answer != nil:
			return nil, answer, nil
		case c.fingerprint != fingerprint:
			return nil, nil, &checkout.Error{Code: checkout.CodeKeyReused, Message: "the idempotency key " + key + " belongs to another request"}
		}
		select {
		case <-c.done: // answered, or released and to be taken
		case <-ctx.Done():
			return nil, nil, &checkout.Error{Code: checkout.CodeKeyInUse, Message: "the first request with the idempotency key " + key + " is still running"}
		}
	}
}

func (b *Sandbox) claim(key string, fingerprint [32]byte, life time.Duration) (c *claimed, mine bool, answer any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	b.keys.forget(now)
	if c := b.keys.byKey[key]; c != nil {
		return c, false, c.answer
	}
	c = &claimed{key: key, fingerprint: fingerprint, expires: now.Add(life), done: make(chan struct{})}
	if b.keys.byKey == nil {
		b.keys.byKey = map[string]*claimed{}
	}
	b.keys.byKey[key] = c
	b.keys.order = append(b.keys.order, c)
	return c, true, nil
}

// forget drops the keys whose time is over, and the oldest ones when there are too many. A key
// whose request still runs is kept.
func (k *keyring) forget(now time.Time) {
	for len(k.order) > 0 {
		c := k.order[0]
		if current := k.byKey[c.key] == c; current && (c.answer == nil || now.Before(c.expires) && len(k.order) <= keysAtMost) {
			return
		} else if current {
			delete(k.byKey, c.key)
		}
		k.order = k.order[1:]
	}
}

// Keep stores the answer, which must not be nil, for later requests with the key.
func (cl *Claim) Keep(answer any) {
	cl.b.mu.Lock()
	defer cl.b.mu.Unlock()
	cl.c.answer = answer
	close(cl.c.done)
}

// Release frees the key: the request has failed in a way that does not consume it.
func (cl *Claim) Release() {
	cl.b.mu.Lock()
	defer cl.b.mu.Unlock()
	if cl.b.keys.byKey[cl.c.key] == cl.c {
		delete(cl.b.keys.byKey, cl.c.key)
	}
	close(cl.c.done)
}
