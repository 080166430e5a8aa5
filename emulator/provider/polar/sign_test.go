package polar

import (
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// Source: computed with the published Standard Webhooks library over base64(secret), and by hand.
func TestSignature(t *testing.T) {
	m := webhook.Message{ID: "8a6a3d8b-32c5-4f0b-9b59-5c0cbd5a5e7b", Body: []byte(`{"type":"checkout.created","data":{}}`)}
	for _, tt := range []struct{ secret, want string }{
		{"polar_whs_abc", "v1,DcGOVRQMVxvnwec/xSVfdvQtaE/KFq6XBj2ZPAtJak8="},
		{"whsec_cG9sYXJfd2hzX2FiYw==", "v1,DcGOVRQMVxvnwec/xSVfdvQtaE/KFq6XBj2ZPAtJak8="}, // the same key, in base64
	} {
		h := (&Polar{}).sign(m, &webhook.Endpoint{Secret: tt.secret}, time.Unix(1740045847, 999_000_000))
		if got := h.Get("webhook-signature"); got != tt.want {
			t.Errorf("signature with %s = %s; want %s", tt.secret, got, tt.want)
		}
		if h.Get("webhook-id") != m.ID || h.Get("webhook-timestamp") != "1740045847" || h.Get("user-agent") != "polar.sh webhooks" {
			t.Errorf("headers = %v", h)
		}
	}
}
