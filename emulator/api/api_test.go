package api

import "testing"

func TestSandboxOf(t *testing.T) {
	for credential, want := range map[string]string{
		"":                        "",
		"sk_test_abc":             "",
		"sk_test_sandbox_w1":      "w1",
		"polar_oat_sandbox_w-1.x": "w-1.x",
		"sandbox_w1":              "w1",
		"sk_test_mysandbox_w1":    "",
		"sk_test_sandbox_":        "",
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
