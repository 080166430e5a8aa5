package control

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/localcheckout/localcheckout/emulator/api"
	"github.com/localcheckout/localcheckout/emulator/journal"
)

// An HTTP archive, which browsers show in their network panel. Members that begin with an underscore
// are ours.
//
// Source: HAR 1.2 Spec, http://www.softwareishard.com/blog/har-12-spec/.
type (
	harBody struct {
		Log harLog `json:"log"`
	}
	harLog struct {
		Version string     `json:"version"`
		Creator harName    `json:"creator"`
		Entries []harEntry `json:"entries"`
	}
	harName struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	harEntry struct {
		Started  string      `json:"startedDateTime"`
		Time     float64     `json:"time"` // milliseconds
		Request  harRequest  `json:"request"`
		Response harResponse `json:"response"`
		Cache    struct{}    `json:"cache"`
		Timings  harTimings  `json:"timings"`
		Comment  string      `json:"comment,omitempty"`
		Ours     harOurs     `json:"_localcheckout"`
	}
	harRequest struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []harPair `json:"cookies"`
		Headers     []harPair `json:"headers"`
		Query       []harPair `json:"queryString"`
		PostData    *harPost  `json:"postData,omitempty"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int       `json:"bodySize"`
	}
	harResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []harPair  `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		Content     harContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int        `json:"headersSize"`
		BodySize    int        `json:"bodySize"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harPost struct {
		MimeType string    `json:"mimeType"`
		Params   []harPair `json:"params"`
		Text     string    `json:"text"`
		Comment  string    `json:"comment,omitempty"`
	}
	harContent struct {
		Size     int    `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text,omitempty"`
		Encoding string `json:"encoding,omitempty"`
		Comment  string `json:"comment,omitempty"`
	}
	harTimings struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
	harOurs struct {
		N         uint64 `json:"n"`
		Operation string `json:"operation,omitempty"`
		Session   string `json:"session,omitempty"`
		DecidedBy string `json:"decided_by"`
	}
)

// har exports what a query chooses.
func (c *Control) har(_ context.Context, r *api.Request) (api.Response, error) {
	chosen, err := c.chosen(r)
	if err != nil {
		return api.Response{}, err
	}
	log := harLog{Version: "1.2", Creator: harName{"localcheckout", c.version}, Entries: make([]harEntry, len(chosen))}
	for i, e := range chosen {
		e.Session = sessionOf(r.Sandbox, e)
		log.Entries[i] = newHAREntry(e)
	}
	resp := api.Response{Body: harBody{log}}
	resp.SetHeader("Content-Disposition", `attachment; filename="localcheckout.har"`)
	return resp, nil
}

const httpVersion = "HTTP/1.1"

// harUnknown is a size that nobody counted.
const harUnknown = -1

// newHAREntry shows an exchange: all of its time is spent waiting for the answer.
func newHAREntry(e journal.Entry) harEntry {
	took := float64(e.Duration) / float64(time.Millisecond)
	return harEntry{
		Started: e.At.Format(time.RFC3339Nano), Time: took, Timings: harTimings{Wait: took}, Comment: e.Problem,
		Ours: harOurs{e.N, e.Operation, e.Session, e.DecidedBy},
		Request: harRequest{
			Method: e.Method, URL: urlOf(e), HTTPVersion: httpVersion, Cookies: []harPair{}, Headers: harHeaders(e.Request), Query: harQuery(e.Query),
			PostData: newHARPost(e.Request), HeadersSize: harUnknown, BodySize: e.Request.Body.Size(),
		},
		Response: harResponse{
			Status: e.Status, StatusText: http.StatusText(e.Status), HTTPVersion: httpVersion, Cookies: []harPair{}, Headers: harHeaders(e.Response),
			Content: newHARContent(e.Response), RedirectURL: headerOf(e.Response, "Location"), HeadersSize: harUnknown, BodySize: e.Response.Body.Size(),
		},
	}
}

// urlOf is the address that a request came to.
func urlOf(e journal.Entry) string {
	out := e.Base + (&url.URL{Path: e.Prefix + e.Path}).EscapedPath()
	if e.Query != "" {
		out += "?" + e.Query
	}
	return out
}

func harHeaders(m journal.Message) []harPair {
	out := make([]harPair, len(m.Header))
	for i, f := range m.Header {
		out[i] = harPair(f)
	}
	slices.SortStableFunc(out, func(a, b harPair) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func harQuery(query string) []harPair {
	out := []harPair{}
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		out = append(out, harPair{unescaped(name), unescaped(value)})
	}
	return out
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

func headerOf(m journal.Message, name string) string {
	for _, f := range m.Header {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// cutComment says that a body is not whole.
const cutComment = "only the beginning was kept"

func newHARPost(m journal.Message) *harPost {
	text, cut := m.Body.Text()
	if len(text) == 0 {
		return nil
	}
	whole, _ := readable(text, cut)
	out := &harPost{MimeType: headerOf(m, "Content-Type"), Params: []harPair{}, Text: strings.ToValidUTF8(whole, "\uFFFD")}
	if cut {
		out.Comment = cutComment
	}
	return out
}

func newHARContent(m journal.Message) harContent {
	text, cut := m.Body.Text()
	out := harContent{Size: m.Body.Size(), MimeType: headerOf(m, "Content-Type")}
	if whole, ok := readable(text, cut); ok {
		out.Text = whole
	} else {
		out.Text, out.Encoding = base64.StdEncoding.EncodeToString(text), "base64"
	}
	if cut {
		out.Comment = cutComment
	}
	return out
}
