package control_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tilledHeader is what a call to Tilled carries.
var tilledHeader = []string{"Content-Type", "application/json", "tilled-account", "acct_test", "tilled-api-key", "sk_test_0123456789"}

// text returns the body of an answer as it was sent.
func (c caller) text(path string) string {
	c.Helper()
	resp, err := http.Get(c.emu.Base() + path)
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	return string(raw)
}

// list returns the objects of a list.
func (c caller) list(path, member string) []map[string]any {
	c.Helper()
	status, got := c.call("GET", path, "")
	if status != 200 {
		c.Fatalf("%s = %d %v", path, status, got)
	}
	var out []map[string]any
	for _, one := range got[member].([]any) {
		out = append(out, one.(map[string]any))
	}
	return out
}

// entry returns an entry of the journal.
func (c caller) entry(n int) map[string]any {
	c.Helper()
	status, got := c.call("GET", fmt.Sprintf("/_control/requests/%d", n), "")
	if status != 200 {
		c.Fatalf("request %d = %d %v", n, status, got)
	}
	return got
}

func TestRequestsAreFiltered(t *testing.T) {
	c := start(t)
	id := c.session()                                                                                                       // 1
	c.call("GET", "/tilled/v1/checkout-sessions/"+id, "", tilledHeader...)                                                  // 2
	c.call("GET", "/tilled/v1/checkout-sessions/cs_nope", "", tilledHeader...)                                              // 3
	c.call("GET", "/tilled/v1/checkout-session", "", tilledHeader...)                                                       // 4
	c.call("GET", "/bias/v1/checkout_sessions", "", "Authorization", "Bearer sk_test_0123456789")                           // 5
	c.call("POST", "/tilled/v1/checkout-sessions", `{"line_items":[],"more":1}`, tilledHeader...)                           // 6
	c.call("POST", "/tilled/v1/checkout-sessions/"+id+"/expire", "", tilledHeader...)                                       // 7
	c.call("POST", "/tilled/v1/checkout-sessions/"+id+"/expire", "", tilledHeader...)                                       // 8: illegal
	c.call("POST", "/tilled/v1/checkout-sessions", strings.Replace(tilledBody, "{", `{"color":"red",`, 1), tilledHeader...) // 9
	c.call("GET", "/s/elsewhere/tilled/v1/checkout-sessions", "", tilledHeader...)                                          // elsewhere
	for query, want := range map[string]string{
		"":                                      "[1 2 3 4 5 6 7 8 9]",
		"?provider=bias":                        "[5]",
		"?operation=expireCheckoutSession":      "[7 8]",
		"?method=post":                          "[1 6 7 8 9]",
		"?path=/v1/checkout-sessions":           "[1 6 9]",
		"?path=/v1/checkout-sessions/*":         "[2 3]",
		"?path=/tilled/v1/checkout-session":     "[4]",
		"?path=/**/expire":                      "[7 8]",
		"?status=404":                           "[3 4]",
		"?status=4xx":                           "[3 4 6 8]",
		"?status=5xx":                           "[]",
		"?session=" + id:                        "[1 2 7 8]",
		"?session=cs_nope":                      "[]",
		"?problem=true":                         "[3 4 6 8]",
		"?problem=false&method=GET":             "[2 5]",
		"?unread=true":                          "[9]",
		"?since=6":                              "[7 8 9]",
		"?since=99":                             "[]",
		"?since=18446744073709551615":           "[]",
		"?limit=2":                              "[8 9]",
		"?limit=2&since=0":                      "[1 2]",
		"?limit=2&since=3&method=GET":           "[4 5]",
		"?provider=tilled&problem=true&limit=1": "[8]",
	} {
		got := []int{}
		for _, e := range c.list("/_control/requests"+query, "requests") {
			got = append(got, int(e["n"].(float64)))
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s chooses %v; want %s", query, got, want)
		}
	}
	if got := c.list("/s/elsewhere/_control/requests", "requests"); len(got) != 1 || got[0]["sandbox"] != "elsewhere" {
		t.Errorf("the other sandbox has %v; want its own one", got)
	}
}

