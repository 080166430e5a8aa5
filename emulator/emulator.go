// Package emulator is localcheckout as a Go library: a server that stands in for the checkout
// sessions of several payment providers.
//
//	func TestCheckout(t *testing.T) {
//		emu := emulator.Run(t)
//		shop := NewShop(emu.URL("polar"), emu.Credential("polar"))
//		id := shop.Checkout("focaccia")
//		emu.Must(t).Pay(id)
//		emu.Must(t).Advance(24 * time.Hour)
//	}
package emulator

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/client"
	"github.com/localcheckout/localcheckout/emulator/control"
	"github.com/localcheckout/localcheckout/emulator/hosted"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/provider/all"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/server"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// Options is the whole configuration. The zero value is a working emulator.
type Options struct {
	// Seed determines every id, token and invented datum. Zero is a seed like any other.
	Seed uint64
	// Start is where the clocks of all sandboxes begin; zero: wall time.
	Start time.Time
	// Profiles choose the vintage of a provider's API, by provider; absent: the current one.
	Profiles map[string]string
	// Keys are the credentials that a provider accepts, by provider; absent: every well-formed one.
	Keys map[string]api.Keyring
	// Fixtures are what every sandbox begins with beyond the built-in catalog, or instead of an object
	// of the same id.
	Fixtures client.Fixtures
	// FixturesAlone are resources, such as "polar.products", of which sandboxes begin with nothing but
	// Fixtures.
	FixturesAlone []string
	// Webhooks are endpoints that every sandbox has from the start, also after a reset.
	Webhooks []Webhook
	// SignedInSandboxTime puts the sandbox's time into the signatures of webhooks. Without it that is wall
	// time, which receivers compare with their own clock.
	SignedInSandboxTime bool
	// WebhookTransport carries webhooks, such as to a receiver in the same process; nil: the network.
	WebhookTransport http.RoundTripper
	// PublicURL begins every link in answers; "": the scheme and host of the request.
	PublicURL string
	// ControlToken is the bearer token that calls of the control API must carry; "": none.
	ControlToken string
	// Strict has every provider refuse members of a body that nothing reads.
	Strict bool
	// Version is told by the control API; "": "dev".
	Version string
	// Inspect is called with every response that breaks its own document; nil: none is checked.
	Inspect func(surface, operation string, err error)
	// Logger gets errors, and with Verbose one line for each exchange; nil: nothing is logged.
	Logger  *slog.Logger
	Verbose bool

	// Providers are further providers, beside the built-in ones.
	Providers []all.Named
}

// Emulator is a running set of providers behind one http.Handler. Make one with [New] or [Run].
//
// Every operation of the control API is a method of it, by the [client.Client] in it, which reaches
// the handler without a socket.
type Emulator struct {
	*client.Client
	handler   *server.Server
	providers []provider.Provider
	keys      map[string]api.Keyring
	token     string // of the control API, or ""
	sandboxes *sandbox.Set
	checkouts *hosted.Hosted // the hosted pages
	shelf     *shelf         // the fixtures
	sandbox   string         // that the client chooses
}

