package hosted_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/checkout"
)

// paidCards and declinedCards are one of each provider's.
var (
	paidCards     = map[string]string{"polar": "4242 4242 4242 4242", "tilled": "4111111111111111", "leanrails": "4242-4242-4242-4242", "bias": "4242424242424242"}
	declinedCards = map[string]string{"polar": "4000000000009995", "leanrails": "pm_card_insufficient_funds", "bias": "4000000000009995"}
	askingCards   = map[string]string{"polar": "4000 0025 0000 3155", "leanrails": "pm_card_3ds_required"}
	landings      = map[string]string{
		"polar": `^https://shop\.example/thanks\?checkout=ID&customer_session_token=polar_cst_\w+$`, "tilled": `^https://shop\.example/thanks$`,
		"leanrails": `^https://shop\.example/thanks\?session=ID$`, "bias": `^/checkout/\w+/confirmation$`,
	}
)

func providers() []string { return slices.Sorted(maps.Keys(merchants)) }

// lands checks that the customer was sent to where the provider sends them, placeholders filled.
func lands(t testing.TB, provider, id string, p page) {
	t.Helper()
	want := strings.ReplaceAll(landings[provider], "ID", regexp.QuoteMeta(id))
	if p.status != http.StatusSeeOther || !regexp.MustCompile(want).MatchString(p.location) {
		t.Errorf("the customer got %d, Location %q, %q %q; want 303 and %s", p.status, p.location, p.at("message"), faultsOf(p), want)
	}
}

