package polar

import (
	"net/http"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Reasons of refused calls about orders, refunds and subscriptions: the names of Polar's error classes.
const (
	reasonRefunded         = "RefundedAlready"
	reasonRefundsBlocked   = "RefundsBlocked"
	reasonRevokeProhibited = "RevokeSubscriptionBenefitsProhibited"
	reasonUnknownPayment   = "RefundUnknownPayment"
	reasonCanceled         = "AlreadyCanceledSubscription"
	reasonInactive         = "InactiveSubscription"
	reasonUnpayable        = "PaymentFailed"
	reasonNoSeats          = "NotASeatBasedSubscription"
	reasonNoUnits          = "NotAUnitBasedSubscription"
	reasonCannotPause      = "CannotPauseSubscription"
	reasonNoPause          = "NoScheduledPause"
	reasonNotPaused        = "NotPausedSubscription"
	reasonUnavailable      = "ResourceUnavailable"
	reasonBadRequest       = "BadRequest"
)

// refusal is the error of one of those reasons.
func refusal(reason, text string) error {
	return &checkout.Error{Code: checkout.CodeConflict, Reason: reason, Message: text}
}

// refusalStatus is the status of such an error, 0 for other reasons.
//
// Source: polar/refund/service.py, polar/subscription/service.py, polar/order/service.py, polar/exceptions.py.
func refusalStatus(reason string) int {
	switch reason {
	case reasonRevokeProhibited, reasonNoSeats, reasonNoUnits, reasonBadRequest:
		return http.StatusBadRequest
	case reasonUnpayable:
		return http.StatusPaymentRequired
	case reasonRefunded, reasonRefundsBlocked, reasonCanceled, reasonInactive:
		return http.StatusForbidden
	case reasonUnknownPayment:
		return http.StatusNotFound
	case reasonCannotPause, reasonNoPause, reasonNotPaused, reasonNotDeletable:
		return http.StatusConflict
	case reasonUnavailable:
		return http.StatusGone
	}
	return 0
}
