package leanrails

import (
	"strings"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// vector is a signature that was made without this code, by
//
//	printf 'v1=%s.%s' 1773072000 "$body" | openssl dgst -sha256 -hmac whsec_abc123
//
// and again by Python's hmac.new(key, b"v1=" + stamp + b"." + body, hashlib.sha256).hexdigest(), after
// the description of G1, webhooks.
const vector = "t=1773072000,v1=4ed4c52376cba9e45f5ec76990147d10444a477e11b8948ab8a03125876cea06"

func TestSignature(t *testing.T) {
	body := `{"id":"evt_1abc2def3ghi","object":"event"}`
	signed := func(body, secret string, at int64) string {
		m := webhook.Message{ID: "evt_1abc2def3ghi", Body: []byte(body)}
		h := sign(m, &webhook.Endpoint{Secret: secret}, time.Unix(at, 999_000_000))
		if h.Get("webhook-id") != m.ID || h.Get("fluveo-signature") != h.Get("x-signature") || h.Get("user-agent") != "Fluveo-Webhooks/1.0" {
			t.Errorf("headers = %v", h)
		}
		return h.Get("x-signature")
	}
	if got := signed(body, "whsec_abc123", 1773072000); got != vector {
		t.Errorf("signature = %s; want %s", got, vector)
	}
	for name, got := range map[string]string{
		"a flipped byte": signed(strings.Replace(body, "3", "2", 1), "whsec_abc123", 1773072000),
		"another secret": signed(body, "whsec_abc124", 1773072000),
		"another second": signed(body, "whsec_abc123", 1773072001),
	} {
		if strings.HasSuffix(got, vector[strings.Index(vector, "v1="):]) {
			t.Errorf("%s has the same signature", name)
		}
	}
}
