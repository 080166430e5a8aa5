package tilled

import (
	"strings"

	"github.com/localcheckout/localcheckout/emulator/api"
)

// Why an operation is not emulated.
const (
	whyToken   = "it makes tokens for Tilled.js, which is not emulated; send a test bank to POST /v1/payment-methods"
	whyOutside = "it is not part of a checkout"
)

// declined has the documented operations that are not emulated: methods, path, reason.
//
// Source: vendor OpenAPI document 1.0 (July 2023), paths.
var declined = [][3]string{
	{"POST", "/v1/payment-methods/ach-debit-token", whyToken},
	{"POST", "/v1/auth/login", "any bearer token is accepted unless keys are configured; there is none to obtain"},
	{"POST", "/v1/auth/forgot", whyOutside},
	{"POST", "/v1/auth/logout", whyOutside},
	{"POST", "/v1/auth/refresh", whyOutside},
	{"POST", "/v1/auth/register", whyOutside},
	{"POST", "/v1/auth/reset", whyOutside},
	{"POST", "/v1/auth-links", whyOutside},
	{"GET PATCH", "/v1/accounts", whyOutside},
	{"POST", "/v1/accounts/capabilities", whyOutside},
	{"POST DELETE", "/v1/accounts/capabilities/{id}", whyOutside},
	{"GET POST DELETE", "/v1/accounts/connected", whyOutside},
	{"GET POST", "/v1/api-keys", whyOutside},
	{"PATCH DELETE", "/v1/api-keys/{id}", whyOutside},
	{"GET POST", "/v1/apple-pay-domains", whyOutside},
	{"GET DELETE", "/v1/apple-pay-domains/{id}", whyOutside},
	{"GET PUT", "/v1/applications/{account_id}", whyOutside},
	{"POST", "/v1/applications/{account_id}/submit", whyOutside},
	{"GET", "/v1/balance-transactions", whyOutside},
	{"GET", "/v1/balance-transactions/summary", whyOutside},
	{"GET", "/v1/balance-transactions/{id}", whyOutside},
	{"GET", "/v1/disputes", whyOutside},
	{"GET POST", "/v1/disputes/{id}", whyOutside},
	{"GET POST", "/v1/files", whyOutside},
	{"GET DELETE", "/v1/files/{id}", whyOutside},
	{"GET", "/v1/files/{id}/contents", whyOutside},
	{"GET POST", "/v1/outbound-transfers", whyOutside},
	{"GET", "/v1/outbound-transfers/{id}", whyOutside},
	{"POST", "/v1/outbound-transfers/{id}/cancel", whyOutside},
	{"GET", "/v1/payouts", whyOutside},
	{"GET", "/v1/payouts/{id}", whyOutside},
	{"GET", "/v1/platform-fees", whyOutside},
	{"GET", "/v1/platform-fees/{id}", whyOutside},
	{"GET", "/v1/platform-fees/{id}/refunds/{refund_id}", whyOutside},
	{"GET", "/v1/pricing-templates", whyOutside},
	{"GET", "/v1/pricing-templates/{id}", whyOutside},
	{"GET", "/v1/product-codes", whyOutside},
	{"GET POST", "/v1/report-runs", whyOutside},
	{"GET", "/v1/report-runs/{id}", whyOutside},
	{"GET POST", "/v1/subscriptions", whyOutside},
	{"GET PATCH", "/v1/subscriptions/{id}", whyOutside},
	{"POST", "/v1/subscriptions/{id}/cancel", whyOutside},
	{"POST", "/v1/subscriptions/{id}/pause", whyOutside},
	{"POST", "/v1/subscriptions/{id}/resume", whyOutside},
	{"POST", "/v1/subscriptions/{id}/retry", whyOutside},
	{"GET POST", "/v1/user-invitations", whyOutside},
	{"GET", "/v1/user-invitations/check/{id}", whyOutside},
	{"GET DELETE", "/v1/user-invitations/{id}", whyOutside},
	{"POST", "/v1/user-invitations/{id}/resend", whyOutside},
	{"GET POST", "/v1/users", whyOutside},
	{"GET PATCH DELETE", "/v1/users/{id}", whyOutside},
}

// Declined implements api.Decliner.
func (t *Tilled) Declined() []api.Declined {
	var out []api.Declined
	for _, d := range declined {
		for _, method := range strings.Fields(d[0]) {
			out = append(out, api.Declined{Method: method, Path: d[1], Reason: d[2]})
		}
	}
	return out
}
