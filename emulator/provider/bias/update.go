package bias

import (
	"context"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// updateParams is the body of an update.
//
// Source: docs.biaspay.com, "Update a checkout session"; @biaspay/elements for the last two.
type updateParams struct {
	LineItems       []lineParams                  `json:"line_items"`
	Customer        wire.Optional[string]         `json:"customer"`
	CustomerDetails customerDetailsParams         `json:"customer_details"`
	Metadata        wire.Optional[metadataParams] `json:"metadata"`

	ShippingDetails *shippingDetails `json:"shipping_details"`
	BillingDetails  *billingDetails  `json:"billing_details"`
}

// update edits a session: all that can be edited while it is payable, its metadata always.
//
// Source: docs.biaspay.com, "Update a checkout session".
// Assumed: metadata is merged, null takes a key away and null for the whole clears it.
func (b *Bias) update(_ context.Context, r *api.Request) (api.Response, error) {
	r.Body = oneLineAsList(r.Body)
	in, err := api.Decode[updateParams](r)
	if err != nil {
		return api.Response{}, err
	}
	if found := b.ownFaults(r); len(found) > 0 {
		return api.Response{}, refused(found)
	}
	rec, client, err := find(r)
	if err != nil {
		return api.Response{}, err
	}
	rec, err = b.edit(r, rec.Session.ID, in)
	if err != nil {
		return api.Response{}, err
	}
	return api.Response{Body: b.body(r, rec, shown{client: client})}, nil
}

// oneLineAsList returns the body with a single line item as a list of one.
//
// Source: docs.biaspay.com: line_items is "array of object or object".
// Assumed: the meaning of the second form.
func oneLineAsList(body any) any {
	members, _ := body.(map[string]any)
	one, ok := members["line_items"].(map[string]any)
	if !ok {
		return body
	}
	out := make(map[string]any, len(members))
	for key, value := range members {
		out[key] = value
	}
	out["line_items"] = []any{one}
	return out
}

// edit changes a session. The total of a payable one follows its lines; of any other the metadata
// can be changed and nothing else.
func (b *Bias) edit(r *api.Request, id string, in updateParams) (*sandbox.Record, error) {
	rec, _, err := r.Sandbox.Edit(id, func(tx *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		if rec.Session.Status != checkout.Open {
			if err := closed(r); err != nil {
				return nil, err
			}
			return checkout.Amend{Set: in.setMetadata}, nil
		}
		c := completion{tx: tx}
		next := in.applied(&c, rec.Session)
		if len(c.faults) > 0 {
			return nil, refused(c.faults)
		}
		next.Detail = c.identified(detailOf(&next))
		in.setMetadata(&next)
		return checkout.Update{Set: func(s *checkout.Session) { *s = next }}, nil
	})
	return rec, err
}

// applied returns the session with what was sent put over it; new lines have no id yet.
func (in updateParams) applied(c *completion, s checkout.Session) checkout.Session {
	d := *detailOf(&s)
	if in.LineItems != nil {
		c.replaceLines(&s, &d, in.LineItems)
	}
	if in.Customer.Set {
		s.Customer = c.customer(in.Customer.Value)
	}
	d.Details = in.CustomerDetails.over(d.Details)
	s.Customer = known(s.Customer, d.Details)
	if in.ShippingDetails != nil {
		d.Shipping = in.ShippingDetails
	}
	if in.BillingDetails != nil {
		d.Billing = in.BillingDetails
	}
	s.Detail = &d
	return s
}

// replaceLines gives a session new lines.
//
// Assumed: a session that was made from an invoice has no lines to change; in payment mode something
// must be left to pay.
func (c *completion) replaceLines(s *checkout.Session, d *detail, entries []lineParams) {
	path := []any{"line_items"}
	if d.Invoice != "" {
		c.fault(codeState, path, nil, messageOfInvoice)
		return
	}
	before := len(c.faults)
	d.Lines = c.lines(entries, d.Lines)
	if d.Mode == modeSetup {
		return
	}
	s.Amount = c.total(d.Lines)
	if s.Amount < 1 && len(c.faults) == before {
		c.fault(codeInvalid, path, nil, messageNothingToPay)
	}
}

func (in updateParams) setMetadata(s *checkout.Session) {
	switch {
	case in.Metadata.Null:
		s.Metadata = map[string]any{}
	case in.Metadata.Set:
		s.Metadata = in.Metadata.Value.merged(s.Metadata)
	}
}

// closed refuses what cannot be changed any more: all members but metadata.
func closed(r *api.Request) error {
	members, _ := r.Body.(map[string]any)
	var found []checkout.Violation
	for _, member := range wire.SortedKeys(members) {
		if member != "metadata" {
			found = append(found, broken(codeState, []any{member}, members[member], messageConfirmed))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return refused(found)
}
