package leanrails_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// goldens has one folder for each case: request.json, response.json, and source.md, which says where
// both come from. The documented sample has no request of its own.
const (
	goldens = "../../../testdata/leanrails"
	sample  = "list-documented-sample"

	documented = "documented-objects"
)

type goldenRequest struct {
	Given   string            `json:"given"` // the case that is sent before; its session's id replaces {id}
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

type goldenResponse struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// TestGoldens compares answers with the goldens, the order of members included.
func TestGoldens(t *testing.T) {
	cases, err := os.ReadDir(goldens)
	if err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	emu := serve(t)
	for _, dir := range cases {
		t.Run(dir.Name(), func(t *testing.T) {
			if source, err := os.ReadFile(filepath.Join(goldens, dir.Name(), "source.md")); err != nil || len(source) == 0 {
				t.Errorf("no source.md: %v", err)
			}
			if dir.Name() == sample || dir.Name() == documented || strings.HasPrefix(dir.Name(), "webhook-") {
				return // TestDocumentedSample, TestDocumentedObjects, TestWebhookGoldens
			}
			got := emu.apart(t).replay(dir.Name())
			var want goldenResponse
			load(t, dir.Name(), "response.json", &want)
			for name, value := range want.Headers {
				if got.Header.Get(name) != value {
					t.Errorf("%s is %q; want %q", name, got.Header.Get(name), value)
				}
			}
			pattern := cmp.Comparer(func(a, b string) bool { return matches(a, b) || matches(b, a) })
			if diff := cmp.Diff(members(t, want.Body, literal), members(t, []byte(got.Text), literal), pattern); got.Status != want.Status || diff != "" {
				t.Errorf("status %d, want %d; body (-want +got):\n%s", got.Status, want.Status, diff)
			}
		})
	}
}

// replay sends a case, after the case that it builds on.
func (c *client) replay(name string) reply {
	c.tb.Helper()
	var req goldenRequest
	load(c.tb, name, "request.json", &req)
	if req.Given != "" {
		id := text(c.replay(req.Given).JSON["id"])
		req.Path = strings.ReplaceAll(req.Path, "{id}", id)
	}
	sender := *c
	sender.header = map[string]string{"X-Sandbox": c.header["X-Sandbox"]}
	maps.Copy(sender.header, req.Headers)
	if req.Method == http.MethodPost && req.Headers["Idempotency-Key"] == "" {
		sender = *sender.with("Idempotency-Key", "")
	}
	return sender.do(req.Method, req.Path, string(req.Body))
}

// TestDocumentedSample: a page has the documented members in the documented order and types. A
// session is paid in a page or with a secret, so one of the two is null.
func TestDocumentedSample(t *testing.T) {
	documented, err := os.ReadFile(filepath.Join(goldens, sample, "response.json"))
	if err != nil {
		t.Fatal(err)
	}
	c := start(t)
	c.create(nil)
	for mode, null := range map[string]string{"hosted": "client_secret", "embedded": "url", "custom": "url"} {
		want := members(t, documented, kind)
		for i, line := range want {
			if line == ".data[]."+null+" string" {
				want[i] = ".data[]." + null + " null"
			}
		}
		s := c.create(object{
			"ui_mode": mode, "customer": adaID, "customer_email": "grace@example.com", "customer_creation": "always",
			"billing_address_collection": "required", "cancel_url": "https://example.com/back", "client_reference_id": "1",
		})
		c.steer(s["id"], "pay")
		got := c.do(http.MethodGet, route+"?limit=1", "")
		if diff := cmp.Diff(want, members(t, []byte(got.Text), kind)); diff != "" {
			t.Errorf("%s (-documented +got):\n%s", mode, diff)
		}
	}
}

// members writes one line for each value of a JSON text, in its order: the path and what leaf says.
func members(tb testing.TB, raw []byte, leaf func(any) string) []string {
	tb.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var lines []string
	var walk func(path string)
	token := func() any {
		v, err := dec.Token()
		if err != nil {
			tb.Fatalf("%s: %v", raw, err)
		}
		return v
	}
	walk = func(path string) {
		v := token()
		lines = append(lines, path+" "+leaf(v))
		if v == json.Delim('{') || v == json.Delim('[') {
			for dec.More() {
				if v == json.Delim('{') {
					walk(path + "." + token().(string))
				} else {
					walk(path + "[]")
				}
			}
			token()
		}
	}
	walk("")
	return lines
}

// literal is a value as it is; kind is its JSON type.
func literal(v any) string { return fmt.Sprint(v) }

func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case json.Number:
		return "number"
	case json.Delim:
		return v.String()
	default:
		return fmt.Sprintf("%T", v)
	}
}

// matches compares two lines; a wanted value that begins with ~ is a pattern.
func matches(want, got string) bool {
	path, value, _ := strings.Cut(want, " ")
	if pattern, ok := strings.CutPrefix(value, "~"); ok {
		rest, same := strings.CutPrefix(got, path+" ")
		return same && regexp.MustCompile(pattern).MatchString(rest)
	}
	return want == got
}

func load(tb testing.TB, name, file string, into any) {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join(goldens, name, file))
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		tb.Fatalf("%s/%s: %v", name, file, err)
	}
}
