package hosted

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/localcheckout/localcheckout/emulator/checkout"
	"github.com/localcheckout/localcheckout/emulator/provider"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
)

//go:embed assets
var assets embed.FS

// templates are read at the first page: most runs of the program, and of its commands, show none.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{"words": words, "id": elementID}).ParseFS(assets, "assets/*.html"))
})

// elementID is the name of a field as part of an id.
func elementID(name string) string { return strings.ReplaceAll(name, ".", "-") }

// States of the page, each with a template of that name.
const (
	stateForm      = "form"
	stateChallenge = "challenge-step"
	stateInFlight  = "in-flight"
	statePaid      = "paid"    // seen again after it was paid
	stateReceipt   = "receipt" // the end of a page that leads nowhere else
	stateDone      = "done"    // in a frame: the page around it is told
	stateFailed    = "failed"
	stateExpired   = "expired"
	stateNotice    = "notice"
)

var states = map[checkout.Status]string{
	checkout.Open: stateForm, checkout.Confirmed: stateInFlight, checkout.Succeeded: statePaid, checkout.Failed: stateFailed, checkout.Expired: stateExpired,
}

func (v *visit) stateOf(s checkout.Status) string { return states[s] }

// notice is a page about no session.
type notice struct{ ID, Title, Text, Link, LinkText string }

// shown is what the templates see.
type shown struct {
	State, Title     string
	Provider         string
	Sandbox, Session string
	Attempt          int
	Style, Script    string // addresses
	Theme            string
	Notice           notice

	View      provider.View
	Items     []shownItem
	Rows      []shownRow
	Total     shownRow
	Submit    string
	Fields    []shownField
	Cards     []shownCard
	CardFault string
	Discount  *shownDiscount
	Declines  []string
	Delays    []delay
	Timings   []delay // of webhooks
	Message   string  // what the last submission came to
	Alert     bool    // it is bad news
	Ticket    string
	Action    string // address that forms are sent to
	Root      string
	Status    string // address that tells the status
	Return    string // address that leads on
	CancelsTo bool   // there is a page to turn back to
	Back      string // that page, where nothing can be paid any more; "" in a frame

	Embed shownEmbed
}

type shownItem struct{ Name, Note, Amount string }

type shownRow struct{ ID, Label, Amount string }

type shownField struct {
	provider.Field
	Fault string
}

type shownCard struct{ Value, Spaced, Brand, Does string }

type shownDiscount struct{ Code, Name, Fault, Value string }

// delay is one choice of a select of ours.
type delay struct{ Value, Label string }

// shownEmbed is what the script needs to talk to the page around the frame. Target is "" outside of
// frames.
type shownEmbed struct {
	On       bool
	Target   string // origin that messages go to
	Type     string // of the messages
	Loaded   bool   // to be told now
	Success  string // URL to be told
	Redirect bool   // the page around the frame is to go there
	Next     string // where the frame goes then
}

// show writes the page of the session in a state.
func (v *visit) show(w http.ResponseWriter, state string, a answer) {
	s := &v.rec.Session
	view := v.view(a.in)
	d := shown{
		State: state, Title: titles[state], Provider: v.p.Name(), Sandbox: v.box.Name(), Session: s.ID, Attempt: s.Attempt, Theme: v.theme, View: view,
		Ticket: v.tickets.issue(s.ID), Action: v.at(""), Root: v.at(""), Status: v.at(stepStatus), Return: v.at(stepReturn),
		Message: a.message, Alert: a.status >= http.StatusBadRequest, CancelsTo: webURL(view.CancelURL) != "", CardFault: a.faults[fieldNumber],
		Declines: v.p.DeclineCodes(),
	}
	if d.Message == "" && state == stateForm && s.DeclineCode != "" {
		d.Message, d.Alert = declinedText(s.DeclineCode), true
	}
	if (state == stateFailed || state == stateExpired) && !v.embed {
		d.Back = webURL(view.CancelURL)
	}
	d.price(view)
	for _, f := range view.Fields {
		d.Fields = append(d.Fields, shownField{f, a.faults[f.Name]})
	}
	if view.Means != "" && state == stateForm {
		d.Cards = v.instruments()
	}
	for _, t := range sandbox.Timings() {
		d.Timings = append(d.Timings, delay{string(t), words(string(t))})
	}
	for _, text := range delays {
		after, _ := time.ParseDuration(text)
		d.Delays = append(d.Delays, delay{text, plainly(after)})
	}
	if view.Discount != nil {
		d.Discount = &shownDiscount{Code: view.Discount.Code, Name: view.Discount.Name, Fault: a.faults["discount_code"], Value: a.in["discount_code"]}
	}
	v.embedding(&d, view, state, a)
	v.write(w, pageStatus(state, a), d)
}

var titles = map[string]string{
	stateForm: "Checkout", stateChallenge: "Confirm it’s you", stateInFlight: "Payment in progress", statePaid: "Already paid",
	stateReceipt: "Thank you", stateDone: "Paid", stateFailed: "Payment failed", stateExpired: "Checkout expired",
}

func pageStatus(state string, a answer) int {
	switch {
	case a.status != 0:
		return a.status
	case state == stateExpired:
		return http.StatusGone
	}
	return http.StatusOK
}

