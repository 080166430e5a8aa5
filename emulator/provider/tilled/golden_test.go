package tilled_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// goldens has one folder for each case: request.json, response.json, and source.md, which says where
// both come from.
const goldens = "../../../testdata/tilled"

type goldenRequest struct {
	Given   string            `json:"given"` // the case that is sent before; the id of its answer replaces {id}
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

type goldenResponse struct {
	Status int    `json:"status"`
	Body   object `json:"body"`
}

func TestGoldens(t *testing.T) {
	cases, err := os.ReadDir(goldens)
	if err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, dir := range cases {
		t.Run(dir.Name(), func(t *testing.T) {
			if source, err := os.ReadFile(filepath.Join(goldens, dir.Name(), "source.md")); err != nil || len(source) == 0 {
				t.Errorf("no source.md: %v", err)
			}
			if strings.HasPrefix(dir.Name(), "webhook-") {
				return // TestWebhookGoldens
			}
			c := start(t)
			c.freeze()
			got := c.replay(dir.Name())
			var want goldenResponse
			load(t, dir.Name(), "response.json", &want)
			if diff := like(want.Body, got.JSON); got.Status != want.Status || diff != "" {
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
		id, _ := c.replay(req.Given).JSON["id"].(string)
		req.Path = strings.ReplaceAll(req.Path, "{id}", id)
		req.Body = []byte(strings.ReplaceAll(string(req.Body), "{id}", id))
	}
	sender := *c
	sender.header = http.Header{}
	for key, value := range req.Headers {
		sender.header.Set(key, value)
	}
	return sender.do(req.Method, "/tilled"+req.Path, string(req.Body))
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
