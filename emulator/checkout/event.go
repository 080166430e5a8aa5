package checkout

import "time"

// EventType says what happened, in our words. Dialects turn it into their own events.
type EventType string

// The types of events.
const (
	SessionCreated   EventType = "session.created"
	SessionUpdated   EventType = "session.updated"
	SessionConfirmed EventType = "session.confirmed" // the payment is in flight
	SessionSucceeded EventType = "session.succeeded"
	SessionFailed    EventType = "session.failed"   // the payment in flight failed
	PaymentDeclined  EventType = "payment.declined" // refused on the spot
	SessionCanceled  EventType = "session.canceled" // the customer turned back
	SessionExpired   EventType = "session.expired"
	SessionForced    EventType = "session.forced" // set by a test, on purpose
)

// Event is one thing that happened: to a session, in our words, or as the provider words it for its
// webhooks.
type Event struct {
	Seq      uint64    `json:"seq,omitzero"`  // position in the sandbox, from 1; zero before it is recorded
	Type     EventType `json:"type,omitzero"` // one of ours, or with Native the provider's, such as "order.paid"
	At       time.Time `json:"at,omitzero"`   // on the sandbox's clock
	Provider string    `json:"provider,omitzero"`
	Session  string    `json:"session,omitzero"` // id; "" for a native event that is about no session
	Status   Status    `json:"status,omitzero"`  // of the session right after; "" without one
	Native   bool      `json:"native,omitzero"`  // it is the provider's own event
	ID       string    `json:"id,omitzero"`      // of a native event, as its receivers see it; "" of ours
}

func happened(t EventType, now time.Time) Effects {
	return Effects{Events: []Event{{Type: t, At: now}}}
}
