package api

import (
	"errors"
	"testing"

	"github.com/localcheckout/localcheckout/emulator/checkout"
)

func TestSandboxOf(t *testing.T) {
	for credential, want := range map[string]string{
		"":                        "",
		"sk_test_abc":             "",
		"sk_test_sandbox_w1":      "w1",
		"polar_oat_sandbox_w-1.x": "w-1.x",
		"sandbox_w1":              "w1",
		"sk_test_mysandbox_w1":    "",
		"sk_test_sandbox_":        "",
		"sk_live_sandbox_w1":      "",
	} {
		if got := SandboxOf(credential); got != want {
			t.Errorf("SandboxOf(%q) = %q; want %q", credential, got, want)
		}
	}
}

func TestKeyring(t *testing.T) {
	ring := Keyring{{Key: "all"}, {Key: "some", Scopes: []string{"read"}}}
	for _, tt := range []struct {
		ring       Keyring
		key, scope string
		known, may bool
	}{
		{nil, "anything", "read", true, true},
		{ring, "anything", "read", false, true},
		{ring, "all", "write", true, true},
		{ring, "some", "read", true, true},
		{ring, "some", "write", true, false},
	} {
		g, known := tt.ring.Find(tt.key)
		if known != tt.known || g.Allows(tt.scope) != tt.may {
			t.Errorf("%s may %s: %v, %v; want %v, %v", tt.key, tt.scope, known, g.Allows(tt.scope), tt.known, tt.may)
		}
	}
}

func TestLooksLive(t *testing.T) {
	for credential, want := range map[string]bool{
		"": false, "sk_test_1": false, "polar_oat_live": false, "sk_live": false, "x_sk_live_1": false,
		"sk_live_1": true, "pk_live_1": true, "rk_live_1": true, "sk_live_": true,
	} {
		if got := LooksLive(credential); got != want {
			t.Errorf("LooksLive(%q) = %v; want %v", credential, got, want)
		}
	}
}

// The caller reads the dialect's words, the journal and the log ours.
func TestRefuseLive(t *testing.T) {
	var known *checkout.Error
	err := RefuseLive("no such key")
	if !errors.Is(err, ErrLiveKey) || !errors.As(err, &known) || known.Message != "no such key" || err.Error() != ErrLiveKey.Error() {
		t.Errorf("RefuseLive = %v, %+v", err, known)
	}
	if errors.As(RefuseLive(""), &known); known.Message != ErrLiveKey.Error() || known.Code != checkout.CodeUnauthorized {
		t.Errorf("without words: %+v", known)
	}
}

// TestCredentialFor: what is made for a sandbox selects it.
func TestCredentialFor(t *testing.T) {
	ring := Keyring{{Key: "sk_one"}, {Key: "sk_two_sandbox_w1"}}
	for _, tt := range []struct {
		example string
		keys    Keyring
		sandbox string
		want    string
	}{
		{"polar_oat_localcheckout", nil, "", "polar_oat_localcheckout"},
		{"polar_oat_localcheckout", nil, "default", "polar_oat_localcheckout"},
		{"polar_oat_localcheckout", nil, "w1", "polar_oat_sandbox_w1"},
		{"sk_test_localcheckout", nil, "w_1.x", "sk_test_sandbox_w_1.x"},
		{"sk_test_localcheckout", ring, "", "sk_one"},
		{"sk_test_localcheckout", ring, "w1", "sk_two_sandbox_w1"},
		{"sk_test_localcheckout", ring, "w2", "sk_one"},
	} {
		got := CredentialFor(tt.example, tt.keys, tt.sandbox)
		if got != tt.want {
			t.Errorf("CredentialFor(%q, %v, %q) = %q; want %q", tt.example, tt.keys, tt.sandbox, got, tt.want)
		}
		if selected := SandboxOf(got); tt.keys == nil && tt.sandbox != "default" && selected != tt.sandbox {
			t.Errorf("%q selects the sandbox %q; want %q", got, selected, tt.sandbox)
		}
	}
}