// TestCardPays: a test card pays, what was typed is kept, and the customer lands where the merchant
// said.
func TestCardPays(t *testing.T) {
	for _, provider := range providers() {
		t.Run(provider, func(t *testing.T) {
			w := newWorld(t)
			s, path := w.create(provider)
			lands(t, provider, s.ID, w.press(path, "pay", with(provider, paidCards[provider])))
			if diff := cmp.Diff([]string{"session.confirmed", "session.succeeded"}, w.events(s.ID)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if got := w.emu.Must(t).Session(s.ID).Status; got != checkout.Succeeded {
				t.Errorf("status = %s", got)
			}
			if p := w.get(path); !p.has("paid") || p.status != http.StatusOK {
				t.Errorf("seen again: %d %s", p.status, p.text)
			}
		})
	}
}

// TestOtherVintages: the page pays in the other profiles, too.
func TestOtherVintages(t *testing.T) {
	w := newWorld(t, emulator.Options{Profiles: map[string]string{"polar": "2025-02", "bias": "b3", "leanrails": "lenient"}})
	for _, provider := range providers() {
		s, path := w.create(provider)
		lands(t, provider, s.ID, w.press(path, "pay", with(provider, paidCards[provider])))
	}
}

// TestOutcomes plays every outcome on every provider's page.
func TestOutcomes(t *testing.T) {
	for _, provider := range providers() {
		t.Run(provider, func(t *testing.T) {
			w := newWorld(t)
			for _, code := range codes(w, provider) {
				s, path := w.create(provider)
				p := w.press(path, "decline:"+code, nil)
				if p.status != http.StatusPaymentRequired || !strings.Contains(p.at("message"), strings.ReplaceAll(code, "_", " ")) {
					t.Errorf("decline %s = %d %q", code, p.status, p.at("message"))
				}
				if got := w.emu.Must(t).Session(s.ID); got.Status != checkout.Open || got.DeclineCode != code {
					t.Errorf("decline %s left the session %s with %q", code, got.Status, got.DeclineCode)
				}
				if again := w.get(path); !strings.Contains(again.at("message"), strings.ReplaceAll(code, "_", " ")) {
					t.Errorf("seen again after %s: %q", code, again.at("message"))
				}
			}
			s, path := w.create(provider)
			lands(t, provider, s.ID, w.press(path, "paid", nil))

			if declinedCards[provider] == "" {
				return
			}
			s, path = w.create(provider)
			p := w.press(path, "pay", with(provider, declinedCards[provider]))
			if p.status != http.StatusPaymentRequired || !strings.Contains(p.text, "ada@example.com") {
				t.Errorf("a card that declines = %d; want 402 and what was typed still in the form", p.status)
			}
			if got := w.events(s.ID); !slices.Equal(got, []string{"payment.declined"}) {
				t.Errorf("events after a card that declines: %v", got)
			}
		})
	}
}

// codes are the decline codes that the page offers.
func codes(w *world, provider string) []string {
	_, path := w.create(provider)
	var out []string
	for _, found := range regexp.MustCompile(`value="decline:(\w+)"`).FindAllStringSubmatch(w.get(path).text, -1) {
		out = append(out, found[1])
	}
	if len(out) < 4 {
		w.t.Fatalf("the page of %s offers %v", provider, out)
	}
	return out
}

// TestChallenge: 3-D Secure is a page of its own that is passed or failed, by card or by button.
func TestChallenge(t *testing.T) {
	for _, provider := range providers() {
		t.Run(provider, func(t *testing.T) {
			w := newWorld(t)
			s, path := w.create(provider)
			p := w.press(path, "pay", with(provider, askingCards[provider]))
			if askingCards[provider] == "" { // no card asks; the button does
				p = w.press(path, "challenge", nil)
			}
			if p.status != http.StatusSeeOther || p.location != path+"/challenge" {
				t.Fatalf("the card that asks = %d %q", p.status, p.location)
			}
			if got := w.emu.Must(t).Session(s.ID).Status; got == checkout.Succeeded {
				t.Errorf("paid before the challenge was passed")
			}
			ask := w.get(path + "/challenge")
			if !ask.has("challenge") || ask.at("total") == "" {
				t.Fatalf("challenge page = %d %s", ask.status, ask.text)
			}
			lands(t, provider, s.ID, w.post(path, ask.ticket(), "pass", nil))
			if got := w.emu.Must(t).Session(s.ID).Status; got != checkout.Succeeded {
				t.Errorf("status = %s after passing", got)
			}

			s, path = w.create(provider)
			if p := w.press(path, "challenge", nil); p.location != path+"/challenge" {
				t.Fatalf("the button = %d %q", p.status, p.location)
			}
			w.post(path, w.get(path+"/challenge").ticket(), "fail", nil)
			got := w.emu.Must(t).Session(s.ID)
			if got.Status != checkout.Open || got.DeclineCode == "" {
				t.Errorf("failed challenge left the session %s with %q; want it open to try again", got.Status, got.DeclineCode)
			}
			lands(t, provider, s.ID, w.press(path, "paid", nil))
		})
	}
}

// TestPending: a payment in flight ends on the sandbox's clock.
func TestPending(t *testing.T) {
	for _, provider := range providers() {
		t.Run(provider, func(t *testing.T) {
			w := newWorld(t)
			must := w.emu.Must(t)
			must.Freeze()
			s, path := w.create(provider)
			p := w.press(path, "pending-paid", url.Values{"after": {"1h0m0s"}})
			if provider == "tilled" { // complete as soon as it is in flight
				lands(t, provider, s.ID, p)
			} else if p.location != path || !w.get(path).has("in-flight") {
				t.Errorf("in flight = %d %q", p.status, p.location)
			}
			must.Advance(time.Hour - time.Second)
			if got := must.Session(s.ID).Status; got != checkout.Confirmed {
				t.Errorf("status = %s a second before", got)
			}
			must.Advance(time.Second)
			if got := must.Session(s.ID).Status; got != checkout.Succeeded {
				t.Errorf("status = %s when it is due", got)
			}
			lands(t, provider, s.ID, w.get(path+"/return"))

			s, path = w.create(provider)
			w.press(path, "pending-failed", nil)
			must.Advance(10 * time.Second)
			got := must.Session(s.ID)
			if want := map[string]checkout.Status{"tilled": checkout.Failed}[provider]; got.Status != want && (want != "" || got.Status != checkout.Open) {
				t.Errorf("status = %s after it failed", got.Status)
			}
			if p := w.get(path); got.Status == checkout.Failed && !p.has("failed") || got.Status == checkout.Open && p.at("message") == "" {
				t.Errorf("the page after it failed: %s", p.text)
			}
		})
	}
}

// TestAmountsDecide: Tilled's amounts decline whatever card, and its bank debits take days.
func TestAmountsDecide(t *testing.T) {
	w := newWorld(t)
	price := func(amount int) body {
		return body{"line_items": []any{body{"quantity": 1, "price_data": body{"currency": "usd", "unit_amount": amount, "product_data": body{"name": "Oven"}}}}}
	}
	s, path := w.create("tilled", price(777701))
	if p := w.press(path, "pay", with("tilled", "4111111111111111")); p.status != http.StatusPaymentRequired || !strings.Contains(p.at("message"), "insufficient funds") {
		t.Errorf("$7,777.01 by card = %d %q", p.status, p.at("message"))
	}
	s, path = w.create("tilled", body{"payment_intent_data": body{"payment_method_types": []string{"ach_debit"}}})
	if p := w.get(path); p.has("card-4111111111111111") || !p.has("card-011103093") {
		t.Error("a session for bank debits lists cards, or no banks")
	}
	lands(t, "tilled", s.ID, w.press(path, "pay", with("tilled", "011103093")))
	if got := w.emu.Must(t).Session(s.ID).Status; got != checkout.Confirmed {
		t.Errorf("a bank debit left the session %s", got)
	}
}

// TestFailsLater: a card that is confirmed and fails brings the customer back with the reason.
func TestFailsLater(t *testing.T) {
	w := newWorld(t)
	_, path := w.create("polar")
	if p := w.press(path, "pay", with("polar", "4000000000000341")); p.location != path {
		t.Fatalf("%d %q", p.status, p.location)
	}
	if p := w.get(path); !strings.Contains(p.at("message"), "card declined") {
		t.Errorf("the message says %q", p.at("message"))
	}
}

// TestInFlightButtons end a payment without waiting.
func TestInFlightButtons(t *testing.T) {
	w := newWorld(t)
	s, path := w.create("polar")
	w.emu.Must(t).Confirm(s.ID)
	w.press(path, "fail-in-flight", nil)
	if got := w.emu.Must(t).Session(s.ID).Status; got != checkout.Open {
		t.Errorf("status = %s after failing", got)
	}
	w.emu.Must(t).Confirm(s.ID)
	lands(t, "polar", s.ID, w.press(path, "settle", nil))
}

// TestCancel: turning back leads to the merchant and leaves the session open.
func TestCancel(t *testing.T) {
	for _, provider := range providers() {
		w := newWorld(t)
		s, path := w.create(provider)
		p := w.press(path, "cancel", nil)
		if provider == "bias" {
			if p.status != http.StatusOK || !strings.Contains(p.at("message"), "no page to return to") {
				t.Errorf("bias: %d %q", p.status, p.at("message"))
			}
		} else if p.status != http.StatusSeeOther || p.location != "https://shop.example/cart" {
			t.Errorf("%s: %d %q", provider, p.status, p.location)
		}
		if got := w.events(s.ID); !slices.Equal(got, []string{"session.canceled"}) {
			t.Errorf("%s: events %v", provider, got)
		}
	}
}

// TestEnds: sessions that cannot be paid say why.
func TestEnds(t *testing.T) {
	w := newWorld(t)
	must := w.emu.Must(t)
	s, path := w.create("polar")
	ticket := w.get(path).ticket()
	must.Expire(s.ID)
	if p := w.get(path); p.status != http.StatusGone || !p.has("expired") {
		t.Errorf("expired = %d %s", p.status, p.text)
	}
	if p := w.post(path, ticket, "paid", nil); p.status != http.StatusSeeOther || p.location != path {
		t.Errorf("paying an expired session = %d %q", p.status, p.location)
	}
	if got := must.Session(s.ID).Status; got != checkout.Expired {
		t.Errorf("status = %s", got)
	}
	for _, unknown := range []string{"/checkout/polar_c_nobody", "/checkout/", "/pay/x", path + "/nonsense", "/checkout/" + s.ID, "/pay/" + strings.TrimPrefix(path, "/checkout/")} {
		if p := w.get(unknown); p.status != http.StatusNotFound || !p.has("unknown") {
			t.Errorf("GET %s = %d", unknown, p.status)
		}
	}
	if p := w.get(path + "/challenge"); p.status != http.StatusSeeOther {
		t.Errorf("the challenge of an expired session = %d", p.status)
	}
}

// TestOnePayment: however often and from however many tabs it is submitted, one payment and one
// event come of it.
func TestOnePayment(t *testing.T) {
	for _, provider := range providers() {
		t.Run(provider, func(t *testing.T) {
			w := newWorld(t)
			s, path := w.create(provider)
			first, second := w.get(path).ticket(), w.get(path).ticket()
			if first == second {
				t.Fatal("two tabs have the same ticket")
			}
			var wg sync.WaitGroup
			answers := make([]page, 12)
			for i := range answers {
				ticket := first
				if i%3 == 2 {
					ticket = second
				}
				wg.Go(func() { answers[i] = w.post(path, ticket, "pay", with(provider, paidCards[provider])) })
			}
			wg.Wait()
			landed := 0
			for _, p := range answers {
				if p.status != http.StatusSeeOther {
					t.Errorf("a submission = %d %s", p.status, p.text)
				}
				if p.location != path {
					landed++
					lands(t, provider, s.ID, p)
				}
			}
			if landed == 0 {
				t.Error("nobody landed")
			}
			if got := w.events(s.ID); !slices.Equal(got, []string{"session.confirmed", "session.succeeded"}) {
				t.Errorf("events: %v", got)
			}
		})
	}
}

// TestOneDecline: a repeated submission of a refused payment is not refused a second time.
func TestOneDecline(t *testing.T) {
	w := newWorld(t)
	s, path := w.create("leanrails")
	ticket := w.get(path).ticket()
	first := w.post(path, ticket, "decline:generic_decline", nil)
	if again := w.post(path, ticket, "decline:generic_decline", nil); again.status != http.StatusSeeOther || again.location != path {
		t.Errorf("the repeated submission = %d %q", again.status, again.location)
	}
	if got := w.events(s.ID); !slices.Equal(got, []string{"payment.declined"}) {
		t.Errorf("events: %v", got)
	}
	if p := w.post(path, first.ticket(), "decline:generic_decline", nil); p.status != http.StatusPaymentRequired {
		t.Errorf("a second try from the page that came back = %d", p.status)
	}
}

// TestWait: the page of a payment in flight hears of its end at once.
func TestWait(t *testing.T) {
	w := newWorld(t)
	s, path := w.create("polar")
	w.emu.Must(t).Confirm(s.ID)
	heard := make(chan string, 1)
	go func() { heard <- w.get(path + "/status?seen=confirmed").text }()
	w.emu.Must(t).Settle(s.ID)
	if got := <-heard; got != `{"status":"succeeded"}` {
		t.Errorf("heard %s", got)
	}
}

// TestDrain: a page that waits does not keep the server from stopping.
func TestDrain(t *testing.T) {
	w := newWorld(t)
	s, path := w.create("polar")
	w.emu.Must(t).Confirm(s.ID)
	heard := make(chan string, 1)
	go func() { heard <- w.get(path + "/status?seen=confirmed").text }()
	w.emu.Drain()
	if got := <-heard; got != `{"status":"confirmed"}` {
		t.Errorf("heard %s", got)
	}
}

// TestAlone: where a provider is served alone, by port or by host, its sessions' pages are there too.
func TestAlone(t *testing.T) {
	w := newWorld(t)
	_, path := w.create("polar")
	alone, err := w.emu.Only("polar")
	if err != nil {
		t.Fatal(err)
	}
	for host, h := range map[string]http.Handler{"localhost:8080": alone, "polar.localhost:4747": w.emu.Handler()} {
		req, _ := http.NewRequest(http.MethodGet, "http://"+host+path, nil)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "The Sourdough Field Guide") {
			t.Errorf("%s%s = %d", host, path, rec.Code)
		}
	}
}

