package control

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/wire"
)

// message is the headers and the body of a request or an answer on the wire.
type message struct {
	Headers map[string]string `json:"headers"`
	Body    any               `json:"body"`
	Size    int               `json:"size"`
	Cut     bool              `json:"cut"`
}

// notJSON is a body that is no JSON, or only the beginning of some.
type notJSON struct {
	Text   string `json:"text,omitempty"`
	Base64 string `json:"base64,omitempty"`
}

func newMessage(m journal.Message) message {
	out := message{Headers: map[string]string{}, Size: m.Body.Size()}
	for _, f := range m.Header {
		if before, ok := out.Headers[f.Name]; ok {
			f.Value = before + ", " + f.Value
		}
		out.Headers[f.Name] = f.Value
	}
	var text []byte
	text, out.Cut = m.Body.Text()
	switch whole, isText := readable(text, out.Cut); {
	case len(text) == 0:
	case isText && !out.Cut && json.Valid(text):
		out.Body = json.RawMessage(text)
	case isText:
		out.Body = notJSON{Text: whole}
	default:
		out.Body = notJSON{Base64: base64.StdEncoding.EncodeToString(text)}
	}
	return out
}

// readable returns a body as text; ok is false when it is none. A letter that was cut is left out.
func readable(text []byte, cut bool) (string, bool) {
	for n := 0; cut && n < utf8.UTFMax-1 && len(text) > 0 && !utf8.Valid(text[max(0, len(text)-utf8.UTFMax):]); n++ {
		text = text[:len(text)-1]
	}
	return string(text), utf8.Valid(text)
}

// tree is a body as [wire.Parse] reads it; nil when it is no JSON.
func tree(b journal.Body) any {
	text, cut := b.Text()
	if cut || len(text) == 0 {
		return nil
	}
	v, err := wire.Parse(text)
	if err != nil {
		return nil
	}
	return v
}

// sessionOf returns the id of the session that an exchange is about, "" when it is about none. When
// neither path nor credential said, it is the one that was made, that the body names, or that alone
// stands in the answer.
func sessionOf(b *sandbox.Sandbox, e journal.Entry) string {
	if e.Session != "" || e.Method == http.MethodGet || e.Method == http.MethodHead {
		return e.Session
	}
	answer := tree(e.Response.Body)
	if id, _ := wire.Lookup(answer, []any{"id"}).(string); b.SessionID(id) != "" {
		return id
	}
	sent, _ := tree(e.Request.Body).(map[string]any)
	for _, name := range wire.SortedKeys(sent) {
		if text, _ := sent[name].(string); text != "" {
			if id := b.SessionID(text); id != "" {
				return id
			}
		}
	}
	found := map[string]bool{}
	sessionsIn(b, answer, 0, found)
	if len(found) != 1 {
		return ""
	}
	return wire.SortedKeys(found)[0]
}

// deepest is how deep in an answer sessions are looked for.
const deepest = 5

// sessionsIn collects the sessions that the texts of a tree name.
func sessionsIn(b *sandbox.Sandbox, v any, depth int, found map[string]bool) {
	if depth > deepest {
		return
	}
	switch v := v.(type) {
	case string:
		if id := b.SessionID(v); id != "" {
			found[id] = true
		}
	case []any:
		for _, element := range v {
			sessionsIn(b, element, depth+1, found)
		}
	case map[string]any:
		for _, member := range v {
			sessionsIn(b, member, depth+1, found)
		}
	}
}