// New makes an emulator. It fails when an option names what does not exist, and when a document,
// its handlers or a catalog are broken.
func New(o Options) (*Emulator, error) {
	e, err := Start(o)
	if err != nil {
		return nil, err
	}
	if err := e.Ready(); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// Start is [New] without waiting: documents are read when a request first needs them, or [Emulator.Ready]
// is called, which tells what is broken in them.
func Start(o Options) (*Emulator, error) {
	providers, err := o.providers()
	if err != nil {
		return nil, err
	}
	added, err := additions(providers, o.Fixtures)
	if err != nil {
		return nil, err
	}
	e := &Emulator{providers: providers, shelf: &shelf{options: o, providers: providers, added: added}, keys: o.Keys, token: o.ControlToken}
	so := sandbox.Options{Seed: o.Seed, Start: o.Start, Dialects: map[string]sandbox.Dialect{}, Catalog: o.catalog(providers, added)}
	so.Version, so.Answers = o.Version, api.Answers
	for _, p := range providers {
		so.Dialects[p.Name()] = withResources(p)
	}
	so.SignedInSandboxTime = o.SignedInSandboxTime
	if o.WebhookTransport != nil {
		so.Sender = webhook.NewSender(o.WebhookTransport)
	}
	if so.Webhooks, err = o.webhooks(so.Dialects); err != nil {
		return nil, err
	}
	e.sandboxes = sandbox.NewSet(so)
	surfaces := []api.Surface{control.New(control.Options{
		Version: o.Version, Providers: providers, Keys: o.Keys, Sandboxes: e.sandboxes, Token: o.ControlToken,
		Own: func(req *http.Request) (*http.Response, error) { return inProcess{e.handler.Unseen()}.RoundTrip(req) },
	})}
	for _, p := range providers {
		surfaces = append(surfaces, p)
	}
	e.checkouts = hosted.New(hosted.Options{Providers: providers, Sandboxes: e.sandboxes, PublicURL: o.PublicURL})
	e.handler, err = server.New(server.Options{
		Surfaces: surfaces, Sandboxes: e.sandboxes, PublicURL: o.PublicURL,
		Pages: e.pages(true), PagePrefixes: hosted.Prefixes(), Logger: o.Logger, Verbose: o.Verbose, Inspect: o.inspect(), Strict: o.Strict,
	})
	if err != nil {
		return nil, err
	}
	return e, e.at("http://localhost")
}

// Ready looks at what has not been needed yet, and tells what is broken: a document, its handlers, the catalog
// of one of [Options.Providers].
func (e *Emulator) Ready() error {
	return errors.Join(e.shelf.check(), e.handler.Ready())
}

// Handler serves everything: providers below their names, the control API below /_control.
func (e *Emulator) Handler() http.Handler { return e.handler }

// Parts divides what [Emulator.Handler] serves in two: the control API alone, and everything else.
// Links in answers of the control API go to the given port, where the rest is served; "" is the port
// that the request came to.
func (e *Emulator) Parts(port string) (control, rest http.Handler) {
	isControl := func(surface string) bool { return surface == controlName }
	control = e.handler.Part(isControl, e.controlPages(), port)
	rest = e.handler.Part(func(surface string) bool { return !isControl(surface) }, e.pages(false), "")
	return control, rest
}

// controlName is the name of the control API's surface.
const controlName = "control"

// Only serves one provider at the root, for clients that refuse a base path.
func (e *Emulator) Only(name string) (http.Handler, error) { return e.handler.Only(name) }

// Providers lists the names of the providers, in the order in which they are shown.
func (e *Emulator) Providers() []string {
	names := make([]string, len(e.providers))
	for i, p := range e.providers {
		names[i] = p.Name()
	}
	return names
}

// ProviderNames lists the providers that [New] makes.
func ProviderNames() []string {
	var names []string
	for _, m := range all.Makers() {
		names = append(names, m.Name)
	}
	return names
}

// Close stops the clocks and ends what lasts. It may be called twice.
func (e *Emulator) Close() {
	e.Drain()
	e.sandboxes.Close()
}

// Drain ends streams, and calls that wait for something: an http.Server that shuts down would wait for
// them. It may be called twice.
func (e *Emulator) Drain() {
	e.checkouts.Drain()
	e.handler.Drain()
}

func (o Options) providers() ([]provider.Provider, error) {
	makers := slices.Concat(all.Makers(), o.Providers)
	known := make([]string, len(makers))
	for i, m := range makers {
		known[i] = m.Name
	}
	if err := knownNames("profile", o.Profiles, known); err != nil {
		return nil, err
	}
	if err := knownNames("key", o.Keys, known); err != nil {
		return nil, err
	}
	var out []provider.Provider
	for _, m := range makers {
		if slices.ContainsFunc(o.Keys[m.Name], func(g api.Grant) bool { return api.LooksLive(g.Key) }) {
			return nil, fmt.Errorf("a key is given for %s: %w", m.Name, api.ErrLiveKey)
		}
		p, err := m.New(provider.Options{Profile: o.Profiles[m.Name], Keys: o.Keys[m.Name]})
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func knownNames[V any](what string, given map[string]V, known []string) error {
	for name := range given {
		if !slices.Contains(known, name) {
			return fmt.Errorf("a %s is given for %q; the providers are %s", what, name, strings.Join(known, ", "))
		}
	}
	return nil
}

func (o Options) inspect() func(*api.Request, error) {
	if o.Inspect == nil {
		return nil
	}
	return func(r *api.Request, err error) { o.Inspect(r.Prefix, r.Operation, err) }
}

// EvictIdle drops, from now on, sandboxes that were not used for so long, in real time. One with a request
// that is being answered, a wait or a stream among them, stays.
func (e *Emulator) EvictIdle(after time.Duration) { e.sandboxes.EvictIdle(after) }