const tilledBody = `{"line_items":[{"price_data":{"currency":"usd","product_data":{"name":"x"},"unit_amount":100},"quantity":1}],"payment_intent_data":{"payment_method_types":["card"]}}`

func TestFiltersThatNameNothingAreRefused(t *testing.T) {
	c := start(t)
	for query, want := range map[string]string{
		"?provider=tiled": `there is no provider "tiled"; did you mean "tilled"?`,
		"?provider=tilled&operation=createCheckoutSesion": `did you mean "createCheckoutSession"?`,
		"?operation=createCheckout&provider=tilled":       "there is no tilled operation",
		"?status=6xx":    "pointer:/status",
		"?path=v1":       `did you mean "/v1"?`,
		"?problem=maybe": "pointer:/problem",
		"?limit=0":       "pointer:/limit",
		"?since=-1":      "pointer:/since",
	} {
		for _, path := range []string{"/requests", "/requests.har", "/requests/wait", "/requests/stream"} {
			if query == "?limit=0" && (path == "/requests/wait" || path == "/requests/stream") {
				continue
			}
			status, got := c.call("GET", "/_control"+path+query, "")
			if text := fmt.Sprint(got); status != 422 || !strings.Contains(text, want) || !strings.Contains(text, "in:query") {
				t.Errorf("%s%s = %d %s; want 422 with %q, in the query", path, query, status, text, want)
			}
		}
	}
	for _, n := range []string{"1", "99"} {
		if status, got := c.call("GET", "/_control/requests/"+n, ""); status != 404 || !strings.Contains(fmt.Sprint(got), "no request "+n) {
			t.Errorf("request %s = %d %v; want 404", n, status, got)
		}
	}
}

func TestRequestShowsWhatWasSentAndAnswered(t *testing.T) {
	c := start(t)
	id := c.session()
	c.call("POST", "/tilled/v1/checkout-sessions?trace=a%20b&api_key=sk_test_0123456789", "\xff\xfe", tilledHeader...)
	c.call("POST", "/tilled/v1/checkout-sessions", "no JSON", tilledHeader...)
	c.call("POST", "/tilled/v1/checkout-sessions", `{"note":"`+strings.Repeat("é", 40<<10)+`"}`, tilledHeader...)
	c.call("POST", "/tilled/v1/lost", `{"a":1}`, tilledHeader...)

	e := c.entry(1)
	sent, answered := e["request"].(map[string]any), e["response"].(map[string]any)
	headers := sent["headers"].(map[string]any)
	if headers["Tilled-Api-Key"] != "[redacted]" || headers["Tilled-Account"] != "acct_test" {
		t.Errorf("the headers are %v", headers)
	}
	var want any
	_ = json.Unmarshal([]byte(tilledBody), &want)
	if diff := cmp.Diff(want, sent["body"]); diff != "" || sent["size"] != float64(len(tilledBody)) || sent["cut"] != false {
		t.Errorf("the request was %v:\n%s", sent, diff)
	}
	if body := answered["body"].(map[string]any); body["id"] != id || answered["headers"].(map[string]any)["X-Decided-By"] != "state" {
		t.Errorf("the answer was %v", answered)
	}
	if e["session"] != id || e["decided_by"] != "state" || e["sandbox"] != "default" {
		t.Errorf("the entry is %v", e)
	}

	if e := c.entry(2); e["query"] != "trace=a%20b&api_key=[redacted]" || fmt.Sprint(e["request"].(map[string]any)["body"]) != "map[base64://4=]" {
		t.Errorf("bytes are shown as %v, the query as %v", e["request"], e["query"])
	}
	if e := c.entry(3); fmt.Sprint(e["request"].(map[string]any)["body"]) != "map[text:no JSON]" {
		t.Errorf("a text is shown as %v", e["request"])
	}
	long := c.entry(4)["request"].(map[string]any)
	if text := long["body"].(map[string]any)["text"].(string); long["cut"] != true || len(text) < 64<<10-4 || len(text) > 64<<10 || long["size"].(float64) < 80<<10 {
		t.Errorf("a long body is shown as %d bytes, cut %v, of %v", len(text), long["cut"], long["size"])
	}
	if e := c.entry(5); e["nearest"] == nil || fmt.Sprint(e["request"].(map[string]any)["body"]) != "map[a:1]" {
		t.Errorf("a lost request is shown as %v", e)
	}
}

