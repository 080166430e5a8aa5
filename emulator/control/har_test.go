package control_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// required are the members that an archive must have, by the objects that have them; [] is each element.
//
// Source: HAR 1.2 Spec, http://www.softwareishard.com/blog/har-12-spec/: all members that are not called
// optional. Of postData, text and params exclude each other.
var required = map[string][]string{
	"log":                                 {"version", "creator", "entries"},
	"log.creator":                         {"name", "version"},
	"log.entries[]":                       {"startedDateTime", "time", "request", "response", "cache", "timings"},
	"log.entries[].request":               {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"},
	"log.entries[].response":              {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize"},
	"log.entries[].timings":               {"send", "wait", "receive"},
	"log.entries[].response.content":      {"size", "mimeType"},
	"log.entries[].request.headers[]":     {"name", "value"},
	"log.entries[].request.queryString[]": {"name", "value"},
	"log.entries[].response.headers[]":    {"name", "value"},
}

// at returns the objects at a path of member names, where [] stands for each element.
func at(v any, path string) []map[string]any {
	if path == "" {
		return []map[string]any{v.(map[string]any)}
	}
	name, rest, _ := strings.Cut(path, ".")
	name, each := strings.CutSuffix(name, "[]")
	child := v.(map[string]any)[name]
	if !each {
		return at(child, rest)
	}
	var out []map[string]any
	for _, element := range child.([]any) {
		out = append(out, at(element, rest)...)
	}
	return out
}

func TestArchiveHasWhatItsFormatRequires(t *testing.T) {
	c := start(t)
	c.session()
	c.call("GET", "/tilled/v1/checkout-sessions?limit=5&q=a%20b", "", tilledHeader...)
	c.call("GET", "/polar/v1/checkouts?limit=1", "", "Authorization", "Bearer polar_oat_0123456789") // is redirected
	c.call("DELETE", "/tilled/v1/a b", "", tilledHeader...)
	_, har := c.call("GET", "/_control/requests.har", "")
	for path, members := range required {
		objects := at(har, path)
		if len(objects) == 0 {
			t.Errorf("there is no %s", path)
		}
		for _, o := range objects {
			for _, member := range members {
				if _, ok := o[member]; !ok {
					t.Errorf("%s has no %s: %v", path, member, o)
				}
			}
		}
	}
	entries := at(har, "log.entries[]")
	if len(entries) != 5 || at(har, "log")[0]["version"] != "1.2" {
		t.Fatalf("the archive has %d entries; want 5", len(entries))
	}
	for _, e := range entries {
		if _, err := time.Parse(time.RFC3339, e["startedDateTime"].(string)); err != nil {
			t.Error(err)
		}
		if u, err := url.Parse(at(e, "request")[0]["url"].(string)); err != nil || u.Host == "" || e["time"] != at(e, "timings")[0]["wait"] {
			t.Errorf("the address is %v, %v; the times %v and %v", u, err, e["time"], e["timings"])
		}
	}
	post := at(entries[0], "request.postData")[0]
	if post["mimeType"] != "application/json" || post["text"] != tilledBody || at(entries[0], "response.content")[0]["text"] == "" {
		t.Errorf("the creation is archived as %v", entries[0])
	}
	if query := at(entries[1], "request.queryString[]"); len(query) != 2 || query[1]["value"] != "a b" {
		t.Errorf("the query is archived as %v", query)
	}
	if to := at(entries[2], "response")[0]["redirectURL"]; !strings.HasSuffix(to.(string), "/polar/v1/checkouts/?limit=1") {
		t.Errorf("the redirect is archived as %v", to)
	}
	if _, only := c.call("GET", "/_control/requests.har?provider=polar", ""); len(at(only, "log.entries[]")) != 2 {
		t.Errorf("the archive of one provider has %v; want 2 entries", only)
	}
}
