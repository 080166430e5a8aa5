package emulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/emulator/client"
)

// shopper creates and reads sessions of one provider.
type shopper struct {
	provider, path string
	headers        map[string]string
	create         func(n int) string
}

func shoppers() []shopper {
	return []shopper{
		{"polar", "/v1/checkouts/", map[string]string{"Authorization": "Bearer polar_oat_x"}, func(n int) string {
			return fmt.Sprintf(`{"products":["b3f3c9b1-1168-47b6-b178-2af9b468bad7"],"metadata":{"n":%d}}`, n)
		}},
		{"tilled", "/v1/checkout-sessions", map[string]string{"tilled-api-key": "sk_test_x", "tilled-account": "acct_CornerBakery000000001"}, func(n int) string {
			return fmt.Sprintf(`{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"Cake"},"unit_amount":%d},"quantity":1}],`+
				`"payment_intent_data":{"payment_method_types":["card"]}}`, 100+n)
		}},
		{"bias", "/v1/checkout_sessions", map[string]string{"Authorization": "Bearer sk_test_x"}, func(n int) string {
			return fmt.Sprintf(`{"mode":"payment","amount":%d}`, 100+n)
		}},
		{"leanrails", "/v1/checkout/sessions", map[string]string{"Authorization": "Basic c2tfdGVzdF94Og=="}, func(n int) string {
			return fmt.Sprintf(`{"mode":"payment","success_url":"https://shop.example/","line_items":[{"price":"price_3fg6hj9km1np0001","quantity":%d}]}`, n%9+1)
		}},
	}
}

// in makes one session in a sandbox, reads it back, and returns its id.
func (s shopper) in(base, sandbox string, n int) (string, error) {
	made, err := s.call(http.MethodPost, base+"/s/"+sandbox+"/"+s.provider+s.path, s.create(n), fmt.Sprint(sandbox, n))
	if err != nil {
		return "", err
	}
	var v struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(made, &v); err != nil || v.ID == "" {
		return "", fmt.Errorf("%s: no id in %s", s.provider, made)
	}
	got, err := s.call(http.MethodGet, base+"/s/"+sandbox+"/"+s.provider+strings.TrimSuffix(s.path, "/")+"/"+v.ID, "", "")
	if err == nil && !bytes.Equal(got, made) {
		err = fmt.Errorf("%s: get answers %s; create answered %s", s.provider, got, made)
	}
	return v.ID, err
}

func (s shopper) call(method, url, body, key string) ([]byte, error) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range s.headers {
		req.Header.Set(name, value)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s = %d %s", method, url, resp.StatusCode, out)
	}
	return out, err
}

// TestSandboxesAreIsolated: 64 workers at once make 200 sessions each, of every provider, in sandboxes of
// their own. Each sees its own only, and the reset of one leaves the snapshots of the others as they were.
func TestSandboxesAreIsolated(t *testing.T) {
	const workers, each = 64, 200
	e, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	s := httptest.NewServer(e.Handler())
	t.Cleanup(s.Close)
	c, err := client.New(s.URL, client.Options{Timeout: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ids := make([][]string, workers)
	together(t, workers, func(w int) error {
		name := fmt.Sprint("w", w)
		if _, err := c.In(name).Freeze(t.Context()); err != nil {
			return err
		}
		for n := range each {
			id, err := shoppers()[n%4].in(s.URL, name, n)
			if err != nil {
				return err
			}
			ids[w] = append(ids[w], id)
			if n%10 == 0 {
				if _, err := c.In(name).Pay(t.Context(), id); err != nil {
					return err
				}
			}
		}
		return nil
	})
	seen := map[string]int{}
	for w, own := range ids {
		for _, id := range own {
			if other, twice := seen[id]; twice {
				t.Fatalf("workers %d and %d were both given %s", other, w, id)
			}
			seen[id] = w
		}
	}
	snapshots := make([][]byte, workers)
	together(t, workers, func(w int) (err error) {
		box := c.In(fmt.Sprint("w", w))
		if snapshots[w], err = box.Snapshot(t.Context()); err != nil {
			return err
		}
		found := 0
		for session, err := range box.AllSessions(t.Context(), client.SessionQuery{}) {
			if err != nil {
				return err
			}
			if found++; seen[session.ID] != w {
				return fmt.Errorf("worker %d sees %s of worker %d", w, session.ID, seen[session.ID])
			}
		}
		if found != each {
			return fmt.Errorf("worker %d sees %d sessions; want %d", w, found, each)
		}
		return nil
	})
	if err := c.In("w0").Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	together(t, workers, func(w int) error {
		after, err := c.In(fmt.Sprint("w", w)).Snapshot(t.Context())
		if same := bytes.Equal(after, snapshots[w]); err == nil && same != (w != 0) {
			err = fmt.Errorf("after the reset of sandbox w0 the snapshot of w%d is the same: %t", w, same)
		}
		return err
	})
}

// together does something for each worker, all at once.
func together(t *testing.T, workers int, do func(w int) error) {
	t.Helper()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			if err := do(w); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
}
