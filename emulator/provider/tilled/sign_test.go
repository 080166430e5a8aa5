package tilled

import (
	"strings"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// vector is a signature that was made without this code, by
//
//	printf '%s.%s' 1687462753206 "$body" | openssl dgst -sha256 -hmac whsec_abc123
//
// and again by Python's hmac.new(key, stamp + b"." + body, hashlib.sha256).hexdigest(), after the
// description of docs.tilled.com, webhook signatures.
const vector = "t=1687462753206,v1=1d856bdece293b535612eb784fa3b31ae5a38d01c7451d5751879c2c11209371"

func TestSignature(t *testing.T) {
	body := `{"id":"evt_1abc2def3ghi","type":"charge.succeeded"}`
	at := time.UnixMilli(1687462753206)
	signed := func(d *Tilled, body, secret string, at time.Time) string {
		return d.sign(webhook.Message{Body: []byte(body)}, &webhook.Endpoint{Secret: secret}, at).Get("tilled-signature")
	}
	if got := signed(&Tilled{}, body, "whsec_abc123", at); got != vector {
		t.Errorf("signature = %s; want %s", got, vector)
	}
	for name, got := range map[string]string{
		"a flipped byte":      signed(&Tilled{}, strings.Replace(body, "3", "2", 1), "whsec_abc123", at),
		"another secret":      signed(&Tilled{}, body, "whsec_abc124", at),
		"another millisecond": signed(&Tilled{}, body, "whsec_abc123", at.Add(time.Millisecond)),
		"seconds":             signed(&Tilled{seconds: true}, body, "whsec_abc123", at),
	} {
		if strings.HasSuffix(got, vector[strings.Index(vector, "v1="):]) {
			t.Errorf("%s: the same signature", name)
		}
	}
	if got := signed(&Tilled{seconds: true}, body, "whsec_abc123", at); !strings.HasPrefix(got, "t=1687462753,v1=") {
		t.Errorf("in seconds = %s", got)
	}
}