// TestSandboxByItself: the page finds the sandbox of its session without being told.
func TestSandboxByItself(t *testing.T) {
	w := newWorld(t)
	in := &world{t, w.emu.In("w7")}
	s, path := in.create("tilled")
	p := w.get(path)
	if p.at("sandbox") != "w7" || p.header.Get("X-Sandbox") != "w7" {
		t.Errorf("the strip says %q, the header %q", p.at("sandbox"), p.header.Get("X-Sandbox"))
	}
	lands(t, "tilled", s.ID, w.press(path, "paid", nil))
	if got := in.emu.Must(t).Session(s.ID).Status; got != checkout.Succeeded {
		t.Errorf("status = %s", got)
	}
}

// TestPublicURL: links and the check of origins follow the address that the operator names.
func TestPublicURL(t *testing.T) {
	w := newWorld(t, emulator.Options{PublicURL: "https://pay.team.example"})
	s, err := w.emu.Client.Session(t.Context(), func() string { s, _ := w.create("polar"); return s.ID }())
	if err != nil || !strings.HasPrefix(s.URL, "https://pay.team.example/checkout/") {
		t.Fatalf("url = %q, %v", s.URL, err)
	}
	path := strings.TrimPrefix(s.URL, "https://pay.team.example")
	p := w.post(path, w.get(path).ticket(), "paid", nil, "Host", "pay.team.example", "Origin", "https://pay.team.example", "Sec-Fetch-Site", "same-origin")
	lands(t, "polar", s.ID, p)
}
