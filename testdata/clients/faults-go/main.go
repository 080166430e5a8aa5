// Command faults sees each connection fault of a running localcheckout with net/http alone, by the
// symptom that Go programs get.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// body makes a session of Tilled, the provider that asks for the least.
const body = `{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"x"},"unit_amount":100},"quantity":1}],"payment_intent_data":{"payment_method_types":["card"]}}`

var client = &http.Client{Transport: &http.Transport{}}

// create asks for a session under the fault of a header, on a kept connection, and reads the answer.
func create(ctx context.Context, fault string) (status int, text string, err error) {
	req, err := http.NewRequestWithContext(ctx, "POST", os.Getenv("LOCALCHECKOUT_URL")+"/s/faults-go/tilled/v1/checkout-sessions", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "tilled-account": "acct_1", "tilled-api-key": "sk_test_1"} {
		req.Header.Set(name, value)
	}
	if fault != "" {
		req.Header.Set("X-Fault", fault)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), err
}

func main() {
	for _, tt := range []struct {
		fault string
		seen  func(status int, text string, err error) bool
	}{
		{"reset", func(_ int, _ string, err error) bool { return errors.Is(err, syscall.ECONNRESET) }},
		{"empty", func(_ int, _ string, err error) bool { return errors.Is(err, io.EOF) }},
		{"empty; phase=after", func(_ int, _ string, err error) bool { return errors.Is(err, io.EOF) }},
		{"garbage", func(_ int, _ string, err error) bool {
			return err != nil && strings.Contains(err.Error(), "malformed HTTP response")
		}},
		{"truncate=20", func(status int, text string, err error) bool {
			return status == 201 && len(text) == 20 && errors.Is(err, io.ErrUnexpectedEOF)
		}},
		{"drip=200/2ms", func(status int, text string, err error) bool {
			return status == 201 && strings.HasSuffix(text, "}") && err == nil
		}},
		{"delay=50ms", func(status int, _ string, err error) bool { return status == 201 && err == nil }},
		{"status=503", func(status int, text string, err error) bool {
			return status == 503 && strings.Contains(text, `"statusCode":503`)
		}},
		{"rate_limit=5/7s", func(status int, _ string, err error) bool { return status == 429 }},
	} {
		check("", func(status int, _ string, err error) bool { return status == 201 && err == nil }) // the connection to break
		began := time.Now()
		check(tt.fault, tt.seen)
		if tt.fault == "delay=50ms" && time.Since(began) < 50*time.Millisecond {
			fail("delay=50ms answered after %v", time.Since(began))
		}
	}
	// A hang is a time-out of the caller's.
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	var late net.Error
	if _, _, err := create(ctx, "hang"); !errors.As(err, &late) || !late.Timeout() {
		fail("hang: %v; want a time-out", err)
	}
	fmt.Println("every fault was seen")
}

func check(fault string, seen func(int, string, error) bool) {
	if status, text, err := create(context.Background(), fault); !seen(status, text, err) {
		fail("%q: %d %s, %v", fault, status, text, err)
	}
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}
