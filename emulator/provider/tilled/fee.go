package tilled

import (
	"math/big"
	"slices"
	"time"

	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// fee is what the partner earns of a charge. It never changes.
type fee struct {
	ID        string      `json:"id,omitzero"`
	Payee     string      `json:"payee,omitzero"`  // id of the partner's account
	Amount    int64       `json:"amount,omitzero"` // minor units
	Refunds   []feeRefund `json:"refunds,omitzero"`
	CreatedAt time.Time   `json:"created_at,omitzero"`
	UpdatedAt time.Time   `json:"updated_at,omitzero"`
}

// feeRefund is what goes back of a fee.
type feeRefund struct {
	ID        string    `json:"id,omitzero"`
	Amount    int64     `json:"amount,omitzero"` // minor units
	CreatedAt time.Time `json:"created_at,omitzero"`
}

// refunded is how much of the fee went back, in minor units.
func (f *fee) refunded() (sum int64) {
	for _, r := range f.Refunds {
		sum += r.Amount
	}
	return sum
}

// platformFee is a platform fee on the wire.
//
// Source: vendor OpenAPI document, PlatformFee and PlatformFeeRefund.
// Assumed: balance_transaction is null, as it is in a recorded charge; the prefixes of the ids.
type platformFee struct {
	Amount             int64               `json:"amount"`
	AmountRefunded     int64               `json:"amount_refunded"`
	BalanceTransaction any                 `json:"balance_transaction"`
	ChargeID           string              `json:"charge_id"`
	CreatedAt          string              `json:"created_at"`
	Currency           string              `json:"currency"`
	ID                 string              `json:"id"`
	PayeeAccountID     string              `json:"payee_account_id"`
	PayerAccountID     string              `json:"payer_account_id"`
	Refunded           bool                `json:"refunded"`
	Refunds            []platformFeeRefund `json:"refunds"`
	UpdatedAt          string              `json:"updated_at"`
}

type platformFeeRefund struct {
	Amount             int64  `json:"amount"`
	BalanceTransaction any    `json:"balance_transaction"`
	CreatedAt          string `json:"created_at"`
	ID                 string `json:"id"`
	PlatformFeeID      string `json:"platform_fee_id"`
	UpdatedAt          string `json:"updated_at"`
}

// newFee shows the fee of a charge, nil when there is none.
func newFee(p *payment, c *charge) *platformFee {
	f := c.Fee
	if f == nil {
		return nil
	}
	out := &platformFee{
		Amount: f.Amount, AmountRefunded: f.refunded(), ChargeID: c.ID, CreatedAt: wire.Millis(f.CreatedAt), Currency: p.Currency, ID: f.ID,
		PayeeAccountID: f.Payee, PayerAccountID: p.Account, Refunds: make([]platformFeeRefund, len(f.Refunds)), UpdatedAt: wire.Millis(f.UpdatedAt),
	}
	out.Refunded = out.AmountRefunded == f.Amount
	for i, r := range f.Refunds {
		at := wire.Millis(r.CreatedAt)
		out.Refunds[i] = platformFeeRefund{Amount: r.Amount, CreatedAt: at, ID: r.ID, PlatformFeeID: f.ID, UpdatedAt: at}
	}
	return out
}

// takeFee takes the fee of a charge that is captured, if the intent has one.
//
// Assumed: a fee of zero is none; without a partner in the catalog the payee is an account that nobody has.
func (st *step) takeFee(c *charge) {
	if st.PlatformFee == nil || *st.PlatformFee == 0 {
		return
	}
	payee := "acct_LocalPartner000000001"
	for _, v := range st.tx.All(name + "." + resourceAccounts) {
		if a, ok := v.(*account); ok && a.Type == partnerType {
			payee = a.ID
			break
		}
	}
	c.Fee = &fee{ID: newID(st.tx, kindFee, "fee_"), Payee: payee, Amount: min(*st.PlatformFee, c.Captured), CreatedAt: st.tx.Now(), UpdatedAt: st.tx.Now()}
}

// refundFee gives back of the fee what a refund is of the charge; false: there is nothing to give back.
//
// Source: vendor OpenAPI document, RefundCreateParams.refund_platform_fee: all of it with a full refund,
// else in proportion.
// Assumed: rounded half away from zero, and never more than is left.
func (st *step) refundFee(amount int64) bool {
	c := st.charged()
	if c.Fee == nil {
		return false
	}
	left := c.Fee.Amount - c.Fee.refunded()
	share := left
	if amount < c.Captured {
		share = min(left, proportion(c.Fee.Amount, amount, c.Captured))
	}
	if share == 0 {
		return false
	}
	f := *c.Fee
	f.Refunds = append(slices.Clone(f.Refunds), feeRefund{ID: newID(st.tx, kindFeeRefund, "fr_"), Amount: share, CreatedAt: st.tx.Now()})
	f.UpdatedAt = st.tx.Now()
	c.Fee = &f
	return true
}

// proportion is total × part ÷ whole, rounded half away from zero. All are positive.
func proportion(total, part, whole int64) int64 {
	n := new(big.Int).Mul(big.NewInt(2*total), big.NewInt(part))
	n.Add(n, big.NewInt(whole))
	return n.Quo(n, big.NewInt(2*whole)).Int64()
}

// emitFee records an event about the fee of the charge that succeeded, if it has one.
func (st *step) emitFee(eventType string) {
	p := st.put
	c := p.paid()
	if c == nil || c.Fee == nil {
		return
	}
	e := st.emission(eventType)
	e.Object = c.Fee.ID
	e.Subject = func(*sandbox.Tx) any { return &subject{Payment: p, Charge: c, Fee: true} }
	st.tx.Emit(e)
}
