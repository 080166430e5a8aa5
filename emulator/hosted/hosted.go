// Package hosted is the checkout page that the url of every session leads to: where a person, or a
// script that stands in for one, pays, is refused, or turns back.
//
// The pages are rendered here and need no script; a little of our own makes them quicker to use. They
// ask for nothing outside of this server, set no cookie, and take no card but the test cards.
//
// Source: ours, but for what a provider documents of its own page; see each dialect's page.go.
package hosted

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

// Prefixes begin the paths of the pages and what belongs to them.
func Prefixes() []string { return []string{"/checkout/", "/pay/", assetPrefix} }

// Options is how the pages are made. Providers and Sandboxes are required.
type Options struct {
	Providers []provider.Provider
	Sandboxes *sandbox.Set
	// PublicURL begins links, as in the server; "": the scheme and host of the request.
	PublicURL string
}

// Hosted serves the pages. Make one with [New].
type Hosted struct {
	providers map[string]provider.Provider
	set       *sandbox.Set
	public    string
	tickets   tickets
	drained   chan struct{} // closed by drain
	drain     func()
}

// New returns the pages over the sandboxes of the providers.
func New(o Options) *Hosted {
	h := &Hosted{
		providers: map[string]provider.Provider{}, set: o.Sandboxes, public: strings.TrimSuffix(o.PublicURL, "/"),
	}
	for _, p := range o.Providers {
		h.providers[p.Name()] = p
	}
	_, _ = rand.Read(h.tickets.key[:]) // never fails
	h.drained = make(chan struct{})
	h.drain = sync.OnceFunc(func() { close(h.drained) })
	return h
}

// Drain ends the calls of pages that wait for their sessions, now and later. It may be called twice.
func (h *Hosted) Drain() { h.drain() }

// visit is one look at the page of one session.
type visit struct {
	*Hosted
	req  *http.Request
	box  *sandbox.Sandbox
	rec  *sandbox.Record
	p    provider.Provider
	page provider.Page // nil: the provider has none of its own
	root string        // path of the session's page
	base string        // scheme and host
	// embed and theme are what the frame of a merchant's page asks for.
	embed bool
	theme string // "light", "dark" or ""
	// timing is when the webhooks of what the customer does are sent, batch those webhooks.
	timing sandbox.Timing
	batch  *sandbox.Batch
}

// ServeHTTP implements http.Handler.
func (h *Hosted) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if strings.HasPrefix(req.URL.Path, assetPrefix) {
		asset(w, req)
		return
	}
	v := &visit{Hosted: h, req: req, base: h.baseOf(req)}
	q := req.URL.Query()
	v.embed = q.Get("embed") == "true"
	if theme := q.Get("theme"); theme == "light" || theme == "dark" {
		v.theme = theme
	}
	if !h.trusts(req.Host) {
		v.notice(w, http.StatusForbidden, notice{ID: "refused", Title: "This address is not trusted", Text: "Open the page by localhost, an IP address, a container’s name, or the address that --public-url names."})
		return
	}
	step, ok := v.find(req.URL.Path)
	if !ok {
		v.notice(w, http.StatusNotFound, notice{ID: "unknown", Title: "No such checkout", Text: "No session has this address. It may belong to a sandbox that was reset, or to an earlier run."})
		return
	}
	switch {
	case req.Method == http.MethodPost && step == "":
		v.post(w)
	case req.Method == http.MethodGet || req.Method == http.MethodHead:
		v.get(w, step)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		v.notice(w, http.StatusMethodNotAllowed, notice{ID: "refused", Title: "This method is not served", Text: "Open the page with GET; its forms use POST."})
	}
}

func (h *Hosted) baseOf(req *http.Request) string {
	if h.public != "" {
		return h.public
	}
	if req.TLS != nil {
		return "https://" + req.Host
	}
	return "http://" + req.Host
}

// trusts tells whether a host is this machine's or the one that the operator named.
func (h *Hosted) trusts(host string) bool {
	u, err := url.Parse(h.public)
	return api.TrustedHost(host) || err == nil && u.Host == host
}