// TestRequestsStandAmongTheEvents: a request has the sandbox's time and comes before the events that it
// caused, also on a clock that was moved.
func TestRequestsStandAmongTheEvents(t *testing.T) {
	c := start(t)
	c.call("POST", "/_control/clock/freeze", "")
	c.session()
	c.call("POST", "/_control/clock/advance", `{"by":"48h"}`)
	c.session()
	_, answer := c.call("GET", "/_control/events?type=session.created", "")
	created := answer["events"].([]any)
	if len(created) != 2 {
		t.Fatalf("%d sessions were created; want 2", len(created))
	}
	for i, n := range []int{1, 2} {
		e, event := c.entry(n), created[i].(map[string]any)
		if e["clock"] != event["at"] || e["after"] != event["seq"].(float64)-1 {
			t.Errorf("request %d is at %v after event %v; want %v, before event %v", n, e["clock"], e["after"], event["at"], event["seq"])
		}
	}
}

func TestClearingTheJournalNumbersOn(t *testing.T) {
	c := start(t)
	c.session()
	if status, _ := c.call("DELETE", "/_control/requests", ""); status != http.StatusNoContent {
		t.Fatalf("clear = %d", status)
	}
	c.session()
	if got := c.list("/_control/requests", "requests"); len(got) != 1 || got[0]["n"] != 2.0 {
		t.Errorf("after clearing there are %v; want number 2", got)
	}
}

// The command makes the same request, once the variables for what was redacted are set.
func TestCurlMakesTheRequestAgain(t *testing.T) {
	shell, err := exec.LookPath("curl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("curl is not installed")
		}
		t.Skip("curl is not installed")
	}
	t.Log(shell)
	c := start(t)
	const note = `it's "quoted" $HOME \n`
	encoded, _ := json.Marshal(note)
	body := strings.TrimSuffix(tilledBody, "}") + `,"metadata":{"note":` + string(encoded) + `}}`
	c.call("POST", "/tilled/v1/checkout-sessions", body, append(tilledHeader, "X-Sandbox", "w1")...)
	c.call("GET", "/leanrails/v1/checkout_sessions?limit=3&status=open", "", "Authorization", "Basic c2tfdGVzdF8wMTIzNDU2Nzg5Og==")
	for _, tt := range []struct {
		at, variable string
		again        int // the number of the request that the command makes
	}{
		{"/s/w1/_control/requests/1", "TILLED_API_KEY=sk_test_0123456789", 2},
		{"/_control/requests/1", "CREDENTIAL=sk_test_0123456789:", 2},
	} {
		command := c.text(tt.at + "?as=curl")
		if strings.Contains(command, "0123456789") {
			t.Errorf("the command holds the key:\n%s", command)
		}
		run := exec.CommandContext(t.Context(), "sh", "-euc", command)
		run.Env = append(os.Environ(), tt.variable)
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s\n%s", err, command, out)
		}
		_, first := c.call("GET", tt.at, "")
		_, second := c.call("GET", strings.TrimSuffix(tt.at, "1")+fmt.Sprint(tt.again), "")
		for _, member := range []string{"operation", "method", "path", "query", "status", "sandbox"} {
			if first[member] != second[member] {
				t.Errorf("%s: %s was %v, again %v\n%s", tt.at, member, first[member], second[member], command)
			}
		}
		if diff := cmp.Diff(first["request"].(map[string]any)["body"], second["request"].(map[string]any)["body"]); diff != "" {
			t.Errorf("%s: the bodies differ:\n%s", tt.at, diff)
		}
	}
}
