package polar

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// Forms of signing secrets: Polar has made the first since July 2025 and the second since June 2026.
const (
	secretLegacy   = "polar_whs_"
	secretStandard = "whsec_"
)

// Ways to sign, which an endpoint of the control API or the options may ask for. Polar itself uses the
// second for secrets that it has made since September 2026, and the first for all others; never both.
//
// Assumed: where none is asked for, the form of the secret decides, as the instant of its making is not known.
const (
	signatureLegacy   = "legacy"   // the key is the whole text of the secret, prefix included
	signatureStandard = "standard" // the key stands in base64 behind "whsec_", as Standard Webhooks has it
	signatureBoth     = "both"     // two signatures, for receivers of either kind
)

// standardKey is the key that Standard Webhooks reads in a secret; ok is false when there is none.
func standardKey(secret string) (key []byte, ok bool) {
	rest, ok := strings.CutPrefix(secret, secretStandard)
	if !ok || rest == "" {
		return nil, false
	}
	key, err := base64.StdEncoding.DecodeString(rest)
	return key, err == nil
}

// signingKeys are the keys of an endpoint, one for each signature: at least one.
func signingKeys(e *webhook.Endpoint) [][]byte {
	legacy := []byte(e.Secret)
	standard, ok := standardKey(e.Secret)
	switch {
	case !ok || e.Signature == signatureLegacy:
		return [][]byte{legacy}
	case e.Signature == signatureBoth:
		return [][]byte{standard, legacy}
	}
	return [][]byte{standard}
}

// signsStandard reports whether a library of Standard Webhooks takes the endpoint's secret as it is.
func signsStandard(e *webhook.Endpoint) bool {
	_, ok := standardKey(e.Secret)
	return ok && e.Signature != signatureLegacy
}

// checkSecret refuses a secret that is no key of the signature that the endpoint asks for.
func checkSecret(e *webhook.Endpoint) error {
	if _, ok := standardKey(e.Secret); !ok && (e.Signature == signatureStandard || e.Signature == signatureBoth) {
		return errors.New(`the signature "` + e.Signature + `" needs a secret of the form whsec_ and base64; leave it out to have one made`)
	}
	return nil
}

// standardSecret makes a signing secret as Polar does since September 2026: a key of 32 bytes.
func standardSecret(d webhook.Draw) string {
	key := d.Bytes("polar.webhook_secret")
	return secretStandard + base64.StdEncoding.EncodeToString(key[:])
}
