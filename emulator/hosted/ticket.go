package hosted

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
)

// ticketsAtMost bounds how many used tickets are remembered; the oldest are forgotten first.
const ticketsAtMost = 4096

// tickets make each rendering of a form good for one submission. A ticket is bound to its session and
// to this process: a page of another site cannot make one, and the second of two submissions gets the
// answer of the first.
type tickets struct {
	key [32]byte

	mu    sync.Mutex // guards what follows
	used  map[string]*use
	order []string // a ring of the keys of used
	next  int
}

// use is one submission.
type use struct {
	done     chan struct{} // closed when it is over
	location string        // where it led; set before done is closed
}

const nonceLength, macLength = 12, 16

// issue makes a ticket for a session.
func (t *tickets) issue(session string) string {
	nonce := make([]byte, nonceLength, nonceLength+macLength)
	_, _ = rand.Read(nonce) // never fails
	return base64.RawURLEncoding.EncodeToString(append(nonce, t.mac(session, nonce)...))
}

func (t *tickets) mac(session string, nonce []byte) []byte {
	m := hmac.New(sha256.New, t.key[:])
	m.Write(nonce)
	m.Write([]byte(session))
	return m.Sum(nil)[:macLength]
}

// genuine reports whether a ticket was issued for the session.
func (t *tickets) genuine(session, ticket string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(ticket)
	return err == nil && len(raw) == nonceLength+macLength && hmac.Equal(raw[nonceLength:], t.mac(session, raw[:nonceLength]))
}

// claim takes a genuine ticket. first is false when it was taken before; the use is then the earlier
// one.
func (t *tickets) claim(ticket string) (u *use, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if u := t.used[ticket]; u != nil {
		return u, false
	}
	u = &use{done: make(chan struct{})}
	if t.used == nil {
		t.used, t.order = map[string]*use{}, make([]string, ticketsAtMost)
	}
	delete(t.used, t.order[t.next])
	t.order[t.next], t.used[ticket] = ticket, u
	t.next = (t.next + 1) % ticketsAtMost
	return u, true
}

// wait returns where the use led, "" when ctx ends before it does.
func (u *use) wait(ctx context.Context) string {
	select {
	case <-u.done:
		return u.location
	case <-ctx.Done():
		return ""
	}
}

// finish says where the use led.
func (u *use) finish(location string) {
	u.location = location
	close(u.done)
}
