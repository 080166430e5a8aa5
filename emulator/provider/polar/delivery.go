package polar

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// archivedAfter is when an event loses its payload and can no longer be sent.
//
// Source: polar/config.py. Assumed: to the minute; the real service looks once a day.
const archivedAfter = 90 * 24 * time.Hour

// deliveryBody is one attempt: Polar's WebhookDelivery.
type deliveryBody struct {
	CreatedAt  string           `json:"created_at"`
	ModifiedAt *string          `json:"modified_at"`
	ID         string           `json:"id"`
	Succeeded  bool             `json:"succeeded"`
	HTTPCode   *int             `json:"http_code"`
	Response   *string          `json:"response"`
	Event      webhookEventBody `json:"webhook_event"`
	at         time.Time
}

// webhookEventBody is an event on its way to one endpoint: Polar's WebhookEvent.
type webhookEventBody struct {
	CreatedAt    string  `json:"created_at"`
	ModifiedAt   *string `json:"modified_at"`
	ID           string  `json:"id"`
	LastHTTPCode *int    `json:"last_http_code"`
	Succeeded    *bool   `json:"succeeded"`
	Skipped      bool    `json:"skipped"`
	Version      string  `json:"api_version,omitempty"`
	Payload      *string `json:"payload"`
	Type         string  `json:"type"`
	IsArchived   bool    `json:"is_archived"`
}

// deliveryQuery are the parameters of the list of deliveries.
type deliveryQuery struct {
	pageQuery
	EndpointID []string `json:"endpoint_id"`
	Start      string   `json:"start_timestamp"`
	End        string   `json:"end_timestamp"`
	Succeeded  *bool    `json:"succeeded"`
	Query      string   `json:"query"`
	Class      string   `json:"http_code_class"`
	EventType  []string `json:"event_type"`
}

// fits reports whether an attempt is one of those that are asked for. February 2025 only asked by
// endpoint.
func (in *deliveryQuery) fits(b *deliveryBody) bool {
	start, _ := time.Parse(time.RFC3339Nano, in.Start)
	end, _ := time.Parse(time.RFC3339Nano, in.End)
	code := ""
	if b.HTTPCode != nil {
		code = fmt.Sprint(*b.HTTPCode)
	}
	contains := func(text string) bool { return strings.Contains(text, strings.ToLower(in.Query)) }
	return (start.IsZero() || b.at.After(start)) && (end.IsZero() || b.at.Before(end)) &&
		(in.Succeeded == nil || *in.Succeeded == b.Succeeded) &&
		(in.Query == "" || contains(b.ID) || contains(b.Event.ID) || contains(code)) &&
		(in.Class == "" || code != "" && code[0] == in.Class[0]) &&
		(len(in.EventType) == 0 || slices.Contains(in.EventType, b.Event.Type))
}

// deliveryPage is a page of deliveries.
type deliveryPage struct {
	Items      []deliveryBody `json:"items"`
	Pagination pagination     `json:"pagination"`
}

func (p *Polar) listWebhookDeliveries(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[deliveryQuery](r)
	if err != nil {
		return api.Response{}, err
	}
	if p.seed {
		in = deliveryQuery{pageQuery: in.pageQuery, EndpointID: in.EndpointID}
	}
	bodies := p.attempts(r.Sandbox, in)
	slices.SortStableFunc(bodies, func(a, b deliveryBody) int { return a.at.Compare(b.at) })
	slices.Reverse(bodies)
	items, counts := paged(p, bodies, in.pageQuery)
	return api.Response{Body: deliveryPage{items, counts}}, nil
}

