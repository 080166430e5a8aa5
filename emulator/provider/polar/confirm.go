package polar

import (
	"cmp"
	"context"
	"maps"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/ids"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

func (p *Polar) confirmClientCheckout(_ context.Context, r *api.Request) (api.Response, error) {
	in, err := p.readUpdate(r, confirmSide)
	if err != nil {
		return api.Response{}, err
	}
	rec, err := r.Sandbox.FindSecret(r.Param("client_secret"))
	if err != nil {
		return api.Response{}, err
	}
	var token string // of the customer session
	var by, declined string
	rec, _, err = r.Sandbox.Edit(rec.Session.ID, func(tx *sandbox.Tx, rec *sandbox.Record) (checkout.Command, error) {
		if err := p.reachableByClient(tx, &rec.Session); err != nil {
			return nil, err
		}
		out, err := p.confirming(tx, rec, in)
		if err != nil {
			return nil, err
		}
		if d, ok := out.Command.(checkout.Decline); ok {
			declined = d.Code
		} else {
			token = newToken(tx, tokenPrefix)
		}
		by = out.By
		return out.Now(), nil
	})
	if err != nil {
		return api.Response{}, err
	}
	r.DecidedByValue(by)
	if declined != "" {
		return api.Response{}, &checkout.Error{Code: checkout.CodeDeclined, Reason: declineTexts[declined], Message: "the token asks to be declined"}
	}
	return api.Response{Body: p.confirmedBody(r, rec, token)}, nil
}

// confirming is what becomes of a session that is confirmed with what the customer sent. A refused
// payment keeps nothing of that.
//
// Source: CheckoutService.confirm of both vintages.
func (p *Polar) confirming(tx *sandbox.Tx, rec *sandbox.Record, in *updateBody) (provider.Outcome, error) {
	s, d, err := p.updated(tx, rec, in, confirmSide)
	if err != nil {
		return provider.Outcome{}, err
	}
	found, _ := tx.Get(kindDiscount, d.DiscountID).(*discount)
	if found != nil && !found.redeemable(tx.Now()) {
		return provider.Outcome{}, refuse(breach("value_error", "Discount is no longer redeemable.", found.ID, "discount_id"))
	}
	p.recount(tx, &s, d)
	p.forgetBusiness(d)
	s.Detail = d
	if err := p.checkConfirm(tx, &s, d, in); err != nil {
		return provider.Outcome{}, err
	}
	if err := p.checkBuyer(tx, &s, d, found); err != nil {
		return provider.Outcome{}, err
	}
	out := provider.Outcome{Command: checkout.Confirm{Then: &checkout.Outcome{}}} // nothing to pay with
	if d.Amounts.form() {
		if out, err = p.tokenOutcome(text(in.ConfirmationTokenID)); err != nil {
			return provider.Outcome{}, err
		}
	}
	c, ok := out.Command.(checkout.Confirm)
	if !ok {
		return out, nil
	}
	if d.Amounts.form() {
		d.Processor = maps.Clone(d.Processor)
		d.Processor[processorStatus] = intentStatus(out, c)
	}
	out.Set = func(next *checkout.Session) { keep(next, s) }
	return out, nil
}

// intentStatus is where the processor's intent of a confirmed payment stands.
func intentStatus(out provider.Outcome, c checkout.Confirm) string {
	switch {
	case out.Challenge, c.Then != nil && c.Then.Fail:
		return intentAction
	case c.Then == nil:
		return intentProcessing
	}
	return intentSucceeded
}

// checkConfirm wants everything that a payment needs; all that is missing comes at once.
func (p *Polar) checkConfirm(tx *sandbox.Tx, s *checkout.Session, d *detail, in *updateBody) error {
	var faults []checkout.Violation
	missing := func(path ...any) { faults = append(faults, breach("missing", "Field is required.", nil, path...)) }
	if selection(tx, d).price.IsArchived {
		faults = append(faults, breach("value_error", "Price is archived.", d.PriceID, "product_price_id"))
	}
	if !p.seed && d.Amounts.form() && !organizationOf(tx, d.OrganizationID).Capabilities.CheckoutPayments {
		return forbid(reasonNotReady, "Organization is not ready to accept payments")
	}
	if s.Customer.Email == "" && (s.Customer.ID == "" || p.seed) {
		missing("customer_email")
	}
	if p.seed {
		if d.Amounts.form() && d.Name == nil {
			missing("customer_name")
		}
		if d.Amounts.form() && d.Address == nil {
			missing("customer_billing_address")
		}
	} else {
		faults = append(faults, d.missingBilling()...)
	}
	if d.Amounts.form() && text(in.ConfirmationTokenID) == "" {
		faults = append(faults, breach("missing", "Confirmation token is required.", nil, "confirmation_token_id"))
	}
	if len(faults) > 0 {
		return refuse(faults...)
	}
	return nil
}

// missingBilling lists what is missing of the billing details. Without any address only that is
// told, not each of its fields.
//
// Assumed: the real service cannot look into an address that is not there, and fails.
func (d *detail) missingBilling() []checkout.Violation {
	var faults []checkout.Violation
	missing := func(path ...any) { faults = append(faults, breach("missing", "Field is required.", nil, path...)) }
	if d.Business && d.BillingName == nil {
		missing("customer_billing_name")
	}
	if (d.Amounts.form() || d.Business) && d.Address == nil {
		missing("customer_billing_address")
	}
	if d.Amounts.form() && d.Address != nil {
		for _, field := range d.addressNeeds().missing(d.Address) {
			missing("customer_billing_address", field)
		}
	}
	if d.needsFullAddress() && !d.Address.hasLines() {
		faults = append(faults, breach("value_error", "Full billing address is required.", d.Address, "customer_billing_address"))
	}
	return faults
}

// checkBuyer refuses a customer who is gone, another one's external id, and one who has used the
// discount too often.
func (p *Polar) checkBuyer(tx *sandbox.Tx, s *checkout.Session, d *detail, found *discount) error {
	if p.seed {
		return nil
	}
	if c := customerOf(tx, s); c != nil && c.DeletedAt != nil {
		return &checkout.Error{Code: checkout.CodeConflict, Reason: reasonCustomerGone, Message: "The customer associated with this checkout has been deleted."}
	}
	if s.Customer.ID == "" && d.ExternalID != nil && tx.By(kindCustomer, emailKey(d.OrganizationID, s.Customer.Email)) == nil &&
		tx.By(kindCustomer, externalKey(d.OrganizationID, *d.ExternalID)) != nil {
		return &checkout.Error{
			Code: checkout.CodeConflict, Reason: reasonExternalMismatch,
			Message: "A customer with this external ID already exists but with a different email address.",
		}
	}
	return checkRedemptions(tx, found, s.Customer.Email)
}

// Statuses of payment intents. Source: Stripe.
const (
	intentSucceeded  = "succeeded"
	intentProcessing = "processing"
	intentAction     = "requires_action" // such as 3-D Secure
)

// Keys of payment_processor_metadata.
const (
	processorCustomer = "customer_id"
	processorSecret   = "intent_client_secret"
	processorStatus   = "intent_status"
)

// confirmed completes a session that is being confirmed. When a test confirms it through the control
// API, nobody has said who the buyer is: one is invented. It returns what is sent after the session's own
// event.
func (p *Polar) confirmed(tx *sandbox.Tx, s *checkout.Session) (after func()) {
	d := *detailOf(s)
	if s.Customer.Email == "" {
		fake := tx.Faker("polar.buyer")
		s.Customer.Email = "buyer." + strings.ToLower(fake.LetterN(8)) + "@example.com"
		d.Name = or(d.Name, wire.OrNull(fake.Name()))
	}
	c, known := p.bill(tx, s, &d)
	d.Processor = maps.Clone(d.Processor)
	d.Processor[processorCustomer] = c.processorCustomer
	if d.Amounts.form() {
		kind := "seti_"
		if d.Amounts.Payment {
			kind = "pi_"
		}
		id := kind + tx.Token("polar.processor.intent", ids.Base62, 24)
		d.Processor[processorSecret] = id + "_secret_" + tx.Token("polar.processor.secret", ids.Base62, 25)
		d.Processor[processorStatus] = cmp.Or(d.Processor[processorStatus], intentProcessing)
	}
	s.Detail = &d
	redeem(tx, s, 1)
	s.Customer.Name = text(d.Name)
	if p.seed {
		return nil
	}
	return func() {
		eventType := eventCustomerCreated
		if known {
			eventType = eventCustomerUpdated
		}
		p.tellCustomer(tx, s, eventType, c)
		p.tellState(tx, s, c.ID, c.OrganizationID, nil)
	}
}
