package bias

import (
	"net/http"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
)

// headerKey carries the caller's idempotency key.
//
// Source: docs.biaspay.com, idempotency.
const headerKey = "Idempotency-Key"

// keyLife is for how long an answer is replayed, on the sandbox's clock.
//
// Assumed: nothing is documented.
const keyLife = 24 * time.Hour

// Idempotency implements api.Idempotent. GET, PUT and DELETE are idempotent anyway; the header is for
// other methods, and a request without it is none.
//
// Source: docs.biaspay.com, idempotency.
// Assumed: a key belongs to the API key, and the headers of the request, which the page says are
// compared, are not: clients send some that change.
func (b *Bias) Idempotency(r *api.Request) (api.Key, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodPut || r.Method == http.MethodDelete {
		return api.Key{}, nil
	}
	return api.Key{Key: r.Header.Get(headerKey), Scope: bearer(r.Header), Life: keyLife}, nil
}

// Keeps implements api.Idempotent.
//
// Assumed: errors of Bias are not stored, all other answers are.
func (b *Bias) Keeps(resp api.Response) bool { return resp.Status < http.StatusInternalServerError }

// Replayed implements api.Idempotent: a replay bears no mark, as none is documented.
func (b *Bias) Replayed(*api.Response) {}
