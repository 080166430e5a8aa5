package server

import (
	"context"
	"crypto/sha256"
	"encoding/json"

	"github.com/localcheckout/localcheckout/emulator/api"
)

// once runs a handler, or replays its answer when the caller's idempotency key has one.
func (m *mounted) once(ctx context.Context, r *api.Request, body []byte, h api.Handler) (api.Response, error) {
	surface, ok := m.surface.(api.Idempotent)
	if !ok {
		return h(ctx, r)
	}
	key, err := surface.Idempotency(r)
	if err != nil {
		return api.Response{}, m.ruled(r, err)
	}
	if key.Key == "" {
		return h(ctx, r)
	}
	waiting, cancel := context.WithTimeout(ctx, m.keyWait)
	defer cancel()
	claim, answer, err := r.Sandbox.Claim(waiting, m.name+"\x00"+key.Scope+"\x00"+key.Key, fingerprint(r, body), key.Life)
	if err != nil {
		return api.Response{}, err
	}
	if claim == nil {
		resp := answer.(api.Response)
		resp.Header = resp.Header.Clone()
		surface.Replayed(&resp)
		r.DecidedBy = api.DecidedByReplay
		return resp, nil
	}
	kept := false
	defer func() { // a panic releases the key too
		if !kept {
			claim.Release()
		}
	}()
	resp, failure := h(ctx, r)
	shown := resp
	if failure != nil {
		shown = m.problem(r, failure)
	}
	if shown.Stream == nil && surface.Keeps(shown) {
		if shown, err = frozen(shown); err != nil {
			return api.Response{}, err
		}
		claim.Keep(shown)
		kept = true
	}
	return resp, failure
}

// frozen encodes a response, so that a replay has the same bytes whatever happens meanwhile.
func frozen(resp api.Response) (api.Response, error) {
	if resp.Body == nil {
		return resp, nil
	}
	body, contentType, err := encode(resp, new([]byte))
	resp.Body, resp.ContentType, resp.Header = json.RawMessage(body), contentType, resp.Header.Clone()
	return resp, err
}

// fingerprint tells requests apart that come with the same key.
func fingerprint(r *api.Request, body []byte) [32]byte {
	h := sha256.New()
	for _, part := range []string{r.Method, r.Path, r.RawQuery} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	h.Write(body)
	return [32]byte(h.Sum(nil))
}
