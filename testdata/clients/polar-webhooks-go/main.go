// Command walk receives the webhooks that a running localcheckout sends for Polar, and has them verified by the
// Go library of Standard Webhooks, unmodified.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 go run .
//
// Every step prints "ok <step>"; the first that fails prints why and ends the process with 1.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func main() {
	w := &walk{base: os.Getenv("LOCALCHECKOUT_URL")}
	receiver := httptest.NewServer(http.HandlerFunc(w.receive))
	defer receiver.Close()
	w.hook = receiver.URL + "/hooks"
	for _, step := range []struct {
		name string
		run  func() error
	}{{"vector", w.vector}, {"older secret", w.older}, {"standard secret", w.standard}, {"both signatures", w.both}, {"later on", w.later}} {
		if err := step.run(); err != nil {
			fmt.Fprintf(os.Stderr, "FAILED %s: %v\n", step.name, err)
			os.Exit(1)
		}
		fmt.Println("ok", step.name)
	}
}

// message is one webhook, byte for byte.
type message struct {
	body   []byte
	header http.Header
}

// walk is one sandbox of the emulator and what it has sent.
type walk struct {
	base, hook string

	mu       sync.Mutex
	received []message
	status   int // of the answers; 0 is 202
}

const sandbox = "polar-webhooks-go"

func (w *walk) receive(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.received = append(w.received, message{body, r.Header})
	if w.status == 0 {
		rw.WriteHeader(http.StatusAccepted)
		return
	}
	rw.WriteHeader(w.status)
}

func (w *walk) answer(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status = status
}