func (d *shown) price(v provider.View) {
	for _, item := range v.Items {
		out := shownItem{Name: item.Name, Note: item.Note, Amount: money(item.Amount, v.Currency)}
		if item.Quantity != "" && item.Quantity != "1" {
			out.Note = item.Quantity + " × " + money(item.Unit, v.Currency)
			if item.Note != "" {
				out.Note += " · " + item.Note
			}
		}
		d.Items = append(d.Items, out)
	}
	for _, row := range v.Rows {
		d.Rows = append(d.Rows, shownRow{row.ID, row.Label, money(row.Amount, v.Currency)})
	}
	d.Total = shownRow{v.Total.ID, v.Total.Label, money(v.Total.Amount, v.Currency)}
	if d.Submit = v.Submit; v.Priced {
		d.Submit += " " + d.Total.Amount
	}
}

func plainly(d time.Duration) string {
	switch {
	case d >= 24*time.Hour:
		return "1 day"
	case d >= time.Hour:
		return "1 hour"
	case d >= time.Minute:
		return "1 minute"
	}
	return "10 seconds"
}

// Types of the messages to the page around a frame.
const (
	messagePolar = "POLAR_CHECKOUT"
	// Ours, for the providers that document none: event is loaded, close, confirmed or success, as
	// Polar's are.
	messageOwn = "LOCALCHECKOUT"
)

// embedding says what the script tells the page around the frame.
//
// Source: Polar's embed script, @polar-sh/checkout, and its web client of 2026-08: loaded, close,
// confirmed, success; the page around goes to a success URL of the merchant, the frame to one of the
// page's own.
func (v *visit) embedding(d *shown, view provider.View, state string, a answer) {
	e := shownEmbed{On: v.embed, Type: messagePolar, Target: webOrigin(view.EmbedOrigin)}
	if view.Frames {
		e.Type, e.Target = messageOwn, "*"
	}
	if d.Embed = e; !v.embed || e.Target == "" {
		d.Embed.Target = ""
		return
	}
	d.Embed.Loaded = state != stateDone && state != stateReceipt && a.status == 0 && v.req.URL.Query().Get("again") == ""
	if state == stateDone {
		to := v.destination()
		own := to == "" || strings.HasPrefix(to, v.base+v.root)
		d.Embed.Success, d.Embed.Redirect = to, !own
		if own {
			d.Embed.Next = v.at(stepConfirmation)
			d.Embed.Success = v.base + d.Embed.Next
		}
	}
}

// webOrigin returns the origin of an http or https URL in its plain form, "" for anything else: it
// becomes part of a header.
func webOrigin(text string) string {
	u, err := url.Parse(text)
	if err != nil || webURL(text) == "" || strings.ContainsFunc(u.Host, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]", r)
	}) {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

func (v *visit) notice(w http.ResponseWriter, status int, n notice) {
	v.write(w, status, shown{State: stateNotice, Title: n.Title, Notice: n, Theme: v.theme})
}

func (v *visit) write(w http.ResponseWriter, status int, d shown) {
	d.Style, d.Script = assetURL("page.css"), assetURL("page.js")
	var page bytes.Buffer
	if err := templates().ExecuteTemplate(&page, "page", d); err != nil {
		http.Error(w, "The checkout page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	v.headers(w, d.View)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes())
}

// machineOrigins are where pages of this machine come from.
const machineOrigins = "'self' http://localhost:* http://127.0.0.1:* http://*.localhost:* https://localhost:* https://127.0.0.1:*"

// headers keeps the page to itself: nothing from elsewhere, no frame but the merchant's, no address in
// a referrer, nothing stored. Forms may lead to any http page, as browsers hold the merchant's
// own redirects against form-action, too.
func (v *visit) headers(w http.ResponseWriter, view provider.View) {
	ancestors := "'none'"
	if origin := webOrigin(view.EmbedOrigin); origin != "" {
		ancestors = origin
	} else if view.Frames {
		ancestors = machineOrigins
	} else {
		w.Header().Set("X-Frame-Options", "DENY")
	}
	Protect(w.Header(), "'self' http: https:", ancestors)
	if v.box != nil {
		w.Header().Set("X-Sandbox", v.box.Name())
	}
}

// Protect sets the headers of a page that loads nothing but the emulator's own files, runs no inline
// script, tells its address to nobody else and is not stored. formAction and ancestors are sources of
// the Content-Security-Policy.
func Protect(h http.Header, formAction, ancestors string) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "+
		"base-uri 'none'; form-action "+formAction+"; frame-ancestors "+ancestors)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
}

// statusWait is how long a page waits for its session to become another.
const statusWait = 25 * time.Second

// status tells how the session stands, at the latest when it is no longer as the page last saw it.
func (v *visit) status(w http.ResponseWriter) {
	seen := v.req.URL.Query().Get("seen")
	ctx, cancel := context.WithTimeout(v.req.Context(), statusWait)
	defer cancel()
	for since := v.box.LastEvent(); ; {
		events, more := v.box.Events(since)
		if n := len(events); n > 0 {
			since = events[n-1].Seq
		}
		v.refresh()
		if string(v.rec.Session.Status) != seen {
			break
		}
		select {
		case <-more:
			continue
		case <-ctx.Done():
		case <-v.drained:
		}
		break
	}
	v.headers(w, provider.View{})
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"status":"` + string(v.rec.Session.Status) + `"}`))
}