// find looks up the session of a path, and what of its page is asked for.
func (v *visit) find(path string) (step string, ok bool) {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	key, step, _ := strings.Cut(rest, "/")
	if v.box = v.set.WithSession(key); key == "" || v.box == nil {
		return "", false
	}
	var err error
	if v.rec, err = v.box.FindSecret(key); err != nil {
		if v.rec, err = v.box.Find(key); err != nil {
			return "", false
		}
	}
	if v.p = v.providers[v.rec.Session.Provider]; v.p == nil {
		return "", false
	}
	v.page, _ = v.p.(provider.Page)
	v.root = "/" + kind + "/" + key
	// By its own address, or by the secret that the customer's browser has: an id does not open a
	// session that is reached by its secret.
	return step, v.p.URL(v.rec.Session, "") == v.root || kind == "checkout" && key == v.rec.Session.ClientSecret
}

// Steps of a session's page, below its address.
const (
	stepChallenge    = "challenge"
	stepConfirmation = "confirmation" // the end of a page that leads nowhere else
	stepReturn       = "return"       // leads on to where the customer goes
	stepDone         = "done"         // tells the page around the frame
	stepStatus       = "status"
)

func (v *visit) get(w http.ResponseWriter, step string) {
	status := v.rec.Session.Status
	paid := status == checkout.Succeeded
	switch {
	case step == "":
		v.show(w, v.stateOf(status), answer{})
	case step == stepStatus:
		v.status(w)
	case step == stepChallenge && (status == checkout.Open || status == checkout.Confirmed):
		v.show(w, stateChallenge, answer{})
	case step == stepConfirmation && paid:
		v.show(w, stateReceipt, answer{})
	case step == stepDone && paid:
		v.show(w, stateDone, answer{})
	case step == stepReturn && (paid || v.landsInFlight()):
		v.redirect(w, v.landing())
	case step == stepChallenge, step == stepConfirmation, step == stepDone, step == stepReturn:
		v.redirect(w, v.at(""))
	default:
		v.notice(w, http.StatusNotFound, notice{ID: "unknown", Title: "No such page", Text: "The session exists, this part of its page does not."})
	}
}

// at is the address of a step of the page, with what the frame asked for.
func (v *visit) at(step string) string {
	to := v.root
	if step != "" {
		to += "/" + step
	}
	q := url.Values{}
	if v.embed {
		q.Set("embed", "true")
	}
	if v.theme != "" {
		q.Set("theme", v.theme)
	}
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}

// redirect sends the browser on. Addresses of this page are paths.
func (v *visit) redirect(w http.ResponseWriter, to string) {
	v.headers(w, provider.View{})
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// landing is where a customer who has paid goes: the merchant's page, or the end of this one. In a
// frame it is the step that tells the page around it.
func (v *visit) landing() string {
	if v.embed {
		return v.at(stepDone)
	}
	if to := v.destination(); to != "" {
		return to
	}
	return v.at(stepConfirmation)
}

// destination is the merchant's page for a paid session; "" when there is none that a browser may be
// sent to.
func (v *visit) destination() (to string) {
	if v.page == nil {
		return webURL(v.rec.Session.SuccessURL)
	}
	v.box.View(func(tx *sandbox.Tx) { to = v.page.Landing(tx, &v.rec.Session, v.base) })
	return webURL(to)
}

// webURL returns an absolute http or https URL as it is, and "" for anything else: a browser must not
// be sent to javascript: or data: URLs, however they got into a session.
func webURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return text
}

func (v *visit) landsInFlight() bool {
	return v.rec.Session.Status == checkout.Confirmed && v.view(nil).LandsInFlight
}

// view is what the page shows, of the provider's making or, for one without a page, of the amount.
func (v *visit) view(in provider.Entries) (out provider.View) {
	s := &v.rec.Session
	if v.page == nil {
		return provider.View{
			Currency: s.Currency, Means: "Card number", Submit: "Pay", Priced: true, CancelURL: s.CancelURL,
			Total: provider.PageRow{ID: "total", Label: "Total", Amount: s.Amount},
		}
	}
	v.box.View(func(tx *sandbox.Tx) { out = v.page.View(tx, s, in) })
	return out
}

// codeOf returns the code of an error of the core, or "".
func codeOf(err error) checkout.Code {
	var known *checkout.Error
	if errors.As(err, &known) {
		return known.Code
	}
	return ""
}
