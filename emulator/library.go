package emulator

import (
	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// Client returns a client of an emulator that runs elsewhere, at a base URL such as
// "http://127.0.0.1:4747". It has the same methods as an [Emulator].
func Client(base string, o client.Options) (*client.Client, error) { return client.New(base, o) }

// In returns the same emulator, whose calls, URLs and credentials choose another sandbox, which is
// made on first use. Closing either closes both.
func (e *Emulator) In(sandbox string) *Emulator {
	in := *e
	in.Client, in.sandbox = e.Client.In(sandbox), sandbox
	return &in
}

// Credential returns a credential that the provider accepts, and that chooses the emulator's sandbox
// where any is accepted; "" when there is no such provider.
func (e *Emulator) Credential(provider string) string {
	for _, p := range e.providers {
		if p.Name() == provider {
			return api.CredentialFor(p.Example(), e.keys[provider], e.sandbox)
		}
	}
	return ""
}

// at has the client say that the emulator is at a base URL: links in answers follow it.
func (e *Emulator) at(base string) (err error) {
	e.Client, err = client.New(base, client.Options{Sandbox: e.sandbox, Token: e.token, Transport: inProcess{e.handler}})
	return err
}
