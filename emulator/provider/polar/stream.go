package polar

import (
	"context"
	"slices"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// Events of the stream. Source: polar/checkout/eventstream.py.
const (
	streamUpdated   = "checkout.updated"
	streamDelivered = "checkout.webhook_event_delivered"
	streamOrder     = "checkout.order_created"
	streamSubscribe = "checkout.subscription_created"
)

// streamPayload is one event of the stream.
type streamPayload struct {
	ID      string            `json:"id"`
	Key     string            `json:"key"`
	Payload map[string]string `json:"payload"`
}

// streamClientCheckout follows one session with server-sent events, from the moment of the call.
//
// Source: polar/eventstream: each piece is a data line with the name and payload of an event.
func (p *Polar) streamClientCheckout(_ context.Context, r *api.Request) (api.Response, error) {
	f := follower{p: p, b: r.Sandbox, since: r.Sandbox.LastEvent()}
	rec, err := p.bySecret(r)
	if err != nil {
		return api.Response{}, err
	}
	f.session = rec.Session.ID
	return api.Response{ContentType: "text/event-stream", Stream: f.follow}, nil
}

// follower follows one session.
type follower struct {
	p       *Polar
	b       *sandbox.Sandbox
	session string
	since   uint64           // the number of the event that was told last
	waiting []checkout.Event // whose webhooks are on their way
	told    []string         // deliveries of those that have arrived
	send    func([]byte) error
}

func (f *follower) follow(ctx context.Context, send func([]byte) error) error {
	f.send = send
	for {
		over := f.b.DeliveryOver()
		events, more := f.b.Events(f.since)
		for _, ev := range events {
			f.since = ev.Seq
			if ev.Session != f.session {
				continue
			}
			if err := f.tell(ev); err != nil {
				return err
			}
		}
		if err := f.arrived(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-more:
		case <-over:
		}
	}
}

// tell words one event of the session.
//
// Source: handle_success, _after_checkout_updated and send_expiration_events of CheckoutService. That a
// webhook has arrived is told at once where nobody gets one.
func (f *follower) tell(ev checkout.Event) error {
	if !ev.Native {
		if ev.Type == checkout.SessionSucceeded {
			return f.made(ev)
		}
		return nil
	}
	switch ev.Type {
	case eventCheckoutExpired:
		return f.status(ev, streamUpdated, ev.Status)
	case eventCheckoutUpdated:
		if err := f.status(ev, streamUpdated, ev.Status); err != nil {
			return err
		}
		if len(f.deliveries(ev)) == 0 {
			return f.status(ev, streamDelivered, ev.Status)
		}
		f.waiting = append(f.waiting, ev)
	}
	return nil
}

// made tells of what a paid session has left.
func (f *follower) made(ev checkout.Event) error {
	rec, err := f.b.Find(f.session)
	if err != nil {
		return nil // the sandbox was reset meanwhile
	}
	if f.p.objectsOf(f.b, detailOf(&rec.Session)).product.IsRecurring {
		if err := f.piece(ev, streamSubscribe, map[string]string{}); err != nil {
			return err
		}
	}
	return f.piece(ev, streamOrder, map[string]string{})
}

// arrived tells of webhooks that were accepted since the last time, each with the session's status by
// now.
//
// Source: WebhookService.on_event_success: only of messages that are not for chats.
func (f *follower) arrived() error {
	for _, ev := range slices.Clone(f.waiting) {
		pending := false
		for _, d := range f.deliveries(ev) {
			pending = pending || d.State == webhook.Pending
			if d.State != webhook.Delivered || slices.Contains(f.told, d.ID) || !f.raw(d.Endpoint) {
				continue
			}
			f.told = append(f.told, d.ID)
			status := ev.Status
			if rec, err := f.b.Find(f.session); err == nil {
				status = rec.Session.Status
			}
			if err := f.status(ev, streamDelivered, status); err != nil {
				return err
			}
		}
		if !pending {
			f.waiting = slices.DeleteFunc(f.waiting, func(other checkout.Event) bool { return other.ID == ev.ID })
		}
	}
	return nil
}

func (f *follower) deliveries(ev checkout.Event) []webhook.Delivery {
	return f.b.Deliveries(sandbox.DeliveryQuery{Provider: name, Event: ev.ID})
}

// raw reports whether an endpoint gets messages that are not for a chat, also when it is gone.
func (f *follower) raw(endpoint string) (raw bool) {
	f.b.View(func(tx *sandbox.Tx) {
		e := tx.Endpoint(endpoint)
		raw = e == nil || endpointDetailOf(e).Format == formatRaw
	})
	return raw
}

func (f *follower) status(ev checkout.Event, key string, status checkout.Status) error {
	return f.piece(ev, key, map[string]string{"status": statuses[status]})
}

func (f *follower) piece(ev checkout.Event, key string, payload map[string]string) error {
	id := ids.NewSource(ev.Seq, ev.Session).UUID(key, 0)
	data := wire.MustMarshal(streamPayload{ID: id, Key: key, Payload: payload})
	return f.send(append(append([]byte("data: "), data...), "\r\n\r\n"...))
}
