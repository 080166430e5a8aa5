package polar

import (
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// Source: computed with the published Standard Webhooks library over base64(secret), and by hand; whole with
// Python's hmac.
func TestSignature(t *testing.T) {
	m := webhook.Message{ID: "8a6a3d8b-32c5-4f0b-9b59-5c0cbd5a5e7b", Body: []byte(`{"type":"checkout.created","data":{}}`)}
	const (
		older = "polar_whs_abc"
		newer = "whsec_cG9sYXJfd2hzX2FiYw==" // the same key, in base64
		key   = "v1,DcGOVRQMVxvnwec/xSVfdvQtaE/KFq6XBj2ZPAtJak8="
		whole = "v1,AfviRjajh2+G3+gXWFTn5svmivWanllSa1vEzMKVD20=" // with all of newer as the key
	)
	for _, tt := range []struct{ secret, signature, want string }{
		{older, "", key},
		{older, signatureLegacy, key},
		{newer, "", key},
		{newer, signatureStandard, key},
		{newer, signatureLegacy, whole},
		{newer, signatureBoth, key + " " + whole},
	} {
		e := &webhook.Endpoint{Secret: tt.secret, Signature: tt.signature}
		h := (&Polar{}).sign(m, e, time.Unix(1740045847, 999_000_000))
		if got := h.Get("webhook-signature"); got != tt.want {
			t.Errorf("signature %q with %s = %s; want %s", tt.signature, tt.secret, got, tt.want)
		}
		if h.Get("webhook-id") != m.ID || h.Get("webhook-timestamp") != "1740045847" || h.Get("user-agent") != "polar.sh webhooks" {
			t.Errorf("headers = %v", h)
		}
	}
}
