package control

import (
	"context"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/match"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// deliveriesAtMost is how many are answered when the caller does not say.
const deliveriesAtMost = 1000

// deliveryQuery reads which deliveries a request asks for.
func (c *Control) deliveryQuery(r *api.Request) (sandbox.DeliveryQuery, error) {
	in, err := api.DecodeQuery[struct {
		Provider string `json:"provider"`
		Endpoint string `json:"endpoint"`
		Type     string `json:"type"`
		Session  string `json:"session"`
		State    string `json:"state"`
		Since    uint64 `json:"since"`
		Limit    int    `json:"limit"`
	}](r)
	if err == nil && in.Provider != "" && c.provider(in.Provider) == nil {
		err = inQuery(match.Unknown([]any{"provider"}, "provider", in.Provider, c.providerNames()))
	}
	if in.Limit == 0 {
		in.Limit = deliveriesAtMost
	}
	return sandbox.DeliveryQuery{
		Provider: in.Provider, Endpoint: in.Endpoint, Type: in.Type, Session: in.Session, State: webhook.State(in.State), Since: in.Since, Limit: in.Limit,
	}, err
}

func (c *Control) deliveries(_ context.Context, r *api.Request) (api.Response, error) {
	query, err := c.deliveryQuery(r)
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: newDeliveries(r.Sandbox.Deliveries(query))}, nil
}

// delivery shows one delivery, or a command that makes its latest request again.
func (c *Control) delivery(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := api.DecodeQuery[struct {
		As string `json:"as"`
	}](r)
	if err != nil {
		return api.Response{}, err
	}
	d, err := r.Sandbox.Delivery(r.Param("id"))
	if err != nil {
		return api.Response{}, err
	}
	if in.As == "curl" && len(d.Attempts) == 0 {
		return api.Response{}, &checkout.Error{Code: checkout.CodeConflict, Message: "the delivery " + d.ID + " has not been sent yet; ask again when it has an attempt"}
	}
	if in.As == "curl" {
		return api.Response{Text: curlDelivery(&d), ContentType: "text/plain; charset=utf-8"}, nil
	}
	return api.Response{Body: newDelivery(&d)}, nil
}

// streamDeliveries follows the deliveries of events after since, with those that are remembered, else of
// those to come.
func (c *Control) streamDeliveries(_ context.Context, r *api.Request) (api.Response, error) {
	query, err := c.deliveryQuery(r)
	if err != nil {
		return api.Response{}, err
	}
	f := feed[sandbox.Change]{
		after:  r.Sandbox.FollowDeliveries,
		number: func(d sandbox.Change) uint64 { return d.N },
		keep:   func(d sandbox.Change) bool { return query.Chooses(&d.Delivery) },
		ends:   true,
	}
	_, remembered := r.Query["since"]
	return follow(r, f, wire.Optional[uint64]{Set: remembered}, func(d sandbox.Change) any { return newDelivery(&d.Delivery) })
}
