package client

import (
	"context"
	"time"
)

// TB is as much of a testing.TB as [Must] needs.
type TB interface {
	Helper()
	Context() context.Context
	Fatalf(format string, args ...any)
}

// Must is a client within a test: what the server refuses ends the test, and its context is that of
// every call. For an error that a test expects, call the client itself.
type Must struct {
	c  *Client
	tb TB
}

// Must returns the client within a test.
func (c *Client) Must(tb TB) Must { return Must{c, tb} }

// must returns v, or ends the test.
func must[T any](tb TB, v T, err error) T {
	tb.Helper()
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return v
}

// Pay is [Client.Pay].
func (m Must) Pay(id string, how ...Action) Acted {
	m.tb.Helper()
	v, err := m.c.Pay(m.tb.Context(), id, how...)
	return must(m.tb, v, err)
}

// Decline is [Client.Decline].
func (m Must) Decline(id, code string, how ...Action) Acted {
	m.tb.Helper()
	v, err := m.c.Decline(m.tb.Context(), id, code, how...)
	return must(m.tb, v, err)
}

// Confirm is [Client.Confirm].
func (m Must) Confirm(id string, how ...Action) Acted {
	m.tb.Helper()
	v, err := m.c.Confirm(m.tb.Context(), id, how...)
	return must(m.tb, v, err)
}

// Settle is [Client.Settle].
func (m Must) Settle(id string, how ...Action) Acted {
	m.tb.Helper()
	v, err := m.c.Settle(m.tb.Context(), id, how...)
	return must(m.tb, v, err)
}

// Fail is [Client.Fail].
func (m Must) Fail(id, code string, how ...Action) Acted {
	m.tb.Helper()
	v, err := m.c.Fail(m.tb.Context(), id, code, how...)
	return must(m.tb, v, err)
}

// Cancel is [Client.Cancel].
func (m Must) Cancel(id string, how ...Action) Acted {
	m.tb.Helper()
	v, err := m.c.Cancel(m.tb.Context(), id, how...)
	return must(m.tb, v, err)
}

// Expire is [Client.Expire].
func (m Must) Expire(id string, how ...Action) Acted {
	m.tb.Helper()
	v, err := m.c.Expire(m.tb.Context(), id, how...)
	return must(m.tb, v, err)
}

// Provider is [Client.Provider].
func (m Must) Provider(name string) Provider {
	m.tb.Helper()
	v, err := m.c.Provider(m.tb.Context(), name)
	return must(m.tb, v, err)
}

// Session is [Client.Session].
func (m Must) Session(id string) Session {
	m.tb.Helper()
	v, err := m.c.Session(m.tb.Context(), id)
	return must(m.tb, v, err)
}

// Freeze is [Client.Freeze].
func (m Must) Freeze() Clock {
	m.tb.Helper()
	v, err := m.c.Freeze(m.tb.Context())
	return must(m.tb, v, err)
}

// Advance is [Client.Advance].
func (m Must) Advance(by time.Duration) Clock {
	m.tb.Helper()
	v, err := m.c.Advance(m.tb.Context(), by)
	return must(m.tb, v, err)
}

// Reset is [Client.Reset].
func (m Must) Reset() {
	m.tb.Helper()
	must(m.tb, struct{}{}, m.c.Reset(m.tb.Context()))
}

// CreateSandbox is [Client.CreateSandbox].
func (m Must) CreateSandbox(draft SandboxDraft) Sandbox {
	m.tb.Helper()
	v, err := m.c.CreateSandbox(m.tb.Context(), draft)
	return must(m.tb, v, err)
}

// Snapshot is [Client.Snapshot].
func (m Must) Snapshot() []byte {
	m.tb.Helper()
	v, err := m.c.Snapshot(m.tb.Context())
	return must(m.tb, v, err)
}

// Restore is [Client.Restore].
func (m Must) Restore(snapshot []byte) {
	m.tb.Helper()
	must(m.tb, struct{}{}, m.c.Restore(m.tb.Context(), snapshot))
}

// Events is [Client.Events].
func (m Must) Events(q EventQuery) []Event {
	m.tb.Helper()
	v, err := m.c.Events(m.tb.Context(), q)
	return must(m.tb, v, err)
}

// Requests is [Client.Requests].
func (m Must) Requests(q RequestQuery) []Request {
	m.tb.Helper()
	v, err := m.c.Requests(m.tb.Context(), q)
	return must(m.tb, v, err)
}

// WaitEvent is [Client.WaitEvent].
func (m Must) WaitEvent(q EventQuery, w Wait) []Event {
	m.tb.Helper()
	v, err := m.c.WaitEvent(m.tb.Context(), q, w)
	return must(m.tb, v, err)
}

// WaitRequest is [Client.WaitRequest].
func (m Must) WaitRequest(q RequestQuery, w Wait) []Request {
	m.tb.Helper()
	v, err := m.c.WaitRequest(m.tb.Context(), q, w)
	return must(m.tb, v, err)
}

// Trigger is [Client.Trigger].
func (m Must) Trigger(provider, eventType string) Triggered {
	m.tb.Helper()
	v, err := m.c.Trigger(m.tb.Context(), provider, eventType)
	return must(m.tb, v, err)
}

// Verify is [Client.Verify].
func (m Must) Verify(v Verification) Verified {
	m.tb.Helper()
	got, err := m.c.Verify(m.tb.Context(), v)
	return must(m.tb, got, err)
}
