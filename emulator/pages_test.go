package emulator_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/localcheckout/localcheckout/emulator"
)

func TestPagesSayWhereToGo(t *testing.T) {
	emu := emulator.Run(t)
	for path, want := range map[string]struct {
		status int
		has    string
	}{
		"/":              {http.StatusOK, emu.URL("polar")},
		"/readyz":        {http.StatusOK, `{"status":"ok"}`},
		"/checkout/abc":  {http.StatusNotFound, "No such checkout"},
		"/pay/cs_abc":    {http.StatusNotFound, "No such checkout"},
		"/polr/v1/x":     {http.StatusNotFound, "GET / says where"},
		"/s/w1/nonsense": {http.StatusNotFound, "GET / says where"},
	} {
		resp, err := http.Get(emu.Base() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != want.status || !strings.Contains(string(body), want.has) {
			t.Errorf("GET %s = %d %s; want %d with %q", path, resp.StatusCode, body, want.status, want.has)
		}
	}
}
