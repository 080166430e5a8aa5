package control

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/localcheckout/localcheckout/emulator/journal"
	"github.com/localcheckout/localcheckout/emulator/sandbox"
	"github.com/localcheckout/localcheckout/emulator/webhook"
)

// Shell variables that stand for what the journal does not keep. The value of another header than
// Authorization has a variable of the header's name.
const (
	varCredential = "CREDENTIAL" // a key or token; for HTTP Basic user:password
	varSecret     = "SECRET"     // the secret in the path
)

// ownHeaders are those that curl, or the connection, makes by itself.
var ownHeaders = []string{"Accept-Encoding", "Connection", "Content-Length", "Transfer-Encoding", "User-Agent"}

// command is a command for a POSIX shell that is being put together.
type command struct {
	notes []string // lines before it
	args  []string
}

// curl writes a command that makes a request again. What was redacted is a variable, which must be set;
// its first lines say so.
func curl(sandboxName string, e journal.Entry) string {
	var c command
	chosen := strings.HasPrefix(e.Prefix, "/s/") || sandboxName == sandbox.Default
	at := quoted(urlOf(e))
	if hidden := hiddenSecret().FindStringIndex(at); hidden != nil {
		at = at[:hidden[0]] + "'" + c.variable(varSecret, "the secret in the path") + "'" + at[hidden[1]:]
	}
	for _, f := range harHeaders(e.Request) {
		chosen = chosen || f.Name == headerSandbox
		if !slices.Contains(ownHeaders, f.Name) {
			c.header(f.Name, f.Value)
		}
	}
	if !chosen {
		c.header(headerSandbox, sandboxName)
	}
	if text, cut := e.Request.Body.Text(); len(text) > 0 {
		if cut {
			c.notes = append(c.notes, "# the body is only the beginning of what was sent")
		}
		c.args = append(c.args, "--data-raw "+quoted(string(text)))
	}
	return c.text(e.Method, at)
}

// curlDelivery writes a command that makes the latest request of a delivery again, which has made one.
func curlDelivery(d *webhook.Delivery) string {
	last := d.Attempts[len(d.Attempts)-1]
	c := command{notes: []string{
		fmt.Sprintf("# signed as attempt %d was: receivers refuse it when that is some minutes ago, and POST /_control/webhooks/deliveries/%s/redeliver signs anew", last.N, d.ID),
	}}
	for _, name := range slices.Sorted(maps.Keys(last.Header)) {
		c.header(name, strings.Join(last.Header[name], ", "))
	}
	c.args = append(c.args, "--data-raw "+quoted(string(d.Body)))
	return c.text(http.MethodPost, quoted(d.URL))
}

// text is the command, to a URL that is a word already.
func (c *command) text(name, at string) string {
	words := append([]string{"curl --globoff " + method(name) + at}, c.args...)
	return strings.Join(append(c.notes, strings.Join(words, " \\\n  ")), "\n") + "\n"
}

// hiddenSecret is what stands for a secret in the path of an entry, as a URL has it.
var hiddenSecret = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`%7B\w*secret%7D`) })

// variable notes that a variable must be set, and to what, and returns the word that it is.
func (c *command) variable(name, to string) string {
	c.notes = append(c.notes, "# set "+name+" to "+to)
	return `"$` + name + `"`
}

func (c *command) header(name, value string) {
	before, end, redacted := strings.Cut(value, journal.Redacted)
	variable, known := varCredential, "the value of "+name
	if name != "Authorization" {
		variable = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	}
	if end != "" {
		known += ", ending in " + end
	}
	switch {
	case !redacted:
		c.args = append(c.args, "--header "+quoted(name+": "+value))
	case strings.EqualFold(before, "Basic "):
		c.args = append(c.args, "--user "+c.variable(variable, "user:password of "+known))
	default:
		c.args = append(c.args, "--header "+quoted(name+": "+before)+c.variable(variable, known))
	}
}

// headerSandbox chooses the sandbox of a request.
const headerSandbox = "X-Sandbox"

func method(name string) string {
	if name == http.MethodHead {
		return "--head "
	}
	return "--request " + quoted(name) + " "
}

// quoted is text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