// settle waits until what is to be sent by now has been sent, and returns it.
func (w *walk) settle(by string) ([]message, error) {
	err := w.control("POST", "/clock/advance", map[string]any{"by": by}, nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.received
	w.received = nil
	return out, err
}

// vector is the published test vector of the older key.
func (w *walk) vector() error {
	hook, err := standardwebhooks.NewWebhook(whole("polar_whs_abc"))
	if err != nil {
		return err
	}
	got, err := hook.Sign("8a6a3d8b-32c5-4f0b-9b59-5c0cbd5a5e7b", time.Unix(1740045847, 0), []byte(`{"type":"checkout.created","data":{}}`))
	if want := "v1,DcGOVRQMVxvnwec/xSVfdvQtaE/KFq6XBj2ZPAtJak8="; err != nil || got != want {
		return fmt.Errorf("signature = %s, %v; want %s", got, err, want)
	}
	return nil
}

// whole is an older secret as the library wants it: all of it is the key.
func whole(secret string) string { return base64.StdEncoding.EncodeToString([]byte(secret)) }

// older holds the secret of the emulator against everything that must matter.
func (w *walk) older() error {
	secret, err := w.restart()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(secret, "polar_whs_") {
		return fmt.Errorf("secret = %s", secret)
	}
	plan := map[string]any{"steps": []any{map[string]any{"do": "stale_timestamp"}, map[string]any{"do": "bad_signature"}}}
	if err := errors.Join(w.control("PUT", "/webhooks/plan", plan, nil), w.create(), w.create(), w.create()); err != nil {
		return err
	}
	got, err := w.settle("0s")
	if err != nil || len(got) != 3 {
		return fmt.Errorf("%d messages, %v", len(got), err)
	}
	stale, forged, good := got[0], got[1], got[2]
	flipped := message{bytes.Clone(good.body), good.header}
	flipped.body[len(flipped.body)/2] ^= 1
	return errors.Join(
		verdict("good", good, whole(secret), nil),
		verdict("one byte", flipped, whole(secret), standardwebhooks.ErrNoMatchingSignature),
		verdict("an hour ago", stale, whole(secret), standardwebhooks.ErrMessageTooOld),
		verdict("forged", forged, whole(secret), standardwebhooks.ErrNoMatchingSignature),
		verdict("another secret", good, whole(secret+"x"), standardwebhooks.ErrNoMatchingSignature),
	)
}

// standard holds a secret that Polar's own API makes against the library as it is.
func (w *walk) standard() error {
	if _, err := w.restart(); err != nil {
		return err
	}
	var made struct {
		Secret string `json:"secret"`
	}
	body := map[string]any{"url": w.hook + "/own", "format": "raw", "events": []string{"checkout.created"}}
	if err := w.merchant("POST", "/v1/webhooks/endpoints", body, &made); err != nil {
		return err
	}
	if err := w.create(); err != nil {
		return err
	}
	got, err := w.settle("0s")
	if err != nil {
		return err
	}
	accepted := 0
	for _, m := range got {
		if verdict("", m, made.Secret, nil) == nil {
			accepted++
		}
	}
	if len(got) != 2 || accepted != 1 {
		return fmt.Errorf("%d of %d messages accepted with %s; want 1 of 2", accepted, len(got), made.Secret)
	}
	return nil
}

// both has the library take an endpoint with both signatures, with the secret as it is and with all of it as
// the key.
func (w *walk) both() error {
	var made struct {
		Secret string `json:"secret"`
	}
	body := map[string]any{"provider": "polar", "url": w.hook, "signature": "both"}
	err := errors.Join(w.control("POST", "/reset", nil, nil), w.control("POST", "/webhooks/endpoints", body, &made), w.create())
	if err != nil {
		return err
	}
	got, err := w.settle("0s")
	if err != nil || len(got) != 1 {
		return fmt.Errorf("%d messages, %v", len(got), err)
	}
	return errors.Join(verdict("as it is", got[0], made.Secret, nil), verdict("all of it", got[0], whole(made.Secret), nil))
}

// later has a message sent, refused and repeated after days on the sandbox's clock.
func (w *walk) later() error {
	secret, err := w.restart()
	if err != nil {
		return err
	}
	if err := w.control("POST", "/clock/freeze", nil, nil); err != nil {
		return err
	}
	if _, err := w.settle("240h"); err != nil {
		return err
	}
	w.answer(http.StatusBadGateway)
	if err := w.create(); err != nil {
		return err
	}
	first, err := w.settle("0s")
	if err != nil {
		return err
	}
	w.answer(0)
	second, err := w.settle("10s")
	if err != nil || len(first) != 1 || len(second) != 1 {
		return fmt.Errorf("%d messages, then %d, %v", len(first), len(second), err)
	}
	a, b := first[0], second[0]
	if !bytes.Equal(a.body, b.body) || a.header.Get("webhook-id") != b.header.Get("webhook-id") {
		return errors.New("the repetition is another message")
	}
	return errors.Join(verdict("first", a, whole(secret), nil), verdict("second", b, whole(secret), nil))
}

// verdict has the library verify a message, and wants that error.
func verdict(what string, m message, secret string, want error) error {
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	if err := hook.Verify(m.body, m.header); !errors.Is(err, want) {
		return fmt.Errorf("%s: %v; want %v", what, err, want)
	}
	return nil
}

// restart empties the sandbox, listens to it, and returns the secret.
func (w *walk) restart() (string, error) {
	var info struct {
		Providers []struct {
			Name   string `json:"name"`
			Secret string `json:"webhook_secret"`
		} `json:"providers"`
	}
	err := errors.Join(
		w.control("POST", "/reset", nil, nil),
		w.control("POST", "/webhooks/endpoints", map[string]any{"provider": "polar", "url": w.hook}, nil),
		w.control("GET", "/info", nil, &info),
	)
	for _, p := range info.Providers {
		if p.Name == "polar" {
			return p.Secret, err
		}
	}
	return "", errors.Join(err, errors.New("no provider polar"))
}

// create makes a session of the first product that is for sale.
func (w *walk) create() error {
	var catalog struct {
		Polar struct {
			Products []struct {
				ID string `json:"id"`
			} `json:"products"`
		} `json:"polar"`
	}
	if err := w.control("GET", "/fixtures", nil, &catalog); err != nil {
		return err
	}
	return w.merchant("POST", "/v1/checkouts/", map[string]any{"product_id": catalog.Polar.Products[0].ID}, nil)
}

func (w *walk) control(method, path string, body, into any) error {
	return w.call(method, w.base+"/_control"+path, "X-Sandbox", sandbox, body, into)
}

func (w *walk) merchant(method, path string, body, into any) error {
	return w.call(method, w.base+"/polar"+path, "Authorization", "Bearer polar_oat_sandbox_"+sandbox, body, into)
}

func (w *walk) call(method, url, header, value string, body, into any) error {
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, url, reader)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(header, value)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		return errors.Join(err, fmt.Errorf("%s %s = %d %s", method, url, resp.StatusCode, raw))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}
