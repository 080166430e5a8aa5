package control_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/localcheckout/localcheckout/emulator"
	"github.com/localcheckout/localcheckout/openapi"
)

// caller calls one emulator.
type caller struct {
	*testing.T
	emu *emulator.Emulator
}

func start(t *testing.T) caller {
	t.Helper()
	return caller{t, emulator.Run(t)}
}

// call returns the status and the decoded body. Pairs of headers follow; "Host" sets the host.
func (c caller) call(method, path, body string, header ...string) (int, map[string]any) {
	c.Helper()
	req, err := http.NewRequest(method, c.emu.Base()+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	var out map[string]any
	_ = json.Unmarshal(raw, &out)
	return resp.StatusCode, out
}

// session makes a Tilled session: the provider that asks for the least.
func (c caller) session() string {
	c.Helper()
	status, made := c.call("POST", "/tilled/v1/checkout-sessions", `{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"x"},`+
		`"unit_amount":100},"quantity":1}],"payment_intent_data":{"payment_method_types":["card"]}}`,
		"Content-Type", "application/json", "tilled-account", "acct_test", "tilled-api-key", "sk_test_x")
	if status != http.StatusCreated {
		c.Fatalf("create = %d %v", status, made)
	}
	return made["id"].(string)
}

func TestDocumentIsValid(t *testing.T) {
	doc, err := openapi.Load("control.yaml", openapi.Control, openapi.Whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Verify(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestInfoSaysHowToReachEachProvider(t *testing.T) {
	c := start(t)
	_, info := c.call("GET", "/_control/info", "")
	for i, name := range emulator.ProviderNames() {
		p := info["providers"].([]any)[i].(map[string]any)
		if p["name"] != name || p["base_url"] != c.emu.URL(name) || p["credential"] == "" {
			t.Errorf("info says %v of %s", p, name)
		}
	}
	if info["sandbox"] != "default" || info["version"] != "dev" {
		t.Errorf("info is %v", info)
	}
}

func TestDelayedActionHappensOnTheSandboxClock(t *testing.T) {
	c := start(t)
	c.call("POST", "/_control/clock/freeze", "")
	id := c.session()
	status, acted := c.call("POST", "/_control/sessions/"+id+"/pay", `{"after":"PT10M"}`)
	if s := acted["session"].(map[string]any); status != 200 || s["status"] != "open" || len(acted["events"].([]any)) != 0 {
		t.Fatalf("pay after ten minutes = %d %v; want still open", status, acted)
	}
	_, moved := c.call("POST", "/_control/clock/advance", `{"by":"10m"}`)
	fired := moved["fired"].([]any)
	if len(fired) != 1 || len(ours(fired[0].(map[string]any)["events"])) != 2 {
		t.Fatalf("fired %v; want the payment with its two events", fired)
	}
	if _, s := c.call("GET", "/_control/sessions/"+id, ""); s["status"] != "succeeded" || s["native_status"] != "complete" {
		t.Errorf("the session is %v", s)
	}
}

func TestClock(t *testing.T) {
	c := start(t)
	for _, tt := range []struct {
		path, body string
		status     int
		want       string // member=value of the answer
	}{
		{"/freeze", "", 200, "frozen=true"},
		{"/set", `{"to":"2040-01-01T00:00:00Z"}`, 200, "now=2040-01-01T00:00:00Z"},
		{"/advance", `{"by":"24h"}`, 200, "now=2040-01-02T00:00:00Z"},
		{"/advance", `{"by":"P1DT30M"}`, 200, "now=2040-01-03T00:30:00Z"},
		{"/advance", `{"by":"0s"}`, 200, "now=2040-01-03T00:30:00Z"},
		{"/set", `{"to":"2039-01-01T00:00:00Z"}`, 422, "title=Unprocessable Entity"},
		{"/advance", `{"by":"-1h"}`, 422, `detail="-1h" goes back: time only goes forward`},
		{"/advance", `{"by":"P1M"}`, 422, `detail="P1M" is not a duration: write 90s, 24h or P1D`},
		{"/advance", `{"by":"soon"}`, 422, `detail="soon" is not a duration: write 90s, 24h or P1D`},
		{"/advance", `{}`, 422, "title=Unprocessable Entity"},
		{"/advance", `{"by":"1h","from":"now"}`, 422, "title=Unprocessable Entity"},
		{"/advance", `{`, 400, "title=Bad Request"},
		{"/resume", "", 200, "frozen=false"},
	} {
		status, got := c.call("POST", "/_control/clock"+tt.path, tt.body)
		member, value, _ := strings.Cut(tt.want, "=")
		if status != tt.status || fmt.Sprint(got[member]) != value {
			t.Errorf("%s %s = %d %v; want %d with %s", tt.path, tt.body, status, got, tt.status, tt.want)
		}
	}
}

func TestConflictNamesWhatIsAllowed(t *testing.T) {
	c := start(t)
	id := c.session()
	c.call("POST", "/_control/sessions/"+id+"/confirm", "")
	status, got := c.call("POST", "/_control/sessions/"+id+"/pay", "")
	if diff := cmp.Diff([]any{"settle", "fail", "force"}, got["allowed"]); status != 409 || diff != "" {
		t.Errorf("pay in flight = %d %v", status, got)
	}
}

func TestRefusals(t *testing.T) {
	c := start(t)
	id := c.session()
	for _, tt := range []struct {
		method, path, body string
		status             int
		has                string
	}{
		{"GET", "/sessions/nope", "", 404, "no session nope"},
		{"POST", "/sessions/nope/pay", "", 404, "no session nope"},
		{"POST", "/sessions/" + id + "/force", `{"status":"melted"}`, 422, "allowed:[open confirmed succeeded failed expired]"},
		{"POST", "/sessions/" + id + "/force", ``, 422, "required"},
		{"POST", "/sessions/" + id + "/pay", `{"notify":"none"}`, 422, `property "notify" is unsupported`},
		{"POST", "/sessions/" + id + "/pay", `{"webhooks":"late"}`, 422, "allowed:[before_redirect after_redirect none]"},
		{"POST", "/sessions/" + id + "/pay", `{"after":5}`, 422, "pointer:/after"},
		{"GET", "/sessions?provider=stripe", "", 422, `there is no provider "stripe"; there are`},
		{"GET", "/sessions?status=paid", "", 422, "pointer:/status"},
		{"GET", "/sessions?limit=0", "", 422, "pointer:/limit"},
		{"GET", "/sessions?starting_after=nope", "", 404, "no session nope"},
		{"GET", "/session", "", 404, "the nearest is GET /sessions"},
		{"PUT", "/info", "", 405, "the nearest is GET /info"},
	} {
		status, got := c.call(tt.method, "/_control"+tt.path, tt.body)
		if text := fmt.Sprint(got); status != tt.status || !strings.Contains(text, tt.has) {
			t.Errorf("%s %s %s = %d %s; want %d with %q", tt.method, tt.path, tt.body, status, text, tt.status, tt.has)
		}
	}
}

func TestFixturesAreAddedAsYAMLToo(t *testing.T) {
	c := start(t)
	_, before := c.call("GET", "/_control/fixtures", "")
	id := "acct_YAMLyamlYAMLyamlYAML1"
	object := before["tilled"].(map[string]any)["accounts"].([]any)[0].(map[string]any)
	var yaml strings.Builder
	yaml.WriteString("tilled:\n  accounts:\n    - id: " + id + "\n")
	for name, value := range object {
		if name != "id" {
			encoded, _ := json.Marshal(value)
			fmt.Fprintf(&yaml, "      %s: %s\n", name, encoded)
		}
	}
	if status, got := c.call("POST", "/_control/fixtures", yaml.String(), "Content-Type", "application/yaml"); status != 200 {
		t.Fatalf("add = %d %v", status, got)
	}
	_, after := c.call("GET", "/_control/fixtures", "")
	accounts := after["tilled"].(map[string]any)["accounts"].([]any)
	if last := accounts[len(accounts)-1].(map[string]any); last["id"] != id {
		t.Errorf("the last account is %v; want %s", last, id)
	}
	for body, want := range map[string]string{
		"tilled: [":                        "400",
		`{"tilled":{"spaceships":[]}}`:     `tilled has no resource "spaceships"`,
		`{"stripe":{}}`:                    `there is no provider "stripe"`,
		`{"tilled":{"accounts":["text"]}}`: "/tilled/accounts/0",
		`{"polar":{"products":[{"id":"7a6c0a3f-26b5-4a0b-9a3c-6d8f0c1b2e11","name":"Tea","is_archived":"no"}]}}`: "/polar/products/0/is_archived",
	} {
		status, got := c.call("POST", "/_control/fixtures", body, "Content-Type", "application/yaml")
		if status/100 != 4 || !strings.Contains(fmt.Sprint(got, status), want) {
			t.Errorf("add %s = %d %v; want %q", body, status, got, want)
		}
	}
}

func TestResetForgetsEverything(t *testing.T) {
	c := start(t)
	first := c.session()
	if status, _ := c.call("POST", "/_control/reset", ""); status != http.StatusNoContent {
		t.Fatalf("reset = %d", status)
	}
	if status, _ := c.call("GET", "/_control/sessions/"+first, ""); status != http.StatusNotFound {
		t.Errorf("the session is still there: %d", status)
	}
	if _, got := c.call("GET", "/_control/requests", ""); len(got["requests"].([]any)) != 0 {
		t.Errorf("the journal still has %v", got)
	}
	if again := c.session(); again != first {
		t.Errorf("the first session after a reset is %s; want %s again", again, first)
	}
}

func TestJournalHasWhatNothingRead(t *testing.T) {
	c := start(t)
	c.call("POST", "/tilled/v1/checkout-sessions", `{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"x","color":"red"},`+
		`"unit_amount":100},"quantity":1}],"payment_intent_data":{"payment_method_types":["card"]},"mode":"payment"}`,
		"tilled-account", "acct_test", "tilled-api-key", "sk_test_x")
	_, got := c.call("GET", "/_control/requests", "")
	last := got["requests"].([]any)[0].(map[string]any)
	want := []any{"/line_items/0/price_data/product_data/color", "/mode"}
	if diff := cmp.Diff(want, last["unread"]); diff != "" || last["status"] != 201.0 {
		t.Errorf("the journal has %v:\n%s", last, diff)
	}
}

func TestListsBySandboxProviderAndStatus(t *testing.T) {
	c := start(t)
	var ids []string
	for range 3 {
		ids = append(ids, c.session())
	}
	c.call("POST", "/_control/sessions/"+ids[1]+"/pay", "")
	for path, want := range map[string][]string{
		"/_control/sessions": {ids[2], ids[1], ids[0]},
		"/_control/sessions?provider=tilled&status=succeeded": {ids[1]},
		"/_control/sessions?provider=polar":                   {},
		"/_control/sessions?limit=1":                          {ids[2]},
		"/_control/sessions?limit=1&starting_after=" + ids[2]: {ids[1]},
		"/s/elsewhere/_control/sessions":                      {},
	} {
		_, got := c.call("GET", path, "")
		list := []string{}
		for _, s := range got["sessions"].([]any) {
			list = append(list, s.(map[string]any)["id"].(string))
		}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	if _, got := c.call("GET", "/_control/events?type=session.succeeded", ""); len(got["events"].([]any)) != 1 {
		t.Errorf("events %v; want one completion", got)
	}
	if _, got := c.call("GET", "/_control/sandboxes", ""); len(got["sandboxes"].([]any)) != 2 {
		t.Errorf("sandboxes %v; want default and elsewhere", got)
	}
}