// attempts lists what is asked for of the attempts to endpoints that the token reaches, by event.
func (p *Polar) attempts(b *sandbox.Sandbox, in deliveryQuery) []deliveryBody {
	versions := map[string]string{} // by endpoint
	var now time.Time
	b.View(func(tx *sandbox.Tx) {
		now = tx.Now()
		for _, e := range p.visibleEndpoints(tx) {
			asked := func(id string) bool { return canonicalUUID(id) == e.ID }
			if len(in.EndpointID) == 0 || slices.ContainsFunc(in.EndpointID, asked) {
				versions[e.ID] = endpointDetailOf(e).Version
			}
		}
	})
	bodies := []deliveryBody{}
	for _, d := range b.Deliveries(sandbox.DeliveryQuery{Provider: name}) {
		version, visible := versions[d.Endpoint]
		if !visible {
			continue
		}
		for i := range d.Attempts {
			one := attemptBody(&d, &d.Attempts[i], now)
			if !p.seed {
				one.Event.Version = version
			}
			if in.fits(&one) {
				bodies = append(bodies, one)
			}
		}
	}
	return bodies
}

// attemptBody shows one attempt of a delivery.
func attemptBody(d *webhook.Delivery, a *webhook.Attempt, now time.Time) deliveryBody {
	last := &d.Attempts[len(d.Attempts)-1]
	ev := webhookEventBody{
		CreatedAt: wire.Micros(d.Event.At), ModifiedAt: moment(last.At), ID: d.Event.ID, LastHTTPCode: codeOf(last),
		Skipped: d.State == webhook.Dropped, Type: string(d.Event.Type), IsArchived: archived(d.Event, now),
	}
	if d.State == webhook.Delivered || d.State == webhook.Failed {
		succeeded := d.State == webhook.Delivered
		ev.Succeeded = &succeeded
	}
	if !ev.IsArchived {
		payload := string(d.Body)
		ev.Payload = &payload
	}
	return deliveryBody{
		CreatedAt: wire.Micros(a.At), ID: a.ID, Succeeded: a.OK(), HTTPCode: codeOf(a), Response: responseOf(a, d), Event: ev, at: a.At,
	}
}

func archived(ev *webhook.Event, now time.Time) bool { return now.Sub(ev.At) > archivedAfter }

// codeOf is the status of the answer, nil when there was none.
func codeOf(a *webhook.Attempt) *int {
	if a.Status == 0 {
		return nil
	}
	return &a.Status
}

// responseOf is what the receiver answered, or what went wrong; nil when it accepted without a word.
//
// Source: polar/webhook/tasks.py and the texts of httpx.
func responseOf(a *webhook.Attempt, d *webhook.Delivery) *string {
	text := cmp.Or(strings.ReplaceAll(string(a.Response.Body), "\x00", ""), a.Error)
	if text == "" && !a.OK() {
		kinds := map[int]string{1: "Informational response", 3: "Redirect response", 4: "Client error", 5: "Server error"}
		text = fmt.Sprintf("%s '%d %s'\nFor more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/%d",
			kinds[a.Status/100], a.Status, http.StatusText(a.Status), a.Status)
	}
	return wire.OrNull(text)
}

// redeliverWebhookEvent sends an event once more to every endpoint that it went to. An archived event,
// and an endpoint that is disabled or gone, is passed over without a word.
//
// Polar gives an event another id for each endpoint; here all of them see the same one.
func (p *Polar) redeliverWebhookEvent(_ context.Context, r *api.Request) (api.Response, error) {
	deliveries := r.Sandbox.Deliveries(sandbox.DeliveryQuery{Provider: name, Event: canonicalUUID(r.Param("id"))})
	if len(deliveries) == 0 {
		return api.Response{}, &checkout.Error{Code: checkout.CodeNotFound, Message: "no webhook event " + r.Param("id")}
	}
	var now time.Time
	r.Sandbox.View(func(tx *sandbox.Tx) { now = tx.Now() })
	for _, d := range deliveries {
		if !archived(d.Event, now) {
			_, _ = r.Sandbox.Redeliver(d.ID)
		}
	}
	return api.Response{Status: http.StatusAccepted, Body: json.RawMessage("null")}, nil
}
