package leanrails

import (
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// Headers of idempotency.
//
// Source: G1, create; G3, errors and retries, for the mark of a replay.
const (
	headerKey      = "Idempotency-Key"
	headerReplayed = "Idempotent-Replayed"
)

// Limits of idempotency keys.
//
// Source: G1, create, for the length; G2, idempotency, for the life.
const (
	maxKeyLength = 255
	keyLife      = 24 * time.Hour
)

// Idempotency implements api.Idempotent: every POST needs a key, which belongs to the secret key
// that sent it.
//
// Source: G1, create; G2, idempotency.
// Assumed: a key that is missing or too long is a 400 like any other parameter. The mode, live or
// test, says nothing here: live keys are refused.
func (l *LeanRails) Idempotency(r *api.Request) (api.Key, error) {
	if r.Method != http.MethodPost {
		return api.Key{}, nil
	}
	key := r.Header.Get(headerKey)
	if key == "" && l.lenient {
		return api.Key{}, nil
	}
	path := []any{headerKey}
	v := checkout.Violation{In: checkout.InHeader, Path: path, Rule: checkout.RuleRequired}
	if n := utf8.RuneCountInString(key); n > maxKeyLength {
		v.Rule, v.Limit, v.Value = checkout.RuleMaxLength, float64(maxKeyLength), key
	} else if n > 0 {
		return api.Key{Key: key, Scope: l.Credential(r.Header), Life: keyLife}, nil
	}
	return api.Key{}, &checkout.Error{Code: checkout.CodeInvalid, Message: "the idempotency key is missing or too long", Violations: []checkout.Violation{v}}
}

// Keeps implements api.Idempotent: failures do not consume a key, but for a payment that was refused, which
// has left its mark.
//
// Source: G3, errors and retries, for validation failures; G2, idempotency, for errors that are replayed
// with their status.
// Assumed: the same as for validation where something is in the wrong state, and for what faults answer.
func (l *LeanRails) Keeps(resp api.Response) bool {
	return resp.Status < http.StatusMultipleChoices || resp.Status == http.StatusPaymentRequired
}

// Replayed implements api.Idempotent.
func (l *LeanRails) Replayed(resp *api.Response) { resp.SetHeader(headerReplayed, "true") }
